"""Demonstrations that experts wrote come back for others to review, and agreement is measured on the reviews."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from held_work import code, given, hold, requeue
from living_cell import CRITERIA, PROGRAMME, World, contract_text, item_row, world_at
from pilot_scene import moved

from tallystick.app import assignment, blocking, contract, erased, erasure, gate, items, judgment, release, tiers
from tallystick.app.access import ABSENT, Actor
from tallystick.app.assignment import Task
from tallystick.app.erased import Gone
from tallystick.app.items import Promoted, Written
from tallystick.app.judgment import Saved
from tallystick.app.kernel import new_key
from tallystick.audit.release import Status, verify_release
from tallystick.flow.erasure import Wish as ErasureWish
from tallystick.flow.refusal import Refused
from tallystick.flow.release import WITHDRAWN, Wish
from tallystick.signals.shape import Answer, Mark, Reason
from tallystick.store import assignment as work
from tallystick.store import projection
from tallystick.store.schema import ERASED, ITEM, Row
from tallystick.store.schema import WORK as OFFERED

MATERIAL = {"evidence": [{"id": "leaflet", "title": "Leaflet", "text": "Take one a day.", "source": "Its maker"}]}
RESTS = Mark(field="evidence", on="leaflet", label="rests_on")
WORK = "One leaflet says so; two others do not part from it."


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """Two items without a response, three experts of whom the first wrote both."""
    with world_at(database_url, tmp_path / "cell") as found:
        rows = [
            item_row(name, signal="demonstration", candidates=[], material=MATERIAL, prompt=f"How many a day, {name}?")
            for name in ("d-1", "d-2")
        ]
        found.bring(rows)
        for _ in range(3):
            found.expert()
        for _ in rows:
            submit(found, found.experts[0], found.task(found.experts[0]))
        yield found


def written(task: Task) -> Answer:
    return Answer(
        verdict="written", reasons=[Reason(criterion=CRITERIA[0], text=f"As the leaflet says of {task.item}.")],
        values={"basis": "evidence"}, marks=[RESTS], texts={"response": f"One a day: {task.item}.", "work": WORK},
        active_ms=1_000,
    )  # fmt: skip


def endorsed(task: Task) -> Answer:
    return Answer(
        verdict="endorsed", reasons=[Reason(criterion=CRITERIA[0], text=f"It follows, as {task.item} shows.")],
        scores={name: {"a": 4} for name in CRITERIA}, values={"basis": "evidence"}, marks=[RESTS], active_ms=1_000,
    )  # fmt: skip


def submit(world: World, expert: Actor, task: Task) -> Task:
    answer = endorsed(task) if task.shown.matter.content.candidates else written(task)
    saved = judgment.submit(world.cell, expert, task.assignment, answer, key=new_key())
    assert isinstance(saved, Saved), saved
    return task


def worked_off(world: World, expert: Actor) -> list[Task]:
    """All that an expert is given: an item wants two demonstrations, and each that comes back two reviews."""
    found = []
    while isinstance(task := assignment.next_task(world.cell, expert, PROGRAMME), Task):
        found.append(submit(world, expert, task))
    return found


def complete(world: World) -> None:
    """The second expert writes for both items, too: nothing more is asked for."""
    assert len(worked_off(world, world.experts[1])) == 2


def promoted(world: World) -> Promoted:
    done = items.promote(world.cell, world.lead, world.batch(), key=new_key())
    assert isinstance(done, Promoted), done
    return done


def reviews(world: World, batch: str) -> list[Row]:
    with world.cell.read() as connection:
        return list(connection.execute(sa.select(ITEM).where(ITEM.c.batch == batch).order_by(ITEM.c.seq)).all())


def free(world: World, expert: Actor, item: str) -> str | None:
    """What the stratum of an item has for an expert."""
    with world.cell.read() as connection:
        place = connection.execute(sa.select(OFFERED).where(OFFERED.c.item == item)).one()
        return work.free_item(connection, expert.person, stratum=place.stratum, cursor=-1, read=0)


def doubts(world: World, batch: str, code: str = "demonstration-doubted") -> list[tuple[str, tuple[str, ...]]]:
    """What keeps a batch, or items of it, out because a demonstration does not count any more."""
    found = blocking.blockers(world.cell, world.lead, PROGRAMME)
    assert not isinstance(found, Refused)
    return [(one.name, one.names) for one in found if (one.batch, one.code) == (batch, code)]


def test_nothing_comes_back_while_its_item_wants_another_demonstration(world: World) -> None:
    assert items.written_in(world.cell, world.lead, world.batch()) == Written(world.batch(), 0, 0, "pilot-review")
    assert code(items.promote(world.cell, world.lead, world.batch(), key=new_key())) == "nothing-written"
    submit(world, world.experts[1], world.task(world.experts[1]))
    done = promoted(world)
    assert done.items == 2, "both of the item that is complete"
    assert len({row.external.split(":")[0] for row in reviews(world, done.batch)}) == 1


def test_who_was_given_a_demonstration_to_review_writes_none_for_its_item(world: World) -> None:
    late, first = world.experts[2], given(world)[0]
    held = world.task(late)
    assert held.item == first.item
    world.clock.pass_minutes(100_000)
    complete(world)
    promoted(world)
    assert len(worked_off(world, late)) == 4
    answer = requeue(world, first.judgment)
    assert not isinstance(answer, Refused), answer
    assert free(world, world.experts[0], first.item) == first.item, "their own, and they have seen no other"
    assert free(world, late, first.item) is None
    again = judgment.submit(world.cell, late, held.assignment, written(held), key=new_key())
    assert code(again) == "work-requeued"


def test_reviews_wait_while_a_demonstration_is_held_and_stay_out_once_it_is_set_aside(
    world: World, tmp_path: Path
) -> None:
    complete(world)
    done = promoted(world)
    for expert in world.experts:
        worked_off(world, expert)
    assert doubts(world, done.batch) == []
    assert not isinstance(moved(world, "pilot"), Refused)
    first = given(world)[0]
    hold(world, world.experts[0].person, first.judgment)
    made = next(row for row in reviews(world, done.batch) if row.external.endswith(first.judgment))
    assert doubts(world, done.batch) == [("pilot-review/general", (made.external,))]
    wish = Wish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=(done.batch,))
    assert isinstance(release.cut(world.cell, world.lead, wish, key=new_key()), Refused)
    answer = requeue(world, first.judgment)
    assert not isinstance(answer, Refused), answer
    assert doubts(world, done.batch) == []
    assert doubts(world, done.batch, WITHDRAWN) == [("pilot-review/general", (made.external,))]
    folder = tmp_path / "out"
    cut = release.cut(world.cell, world.lead, wish, key=new_key())
    assert isinstance(cut, release.Made), cut
    assert not isinstance(release.export(world.cell, world.lead, cut.release, folder), Refused)
    report = verify_release(folder, world.cell.signer.vkey, log=world.cell.log_directory)
    assert report.status is Status.OK, report.problems
    out = json.loads((folder / "exclusions.json").read_text())
    assert [(one["item"], one["reason"]) for one in out["items"]] == [(made.item, WITHDRAWN)]
    rows = [json.loads(line) for line in (folder / "data/records.jsonl").read_text().splitlines()]
    assert (len(rows), made.item in {row["item"] for row in rows}) == (3, False)
    assert json.loads((folder / "quality/phase.json").read_text())["records"] == 3


def test_nothing_comes_back_of_what_is_gone_when_it_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    complete(world)
    with monkeypatch.context() as patch:
        patch.setattr(erased, "payloads", lambda _cell, _at, ids, _look: {one: Gone("erased") for one in ids})
        assert code(items.promote(world.cell, world.lead, world.batch(), key=new_key())) == "nothing-written"
    assert promoted(world).items == 4


def test_what_was_written_comes_back_to_others_than_its_author(world: World) -> None:
    complete(world)
    found = items.written_in(world.cell, world.lead, world.batch())
    assert found == Written(world.batch(), 4, 0, "pilot-review")
    assert items.promote(world.cell, world.experts[1], world.batch(), key=new_key()) == ABSENT
    assert code(items.promote(world.cell, world.lead, world.batch(), into="a b", key=new_key())) == "bad-batch-name"
    done = promoted(world)
    assert (done.items, done.waiting) == (4, 0)
    assert code(items.promote(world.cell, world.lead, world.batch(), key=new_key())) == "nothing-written"
    names = {row.item: row.external.split(":")[1] for row in reviews(world, done.batch)}
    assert len(names) == 4
    by = {row.judgment: row.expert for row in given(world)}
    for expert, number in zip(world.experts, (2, 2, 4), strict=True):
        seen = worked_off(world, expert)
        assert len(seen) == number
        assert all(by[names[task.item]] != expert.person for task in seen), "nobody reviews what they wrote"
        assert all(WORK in str(task.shown.matter.content.material) for task in seen)
        assert all(task.shown.matter.content.candidates[0].startswith("One a day") for task in seen)


def test_agreement_is_measured_on_reviews_and_a_release_names_the_author(world: World, tmp_path: Path) -> None:
    complete(world)
    done = promoted(world)
    for expert in world.experts:
        worked_off(world, expert)
    measured = gate.measure(world.cell, world.lead, done.batch, key=new_key())
    assert isinstance(measured, gate.Measured), measured
    verdict = measured.fact.verdict
    assert (measured.fact.decision, verdict.items, verdict.judgments) == ("pass", 4, 8)
    wish = Wish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=(done.batch,))
    made = release.cut(world.cell, world.lead, wish, key=new_key())
    assert isinstance(made, release.Made), made
    release.export(world.cell, world.lead, made.release, tmp_path / "out")
    assert verify_release(tmp_path / "out", world.cell.signer.vkey).status is Status.OK
    rows = [json.loads(line) for line in (tmp_path / "out/data/records.jsonl").read_text().splitlines()]
    behind = [row["candidates"][0] for row in rows]
    assert {(one["model"], one["version"]) for one in behind} == {
        ("expert", expert.person) for expert in world.experts[:2]
    }
    assert {one["name"] for one in behind[0]["sampling"]} == {"judgment", "role", "rubric"}
    assert {two["value"] for one in behind for two in one["sampling"] if two["name"] == "role"} == {"author"}
    with world.cell.read() as connection:
        before = projection.dump(connection)
    projection.rebuild(world.cell.engine)
    with world.cell.read() as connection:
        assert projection.dump(connection) == before


def test_a_contract_may_ask_that_what_was_written_is_reviewed(world: World) -> None:
    asked = "assignment: {reviews: {medium: '0'}, others_first: false, demonstrations_reviewed: true}\n"
    text = contract_text("1.1.0") + asked
    made = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
    assert isinstance(made, contract.ContractInForce), made

    def needed() -> list[tuple[str, tuple[str, ...]]]:
        found = tiers.batch_needs(world.cell, world.lead, world.batch())
        assert isinstance(found, tiers.BatchNeeds)
        return [(one.code, tuple(sorted(one.names))) for one in found.needs]

    both = [("demonstration-unreviewed", ("d-1", "d-2"))]
    assert needed() == [], "no item is complete: none goes out"
    complete(world)
    assert needed() == both
    promoted(world)
    assert needed() == both, "nobody has reviewed them yet"
    for expert in world.experts:
        worked_off(world, expert)
    assert needed() == []


@pytest.mark.parametrize("target", ["item", "author"])
def test_what_is_erased_goes_with_what_is_made_of_it(world: World, target: str) -> None:
    complete(world)
    done = promoted(world)
    first = reviews(world, world.batch())[0]
    wish = ErasureWish(what="object", target=f"item:{first.item}", reason="mistake")
    if target == "author":
        wish = ErasureWish(what="subject", target=f"person:{world.experts[0].person}", reason="subject-request")
    answer = erasure.order(world.cell, world.lead, wish, words="", key=new_key())
    assert not isinstance(answer, Refused), answer
    with world.cell.read() as connection:
        gone = {row.target for row in connection.execute(sa.select(ERASED)).all()}
    lost = [row for row in reviews(world, done.batch) if row.content in gone]
    assert len(lost) == 2
