"""`tallystick log receipt` on a real log directory: what it prints and with which status it ends."""

import json
from pathlib import Path

import pytest
from sealed_cell import SIGNER, entry, sealed_log
from typer.testing import CliRunner

from tallystick.cli import app
from tallystick.ledger import receipt
from tallystick.ledger.tree import leaf_hashes

SIZE = 20
START = 1_700_000_000_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log of 20 entries beside its key."""
    sealed_log(tmp_path, [SIZE]).rename(tmp_path / "copy")
    (tmp_path / "log.vkey").write_text(SIGNER.vkey + "\n")
    return tmp_path


def keep(folder: Path, name: str, *places: int, leaf: bytes | None = None) -> str:
    """A file with receipts for some places."""
    texts = []
    for place in places:
        kept = entry(place) if leaf is None else leaf
        row, at = leaf_hashes([kept]), START + 1000 * place
        promise = receipt.promise_over(row, origin=SIGNER.name, first_seq=place, at=at, seal_by=at + 60_000_000)
        made = receipt.receipt_of(row, receipt.sign(promise, [SIGNER]), index=place, entry=kept)
        texts.append(made.text())
    path = folder / f"{name}{receipt.EXTENSION}"
    path.write_text("".join(texts))
    return str(path)


def invoke(folder: Path, *arguments: str) -> tuple[int, str]:
    given = [*arguments, "--log", str(folder / "copy"), "--vkey", str(folder / "log.vkey")]
    result = CliRunner().invoke(app, ["log", "receipt", *given])
    return result.exit_code, result.output


def test_the_command_tells_good_from_proof_from_not_yet(folder: Path) -> None:
    good, away = keep(folder, "good", 3, 4, 19), keep(folder, "away", SIZE + 5)
    other = keep(folder, "other", 7, leaf=b"{}")
    code, output = invoke(folder, good, "--entries")
    assert (code, output.count("in-log"), "without a gap" in output) == (0, 3 + 2, True), output
    code, output = invoke(folder, good, away)
    assert (code, "not-due" in output) == (2, True)
    code, output = invoke(folder, good, away, other)
    assert code == 1
    assert f"against  whoever holds the log key {SIGNER.name}+" in output


def test_the_command_answers_machines_with_one_object(folder: Path) -> None:
    code, output = invoke(folder, keep(folder, "other", 7, leaf=b"{}"), "--json")
    told = json.loads(output)
    assert (code, told["status"]) == (1, 1)
    (report,) = told["receipts"]
    assert (report["verdict"], report["index"]) == ("replaced", 7)
    assert report["proof"].startswith("c2sp.org/tlog-proof@v1\nindex 7\n")


def test_what_cannot_be_checked_ends_with_two(folder: Path, tmp_path: Path) -> None:
    good = keep(folder, "good", 3)
    for wrong in ("nothing", "log.vkey"):
        code, output = invoke(folder, str(folder / wrong))
        assert code == 2, output
    code, output = invoke(folder, good, "--witness", str(folder / "log.vkey"))
    assert (code, "expected keys of witnesses" in output) == (2, True)
    (tmp_path / "copy" / "checkpoint").unlink()
    code, output = invoke(folder, good, "--json")
    assert (code, "error" in json.loads(output)) == (2, True)
