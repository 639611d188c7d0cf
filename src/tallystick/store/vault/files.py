"""Large content: sealed piece by piece into a folder or bucket, opened piece by piece. Constant memory; docs/vault.md.

Every piece is authenticated before any of its bytes is given out: which file it is of, which piece, whether the last.
The commitment covers the whole, and is checked behind the last piece.
"""

import hashlib
import io
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tallystick.blobs import BlobMissing, Blobs, Readable
from tallystick.events.envelope import COMMIT_TAG, SALT_BYTES
from tallystick.store.vault.faults import (
    CommitmentBroken,
    ObjectAltered,
    ObjectMissing,
    ObjectReplayed,
    ObjectSwapped,
    ObjectTruncated,
    VaultError,
)
from tallystick.store.vault.sealing import HEADER_BYTES, KEY_BYTES, NONCE_BYTES, TAG_BYTES, header_of

PIECE_BYTES = 1 << 20
_MAGIC = b"\x02TLYFILE"
_PREFIX_BYTES = 7
_LABEL = slice(1, HEADER_BYTES - NONCE_BYTES)
_HEAD_BYTES = len(_MAGIC) + 8 + _PREFIX_BYTES + 1
_TRIED_MAX = 4_096
"""In so many other places is a piece that does not open looked for, to say whether it was moved."""


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A file that stands sealed, and is not yet known to the vault: its key exists only here.

    place  its name in the folder or bucket
    """

    file: str
    place: str
    commitment: str
    size: int
    key: bytes = field(repr=False)
    nonce: bytes


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file of the vault with its key at hand: needs the database no more."""

    file: str
    path: str
    place: str
    commitment: str
    size: int
    key: bytes = field(repr=False)
    nonce: bytes

    def pieces(self, blobs: Blobs) -> Iterator[bytes]:
        """The plain bytes, in order. Raises a VaultError at the first piece that is not what was sealed."""
        try:
            with blobs.open_stream(self.place) as source:
                yield from self._opened(source)
        except BlobMissing as error:
            raise ObjectMissing(
                f"file {self.file}: expected its bytes at {self.place}, found none: restore it"
            ) from error

    def read(self, blobs: Blobs) -> bytes:
        """All of it at once: for small files."""
        return b"".join(self.pieces(blobs))

    def _opened(self, source: Readable) -> Iterator[bytes]:
        cipher, bound = AESGCM(self.key), self._head(_exactly(source, _HEAD_BYTES)) + self.file.encode()
        prefix, last = self.nonce[:_PREFIX_BYTES], max(0, -(-(SALT_BYTES + self.size) // PIECE_BYTES) - 1)
        digest, left = hashlib.sha256(COMMIT_TAG), SALT_BYTES + self.size
        for number in range(last + 1):
            size = min(left, PIECE_BYTES)
            piece = _exactly(source, size + TAG_BYTES)
            try:
                plain = cipher.decrypt(_nonce(prefix, number, is_last=number == last), piece, bound)
            except (InvalidTag, ValueError) as error:
                raise self._fault(cipher, piece, number, bound=bound, size=size) from error
            left -= size
            digest.update(plain)
            yield plain[SALT_BYTES:] if number == 0 else plain
        if source.read(1):
            raise ObjectAltered(f"file {self.file}: expected {self.size} bytes, found more behind them: restore it")
        if digest.hexdigest() != self.commitment:
            raise CommitmentBroken(
                f"file {self.file} opens, but not to what was committed: expected {self.commitment}, found "
                f"{digest.hexdigest()}: restore it"
            )

    def _head(self, head: bytes) -> bytes:
        expected = _head(self.file, self.nonce)
        if len(head) < len(expected):
            raise self._truncated(f"{len(head)} bytes in all")
        if head[: len(_MAGIC)] == _MAGIC and head[8:16] != expected[8:16]:
            raise ObjectSwapped(
                f"file {self.file}: expected its own bytes, found another file's: swapped; restore both"
            )
        if head[: len(_MAGIC)] == _MAGIC and head[16:23] != expected[16:23]:
            raise ObjectReplayed(f"file {self.file}: expected its present bytes, found those of an earlier sealing")
        if head != expected:
            raise ObjectAltered(f"file {self.file}: expected a sealed file, found another beginning: restore it")
        return head

    def _fault(self, cipher: AESGCM, piece: bytes, number: int, *, bound: bytes, size: int) -> VaultError:
        if len(piece) < size + TAG_BYTES:
            return self._truncated(f"{len(piece)} bytes of piece {number}")
        last = max(0, -(-(SALT_BYTES + self.size) // PIECE_BYTES) - 1)
        for other in range(min(last + 1, _TRIED_MAX)):
            try:
                cipher.decrypt(_nonce(self.nonce[:_PREFIX_BYTES], other, is_last=other == last), piece, bound)
            except InvalidTag:
                continue
            return ObjectSwapped(
                f"file {self.file}: expected piece {number}, found piece {other} in its place: moved; restore it"
            )
        return ObjectAltered(f"file {self.file}: expected piece {number} as it was sealed, found another: restore it")

    def _truncated(self, found: str) -> ObjectTruncated:
        return ObjectTruncated(f"file {self.file}: expected {self.size} bytes, found {found}: truncated; restore it")


def seal_file(blobs: Blobs, source: Readable, *, place: str, file_id: str) -> SealedFile:
    """Seal a stream to a new place. The vault knows the file, and anybody its key, only once it is kept."""
    key, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(NONCE_BYTES)
    sealing = _Sealing(source, key=key, head=_head(file_id, nonce), file_id=file_id)
    blobs.put_stream(place, io.BufferedReader(sealing, PIECE_BYTES))
    return SealedFile(file_id, place, sealing.digest.hexdigest(), sealing.size, key, nonce)


class _Sealing(io.RawIOBase):
    """Plain bytes in, sealed bytes out; one piece in memory."""

    def __init__(self, source: Readable, *, key: bytes, head: bytes, file_id: str) -> None:
        salt = secrets.token_bytes(SALT_BYTES)
        self.digest = hashlib.sha256(COMMIT_TAG + salt)
        self.size = 0
        self._source, self._cipher, self._bound = source, AESGCM(key), head + file_id.encode()
        self._prefix = head[16 : 16 + _PREFIX_BYTES]
        self._next = salt + self._take(PIECE_BYTES - SALT_BYTES)
        self._out = memoryview(head)
        self._number, self._is_done = 0, False

    def readable(self) -> bool:
        """It is read, once."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # any writable buffer
        """The next sealed bytes."""
        if not self._out and not self._is_done:
            self._seal_piece()
        number = min(len(buffer), len(self._out))
        buffer[:number] = self._out[:number]
        self._out = self._out[number:]
        return number

    def _seal_piece(self) -> None:
        after = self._take(PIECE_BYTES) if len(self._next) == PIECE_BYTES else b""
        nonce = _nonce(self._prefix, self._number, is_last=not after)
        self._out = memoryview(self._cipher.encrypt(nonce, self._next, self._bound))
        self._next, self._number, self._is_done = after, self._number + 1, not after

    def _take(self, size: int) -> bytes:
        data = _exactly(self._source, size)
        self.digest.update(data)
        self.size += len(data)
        return data


def _head(file_id: str, nonce: bytes) -> bytes:
    return _MAGIC + header_of(file_id, nonce)[_LABEL] + nonce[:_PREFIX_BYTES] + bytes([20])  # pieces of 2 ** 20


def _nonce(prefix: bytes, number: int, *, is_last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([is_last])


def _exactly(source: Readable, size: int) -> bytes:
    """So many bytes, fewer only at the end: a raw stream may give less than it is asked for."""
    found = bytearray()
    while len(found) < size and (part := source.read(size - len(found))):
        found += part
    return bytes(found)
