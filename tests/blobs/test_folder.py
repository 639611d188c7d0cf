"""Blobs in a folder: what a crash leaves behind, and what the next writer makes of it."""

import io
import os
from pathlib import Path

import pytest

from tallystick.blobs import BlobMissing
from tallystick.blobs.folder import FolderBlobs


class Killed(BaseException):
    """The process ends here, as far as the writer can tell."""


class Mortal(FolderBlobs):
    """A writer whose process ends without a word: the operating system lets go of its lock."""

    def die(self) -> None:
        """End."""
        assert self._alive is not None
        os.close(self._alive)


def work(blobs: FolderBlobs) -> None:
    """Every kind of write once."""
    blobs.put_many([("tile/0/000", b"one"), ("tile/0/x001/000", b"two"), ("entries", b"three")])
    blobs.put_stream("large/one", io.BytesIO(b"four" * 1000))
    found = blobs.get("checkpoint") if blobs.has("checkpoint") else None
    if found != b"new":
        blobs.replace("checkpoint", b"new", was=found)


def test_a_crash_at_any_step_leaves_whole_files_and_is_made_good(tmp_path: Path) -> None:
    steps: list[str] = []
    quiet = FolderBlobs(tmp_path / "quiet", step=steps.append)
    work(quiet)
    expected = {name: quiet.get(name) for name in quiet.names()}
    assert len(steps) > 16
    for kill_at in range(len(steps)):
        seen: list[str] = []

        def step(name: str, seen: list[str] = seen, kill_at: int = kill_at) -> None:
            seen.append(name)
            if len(seen) > kill_at:
                raise Killed

        folder = tmp_path / str(kill_at)
        with pytest.raises(Killed):
            work(FolderBlobs(folder, step=step))
        after = FolderBlobs(folder)
        assert {name: after.get(name) for name in after.names()}.items() <= expected.items()
        work(after)
        assert {name: after.get(name) for name in after.names()} == expected
        after.close()


def test_a_writer_clears_what_dead_writers_left_and_nothing_of_the_living(tmp_path: Path) -> None:
    living, dead = FolderBlobs(tmp_path / "blobs"), Mortal(tmp_path / "blobs")
    living.put_new("a", b"1")
    dead.put_new("b", b"2")
    parts = set(living.staging.glob("w*"))
    assert len(parts) == 2
    (next(iter(parts)) / "half").write_bytes(b"x")
    dead.die()
    late = FolderBlobs(tmp_path / "blobs")
    late.put_new("c", b"3")
    left = set(late.staging.glob("w*"))
    assert len(left) == 2
    assert len(left & parts) == 1
    living.put_new("d", b"4")
    living.close()
    late.close()
    assert [path.name for path in late.staging.iterdir()] == ["publish.lock"]


def test_reading_makes_nothing(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "blobs")
    assert list(blobs.names()) == []
    assert not blobs.has("a/b")
    with pytest.raises(BlobMissing):
        blobs.get("a/b")
    assert list(tmp_path.iterdir()) == []
