"""The standing of judgments: held until somebody else has reviewed them, or set aside to be judged again."""

from tallystick.app.cell import Cell
from tallystick.app.kernel import Transaction
from tallystick.events.envelope import Event
from tallystick.events.standing import JudgmentsHeld, JudgmentsRequeued
from tallystick.flow.refusal import Refused
from tallystick.store import rubric as rubrics
from tallystick.store import standing

CHUNK = 1_000
"""So many judgments are in one event at most."""


def hold(
    tx: Transaction, *, programme: str, expert: str, judgments: list[str], cause: str, reference: str
) -> list[Event]:
    """Events that hold judgments of one expert until they are reviewed, inside the command of whoever found a reason.

    judgments  those that are not theirs, not of this programme, not on work items or not counted now are passed over
    cause      drift
    reference  id or place in the journal of what caused it
    """
    rows = standing.of_judgments(tx.connection, list(dict.fromkeys(judgments)))
    wanted = [
        row.judgment for row in rows
        if row.expert == expert and row.programme == programme and row.standing == "counted"
    ]  # fmt: skip
    name = tx.new_id("hld")
    return [
        JudgmentsHeld(
            hold=name, programme=programme, expert=expert, judgments=wanted[start : start + CHUNK], cause=cause,
            reference=reference,
        )
        for start in range(0, len(wanted), CHUNK)
    ]  # fmt: skip


def requeue(
    cell: Cell, tx: Transaction, *, programme: str, judgments: list[str], cause: str, reference: str, by_same: bool
) -> list[Event] | Refused:
    """Events that set judgments aside and open their items again, inside the command of whoever decides it.

    cause      intervention, drift, adjudication or review
    reference  id or place in the journal of what caused it
    by_same    whether their authors may judge these items again
    """
    assert cell.engine is not None
    rows = standing.of_judgments(tx.connection, list(dict.fromkeys(judgments)))
    if len(rows) != len(set(judgments)) or not rows or any(row.programme != programme for row in rows):
        sentence = f"Expected judgments of programme {programme}, found others, or none. Choose again."
        return Refused("unknown-judgment", sentence, "judgments")
    events: list[Event] = []
    for rubric in sorted({row.rubric for row in rows}):
        mine = [row for row in rows if row.rubric == rubric]
        current = rubrics.current(tx.connection, programme, rubric)
        assert current is not None, "a rubric that judgments name was published"
        for start in range(0, len(mine), CHUNK):
            part = mine[start : start + CHUNK]
            events.append(
                JudgmentsRequeued(
                    programme=programme, judgments=[row.judgment for row in part],
                    items=sorted({row.item for row in part}), cause=cause, reference=reference, by_same=by_same,
                    rubric=rubric, rubric_version=current.version, salt=tx.new_salt(),
                )
            )  # fmt: skip
    return events
