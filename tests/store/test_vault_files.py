"""Large content: every piece is known to be of this file, at this place, before any of it is given out."""

import io
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from vault_place import Place

from tallystick.blobs.folder import FolderBlobs
from tallystick.ledger import journal
from tallystick.store.vault import (
    CommitmentBroken,
    KeyMissing,
    ObjectAltered,
    ObjectErased,
    ObjectMissing,
    ObjectReplayed,
    ObjectSwapped,
    ObjectTruncated,
    OpenFile,
    VaultError,
    files,
    seal_file,
)

PIECE = files.PIECE_BYTES
HEAD = 24
CONTENT = bytes(range(256)) * (3 * PIECE // 256) + b"the end"


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    (tmp_path / "blobs").mkdir()
    return FolderBlobs(tmp_path / "blobs")


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path) -> Iterator[Place]:
    found = Place(sqlite_url, tmp_path)
    yield found
    found.engine.dispose()


def sealed(blobs: FolderBlobs, content: bytes = CONTENT, *, name: str = "file-1", where: str = "one") -> OpenFile:
    made = seal_file(blobs, io.BytesIO(content), place=where, file_id=name)
    return OpenFile(made.file, "data/records.jsonl", made.place, made.commitment, made.size, made.key, made.nonce)


def rewrite(blobs: FolderBlobs, change: Callable[[bytes], bytes], *, where: str = "one") -> None:
    before = blobs.get(where)
    blobs.replace(where, change(before), was=before)


@given(st.sampled_from([0, 1, PIECE - 33, PIECE - 32, PIECE - 31, 2 * PIECE - 32, 2 * PIECE]))
def test_what_goes_in_comes_out(tmp_path_factory: pytest.TempPathFactory, size: int) -> None:
    there = FolderBlobs(tmp_path_factory.mktemp("blobs"))
    content = CONTENT[:size]
    file = sealed(there, content)
    assert file.size == size
    assert file.read(there) == content
    pieces = 1 + max(0, size + 32 - 1) // PIECE
    assert len(there.get("one")) == HEAD + 32 + size + 16 * pieces
    assert content[:40] not in there.get("one") or size < 16


def test_a_file_needs_no_more_memory_than_a_few_pieces(blobs: FolderBlobs) -> None:
    class Endless(io.RawIOBase):
        left = 40 * PIECE

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any writable buffer
            number = min(len(buffer), self.left)
            self.left -= number
            return number

    tracemalloc.start()
    made = seal_file(blobs, io.BufferedReader(Endless()), place="one", file_id="file-1")
    file = OpenFile(made.file, "", made.place, made.commitment, made.size, made.key, made.nonce)
    assert sum(len(piece) for piece in file.pieces(blobs)) == 40 * PIECE
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * PIECE


def pieces_of(data: bytes) -> list[bytes]:
    body = data[HEAD:]
    return [body[start : start + PIECE + 16] for start in range(0, len(body), PIECE + 16)]


def reordered(data: bytes) -> bytes:
    first, second, *rest = pieces_of(data)
    return data[:HEAD] + b"".join([second, first, *rest])


def repeated(data: bytes) -> bytes:
    first, _, *rest = pieces_of(data)
    return data[:HEAD] + b"".join([first, first, *rest])


def flipped(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[PIECE + HEAD + 500] ^= 1
    return bytes(changed)


FAULTS: dict[str, tuple[Callable[[bytes], bytes], type[VaultError], str]] = {
    "cut in the head": (lambda data: data[:10], ObjectTruncated, "found 10 bytes in all: truncated"),
    "cut in a piece": (lambda data: data[: PIECE + 1000], ObjectTruncated, "bytes of piece 1"),
    "cut between pieces": (lambda data: data[: HEAD + PIECE + 16], ObjectTruncated, "0 bytes of piece 1"),
    "cut by one byte": (lambda data: data[:-1], ObjectTruncated, "bytes of piece 3"),
    "pieces exchanged": (reordered, ObjectSwapped, "expected piece 0, found piece 1 in its place: moved"),
    "a piece repeated": (repeated, ObjectSwapped, "expected piece 1, found piece 0 in its place: moved"),
    "a bit changed": (flipped, ObjectAltered, "expected piece 1 as it was sealed"),
    "bytes added": (lambda data: data + b"x", ObjectAltered, "found more behind them"),
    "no sealed file": (lambda data: bytes(len(data)), ObjectAltered, "expected a sealed file"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_said_before_any_of_it_leaves(blobs: FolderBlobs, fault: str) -> None:
    file = sealed(blobs)
    change, error, words = FAULTS[fault]
    rewrite(blobs, change)
    given_out: list[bytes] = []
    with pytest.raises(error, match=words):
        given_out.extend(file.pieces(blobs))
    assert CONTENT.startswith(b"".join(given_out))


def test_the_bytes_of_another_file_and_of_an_earlier_sealing_are_known_as_such(blobs: FolderBlobs) -> None:
    file, _other, _earlier = sealed(blobs), sealed(blobs, name="file-2", where="two"), sealed(blobs, where="three")
    with pytest.raises(ObjectSwapped, match="another file's: swapped"):
        replace(file, place="two").read(blobs)
    with pytest.raises(ObjectReplayed, match="those of an earlier sealing"):
        replace(file, place="three").read(blobs)


def test_a_piece_of_another_file_and_another_key_open_nothing(blobs: FolderBlobs) -> None:
    file = sealed(blobs)
    sealed(blobs, name="file-2", where="two")
    theirs = pieces_of(blobs.get("two"))[1]
    rewrite(blobs, lambda data: data[: HEAD + PIECE + 16] + theirs + data[HEAD + 2 * (PIECE + 16) :])
    with pytest.raises(ObjectAltered, match="expected piece 1"):
        file.read(blobs)
    with pytest.raises(ObjectAltered, match="expected piece 0"):
        replace(file, key=bytes(32)).read(blobs)


def test_a_file_that_is_gone_and_one_that_was_not_committed_to(blobs: FolderBlobs) -> None:
    file = sealed(blobs)
    with pytest.raises(CommitmentBroken, match="opens, but not to what was committed"):
        replace(file, commitment="0" * 64).read(blobs)
    blobs.delete(["one"])
    with pytest.raises(ObjectMissing, match="expected its bytes at one, found none: restore it"):
        file.read(blobs)


def test_the_format_is_as_it_is_written_down(blobs: FolderBlobs) -> None:
    """docs/vault.md in ten lines."""
    file = sealed(blobs)
    data = blobs.get("one")
    assert data[:8] == b"\x02TLYFILE"
    assert data[23] == 20
    plain = b""
    pieces = pieces_of(data)
    for number, piece in enumerate(pieces):
        nonce = data[16:23] + number.to_bytes(4, "big") + bytes([number == len(pieces) - 1])
        plain += AESGCM(file.key).decrypt(nonce, piece, data[:HEAD] + b"file-1")
    assert plain[32:] == CONTENT


def test_a_kept_file_follows_its_scopes_keys(place: Place, blobs: FolderBlobs) -> None:
    made = seal_file(blobs, io.BytesIO(CONTENT), place="one", file_id="file-1")
    with journal.writing(place.engine) as connection:
        place.vault.keep_file(connection, made, scope="release:1", path="a/b", subjects=["run:1"])
    place.rotate("run:1")
    place.new_epoch(2)

    def read() -> bytes:
        with journal.reading(place.engine) as connection:
            (row,) = place.vault.files_of(connection, "release:1")
            return place.vault.open_file(connection, row).read(blobs)

    assert read() == CONTENT
    place.erase("run:1")
    with pytest.raises(ObjectErased, match="file file-1 was erased with run:1"):
        read()
    assert place.repeat(lambda connection: place.vault.purge(connection, limit=2)) == 1
    with pytest.raises(ObjectErased):
        read()
    with journal.reading(place.engine) as connection:
        assert place.vault.every_file(connection) == []


def test_a_kept_file_whose_key_row_is_gone_is_not_called_erased(place: Place, blobs: FolderBlobs) -> None:
    made = seal_file(blobs, io.BytesIO(b"x"), place="one", file_id="file-1")
    with journal.writing(place.engine) as connection:
        place.vault.keep_file(connection, made, scope="release:1", path="a")
        place.vault._ring.drop(connection, "release:1")  # noqa: SLF001 - what a careless hand in the database does
    with journal.reading(place.engine) as connection, pytest.raises(KeyMissing, match="no erasure took any"):
        place.vault.open_file(connection, place.vault.files_of(connection, "release:1")[0])
