"""Judgments that a later rubric version affects: how many were reviewed, stand unreviewed, were judged again. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tallystick.bundle.contents import excluded, rubric_path
from tallystick.bundle.counting import kept_at, standings, unreviewed
from tallystick.bundle.derive import Tables
from tallystick.bundle.figures.figure import Figure
from tallystick.events.affected import AffectedReleased
from tallystick.flow.rubric import reasons
from tallystick.flow.standing import REQUEUED

SCHEMA = "tallystick/affected/1"
AGAIN, STANDS, UNREVIEWED = "again", "stands", "unreviewed"


class AffectedCriterion(Figure, frozen=True, kw_only=True):
    """What one version changed on one criterion, and what became of the judgments made under earlier versions."""

    version: str
    criterion: str
    reason: str  # added, removed, scale, anchors, rule or wording
    unreviewed: int
    stands: int
    again: int


class AffectedRubric(Figure, frozen=True, kw_only=True):
    """One rubric. A judgment is unreviewed while any of its criteria is."""

    rubric: str
    unreviewed: int
    stands: int
    again: int
    by_criterion: list[AffectedCriterion]


class Affected(Figure, frozen=True, kw_only=True):
    """quality/affected.json: there when a later version affects a released judgment."""

    schema: str
    rubrics: list[AffectedRubric]


@dataclass(frozen=True, slots=True)
class _Flag:
    judgment: str
    rubric: str
    version: str
    criterion: str
    reason: str
    seq: int  # since when it is affected


def affected(tables: Tables) -> Affected | None:
    """Every rubric with an affected judgment, by name; None when there is none."""
    flags = list(_flags(tables))
    if not flags:
        return None
    state = tables.state
    aside = {name for name, one in standings(state).items() if one.now == REQUEUED}
    kept = kept_at(state)
    states = {flag: _state(flag, aside, kept) for flag in flags}
    names = sorted({flag.rubric for flag in flags})
    return Affected(schema=SCHEMA, rubrics=[_rubric(name, states) for name in names])


def unfounded_affected(tables: Tables) -> list[tuple[int, str]]:
    """(entry, sentence) where what was said of affected judgments beside the cut is not what the entries give.

    It is said of the judgments on records. Of all judgments on items that are not erased it may be said too: that is
    more than the release holds, and never less.
    """
    state = tables.state
    gone, out = state.gone(), excluded(state)
    items = {one.fact.item for one in state.items if one.fact.content.object not in gone}
    waiting = unreviewed(state)
    given = [one.fact for one in state.judgments if one.fact.judgment in waiting]
    found = Counter(fact.batch for fact in given if fact.item not in out)
    wider = Counter(fact.batch for fact in given if fact.item in items)
    told = dict(sorted(found.items()))
    return [
        (one.seq, f"expected affected judgments that nobody reviewed of {told}, found {one.fact.judgments}")
        for one in state.told(AffectedReleased)
        if one.fact.judgments not in (found, wider)
    ]


def _flags(tables: Tables) -> Iterator[_Flag]:
    """Each criterion of each judgment that was given under a version before the one that changed it."""
    state = tables.state
    place = {(one.fact.rubric, one.fact.version): one.seq for one in state.rubrics}
    for published in state.rubrics:
        new = published.fact
        if new.previous is None or not new.affected:
            continue
        old = tables.rubrics[rubric_path(new.rubric, new.previous)]
        why = reasons(old, tables.rubrics[rubric_path(new.rubric, new.version)])
        for given in state.judgments:
            under = place.get((given.fact.rubric, given.fact.rubric_version))
            if given.fact.rubric == new.rubric and under is not None and under < published.seq:
                since = max(published.seq, given.seq)
                for criterion in new.affected:
                    yield _Flag(given.fact.judgment, new.rubric, new.version, criterion, why[criterion], since)


def _state(flag: _Flag, aside: set[str], kept: dict[str, int]) -> str:
    if flag.judgment in aside:
        return AGAIN
    return STANDS if kept.get(flag.judgment, -1) > flag.seq else UNREVIEWED


def _rubric(name: str, states: dict[_Flag, str]) -> AffectedRubric:
    of_judgment: dict[str, str] = {}
    places: dict[tuple[str, str, str], Counter[str]] = {}
    for flag, now in states.items():
        if flag.rubric == name:
            # In the alphabet: again, stands, unreviewed. The last of them is what a judgment is.
            of_judgment[flag.judgment] = max(of_judgment.get(flag.judgment, ""), now)
            places.setdefault((flag.version, flag.criterion, flag.reason), Counter())[now] += 1
    total = Counter(of_judgment.values())
    return AffectedRubric(
        rubric=name, unreviewed=total[UNREVIEWED], stands=total[STANDS], again=total[AGAIN],
        by_criterion=[
            AffectedCriterion(
                version=version, criterion=criterion, reason=reason, unreviewed=count[UNREVIEWED],
                stands=count[STANDS], again=count[AGAIN],
            )
            for (version, criterion, reason), count in places.items()
        ],
    )  # fmt: skip
