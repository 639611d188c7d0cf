"""Totals of sentinels and regions in a release, held against the facts behind them, which only a journal has. Pure.

Those facts tell which items are sentinels and who is where, so no release brings them along. The cell holds its own
totals against them when it builds, and so does whoever builds the release again from a copy of the log.
"""

from collections.abc import Iterable

from tallystick.bundle.figures.pool import composed, members
from tallystick.bundle.state import CannotBuild, State
from tallystick.events.envelope import Event
from tallystick.events.release import ReleaseMonitored
from tallystick.events.roster import RegionDeclared
from tallystick.events.sentinel import DriftDecided, DriftDetected, JudgmentChecked, SentinelPolicySet
from tallystick.flow.pool import REGION, region_part
from tallystick.flow.release import Watched, monitored


def check(state: State, seen: Iterable[Event]) -> None:
    """Whether a release states the totals that the journal gives. Raises CannotBuild.

    seen  beside.UNTOLD from the whole journal up to the release's cut, of all programmes
    """
    spec = state.cut.fact
    found = monitored(_watched(seen, spec.programme), release=spec.release, programme=spec.programme)
    stated = state.told(ReleaseMonitored)
    if [one.fact for one in stated] != ([] if found is None else [found]):
        place = f"entry {stated[0].seq}" if stated else "the release"
        raise CannotBuild(f"{place}: expected the totals of sentinels that the journal gives, found others, or none")
    _check_regions(state, seen)


def _check_regions(state: State, seen: Iterable[Event]) -> None:
    """Who is where stands in the journal and in no release: the counts of a pool are held against it."""
    entered = composed(state)
    if entered is None:
        return
    told = next((part for part in entered.fact.parts if part.axis == REGION), None)
    where = {fact.person: fact.region for fact in seen if isinstance(fact, RegionDeclared)}
    found = region_part((where.get(one) for one in members(state)), cell_min=entered.fact.cell_min)
    if told is not None and not told.is_withheld and told != found:
        raise CannotBuild(f"entry {entered.seq}: expected the counts of regions that the journal gives, found others")


def _watched(seen: Iterable[Event], programme: str) -> Watched:
    policies = 0
    answers: list[tuple[str, str, bool]] = []
    alarms: dict[tuple[str, str], list[tuple[str, int, str | None]]] = {}
    for fact in seen:
        if getattr(fact, "programme", None) != programme:
            continue
        if isinstance(fact, SentinelPolicySet):
            policies += 1
        elif isinstance(fact, JudgmentChecked) and fact.is_sentinel:
            answers.append((fact.rubric, fact.expert, bool(fact.is_correct)))
        elif isinstance(fact, DriftDetected):
            alarms.setdefault((fact.expert, fact.rubric), []).append((fact.rubric, fact.held, None))
        elif isinstance(fact, DriftDecided):
            # Nobody works on, and no chart runs, while an alarm waits: the newest is the one that was decided.
            rubric, held, _ = alarms[fact.expert, fact.rubric][-1]
            alarms[fact.expert, fact.rubric][-1] = (rubric, held, fact.found)
    return Watched(
        policies=policies, answers=tuple(answers), alarms=tuple(alarm for given in alarms.values() for alarm in given)
    )
