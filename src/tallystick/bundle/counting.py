"""Which judgments count, now or at an earlier place of the journal. Pure: a state in, judgments out.

A judgment is counted, held or requeued (events/standing.py). Every judgment is delivered; only what counts is
measured, divides an item or stands in a record's counts, but that items which an adjudicator sent back stay measured by
what was judged first (flow/measured.py).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from tallystick.bundle.state import AnyJudgment, AnyStanding, Closed, Entered, State
from tallystick.events.adjudication import DisagreementOpened
from tallystick.events.affected import AffectedKept
from tallystick.events.judgment import JudgmentDetailed, JudgmentImported
from tallystick.events.standing import JudgmentsCleared, JudgmentsHeld, JudgmentsRequeued
from tallystick.flow import measured
from tallystick.flow.gate import Judged
from tallystick.flow.measured import Change, Made
from tallystick.flow.standing import COUNTED, HELD, REQUEUED
from tallystick.signals.shape import Labelled


@dataclass(frozen=True, slots=True)
class Standing:
    """The standing of a judgment: since which entry, and what caused that; None for one that always counted."""

    now: str
    seq: int | None = None
    cause: str | None = None


ALWAYS = Standing(COUNTED)


def standings(state: State, *, upto: int | None = None) -> dict[str, Standing]:
    """Judgment: its standing before entry `upto`, or at the cut. Those that always counted are not in it."""
    found: dict[str, Standing] = {}
    for entered in state.standing:
        if upto is not None and entered.seq >= upto:
            break
        found.update(_changed(entered))
    return found


def _changed(entered: Entered[AnyStanding]) -> Iterator[tuple[str, Standing]]:
    """(judgment, its standing from this entry on)."""
    fact = entered.fact
    if isinstance(fact, JudgmentsCleared):
        change = Standing(COUNTED, entered.seq, "review")
    else:
        change = Standing(HELD if isinstance(fact, JudgmentsHeld) else REQUEUED, entered.seq, fact.cause)
    return ((name, change) for name in fact.judgments)


def counted(state: State, *, upto: int | None = None) -> list[Entered[AnyJudgment]]:
    """The judgments that counted before entry `upto`, or at the cut, in journal order."""
    known = standings(state, upto=upto)
    return [
        one
        for one in state.judgments
        if (upto is None or one.seq < upto) and known.get(one.fact.judgment, ALWAYS).now == COUNTED
    ]


def kept_at(state: State) -> dict[str, int]:
    """Affected judgments that a person let stand: where in the journal, for the last time."""
    return {name: entered.seq for entered in state.told(AffectedKept) for name in entered.fact.judgments}


def unreviewed(state: State) -> frozenset[str]:
    """Judgments that count, that a later version of their rubric affects, and that nobody has reviewed since."""
    place = {(one.fact.rubric, one.fact.version): one.seq for one in state.rubrics}
    changing: dict[str, int] = {}  # rubric: the newest entry that changed what its judges read
    for published in state.rubrics:
        if published.fact.previous is not None and published.fact.affected:
            changing[published.fact.rubric] = published.seq
    kept = kept_at(state)
    return frozenset(
        one.fact.judgment
        for one in counted(state)
        if place.get((one.fact.rubric, one.fact.rubric_version), one.seq) < changing.get(one.fact.rubric, -1)
        and kept.get(one.fact.judgment, -1) < max(changing[one.fact.rubric], one.seq)
    )


def counted_by_item(state: State, *, upto: int | None = None) -> dict[str, list[Entered[AnyJudgment]]]:
    """Item: its judgments that count, in journal order. Every item of the released batches has a list."""
    found: dict[str, list[Entered[AnyJudgment]]] = {item.fact.item: [] for item in state.items}
    for one in counted(state, upto=upto):
        found[one.fact.item].append(one)
    return found


def that_measure(state: State, *, upto: int | None = None) -> list[Entered[AnyJudgment]]:
    """The judgments that measured their batches before entry `upto`, or at the cut, in journal order."""
    given = [one for one in state.judgments if upto is None or one.seq < upto]
    changes = [
        Change(name, change.now, change.cause or "", entered.seq)
        for entered in state.standing
        if upto is None or entered.seq < upto
        for name, change in _changed(entered)
    ]
    made = [Made(one.fact.judgment, one.fact.item, one.seq) for one in given]
    chosen = measured.that_measure(made, changes)
    return [one for one in given if one.fact.judgment in chosen]


def judged(state: State, *, upto: int | None = None) -> dict[str, list[Judged]]:
    """Batch: the judgments that measure it, as the gate reads them. Every released batch has a list."""
    expected = {item.fact.item for item in state.items if item.fact.is_disagreement_expected}
    # As in app.gate: a declaration cannot be shown to have come before a judgment that was made elsewhere.
    measuring = that_measure(state, upto=upto)
    expected -= {one.fact.item for one in measuring if isinstance(one.fact, JudgmentImported)}
    found: dict[str, list[Judged]] = {batch.fact.batch: [] for batch in state.released}
    details = {one.fact.judgment: one.fact for one in state.detailed}
    for one in measuring:
        fact, detail = one.fact, details.get(one.fact.judgment)
        found[fact.batch].append(Judged(
            judgment=fact.judgment, item=fact.item, expert=fact.expert, verdict=fact.verdict, scores=fact.scores,
            is_expected=fact.item in expected, rubric_version=fact.rubric_version, signal=fact.signal,
            values=detail.values if detail else {}, marks=labelled(detail),
        ))  # fmt: skip
    return found


def labelled(detail: JudgmentDetailed | None) -> tuple[Labelled, ...]:
    """The marks of a judgment without their words, as its signal reads them."""
    marks = detail.marks if detail else []
    return tuple(Labelled(**msgspec.structs.asdict(mark)) for mark in marks)


def incomplete(state: State, batch: str, *, upto: int | None = None) -> int:
    """How many items of a batch lacked judgments before entry `upto`, or at the cut."""
    by_item = counted_by_item(state, upto=upto)
    return sum(
        one.fact.batch == batch and len(by_item[one.fact.item]) < one.fact.needed
        for one in state.items
        if upto is None or one.seq < upto
    )


@dataclass(frozen=True, slots=True)
class Case:
    """One disagreement on an item: how it was ended, if it was, and which entry withdrew it, if one did.

    It is withdrawn when judgments of its item are set aside: then it rests on what no longer counts.
    """

    opened: Entered[DisagreementOpened]
    closed: Entered[Closed] | None
    withdrawn_seq: int | None


def cases(state: State) -> dict[str, list[Case]]:
    """Item: its disagreements in journal order, those that were withdrawn among them."""
    requeued: dict[str, list[int]] = {}
    for entered in state.standing:
        if isinstance(entered.fact, JudgmentsRequeued):
            for item in entered.fact.items:
                requeued.setdefault(item, []).append(entered.seq)
    closings: dict[str, list[Entered[Closed]]] = {}
    for one in state.closed:
        closings.setdefault(one.fact.item, []).append(one)
    openings: dict[str, list[Entered[DisagreementOpened]]] = {}
    for opened in state.opened:
        openings.setdefault(opened.fact.item, []).append(opened)
    return {
        item: [
            Case(opened, _first(closings.get(item, []), opened.seq, until), _after(requeued.get(item, []), opened.seq))
            for opened, until in _spans(given)
        ]
        for item, given in openings.items()
    }


def standing_case(given: Iterable[Case]) -> Case | None:
    """The disagreement of an item that stands; None when it has none, or only such as were withdrawn."""
    return next((case for case in given if case.withdrawn_seq is None), None)


def _spans(given: list[Entered[DisagreementOpened]]) -> Iterator[tuple[Entered[DisagreementOpened], int | None]]:
    """Each opening with the place of the next one on the same item."""
    ends: list[int | None] = [*(one.seq for one in given[1:]), None]
    return zip(given, ends, strict=True)


def _first(given: Iterable[Entered[Closed]], start: int, until: int | None) -> Entered[Closed] | None:
    return next((one for one in given if start < one.seq and (until is None or one.seq < until)), None)


def _after(places: Iterable[int], start: int) -> int | None:
    return next((place for place in places if place > start), None)
