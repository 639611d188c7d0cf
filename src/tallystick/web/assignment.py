"""Work: take an item, judge it, keep a draft, give it back. Reads and writes through app."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from starlette.responses import JSONResponse, Response

from tallystick.app import assignment, constitution, judgment, oversight, roster
from tallystick.app import receipt as receipts
from tallystick.app.assignment import Task
from tallystick.app.kernel import new_key
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow.constitution import Constitution
from tallystick.flow.pay import NOT_ACCEPTED
from tallystick.flow.refusal import Refused
from tallystick.flow.routing import HELD_LEFT_OUT
from tallystick.web import credential, frame, language, words
from tallystick.web import judgment as form
from tallystick.web.frame import Place
from tallystick.web.judgment import Fields, Sheet
from tallystick.web.language import Words, said
from tallystick.web.receipt import signed_view
from tallystick.web.views import judgment as views
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Fact
from tallystick.web.welfare import shielded

DRAFT_BYTES = 200_000
WAITING: Final = Words({
    "no-work": "Nothing waits for you here now. New items appear when they are imported or given back.",
    "not-qualified": "Start the qualification of this programme: it is listed on the page of your work.",
    "qualification-lapsed": "Its qualification is listed on the page of your work.",
    "others-first": "There is nothing that you have to do. Come back a little later.",
    "share-reached": "There is nothing that you have to do: it is for the sake of agreement by many.",
    "work-paused": "There is nothing that you have to do. Ask the programme lead if it takes long.",
    "operationalization-open": "Two people have to agree on it. There is nothing that you have to do.",
    "break-due": "Rest. Nothing that waits for you is lost, and nobody counts the break.",
    "exposure-reached": "Other programmes may have work for you: they are listed on the page of your work.",
    "programme-closed": "Other programmes may have work for you: they are listed on the page of your work.",
    "no-contract": "Ask the programme lead to record your contract. Nothing of yours is lost.",
})  # fmt: skip


def _lease_over(state: str) -> Notice:
    if state not in ("leased", "expired"):
        return frame.notice(judgment.GIVEN_BACK if state == "returned" else judgment.CALLED_BACK)
    return Notice(
        kind="note", sentence=said("The time for which this item was yours is over. Your draft is kept."),
        todo=said("Submit as usual: it is taken unless others have judged the item meanwhile."),
    )  # fmt: skip


def mount(site: Site) -> None:
    """Register work."""
    one = "/assignments/{work}"
    site.page("/work/{programme}", next_item, permission="work.do")
    site.page(one, show, permission="work.do")
    site.page(one, act, permission="work.do", methods=("POST",), max_bytes=DRAFT_BYTES)
    site.page(f"{one}/draft", keep_draft, permission="work.do", methods=("PUT",), max_bytes=DRAFT_BYTES)
    site.page(f"{one}/return", give_back, permission="work.do", methods=("POST",), max_bytes=2_000)
    site.page(f"{one}/done", done, permission="work.do")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came with a form that is shown again, and why."""

    fields: Fields
    notices: tuple[Notice, ...]
    key: str
    errors: Mapping[str, str] = field(default_factory=dict)
    against: tuple[views.Contradiction, ...] = ()
    status: int = 422


def next_item(visit: Visit) -> PageAnswer:
    """Go to the item that the expert holds, or to a new one. Asking twice leads to the same one."""
    programme = visit.path["programme"]
    task = assignment.next_task(visit.cell, visit.actor, programme)
    if isinstance(task, Refused):
        if task.code == NOT_ACCEPTED:
            return frame.ask_terms(task)
        if task.code == HELD_LEFT_OUT:
            return frame.moved(f"/assignments/{task.names[0]}")
        return _none(visit, programme, task) if task.code in WAITING else task
    return frame.moved(f"/assignments/{task.assignment}")


def _none(visit: Visit, programme: str, refused: Refused) -> Response:
    closed = _closed(visit, programme)
    view = views.NoWork(
        programme=programme, reason=language.refusal_line(refused), todo=WAITING[refused.code], home_href="/me",
        closed=closed, file_href=credential.own_href(visit) if closed else "",
    )  # fmt: skip
    at = Place(trail=((said("My work"), "/me"),), programme=programme)
    return frame.shown("judgment/none.html", view, frame.page(visit, said("Nothing waits"), at=at))


def _closed(visit: Visit, programme: str) -> tuple[str, ...]:
    """What is closed to somebody for want of a credential, while other work of the programme is open to them."""
    rows = roster.standings(visit.cell, visit.actor, programme)
    return () if isinstance(rows, Refused) else credential.lacking_lines(rows)


def _left_out(visit: Visit, refused: Refused) -> Response:
    """In place of an item that one holds and leaves out by now: give it back, or take its kind on again."""
    todo = said("Giving it back counts in no figure. What you wrote is kept as your draft until you go on.")
    return put_aside(visit, refused, todo=todo, release_action=f"/assignments/{refused.names[0]}/return")


def put_aside(
    visit: Visit, refused: Refused, *, todo: str, release_action: str | None = None, anew_href: str = ""
) -> Response:
    """In place of content that one has begun and leaves out by now: what one can do, and where its kind is taken on."""
    view = views.NoWork(
        programme="", reason=language.refusal_line(refused), todo=todo, home_href="/me", release_action=release_action,
        idempotency_key=new_key(), is_left_out=True, anew_href=anew_href,
    )  # fmt: skip
    at = Place(trail=((said("My work"), "/me"),))
    return frame.shown("judgment/none.html", view, frame.page(visit, said("Content that you leave out"), at=at))


def show(visit: Visit) -> PageAnswer:
    """The workspace of one's own assignment, with the draft."""
    task = assignment.task(visit.cell, visit.actor, visit.path["work"])
    if isinstance(task, Refused):
        return _left_out(visit, task) if task.code == HELD_LEFT_OUT else task
    if task.state == "judged":
        return _to_receipt(visit, task)
    notices = (
        () if task.state == "leased" and task.expires_at >= visit.cell.kernel.now() else (_lease_over(task.state),)
    )
    return _page(visit, task, Sent(fields=form.drafted(task.draft), notices=notices, key=new_key(), status=200))


def _page(visit: Visit, task: Task, sent: Sent) -> Response:
    root = f"/assignments/{task.assignment}"
    sheet = Sheet(
        action=root, draft_href=f"{root}/draft", programme=task.programme, shown=task.shown, rubric=task.rubric,
        done=task.done, lease_until=words.moment(task.expires_at), release_action=f"{root}/return",
        shield=shielded(task.warnings, skip_action=f"{root}/return", is_open=bool(sent.fields)),
        trade_off=form.shown_trade_off(_principles(visit, task), sent.fields, sent.errors.get("trade-off", "")),
    )  # fmt: skip
    saved_at = None if task.draft_at is None else words.moment(task.draft_at)
    view = form.work(sheet, sent.fields, key=sent.key, saved_at=saved_at, errors=sent.errors, against=sent.against)
    at = Place(trail=((said("My work"), "/me"),), programme=task.programme)
    heading, lead = form.question(task.shown)
    page = frame.page(visit, heading, lead=lead, title=said("Judge"), at=at, notices=sent.notices)
    return frame.shown("judgment/work.html", view, page, status=sent.status)


def _principles(visit: Visit, task: Task) -> Constitution | None:
    """The constitution from which the expert may choose principles that conflicted; None without one."""
    return constitution.principles_for(visit.cell, visit.actor, task.programme)


def act(visit: Visit) -> PageAnswer:
    """Submit the judgment, or save the draft without scripts. Of an item that one leaves out, what came is a draft."""
    task = assignment.task(visit.cell, visit.actor, visit.path["work"])
    fields = form.fields_of(visit.form)
    if isinstance(task, Refused):
        if task.code != HELD_LEFT_OUT:
            return task
        kept = judgment.save_draft(visit.cell, visit.actor, visit.path["work"], form.draft_of(fields))
        return kept if isinstance(kept, Refused) else _left_out(visit, task)
    if visit.text("intent") == "draft":
        saved = judgment.save_draft(visit.cell, visit.actor, task.assignment, form.draft_of(fields))
        if isinstance(saved, Refused):
            return _refused(visit, task, fields, saved)
        return frame.moved(f"/assignments/{task.assignment}?done=draft")
    return _submit(visit, task, fields)


def _submit(visit: Visit, task: Task, fields: Fields) -> Response:
    key = visit.text("idempotency_key")
    reading = form.read(fields, task.rubric, task.shown.matter)
    trade_off, wrong = form.read_trade_off(fields, _principles(visit, task))
    if reading.answer is None or wrong:
        if task.state == "judged":
            return _to_receipt(visit, task)
        errors = {**reading.errors, **({"trade-off": wrong} if wrong else {})}
        sent = Sent(fields=fields, notices=(form.complaint(errors),), key=key, errors=errors)
        return _kept(visit, task, sent)
    saved = judgment.submit(
        visit.cell, visit.actor, task.assignment, reading.answer, trade_off=trade_off, key=key
    )  # fmt: skip
    if not isinstance(saved, Refused):
        seq = frame.place_of(saved.receipt, "judgment-submitted/1")
        return frame.moved(f"/assignments/{task.assignment}/done?receipt={seq}", over=visit)
    if saved.code == "verdict-contradicts-scores":
        against = form.contradictions(reading.answer, task.rubric)
        return _kept(visit, task, Sent(fields=fields, notices=(), key=key, against=against))
    return _refused(visit, task, fields, saved)


def _refused(visit: Visit, task: Task, fields: Fields, refused: Refused) -> Response:
    """Show the form again, unless the item was judged meanwhile: then the judgment that stands is the answer."""
    now = assignment.task(visit.cell, visit.actor, task.assignment)
    if refused.code == "already-judged" or (not isinstance(now, Refused) and now.state == "judged"):
        return _to_receipt(visit, task)
    is_gone = refused.code in ("lease-expired", "called-back")
    todo = said("Go back to your work and take another item.") if is_gone else ""
    notices = (frame.notice(refused, todo=todo),)
    return _kept(visit, task, Sent(fields=fields, notices=notices, key=new_key(), status=status_of(refused)))


def _kept(visit: Visit, task: Task, sent: Sent) -> Response:
    """Show the form again, and keep what was typed as the draft, so that closing the page loses nothing."""
    saved = judgment.save_draft(visit.cell, visit.actor, task.assignment, form.draft_of(sent.fields))
    return _page(visit, task if isinstance(saved, Refused) else replace(task, draft_at=saved), sent)


def keep_draft(visit: Visit) -> Response:
    """Autosave: the fields of the form as they are. Answers when it was saved, or why it was not."""
    fields = form.fields_of(visit.form)
    return draft_answer(judgment.save_draft(visit.cell, visit.actor, visit.path["work"], form.draft_of(fields)))


def draft_answer(saved: int | Refused) -> Response:
    """The answer to an autosave, for the script of the page."""
    if isinstance(saved, Refused):
        return JSONResponse({"sentence": language.refusal_text(saved), "code": saved.code}, status_of(saved))
    return JSONResponse({"saved_at": words.moment(saved)})


def give_back(visit: Visit) -> PageAnswer:
    """Return an item without a judgment."""
    key = visit.text("idempotency_key")
    answer = assignment.give_back(visit.cell, visit.actor, visit.path["work"], key=key)
    return answer if isinstance(answer, Refused) else frame.moved("/me?done=returned")


def _to_receipt(visit: Visit, task: Task) -> Response:
    """To the page that says that the judgment is saved."""
    me = roster.person_page(visit.cell, visit.actor, visit.actor.person)
    if isinstance(me, Refused):
        return visit.refuse(me)
    places = [row.seq for row in me.judgments if row.item == task.item]
    receipt = f"/assignments/{task.assignment}/done?receipt={places[0]}" if places else "/me"
    return frame.moved(receipt, over=visit)


def done(visit: Visit) -> PageAnswer:
    """After a submission: the receipt, and the way to the next item."""
    task = assignment.task(visit.cell, visit.actor, visit.path["work"])
    if isinstance(task, Refused):
        return task
    wanted = visit.query.get("receipt", "")
    found = oversight.receipt(visit.cell, visit.actor, int(wanted) if wanted.isdigit() and len(wanted) < 16 else -1)
    if isinstance(found, Refused):
        return found
    given = receipts.fetch(visit.cell, visit.actor, found.seq)
    view = views.WorkDone(
        receipt=frame.receipt(found.sealed_size, seq=found.seq, kind=found.envelope.kind, at=found.envelope.at),
        summary=(
            Fact(term=said("Item"), value=task.item),
            Fact(term=said("Programme"), value=task.programme),
            Fact(term=said("Rubric"), value=f"{task.rubric.title} {task.rubric.version}"),
        ),
        next_href=f"/work/{task.programme}", home_href="/me", done=task.done, total=None,
        signed=None if isinstance(given, Refused) else signed_view(visit, given),
    )  # fmt: skip
    at = Place(trail=((said("My work"), "/me"),), programme=task.programme)
    return frame.shown("judgment/done.html", view, frame.page(visit, said("Saved"), at=at))
