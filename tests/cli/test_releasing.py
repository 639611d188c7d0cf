"""`tallystick release`: cut, list, rebuild and verify from the command line."""

import json
import shutil
from pathlib import Path

import pytest
from console import Made, as_lead, run, told


def test_a_release_is_listed_and_verified(made: Made) -> None:
    code, answer = as_lead(made.cell, "release", "list", "--programme", "answers")
    assert code == 0
    assert [(row["name"], row["version"], row["records"]) for row in answer["releases"]] == [("answers", "1.0.0", 38)]
    vkey = str(made.cell / "log.vkey")
    words = ("release", "verify", str(made.release), "--vkey", vkey, "--log", str(made.cell / "log"))
    code, answer = told(*words)
    assert (code, answer["status"], answer["records"]) == (0, "ok", 38)


def test_a_release_is_rebuilt_from_a_copy_of_the_log_to_the_byte(made: Made, tmp_path: Path) -> None:
    shutil.copytree(made.cell / "log", tmp_path / "log")
    shutil.copytree(made.release, tmp_path / "release")
    words = ("release", "rebuild", str(tmp_path / "release"), "--log", str(tmp_path / "log"), "--out")
    code, answer = told(*words, str(tmp_path / "again"))
    assert (code, answer["differences"]) == (0, [])
    code, answer = told(*words, str(tmp_path / "again"))
    assert (code, "expected an empty folder" in answer["error"]) == (2, True)
    (tmp_path / "release" / "README.md").write_text("Something else.")
    code, answer = told(*words, str(tmp_path / "third"))
    assert (code, "README.md" in answer["differences"][0]) == (1, True)


def test_what_cannot_be_rebuilt_is_said(made: Made, tmp_path: Path) -> None:
    for folder, log in ((tmp_path / "none", made.cell / "log"), (made.release, tmp_path / "none")):
        code, answer = told("release", "rebuild", str(folder), "--log", str(log), "--out", str(tmp_path / "out"))
        assert (code, "expected" in answer["error"], "[Errno" in answer["error"]) == (2, True, False), answer


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--version", "one"], "bad-version"),
        (["--version", "1.0.0"], "release-exists"),
        (["--version", "2.0.0", "--use", "sell"], "use-not-permitted"),
        (["--version", "2.0.0", "--consensus", "mean"], "unknown-method"),
    ],
)
def test_what_cannot_be_released_is_refused(made: Made, words: list[str], code: str) -> None:
    status, answer = as_lead(made.cell, "release", "cut", "--programme", "answers", *words)
    assert (status, answer["refused"]["code"]) == (1, code)


def test_a_release_holds_a_consensus_where_it_is_asked_for(made: Made, tmp_path: Path) -> None:
    shutil.copytree(made.cell, tmp_path / "cell")
    words = ("release", "cut", "--programme", "answers", "--version", "2.0.0", "--consensus", "one_coin")
    status, answer = as_lead(tmp_path / "cell", *words)
    assert status == 0, answer
    status, answer = as_lead(tmp_path / "cell", "release", "export", "answers-2.0.0", str(tmp_path / "out"))
    assert status == 0, answer
    view = next(
        v for v in json.loads((tmp_path / "out/manifest.json").read_bytes())["views"] if v["name"] == "consensus"
    )
    assert view["rows"] + sum(view["excluded"].values()) == 38
    check = ("release", "verify", str(tmp_path / "out"), "--vkey", str(made.cell / "log.vkey"))
    code, answer = told(*check, "--log", str(tmp_path / "cell/log"))
    assert (code, answer["status"]) == (0, "ok"), answer["problems"]


def test_a_changed_record_is_found(made: Made, tmp_path: Path) -> None:
    shutil.copytree(made.release, tmp_path / "release")
    path = tmp_path / "release" / "data" / "records.jsonl"
    rows = path.read_text().splitlines()
    first = json.loads(rows[0])
    first["domain"] = "legal"
    path.write_text("\n".join([json.dumps(first), *rows[1:]]) + "\n")
    words = ["release", "verify", str(tmp_path / "release"), "--vkey", str(made.cell / "log.vkey")]
    code, answer = told(*words)
    assert (code, answer["status"]) == (1, "bad")
    assert "data/records.jsonl" in json.dumps(answer["problems"])
    assert "data/records.jsonl" in run(*words).stdout
