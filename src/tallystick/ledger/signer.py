"""Who holds the key that signs checkpoints. Reads and writes a key file for development custody.

The protocol is the seam for hardware tokens: a signer in a token has the same four members. Every screen and
release shows `custody`, so that nobody takes a key in a file for a key in a token.
"""

import base64
import binascii
import os
import stat
from pathlib import Path
from typing import Protocol, Self

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
    """Development custody: an Ed25519 key in a file that only its owner can read.

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

    @classmethod
    def create(cls, path: Path, name: str) -> Self:
        """A new key in a new file, readable by its owner alone. Raises FileExistsError for an old file."""
        made = cls(name, os.urandom(_SEED_BYTES))
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(f"{made.private_line()}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return made

    @classmethod
    def open(cls, path: Path) -> Self:
        """The key in a file.

        raises  KeyRefused when others can read the file, or when it holds no key; OSError when it cannot be read
        """
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise KeyRefused(
                    f"{path}: expected a key file that only its owner can read (mode 600), found mode {mode:03o}: "
                    f"others may have read the key. Make a new key, or run 'chmod 600 {path}' if you are sure"
                )
            line = file.read(4096).decode("utf-8", errors="replace").strip()
        return cls(*parse_private(line, str(path)))

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
