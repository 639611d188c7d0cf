"""What is handed in under a lease that has ended: taken again by the rules of a new lease, or refused, and kept."""

from pathlib import Path

import pytest
from failing_batch import diagnosed, failing_world, held_session, opened, ruled_out, stood_down
from living_cell import PROGRAMME, World, answer_of, item_row, shown_as, world_at
from paid_world import terms_text

from tallystick.app import assignment, contract, judgment, welfare
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.checklist import moving
from tallystick.app.judgment import Saved
from tallystick.app.kernel import new_key
from tallystick.flow.refusal import Refused

HEAVY = """welfare:
  minutes_daily_max: 5
  categories:
    violence: {warning: Some items describe violence.}
"""


def late(world: World, expert: Actor, task: Task) -> str:
    """The code with which a judgment is refused, or that it was saved."""
    answer = answer_of(shown_as(task, "a_clearly"), active_ms=1)
    saved = judgment.submit(world.cell, expert, task.assignment, answer, key=new_key())
    assert isinstance(saved, Saved | Refused)
    return saved.code if isinstance(saved, Refused) else "saved"


def refusal(world: World, expert: Actor) -> str:
    found = assignment.next_task(world.cell, expert, PROGRAMME)
    assert isinstance(found, Refused), found
    return found.code


def leave_out(world: World, expert: Actor, *kinds: str) -> None:
    done = welfare.save_settings(world.cell, expert, opted_out=kinds, time_zone="UTC", key=new_key())
    assert not isinstance(done, Refused), done


def pay(world: World, version: str, *, piece: int) -> None:
    text = terms_text(version, piece=piece) + HEAVY
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done


def run_out(world: World, *, is_home: bool) -> None:
    world.clock.pass_minutes(61)
    if is_home:
        assert assignment.expire_all(world.cell) == 1


def give_back(world: World, expert: Actor, task: Task) -> None:
    assert not isinstance(assignment.give_back(world.cell, expert, task.assignment, key=new_key()), Refused)


def test_what_was_given_back_is_not_answered_by_whoever_gave_it_back(database_url: str, tmp_path: Path) -> None:
    """Or one could look through all that is open, and answer what one likes. What is sent all the same is kept."""
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(2)
        expert = world.expert()
        given_back = world.task(expert)
        give_back(world, expert, given_back)
        assert late(world, expert, given_back) == "given-back"
        assert isinstance(judgment.save_draft(world.cell, expert, given_back.assignment, {"verdict": "tie"}), int)
        kept = assignment.task(world.cell, expert, given_back.assignment)
        assert isinstance(kept, Task)
        assert kept.draft == {"verdict": "tie"}
        ran_out = world.task(expert)
        world.clock.pass_minutes(61)
        again = world.task(expert)
        assert again.item == ran_out.item
        give_back(world, expert, again)
        assert [late(world, expert, task) for task in (ran_out, again)] == ["given-back", "given-back"]


@pytest.mark.parametrize("is_home", [True, False])
def test_a_lease_that_ran_out_is_taken_again_by_the_rules_of_a_new_one(
    sqlite_url: str, tmp_path: Path, *, is_home: bool
) -> None:
    """Brought home already or not. A day's limit is not asked: the item was shown, and its answer weighs no more."""
    with world_at(sqlite_url, tmp_path / "cell") as world:
        pay(world, "1.1.0", piece=250)
        expert = world.expert()
        world.bring([item_row(f"w-{n}", categories=["violence"]) for n in (1, 2)])
        world.clock.pass_minutes(60 * 24)
        task = world.task(expert)
        run_out(world, is_home=is_home)
        leave_out(world, expert, "violence")
        assert late(world, expert, task) == "kind-left-out"
        leave_out(world, expert)
        pay(world, "1.2.0", piece=260)
        assert late(world, expert, task) == "terms-not-accepted"
        world.accept_pay(expert)
        world.publish("1.1.0", question="Does each step follow?")
        assert late(world, expert, task) == "qualification-lapsed"
        world.clock.pass_minutes(60 * 24)
        assert world.qualify(expert).state == "qualified"
        if is_home:
            assert world.task(expert).item != task.item
            world.clock.pass_minutes(61)
            assignment.expire_all(world.cell)
            assert refusal(world, expert) == "exposure-reached"
        assert late(world, expert, task) == "saved"


@pytest.mark.parametrize("is_home", [True, False])
def test_no_late_work_enters_a_closed_programme_or_passes_a_share(
    sqlite_url: str, tmp_path: Path, *, is_home: bool
) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.pay = 'assignment: {expert_share_max: "0.25", others_first: false}\n'
        world.revise("1.1.0")
        world.work(2)
        first, second = world.expert(), world.expert()
        task = world.task(first)
        run_out(world, is_home=True)
        world.judge(first)  # another one: of four judgments nobody gives more than one
        assert late(world, first, task) == "share-reached"
        last = world.task(second)  # the one that they may give: it is theirs, wherever its lease is
        run_out(world, is_home=is_home)
        assert late(world, second, last) == "saved"
        third = world.expert()
        task = world.task(third)
        run_out(world, is_home=is_home)
        why = "The client has ended the programme today."
        moving.move(world.cell, world.lead, PROGRAMME, phase="closed", rationale=why, key=new_key())
        assert late(world, third, task) == "programme-closed"


def test_whoever_stands_down_hands_nothing_in(sqlite_url: str, tmp_path: Path) -> None:
    """Neither what was called back from them, nor what had run out before."""
    with failing_world(sqlite_url, tmp_path / "cell") as world:
        wanted, careless = opened(world), world.experts[-1]
        world.bring([item_row(f"more-{n}") for n in (1, 2)], batch="pilot")
        ran_out = world.task(careless)
        world.clock.pass_minutes(61)
        held = world.task(careless)
        diagnosed(world, wanted)
        held_session(world, wanted)
        ruled_out(world, wanted)
        assert not isinstance(stood_down(world, wanted, careless.person), Refused)
        assert held.item != ran_out.item
        assert late(world, careless, ran_out) == "stood-down"
        assert late(world, careless, held) == "called-back"
