"""Cosignatures: made as others make them, read strictly, kept in a file that nobody else can read."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import cosignature, note
from tallystick.ledger.cosignature import Cosigner, CosignerRefused
from tallystick.ledger.note import MLDSA_COSIGNATURE, BadNote, VerifierKey
from tallystick.ledger.signer import SoftwareSigner

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"
LOG = SoftwareSigner("log.example/one", bytes(range(32)))
SIGNED = checkpoints.sign(LOG.name, 7, bytes(32), signers=[LOG])


def vector(name: str) -> Any:
    path = VECTORS / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the published vectors are not here: expected {name}.json in ../shared/vectors")
    return json.loads(path.read_text())


def cosigner(number: int = 1) -> Cosigner:
    return Cosigner(f"w{number}.example/w", bytes([number]) * 32)


def test_we_make_the_cosignature_that_the_sunlight_mirror_made() -> None:
    case = vector("sunlight_mirror300")
    key = note.parse_vkey(case["cosigner_vkeys"][0])
    ours = Cosigner(key.name, hashlib.sha256(case["cosigner_seed_sha256_of"].encode()).digest())
    assert ours.key == key
    (found,) = cosignature.found_in(case["checkpoint"], [key])
    text = case["checkpoint"].rpartition("\n\n")[0] + "\n"
    assert ours.cosign(text, time=found.time) == found.line
    assert case["checkpoint"].endswith(found.line)


def test_lines_are_added_once_and_stay_behind_those_of_the_log() -> None:
    text = SIGNED.note.rpartition("\n\n")[0] + "\n"
    one, two = cosigner(1).cosign(text, time=5), cosigner(2).cosign(text, time=6)
    whole = cosignature.add_lines(cosignature.add_lines(SIGNED.note, [one]), [one, two])
    assert whole == SIGNED.note + one + two
    found = cosignature.found_in(whole, [cosigner(2).key, cosigner(1).key])
    assert [(by.key.name, by.time) for by in found] == [("w2.example/w", 6), ("w1.example/w", 5)]
    assert checkpoints.open_signed(whole, note.parse_vkey(LOG.vkey)).size == 7


def test_a_line_of_a_known_witness_that_is_not_good_is_an_error_and_others_are_ignored() -> None:
    other = checkpoints.sign(LOG.name, 8, bytes(32), signers=[LOG]).note.rpartition("\n\n")[0] + "\n"
    wrong = SIGNED.note + cosigner().cosign(other, time=5)
    with pytest.raises(BadNote, match="is not good"):
        cosignature.found_in(wrong, [cosigner().key])
    assert cosignature.found_in(wrong, [cosigner(2).key]) == []
    assert cosignature.found_in(wrong, [note.parse_vkey(LOG.vkey)]) == []


def test_a_cosignature_of_ml_dsa_is_verified_and_covers_every_field() -> None:
    private = MLDSA44PrivateKey.generate()
    key = VerifierKey("pq.example/w", MLDSA_COSIGNATURE, private.public_key().public_bytes_raw())
    assert note.parse_vkey(key.line) == key
    fields = (
        b"subtree/v1\n\0" + b"\x0cpq.example/w" + (99).to_bytes(8, "big") + bytes([len(LOG.name)]) + LOG.name.encode()
        + bytes(8) + (7).to_bytes(8, "big") + bytes(32)
    )  # fmt: skip
    line = cosignature.line_of(key, (99).to_bytes(8, "big") + private.sign(fields))
    (found,) = cosignature.found_in(SIGNED.note + line, [key])
    assert (found.time, found.line) == (99, line)
    for changed in (
        SIGNED.note.replace("\n7\n", "\n8\n"),
        SIGNED.note.replace("log.example", "log.exampla"),
        SIGNED.note.replace("\nAAAA", "\nBAAA"),
        SIGNED.note.replace("\n7\n", "\nseven\n"),
    ):
        with pytest.raises(BadNote):
            cosignature.found_in(changed + line, [key])
    with pytest.raises(BadNote):
        cosignature.found_in(SIGNED.note + cosignature.line_of(key, (98).to_bytes(8, "big") + bytes(2420)), [key])


def test_a_key_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "witness.key"
    made = Cosigner.create(path, "w.example/w")
    assert path.stat().st_mode & 0o777 == 0o600
    assert Cosigner.open(path).key == made.key
    with pytest.raises(FileExistsError):
        Cosigner.create(path, "w.example/w")
    path.chmod(0o640)
    with pytest.raises(CosignerRefused, match="mode 600"):
        Cosigner.open(path)


@pytest.mark.parametrize(
    "text",
    ["", "PRIVATE+KEY+w", "PRIVATE+KEY+w+00000000+!!", f"PRIVATE+KEY+w+00000000+{base64.b64encode(bytes(33)).decode()}",
     f"PRIVATE+KEY+w+00000000+{base64.b64encode(bytes([4]) + bytes(32)).decode()}"],
)  # fmt: skip
def test_a_file_without_a_witness_key_is_refused_and_never_quoted(tmp_path: Path, text: str) -> None:
    path = tmp_path / "witness.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(CosignerRefused) as refused:
        Cosigner.open(path)
    assert "AAAA" not in str(refused.value)
