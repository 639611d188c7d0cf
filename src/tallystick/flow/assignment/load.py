"""How evenly work is spread over people. Pure."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tallystick.canon import PPM


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How evenly work is spread. `gini_ppm` is 0 when all have the same, and near a million when one has all."""

    people: int
    least: int
    median: int
    most: int
    gini_ppm: int


def spread(loads: Sequence[int]) -> Spread | None:
    """The spread of what people have done; None without people. The median is one that somebody has.

    source  Gini (1912), as the mean absolute difference over twice the mean
    """
    if not loads:
        return None
    ordered = sorted(loads)
    total, n = sum(ordered), len(ordered)
    weighted = sum((2 * place - n - 1) * load for place, load in enumerate(ordered, 1))
    return Spread(
        people=n, least=ordered[0], median=statistics.median_low(ordered), most=ordered[-1],
        gini_ppm=weighted * PPM // (n * total) if total else 0,
    )  # fmt: skip
