"""From a gate that fails to one that passes, on both databases: what opens, what is recorded, what nobody can skip."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from failing_batch import (
    WHY,
    diagnosed,
    failing_world,
    held_session,
    judge_all,
    opened,
    requeued,
    revised,
    ruled_out,
    state,
    stood_down,
)
from living_cell import PROGRAMME, World, item_row

from tallystick.app import access, assignment, gate, release, roster
from tallystick.app.access import Actor
from tallystick.app.intervention import diagnosing, reading, steps
from tallystick.app.intervention.steps import Done
from tallystick.app.kernel import new_key
from tallystick.events.assignment import AssignmentReleased
from tallystick.events.gate import BatchMeasured
from tallystick.events.intervention import (
    InterventionClosed,
    InterventionDiagnosed,
    InterventionOpened,
    InterventionRemeasured,
)
from tallystick.flow import intervention as flow
from tallystick.flow.gate import inputs_digest
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.store import intervention, judgment, projection

SECOND = "A second look found that the items were unclear."


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A gate has failed because one of three experts is careless."""
    with failing_world(database_url, tmp_path / "cell") as found:
        yield found


def measured(world: World) -> tuple[BatchMeasured, ...]:
    """Measure the batch; every fact of the command."""
    done = gate.measure(world.cell, world.lead, world.batch(), key=new_key())
    assert isinstance(done, gate.Measured), done
    return done.receipt.facts  # type: ignore[return-value]  # the first is


def code_of(found: object) -> str:
    assert isinstance(found, Refused), found
    return found.code


def test_a_failing_measurement_opens_one_and_only_one(world: World) -> None:
    wanted = opened(world)
    now = state(world, wanted)
    assert (now.stage, now.round) == (flow.OPENED, 1)
    assert [value.what for value in now.opened.short] == ["verdict"]
    with world.cell.read() as connection:
        row = intervention.intervention(connection, wanted)
        assert row is not None
        steps_ = intervention.steps(connection, wanted)
    assert steps_[0].seq == now.opened.measured_seq + 1, "the same command measured and opened"
    assert [type(fact) for fact in measured(world)] == [BatchMeasured], "it is open already"
    assert opened(world) == wanted


def test_a_passing_or_undecided_measurement_opens_none(database_url: str, tmp_path: Path) -> None:
    with failing_world(database_url, tmp_path / "cell", careless=False, measure=False) as world:
        assert [type(fact) for fact in measured(world)] == [BatchMeasured]
        with world.cell.read() as connection:
            assert intervention.of_programme(connection, PROGRAMME) == []


def test_the_diagnosis_is_of_exactly_the_judgments_that_count(world: World) -> None:
    wanted = opened(world)
    done = diagnosed(world, wanted)
    fact = done.receipt.facts[0]
    assert isinstance(fact, InterventionDiagnosed)
    with world.cell.read() as connection:
        assert fact.inputs_digest == inputs_digest(gate.judged_in(connection, world.batch()))
    assert fact.inputs_digest == state(world, wanted).opened.inputs_digest
    assert {finding.kind for finding in fact.findings} >= {"criterion", "pair", "expert"}
    key = new_key()
    first, again = (diagnosing.diagnose(world.cell, world.lead, wanted, key=key) for _ in range(2))
    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert (again.receipt.first_seq, again.receipt.is_repeat) == (first.receipt.first_seq, True)


def test_judgments_that_come_in_between_are_not_passed_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = opened(world)
    seen = gate.diagnosis_of

    def late(*given: object) -> object:
        found = seen(*given)  # type: ignore[arg-type]  # as it was called
        assert isinstance(found, gate.Sought)
        return replace(found, inputs_digest="of judgments that were")

    monkeypatch.setattr(gate, "diagnosis_of", late)
    refused = diagnosing.diagnose(world.cell, world.lead, wanted, key=new_key())
    assert code_of(refused) == "judgments-changed"
    assert state(world, wanted).stage == flow.OPENED


def test_a_revision_has_its_judgments_made_again_and_the_pass_closes_it(world: World) -> None:
    wanted = opened(world)
    diagnosed(world, wanted)
    session = held_session(world, wanted)
    revised(world)
    now = state(world, wanted)
    assert (now.stage, now.revised and now.revised.calibration) == (flow.REVISED, session)
    assert isinstance(requeued(world, wanted), Done)
    assert judge_all(world) == 36
    _, again, ended = measured(world)
    assert isinstance(again, InterventionRemeasured)
    assert isinstance(ended, InterventionClosed)
    assert (again.before.value_ppm, again.after.value_ppm) == (351_852, 1_000_000)
    assert again.difference_ppm == 648_148
    assert again.low_ppm is not None
    assert again.high_ppm is not None
    assert again.low_ppm < again.difference_ppm < again.high_ppm
    assert (again.method, again.reason, again.redone, again.waiting) == ("paired_item_bootstrap", None, 36, 0)
    assert (ended.outcome, ended.measured_seq) == (flow.PASSED, again.measured_seq)
    with world.cell.read() as connection:
        kept = judgment.of_batch(connection, world.batch())
    assert len(kept) == 72, "no judgment is lost"
    assert [type(fact) for fact in measured(world)] == [BatchMeasured]


def test_what_is_left_of_a_batch_neither_closes_nor_releases(world: World) -> None:
    wanted, careless = opened(world), world.experts[-1].person
    diagnosed(world, wanted)
    held_session(world, wanted)
    assert isinstance(ruled_out(world, wanted), Done)
    assert isinstance(stood_down(world, wanted, careless), Done)
    assert isinstance(requeued(world, wanted, flow.THEIRS), Done)
    facts = measured(world)
    assert [type(fact) for fact in facts] == [BatchMeasured]
    assert facts[0].decision == "pass", "whoever parted from the others is gone"
    assert state(world, wanted).stage == flow.REDOING
    wish = Wish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=(world.batch(),))
    refused = release.cut(world.cell, world.lead, wish, key=new_key())
    assert code_of(refused) == "work-set-aside"
    world.expert()
    judge_all(world)
    assert any(isinstance(fact, InterventionClosed) for fact in measured(world))
    assert not isinstance(release.cut(world.cell, world.lead, wish, key=new_key()), Refused)


def test_a_round_that_does_not_pass_begins_another(world: World) -> None:
    wanted = opened(world)
    diagnosed(world, wanted)
    held_session(world, wanted)
    assert isinstance(ruled_out(world, wanted), Done)
    assert isinstance(requeued(world, wanted, flow.ALL), Done)
    judge_all(world, careless=world.experts[-1])
    _, again = measured(world)
    assert isinstance(again, InterventionRemeasured)
    assert (again.decision, again.difference_ppm) == ("fail", 0)
    now = state(world, wanted)
    assert (now.stage, now.round, now.measured_seq) == (flow.REMEASURED, 2, again.measured_seq)
    assert code_of(ruled_out(world, wanted)) == "not-at-this-stage"
    assert code_of(stood_down(world, wanted, world.experts[-1].person)) == "rubric-first"


def test_standing_down_ends_work_and_reinstating_gives_it_back(world: World) -> None:
    wanted, careless = opened(world), world.experts[-1]
    world.bring([item_row("more-1")], batch="pilot")
    task = world.task(careless)
    diagnosed(world, wanted)
    held_session(world, wanted)
    assert code_of(stood_down(world, wanted, careless.person)) == "rubric-first"
    assert isinstance(ruled_out(world, wanted), Done)
    assert code_of(stood_down(world, wanted, world.experts[0].person)) == "not-named"
    assert code_of(stood_down(world, wanted, careless.person, justification="Too slow.")) == "justification-too-short"
    done = stood_down(world, wanted, careless.person)
    assert isinstance(done, Done)
    released = [fact for fact in done.receipt.facts if isinstance(fact, AssignmentReleased)]
    assert [(fact.assignment, fact.reason) for fact in released] == [(task.assignment, "stood-down")]
    assert code_of(assignment.next_task(world.cell, careless, PROGRAMME)) == "stood-down"
    begun = roster.start_qualification(world.cell, careless, programme=PROGRAMME, rubric="general", key=new_key())
    assert code_of(begun) == "stood-down"
    with world.cell.read() as connection:
        mine = [row for row in judgment.of_batch(connection, world.batch()) if row.expert == careless.person]
    assert {row.standing for row in mine} == {"counted"}, "nothing they judged is dropped"
    assert code_of(stood_down(world, wanted, careless.person)) == "already-stood-down"
    back = steps.reinstate(world.cell, world.lead, wanted, person=careless.person, reason=SECOND, key=new_key())
    assert isinstance(back, Done)
    world.bring([item_row("more-2")], batch="pilot")
    assert world.task(careless).item != task.item, "they are offered what is new, as everybody is"
    again = steps.reinstate(world.cell, world.lead, wanted, person=careless.person, reason=SECOND, key=new_key())
    assert code_of(again) == "not-stood-down"


def test_closing_by_hand_says_whether_the_batch_passes(world: World) -> None:
    wanted = opened(world)
    short = steps.close(world.cell, world.lead, wanted, words="Enough.", key=new_key())
    assert code_of(short) == "words-too-short"
    closed = steps.close(world.cell, world.lead, wanted, words="The client gave up this domain.", key=new_key())
    assert isinstance(closed, Done)
    with world.cell.read() as connection:
        row = intervention.intervention(connection, wanted)
    assert row is not None
    assert (row.state, row.outcome) == ("closed", flow.ABANDONED)
    assert code_of(diagnosing.diagnose(world.cell, world.lead, wanted, key=new_key())) == "intervention-closed"
    _, another = measured(world)
    assert isinstance(another, InterventionOpened), "the next measurement that fails opens another"
    assert another.intervention != wanted


def whoever(world: World) -> list[Actor]:
    return [
        world.experts[0], world.person("Rita", "researcher"), world.person("Adam", "auditor"),
        world.person("Enno", "engineer"), world.expert("adjudicator", "reviewer"),
    ]  # fmt: skip


def test_only_a_lead_takes_steps(world: World) -> None:
    wanted = opened(world)
    diagnosed(world, wanted)
    held_session(world, wanted)
    for actor in whoever(world):
        for found in (
            diagnosing.diagnose(world.cell, actor, wanted, key=new_key()),
            steps.rule_out(world.cell, actor, wanted, justification=WHY, key=new_key()),
            steps.requeue(world.cell, actor, wanted, choice=flow.ALL, by_same=True, key=new_key()),
            steps.stand_down(
                world.cell, actor, wanted, person=world.experts[-1].person, justification=WHY, key=new_key()
            ),
            steps.reinstate(world.cell, actor, wanted, person=actor.person, reason=SECOND, key=new_key()),
            steps.close(world.cell, actor, wanted, words=SECOND, key=new_key()),
        ):
            assert found == access.ABSENT
    assert state(world, wanted).stage == flow.CALIBRATING
    assert reading.page(world.cell, world.experts[0], wanted) == access.ABSENT


def test_an_intervention_that_is_not_there_looks_forbidden(world: World) -> None:
    for found in (
        reading.page(world.cell, world.lead, "int-none"),
        diagnosing.diagnose(world.cell, world.lead, "int-none", key=new_key()),
        steps.close(world.cell, world.lead, "int-none", words=SECOND, key=new_key()),
        reading.interventions(world.cell, world.lead, "none"),
        reading.of_batch(world.cell, world.lead, "none"),
    ):
        assert found == access.ABSENT


def test_the_journal_alone_gives_the_same_tables(world: World) -> None:
    wanted, careless = opened(world), world.experts[-1]
    diagnosed(world, wanted)
    held_session(world, wanted)
    ruled_out(world, wanted)
    assert isinstance(stood_down(world, wanted, careless.person), Done)
    assert isinstance(requeued(world, wanted, flow.ALL, by_same=False), Done)
    with world.cell.read() as connection:
        before, now = projection.dump(connection), state(world, wanted)
    projection.rebuild(world.cell.engine)
    with world.cell.read() as connection:
        assert projection.dump(connection) == before
    assert state(world, wanted) == now
