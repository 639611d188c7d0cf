"""What every place for blobs promises, asked of each of them."""

import hashlib
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from blobs.bucket_at import is_final, store_at

from tallystick.blobs import (
    BlobChanged,
    BlobDiffers,
    BlobLocked,
    BlobMissing,
    Blobs,
    Readable,
)
from tallystick.blobs import s3 as s3_blobs
from tallystick.blobs.folder import FolderBlobs


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Blobs]:
    if request.param == "folder":
        place = FolderBlobs(tmp_path / "blobs", is_locked=is_final)
        yield place
        place.close()
        return
    with store_at(monkeypatch, tmp_path) as store:
        yield store.blobs()


class Source:
    """So many bytes, made as they are read; how many were asked for at once."""

    def __init__(self, size: int, seed: bytes = b"s") -> None:
        self.left = size
        self.most = 0
        self._block = hashlib.sha256(seed).digest() * 2048

    def read(self, amount: int = -1, /) -> bytes:
        """The next bytes."""
        assert amount > 0, "asked for everything at once"
        self.most = max(self.most, amount)
        count = min(amount, self.left)
        self.left -= count
        return (self._block * (count // len(self._block) + 1))[:count]


def read_all(stream: Readable) -> bytes:
    pieces = []
    while piece := stream.read(1000):
        pieces.append(piece)
    return b"".join(pieces)


def test_what_is_put_is_there(blobs: Blobs) -> None:
    blobs.put_new("tile/0/x001/000", b"bytes")
    blobs.put_new("empty", b"")
    assert blobs.get("tile/0/x001/000") == b"bytes"
    assert blobs.get("empty") == b""
    assert blobs.has("tile/0/x001/000")
    assert not blobs.has("tile/0/x001")
    assert not blobs.has("tile/0/x001/001")
    with pytest.raises(BlobMissing, match="tile/0/x001/001: expected it in"):
        blobs.get("tile/0/x001/001")
    with pytest.raises(BlobMissing):
        blobs.get("tile/0/x001")


def test_a_blob_is_created_once(blobs: Blobs) -> None:
    blobs.put_new("a", b"bytes")
    blobs.put_new("a", b"bytes")
    with pytest.raises(BlobDiffers, match="a: expected the 5 bytes given, found 5 bytes that differ from byte 3 on"):
        blobs.put_new("a", b"bytls")
    with pytest.raises(BlobDiffers, match="differ from byte 5 on"):
        blobs.put_many([("b", b"1"), ("a", b"bytes!")])
    assert blobs.get("a") == b"bytes"


def test_of_two_writers_one_wins(blobs: Blobs) -> None:
    def put(number: int) -> bool:
        try:
            blobs.put_new("a", b"%d" % number)
        except BlobDiffers:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(put, range(4)))
    assert won.count(True) == 1
    assert blobs.get("a") == b"%d" % won.index(True)


def test_many_are_put_and_missed(blobs: Blobs) -> None:
    many = [(f"many/{number:03d}", b"%d" % number) for number in range(40)]
    blobs.put_many(many)
    blobs.put_many([])
    assert list(blobs.names("many/")) == [name for name, _ in many]
    assert blobs.missing([*many, ("many/other", b"")]) == ["many/other"]
    with pytest.raises(BlobDiffers, match="many/007"):
        blobs.missing([("many/007", b"8")])


def test_a_blob_is_replaced_only_by_who_saw_it(blobs: Blobs) -> None:
    blobs.replace("checkpoint", b"one", was=None)
    with pytest.raises(BlobChanged):
        blobs.replace("checkpoint", b"other", was=None)
    blobs.replace("checkpoint", b"two", was=b"one")
    with pytest.raises(BlobChanged, match="checkpoint: expected the bytes that were read before, found others"):
        blobs.replace("checkpoint", b"three", was=b"one")
    blobs.replace("checkpoint", b"two", was=b"one")  # as after an answer that was lost
    with pytest.raises(BlobChanged):
        blobs.replace("absent", b"1", was=b"0")
    assert blobs.get("checkpoint") == b"two"


def test_of_many_replacements_none_is_lost(blobs: Blobs) -> None:
    blobs.replace("count", b"0", was=None)

    def add(_number: int) -> None:
        while True:
            was = blobs.get("count")
            try:
                blobs.replace("count", b"%d %d" % (int(was.split()[0]) + 1, _number), was=was)
            except BlobChanged:
                continue
            return

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(12)))
    assert blobs.get("count").split()[0] == b"12"


def test_what_is_locked_stays(blobs: Blobs) -> None:
    blobs.put_new("final/a", b"1")
    blobs.put_new("b", b"2")
    with pytest.raises(BlobLocked, match="final/a: expected a blob that may change"):
        blobs.delete(["b", "final/a"])
    with pytest.raises(BlobLocked):
        blobs.replace("final/a", b"3", was=b"1")
    assert list(blobs.names()) == ["b", "final/a"]


def test_names_come_in_the_order_of_their_bytes(blobs: Blobs) -> None:
    names = ["a", "a-b", "a.p/1", "a.p/17", "a.p/2", "a0/x", "b/c/d", "b/c0", "b/x001/000", "c", "c/"[:1] + "=d"]
    blobs.put_many([(name, b"x") for name in names])
    assert list(blobs.names()) == sorted(names)
    assert list(blobs.names("a.p/")) == ["a.p/1", "a.p/17", "a.p/2"]
    assert list(blobs.names("a.p/1")) == ["a.p/1", "a.p/17"]
    assert list(blobs.names("b/c")) == ["b/c/d", "b/c0"]
    assert list(blobs.names("nothing/here")) == []


def test_what_is_deleted_is_gone(blobs: Blobs) -> None:
    blobs.put_many([(f"part.p/{number}", b"x") for number in range(20)])
    blobs.delete([f"part.p/{number}" for number in range(1, 30)])
    assert list(blobs.names()) == ["part.p/0"]
    blobs.delete(["part.p/0"])
    blobs.delete([])
    assert list(blobs.names()) == []
    blobs.put_new("part.p/0", b"other")
    assert blobs.get("part.p/0") == b"other"


@pytest.mark.parametrize("size", [0, 10, 5 << 20, (5 << 20) + 1, (11 << 20) + 17])
def test_a_stream_goes_in_and_out(blobs: Blobs, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_blobs, "PART_BYTES", 5 << 20)
    source = Source(size)
    assert blobs.put_stream("large/a", source) == size
    assert source.most <= 5 << 20
    expected = Source(size).read(size + 1)
    with blobs.open_stream("large/a") as stream:
        assert read_all(stream) == expected
    with blobs.open_stream("large/a") as stream:
        assert stream.read() == expected
    assert blobs.get("large/a") == expected
    assert blobs.put_stream("large/a", Source(size)) == size
    if size:
        with pytest.raises(BlobDiffers):
            blobs.put_stream("large/a", Source(size, b"other"))
    assert list(blobs.names()) == ["large/a"]


def test_a_source_that_breaks_leaves_nothing(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_blobs, "PART_BYTES", 5 << 20)

    class Broken(Source):
        def read(self, amount: int = -1, /) -> bytes:
            if self.left < 4 << 20:
                raise ConnectionResetError
            return super().read(amount)

    with pytest.raises(ConnectionResetError):
        blobs.put_stream("a", Broken(12 << 20))
    assert list(blobs.names()) == []
    with pytest.raises(BlobMissing), blobs.open_stream("a"):
        pass


@pytest.mark.parametrize("name", ["", "/a", "a/", "a//b", "../a", "a/..", "a/./b", "a b", "a\nb", "ä", "a" * 901])
def test_a_name_that_no_place_can_keep_is_refused(blobs: Blobs, name: str) -> None:
    with pytest.raises(ValueError, match="expected a blob name"):
        blobs.put_new(name, b"x")
    with pytest.raises(ValueError, match="expected a blob name"):
        blobs.get(name)


def test_a_writer_takes_over(blobs: Blobs) -> None:
    steps: list[str] = []
    writer = blobs.writer(3, step=steps.append)
    writer.take_over()
    writer.replace("checkpoint", b"1", was=None)
    writer.put_many([("a", b"1"), ("b", b"2")])
    assert {step.split()[0] for step in steps} == {"before", "after"}
    assert blobs.get("a") == b"1"
    writer.close()


def test_bytes_are_read_from_a_stream_of_the_standard_library(blobs: Blobs) -> None:
    assert blobs.put_stream("a", io.BytesIO(b"abc")) == 3
    assert blobs.get("a") == b"abc"
