"""Read a log, in a folder or a bucket: checkpoints, entries, hashes, proofs. Needs no database, no key; writes nothing.

It works on a live log and on a copy alike. It hands out what is stored and vouches for nothing: whoever gets a
proof verifies it against a signed checkpoint (ledger/tree.py, ledger/proof.py, audit/log.py).
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from tallystick.blobs import BlobMissing, Blobs
from tallystick.blobs.folder import FolderBlobs
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger.checkpoint import Checkpoint, is_plain_number
from tallystick.ledger.note import VerifierKey
from tallystick.ledger.proof import RecordProof, make_multiproof
from tallystick.ledger.tiles import (
    HASH_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    BadBundle,
    Place,
    decode_bundle,
    number_path,
    parse_number,
)
from tallystick.ledger.tree import level_up, make_consistency, make_inclusion

CHECKPOINT = "checkpoint"
ARCHIVE = "checkpoints"
"""Our addition to the C2SP layout: one file for each checkpoint ever published, below `archive_path` of its size."""
_TILES_KEPT = 4096
_BUNDLES_KEPT = 64


def archive_path(size: int) -> str:
    """Where the checkpoint of a size stands: in folders like a tile, so that none holds too many names."""
    return f"{ARCHIVE}/{number_path(size)}"


class NotInLog(LookupError):
    """The log directory does not hold what was asked for: an entry, a hash or a checkpoint."""


class LogReader:
    """A log: a directory, or blobs elsewhere. One reader may serve several threads."""

    def __init__(self, log: Path | Blobs) -> None:
        self.blobs: Blobs = FolderBlobs(log) if isinstance(log, Path) else log
        self._lock = threading.Lock()
        self._tiles: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()
        self._bundles: OrderedDict[int, list[bytes]] = OrderedDict()

    @property
    def directory(self) -> Path:
        """The folder of a log that lies in one; TypeError for a log elsewhere."""
        if not isinstance(self.blobs, FolderBlobs):
            raise TypeError(f"expected a log in a folder, found {self.blobs.where}")
        return self.blobs.directory

    def checkpoint(self, *keys: VerifierKey) -> Checkpoint:
        """The newest published checkpoint; with keys, one of them must have signed it.

        raises  NotInLog when there is none; note.BadNote or checkpoint.BadCheckpoint when it is not good
        """
        return self._checkpoint(CHECKPOINT, keys)

    def checkpoint_at(self, size: int, *keys: VerifierKey) -> Checkpoint:
        """The archived checkpoint of exactly this size; with keys, one of them must have signed it.

        raises  NotInLog when the log was never sealed at this size; else as `checkpoint`
        """
        found = self._checkpoint(archive_path(size), keys)
        if found.size != size:
            raise checkpoints.BadCheckpoint(
                f"{archive_path(size)}: expected a checkpoint of size {size}, found size {found.size}"
            )
        return found

    def archived_sizes(self) -> list[int]:
        """The sizes of all archived checkpoints, ascending."""
        numbers = (parse_number(name.removeprefix(f"{ARCHIVE}/")) for name in self.blobs.names(f"{ARCHIVE}/"))
        return sorted(number for number in numbers if number is not None)

    def entry(self, index: int) -> bytes:
        """The leaf bytes at an index. Raises NotInLog when no bundle holds it."""
        bundle = self._bundle(index // TILE_WIDTH, index % TILE_WIDTH + 1)
        return bundle[index % TILE_WIDTH]

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """The leaf bytes in [start, stop), in order. Raises NotInLog at the first one that is not there."""
        while start < stop:
            number, first = divmod(start, TILE_WIDTH)
            end = min(stop - number * TILE_WIDTH, TILE_WIDTH)
            yield from self._bundle(number, end)[first:end]
            start = number * TILE_WIDTH + end

    def hash(self, level: int, index: int) -> bytes:
        """The hash of the full subtree at a tree level; a tree.HashReader. Raises NotInLog when it is not stored."""
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile_index, place = divmod(index << height, TILE_WIDTH)
        rows = self._tile(tile_level, tile_index, place + (1 << height))
        with self._lock:
            while len(rows) <= height:
                below = rows[-1]
                rows.append(level_up(below[: len(below) // 64 * 64]))
        place >>= height
        return rows[height][place * HASH_BYTES : (place + 1) * HASH_BYTES]

    def inclusion_proof(self, index: int, size: int) -> list[bytes]:
        """The proof that the entry at `index` is in the tree of `size`."""
        return make_inclusion(index, size, self.hash)

    def consistency_proof(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of `old` entries is the beginning of the tree of `new` entries."""
        return make_consistency(old, new, self.hash)

    def multiproof(self, indexes: Iterable[int], size: int) -> list[bytes]:
        """One compact proof for many entries under the tree of `size`."""
        return make_multiproof(indexes, size, self.hash)

    def record_proof(self, index: int, size: int | None = None) -> RecordProof:
        """The proof of one entry; its `text()` is a `.tlog-proof` file.

        size  of an archived checkpoint; None for the newest one
        """
        signed = self.checkpoint() if size is None else self.checkpoint_at(size)
        hashes = tuple(self.inclusion_proof(index, signed.size))
        return RecordProof(index=index, hashes=hashes, checkpoint=signed.note)

    def find(self, level: int | None, index: int, width: int) -> Place:
        """The stored tile (level None: bundle) with at least `width` parts: the full one, else the narrowest.

        A log may drop a partial tile once it is full, so a reader must be ready for both.
        raises  NotInLog when there is none
        """
        full = Place(level, index)
        if index < 0:
            raise NotInLog(f"expected an index from 0, found {index}")
        return full if self.blobs.has(full.path) else self._partial(full, width)

    def _partial(self, full: Place, width: int) -> Place:
        folder = f"{full.path}.p/"
        names = [path.removeprefix(folder) for path in self.blobs.names(folder)]
        widths = [int(name) for name in names if is_plain_number(name) and int(name) >= width]
        if not widths:
            raise NotInLog(
                f"{full.path}: expected at least {width} parts in it or beside it, found none: "
                "the log is shorter, or the file was removed"
            )
        return Place(full.level, full.index, min(widths))

    def _checkpoint(self, name: str, keys: Sequence[VerifierKey]) -> Checkpoint:
        try:
            text = self.blobs.get(name).decode()
        except BlobMissing as error:
            raise NotInLog(f"{name}: expected a checkpoint, found no such file in {self.blobs.where}") from error
        except UnicodeDecodeError as error:
            raise checkpoints.BadCheckpoint(f"{name}: expected UTF-8 text, found other bytes") from error
        return checkpoints.open_signed(text, *keys) if keys else checkpoints.read(text)

    def part(self, level: int | None, index: int, width: int) -> tuple[Place, bytes]:
        """The tile (level None: bundle) that `find` finds, with its bytes as they are. Raises NotInLog."""
        full = Place(level, index)
        if index < 0:
            raise NotInLog(f"expected an index from 0, found {index}")
        with suppress(BlobMissing):
            return full, self.blobs.get(full.path)
        place = self._partial(full, width)
        with suppress(BlobMissing):
            return place, self.blobs.get(place.path)
        # The sealer removes partial tiles when the full one is there: it happened between look and read.
        try:
            return full, self.blobs.get(full.path)
        except BlobMissing as error:
            raise NotInLog(f"{place.path}: expected it or the full one, found neither: it was removed") from error

    def _tile(self, level: int, index: int, width: int) -> list[bytes]:
        """Rows of hashes of one tile, the stored row first; higher rows are added when asked for."""
        with self._lock:
            rows = self._tiles.get((level, index))
            if rows is not None and len(rows[0]) >= width * HASH_BYTES:
                self._tiles.move_to_end((level, index))
                return rows
        place, data = self.part(level, index, width)
        if len(data) != place.width * HASH_BYTES:
            raise NotInLog(
                f"{place.path}: expected {place.width * HASH_BYTES} bytes, found {len(data)}: the file is damaged"
            )
        rows = [data]
        with self._lock:
            self._tiles[level, index] = rows
            if len(self._tiles) > _TILES_KEPT:
                self._tiles.popitem(last=False)
        return rows

    def _bundle(self, index: int, width: int) -> list[bytes]:
        with self._lock:
            found = self._bundles.get(index)
            if found is not None and len(found) >= width:
                self._bundles.move_to_end(index)
                return found
        place, data = self.part(None, index, width)
        try:
            entries = decode_bundle(data)
        except BadBundle as error:
            raise BadBundle(f"{place.path}: {error}", error.entries) from error
        if len(entries) != place.width:
            raise BadBundle(f"{place.path}: expected {place.width} entries, found {len(entries)}: the file is damaged")
        with self._lock:
            self._bundles[index] = entries
            if len(self._bundles) > _BUNDLES_KEPT:
                self._bundles.popitem(last=False)
        return entries
