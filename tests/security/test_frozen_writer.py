"""A process that was stopped in the middle of a write: it is seen, waited for a while only, and harms nothing."""

import fcntl
import os
from pathlib import Path

import pytest

from tallystick.blobs import BlobsUnavailable
from tallystick.blobs.folder import LOCK, FolderBlobs


def test_a_lock_that_a_frozen_process_holds_is_an_error_and_no_endless_wait(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "log")
    blobs.replace("checkpoint", b"one", was=None)
    handle = os.open(blobs.staging / LOCK, os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    blobs.lock_seconds = 0.05
    with pytest.raises(BlobsUnavailable, match="stopped in the middle"):
        blobs.replace("checkpoint", b"two", was=b"one")
    assert blobs.get("checkpoint") == b"one"
    os.close(handle)
    blobs.replace("checkpoint", b"two", was=b"one")
    assert blobs.get("checkpoint") == b"two"
    blobs.close()


def test_what_a_fenced_writer_staged_is_gone_in_one_step(tmp_path: Path) -> None:
    """Whoever takes over moves the part of the one before away: whatever it staged can get no name any more."""
    frozen = FolderBlobs(tmp_path / "log").writer(1)
    frozen.take_over()
    staged = frozen.staging / "1" / "0"
    staged.write_bytes(b"half")
    (frozen.staging / "gone-of-a-crash").mkdir()
    later = FolderBlobs(tmp_path / "log").writer(2)
    later.take_over()
    assert sorted(path.name for path in later.staging.iterdir()) == ["2"]
    with pytest.raises(FileNotFoundError):
        frozen.put_new("tile/0/000", b"stale")
    with pytest.raises(FileNotFoundError):
        frozen.replace("checkpoint", b"stale", was=None)
    assert list(later.names()) == []
