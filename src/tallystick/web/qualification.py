"""Qualification through pages: orientation, then one gold item after the other. Reads and writes through app."""

from dataclasses import replace

import msgspec

from tallystick.app import access, roster
from tallystick.app import judgment as drafts
from tallystick.app import rubric as rubrics
from tallystick.app.kernel import new_key
from tallystick.app.roster import DimensionResult, GoldTask, Standing
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow.assignment import QUALIFICATION_LAPSED
from tallystick.flow.pay import NOT_ACCEPTED
from tallystick.flow.refusal import Refused
from tallystick.flow.routing import KIND_LEFT_OUT
from tallystick.signals import BY_NAME
from tallystick.signals.preference import SIGNAL as PAIR
from tallystick.signals.shape import Answer
from tallystick.web import assignment, frame, words
from tallystick.web import judgment as form
from tallystick.web.assignment import Sent
from tallystick.web.frame import Place
from tallystick.web.judgment import Fields, Sheet
from tallystick.web.language import N_, counted, formats, refusal_line, said, told
from tallystick.web.views import roster as views
from tallystick.web.views.parts import Estimate, Link, Pill
from tallystick.web.welfare import shield

FORM_BYTES = 200_000
_MINE = N_("My work")
_NOT_STARTED = Pill(label="not started")


def mount(site: Site) -> None:
    """Register qualification."""
    start, one = "/qualifications/start/{programme}/{rubric_id}", "/qualifications/{qualification}"
    item = one + "/items/{item}"
    site.page(start, orientation, permission="work.do")
    site.page(start, begin, permission="work.do", methods=("POST",), max_bytes=2_000)
    site.page(one, show, permission="work.do")
    site.page(item, act, permission="work.do", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(f"{item}/draft", keep_draft, permission="work.do", methods=("PUT",), max_bytes=FORM_BYTES)


def standing_view(programme: str, standing: Standing, *, may_start: bool) -> views.Qualification:
    """How somebody stands with one rubric, and the way to start or go on."""
    attempt, row = standing.qualification, standing.rubric
    state = attempt.state if attempt is not None else None
    # Comparisons of two need no name of their own: they were there first.
    is_pair = standing.signal == PAIR
    start = f"/qualifications/start/{programme}/{row.rubric}" + ("" if is_pair else f"?signal={standing.signal}")
    label = standing.title if is_pair else f"{standing.title} · {told(BY_NAME[standing.signal].title)}"
    href = f"/qualifications/{attempt.qualification}" if attempt is not None and state == "running" else start
    ended = attempt.ended_at if attempt is not None else None
    status = words.QUALIFICATION_STATES[state] if state else words.LAPSED if standing.lapsed else _NOT_STARTED
    return views.Qualification(
        rubric=Link(label=label, href=f"/programmes/{programme}/rubrics/{row.rubric}"), version=row.version,
        role=words.of_role("expert"), status=status, start_label=_start_label(standing),
        at=None if ended is None else words.moment(ended), done=attempt.answered if attempt is not None else 0,
        needed=_asked(standing), rule=_rule(standing), dimensions=_dimensions(standing),
        start_href=href if may_start and (state == "running" or _may_begin(standing)) else None,
    )  # fmt: skip


def _may_begin(standing: Standing) -> bool:
    return not (standing.short or standing.is_qualified or standing.needs_clearance or standing.is_stopped)


def _asked(standing: Standing) -> int:
    """How many gold items the attempt has, or would have."""
    attempt = standing.qualification
    return standing.items if attempt is None else len(msgspec.json.decode(attempt.items, type=list[str]))


def _start_label(standing: Standing) -> str:
    state = None if standing.qualification is None else standing.qualification.state
    if state == "running":
        return said("Go on with the qualification")
    if state is None and standing.lapsed is None:
        return said("Start the qualification")
    return said("Take the qualification again")


def _rule(standing: Standing) -> str:
    """How it is decided; before that, why it is to be taken anew, or why it cannot be taken yet."""
    if standing.needs_clearance and not standing.is_qualified:
        return said(
            "Its work is restricted to people with a clearance for this programme, and so are its gold items. Ask the "
            "programme lead for a clearance first."
        )
    lapsed = standing.qualification is None and standing.lapsed is not None
    return " ".join((*((refusal_line(QUALIFICATION_LAPSED),) if lapsed else ()), _decided(standing)))


def _decided(standing: Standing) -> str:
    attempt = standing.qualification
    if attempt is None and standing.is_alike:
        return said(
            "Nobody can take it yet: the programme lead has to import items whose answers are known and for which "
            "other verdicts are right."
        )
    if attempt is None and standing.short:
        return counted(
            "Nobody can take it yet: the programme lead has to import %(number)s more item whose answer is known.",
            "Nobody can take it yet: the programme lead has to import %(number)s more items whose answers are known.",
            standing.short,
        )  # fmt: skip
    if attempt is None:
        return counted(
            "%(number)s item whose answer is known. The pass mark is shown when you start.",
            "%(number)s items whose answers are known. The pass mark is shown when you start.", standing.gold_items,
        )  # fmt: skip
    return counted(
        "Passes with %(number)s right answer. Somebody who guesses passes in at most %(risk)s %% of cases, somebody at "
        "the target accuracy in %(power)s %%.",
        "Passes with %(number)s right answers. Somebody who guesses passes in at most %(risk)s %% of cases, somebody "
        "at the target accuracy in %(power)s %%.", attempt.pass_mark,
        risk=formats.number(attempt.alpha_ppm / 10_000, 1), power=formats.number(attempt.power_ppm / 10_000, 0),
    )  # fmt: skip


def _rates(visit: Visit, programme: str, rubric: str) -> tuple[str, ...]:
    """Both error rates on the items that an attempt has now, and how many items are enough for nine in ten."""
    found = roster.standings(visit.cell, visit.actor, programme)
    wanted = visit.query.get("signal", "") or visit.text("signal")
    mine = [one for one in (() if isinstance(found, Refused) else found) if one.rubric.rubric == rubric]
    one = next((one for one in mine if one.signal == wanted), next(iter(mine), None))
    if one is None:
        return ()
    if one.rule is None:
        with_them = counted(
            "With %(number)s item no pass mark keeps the risk.", "With %(number)s items no pass mark keeps the risk.",
            one.items,
        )  # fmt: skip
    else:
        with_them = counted(
            "With %(number)s item, somebody who guesses passes in %(risk)s %% of cases, and somebody at the target "
            "accuracy fails in %(fails)s %%.",
            "With %(number)s items, somebody who guesses passes in %(risk)s %% of cases, and somebody at the target "
            "accuracy fails in %(fails)s %%.", one.items,
            risk=formats.number(100 * one.rule.type1, 1), fails=formats.number(100 - 100 * one.rule.power, 1),
        )  # fmt: skip
    if one.enough is None:
        return with_them, said("No number of items that one can be asked for would let 9 in 10 of them pass.")
    enough = counted(
        "%(number)s item is enough that at least 9 in 10 of them pass.",
        "%(number)s items are enough that at least 9 in 10 of them pass.", one.enough.n,
    )  # fmt: skip
    return with_them, enough


def _dimensions(standing: Standing) -> tuple[views.DimensionResult, ...]:
    """The result, told only when the qualification has ended: which answers were right is never told."""
    attempt = standing.qualification
    if attempt is None or attempt.state == "running":
        return ()
    share = attempt.correct / attempt.answered if attempt.answered else None
    return (
        views.DimensionResult(
            name=said("Verdict"), right=attempt.correct, total=attempt.answered,
            estimate=Estimate(value=share, reason=said("nothing was answered") if share is None else ""),
            status=words.QUALIFICATION_STATES[attempt.state],
        ),
        *(_dimension(one) for one in standing.dimensions),
    )  # fmt: skip


def _dimension(one: DimensionResult) -> views.DimensionResult:
    share = one.near / one.scores if one.scores else None
    reason = said("no score was given") if share is None else ""
    return views.DimensionResult(
        name=said("%(criterion)s, within one point", criterion=one.name), right=one.near, total=one.scores,
        estimate=Estimate(value=share, reason=reason), status=Pill(label="reported"),
    )  # fmt: skip


def orientation(visit: Visit) -> PageAnswer:
    """Before the first item: the rubric to read, and how it is decided."""
    return _orientation(visit, refused=None)


def _orientation(visit: Visit, *, refused: Refused | None) -> PageAnswer:
    programme, name = visit.path["programme"], visit.path["rubric_id"]
    page = rubrics.rubric_page(visit.cell, visit.actor, programme=programme, rubric=name)
    if isinstance(page, Refused):
        return page
    asked = page.rubric.qualification
    view = views.QualificationStart(
        action=f"/qualifications/start/{programme}/{name}", idempotency_key=new_key(),
        signal=visit.query.get("signal", "") or visit.text("signal"),
        rubric=Link(
            label=f"{page.rubric.title} {page.rubric.version}",
            href=f"/programmes/{programme}/rubrics/{name}/{page.rubric.version}",
        ),
        rule=counted(
            "At least %(number)s item. The pass mark lets somebody of accuracy %(chance)s pass with a risk of at most "
            "%(risk)s; the accuracy that is wanted is %(target)s.",
            "At least %(number)s items. The pass mark lets somebody of accuracy %(chance)s pass with a risk of at most "
            "%(risk)s; the accuracy that is wanted is %(target)s.", asked.gold_min,
            chance=asked.chance, risk=asked.alpha, target=asked.target,
        ),
        rates=_rates(visit, programme, name),
    )  # fmt: skip
    notices = () if refused is None else (frame.notice(refused),)
    at, heading = Place(trail=((said(_MINE), "/me"),)), said("Qualify for %(rubric)s", rubric=page.rubric.title)
    frame_of = frame.page(visit, heading, at=at, notices=notices)
    return frame.shown("roster/start.html", view, frame_of, status=200 if refused is None else status_of(refused))


def begin(visit: Visit) -> PageAnswer:
    """Start the qualification; one that is going on is continued."""
    programme, name = visit.path["programme"], visit.path["rubric_id"]
    key = visit.text("idempotency_key")
    signal = visit.text("signal") or None
    started = roster.start_qualification(
        visit.cell, visit.actor, programme=programme, rubric=name, signal=signal, key=key
    )
    if not isinstance(started, Refused):
        return frame.moved(f"/qualifications/{started.qualification}")
    if started.code in ("qualification-running", "already-qualified"):
        return frame.moved(_running(visit, programme, name))
    if started.code == NOT_ACCEPTED:
        return frame.ask_terms(started)
    return started if started == access.ABSENT else _orientation(visit, refused=started)


def _running(visit: Visit, programme: str, name: str) -> str:
    """The qualification of a rubric that is going on, or the page of one's work."""
    standings = roster.standings(visit.cell, visit.actor, programme)
    for standing in [] if isinstance(standings, Refused) else standings:
        attempt = standing.qualification
        if standing.rubric.rubric == name and attempt is not None and attempt.state == "running":
            return f"/qualifications/{attempt.qualification}"
    return "/me"


def show(visit: Visit) -> PageAnswer:
    """The next gold item; after the last one, the page of one's work, which has the result."""
    name = visit.path["qualification"]
    task = roster.gold_task(visit.cell, visit.actor, name)
    if isinstance(task, Refused) and task.code == KIND_LEFT_OUT:
        return _put_aside(visit, name, task)
    if isinstance(task, Refused):
        return frame.moved("/me") if _is_mine(visit, name) else task
    return _page(visit, task, Sent(fields=form.drafted(task.draft), notices=(), key=new_key(), status=200))


def _is_mine(visit: Visit, name: str) -> bool:
    return _anew(visit, name) is not None


def _anew(visit: Visit, name: str) -> str | None:
    """Where another attempt begins in the place of one's own; None when it is not one's own."""
    me = roster.person_page(visit.cell, visit.actor, visit.actor.person)
    rows = () if isinstance(me, Refused) else me.qualifications
    row = next((row for row in rows if row.qualification == name), None)
    if row is None:
        return None
    signal = next(iter(msgspec.json.decode(row.signals, type=list[str])), PAIR)
    asked = "" if signal == PAIR else f"?signal={signal}"
    return f"/qualifications/start/{row.programme}/{row.rubric}{asked}"


def _put_aside(visit: Visit, name: str, refused: Refused) -> PageAnswer:
    """In place of gold of a kind that one leaves out since: another attempt, without it."""
    todo = said("This attempt is put aside: it is not failed, and nothing of it counts. Another one leaves that out.")
    return assignment.put_aside(visit, refused, todo=todo, anew_href=_anew(visit, name) or "")


def _page(visit: Visit, task: GoldTask, sent: Sent) -> PageAnswer:
    root = f"/qualifications/{task.qualification}/items/{task.item}"
    sheet = Sheet(
        action=root, draft_href=f"{root}/draft", programme=task.programme, shown=task.shown, rubric=task.rubric,
        done=task.number - 1, total=task.total, is_qualification=True,
        shield=shield(visit, task.item, is_open=bool(sent.fields)),
    )  # fmt: skip
    saved_at = None if task.draft_at is None else words.moment(task.draft_at)
    view = form.work(sheet, sent.fields, key=sent.key, saved_at=saved_at, errors=sent.errors, against=sent.against)
    at = Place(trail=((said(_MINE), "/me"),), programme=task.programme)
    heading = said("Item %(number)s of %(total)s", number=task.number, total=task.total)
    page = frame.page(visit, heading, title=said("Qualification"), at=at, notices=sent.notices)
    return frame.shown("judgment/work.html", view, page, status=sent.status)


def act(visit: Visit) -> PageAnswer:
    """Answer the gold item, or save the draft without scripts."""
    name, item = visit.path["qualification"], visit.path["item"]
    fields = form.fields_of(visit.form)
    if visit.text("intent") == "draft":
        saved = drafts.save_draft(visit.cell, visit.actor, f"{name}|{item}", form.draft_of(fields))
        return saved if isinstance(saved, Refused) else frame.moved(f"/qualifications/{name}?done=draft")
    task = roster.gold_task(visit.cell, visit.actor, name)
    if isinstance(task, Refused) and task.code == KIND_LEFT_OUT:
        kept = drafts.save_draft(visit.cell, visit.actor, f"{name}|{item}", form.draft_of(fields))
        return kept if isinstance(kept, Refused) else _put_aside(visit, name, task)
    if isinstance(task, Refused) or task.item != item:
        return _repeated(visit, name, task)
    reading = form.read(fields, task.rubric, task.shown.matter)
    key = visit.text("idempotency_key")
    if reading.answer is None:
        notices = (form.complaint(reading.errors),)
        return _kept(visit, task, Sent(fields=fields, notices=notices, key=key, errors=reading.errors))
    outcome = roster.answer_gold(visit.cell, visit.actor, name, item=item, answer=reading.answer, key=key)
    if isinstance(outcome, Refused):
        return _refused(visit, task, reading.answer, fields, refused=outcome)
    result = {"qualified": "/me?done=passed", "failed": "/me?done=failed"}
    return frame.moved(result.get(outcome.state, f"/qualifications/{name}"), over=visit)


def _refused(visit: Visit, task: GoldTask, answer: Answer, fields: Fields, *, refused: Refused) -> PageAnswer:
    if refused.code == "already-answered":
        return frame.moved(f"/qualifications/{task.qualification}", over=visit)
    if refused.code == "verdict-contradicts-scores":
        against = form.contradictions(answer, task.rubric)
        key = visit.text("idempotency_key")
        return _kept(visit, task, Sent(fields=fields, notices=(), key=key, against=against))
    notices = (frame.notice(refused),)
    return _kept(visit, task, Sent(fields=fields, notices=notices, key=new_key(), status=status_of(refused)))


def _repeated(visit: Visit, name: str, task: GoldTask | Refused) -> PageAnswer:
    """An item that was answered before: its answer stands, and the way goes on from where it is."""
    if isinstance(task, Refused) and not _is_mine(visit, name):
        return task
    is_over = not isinstance(task, Refused) or task == access.ABSENT  # else it waits, for a break or for terms
    return frame.moved(f"/qualifications/{name}", over=visit if is_over else None)


def _kept(visit: Visit, task: GoldTask, sent: Sent) -> PageAnswer:
    work = f"{task.qualification}|{task.item}"
    saved = drafts.save_draft(visit.cell, visit.actor, work, form.draft_of(sent.fields))
    return _page(visit, task if isinstance(saved, Refused) else replace(task, draft_at=saved), sent)


def keep_draft(visit: Visit) -> PageAnswer:
    """Autosave of a gold item."""
    work = f"{visit.path['qualification']}|{visit.path['item']}"
    fields = form.draft_of(form.fields_of(visit.form))
    return assignment.draft_answer(drafts.save_draft(visit.cell, visit.actor, work, fields))
