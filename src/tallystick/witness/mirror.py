"""A verified copy of a log: every entry is fetched and hashed before the copy says that it holds a checkpoint.

What is fetched stands in a folder beside the copy until its root is the signed one; only then it is stored, create-only
and durably, tiles first, `checkpoint` last. So the copy is at every moment a good log directory of its own, and a
crash or a cut line costs only what was not fetched yet.
"""

import copy
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from tallystick.blobs import BlobDiffers
from tallystick.blobs.folder import FolderBlobs
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import cosignature
from tallystick.ledger.checkpoint import BadCheckpoint, Checkpoint
from tallystick.ledger.note import SIGNATURES_MAX, BadNote, VerifierKey, lines_of
from tallystick.ledger.reader import CHECKPOINT, LogReader, NotInLog, archive_path
from tallystick.ledger.tile_store import Step, no_step
from tallystick.ledger.tiles import (
    HASH_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    BadBundle,
    Place,
    Tile,
    decode_bundle,
    encode_bundle,
    width_at,
)
from tallystick.ledger.tree import ProofError, Tree, leaf_hashes
from tallystick.witness import evidence
from tallystick.witness.evidence import Fork
from tallystick.witness.sources import Source, SourceFailed, SourceHashes, part_of

EntryCheck = Callable[[int, bytes], list[str]]
"""Given each entry with its index, in order: what is wrong with it, one sentence each. Remembers what came before."""

TOGETHER = 64
"""Bundles that are stored, or kept in memory, at once."""


class CannotHold(RuntimeError):
    """The entries up to the checkpoint could not be had, or not all of them in the time allowed. Try again later."""


class Damaged(RuntimeError):
    """The copy itself is not what it was: files were altered or lost. Start a new copy, and keep this one aside."""


class Forked(RuntimeError):
    """The log key signed a history that contradicts the one that is held. The evidence is in `fork`."""

    def __init__(self, message: str, fork: Fork) -> None:
        super().__init__(message)
        self.fork = fork


class RulesBroken(RuntimeError):
    """Entries that the log signed break the rules of the log: left out, moved or back-dated."""


class Mirror:
    """The copy of one log in a folder. One thread of one process writes it at a time.

    keys   those trusted for the log
    check  makes the check of entries, from index 0
    step   called around each durable step, for crash tests
    """

    def __init__(
        self, directory: Path, keys: Sequence[VerifierKey], check: Callable[[], EntryCheck], *, step: Step = no_step
    ) -> None:
        self.directory = Path(directory)
        self._incoming = self.directory.with_name(f"{self.directory.name}.incoming")
        self._keys = list(keys)
        self._make_check = check
        self._check: tuple[int, EntryCheck] | None = None
        self._blobs = FolderBlobs(self.directory, step=step)
        self._reader = LogReader(self.directory)

    def close(self) -> None:
        """Let go of the folder."""
        self._blobs.close()

    def newest(self) -> Checkpoint | None:
        """The checkpoint that the copy holds; None when it is empty."""
        try:
            return self._reader.checkpoint(*self._keys)
        except NotInLog:
            return None
        except (BadNote, BadCheckpoint) as error:
            raise Damaged(
                f"{self.directory / CHECKPOINT}: expected what was held, found another text: {error}"
            ) from error

    def hold(self, signed: Checkpoint, source: Source, *, deadline: float | None = None) -> None:
        """Fetch and verify everything up to a checkpoint whose signature is good, and store it. Nothing for one held.

        deadline  of time.monotonic(), until when it may fetch; what it has by then is kept for the next time

        raises  CannotHold, Forked, RulesBroken, Damaged
        """
        signed = replace(signed, note=lines_of(signed.note, self._keys))
        held = self.newest()
        if held is not None and signed.size <= held.size:
            self._compare(signed, held)
            return
        size = 0 if held is None else held.size
        tree = self._edge(size)
        if held is not None and tree.root() != held.root:
            raise Damaged(f"{self.directory}: expected tiles that lead to the root of {CHECKPOINT}, found others")
        check = copy.deepcopy(self._entry_check(size))
        grown = _Grown(tree, check, self._held_entries(size // TILE_WIDTH * TILE_WIDTH, size))
        for index in range(size // TILE_WIDTH, -(-signed.size // TILE_WIDTH)):
            if deadline is not None and time.monotonic() > deadline:
                raise CannotHold(f"fetched {index * TILE_WIDTH} of {signed.size} entries so far: ask again")
            entries = self._bundle(index, width_at(0, index, signed.size), source)
            if not self._continues(entries, index, tree.size):
                break
            grown.add(entries[tree.size - index * TILE_WIDTH :])
        if tree.size != signed.size or tree.root() != signed.root:
            self._explain(signed, held, source)
        if grown.broken:
            self._forget()
            count, first = len(grown.broken), grown.broken[0]
            raise RulesBroken(f"the log signed entries that break its rules ({count} breaches): {first}")
        self._store(size, signed, grown, source)
        self._check = (signed.size, check)
        self._forget()

    def add_cosignature(self, signed: Checkpoint, line: str, key: VerifierKey) -> None:
        """Keep a cosignature of a held checkpoint with the copy, so that it can be verified without the witness."""
        with suppress(BlobDiffers):  # an earlier one over the same checkpoint: either will do
            self._blobs.put_new(cosignature.path_of(signed.size, key), line.encode())
        self.publish(signed.size, [line])

    def publish(self, size: int, lines: Sequence[str]) -> None:
        """Let `checkpoint` show these lines, if it is of this size."""
        was = (self.directory / CHECKPOINT).read_bytes()
        if checkpoints.read(was.decode()).size == size:
            note = cosignature.add_lines(was.decode(), lines)
            # Lines of strangers must not make a note of more lines than anybody reads.
            if note.encode() != was and len(note.rpartition("\n\n")[2].splitlines()) <= SIGNATURES_MAX:
                self._blobs.replace(CHECKPOINT, note.encode(), was=was)

    def _compare(self, signed: Checkpoint, held: Checkpoint) -> None:
        """A checkpoint within what is held must be a beginning of it."""
        try:
            fork = evidence.from_hashes(signed, held, self._reader.hash)
        except (NotInLog, ProofError) as error:
            raise Damaged(f"{self.directory}: the copy cannot prove what it held: {error}") from error
        if fork is not None:
            raise Forked(f"expected the root of the first {signed.size} entries that are held, found another", fork)
        self._archive(signed)

    def _edge(self, size: int) -> Tree:
        """The tree of the copy from its tiles at the right edge."""
        rows = []
        for level in range((size.bit_length() + TILE_HEIGHT - 1) // TILE_HEIGHT):
            width = (size >> (TILE_HEIGHT * level)) % TILE_WIDTH
            data = b""
            if width:
                try:
                    _, data = self._reader.part(level, size >> (TILE_HEIGHT * (level + 1)), width)
                except NotInLog as error:
                    raise Damaged(f"{self.directory}: {error}") from error
            rows.append(data[: width * HASH_BYTES])
        return Tree.resume(size, rows)

    def _entry_check(self, size: int) -> EntryCheck:
        """The check of entries as it stands behind the first `size`; at a start it reads them once."""
        if self._check is None or self._check[0] != size:
            check = self._make_check()
            try:
                for index, entry in enumerate(self._reader.entries(0, size)):
                    check(index, entry)
            except (NotInLog, BadBundle) as error:
                raise Damaged(f"{self.directory}: {error}") from error
            self._check = (size, check)
        return self._check[1]

    def _continues(self, entries: Sequence[bytes], index: int, size: int) -> bool:
        """Do the fetched entries begin with those of the bundle that are held already?"""
        first = index * TILE_WIDTH
        return size <= first or self._held_entries(first, size) == list(entries[: size - first])

    def _held_entries(self, start: int, stop: int) -> list[bytes]:
        try:
            return list(self._reader.entries(start, stop))
        except (NotInLog, BadBundle) as error:
            raise Damaged(f"{self.directory}: {error}") from error

    def _bundle(self, index: int, width: int, source: Source) -> list[bytes]:
        """The entries of a bundle: as they were fetched before, or fetched now."""
        place = Place(None, index, width)
        staged = self._incoming / str(index)
        if width == TILE_WIDTH and staged.is_file():
            with suppress(BadBundle):
                entries = decode_bundle(staged.read_bytes())
                if len(entries) == width:
                    return entries
        try:
            data = part_of(source, place)
            entries = decode_bundle(data)
        except (SourceFailed, BadBundle) as error:
            raise CannotHold(f"entries {index * TILE_WIDTH} to {index * TILE_WIDTH + width - 1}: {error}") from error
        if len(entries) < width:
            raise CannotHold(f"{source.where}/{place.path}: expected {width} entries, found {len(entries)}")
        if width == TILE_WIDTH:
            self._incoming.mkdir(parents=True, exist_ok=True)
            staged.write_bytes(data)
        return entries[:width]

    def _explain(self, signed: Checkpoint, held: Checkpoint | None, source: Source) -> NoReturn:
        """Entries that do not lead to the signed root: another history, or files that are not the log's."""
        self._forget()
        if held is not None:
            try:
                fork = evidence.from_hashes(held, signed, SourceHashes(source, signed.size))
            except (SourceFailed, ProofError) as error:
                raise CannotHold(f"what {source.where} gives does not lead to the signed root: {error}") from error
            if fork is not None:
                raise Forked(f"expected a log that continues the {held.size} entries held, found another", fork)
        raise CannotHold(f"what {source.where} gives does not lead to the signed root of size {signed.size}")

    def _store(self, size: int, signed: Checkpoint, grown: "_Grown", source: Source) -> None:
        tiles = [*grown.full, *grown.tree.edge()]
        for start in range(0, len(tiles), TOGETHER):
            self._put([(tile.place.path, tile.data) for tile in tiles[start : start + TOGETHER]])
        bundles: list[tuple[str, bytes]] = []
        for index in range(size // TILE_WIDTH, -(-signed.size // TILE_WIDTH)):
            place = Place(None, index, width_at(0, index, signed.size))
            entries = grown.last if place.width < TILE_WIDTH else self._bundle(index, place.width, source)
            bundles.append((place.path, encode_bundle(entries)))
            if len(bundles) == TOGETHER:
                self._put(bundles)
                bundles = []
        self._put(bundles)
        self._archive(signed)
        path = self.directory / CHECKPOINT
        was = path.read_bytes() if path.is_file() else None
        self._blobs.replace(CHECKPOINT, signed.note.encode(), was=was)
        self._remove_partials(size, signed.size)

    def _put(self, files: Sequence[tuple[str, bytes]]) -> None:
        try:
            self._blobs.put_many(files)
        except BlobDiffers as error:
            raise Damaged(f"{self.directory}: {error}") from error

    def _archive(self, signed: Checkpoint) -> None:
        """Keep it by its size. Not that of an empty log: who has that one says that no checkpoint is missing."""
        if signed.size == 0:
            return
        with suppress(BlobDiffers):  # the same checkpoint with other signature lines: either will do
            self._blobs.put_new(archive_path(signed.size), signed.note.encode())

    def _remove_partials(self, start: int, stop: int) -> None:
        """Remove the partial tiles that became full: the full ones begin with them."""
        for level in range(stop.bit_length() // TILE_HEIGHT + 1):
            shift = TILE_HEIGHT * (level + 1)
            if start >> shift < stop >> shift:
                for kind in [level] if level else [None, level]:
                    names = self._blobs.names(f"{Place(kind, start >> shift).path}.p/")
                    self._blobs.delete(list(names))

    def _forget(self) -> None:
        shutil.rmtree(self._incoming, ignore_errors=True)


class _Grown:
    """A tree that grows by entries: the tiles that became full, and the breaches of rules on the way."""

    def __init__(self, tree: Tree, check: EntryCheck, last: list[bytes]) -> None:
        self.tree = tree
        self.full: list[Tile] = []
        self.broken: list[str] = []
        self.last = last  # the entries of the bundle at the edge
        self._check = check

    def add(self, entries: Sequence[bytes]) -> None:
        """Take in the next entries; none crosses the end of a bundle."""
        if self.tree.size % TILE_WIDTH == 0:
            self.last = []
        self.last += entries
        for number, entry in enumerate(entries, self.tree.size):
            self.broken += [f"entry {number}: {what}" for what in self._check(number, entry)]
        self.full += self.tree.append(leaf_hashes(entries))
