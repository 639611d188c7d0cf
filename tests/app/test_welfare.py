"""What weighs on people: warnings, opting out, limits and breaks, and that nobody else learns who opted out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from living_cell import PROGRAMME, World, answer_of, contract_text, gold_row, item_row, shown_as, world_at

from tallystick.app import assignment, contract, judgment, welfare
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.kernel import new_key
from tallystick.flow.refusal import Refused

SECTION = """welfare:
  minutes_daily_max: 240
  rest: {after_minutes: 60, minutes: 10}
  categories:
    self_harm:
      warning: Some items speak of people who hurt themselves.
      minutes_daily_max: 30
      items_daily_max: 3
      rest: {after_minutes: 20, minutes: 15}
    violence: {warning: Some items describe violence., blurred: false}
"""


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        text = contract_text("1.1.0") + SECTION
        done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
        assert isinstance(done, contract.ContractInForce), done
        yield world


def hard(world: World, number: int, *, start: int = 1, categories: tuple[str, ...] = ("self_harm",)) -> None:
    world.bring([item_row(f"hard-{n}", categories=list(categories)) for n in range(start, start + number)])


def work(world: World, actor: Actor, minutes: int) -> Task:
    """Take the next item and judge it after so many minutes, all of them active."""
    task = world.task(actor)
    world.clock.pass_minutes(minutes)
    answer = answer_of(shown_as(task, "a_clearly"), active_ms=minutes * 60_000)
    saved = judgment.submit(world.cell, actor, task.assignment, answer, key=new_key())
    assert isinstance(saved, judgment.Saved), saved
    return task


def refusal(world: World, actor: Actor) -> str:
    found = assignment.next_task(world.cell, actor, PROGRAMME)
    assert isinstance(found, Refused), found
    return found.code


def set_out(world: World, actor: Actor, *categories: str, zone: str = "UTC") -> None:
    done = welfare.save_settings(world.cell, actor, opted_out=categories, time_zone=zone, key=new_key())
    assert not isinstance(done, Refused), done


def test_opting_out_changes_what_is_offered_and_back_in_too(world: World) -> None:
    hard(world, 2)
    world.work(1)
    expert = world.expert()
    set_out(world, expert, "self_harm")
    assert world.task(expert).shown.prompt == "What is w-1?"
    world.judge(expert)
    assert refusal(world, expert) == "no-work"
    set_out(world, expert)
    assert world.task(expert).shown.prompt == "What is hard-1?"
