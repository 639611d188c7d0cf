"""What people may declare about themselves, and distributions from which nobody's group follows. Pure.

Raw judgments are delivered with pseudonyms, so whoever reads a distribution knows who gave which label. A table by
group is recorded only where that tells of nobody: see `is_told`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from tallystick import canon
from tallystick.events.disagreement import DistributionRecorded, GroupCounts
from tallystick.flow.refusal import Refused
from tallystick.stats.disagreement import GroupedDistribution, distribution_by_group

CELL_MIN: Final = 5
"""Groups of fewer people are put together, and counts from 1 to 4 are not shown."""
GROUP_SHARE_MAX_PERCENT: Final = 90
"""Among people of whom the same is known, no group may have more than this share: else a guess is nearly certain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Something by which people may differ in what they value, with the groups to choose from."""

    id: str
    label: str
    groups: Mapping[str, str]  # id: label


AXES: Final[tuple[Axis, ...]] = (
    Axis(id="age", label="Age", groups={
        "under-30": "Under 30", "30-44": "30 to 44", "45-59": "45 to 59", "60-up": "60 or older",
    }),
    Axis(id="gender", label="Gender", groups={"woman": "Woman", "man": "Man", "another": "Another"}),
    Axis(id="region", label="Where you grew up", groups={
        "africa": "Africa", "asia": "Asia", "europe": "Europe", "latin-america": "Latin America and the Caribbean",
        "north-america": "North America", "oceania": "Oceania",
    }),
    Axis(id="schooling", label="Highest schooling", groups={
        "school": "School", "vocational": "Vocational training", "university": "University", "doctorate": "Doctorate",
    }),
    Axis(id="practice", label="Years in your profession", groups={
        "under-5": "Under 5", "5-15": "5 to 15", "over-15": "Over 15",
    }),
)  # fmt: skip
AXIS_BY_ID: Final = {axis.id: axis for axis in AXES}


def check(values: Mapping[str, str]) -> Refused | None:
    """Why this cannot be declared, or None. Axes that are left out are not answered."""
    strange = tuple(sorted(set(values) - set(AXIS_BY_ID)))
    if strange:
        return Refused("unknown-axis", f"Expected axes among {', '.join(AXIS_BY_ID)}.", "values", strange)
    wrong = tuple(axis for axis, group in sorted(values.items()) if group not in AXIS_BY_ID[axis].groups)
    if wrong:
        return Refused("unknown-group", "Choose one of the groups that the axis has, or leave it out.", "values", wrong)
    if not values:
        sentence = (
            "Expected a group on at least one axis. To declare nothing, leave the page; to take it back, withdraw."
        )
        return Refused("nothing-declared", sentence, "values")
    return None


def sealed(values: Mapping[str, str]) -> bytes:
    """A declaration as the vault keeps it: every axis, answered or not, so that its length says little."""
    return canon.encode({axis.id: values.get(axis.id, "") for axis in AXES})


def opened(payload: bytes) -> dict[str, str]:
    """What was declared: axis and group, answered ones only."""
    found = msgspec.json.decode(payload, type=dict[str, str])
    return {axis: group for axis, group in found.items() if group}


def by_axis(declared: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Axis: person: group, from person: axis: group."""
    found: dict[str, dict[str, str]] = {}
    for person, values in sorted(declared.items()):
        for axis, group in values.items():
            found.setdefault(axis, {})[person] = group
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A table that is recorded already: who gave which label. What they declared is the same today."""

    item: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preserved:
    """An item whose distribution is kept, with the labels of its judges."""

    item: str
    programme: str
    batch: str
    labels: Mapping[str, str]
    categories: tuple[str, ...]


def is_told(labels: Mapping[str, str], declared: Mapping[str, str], earlier: Iterable[Recorded]) -> bool:
    """Whether a table of these labels by group would tell somebody's group to a reader who knows who said what.

    Two people who gave the same labels in every table could change places without any table being another. So whoever
    reads all tables, with hidden counts and all sums known, cannot tell their groups apart. The table is safe when
    everybody in any table has such people in other groups beside them, and no group has nearly all of them.
    """
    tables = [one.labels for one in earlier] + [labels]
    alike: dict[tuple[tuple[int, str], ...], Counter[str]] = {}
    for person in sorted({person for table in tables for person in table if person in declared}):
        seen = tuple((number, table[person]) for number, table in enumerate(tables) if person in table)
        alike.setdefault(seen, Counter())[declared[person]] += 1
    return any(_is_certain(groups) for groups in alike.values())


def _is_certain(groups: Counter[str]) -> bool:
    return max(groups.values()) * 100 > GROUP_SHARE_MAX_PERCENT * groups.total()


def distribution(
    item: Preserved, axis: str, declared: Mapping[str, str], *, earlier: Sequence[Recorded], salt: str
) -> DistributionRecorded | None:
    """The labels of a preserved item by declared group of one axis, or None where nothing may be told.

    declared  person: group. Those who declared nothing on this axis have no part in it: who they are may be known, so
              that they would hide nobody
    earlier   every table of this axis that is recorded already, of any item
    """
    labels = {person: label for person, label in item.labels.items() if person in declared}
    if len(labels) < 2 * CELL_MIN or is_told(labels, declared, earlier):
        return None
    found = distribution_by_group(axis, labels, declared, categories=item.categories, cell_min=CELL_MIN)
    return _fact(item, found, people=len(labels), salt=salt) if found.rows else None


def _fact(item: Preserved, found: GroupedDistribution, *, people: int, salt: str) -> DistributionRecorded:
    return DistributionRecorded(
        item=item.item, programme=item.programme, batch=item.batch, axis=found.axis, categories=list(item.categories),
        cells=[
            GroupCounts(groups=list(row.groups), people=row.raters, counts=dict(row.counts)) for row in found.rows
        ],
        total=dict(found.total), people=people, cell_min=found.cell_min, hidden=found.hidden, salt=salt,
    )  # fmt: skip
