"""What the retention of a contract has ended for is erased, run by run. The clock is the kernel's."""

from datetime import UTC, date, datetime

from tallystick.app import access
from tallystick.app.cell import Cell
from tallystick.app.erasure.ordering import Ordered, order
from tallystick.flow.contract import has_ended
from tallystick.flow.erasure import Wish
from tallystick.store import contract as contracts
from tallystick.store import erasure


def expire_retention(cell: Cell) -> list[str]:
    """Order the erasure of every import of programmes whose retention has ended; the erasures. Runs on schedule.

    Cut off in the middle it goes on where it was: each import has a key of its own, and what is erased stays so.
    """
    now = cell.kernel.now()
    with cell.read() as connection:
        ended = [
            row.programme
            for row in contracts.programmes(connection)
            if has_ended(date.fromisoformat(row.retention_until), datetime.fromtimestamp(now / 1e6, UTC).date())
        ]
        runs = [run for programme in ended for run in erasure.living_runs(connection, programme)]
    made = []
    for run in runs:
        wish = Wish(what="retention", target=f"run:{run}", reason="retention")
        answer = order(cell, access.CELL, wish, key=f"retention|{run}")
        if isinstance(answer, Ordered):
            made.append(answer.erasure)
    return made
