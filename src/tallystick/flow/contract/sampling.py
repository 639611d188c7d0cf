"""How full a sampling plan is, and whether it fills up with easy items (SPEC 1.3).

Reads counts of items and writes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tallystick.canon import PPM
from tallystick.flow.contract.model import AXES, HARD_DIFFICULTIES, Axis, DataContract
from tallystick.flow.document import share_ppm

Counts = Mapping[tuple[str, str], int]
"""Items by axis and value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaFill:
    """How many items of one quota there are."""

    axis: Axis
    value: str
    target: int
    filled: int

    @property
    def share_ppm(self) -> int:
        """Filled by target in parts per million, rounded down; above 1,000,000 when overfilled."""
        return self.filled * PPM // self.target

    @property
    def missing(self) -> int:
        """Items still wanted; 0 when full."""
        return max(0, self.target - self.filled)


@dataclass(frozen=True, slots=True, kw_only=True)
class HardShare:
    """The share of hard items against the plan: what shows that easy items swell a programme.

    An item is hard when its difficulty is hard or boundary, or when it belongs to a known failure cluster.
    """

    hard: int
    total: int
    planned_ppm: int

    @property
    def share_ppm(self) -> int | None:
        """Hard by all in parts per million, rounded down; None while there are no items."""
        return self.hard * PPM // self.total if self.total else None

    @property
    def is_inflated(self) -> bool:
        """There are items, and too few of them are hard."""
        return self.hard * PPM < self.planned_ppm * self.total


def quota_fill(contract: DataContract, counts: Counts) -> list[QuotaFill]:
    """Every quota with its count, in the contract's order; a value without items counts 0."""
    return [
        QuotaFill(
            axis=quota.axis,
            value=quota.value,
            target=quota.target,
            filled=counts.get((quota.axis, quota.value), 0),
        )
        for quota in contract.sampling.quotas
    ]


def hard_share(contract: DataContract, *, hard: int, total: int) -> HardShare:
    """The share of hard items against the contract's least share."""
    return HardShare(hard=hard, total=total, planned_ppm=share_ppm(contract.sampling.hard_share_min))


def is_hard(taxonomy: Mapping[str, str | None]) -> bool:
    """Whether an item with this taxonomy counts as hard."""
    return taxonomy.get("difficulty") in HARD_DIFFICULTIES or bool(taxonomy.get("failure_cluster"))


def count_items(taxonomies: Iterable[Mapping[str, str | None]]) -> dict[tuple[str, str], int]:
    """Items by axis and value, from each item's taxonomy; an axis that an item does not have is not counted."""
    counts: dict[tuple[str, str], int] = {}
    for taxonomy in taxonomies:
        for axis in AXES:
            if value := taxonomy.get(axis):
                counts[axis, value] = counts.get((axis, value), 0) + 1
    return counts
