"""Keep the newest wrapped keys at hand by themselves. Reads the cell, writes its folder of key bundles.

An epoch that is destroyed makes the wrapped keys of every older backup worthless, also those of content that lives. So
a bundle is written as soon as one was; the newest two are kept. A bundle that was cut off is written again.
"""

import contextlib
import shutil
from pathlib import Path

from tallystick.app.backup.folder import UNFINISHED
from tallystick.app.backup.writing import BackedUp, back_up_keys
from tallystick.app.cell import Cell
from tallystick.app.custody import key_bundle
from tallystick.blobs import no_step
from tallystick.blobs.folder import flush_folder
from tallystick.ledger import journal
from tallystick.ledger.tile_store import Step

KEPT = 2
_DIGITS = 12


def keep_key_bundle(cell: Cell, *, step: Step = no_step) -> BackedUp | None:
    """Write a bundle if an epoch was destroyed since the newest one; None when there is nothing to do.

    raises  OSError when the folder does not take it: the next round tries again
    """
    if key_bundle(cell).is_current:
        return None
    folder = cell.key_bundles_directory
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    flush_folder(folder.parent)
    for path in folder.glob(f"*{UNFINISHED}"):
        shutil.rmtree(path)
    with cell.read() as connection:
        entries = journal.head(connection).next_seq
    step("before bundle")
    made = back_up_keys(cell, folder / f"{entries:0{_DIGITS}}", step=step)
    step("after bundle")
    _remove_old(folder)
    return made


def _remove_old(folder: Path) -> None:
    names = sorted(path.name for path in folder.iterdir() if path.name.isdecimal())
    for name in names[:-KEPT]:
        # It loses its name first: what has one is whole.
        half = folder / f"{name}{UNFINISHED}"
        (folder / name).rename(half)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(half)
