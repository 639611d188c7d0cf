"""Which keys are the log's, for who pinned some of them. Reads entries, proofs and checkpoints of a log directory.

A log changes its key by an entry that names the new one (`log-key-added/1`); its first entry names the first. A key is
taken only when a checkpoint that a key taken before has signed proves that entry: so whoever holds the new key alone
cannot make itself known. Nor can whoever holds an old one go on with it: what is newest must be signed by the pinned
key or one that came after it, and by one that no entry retires (`log-key-retired/1`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from tallystick.audit.log.entries import EntryCheck
from tallystick.events.custody import LogKeyAdded, LogKeyRetired
from tallystick.events.oversight import CellOpened
from tallystick.ledger import note, tree
from tallystick.ledger.checkpoint import BadCheckpoint, Checkpoint
from tallystick.ledger.note import ED25519, BadKey, BadNote, VerifierKey, parse_vkey
from tallystick.ledger.reader import LogReader, NotInLog
from tallystick.ledger.tiles import BadBundle

_MARKS = (LogKeyAdded.KIND.encode(), CellOpened.KIND.encode())
_RETIRED = LogKeyRetired.KIND.encode()
_BAD = (BadNote, BadCheckpoint, NotInLog, BadBundle)


class _Body(msgspec.Struct):
    vkey: str = ""


class _Entry(msgspec.Struct):
    kind: str
    body: _Body


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a log.

    known  all of them: the pinned ones, and those that follow or came before
    heads  those of them that may sign what is newest: the pinned one and those after it
    """

    known: tuple[VerifierKey, ...]
    heads: tuple[VerifierKey, ...]


def parse_keys(lines: str) -> tuple[VerifierKey, ...]:
    """The log keys in the text of a file, one a line, oldest first: more than one after a change of keys.

    raises  BadKey for a line that is none, or when they are of several logs
    """
    keys = tuple(dict.fromkeys(parse_vkey(line.strip()) for line in lines.splitlines() if line.strip()))
    if not keys:
        raise BadKey("expected a verifier key 'name+keyid+key', found an empty text: give the file log.vkey")
    for key in keys:
        if key.kind != ED25519 or key.name != keys[0].name:
            raise BadKey(f"expected the keys of one log (type 1, one name), found {key.label} of type {key.kind}")
    return keys


def keys_of(directory: Path, pinned: Sequence[VerifierKey]) -> Keys:
    """The pinned keys, in any order, and every key of the log that can be proved from them."""
    reader = LogReader(directory)
    known = tuple(pinned)
    sizes = reader.archived_sizes()
    if len(known) == 1 and _signed(reader, None, known) and (not sizes or _signed(reader, sizes[0], known)):
        return Keys(known, known)  # as it is while a log has had one key
    named = list(_named(reader, known[0].name))
    known = _proved(reader, named, known, sizes)
    own = _place_of_newest(reader, named, pinned, sizes)
    later = [(index, key) for index, key in named if index > own[0]]
    return Keys(known, _proved(reader, later, [own[1]], sizes))


Named = list[tuple[int, VerifierKey]]
"""Keys with the index of an entry that names them."""


def _proved(
    reader: LogReader, named: Named, keys: Sequence[VerifierKey], sizes: Sequence[int]
) -> tuple[VerifierKey, ...]:
    """These keys and all that they lead to, each named in a checkpoint of one before it."""
    found = tuple(keys)
    while True:
        more = [key for index, key in named if key not in found and _is_proved(reader, index, found, sizes)]
        if not more:
            return found
        found = (*found, *dict.fromkeys(more))


def _place_of_newest(
    reader: LogReader, named: Named, pinned: Sequence[VerifierKey], sizes: Sequence[int]
) -> tuple[int, VerifierKey]:
    """The newest of the pinned keys, and the entry that names it. One that this log does not name counts as newer."""
    places = {}
    for key in pinned:
        own = [index for index, one in named if one == key and _is_proved(reader, index, [key], sizes)]
        places[key] = min(own, default=None)
    unnamed = [key for key in pinned if places[key] is None]
    if unnamed:
        return -1, unnamed[-1]
    return max(((place or 0, key) for key, place in places.items()), key=lambda one: one[0])


def _named(reader: LogReader, name: str) -> Iterator[tuple[int, VerifierKey]]:
    """Keys of this name that entries name, with the index of the entry. Nothing is proved yet."""
    try:
        for index, entry in enumerate(reader.entries(0, reader.checkpoint().size)):
            key = _key_in(entry, _MARKS) if any(mark in entry for mark in _MARKS) else None
            if key is not None and key.name == name:
                yield index, key
    except _BAD:
        return  # what is missing or unreadable the check itself says


def _key_in(entry: bytes, kinds: Sequence[bytes]) -> VerifierKey | None:
    try:
        found = msgspec.json.decode(entry, type=_Entry)
        key = parse_vkey(found.body.vkey) if found.kind.encode() in kinds else None
    except (msgspec.MsgspecError, UnicodeDecodeError, BadKey):
        return None
    return key if key is not None and key.kind == ED25519 else None


def _is_proved(reader: LogReader, index: int, keys: Sequence[VerifierKey], sizes: Sequence[int]) -> bool:
    """Whether a checkpoint of one of the keys holds the entry at its place."""
    for size in (*(size for size in sizes if size > index), None):
        signed = _signed(reader, size, keys)
        if signed is not None and signed.size > index:
            try:
                proof = reader.inclusion_proof(index, signed.size)
                leaf = tree.leaf_hash(reader.entry(index))
                tree.verify_inclusion(proof, index=index, size=signed.size, leaf=leaf, root=signed.root)
            except (NotInLog, BadBundle, tree.ProofError):
                continue
            return True
    return False


def _signed(reader: LogReader, size: int | None, keys: Sequence[VerifierKey]) -> Checkpoint | None:
    try:
        return reader.checkpoint(*keys) if size is None else reader.checkpoint_at(size, *keys)
    except _BAD:
        return None


@dataclass(slots=True)
class Retirements:
    """An entry check that also takes down which log keys are retired, and where. Wraps another check."""

    check: EntryCheck
    at: dict[VerifierKey, int] = field(default_factory=dict)

    def __call__(self, index: int, entry: bytes) -> list[str]:
        """As the wrapped check."""
        if _RETIRED in entry:
            key = _key_in(entry, [_RETIRED])
            if key is not None:
                self.at.setdefault(key, index)
        return self.check(index, entry)


def why_not_newest(signed: Checkpoint, keys: Keys, retired: dict[VerifierKey, int]) -> str | None:
    """Why a checkpoint that keys of the log signed may not be the newest; None when it may."""
    by = [one.key for one in note.verify(signed.note, keys.known).signed_by]
    heads = [key for key in by if key in keys.heads]
    labels = " and ".join(key.label for key in by)
    if not heads:
        return (
            f"size {signed.size} is signed by {labels} alone, which comes before the key that you pinned: whoever "
            "holds an old key may have gone on with it"
        )
    left = [key for key in heads if signed.size <= retired.get(key, signed.size)]
    if not left:
        return (
            f"size {signed.size} is signed by {labels} alone, which signs nothing from entry {retired[heads[0]]} on, "
            "as the log says: whoever holds a retired key may have gone on with it"
        )
    return None
