"""`tallystick cell`: make one, let people join, check it, rebuild it, and hear what is wrong with a folder."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from console import OTHER, SECRET, Made, as_lead, make_cell, run, told


def test_a_cell_is_made_once(made: Made) -> None:
    words = ("cell", "create", "--dir", str(made.cell), "--lead", "vera", "--password-fd", "{fd}")
    code, answer = told(*words, secrets=[SECRET])
    assert code == 2
    assert "expected a folder without a cell" in answer["error"]


@pytest.mark.parametrize(
    ("more", "secret", "status", "words"),
    [
        (["--name", "two words"], SECRET, 2, "expected"),
        (["--database", "mysql://somewhere/cell"], SECRET, 2, "expected a database address"),
        (["--database", "postgresql+psycopg://me:secret@localhost/cell"], SECRET, 2, "expected no password"),
        ([], "short", 1, "password"),
        ([], "", 2, "expected a line with the password, found nothing"),
    ],
)
def test_what_cannot_be_made_leaves_nothing_behind(
    tmp_path: Path, more: list[str], secret: str, status: int, words: str
) -> None:
    line = ("cell", "create", "--dir", str(tmp_path / "cell"), "--lead", "vera", *more, "--password-fd", "{fd}")
    code, answer = told(*line, secrets=[secret])
    assert (code, words in answer["error"]) == (status, True), answer
    assert not (tmp_path / "cell" / "cell.db").exists()


def test_a_password_comes_from_a_descriptor_or_a_terminal_only(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tallystick.cli.shell.has_terminal", lambda: False)
    code, answer = told("cell", "people", "--dir", str(made.cell), "--as", "vera")
    assert (code, "found none: give --password-fd" in answer["error"]) == (2, True)
    code, answer = told("cell", "people", "--dir", str(made.cell), "--as", "vera", "--password-fd", "987")
    assert (code, "expected an open file descriptor" in answer["error"]) == (2, True)


def test_a_new_password_is_asked_for_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter([SECRET, OTHER])
    monkeypatch.setattr("tallystick.cli.shell.has_terminal", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    code, answer = told("cell", "create", "--dir", str(tmp_path / "cell"), "--lead", "vera")
    assert (code, "found two different ones" in answer["error"]) == (2, True)
    assert not (tmp_path / "cell").exists()


def test_a_wrong_password_is_refused(made: Made) -> None:
    words = ("cell", "people", "--dir", str(made.cell), "--as", "vera", "--password-fd", "{fd}")
    code, answer = told(*words, secrets=[OTHER])
    assert (code, answer["refused"]["code"]) == (1, "sign-in-failed")


def enrol(cell: Path, *words: str, login: str) -> tuple[int, dict[str, object]]:
    """Two passwords from one descriptor, one after the other."""
    line = ("cell", "enrol", "--dir", str(cell), "--as", "vera", "--name", "Ed Expert", "--new-login", login, *words)
    return told(*line, "--password-fd", "{fd}", "--new-password-fd", "{fd}", secrets=[SECRET, OTHER])


def test_a_person_joins_and_their_contract_is_recorded(made: Made) -> None:
    code, joined = enrol(made.cell, "--role", "expert", "--expert-role", "reviewer", login="edward")
    assert code == 0
    person = str(joined["person"])
    (made.files / "contract.txt").write_text("Terms.")
    times = ("--executed-at", "2026-01-05", "--ip-assigned-at", "2026-01-05T10:00:00")
    words = ("cell", "execute-contract", "--person", person, "--template", str(made.files / "contract.txt"), *times)
    assert as_lead(made.cell, *words)[0] == 0
    found = {row["login"]: row for row in as_lead(made.cell, "cell", "people")[1]["people"]}
    assert found["edward"]["roles"] == ["expert", "reviewer"]
    assert found["edward"]["contract_executed_at"] == "2026-01-05T00:00:00+00:00"
    code, again = as_lead(made.cell, *words)
    assert (code, again["refused"]) == (1, again["refused"] | {"code": "contract-exists"})
    people = run("cell", "people", "--dir", str(made.cell), "--as", "edward", "--password-fd", "{fd}", secrets=[OTHER])
    assert (people.exit_code, people.stdout) == (1, ""), "an expert finds no list of people"


@pytest.mark.parametrize(
    ("words", "found"), [(["--role", "boss"], "unknown-role"), (["--role", "expert"], "login-taken")]
)
def test_who_cannot_join_hears_why(made: Made, words: list[str], found: str) -> None:
    login = "vera" if found == "login-taken" else "somebody"
    code, answer = enrol(made.cell, *words, login=login)
    refused = answer["refused"]
    assert isinstance(refused, dict)
    assert (code, refused["code"]) == (1, found)


def test_a_contract_that_is_not_there_is_named(made: Made) -> None:
    times = ("--executed-at", "2026-01-05", "--ip-assigned-at", "2026-01-05")
    words = ("cell", "execute-contract", "--person", "per-x", "--template", str(made.files / "none.txt"), *times)
    code, answer = as_lead(made.cell, *words)
    assert (code, "expected the contract's text, found nothing there" in answer["error"]) == (2, True)


def test_check_and_rebuild_of_a_good_cell(made: Made) -> None:
    code, before = told("cell", "check", "--dir", str(made.cell))
    assert (code, before["differences"]) == (0, [])
    code, rebuilt = told("cell", "rebuild", "--dir", str(made.cell))
    assert (code, rebuilt["events"]) == (0, before["events"])
    assert told("cell", "check", "--dir", str(made.cell))[0] == 0


def test_check_names_a_read_table_that_was_altered_and_rebuild_mends_it(made: Made, tmp_path: Path) -> None:
    cell = tmp_path / "cell"
    shutil.copytree(made.cell, cell)
    with sqlite3.connect(cell / "cell.db") as database:
        database.execute("UPDATE person SET simulated = 1")
    database.close()
    code, answer = told("cell", "check", "--dir", str(cell))
    assert (code, "person" in str(answer["differences"])) == (1, True)
    assert told("cell", "rebuild", "--dir", str(cell))[0] == 0
    assert told("cell", "check", "--dir", str(cell))[0] == 0


def spoil_nothing(cell: Path) -> None:
    shutil.rmtree(cell)


def spoil_key(cell: Path) -> None:
    (cell / "keys" / "log-1.key").unlink()


def spoil_database(cell: Path) -> None:
    (cell / "cell.db").write_bytes(b"not a database, whatever it was before" * 100)


def spoil_settings(cell: Path) -> None:
    (cell / "cell.toml").write_text("port = 'x\n")


@pytest.mark.parametrize("spoil", [spoil_nothing, spoil_key, spoil_database, spoil_settings])
def test_a_folder_that_is_no_good_cell_is_said_in_a_sentence(tmp_path: Path, spoil: object) -> None:
    cell = make_cell(tmp_path / "cell")
    assert callable(spoil)
    spoil(cell)
    for words in (["cell", "check"], ["cell", "rebuild"], ["serve"]):
        code, answer = told(*words, "--dir", str(cell))
        assert (code, "expected" in answer["error"]) == (2, True), (words, answer)
    code, answer = as_lead(cell, "programme", "status", "--programme", "answers")
    assert (code, "expected" in answer["error"]) == (2, True), answer
