"""Published vectors of RFC 6962 and C2SP, from other implementations: read from ../shared, never copied."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tallystick.audit.log import Status, verify_log
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import note
from tallystick.ledger.proof import RecordProof, parse_record_proof
from tallystick.ledger.reader import LogReader
from tallystick.ledger.signer import SoftwareSigner, parse_private
from tallystick.ledger.tiles import Place, decode_bundle, encode_bundle, parse_path, places_at, width_at
from tallystick.ledger.tree import (
    EMPTY_ROOT,
    ProofError,
    Tree,
    fold,
    leaf_hash,
    leaf_hashes,
    make_consistency,
    make_inclusion,
    node_hash,
    peaks_of,
    read_from,
    root_of,
    verify_consistency,
    verify_inclusion,
)

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"


def vectors(name: str) -> Any:
    path = VECTORS / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the published vectors are not here: expected {name}.json in ../shared/vectors")
    return json.loads(path.read_text())


def test_hashes_of_rfc6962() -> None:
    expected = vectors("rfc6962_hash")
    assert EMPTY_ROOT.hex() == expected["empty_root"]
    assert leaf_hash(b"").hex() == expected["empty_leaf"]
    assert leaf_hash(b"L123456").hex() == expected["leaf_L123456"]
    assert node_hash(b"N123", b"N456").hex() == expected["node_N123_N456"]


def test_trees_of_rfc6962() -> None:
    expected = vectors("rfc6962_trees")
    leaves = [bytes.fromhex(text) for text in expected["leaf_inputs_hex"]]
    for size, root in enumerate(expected["root_hashes_hex_by_size"]):
        assert root_of(leaf_hashes(leaves[:size])).hex() == root
        tree = Tree()
        tree.append(leaf_hashes(leaves[:size]))
        assert tree.root().hex() == root
    read = read_from(leaf_hashes(leaves))
    for level, row in enumerate(expected["node_hashes_hex"]):
        assert [read(level, index).hex() for index in range(len(row))] == row


def is_good(check: Any, *arguments: Any, **named: Any) -> bool:
    try:
        check(*arguments, **named)
    except ProofError:
        return False
    return True


def hashes_of(texts: list[str] | None) -> list[bytes]:
    return [base64.b64decode(text) for text in texts or []]


def test_inclusion_proofs_of_transparency_dev() -> None:
    cases = vectors("rfc6962_proofs")["inclusion"]
    assert len(cases) == 98
    for case in cases:
        verdict = is_good(
            verify_inclusion,
            hashes_of(case["proof"]),
            index=case["leafIdx"],
            size=case["treeSize"],
            leaf=base64.b64decode(case["leafHash"]),
            root=base64.b64decode(case["root"]),
        )
        assert verdict is not case["wantErr"], case["_file"]


def test_consistency_proofs_of_transparency_dev() -> None:
    cases = vectors("rfc6962_proofs")["consistency"]
    assert len(cases) == 98
    for case in cases:
        verdict = is_good(
            verify_consistency,
            hashes_of(case["proof"]),
            old=case["size1"],
            new=case["size2"],
            old_root=base64.b64decode(case["root1"]),
            new_root=base64.b64decode(case["root2"]),
        )
        assert verdict is not case["wantErr"], case["_file"]


def test_signed_notes_that_are_good() -> None:
    for case in vectors("signed_note")["valid"]:
        keys = [note.parse_vkey(line) for line in case["vkeys"]]
        assert {by.key for by in note.verify(case["note"], keys).signed_by} == set(keys)


@pytest.mark.parametrize("kind", ["malformed", "bad_signature", "ambiguous"])
def test_signed_notes_that_are_bad(kind: str) -> None:
    for case in vectors("signed_note")[kind]:
        keys = [note.parse_vkey(line) for line in case["vkeys"]]
        with pytest.raises(note.BadNote):
            note.verify(case["note"], keys)


def test_verifier_keys() -> None:
    cases = vectors("signed_note")
    for line in cases["bad_vkeys"]:
        with pytest.raises(note.BadKey):
            note.parse_vkey(line)
    for case in cases["valid"]:
        for line in case["vkeys"]:
            assert note.parse_vkey(line).line == line


def test_our_signer_makes_the_same_note_as_go() -> None:
    cases = vectors("signed_note")
    signer = SoftwareSigner(*parse_private(cases["ed25519_seed_skey"], "vector"))
    text = cases["valid"][0]["note"].rpartition("\n\n")[0] + "\n"
    assert note.sign(text, [signer]) == cases["valid"][0]["note"]
    other = SoftwareSigner("EnochRoot", bytes(32))
    assert note.sign(text, [signer, other]) == cases["valid"][1]["note"]


def test_the_checkpoint_of_the_go_checksum_database() -> None:
    case = vectors("checkpoint_misc")
    key = note.parse_vkey(case["sumdb"]["vkey"])
    assert note.verify(case["sumdb"]["note"], [key]).signed_by[0].key == key
    assert checkpoints.read(case["sumdb"]["note"]).size == 35225469
    assert checkpoints.read(case["c2sp_example"]["note"]).origin == "example.com/behind-the-sofa"
    with pytest.raises(checkpoints.BadCheckpoint, match=r"expected a checkpoint of the log 'sum\.golang\.org'"):
        checkpoints.open_signed(case["sumdb"]["note"], key)  # its origin is not its key's name, as ours is


def test_the_whole_log_of_tessera(tmp_path: Path) -> None:
    case = vectors("tessera_log15")
    entries = [text.encode() for text in case["entries_utf8"]]
    signer = SoftwareSigner(*parse_private(case["skey"], "vector"))
    assert signer.vkey == case["vkey"]
    files = {path: base64.b64decode(data) for path, data in case["files_b64"].items()}
    for size in range(len(entries) + 1):
        tree = Tree()
        tree.append(leaf_hashes(entries[:size]))
        signed = checkpoints.sign(signer.name, size, tree.root(), signers=[signer])
        assert signed.note == case["checkpoints_by_size"][str(size)]
        assert {tile.place.path: tile.data for tile in tree.edge()}.items() <= files.items()
        if size:
            bundle = files[Place(None, 0, size).path]
            assert bundle == encode_bundle(entries[:size])
            assert decode_bundle(bundle) == entries[:size]
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    (tmp_path / "checkpoint").write_text(case["checkpoints_by_size"]["15"])
    report = verify_log(tmp_path, case["vkey"], check=lambda _index, _entry: [])
    assert report.status is Status.OK, report.problems
    proof = LogReader(tmp_path).record_proof(11)
    assert proof.verify(b"twelf", note.parse_vkey(case["vkey"])).size == 15


def test_the_mirror_of_sunlight() -> None:
    case = vectors("sunlight_mirror300")
    signed = checkpoints.read(case["checkpoint"])
    row = leaf_hashes([b"record %d" % number for number in range(300)])
    tree = Tree()
    tiles = [*tree.append(row), *tree.edge()]
    assert {t.place.path: t.data for t in tiles} == {
        path: base64.b64decode(data) for path, data in case["hash_tiles_b64"].items()
    }
    assert tree.root() == signed.root
    for text, lines in [(case["checkpoint"], case["cosigner_vkeys"]), case["other_cosigned"]]:
        keys = [note.parse_vkey(line) for line in lines]
        signed_by = note.verify(text, keys).signed_by
        assert [by.key for by in signed_by] == keys
        assert all(by.time for by in signed_by)
        with pytest.raises(note.BadNote):
            note.verify(text.replace("2026h1", "2027h1"), keys)


def test_tile_paths() -> None:
    case = vectors("tile_paths")
    for level, index, width, path in case["tile_path"]:
        place = Place(level, index, width or 256)
        assert place.path == path
        assert parse_path(path) == place
    for index, size, path in case["entries_path_for_index_size"]:
        number = index // 256
        assert Place(None, number, width_at(0, number, size)).path == path
    for level, (full, partial) in enumerate(case["size70000"].values()):
        widths = [place.width for place in places_at(70_000) if place.level == level]
        assert widths == [256] * full + ([partial] if partial else [])
    for path in case["bad_index_paths"]:
        assert parse_path(f"tile/0/{path}") is None


def test_record_proofs() -> None:
    case = vectors("tlog_proof")
    hashes = {name: hashlib.sha256(text).digest() for name, text in [("h1", b"hash1"), ("h2", b"hash2")]}
    base64_of = {name: base64.b64encode(part).decode() for name, part in hashes.items()}
    for wanted in case["marshal"]:
        extra = wanted.get("extra_utf8")
        proof = RecordProof(
            index=wanted["index"],
            hashes=tuple(hashes[name] for name in wanted["hashes"]),
            checkpoint=wanted["checkpoint"],
            extra=None if extra is None else extra.encode(),
        )
        text = wanted["want"]
        for name, encoded in base64_of.items():
            text = text.replace(f"{{{name}}}", encoded)
        text = text.replace("{b64(extra)}", base64.b64encode((extra or "").encode()).decode())
        assert proof.text() == text
        assert parse_record_proof(text) == proof
    for text in case["reject"]:
        with pytest.raises(ProofError):
            parse_record_proof(text)


def test_subtree_proofs_hold_for_our_hashing() -> None:
    """The newer kind of proof starts anywhere; from 0 to a leaf it is the consistency proof that we verify.

    From size 0 their verifier says yes to anything; ours refuses, because it would prove nothing.
    """
    cases = [case for case in vectors("rfc6962_proofs")["other"] if "subtreeconsistency" in case["_file"]]
    whole = [case for case in cases if case["start"] == 0 and case["end"]]
    assert whole
    for case in whole:
        verdict = is_good(
            verify_consistency,
            hashes_of(case["proof"]),
            old=case["end"],
            new=case["size"],
            old_root=base64.b64decode(case["root1"]),
            new_root=base64.b64decode(case["root2"]),
        )
        assert verdict is not case["wantErr"], case["_file"]


def test_proofs_that_we_make_for_the_published_tree() -> None:
    leaves = [bytes.fromhex(text) for text in vectors("rfc6962_trees")["leaf_inputs_hex"]]
    read = read_from(leaf_hashes(leaves))
    good = [case for case in vectors("rfc6962_proofs")["inclusion"] if not case["wantErr"] and case["treeSize"] <= 8]
    assert good
    for case in good:
        assert make_inclusion(case["leafIdx"], case["treeSize"], read) == hashes_of(case["proof"])
    good = [case for case in vectors("rfc6962_proofs")["consistency"] if not case["wantErr"] and case["size2"] <= 8]
    assert good
    for case in good:
        assert make_consistency(case["size1"], case["size2"], read) == hashes_of(case["proof"])
    assert fold(peaks_of(leaf_hashes(leaves))) == root_of(leaf_hashes(leaves))
