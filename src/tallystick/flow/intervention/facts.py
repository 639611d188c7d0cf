"""What becomes a fact of an intervention: opened, diagnosed, ruled out, stood down, measured again, closed. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from tallystick import canon
from tallystick.events.envelope import Event, ObjectRef
from tallystick.events.gate import BatchMeasured, MeasuredValue
from tallystick.events.intervention import (
    DividedItemFacts,
    ExpertStoodDown,
    FindingFacts,
    InterventionClosed,
    InterventionDiagnosed,
    InterventionOpened,
    InterventionRemeasured,
    RubricRuledOut,
)
from tallystick.flow import gate
from tallystick.flow.diagnosis import CRITERION, EXPERT, PAIR, Diagnosis, DividedItem, Finding
from tallystick.flow.intervention.stages import (
    CALIBRATE_FIRST,
    DIAGNOSE_FIRST,
    REDOING,
    REMEASURED,
    REQUEUE,
    RULE_OUT,
    STAND_DOWN,
    State,
    may,
)
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric

PASSED, ABANDONED = "passed", "abandoned"
AFFECTED, THEIRS, ALL = CHOICES = ("affected", "stood-down", "all")
"""Which judgments are made again: those that a revision affects, those on the items of the diagnosis, or all."""
JUSTIFICATION_CHARACTERS_MIN = 80
WORDS_CHARACTERS_MIN = 20
FINDINGS_MAX = 100
"""So many findings are recorded at most: they have to fit into one entry of the log."""

# --- opening ------------------------------------------------------------------------------------------------------


def opened(
    measured: BatchMeasured, rubric: Rubric, *, intervention: str, measured_seq: int
) -> InterventionOpened | None:
    """The intervention that a failing measurement opens; None when it passes, or when nothing is decided yet."""
    if measured.decision != gate.FAIL:
        return None
    return InterventionOpened(
        intervention=intervention, programme=measured.programme, domain=measured.domain, rubric=measured.rubric,
        rubric_version=measured.rubric_version, contract_version=measured.contract_version, batch=measured.batch,
        measured_seq=measured_seq, inputs_digest=measured.inputs_digest, metric=measured.verdict.metric,
        level=measured.verdict.level, rule=measured.rule, threshold_ppm=measured.threshold_ppm,
        short=_short(measured, rubric),
    )  # fmt: skip


def _short(measured: BatchMeasured, rubric: Rubric) -> list[MeasuredValue]:
    """What fell short of the threshold, of all that counts."""
    gated = {f"criterion:{criterion.id}" for criterion in rubric.criteria if criterion.gated}
    counting = [measured.verdict, *(value for value in measured.criteria if value.what in gated)]
    return [value for value in counting if _is_short(value, measured)]


def _is_short(value: MeasuredValue, measured: BatchMeasured) -> bool:
    held = value.high_ppm if measured.rule == "lower_bound" else value.value_ppm
    return held is not None and held < measured.threshold_ppm


# --- diagnosing ---------------------------------------------------------------------------------------------------


def diagnosed(
    state: State, found: Diagnosis, *, rubric_version: str, inputs_digest: str, code_version: str
) -> InterventionDiagnosed:
    """A diagnosis as it is recorded: every criterion and everything that is clear, then what has most to gain."""
    ranked = sorted(found.findings, key=lambda f: (f.kind != CRITERION, not f.is_clear, -(f.gain_ppm or 0)))
    kept = set(ranked[:FINDINGS_MAX])
    return InterventionDiagnosed(
        intervention=state.opened.intervention, programme=state.opened.programme, round=state.round,
        batch=state.opened.batch, rubric_version=rubric_version, inputs_digest=inputs_digest,
        value_ppm=found.value_ppm, threshold_ppm=found.threshold_ppm,
        findings=[_facts_of(finding) for finding in found.findings if finding in kept],
        left_out=len(found.findings) - len(kept),
        items=[DividedItemFacts(item=item.item, gain_ppm=item.gain_ppm) for item in found.items],
        beside=list(found.beside), code_version=code_version, seed=gate.SEED,
    )  # fmt: skip


def _facts_of(finding: Finding) -> FindingFacts:
    return FindingFacts(
        kind=finding.kind, name=finding.name, items=finding.items, comparisons=finding.comparisons,
        gain_ppm=finding.gain_ppm, low_ppm=finding.low_ppm, high_ppm=finding.high_ppm, share_ppm=finding.share_ppm,
        rest_ppm=finding.rest_ppm, is_clear=finding.is_clear, reason=finding.reason,
    )  # fmt: skip


def recorded(fact: InterventionDiagnosed) -> Diagnosis:
    """A recorded diagnosis as it was found, but for what was left out."""
    return Diagnosis(
        value_ppm=fact.value_ppm, threshold_ppm=fact.threshold_ppm, beside=tuple(fact.beside),
        items=tuple(DividedItem(item=item.item, gain_ppm=item.gain_ppm) for item in fact.items),
        findings=tuple(
            Finding(
                kind=f.kind, name=f.name, items=f.items, comparisons=f.comparisons, gain_ppm=f.gain_ppm,
                low_ppm=f.low_ppm, high_ppm=f.high_ppm, share_ppm=f.share_ppm, rest_ppm=f.rest_ppm,
                is_clear=f.is_clear, reason=f.reason,
            )
            for f in fact.findings
        ),
    )  # fmt: skip


# --- ruling the rubric out, and standing down ---------------------------------------------------------------------


def check_justification(words: str) -> Refused | None:
    """Why a justification does not carry what rests on it, or None."""
    if len(words.strip()) >= JUSTIFICATION_CHARACTERS_MIN:
        return None
    sentence = (
        f"Expected a justification of at least {JUSTIFICATION_CHARACTERS_MIN} characters that a later reader can "
        f"check, found {len(words.strip())}."
    )
    return Refused("justification-too-short", sentence, "justification")


def check_words(words: str, field: str) -> Refused | None:
    """Why some words say too little, or None."""
    if len(words.strip()) >= WORDS_CHARACTERS_MIN:
        return None
    sentence = f"Expected at least {WORDS_CHARACTERS_MIN} characters that say why, found {len(words.strip())}."
    return Refused("words-too-short", sentence, field)


def ruled_out(state: State, *, rubric_version: str, justification: ObjectRef) -> RubricRuledOut | Refused:
    """The statement that the rubric does not explain what is left."""
    refused = may(state, RULE_OUT)
    if refused:
        return refused
    held, diagnosed_seq = state.held, state.diagnosed_seq
    if held is None or diagnosed_seq is None:
        return Refused("session-missing", CALIBRATE_FIRST if held is None else DIAGNOSE_FIRST)
    return RubricRuledOut(
        intervention=state.opened.intervention, programme=state.opened.programme, round=state.round,
        rubric=state.opened.rubric, rubric_version=rubric_version, calibration=held.calibration,
        diagnosed_seq=diagnosed_seq, justification=justification, evidence_digest=_evidence(state),
    )  # fmt: skip


def _evidence(state: State) -> str:
    """Over the diagnosis and every session of the round that was held, as the journal has them."""
    sessions = [[one.calibration, one.opened_seq, one.ended_seq] for one in state.sessions if one.is_held]
    return canon.digest_of([state.measured_seq, state.diagnosed_seq, sessions])


def cited(diagnosis: InterventionDiagnosed, person: str) -> list[FindingFacts]:
    """What a diagnosis says of a person beyond what the criteria explain; empty unless it clearly names them.

    A pair that lies far apart names both, so it counts only against whoever is apart from all the others as well.
    """
    mine = [f for f in diagnosis.findings if f.kind in {PAIR, EXPERT} and person in f.name.split("|")]
    left = [finding for finding in mine if _left(finding, diagnosis) > 0]
    is_apart = any(finding.kind == EXPERT for finding in left)
    return left if is_apart and any(finding.is_clear for finding in left) else []


def _left(finding: FindingFacts, diagnosis: InterventionDiagnosed) -> int:
    """What would be gained where no criterion was read differently; all of it when no criterion explains anything."""
    return (finding.rest_ppm if diagnosis.beside else finding.gain_ppm) or 0


def stood_down(
    state: State, person: str, *, rubric_version: str, justification: ObjectRef
) -> ExpertStoodDown | Refused:
    """The last step: an expert works no more under the rubric."""
    refused = may(state, STAND_DOWN) or check_person(state, person)
    if refused:
        return refused
    assert state.diagnosis is not None, "the rubric is ruled out after a diagnosis of the same round"
    assert state.ruled_out_seq is not None, "nobody stands down before the rubric was ruled out"
    findings = cited(state.diagnosis, person)
    evidence = [state.diagnosed_seq, state.ruled_out_seq, _evidence(state), [finding.name for finding in findings]]
    return ExpertStoodDown(
        intervention=state.opened.intervention, programme=state.opened.programme, round=state.round, person=person,
        rubric=state.opened.rubric, rubric_version=rubric_version, ruled_out_seq=state.ruled_out_seq,
        findings=findings, justification=justification, evidence_digest=canon.digest_of(evidence),
    )  # fmt: skip


def check_person(state: State, person: str) -> Refused | None:
    """Why this person may not stand down, or None."""
    if person in state.stood_down:
        return Refused("already-stood-down", "This expert stands down under this rubric already.", "person")
    if state.diagnosis is None or not cited(state.diagnosis, person):
        sentence = (
            "Expected somebody whom the diagnosis of this round clearly names, alone or in a pair, with something left "
            "where no criterion was read differently. Nobody else stands down on account of agreement."
        )
        return Refused("not-named", sentence, "person")
    return None


def check_stands_down(state: State, person: str) -> Refused | None:
    """Why there is nothing to give back to this person, or None."""
    if person in state.stood_down:
        return None
    return Refused("not-stood-down", "This expert does not stand down under this rubric.", "person")


# --- making judgments again, and measuring again ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A judgment of the batch that counts, as the choice of what is made again needs it.

    is_affected  a version of the rubric that came later changed what it was judged by
    """

    judgment: str
    expert: str
    is_affected: bool


def chosen(state: State, made: Iterable[Made], choice: str) -> list[str] | Refused:
    """The judgments that are to be made again.

    No choice looks at how judgments stand to each other: of items that are picked because they part, some agree by
    chance when they are judged again, and the new figure would be too high whatever the rubric says.
    """
    refused = may(state, REQUEUE)
    if refused:
        return refused
    if choice not in CHOICES:
        return Refused("bad-choice", f"Expected one of {', '.join(CHOICES)}.", "choice")
    found = [
        one.judgment
        for one in made
        if choice == ALL
        or (choice == AFFECTED and one.is_affected)
        or (choice == THEIRS and one.expert in state.stood_down)
    ]
    if found:
        return found
    why = {
        AFFECTED: "No judgment of this batch that counts was made under words that changed since",
        THEIRS: "Nobody who stands down under this rubric has a judgment of this batch that counts",
        ALL: "No judgment of this batch counts",
    }[choice]
    return Refused("nothing-to-redo", f"{why}: choose others, or measure the batch.", "choice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What lies between the measurement that a round began with and the new one.

    reason  why there is no difference, or no interval of it
    """

    difference_ppm: int | None = None
    low_ppm: int | None = None
    high_ppm: int | None = None
    method: str = "none"
    reason: str | None = None


def is_remeasuring(state: State, decision: str, *, waiting: int) -> bool:
    """Whether a measurement that is being recorded ends a round.

    waiting  items whose judgments were set aside in this intervention and that are not complete again: while there
             are some, what is measured is what is left of the batch, and shows nothing of what was redone
    """
    if waiting:
        return False
    return state.stage == REDOING or (state.stage == REMEASURED and decision == gate.PASS)


def remeasured(
    state: State, measured: BatchMeasured, before: BatchMeasured, change: Change, *, measured_seq: int
) -> list[Event]:
    """What a measurement says after work was redone; one that passes closes the intervention."""
    after = value_of(measured, state.what)
    fact = InterventionRemeasured(
        intervention=state.opened.intervention, programme=state.opened.programme, round=state.round,
        batch=state.opened.batch, measured_seq=measured_seq, rubric_version=measured.rubric_version,
        before=value_of(before, state.what), after=after, difference_ppm=change.difference_ppm,
        low_ppm=change.low_ppm, high_ppm=change.high_ppm, method=change.method, reason=change.reason,
        redone=state.requeued, waiting=measured.incomplete, decision=measured.decision,
    )  # fmt: skip
    return [fact, closed(state, PASSED, measured_seq=measured_seq)] if measured.decision == gate.PASS else [fact]


def value_of(measured: BatchMeasured, what: str) -> MeasuredValue:
    """One value of a measurement by its name; the verdict's when a criterion is gone from the rubric."""
    return next((value for value in measured.criteria if value.what == what), measured.verdict)


def closed(
    state: State, outcome: str, *, measured_seq: int | None = None, words: ObjectRef | None = None
) -> InterventionClosed:
    """The end of an intervention."""
    return InterventionClosed(
        intervention=state.opened.intervention, programme=state.opened.programme, outcome=outcome,
        measured_seq=measured_seq, words=words,
    )  # fmt: skip
