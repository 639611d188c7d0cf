"""Releases at rest: every file sealed under the release's own scope. Reads and writes them and the vault.

They lie in `releases/sealed` or in the cell's bucket. A release is built in a private folder and sealed from there;
it stands once the vault knows all its files, which one transaction says. Plain folders and sealed files that a crash
left are removed by whoever looks next.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from tallystick import canon
from tallystick.app import looking
from tallystick.app.cell import Cell
from tallystick.app.looking import Look
from tallystick.blobs import Blobs
from tallystick.blobs.folder import FolderBlobs, flush_folder
from tallystick.ledger import journal
from tallystick.store.schema import Row
from tallystick.store.vault import OpenFile, seal_file

SEALED, BUILDING = "sealed", ".building"
_ID_BYTES = 13


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One file of a release, opened: its bytes come piece by piece, each checked before it is given out."""

    path: str
    size: int
    pieces: Iterator[bytes]

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


DESCRIPTIONS = frozenset({"manifest.json", "LIMITATIONS.md"})
"""Files of a release that hold counts, digests and rules, and no content."""


def scope_of(release: str) -> str:
    """The scope under which the files of a release are sealed."""
    return f"release:{release}"


def place_of(cell: Cell, release: str) -> str:
    """Where the sealed files of a release stand: a folder, or a place in the cell's bucket."""
    with sealed_files(cell) as blobs:
        return f"{blobs.where}/{release}"


def building_folder(cell: Cell, release: str) -> Path:
    """Where a release is built in the clear, for the cell's own user alone, until it is sealed."""
    return cell.releases_directory / f".{release}{BUILDING}"


@contextlib.contextmanager
def alone(cell: Cell) -> Iterator[None]:
    """Who has this is the only one to touch plain folders, over all threads and processes of the cell.

    A builder holds it while it builds, so a retry waits for the first attempt. It goes with the process that holds it.
    """
    with (cell.releases_directory / BUILDING).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def keep(cell: Cell, release: str, folder: Path) -> None:
    """Seal every file of a release that was built, let the vault know them, and remove the plain folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    sealed = []
    with sealed_files(cell) as blobs:
        for path in paths:
            file_id = canon.identifier("fil", secrets.token_bytes(_ID_BYTES))
            with path.open("rb") as source:
                made = seal_file(blobs, source, place=f"{release}/{file_id}", file_id=file_id)
            sealed.append((path.relative_to(folder).as_posix(), made))
    with journal.writing(cell.engine) as connection:
        journal.lock_head(connection)
        cell.vault.forget_files(connection, scope_of(release))  # of a restored cell, which has the rows alone
        for name, made in sealed:
            cell.vault.keep_file(connection, made, scope=scope_of(release), path=name)
    remove_plain(folder)
    sweep(cell, release)


def remove_plain(folder: Path) -> None:
    """Remove a folder in the clear, durably."""
    if folder.exists():
        shutil.rmtree(folder)
        flush_folder(folder.parent)


def is_kept(cell: Cell, release: str) -> bool:
    """Whether a release stands: the vault knows its files, and their bytes are there."""
    rows = _rows(cell, release)
    with sealed_files(cell) as blobs:
        return bool(rows) and all(blobs.has(row.place) for row in rows)


def paths(cell: Cell, release: str) -> list[str]:
    """The files of a release that stands, by path."""
    return [row.path for row in _rows(cell, release)]


def opened(cell: Cell, release: str, path: str, look: Look) -> KeptFile | None:
    """One file of a release, or None, for a recorded look. Raises a VaultError when it is not what was sealed."""
    looking.demand(look)
    return _opened(cell, release, path)


def _opened(cell: Cell, release: str, path: str) -> KeptFile | None:
    for row in _rows(cell, release):
        if row.path == path:
            with cell.read() as connection:
                file = cell.vault.open_file(connection, row)
            return KeptFile(path, file.size, _begun(cell, file))
    return None


def text(cell: Cell, release: str, path: str) -> bytes | None:
    """A file that describes a release and holds no content, whole, or None."""
    assert path in DESCRIPTIONS, f"expected one of {sorted(DESCRIPTIONS)}, found {path}: record a look and open it"
    found = _opened(cell, release, path)
    return None if found is None else b"".join(found.pieces)


def export(cell: Cell, release: str, to: Path, look: Look) -> int:
    """Write the files of a release in the clear to a folder that is new or empty, for its owner alone; how many.

    raises  FileExistsError when there is something; a VaultError, with nothing left there, when one does not open
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise FileExistsError(f"{to}: expected no folder or an empty one, found something: choose another")
    to.parent.mkdir(parents=True, exist_ok=True)
    partial = to.with_name(f".{to.name}.{secrets.token_hex(4)}.part")
    partial.mkdir(mode=0o700)
    names = paths(cell, release)
    try:
        for name in names:
            _write(opened(cell, release, name, look), partial / name)
        partial.replace(to)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return len(names)


def _write(found: KeptFile | None, target: Path) -> None:
    assert found is not None, "the files of a release are listed and opened in one breath"
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        for piece in found.pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def sweep(cell: Cell, release: str | None = None) -> list[str]:
    """Remove sealed files that the vault does not know, or knows as erased: of one release, or of all."""
    with cell.read() as connection:
        known = {row.place for row in cell.vault.every_file(connection)}
    with sealed_files(cell) as blobs:
        prefix = f"{release}/" if release else ""
        unknown = [name for name in blobs.names(prefix) if name not in known]
        blobs.delete(unknown)
    return unknown


def sweep_plain(cell: Cell) -> list[Path]:
    """Remove the plain folders that a crash left behind. The caller holds the builders' lock."""
    left = [path for path in cell.releases_directory.glob(f".*{BUILDING}") if path.is_dir()]
    for path in left:
        remove_plain(path)
    return left


def faults(cell: Cell, look: Look) -> Iterator[tuple[str, str]]:
    """(file, what is wrong) of every sealed file of the cell that does not open, read to its end."""
    looking.demand(look)
    with cell.read() as connection:
        rows = cell.vault.every_file(connection)
    blobs = _sealed(cell)
    for row in rows:
        try:
            with cell.read() as connection:
                file = cell.vault.open_file(connection, row)
            for _ in file.pieces(blobs):
                pass
        except RuntimeError as error:  # of the vault, or of the custody
            yield row.path, str(error)


def _rows(cell: Cell, release: str) -> list[Row]:
    with cell.read() as connection:
        return [row for row in cell.vault.files_of(connection, scope_of(release)) if row.wrapped]


def _begun(cell: Cell, file: OpenFile) -> Iterator[bytes]:
    """The pieces of a file, the first one opened already: what is wrong with it is said before anything is sent."""
    pieces = file.pieces(_sealed(cell))
    first = next(pieces)
    return chain([first], pieces)


def _sealed(cell: Cell) -> Blobs:
    return FolderBlobs(cell.releases_directory / SEALED) if cell.vault_store is None else cell.vault_store


@contextlib.contextmanager
def sealed_files(cell: Cell) -> Iterator[Blobs]:
    """Where the sealed files of all releases stand, by the place that the vault says of each."""
    blobs = _sealed(cell)
    try:
        yield blobs
    finally:
        blobs.close()
