"""Prove that a backup would bring the cell back: take one, restore it beside, compare everything, throw both away."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from tallystick.app import cell as cells
from tallystick.app.backup.restoring import Source, restore
from tallystick.app.backup.writing import back_up
from tallystick.app.cell import Cell, KeysOf
from tallystick.ledger import journal
from tallystick.store import projection

LOOKED_AT = frozenset({"access", "receipt"})
"""Read tables that carry the looks of the cell and of the restore itself: these go on."""


@dataclass(frozen=True, slots=True)
class Drilled:
    """What a drill found.

    differences  anything that did not come back as it was; empty for a good drill
    """

    entries: int
    tables: int
    backup_bytes: int
    backup_ms: int
    restore_ms: int
    differences: tuple[str, ...]


def drill(cell: Cell, folder: Path, *, keys: KeysOf, database: str | None = None) -> Drilled:
    """Back the cell up into a new folder, restore it there, compare, and remove the folder.

    keys      opens the keys of the cell once more
    database  an empty database for the restored cell; a file in the folder when left out
    raises    what `back_up` and `restore` raise; the folder is left then, for whoever looks
    """
    folder.mkdir(mode=0o700)
    began = time.monotonic()
    made = back_up(cell, folder / "backup")
    between = time.monotonic()
    restored = restore(Source(made.folder), folder / "cell", database=database, keys=keys)
    ended = time.monotonic()
    with cells.opened(folder / "cell", database=database, keys=keys) as again:
        differences = (*restored.differences, *_compare(cell, again, made.entries))
        tables = len(_tables(again))
    shutil.rmtree(folder)
    return Drilled(
        made.entries, tables, made.bytes, int((between - began) * 1000), int((ended - between) * 1000), differences
    )


def _compare(cell: Cell, again: Cell, entries: int) -> list[str]:
    """The restored cell against the one it came from, as far as the backup went."""
    found = []
    with cell.read() as here, again.read() as there:
        pairs = zip(journal.read(here, 0, entries), journal.read(there, 0, entries), strict=True)
        found += [f"entry {old[0]}: expected it as it was, found another" for old, new in pairs if old != new]
        has_moved_on = journal.head(here).next_seq > entries
    if not has_moved_on:
        before, after = _tables(cell), _tables(again)
        found += [
            f"table {name}: expected it as it was, found other rows" for name in before if before[name] != after[name]
        ]
    return found[:100]


def _tables(cell: Cell) -> dict[str, list[tuple[object, ...]]]:
    with cell.read() as connection:
        found = projection.dump(connection)
    return {name: rows for name, rows in found.items() if name not in LOOKED_AT}
