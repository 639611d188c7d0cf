"""Which keys are the log's, for who pinned one of them. Reads entries, proofs and checkpoints of a log directory.

A log changes its key by an entry that names the new one (`log-key-added/1`); its first entry names the first. A key is
taken only when a checkpoint that a key taken before has signed proves that entry: so whoever holds the new key alone
cannot make itself known.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tallystick.events.custody import LogKeyAdded
from tallystick.events.oversight import CellOpened
from tallystick.ledger import tree
from tallystick.ledger.checkpoint import BadCheckpoint, Checkpoint
from tallystick.ledger.note import BadKey, BadNote, VerifierKey, parse_vkey
from tallystick.ledger.reader import LogReader, NotInLog

_MARKS = (LogKeyAdded.KIND.encode(), CellOpened.KIND.encode())
_BAD = (BadNote, BadCheckpoint, NotInLog)


class _Body(msgspec.Struct):
    vkey: str = ""


class _Entry(msgspec.Struct):
    kind: str
    body: _Body


def keys_of(directory: Path, pinned: VerifierKey) -> tuple[VerifierKey, ...]:
    """The pinned key, and every key of the log that can be proved from it. Cheap while the log has had one key."""
    reader = LogReader(directory)
    keys: tuple[VerifierKey, ...] = (pinned,)
    sizes = reader.archived_sizes()
    if _signed(reader, None, keys) and (not sizes or _signed(reader, sizes[0], keys)):
        return keys
    named = list(_named(reader, pinned.name))
    while True:
        more = [key for index, key in named if key not in keys and _is_proved(reader, index, keys, sizes)]
        if not more:
            return keys
        keys = (*keys, *dict.fromkeys(more))


def _named(reader: LogReader, name: str) -> Iterator[tuple[int, VerifierKey]]:
    """Keys of this name that entries name, with the index of the entry. Nothing is proved yet."""
    try:
        for index, entry in enumerate(reader.entries(0, reader.checkpoint().size)):
            key = _key_in(entry) if any(mark in entry for mark in _MARKS) else None
            if key is not None and key.name == name:
                yield index, key
    except _BAD:
        return  # what is missing or unreadable the check itself says


def _key_in(entry: bytes) -> VerifierKey | None:
    try:
        found = msgspec.json.decode(entry, type=_Entry)
        return parse_vkey(found.body.vkey) if found.kind.encode() in _MARKS else None
    except (msgspec.MsgspecError, UnicodeDecodeError, BadKey):
        return None


def _is_proved(reader: LogReader, index: int, keys: tuple[VerifierKey, ...], sizes: list[int]) -> bool:
    """Whether a checkpoint of one of the keys holds the entry at its place."""
    for size in (*(size for size in sizes if size > index), None):
        signed = _signed(reader, size, keys)
        if signed is not None and signed.size > index:
            try:
                proof = reader.inclusion_proof(index, signed.size)
                leaf = tree.leaf_hash(reader.entry(index))
                tree.verify_inclusion(proof, index=index, size=signed.size, leaf=leaf, root=signed.root)
            except (NotInLog, tree.ProofError):
                continue
            return True
    return False


def _signed(reader: LogReader, size: int | None, keys: tuple[VerifierKey, ...]) -> Checkpoint | None:
    try:
        return reader.checkpoint(*keys) if size is None else reader.checkpoint_at(size, *keys)
    except _BAD:
        return None
