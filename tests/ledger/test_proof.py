"""Proofs that travel: many records under one checkpoint, and the text for one record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import note
from tallystick.ledger.proof import (
    RecordProof,
    make_multiproof,
    parse_record_proof,
    verify_multiproof,
)
from tallystick.ledger.signer import SoftwareSigner
from tallystick.ledger.tree import ProofError, leaf_hash, leaf_hashes, make_inclusion, read_from, root_at

ENTRIES = [b"entry %d" % number for number in range(600)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
READ = read_from(leaf_hashes(ENTRIES))
SIGNER = SoftwareSigner("tests.invalid/log", bytes(32))
KEY = note.parse_vkey(SIGNER.vkey)


@st.composite
def subsets(draw: st.DrawFn) -> tuple[int, list[int]]:
    size = draw(st.integers(1, 600))
    return size, draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=60))


@given(subsets())
def test_any_subset_is_proven_and_no_flipped_hash_passes(case: tuple[int, list[int]]) -> None:
    size, indexes = case
    root = root_at(size, READ)
    proof = make_multiproof(indexes, size, READ)
    leaves = {index: LEAVES[index] for index in indexes}
    verify_multiproof(root, size, leaves, proof)
    wrong = [[*proof[:n], bytes(32), *proof[n + 1 :]] for n in range(len(proof))]
    for hashes in [*wrong, proof[1:] if proof else [bytes(32)], [*proof, bytes(32)]]:
        with pytest.raises(ProofError):
            verify_multiproof(root, size, leaves, hashes)
    for index in indexes[:5]:
        with pytest.raises(ProofError, match="a leaf, its index or a proof hash is altered"):
            verify_multiproof(root, size, leaves | {index: bytes(32)}, proof)


def test_all_leaves_need_no_hash_and_one_leaf_those_of_its_inclusion_proof() -> None:
    assert make_multiproof(range(600), 600, READ) == []
    verify_multiproof(root_at(600, READ), 600, dict(enumerate(LEAVES)), [])
    for index in (0, 255, 599):
        assert set(make_multiproof([index], 600, READ)) == set(make_inclusion(index, 600, READ))


def test_neighbours_cost_little() -> None:
    """A run of records shares its path: 64 neighbours among 600 need no more than a path each way."""
    assert len(make_multiproof(range(100, 164), 600, READ)) <= 18


def test_what_does_not_fit_is_named() -> None:
    root, proof = root_at(600, READ), make_multiproof([5, 9], 600, READ)
    leaves = {5: LEAVES[5], 9: LEAVES[9]}
    with pytest.raises(ProofError, match="from 0 to 599 in a tree of 600, found 600"):
        make_multiproof([5, 600], 600, READ)
    with pytest.raises(ProofError, match="found -1"):
        verify_multiproof(root, 600, {-1: LEAVES[0]}, proof)
    with pytest.raises(ProofError, match="at least one index"):
        make_multiproof([], 600, READ)
    with pytest.raises(ProofError, match=f"expected {len(proof)} proof hashes, found {len(proof) + 1}"):
        verify_multiproof(root, 600, leaves, [*proof, bytes(32)])
    with pytest.raises(ProofError, match=f"expected more than {len(proof) - 1} proof hashes: none is left for leaves"):
        verify_multiproof(root, 600, leaves, proof[:-1])
    with pytest.raises(ProofError, match="hash 9: expected 32 bytes, found 3"):
        verify_multiproof(root, 600, leaves | {9: b"abc"}, proof)
    with pytest.raises(ProofError, match="number 0, of the proof: expected 32 bytes, found 1"):
        verify_multiproof(root, 600, leaves, [b"a", *proof[1:]])
    with pytest.raises(ProofError, match="the 2 leaves from 5 to 9"):
        verify_multiproof(root_at(599, READ), 600, leaves, proof)


def record_proof(index: int = 77) -> RecordProof:
    signed = checkpoints.sign(SIGNER.name, 600, root_at(600, READ), signers=[SIGNER])
    return RecordProof(index=index, hashes=tuple(make_inclusion(index, 600, READ)), checkpoint=signed.note)


def test_a_record_proof_survives_the_journey_as_text() -> None:
    proof = parse_record_proof(record_proof().text())
    assert proof == record_proof()
    assert proof.verify(ENTRIES[77], KEY).size == 600


def test_a_record_proof_proves_nothing_else() -> None:
    with pytest.raises(ProofError, match="the leaf at 77 of 600"):
        record_proof().verify(ENTRIES[78], KEY)
    with pytest.raises(ProofError, match="the leaf at 78 of 600"):
        parse_record_proof(record_proof().text().replace("index 77", "index 78")).verify(ENTRIES[77], KEY)
    with pytest.raises(note.BadNote, match="is not good"):
        parse_record_proof(record_proof().text().replace("\n600\n", "\n601\n")).verify(ENTRIES[77], KEY)
    other = note.parse_vkey(SoftwareSigner(SIGNER.name, bytes([1] * 32)).vkey)
    with pytest.raises(note.BadNote, match="under other keys"):
        record_proof().verify(ENTRIES[77], other)
