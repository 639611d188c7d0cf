"""Back a cell up while it serves: journal, kept tables, sealed files, the notes of the log. Never a key, never content.

The notes of the log are copied first, so the journal of the backup always reaches at least as far. Journal and tables
are read in one transaction. Tiles are not copied: they are a function of the journal.
"""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from tallystick import __version__
from tallystick.app import keeping
from tallystick.app.backup.folder import CHUNK_BYTES, BadBackup, Part, Step, Writer, encode
from tallystick.app.cell import Cell
from tallystick.blobs import BlobMissing, Blobs, Readable, no_step
from tallystick.ledger import journal
from tallystick.ledger.reader import LogReader
from tallystick.ledger.tiles import TILE_WIDTH, Place, encode_bundle
from tallystick.ledger.tree import Tree, leaf_hashes
from tallystick.store import backup as tables

FORMAT: Final = "tallystick/backup/v1"
CONFIGURATION: Final = "cell.toml"
KEYS_FORMAT: Final = "tallystick/key-bundle/v1"
NOTES: Final = ("checkpoint", "checkpoints", "cosignatures", "timestamps")
"""What of a log directory no journal gives back."""
KEY_TABLES: Final = ("vault_epoch", "vault_key", "vault_erased")
MOVED_TABLES: Final = (("vault_object", "scopes"), ("vault_file", "scopes"))


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup, or a bundle of wrapped keys, holds.

    entries  how many the journal had; `root` is the RFC 6962 root over them, hexadecimal. It is empty in a bundle of
             wrapped keys, which holds no entries: that they are the cell's shows when the token opens them
    vkeys    verifier key lines of every log key so far, oldest first
    at       journal time of the last of them, microseconds since 1970
    """

    format: str
    cell: str
    vkeys: tuple[str, ...]
    code_version: str
    entries: int
    root: str
    at: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup that is whole."""

    folder: Path
    entries: int
    files: int
    bytes: int


def back_up(cell: Cell, target: Path, *, step: Step = no_step) -> BackedUp:
    """Write a backup of one consistent state into a new folder. The cell goes on meanwhile.

    raises  BackupExists; OSError when the disk does not take it: then what was written is left under another name
    """
    writer = Writer(target, step)
    log = LogReader(cell.log).blobs
    for path in note_names(log):
        writer.put(f"log/{path}", [log.get(path)])
    for name in ("log.vkey", CONFIGURATION):
        if (cell.directory / name).is_file():
            writer.put(name, [(cell.directory / name).read_bytes()])
    with cell.read() as connection:
        end = journal.head(connection)
        root = _put_journal(writer, connection, end.next_seq)
        for table in tables.TABLES:
            writer.put(f"tables/{table}.jsonl", _with_ends(tables.lines(connection, table)))
        places = [row.place for row in cell.vault.every_file(connection) if row.wrapped]
    with keeping.sealed_files(cell) as sealed:
        for place in places:
            # What an erasure removed meanwhile has no key in the tables of any later backup, and is left out of this.
            with contextlib.suppress(BlobMissing), sealed.open_stream(place) as stream:
                writer.put(f"files/{place}", _pieces(stream))
    return _finish(cell, writer, end=end, root=root, form=FORMAT)


def back_up_keys(cell: Cell, target: Path, *, step: Step = no_step) -> BackedUp:
    """Write only the wrapped keys, as they are now: what an older backup needs after an epoch was destroyed."""
    writer = Writer(target, step)
    with cell.read() as connection:
        end = journal.head(connection)
        for table in KEY_TABLES:
            writer.put(f"tables/{table}.jsonl", _with_ends(tables.lines(connection, table)))
        for table, column in MOVED_TABLES:
            writer.put(f"moved/{table}.jsonl", _with_ends(tables.moved_on(connection, table, column)))
    return _finish(cell, writer, end=end, root=b"", form=KEYS_FORMAT)


def _log_keys(cell: Cell) -> tuple[str, ...]:
    return (*cell.earlier_log_keys, *(signer.vkey for signer in cell.signers))


def _finish(cell: Cell, writer: Writer, *, end: journal.Head, root: bytes, form: str) -> BackedUp:
    parts = tuple(writer.parts)
    manifest = Manifest(
        format=form, cell=cell.opened.cell, vkeys=_log_keys(cell), code_version=__version__, entries=end.next_seq,
        root=root.hex(), at=end.last_at, parts=parts,
    )  # fmt: skip
    writer.finish(encode(manifest))
    return BackedUp(writer.target, end.next_seq, len(parts), sum(part.bytes for part in parts))


def note_names(log: Blobs) -> Iterator[str]:
    """What of a log no journal gives back, the newest checkpoint first: what is copied later may reach further."""
    for name in NOTES:
        if log.has(name):
            yield name
        yield from sorted(log.names(f"{name}/"))


def _pieces(stream: Readable) -> Iterator[bytes]:
    while piece := stream.read(CHUNK_BYTES):
        yield piece


def _put_journal(writer: Writer, connection: journal.Connection, stop: int) -> bytes:
    tree = Tree()
    for number, entries in enumerate(_slices(connection, stop)):
        tree.append(leaf_hashes(entries))
        writer.put(f"journal/{Place(None, number, len(entries)).path}", [encode_bundle(entries)])
    return tree.root()


def _slices(connection: journal.Connection, stop: int) -> Iterator[list[bytes]]:
    waiting: list[bytes] = []
    for _, entry in journal.read(connection, 0, stop):
        waiting.append(entry)
        if len(waiting) == TILE_WIDTH:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _with_ends(lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        yield line + b"\n"


def read_manifest(folder: Path, *, form: str) -> Manifest:
    """The manifest of a backup or key bundle. Raises BadBackup with what to do."""
    path = folder / "backup.json"
    if not path.is_file():
        raise BadBackup(f"{folder}: expected a backup, found no {path.name}: name the folder that `backup` made")
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.MsgspecError as error:
        raise BadBackup(f"{path}: expected the manifest of a backup, found {error}") from error
    if found.format != form:
        raise BadBackup(f"{path}: expected {form}, found {found.format}: give the other kind of backup")
    return found
