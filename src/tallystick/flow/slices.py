"""Agreement by slice: the judgments of a programme parted along one axis, each part measured by itself. Pure.

An item is in one part of an axis, with all its judgments; a criterion takes its scores from every item. Items declared
before judgment as expected to divide are left out, and counted.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tallystick.flow.gate import (
    CRITERION_LEVEL,
    CRITERION_METRIC,
    Judged,
    Table,
    agreement_of,
    criterion_table,
    verdict_table,
)
from tallystick.flow.rubric import Rubric
from tallystick.stats.agreement import Agreement

BATCH, DOMAIN, SIGNAL, VERSION, WEEK, CRITERION = FIXED = (
    "batch", "domain", "signal", "rubric_version", "week", "criterion"
)  # fmt: skip
"""Axes that every programme has, beside those of its items' taxonomy: difficulty, language, interaction ..."""
NOT_GIVEN = "not given"
SLICES_MAX = 200
"""Of an axis with more values, those with most judgments are measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A judgment and where its item stands on every axis.

    at  when the judgment came in, microseconds since 1970
    """

    judged: Judged
    rubric: str
    at: int
    places: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One part, measured.

    rubrics   whose judgments are in it: with one there is a threshold
    expected  items in it that were declared as expected to divide, and left out
    """

    name: str
    found: Agreement
    rubrics: frozenset[str]
    expected: int


def axes_of(placed: Iterable[Placed]) -> tuple[str, ...]:
    """The axes along which these judgments can be parted."""
    return (*FIXED, *sorted({axis for one in placed for axis in one.places} - set(FIXED)))


def slices(placed: list[Placed], by: str, *, metric: str, level: str) -> tuple[list[Slice], int]:
    """The parts along one axis but criterion, in order of name, and how many were left out for being too many."""
    parts: dict[str, list[Placed]] = {}
    for one, name in zip(placed, _names(placed, by), strict=True):
        parts.setdefault(name, []).append(one)
    kept = sorted(parts, key=lambda name: (-len(parts[name]), name))[:SLICES_MAX]
    made = [_slice(name, parts[name], metric, level) for name in sorted(kept)]
    return made, len(parts) - len(kept)


def weeks(placed: list[Placed], *, metric: str, level: str) -> dict[str, list[Slice]]:
    """Rubric: its weeks in their order. Judgments under different rubrics have different thresholds."""
    parts: dict[str, list[Placed]] = {}
    for one in placed:
        parts.setdefault(one.rubric, []).append(one)
    return {name: slices(part, WEEK, metric=metric, level=level)[0] for name, part in sorted(parts.items())}


def by_criterion(placed: list[Placed], rubrics: Mapping[str, Rubric]) -> list[Slice]:
    """Scores criterion by criterion of every rubric in force, each on its scale."""
    made = []
    for name, rubric in sorted(rubrics.items()):
        mine = [one for one in placed if one.rubric == name]
        counted = [one.judged for one in mine if not one.judged.is_expected]
        for criterion in rubric.criteria:
            low, high = criterion.scale.low, criterion.scale.high
            table = _on_scale(criterion_table(counted, criterion.id, low=low, high=high))
            found = agreement_of(table, CRITERION_METRIC, CRITERION_LEVEL)
            label = f"{name}: {criterion.id}"
            made.append(Slice(name=label, found=found, rubrics=frozenset({name}), expected=_expected(mine)))
    return made


def _on_scale(table: Table) -> Table:
    """Without scores of an earlier version with a wider scale: they cannot be read on this one."""
    clusters = table.clusters or table.items
    places = [place for place, value in enumerate(table.values) if value in table.categories]
    items, raters, values, kept = (
        [column[place] for place in places] for column in (table.items, table.raters, table.values, clusters)
    )
    return Table(items=items, raters=raters, values=values, categories=table.categories, clusters=kept)


def _names(placed: list[Placed], by: str) -> Iterator[str]:
    if by != WEEK:
        return (one.places.get(by, NOT_GIVEN) for one in placed)
    # All judgments of an item stand in the week in which its last one came: no comparison is torn apart.
    last: dict[str, int] = {}
    for one in placed:
        last[one.judged.item] = max(one.at, last.get(one.judged.item, 0))
    return (week_of(last[one.judged.item]) for one in placed)


def week_of(at: int) -> str:
    """The ISO week of a time, such as 2026-W47."""
    year, week, _ = datetime.fromtimestamp(at / 1e6, UTC).isocalendar()
    return f"{year}-W{week:02d}"


def _slice(name: str, part: list[Placed], metric: str, level: str) -> Slice:
    table = verdict_table((one.judged for one in part if not one.judged.is_expected), level)
    return Slice(
        name=name, found=agreement_of(table, metric, level), rubrics=frozenset(one.rubric for one in part),
        expected=_expected(part),
    )  # fmt: skip


def _expected(part: list[Placed]) -> int:
    return len({one.judged.item for one in part if one.judged.is_expected})
