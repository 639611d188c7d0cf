"""C2SP checkpoints: origin, size and root of the log, as the text of a signed note. Pure.

Three lines and no extension lines: witnesses differ in how they read those, so we neither write nor accept them.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from tallystick.ledger import note
from tallystick.ledger.tiles import HASH_BYTES
from tallystick.ledger.tree import EMPTY_ROOT

SIZE_MAX = 2**63 - 1


class BadCheckpoint(ValueError):
    """The text of a note is not a checkpoint of this log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What the log was at one moment, and the signed note that says so.

    origin  the name of the log, which is the name of its key
    size    how many entries it covers
    root    the root of the tree over them, 32 bytes
    note    the whole signed note, as text: what is published
    """

    origin: str
    size: int
    root: bytes
    note: str


def body(origin: str, size: int, root: bytes) -> str:
    """The text that is signed."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def sign(origin: str, size: int, root: bytes, *, signers: Sequence[note.NoteSigner]) -> Checkpoint:
    """A checkpoint with a line of each signer. The caller has made sure that it may never sign another root of it.

    signers  more than one while a log changes its key: who trusts either key can read the checkpoint
    """
    signed = note.sign(body(origin, size, root), signers)
    return Checkpoint(origin=origin, size=size, root=root, note=signed)


def open_signed(text: str, *keys: note.VerifierKey) -> Checkpoint:
    """A checkpoint that at least one of the keys signed and whose origin is the name of one that did.

    keys    those trusted for one log: more than one where the log has changed its key
    raises  note.BadNote for the signature, BadCheckpoint for the text
    """
    names = sorted({signed.key.name for signed in note.verify(text, keys).signed_by})
    found = read(text)
    if found.origin not in names:
        raise BadCheckpoint(f"expected a checkpoint of the log {' or '.join(map(repr, names))}, found {found.origin!r}")
    return found


def is_plain_number(text: str) -> bool:
    """Is this a number from 0 to 2^64 or so, in its one right form?"""
    return text.isascii() and text.isdigit() and len(text) <= 20 and (text == "0" or text[0] != "0")


def read(text: str) -> Checkpoint:
    """A checkpoint as its note states it. Verifies no signature.

    raises  note.BadNote or BadCheckpoint, saying what was expected
    """
    signed_text, _ = note.split(text)
    lines = signed_text.split("\n")
    if len(lines) != 4 or not lines[0]:
        raise BadCheckpoint(f"expected three lines (origin, size, root), found {len(lines) - 1}")
    origin, size, encoded = lines[:3]
    if not is_plain_number(size):
        raise BadCheckpoint(f"expected the size as a plain number, found {size!r}")
    if int(size) > SIZE_MAX:
        raise BadCheckpoint(f"expected a size up to {SIZE_MAX}, found {size}")
    try:
        root = note.from_base64(encoded)
    except ValueError as error:
        raise BadCheckpoint(f"expected the root as base64, found {encoded!r}") from error
    if len(root) != HASH_BYTES:
        raise BadCheckpoint(f"expected a root of {HASH_BYTES} bytes, found {len(root)}")
    if size == "0" and root != EMPTY_ROOT:
        raise BadCheckpoint("expected the root of the empty tree at size 0, found another")
    return Checkpoint(origin=origin, size=int(size), root=root, note=text)
