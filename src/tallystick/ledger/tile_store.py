"""Write a log directory: tiles, bundles and archived checkpoints once and for ever, `checkpoint` by replacement.

Every write survives a crash at any moment: bytes go to a staging folder, are flushed, get their name in one step, and
the folders that hold the names are flushed. A file that is there already must have the same bytes, else the write
is refused. The staging folder stands beside the log, so the public directory never shows half a file.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

Step = Callable[[str], None]
"""Called with 'before NAME' and 'after NAME' around every durable step: the seam for crash tests."""

_FLUSHERS = 8
"""Threads that flush files at once: the disk merges their waits."""


def no_step(_name: str) -> None:
    """The step hook of a normal run."""


class Diverged(RuntimeError):
    """Journal, seal point and published log do not fit together. Nothing was overwritten; an operator must look."""


class TileStore:
    """The writer of one log directory. It has its own part of the staging folder, named by its epoch."""

    def __init__(self, directory: Path, epoch: int, *, step: Step = no_step) -> None:
        self.directory = directory
        self.staging = directory.with_name(f"{directory.name}.staging")
        self._epoch = epoch
        self._mine = self.staging / str(epoch)
        self._step = step
        self._number = 0
        self._known: set[Path] = set()

    def open(self) -> None:
        """Make the folders, and clear what writers before this one left half done."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.staging.mkdir(exist_ok=True)
        for path in self.staging.iterdir():
            if path.is_dir() and path.name.isdecimal() and int(path.name) <= self._epoch:
                shutil.rmtree(path, ignore_errors=True)
        self._mine.mkdir(exist_ok=True)
        flush_folder(self.directory.parent)

    def close(self) -> None:
        """Remove this writer's part of the staging folder."""
        shutil.rmtree(self._mine, ignore_errors=True)

    def put(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Create files, by path below the log directory. On return all of them are durable.

        raises  Diverged for a path that holds other bytes already
        """
        if not files:
            return
        new = [(path, data) for path, data in files if not self._is_there(path, data)]
        self._step(f"before stage {len(new)} files")
        with ThreadPoolExecutor(_FLUSHERS) as pool:
            staged = list(pool.map(_write_flushed, self._names(len(new)), [data for _, data in new]))
        self._step(f"after stage {len(new)} files")
        folders = {(self.directory / path).parent for path, _ in files}
        for folder in sorted(folders):
            self._make_folder(folder)
        for (path, data), source in zip(new, staged, strict=True):
            self._step(f"before link {path}")
            self._link(source, path, data)
            self._step(f"after link {path}")
        self._step("before flush folders")
        for folder in sorted(folders):
            flush_folder(folder)
        self._step("after flush folders")

    def missing(self, files: Sequence[tuple[str, bytes]]) -> list[str]:
        """The paths of files that are not there. Raises Diverged for one that holds other bytes."""
        return [path for path, data in files if not self._is_there(path, data)]

    def replace(self, path: str, data: bytes) -> None:
        """Put new bytes in the place of a file, in one step. On return they are durable."""
        (staged,) = self._names(1)
        _write_flushed(staged, data)
        self._step(f"before replace {path}")
        staged.replace(self.directory / path)
        self._step(f"after replace {path}")
        flush_folder((self.directory / path).parent)
        self._step(f"after flush {path}")

    def remove_folder(self, path: str) -> None:
        """Remove a folder of partial tiles, below the log directory; it may be gone already."""
        self._step(f"before remove {path}")
        shutil.rmtree(self.directory / path, ignore_errors=True)
        self._step(f"after remove {path}")

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Hold the lock under which `checkpoint` is compared and replaced: it must never go back."""
        handle = os.open(self.staging / "publish.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _is_there(self, path: str, data: bytes) -> bool:
        try:
            found = (self.directory / path).read_bytes()
        except FileNotFoundError:
            return False
        if found != data:
            pairs = zip(found, data, strict=False)
            parts_at = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(found), len(data)))
            raise Diverged(
                f"{path}: expected the {len(data)} bytes that the journal gives, found {len(found)} bytes "
                f"that differ from byte {parts_at} on: the file or the journal was altered. "
                "Nothing was overwritten; compare with a copy of the log"
            )
        return True

    def _link(self, source: Path, path: str, data: bytes) -> None:
        try:
            os.link(source, self.directory / path)
        except FileExistsError:
            self._is_there(path, data)
        source.unlink()

    def _names(self, count: int) -> list[Path]:
        self._number += count
        return [self._mine / str(number) for number in range(self._number - count, self._number)]

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and those above it; each one is flushed into its parent."""
        if folder in self._known or folder == self.directory:
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        flush_folder(folder.parent)
        if not folder.name.endswith(".p"):  # folders of partial tiles come and go
            self._known.add(folder)


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_flushed(path: Path, data: bytes) -> Path:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return path
