"""Read the journal as the log sees it: dense rows of leaf bytes, in order. Reads `journal` and `journal_head`."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from tallystick.ledger.journal import HEAD, JOURNAL, NO_LINK, reading

_END = sa.select(
    sa.select(HEAD.c.next_seq).where(HEAD.c.one == 1).scalar_subquery(),
    sa.select(HEAD.c.link).where(HEAD.c.one == 1).scalar_subquery(),
    sa.select(sa.func.max(JOURNAL.c.seq)).scalar_subquery(),
)
_RANGE = (
    sa.select(JOURNAL.c.seq, JOURNAL.c.kind, JOURNAL.c.entry)
    .where(JOURNAL.c.seq >= sa.bindparam("start"), JOURNAL.c.seq < sa.bindparam("stop"))
    .order_by(JOURNAL.c.seq)
)


_STEP = 8_192


class Gap(RuntimeError):
    """The journal misses a row, or has one too many: somebody changed it behind our back. Names the row."""

    def __init__(self, seq: int, message: str) -> None:
        super().__init__(message)
        self.seq = seq


def end_of(engine: sa.Engine) -> int:
    """How many rows the journal has.

    raises  Gap when the rows end elsewhere than the journal's own head says: its last rows were removed or added
    """
    return end_and_link(engine)[0]


def end_and_link(engine: sa.Engine) -> tuple[int, bytes]:
    """How many rows the journal has, and its running digest there. Raises Gap as `end_of`."""
    with engine.connect() as connection:
        return _end(connection)


@contextmanager
def unsealed(engine: sa.Engine, start: int) -> Iterator[tuple[int, bytes, Iterator[list[tuple[str, bytes]]]]]:
    """End of the journal, its running digest there, and the rows from `start` on in steps: all of one moment.

    raises  Gap for a missing row, or when the rows end elsewhere than the head says
    """
    with reading(engine) as connection:
        end, link = _end(connection)
        yield end, link, (_dense(connection, low, min(low + _STEP, end)) for low in range(start, end, _STEP))


def _end(connection: sa.Connection) -> tuple[int, bytes]:
    next_seq, link, last = connection.execute(_END).one()
    end = 0 if last is None else last + 1
    if end != (next_seq or 0):
        raise Gap(
            min(end, next_seq or 0),
            f"expected the journal to end at row {(next_seq or 0) - 1}, found its last row at {end - 1}: "
            "rows at the end were removed or added outside tallystick. Restore the database from a backup",
        )
    return end, bytes(link or NO_LINK)


def read(engine: sa.Engine, start: int, stop: int) -> list[bytes]:
    """The leaf bytes of rows [start, stop), in order. Raises Gap naming the first row that is missing."""
    return [entry for _, entry in read_with_kind(engine, start, stop)]


def read_with_kind(engine: sa.Engine, start: int, stop: int) -> list[tuple[str, bytes]]:
    """Kind column and leaf bytes of rows [start, stop), in order. Raises Gap naming the first row that is missing."""
    with engine.connect() as connection:
        return _dense(connection, start, stop)


def _dense(connection: sa.Connection, start: int, stop: int) -> list[tuple[str, bytes]]:
    found = connection.execute(_RANGE, {"start": start, "stop": stop}).all()
    if len(found) != stop - start:
        have = {seq for seq, _, _ in found}
        missing = next(seq for seq in range(start, stop) if seq not in have)
        raise Gap(
            missing,
            f"expected journal rows {start} to {stop - 1} without a gap, found no row {missing} "
            f"({stop - start - len(found)} missing): rows were removed. Restore the database from a backup",
        )
    return [(kind, bytes(entry)) for _, kind, entry in found]
