"""Releases of a living cell in which much happened: what they tell, on both databases, checked as a stranger does."""

import json
from pathlib import Path
from typing import Any

from failing_batch import diagnosed, failing_world, held_session, judge_all, opened, requeued, revised
from held_work import hold
from living_cell import PROGRAMME, World, answer_of, gold_row, shown_as, world_at

from tallystick.app import assignment, gate, judgment, release, sentinel
from tallystick.app.assignment import Task
from tallystick.app.kernel import new_key
from tallystick.app.standing import reviewing
from tallystick.audit.release import ReleaseReport, Status, verify_release
from tallystick.bundle.columns import from_jsonl, from_parquet
from tallystick.bundle.rows import ConsensusRow, Judgment
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.flow.sentinel import Wish as Rates

WISH = Wish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=None, consensus="dawid_skene")


def exported(world: World, to: Path, wish: Wish = WISH) -> Path:
    """A release, written in the clear."""
    made = release.cut(world.cell, world.lead, wish, key=new_key())
    assert isinstance(made, release.Made), made
    done = release.export(world.cell, world.lead, made.release, to)
    assert isinstance(done, release.Exported), done
    return to


def check(world: World, directory: Path) -> ReleaseReport:
    return verify_release(directory, world.cell.signer.vkey, log=world.cell.log_directory)


def figure(directory: Path, name: str) -> Any:
    return json.loads((directory / f"quality/{name}.json").read_bytes())


def test_work_that_was_done_again_after_an_intervention(database_url: str, tmp_path: Path) -> None:
    with failing_world(database_url, tmp_path / "cell") as world:
        wanted = opened(world)
        diagnosed(world, wanted)
        held_session(world, wanted)
        revised(world)
        requeued(world, wanted)
        judge_all(world)
        assert isinstance(gate.measure(world.cell, world.lead, world.batch(), key=new_key()), gate.Measured)
        out = exported(world, tmp_path / "out")
        report = check(world, out)
        assert report.status is Status.OK, report.problems
    rows = from_jsonl((out / "data/judgments.jsonl").read_bytes(), Judgment)
    assert [row.standing for row in rows].count("requeued") == 36
    assert [row.standing for row in rows].count("counted") == 36
    (told,) = figure(out, "interventions")["interventions"]
    assert (told["intervention"], told["outcome"]) == (wanted, "passed")
    again = told["steps"][-2]
    assert again["low_ppm"] < again["difference_ppm"] < again["high_ppm"]
    (trend,) = figure(out, "trend")["batches"]
    assert [point["measured"]["decision"] for point in trend["points"]] == ["fail", "pass", "pass"]
    assert figure(out, "monitoring")["redone"]["requeued"] == {"intervention": 36}
    consensus = from_parquet((out / "views/consensus.parquet").read_bytes(), ConsensusRow)
    assert {sum(vote.judgments for vote in row.votes) for row in consensus} == {3}


def test_work_that_was_held_is_released_once_it_was_reviewed(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(4)
        experts = [world.expert(), world.expert()]
        for expert in experts:
            while isinstance(task := assignment.next_task(world.cell, expert, PROGRAMME), Task):
                answer = answer_of(shown_as(task, "a_clearly"))
                saved = judgment.submit(world.cell, expert, task.assignment, answer, key=new_key())
                assert isinstance(saved, judgment.Saved)
        with world.cell.read() as connection:
            rows = gate.judged_in(connection, world.batch())
        mine = [row.judgment for row in rows if row.expert == experts[0].person][:2]
        hold(world, experts[0].person, *mine)
        refused = release.cut(world.cell, world.lead, WISH, key=new_key())
        assert isinstance(refused, Refused)
        reviewer = world.expert("reviewer")
        for name in mine:
            done = reviewing.stands(world.cell, reviewer, name, notes="Looked at, and sound.", key=new_key())
            assert not isinstance(done, Refused), done
        out = exported(world, tmp_path / "out")
        report = check(world, out)
        assert report.status is Status.OK, report.problems
    found = {row.judgment: row for row in from_jsonl((out / "data/judgments.jsonl").read_bytes(), Judgment)}
    assert {(found[name].standing, found[name].standing_cause) for name in mine} == {("counted", "review")}
    assert figure(out, "monitoring")["redone"] == {"held": {"drift": 2}, "cleared": 2, "requeued": {}}
    assert b"Looked at, and sound." not in b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())


def test_sentinels_are_told_in_totals_that_the_log_gives(database_url: str, tmp_path: Path) -> None:
    often = Rates(
        acceptable_ppm=950_000, unacceptable_ppm=500_000, found_within=60, found_ppm=900_000, false_horizon=600,
        false_ppm=50_000,
    )  # fmt: skip
    with world_at(database_url, tmp_path / "cell") as world:
        experts = [world.expert() for _ in range(3)]
        world.work(40)
        world.bring([gold_row(f"s-{n}") for n in range(40)], batch="sentinels", purpose="gold")
        assert isinstance(
            sentinel.set_policy(world.cell, world.lead, PROGRAMME, often, key=new_key()), sentinel.PolicySet
        )
        gold = set[str]()
        for expert in experts:
            while isinstance(task := assignment.next_task(world.cell, expert, PROGRAMME), Task):
                gold |= {task.item} if task.shown.first.startswith("s-") else set()
                answer = answer_of(shown_as(task, "a_clearly"))
                saved = judgment.submit(world.cell, expert, task.assignment, answer, key=new_key())
                assert isinstance(saved, judgment.Saved)
        out = exported(world, tmp_path / "out")
        report = check(world, out)
        assert report.status is Status.OK, report.problems
    told = figure(out, "monitoring")["sentinels"]
    assert told["policies"] == 1
    (total,) = told["totals"]
    assert total["answers"] is None or total["answers"] >= 20
    assert gold
    held = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    assert not any(item.encode() in held for item in gold)
