"""When the work on an item began: leases that ran out, and were taken again or given again, belong to it."""

from itertools import takewhile

import sqlalchemy as sa

from tallystick.ledger.statement import Statement
from tallystick.store.schema import ASSIGNMENT, Row

_LEASE = Statement(sa.select(ASSIGNMENT).where(ASSIGNMENT.c.assignment == sa.bindparam("wanted")))
_EARLIER = Statement(
    sa.select(ASSIGNMENT)
    .where(
        ASSIGNMENT.c.expert == sa.bindparam("who"), ASSIGNMENT.c.item == sa.bindparam("item"),
        ASSIGNMENT.c.seq < sa.bindparam("before"),
    )
    .order_by(ASSIGNMENT.c.seq.desc())
)  # fmt: skip


def lease(connection: sa.Connection, assignment: str) -> Row:
    """The lease of an id that some fact names."""
    found = _LEASE.first(connection, {"wanted": assignment})
    assert found is not None, "a judgment is given under a lease, and a lease that ends was given"
    return found


def leases(connection: sa.Connection, given: Row) -> list[Row]:
    """The leases that one piece of work was done under, newest first: those before it that ran out without an answer.

    One that was made with a judgment, to take up what had run out, is left out: nobody worked under it.
    """
    rows = _EARLIER.all(connection, {"who": given.expert, "item": given.item, "before": given.seq})
    ran_out = list(takewhile(lambda row: row.state == "expired", rows))
    return ran_out if given.is_renewal and ran_out else [given, *ran_out]
