"""The tree against a second, slow reading of RFC 6962, and its proofs: each one holds, and nothing else does."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.ledger.tree import (
    ProofError,
    Tree,
    leaf_hash,
    leaf_hashes,
    make_consistency,
    make_inclusion,
    read_from,
    root_at,
    root_of,
    verify_consistency,
    verify_inclusion,
)

ENTRIES = [b"entry %d" % number for number in range(1000)]
ROW = leaf_hashes(ENTRIES)
READ = read_from(ROW)


def slow_root(entries: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(b"\x01" + slow_root(entries[:split]) + slow_root(entries[split:])).digest()


@pytest.mark.parametrize("size", [*range(20), 255, 256, 257, 511, 512, 513, 1000])
def test_root(size: int) -> None:
    expected = slow_root(ENTRIES[:size])
    assert root_of(ROW[: 32 * size]) == expected
    assert root_at(size, READ) == expected


@given(st.lists(st.integers(0, 700), max_size=6))
def test_any_batches_give_the_same_tree(batches: list[int]) -> None:
    tree, tiles = Tree(), []
    for batch in batches:
        row = (ROW * 5)[tree.size * 32 : (tree.size + batch) * 32]
        tiles += tree.append(row)
    whole = Tree()
    assert whole.append((ROW * 5)[: tree.size * 32]) == sorted(
        tiles, key=lambda tile: (tile.place.level or 0, tile.place.index)
    )
    assert (tree.root(), tree.edge(), tree.size) == (whole.root(), whole.edge(), sum(batches))


def test_a_copy_grows_on_its_own() -> None:
    tree = Tree()
    tree.append(ROW[: 32 * 300])
    twin = tree.copy()
    twin.append(ROW[32 * 300 :])
    assert tree.root() == slow_root(ENTRIES[:300])
    assert twin.root() == slow_root(ENTRIES)


def flipped(proof: list[bytes]) -> list[list[bytes]]:
    """The proof with one bit of each hash turned, each hash left out, and one more hash."""
    wrong = [[*proof[:n], bytes([part[0] ^ 1]) + part[1:], *proof[n + 1 :]] for n, part in enumerate(proof)]
    wrong += [proof[:n] + proof[n + 1 :] for n in range(len(proof))]
    return [*wrong, [*proof, bytes(32)], [part[:31] for part in proof] or [b""]]


@pytest.mark.parametrize("size", range(1, 66))
def test_every_inclusion_proof_holds_and_each_flipped_one_fails(size: int) -> None:
    root = root_at(size, READ)
    for index in range(size):
        leaf = leaf_hash(ENTRIES[index])
        proof = make_inclusion(index, size, READ)
        verify_inclusion(proof, index=index, size=size, leaf=leaf, root=root)
        for wrong in flipped(proof):
            with pytest.raises(ProofError):
                verify_inclusion(wrong, index=index, size=size, leaf=leaf, root=root)
        with pytest.raises(ProofError):
            verify_inclusion(proof, index=index, size=size, leaf=leaf_hash(b"other"), root=root)
        for other in {index ^ 1, index + 1, size} - {index}:
            with pytest.raises(ProofError):
                verify_inclusion(proof, index=other, size=size, leaf=leaf, root=root)


@pytest.mark.parametrize("new", range(1, 66))
def test_every_consistency_proof_holds_and_each_flipped_one_fails(new: int) -> None:
    new_root = root_at(new, READ)
    for old in range(1, new + 1):
        old_root = root_at(old, READ)
        proof = make_consistency(old, new, READ)
        verify_consistency(proof, old=old, new=new, old_root=old_root, new_root=new_root)
        for wrong in flipped(proof):
            with pytest.raises(ProofError):
                verify_consistency(wrong, old=old, new=new, old_root=old_root, new_root=new_root)
        for roots in [(bytes(32), new_root), (old_root, bytes(32))]:
            with pytest.raises(ProofError):
                verify_consistency(proof, old=old, new=new, old_root=roots[0], new_root=roots[1])


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (-1, 5)])
def test_sizes_that_prove_nothing_are_refused(old: int, new: int) -> None:
    with pytest.raises(ProofError, match=f"found {old} and {new}"):
        make_consistency(old, new, READ)
    with pytest.raises(ProofError, match=f"found {old} and {new}"):
        verify_consistency([], old=old, new=new, old_root=bytes(32), new_root=bytes(32))


def test_a_reader_never_guesses_a_hash() -> None:
    read = read_from(ROW[: 32 * 5])
    with pytest.raises(ProofError, match="level 1, index 2"):
        read(1, 2)
    with pytest.raises(ProofError, match="level 9, index 0"):
        read(9, 0)
