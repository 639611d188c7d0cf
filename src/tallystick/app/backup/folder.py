"""A backup as a folder of files with a manifest that vouches for each. Writes once, reads with every digest checked.

The manifest is written last, into a folder with another name that is then renamed: what has the right name and a
manifest is whole.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from tallystick import canon
from tallystick.blobs.folder import flush_folder

MANIFEST = "backup.json"
UNFINISHED = ".part"
CHUNK_BYTES = 1 << 20

Step = Callable[[str], None]
"""Called with 'before NAME' and 'after NAME' around every durable step: the seam for crash tests."""


class BadBackup(RuntimeError):
    """A backup is not whole, not of this cell, or not what its manifest says. Nothing was restored from it."""


class BackupExists(RuntimeError):
    """There is something where the backup was to go. Nothing was overwritten."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file: its path below the backup, its bytes, and their SHA-256 in hexadecimal."""

    path: str
    bytes: int
    sha256: str


class Writer:
    """Writes the files of one backup, each flushed, and gives the whole its name at the end."""

    def __init__(self, target: Path, step: Step) -> None:
        """Make the folder. Raises BackupExists when there is one of this name."""
        self.target = target
        self.folder = target.with_name(target.name + UNFINISHED)
        self._step = step
        self.parts: list[Part] = []
        for path in (target, self.folder):
            if path.exists():
                what = "remove it: it was cut off" if path == self.folder else "choose another"
                raise BackupExists(f"{path}: expected no folder of this name, found one: {what}")
        self.folder.mkdir(parents=True, mode=0o700)

    def put(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write one file from its pieces."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest, size = hashlib.sha256(), 0
        self._step(f"before file {path}")
        with place.open("xb") as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            file.flush()
            os.fsync(file.fileno())
        self._step(f"after file {path}")
        self.parts.append(Part(path=path, bytes=size, sha256=digest.hexdigest()))

    def finish(self, manifest: bytes) -> None:
        """Write the manifest, and give the backup its name."""
        self.put(MANIFEST, [manifest])
        for folder, _, _ in os.walk(self.folder, topdown=False):
            flush_folder(Path(folder))
        self._step("before name backup")
        self.folder.rename(self.target)
        flush_folder(self.target.parent)
        self._step("after name backup")


def read_part(folder: Path, part: Part) -> Iterator[bytes]:
    """The pieces of one file. Raises BadBackup at the end when they are not what the manifest says."""
    digest, size = hashlib.sha256(), 0
    try:
        with (folder / part.path).open("rb") as file:
            for chunk in _chunks(file):
                digest.update(chunk)
                size += len(chunk)
                yield chunk
    except FileNotFoundError as error:
        raise BadBackup(f"{folder}: expected the file {part.path}, found none: take another backup") from error
    if size != part.bytes or digest.hexdigest() != part.sha256:
        raise BadBackup(
            f"{folder / part.path}: expected {part.bytes} bytes with SHA-256 {part.sha256}, found {size} with "
            f"{digest.hexdigest()}: the file was altered or cut; take another backup"
        )


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def read_lines(folder: Path, part: Part) -> Iterator[bytes]:
    """The lines of one file, without their ends. Raises BadBackup as `read_part`."""
    rest = b""
    for chunk in read_part(folder, part):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    if rest:
        yield rest


def encode(manifest: msgspec.Struct) -> bytes:
    """The bytes of a manifest."""
    return canon.encode(manifest) + b"\n"
