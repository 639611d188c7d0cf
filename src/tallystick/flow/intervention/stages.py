"""Where an intervention stands, and what may be done there. Stages follow from facts and are never set. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from tallystick.events.calibration import CalibrationOpened
from tallystick.events.envelope import Event
from tallystick.events.intervention import (
    InterventionClosed,
    InterventionDiagnosed,
    InterventionOpened,
    InterventionRemeasured,
    InterventionRevised,
    RubricRuledOut,
)
from tallystick.flow import gate
from tallystick.flow.refusal import Refused

STAGES = OPENED, DIAGNOSED, CALIBRATING, REVISED, RULED_OUT, REDOING, REMEASURED, CLOSED = (
    "opened", "diagnosed", "calibrating", "revised", "ruled-out", "redoing", "remeasured", "closed",
)  # fmt: skip
"""Where an intervention stands. A measurement that does not pass begins the next round, in the stage `remeasured`."""
COMMANDS = DIAGNOSE, CALIBRATE, REVISE, RULE_OUT, REQUEUE, STAND_DOWN, REINSTATE, CLOSE = (
    "diagnose", "calibrate", "revise", "rule-out", "requeue", "stand-down", "reinstate", "close",
)  # fmt: skip
"""What people can do in it. Measuring is a command of the gate."""
F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Requeued:
    """Judgments were set aside for an intervention, to be made again. Stands for judgments-requeued/1."""

    judgments: int
    items: int
    by_same: bool


_MILESTONES: dict[type[Event] | type[Requeued], str] = {
    InterventionOpened: OPENED,
    InterventionDiagnosed: DIAGNOSED,
    CalibrationOpened: CALIBRATING,
    InterventionRevised: REVISED,
    RubricRuledOut: RULED_OUT,
    Requeued: REDOING,
    InterventionRemeasured: REMEASURED,
    InterventionClosed: CLOSED,
}
"""Facts that move an intervention, and where to. All others leave it where it is."""


@dataclass(frozen=True, slots=True)
class Step:
    """A fact of an intervention, and its place in the journal."""

    seq: int
    fact: Event | Requeued


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A calibration session, as the protocol needs it.

    is_held     its labels were shown and it has ended; one that was abandoned shows nothing of the rubric
    unanswered  marks on the rubric's words that no lead has answered
    """

    calibration: str
    opened_seq: int
    is_running: bool
    is_held: bool
    unanswered: int
    ended_seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """An intervention as its facts leave it.

    round        from 1
    measured_seq the measurement that this round began with
    diagnosis    the newest of this round
    sessions     of this round, oldest first
    revised      the newest version of the rubric that came into force in this round
    ruled_out    in this round, and no version of the rubric came since
    requeued     judgments that were set aside in this round, to be made again
    stood_down   who stands down under the rubric now
    """

    opened: InterventionOpened
    stage: str
    round: int
    measured_seq: int
    diagnosis: InterventionDiagnosed | None = None
    diagnosed_seq: int | None = None
    sessions: tuple[Session, ...] = ()
    revised: InterventionRevised | None = None
    ruled_out: RubricRuledOut | None = None
    ruled_out_seq: int | None = None
    requeued: int = 0
    stood_down: frozenset[str] = frozenset()

    @property
    def held(self) -> Session | None:
        """The newest session of this round that was held, or None."""
        return next((one for one in reversed(self.sessions) if one.is_held), None)

    @property
    def what(self) -> str:
        """The value that is followed from round to round: the first of those that fell short."""
        return self.opened.short[0].what


def state_of(
    steps: Sequence[Step], *, sessions: Sequence[Session] = (), stood_down: frozenset[str] = frozenset()
) -> State:
    """Where an intervention stands after these steps, which are in their order and begin with its opening."""
    opened = steps[0].fact
    assert isinstance(opened, InterventionOpened), "an intervention begins with its opening"
    missed = [s for s in steps if isinstance(s.fact, InterventionRemeasured) and s.fact.decision != gate.PASS]
    since = missed[-1].seq if missed else -1
    measured = opened.measured_seq
    if missed and isinstance(missed[-1].fact, InterventionRemeasured):
        measured = missed[-1].fact.measured_seq
    now = [step for step in steps if step.seq > since]
    diagnosis, diagnosed_seq = _newest(now, InterventionDiagnosed)
    revised, revised_seq = _newest(now, InterventionRevised)
    ruled_out, ruled_out_seq = _newest([s for s in now if s.seq > (revised_seq or -1)], RubricRuledOut)
    return State(
        opened=opened, stage=_stage_of(steps), round=1 + len(missed), measured_seq=measured, diagnosis=diagnosis,
        diagnosed_seq=diagnosed_seq, sessions=tuple(one for one in sessions if one.opened_seq > since),
        revised=revised, ruled_out=ruled_out, ruled_out_seq=ruled_out_seq,
        requeued=sum(step.fact.judgments for step in now if isinstance(step.fact, Requeued)), stood_down=stood_down,
    )  # fmt: skip


def _stage_of(steps: Sequence[Step]) -> str:
    stage = OPENED
    for step in steps:
        to = _MILESTONES.get(type(step.fact), stage)
        # A session that is held while judgments are made again, say for newcomers, takes nothing back.
        stage = stage if to == CALIBRATING and stage in _NOT_NOW[CALIBRATE] else to
    return stage


def _newest(steps: Sequence[Step], kind: type[F]) -> tuple[F | None, int | None]:
    found = [(step.fact, step.seq) for step in steps if isinstance(step.fact, kind)]
    return found[-1] if found else (None, None)


# --- what may be done ---------------------------------------------------------------------------------------------

_CLOSED = "This intervention is closed. The next measurement that fails opens another."
DIAGNOSE_FIRST = "Record a diagnosis first: it says where the shortfall stands, the rubric first."
CALIBRATE_FIRST = "Hold a calibration session first: the rubric is looked at before anything else."
_REDO = "The rubric was revised in this round: have the affected judgments made again, then measure the batch."
_MEASURE = "Judgments are being made again: measure the batch when they are there."
_RULED_OUT = "The rubric was ruled out in this round: have judgments made again, then measure the batch."
_SETTLE = "Hold the calibration session to its end, then revise the rubric, or rule it out with reasons."
_REVISE_FIRST = "Revise the rubric, or rule it out after a calibration session, before judgments are made again."
_STAND_DOWN_LAST = (
    "Nobody stands down before the rubric was ruled out in this round: after a diagnosis, a calibration session that "
    "was held to its end with every mark answered, and a written justification."
)
_NOT_NOW: dict[str, dict[str, str]] = {
    DIAGNOSE: {CALIBRATING: _SETTLE, REVISED: _REDO, RULED_OUT: _RULED_OUT, REDOING: _MEASURE},
    CALIBRATE: {
        OPENED: DIAGNOSE_FIRST, REVISED: _REDO, RULED_OUT: _RULED_OUT, REDOING: _MEASURE, REMEASURED: DIAGNOSE_FIRST,
    },
    REVISE: {},
    RULE_OUT: {
        OPENED: DIAGNOSE_FIRST, DIAGNOSED: CALIBRATE_FIRST, REVISED: _REDO, RULED_OUT: _RULED_OUT, REDOING: _MEASURE,
        REMEASURED: DIAGNOSE_FIRST,
    },
    REQUEUE: dict.fromkeys((OPENED, DIAGNOSED, CALIBRATING, REMEASURED), _REVISE_FIRST),
    STAND_DOWN: dict.fromkeys((OPENED, DIAGNOSED, CALIBRATING, REVISED, REMEASURED), _STAND_DOWN_LAST),
    REINSTATE: {},
    CLOSE: {},
}  # fmt: skip
"""Command: the stages in which it may not be given, each with what has to come first."""


def may(state: State, command: str) -> Refused | None:
    """Why a command may not be given now, or None. What it needs beside the stage is checked where it is carried out.

    Only a reinstatement is possible after the end: it takes nothing from anybody.
    """
    if state.stage == CLOSED and command != REINSTATE:
        return Refused("intervention-closed", _CLOSED)
    sentence = _NOT_NOW[command].get(state.stage)
    if sentence:
        return Refused("rubric-first" if command == STAND_DOWN else "not-at-this-stage", sentence)
    if command == STAND_DOWN and state.ruled_out is None:
        return Refused("rubric-first", _STAND_DOWN_LAST)
    if command == CALIBRATE and any(session.is_running for session in state.sessions):
        return Refused("session-running", "A calibration session of this intervention is running: end it first.")
    return _rule_out(state) if command == RULE_OUT else None


def _rule_out(state: State) -> Refused | None:
    """What the rubric's ruling-out needs beside the stage: a session that was held, with every mark answered."""
    if any(session.is_running for session in state.sessions):
        return Refused("session-running", "Expected an ended calibration session, found one that is running: end it.")
    if state.held is None:
        return Refused("session-missing", CALIBRATE_FIRST)
    waiting = sum(session.unanswered for session in state.sessions if session.is_held)
    if waiting:
        sentence = (
            f"Marks on the rubric's words that nobody has answered: {waiting}. Answer each, by a revision or by saying "
            "why the words stay, before the rubric is ruled out."
        )
        return Refused("marks-unanswered", sentence)
    return None


def next_commands(state: State) -> tuple[str, ...]:
    """What comes next, the first step first; without what is possible at any time."""
    return {
        OPENED: (DIAGNOSE,),
        DIAGNOSED: (CALIBRATE,),
        CALIBRATING: (REVISE, RULE_OUT) if may(state, RULE_OUT) is None else (CALIBRATE,),
        REVISED: (REQUEUE,),
        RULED_OUT: (REQUEUE, STAND_DOWN),
        REDOING: (),
        REMEASURED: (DIAGNOSE,),
        CLOSED: (),
    }[state.stage]
