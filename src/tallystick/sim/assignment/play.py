"""The simulation itself: events in the order of their times until nothing is left to do, then every promise is held."""

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tallystick.app import adjudication, assignment, escape, judgment, tiers
from tallystick.app import cell as cells
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.cell import Cell
from tallystick.app.judgment import Saved
from tallystick.app.kernel import new_key
from tallystick.flow.assignment import Spread, spread
from tallystick.flow.escape import Answer as SecondLook
from tallystick.flow.refusal import Refused
from tallystick.plots import SharePlot, ShareRow
from tallystick.sim.assignment import cast, plan
from tallystick.sim.assignment.cast import Unexpected, answer_of, as_shown, done
from tallystick.sim.assignment.plan import PROGRAMME, Person, Size
from tallystick.sim.assignment.watch import Watch

START_US = 1_900_000_000_000_000
HOUR_US = 3_600 * 1_000_000
DAY_US = 24 * HOUR_US
DAYS_MAX = 60
ADJUDICATORS, SENIORS = 6, 3
BARS = 12
TOURS_MAX = 10
NOTHING = {"no-work", "others-first", "share-reached"}
NOTES = "Simulated: settled on the criterion, as the rubric has it."


class Clock:
    """Microseconds that move only when the simulation says so."""

    def __init__(self) -> None:
        self.at = START_US

    def __call__(self) -> int:
        return self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a simulation. No promise was broken when `broken` is empty.

    shortfall_ppm  the largest shortfall of a quota, when half of all items were finished
    load           judgments of those experts who stayed to the end
    waited         how often somebody was asked to let others come first
    """

    items: int
    judgments: int
    leases: int
    ran_out: int
    cases: int
    looks: int
    days: int
    waited: int
    shared: int
    left: int
    shortfall_ppm: int
    quotas: int
    load: Spread
    figure: SharePlot
    broken: tuple[str, ...]


@dataclass(slots=True)
class _Play:
    """A simulation while it runs."""

    cell: Cell
    clock: Clock
    people: list[Person]
    cast: cast.Cast
    watch: Watch
    rows: dict[str, dict[str, object]]  # the cell's id of an item: its row
    chance: random.Random
    say: Callable[[str], None]
    waiting: list[tuple[int, int, int]] = field(default_factory=list)  # (time, turn, expert)
    at_work: dict[int, Task] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    half: dict[tuple[str, str], int] | None = None
    turn: int = 0

    def later(self, number: int, at: int) -> None:
        """An expert comes back at a moment."""
        self.turn += 1
        heapq.heappush(self.waiting, (at, self.turn, number))

    def on(self, person: Person, at: int) -> int:
        """The next moment from one on at which somebody works."""
        day = at // DAY_US * DAY_US
        for start in (day - DAY_US, day, day + DAY_US):
            begin = start + person.starts * HOUR_US
            if at < begin + person.hours * HOUR_US:
                return max(at, begin)
        return day + 2 * DAY_US


def simulate(directory: Path, *, size: Size, seed: int, say: Callable[[str], None]) -> Result:
    """Play a programme in a new folder, and hold every promise.

    raises  CellExists when there is a cell in the folder
    """
    clock = Clock()
    cell = cells.create(directory, name="simulated.example/cell", clock=clock)
    try:
        play = _prepared(cell, clock, size, seed=seed, say=say)
        _run(play)
        _after(play)
        return _result(play)
    finally:
        cell.close()


def _prepared(cell: Cell, clock: Clock, size: Size, *, seed: int, say: Callable[[str], None]) -> _Play:
    listed, drawn = plan.rows(size, seed), plan.people(size, seed)
    until = START_US + 365 * DAY_US
    lead = cast.open_programme(cell, listed)
    experts = tuple(cast.join(cell, lead, person, until=until) for person in drawn)
    judges = tuple(
        cast.adjudicator(cell, lead, n, is_senior=n < SENIORS, until=until) for n in range(ADJUDICATORS)
    )  # fmt: skip
    say(f"{len(experts)} experts are qualified")
    chance = random.Random(f"play|{seed}")  # noqa: S311 - a simulation, no secret
    authors = [*experts, *judges]
    for row in listed:
        if chance.random() < 0.05:
            row["author"] = chance.choice(authors).person
    for number, part in enumerate(plan.parts(listed, size.batches), 1):
        cast.bring(cell, lead, part, batch=f"batch-{number}")
    say(f"{len(listed):,} items are there")
    rows = _by_id(cell, lead, listed)
    needed = {item: 1 if plan.RISKS[str(row["domain"])] == "low" else 2 for item, row in rows.items()}
    watch = Watch(needed, {item: str(row["author"]) for item, row in rows.items() if "author" in row})
    seniors = frozenset(one.person for one in judges[:SENIORS])
    return _Play(cell, clock, drawn, cast.Cast(lead, experts, judges, seniors), watch, rows, chance, say)


def _by_id(cell: Cell, lead: Actor, listed: list[dict[str, object]]) -> dict[str, dict[str, object]]:
    by_name = {str(row["id"]): row for row in listed}
    return {item: by_name[name] for item, name in done(tiers.names_of(cell, lead, PROGRAMME)).items()}


def _run(play: _Play) -> None:
    """Everybody works in their own hours until no item lacks a judgment."""
    for person in play.people:
        play.later(person.number, play.on(person, play.clock.at + play.chance.randrange(HOUR_US)))
    told, total = 0, len(play.rows)
    while play.waiting and play.watch.unfinished_left:
        at, _, number = heapq.heappop(play.waiting)
        play.clock.at = max(play.clock.at, at)
        if play.clock.at > START_US + DAYS_MAX * DAY_US:
            play.watch.broken.append(f"after {DAYS_MAX} days {play.watch.unfinished_left:,} items lacked a judgment")
            return
        _step(play, play.people[number])
        finished = total - play.watch.unfinished_left
        if finished * 2 >= total and play.half is None:
            play.half = _filled(play)
        if finished * 10 // total > told:
            told = finished * 10 // total
            play.say(f"{finished:,} of {total:,} items are judged, {play.watch.leases:,} were given out")


def _step(play: _Play, person: Person) -> None:
    now, actor = play.clock.at, play.cast.experts[person.number]
    task = play.at_work.pop(person.number, None)
    if task is not None:
        _submit(play, person, actor, task)
    if person.leaves_after is not None and now > START_US + person.leaves_after * DAY_US:
        play.counts["left"] += 1
        return
    starts = play.on(person, now)
    if starts > now:
        play.later(person.number, starts)
        return
    _take(play, person, actor)


def _take(play: _Play, person: Person, actor: Actor) -> None:
    now = play.clock.at
    task = assignment.next_task(play.cell, actor, PROGRAMME, key=new_key())
    if isinstance(task, Refused):
        if task.code not in NOTHING:
            raise Unexpected(f"{task.code}: {task.sentence}")
        play.counts[task.code] += 1
        play.later(person.number, now + play.chance.randrange(10, 40) * 60_000_000)
        return
    _check(play, person, task)
    play.watch.given(task.item, actor.person, now=now, until=task.expires_at)
    if play.chance.random() < person.walks_away:
        play.counts["walked"] += 1
        play.later(person.number, now + play.chance.randrange(2, 30) * HOUR_US)
        return
    play.at_work[person.number] = task
    seconds = min(play.chance.lognormvariate(0, 0.5) * person.seconds, 3_500)
    play.later(person.number, now + round(seconds * 1_000_000))


def _check(play: _Play, person: Person, task: Task) -> None:
    row = play.rows[task.item]
    if str(row["language"]) not in person.languages:
        play.watch.broken.append(f"expert {person.number} was given {task.item} in a language that they do not know")
    if person.opts_out and "categories" in row:
        play.watch.broken.append(f"expert {person.number} was given {task.item}, of a kind that they opted out of")


def _submit(play: _Play, person: Person, actor: Actor, task: Task) -> None:
    is_wrong = play.chance.random() < person.errs
    verdict = as_shown(task.shown.first, "b_clearly" if is_wrong else "a_clearly")
    answer = answer_of(verdict, f"{play.turn} steps show that it follows.")
    saved = judgment.submit(play.cell, actor, task.assignment, answer, key=new_key())
    if isinstance(saved, Saved):
        play.watch.said(task.item, actor.person)
        return
    if saved.code not in {"lease-expired", "already-judged", "share-reached"}:
        raise Unexpected(f"{saved.code}: {saved.sentence}")
    play.counts["late"] += 1


def _after(play: _Play) -> None:
    """Divided cases are decided and second looks answered, until the tiers need nothing more."""
    play.clock.at += HOUR_US * 2
    play.say(f"{play.watch.load.total():,} judgments are given; cases and second looks follow")
    _decide_cases(play)
    for _ in range(TOURS_MAX):
        drawn = done(escape.draw_due(play.cell, play.cast.lead, PROGRAMME, key=new_key()))
        looked = _look_again(play)
        if not drawn and not looked:
            break
    page = done(tiers.load_page(play.cell, play.cast.lead, PROGRAMME))
    play.watch.broken += [need.sentence for batch in page.batches for need in batch.needs]
    play.watch.broken += [
        f"the quota of {fill.axis} {fill.value} lacks {fill.missing:,} of {fill.target:,}"
        for fill in page.quotas if fill.missing
    ]  # fmt: skip


def _decide_cases(play: _Play) -> None:
    for actor in play.cast.adjudicators:
        while True:
            taken = adjudication.take_next(play.cell, actor, PROGRAMME, key=new_key())
            if isinstance(taken, Refused):
                break
            play.watch.looked(taken.item, actor.person)
            domain = str(play.rows[taken.item]["domain"])
            if plan.RISKS[domain] in ("high", "restricted") and actor.person not in play.cast.seniors:
                play.watch.broken.append(f"{actor.person}, who is no senior, was given the case of {taken.item}")
            done(
                adjudication.settle(
                    play.cell, actor, taken.item, verdict="a_clearly", criteria=["reasoning"], notes=NOTES,
                    key=new_key(),
                )
            )  # fmt: skip
            play.counts["cases"] += 1


def _look_again(play: _Play) -> int:
    looked = 0
    for actor in reversed(play.cast.adjudicators):
        while True:
            item = escape.next_review(play.cell, actor, PROGRAMME, key=new_key())
            if isinstance(item, Refused):
                break
            play.watch.looked(item, actor.person)
            done(escape.answer(play.cell, actor, item, SecondLook(is_defect=False), key=new_key()))
            looked += 1
    play.counts["looks"] += looked
    return looked


def _filled(play: _Play) -> dict[tuple[str, str], int]:
    """Finished items by axis and value, by the simulation's own books."""
    full = [item for item, needed in play.watch.needed.items() if len(play.watch.judged.get(item, ())) >= needed]
    return dict(Counter((axis, str(play.rows[item][axis])) for item in full for axis in plan.AXES))


def _result(play: _Play) -> Result:
    wanted = plan.targets(list(play.rows.values()))
    half = play.half or {}
    end = _filled(play)
    play.watch.broken += [
        f"by the books the quota of {axis} {value} lacks {target - end.get((axis, value), 0):,}"
        for (axis, value), target in wanted.items() if end.get((axis, value), 0) < target
    ]  # fmt: skip
    stayed = [play.cast.experts[one.number].person for one in play.people if one.leaves_after is None]
    loads = [play.watch.load[person] for person in stayed]
    found = spread(loads)
    assert found is not None, "somebody stays"
    return Result(
        items=len(play.rows), judgments=play.watch.load.total(), leases=play.watch.leases,
        ran_out=play.counts["walked"], cases=play.counts["cases"], looks=play.counts["looks"],
        days=(play.clock.at - START_US) // DAY_US + 1, waited=play.counts["others-first"],
        shared=play.counts["share-reached"], left=play.counts["left"],
        shortfall_ppm=max(
            (target - half.get(place, 0)) * 1_000_000 // target for place, target in wanted.items()
        ),
        quotas=len(wanted), load=found, figure=_figure(loads), broken=tuple(play.watch.broken),
    )  # fmt: skip


def _figure(loads: list[int]) -> SharePlot:
    width = max(1, -(-(max(loads) + 1) // BARS))
    counts = Counter(load // width for load in loads)
    rows = [
        ShareRow(label=f"{n * width:,} to {(n + 1) * width - 1:,}", count=counts[n])
        for n in range(max(counts) + 1)
    ]  # fmt: skip
    return SharePlot(title="Experts who stayed, by how many items they judged", rows=tuple(rows))
