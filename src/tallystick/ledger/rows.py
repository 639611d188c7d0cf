"""Read the journal as the log sees it: dense rows of leaf bytes, in order. Reads `journal` and `journal_head`."""

import sqlalchemy as sa

from tallystick.ledger.journal import HEAD, JOURNAL

_END = sa.select(
    sa.select(HEAD.c.next_seq).where(HEAD.c.one == 1).scalar_subquery(),
    sa.select(sa.func.max(JOURNAL.c.seq)).scalar_subquery(),
)
_RANGE = (
    sa.select(JOURNAL.c.seq, JOURNAL.c.entry)
    .where(JOURNAL.c.seq >= sa.bindparam("start"), JOURNAL.c.seq < sa.bindparam("stop"))
    .order_by(JOURNAL.c.seq)
)


class Gap(RuntimeError):
    """The journal misses a row, or has one too many: somebody changed it behind our back. Names the row."""

    def __init__(self, seq: int, message: str) -> None:
        super().__init__(message)
        self.seq = seq


def end_of(engine: sa.Engine) -> int:
    """How many rows the journal has.

    raises  Gap when the rows end elsewhere than the journal's own head says: its last rows were removed or added
    """
    with engine.connect() as connection:
        next_seq, last = connection.execute(_END).one()
    end = 0 if last is None else last + 1
    if end != (next_seq or 0):
        raise Gap(
            min(end, next_seq or 0),
            f"expected the journal to end at row {(next_seq or 0) - 1}, found its last row at {end - 1}: "
            "rows at the end were removed or added outside tallystick. Restore the database from a backup",
        )
    return end


def read(engine: sa.Engine, start: int, stop: int) -> list[bytes]:
    """The leaf bytes of rows [start, stop), in order.

    raises  Gap naming the first row that is missing
    """
    with engine.connect() as connection:
        found = connection.execute(_RANGE, {"start": start, "stop": stop}).all()
    if len(found) != stop - start:
        have = {seq for seq, _ in found}
        missing = next(seq for seq in range(start, stop) if seq not in have)
        raise Gap(
            missing,
            f"expected journal rows {start} to {stop - 1} without a gap, found no row {missing} "
            f"({stop - start - len(found)} missing): rows were removed. Restore the database from a backup",
        )
    return [entry for _, entry in found]
