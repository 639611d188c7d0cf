"""Make a cell from a backup, on either kind of database, with all that a newer copy of the log still holds.

Order: check every byte of the backup; mark the folder; write the notes of the log; fill journal and tables in one
transaction; set the seal point; compare everything; remove the mark. A restore that was cut off is run again with the
same words, and finds what it has done. Nothing is signed here.
"""

import contextlib
import dataclasses
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tallystick import canon
from tallystick.app import cell as cells
from tallystick.app import keeping, oversight
from tallystick.app.access import CELL
from tallystick.app.backup.folder import UNFINISHED, BadBackup, Part, Step, read_lines, read_part
from tallystick.app.backup.writing import CONFIGURATION, FORMAT, KEYS_FORMAT, Manifest, note_names, read_manifest
from tallystick.app.cell import RESTORING, Cell, KeysOf
from tallystick.blobs import Blobs, no_step
from tallystick.blobs.folder import FolderBlobs, flush_folder
from tallystick.events.envelope import Envelope, open_entry
from tallystick.events.oversight import ContentAccessed
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import head as heads
from tallystick.ledger import journal, rows
from tallystick.ledger.checkpoint import BadCheckpoint, Checkpoint
from tallystick.ledger.note import BadKey, BadNote, parse_vkey
from tallystick.ledger.reader import CHECKPOINT, LogReader, NotInLog
from tallystick.ledger.tiles import BadBundle, decode_bundle
from tallystick.ledger.tree import Tree, leaf_hashes
from tallystick.store import backup as tables
from tallystick.store import custody, projection, sessions
from tallystick.store import erasure as erasures

_TOGETHER = 5_000
_TURN_MS = 60_000
_HALF_MARK = f"{RESTORING}{UNFINISHED}"
_ME = "restore"
"""The name under which a restore sets the seal point: no sealer has it."""


class NotEmpty(RuntimeError):
    """There is something where the cell was to go. Nothing was overwritten."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a cell is restored from.

    backup  the folder that `back_up` made
    keys    a bundle of wrapped keys that is newer than the backup, or None
    log     a copy of the log that is newer than the backup, or None
    vkeys   log keys that came after the backup and may have signed that copy
    """

    backup: Path
    keys: Path | None = None
    log: Path | Blobs | None = None
    vkeys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """A cell that stands again.

    entries      in the journal now; `from_log` of them came from the newer copy of the log
    missing      contents that the journal refers to and that no longer exist: they came after the backup
    erased       objects of the backup that were erased since, and were emptied
    differences  anything else that is not as it should be; empty for a good restore
    """

    directory: Path
    entries: int
    from_log: int
    missing: int
    erased: int
    differences: tuple[str, ...]


@dataclass(slots=True)
class _Books:
    """What follows from entries as they are put back."""

    next_seq: int = 0
    last_at: int = 0
    link: bytes = journal.NO_LINK

    def take(self, entries: list[tuple[str, bytes]], last: Envelope) -> None:
        self.next_seq, self.last_at = last.seq + 1, last.at
        self.link = journal.link_over(self.link, entries)


def restore(
    source: Source, directory: Path, *, database: str | None = None, keys: KeysOf | None = None,
    log_store: Blobs | None = None, vault_store: Blobs | None = None, configuration: str | None = None,
    step: Step = no_step,
) -> Restored:  # fmt: skip
    """Restore a cell into a folder that holds nothing but, for development custody, its `keys`.

    log_store, vault_store  as for opening a cell; a log that lies elsewhere and still stands is taken as the newest
    configuration  of the new cell, in the place of the backup's: that one names the old database

    raises  BadBackup, NotEmpty; what opening a cell raises when the keys are not there or not its own
    """
    if source.log is None and log_store is not None and log_store.has(CHECKPOINT):
        source = dataclasses.replace(source, log=log_store)
    manifest = _check(source)
    log = LogReader(log_store or directory / "log").blobs
    is_again = _begin(source, directory, manifest, log=log, step=step)
    if configuration is not None:
        _copy(directory / CONFIGURATION, [configuration.encode()])
    with contextlib.closing(FolderBlobs(directory / "releases" / keeping.SEALED)) as folder:
        _put_files(source.backup, manifest, vault_store or folder)
    step("after put files")
    if database is None:
        (directory / cells.DATABASE_FILE).touch(mode=0o600)  # as a new cell's: the folder may be open to others
    engine = journal.connect(database or cells.embedded_database(directory))
    try:
        cells.make_tables(engine)
        books, erased = _fill(engine, source, manifest, is_again=is_again)
        step("after fill database")
        _set_seal_point(engine, log, books)
        step("after set seal point")
    finally:
        engine.dispose()
    cell = cells.open_cell(
        directory, database=database, keys=keys, log_store=log_store, vault_store=vault_store, is_restoring=True
    )
    try:
        _expect_keys(cell)
        _catch_up(cell)
        erased += _erase_again(cell)
        step("after erase again")
        restored = _compare(cell, books.next_seq - manifest.entries, erased)
    finally:
        cell.close()
    step("before remove mark")
    (directory / RESTORING).unlink()
    flush_folder(directory)
    step("after remove mark")
    return restored


def _check(source: Source) -> Manifest:
    """Read every byte once before anything is written: a bad backup must not leave half a cell."""
    manifest = verify(source.backup, form=FORMAT)
    if source.keys is not None:
        bundle = verify(source.keys, form=KEYS_FORMAT)
        if bundle.vkeys[0] != manifest.vkeys[0]:
            raise BadBackup(f"{source.keys}: expected wrapped keys of {manifest.cell}, found those of {bundle.cell}")
    return manifest


def verify(folder: Path, *, form: str = FORMAT) -> Manifest:
    """Read every byte of a backup, or of a bundle of wrapped keys. Raises BadBackup when one is not as it was."""
    manifest = read_manifest(folder, form=form)
    for part in manifest.parts:
        for _ in read_part(folder, part):
            pass
    return manifest


def _begin(source: Source, directory: Path, manifest: Manifest, *, log: Blobs, step: Step) -> bool:
    """Mark the folder, so that nobody serves half a cell, and write what stands beside the database.

    True when the mark was there already: this restore was begun before, and cut off.
    """
    words = canon.encode({"backup": canon.digest(canon.encode(manifest)), "from_log": _place(source.log)})
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark = directory / RESTORING
    is_again = mark.is_file()
    if is_again:
        if mark.read_bytes() != words:
            raise NotEmpty(f"{directory}: expected a restore of this backup that was cut off, found that of another")
    else:
        refuse_occupied(directory)
        half = directory / _HALF_MARK
        _copy(half, [words])
        half.rename(mark)
        flush_folder(directory)
    step("after mark")
    (directory / "releases").mkdir(exist_ok=True, mode=0o700)
    for part in manifest.parts:
        kind, _, name = part.path.partition("/")
        if not name and part.path != CONFIGURATION:
            _copy(directory / part.path, read_part(source.backup, part))
        elif kind == "log":
            _put_note(log, name, b"".join(read_part(source.backup, part)))
    step("after copy files")
    if source.log is not None:
        newer = LogReader(source.log).blobs
        for name in note_names(newer):
            _put_note(log, name, newer.get(name))
    step("after copy notes")
    return is_again


def refuse_occupied(directory: Path) -> None:
    """Raise NotEmpty for a folder with anything in it but keys, or a restore that was cut off."""
    found = sorted(path.name for path in directory.iterdir()) if directory.is_dir() else []
    if found and RESTORING not in found and not {cells.KEYS_FOLDER, _HALF_MARK}.issuperset(found):
        raise NotEmpty(f"{directory}: expected an empty folder, found {', '.join(found[:5])}: choose another")


def _put_files(backup: Path, manifest: Manifest, sealed: Blobs) -> None:
    for part in manifest.parts:
        kind, _, name = part.path.partition("/")
        if kind == "files":
            with (backup / part.path).open("rb") as stream:
                sealed.put_stream(name, stream)


def _place(log: Path | Blobs | None) -> str:
    return "" if log is None else LogReader(log).blobs.where


def _copy(target: Path, chunks: Iterable[bytes]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with target.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _put_note(log: Blobs, name: str, data: bytes) -> None:
    """Every note is written once; only the newest checkpoint moves, and never back."""
    if name != CHECKPOINT:
        log.put_new(name, data)
        return
    was = log.get(name) if log.has(name) else None
    if was is None or checkpoints.read(was.decode()).size < checkpoints.read(data.decode()).size:
        log.replace(name, data, was=was)


def _fill(engine: journal.Engine, source: Source, manifest: Manifest, *, is_again: bool) -> tuple[_Books, int]:
    """Journal, kept tables and read tables, in one transaction. Done before is done."""
    books = _Books()
    with journal.writing(engine) as connection:
        was = journal.lock_head(connection)
        for entries in _in_slices(_entries(source, manifest)):
            envelopes = [open_entry(entry) for entry in entries]
            found = [(envelope.kind, entry) for envelope, entry in zip(envelopes, entries, strict=True)]
            if was.next_seq == 0:
                _append(connection, books, found, envelopes)
            books.take(found, envelopes[-1])
        if was.next_seq:
            is_same = (was.next_seq, was.link) == (books.next_seq, books.link)
            if not is_same and not (is_again and _has_only_looked(connection, was, books)):
                raise NotEmpty(
                    f"expected an empty database, found {was.next_seq} events of another history: use another"
                )
            return books, 0
        for part in manifest.parts:
            kind, _, name = part.path.partition("/")
            if kind == "tables":
                tables.fill(connection, name.removesuffix(".jsonl"), read_lines(source.backup, part))
        erased = _take_keys(connection, source, manifest)
        projection.replay(connection, books.next_seq)
    return books, erased


def _has_only_looked(connection: journal.Connection, was: journal.Head, books: _Books) -> bool:
    """Whether behind what is filled in there are only the looks of a restore that was cut off after it compared."""
    link = journal.NO_LINK
    for seq, entry in journal.read(connection, 0, was.next_seq):
        envelope = open_entry(entry)
        if seq < books.next_seq:
            link = journal.linked(link, envelope.kind, entry)
        elif (envelope.kind, envelope.by) != (ContentAccessed.KIND, CELL.person):
            return False
    return link == books.link


def _append(
    connection: journal.Connection, books: _Books, found: list[tuple[str, bytes]], envelopes: list[Envelope]
) -> None:
    was = journal.Head(books.next_seq, books.last_at, books.link)
    now = journal.Head(books.next_seq + len(found), envelopes[-1].at)
    counts = {actor: journal.count_of(connection, actor) for actor in {e.by for e in envelopes}}
    for actor, number in Counter(envelope.by for envelope in envelopes).items():
        counts[actor] += number
    journal.append(connection, found, was=was, now=now, counts=counts)


def _in_slices(entries: Iterator[bytes]) -> Iterator[list[bytes]]:
    while part := list(islice(entries, _TOGETHER)):
        yield part


def _entries(source: Source, manifest: Manifest) -> Iterator[bytes]:
    """The entries of the backup, and behind them those that only the newer log has. Each root is compared."""
    tree = Tree()
    for part in sorted((p for p in manifest.parts if p.path.startswith("journal/")), key=_bundle_order):
        entries = decode_bundle(b"".join(read_part(source.backup, part)))
        tree.append(leaf_hashes(entries))
        yield from entries
    if (tree.size, tree.root().hex()) != (manifest.entries, manifest.root):
        raise BadBackup(f"{source.backup}: expected {manifest.entries} entries with root {manifest.root}, found others")
    if source.log is None:
        return
    reader, newest = _newer(source, manifest)
    try:
        for entries in _in_slices(reader.entries(tree.size, newest.size)):
            tree.append(leaf_hashes(entries))
            yield from entries
    except (NotInLog, BadBundle) as error:
        raise BadBackup(f"{reader.blobs.where}: expected the entries up to {newest.size}: {error}") from error
    if tree.size == newest.size and tree.root() != newest.root:
        raise BadBackup(
            f"{reader.blobs.where}: expected the log to go on from the backup's {manifest.entries} entries to root "
            f"{newest.root.hex()} at {newest.size}, found {tree.root().hex()}: it is another history; run log verify"
        )


def _bundle_order(part: Part) -> tuple[int, str]:
    name = part.path.removeprefix("journal/tile/entries/").partition(".p")[0]
    return len(name), name


def _newer(source: Source, manifest: Manifest) -> tuple[LogReader, Checkpoint]:
    assert source.log is not None, "asked only for a restore with a newer log"
    reader = LogReader(source.log)
    try:
        keys = [parse_vkey(line) for line in dict.fromkeys((*manifest.vkeys, *source.vkeys))]
        return reader, reader.checkpoint(*keys)
    except (NotInLog, BadKey, BadNote, BadCheckpoint) as error:
        raise BadBackup(
            f"{reader.blobs.where}: expected a copy of the log of {manifest.cell}: {error}. A log key that came after "
            "the backup must be named (--vkey)"
        ) from error


def _take_keys(connection: journal.Connection, source: Source, manifest: Manifest) -> int:
    """Put the newer wrapped keys in place of the backup's; what they do not open was erased, and is emptied."""
    if source.keys is None:
        return 0
    bundle = read_manifest(source.keys, form=KEYS_FORMAT)
    if bundle.entries < manifest.entries:
        raise BadBackup(
            f"{source.keys}: expected wrapped keys from entry {manifest.entries} on, found those of {bundle.entries}: "
            "they are older than the backup; leave them out or give newer ones"
        )
    for part in bundle.parts:
        kind, _, file = part.path.partition("/")
        name = file.removesuffix(".jsonl")
        if kind == "tables":
            tables.clear(connection, name)
            tables.fill(connection, name, read_lines(source.keys, part))
        else:
            for line in read_lines(source.keys, part):
                tables.put(connection, name, line)
    closed = tables.keyless(connection)
    tables.forget(connection, closed)
    return len(closed)


def _set_seal_point(engine: journal.Engine, log: Blobs, books: _Books) -> None:
    """What the published log covers is sealed; the rest is sealed when the cell serves again."""
    try:
        published = LogReader(log).checkpoint()
    except NotInLog:
        return
    heads.create(engine)
    seen = heads.read(engine)
    if seen.holder == _ME:
        heads.hand_back(engine, seen)  # of a restore that was cut off here
        seen = heads.read(engine)
    if seen.size >= published.size:
        return
    if published.size > books.next_seq:
        raise BadBackup(
            f"expected a journal that reaches the published log at {published.size}, found {books.next_seq} entries: "
            "give a copy of the log that has them all (--log)"
        )
    claimed = heads.claim(engine, seen, me=_ME, lease_ms=_TURN_MS)
    assert claimed is not None, "nobody else seals a cell that is not restored yet"
    link = _link_at(engine, published.size)
    heads.hand_back(engine, heads.advance(engine, claimed, size=published.size, root=published.root, link=link))


def _link_at(engine: journal.Engine, size: int) -> bytes:
    link = journal.NO_LINK
    for start in range(0, size, _TOGETHER):
        link = journal.link_over(link, rows.read_with_kind(engine, start, min(start + _TOGETHER, size)))
    return link


def _expect_keys(cell: Cell) -> None:
    with cell.read() as connection:
        needed = set(tables.epochs(connection))
    gone = sorted(needed - set(cell.keys.epochs()))
    if gone:
        raise BadBackup(
            f"expected wrapped keys that {cell.custody} custody opens, found some of epoch {gone[0]}, whose key is "
            "destroyed: an erasure came after this backup; give the newest bundle of wrapped keys (--keys)"
        )


def _catch_up(cell: Cell) -> None:
    """Let the epoch wrap from now on that a newer log says does: the backup's tables may know one before it only."""
    held = cell.keys.epochs()
    with journal.writing(cell.engine) as connection:
        journal.lock_head(connection)
        for row in custody.epochs(connection):
            if row.epoch > erasures.newest_epoch(connection) and row.epoch in held:
                cell.vault.start_epoch(connection, row.epoch)


def _erase_again(cell: Cell) -> int:
    """Erase what a newer log says is erased and the backup brought back; the cell finishes it when it serves."""
    with journal.writing(cell.engine) as connection:
        journal.lock_head(connection)
        found = tables.revived(connection)
        for name in dict.fromkeys(erasure for erasure, _ in found):
            targets = [target for erasure, target in found if erasure == name]
            scopes = [target for target in targets if ":" in target]
            for scope in scopes:
                cell.vault.erase_scope(connection, scope)
            touched = cell.vault.erase_objects(connection, [target for target in targets if ":" not in target])
            erasures.add_tasks(connection, name, touched - set(scopes))
        for name, items in tables.revived_drafts(connection).items():
            # Unsent work about an item that is erased may quote it: it goes, and so does its writer's key of then.
            writers = sessions.drop_drafts_on(connection, items)
            erasures.add_tasks(connection, name, {f"person:{writer}" for writer in writers})
    return len(found)


def _compare(cell: Cell, from_log: int, erased: int) -> Restored:
    """Everything against everything, as `cell check` does, after the tiles are made anew from the journal.

    It opens every content once, which is an event like every other look.
    """
    cell.sealing.mend()
    found = oversight.check(cell)
    gaps = [text for text in found.differences if _is_gap(text)]
    others = tuple(text for text in found.differences if not _is_gap(text))
    return Restored(cell.directory, found.events, from_log, len(gaps), erased, others)


def _is_gap(text: str) -> bool:
    return "the vault holds no object" in text
