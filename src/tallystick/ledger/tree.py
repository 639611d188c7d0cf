"""The Merkle tree of RFC 6962: hashes, the growing edge, inclusion and consistency proofs. Reads and writes nothing.

Hashes travel as 32 bytes, rows of hashes as one byte string (32 bytes each): that keeps hashing near one
million nodes per second in plain Python.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

from tallystick.ledger.tiles import HASH_BYTES, TILE_BYTES, TILE_HEIGHT, Place, Tile

HashReader = Callable[[int, int], bytes]
"""Gives the hash at (level, index): the root of the full subtree over leaves index * 2^level onwards.

Level 0 are the leaf hashes. A reader raises when it does not have the hash; it never guesses.
"""

EMPTY_ROOT = hashlib.sha256(b"").digest()


class ProofError(ValueError):
    """A proof does not fit. The message says what was expected and what was found."""


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256 of a zero byte and the entry. Source: RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> bytes:
    """The leaf hashes of entries, as one byte string."""
    sha256 = hashlib.sha256
    return b"".join([sha256(b"\x00" + entry).digest() for entry in entries])


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of a one byte and both children. Source: RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def level_up(row: bytes) -> bytes:
    """The parents of a row of hashes; the row has an even number of them."""
    sha256 = hashlib.sha256
    return b"".join([sha256(b"\x01" + row[place : place + 64]).digest() for place in range(0, len(row), 64)])


def peaks_of(row: bytes) -> list[bytes]:
    """The roots of the full subtrees that a row of hashes splits into, the smallest (rightmost) first."""
    peaks = []
    while row:
        if len(row) // HASH_BYTES % 2:
            peaks.append(row[-HASH_BYTES:])
            row = row[:-HASH_BYTES]
        row = level_up(row)
    return peaks


def fold(peaks: Sequence[bytes]) -> bytes:
    """The root over full subtrees, the smallest (rightmost) first. No peaks: the root of the empty tree."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[0]
    for peak in peaks[1:]:
        root = node_hash(peak, root)
    return root


def root_of(row: bytes) -> bytes:
    """The root of a tree, given all its leaf hashes as one byte string."""
    return fold(peaks_of(row))


class Tree:
    """The right edge of a tree: enough to append, to tell the root and to write the next tiles.

    It keeps the hashes of the partial tile of each level, so a tree of any size needs a few kilobytes.
    """

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[bytes] = []

    @classmethod
    def resume(cls, size: int, edge: Sequence[bytes]) -> "Tree":
        """A tree of `size` from its partial tiles, lowest level first. Compare the root: it vouches for them."""
        tree = cls()
        tree.size = size
        tree._edge = list(edge)  # our own
        return tree

    def copy(self) -> "Tree":
        """A tree of its own with the same edge."""
        twin = Tree()
        twin.size = self.size
        twin._edge = list(self._edge)  # our own twin
        return twin

    def append(self, row: bytes) -> list[Tile]:
        """Add leaf hashes (32 bytes each); returns the tiles that became full, lowest level first."""
        full: list[Tile] = []
        before = self.size
        self.size += len(row) // HASH_BYTES
        level = 0
        while row:
            if level == len(self._edge):
                self._edge.append(b"")
            row = self._push(level, row, before >> (TILE_HEIGHT * (level + 1)), full)
            level += 1
        return full

    def _push(self, level: int, row: bytes, index: int, full: list[Tile]) -> bytes:
        """Add hashes to one tile level; returns the hashes of the tiles that this filled."""
        edge = self._edge[level] + row
        end = len(edge) // TILE_BYTES * TILE_BYTES
        tiles = [edge[place : place + TILE_BYTES] for place in range(0, end, TILE_BYTES)]
        full += [Tile(Place(level, index + number), data) for number, data in enumerate(tiles)]
        self._edge[level] = edge[end:]
        return b"".join([root_of(data) for data in tiles])

    def edge(self) -> list[Tile]:
        """The partial tiles at the right edge, lowest level first; a level whose tiles are all full has none."""
        return [
            Tile(
                Place(level, self.size >> (TILE_HEIGHT * (level + 1)), len(data) // HASH_BYTES),
                data,
            )
            for level, data in enumerate(self._edge)
            if data
        ]

    def peaks(self) -> list[bytes]:
        """The roots of the full subtrees of the tree, the smallest (rightmost) first."""
        return [peak for data in self._edge for peak in peaks_of(data)]

    def root(self) -> bytes:
        """The root of everything appended so far."""
        return fold(self.peaks())


def levels_of(row: bytes) -> list[bytes]:
    """A row of hashes (one byte string), and the rows of the full subtrees above it."""
    levels = [row]
    while len(levels[-1]) >= 2 * HASH_BYTES:
        below = levels[-1]
        levels.append(level_up(below[: len(below) // 64 * 64]))
    return levels


def read_from(row: bytes) -> HashReader:
    """A reader over a tree whose leaf hashes (one byte string) are all in memory."""
    levels = levels_of(row)

    def read(level: int, index: int) -> bytes:
        found = levels[level][index * HASH_BYTES : (index + 1) * HASH_BYTES] if level < len(levels) else b""
        if len(found) != HASH_BYTES:
            raise ProofError(f"expected a hash at level {level}, index {index}: the tree ends before it")
        return found

    return read


def subtree_hash(start: int, end: int, read: HashReader) -> bytes:
    """The hash over leaves [start, end). The start is where such a subtree of an RFC 6962 tree can start."""
    peaks = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(read(level, start >> level))
        start += 1 << level
    return fold(peaks[::-1])


def root_at(size: int, read: HashReader) -> bytes:
    """The root of the first `size` leaves."""
    return subtree_hash(0, size, read)


def split_of(count: int) -> int:
    """Where a tree of `count` leaves (at least 2) splits: the largest power of two below it."""
    return 1 << ((count - 1).bit_length() - 1)


def make_inclusion(index: int, size: int, read: HashReader) -> list[bytes]:
    """The proof that a leaf is in the tree of `size`: hashes from the leaf upwards.

    raises  ProofError when the index is outside the tree
    """
    _check_index(index, size)
    proof = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split_of(end - start)
        if index < middle:
            proof.append(subtree_hash(middle, end, read))
            end = middle
        else:
            proof.append(subtree_hash(start, middle, read))
            start = middle
    return proof[::-1]


def verify_inclusion(proof: Sequence[bytes], *, index: int, size: int, leaf: bytes, root: bytes) -> None:
    """Raise ProofError unless the proof leads from the leaf hash at `index` to the root of `size` leaves."""
    _check_index(index, size)
    _check_hashes([leaf, root, *proof])
    sides = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split_of(end - start)
        sides.append(index < middle)
        start, end = (start, middle) if index < middle else (middle, end)
    _check_count(proof, len(sides))
    found = leaf
    for is_left, sibling in zip(reversed(sides), proof, strict=True):
        found = node_hash(found, sibling) if is_left else node_hash(sibling, found)
    _check_root(found, root, f"the leaf at {index} of {size}")


def make_consistency(old: int, new: int, read: HashReader) -> list[bytes]:
    """The proof that the tree of `old` leaves is the beginning of the tree of `new` leaves.

    raises  ProofError unless 1 <= old <= new
    """
    _check_sizes(old, new)
    proof = []
    start, end, is_whole = 0, new, True
    while old != end:
        middle = start + split_of(end - start)
        if old <= middle:
            proof.append(subtree_hash(middle, end, read))
            end = middle
        else:
            proof.append(subtree_hash(start, middle, read))
            start, is_whole = middle, False
    if not is_whole:
        proof.append(subtree_hash(start, end, read))
    return proof[::-1]


def verify_consistency(proof: Sequence[bytes], *, old: int, new: int, old_root: bytes, new_root: bytes) -> None:
    """Raise ProofError unless the proof shows that `old_root` is a beginning of `new_root`.

    A proof from size 0 is refused: it would say nothing.
    """
    old_found, new_found = roots_led_to(proof, old=old, new=new, old_root=old_root)
    _check_root(old_found, old_root, f"the older tree of {old}")
    _check_root(new_found, new_root, f"the newer tree of {new}")


def roots_led_to(proof: Sequence[bytes], *, old: int, new: int, old_root: bytes) -> tuple[bytes, bytes]:
    """The older and the newer root that a consistency proof leads to, whatever they were expected to be.

    Where `old` is a power of two the proof takes the older root as given, and gives it back.
    raises  ProofError when the proof has not the form of one between these sizes
    """
    _check_sizes(old, new)
    _check_hashes(proof)
    sides = []
    start, end = 0, new
    while old != end:
        middle = start + split_of(end - start)
        sides.append(old <= middle)
        start, end = (start, middle) if old <= middle else (middle, end)
    hashes = list(proof) if start else [old_root, *proof]
    _check_count(proof, len(sides) + (1 if start else 0))
    old_found = new_found = hashes[0]
    for is_left, sibling in zip(reversed(sides), hashes[1:], strict=True):
        if is_left:
            new_found = node_hash(new_found, sibling)
        else:
            old_found = node_hash(sibling, old_found)
            new_found = node_hash(sibling, new_found)
    return old_found, new_found


def _check_index(index: int, size: int) -> None:
    if not 0 <= index < size:
        raise ProofError(f"expected an index from 0 to {size - 1} in a tree of {size}, found {index}")


def _check_sizes(old: int, new: int) -> None:
    if not 1 <= old <= new:
        raise ProofError(f"expected 1 <= older size <= newer size, found {old} and {new}")


def _check_hashes(parts: Sequence[bytes]) -> None:
    for part in parts:
        if len(part) != HASH_BYTES:
            raise ProofError(f"expected hashes of {HASH_BYTES} bytes, found one of {len(part)}")


def _check_count(proof: Sequence[bytes], count: int) -> None:
    if len(proof) != count:
        raise ProofError(f"expected {count} proof hashes, found {len(proof)}")


def _check_root(found: bytes, root: bytes, what: str) -> None:
    if found != root:
        raise ProofError(f"{what}: the proof leads to root {found.hex()}, expected {root.hex()}")
