"""Imports: good rows come in, bad ones are listed with line and reason, and a file twice is a file once."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from item_files import as_csv, as_parquet, bring, dump, here, try_to_bring
from living_cell import PROGRAMME, gold_row, item_row, jsonl, world_at

from tallystick.app import access, items
from tallystick.app.items import Wanted
from tallystick.app.items.reading import UNCLOSED_MAX, rows
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused

ROWS = [
    item_row("i-1"),
    item_row("i-2", prompt='He said "one, two"\nand left.', context="Été, 夏 and \u202emirrored\u202c"),
    item_row("i-3", prompt="[1, 2]", context="true"),
    item_row("i-4", prompt="x" * 150_000, difficulty="easy", language="fr", failure_cluster="padding"),
    item_row("i-5", candidates=[{"text": "{}"}, {"text": "3.10", "sampling": {"temperature": "0.70"}}]),
]


FORMS: dict[str, Callable[[list[dict[str, object]]], bytes]] = {
    "rows.jsonl": jsonl,
    "rows.csv": as_csv,
    "rows.parquet": as_parquet,
    "rows.jsonl.gz": lambda found: gzip.compress(jsonl(found)),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_format_gives_the_same_items(name: str, sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        report = bring(world, FORMS[name](ROWS), name)
        assert (report.rows, report.accepted, report.problems) == (5, 5, ())
        shown = here(world)
        assert {name: json.loads(found[0])["prompt"] for name, found in shown.items()} == {
            str(row["id"]): row["prompt"] for row in ROWS
        }
        assert json.loads(shown["i-2"][0])["context"] == ROWS[1]["context"]
        assert json.loads(shown["i-5"][0])["candidates"] == [{"text": "{}"}, {"text": "3.10"}]
        assert json.loads(shown["i-5"][1])["candidates"][1]["sampling"] == {"temperature": "0.70"}
        assert json.loads(shown["i-4"][2]) == {"difficulty": "easy", "language": "fr", "failure_cluster": "padding"}


def test_who_wrote_a_candidate_is_not_in_what_is_shown(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        bring(world, jsonl(ROWS[:1]))
        shown, hidden, _ = here(world)["i-1"]
        assert "secret-model" not in shown
        assert "secret-model-a" in hidden


def test_good_rows_come_in_and_bad_ones_are_listed(database_url: str, tmp_path: Path) -> None:
    data = jsonl([item_row("i-1"), item_row("i-2", domain="cooking"), item_row("i-3")]) + b"{broken\n"
    with world_at(database_url, tmp_path / "cell", gold=False) as world:
        report = bring(world, data)
        assert (report.rows, report.accepted, report.rejected) == (4, 2, 2)
        assert [(problem.line, problem.path) for problem in report.problems] == [(2, "domain"), (4, "")]
        assert 'found "cooking"' in report.problems[0].sentence
        assert set(here(world)) == {"i-1", "i-3"}
        stored = items.stored_problems(world.cell, world.lead, report.run)
        assert not isinstance(stored, Refused)
        assert [(p.line, p.expected) for p in stored] == [(p.line, p.expected) for p in report.problems]


def test_strict_takes_all_rows_or_none(database_url: str, tmp_path: Path) -> None:
    good, bad = jsonl([item_row("i-1"), item_row("i-2")]), jsonl([item_row("i-3", domain="cooking")])
    with world_at(database_url, tmp_path / "cell", gold=False) as world:
        before = dump(world)
        found = try_to_bring(world, good + bad, is_strict=True)
        assert isinstance(found, list)
        assert [problem.line for problem in found] == [3]
        assert dump(world) == before
        assert bring(world, good, is_strict=True).accepted == 2
        found = try_to_bring(world, good + jsonl([item_row("i-3")]), is_strict=True)
        assert isinstance(found, list)
        assert [(problem.line, problem.path) for problem in found] == [(1, "id"), (2, "id")]


def test_the_same_file_twice_is_one_import(database_url: str, tmp_path: Path) -> None:
    data = jsonl([item_row("i-1"), item_row("i-2", domain="cooking")])
    with world_at(database_url, tmp_path / "cell", gold=False) as world:
        first = bring(world, data)
        before = dump(world)
        again = bring(world, data)
        assert again.receipt.is_repeat
        assert (again.run, again.rows, again.accepted, again.problems) == (
            first.run, first.rows, first.accepted, first.problems,
        )  # fmt: skip
        after = dump(world)
        # The stored problems were read again, which is a look; nothing else is left behind.
        assert {name for name in after if after[name] != before[name]} == {"access", "receipt"}


def test_the_same_file_of_somebody_else_is_another_import(database_url: str, tmp_path: Path) -> None:
    data = jsonl([item_row("i-1")])
    with world_at(database_url, tmp_path / "cell", gold=False) as world:
        first = bring(world, data)
        world.lead = world.person("Second lead", "lead")
        second = bring(world, data)
        assert first.run != second.run
        assert (second.accepted, [problem.path for problem in second.problems]) == (0, ["id"])


def test_an_item_that_is_here_stays_as_it_is(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell", gold=False) as world:
        bring(world, jsonl([item_row("i-1")]))
        before = here(world)
        report = bring(world, jsonl([item_row("i-1", prompt="Something else?"), item_row("i-2")]))
        assert [(p.line, p.expected) for p in report.problems] == [(1, "an item that is not here yet")]
        assert {name: found for name, found in here(world).items() if name in before} == before


def test_a_crash_in_the_middle_and_the_file_again(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunks that were committed stay; the repeat gives what an undisturbed import gives."""
    monkeypatch.setattr("tallystick.app.items.importing.CHUNK", 10)
    found = [item_row(f"i-{n}", **({"domain": "cooking"} if n % 7 == 0 else {})) for n in range(1, 46)]
    commits = iter(range(100))

    def die() -> None:
        if next(commits) == 2:
            raise KeyboardInterrupt

    with world_at(database_url, tmp_path / "cell", gold=False) as world:
        world.cell.kernel.before_commit = die
        with pytest.raises(KeyboardInterrupt):
            bring(world, jsonl(found))
        world.cell.kernel.before_commit = lambda: None
        assert 0 < len(here(world)) < 39
        report = bring(world, jsonl(found))
        assert (report.rows, report.accepted) == (45, 39)
        assert [problem.line for problem in report.problems] == [7, 14, 21, 28, 35, 42]
        assert list(here(world)) == [str(row["id"]) for row in found if row["domain"] == "general"]


def test_an_id_stands_once_in_a_file(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        report = bring(world, jsonl([item_row("i-1"), item_row("i-2"), item_row("i-1")]))
        assert report.accepted == 2
        assert report.problems[0].sentence.startswith("rows.jsonl, line 3, id: expected an id of its own, found i-1")


def test_gold_comes_as_gold_and_work_as_work(sqlite_url: str, tmp_path: Path) -> None:
    abstained = gold_row("g-3", gold={"verdict": "abstain", "scores": {}})
    strange = gold_row("g-4", gold={"verdict": "tie", "scores": {"beauty": {"a": 1, "b": 1}}})
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        report = bring(world, jsonl([gold_row("g-1"), item_row("g-2"), abstained, strange]), purpose="gold", batch="g")
        assert [(p.line, p.path) for p in report.problems] == [
            (2, "gold"), (3, "gold.verdict"), (4, "gold.scores.beauty"),
        ]  # fmt: skip
        report = bring(world, jsonl([gold_row("w-1")]))
        assert [p.path for p in report.problems] == ["gold"]


def test_what_cannot_be_read_at_all_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    """One answer for a whole file, and nothing written: not even that a file was read."""
    compressed = gzip.compress(jsonl(ROWS))
    broken = {
        "rows.txt": (b"{}", "unknown-format"),
        "rows.parquet": (b"PAR1 and then nothing", "unreadable-file"),
        "no.parquet": (jsonl(ROWS), "unreadable-file"),
        "cut.jsonl.gz": (compressed[:-20], "unreadable-file"),
        "torn.jsonl.gz": (compressed[:30] + b"\xff" * 50 + compressed[80:], "unreadable-file"),
        "bomb.jsonl.gz": (gzip.compress(bytes(80_000_000)), "unreadable-file"),
    }
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        before = dump(world)
        for name, (data, code) in broken.items():
            found = try_to_bring(world, data, name)
            assert isinstance(found, Refused), name
            assert found.code == code, name
        assert dump(world) == before


def test_a_wish_that_makes_no_sense_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        codes = [
            try_to_bring(world, b"", purpose="play"), try_to_bring(world, b"", batch="a b"),
            try_to_bring(world, b"", batch=""), try_to_bring(world, b"", programme="other"),
        ]  # fmt: skip
        assert [found.code for found in codes if isinstance(found, Refused)] == [
            "unknown-purpose", "bad-batch-name", "bad-batch-name", "absent",
        ]  # fmt: skip
        nobody = world.person("Rae", "researcher")
        wanted = Wanted(programme=PROGRAMME, name="rows.jsonl", batch="pilot")
        assert items.import_items(world.cell, nobody, jsonl(ROWS), wanted) == access.ABSENT


@pytest.mark.parametrize(("first", "second"), [("gold", "work"), ("work", "gold"), ("work", "holdout")])
def test_a_batch_has_one_purpose(first: str, second: str, sqlite_url: str, tmp_path: Path) -> None:
    """Held-out items in a batch of work would come near a release; work among gold would never be delivered."""
    rows_of = {"gold": gold_row, "work": item_row, "holdout": item_row}
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        bring(world, jsonl([rows_of[first]("i-1")]), purpose=first)
        before = dump(world)
        for strict in (False, True):
            found = try_to_bring(world, jsonl([rows_of[second]("i-2")]), purpose=second, is_strict=strict)
            assert isinstance(found, Refused)
            assert found.code == "batch-of-other-purpose"
        assert dump(world) == before


CSV_FAULTS = {
    "a cell too many": (b"id,prompt\na,b,c\nd,e\n", [2], ["d"]),
    "a quote in the middle": (b'id,prompt\n"a"x,b\nd,e\n', [2], ["d"]),
    "a quote that is never closed": (b'id,prompt\na,"b\nd,e\nf,g\n', [2], ["d", "f"]),
    "two that are never closed": (b'id,prompt\na,"b\nd,e\nf,"g\nh,i\n', [2, 4], ["d", "h"]),
    "other bytes in one cell": (b"id,prompt\na,\xe9t\xe9\nd,e\n", [2], ["d"]),
    "other bytes in the header": (b"id,\xe9\na,b\n", [1], []),
    "one column twice": (b"id,id\na,b\n", [1], []),
    "a column and its parent": (b"id,source,source.class\na,b,c\n", [1], []),
    "line breaks inside quotes": (b'id,prompt\na,"b\r\nc"\r\nd,e,f\r\n', [4], ["a"]),
    "blank lines": (b"id,prompt\n\na,b\n\n\nc,d,e\n", [6], ["a"]),
    "a mark of byte order": (b"\xef\xbb\xbfid,prompt\na,b\n", [], ["a"]),
    "nothing": (b"", [], []),
}


@pytest.mark.parametrize("fault", CSV_FAULTS)
def test_a_fault_of_csv_costs_its_own_row(fault: str) -> None:
    data, lines, ids = CSV_FAULTS[fault]
    found = rows("rows.csv", data)
    assert not isinstance(found, Refused)
    read = list(found)
    assert [problem.line for problem in read if isinstance(problem, Problem)] == lines
    assert [row.data["id"] for row in read if not isinstance(row, Problem) and isinstance(row.data, dict)] == ids


def test_a_file_of_open_quotes_is_not_read_for_ever() -> None:
    """Each open quote reads on to the next or to the end; a thousand of them must not read a thousand times."""
    found = rows("rows.csv", b"id,prompt\n" + b'a,"b\n' * 999)
    assert not isinstance(found, Refused)
    problems = [problem for problem in found if isinstance(problem, Problem)]
    assert [problem.line for problem in problems[:UNCLOSED_MAX]] == list(range(2, UNCLOSED_MAX + 2))
    assert "lines swallowed by an open quote" in problems[UNCLOSED_MAX].found


def test_text_of_parquet_that_is_no_text_costs_its_own_row() -> None:
    broken = pa.array([b"one", b"\xff\xfe", b"three"], pa.binary())
    data = io.BytesIO()
    pq.write_table(pa.table({"id": broken}), data)
    found = rows("rows.parquet", data.getvalue())
    assert not isinstance(found, Refused)
    assert [row.line if isinstance(row, Problem) else row.data for row in found] == [{"id": "one"}, 2, {"id": "three"}]
