"""Proofs that travel: one compact proof for many records, and the C2SP `.tlog-proof` text for one. Pure.

A multiproof holds, from left to right, the hash of each largest subtree that contains none of the proven
leaves. With all leaves proven it is empty; with one leaf it holds the hashes of its inclusion proof.
"""

import base64
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import note
from tallystick.ledger.tiles import HASH_BYTES
from tallystick.ledger.tree import (
    HashReader,
    ProofError,
    leaf_hash,
    node_hash,
    root_of,
    split_of,
    subtree_hash,
    verify_inclusion,
)

HEADER = "c2sp.org/tlog-proof@v1"


def make_multiproof(indexes: Iterable[int], size: int, read: HashReader) -> list[bytes]:
    """The hashes that, with the leaf hashes at `indexes`, give the root of `size` leaves.

    indexes  at least one; order and repetition do not matter
    raises   ProofError naming an index outside the tree
    """
    wanted = _wanted(indexes, size)
    proof: list[bytes] = []

    def visit(start: int, end: int, first: int, last: int) -> None:
        # wanted[first:last] are the proven leaves in [start, end).
        if first == last:
            proof.append(subtree_hash(start, end, read))
        elif last - first < end - start:
            middle = start + split_of(end - start)
            between = bisect_left(wanted, middle, first, last)
            visit(start, middle, first, between)
            visit(middle, end, between, last)

    visit(0, size, 0, len(wanted))
    return proof


def verify_multiproof(root: bytes, size: int, leaves: Mapping[int, bytes], hashes: Sequence[bytes]) -> None:
    """Raise ProofError unless every leaf hash of `leaves`, keyed by index, is in the tree of `size` with `root`.

    The message names the index outside the tree, the hash too few or too many, or the root that came out.
    """
    wanted = _wanted(leaves, size)
    for what, value in [*leaves.items(), *((f"number {n}, of the proof", h) for n, h in enumerate(hashes))]:
        if len(value) != HASH_BYTES:
            raise ProofError(f"hash {what}: expected {HASH_BYTES} bytes, found {len(value)}")
    supply = iter(hashes)

    def visit(start: int, end: int, first: int, last: int) -> bytes:
        if first == last:
            return _next(supply, start, end, len(hashes))
        if last - first == end - start:
            return root_of(b"".join([leaves[index] for index in range(start, end)]))
        middle = start + split_of(end - start)
        between = bisect_left(wanted, middle, first, last)
        left = visit(start, middle, first, between)
        return node_hash(left, visit(middle, end, between, last))

    found = visit(0, size, 0, len(wanted))
    left_over = sum(1 for _ in supply)
    if left_over:
        raise ProofError(f"expected {len(hashes) - left_over} proof hashes, found {len(hashes)}")
    if found != root:
        raise ProofError(
            f"the {len(wanted)} leaves from {wanted[0]} to {wanted[-1]} with their proof give root "
            f"{found.hex()}, expected {root.hex()} at size {size}: a leaf, its index or a proof hash is altered"
        )


def _wanted(indexes: Iterable[int], size: int) -> list[int]:
    wanted = sorted(set(indexes))
    if not wanted:
        raise ProofError("expected at least one index to prove, found none")
    for index in (wanted[0], wanted[-1]):
        if not 0 <= index < size:
            raise ProofError(f"expected indexes from 0 to {size - 1} in a tree of {size}, found {index}")
    return wanted


def _next(supply: Iterator[bytes], start: int, end: int, count: int) -> bytes:
    found = next(supply, None)
    if found is None:
        raise ProofError(f"expected more than {count} proof hashes: none is left for leaves {start} to {end - 1}")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordProof:
    """One record's proof: its index, the hashes from leaf to root, and the signed checkpoint they lead to.

    extra       bytes that the C2SP format lets travel along; nothing vouches for them
    checkpoint  the whole signed note, as text
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def text(self) -> str:
        """The C2SP `.tlog-proof` text."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(part).decode() for part in self.hashes]
        return "\n".join([*lines, "", self.checkpoint])

    def verify(self, entry: bytes, *keys: note.VerifierKey) -> checkpoints.Checkpoint:
        """The checkpoint, if its signature is good and it covers the entry at this index.

        raises  note.BadNote for the signature, checkpoint.BadCheckpoint for its text, ProofError for the path
        """
        signed = checkpoints.open_signed(self.checkpoint, *keys)
        leaf = leaf_hash(entry)
        verify_inclusion(self.hashes, index=self.index, size=signed.size, leaf=leaf, root=signed.root)
        return signed


def parse_record_proof(text: str) -> RecordProof:
    """A `.tlog-proof` text, read but not verified. Raises ProofError naming the line that is wrong."""
    head, separator, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not separator or lines[0] != HEADER:
        raise ProofError(f"expected a text that begins with {HEADER!r} and has an empty line, found {lines[0]!r}")
    rest = lines[1:]
    extra = None
    if rest and rest[0].startswith("extra "):
        extra = _base64(rest.pop(0).removeprefix("extra "))
    number = rest.pop(0).removeprefix("index ") if rest and rest[0].startswith("index ") else ""
    if not checkpoints.is_plain_number(number):
        raise ProofError(f"expected a line 'index N' with a plain number, found {number!r}")
    hashes = tuple(_base64(line) for line in rest)
    for position, part in enumerate(hashes):
        if len(part) != HASH_BYTES:
            raise ProofError(f"proof hash {position}: expected {HASH_BYTES} bytes, found {len(part)}")
    return RecordProof(index=int(number), hashes=hashes, checkpoint=checkpoint, extra=extra)


def _base64(text: str) -> bytes:
    try:
        return note.from_base64(text)
    except ValueError as error:
        raise ProofError(f"expected base64, found {text!r}") from error
