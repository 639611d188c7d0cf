"""`tallystick agree` on files in long form: what it answers, and how it says what is wrong with a file."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
import typer
from pyarrow import parquet
from typer.testing import CliRunner

from tallystick.cli import agree

SHARED = Path(__file__).parents[2].parent / "shared"
APP = typer.Typer()
agree.register(APP)
COLUMNS = ("--item", "item", "--rater", "rater", "--value", "value")
# By hand: 10 a, 8 b, 2 c and two of ten items differ, so alpha = 1 - (4 / 20) / (232 / 380) = 39 / 58 = 0.672.
MEG = ["a", "a", "a", "a", "b", "b", "b", "c", "a", "b"]
OWEN = ["a", "a", "a", "a", "b", "b", "b", "c", "b", "a"]
ROWS = [
    (f"article {number}", rater, answer)
    for number, answers in enumerate(zip(MEG, OWEN, strict=True))
    for rater, answer in zip(("Meg", "Owen"), answers, strict=True)
]


def run(path: Path, *options: str) -> tuple[int, dict[str, object]]:
    """The exit code and the JSON object of one call."""
    result = CliRunner().invoke(APP, [str(path), *options, "--json"])
    return result.exit_code, json.loads(result.stdout)


def write_csv(path: Path, rows: list[tuple[object, ...]]) -> Path:
    path.write_text("\n".join(["item,rater,value", *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


def write_lines(path: Path, rows: list[tuple[object, ...]], *, nested: bool = False) -> Path:
    entries = [
        {"item": item, "rater": rater, **({"values": {"answer": value}} if nested else {"value": value})}
        for item, rater, value in rows
    ]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return path


def test_the_way_to_an_interval_and_sets(tmp_path: Path) -> None:
    table = write_csv(tmp_path / "a.csv", list(ROWS))
    for ci, method in (("analytic", "delta_log"), ("jackknife", "jackknife_log"), ("bootstrap", "item_bootstrap")):
        code, found = run(table, *COLUMNS, "--metric", "cohen_kappa", "--ci", ci)
        assert (code, found["interval_method"]) == (0, method)
        assert isinstance(found["two_raters"], dict)
    sets = write_csv(
        tmp_path / "sets.csv",
        [(1, "a", "x|y"), (1, "b", "y|x"), (2, "a", "x"), (2, "b", "z"), (3, "a", "|"), (3, "b", "|")],
    )
    code, found = run(sets, *COLUMNS, "--metric", "krippendorff_alpha", "--level", "masi")
    assert code == 0
    assert found["percent_agreement"] == pytest.approx(2 / 3)
    code, found = run(table, *COLUMNS, "--metric", "krippendorff_alpha", "--level", "custom")
    assert code == 2
    assert "A table goes with" in str(found["error"])


def test_csv_jsonl_and_parquet_give_one_answer(tmp_path: Path) -> None:
    tables = [
        write_csv(tmp_path / "a.csv", list(ROWS)),
        write_lines(tmp_path / "a.jsonl", list(ROWS)),
        tmp_path / "a.jsonl.gz",
        tmp_path / "a.csv.gz",
        tmp_path / "a.parquet",
    ]
    tables[2].write_bytes(gzip.compress(tables[1].read_bytes()))
    tables[3].write_bytes(gzip.compress(tables[0].read_bytes()))
    item, rater, value = zip(*ROWS, strict=True)
    parquet.write_table(pa.table({"item": item, "rater": rater, "value": value}), tables[4])
    answers = [run(path, *COLUMNS, "--metric", "krippendorff_alpha") for path in tables]
    assert all(answer == answers[0] for answer in answers)
    code, answer = answers[0]
    assert code == 0
    assert round(float(str(answer["value"])), 3) == 0.672
    assert (answer["status"], answer["level"]) == ("ok", "nominal")
    assert (answer["n_items"], answer["n_raters"], answer["n_judgments"]) == (10, 2, 20)
    interval = answer["interval"]
    assert isinstance(interval, list)
    assert interval[0] < 0.672 < interval[1]


def test_a_dotted_name_reaches_into_objects(tmp_path: Path) -> None:
    flat = run(write_csv(tmp_path / "a.csv", list(ROWS)), *COLUMNS, "--metric", "gwet_ac1")
    columns = ("--item", "item", "--rater", "rater", "--value", "values.answer", "--metric", "gwet_ac1")
    lines = write_lines(tmp_path / "a.jsonl", list(ROWS), nested=True)
    assert run(lines, *columns) == flat
    entries = [json.loads(line) for line in lines.read_text().splitlines()]
    parquet.write_table(pa.Table.from_pylist(entries), tmp_path / "a.parquet")
    assert run(tmp_path / "a.parquet", *columns) == flat


def test_an_undefined_measure_is_an_answer(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [(item, rater, "yes") for item in range(9) for rater in "ab"])
    code, answer = run(path, *COLUMNS, "--metric", "cohen_kappa")
    assert (code, answer["value"], answer["status"], answer["interval"]) == (0, None, "no_variation", None)
    assert answer["percent_agreement"] == 1.0
    code, answer = run(path, *COLUMNS, "--metric", "percent_agreement")
    assert (code, answer["value"], answer["status"]) == (0, 1.0, "ok")


def test_an_empty_cell_is_a_missing_judgment(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [(1, "a", 1), (1, "b", 1), (1, "c", ""), (2, "a", 2), (2, "b", 2), (2, "c", "")]
    code, answer = run(write_csv(tmp_path / "a.csv", rows), *COLUMNS, "--metric", "percent_agreement")
    assert (code, answer["value"], answer["n_raters"], answer["n_judgments"]) == (0, 1.0, 2, 4)


def test_numbers_in_text_are_in_the_order_of_numbers(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [(1, "a", 2), (1, "b", 10), (2, "a", 9), (2, "b", 9), (3, "a", 2), (3, "b", 2)]
    options = (*COLUMNS, "--metric", "krippendorff_alpha", "--level", "ordinal")
    text = run(write_csv(tmp_path / "a.csv", rows), *options)
    assert text == run(write_lines(tmp_path / "a.jsonl", rows), *options)
    named = run(write_csv(tmp_path / "a.csv", rows), *options, "--categories", "2,9,10")
    assert named == text
    assert run(write_csv(tmp_path / "a.csv", rows), *options, "--categories", "10,2,9") != text


def test_unused_categories_belong_to_the_scale(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", list(ROWS))
    options = (*COLUMNS, "--metric", "brennan_prediger")
    observed, whole = run(path, *options), run(path, *options, "--categories", "a,b,c,d,e,f,g,h")
    assert float(str(whole[1]["value"])) > float(str(observed[1]["value"]))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--metric", "kappa"), ("kappa", "cohen_kappa")),
        (("--metric", "krippendorff_alpha", "--level", "cardinal"), ("cardinal", "nominal, ordinal")),
        (("--metric", "krippendorff_alpha", "--level", "interval"), ("data row 1", "'a'", "no finite number")),
        (("--metric", "krippendorff_alpha", "--level", "ordinal"), ("'a'", "lowest to highest")),
        (("--metric", "cohen_kappa", "--weights", "linear"), ("'a'", "lowest to highest")),
        (("--metric", "gwet_ac1", "--weights", "linear"), ("takes no weights", "cohen_kappa or gwet_ac2")),
        (("--metric", "gwet_ac2"), ("none", "gwet_ordinal")),
        (("--metric", "gwet_ac1", "--categories", "a,b"), ("data row 15", "'c'", "a, b")),
        (("--metric", "gwet_ac1", "--confidence", "95"), ("95", "0.95")),
        (("--metric", "gwet_ac1", "--draws", "3"), ("100", "draws=3")),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(tmp_path: Path, options: tuple[str, ...], words: tuple[str]) -> None:
    code, answer = run(write_csv(tmp_path / "a.csv", list(ROWS)), *COLUMNS, *options)
    assert (code, answer["value"], answer["status"]) == (2, None, "could_not_measure")
    assert [word for word in words if word not in str(answer["error"])] == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.csv", None, ("no file", "none.csv")),
        ("a.xlsx", b"item", (".xlsx", ".parquet")),
        ("a.csv", b"item,judge,value\n1,a,2\n", ("'rater'", "'judge'")),
        ("a.csv", b"", ("no columns",)),
        ("a.csv", b"item,rater,value,value\n1,a,2,2\n", ("2 times",)),
        ("a.csv", b"item,rater,value\n1,a,2\n1,b\n", ("could not be read", "Expected 3 columns")),
        ("a.csv", b"item,rater,value\n1,a,2\n1,b,2\n1,a,3\n", ("data row 1 and data row 3", "'a'", "'1'")),
        ("a.csv", b"item,rater,value\n1,a,2\n1,,2\n", ("data row 2", "no rater")),
        ("a.csv", b"item,rater,value\n1,a,\xff\n", ("could not be read",)),
        ("a.csv.gz", b"item,rater,value\n1,a,2\n", ("could not be read", "gzip")),
        ("a.jsonl", b'{"item": 1, "rater": "a", "value": 2}\n\n{"item": 1,\n', ("line 3", "no JSON")),
        ("a.jsonl", b"[1]\n", ("line 1", "no JSON object")),
        ("a.jsonl", b'{"item": 1, "rater": "a", "value": {"x": 1}}\n', ("line 1", "value.FIELD")),
        ("a.jsonl", b'{"item": 1, "value": 2}\n', ("'rater'", "'item', 'value'")),
        ("a.jsonl", b'{"item": 1, "rater": "a", "values": {"winner": 2}}\n', ("'value'", "'values.winner'")),
        ("a.jsonl", b'\n{"item": 1, "rater": "a", "value": 1}\n{"item": 1, "value": 2}\n', ("line 3", "no rater")),
        ("a.parquet", b"PAR1", ("could not be read",)),
    ],
)
def test_a_file_that_cannot_be_measured(tmp_path: Path, name: str, content: bytes | None, words: tuple[str]) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    code, answer = run(tmp_path / name, *COLUMNS, "--metric", "percent_agreement")
    assert (code, answer["status"]) == (2, "could_not_measure")
    assert [word for word in words if word not in str(answer["error"])] == []


def test_the_report_for_people_says_the_same(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", list(ROWS))
    result = CliRunner().invoke(APP, [str(path), *COLUMNS, "--metric", "krippendorff_alpha", "--pairs"])
    assert result.exit_code == 0
    for word in ("0.6724", "95%", "20 by 2 raters", "Cohen's kappa by pair", "Meg", "prevalence"):
        assert word in result.stdout
    result = CliRunner().invoke(APP, [str(path), *COLUMNS, "--metric", "krippendorff_alpha", "--level", "ratio"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Could not measure" in result.stderr


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared data sets beside the project")
def test_pandalm_shows_the_published_kappas() -> None:
    path = SHARED / "data" / "pandalm_test" / "judgments.jsonl.gz"
    columns = ("--item", "item_id", "--rater", "rater_id", "--value", "values.winner")
    code, answer = run(path, *columns, "--metric", "fleiss_kappa", "--pairs")
    assert (code, answer["n_items"], answer["n_raters"]) == (0, 999, 3)
    pairs = answer["pairs"]
    assert isinstance(pairs, list)
    assert [round(pair["value"], 4) for pair in pairs] == [0.8520, 0.8789, 0.8617]
