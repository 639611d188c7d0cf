"""Un-blinding is an event (SPEC 2.11): with a reason, once the item is complete, and for that person alone."""

from pathlib import Path

import pytest
from living_cell import PROGRAMME, World, item_row, jsonl, world_at

from tallystick.app import items, judgment
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
