"""Categories of answers held against each other, for one batch. Reads only."""

from dataclasses import dataclass

from tallystick.app import access, gate
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.flow.monitoring.confused import VERDICT, Between, between
from tallystick.flow.refusal import Refused
from tallystick.store import items
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class ConfusedPage:
    """Which answers stand beside which in a batch.

    expected  judgments on items that were declared as expected to divide: they are left out
    """

    row: Row
    between: Between
    expected: int


def confused(cell: Cell, actor: Actor, batch: str, *, of: str = VERDICT) -> ConfusedPage | Refused:
    """Hold the answers of a batch against each other: the verdict, or one criterion of the rubric in force."""
    if not access.allows(actor, "monitor.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = items.batch(connection, batch)
        if row is None or row.purpose != "work":
            return access.ABSENT
        rubric = cell.rubrics_in_force(connection, row.programme).get(row.domain)
        if rubric is None:
            return Refused("no-rubric", f"Domain {row.domain} has no rubric in force: publish one first.", "batch")
        judged = gate.judged_in(connection, batch)
    counted = [one for one in judged if not one.is_expected]
    found = between(counted, rubric, of)
    return found if isinstance(found, Refused) else ConfusedPage(row, found, len(judged) - len(counted))
