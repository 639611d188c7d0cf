"""One case: taking it, the blinded judgments, the decision with remarks on the rubric. Reads and writes through app."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec

from tallystick.app import access, adjudication
from tallystick.app.adjudication import BlindedJudgment, CasePage
from tallystick.app.kernel import new_key
from tallystick.edge import Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow import adjudication as flow
from tallystick.flow.adjudication import Feedback
from tallystick.flow.answer import as_seen, deciding
from tallystick.flow.refusal import Refused
from tallystick.flow.routing import KIND_LEFT_OUT
from tallystick.plots import SharePlot, ShareRow
from tallystick.signals import preference
from tallystick.signals.shape import UNDECIDED
from tallystick.web import assignment, frame, words
from tallystick.web import judgment as form
from tallystick.web import rubric as rubrics
from tallystick.web.adjudication import queue
from tallystick.web.adjudication.queue import SECTION
from tallystick.web.judgment import Fields
from tallystick.web.judgment import said as answers
from tallystick.web.language import N_, refusal_line, said, told
from tallystick.web.language.formats import count
from tallystick.web.views import adjudication as views
from tallystick.web.views.judgment import RankField
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Fact, HistoryEntry, Pill
from tallystick.web.welfare import shield

NOT_YOURS = N_("An adjudicator who did not judge this item decides it.")
ORDER = "order"
"""Chosen instead of a verdict: the places that are filled in below settle the case."""
REMARKS = 2
"""So many remarks on the rubric have a place in the form; the API takes more."""
_FIELDS = {
    "criteria": "criteria", "notes": "notes", "verdict": "verdict", "why": "why", "feedback": "feedback",
    "confirmed": "confirmed",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What came with a decision that was not taken, and why; empty for a page that is opened."""

    decision: str = ""
    verdict: str = ""
    criteria: tuple[str, ...] = ()
    notes: str = ""
    why: str = ""
    by_same: bool = False
    is_confirmed: bool = False
    feedback: tuple[Feedback, ...] = ()
    fields: Fields = field(default_factory=dict)  # of an order of one's own
    errors: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    key: str = ""
    status: int = 200


def case(visit: Visit) -> PageAnswer:
    """One disagreement. That it was opened is an event."""
    return _shown(visit, Typed(key=new_key()))


def say_why(visit: Visit) -> PageAnswer:
    """Open a case with a reason and words for it."""
    item = visit.path["item"]
    found = adjudication.case_page(
        visit.cell, visit.actor, item, reason=visit.text("reason"), words=visit.text("words")
    )
    return frame.opened_for(visit, found, f"/disagreements/{item}", asked_at=f"/disagreements/{item}/why")


def _shown(visit: Visit, typed: Typed) -> PageAnswer:
    item = visit.path["item"]
    found = adjudication.case_page(visit.cell, visit.actor, item, reason=visit.query.get("reason", ""))
    if isinstance(found, Refused) and found.code in {flow.NOT_TAKEN.code, flow.HELD.code}:
        return _offered(visit, item, found)
    if isinstance(found, Refused) and found.code == KIND_LEFT_OUT:
        todo = said("Giving it back counts in no figure: somebody else looks at it.")
        return assignment.put_aside(visit, found, todo=todo, release_action=f"/disagreements/{item}/give-back")
    if isinstance(found, Refused):
        return frame.ask_why(visit, f"/disagreements/{item}/why", found) if found.code in frame.ASKED else found
    programme = found.row.programme
    at = frame.inside(visit, programme, SECTION, (said(SECTION), f"/programmes/{programme}/disagreements"))
    page = frame.page(visit, _heading(item), title=said("Disagreement"), at=at, notices=typed.notices)
    return frame.shown("adjudication/case.html", _case(visit, found, typed), page, status=typed.status)


def _heading(item: str) -> str:
    return said("Disagreement on %(item)s", item=item)


def _offered(visit: Visit, item: str, refused: Refused) -> PageAnswer:
    """What an adjudicator sees of an open case before they hold it: nothing of its content."""
    row = adjudication.offered(visit.cell, visit.actor, item)
    if isinstance(row, Refused):
        return row
    view = views.Offer(
        facts=(
            Fact(term=said("Item"), value=row.item), Fact(term=said("Domain"), value=row.domain),
            Fact(term=said("Risk"), value=told(queue.risk(row.risk).label)),
            Fact(term=said("Class"), value=queue.cause(row.cause)),
            Fact(term=said("Open since"), value=words.told(row.opened_at)),
        ),
        action=f"/disagreements/{item}/take" if refused.code == flow.NOT_TAKEN.code else None,
        note=refusal_line(refused), idempotency_key=new_key(),
    )  # fmt: skip
    at = frame.inside(visit, row.programme, SECTION, (said(SECTION), f"/programmes/{row.programme}/disagreements"))
    page = frame.page(visit, _heading(item), title=said("Disagreement"), at=at)
    return frame.shown("adjudication/offer.html", view, page)


def _case(visit: Visit, found: CasePage, typed: Typed) -> views.Case:
    row, rubric = found.row, found.rubric
    names = {part.id: part.name for part in rubric.criteria}
    prompt, context = form.read_first(found.shown)
    is_open = row.state == "open"
    may_decide = found.is_mine
    return views.Case(
        item_id=row.item, state=words.CASE_STATES[row.state], prompt=prompt, context=context,
        pieces=form.pieces(found.shown), pieces_title=form.pieces_title(found.shown),
        shield=shield(visit, row.item, skip_action=f"/disagreements/{row.item}/give-back" if may_decide else None),
        judgments=tuple(blind(given, names) for given in found.judgments),
        spread=_plot(found), priorities=rubrics.priorities(rubric),
        rubric_href=f"/programmes/{row.programme}/rubrics/{rubric.id}/{rubric.version}", history=_events(found),
        decided=_decided(found, names), action=f"/disagreements/{row.item}" if may_decide else None,
        action_note=said(NOT_YOURS) if is_open and not may_decide else "",
        idempotency_key=typed.key, verdicts=_verdicts(found, typed), order=_own(found, typed),
        criteria=_chosen(names, typed.criteria),
        notes=typed.notes, decision=typed.decision, errors=tuple(typed.errors.items()),
        risk=queue.risk(row.risk), cause=queue.cause(row.cause),
        warning=told(found.warned.sentence) if found.warned and is_open else "",
        is_confirmation_asked=found.warned is not None and found.warned.is_asked, is_confirmed=typed.is_confirmed,
        whys=tuple(
            Choice(value=value, label=label, is_chosen=value == typed.why) for value, label in words.RETURNS.items()
        ),
        by_same=typed.by_same, remarks=_remarks(typed, names),
        give_back_action=f"/disagreements/{row.item}/give-back" if may_decide else None,
        held=queue.held_note(row.held_until, visit.cell.kernel.now()) if may_decide else "",
    )  # fmt: skip


def _verdicts(found: CasePage, typed: Typed) -> tuple[Choice, ...]:
    """What can settle the case: every verdict of the item's form, and any other that a judge gave."""
    known = {code.value: told(code.title) for code in deciding(found.shown.matter, found.rubric)}
    given = [one.verdict for one in found.judgments if one.verdict not in UNDECIDED]
    known |= {verdict: words.verdict(verdict) for verdict in given if verdict not in known}
    return (
        Choice(value="", label=said("Choose when you settle it")),
        *(Choice(value=value, label=title, is_chosen=value == typed.verdict) for value, title in known.items()),
        *_own_choice(found, typed),
    )


def _own_choice(found: CasePage, typed: Typed) -> tuple[Choice, ...]:
    if _own(found, typed) is None:
        return ()
    return (Choice(value=ORDER, label=said("Your own order"), is_chosen=typed.verdict == ORDER),)


def _own(found: CasePage, typed: Typed) -> RankField | None:
    """Places for an order that no judge gave, where not every order stands in the list."""
    asked = form.ranking_of(found.shown, typed.fields)
    return None if deciding(found.shown.matter, found.rubric) else asked


def _chosen(names: Mapping[str, str], chosen: tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(Choice(value=name, label=label, is_chosen=name in chosen) for name, label in names.items())


def _remarks(typed: Typed, names: Mapping[str, str]) -> tuple[views.RemarkField, ...]:
    """Places for remarks on the rubric, with what was typed into them."""
    blank = Feedback(criterion="", what="", words="")
    given = [*typed.feedback, *[blank] * REMARKS][:REMARKS]
    none = Choice(value="", label=said("Choose"))
    return tuple(
        views.RemarkField(
            number=number, criteria=(none, *_chosen(names, (one.criterion,))),
            faults=(
                none,
                *(Choice(value=v, label=label, is_chosen=v == one.what) for v, label in words.FAULTS.items()),
            ),
            text=one.words,
        )
        for number, one in enumerate(given, 1)
    )  # fmt: skip


def blind(given: BlindedJudgment, names: Mapping[str, str]) -> views.BlindJudgment:
    """One judgment without its author, as pages show it."""
    return views.BlindJudgment(
        label=said("Judge %(number)s", number=given.number), verdict=words.verdict(given.verdict),
        scores=answers.scores(given.scores, names) if given.scores or not given.marks else (),
        heads=answers.heads(given.scores), reasons=answers.reasons(given.reasons, names), marks=_marks(given),
        details=answers.details(
            given.values, given.marks, given.texts,
            is_one=bool(given.scores) and len(answers.heads(given.scores)) == 1,
        ),
    )  # fmt: skip


def _marks(given: BlindedJudgment) -> tuple[Pill, ...]:
    marks = []
    if given.is_mirrored:
        marks.append(Pill(label="in the words below, A is your B", tone="waiting"))
    if not given.is_observed:
        marks.append(Pill(label="imported, not observed", tone="waiting"))
    return tuple(marks)


def _events(found: CasePage) -> tuple[HistoryEntry, ...]:
    """What happened to the disagreement. Who gave the last judgment, and so opened it, is not told."""
    row = found.row
    opened = HistoryEntry(
        index=row.seq, at=words.moment(row.opened_at), who=said("the judgments"), kind="disagreement-opened/1",
        sentence=words.event("disagreement-opened/1"),
    )  # fmt: skip
    if row.state == "open":
        return (opened,)
    kind = "judgments-requeued/1" if row.state == "withdrawn" else f"disagreement-{row.state}/1"
    closed = HistoryEntry(
        index=row.closed_seq, at=words.moment(row.closed_at), who=said("an adjudicator"), kind=kind,
        sentence=words.event(kind),
    )  # fmt: skip
    return closed, opened


def _plot(found: CasePage) -> SharePlot:
    counts = found.counts
    scale = [name for name in preference.IMPORTED_VERDICTS if name in counts]
    ordered = [*scale, *sorted(set(counts) - set(scale))]
    rows = tuple(ShareRow(label=words.verdict(name), count=counts[name]) for name in ordered)
    return SharePlot(title=said("Verdicts on this item, as you see A and B"), rows=rows)


def _decided(found: CasePage, names: Mapping[str, str]) -> views.Decided | None:
    row = found.row
    if row.state not in {"settled", "preserved"}:
        return None
    turned = [names.get(name, name) for name in msgspec.json.decode(row.criteria)]
    return views.Decided(
        sentence=_ending(found),
        notes=found.notes or "",
        facts=(
            Fact(term=said("Turned on"), value=", ".join(turned)),
            Fact(term=said("Rubric version"), value=row.rubric_version),
            Fact(term=said("Entry"), value=count(row.closed_seq)),
        ),
    )  # fmt: skip


def _ending(found: CasePage) -> str:
    """How a case ended. A preserved one has no verdict."""
    if found.row.verdict is None:
        return said("Preserved: the distribution is the result")
    return said("Settled: %(verdict)s", verdict=words.verdict(as_seen(found.shown.matter, found.row.verdict)))


def decide(visit: Visit) -> PageAnswer:
    """Settle a disagreement, preserve it, or send its judgments back."""
    item, typed = visit.path["item"], _typed(visit)
    done = _decided_as(visit, item, typed)
    if not isinstance(done, Refused) and done.state == "returned":
        # The item is judged again: its case is closed to everybody who may be the one who does.
        programme = next(str(fact.programme) for fact in done.receipt.facts if hasattr(fact, "programme"))
        return frame.moved(f"/programmes/{programme}/disagreements?done=sent-back")
    if not isinstance(done, Refused):
        return frame.moved(f"/disagreements/{item}?done=decided")
    if done.code in {flow.ENDED, flow.NOT_TAKEN.code, flow.HELD.code}:
        return frame.moved(f"/disagreements/{item}")
    return done if done == access.ABSENT else _again(visit, typed, done)


def _typed(visit: Visit) -> Typed:
    """Everything that came with the form. A remark that was left empty is none."""
    remarks = [
        Feedback(
            criterion=visit.text(f"remark_{n}_criterion"), what=visit.text(f"remark_{n}_what"),
            words=visit.text(f"remark_{n}_words"),
        )
        for n in range(1, REMARKS + 1)
    ]  # fmt: skip
    return Typed(
        decision=visit.text("decision"), verdict=visit.text("verdict"), notes=visit.text("notes"),
        fields=form.fields_of(visit.form),
        criteria=tuple(value for value in visit.form.getlist("criteria") if isinstance(value, str)),
        why=visit.text("why"), by_same=visit.text("by_same") == "yes", is_confirmed=visit.text("confirmed") == "yes",
        feedback=tuple(one for one in remarks if one.criterion or one.what or one.words.strip()),
        key=visit.text("idempotency_key"), status=422,
    )  # fmt: skip


def _settling(typed: Typed) -> str:
    """The verdict that was chosen; an order of one's own in its spelling."""
    return form.spelled_order(typed.fields) if typed.verdict == ORDER else typed.verdict


def _decided_as(visit: Visit, item: str, typed: Typed) -> adjudication.Closed | Refused:
    cell, actor, criteria = visit.cell, visit.actor, list(typed.criteria)
    match typed.decision:
        case "settle":
            return adjudication.settle(
                cell, actor, item, verdict=_settling(typed), criteria=criteria, notes=typed.notes, key=typed.key,
                feedback=typed.feedback, is_confirmed=typed.is_confirmed,
            )  # fmt: skip
        case "preserve":
            return adjudication.preserve(
                cell, actor, item, criteria=criteria, notes=typed.notes, key=typed.key, feedback=typed.feedback
            )
        case "return":
            return adjudication.send_back(
                cell, actor, item, why=typed.why, by_same=typed.by_same, criteria=criteria, notes=typed.notes,
                key=typed.key, feedback=typed.feedback,
            )  # fmt: skip
    return Refused("no-choice", "Choose whether to settle, to preserve or to send it back.", "decision")


def _again(visit: Visit, typed: Typed, refused: Refused) -> PageAnswer:
    """The page again with everything that was typed, and the sentence at its field."""
    name = "decision" if refused.field == "decision" else _FIELDS.get(refused.field or "", "")
    notices = (frame.notice(refused, field=name or None),)
    errors = {name: refusal_line(refused)} if name else {}
    return _shown(visit, replace(typed, errors=errors, notices=notices, status=status_of(refused)))
