"""What a lead does in an intervention: rule the rubric out, have judgments made again, stand down, reinstate, close."""

from collections.abc import Callable
from dataclasses import dataclass

from tallystick import canon
from tallystick.app import access, standing
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.intervention.opening import state_of
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.events.assignment import AssignmentReleased
from tallystick.events.envelope import Event, ObjectRef
from tallystick.events.intervention import ExpertReinstated
from tallystick.flow import gate as gates
from tallystick.flow import intervention as flow
from tallystick.flow.intervention import Made, State
from tallystick.flow.refusal import Refused
from tallystick.store import gate, intervention, judgment, roster
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row

STOOD_DOWN = "stood-down"
"""Why a lease came back of whoever stood down."""


@dataclass(frozen=True, slots=True)
class Done:
    """A step of an intervention that is in the journal."""

    intervention: str
    programme: str
    stage: str
    receipt: Receipt


Decide = Callable[[Transaction, Row, State], Decision]


def _command(
    cell: Cell, actor: Actor, wanted: str, request: list[object], *, decide: Decide, key: str
) -> Done | Refused:
    """Carry out one step; what it leads to is read after it."""

    def decided(tx: Transaction) -> Decision:
        row = intervention.intervention(tx.connection, wanted)
        return access.ABSENT if row is None else decide(tx, row, state_of(tx.connection, row))

    answer = cell.execute(Command(actor, "intervene", key, canon.encode(request), decided))
    if isinstance(answer, Refused):
        return answer
    return done(cell, wanted, answer)


def done(cell: Cell, wanted: str, receipt: Receipt) -> Done:
    """What a step left behind."""
    with cell.read() as connection:
        row = intervention.intervention(connection, wanted)
        assert row is not None, "a step belongs to an intervention"
        return Done(wanted, row.programme, state_of(connection, row).stage, receipt)


def _seal(tx: Transaction, row: Row, words: str, *about: str) -> ObjectRef:
    """Words stand under their programme, under whoever wrote them, and under whom they are about."""
    people = dict.fromkeys([tx.actor.person, *about])
    return tx.seal(
        words.strip().encode(), scope=f"programme:{row.programme}", subjects=[f"person:{person}" for person in people]
    )


def _in_force(tx: Transaction, row: Row) -> str:
    current = rubrics.current(tx.connection, row.programme, row.rubric)
    assert current is not None, "an intervention is about a rubric in force"
    version: str = current.version
    return version


def rule_out(cell: Cell, actor: Actor, wanted: str, *, justification: str, key: str) -> Done | Refused:
    """State why the rubric does not explain what is left: after a session that was held, with every mark answered."""

    def decide(tx: Transaction, row: Row, state: State) -> Decision:
        refused = flow.may(state, flow.RULE_OUT) or flow.check_justification(justification)
        if refused:
            return refused
        fact = flow.ruled_out(state, rubric_version=_in_force(tx, row), justification=_seal(tx, row, justification))
        return fact if isinstance(fact, Refused) else [fact]

    return _command(cell, actor, wanted, ["rule-out", wanted, justification], decide=decide, key=key)


def requeue(cell: Cell, actor: Actor, wanted: str, *, choice: str, by_same: bool, key: str) -> Done | Refused:
    """Set judgments of the batch aside, to be made again under the version in force. None of them is ever lost.

    choice   affected: by a version since; stood-down: of who stands down; all: every one that counts
    by_same  whether their authors may judge these items again
    """

    def decide(tx: Transaction, row: Row, state: State) -> Decision:
        touched = intervention.affected(tx.connection, row.batch)
        made = [
            Made(judgment=one.judgment, expert=one.expert, is_affected=one.judgment in touched)
            for one in judgment.counted_in_batch(tx.connection, row.batch)
        ]
        chosen = flow.chosen(state, made, choice)
        if isinstance(chosen, Refused):
            return chosen
        return standing.requeue(
            cell, tx, programme=row.programme, judgments=chosen, cause="intervention", reference=wanted,
            by_same=by_same,
        )  # fmt: skip

    return _command(cell, actor, wanted, ["requeue", wanted, choice, by_same], decide=decide, key=key)


def stand_down(
    cell: Cell, actor: Actor, wanted: str, *, person: str, justification: str, key: str
) -> Done | Refused:  # fmt: skip
    """The last step: an expert works no more under the rubric. What they judged stays; their lease comes back."""

    def decide(tx: Transaction, row: Row, state: State) -> Decision:
        refused = flow.may(state, flow.STAND_DOWN)
        refused = refused or flow.check_person(state, person) or flow.check_justification(justification)
        if refused:
            return refused
        if roster.person(tx.connection, person) is None:
            return access.ABSENT
        words = _seal(tx, row, justification, person)
        fact = flow.stood_down(state, person, rubric_version=_in_force(tx, row), justification=words)
        return fact if isinstance(fact, Refused) else [fact, *_released(tx, row, person)]

    request: list[object] = ["stand-down", wanted, person, justification]
    return _command(cell, actor, wanted, request, decide=decide, key=key)


def _released(tx: Transaction, row: Row, person: str) -> list[Event]:
    held = intervention.leases(tx.connection, person, row.programme, row.rubric)
    return [
        AssignmentReleased(assignment=one.assignment, item=one.item, expert=person, reason=STOOD_DOWN) for one in held
    ]


def reinstate(cell: Cell, actor: Actor, wanted: str, *, person: str, reason: str, key: str) -> Done | Refused:
    """Let an expert who stood down work under the rubric again; possible at any time, also when all is closed."""

    def decide(tx: Transaction, row: Row, state: State) -> Decision:
        refused = flow.may(state, flow.REINSTATE)
        refused = refused or flow.check_stands_down(state, person) or flow.check_words(reason, "reason")
        if refused:
            return refused
        return [
            ExpertReinstated(
                intervention=wanted, programme=row.programme, person=person, rubric=row.rubric,
                reason=_seal(tx, row, reason, person),
            )
        ]  # fmt: skip

    return _command(cell, actor, wanted, ["reinstate", wanted, person, reason], decide=decide, key=key)


def close(cell: Cell, actor: Actor, wanted: str, *, words: str, key: str) -> Done | Refused:
    """End an intervention by hand, and say why. It ends by itself when the batch passes after work was redone."""

    def decide(tx: Transaction, row: Row, state: State) -> Decision:
        refused = flow.may(state, flow.CLOSE) or flow.check_words(words, "words")
        if refused:
            return refused
        latest = gate.latest(tx.connection, row.batch)
        is_passed = latest is not None and latest.decision == gates.PASS
        return [
            flow.closed(
                state, flow.PASSED if is_passed else flow.ABANDONED,
                measured_seq=latest.seq if latest is not None and is_passed else None, words=_seal(tx, row, words),
            )
        ]  # fmt: skip

    return _command(cell, actor, wanted, ["close", wanted, words], decide=decide, key=key)
