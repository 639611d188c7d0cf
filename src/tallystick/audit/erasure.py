"""Check an erasure certificate against a log, offline. Reads a certificate and a log directory; writes nothing.

A certificate says that keys are destroyed. That they are nobody can prove; what is checked is that the log key signed
it, that the events it names stand in the signed log exactly so, and that the log knows this very certificate.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from tallystick import canon, events
from tallystick.audit.log.report import Findings, LogReport, Status
from tallystick.audit.log.succession import keys_of, parse_keys
from tallystick.events.envelope import Envelope, open_entry
from tallystick.events.erasure import ErasureCompleted, ErasureOrdered, ObjectsErased
from tallystick.flow.erasure import digest_of, read_certificate
from tallystick.ledger import note
from tallystick.ledger.checkpoint import BadCheckpoint
from tallystick.ledger.note import BadKey, BadNote, VerifierKey
from tallystick.ledger.reader import LogReader, NotInLog
from tallystick.ledger.tiles import BadBundle
from tallystick.ledger.tree import ProofError

_UNREADABLE = (NotInLog, BadBundle, BadCheckpoint, OSError, msgspec.MsgspecError, events.UnknownKind)
_KINDS = frozenset({ErasureOrdered.KIND, ObjectsErased.KIND, ErasureCompleted.KIND})
Stated = dict[str, list[str]]


def verify_certificate(certificate: str, directory: Path, vkeys: str) -> LogReport:
    """Hold a certificate against a log.

    vkeys  verifier key lines of the log, one a line, from somewhere else than the log: keys that it changed to are
           taken as its entries prove them

    Never raises for what it finds: a log that cannot be read gives `could-not-check`.
    """
    found = Findings()
    try:
        keys = keys_of(directory, parse_keys(vkeys))
        log = LogReader(directory)
        size = log.checkpoint().size
    except (BadKey, *_UNREADABLE) as error:
        return LogReport(status=Status.COULD_NOT_CHECK, notes=(str(error),))
    try:
        signed = note.verify(certificate, keys.known)
        stated = read_certificate(signed.text)
        seq = int(_one(stated, "seq"))
        found.checked.append(f"Signature of {signed.signed_by[0].key.label} over the certificate.")
    except (BadNote, ValueError) as error:
        return LogReport(status=Status.BAD, problems_count=1, notes=(f"The certificate is not good: {error}",))
    try:
        _check_events(stated, seq, log, size, keys=keys.heads, certificate=certificate, found=found)
    except ValueError as error:
        if not isinstance(error, _UNREADABLE):
            return LogReport(status=Status.BAD, problems_count=1, notes=(f"The certificate is not good: {error}",))
        return LogReport(status=Status.COULD_NOT_CHECK, notes=(f"The log cannot be read: {error}",))
    except _UNREADABLE as error:
        return LogReport(status=Status.COULD_NOT_CHECK, notes=(f"The log cannot be read: {error}",))
    found.notes.extend(stated.get("limit", []))
    found.notes.append("That the keys are destroyed rests on the word of the cell: no proof of it is possible.")
    return LogReport(
        status=Status.BAD if found.count else Status.OK, origin=_one(stated, "origin"), size=size,
        problems=tuple(found.problems), problems_count=found.count, checked=tuple(found.checked),
        notes=tuple(found.notes),
    )  # fmt: skip


def _one(stated: Stated, name: str) -> str:
    values = stated.get(name, [])
    if len(values) != 1:
        raise ValueError(f"expected one line {name}, found {len(values)}")
    return values[0]


@dataclass(slots=True)
class _InLog:
    """What a log says of one erasure."""

    ordered: Envelope | None = None
    objects: list[str] = field(default_factory=list)
    completed: tuple[int, ErasureCompleted] | None = None

    def take(self, place: int, envelope: Envelope, name: str) -> None:
        """One more entry."""
        if envelope.kind not in _KINDS:
            return
        fact = events.fact_of(envelope)
        if getattr(fact, "erasure", None) != name:
            return
        if isinstance(fact, ErasureOrdered):
            self.ordered = envelope
        elif isinstance(fact, ObjectsErased):
            self.objects += fact.objects
        elif isinstance(fact, ErasureCompleted):
            self.completed = (place, fact)


def _check_events(
    stated: Stated, seq: int, log: LogReader, size: int, *, keys: Sequence[VerifierKey], certificate: str,
    found: Findings,
) -> None:  # fmt: skip
    if seq >= size:
        found.add("certificate", seq, f"expected the order in the log, found a log of {size} entries")
        return
    held = _InLog()
    for place, entry in enumerate(log.entries(seq, size), seq):
        held.take(place, open_entry(entry), _one(stated, "erasure"))
    if held.ordered is None or held.ordered.seq != seq:
        found.add("certificate", seq, "expected the order of this erasure at its place in the log, found none there")
        return
    _check_order(stated, held.ordered, found)
    number, _, digest = _one(stated, "objects").partition(" ")
    if (str(len(held.objects)), digest_of(held.objects)) != (number, digest):
        what = f"expected the {number} objects of the certificate, found {len(held.objects)} in the log"
        found.add("certificate", seq, what)
    _check_proof(log, seq, keys, found)
    if held.completed is None:
        found.add("certificate", None, "expected the completion of the erasure in the log, found none")
        return
    _check_completion(stated, held.completed[1], certificate, held.completed[0], found=found)
    _check_proof(log, held.completed[0], keys, found)
    found.checked.append(f"Order, {len(held.objects)} objects and completion against {size} entries of the log.")


def _check_order(stated: Stated, envelope: Envelope, found: Findings) -> None:
    fact = events.fact_of(envelope)
    assert isinstance(fact, ErasureOrdered)
    expected = {
        "erasure": fact.erasure, "kind": fact.what, "target": fact.target,
        "objects": f"{fact.objects} {fact.objects_digest}",
    }  # fmt: skip
    for name, value in expected.items():
        if _one(stated, name) != value:
            found.add("certificate", envelope.seq, f"{name}: expected {value}, as the log says, found another")
    if _one(stated, "ordered").partition(" ")[0] != str(envelope.at):
        found.add("certificate", envelope.seq, f"ordered: expected {envelope.at}, as the log says, found another")
    if stated.get("release", []) != fact.releases:
        found.add("certificate", envelope.seq, "release: expected the releases that the log names, found others")


def _check_completion(stated: Stated, fact: ErasureCompleted, certificate: str, place: int, *, found: Findings) -> None:
    # Lines of witnesses may have been added to a copy: what the log knows is the text with the log's own lines.
    if canon.digest(certificate.encode()) != fact.certificate_digest:
        found.add("certificate", place, "expected the certificate whose digest the log holds, found another")
    epochs = [int(line.partition(" ")[0]) for line in stated.get("epoch", [])]
    if epochs != fact.epochs or _one(stated, "final").partition(" ")[0] != str(fact.final_at):
        found.add("certificate", place, "epoch, final: expected what the log says, found another")


def _check_proof(log: LogReader, place: int, keys: Sequence[VerifierKey], found: Findings) -> None:
    entry, proof, last = log.entry(place), log.record_proof(place), "no key"
    for key in keys:
        try:
            proof.verify(entry, key)
        except (BadNote, BadCheckpoint, ProofError) as error:
            last = str(error)
        else:
            return
    found.add("certificate", place, f"expected an entry that the signed log proves: {last}")
