"""Disagreements: the queue, a case with its blinded judgments, the decision. Reads and writes through app."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from tallystick.app import access, adjudication, contract
from tallystick.app.adjudication import BlindedJudgment, CasePage
from tallystick.app.kernel import new_key
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow.refusal import Refused
from tallystick.plots import SharePlot, ShareRow
from tallystick.signals import preference
from tallystick.web import frame, words
from tallystick.web import judgment as form
from tallystick.web import rubric as rubrics
from tallystick.web.views import adjudication as views
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Fact, HistoryEntry, Paging, Pill

READERS = "adjudicate or gate.read"
FORM_BYTES = 100_000
STATES = ("open", "settled", "preserved")
SECTION = "Disagreements"
NOT_YOURS = "An adjudicator who did not judge this item decides it."
_FIELDS = {"criteria": "criteria", "notes": "notes", "verdict": "verdict"}


def mount(site: Site) -> None:
    """Register disagreements."""
    site.page("/disagreements", first, permission=READERS)
    site.page("/programmes/{programme}/disagreements", queue, permission=READERS)
    site.page("/disagreements/{item}", case, permission=READERS)
    site.page("/disagreements/{item}", decide, permission="adjudicate", methods=("POST",), max_bytes=FORM_BYTES)
    site.page("/disagreements/{item}/why", say_why, permission=READERS, methods=("POST",), max_bytes=4_000)


def first(visit: Visit) -> PageAnswer:
    """To the first programme that has an open disagreement, or to the first programme."""
    found = contract.programmes(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    names = [row.programme for row in found]
    waiting = [name for name in names if adjudication.queue(visit.cell, visit.actor, name)]
    if not names:
        return access.ABSENT
    return frame.moved(f"/programmes/{(waiting or names)[0]}/disagreements")


def queue(visit: Visit) -> PageAnswer:
    """Disagreements of a programme in one state."""
    programme = visit.path["programme"]
    programmes = contract.programmes(visit.cell, visit.actor)
    if isinstance(programmes, Refused):
        return programmes
    if programme not in {row.programme for row in programmes}:
        return access.ABSENT
    state = visit.query.get("state", "open")
    state = state if state in STATES else "open"
    found = {name: adjudication.queue(visit.cell, visit.actor, programme, state=name) for name in STATES}
    rows = found[state]
    if isinstance(rows, Refused):
        return rows
    counts = {name: 0 if isinstance(listed, Refused) else len(listed) for name, listed in found.items()}
    root = f"/programmes/{programme}/disagreements"
    view = views.Queue(
        open=counts["open"], settled=counts["settled"], preserved=counts["preserved"],
        cases=tuple(
            views.CaseRow(
                item_id=row.item, href=f"/disagreements/{row.item}", domain=row.domain, spread=_spread(row.counts),
                since=words.moment(row.opened_at), state=words.CASE_STATES[row.state],
            )
            for row in rows
        ),
        paging=Paging(summary=f"{len(rows)} {state}"),
        tabs=tuple(
            Choice(value=f"{root}?state={name}", label=name.capitalize(), is_chosen=name == state) for name in STATES
        ),
    )  # fmt: skip
    at = frame.inside(visit, programme, SECTION)
    return frame.shown("adjudication/queue.html", view, frame.page(visit, SECTION, at=at))


def _spread(counts: str) -> str:
    """How the verdicts divide, without saying which candidate: A and B differ from reader to reader."""
    sides: dict[str, int] = {}
    ways = set()
    for verdict, number in msgspec.json.decode(counts).items():
        way = preference.direction(verdict)
        ways.add(way)
        name = "one is better" if way in ("a", "b") else words.VERDICTS.get(verdict, verdict).lower()
        sides[name] = sides.get(name, 0) + number
    told = ", ".join(f"{name}: {number}" for name, number in sides.items())
    return f"{told} (both ways)" if {"a", "b"} <= ways else told


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What came with a decision that was not taken, and why; empty for a page that is opened."""

    decision: str = ""
    verdict: str = ""
    criteria: tuple[str, ...] = ()
    notes: str = ""
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
    if isinstance(found, Refused):
        return frame.ask_why(visit, f"/disagreements/{item}/why", found) if found.code in frame.ASKED else found
    programme = found.row.programme
    at = frame.inside(visit, programme, SECTION, (SECTION, f"/programmes/{programme}/disagreements"))
    page = frame.page(visit, f"Disagreement on {item}", title="Disagreement", at=at, notices=typed.notices)
    return frame.shown("adjudication/case.html", _case(visit, found, typed), page, status=typed.status)


def _case(visit: Visit, found: CasePage, typed: Typed) -> views.Case:
    row, rubric = found.row, found.rubric
    names = {part.id: part.name for part in rubric.criteria}
    prompt, context, candidate_a, candidate_b = form.texts(found.shown)
    is_open = row.state == "open"
    may_decide = is_open and access.allows(visit.actor, "adjudicate")
    return views.Case(
        item_id=row.item, state=words.CASE_STATES[row.state], prompt=prompt, context=context, candidate_a=candidate_a,
        candidate_b=candidate_b, judgments=tuple(_judgment(given, names) for given in found.judgments),
        spread=_plot(found), priorities=rubrics.priorities(rubric),
        rubric_href=f"/programmes/{row.programme}/rubrics/{rubric.id}/{rubric.version}", history=_events(found),
        decided=_decided(found, names), action=f"/disagreements/{row.item}" if may_decide else None,
        action_note=NOT_YOURS if is_open and not may_decide else "",
        idempotency_key=typed.key,
        verdicts=(
            Choice(value="", label="Choose when you settle it"),
            *(
                Choice(value=value, label=words.VERDICTS[value], is_chosen=value == typed.verdict)
                for value in preference.VERDICTS
                if value not in preference.UNDECIDED
            ),
        ),
        criteria=tuple(
            Choice(value=name, label=label, is_chosen=name in typed.criteria) for name, label in names.items()
        ),
        notes=typed.notes, decision=typed.decision, errors=tuple(typed.errors.items()),
    )  # fmt: skip


def _judgment(given: BlindedJudgment, names: Mapping[str, str]) -> views.BlindJudgment:
    return views.BlindJudgment(
        label=f"Judge {given.number}", verdict=words.VERDICTS.get(given.verdict, given.verdict),
        scores=tuple(
            views.CriterionScores(
                criterion=label, a=given.scores.get(name, {}).get("a"), b=given.scores.get(name, {}).get("b")
            )
            for name, label in names.items()
        ),
        reasons=tuple(
            views.BlindReason(
                criteria=(names.get(str(reason["criterion"]), str(reason["criterion"])),), text=str(reason["text"]),
                quote=str(reason.get("quote") or reason.get("citation") or ""),
            )
            for reason in given.reasons
        ),
        marks=_marks(given),
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
        index=row.seq, at=words.moment(row.opened_at), who="the judgments", kind="disagreement-opened/1",
        sentence=words.event("disagreement-opened/1"),
    )  # fmt: skip
    if row.state == "open":
        return (opened,)
    kind = f"disagreement-{row.state}/1"
    closed = HistoryEntry(
        index=row.closed_seq, at=words.moment(row.closed_at), who="an adjudicator", kind=kind,
        sentence=words.event(kind),
    )  # fmt: skip
    return closed, opened


def _plot(found: CasePage) -> SharePlot:
    counts: dict[str, int] = {}
    for given in found.judgments:
        counts[given.verdict] = counts.get(given.verdict, 0) + 1
    ordered = [name for name in preference.IMPORTED_VERDICTS if name in counts]
    rows = tuple(ShareRow(label=words.VERDICTS[name], count=counts[name]) for name in ordered)
    return SharePlot(title="Verdicts on this item, as you see A and B", rows=rows)


def _decided(found: CasePage, names: Mapping[str, str]) -> views.Decided | None:
    row = found.row
    if row.state == "open":
        return None
    verdict = words.VERDICTS.get(preference.swap(row.verdict) if found.order == "BA" else row.verdict, row.verdict)
    turned = [names.get(name, name) for name in msgspec.json.decode(row.criteria)]
    return views.Decided(
        sentence=f"Settled: {verdict}" if row.state == "settled" else "Preserved: the distribution is the result",
        notes=found.notes or "",
        facts=(
            Fact(term="Turned on", value=", ".join(turned)), Fact(term="Rubric version", value=row.rubric_version),
            Fact(term="Entry", value=f"{row.closed_seq:,}"),
        ),
    )  # fmt: skip


def decide(visit: Visit) -> PageAnswer:
    """Settle a disagreement with a verdict, or preserve it."""
    item, key = visit.path["item"], visit.text("idempotency_key")
    criteria = [value for value in visit.form.getlist("criteria") if isinstance(value, str)]
    decision, verdict, notes = visit.text("decision"), visit.text("verdict"), visit.text("notes")
    typed = Typed(decision=decision, verdict=verdict, criteria=tuple(criteria), notes=notes, key=key, status=422)
    if decision == "settle":
        done = adjudication.settle(
            visit.cell, visit.actor, item, verdict=verdict, criteria=criteria, notes=notes, key=key
        )
    elif decision == "preserve":
        done = adjudication.preserve(visit.cell, visit.actor, item, criteria=criteria, notes=notes, key=key)
    else:
        missing = Refused("no-choice", "Choose whether to settle or to preserve the disagreement.", "decision")
        return _again(visit, typed, missing)
    if not isinstance(done, Refused):
        return frame.moved(f"/disagreements/{item}?done=decided")
    if done.code == "already-adjudicated":
        return frame.moved(f"/disagreements/{item}")
    return done if done == access.ABSENT else _again(visit, typed, done)


def _again(visit: Visit, typed: Typed, refused: Refused) -> PageAnswer:
    """The page again with everything that was typed, and the sentence at its field."""
    name = "decision" if refused.field == "decision" else _FIELDS.get(refused.field or "", "")
    return _shown(
        visit,
        Typed(
            decision=typed.decision, verdict=typed.verdict, criteria=typed.criteria, notes=typed.notes, key=typed.key,
            errors={name: refused.sentence} if name else {}, notices=(frame.notice(refused, field=name or None),),
            status=status_of(refused),
        ),
    )  # fmt: skip
