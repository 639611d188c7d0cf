"""Held, cleared and set aside: only what counts is counted, and what is opened again is really judged again."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa
from held_work import code, given, rows
from living_cell import PROGRAMME, World, answer_of, item_row, jsonl, shown_as, world_at

from tallystick.app import access, assignment, blocking, gate, items, judgment, release, standing
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.judgment import Saved
from tallystick.app.kernel import Command, Decision, Receipt, Transaction, new_key
from tallystick.app.standing import reviewing
from tallystick.events.envelope import Event
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.ledger import journal
from tallystick.signals.preference import Verdict, swap
from tallystick.store import contract as contracts
from tallystick.store import oversight, projection
from tallystick.store.schema import (
    ASSIGNMENT,
    BATCH,
    DISAGREEMENT,
    HOLD,
    PAST_DISAGREEMENT,
    STANDING,
    WORK,
    Row,
)

NOTES = "The words speak of the other candidate, so it is judged again."
WISH = Wish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=None)


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """Two judges who divide on the first item and agree on the second, a reviewer, and somebody who comes later."""
    with world_at(database_url, tmp_path / "cell") as found:
        found.work(2)
        for roles in ((), (), ("reviewer",), ()):
            found.expert(*roles)
        for expert, verdicts in zip(found.experts, (("a_clearly", "tie"), ("b_slightly", "tie")), strict=False):
            for verdict in verdicts:
                found.judge(expert, cast("Verdict", verdict))
        yield found


def execute(world: World, decide: Callable[[Transaction], Decision]) -> Receipt | Refused:
    return world.cell.execute(Command(world.lead, "gate.measure", new_key(), b"test", decide))


def hold(world: World, *judged: Row) -> list[Event]:
    def decide(tx: Transaction) -> Decision:
        return standing.hold(
            tx, programme=PROGRAMME, expert=judged[0].expert, judgments=[row.judgment for row in judged],
            cause="drift", reference="17",
        )  # fmt: skip

    done = execute(world, decide)
    assert isinstance(done, Receipt), done
    return list(done.facts)


def requeue(world: World, *judged: Row, by_same: bool = True, cause: str = "intervention") -> Receipt | Refused:
    names = [row.judgment for row in judged]
    return execute(
        world,
        lambda tx: standing.requeue(
            world.cell, tx, programme=PROGRAMME, judgments=names, cause=cause, reference="int-1", by_same=by_same
        ),
    )


def counts(world: World) -> tuple[int, ...]:
    """Of the batch: complete, judgments, held. Of all strata: complete. By domain: complete."""
    with world.cell.read() as connection:
        batch = connection.execute(BATCH.select().where(BATCH.c.purpose == "work")).one()
        everywhere = {row.complete for row in contracts.tallies(connection, PROGRAMME) if row.items}
        (domain,) = (row for row in contracts.tallies(connection, PROGRAMME) if row.axis == "domain")
        funnel = contracts.funnel(connection, PROGRAMME)
    assert len(everywhere) == 1
    assert funnel["complete"] == domain.complete == batch.complete
    return batch.complete, batch.judgments, batch.held, *everywhere


def rebuilt(world: World) -> bool:
    """Whether the journal, replayed, gives the same tables."""
    with journal.reading(world.cell.engine) as connection:
        before = projection.dump(connection)
    projection.rebuild(world.cell.engine)
    with journal.reading(world.cell.engine) as connection:
        return projection.dump(connection) == before


def work_of(world: World, item: str) -> tuple[int, int, int, str]:
    row = next(row for row in rows(world, WORK) if row.item == item)
    return row.judged, row.held, row.is_open, row.state


def test_what_is_held_is_not_counted_and_keeps_its_place(world: World) -> None:
    first = given(world)[0]
    assert counts(world) == (2, 4, 0, 2)
    hold(world, first)
    assert counts(world) == (1, 3, 1, 1)
    assert work_of(world, first.item) == (1, 1, 0, "active")
    assert assignment.next_task(world.cell, world.experts[3], PROGRAMME).__class__ is Refused
    measured = world.measure()
    assert (measured.verdict.judgments, measured.incomplete) == (3, 1)
    assert [row.judgments for row in rows(world, HOLD)] == [1]
    assert rebuilt(world)


def test_only_what_counts_and_is_the_experts_own_is_held(world: World) -> None:
    first, other = given(world)[0], given(world)[2]
    assert first.expert != other.expert
    facts = hold(world, first, other)
    assert [fact.judgments for fact in facts] == [[first.judgment]]  # type: ignore[attr-defined]  # it is such a fact
    assert hold(world, first) == []


def test_what_a_reviewer_clears_counts_again(world: World) -> None:
    first, reviewer = given(world)[0], world.experts[2]
    hold(world, first)
    key = new_key()
    done = reviewing.stands(world.cell, reviewer, first.judgment, notes="", key=key)
    again = reviewing.stands(world.cell, reviewer, first.judgment, notes="", key=key)
    assert isinstance(done, reviewing.Reviewed)
    assert isinstance(again, reviewing.Reviewed)
    assert (again.receipt.first_seq, again.receipt.is_repeat) == (done.receipt.first_seq, True)
    assert counts(world) == (2, 4, 0, 2)
    # The disagreement stood all the time: it does not open twice.
    assert [row.state for row in rows(world, DISAGREEMENT)] == ["open"]
    assert [row.waiting for row in rows(world, HOLD)] == [0]
    assert code(reviewing.stands(world.cell, reviewer, first.judgment, notes="", key=new_key())) == "not-held"
    assert rebuilt(world)


def test_an_item_that_a_review_completes_opens_its_disagreement(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell", redundancy=2) as world:
        world.work(1)
        for roles in ((), (), ("reviewer",)):
            world.expert(*roles)
        world.judge(world.experts[0], "a_clearly")
        hold(world, given(world)[0])
        world.judge(world.experts[1], "b_clearly")
        assert rows(world, DISAGREEMENT) == []
        assert work_of(world, given(world)[0].item) == (1, 1, 0, "active")
        done = reviewing.stands(world.cell, world.experts[2], given(world)[0].judgment, notes="", key=new_key())
        assert isinstance(done, reviewing.Reviewed)
        assert [json.loads(row.counts) for row in rows(world, DISAGREEMENT)] == [{"a_clearly": 1, "b_clearly": 1}]
        assert rebuilt(world)


def test_what_is_set_aside_is_offered_again_to_its_author_and_counted_anew(world: World) -> None:
    first, item = given(world)[0], given(world)[0].item
    both = [row for row in given(world) if row.item == item]
    world.publish("1.1.0", question="Does every step follow?")
    for expert in world.experts[:2]:
        world.qualify(expert)
    done = requeue(world, *both)
    assert isinstance(done, Receipt)
    (fact,) = done.facts
    assert (fact.rubric_version, fact.items) == ("1.1.0", [item])  # type: ignore[attr-defined]  # it is such a fact
    assert counts(world) == (1, 2, 0, 1)
    assert work_of(world, item) == (0, 0, 1, "waiting")
    assert [row.state for row in rows(world, DISAGREEMENT)] == ["withdrawn"]
    states = {row.item: row.state for row in rows(world, ASSIGNMENT) if row.expert == first.expert}
    assert states[item] == "requeued"
    # Their place was behind the last item: both go back for it, before anything that came in since.
    world.work(1, start=3)
    for expert in world.experts[:2]:
        task = world.task(expert)
        assert (task.item, task.rubric.version) == (item, "1.1.0")
        saved = judgment.submit(
            world.cell, expert, task.assignment, answer_of(shown_as(task, "a_clearly")), key=new_key()
        )
        assert isinstance(saved, Saved), saved
    assert work_of(world, item) == (2, 0, 0, "complete")
    assert counts(world) == (2, 4, 0, 2)
    assert [row.state for row in rows(world, DISAGREEMENT)] == ["withdrawn"]  # they agree now
    assert [row.state for row in rows(world, PAST_DISAGREEMENT)] == ["open"]
    assert [row.standing for row in given(world) if row.item == item] == ["requeued", "requeued", "counted", "counted"]
    assert rebuilt(world)


def test_a_withdrawn_disagreement_opens_anew_when_they_divide_again(world: World) -> None:
    item = given(world)[0].item
    requeue(world, *[row for row in given(world) if row.item == item])
    world.judge(world.experts[0], "a_clearly")
    assert [row.state for row in rows(world, DISAGREEMENT)] == ["withdrawn"]
    world.judge(world.experts[1], "tie")
    (case,) = rows(world, DISAGREEMENT)
    assert (case.state, json.loads(case.counts)) == ("open", {"a_clearly": 1, "tie": 1})
    assert [(row.state, row.item) for row in rows(world, PAST_DISAGREEMENT)] == [("open", item)]
    assert rebuilt(world)


def test_its_author_is_not_offered_it_again_unless_that_is_said(world: World) -> None:
    first = given(world)[0]
    author = next(expert for expert in world.experts if expert.person == first.expert)
    assert isinstance(requeue(world, first, by_same=False), Receipt)
    assert code(assignment.next_task(world.cell, author, PROGRAMME)) == "no-work"
    task = world.task(world.experts[3])
    assert task.item == first.item
    assert rebuilt(world)


def test_who_has_seen_the_judgments_does_not_judge_the_item_again(world: World) -> None:
    first, reviewer = given(world)[0], world.experts[2]
    hold(world, first)
    assert isinstance(reviewing.held_judgment(world.cell, reviewer, first.judgment), reviewing.HeldJudgment)
    done = reviewing.judge_again(world.cell, reviewer, first.judgment, notes=NOTES, key=new_key())
    assert isinstance(done, reviewing.Reviewed), done
    assert code(assignment.next_task(world.cell, reviewer, PROGRAMME)) == "no-work"
    assert world.task(world.experts[3]).item == first.item


def test_a_review_is_blind_and_by_somebody_else(world: World) -> None:
    first, reviewer = given(world)[0], world.experts[2]
    hold(world, first)
    page = reviewing.held_judgment(world.cell, reviewer, first.judgment)
    assert isinstance(page, reviewing.HeldJudgment)
    assert [expert.person for expert in world.experts if expert.person in repr(page)] == []
    assert "secret-model" not in repr(page)
    assert page.said.verdict == (first.verdict if page.shown.first.endswith("one.") else swap(first.verdict))
    for actor in (world.experts[0], world.experts[1], world.lead):
        assert reviewing.held_judgment(world.cell, actor, first.judgment) == access.ABSENT
        found = reviewing.stands(world.cell, actor, first.judgment, notes="", key=new_key())
        assert found == access.ABSENT
    assert reviewing.held_judgment(world.cell, reviewer, given(world)[1].judgment) == access.ABSENT
    listed = reviewing.held_work(world.cell, reviewer, PROGRAMME)
    assert isinstance(listed, reviewing.HeldWork)
    assert ([one.judgment for one in listed.mine], listed.holds) == ([first.judgment], ())
    seen = reviewing.held_work(world.cell, world.lead, PROGRAMME)
    assert isinstance(seen, reviewing.HeldWork)
    assert (seen.number, len(seen.holds), seen.mine) == (1, 1, ())


def test_a_judge_hears_of_the_review_only_when_it_is_over(world: World) -> None:
    """They would know that they had given a wrong answer on a sentinel."""
    tie = next(row for row in given(world) if row.verdict == "tie")  # its item has no disagreement
    hold(world, tie)

    def looks() -> list[str]:
        with world.cell.read() as connection:
            return [row.what for row in oversight.looks_at_judge(connection, tie.expert, limit=9)]

    reviewing.held_judgment(world.cell, world.experts[2], tie.judgment)
    assert looks() == []
    reviewing.stands(world.cell, world.experts[2], tie.judgment, notes="", key=new_key())
    assert looks() == ["judgments"]


def test_a_review_that_sets_aside_needs_notes_and_keeps_them(world: World) -> None:
    first, reviewer = given(world)[0], world.experts[2]
    hold(world, first)
    short = reviewing.judge_again(world.cell, reviewer, first.judgment, notes="No.", key=new_key())
    assert code(short) == "notes-too-short"
    done = reviewing.judge_again(world.cell, reviewer, first.judgment, notes=NOTES, by_same=True, key=new_key())
    assert isinstance(done, reviewing.Reviewed)
    last = rows(world, STANDING)[-1]
    hold_id = rows(world, HOLD)[0].hold
    assert (last.cause, last.reference, last.hold, last.by_same) == ("review", hold_id, hold_id, 1)
    assert last.notes is not None
    assert counts(world) == (1, 3, 0, 1)
    assert rebuilt(world)


@pytest.mark.parametrize("what", ["twice", "strange", "none", "retention", "dropped"])
def test_what_cannot_be_judged_again_is_not_set_aside(sqlite_url: str, tmp_path: Path, what: str) -> None:
    with world_at(sqlite_url, tmp_path / "cell", domains=("general", "creative"), until="2023-12-31") as world:
        world.work(1)
        world.judge(world.expert())
        (row,) = given(world)
        if what == "twice":
            assert isinstance(requeue(world, row), Receipt)
            assert code(requeue(world, row)) == "already-requeued"
        if what == "strange":
            named = execute(
                world,
                lambda tx: standing.requeue(
                    world.cell, tx, programme=PROGRAMME, judgments=["jdg-none"], cause="drift", reference="1",
                    by_same=True,
                ),
            )  # fmt: skip
            assert code(named) == "unknown-judgment"
        if what == "none":
            assert code(requeue(world)) == "unknown-judgment"
        if what == "retention":
            world.clock.pass_minutes(60 * 24 * 60)
            assert code(requeue(world, row)) == "retention-ended"
        if what == "dropped":
            assert not isinstance(world.revise("2.0.0", domains=("creative",), until="2023-12-31"), Refused)
            assert code(requeue(world, row)) == "no-rubric"


def test_a_page_left_open_is_no_second_judgment(world: World) -> None:
    """Sent again by the same key it gives the receipt of the first time; by another it is refused."""
    expert, key = world.experts[0], new_key()
    world.work(1, start=3)
    task = world.task(expert)
    answer = answer_of("tie")
    first = judgment.submit(world.cell, expert, task.assignment, answer, key=key)
    assert isinstance(first, Saved)
    row = next(row for row in given(world) if row.judgment == first.judgment)
    requeue(world, row)
    again = judgment.submit(world.cell, expert, task.assignment, answer, key=key)
    assert isinstance(again, Saved)
    assert (again.judgment, again.receipt.is_repeat) == (first.judgment, True)
    assert code(judgment.submit(world.cell, expert, task.assignment, answer, key=new_key())) == "work-requeued"
    assert judgment.save_draft(world.cell, expert, task.assignment, {"verdict": "tie"}) == access.ABSENT
    anew = world.task(expert)
    assert (anew.item, anew.assignment == task.assignment, anew.draft) == (task.item, False, None)
    assert code(judgment.submit(world.cell, expert, task.assignment, answer, key=new_key())) == "work-requeued"
    assert isinstance(judgment.submit(world.cell, expert, anew.assignment, answer, key=new_key()), Saved)
    assert code(judgment.submit(world.cell, expert, task.assignment, answer, key=new_key())) == "already-judged"


def test_leases_under_the_rubric_that_fell_short_are_called_back(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell", redundancy=3) as world:
        world.work(1)
        for _ in range(3):
            world.expert()
        world.judge(world.experts[0])
        old = world.task(world.experts[1])
        assert isinstance(judgment.save_draft(world.cell, world.experts[1], old.assignment, {"verdict": "tie"}), int)
        ran_out = world.task(world.experts[2])
        world.clock.pass_minutes(61)
        assert assignment.expire_all(world.cell) == 2
        old = world.task(world.experts[1])
        world.publish("1.1.0", question="Does every step follow?")
        for expert in world.experts:
            world.qualify(expert)
        done = requeue(world, *given(world))
        assert isinstance(done, Receipt)
        assert [fact.KIND for fact in done.facts] == ["judgments-requeued/1", "assignment-released/1"]
        assert work_of(world, old.item) == (0, 0, 1, "waiting")
        for expert, task in ((world.experts[1], old), (world.experts[2], ran_out)):
            late = judgment.submit(world.cell, expert, task.assignment, answer_of(), key=new_key())
            assert code(late) == "work-requeued"
            assert isinstance(judgment.save_draft(world.cell, expert, task.assignment, {"verdict": "tie"}), int)
            anew = world.task(expert)
            assert (anew.item, anew.rubric.version) == (old.item, "1.1.0")
            # Not even while the new lease runs: what was written under one version is no judgment under another.
            assert code(judgment.submit(world.cell, expert, task.assignment, answer_of(), key=new_key())) == (
                "work-requeued"
            )
            assert isinstance(judgment.submit(world.cell, expert, anew.assignment, answer_of(), key=new_key()), Saved)
        assert rebuilt(world)


def test_a_lease_goes_on_while_others_judgments_are_set_aside(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell", redundancy=2) as world:
        world.work(1)
        for _ in range(3):
            world.expert()
        world.judge(world.experts[0])
        running = world.task(world.experts[1])
        requeue(world, given(world)[0], by_same=False, cause="drift")
        assert work_of(world, running.item) == (0, 0, 1, "active")
        assert isinstance(
            judgment.submit(world.cell, world.experts[1], running.assignment, answer_of(), key=new_key()), Saved
        )
        assert work_of(world, running.item) == (1, 0, 1, "active")
        world.judge(world.experts[2])
        assert work_of(world, running.item) == (2, 0, 0, "complete")
        assert rebuilt(world)


def bring_said(world: World, *raters: str, verdict: str = "a") -> items.ImportReport:
    data = jsonl([{"item": "w-1", "rater": rater, "verdict": verdict} for rater in raters])
    report = items.import_judgments(
        world.cell, world.lead, data, programme=PROGRAMME, name="said.jsonl", source="elsewhere"
    )
    assert isinstance(report, items.ImportReport)
    return report


def test_what_was_made_elsewhere_is_judged_again_here(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell", redundancy=2) as world:
        world.bring([item_row("w-1")])
        assert bring_said(world, "one", "two").problems == ()
        assert counts(world) == (1, 2, 0, 1)
        requeue(world, *given(world))
        with world.cell.read() as connection:
            assert (
                connection.execute(sa.select(BATCH.c.imported_judgments).where(BATCH.c.purpose == "work")).one()[0] == 0
            )
        assert counts(world) == (0, 0, 0, 0)
        report = bring_said(world, "one", verdict="tie")
        assert [problem.found for problem in report.problems] == ["one whose judgment on it was set aside"]
        assert bring_said(world, "three", verdict="tie").problems == ()
        for _ in range(2):
            world.expert()
        world.judge(world.experts[0], "a_clearly")
        assert [row.state for row in rows(world, DISAGREEMENT)] == ["open"]
        assert code(assignment.next_task(world.cell, world.experts[1], PROGRAMME)) == "no-work"
        assert rebuilt(world)


def test_no_release_while_work_is_held(world: World) -> None:
    tie = next(row for row in given(world) if row.verdict == "tie")
    hold(world, tie)
    wish = Wish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=(world.batch(),))
    refused = release.cut(world.cell, world.lead, wish, key=new_key())
    assert code(refused) == "work-held"
    assert "1" in refused.sentence  # type: ignore[union-attr]  # it is a refusal
    reviewing.stands(world.cell, world.experts[2], tie.judgment, notes="", key=new_key())
    found = blocking.blockers(world.cell, world.lead, PROGRAMME)
    assert not isinstance(found, Refused)
    assert "work-held" not in [blocker.code for blocker in found]


def test_agreement_is_that_of_the_judgments_that_count(world: World) -> None:
    """Two who divide and two who agree: without the first pair only agreement is left."""
    assert world.measure().verdict.value_ppm == 500_000
    item = given(world)[0].item
    requeue(world, *[row for row in given(world) if row.item == item])
    measured = world.measure()
    assert (measured.verdict.value_ppm, measured.verdict.items, measured.verdict.judgments) == (1_000_000, 1, 2)
    page = gate.batch_page(world.cell, world.lead, world.batch())
    assert isinstance(page, gate.BatchPage)
    assert page.verdict is not None
    assert page.verdict.n_judgments == 2


def judges(world: World) -> list[Actor]:
    return world.experts[:2]


def test_two_at_once_get_one_judgment_reviewed_once(world: World) -> None:
    first, reviewer = given(world)[0], world.experts[2]
    second = world.expert("reviewer")
    hold(world, first)
    done = [
        reviewing.stands(world.cell, reviewer, first.judgment, notes="", key=new_key()),
        reviewing.judge_again(world.cell, second, first.judgment, notes=NOTES, key=new_key()),
    ]
    assert isinstance(done[0], reviewing.Reviewed)
    assert code(done[1]) == "not-held"


def test_a_task_of_before_is_still_a_task(world: World) -> None:
    """The page of an assignment whose judgment was set aside opens as the expert's own earlier work."""
    first = given(world)[0]
    requeue(world, first)
    expert = next(one for one in judges(world) if one.person == first.expert)
    page = assignment.task(world.cell, expert, first.assignment)
    assert isinstance(page, Task)
    assert page.state == "requeued"
