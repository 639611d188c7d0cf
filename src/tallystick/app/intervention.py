"""Interventions: opened by a gate that fails, led through their stages, closed by one that passes."""

import msgspec

from tallystick import events
from tallystick.app.cell import Cell
from tallystick.app.kernel import Transaction
from tallystick.events.envelope import Event
from tallystick.events.gate import BatchMeasured
from tallystick.events.intervention import InterventionOpened
from tallystick.flow import intervention as flow
from tallystick.flow.intervention import State, Step
from tallystick.ledger import journal
from tallystick.store import intervention
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row


def open_of(connection: journal.Connection, programme: str, rubric: str) -> Row | None:
    """The open intervention of a rubric; there is one at most."""
    return intervention.open_of(connection, programme, rubric)


def state_of(connection: journal.Connection, row: Row) -> State:
    """Where an intervention stands now."""
    steps = [
        Step(step.seq, step.round, msgspec.json.decode(step.body, type=events.KINDS[step.kind]))
        for step in intervention.steps(connection, row.intervention)
    ]
    opened = steps[0].fact
    assert isinstance(opened, InterventionOpened), "an intervention begins with its opening"
    down = frozenset(person.person for person in intervention.stood_down(connection, row.programme, row.rubric))
    return flow.state_of(opened, steps, sessions=(), stood_down=down)


def after_measuring(cell: Cell, tx: Transaction, measured: BatchMeasured, *, measured_seq: int) -> list[Event]:
    """What a measurement that is being recorded means for the intervention of its rubric."""
    if intervention.open_of(tx.connection, measured.programme, measured.rubric) is not None:
        return []
    row = rubrics.current(tx.connection, measured.programme, measured.rubric)
    assert row is not None, "what was measured was measured by a rubric in force"
    rubric = cell.rubric(tx.connection, row.document)
    fact = flow.opened(measured, rubric, intervention=tx.new_id("int"), measured_seq=measured_seq)
    return [fact] if fact else []
