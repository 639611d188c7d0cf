"""The pool of a cell and its credentials: told in numbers that name nobody, in a release that a stranger checks."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import living_cell
import pytest
from app.test_credential import DEMAND, decide, declared, proposed, revise, verify
from living_cell import GOLD, PROGRAMME, World, contract_text, gold_row, item_row, world_at

from tallystick.app import contract, pool, release, roster
from tallystick.app.access import ABSENT, Actor
from tallystick.app.kernel import Receipt, new_key
from tallystick.audit.release import Status, verify_release
from tallystick.events.pool import PoolComposed
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish as ReleaseWish
from tallystick.store import projection

POOL = """pool:
  axes:
    - id: age
      question: How old are you?
      groups: {young: Under 40, old: 40 or older}
"""


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with world_at(database_url, tmp_path / "cell") as found:
        yield found


def pooled(world: World, number: int = 6) -> list[Actor]:
    """Experts who judged the same item; the first has a verified credential, all but one say how old they are."""
    revise(world, POOL)
    people = [world.expert() for _ in range(number)]
    world.work(1)
    for place, who in enumerate(people):
        roster.declare_region(world.cell, world.lead, who.person, region="DE", key=new_key())
        if place:
            group = {"age": "young" if place < 4 else "old"}
            assert isinstance(pool.declare(world.cell, who, PROGRAMME, group, key=new_key()), pool.Declared)
        world.judge(who)
    assert isinstance(verify(world, declared(world, people[0])), Receipt)
    return people


def test_a_pool_is_told_as_it_was_composed_and_not_again_after_a_few_have_changed(world: World) -> None:
    people = pooled(world)
    found = pool.compose(world.cell, world.lead, PROGRAMME, key=new_key())
    assert isinstance(found, PoolComposed), found
    age = next(part for part in found.parts if part.axis == "own:age")
    assert [cell.people for cell in age.cells] == [None, None, None]
    assert found.people == 6
    mine = pool.own_answers(world.cell, people[1], PROGRAMME)
    assert isinstance(mine, pool.OwnAnswers)
    assert mine.values == {"age": "young"}
    assert isinstance(pool.withdraw(world.cell, people[1], PROGRAMME, key=new_key()), pool.Declared)
    again = pool.compose(world.cell, world.lead, PROGRAMME, key=new_key())
    assert isinstance(again, Refused)
    assert again.code == "pool-too-alike"
    page = pool.pool_page(world.cell, world.lead, PROGRAMME)
    assert isinstance(page, pool.PoolPage)
    assert page.newest == found
    assert pool.pool_page(world.cell, people[0], PROGRAMME) == ABSENT


def test_a_role_that_one_person_got_since_is_not_told(world: World) -> None:
    people = pooled(world)
    found = pool.compose(world.cell, world.lead, PROGRAMME, key=new_key())
    assert isinstance(found, PoolComposed), found
    change = partial(roster.change_roles, world.cell, world.lead, people[5].person, roles=["expert"])
    assert isinstance(change(expert_roles=["reviewer"], key=new_key()), Receipt)
    again = pool.compose(world.cell, world.lead, PROGRAMME, key=new_key())
    assert isinstance(again, Refused)
    assert again.code == "pool-too-alike"
    assert isinstance(change(expert_roles=[], key=new_key()), Receipt)
    same = pool.compose(world.cell, world.lead, PROGRAMME, key=new_key())
    assert isinstance(same, PoolComposed)
    assert same.parts == found.parts


def test_a_pool_of_another_programme_tells_nobody_by_its_difference(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six people in one programme, the same and one more in another: the difference is where the seventh is."""
    people = pooled(world)
    assert isinstance(pool.compose(world.cell, world.lead, PROGRAMME, key=new_key()), PoolComposed)
    second = "second-one"
    monkeypatch.setattr(living_cell, "PROGRAMME", second)
    text = contract_text("1.0.0", redundancy=7).replace(PROGRAMME, second) + POOL
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done
    world.publish()
    world.bring([gold_row(f"other-{number}") for number in range(GOLD)], batch="other-gold", purpose="gold")
    world.bring([item_row("other")], batch="other")
    seventh = world.expert()
    roster.declare_region(world.cell, world.lead, seventh.person, region="FR", key=new_key())
    for number, who in enumerate([*people, seventh]):
        if who is not seventh:
            assert world.qualify(who, world.domains[0]).state == "qualified"
        world.judge(who)
        if number == 5:
            # The very same people: nothing differs, and both may be told.
            assert isinstance(pool.compose(world.cell, world.lead, second, key=new_key()), PoolComposed)
    refused = pool.compose(world.cell, world.lead, second, key=new_key())
    assert isinstance(refused, Refused)
    assert refused.code == "pool-too-alike"


def cut(world: World, folder: Path) -> Path:
    wish = ReleaseWish(programme=PROGRAMME, name="answers", version="1.0.0", use="train", batches=None)
    made = release.cut(world.cell, world.lead, wish, key=new_key())
    assert isinstance(made, release.Made), made
    done = release.export(world.cell, world.lead, made.release, folder)
    assert isinstance(done, release.Exported)
    return folder


def test_a_release_tells_credentials_and_pool_and_whoever_checks_computes_both_again(
    sqlite_url: str, tmp_path: Path
) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        people = pooled(world)
        folder = cut(world, tmp_path / "out")
        vkey, log = (world.cell.directory / "log.vkey").read_text(), world.cell.log_directory
        report = verify_release(folder, vkey, log=log)
        assert report.status is Status.OK, report.problems
        (row,) = [json.loads(line) for line in (folder / "people/credentials.jsonl").read_text().splitlines()]
        assert (row["person"], row["state"], row["method"]) == (people[0].person, "verified", "document")
        text = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
        assert b"Secret" not in text
        assert b"region-declared" not in text
        assert b"demographics-declared" not in text
        told = json.loads((folder / "quality/pool.json").read_text())
        region = next(axis for axis in told["axes"] if axis["axis"] == "region")
        assert [(cell["words"], cell["people"]) for cell in region["cells"]] == [("DE", 6)]
        assert "Who are the experts together?" in (folder / "DATASHEET.md").read_text()
        for path, was, now in (
            ("people/credentials.jsonl", b'"verified"', b'"declared"'),
            ("quality/pool.json", b'"people":6', b'"people":7'),
        ):  # fmt: skip
            data = (folder / path).read_bytes()
            (folder / path).write_bytes(data.replace(was, now))
            assert verify_release(folder, vkey).status is Status.BAD
            (folder / path).write_bytes(data)


def test_reading_tables_are_the_same_after_a_replay(world: World) -> None:
    pooled(world)
    assert isinstance(pool.compose(world.cell, world.lead, PROGRAMME, key=new_key()), PoolComposed)
    assert isinstance(decide(world, proposed(world, world.experts[0]), "confirmed"), Receipt)
    revise(world, DEMAND, "1.2.0")
    with world.cell.read() as connection:
        before = projection.dump(connection)
    projection.rebuild(world.cell.engine)
    with world.cell.read() as connection:
        after = projection.dump(connection)
    assert before == after
    for name in (
        "expert_credential", "credential_evidence", "credential_decision", "credential_demand", "disqualifier",
        "disqualifier_words",
        "pool_plan", "demographic", "pool_composition", "pool_standing",
    ):  # fmt: skip
        assert before[name], name
