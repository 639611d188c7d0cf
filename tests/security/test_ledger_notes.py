"""Signed notes as an opponent would write them: odd bytes, huge numbers, many lines. No check falls over them."""

import base64
import json
from pathlib import Path

import pytest
from sealed_cell import SIGNER, entry
from witness_scene import KEY, honest_log, keys_of, witness_at, write_log

from tallystick import canon
from tallystick.audit.log import Status, verify_log
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import note
from tallystick.ledger import policy as policies
from tallystick.ledger.note import BadKey, BadNote
from tallystick.ledger.reader import LogReader
from tallystick.witness import desk
from tallystick.witness.request import write

DASH = "\N{EM DASH}"
ODD = ["é", "AAAA\u2028", "AAAAé===", "\u00a0"]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return honest_log(tmp_path_factory.mktemp("honest"), 100, 300)


@pytest.mark.parametrize("odd", ODD)
def test_text_that_is_no_base64_is_a_bad_note_and_never_another_error(odd: str) -> None:
    good = checkpoints.sign(SIGNER.name, 1, bytes(32), signers=[SIGNER]).note
    with pytest.raises(BadNote):
        note.verify(f"{good}{DASH} other {odd}\n", [KEY])
    with pytest.raises(BadKey):
        note.parse_vkey(f"{KEY.label}+{odd}")
    with pytest.raises(checkpoints.BadCheckpoint):
        checkpoints.read(note.sign(f"{SIGNER.name}\n1\n{odd.replace(chr(0x2028), '')}\n", [SIGNER]))


def test_a_root_has_one_spelling() -> None:
    text = checkpoints.body(SIGNER.name, 1, bytes(32))
    with pytest.raises(checkpoints.BadCheckpoint, match="base64"):
        checkpoints.read(note.sign(text.replace("AAA=\n", "AAB=\n"), [SIGNER]))


def test_a_size_beyond_all_numbers_is_refused() -> None:
    assert checkpoints.read(note.sign(checkpoints.body(SIGNER.name, 2**63 - 1, bytes(32)), [SIGNER])).size == 2**63 - 1
    with pytest.raises(checkpoints.BadCheckpoint, match="size up to"):
        checkpoints.read(note.sign(checkpoints.body(SIGNER.name, 2**64 + 1, bytes(32)), [SIGNER]))


@pytest.mark.parametrize("by", [["per-a"], {"x": 1}, None])
def test_an_entry_of_nobody_is_named_and_stops_no_check(tmp_path: Path, by: object) -> None:
    entries = [entry(n) for n in range(20)]
    entries[7] = canon.encode({**json.loads(entries[7]), "by": by})
    report = verify_log(write_log(tmp_path / "log", entries, 20), KEY.line)
    assert report.status is Status.BAD
    assert report.problems[0].index == 7


@pytest.mark.parametrize("odd", ODD)
def test_a_witness_answers_odd_text_as_what_it_is(tmp_path: Path, log: Path, odd: str) -> None:
    good = LogReader(log).checkpoint_at(100, KEY).note
    with witness_at(tmp_path, log) as witness:
        assert witness.add_checkpoint(write(0, [], f"{good}{DASH} other {odd}\n")).status == 400
        assert witness.add_checkpoint(write(0, [], good)).status == 200


@pytest.mark.parametrize("is_mirror", [True, False])
@pytest.mark.parametrize("name", [KEY.name, "w.example/w", "somebody.else"])
def test_nobody_stops_a_witness_with_lines_of_their_own(tmp_path: Path, log: Path, name: str, is_mirror: bool) -> None:
    """Whoever saw one checkpoint could send it with as many lines as a note may have: it must stay readable."""
    with witness_at(tmp_path / "w", log if is_mirror else None) as witness:
        ids = {KEY.name: KEY.key_id, "w.example/w": witness.cosigner.key.key_id}
        key_id = ids.get(name, b"1234")
        lines = [f"{DASH} {name} {base64.b64encode(key_id + n.to_bytes(72, 'big')).decode()}\n" for n in range(99)]
        reader = LogReader(log)
        small = reader.checkpoint_at(100, KEY).note
        assert witness.add_checkpoint(write(0, [], small + "".join(lines))).status == 200
        assert witness.latest(desk.name_of(KEY.name)).status == 200
        large = reader.checkpoint_at(300, KEY).note
        proof = reader.consistency_proof(100, 300)
        assert witness.add_checkpoint(write(100, proof, large)).status == 200
        policy = policies.parse(f"log {KEY.line}\nwitness w {keys_of(witness)[0].line}\nquorum w\n".encode())
    if is_mirror:
        mirror = tmp_path / "w" / "logs" / desk.name_of(KEY.name)
        report = verify_log(mirror, KEY.line, policy=policy)
        assert report.status is Status.OK, report.problems
        assert report.witnessed == 300
