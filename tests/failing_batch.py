"""A batch that falls short of its threshold, and everything up to the end of its intervention, through app."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from living_cell import (
    CRITERIA,
    PROGRAMME,
    Clock,
    World,
    answer_of,
    filled,
    item_row,
    ready_world,
    rubric_text,
    shown_as,
)

from tallystick.app import assignment, calibration, judgment, rubric
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.cell import Cell
from tallystick.app.intervention import diagnosing, open_of, state_of, steps
from tallystick.app.intervention.steps import Done
from tallystick.app.kernel import new_key
from tallystick.flow.intervention import State
from tallystick.flow.refusal import Refused
from tallystick.signals.preference import Verdict
from tallystick.store import intervention

EVEN = {name: {"a": 3, "b": 3} for name in CRITERIA}
WHY = "Every mark was answered, nobody read a criterion differently, and the difference stayed with one person alone."


def right(name: str) -> Verdict:
    """What whoever follows the rubric says of an item: half of them are better in A."""
    return "a_clearly" if int(name.rpartition("-")[2]) % 2 else "b_clearly"


def other(verdict: Verdict) -> Verdict:
    """The opposite."""
    return "b_clearly" if verdict == "a_clearly" else "a_clearly"


def judge_all(world: World, *, careless: Actor | None = None) -> int:
    """Let everybody judge what there is for them; the careless one is wrong on half of them. How many."""
    judged = 0
    for expert in world.experts:
        while isinstance(task := assignment.next_task(world.cell, expert, PROGRAMME), Task):
            name = task.shown.first.split()[0]
            verdict = right(name)
            if careless is expert and int(name.rpartition("-")[2]) % 12 < 6:
                verdict = other(verdict)
            answer = answer_of(shown_as(task, verdict), scores=EVEN)
            saved = judgment.submit(world.cell, expert, task.assignment, answer, key=new_key())
            assert isinstance(saved, judgment.Saved), saved
            judged += 1
    return judged


@contextmanager
def failing_world(
    url: str, directory: Path, *, items: int = 12, experts: int = 3, careless: bool = True, measure: bool = True
) -> Iterator[World]:
    """Three experts judged every item of a batch; the last is careless, and the batch was measured and failed."""

    def make(cell: Cell, clock: Clock) -> World:
        world = filled(cell, clock, redundancy=experts, metric="krippendorff_alpha")
        world.bring([item_row(f"w-{n}") for n in range(items)])
        for _ in range(experts):
            world.expert()
        judge_all(world, careless=world.experts[-1] if careless else None)
        if measure:
            assert world.measure().decision == "fail"
        return world

    key = ("failing", items, experts, careless, measure)
    with ready_world(url, directory, key=key, make=make) as world:
        yield world


def opened(world: World) -> str:
    """The open intervention of the rubric."""
    with world.cell.read() as connection:
        row = open_of(connection, PROGRAMME, "general")
    assert row is not None
    name: str = row.intervention
    return name


def state(world: World, wanted: str) -> State:
    """Where an intervention stands."""
    with world.cell.read() as connection:
        row = intervention.intervention(connection, wanted)
        assert row is not None
        return state_of(connection, row)


def diagnosed(world: World, wanted: str) -> Done:
    """Record a diagnosis."""
    found = diagnosing.diagnose(world.cell, world.lead, wanted, key=new_key())
    assert isinstance(found, Done), found
    return found


def held_session(world: World, wanted: str, *, mark: calibration.NewMark | None = None) -> str:
    """Hold a calibration session to its end: everybody labels everything, and one may mark some words."""
    found = calibration.open_session(world.cell, world.lead, wanted, key=new_key())
    assert isinstance(found, calibration.Opened), found
    for expert in world.experts:
        while isinstance(task := calibration.task(world.cell, expert, found.calibration), calibration.Task):
            answer = answer_of("a_clearly", scores=EVEN)
            done = calibration.label(
                world.cell, expert, found.calibration, item=task.item, answer=answer, key=new_key()
            )
            assert isinstance(done, calibration.Labelled), done
    revealed = calibration.reveal(world.cell, world.lead, found.calibration, key=new_key())
    assert not isinstance(revealed, Refused), revealed
    if mark is not None:
        marked = calibration.mark(world.cell, world.experts[0], found.calibration, mark, key=new_key())
        assert not isinstance(marked, Refused), marked
    ended = calibration.end(world.cell, world.lead, found.calibration, key=new_key())
    assert not isinstance(ended, Refused), ended
    return found.calibration


def ruled_out(world: World, wanted: str, *, justification: str = WHY) -> Done | Refused:
    """State that the rubric does not explain what is left."""
    return steps.rule_out(world.cell, world.lead, wanted, justification=justification, key=new_key())


def revised(world: World, version: str = "1.1.0") -> None:
    """Bring a new version of the rubric into force, with a new question for one criterion; all qualify again."""
    text = rubric_text(version, question=f"Does every step of it follow, as version {version} asks?")
    done = rubric.publish(world.cell, world.lead, programme=PROGRAMME, text=text, name="general.yaml", key=new_key())
    assert isinstance(done, rubric.Published), done
    for expert in world.experts:
        assert world.qualify(expert).state == "qualified"


def requeued(world: World, wanted: str, choice: str = "affected", *, by_same: bool = True) -> Done | Refused:
    """Have judgments made again."""
    return steps.requeue(world.cell, world.lead, wanted, choice=choice, by_same=by_same, key=new_key())


def stood_down(world: World, wanted: str, person: str, *, justification: str = WHY) -> Done | Refused:
    """Let an expert stand down."""
    return steps.stand_down(world.cell, world.lead, wanted, person=person, justification=justification, key=new_key())
