"""The writer of a log, in a folder and in a bucket."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from blobs.bucket_at import store_at

from tallystick.blobs import BlobChanged, BlobLocked, Blobs
from tallystick.blobs.folder import FolderBlobs
from tallystick.blobs.s3 import Rules
from tallystick.ledger.tile_store import Diverged, TileStore, is_final


@pytest.fixture(params=["folder", "s3"])
def log(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Blobs]:
    if request.param == "folder":
        yield FolderBlobs(tmp_path / "log", is_locked=is_final)
        return
    with store_at(monkeypatch, tmp_path) as store:
        yield store.blobs(rules=Rules(is_locked=is_final, lock_days=400))


def test_a_writer_clears_what_came_before_it_and_nothing_newer(tmp_path: Path) -> None:
    old, new = TileStore(tmp_path / "log", 1), TileStore(tmp_path / "log", 2)
    staging = tmp_path / "log.staging"
    new.open()
    (staging / "2" / "half").write_bytes(b"")
    old.open()
    assert (staging / "2" / "half").exists()
    new.open()
    assert [path.name for path in staging.iterdir()] == ["2"]
    assert list((staging / "2").iterdir()) == []


@pytest.mark.parametrize(
    ("path", "is_kept"),
    [
        ("checkpoint", False),
        ("checkpoints/300", True),
        ("checkpoints/x001/000", True),
        ("cosignatures/300/0a0b0c0d", True),
        ("timestamps/300.tsr", True),
        ("tile/0/000", True),
        ("tile/0/000.p/17", False),
        ("tile/entries/x001/234", True),
        ("tile/entries/x001/234.p/255", False),
        ("other", False),
    ],
)
def test_what_never_changes_is_kept_for_good(path: str, *, is_kept: bool) -> None:
    assert is_final(path) is is_kept


def test_a_file_of_other_bytes_is_a_divergence(log: Blobs) -> None:
    writer = TileStore(log, 1)
    writer.open()
    files = [("tile/0/000", b"a" * 8192), ("tile/entries/000", b"b")]
    assert writer.missing(files) == ["tile/0/000", "tile/entries/000"]
    writer.put(files)
    writer.put(files)
    assert writer.missing(files) == []
    for act in (writer.put, writer.missing):
        with pytest.raises(Diverged, match="tile/entries/000: expected the 1 bytes that the journal gives, found 1"):
            act([("tile/entries/000", b"c")])


def test_a_writer_that_slept_does_not_replace_what_came_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No lock of one machine and no clock helps here: the bucket itself says that another checkpoint is there."""
    with store_at(monkeypatch, tmp_path) as store:
        log = store.blobs(rules=Rules(is_locked=is_final, lock_days=400))
        slept, other = TileStore(log, 1), TileStore(log, 2)
        with slept.publishing():
            slept.replace("checkpoint", b"300")
        with slept.publishing():
            with other.publishing():
                other.replace("checkpoint", b"500")
            with pytest.raises(BlobChanged, match="checkpoint"):
                slept.replace("checkpoint", b"400")
        assert log.get("checkpoint") == b"500"


def test_partial_tiles_go_and_full_ones_stay(log: Blobs) -> None:
    writer = TileStore(log, 1)
    writer.open()
    writer.put([("tile/0/000.p/3", b"1"), ("tile/0/000.p/17", b"2"), ("tile/0/000", b"3")])
    writer.remove_folder("tile/0/000.p")
    writer.remove_folder("tile/0/000.p")
    assert list(log.names()) == ["tile/0/000"]
    with pytest.raises(BlobLocked):
        log.delete(["tile/0/000"])
