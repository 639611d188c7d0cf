"""Who holds the key that signs checkpoints, and the line of a key file for development custody. Pure.

The protocol is the seam for hardware tokens: a signer in a token has the same four members. Every screen and
release shows `custody`, so that nobody takes a key in a file for a key in a token.
"""

import base64
import binascii
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tallystick.ledger.note import ED25519, VerifierKey, check_name

SOFTWARE_DEVELOPMENT = "software-development"
_PREFIX = "PRIVATE+KEY+"
_SEED_BYTES = 32


class Signer(Protocol):
    """Signs checkpoints of one log.

    name     of the key and the log: the first line of each checkpoint
    vkey     the verifier key line, without a newline: what outsiders get
    key_id   the four bytes that name the key in a signature line
    custody  where the private key lives, in a stable word: shown wherever a checkpoint is shown
    """

    @property
    def name(self) -> str: ...

    @property
    def vkey(self) -> str: ...

    @property
    def key_id(self) -> bytes: ...

    @property
    def custody(self) -> str: ...

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature of a message, 64 bytes."""
        ...


class KeyRefused(RuntimeError):
    """A key file is not one that we may use: the message says what to do."""


class SoftwareSigner:
    """Development custody: an Ed25519 key whose file, kept by custody/software.py, only its owner can read.

    The file holds one line in the form that other C2SP tools use: PRIVATE+KEY+name+keyid+base64(type, seed).
    """

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._verifier = VerifierKey(check_name(name), ED25519, self._key.public_key().public_bytes_raw())
        self._seed = seed

    @property
    def name(self) -> str:
        """The name of the key and of the log."""
        return self._verifier.name

    @property
    def vkey(self) -> str:
        """The verifier key line, without a newline."""
        return self._verifier.line

    @property
    def key_id(self) -> bytes:
        """The four bytes that name the key in a signature line."""
        return self._verifier.key_id

    @property
    def custody(self) -> str:
        """A key in a file protects nothing from whoever reads the file: say so."""
        return SOFTWARE_DEVELOPMENT

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature of a message, 64 bytes, always the same for the same message."""
        return self._key.sign(message)

    def private_line(self) -> str:
        """The line of the key file. It is the key: show it to nobody."""
        key = base64.b64encode(bytes([ED25519]) + self._seed).decode()
        return f"{_PREFIX}{self.name}+{self.key_id.hex()}+{key}"


def parse_private(line: str, where: str) -> tuple[str, bytes]:
    """Name and seed in the line of a key file. Raises KeyRefused, which never quotes the line."""
    parts = line.removeprefix(_PREFIX).split("+", 2)
    try:
        name, stated, key = parts[0], parts[1], base64.b64decode(parts[2], validate=True)
    except (IndexError, binascii.Error) as error:
        raise KeyRefused(f"{where}: expected one line 'PRIVATE+KEY+name+keyid+key', found another text") from error
    if not line.startswith(_PREFIX) or len(key) != 1 + _SEED_BYTES or key[0] != ED25519:
        raise KeyRefused(f"{where}: expected an Ed25519 key of {_SEED_BYTES} bytes, found another kind of key")
    if SoftwareSigner(name, key[1:]).key_id.hex() != stated:
        raise KeyRefused(f"{where}: the key does not fit its key id: the file was altered. Restore it from its backup")
    return name, key[1:]
