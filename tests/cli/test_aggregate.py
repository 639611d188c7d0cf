"""`tallystick aggregate`: what it answers, what it writes, and how it says what is wrong."""

import csv
import json
from pathlib import Path

import pytest
import typer
from pyarrow import parquet
from typer.testing import CliRunner

from tallystick.cli import aggregate

APP = typer.Typer()
aggregate.register(APP)
COLUMNS = ("--item", "item", "--rater", "rater", "--value", "value")
ANSWERS = {"Meg": "xxxyyyxyxyxx", "Owen": "xxxyyyxyxyyy", "Ada": "xyxyyyxxxyxy"}


@pytest.fixture
def judgments(tmp_path: Path) -> Path:
    """Twelve items judged by three raters, who mostly agree."""
    rows = [f"item {place},{rater},{answer}" for rater, word in ANSWERS.items() for place, answer in enumerate(word)]
    path = tmp_path / "judgments.csv"
    path.write_text("\n".join(["item,rater,value", *rows]) + "\n")
    return path


@pytest.fixture
def comparisons(tmp_path: Path) -> Path:
    """Comparisons of three answers, ties among them."""
    rows = ["a,b,a", "a,b,b", "b,c,b", "b,c,draw", "c,a,c", "c,a,a"]
    path = tmp_path / "comparisons.csv"
    path.write_text("\n".join(["one,two,won", *rows]) + "\n")
    return path


def run(*words: object) -> tuple[int, dict[str, object]]:
    """The exit code and the JSON object of one call."""
    result = CliRunner().invoke(APP, [str(word) for word in words] + ["--json"])
    return result.exit_code, json.loads(result.stdout)


def read_csv(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    """The rows of a table by column."""
    return list(csv.DictReader(path.read_text().splitlines(), delimiter=delimiter))


@pytest.mark.parametrize("method", ["majority", "one_coin", "dawid_skene", "mace", "glad"])
def test_every_method_labels_every_item(judgments: Path, method: str) -> None:
    code, answer = run(judgments, *COLUMNS, "--method", method)
    assert code == 0
    assert answer["status"] == "ok"
    items = answer["items"]
    assert isinstance(items, list)
    assert len(items) == 12
    assert [item["label"] for item in items if item["item"] == "item 3"] == ["y"]
    assert all(sum(item["posterior"]) == pytest.approx(1) for item in items)
    assert answer["converged"] in {True, None}


def test_the_report_is_for_people(judgments: Path) -> None:
    result = CliRunner().invoke(APP, [str(judgments), *COLUMNS, "--method", "dawid_skene"])
    assert result.exit_code == 0
    for word in ("12 labels", "Converged", "Meg", "accuracy", "raw judgments stay"):
        assert word in result.stdout


def test_no_consensus_is_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "single.csv"
    path.write_text("item,rater,value\na,Meg,x\nb,Meg,y\n")
    code, answer = run(path, *COLUMNS, "--method", "mace")
    assert (code, answer["status"], answer["items"]) == (0, "single_rater", [])
    shown = CliRunner().invoke(APP, [str(path), *COLUMNS, "--method", "mace"])
    assert "no consensus" in shown.stdout
    code, answer = run(path, *COLUMNS, "--method", "mace", "--out", tmp_path / "out.csv")
    assert code == 2
    assert not (tmp_path / "out.csv").exists()


def test_a_table_of_items_is_written_beside_the_judgments(judgments: Path, tmp_path: Path) -> None:
    before = judgments.read_bytes()
    for name in ("out.csv", "out.tsv", "out.jsonl", "out.parquet"):
        code, _ = run(judgments, *COLUMNS, "--method", "dawid_skene", "--categories", "x,y,z", "--out", tmp_path / name)
        assert code == 0
    assert judgments.read_bytes() == before
    tables = [
        read_csv(tmp_path / "out.csv"),
        read_csv(tmp_path / "out.tsv", "\t"),
        [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()],
        parquet.read_table(tmp_path / "out.parquet").to_pylist(),
    ]
    for table in tables:
        assert [row["item"] for row in table] == [row["item"] for row in tables[0]]
        assert list(table[0]) == [
            *("item", "label", "entropy"),
            *("posterior.x", "posterior.y", "posterior.z", "votes.x", "votes.y", "votes.z"),
        ]
        assert sum(int(row["votes.x"]) + int(row["votes.y"]) for row in table) == 36
        assert {float(row["posterior.z"]) for row in table} == {0}


def test_nothing_is_ever_overwritten(judgments: Path) -> None:
    before = judgments.read_bytes()
    code, answer = run(judgments, *COLUMNS, "--method", "majority", "--out", judgments)
    assert code == 2
    assert "nothing is ever overwritten" in str(answer["error"])
    assert judgments.read_bytes() == before


def test_a_ranking(comparisons: Path, tmp_path: Path) -> None:
    words = (comparisons, "--first", "one", "--second", "two", "--value", "won", "--method", "bradley_terry")
    code, answer = run(*words, "--tie", "draw", "--out", tmp_path / "ranking.csv")
    assert code == 0
    assert answer["status"] == "ok"
    assert answer["n_ties"] == 1
    rows = read_csv(tmp_path / "ranking.csv")
    assert [row["candidate"] for row in rows] == ["a", "b", "c"]
    shown = CliRunner().invoke(APP, [*map(str, words), "--tie", "draw"])
    assert "6 comparisons, 1 of them ties" in shown.stdout
    code, answer = run(*words)
    assert code == 2
    assert "data row 4: The winner 'draw' is neither" in str(answer["error"])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--method", "magic"], "Unknown method 'magic'"),
        (["--method", "majority", "--restarts", "3"], "majority takes no --restarts"),
        (["--method", "bradley_terry"], "bradley_terry takes no --item"),
        (["--method", "majority", "--first", "item"], "majority takes no --first"),
        (["--method", "majority", "--categories", "x"], "data row 4: The value 'y' is none of the categories x"),
        (["--method", "majority", "--confidence", "2"], "between 0 and 1"),
        (["--method", "majority", "--out", "labels.xls"], "no known name"),
        (["--method", "dawid_skene", "--smoothing", "-1"], "0 or more"),
    ],
)
def test_what_is_wrong_is_said(judgments: Path, words: list[str], sentence: str) -> None:
    code, answer = run(judgments, *COLUMNS, *words)
    assert code == 2
    assert sentence in str(answer["error"])


def test_a_missing_column_a_missing_file_and_a_doubled_row(judgments: Path, tmp_path: Path) -> None:
    code, answer = run(judgments, "--item", "item", "--value", "value", "--method", "majority")
    assert (code, answer["error"]) == (2, "majority needs --item and --rater: name the columns.")
    code, answer = run(tmp_path / "none.csv", *COLUMNS, "--method", "majority")
    assert code == 2
    assert "no file" in str(answer["error"])
    path = tmp_path / "twice.csv"
    path.write_text("item,rater,value\na,Meg,x\nb,Owen,y\na,Meg,y\n")
    code, answer = run(path, *COLUMNS, "--method", "majority")
    assert code == 2
    assert "data row 1 and data row 3" in str(answer["error"])
    code, answer = run(path, *COLUMNS, "--method", "majority", "--repeats")
    assert code == 0
    assert answer["n_ties"] == 1
