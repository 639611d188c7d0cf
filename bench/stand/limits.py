"""What the machine and the libraries do alone: hashing, signing, encrypting, waiting for the disk. Writes one file."""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stand.figures import PROCESSOR, per_second


def appends_per_second(folder: Path, *, size: int, seconds: float) -> float:
    """Appends to a file, each of which waits for the disk: nothing durable is faster, one after the other."""
    handle = os.open(folder / "appends", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    data = os.urandom(size)

    def append() -> None:
        os.write(handle, data)
        os.fsync(handle)

    try:
        return per_second(append, seconds=seconds)
    finally:
        os.close(handle)


def hash_tree(entries: Sequence[bytes]) -> bytes:
    """The root over entries by nothing but the hashes that it takes: a leaf each, and about a node each above them."""
    sha256 = hashlib.sha256
    row = [sha256(b"\x00" + entry).digest() for entry in entries]
    while len(row) > 1:
        pairs = zip(row[::2], row[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        row = above + row[len(above) * 2 :]
    return row[0]


def nodes_per_second(*, seconds: float) -> float:
    """Hashes of two hashes, in processor time."""
    left, right, sha256 = os.urandom(32), os.urandom(32), hashlib.sha256
    return per_second(lambda: sha256(b"\x01" + left + right).digest(), seconds=seconds, step=1000, clock=PROCESSOR)


def signatures_per_second(message: bytes, *, seconds: float) -> float:
    """Ed25519 by the library, the key in memory."""
    key = Ed25519PrivateKey.generate()
    return per_second(lambda: key.sign(message), seconds=seconds, step=10)


def cipher(size: int) -> Callable[[], object]:
    """One encryption of so many bytes by AES-256-GCM."""
    key, payload, nonce = AESGCM(os.urandom(32)), os.urandom(size), os.urandom(12)
    return lambda: key.encrypt(nonce, payload, b"label")


def digest(size: int) -> Callable[[], object]:
    """One SHA-256 over so many bytes."""
    payload = os.urandom(size)
    return lambda: hashlib.sha256(payload).digest()
