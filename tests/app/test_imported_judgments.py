"""Judgments made elsewhere: they come in with their own raters and times, go through the same gate, and stay marked."""

import gzip
import json
from pathlib import Path

import msgspec
import pytest
from item_files import dump
from living_cell import PROGRAMME, World, item_row, world_at

from tallystick.app import access, adjudication, gate, items, release, roster
from tallystick.app.access import Actor
from tallystick.app.items import ImportReport
from tallystick.app.kernel import new_key
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.ledger import journal
from tallystick.store.schema import JUDGMENT, Row

SHARED = Path(__file__).parents[3] / "shared"


def said(item: str, rater: str, verdict: str = "a", **more: object) -> dict[str, object]:
    return {"item": item, "rater": rater, "verdict": verdict} | more


def bring(
    world: World, rows: list[dict[str, object]], *, source: str = "elsewhere", actor: Actor | None = None
) -> ImportReport:
    data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    report = items.import_judgments(
        world.cell, actor or world.lead, data, programme=PROGRAMME, name="said.jsonl", source=source
    )
    assert isinstance(report, ImportReport), report
    return report


def rows_of(world: World) -> list[Row]:
    with world.cell.read() as connection:
        return list(connection.execute(JUDGMENT.select().order_by(JUDGMENT.c.seq)).all())


def test_they_keep_rater_and_time_and_are_marked_for_ever(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(1)
        report = bring(world, [
            said("w-1", "rater 7", made_at="2019-05-01T10:00:00Z", rationale="Because.", reasons=["reasoning"],
                 scores={"reasoning": {"a": 5, "b": 1}}),
            said("w-1", "rater 9", "tie"),
        ])  # fmt: skip
        assert (report.accepted, report.problems) == (2, ())
        first, second = rows_of(world)
        assert (first.made_at, second.made_at) == ("2019-05-01T10:00:00Z", None)
        assert {row.is_observed for row in (first, second)} == {0}
        assert {row.is_pre_contract for row in (first, second)} == {1}
        assert {row.source for row in (first, second)} == {"elsewhere"}
        assert (first.verdict, json.loads(first.scores)) == ("a", {"reasoning": {"a": 5, "b": 1}})
        names = {view.row.person: view.profile.name for view in _people(world) if view.row.origin == "imported"}
        assert names == {first.expert: "rater 7", second.expert: "rater 9"}
        record = items.item_record(world.cell, world.lead, first.item, reason="review", key=new_key())
        assert isinstance(record, items.ItemRecord)
        kinds = [step.envelope.kind for step in record.history]
        assert kinds.count("judgment-imported/1") == 2
        assert record.reasons[first.judgment][0]["text"] == "Because."


def _people(world: World) -> list[roster.PersonView]:
    found = roster.people(world.cell, world.lead)
    assert not isinstance(found, Refused)
    return found


def test_a_rater_is_one_person_of_one_source(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", redundancy=3) as world:
        world.work(2)
        bring(world, [said("w-1", "anna"), said("w-2", "anna")])
        bring(world, [said("w-1", "anna")], source="another source")
        experts = [row.expert for row in rows_of(world)]
        assert experts[0] == experts[1] != experts[2]


def test_the_log_does_not_let_a_rater_be_guessed(sqlite_url: str, tmp_path: Path) -> None:
    """The seed of the candidates' order is public; a pseudonym must not follow from it."""
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        bring(world, [said("w-1", "anna@example.org")])
        with world.cell.read() as connection:
            entries = b"".join(bytes(row.entry) for row in connection.execute(journal.JOURNAL.select()).all())
        assert b"anna" not in entries
    with world_at(f"{sqlite_url}2", tmp_path / "other") as other:
        other.work(1)
        bring(other, [said("w-1", "anna@example.org")])
        assert rows_of(other)[0].expert.encode() not in entries


PROBLEMS: dict[str, tuple[dict[str, object], str, str]] = {
    "an item that is not here": (said("w-9", "anna"), "item", "the id of a work item of this programme"),
    "a gold item": (said("g-general-1", "anna"), "item", "the id of a work item of this programme"),
    "a second one by the same rater": (said("w-1", "bert"), "rater", "one judgment by each rater"),
    "one too many": (said("w-2", "carl"), "item", "an item that lacks judgments (it takes 2)"),
    "a criterion of another rubric": (
        said("w-1", "anna", scores={"beauty": {"a": 1, "b": 2}}), "scores", "criteria reasoning, concision",
    ),
    "a reason tied to nothing": (said("w-1", "anna", reasons=["beauty"]), "scores", "criteria reasoning, concision"),
    "no verdict": (said("w-1", "anna", "better"), "verdict", "one of a_clearly"),
    "no rater": ({"item": "w-1", "verdict": "tie"}, "rater", "the key `rater`"),
    "a NUL in a rater": (said("w-1", "a\x00b"), "rater", "text of the form"),
    "a time of many lines": (said("w-1", "anna", made_at="2020\n2021"), "made_at", "text of the form"),
    "too many reasons": (said("w-1", "anna", reasons=["reasoning"] * 21), "reasons", "no more than 20 entries"),
}  # fmt: skip


@pytest.mark.parametrize("case", PROBLEMS)
def test_each_row_that_stays_out_is_listed_with_its_reason(case: str, sqlite_url: str, tmp_path: Path) -> None:
    row, path, expected = PROBLEMS[case]
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(2)
        before = [said("w-1", "bert"), said("w-2", "anna"), said("w-2", "bert", "b")]
        report = bring(world, [*before, row])
        assert report.accepted == 3
        assert [(problem.line, problem.path) for problem in report.problems] == [(4, path)]
        assert report.problems[0].expected.startswith(expected)
        assert len(rows_of(world)) == 3


def test_the_same_file_again_gives_the_same_report(database_url: str, tmp_path: Path) -> None:
    rows = [said("w-1", "anna"), said("w-1", "anna"), said("w-1", "bert"), said("w-1", "carl"), said("w-9", "anna")]
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(1)
        first = bring(world, rows)
        assert [(p.line, p.path) for p in first.problems] == [(2, "rater"), (4, "item"), (5, "item")]
        before = dump(world)
        again = bring(world, rows)
        assert again.receipt.is_repeat
        assert (again.run, again.accepted, again.problems) == (first.run, first.accepted, first.problems)
        after = dump(world)
        # The stored problems were read again, which is a look; nothing else is left behind.
        assert {name for name in after if after[name] != before[name]} == {"access", "receipt"}


def test_a_crash_in_the_middle_and_the_file_again(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of the first chunk are in; the repeat says of the others what an undisturbed import says."""
    monkeypatch.setattr("tallystick.app.items.judgments.CHUNK", 5)
    rows = [said(f"w-{n // 3 + 1}", f"rater-{n % 3}", ("a", "b", "tie")[n % 3]) for n in range(12)]
    commits = iter(range(100))

    def die() -> None:
        if next(commits) == 1:
            raise KeyboardInterrupt

    with world_at(database_url, tmp_path / "cell") as world:
        world.work(4)
        world.cell.kernel.before_commit = die
        with pytest.raises(KeyboardInterrupt):
            bring(world, rows)
        world.cell.kernel.before_commit = lambda: None
        assert 0 < len(rows_of(world)) < 8
        report = bring(world, rows)
        assert (report.rows, report.accepted) == (12, 8)
        assert [(p.line, p.path, p.found) for p in report.problems] == [
            (line, "item", "a complete one") for line in (3, 6, 9, 12)
        ]
        queue = adjudication.queue(world.cell, world.lead, PROGRAMME)
        assert not isinstance(queue, Refused)
        assert len(queue) == 4


def test_one_file_is_no_second_opinion_under_another_name(database_url: str, tmp_path: Path) -> None:
    """The same votes from two sources would be two raters who agree on everything."""
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(2)
        rows = [said("w-1", "ann"), said("w-2", "ann", "b")]
        assert bring(world, rows, source="vendor one").accepted == 2
        data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        refused = items.import_judgments(
            world.cell, world.lead, data, programme=PROGRAMME, name="said.jsonl", source="vendor two"
        )
        assert isinstance(refused, Refused)
        assert (refused.code, refused.names) == ("file-of-another-source", ("vendor one",))
        assert len(rows_of(world)) == 2


def test_judgments_that_came_before_their_items_come_in_after_them(sqlite_url: str, tmp_path: Path) -> None:
    """The same file again is another import once other items are here."""
    rows = [said("w-1", "anna"), said("w-2", "anna")]
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        assert [problem.line for problem in bring(world, rows).problems] == [2]
        world.work(1, start=2)
        report = bring(world, rows)
        assert [(problem.line, problem.path) for problem in report.problems] == [(1, "rater")]
        assert (report.accepted, len(rows_of(world))) == (1, 2)


def test_a_place_that_an_expert_holds_is_not_given_away(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        expert = world.expert()
        world.task(expert)
        report = bring(world, [said("w-1", "anna"), said("w-1", "bert")])
        assert [(p.line, p.found) for p in report.problems] == [(2, "one whose last places experts hold now")]
        world.judge(expert, "b_clearly")
        queue = adjudication.queue(world.cell, world.lead, PROGRAMME)
        assert not isinstance(queue, Refused)
        assert len(queue) == 1


def test_who_may_not_import_and_what_is_no_source(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        names = {"programme": PROGRAMME, "name": "said.jsonl"}
        expert = world.person("Eve", "expert")
        assert items.import_judgments(world.cell, expert, b"", source="x", **names) == access.ABSENT
        for source in ("", "  ", "x" * 101, "a\x00b"):
            found = items.import_judgments(world.cell, world.lead, b"", source=source, **names)
            assert isinstance(found, Refused)
            assert found.code == "source-missing"


def test_they_pass_the_same_gate_and_stay_marked_in_the_release(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(6)
        bring(world, [said(f"w-{n}", rater, "a") for n in range(1, 7) for rater in ("anna", "bert")])
        assert world.measure().decision == "pass"
        wish = Wish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=None)
        made = release.cut(world.cell, world.lead, wish, key=new_key())
        assert isinstance(made, release.Made), made
        release.export(world.cell, world.lead, made.release, tmp_path / "set")
        lines = [
            msgspec.json.decode(line)
            for path in sorted((tmp_path / "set").rglob("judgments*.jsonl*"))
            for line in (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).splitlines()
        ]
        assert len(lines) == 12
        assert {(line["is_observed"], line["source"]) for line in lines} == {(False, "elsewhere")}


def text_of(value: object) -> str:
    """The source holds answers such as `true` and `3.5` as JSON values."""
    return value if isinstance(value, str) else json.dumps(value)


def test_pandalm_shows_its_published_kappas(sqlite_url: str, tmp_path: Path) -> None:
    folder = SHARED / "data" / "pandalm_test"
    if not folder.is_dir():
        pytest.skip("../shared/data/pandalm_test is not here")
    with gzip.open(folder / "items.jsonl.gz") as file:
        pairs = [json.loads(line) for line in file]
    with gzip.open(folder / "judgments.jsonl.gz") as file:
        votes = [json.loads(line) for line in file]
    rows = [
        item_row(
            pair["id"], prompt=pair.get("prompt", ""), context=pair.get("context"),
            candidates=[{"text": text_of(candidate.get("text", ""))} for candidate in pair["candidates"]],
        )
        for pair in pairs
    ]  # fmt: skip
    side = {"1": "a", "2": "b", "tie": "tie"}
    heard = [said(vote["item_id"], vote["rater_id"], side[str(vote["values"]["winner"])]) for vote in votes]
    with world_at(sqlite_url, tmp_path / "cell", redundancy=3) as world:
        wanted = items.Wanted(programme=PROGRAMME, name="pairs.jsonl", batch="pairs")
        brought = items.import_items(
            world.cell, world.lead, b"\n".join(json.dumps(row).encode() for row in rows), wanted
        )
        assert isinstance(brought, ImportReport)
        report = bring(world, heard, source="PandaLM test set")
        page = gate.batch_page(world.cell, world.lead, world.batch())
        assert isinstance(page, gate.BatchPage)
        assert (brought.accepted, brought.problems, report.accepted, report.problems) == (999, (), 2997, ())
        kappas = {frozenset((page.names[pair.rater_a], page.names[pair.rater_b])): pair.value for pair in page.pairs}
        found = {"".join(sorted(name[-1] for name in names)): value for names, value in kappas.items()}
        assert {names: round(value or 0, 4) for names, value in found.items()} == {
            "12": 0.852, "13": 0.8789, "23": 0.8617,
        }  # fmt: skip
