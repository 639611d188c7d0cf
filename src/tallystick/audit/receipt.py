"""Hold receipts against a log, offline. Reads receipt files and a log directory; writes nothing.

A verdict rests on what the log key signed twice: the receipt, and the checkpoint of the log. Files of the log that do
not lead to its signed root prove nothing against anybody, for whoever copied them may have altered them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import msgspec

from tallystick.audit.log import succession
from tallystick.ledger import cosignature, note
from tallystick.ledger.checkpoint import BadCheckpoint, Checkpoint
from tallystick.ledger.note import BadNote, VerifierKey
from tallystick.ledger.proof import RecordProof
from tallystick.ledger.reader import LogReader, NotInLog
from tallystick.ledger.receipt import BadReceipt, Promise, ReceiptFile, parse_receipt, split_receipts
from tallystick.ledger.tiles import BadBundle
from tallystick.ledger.tree import ProofError, leaf_hash, leaf_hashes, root_of, verify_inclusion

SECOND = 1_000_000


class Verdict(StrEnum):
    """What one receipt and one log show together."""

    IN_LOG = "in-log"
    REPLACED = "replaced"
    TRUNCATED = "truncated"
    OVERDUE = "overdue"
    LEFT_OUT = "left-out"
    NOT_DUE = "not-due"
    NO_RECEIPT = "no-receipt"
    COULD_NOT_CHECK = "could-not-check"


PROVEN = frozenset({Verdict.REPLACED, Verdict.TRUNCATED, Verdict.OVERDUE, Verdict.LEFT_OUT})
"""The verdicts that speak against the cell."""

REPLACED = (
    "The log key signed a receipt for an entry at place {place}, and a checkpoint of {size} entries with another entry "
    "at that place. It was replaced after the receipt was given."
)
TRUNCATED = (
    "The log key signed a receipt for an entry at place {place} of time {at}, and a checkpoint of {size} entries, "
    "whose last is of the later time {last}, {late}. The log went on without the entry: it was cut off after the "
    "receipt was given."
)
OVERDUE = (
    "The log was to hold place {place} by {by}. By the word of {who} its newest checkpoint was put before them at {at} "
    "and ended at {size}. That is a broken promise, unless somebody put an old checkpoint before them: take the log "
    "anew, for an honest cell shows the entry."
)
NOT_DUE = (
    "The log of {size} entries does not reach place {place}, and nothing in it is later than {by}, by which it is to "
    "be sealed. Keep the receipt, and take the log again after that time."
)
DAMAGED = "The files of this copy of the log are damaged, so it shows nothing: {error}. Take another copy."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptReport:
    """What became of one receipt.

    source    the file, with the number of the receipt in it when it holds several
    says      what is shown, in full sentences
    against   who is convicted by it; None when nobody is
    index     place in the log; None when the file is no receipt
    seal_by   microseconds since 1970 by which the log was to hold it
    proof     a C2SP record proof of what the log holds instead, to be kept with the receipt
    entry     that entry
    """

    source: str
    verdict: Verdict
    says: str
    against: str | None = None
    index: int | None = None
    at: int | None = None
    seal_by: int | None = None
    proof: str | None = None
    entry: str | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """Somebody's word that a checkpoint was put before them at a time, in microseconds since 1970."""

    who: str
    at: int


@dataclass(slots=True)
class _Log:
    """A log directory with its newest good checkpoint."""

    reader: LogReader
    signed: Checkpoint
    keys: Sequence[VerifierKey]
    words: Sequence[Word]

    @property
    def holder(self) -> str:
        """Whom a contradiction convicts."""
        ids = ", ".join(key.label for key in self.keys)
        return f"whoever holds the log key {ids}"

    def proven(self, index: int) -> bytes:
        """The entry at a place, if the signed root vouches for it. Raises NotInLog, BadBundle or ProofError."""
        entry = self.reader.entry(index)
        self._verify(index, leaf_hash(entry))
        return entry

    def holds(self, index: int, leaf: bytes) -> bool:
        """Does the signed root vouch for this leaf at this place? Raises NotInLog when hashes are missing."""
        try:
            self._verify(index, leaf)
        except ProofError:
            return False
        return True

    def _verify(self, index: int, leaf: bytes) -> None:
        path, size = self.reader.inclusion_proof(index, self.signed.size), self.signed.size
        verify_inclusion(path, index=index, size=size, leaf=leaf, root=self.signed.root)


class LogUnreadable(RuntimeError):
    """The log directory has no checkpoint that a given key signed."""


def read_files(paths: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Each receipt in the files with where it stands. Raises OSError; a file that holds none comes as it is."""
    for path in paths:
        text = path.read_bytes().decode(errors="replace")
        try:
            parts = split_receipts(text)
        except BadReceipt:
            parts = [text]
        several = len(parts) > 1
        yield from ((f"{path}, receipt {n}" if several else str(path), part) for n, part in enumerate(parts, 1))


def check_receipts(
    texts: Sequence[tuple[str, str]], directory: Path, keys: Sequence[VerifierKey], *,
    witnesses: Sequence[VerifierKey] = (), words: Sequence[Word] = (), with_counts: bool = False,
) -> list[ReceiptReport]:  # fmt: skip
    """One report for each receipt, in their order; one more for each person whose counts do not come out.

    texts        (source, text) of each receipt
    keys         verifier keys of the log that are trusted: those that it changed to are taken as its entries prove them
    witnesses    verifier keys of witnesses whose cosignature times count
    words        other words on when the newest checkpoint was seen, such as time-stamps
    with_counts  compare the numbers of each person's events, as far as the receipts hold entries, with the log

    raises  LogUnreadable when nothing can be held against this log
    """
    found = succession.keys_of(directory, keys)
    keys = found.known
    log = _open(directory, found, witnesses=witnesses, words=words)
    good: list[tuple[str, ReceiptFile]] = []
    reports = []
    for source, text in texts:
        try:
            file = parse_receipt(text)
            promise = file.verify(keys)
        except (BadReceipt, BadNote, ProofError) as error:
            says = f"This is no receipt of this log, and proves nothing against anybody: {error}."
            reports.append(ReceiptReport(source=source, verdict=Verdict.NO_RECEIPT, says=says))
            continue
        good.append((source, file))
        reports.append(_check(source, file, promise, log))
    return [*reports, *(_counts(good, log) if with_counts else ())]


def newest(directory: Path, keys: Sequence[VerifierKey]) -> tuple[LogReader, Checkpoint]:
    """The newest checkpoint of a log directory that the keys vouch for. Raises LogUnreadable."""
    reader = LogReader(directory)
    try:
        signed = reader.checkpoint(*keys)
        sizes = reader.archived_sizes()
        if sizes and sizes[-1] > signed.size:
            signed = reader.checkpoint_at(sizes[-1], *keys)
    except (NotInLog, BadNote, BadCheckpoint, OSError) as error:
        raise LogUnreadable(f"{directory}: expected a log with a checkpoint that the key signed: {error}") from error
    return reader, signed


def _open(directory: Path, own: succession.Keys, *, witnesses: Sequence[VerifierKey], words: Sequence[Word]) -> _Log:
    keys = own.known
    reader, signed = newest(directory, keys)
    why_not = succession.why_not_newest(signed, own, {})
    if why_not is not None:
        raise LogUnreadable(f"{directory}: {why_not}")
    try:
        found = note.verify(_with_cosignatures(reader.directory, signed, witnesses), [*keys, *witnesses])
    except (BadNote, UnicodeDecodeError, OSError) as error:
        raise LogUnreadable(f"{directory}: expected a checkpoint with good signatures: {error}") from error
    seen = [Word(f"the witness {by.key.label}", by.time * SECOND) for by in found.signed_by if by.time is not None]
    return _Log(reader, signed, keys, [*seen, *words])


def _with_cosignatures(directory: Path, signed: Checkpoint, witnesses: Sequence[VerifierKey]) -> str:
    """The checkpoint with the cosignatures that stand beside it, each in a file of its own."""
    paths = [directory / cosignature.path_of(signed.size, key) for key in witnesses]
    lines = [path.read_bytes().decode() for path in paths if path.is_file()]
    return cosignature.add_lines(signed.note, lines)


def _check(source: str, file: ReceiptFile, promise: Promise, log: _Log) -> ReceiptReport:
    try:
        found = _judge(file, promise, log)
        proof, entry = (None, None) if found.place is None else _evidence(log, found.place)
    except (NotInLog, BadBundle, ProofError) as error:
        found, proof, entry = _Finding(Verdict.COULD_NOT_CHECK, DAMAGED.format(error=error)), None, None
    against = log.holder if found.verdict in PROVEN else None
    return ReceiptReport(
        source=source, verdict=found.verdict, says=found.says, against=against, index=file.index, at=promise.at,
        seal_by=promise.seal_by, proof=proof, entry=entry,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Finding:
    """A verdict, what it says, and the place of the log's entry that contradicts the receipt."""

    verdict: Verdict
    says: str
    place: int | None = None


def _judge(file: ReceiptFile, promise: Promise, log: _Log) -> _Finding:
    size = log.signed.size
    if file.index < size:
        if log.holds(file.index, file.leaf):
            return _Finding(Verdict.IN_LOG, f"The log of {size} entries holds it at its place, {file.index}.")
        log.proven(file.index)
        return _Finding(Verdict.REPLACED, REPLACED.format(place=file.index, size=size), file.index)
    last_at = _time_of(log.proven(size - 1)) if size else 0
    if last_at > promise.at:
        # Journal time never decreases, so whatever stands before the entry cannot be younger.
        late = "and past the time to seal by" if last_at > promise.seal_by else "and the time to seal by is not past"
        says = TRUNCATED.format(place=file.index, at=promise.at, size=size, last=last_at, late=late)
        return _Finding(Verdict.TRUNCATED, says, size - 1)
    word = max(log.words, key=lambda word: word.at, default=None)
    if word is not None and word.at > promise.seal_by:
        says = OVERDUE.format(place=file.index, by=promise.seal_by, who=word.who, at=word.at, size=size)
        return _Finding(Verdict.OVERDUE, says)
    return _Finding(Verdict.NOT_DUE, NOT_DUE.format(size=size, place=file.index, by=promise.seal_by))


def _evidence(log: _Log, place: int) -> tuple[str, str]:
    path = tuple(log.reader.inclusion_proof(place, log.signed.size))
    proof = RecordProof(index=place, hashes=path, checkpoint=log.signed.note)
    return proof.text(), log.proven(place).decode(errors="replace")


class _Envelope(msgspec.Struct):
    at: int = 0
    by: str = ""
    n: int = 0


_DECODER = msgspec.json.Decoder(_Envelope)


def _envelope(entry: bytes) -> _Envelope:
    try:
        return _DECODER.decode(entry)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ProofError(f"expected an entry with time, actor and number, found {error}") from error


def _time_of(entry: bytes) -> int:
    return _envelope(entry).at


@dataclass(slots=True)
class _Person:
    """The numbers of one person's events: those that they hold receipts for, and those in the log."""

    held: dict[int, str] = field(default_factory=dict)
    logged: set[int] = field(default_factory=set)


def _counts(good: Sequence[tuple[str, ReceiptFile]], log: _Log) -> Iterator[ReceiptReport]:
    """Events of a person that lie between two that they hold receipts for, and are not in the log."""
    people: dict[str, _Person] = {}
    for source, file in good:
        if file.entry is not None and file.index < log.signed.size:
            envelope = _envelope(file.entry)
            people.setdefault(envelope.by, _Person()).held[envelope.n] = source
    try:
        _read_counts(people, log)
    except (NotInLog, BadBundle, ProofError) as error:
        says = f"The numbers could not be compared: {error}. Take another copy of the log."
        yield ReceiptReport(source="counts", verdict=Verdict.COULD_NOT_CHECK, says=says)
        return
    for who, person in sorted(people.items()):
        first, last = min(person.held), max(person.held)
        missing = sorted(set(range(first, last + 1)) - person.logged)
        if missing:
            says = (
                f"{who} holds receipts for their events number {first} and {last}. The log does not hold their "
                f"event number {missing[0]}" + (f", and {len(missing) - 1} more" if len(missing) > 1 else "") + ". "
                "Numbers are given without gaps, so it was left out."
            )
            yield ReceiptReport(source=person.held[last], verdict=Verdict.LEFT_OUT, says=says, against=log.holder)
        else:
            says = f"All events of {who} from number {first} to {last} are in the log, without a gap."
            yield ReceiptReport(source=f"counts of {who}", verdict=Verdict.IN_LOG, says=says)


def _read_counts(people: dict[str, _Person], log: _Log) -> None:
    row = bytearray()
    for entry in log.reader.entries(0, log.signed.size):
        row += leaf_hashes([entry])
        envelope = _envelope(entry)
        if envelope.by in people:
            people[envelope.by].logged.add(envelope.n)
    if root_of(bytes(row)) != log.signed.root:
        raise ProofError("the entries of this copy do not lead to its signed root")
