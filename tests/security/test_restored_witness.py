"""A witness's folder that came from a backup has forgotten what it cosigned: the log, which has not, tells it."""

import shutil
from pathlib import Path

import pytest
from sealed_cell import entry
from witness_scene import KEY, ask, body_at, honest_log, rewritten, signed_at, witness_at, write_log

from tallystick.ledger import cosignature
from tallystick.witness import desk


@pytest.mark.parametrize("also_mirror", [True, False])
def test_a_restored_witness_goes_on_from_what_the_log_shows_it_has_cosigned(
    tmp_path: Path, also_mirror: bool, caplog: pytest.LogCaptureFixture
) -> None:
    log, folder = honest_log(tmp_path / "honest", 100, 300, 700), tmp_path / "w"
    with witness_at(folder, log) as witness:
        assert ask(witness, log, 0, 100).status == 200
        shutil.copytree(folder, tmp_path / "backup")
        line = ask(witness, log, 100, 700).body
    shown = cosignature.add_lines(signed_at(log, 700).note, [line])
    (log / "checkpoint").write_text(shown)
    shutil.rmtree(folder / "state")
    shutil.copytree(tmp_path / "backup" / "state", folder / "state")
    if also_mirror:
        shutil.rmtree(folder / "logs")
        shutil.copytree(tmp_path / "backup" / "logs", folder / "logs")
    entries = [rewritten(n) if n == 200 else entry(n) for n in range(300)]
    forged = write_log(tmp_path / "forged", entries, 100, 300)
    with witness_at(folder, log) as witness:
        answer = witness.add_checkpoint(body_at(forged, 100, 300))
        assert (answer.status, answer.body) == (409, "700\n")
        assert "restored from a backup" in caplog.text
        assert ask(witness, log, 700, 700).status == 200
        assert witness.latest(desk.name_of(KEY.name)).body.startswith(f"{KEY.name}\n700\n")


def test_nobody_else_s_cosignature_moves_a_witness(tmp_path: Path) -> None:
    log = honest_log(tmp_path / "honest", 100, 700)
    with witness_at(tmp_path / "other", log) as other:
        line = ask(other, log, 0, 700).body
    (log / "checkpoint").write_text(signed_at(log, 700).note + line)
    with witness_at(tmp_path / "w", log) as witness:
        assert ask(witness, log, 0, 100).status == 200


@pytest.mark.parametrize("damage", [b"", b"\xff", b"a\n1\n\n", "\N{EM DASH} \u00e9".encode()])
def test_a_witness_whose_memory_is_damaged_cosigns_nothing(tmp_path: Path, damage: bytes) -> None:
    log = honest_log(tmp_path / "honest", 100, 300)
    with witness_at(tmp_path / "w", None) as witness:
        assert ask(witness, log, 0, 100).status == 200
        (tmp_path / "w" / "state" / desk.name_of(KEY.name)).write_bytes(damage)
        for old in (0, 100):
            assert ask(witness, log, old, 300).status == 500
