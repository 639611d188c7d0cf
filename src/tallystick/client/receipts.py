"""Signed receipts on the client's own disk: one file for each log that only grows, durable before a call returns.

A receipt is worth nothing in the cell's hands. Kept here, it proves that an answer was left out or changed.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import msgspec

from tallystick.ledger.note import BadNote, VerifierKey, parse_vkey
from tallystick.ledger.receipt import BadReceipt, ReceiptFile, parse_receipt, read_promise, split_receipts
from tallystick.ledger.tree import ProofError

FILE = "receipts.tallystick-receipt"


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A signed receipt as an answer brings it. `text` None: the log key did not answer; `why_not` says what to do."""

    seq: int
    text: str | None
    name: str
    why_not: str | None


class SealedReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """One's own entry in the log; `proof` is None until it is sealed."""

    seq: int
    kind: str
    at: int
    by: str
    entry: str | None  # None for an answer to a gold item
    leaf: str
    is_sealed: bool
    sealed_size: int
    proof: str | None
    vkey: str


class ReceiptNotGood(RuntimeError):
    """The cell took the answer, and the receipt it gave proves nothing: it says why. Ask the cell's lead."""


class KeptReceipts:
    """The receipts of one person in a folder: one folder for each log, one file in it that only ever grows.

    folder  made when it is not there, for its owner alone
    vkeys   verifier key lines of the log: each receipt is verified when it is kept; without them none is
    """

    def __init__(self, folder: Path, *, vkeys: Sequence[str] = ()) -> None:
        self.folder = Path(folder)
        self._keys: list[VerifierKey] = [parse_vkey(line) for line in vkeys]

    def add(self, text: str) -> Path:
        """Keep one receipt, durably; the file it stands in. Raises ReceiptNotGood, and keeps it all the same."""
        problem = self._problem(text)
        path = self._append(text, self._origin(text))
        if problem:
            raise ReceiptNotGood(f"expected a receipt that the log key signed, found {problem}. It is kept in {path}")
        return path

    def files(self) -> list[Path]:
        """Every file of receipts: what `tallystick log receipt` takes."""
        return sorted(self.folder.glob(f"*/{FILE}"))

    def all(self) -> list[ReceiptFile]:
        """Every receipt that can be read, oldest first in each log; one that was cut off in writing is passed over."""
        found = []
        for path in self.files():
            for part in split_receipts(path.read_text()):
                try:
                    found.append(parse_receipt(part))
                except BadReceipt:
                    continue
        return found

    def problems(self) -> list[str]:
        """What is wrong with the receipts that are kept, one sentence for each that proves nothing."""
        parts = [(path, part) for path in self.files() for part in split_receipts(path.read_text())]
        return [f"{path}: {problem}" for path, part in parts if (problem := self._problem(part))]

    def _problem(self, text: str) -> str:
        try:
            file = parse_receipt(text)
            if self._keys:
                file.verify(self._keys)
        except (BadReceipt, BadNote, ProofError) as error:
            return str(error)
        return ""

    @staticmethod
    def _origin(text: str) -> str:
        try:
            return read_promise(parse_receipt(text).note).origin
        except (BadReceipt, BadNote):
            return "unreadable"

    def _append(self, text: str, origin: str) -> Path:
        folder = self.folder / quote(origin, safe="").replace(".", "%2E")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / FILE
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            data = text.encode()
            while data:
                data = data[os.write(handle, data) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        for made in (folder, self.folder):
            entry = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(entry)
            finally:
                os.close(entry)
        return path
