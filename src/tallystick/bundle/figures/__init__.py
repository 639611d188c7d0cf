"""The files of figures in a release, each computed from its tables alone. Pure: whoever checks computes them again."""

from collections.abc import Callable

from tallystick import canon
from tallystick.bundle.derive import Tables
from tallystick.bundle.figures.confusion import confusion
from tallystick.bundle.figures.figure import Figure, differences
from tallystick.bundle.figures.overturn import overturn
from tallystick.bundle.figures.trend import every_measurement, trend

__all__ = ["FIGURES", "differences", "every_measurement", "figures"]

CONFUSION, TREND, OVERTURN = "quality/confusion.json", "quality/trend.json", "quality/overturn.json"
FIGURES: dict[str, Callable[[Tables], Figure]] = {CONFUSION: confusion, TREND: trend, OVERTURN: overturn}
"""Path: what computes the file that stands there."""


def figures(tables: Tables) -> dict[str, bytes]:
    """Path: the bytes of each file of figures."""
    return {path: canon.encode(compute(tables)) + b"\n" for path, compute in FIGURES.items()}
