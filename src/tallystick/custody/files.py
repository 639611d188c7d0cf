"""Key files of development custody: made whole or not at all, read only when nobody else can, destroyed for good.

A file that is being destroyed loses its name first, so that no reader meets half of a key.
"""

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from tallystick.custody import KeysUnavailable

_HALF, _DEAD = ".half", ".dead"
_BYTES_MAX = 4096


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[int]:
    """The folder's lock, and what an earlier holder left unfinished brought to its end. Yields its descriptor."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _gone(folder, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        # A half-made key was never given to anybody; a dead one was destroyed by whoever took its name.
        for leftover in (*folder.glob(f"*{_HALF}"), *folder.glob(f"*{_DEAD}")):
            _overwrite(leftover)
        yield handle
        os.fsync(handle)
    finally:
        os.close(handle)


def names(folder: Path) -> list[str]:
    """The names in the folder of keys. Raises KeysUnavailable when it is not there."""
    try:
        return [path.name for path in folder.iterdir()]
    except OSError as error:
        raise _gone(folder, error) from error


def write(path: Path, content: bytes) -> None:
    """A new file, for its owner alone, durable before its name is. Call with the folder locked."""
    half = path.with_name(path.name + _HALF)
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)


def read(path: Path) -> bytes | None:
    """The content, or None when there is no such file. Raises KeysUnavailable when others can read it."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _gone(path, error) from error
    with os.fdopen(handle, "rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise KeysUnavailable(
                f"{path}: expected a key file that only its owner can read (mode 600), found mode {mode:03o}: others "
                f"may have read the key. Rotate it, or run 'chmod 600 {path}' if you are sure"
            )
        return file.read(_BYTES_MAX)


def destroy(path: Path, *, folder: int) -> None:
    """Overwrite and remove a file, if it is there. Call with the folder locked; `folder` is its descriptor."""
    dead = path.with_name(f"{path.name}.{secrets.token_hex(4)}{_DEAD}")
    with contextlib.suppress(FileNotFoundError):
        path.rename(dead)
        os.fsync(folder)  # or a crash could leave an overwritten file under the name of a good key
        _overwrite(dead)


def _overwrite(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.write(handle, bytes(os.fstat(handle).st_size))
        os.fsync(handle)
    finally:
        os.close(handle)
    path.unlink()


def _gone(path: Path, error: OSError) -> KeysUnavailable:
    reason = error.strerror or str(error)
    return KeysUnavailable(f"{path}: expected keys of development custody, found: {reason}: restore them")
