"""What the retention of a contract has ended for is erased, run by run. The clock is the kernel's."""

from datetime import UTC, date, datetime

from tallystick.app import access
from tallystick.app.cell import Cell
from tallystick.app.erasure.ordering import Ordered, order, preview
from tallystick.flow.contract import has_ended
from tallystick.flow.erasure import TOO_MUCH, Wish
from tallystick.flow.refusal import Refused
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
        made += _expire(cell, run)
    return made


def _expire(cell: Cell, run: str) -> list[str]:
    wish = Wish(what="retention", target=f"run:{run}", reason="retention")
    answer = order(cell, access.CELL, wish, key=f"retention|{run}")
    found = preview(cell, access.CELL, wish) if isinstance(answer, Refused) and answer.code == TOO_MUCH else None
    orders = [] if found is None or isinstance(found, Refused) else [
        order(cell, access.CELL, Wish(what="subject", target=f"person:{person}", reason="retention"),
              key=f"retention|{run}|{person}")
        for person in found.coverage.people
    ]  # fmt: skip
    # A source with more raters than one order can name loses them one by one; the next round takes the rest.
    return [one.erasure for one in (answer, *orders) if isinstance(one, Ordered)]
