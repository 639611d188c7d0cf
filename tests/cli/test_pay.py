"""`tallystick pay`: what a period costs, a statement, closing, and the files for payroll."""

import csv
import io
import json
from pathlib import Path

import pytest
from console import SECRET, as_lead, run
from history_experts import PAY
from living_cell import PROGRAMME, contract_text, world_at

from tallystick.app import access, contract, roster
from tallystick.app.kernel import new_key

SET, WEEK = ("--programme", PROGRAMME), "2023-W46"


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A cell in which an expert was paid for three judgments, years ago; the expert's id."""
    folder = tmp_path_factory.mktemp("paid") / "cell"
    with world_at(f"sqlite+pysqlite:///{folder / 'cell.db'}", folder) as world:
        text = contract_text("1.1.0") + PAY
        done = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
        assert isinstance(done, contract.ContractInForce), done
        world.work(3)
        expert = world.expert()
        for _ in range(3):
            world.judge(expert)
        vera = roster.NewPerson(name="Vera", roles=("lead",), login="vera", password=SECRET)
        assert isinstance(roster.enrol(world.cell, access.CELL, vera, key=new_key()), roster.Enrolled)
    return folder, expert.person


def test_a_period_is_told_closed_and_exported(paid: tuple[Path, str], tmp_path: Path) -> None:
    cell, person = paid
    code, answer = as_lead(cell, "pay", "overview", *SET, "--period", WEEK)
    assert (code, answer["state"], answer["payable"]) == (0, "ended", "30 JPY")
    assert (answer["open_periods"], answer["under_the_floor"]) == ([WEEK], [])
    code, answer = as_lead(cell, "pay", "export", *SET, "--period", WEEK, "--out", str(tmp_path / "out"))
    assert (code, answer["refused"]["code"]) == (1, "period-open")
    assert not (tmp_path / "out").exists()
    code, closed = as_lead(cell, "pay", "close", *SET, "--period", WEEK)
    assert (code, closed["people"], closed["lines"], closed["payable"]) == (0, 1, 8, "30 JPY")
    code, answer = as_lead(cell, "pay", "export", *SET, "--period", WEEK, "--out", str(tmp_path / "out"))
    assert (code, answer["lines_digest"]) == (0, closed["lines_digest"])
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == [f"{PROGRAMME}-{WEEK}-lines.csv", f"{PROGRAMME}-{WEEK}-summary.csv"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    rows = list(csv.DictReader(io.StringIO(files[0].read_text(), newline="")))
    code, stated = as_lead(cell, "pay", "statement", *SET, "--person", person, "--period", WEEK)
    assert [int(row["log_index"]) for row in rows] == [line["seq"] for line in stated["lines"]]
    assert (code, stated["is_closed"], stated["payable"]) == (0, True, 30)


@pytest.mark.parametrize("period", ["2026-W60", "2026-W00", "0000-W01", "2026-11", "2026-13", "now"])
def test_a_period_that_the_calendar_lacks_is_named(paid: tuple[Path, str], tmp_path: Path, period: str) -> None:
    """It was answered as if the programme were not there."""
    for command, more in (("overview", ()), ("close", ()), ("export", ("--out", str(tmp_path)))):
        code, answer = as_lead(paid[0], "pay", command, *SET, "--period", period, *more)
        assert (code, answer["refused"]["code"]) == (1, "bad-period")
        assert answer["refused"]["sentence"].startswith("Expected an ISO week such as 2026-W47, found")


def test_people_read_a_statement_line_by_line(paid: tuple[Path, str]) -> None:
    cell, person = paid
    done = run(
        "pay", "statement", *SET, "--person", person, "--period", WEEK, "--dir", str(cell), "--as", "vera",
        "--password-fd", "{fd}", secrets=[SECRET],
    )  # fmt: skip
    assert done.exit_code == 0
    words = " ".join(done.stdout.split())
    assert f"{person}, {WEEK}" in words
    assert words.count("10 JPY") == 3
    assert "payable 30 JPY" in words
    code, answer = as_lead(cell, "pay", "statement", *SET, "--person", "vera")
    assert (code, answer["refused"]["code"]) == (1, "no-such-person")
    assert "A login is no id" in answer["refused"]["sentence"]
    code, answer = as_lead(cell, "pay", "statement", *SET)
    assert (code, "expected --person PSEUDONYM" in answer["error"]) == (2, True), json.dumps(answer)
