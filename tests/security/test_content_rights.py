"""Who gets at content against a contract's rights, after an erasure, or by what is left lying: each road found once."""

from pathlib import Path

import pytest
from living_cell import PROGRAMME, World, answer_of, contract_text, item_row, jsonl, shown_as, world_at

from tallystick.app import assignment, contract, erasure, items, judgment, keeping, release, roster
from tallystick.app.access import Actor
from tallystick.app.items import Wanted
from tallystick.app.kernel import new_key
from tallystick.app.release import Made
from tallystick.custody import KeysUnavailable
from tallystick.flow.erasure import Wish
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish as Cut
from tallystick.store import sessions
from tallystick.store.vault import ObjectAltered

LAST_DAY = "2023-11-14"  # the day of the tests' clock
SOON = 2 * 60  # minutes: past midnight
CUT = Cut(programme=PROGRAMME, name="plain", version="1.0.0", use="train", batches=None)


def code_of(answer: object) -> str:
    assert isinstance(answer, Refused), answer
    return answer.code


def released(world: World) -> Made:
    world.work(1)
    for _ in range(2):
        world.judge(world.expert())
    made = release.cut(world.cell, world.lead, CUT, key=new_key())
    assert isinstance(made, Made), made
    return made


def erase(world: World, target: str, what: str = "object") -> erasure.Ordered:
    wish = Wish(what=what, target=target, reason="client-request", confirmed=target)
    done = erasure.order(world.cell, world.lead, wish, key=new_key())
    assert isinstance(done, erasure.Ordered), done
    return done


def declare(world: World, who: Actor, region: str) -> None:
    done = roster.declare_region(world.cell, world.lead, who.person, region=region, key=new_key())
    assert not isinstance(done, Refused)


def in_europe(world: World) -> None:
    text = contract_text("1.1.0").replace("regions: [any]", "regions: [EU]")
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done


# --- rights ---------------------------------------------------------------------------------------------------------


def test_a_gold_item_is_answered_by_nobody_whose_right_to_read_has_ended(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", until=LAST_DAY) as world:
        expert = world.person("Late", "expert")
        roster.execute_contract(
            world.cell, world.lead, expert.person, template=b"t", executed_at=1, ip_assigned_at=1, key=new_key()
        )
        begun = roster.start_qualification(world.cell, expert, programme=PROGRAMME, rubric="general", key=new_key())
        assert isinstance(begun, roster.Started)
        task = roster.gold_task(world.cell, expert, begun.qualification)
        assert isinstance(task, roster.GoldTask)
        world.clock.pass_minutes(SOON)
        late = roster.answer_gold(
            world.cell, expert, begun.qualification, item=task.item, answer=answer_of(), key=new_key()
        )
        assert code_of(late) == "retention-ended"
        kept = judgment.save_draft(world.cell, expert, f"{begun.qualification}|{task.item}", {"words": "quoted"})
        assert code_of(kept) == "retention-ended"


def test_who_is_outside_the_regions_takes_no_release_by_naming_another_place(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        made = released(world)
        in_europe(world)
        away = world.person("Far Away", "researcher")
        for region, code in (("", "region-missing"), ("US", "outside-regions")):
            if region:
                declare(world, away, region)
            one = release.release_file(world.cell, away, made.release, "manifest.json", destination="DE")
            all_of_it = release.export(world.cell, away, made.release, tmp_path / "out", destination="DE")
            assert (code_of(one), code_of(all_of_it)) == (code, code)
            assert not (tmp_path / "out").exists()


def test_an_import_that_brings_nothing_but_bad_rows_is_held_to_the_rights_too(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", until=LAST_DAY) as world:
        bad, wanted = jsonl([{"id": "w-1"}]), Wanted(programme=PROGRAMME, name="items.jsonl", batch="pilot")
        assert isinstance(items.import_items(world.cell, world.lead, bad, wanted), items.ImportReport)
        world.clock.pass_minutes(SOON)
        for data in (bad, jsonl([{"id": "w-2"}])):
            assert code_of(items.import_items(world.cell, world.lead, data, wanted)) == "retention-ended"


def test_an_exported_release_is_for_its_owner_until_they_hand_it_on(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        made = released(world)
        out = tmp_path / "out"
        assert isinstance(release.export(world.cell, world.lead, made.release, out), release.Exported)
        files = [path for path in out.rglob("*") if path.is_file()]
        assert {path.name for path in (out, *files) if path.stat().st_mode & 0o077} == set()


# --- what comes back after an erasure -------------------------------------------------------------------------------


def test_a_draft_that_is_saved_after_the_erasure_of_its_item_is_not_kept(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(1)
        expert = world.expert()
        held = world.task(expert)
        erase(world, f"item:{held.item}")
        kept = judgment.save_draft(world.cell, expert, held.assignment, {"words": f"{held.shown.prompt} says it"})
        assert code_of(kept) == "erased"
        with world.cell.read() as connection:
            assert sessions.draft(connection, held.assignment, expert.person) is None


def test_a_draft_put_in_the_place_of_another_does_not_open(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(2)
        expert = world.expert()
        works = []
        for words in ("about the first", "about the second"):
            task = world.task(expert)
            assert isinstance(judgment.save_draft(world.cell, expert, task.assignment, {"words": words}), int)
            works.append(task.assignment)
            assert not isinstance(assignment.give_back(world.cell, expert, task.assignment, key=new_key()), Refused)
        with world.cell.engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE draft SET sealed = (SELECT sealed FROM draft WHERE work = ?) WHERE work = ?", tuple(works)
            )
        with pytest.raises(ObjectAltered):
            assignment.task(world.cell, expert, works[1])


# --- what is left in the clear --------------------------------------------------------------------------------------


def plain_folders(world: World) -> list[str]:
    return [path.name for path in world.cell.releases_directory.glob(f".*{keeping.BUILDING}") if path.is_dir()]


def test_an_erasure_in_the_middle_of_a_build_leaves_nothing_in_the_clear(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(1)
        task = world.task(world.expert())
        done = judgment.submit(
            world.cell, world.experts[0], task.assignment, answer_of(shown_as(task, "a_clearly")), key=new_key()
        )
        assert isinstance(done, judgment.Saved)
        world.judge(world.expert())
        kept = keeping.keep

        def keep_late(_cell: object, name: str, folder: Path) -> None:
            erase(world, f"item:{task.item}")
            kept(world.cell, name, folder)

        monkeypatch.setattr(keeping, "keep", keep_late)
        made = release.cut(world.cell, world.lead, CUT, key=new_key())
        assert code_of(made) == "cannot-build"
        assert plain_folders(world) == []


def test_a_build_that_the_keys_fail_leaves_nothing_in_the_clear(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        for _ in range(2):
            world.judge(world.expert())

        def fail(*_: object, **__: object) -> None:
            raise KeysUnavailable("the token: expected it to answer, found nothing")

        with monkeypatch.context() as patch:
            patch.setattr(keeping, "keep", fail)
            with pytest.raises(KeysUnavailable):
                release.cut(world.cell, world.lead, CUT, key=new_key())
        assert plain_folders(world) == []
        finished = release.finish_interrupted(world.cell)
        assert [isinstance(one, Refused) for one in finished] == [False]


# --- people named in content ----------------------------------------------------------------------------------------

NAME = "Quetzalcoatl Tlaloc"


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_name_in_subjects_stands_nowhere_in_the_clear(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.bring([item_row("w-1", subjects=[NAME, "quetzalcoatl  TLALOC"])])
        world.cell.seal()
        found = bytes_of(tmp_path).lower()
        for part in (b"quetzalcoatl", b"tlaloc"):
            assert part not in found
