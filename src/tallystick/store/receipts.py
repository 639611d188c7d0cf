"""Which command left which events behind: finds the receipt of a retry, and the events of one actor."""

import sqlalchemy as sa

from tallystick.ledger.journal import JOURNAL
from tallystick.ledger.statement import Statement
from tallystick.store.schema import RECEIPT, Row

_FIND = Statement(sa.select(RECEIPT).where(RECEIPT.c.cmd == sa.bindparam("wanted")))


def find(connection: sa.Connection, cmd: str) -> Row | None:
    """The receipt of one command, or None."""
    return _FIND.first(connection, {"wanted": cmd})


def entries_of_actor(connection: sa.Connection, actor: str, *, before: int | None, limit: int) -> list[bytes]:
    """The leaf bytes of an actor's latest events, newest first; `limit` of them at most."""
    query = sa.select(RECEIPT.c.first_seq, RECEIPT.c.events).where(RECEIPT.c.actor == actor)
    if before is not None:
        query = query.where(RECEIPT.c.first_seq < before)
    runs = connection.execute(query.order_by(RECEIPT.c.first_seq.desc()).limit(limit)).all()
    places: list[int] = []
    for first, events in runs:
        # A page may end within the events of one command: the next one goes on there.
        end = first + events if before is None else min(first + events, before)
        places.extend(range(end - 1, first - 1, -1))
        if len(places) >= limit:
            break
    entries = sa.select(JOURNAL.c.entry).where(JOURNAL.c.seq.in_(places[:limit])).order_by(JOURNAL.c.seq.desc())
    return [bytes(row.entry) for row in connection.execute(entries).all()]
