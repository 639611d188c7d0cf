"""Recompute the tree of a log and compare every stored hash with it. Reads bundles and tiles; writes nothing.

Where an entry and its stored hash part, either can be the altered one. From there on the tree is grown twice, from
the entries and from the stored hashes: the one that leads to the signed root tells which of the two was altered.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tallystick.audit.log.entries import EntryCheck
from tallystick.audit.log.report import Findings
from tallystick.ledger.checkpoint import Checkpoint
from tallystick.ledger.reader import LogReader, NotInLog
from tallystick.ledger.tiles import (
    HASH_BYTES,
    TILE_WIDTH,
    BadBundle,
    Place,
    decode_bundle,
    width_at,
)
from tallystick.ledger.tree import Tree, fold, leaf_hashes, levels_of


@dataclass(frozen=True, slots=True)
class _Parting:
    """An entry that does not hash to what its tile says."""

    index: int
    bundle: str
    tile: str


class _Growth:
    """One way to recompute the tree: its roots at the sizes that matter, and the upper tiles that differ from it."""

    def __init__(self, reader: LogReader, sizes: Iterable[int]) -> None:
        self.tree = Tree()
        self.roots: dict[int, bytes] = {}
        self.wrong: list[tuple[str, int, str]] = []
        self._reader = reader
        self._sizes = sorted(sizes, reverse=True)

    def copy(self) -> "_Growth":
        twin = _Growth(self._reader, self._sizes)
        twin.tree, twin.roots, twin.wrong = self.tree.copy(), dict(self.roots), list(self.wrong)
        return twin

    def grow(self, row: bytes) -> None:
        """Add the leaf hashes of one bundle, which begins at the tree's present size."""
        start, end = self.tree.size, self.tree.size + len(row) // HASH_BYTES
        if self._sizes and self._sizes[-1] <= end:
            levels, peaks = levels_of(row), self.tree.peaks()
            while self._sizes and self._sizes[-1] <= end:
                size = self._sizes.pop()
                self.roots[size] = fold(_peaks_at(levels, size - start) + peaks)
        for tile in self.tree.append(row):
            if tile.place.level:
                self._compare(tile.place, tile.data)

    def finish(self) -> None:
        """Compare the upper tiles at the right edge."""
        for tile in self.tree.edge():
            if tile.place.level:
                self._compare(tile.place, tile.data)

    def _compare(self, place: Place, data: bytes) -> None:
        below = 8 * (place.level or 0)
        try:
            stored, path = stored_hashes(self._reader, place)
        except NotInLog as error:
            self.wrong.append((place.path, place.index * TILE_WIDTH << below, str(error)))
            return
        for number in _differing(stored, data):
            first = (place.index * TILE_WIDTH + number) << below
            last = first + (1 << below) - 1
            what = f"hash {number} does not fit the entries {first} to {last} below it: the tile was altered"
            self.wrong.append((path, first, what))


class History:
    """The recomputation of a whole log up to a signed checkpoint."""

    def __init__(
        self, reader: LogReader, signed: Checkpoint, check: EntryCheck, findings: Findings, *, sizes: set[int]
    ) -> None:
        self._reader = reader
        self._signed = signed
        self._check = check
        self._findings = findings
        self._by_entry = _Growth(reader, {size for size in sizes | {signed.size} if size <= signed.size})
        self._by_hash: _Growth | None = None
        self._partings: list[_Parting] = []

    def run(self) -> dict[int, bytes]:
        """Check everything; the recomputed root at each size that was asked for, as far as the log could be read."""
        for index in range(-(-self._signed.size // TILE_WIDTH)):
            if not self._step(index):
                break
        if not self._signed.size:
            self._by_entry.grow(b"")
        return self._judge()

    def _step(self, index: int) -> bool:
        """Check one bundle and its level 0 tile; False when neither can be read."""
        width = width_at(0, index, self._signed.size)
        entries = self._entries(index, width)
        stored, tile_path = self._stored(Place(0, index, width))
        row = leaf_hashes(entries) if entries is not None else stored
        if entries is None or row is None:
            first = index * TILE_WIDTH
            if stored is None:
                self._findings.add(Place(None, index, width).path, first, "nothing behind this entry can be checked")
                return False
            row = stored
        elif stored is not None and stored != row:
            bundle = self._reader.find(None, index, width).path
            for number in _differing(stored, row):
                self._partings.append(_Parting(index * TILE_WIDTH + number, bundle, tile_path))
            if self._by_hash is None:
                self._by_hash = self._by_entry.copy()
        if self._by_hash is not None:
            self._by_hash.grow(stored or row)
        self._by_entry.grow(row)
        return True

    def _entries(self, index: int, width: int) -> list[bytes] | None:
        """The entries of a bundle, each checked for itself; None when the bundle is not what it should be."""
        try:
            place, data = self._reader.part(None, index, width)
        except NotInLog as error:
            self._findings.add(Place(None, index, width).path, index * TILE_WIDTH, str(error))
            return None
        try:
            entries = decode_bundle(data)
        except BadBundle as error:
            self._broken(place, width, error.entries, str(error))
            return None
        if len(entries) != place.width:
            what = f"expected {place.width} entries, found {len(entries)}: entries were removed or added"
            self._broken(place, width, entries, what)
            return None
        entries = entries[:width]
        for seq, entry in enumerate(entries, index * TILE_WIDTH):
            for what in self._check(seq, entry):
                self._findings.add(place.path, seq, what)
        return entries

    def _broken(self, place: Place, width: int, entries: list[bytes], what: str) -> None:
        """Name the first entry of a broken bundle that does not hash to what its tile says."""
        stored, _ = self._stored(Place(0, place.index, width), is_quiet=True)
        row = leaf_hashes(entries)
        shared = min(len(row), len(stored or b""))
        number = next(_differing((stored or b"")[:shared], row[:shared]), shared // HASH_BYTES)
        self._findings.add(place.path, place.index * TILE_WIDTH + number, what)

    def _stored(self, place: Place, *, is_quiet: bool = False) -> tuple[bytes | None, str]:
        try:
            return stored_hashes(self._reader, place)
        except NotInLog as error:
            if not is_quiet:
                self._findings.add(place.path, place.index * TILE_WIDTH, str(error))
            return None, place.path

    def _judge(self) -> dict[int, bytes]:
        """Say what was altered: the side that does not lead to the signed root."""
        signed = self._signed
        for growth in (self._by_entry, self._by_hash):
            if growth is not None and growth.roots.get(signed.size) == signed.root:
                growth.finish()
                for path, index, what in growth.wrong:
                    self._findings.add(path, index, what)
                self._name_partings(is_entry_right=growth is self._by_entry)
                return growth.roots
        for parting in self._partings:
            self._findings.add(
                parting.bundle,
                parting.index,
                f"does not hash to what {parting.tile} says, and neither leads to the signed root",
            )
        return self._by_entry.roots

    def _name_partings(self, *, is_entry_right: bool) -> None:
        for parting in self._partings:
            if is_entry_right:
                what = f"hash {parting.index % TILE_WIDTH} is not that of the entry: the tile was altered"
                self._findings.add(parting.tile, parting.index, what)
            else:
                what = f"does not hash to what {parting.tile} and the signed root say: the entry was altered"
                self._findings.add(parting.bundle, parting.index, what)


def stored_hashes(reader: LogReader, place: Place) -> tuple[bytes, str]:
    """The hashes of a tile up to its width at this size, and the path of the file that holds them.

    raises  NotInLog when no file has them, or its length is not what its name says
    """
    found, data = reader.part(place.level, place.index, place.width)
    if len(data) != found.width * HASH_BYTES:
        raise NotInLog(
            f"{found.path}: expected {found.width * HASH_BYTES} bytes, found {len(data)}: the file is damaged"
        )
    return data[: place.width * HASH_BYTES], found.path


def _differing(one: bytes, other: bytes) -> Iterator[int]:
    """The positions at which two rows of hashes differ."""
    if one == other:
        return iter(())
    places = range(0, len(one), HASH_BYTES)
    return (place // HASH_BYTES for place in places if one[place : place + 32] != other[place : place + 32])


def _peaks_at(levels: list[bytes], width: int) -> list[bytes]:
    """The roots of the full subtrees of the first `width` hashes, the smallest first."""
    return [
        row[((width >> height) - 1) * HASH_BYTES : (width >> height) * HASH_BYTES]
        for height, row in enumerate(levels)
        if width >> height & 1
    ]
