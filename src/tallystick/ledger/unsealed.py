"""What stands between commit and seal: rows that are looked at once more before anything is signed. Reads `journal`.

Two things are asked. Is each row what a row of its place must be? That is for the layer above to say (`RowCheck`). And
are the rows those that were committed? The journal's head carries a running digest over all rows, written by each
append in its own statement, so an edited row must have a forged head beside it. That stops accidents, tools and
injected statements that know one table. It does not stop an administrator who knows this page and forges both: before
its seal a row is protected by its signed receipt alone.
"""

from dataclasses import dataclass, field
from typing import Protocol, Self

import sqlalchemy as sa

from tallystick.ledger import rows
from tallystick.ledger.head import SealHead
from tallystick.ledger.journal import NO_LINK, linked

Row = tuple[str, bytes]
"""Kind column and leaf bytes."""


ROWS_KEPT = 8_192
"""How many rows that were looked at stay in memory until they are sealed, at least: what comes in between two seals."""


class RowCheck(Protocol):
    """Says whether rows are what they must be, given one after the other from place 0. Holds what it has seen."""

    @property
    def size(self) -> int:
        """How many rows it has seen, which is the place of the next."""
        ...

    def copy(self) -> Self:
        """The same state, to go on from without changing this one."""
        ...

    def take(self, kind: str, entry: bytes) -> str | None:
        """See the next row: what is wrong with it, in a sentence, or None. It counts as seen either way."""
        ...


class BadRow(RuntimeError):
    """A row that must not be sealed: nothing was signed over it. Names the row, or the first that may be it."""

    def __init__(self, seq: int, what: str) -> None:
        super().__init__(
            f"journal row {seq}: {what}. Nothing was signed over it, and nothing will be until the row is as it was "
            "written: stop the cell, compare the row with a backup, and restore the database"
        )
        self.seq = seq


class NoCheck:
    """Every row is good: for logs whose entries are nobody's business here."""

    size = 0

    def copy(self) -> Self:
        """The same; it has no state."""
        return self

    def take(self, _kind: str, _entry: bytes) -> str | None:
        """Nothing is wrong."""
        return None


@dataclass(slots=True)
class Looked:
    """What the look over the unsealed rows gave.

    check  as it stands behind the last of them
    start  how many rows were sealed
    end    where the journal ended
    links  the running digest at each size from `start` to `end`, 32 bytes each
    rows   the first of them: they need not be read again
    """

    check: RowCheck
    start: int
    end: int
    links: bytearray = field(default_factory=bytearray)
    rows: list[Row] = field(default_factory=list)

    def link_at(self, size: int) -> bytes | None:
        """The running digest at a size, or None where nobody looked."""
        place = (size - self.start) * len(NO_LINK)
        return bytes(self.links[place : place + len(NO_LINK)]) if self.start <= size <= self.end else None

    def rows_of(self, start: int, stop: int) -> list[Row] | None:
        """Rows [start, stop) as they were looked at, or None when they are not kept."""
        is_kept = self.start <= start and stop <= self.start + len(self.rows)
        return self.rows[start - self.start : stop - self.start] if is_kept else None


def look(engine: sa.Engine, head: SealHead, check: RowCheck) -> Looked:
    """Look at every row behind the seal point, as of one moment.

    check  has seen all that is sealed; it is not changed
    raises  BadRow or Gap
    """
    with rows.unsealed(engine, head.size) as (end, link_now, steps):
        looked = Looked(check.copy(), head.size, end, bytearray(head.link))
        link, seq = head.link, head.size
        for step in steps:
            for kind, entry in step:
                wrong = looked.check.take(kind, entry)
                if wrong:
                    raise BadRow(seq, wrong)
                link = linked(link, kind, entry)
                looked.links += link
                seq += 1
            if len(looked.rows) < ROWS_KEPT:
                looked.rows += step
    if link != link_now:
        raise BadRow(
            head.size,
            f"expected rows {head.size} to {end - 1} as they were committed (running digest {link_now.hex()}), found "
            f"others ({link.hex()}): one of them, or the head, was edited before it was sealed",
        )
    return looked


__all__ = ["NO_LINK", "BadRow", "Looked", "NoCheck", "Row", "RowCheck", "look"]
