"""The proofs of a release: made from a log, read back, and joined with the rows that they open. Pure but for the log.

proofs/checkpoint       the signed note over the entries up to `release-built`, or the first later one with its quorum
proofs/entries.jsonl    every entry on which the release rests, byte for byte
proofs/multiproof.json  the hashes that lead from those entries to the checkpoint's root
proofs/openings.jsonl   for each content its salt, and its payload where no row or file of the release gives it exactly
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from tallystick import canon, events
from tallystick.bundle.contents import Opened, OpenedObject, notes_place, wanted
from tallystick.bundle.derive import Tables
from tallystick.bundle.rows import Adjudication, Candidate, Judgment, Producer, Record
from tallystick.bundle.state import State
from tallystick.events.envelope import SALT_BYTES, open_entry
from tallystick.events.release import ReleaseBuilt
from tallystick.ledger.checkpoint import Checkpoint
from tallystick.ledger.reader import LogReader

FOLDER = "proofs"
CHECKPOINT, ENTRIES = f"{FOLDER}/checkpoint", f"{FOLDER}/entries.jsonl"
MULTIPROOF, OPENINGS = f"{FOLDER}/multiproof.json", f"{FOLDER}/openings.jsonl"
PATHS = (CHECKPOINT, ENTRIES, MULTIPROOF, OPENINGS)


L = TypeVar("L", bound=msgspec.Struct)


class BadProofs(ValueError):
    """A file of the proofs is not what it should be. The message names file and line."""


class EntryLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of entries.jsonl: a log index and the leaf bytes, base64."""

    index: int
    entry: str


class OpeningLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of openings.jsonl. Payload is null where `place` gives it: a file, or a row and its part."""

    object: str
    place: str
    salt: str  # hexadecimal
    payload: str | None  # base64


class Multiproof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """multiproof.json: the tree size and the hashes, base64, left to right."""

    size: int
    hashes: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The files of the proofs, and the last entry among them."""

    files: dict[str, bytes]
    built_entry: bytes


def make(
    log: LogReader, basis: Sequence[int], openings: bytes, *, built_seq: int, signed: Checkpoint | None = None
) -> Made:
    """All proof files from a log that was sealed at exactly built_seq + 1, or under the checkpoint that is given."""
    signed = signed or log.checkpoint_at(built_seq + 1)
    size = signed.size
    indexes = [*basis, built_seq]
    entries = [log.entry(index) for index in indexes]
    hashes = [base64.b64encode(part).decode() for part in log.multiproof(indexes, size)]
    lines = [EntryLine(index=index, entry=_text(entry)) for index, entry in zip(indexes, entries, strict=True)]
    return Made(
        files={
            CHECKPOINT: signed.note.encode(),
            ENTRIES: b"".join([canon.encode(line) + b"\n" for line in lines]),
            MULTIPROOF: canon.encode(Multiproof(size=size, hashes=hashes)) + b"\n",
            OPENINGS: openings,
        },
        built_entry=entries[-1],
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def built_fact(entry: bytes) -> ReleaseBuilt | None:
    """The `release-built` fact of an entry, or None when it is another or none."""
    try:
        fact = events.fact_of(open_entry(entry))
    except (msgspec.MsgspecError, UnicodeDecodeError, events.UnknownKind):
        return None
    return fact if isinstance(fact, ReleaseBuilt) else None


# --- openings ---------------------------------------------------------------------------------------------------


def openings_bytes(state: State, opened: Mapping[str, OpenedObject], stands: Mapping[str, bytes]) -> bytes:
    """openings.jsonl: one line for each content that the release opens."""
    lines = []
    for place, ref in wanted(state).items():
        thing = opened[place]
        payload = None if stands.get(place) == thing.payload else _text(thing.payload)
        lines.append(OpeningLine(object=ref.object, place=place, salt=thing.salt.hex(), payload=payload))
    return b"".join([canon.encode(line) + b"\n" for line in lines])


def standing(tables: Tables) -> dict[str, bytes]:
    """Payloads as the rows and files of a release give them, by place."""
    return dict(stands_in(tables.records, tables.judgments, tables.adjudications, documents=tables.documents))


def stands_in(
    records: Sequence[Record], judgments: Sequence[Judgment], adjudications: Sequence[Adjudication], *,
    documents: Mapping[str, bytes],
) -> Iterator[tuple[str, bytes]]:  # fmt: skip
    """(place, payload) of everything that rows and files give."""
    yield from documents.items()
    for record in records:
        texts = [{"text": candidate.text} for candidate in record.candidates]
        seen = {"candidates": texts, "context": record.context, "prompt": record.prompt}
        yield f"records/{record.item}/content", canon.encode(seen)
        made = [_made_by(candidate) for candidate in record.candidates]
        hidden: dict[str, object] = {"candidates": made, "gold": None, "group": record.group}
        if record.producer:
            hidden["producer"] = _made_by(record.producer)
        yield f"records/{record.item}/hidden", canon.encode(hidden)
    for judgment in judgments:
        if judgment.is_in_record:
            yield f"judgments/{judgment.judgment}/reasons", canon.encode({"reasons": judgment.reasons})
    for adjudication in adjudications:
        is_withdrawn = adjudication.withdrawn_seq is not None
        place = notes_place(adjudication.item, adjudication.closed_seq, is_withdrawn=is_withdrawn)
        yield place, adjudication.notes.encode()


def _made_by(one: Candidate | Producer) -> dict[str, object]:
    """Which model made something, and how, as a hidden payload says it."""
    sampling = {setting.name: setting.value for setting in one.sampling}
    return {"model": one.model, "sampling": sampling, "version": one.version}


# --- reading ----------------------------------------------------------------------------------------------------


def read_entries(data: bytes) -> dict[int, bytes]:
    """Index: leaf bytes, ascending. Raises BadProofs naming the line."""
    found: dict[int, bytes] = {}
    last = -1
    for where, parsed in _lines(ENTRIES, data, EntryLine):
        if parsed.index <= last:
            raise BadProofs(f"{where}: expected an index above {last}, found {parsed.index}")
        last = parsed.index
        found[last] = _bytes(where, parsed.entry)
    return found


def _lines(path: str, data: bytes, kind: type[L]) -> Iterator[tuple[str, L]]:
    """(where, line) of a file of lines. One spelling only: what could be changed unnoticed would be a loose end."""
    decoder = msgspec.json.Decoder(kind)
    lines = data.split(b"\n")
    if lines.pop():
        raise BadProofs(f"{path}: expected a newline at its end, found none")
    for number, line in enumerate(lines, 1):
        where = f"{path}, line {number}"
        try:
            parsed = decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BadProofs(f"{where}: expected {kind.__name__} as JSON: {error}") from error
        if canon.encode(parsed) != line:
            raise BadProofs(f"{where}: expected canonical JSON, found another spelling")
        yield where, parsed


def _bytes(where: str, text: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise BadProofs(f"{where}: expected base64: {error}") from error
    if _text(found) != text:
        raise BadProofs(f"{where}: expected canonical base64, found another spelling")
    return found


def read_multiproof(data: bytes) -> tuple[int, list[bytes]]:
    """Tree size and hashes. Raises BadProofs."""
    found = list(_lines(MULTIPROOF, data, Multiproof))
    if len(found) != 1:
        raise BadProofs(f"{MULTIPROOF}: expected one line, found {len(found)}")
    where, parsed = found[0]
    return parsed.size, [_bytes(where, part) for part in parsed.hashes]


@dataclass(frozen=True, slots=True)
class Opening:
    """One line of openings.jsonl, read: its payload is None where a row or file gives it."""

    object: str
    place: str
    salt: bytes
    payload: bytes | None

    def opened(self, stands: Mapping[str, bytes]) -> Opened | None:
        """The content, with its payload from the line or from what stands in the release; None when neither has it."""
        payload = stands.get(self.place) if self.payload is None else self.payload
        return None if payload is None else Opened(payload, self.salt)


def read_openings(data: bytes) -> dict[str, Opening]:
    """Object id: its opening. Raises BadProofs naming the line."""
    found: dict[str, Opening] = {}
    for where, parsed in _lines(OPENINGS, data, OpeningLine):
        try:
            salt = bytes.fromhex(parsed.salt)
        except ValueError as error:
            raise BadProofs(f"{where}: expected a salt in hexadecimal: {error}") from error
        if len(salt) != SALT_BYTES or salt.hex() != parsed.salt:
            raise BadProofs(f"{where}: expected a salt of {SALT_BYTES} bytes in lower-case hexadecimal, found another")
        if parsed.object in found:
            raise BadProofs(f"{where}: expected each object once, found {parsed.object} again")
        payload = None if parsed.payload is None else _bytes(where, parsed.payload)
        found[parsed.object] = Opening(parsed.object, parsed.place, salt, payload)
    return found
