"""Constitutions: versions, principles that rubrics carry, two people who agree, and no new work before they have."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from constitution_scene import agree, carry, carrying_text, constitution_text, propose, publish
from held_work import code
from living_cell import PROGRAMME, World, answer_of, shown_as, world_at

from tallystick import canon
from tallystick.app import access, assignment, constitution, erasure, judgment, release, rubric
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.constitution import ConstitutionPage, Difference, Moved, ProposalPage, TradeOffs
from tallystick.app.judgment import Saved
from tallystick.app.kernel import new_key
from tallystick.audit.release import Status, verify_release
from tallystick.flow.constitution import TradeOff
from tallystick.flow.erasure import Wish
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish as ReleaseWish
from tallystick.store import constitution as store
from tallystick.store import erasure as erasures
from tallystick.store import judgment as judgments
from tallystick.store import projection

NOTES = "The criterion judges steps, and says nothing of candour."


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """An expert with work, in a programme without a constitution yet."""
    with world_at(database_url, tmp_path / "cell") as found:
        found.work(3)
        found.expert()
        yield found


def page(world: World, actor: Actor) -> ConstitutionPage:
    found = constitution.constitution_page(world.cell, actor, PROGRAMME)
    assert isinstance(found, ConstitutionPage), found
    return found


def sign(world: World, actor: Actor, proposal: str, role: str) -> object:
    return constitution.sign(world.cell, actor, proposal, role=role, key=new_key())


def test_a_rubric_names_principles_only_of_a_constitution_in_force(world: World) -> None:
    def try_publish(principles: str) -> object:
        text = carrying_text(principles=principles)
        return rubric.publish(world.cell, world.lead, programme=PROGRAMME, text=text, name="r.yaml", key=new_key())

    assert code(try_publish("[care]")) == "no-constitution"
    publish(world, constitution_text())
    assert code(try_publish("[care, courage]")) == "unknown-principle"
    assert isinstance(try_publish("[care]"), rubric.Published)


def test_no_new_work_is_given_out_before_two_people_have_agreed(world: World) -> None:
    expert, researcher = world.experts[0], world.person("Rosa", "researcher")
    publish(world, constitution_text())
    assert isinstance(assignment.next_task(world.cell, expert, PROGRAMME), Task), "a rubric that names none goes on"
    world.judge(expert)
    carry(world)
    world.qualify(expert)
    assert code(assignment.next_task(world.cell, expert, PROGRAMME)) == "operationalization-open"
    made = propose(world, researcher)
    again = constitution.propose(world.cell, world.lead, programme=PROGRAMME, rubric="general", notes="", key=new_key())
    assert code(again) == "already-proposed"
    assert sign(world, expert, made.proposal, "lead") == access.ABSENT
    assert sign(world, researcher, made.proposal, "lead") == access.ABSENT, "a role is one's own"
    both = world.person("Both", "researcher", "lead")
    first = sign(world, both, made.proposal, "lead")
    assert isinstance(first, Moved)
    assert first.state == "proposed"
    assert code(sign(world, both, made.proposal, "researcher")) == "two-people-needed"
    assert code(sign(world, world.lead, made.proposal, "lead")) == "already-signed"
    assert code(assignment.next_task(world.cell, expert, PROGRAMME)) == "operationalization-open"
    second = sign(world, researcher, made.proposal, "researcher")
    assert isinstance(second, Moved)
    assert second.state == "agreed"
    assert isinstance(assignment.next_task(world.cell, expert, PROGRAMME), Task)
    found = constitution.proposal_page(world.cell, researcher, made.proposal)
    assert isinstance(found, ProposalPage)
    assert (found.row.researcher, found.row.lead) == (researcher.person, both.person)
    with world.cell.read() as connection:
        before = projection.dump(connection)
    projection.rebuild(world.cell.engine)
    with world.cell.read() as connection:
        assert projection.dump(connection) == before


def test_an_agreement_lasts_until_what_was_signed_reads_otherwise(world: World) -> None:
    expert, researcher = world.experts[0], world.person("Rosa", "researcher")
    publish(world, constitution_text())
    carry(world)
    world.qualify(expert)
    agree(world, researcher)
    extra = "  - {id: humour, number: 4, title: Humour, text: Be light.}\n"
    publish(world, constitution_text("1.1.0", extra=extra).replace("number: 3", "number: 5"))
    assert isinstance(assignment.next_task(world.cell, expert, PROGRAMME), Task), "what it carries reads as before"
    done = publish(world, constitution_text("1.2.0", care="Warn of harm, and name the sign.", extra=extra))
    assert done.changed == ("care",)
    world.judge(expert)
    assert code(assignment.next_task(world.cell, expert, PROGRAMME)) == "operationalization-open"
    made = propose(world, world.lead)
    publish(world, constitution_text("1.3.0", care="Warn.", extra=extra))
    assert code(sign(world, researcher, made.proposal, "researcher")) == "proposal-outdated"
    short = constitution.decline(world.cell, researcher, made.proposal, why="no", key=new_key())
    assert code(short) == "notes-too-short"
    declined = constitution.decline(world.cell, researcher, made.proposal, why=NOTES, key=new_key())
    assert isinstance(declined, Moved)
    assert code(sign(world, researcher, made.proposal, "researcher")) == "proposal-closed"


def test_the_page_says_what_carries_each_principle_and_what_none_does(world: World) -> None:
    publish(world, constitution_text())
    carry(world)
    found = page(world, world.lead)
    assert {name: [one.criterion for one in given] for name, given in found.carriers.items()} == {
        "care": ["reasoning"], "candour": ["reasoning"], "respect": [],
    }  # fmt: skip
    assert "principle-uncovered" in {one.code for one in found.findings}
    with world.cell.read() as connection:
        lacks = constitution.lacks(world.cell, connection, PROGRAMME)
        assert lacks is not None
        assert [one.path for one in lacks if one.code == "principle-uncovered"] == ["principles[2]"]
    publish(world, constitution_text("1.1.0", care="Warn of harm."))
    difference = constitution.constitution_diff(world.cell, world.experts[0], PROGRAMME, old="1.0.0", new="1.1.0")
    assert isinstance(difference, Difference)
    assert difference.changed == ("care",)
    assert [(one.domain, one.criterion) for one in difference.affected] == [("general", "reasoning")]
    again = constitution.publish(
        world.cell, world.lead, programme=PROGRAMME, text=constitution_text("1.1.0"), name="c.yaml", key=new_key()
    )
    assert code(again) == "version-not-higher"
    bare = constitution_text("1.2.0").replace("changelog: Care reads anew in 1.2.0.\n", "")
    refused = constitution.publish(world.cell, world.lead, programme=PROGRAMME, text=bare, name="c.yaml", key=new_key())
    assert code(refused) == "changelog-missing"


def submit(world: World, trade_off: TradeOff | None) -> Saved | Refused:
    task = world.task(world.experts[0])
    return judgment.submit(
        world.cell,
        world.experts[0],
        task.assignment,
        answer_of(shown_as(task, "a_clearly")),
        trade_off=trade_off,
        key=new_key(),
    )


def test_a_release_says_how_its_rubrics_carry_principles_and_who_agreed(world: World, tmp_path: Path) -> None:
    publish(world, constitution_text())
    carry(world)
    researcher = world.person("Rosa", "researcher")
    agree(world, researcher)
    world.qualify(world.experts[0])
    submit(world, None)
    second = world.expert()
    world.judge(second)
    world.measure()
    wanted = ReleaseWish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=None)
    assert isinstance(release.cut(world.cell, world.lead, wanted, key=new_key()), release.Made)
    release.export(world.cell, world.lead, "set-1.0.0", tmp_path / "out")
    assert verify_release(tmp_path / "out", world.cell.signer.vkey).status is Status.OK
    (agreed,) = json.loads((tmp_path / "out" / "manifest.json").read_bytes())["operationalizations"]
    assert (agreed["rubric"], agreed["carried"]) == ("general", {"reasoning": ["care", "candour"]})
    assert (agreed["lead"], agreed["researcher"]) == (world.lead.person, researcher.person)


def test_a_judgment_says_which_principles_conflicted_and_leads_count_them_by_pair(world: World, tmp_path: Path) -> None:
    given = TradeOff(principles=("candour", "care"), prevailed="care", note="A warning came before all the doubts.")
    assert code(submit(world, given)) == "no-constitution"
    publish(world, constitution_text())
    for wrong, said in (
        ({"principles": ("care", "courage")}, "unknown-principle"), ({"prevailed": "respect"}, "trade-off-incomplete"),
        ({"note": " "}, "trade-off-incomplete"), ({"principles": ("care", "care")}, "trade-off-incomplete"),
    ):  # fmt: skip
        assert code(submit(world, given.model_copy(update=wrong))) == said
    with world.cell.read() as connection:
        assert judgments.of_expert(connection, world.experts[0].person) == [], "a refused part refuses the whole"
    first = submit(world, given)
    assert isinstance(first, Saved)
    submit(world, None)
    submit(world, given.model_copy(update={"principles": ("care", "candour", "respect"), "prevailed": None}))
    found = constitution.trade_offs(world.cell, world.lead, PROGRAMME)
    assert isinstance(found, TradeOffs)
    assert [(one.first, one.second, one.number, one.first_prevailed) for one in found.conflicts] == [
        ("care", "candour", 2, 1), ("candour", "respect", 1, 0), ("care", "respect", 1, 0),
    ]  # fmt: skip
    assert found.noted[-1].judgment == first.judgment
    assert constitution.trade_offs(world.cell, world.experts[0], PROGRAMME) == access.ABSENT
    second = world.expert()
    for _ in range(3):
        world.judge(second)
    assert world.measure().decision == "pass"
    wanted = ReleaseWish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=None)
    made = release.cut(world.cell, world.lead, wanted, key=new_key())
    assert isinstance(made, release.Made), made
    release.export(world.cell, world.lead, "set-1.0.0", tmp_path / "out")
    told = json.loads((tmp_path / "out" / "quality" / "trade_offs.json").read_bytes())
    assert [one["judgment"] for one in told["trade_offs"]][:1] == [first.judgment]
    pair = told["pairs"][0]
    assert (pair["first"], pair["second"], pair["number"]) == ("care", "candour", 2)
    assert told["trade_offs"][0]["note"] == given.note, "the words stand where those of the judgment do"
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    (entry,) = manifest["constitutions"]
    text = (tmp_path / "out" / entry["path"]).read_bytes()
    assert (canon.digest(text), b"Care" in text) == (entry["sha256"], True)
    assert "operationalizations" not in manifest
    assert verify_release(tmp_path / "out", world.cell.signer.vkey).status is Status.OK
    (tmp_path / "out" / entry["path"]).write_bytes(text.replace(b"Care", b"Dare"))
    assert verify_release(tmp_path / "out", world.cell.signer.vkey).status is Status.BAD
    ordered = erasure.order(
        world.cell,
        world.lead,
        Wish(what="object", target=f"item:{first.item}", reason="mistake"),
        words="",
        key=new_key(),
    )
    assert not isinstance(ordered, Refused), ordered
    with world.cell.read() as connection:
        [row] = [one for one in store.trade_offs(connection, PROGRAMME) if one.judgment == first.judgment]
        assert erasures.erased_of(connection, [row.notes]), "the words go with the item that they are about"
