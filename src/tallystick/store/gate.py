"""Read models of the agreement gate: every measurement of every batch."""

import sqlalchemy as sa

from tallystick import canon
from tallystick.events.gate import BatchMeasured
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.schema import BATCH, MEASUREMENT, Handler, Recorded, Row


def _on_measured(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"seq": r.envelope.seq, "batch": r.fact.batch, "programme": r.fact.programme, "decision": r.fact.decision,
         "body": canon.encode(r.fact).decode(), "at": r.envelope.at, "by": r.envelope.by}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, MEASUREMENT, rows)


HANDLERS: dict[str, Handler] = {BatchMeasured.KIND: _on_measured}


_LATEST = Statement(
    sa.select(MEASUREMENT)
    .where(MEASUREMENT.c.batch == sa.bindparam("batch"))
    .order_by(MEASUREMENT.c.seq.desc())
    .limit(1)
)


def latest(connection: sa.Connection, batch: str) -> Row | None:
    """The newest measurement of a batch, or None."""
    return _LATEST.first(connection, {"batch": batch})


def latest_of(connection: sa.Connection, programme: str) -> dict[str, Row]:
    """Batch: its newest measurement, for the batches of a programme that were ever measured."""
    later = MEASUREMENT.alias("later")
    newest = (
        sa.select(later.c.seq)
        .where(later.c.batch == BATCH.c.batch)
        .order_by(later.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        sa.select(MEASUREMENT)
        .select_from(BATCH)
        .join(MEASUREMENT, MEASUREMENT.c.seq == newest)
        .where(BATCH.c.programme == programme)
    )
    return {row.batch: row for row in connection.execute(query).all()}


def history(connection: sa.Connection, batch: str) -> list[Row]:
    """All measurements of a batch, oldest first."""
    query = sa.select(MEASUREMENT).where(MEASUREMENT.c.batch == batch).order_by(MEASUREMENT.c.seq)
    return list(connection.execute(query).all())
