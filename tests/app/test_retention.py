"""Until when and where: a contract's retention and regions hold at reading, assignment and export, and end the data."""

from pathlib import Path

import pytest
from living_cell import PROGRAMME, World, answer_of, contract_text, item_row, jsonl, world_at

from tallystick.app import assignment, contract, erasure, items, judgment, release, roster
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key
from tallystick.app.release import Made
from tallystick.flow import erasure as rules
from tallystick.flow.assignment import NO_WORK
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish as Cut

LAST_DAY = "2023-11-14"  # the day of the tests' clock
DAY_MINUTES = 24 * 60
SOON = 2 * 60  # minutes: 22:13 by the tests' clock, so that midnight has passed


class Crash(BaseException):
    """The process ends here."""


def code_of(answer: object) -> str:
    assert isinstance(answer, Refused), answer
    return answer.code


def judged(world: World) -> str:
    """An item with all its judgments; another waits."""
    world.work(2)
    first, second = world.expert(), world.expert()
    world.judge(first)
    return world.judge(second).item


def asked(world: World, expert: Actor, item: str, made: Made) -> list[object]:
    """Everything that reads, gives out or exports content of the programme."""
    wish = Cut(programme=PROGRAMME, name="plain", version="2.0.0", use="train", batches=None)
    return [
        items.item_record(world.cell, world.lead, item, reason="review", key=new_key()),
        assignment.next_task(world.cell, expert, PROGRAMME),
        release.release_file(world.cell, world.lead, made.release, "manifest.json"),
        release.cut(world.cell, world.lead, wish, key=new_key()),
    ]


def test_the_last_day_of_retention_is_the_last_day_of_reading(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell", until=LAST_DAY) as world:
        item = judged(world)
        expert = world.expert()
        held = world.task(expert)
        made = release.cut(
            world.cell, world.lead,
            Cut(programme=PROGRAMME, name="plain", version="1.0.0", use="train", batches=None), key=new_key(),
        )  # fmt: skip
        assert isinstance(made, Made), made
        assert erasure.expire_retention(world.cell) == []
        world.clock.pass_minutes(SOON)
        assert {code_of(answer) for answer in asked(world, expert, item, made)} == {"retention-ended"}
        late = judgment.submit(world.cell, expert, held.assignment, answer_of(), key=new_key())
        assert code_of(late) == "retention-ended"
        ordered = erasure.expire_retention(world.cell)
        assert len(ordered) == 2, "work and gold came by two imports"
        assert erasure.expire_retention(world.cell) == []
        assert set(erasure.finish_interrupted(world.cell)) == set(ordered)
        rows = erasure.erasures(world.cell, world.lead)
        assert not isinstance(rows, Refused)
        assert {(row.what, row.reason, row.by, row.state) for row in rows} == {
            ("retention", "retention", "cell", "final")
        }


def test_retention_that_is_cut_off_goes_on_where_it_was(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world_at(database_url, tmp_path / "cell", until=LAST_DAY) as world:
        world.work(2)
        world.clock.pass_minutes(SOON)
        commits = [0]

        def fall() -> None:
            commits[0] += 1
            if commits[0] == 2:
                raise Crash

        with monkeypatch.context() as patch:
            patch.setattr(world.cell.kernel, "before_commit", fall)
            with pytest.raises(Crash):
                erasure.expire_retention(world.cell)
        rows = erasure.erasures(world.cell, world.lead)
        assert not isinstance(rows, Refused)
        assert len(rows) == 1
        assert len(erasure.expire_retention(world.cell)) == 1
        rows = erasure.erasures(world.cell, world.lead)
        assert not isinstance(rows, Refused)
        assert len({row.target for row in rows}) == len(rows) == 2


def in_europe(world: World) -> None:
    text = contract_text("1.1.0").replace("regions: [any]", "regions: [EU, CH]")
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done


def declare(world: World, who: Actor, region: str) -> None:
    assert not isinstance(
        roster.declare_region(world.cell, world.lead, who.person, region=region, key=new_key()), Refused
    )


def test_content_stays_in_the_regions_of_the_contract(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        item = judged(world)
        expert = world.expert()
        wish = Cut(programme=PROGRAMME, name="plain", version="1.0.0", use="train", batches=None)
        made = release.cut(world.cell, world.lead, wish, key=new_key())
        assert isinstance(made, Made), made
        in_europe(world)
        assert code_of(assignment.next_task(world.cell, expert, PROGRAMME)) == "region-missing"
        declare(world, expert, "US-CA")
        assert code_of(assignment.next_task(world.cell, expert, PROGRAMME)) == "outside-regions"
        declare(world, expert, "DE")
        assert isinstance(assignment.next_task(world.cell, expert, PROGRAMME), assignment.Task)
        record = items.item_record(world.cell, world.lead, item, reason="review", key=new_key())
        assert code_of(record) == "region-missing"
        declare(world, world.lead, "CH")
        record = items.item_record(world.cell, world.lead, item, reason="review", key=new_key())
        assert isinstance(record, items.ItemRecord)
        found = {
            place: release.release_file(world.cell, world.lead, made.release, "manifest.json", destination=place)
            for place in (None, "europe", "US", "FR", "CH")
        }
        codes = {place: answer.code if isinstance(answer, Refused) else "" for place, answer in found.items()}
        assert codes == {
            None: "destination-missing", "europe": "destination-missing", "US": "outside-regions", "FR": "", "CH": "",
        }  # fmt: skip


def test_without_regions_nobody_is_asked_where_they_are(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.bring([item_row("w-1")])
        expert = world.expert()
        world.judge(expert)
        assert assignment.next_task(world.cell, expert, PROGRAMME) == NO_WORK


def test_a_source_with_more_raters_than_an_order_can_name_goes_all_the_same(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world_at(sqlite_url, tmp_path / "cell", until=LAST_DAY, gold=False) as world:
        world.work(4)
        rows: list[dict[str, object]] = [
            {"item": f"w-{n}", "rater": f"{rater}{n}", "verdict": "a", "rationale": "So."}
            for n in range(1, 5) for rater in "xy"
        ]  # fmt: skip
        report = items.import_judgments(
            world.cell, world.lead, jsonl(rows), programme=PROGRAMME, name="j.jsonl", source="lab"
        )
        assert isinstance(report, items.ImportReport)
        world.clock.pass_minutes(SOON)
        monkeypatch.setattr(rules, "SCOPES_MAX", 5)
        wish = rules.Wish(what="source", target=f"run:{report.run}", reason="mistake", confirmed=f"run:{report.run}")
        assert code_of(erasure.order(world.cell, world.lead, wish, key=new_key())) == "too-much-at-once"
        assert len(erasure.expire_retention(world.cell)) == 1 + 8, "the items, and each rater"
        assert len(erasure.expire_retention(world.cell)) == 1
        assert erasure.expire_retention(world.cell) == []
