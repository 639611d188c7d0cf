"""Signed receipts: what a cell promises to seal, before it is sealed. Texts to values and back; pure.

A run of journal rows that stand side by side is hashed into a tree of its own, and the log key signs the tree's root
with the places of the rows, their time, and the time by which the log will hold them. One signature serves a whole
run; each row has its own file, with the path from its leaf to that root.

The signed text cannot be taken for a checkpoint: where a checkpoint has its size, this has the name of the log, and
where a checkpoint has a root of 44 base64 signs, this has a number of 20 digits at most.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from tallystick.ledger import note
from tallystick.ledger.checkpoint import is_plain_number
from tallystick.ledger.note import VerifierKey
from tallystick.ledger.tiles import HASH_BYTES
from tallystick.ledger.tree import ProofError, leaf_hash, make_inclusion, read_from, root_of, verify_inclusion

FILE_HEADER = "tallystick/receipt-file/v1"
NOTE_HEADER = "tallystick/receipt/v1"
EXTENSION = ".tallystick-receipt"
_LINES = 7
_NUMBER_MAX = 2**63 - 1


class BadReceipt(ValueError):
    """A receipt is malformed, or its parts do not fit together. The message says what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What the log key signs: these rows stand here, and the log will hold them by then.

    origin     the name of the log
    first_seq  place of the first row of the run in the journal, which is its index in the log
    count      how many rows the run has
    at         journal time of all of them, microseconds since 1970 in UTC
    seal_by    when the log will hold them at the latest, microseconds since 1970 in UTC
    root       RFC 6962 root over the leaf hashes of the run alone
    """

    origin: str
    first_seq: int
    count: int
    at: int
    seal_by: int
    root: bytes

    def text(self) -> str:
        """The text that is signed."""
        numbers = (self.first_seq, self.count, self.at, self.seal_by)
        lines = [NOTE_HEADER, self.origin, *map(str, numbers), base64.b64encode(self.root).decode()]
        return "".join(f"{line}\n" for line in lines)

    def covers(self, index: int) -> bool:
        """Is this place one of the run?"""
        return self.first_seq <= index < self.first_seq + self.count


def promise_over(row: bytes, *, origin: str, first_seq: int, at: int, seal_by: int) -> Promise:
    """The promise over a run whose leaf hashes are given as one byte string; at least one."""
    count = len(row) // HASH_BYTES
    if not count:
        raise BadReceipt("expected at least one entry to give a receipt for, found none")
    return Promise(origin=origin, first_seq=first_seq, count=count, at=at, seal_by=seal_by, root=root_of(row))


def sign(promise: Promise, signers: Sequence[note.NoteSigner]) -> str:
    """The signed note of a promise."""
    return note.sign(promise.text(), signers)


def read_promise(text: str) -> Promise:
    """The promise as a note states it. Verifies no signature. Raises BadReceipt or note.BadNote."""
    signed_text, _ = note.split(text)
    lines = signed_text.removesuffix("\n").split("\n")
    if len(lines) != _LINES or lines[0] != NOTE_HEADER:
        raise BadReceipt(f"expected {_LINES} lines that begin with {NOTE_HEADER!r}, found {len(lines)}: {lines[0]!r}")
    first_seq, count, at, seal_by = (_number(line) for line in lines[2:6])
    if not count or seal_by < at or not lines[1]:
        raise BadReceipt("expected the name of a log, one entry or more, and a time to seal by that is not past")
    root = _hash(lines[6])
    return Promise(origin=lines[1], first_seq=first_seq, count=count, at=at, seal_by=seal_by, root=root)


def open_promise(text: str, keys: Sequence[VerifierKey]) -> Promise:
    """A promise that one of the keys signed, which all bear the name of its log.

    raises  note.BadNote for the signature, BadReceipt for the text
    """
    signed = note.verify(text, keys)
    found = read_promise(text)
    for by in signed.signed_by:
        if by.key.name != found.origin or by.key.kind != note.ED25519:
            raise BadReceipt(f"expected a receipt of the log {by.key.name!r}, found one of {found.origin!r}")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFile:
    """What one person keeps: where their entry stands, its leaf hash, the path to the root, the signed note.

    entry  the leaf bytes themselves; None when they tell more than their causer may know
    """

    index: int
    leaf: bytes
    path: tuple[bytes, ...]
    note: str
    entry: bytes | None = None

    def text(self) -> str:
        """The bytes of a receipt file, as text."""
        lines = [FILE_HEADER]
        if self.entry is not None:
            lines.append(f"entry {base64.b64encode(self.entry).decode()}")
        lines += [f"index {self.index}", f"leaf {base64.b64encode(self.leaf).decode()}"]
        lines += [base64.b64encode(part).decode() for part in self.path]
        return "\n".join([*lines, "", self.note])

    def verify(self, keys: Sequence[VerifierKey]) -> Promise:
        """The promise, if a key signed it and it covers this leaf at this place.

        raises  note.BadNote for the signature, BadReceipt for the text, ProofError for the path
        """
        promise = open_promise(self.note, keys)
        if not promise.covers(self.index):
            last = promise.first_seq + promise.count - 1
            raise ProofError(f"expected an index from {promise.first_seq} to {last}, found {self.index}")
        if self.entry is not None and leaf_hash(self.entry) != self.leaf:
            raise ProofError(
                "expected the leaf hash of the entry that the receipt holds, found another: it was altered"
            )
        place = self.index - promise.first_seq
        verify_inclusion(self.path, index=place, size=promise.count, leaf=self.leaf, root=promise.root)
        return promise


def receipt_of(row: bytes, signed: str, *, index: int, entry: bytes | None) -> ReceiptFile:
    """The receipt of one entry of a run.

    row     the leaf hashes of the run
    signed  the note over it
    entry   what may be shown of it: its leaf bytes or nothing
    """
    promise = read_promise(signed)
    place = index - promise.first_seq
    path = tuple(make_inclusion(place, promise.count, read_from(row)))
    leaf = row[place * HASH_BYTES : (place + 1) * HASH_BYTES]
    return ReceiptFile(index=index, leaf=leaf, path=path, note=signed, entry=entry)


def parse_receipt(text: str) -> ReceiptFile:
    """A receipt file, read but not verified. Raises BadReceipt naming the line that is wrong."""
    head, separator, signed = text.partition("\n\n")
    lines = head.split("\n")
    if not separator or lines.pop(0) != FILE_HEADER:
        raise BadReceipt(f"expected a text that begins with {FILE_HEADER!r} and has an empty line, found another")
    entry = _bytes(lines.pop(0).removeprefix("entry ")) if lines and lines[0].startswith("entry ") else None
    index = _number(_named(lines, "index"))
    leaf = _hash(_named(lines, "leaf"))
    return ReceiptFile(index=index, leaf=leaf, path=tuple(map(_hash, lines)), note=signed, entry=entry)


def _named(lines: list[str], name: str) -> str:
    found = lines.pop(0) if lines else ""
    if not found.startswith(f"{name} "):
        raise BadReceipt(f"expected a line '{name} ...', found {found!r}")
    return found.removeprefix(f"{name} ")


def _number(text: str) -> int:
    if not is_plain_number(text) or int(text) > _NUMBER_MAX:
        raise BadReceipt(f"expected a plain number up to {_NUMBER_MAX}, found {text!r}")
    return int(text)


def _hash(text: str) -> bytes:
    found = _bytes(text)
    if len(found) != HASH_BYTES:
        raise BadReceipt(f"expected a hash of {HASH_BYTES} bytes, found {len(found)}")
    return found


def _bytes(text: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadReceipt(f"expected base64, found {text!r}") from error
    if base64.b64encode(found).decode() != text:
        raise BadReceipt(f"expected base64 in its one right form, found {text!r}")
    return found


def split_receipts(text: str) -> list[str]:
    """The texts of the receipts that stand in one file, one behind the other. Raises BadReceipt for another file.

    Each is read by itself, so that one that was cut off in the middle of writing does not take the others along.
    """
    before, *parts = text.split(f"{FILE_HEADER}\n")
    if before or not parts:
        raise BadReceipt(f"expected a file that begins with {FILE_HEADER!r}, found another")
    return [f"{FILE_HEADER}\n{part}" for part in parts]
