"""Blobs in a folder of this machine. Reads and writes that folder, and a staging folder beside it.

Every write survives a crash at any moment: bytes go to the staging folder, are flushed, get their name in one step,
and the folders that hold the names are flushed. So the folder itself never shows half a file.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from tallystick.blobs import (
    BlobChanged,
    BlobDiffers,
    BlobMissing,
    BlobsUnavailable,
    IsLocked,
    Meddling,
    Readable,
    Step,
    check_name,
    check_same,
    no_step,
    nothing_locked,
    refuse_locked,
)

_FLUSHERS = 8
"""Threads that flush files at once: the disk merges their waits."""
_PIECE = 1 << 20
LOCK = "publish.lock"
LOCK_SECONDS = 10.0
_LOCK_POLL_SECONDS = 0.005
_GONE = "gone-"


class FolderBlobs:
    """Blobs in a folder. Reading makes nothing; the first write makes the folder.

    is_locked  names that are never replaced or deleted: this software's own promise, a folder has no lock
    epoch      the part of the staging folder that is this writer's; None for one that is nobody else's
    """

    def __init__(
        self,
        directory: Path,
        *,
        is_locked: IsLocked = nothing_locked,
        epoch: int | None = None,
        step: Step = no_step,
    ) -> None:
        self.directory = Path(directory)
        self.staging = self.directory.with_name(f"{self.directory.name}.staging")
        self._is_locked = is_locked
        self._epoch = epoch
        self._mine = self.staging / (f"w{secrets.token_hex(8)}" if epoch is None else str(epoch))
        self._alive: int | None = None
        self._step = step
        self._number = 0
        self._known: set[Path] = set()
        self._lock = threading.RLock()
        self.lock_seconds = LOCK_SECONDS

    @property
    def where(self) -> str:
        """The path of the folder."""
        return str(self.directory)

    def writer(self, epoch: int, *, step: Step = no_step) -> "FolderBlobs":
        """The same folder for the writer of this epoch."""
        return FolderBlobs(self.directory, is_locked=self._is_locked, epoch=epoch, step=step)

    def take_over(self) -> None:
        """Make the folders; clear the staging parts of this epoch and before, and those of writers that died."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.staging.mkdir(exist_ok=True)
        for path in self.staging.iterdir():
            if path.name.startswith(_GONE):
                shutil.rmtree(path, ignore_errors=True)
            is_epoch = path.is_dir() and path.name.isdecimal()
            if is_epoch and self._epoch is not None and int(path.name) <= self._epoch:
                self._clear(path)
        if self._epoch is None and self._alive is None:
            self._stay_alive()
        self._mine.mkdir(exist_ok=True)
        flush_folder(self.directory.parent)

    def _clear(self, part: Path) -> None:
        """Take a writer's part away in one step, then remove it: what it staged can get no name from then on."""
        gone = self.staging / f"{_GONE}{secrets.token_hex(8)}"
        with suppress(FileNotFoundError):  # another who took over was quicker
            part.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def close(self) -> None:
        """Remove this writer's part of the staging folder."""
        with self._lock:
            shutil.rmtree(self._mine, ignore_errors=True)
            if self._alive is not None:
                os.close(self._alive)
                self._alive = None

    def put_new(self, name: str, data: bytes) -> None:
        """Create a file; see Blobs."""
        self.put_many([(name, data)])

    def put_many(self, blobs: Sequence[tuple[str, bytes]]) -> None:
        """Create files; on return all of them are durable. See Blobs."""
        if not blobs:
            return
        paths = {name: self._path(name) for name, _ in blobs}
        new = [(name, data) for name, data in blobs if not self._is_there(name, data)]
        staged = self._staged(len(new))
        self._step(f"before stage {len(new)} files")
        with ThreadPoolExecutor(_FLUSHERS) as pool:
            list(pool.map(_write_flushed, staged, [data for _, data in new]))
        self._step(f"after stage {len(new)} files")
        folders = sorted({path.parent for path in paths.values()})
        for folder in folders:
            self._make_folder(folder)
        for (name, data), source in zip(new, staged, strict=True):
            self._step(f"before link {name}")
            try:
                os.link(source, paths[name])
            except FileExistsError:
                check_same(name, expected=data, found=paths[name].read_bytes())
            source.unlink()
            self._step(f"after link {name}")
        self._step("before flush folders")
        for folder in folders:
            flush_folder(folder)
        self._step("after flush folders")

    def put_stream(self, name: str, source: Readable) -> int:
        """Create a file from a stream; see Blobs."""
        path = self._path(name)
        (staged,) = self._staged(1)
        self._step(f"before stage {name}")
        with staged.open("xb") as file:
            while piece := source.read(_PIECE):
                file.write(piece)
            size = file.tell()
            file.flush()
            os.fsync(file.fileno())
        self._step(f"after stage {name}")
        self._make_folder(path.parent)
        self._step(f"before link {name}")
        try:
            os.link(staged, path)
        except FileExistsError:
            if _digest(staged) != _digest(path):
                raise BlobDiffers(name, expected=size, found=path.stat().st_size) from None
        finally:
            staged.unlink()
        self._step(f"after link {name}")
        flush_folder(path.parent)
        self._step(f"after flush {name}")
        return size

    def replace(self, name: str, data: bytes, *, was: bytes | None) -> None:
        """Put new bytes in the place of a file's, in one step; see Blobs."""
        path = self._path(name)
        refuse_locked([name], self._is_locked)
        (staged,) = self._staged(1)
        _write_flushed(staged, data)
        self._step(f"before replace {name}")
        with self._exclusive():
            found = path.read_bytes() if path.is_file() else None
            if found == data:
                staged.unlink()
                return
            if found != was:
                staged.unlink()
                raise BlobChanged(f"{name}: expected the bytes that were read before, found others: read it again")
            self._make_folder(path.parent)
            staged.replace(path)
        self._step(f"after replace {name}")
        flush_folder(path.parent)
        self._step(f"after flush {name}")

    def has(self, name: str) -> bool:
        """Is there a file of this name?"""
        return self._path(name).is_file()

    def get(self, name: str) -> bytes:
        """The bytes of a file; see Blobs."""
        with _found(name, self.where):
            return self._path(name).read_bytes()

    @contextmanager
    def open_stream(self, name: str) -> Iterator[BinaryIO]:
        """A file to read piece by piece; see Blobs."""
        with _found(name, self.where):
            file = self._path(name).open("rb")
        with file:
            yield file

    def names(self, prefix: str = "") -> Iterator[str]:
        """The names of files that begin with `prefix`, in order of their bytes."""
        folder, _, _ = prefix.rpartition("/")
        return self._walk(self.directory / folder, f"{folder}/" if folder else "", prefix)

    def missing(self, blobs: Sequence[tuple[str, bytes]]) -> Sequence[str]:
        """The names of files that are not there; see Blobs."""
        return [name for name, data in blobs if not self._is_there(name, data)]

    def delete(self, names: Iterable[str]) -> None:
        """Remove files, and the folders that they leave empty; see Blobs."""
        listed = list(names)
        refuse_locked(listed, self._is_locked)
        paths = [self._path(name) for name in listed]
        for path in paths:
            path.unlink(missing_ok=True)
        for folder in sorted({path.parent for path in paths}, reverse=True):
            self._remove_empty(folder)

    def meddling(self) -> Iterator[Meddling]:
        """A folder knows of nothing: it keeps no earlier versions."""
        return iter(())

    def first_version(self, name: str) -> bytes:
        """The bytes that are there: a folder keeps no others."""
        return self.get(name)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Hold the lock under which a file is compared and replaced: briefly, nobody is asked anything meanwhile."""
        self.staging.mkdir(exist_ok=True)
        handle = os.open(self.staging / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._wait_for(handle)
            yield
        finally:
            os.close(handle)

    def _wait_for(self, handle: int) -> None:
        """Take the lock, but not for ever: a process that froze with it must be seen, not waited for in silence."""
        give_up_at = time.monotonic() + self.lock_seconds
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > give_up_at:
                    raise BlobsUnavailable(
                        f"{self.staging / LOCK}: expected the lock within {self.lock_seconds:g} s, found it held: a "
                        "process that was stopped in the middle of a write has it. Let it go on, or end it"
                    ) from None
                time.sleep(_LOCK_POLL_SECONDS)
            else:
                return

    def _path(self, name: str) -> Path:
        return self.directory / check_name(name)

    def _is_there(self, name: str, data: bytes) -> bool:
        try:
            found = self._path(name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return False
        check_same(name, expected=data, found=found)
        return True

    def _staged(self, count: int) -> list[Path]:
        """Fresh paths in the staging folder. A writer with an epoch made it when it took over: it may be fenced."""
        with self._lock:
            if self._epoch is None and self._alive is None:
                self.take_over()
            self._number += count
            return [self._mine / str(number) for number in range(self._number - count, self._number)]

    def _stay_alive(self) -> None:
        """Hold a lock on this writer's part as long as it lives, and clear the parts whose lock nobody holds."""
        with self._exclusive():
            for path in self.staging.glob("w*"):
                with suppress(OSError):
                    handle = os.open(path / "alive", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                    try:
                        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        shutil.rmtree(path, ignore_errors=True)
                    finally:
                        os.close(handle)
            self._mine.mkdir(exist_ok=True)
            self._alive = os.open(self._mine / "alive", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._alive, fcntl.LOCK_EX)

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and those above it; each one is flushed into its parent."""
        if folder == self.directory or (folder in self._known and folder.is_dir()):
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        flush_folder(folder.parent)
        self._known.add(folder)

    def _remove_empty(self, folder: Path) -> None:
        while folder != self.directory:
            try:
                folder.rmdir()
            except OSError:
                return
            self._known.discard(folder)
            folder = folder.parent

    def _walk(self, folder: Path, path: str, prefix: str) -> Iterator[str]:
        try:
            found = [(f"{path}{item.name}{'/' * item.is_dir()}", item.path) for item in os.scandir(folder)]
        except (FileNotFoundError, NotADirectoryError):
            return
        for name, below in sorted(found):
            if name.endswith("/"):
                if name.startswith(prefix[: len(name)]):
                    yield from self._walk(Path(below), name, prefix)
            elif name.startswith(prefix):
                yield name


def flush_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _found(name: str, where: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise BlobMissing(f"{name}: expected it in {where}, found no such file") from error


def _write_flushed(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
