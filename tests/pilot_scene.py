"""A programme whose work is done, and what its pilot has to show: held-out items, second looks, sentinels, an audit."""

from contextlib import AbstractContextManager
from pathlib import Path

from living_cell import PROGRAMME, Clock, World, contract_text, filled, gold_row, item_row, ready_world

from tallystick.app import checklist, contract, escape, monitoring, release, sentinel
from tallystick.app.cell import Cell
from tallystick.app.kernel import new_key
from tallystick.flow.escape import Answer
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.flow.sentinel import Wish as SentinelWish
from tallystick.store.schema import SENTINEL_CHART

REASON = "The pilot is to show whether experts agree."
WORK = 20
LATER = 60
OFTEN = SentinelWish(
    acceptable_ppm=900_000, unacceptable_ppm=300_000, found_within=12, found_ppm=900_000, false_horizon=60,
    false_ppm=200_000,
)  # fmt: skip


def worked(url: str, directory: Path) -> AbstractContextManager[World]:
    """Twenty items, half of them hard, that two experts judged alike; three held-out ones, of which one is a copy.

    The third expert is a reviewer who judged nothing.
    """
    return ready_world(url, directory, key=("worked for a pilot",), make=_worked)


def _worked(cell: Cell, clock: Clock) -> World:
    world = filled(cell, clock)
    held = [item_row(f"held-{n}") for n in range(2)]
    world.bring([*held, {**item_row("w-1"), "id": "a-copy"}], batch="held", purpose="holdout")
    for roles in ((), (), ("reviewer",)):
        world.expert(*roles)
    world.work(WORK // 2)
    world.work(WORK // 2, start=WORK // 2 + 1, difficulty="easy")
    for _ in range(WORK):
        world.judge(world.experts[0])
        world.judge(world.experts[1])
    world.measure()
    return world


def moved(world: World, phase: str) -> checklist.Moved | Refused:
    """Move the programme, with a reason that is good enough."""
    return checklist.move(world.cell, world.lead, PROGRAMME, phase=phase, rationale=REASON, key=new_key())


def cut(world: World, version: str = "1.0.0", **wishes: object) -> release.Made | Refused:
    """Cut a release of all that passes."""
    values: dict[str, object] = {"programme": PROGRAMME, "name": "answers", "version": version, "use": "train"}
    wish = Wish(**{**values, "batches": None, **wishes})  # type: ignore[arg-type]  # by name
    return release.cut(world.cell, world.lead, wish, key=new_key())


def complete(world: World) -> None:
    """Do what the report on quality still asks for: second looks, sentinels, an audit."""
    cell, lead, reviewer = world.cell, world.lead, world.experts[2]
    drawn = escape.draw(cell, lead, PROGRAMME, wanted={"medium": 2}, key=new_key())
    assert not isinstance(drawn, Refused), drawn
    bad = Answer(is_defect=True, severity="high", cause="rater_error", failure="padding", notes="It is the wrong one.")
    for given in (Answer(is_defect=False), bad):
        item = escape.next_review(cell, reviewer, PROGRAMME, key=new_key())
        assert isinstance(item, str), item
        assert not isinstance(escape.answer(cell, reviewer, item, given, key=new_key()), Refused)
    _answer_a_sentinel(world)
    audited = monitoring.run(cell, lead, PROGRAMME, key=new_key())
    assert not isinstance(audited, Refused), audited


def _answer_a_sentinel(world: World) -> None:
    """Let work of a batch of its own go on until the first sentinel in it is answered."""
    world.bring([gold_row(f"sentinel-{n}") for n in range(LATER)], batch="sentinels", purpose="gold")
    world.bring([item_row(f"later-{n}") for n in range(LATER)], batch="later")
    policy = sentinel.set_policy(world.cell, world.lead, PROGRAMME, OFTEN, key=new_key())
    assert not isinstance(policy, Refused), policy
    for _ in range(LATER):
        world.judge(world.experts[0])
        with world.cell.read() as connection:
            if connection.execute(SENTINEL_CHART.select()).first():
                return
    raise AssertionError(f"expected a sentinel within {LATER} judgments")


def revised(world: World, version: str, *, more: str) -> None:
    """Another contract version, with sections that it may leave out."""
    text = contract_text(version).replace("changed.", f"changed for {version}.") + more
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
    assert not isinstance(done, list | Refused), done
