"""The demo keeps its promises: a domain stays out, disagreements are settled and preserved, a stranger verifies."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from tallystick import bundle
from tallystick.app import access, contract, gate, release, roster
from tallystick.app import cell as cells
from tallystick.cli import app
from tallystick.flow.refusal import Refused
from tallystick.store.schema import DISAGREEMENT, ITEM, JUDGMENT, PERSON

SHARED = Path(__file__).parents[3] / "shared" / "data"
RUN = CliRunner()


def demo(folder: Path, *more: str) -> dict[str, Any]:
    """Run `tallystick demo` and read what it says to machines."""
    done = RUN.invoke(app, ["demo", "--dir", str(folder), "--no-serve", "--json", *more], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The shipped programme, played once for all tests here."""
    folder = tmp_path_factory.mktemp("demo") / "cell"
    told = demo(folder, "--seed", "1")
    return folder, told | {"release": str(exported(folder, told["release"]))}


def exported(folder: Path, name: str) -> Path:
    """A release of a cell in the clear, beside the cell."""
    to = folder.with_name(f"{folder.name}-{name}")
    with cells.opened(folder) as cell:
        done = release.export(cell, as_lead(cell), name, to)
    assert isinstance(done, release.Exported)
    return to


def shared(name: str) -> Path:
    """A real data set, where it is at hand."""
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"needs the data set {name} in ../shared/data, which is not part of the repository")
    return folder


def as_lead(cell: cells.Cell) -> access.Actor:
    """The lead of a demo cell."""
    found = roster.people(cell, access.CELL)
    assert not isinstance(found, Refused)
    lead = next(person for person in found if person.login == "lead")
    return access.Actor(lead.row.person, frozenset(lead.roles))


def test_one_domain_fails_its_gate_and_stays_out_while_others_are_released(
    played: tuple[Path, dict[str, Any]],
) -> None:
    folder, told = played
    decisions = {name: words.split(":")[0] for name, words in told["gates"].items()}
    assert sorted(decisions.values()) == ["fail", "pass", "pass", "pass", "pass"]
    failed = next(name for name, decision in decisions.items() if decision == "fail")
    assert told["refused_batches"] == [failed], "asking for everything is refused and names the batch"
    manifest = json.loads((Path(told["release"]) / "manifest.json").read_text())
    assert failed.split("/")[1] not in json.dumps(manifest["views"])
    exclusions = (Path(told["release"]) / "exclusions.json").read_text()
    assert "does not pass its gate" in exclusions
    assert (folder / "log" / "checkpoint").is_file()
    assert (folder / "log.vkey").is_file()


def test_some_disagreements_are_settled_some_preserved_some_open(played: tuple[Path, dict[str, Any]]) -> None:
    folder, told = played
    assert told["settled"] > 0
    assert told["preserved"] > 0
    with cells.opened(folder) as cell:
        glance = contract.glance(cell, as_lead(cell), told["programme"])
    assert not isinstance(glance, Refused)
    assert glance.funnel["open"] > 0
    assert glance.funnel["settled"] == told["settled"]
    assert glance.funnel["preserved"] == told["preserved"]


def test_everybody_in_the_demo_is_marked_as_simulated(played: tuple[Path, dict[str, Any]]) -> None:
    folder, told = played
    with cells.opened(folder) as cell:
        found = roster.people(cell, access.CELL)
    assert not isinstance(found, Refused)
    assert all(person.row.simulated and "Simulated" in person.profile.name for person in found)
    made = Path(told["release"])
    for name in ("README.md", "DATASHEET.md", "datasheet.html", "manifest.json"):
        assert "imulated" in (made / name).read_text(), name
        words = (made / name).read_text().lower()
        assert "software-development" in words or "development custody" in words, name


def test_a_stranger_verifies_log_and_release_with_the_public_key_alone(
    played: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, told = played
    copied = tmp_path / "taken-away"
    shutil.copytree(told["release"], copied / "release")
    shutil.copytree(folder / "log", copied / "log")
    shutil.copy(folder / "log.vkey", copied / "vkey")
    checks = (
        ["log", "verify", str(copied / "log"), "--vkey", str(copied / "vkey")],
        ["release", "verify", str(copied / "release"), "--vkey", str(copied / "vkey"), "--log", str(copied / "log")],
    )
    for check in checks:
        done = RUN.invoke(app, check, catch_exceptions=False)
        assert done.exit_code == 0, done.output


def test_verification_needs_no_network(played: tuple[Path, dict[str, Any]]) -> None:
    folder, told = played
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-n", "true"], check=False).returncode:  # noqa: S603 - no input
        pytest.skip("needs the right to make an empty network namespace, which is not shared with every account")
    command = [unshare, "-n", *_tallystick(), "release", "verify", told["release"], "--vkey", str(folder / "log.vkey")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    assert done.returncode == 0, done.stdout + done.stderr


def _tallystick() -> list[str]:
    python = shutil.which("python3") or "python3"
    script = Path(__file__).parents[2] / ".venv" / "bin" / "python"
    return [str(script) if script.is_file() else python, "-m", "tallystick"]


def test_the_release_is_the_same_bytes_twice_and_from_a_copy_of_the_log(
    played: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, told = played
    first = tmp_path / "first"
    shutil.copytree(told["release"], first)
    with cells.opened(folder) as cell:
        wanted = json.loads((first / "manifest.json").read_text())["release"]
        shutil.rmtree(cell.releases_directory)
        cell.releases_directory.mkdir(mode=0o700)
        sealed = release.build(cell, wanted)
        assert not isinstance(sealed, Refused), sealed
        release.export(cell, as_lead(cell), wanted, tmp_path / "second")
    assert _bytes_of(tmp_path / "second") == _bytes_of(first)
    shutil.copytree(folder / "log", tmp_path / "log")
    assert bundle.rebuild(first, tmp_path / "log", tmp_path / "rebuilt") == []
    rebuilt = _bytes_of(tmp_path / "rebuilt")
    assert rebuilt == {name: data for name, data in _bytes_of(first).items() if not name.startswith("proofs/")}


def _bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def contents(cell: cells.Cell) -> Iterator[bytes]:
    """Every prompt, answer, reason, note and name of a cell."""
    wanted = (ITEM.c.content, ITEM.c.hidden, JUDGMENT.c.rationale, DISAGREEMENT.c.notes, PERSON.c.profile)
    with cell.read() as connection:
        for column in wanted:
            names = [name for name in connection.scalars(sa.select(column)) if name]
            for opened in cell.vault.open_all(connection, names).values():
                yield opened.payload


def test_no_content_stands_in_the_clear_in_any_file_of_the_cell(played: tuple[Path, dict[str, Any]]) -> None:
    """Database, log, releases, settings: after a whole life, nothing that anybody wrote is found anywhere."""
    folder, told = played
    with cells.opened(folder) as cell:
        runs = [max(re.findall(rb"[A-Za-z ,]{25,}", payload), key=len, default=b"") for payload in contents(cell)]
    words = {run[:60] for run in runs if run} | {login.encode() for login in told["accounts"] if "-" in login}
    assert len(words) > 150
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert any(path.name == "cell.db" and len(data) > 1_000_000 for path, data in files.items())
    assert [(path.name, word) for path, data in files.items() for word in words if word in data] == []
    out = b"".join(path.read_bytes() for path in Path(told["release"]).rglob("*") if path.is_file())
    assert sum(word in out for word in words) > 100, "what was looked for is what a release holds"


def test_another_cell_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    done = RUN.invoke(app, ["demo", "--dir", str(tmp_path), "--no-serve"])
    assert done.exit_code == 2
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_pandalm_shows_the_published_kappas_and_goes_all_the_way_to_a_release(tmp_path: Path) -> None:
    folder = tmp_path / "cell"
    told = demo(folder, "--data", str(shared("pandalm_test")))
    assert (told["items"], told["judgments"]) == (999, 2997)
    with cells.opened(folder) as cell:
        lead = as_lead(cell)
        rows = gate.batches(cell, lead, told["programme"])
        assert not isinstance(rows, Refused)
        page = gate.batch_page(cell, lead, rows[0].batch)
    assert not isinstance(page, Refused)
    shown = {frozenset((page.names[p.rater_a], page.names[p.rater_b])): round(p.value or 0, 2) for p in page.pairs}
    assert shown == {
        frozenset(("annotator1", "annotator2")): 0.85,
        frozenset(("annotator1", "annotator3")): 0.88,
        frozenset(("annotator2", "annotator3")): 0.86,
    }
    judgments = [
        json.loads(line)
        for line in (exported(folder, told["release"]) / "data" / "judgments.jsonl").read_text().splitlines()
    ]
    assert len(judgments) == 2997
    assert {row["source_rater"] for row in judgments} == {"annotator1", "annotator2", "annotator3"}
    assert not any(row["is_observed"] for row in judgments)


@pytest.mark.parametrize("name", ["hh_harmless_test", "llmbar"])
def test_single_votes_are_undefined_and_pass_no_gate(name: str, tmp_path: Path) -> None:
    told = demo(tmp_path / "cell", "--data", str(shared(name)))
    assert told["items"] == told["judgments"] > 400
    assert "undefined (single_rater)" in next(iter(told["gates"].values()))
    assert told["release"] is None
    assert "is undecided, so it does not pass" in told["release_refused"]
