"""Judgments that a later rubric version affects: queued with the reason, reviewed alone or in bulk, and counted."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from held_work import code, given
from living_cell import PROGRAMME, World, item_row, rubric_text, world_at

from tallystick.app import access, affected, assignment, release, roster, rubric
from tallystick.app.access import Actor
from tallystick.app.affected import AffectedJudgment, Reviewed, RubricQueue
from tallystick.app.kernel import new_key
from tallystick.audit.release import Status, verify_release
from tallystick.bundle.derive import UNREVIEWED
from tallystick.flow.affected import Flag, Tally
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.flow.rubric import Reason
from tallystick.store import adjudication, projection
from tallystick.store.release import affected_in

WHY = "Only the wording of the question is clearer; the anchors stand."


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """Two judges who judged two items each, a reviewer, and a rubric whose first question was put more clearly."""
    with world_at(database_url, tmp_path / "cell") as found:
        found.work(2)
        for roles in ((), (), ("reviewer",)):
            found.expert(*roles)
        for expert in found.experts[:2]:
            found.judge(expert)
            found.judge(expert)
        publish(found, "1.1.0", question="Does each step follow?")
        yield found


def publish(world: World, version: str, *, question: str, anchor: str = "Throughout.") -> None:
    text = rubric_text(version, question=question).replace("5: Throughout.", f"5: {anchor}", 1)
    text = text.replace("The question changed.", f"Changed for {version}.").replace("unclear", f"unclear {version}")
    done = rubric.publish(world.cell, world.lead, programme=PROGRAMME, text=text, name="r.yaml", key=new_key())
    assert isinstance(done, rubric.Published), done


def queue(world: World, actor: Actor) -> RubricQueue:
    found = affected.queue(world.cell, actor, PROGRAMME)
    assert isinstance(found, list), found
    return found[0]


def in_bulk(world: World, actor: Actor, rationale: str = WHY) -> Reviewed | Refused:
    return affected.stand_all(
        world.cell, actor, programme=PROGRAMME, rubric="general", rationale=rationale, key=new_key()
    )


def test_judgments_are_queued_with_the_criterion_and_the_reason(world: World) -> None:
    publish(world, "1.2.0", question="Does each step follow?", anchor="In every step.")
    found = queue(world, world.experts[2])
    assert found.tally == Tally(waiting=4)
    said = [(row.version, row.criterion, row.reason, row.tally) for row in found.progress]
    assert said == [
        ("1.2.0", "reasoning", "anchors", Tally(waiting=4)), ("1.1.0", "reasoning", "wording", Tally(waiting=4)),
    ]  # fmt: skip
    assert [(row.criteria, row.reason) for row in found.mine] == [(("reasoning",), "anchors")] * 4
    assert queue(world, world.lead).mine == ()
    assert affected.queue(world.cell, world.experts[0], PROGRAMME) == access.ABSENT, "a judge reviews nothing"


def test_each_criterion_of_a_waiting_judgment_has_its_own_reason() -> None:
    """Not only the gravest of all: what changed on one criterion says nothing of another."""
    why: dict[tuple[str, str], Reason] = {
        ("1.1.0", "depth"): "wording", ("1.2.0", "depth"): "anchors", ("1.2.0", "limits"): "rule",
    }  # fmt: skip
    (one,) = affected.waiting_rows([Flag("jdg-1", version, criterion) for version, criterion in why], why)
    assert one.reasons == {"depth": "anchors", "limits": "rule"}
    assert (one.criteria, one.reason) == (("depth", "limits"), "anchors")


def test_a_reviewer_sees_what_changed_and_lets_a_judgment_stand_or_be_made_again(world: World) -> None:
    reviewer, (first, second, *_) = world.experts[2], given(world)
    found = affected.affected_judgment(world.cell, reviewer, first.judgment)
    assert isinstance(found, AffectedJudgment)
    assert (found.given_under, found.rubric.version, found.reasons) == ("1.0.0", "1.1.0", {"reasoning": "wording"})
    assert {row.part for row in found.changed} == {"question"}
    assert affected.affected_judgment(world.cell, world.experts[0], first.judgment) == access.ABSENT
    key = new_key()
    for _ in range(2):
        kept = affected.stands(world.cell, reviewer, first.judgment, notes="", key=key)
        assert isinstance(kept, Reviewed)
        assert (kept.decision, kept.version, kept.judgments) == ("stands", "1.1.0", 1)
    again = affected.stands(world.cell, reviewer, first.judgment, notes="", key=new_key())
    assert code(again) == "not-affected"
    short = affected.judge_again(world.cell, reviewer, second.judgment, notes="no", key=new_key())
    assert code(short) == "notes-too-short"
    done = affected.judge_again(world.cell, reviewer, second.judgment, notes=WHY, key=new_key())
    assert isinstance(done, Reviewed)
    assert queue(world, world.lead).tally == Tally(waiting=2, stands=1, again=1)
    assert queue(world, world.lead).decisions[0].by == reviewer.person
    assert code(assignment.next_task(world.cell, reviewer, PROGRAMME)) in {"qualification-lapsed", "no-work"}


def test_what_a_reviewer_wrote_is_not_among_what_they_may_review(world: World) -> None:
    author = world.expert("reviewer", "author")
    world.bring([item_row("own", author=author.person)], batch="own")
    world.qualify(world.experts[0])
    world.judge(world.experts[0])
    publish(world, "1.2.0", question="Does every step follow?")
    mine = {row.judgment for row in queue(world, world.experts[2]).mine}
    theirs = {row.judgment for row in queue(world, author).mine}
    assert len(mine) == 5
    assert len(theirs) == 4
    (own,) = mine - theirs
    assert affected.affected_judgment(world.cell, author, own) == access.ABSENT


def test_wording_alone_is_decided_in_bulk_with_a_rationale_and_nothing_else_is(world: World) -> None:
    assert code(in_bulk(world, world.lead, "short")) == "notes-too-short"
    assert in_bulk(world, world.experts[2]) == access.ABSENT, "who may not change the rubric decides one by one"
    world.work(1, start=3)
    world.qualify(world.experts[0])
    world.judge(world.experts[0])  # under the version in force: not affected
    done = in_bulk(world, world.lead)
    assert isinstance(done, Reviewed)
    assert done.judgments == 4
    assert queue(world, world.lead).tally == Tally(stands=4)
    assert code(in_bulk(world, world.lead)) == "nothing-affected"
    publish(world, "1.2.0", question="Does each step follow?", anchor="In every step.")
    assert code(in_bulk(world, world.lead)) == "nothing-affected", "another anchor is more than wording"
    assert queue(world, world.lead).tally == Tally(waiting=5), "a later version asks again"


def test_all_that_a_version_affects_on_a_criterion_is_judged_again_under_it(world: World) -> None:
    done = affected.again_all(
        world.cell, world.lead, programme=PROGRAMME, rubric="general", criterion="reasoning", rationale=WHY,
        key=new_key(),
    )  # fmt: skip
    assert isinstance(done, Reviewed)
    assert (done.decision, done.judgments, done.version) == ("again", 4, "1.1.0")
    assert queue(world, world.lead).tally == Tally(again=4)
    world.qualify(world.experts[0])
    assert world.task(world.experts[0]).rubric.version == "1.1.0"
    with world.cell.read() as connection:
        before = projection.dump(connection)
    projection.rebuild(world.cell.engine)
    with world.cell.read() as connection:
        assert projection.dump(connection) == before


def test_a_release_refuses_affected_work_or_tells_why_it_holds_it_and_a_stranger_computes_it_anew(
    world: World, tmp_path: Path
) -> None:
    first = given(world)[0]
    assert isinstance(affected.stands(world.cell, world.experts[2], first.judgment, notes="", key=new_key()), Reviewed)
    assert world.measure().decision == "pass"
    wish = Wish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=(world.batch(),))
    refused = release.cut(world.cell, world.lead, wish, key=new_key())
    assert isinstance(refused, Refused)
    assert (refused.code, sorted(refused.names)) == ("affected-unreviewed", ["w-1", "w-2"])
    why = "The client waits.\nThe change is one of wording, and was read by both judges."
    made = release.cut(world.cell, world.lead, replace(wish, rationale=why), key=new_key())
    assert isinstance(made, release.Made), made
    release.export(world.cell, world.lead, "set-1.0.0", tmp_path / "out")
    figure = json.loads((tmp_path / "out" / "quality" / "affected.json").read_bytes())
    (told,) = figure["rubrics"]
    assert (told["rubric"], told["unreviewed"], told["stands"], told["again"]) == ("general", 3, 1, 0)
    (row,) = told["by_criterion"]
    assert (row["version"], row["criterion"], row["reason"], row["stands"]) == ("1.1.0", "reasoning", "wording", 1)
    assert not (tmp_path / "out" / "quality" / "trade_offs.json").exists()
    assert verify_release(tmp_path / "out", world.cell.signer.vkey).status is Status.OK
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert (manifest["counts"]["judgment_flags"][UNREVIEWED], manifest["counts"]["record_flags"][UNREVIEWED]) == (3, 2)
    assert any("NOT REVIEWED: 3 judgments, on 2 of 2 records" in notice for notice in manifest["notices"])
    assert manifest["links"][0]["quality"].endswith("nobody reviewed: 2")
    assert "The client waits. The change is one of wording" in (tmp_path / "out" / "DATASHEET.md").read_text()


def test_affected_work_that_a_release_leaves_out_asks_for_no_words(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An item that is not complete, or on which its judges are at odds, has no record that words could stand beside."""
    world.work(1, start=3)
    world.qualify(world.experts[0])
    world.judge(world.experts[0])
    publish(world, "1.2.0", question="Does each step follow?", anchor="In every step.")
    wish = Wish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=(world.batch(),))
    refused = release.cut(world.cell, world.lead, wish, key=new_key())
    assert isinstance(refused, Refused)
    assert (refused.code, sorted(refused.names)) == ("affected-unreviewed", ["w-1", "w-2"])
    with monkeypatch.context() as patch:  # as a cell may have said it that counted what is left out as well
        patch.setattr("tallystick.app.blocking.releases.affected_in", lambda *_: {world.batch(): {"w-1": 4, "w-3": 1}})
        made = release.cut(world.cell, world.lead, replace(wish, version="0.9.0", rationale=WHY), key=new_key())
        assert isinstance(made, release.Made), made
        release.export(world.cell, world.lead, "set-0.9.0", tmp_path / "wider")
        assert verify_release(tmp_path / "wider", world.cell.signer.vkey).status is Status.OK
    for at, directory in (("1.0.0", "stated"), ("1.1.0", "reviewed")):
        words = WHY if directory == "stated" else ""
        made = release.cut(world.cell, world.lead, replace(wish, version=at, rationale=words), key=new_key())
        assert isinstance(made, release.Made), made
        release.export(world.cell, world.lead, f"set-{at}", tmp_path / directory)
        report = verify_release(tmp_path / directory, world.cell.signer.vkey)
        assert report.status is Status.OK, report.problems
        for one in given(world)[:4] if words else ():
            done = affected.stands(world.cell, world.experts[2], one.judgment, notes=WHY, key=new_key())
            assert isinstance(done, Reviewed), done
    late = release.cut(world.cell, world.lead, replace(wish, version="1.2.0", rationale=WHY), key=new_key())
    assert isinstance(late, Refused)
    assert (late.code, late.field) == ("nothing-affected", "affected_rationale")
    world.qualify(world.experts[1])
    world.judge(world.experts[1], "b_clearly")
    with world.cell.read() as connection:
        assert adjudication.counts(connection, PROGRAMME)["open"] == 1
        assert affected_in(connection, [world.batch()]) == {}


def test_a_false_count_beside_a_cut_is_found(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever computes the release anew counts what the cell says that it holds."""
    monkeypatch.setattr("tallystick.app.blocking.releases.affected_in", lambda *_: {world.batch(): {"w-1": 1}})
    assert world.measure().decision == "pass"
    wish = Wish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=None, rationale=WHY)
    assert isinstance(release.cut(world.cell, world.lead, wish, key=new_key()), release.Made)
    release.export(world.cell, world.lead, "set-1.0.0", tmp_path / "out")
    report = verify_release(tmp_path / "out", world.cell.signer.vkey)
    assert report.status is Status.BAD
    assert any("expected affected judgments that nobody reviewed of" in problem.what for problem in report.problems)


def test_nobody_whom_the_cell_pays_decides_in_bulk(world: World) -> None:
    """All time of experts in reviews is paid. What is decided in bulk is paid to nobody, so no expert may do it."""
    may = [role for role in (*access.ROLES, *access.EXPERT_ROLES) if role in access.PERMISSIONS["rubric.write"]]
    assert may == ["lead"]
    new = roster.NewPerson(name="Both", roles=("lead", "expert"))
    refused = roster.enrol(world.cell, world.lead, new, key=new_key())
    assert isinstance(refused, Refused)
    assert refused.code == "expert-alone"
