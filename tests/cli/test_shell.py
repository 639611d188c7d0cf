"""The whole command line: one sentence, one JSON object and one status for whatever ends a command."""

from pathlib import Path

import pytest
from command_page import commands
from console import as_lead, make_cell, run, told

from tallystick import cli
from tallystick.app import oversight
from tallystick.cli import shell
from tallystick.ledger.sealer import Diverged


@pytest.mark.parametrize("words", sorted(commands(cli.app)))
def test_every_command_answers_bad_options_with_one_object(words: str) -> None:
    assert "--json" in {name for one in commands(cli.app)[words].params for name in one.opts}, (
        "every command has --json"
    )
    code, answer = told(*words.split(), "--no-such-option")
    assert (code, "No such option" in answer["error"]) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "No such command 'nonsense'. See `tallystick --help`."),
        (["cell", "nonsense"], "No such command 'nonsense'. See `tallystick cell --help`."),
        (["agree"], "Missing argument"),
        (["agree", "none.csv", "--item", "i", "--rater", "r", "--value", "v", "--metric", "icc"], "There is no file"),
        (["log", "verify"], "Missing argument"),
        (["log", "show", "none", "x"], "Invalid value"),
        (["release", "verify", "none"], "Missing option '--vkey'"),
        (["serve", "--dir", "none"], "none: expected a cell"),
        (["cell", "check", "--dir", "/dev/null"], "expected a cell"),
        (["demo", "--dir", "none", "--data", "none"], "expected items.jsonl.gz"),
    ],
)
def test_what_cannot_be_done_is_said_with_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*words, "--json")
    code, answer = told(*words)
    assert (code, said in answer["error"]) == (2, True), (answer, done.output)
    assert list(tmp_path.iterdir()) == [], "nothing was written"


def test_without_a_command_there_is_help() -> None:
    for words in ((), ("cell",)):
        done = run(*words)
        assert (done.exit_code, "Usage" in done.output) == (2, True)
    assert run("--help").exit_code == 0


def test_ctrl_c_stops_with_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_cell: object) -> None:
        raise KeyboardInterrupt

    cell = make_cell(tmp_path / "cell")
    monkeypatch.setattr(oversight, "check", interrupted)
    code, answer = told("cell", "check", "--dir", str(cell))
    assert (code, answer["error"]) == (130, "by Ctrl-C; what was acknowledged before is kept.")


def test_what_was_tampered_with_is_bad_and_a_fault_of_ours_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raising(error: Exception) -> object:
        def check(_cell: object) -> None:
            raise error

        return check

    cell = make_cell(tmp_path / "cell")
    monkeypatch.setattr(oversight, "check", raising(Diverged("tile/0/000: expected one, found another")))
    code, answer = told("cell", "check", "--dir", str(cell))
    assert (code, "expected one, found another" in answer["error"]) == (1, True)
    monkeypatch.setattr(oversight, "check", raising(ZeroDivisionError("oh")))
    done = run("cell", "check", "--dir", str(cell), "--json")
    assert (done.exit_code, "this is a fault of Tallystick" in done.stdout, "Traceback" in done.stderr) == (
        2,
        True,
        True,
    )


def test_names_of_others_are_neither_obeyed_nor_markup(tmp_path: Path) -> None:
    assert shell.plain("\x1b[31mred [bold]\n") == r"?[31mred \[bold]?"
    done = run("programme", "check", str(tmp_path / "[/nope]\x1b.yaml"))
    assert (done.exit_code, "[/nope]?.yaml: expected" in done.stderr) == (2, True)


def test_a_cell_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    cell = make_cell(tmp_path / "cell")
    (cell / "log.vkey").unlink()
    (cell / "log.vkey").mkdir()
    code, answer = told("log", "verify", str(cell / "log"), "--vkey", str(cell / "log.vkey"))
    assert (code, answer["status"]) == (2, "could-not-check")
    code, answer = as_lead(cell, "programme", "open", str(tmp_path))
    assert (code, "found a folder" in answer["error"]) == (2, True)
