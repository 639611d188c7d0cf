"""Whoever passed the gold items of one signal is not thereby qualified for another that has gold items of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from held_work import code
from living_cell import CRITERIA, GOLD, PROGRAMME, World, item_row, world_at

from tallystick.app import assignment, judgment, roster
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.judgment import Saved
from tallystick.app.kernel import new_key
from tallystick.flow.refusal import Refused
from tallystick.flow.roster import covers, next_signal
from tallystick.signals.shape import Answer, Reason

OTHER = "demonstration"


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A pair and a demonstration to review, and an expert who passed gold items of pairs."""
    with world_at(database_url, tmp_path / "cell") as found:
        found.work(1)
        found.bring([demonstration("d-1")])
        found.expert()
        yield found


def demonstration(name: str, **changes: object) -> dict[str, object]:
    return item_row(name, signal=OTHER, candidates=[{"text": f"{name} is one."}], material={}, **changes)


def gold(world: World) -> None:
    scores = {name: {"a": 4} for name in CRITERIA}
    key = {"verdict": "endorsed", "scores": scores}
    world.bring([demonstration(f"gd-{n}", gold=key) for n in range(GOLD)], batch="gold-other", purpose="gold")


def endorsed(words: str) -> Answer:
    return Answer(
        verdict="endorsed", reasons=[Reason(criterion=CRITERIA[0], text=f"It follows, as {words} shows.")],
        scores={name: {"a": 4} for name in CRITERIA}, active_ms=1_000,
    )  # fmt: skip


def start(world: World, expert: Actor, signal: str | None = None) -> roster.Started | Refused:
    return roster.start_qualification(
        world.cell, expert, programme=PROGRAMME, rubric="general", signal=signal, key=new_key()
    )


def standings(world: World, expert: Actor) -> dict[str, tuple[str | None, int]]:
    found = roster.standings(world.cell, expert, PROGRAMME)
    assert not isinstance(found, Refused)
    return {one.signal: (one.qualification.state if one.qualification else None, one.gold_items) for one in found}


def test_gold_of_one_signal_is_no_gold_of_another(world: World) -> None:
    (expert,) = world.experts
    gold(world)
    assert standings(world, expert) == {"preference": ("qualified", GOLD), OTHER: (None, GOLD)}
    world.judge(expert)
    refused = assignment.next_task(world.cell, expert, PROGRAMME)
    assert isinstance(refused, Refused)
    assert (refused.code, "gold items of its own" in refused.sentence) == ("not-qualified", True)
    assert code(start(world, expert, "critique")) == "unknown-signal"
    assert code(start(world, expert, "preference")) == "already-qualified"
    begun = start(world, expert)
    assert isinstance(begun, roster.Started), begun
    while isinstance(task := roster.gold_task(world.cell, expert, begun.qualification), roster.GoldTask):
        assert task.shown.matter.signal.name == OTHER
        answer = endorsed(task.item)
        roster.answer_gold(world.cell, expert, begun.qualification, item=task.item, answer=answer, key=new_key())
    assert standings(world, expert) == {"preference": ("qualified", GOLD), OTHER: ("qualified", GOLD)}
    work = world.task(expert)
    assert work.shown.matter.signal.name == OTHER
    saved = judgment.submit(world.cell, expert, work.assignment, endorsed("this item"), key=new_key())
    assert isinstance(saved, Saved)


def test_a_signal_without_gold_items_needs_the_qualification_that_there_is(world: World) -> None:
    (expert,) = world.experts
    seen = set()
    for _ in range(2):
        task = assignment.next_task(world.cell, expert, PROGRAMME)
        assert isinstance(task, Task)
        seen.add(task.shown.matter.signal.name)
        assignment.give_back(world.cell, expert, task.assignment, key=new_key())
    assert seen == {"preference", OTHER}


@pytest.mark.parametrize(
    ("passed", "known", "signal", "may"),
    [
        ({"preference"}, {"preference"}, "preference", True),
        ({"preference"}, {"preference", OTHER}, OTHER, False),
        ({"preference"}, {"preference"}, OTHER, True),
        ({OTHER}, {"preference", OTHER}, "preference", False),
        (set(), {"preference"}, OTHER, False),
    ],
)
def test_what_a_qualification_covers(passed: set[str], known: set[str], signal: str, *, may: bool) -> None:
    assert covers(passed, known, signal) is may


def test_the_next_qualification_is_one_that_is_not_passed() -> None:
    assert next_signal({OTHER, "preference"}, set(), None) == "preference"
    assert next_signal({OTHER, "preference"}, {"preference"}, None) == OTHER
    assert next_signal(set(), set(), None) == "preference"
