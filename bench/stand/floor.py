"""The floor: how fast the same database takes bare rows with durable commits. Writes one table of its own.

A figure on a shared machine means little; its ratio to this, measured in the same run, means something.
"""

import os
import time

import sqlalchemy as sa

from tallystick.ledger import journal

METADATA = sa.MetaData()
TABLE = sa.Table(
    "bench_floor",
    METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("bytes", sa.LargeBinary, nullable=False),
)


def rows_per_second(url: str, *, size: int, rows_each: int, seconds: float) -> float:
    """Rows of `size` bytes per second, `rows_each` to a durable commit, one writer, nothing else.

    The statement is ready and goes straight to the driver: it is as fast as this database is from Python.
    """
    engine = journal.connect(url)
    with journal.writing(engine) as connection:
        METADATA.create_all(connection)
        start = connection.execute(sa.select(sa.func.count()).select_from(TABLE)).scalar_one()
    number, begun = start, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        with journal.writing(engine) as connection:
            rows = [{"number": number + offset, "bytes": os.urandom(size)} for offset in range(rows_each)]
            journal.insert_many(connection, TABLE, rows)
        number += rows_each
    taken = time.perf_counter() - begun
    engine.dispose()
    return (number - start) / taken
