"""Compare the journal of a cell with its published log, row by row. Reads both; writes nothing.

This is the operator's check. It says where the two part; `tallystick log verify` says whether the log itself is intact,
and so which of the two was altered.
"""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from tallystick.blobs import Blobs
from tallystick.ledger import head as heads
from tallystick.ledger import rows
from tallystick.ledger.reader import LogReader, NotInLog
from tallystick.ledger.tiles import TILE_WIDTH, BadBundle, number_path

DIFFERENCES_MAX = 1_000
_STEP = 64 * TILE_WIDTH


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where journal and log part.

    seq   the journal row, which is the log index
    what  a sentence: what was expected, what was found
    """

    seq: int
    what: str


def compare_journal(engine: sa.Engine, log: Path | Blobs) -> list[Difference]:
    """Where the journal and the log directory part, in order of `seq`; empty when they agree.

    Rows behind the newest checkpoint are not sealed yet and no difference. At most 1,000 places are listed.
    raises  NotInLog without a checkpoint, note.BadNote or checkpoint.BadCheckpoint when it cannot be read
    """
    reader = LogReader(log)
    size = reader.checkpoint().size
    found = _compare_ends(engine, size)
    for start in range(0, size, _STEP):
        found += _compare_range(engine, reader, start, min(start + _STEP, size))
        if len(found) >= DIFFERENCES_MAX:
            break
    return sorted(found, key=lambda difference: difference.seq)[:DIFFERENCES_MAX]


def _compare_ends(engine: sa.Engine, size: int) -> list[Difference]:
    found = []
    try:
        rows.end_of(engine)
    except rows.Gap as gap:
        found.append(Difference(gap.seq, str(gap)))
    sealed = heads.read(engine).size
    if sealed < size:
        found.append(
            Difference(
                sealed,
                f"the published checkpoint covers {size} entries, the database has sealed {sealed}: "
                "the database is older than the log",
            )
        )
    return found


def _compare_range(engine: sa.Engine, reader: LogReader, start: int, stop: int) -> list[Difference]:
    try:
        kept = rows.read(engine, start, stop)
        if kept == list(reader.entries(start, stop)):
            return []
    except (rows.Gap, NotInLog, BadBundle):
        pass  # one row or bundle is not as it should be: look at each
    found = []
    for seq in range(start, stop):
        what = _compare_one(engine, reader, seq)
        if what:
            found.append(Difference(seq, what))
            if len(found) >= DIFFERENCES_MAX:
                break
    return found


def _compare_one(engine: sa.Engine, reader: LogReader, seq: int) -> str | None:
    file = f"tile/entries/{number_path(seq // TILE_WIDTH)}"
    try:
        (row,) = rows.read(engine, seq, seq + 1)
    except rows.Gap:
        return f"journal row {seq} is missing; the log has an entry at {seq} ({file})"
    try:
        entry = reader.entry(seq)
    except (NotInLog, BadBundle) as error:
        return f"the log cannot show entry {seq}: {error}"
    if row == entry:
        return None
    return f"journal row {seq} ({len(row)} bytes) is not the entry {seq} that was sealed ({file}, {len(entry)} bytes)"
