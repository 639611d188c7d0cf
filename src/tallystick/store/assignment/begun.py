"""When the work on an item began: leases that ended without an answer belong to what their expert answers later."""

from itertools import takewhile

import sqlalchemy as sa

from tallystick.ledger.statement import Statement
from tallystick.store.schema import ASSIGNMENT, Row

_LEASE = Statement(sa.select(ASSIGNMENT).where(ASSIGNMENT.c.assignment == sa.bindparam("wanted")))
_ANSWERED = ("judged", "requeued")
"""States of an assignment that ended with an answer. All others that ended belong to the answer that comes later."""
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
    """The leases that one piece of work was done under, newest first: with those before it that brought no answer.

    Those ran out, were called back or were given back; whoever gets the item again goes on where they were. One that
    was made with a judgment, to take up what had run out, is left out: nobody worked under it.
    """
    rows = _EARLIER.all(connection, {"who": given.expert, "item": given.item, "before": given.seq})
    unanswered = list(takewhile(lambda row: row.state not in _ANSWERED, rows))
    return unanswered if given.is_renewal and unanswered else [given, *unanswered]
