"""Interventions: what may be done, in which order, between a gate that fails and one that passes. Pure.

The rubric comes before the people: nobody stands down before a calibration session was held and a lead has stated,
with reasons, that the rubric does not explain what is left. Stages follow from facts and are never set.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tallystick import canon

from tallystick.events.envelope import Event
from tallystick.events.gate import BatchMeasured, MeasuredValue
from tallystick.events.intervention import (
    InterventionClosed,
    InterventionDiagnosed,
    InterventionOpened,
    InterventionRemeasured,
    InterventionRevised,
    RubricRuledOut,
)
from tallystick.events.standing import JudgmentsRequeued
from tallystick.flow import gate
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric

STAGES = OPENED, DIAGNOSED, CALIBRATING, REVISED, RULED_OUT, REDOING, REMEASURED, CLOSED = (
    "opened", "diagnosed", "calibrating", "revised", "ruled-out", "redoing", "remeasured", "closed",
)  # fmt: skip
"""Where an intervention stands. A measurement that does not pass begins the next round, in the stage `remeasured`."""
COMMANDS = DIAGNOSE, CALIBRATE, REVISE, RULE_OUT, REQUEUE, STAND_DOWN, REINSTATE, CLOSE = (
    "diagnose", "calibrate", "revise", "rule-out", "requeue", "stand-down", "reinstate", "close",
)  # fmt: skip
"""What people can do in it. Measuring is a command of the gate."""
PASSED, ABANDONED = "passed", "abandoned"
JUSTIFICATION_CHARACTERS_MIN = 80
WORDS_CHARACTERS_MIN = 20

_MILESTONES = {
    InterventionOpened.KIND: OPENED,
    InterventionDiagnosed.KIND: DIAGNOSED,
    "calibration-opened/1": CALIBRATING,
    InterventionRevised.KIND: REVISED,
    RubricRuledOut.KIND: RULED_OUT,
    JudgmentsRequeued.KIND: REDOING,
    InterventionRemeasured.KIND: REMEASURED,
    InterventionClosed.KIND: CLOSED,
}
"""Facts that move an intervention, and where to. All others leave it where it is."""


@dataclass(frozen=True, slots=True)
class Step:
    """A fact of an intervention, in the round in which it happened."""

    seq: int
    round: int
    fact: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A calibration session of the round, as the protocol needs it.

    is_held     its labels were shown and it has ended; one that was abandoned shows nothing of the rubric
    unanswered  marks on the rubric's words that no lead has answered
    """

    calibration: str
    is_ended: bool
    is_held: bool
    unanswered: int
    ended_seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """An intervention as its facts leave it.

    round       from 1
    revised     the newest version of the rubric that came into force in this round
    diagnosis   the newest of this round
    ruled_out   in this round, and no version of the rubric came since
    requeued    judgments that were set aside in this round, to be made again
    stood_down  who stands down under the rubric now
    """

    intervention: str
    programme: str
    rubric: str
    batch: str
    stage: str
    round: int
    diagnosis: InterventionDiagnosed | None = None
    diagnosed_seq: int | None = None
    sessions: tuple[Session, ...] = ()
    revised: InterventionRevised | None = None
    ruled_out: RubricRuledOut | None = None
    ruled_out_seq: int | None = None
    requeued: int = 0
    stood_down: frozenset[str] = frozenset()


def state_of(
    opened: InterventionOpened, steps: Sequence[Step], *, sessions: Sequence[Session], stood_down: frozenset[str]
) -> State:
    """Where an intervention stands after these steps, which are in their order.

    sessions  of this round
    """
    stages = [_MILESTONES[step.fact.KIND] for step in steps if step.fact.KIND in _MILESTONES]
    now = _round_of(steps)
    diagnosis, diagnosed_seq, revised, requeued = None, None, None, 0
    ruled_out, ruled_out_seq = None, None
    for step in (step for step in steps if step.round == now):
        fact = step.fact
        if isinstance(fact, InterventionDiagnosed):
            diagnosis, diagnosed_seq = fact, step.seq
        elif isinstance(fact, InterventionRevised):
            revised, ruled_out, ruled_out_seq = fact, None, None
        elif isinstance(fact, RubricRuledOut):
            ruled_out, ruled_out_seq = fact, step.seq
        elif isinstance(fact, JudgmentsRequeued):
            requeued += len(fact.judgments)
    return State(
        intervention=opened.intervention, programme=opened.programme, rubric=opened.rubric, batch=opened.batch,
        stage=stages[-1] if stages else OPENED, round=now, diagnosis=diagnosis, diagnosed_seq=diagnosed_seq,
        sessions=tuple(sessions), revised=revised, ruled_out=ruled_out, ruled_out_seq=ruled_out_seq,
        requeued=requeued, stood_down=stood_down,
    )  # fmt: skip


def _round_of(steps: Sequence[Step]) -> int:
    missed = [s.fact for s in steps if isinstance(s.fact, InterventionRemeasured) and s.fact.decision != gate.PASS]
    return 1 + len(missed)


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
