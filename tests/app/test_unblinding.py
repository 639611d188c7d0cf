"""Un-blinding is an event (SPEC 2.11): with a reason, once the item is complete, and for that person alone."""

from pathlib import Path

import pytest
from living_cell import PROGRAMME, World, item_row, jsonl, rubric_text, world_at

from tallystick.app import access, affected, checklist, items, judgment, roster, rubric
from tallystick.app.access import Actor
from tallystick.app.items import Identity, ItemRecord
from tallystick.app.kernel import Receipt, new_key
from tallystick.events.oversight import CandidatesUnblinded
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.signals.shape import Answer, Mark, Reason

WHY = "comparing two releases"


def complete_item(world: World) -> str:
    """An item with both of its judgments."""
    world.work(1)
    world.judge(world.expert())
    return world.judge(world.expert()).item


def record_of(world: World, item: str, *, by: str = "lead") -> ItemRecord:
    actor = world.lead if by == "lead" else world.person("Rae", by)
    found = items.item_record(world.cell, actor, item, reason="review", key=new_key())
    assert isinstance(found, ItemRecord), found
    return found


def test_models_are_named_only_after_the_event_and_only_to_who_asked(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        item = complete_item(world)
        assert record_of(world, item).identities == ()
        done = items.unblind(world.cell, world.lead, item, reason=WHY, key=new_key())
        assert isinstance(done, Receipt)
        (fact,) = done.facts
        assert isinstance(fact, CandidatesUnblinded)
        assert fact.item == item
        with world.cell.read() as connection:
            entry = journal.read_one(connection, done.first_seq)
            assert world.cell.vault.open(connection, fact.words.object).payload == WHY.encode()
        assert WHY.encode() not in (entry or b"")  # what a person types is never in the log in the clear
        after = record_of(world, item)
        assert [identity.model for identity in after.identities] == ["secret-model-a", "secret-model-b"]
        assert CandidatesUnblinded.KIND in {step.envelope.kind for step in after.history}
        assert record_of(world, item, by="researcher").identities == ()


def test_whoever_made_the_work_in_an_item_is_behind_the_blinding_too(sqlite_url: str, tmp_path: Path) -> None:
    """Steps, attacks and calls stand in no candidate: their model is named in the record all the same."""
    by = {"model": "secret-model-c", "version": "3", "sampling": {"temperature": "0.7"}}
    row: dict[str, object] = {
        "id": "steps", "domain": "general", "signal": "process", "prompt": "How much is two and two?",
        "material": {"steps": [{"id": "s1", "text": "Two and two are four."}]}, "producer": by,
    }  # fmt: skip
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.bring([row])
        item = ""
        for expert in (world.expert(), world.expert()):
            task = world.task(expert)
            item = task.item
            assert "secret-model-c" not in repr(task)
            answer = Answer(
                marks=[Mark(field="steps", on="s1", label="correct")],
                reasons=[Reason(criterion="reasoning", text="It follows from the first line.")],
            )
            saved = judgment.submit(world.cell, expert, task.assignment, answer, key=new_key())
            assert isinstance(saved, judgment.Saved), saved
        assert record_of(world, item).identities == ()
        assert isinstance(items.unblind(world.cell, world.lead, item, reason=WHY, key=new_key()), Receipt)
        (found,) = record_of(world, item).identities
        sampling = {"temperature": "0.7"}
        assert found == Identity(candidate="", model="secret-model-c", version="3", sampling=sampling)


def test_a_signal_without_work_of_its_own_names_no_producer(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        wanted = items.Wanted(programme=PROGRAMME, name="x.jsonl", batch="b", purpose="work")
        data = jsonl([item_row("x", producer={"model": "m"})])
        found = items.import_items(world.cell, world.lead, data, wanted)
        assert isinstance(found, items.ImportReport)
        assert [problem.path for problem in found.problems] == ["producer"]


@pytest.mark.parametrize("reason", ["", "because", "x" * 301])
def test_no_reason_no_unblinding(reason: str, sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        item = complete_item(world)
        refused = items.unblind(world.cell, world.lead, item, reason=reason, key=new_key())
        assert isinstance(refused, Refused)
        assert refused.code == "reason-missing"
        assert record_of(world, item).identities == ()


def test_an_item_that_still_takes_judgments_stays_blinded(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        item = world.judge(world.expert()).item
        refused = items.unblind(world.cell, world.lead, item, reason=WHY, key=new_key())
        assert isinstance(refused, Refused)
        assert refused.code == "still-blinded"


@pytest.mark.parametrize("role", ["expert", "auditor", "engineer"])
def test_who_may_not_unblind_finds_nothing_there(role: str, sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        item = complete_item(world)
        refused = items.unblind(world.cell, world.person("Someone", role), item, reason=WHY, key=new_key())
        assert isinstance(refused, Refused)
        assert refused.code == "absent"


def blinding(world: World) -> str:
    """What the checklist finds."""
    page = checklist.checklist(world.cell, world.lead, PROGRAMME)
    assert isinstance(page, checklist.ChecklistPage), page
    return next(line.state for line in page.lines if line.id == "blinding")


def judged_again(world: World, version: str, *by: Actor) -> None:
    """Another version of the rubric, under which these people judge everything anew."""
    text = rubric_text(version, question=f"Does each step follow, under {version}?")
    text = text.replace("The question changed.", f"Changed for {version}.").replace("unclear", f"unclear for {version}")
    rubric.publish(world.cell, world.lead, programme=PROGRAMME, text=text, name="general.yaml", key=new_key())
    done = affected.again_all(
        world.cell, world.lead, programme=PROGRAMME, rubric="general", criterion="reasoning",
        rationale="The question is another one now, all of it.", by_same=False, key=new_key(),
    )  # fmt: skip
    assert isinstance(done, affected.Reviewed), done
    for person in by:
        world.qualify(person)
        world.judge(person)


def test_the_checklist_names_what_somebody_judged_who_had_seen_behind_and_nothing_else(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        item = complete_item(world)
        reader = world.person("Rae", "researcher")
        assert isinstance(items.unblind(world.cell, reader, item, reason=WHY, key=new_key()), Receipt)
        fresh = [world.person(f"Fresh {n}", "expert") for n in range(3)]
        roster.change_roles(world.cell, world.lead, reader.person, roles=["expert"], expert_roles=[], key=new_key())
        for actor in (reader, *fresh):
            roster.execute_contract(
                world.cell, world.lead, actor.person, template=b"terms", executed_at=1, ip_assigned_at=1, key=new_key()
            )
        judge = roster.actor_of(world.cell, reader.person)
        assert judge is not None
        assert blinding(world) == "pass"
        # Journals of earlier versions hold it: whoever read as a researcher is given none of these items now.
        monkeypatch.setattr(access, "READERS", frozenset())
        judged_again(world, "1.1.0", judge, fresh[0])
        assert blinding(world) == "fail"
        judged_again(world, "1.2.0", fresh[1], fresh[2])  # "Have those items judged again by others."
        assert blinding(world) == "pass"
