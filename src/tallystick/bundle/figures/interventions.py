"""What was done when a gate failed: every intervention on the rubrics of a release, step by step. Pure.

The steps are the facts of the log, shortened. What people wrote in justification stays in the cell. Of findings that
name people only their number is told here; who stood down is told by pseudonym, because somebody answers for that.
"""

from collections.abc import Iterator
from functools import singledispatch
from typing import TypedDict

from tallystick.bundle.derive import Tables
from tallystick.bundle.figures.figure import Figure
from tallystick.bundle.figures.trend import every_measurement
from tallystick.bundle.state import Entered
from tallystick.events.calibration import CalibrationEnded, CalibrationOpened, CalibrationRevealed
from tallystick.events.envelope import Event
from tallystick.events.gate import MeasuredValue
from tallystick.events.intervention import (
    ExpertReinstated,
    ExpertStoodDown,
    FindingFacts,
    InterventionClosed,
    InterventionDiagnosed,
    InterventionOpened,
    InterventionRemeasured,
    InterventionRevised,
    RubricRuledOut,
)
from tallystick.events.standing import JudgmentsRequeued

SCHEMA = "tallystick/interventions/1"
OPEN = "open"
OF_PEOPLE = ("pair", "expert")


class Step(Figure, frozen=True, kw_only=True):
    """One fact. What does not belong to its kind is empty or null."""

    seq: int
    at: int  # microseconds since 1970, UTC
    what: str  # the kind of the fact without its version; judgments-requeued among them
    values: list[MeasuredValue]  # what fell short; agreement of a session; before and after
    difference_ppm: int | None  # after less before, with its 95 % interval
    low_ppm: int | None
    high_ppm: int | None
    decision: str | None
    findings: list[FindingFacts]  # of a diagnosis: criteria, clusters of items, rubric versions
    counts: dict[str, int]
    names: dict[str, str]


class Intervention(Figure, frozen=True, kw_only=True):
    """One intervention from the failing measurement to its end, or to the cut."""

    intervention: str
    batch: str
    domain: str
    rubric: str
    rule: str
    threshold_ppm: int
    outcome: str  # passed | abandoned | open
    steps: list[Step]


class Interventions(Figure, frozen=True, kw_only=True):
    """quality/interventions.json, oldest first."""

    schema: str
    interventions: list[Intervention]


def interventions(tables: Tables) -> Interventions:
    """Those on the rubrics by which the released batches were judged, whatever batch opened them."""
    return Interventions(
        schema=SCHEMA, interventions=[_told(tables, one.fact) for one in tables.state.told(InterventionOpened)]
    )


def _told(tables: Tables, fact: InterventionOpened) -> Intervention:
    steps = list(_steps(tables, fact.intervention))
    ended = [step for step in steps if step.what == "intervention-closed"]
    return Intervention(
        intervention=fact.intervention, batch=fact.batch, domain=fact.domain, rubric=fact.rubric, rule=fact.rule,
        threshold_ppm=fact.threshold_ppm, outcome=ended[-1].names["outcome"] if ended else OPEN, steps=steps,
    )  # fmt: skip


def _steps(tables: Tables, intervention: str) -> Iterator[Step]:
    sessions = {
        one.fact.calibration for one in tables.state.told(CalibrationOpened) if one.fact.intervention == intervention
    }
    every: list[Entered[Event]] = [*tables.state.beside, *tables.state.standing]
    for entered in sorted(every, key=lambda one: one.seq):
        fact = entered.fact
        is_ours = (
            getattr(fact, "intervention", None) == intervention
            or getattr(fact, "calibration", None) in sessions
            or (isinstance(fact, JudgmentsRequeued) and fact.reference == intervention)
        )
        if is_ours:
            yield step_of(entered)


def step_of(entered: Entered[Event]) -> Step:
    """One fact of an intervention, shortened."""
    parts = _parts(entered.fact)
    return Step(
        seq=entered.seq, at=entered.at, what=entered.fact.KIND.partition("/")[0], values=parts.get("values", []),
        difference_ppm=getattr(entered.fact, "difference_ppm", None), low_ppm=getattr(entered.fact, "low_ppm", None),
        high_ppm=getattr(entered.fact, "high_ppm", None), decision=getattr(entered.fact, "decision", None),
        findings=parts.get("findings", []), counts=parts.get("counts", {}), names=parts.get("names", {}),
    )  # fmt: skip


class _Parts(TypedDict, total=False):
    values: list[MeasuredValue]
    findings: list[FindingFacts]
    counts: dict[str, int]
    names: dict[str, str]


@singledispatch
def _parts(_fact: object) -> _Parts:
    """What is told of a fact beside its kind, place and time."""
    return {}


@_parts.register
def _opened(fact: InterventionOpened) -> _Parts:
    names = {"rubric_version": fact.rubric_version, "contract_version": fact.contract_version}
    return {"values": fact.short, "names": names, "counts": {"measured_seq": fact.measured_seq}}


@_parts.register
def _session_opened(fact: CalibrationOpened) -> _Parts:
    counts = {"items": len(fact.items), "participants": len(fact.participants)}
    return {"counts": counts, "names": {"calibration": fact.calibration, "rubric_version": fact.rubric_version}}


@_parts.register
def _session_revealed(fact: CalibrationRevealed) -> _Parts:
    counts = {"labels": fact.labels, "unfinished": len(fact.missing)}
    return {"values": [fact.agreement], "counts": counts, "names": {"calibration": fact.calibration}}


@_parts.register
def _session_ended(fact: CalibrationEnded) -> _Parts:
    names = {"calibration": fact.calibration, "outcome": fact.outcome}
    return {"counts": {"marks": fact.marks, "examples": fact.examples}, "names": names}


@_parts.register
def _revised(fact: InterventionRevised) -> _Parts:
    names = {"version": fact.version, "previous": fact.previous, "affected": ", ".join(fact.affected)}
    return {"names": names | ({"calibration": fact.calibration} if fact.calibration else {})}


@_parts.register
def _ruled_out(fact: RubricRuledOut) -> _Parts:
    names = {"rubric_version": fact.rubric_version, "calibration": fact.calibration}
    return {"names": names | {"evidence_digest": fact.evidence_digest}, "counts": {"round": fact.round}}


@_parts.register
def _requeued(fact: JudgmentsRequeued) -> _Parts:
    counts = {"judgments": len(fact.judgments), "items": len(fact.items), "by_same": int(fact.by_same)}
    return {"counts": counts, "names": {"rubric_version": fact.rubric_version}}


@_parts.register
def _remeasured(fact: InterventionRemeasured) -> _Parts:
    counts = {"round": fact.round, "measured_seq": fact.measured_seq, "redone": fact.redone, "waiting": fact.waiting}
    names = {"method": fact.method, "rubric_version": fact.rubric_version}
    return {"values": [fact.before, fact.after], "counts": counts, "names": names}


@_parts.register
def _stood_down(fact: ExpertStoodDown) -> _Parts:
    names = {"person": fact.person, "rubric_version": fact.rubric_version, "evidence_digest": fact.evidence_digest}
    counts = {"round": fact.round, "ruled_out_seq": fact.ruled_out_seq, "findings": len(fact.findings)}
    return {"counts": counts, "names": names}


@_parts.register
def _reinstated(fact: ExpertReinstated) -> _Parts:
    return {"names": {"person": fact.person}}


@_parts.register
def _closed(fact: InterventionClosed) -> _Parts:
    counts = {} if fact.measured_seq is None else {"measured_seq": fact.measured_seq}
    return {"counts": counts, "names": {"outcome": fact.outcome}}


@_parts.register
def _diagnosed(fact: InterventionDiagnosed) -> _Parts:
    people = [finding for finding in fact.findings if finding.kind in OF_PEOPLE]
    counts = {
        "round": fact.round, "value_ppm": fact.value_ppm, "items": len(fact.items), "people": len(people),
        "people_clear": sum(finding.is_clear for finding in people), "left_out": fact.left_out,
    }  # fmt: skip
    findings = [finding for finding in fact.findings if finding.kind not in OF_PEOPLE]
    return {"findings": findings, "counts": counts, "names": {"rubric_version": fact.rubric_version}}


def contradicted(tables: Tables) -> Iterator[tuple[int, str]]:
    """(entry, sentence) of every fact of an intervention that its own measurement contradicts.

    Only measurements of released batches are brought along: others are held against nothing here.
    """
    measured = {one.seq: one.fact for one in every_measurement(tables.state)}
    for opened in tables.state.told(InterventionOpened):
        found = measured.get(opened.fact.measured_seq)
        if found is not None and (found.decision != "fail" or found.inputs_digest != opened.fact.inputs_digest):
            yield opened.seq, f"opened by entry {opened.fact.measured_seq}, which did not fail on these judgments"
    for again in tables.state.told(InterventionRemeasured):
        after = measured.get(again.fact.measured_seq)
        if after is not None and (again.fact.after, again.fact.decision) != (after.verdict, after.decision):
            yield again.seq, f"states other values than entry {again.fact.measured_seq}, which measured them"
    for closed in tables.state.told(InterventionClosed):
        last = None if closed.fact.measured_seq is None else measured.get(closed.fact.measured_seq)
        if closed.fact.outcome == "passed" and last is not None and last.decision != "pass":
            yield closed.seq, f"passed by entry {closed.fact.measured_seq}, which did not pass"
