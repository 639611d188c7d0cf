"""From facts to read tables. Reads the journal, writes every READ table; the same code follows and rebuilds."""

from itertools import groupby

import sqlalchemy as sa

from tallystick import events
from tallystick.events.envelope import Envelope, open_entry
from tallystick.ledger import guards, journal
from tallystick.store import (
    adjudication,
    affected,
    assignment,
    calibration,
    checklist,
    constitution,
    contract,
    credential,
    custody,
    disagreement,
    erasure,
    escape,
    gate,
    intervention,
    items,
    judgment,
    monitoring,
    oversight,
    pay,
    pool,
    release,
    roster,
    routing,
    rubric,
    screening,
    sentinel,
    standing,
    welfare,
)
from tallystick.store.schema import READ, RECEIPT, Handler, Recorded

HANDLERS: dict[str, Handler] = {
    **custody.HANDLERS,
    **oversight.HANDLERS,
    **rubric.HANDLERS,
    **contract.HANDLERS,
    **roster.HANDLERS,
    **credential.HANDLERS,
    **screening.HANDLERS,
    **pool.HANDLERS,
    **items.HANDLERS,
    **assignment.HANDLERS,
    **judgment.HANDLERS,
    **gate.HANDLERS,
    **adjudication.HANDLERS,
    **disagreement.HANDLERS,
    **release.HANDLERS,
    **erasure.HANDLERS,
    **escape.HANDLERS,
    **intervention.HANDLERS,
    **monitoring.HANDLERS,
    **standing.HANDLERS,
    **sentinel.HANDLERS,
    **calibration.HANDLERS,
    **pay.HANDLERS,
    **welfare.HANDLERS,
    **routing.HANDLERS,
    **affected.HANDLERS,
    **constitution.HANDLERS,
    **checklist.HANDLERS,
}
assert set(HANDLERS) == set(events.KINDS), "every kind of event has one projection"

_REBUILD_STEP = 5_000


_INDEXES = {
    "sqlite": sa.text("SELECT name FROM sqlite_master WHERE type = 'index'"),
    "postgresql": sa.text("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"),
}


def add_indexes(connection: sa.Connection) -> None:
    """Make the indexes that tables of an earlier version lack. Who does not own the tables leaves it to who does."""
    if not guards.owns_tables(connection):
        return
    known = set(connection.scalars(_INDEXES[connection.dialect.name]).all())
    for table in READ.tables.values():
        for index in table.indexes:
            if index.name not in known:
                index.create(connection)


def project(connection: sa.Connection, recorded: list[Recorded]) -> None:
    """Bring the read tables forward over facts that stand next in the journal."""
    for kind, run in groupby(recorded, key=lambda r: r.envelope.kind):
        facts = list(run)
        HANDLERS[kind](connection, facts)
        if kind in welfare.FOLLOWERS:
            welfare.FOLLOWERS[kind](connection, facts)
    pay.follow(connection, recorded)
    _receipts(connection, [r.envelope for r in recorded])


def _receipts(connection: sa.Connection, envelopes: list[Envelope]) -> None:
    """One row per command. A command's events are neighbours, and never split between two calls."""
    rows = []
    for cmd, run in groupby(envelopes, key=lambda e: e.cmd):
        first, *rest = run
        row = {"cmd": cmd, "req": first.req, "actor": first.by, "first_seq": first.seq, "events": 1 + len(rest)}
        rows.append(row)
    if rows:
        journal.insert_many(connection, RECEIPT, rows)


def rebuild(engine: sa.Engine) -> int:
    """Drop all read tables, replay the journal, and say how many events were replayed. One transaction."""
    with journal.writing(engine) as connection:
        stop = journal.lock_head(connection).next_seq
        if guards.owns_tables(connection):
            READ.drop_all(connection)
            READ.create_all(connection)
        else:
            for table in READ.sorted_tables:
                connection.execute(table.delete())
        replay(connection, stop)
        return stop


def replay(connection: sa.Connection, stop: int) -> None:
    """Project the first `stop` entries of the journal into empty read tables."""
    waiting: list[Recorded] = []
    for _, entry in journal.read(connection, 0, stop):
        envelope = open_entry(entry)
        # Cut only between commands, so that each command's receipt is one row.
        if len(waiting) >= _REBUILD_STEP and waiting[-1].envelope.cmd != envelope.cmd:
            project(connection, waiting)
            waiting = []
        waiting.append(Recorded(envelope, events.fact_of(envelope)))
    project(connection, waiting)


def dump(connection: sa.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every read table as sorted rows: two databases with the same journal give equal dumps."""
    tables: dict[str, list[tuple[object, ...]]] = {}
    for table in READ.sorted_tables:
        rows = [tuple(row) for row in connection.execute(sa.select(table)).all()]
        tables[table.name] = sorted(rows, key=lambda row: tuple(str(cell) for cell in row))
    return tables
