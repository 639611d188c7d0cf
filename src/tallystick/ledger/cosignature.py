"""Cosignatures of witnesses: the key that makes them, and the lines that stand under a checkpoint. Keeps a key file.

A cosignature says: at this time, this was the largest tree of this log that I had seen, and it continued all I had
seen before. Who asks for a quorum of them needs no trust in the log's own key. Source: C2SP tlog-cosignature.
"""

import base64
import binascii
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tallystick.ledger import note
from tallystick.ledger.note import COSIGNATURE, COSIGNATURES, KEY_ID_BYTES, TIME_BYTES, BadNote, VerifierKey, check_name
from tallystick.ledger.tiles import number_path, parse_number

FOLDER = "cosignatures"
_PREFIX = "PRIVATE+KEY+"
_SEED_BYTES = 32


class CosignerRefused(RuntimeError):
    """The key file of a witness is not one that we may use: the message says what to do."""


@dataclass(frozen=True, slots=True)
class Cosignature:
    """One good cosignature: whose, when (seconds since 1970), and its line in one spelling, with its newline."""

    key: VerifierKey
    time: int
    line: str


class Cosigner:
    """An Ed25519 key that signs checkpoints as a witness. It lives in a file that only its owner can read."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = VerifierKey(check_name(name), COSIGNATURE, self._key.public_key().public_bytes_raw())

    def cosign(self, text: str, *, time: int) -> str:
        """The signature line over a checkpoint's text. The caller has made sure that it may never sign another root."""
        signature = self._key.sign(note.cosigned(text, time))
        return line_of(self.key, time.to_bytes(TIME_BYTES, "big") + signature)

    @classmethod
    def create(cls, path: Path, name: str) -> Self:
        """A new key in a new file of mode 600. Raises FileExistsError for an old file."""
        made = cls(name, os.urandom(_SEED_BYTES))
        key = base64.b64encode(bytes([COSIGNATURE]) + made._seed).decode()  # our own
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(f"{_PREFIX}{made.key.label}+{key}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        return made

    @classmethod
    def open(cls, path: Path) -> Self:
        """The key in a file. Raises CosignerRefused when others can read it, or when it holds none; else OSError."""
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            line = file.read(4096).decode("utf-8", errors="replace").strip()
        if mode & 0o077:
            raise CosignerRefused(
                f"{path}: expected a key file that only its owner can read (mode 600), found mode {mode:03o}: others "
                f"may have read the key. Make a new witness, or run 'chmod 600 {path}' if you are sure"
            )
        try:
            name, stated, encoded = line.removeprefix(_PREFIX).split("+", 2)
            key = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error) as error:
            raise CosignerRefused(f"{path}: expected one line with a private key, found another text") from error
        if not line.startswith(_PREFIX) or len(key) != 1 + _SEED_BYTES or key[0] != COSIGNATURE:
            raise CosignerRefused(f"{path}: expected the Ed25519 key of a witness, found another kind of key")
        made = cls(name, key[1:])
        if made.key.key_id.hex() != stated:
            raise CosignerRefused(f"{path}: the key does not fit its key id: restore the file from its backup")
        return made


def line_of(key: VerifierKey, signature: bytes) -> str:
    """A signature line in its one spelling. `signature` is what follows the key id."""
    return f"\N{EM DASH} {key.name} {base64.b64encode(key.key_id + signature).decode()}\n"


def found_in(text: str, keys: Sequence[VerifierKey]) -> list[Cosignature]:
    """The good cosignatures of these witnesses in a note, in the order of `keys`; the first line of each counts.

    raises  BadNote when the note is malformed, or when a line of one of these keys is not good
    """
    body, lines = note.split(text)
    found = {}
    wanted = {(key.name, key.key_id): key for key in keys if key.kind in COSIGNATURES}
    for name, signature in lines:
        key = wanted.get((name, signature[:KEY_ID_BYTES]))
        if key is None or key in found:
            continue
        rest = signature[KEY_ID_BYTES:]
        if not key.is_signed(body, rest):
            raise BadNote(f"the cosignature of {key.label} is not good: the checkpoint or the cosignature was altered")
        found[key] = Cosignature(key, int.from_bytes(rest[:TIME_BYTES], "big"), line_of(key, rest))
    return [found[key] for key in keys if key in found]


def read_lines(answer: str, checkpoint: str, keys: Sequence[VerifierKey]) -> list[Cosignature]:
    """The good cosignatures in a witness's answer, which is signature lines alone. Raises BadNote as `found_in`."""
    head = checkpoint.rpartition("\n\n")[0]
    return found_in(f"{head}\n\n{answer}", keys)


def add_lines(checkpoint: str, lines: Sequence[str]) -> str:
    """The checkpoint with these signature lines behind its own, each once."""
    if not lines:
        return checkpoint
    head = checkpoint.rpartition("\n\n")[0]
    return note.merge(checkpoint, f"{head}\n\n{''.join(lines)}")


def path_of(size: int, key: VerifierKey) -> str:
    """Where the cosignature of a witness stands in a log directory."""
    return f"{FOLDER}/{number_path(size)}/{key.key_id.hex()}"


def parse_path(path: str) -> tuple[int, str] | None:
    """The size and the key id that a path in a log directory names, or None when it is not of a cosignature."""
    folder, _, rest = path.partition("/")
    number, _, name = rest.rpartition("/")
    size = parse_number(number) if folder == FOLDER else None
    is_id = len(name) == 2 * KEY_ID_BYTES and set(name) <= set("0123456789abcdef")
    return (size, name) if size is not None and is_id else None
