"""Offline: how much of a log its witnesses vouch for, and where two copies of a log part."""

import shutil
from pathlib import Path

import pytest
from sealed_cell import SIGNER, entry
from witness_scene import ask, honest_log, rewritten, signed_at, witness_at, write_log

from tallystick.audit.log import Status, compare_logs, verify_log
from tallystick.ledger import cosignature
from tallystick.ledger import policy as policies
from tallystick.ledger.cosignature import Cosigner
from tallystick.ledger.policy import Policy


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return honest_log(tmp_path_factory.mktemp("honest"), 100, 300, 700)


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    entries = [rewritten(n) if n == 20 else entry(n) for n in range(700)]
    return write_log(tmp_path_factory.mktemp("forged") / "log", entries, 100, 300, 700)


def witnessed(log: Path, folder: Path, *sizes: int) -> Policy:
    """Let a witness cosign sizes of a log, keep that beside them; the policy that asks for this witness."""
    with witness_at(folder, None) as witness:
        old = 0
        for size in sizes:
            answer = ask(witness, log, old, size)
            assert answer.status == 200
            path = log / cosignature.path_of(size, witness.cosigner.key)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(answer.body)
            old = size
        return policies.parse(f"witness one {witness.cosigner.key.line}\nquorum one\n".encode())


def test_a_log_is_good_as_far_as_its_witnesses_vouch_for_it(tmp_path: Path, honest: Path) -> None:
    log = shutil.copytree(honest, tmp_path / "log")
    policy = witnessed(log, tmp_path / "w", 100, 300)
    report = verify_log(log, SIGNER.vkey, policy=policy)
    assert (report.status, report.witnessed) == (Status.OK, 300)
    assert any("entries 300 to 699 are not witnessed yet" in note for note in report.notes)
    assert report.not_checked == ()
    assert "give --policy" in verify_log(log, SIGNER.vkey).not_checked[0]
    shutil.rmtree(log / "cosignatures")
    report = verify_log(log, SIGNER.vkey, policy=policy)
    assert (report.status, report.witnessed) == (Status.BAD, None)
    assert "reaches the quorum" in report.problems[0].what


def test_a_log_that_the_key_holder_rewrote_has_no_witness(tmp_path: Path, honest: Path, forged: Path) -> None:
    log = shutil.copytree(honest, tmp_path / "log")
    policy = witnessed(log, tmp_path / "w", 300)
    other = shutil.copytree(forged, tmp_path / "other")
    assert verify_log(other, SIGNER.vkey).status is Status.OK  # its own key vouches for it
    assert verify_log(other, SIGNER.vkey, policy=policy).status is Status.BAD
    shutil.copytree(log / "cosignatures", other / "cosignatures")
    report = verify_log(other, SIGNER.vkey, policy=policy)
    assert report.status is Status.BAD
    assert any("cosignatures/300/" in problem.file for problem in report.problems)
    stranger = policies.parse(f"witness x {Cosigner('x', bytes(32)).key.line}\nquorum x\n".encode())
    assert verify_log(log, SIGNER.vkey, policy=stranger).status is Status.BAD


def test_kept_checkpoints_may_be_a_folder_or_a_copy_which_says_where_they_part(
    tmp_path: Path, honest: Path, forged: Path
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    assert verify_log(honest, SIGNER.vkey, against=[kept]).status is Status.COULD_NOT_CHECK
    for size in (100, 300):
        (kept / str(size)).write_text(signed_at(honest, size).note)
    assert verify_log(honest, SIGNER.vkey, against=[kept]).status is Status.OK
    report = verify_log(forged, SIGNER.vkey, against=[kept])
    assert [problem.index for problem in report.problems] == [None, None]
    for size, problem in zip((100, 300), report.problems, strict=True):
        assert signed_at(honest, size).root.hex() in problem.what
        assert signed_at(forged, size).root.hex() in problem.what
    report = verify_log(forged, SIGNER.vkey, against=[honest])
    assert {problem.index for problem in report.problems} == {None, 20}
    (kept / "strange").write_text("x")
    assert verify_log(honest, SIGNER.vkey, against=[kept]).status is Status.COULD_NOT_CHECK


def test_two_copies_are_one_history_or_part_at_an_entry(tmp_path: Path, honest: Path, forged: Path) -> None:
    short = honest_log(tmp_path / "short", 100, 300)
    found = compare_logs(short, honest, SIGNER.vkey)
    assert (found.status, found.sizes, found.parts_at) == (Status.OK, (300, 700), None)
    for pair in ((short, forged), (forged, short), (honest, forged)):
        found = compare_logs(*pair, SIGNER.vkey)
        assert (found.status, found.parts_at) == (Status.BAD, 20)
    assert compare_logs(honest, tmp_path / "none", SIGNER.vkey).status is Status.COULD_NOT_CHECK
