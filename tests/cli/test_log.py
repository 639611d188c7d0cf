"""`tallystick log` on a real log directory: what it prints and with which status it ends."""

import json
from pathlib import Path

import pytest
from sealed_cell import SIGNER, entry, flip, sealed_log
from typer.testing import CliRunner

from tallystick.cli.log import app

SIZE = 700


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of 700 entries."""
    return sealed_log(tmp_path, [300, SIZE])


def invoke(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout


@pytest.fixture
def vkey(tmp_path: Path) -> str:
    (tmp_path / "log.vkey").write_text(SIGNER.vkey + "\n")
    return str(tmp_path / "log.vkey")


def test_the_command_says_good_bad_or_could_not_check(log: Path, vkey: str, tmp_path: Path) -> None:
    code, output = invoke("verify", str(log), "--vkey", vkey, "--against", str(log / "checkpoints/300"))
    assert (code, output.split()[0]) == (0, "good")
    assert "still contains" in output
    code, output = invoke("verify", str(log), "--vkey", vkey, "--json")
    assert (code, json.loads(output)["status"], json.loads(output)["size"]) == (0, "ok", SIZE)
    flip(log / "tile/entries/001", 900)
    code, output = invoke("verify", str(log), "--vkey", vkey)
    assert (code, output.split()[0]) == (1, "bad")
    assert "tile/entries/001, entry 25" in output
    code, output = invoke("verify", str(log), "--vkey", vkey, "--json")
    assert (code, json.loads(output)["problems"][0]["file"]) == (1, "tile/entries/001")
    for arguments in [(str(log), str(tmp_path / "no.vkey")), (str(tmp_path / "no"), vkey)]:
        code, output = invoke("verify", arguments[0], "--vkey", arguments[1])
        assert (code, "could not check" in output) == (2, True)
        code, output = invoke("verify", arguments[0], "--vkey", arguments[1], "--json")
        assert (code, json.loads(output)["status"]) == (2, "could-not-check")


def test_the_command_shows_an_entry_with_its_proof(log: Path, vkey: str) -> None:
    code, output = invoke("show", str(log), "300", "--vkey", vkey)
    assert code == 0
    assert output.startswith(entry(300).decode())
    assert "c2sp.org/tlog-proof@v1\nindex 300\n" in output
    code, output = invoke("show", str(log), "300", "--json")
    assert (code, json.loads(output)["is_verified"]) == (0, False)
    assert invoke("show", str(log), "700")[0] == 2
    flip(log / "tile/0/001", 5)
    assert invoke("show", str(log), "300", "--vkey", vkey)[0] == 1
