"""The files of figures in a release, each computed from its tables alone. Pure: whoever checks computes them again."""

from collections.abc import Callable

from msgspec import Struct

from tallystick import canon
from tallystick.bundle.consensus import FIGURE as CONSENSUS
from tallystick.bundle.derive import Tables
from tallystick.bundle.figures.confusion import confusion
from tallystick.bundle.figures.disagreements import disagreements
from tallystick.bundle.figures.figure import Figure, differences
from tallystick.bundle.figures.interventions import contradictions, interventions
from tallystick.bundle.figures.monitoring import monitoring
from tallystick.bundle.figures.overturn import overturn
from tallystick.bundle.figures.trend import every_measurement, trend

__all__ = ["FIGURES", "contradictions", "differences", "every_measurement", "figures"]

FIGURES: dict[str, Callable[[Tables], Figure]] = {
    "quality/confusion.json": confusion,
    "quality/disagreements.json": disagreements,
    "quality/interventions.json": interventions,
    "quality/monitoring.json": monitoring,
    "quality/overturn.json": overturn,
    "quality/trend.json": trend,
}
"""Path: what computes the file that stands there."""


def figures(tables: Tables) -> dict[str, bytes]:
    """Path: the bytes of each file of figures."""
    found: dict[str, Struct] = {path: compute(tables) for path, compute in FIGURES.items()}
    if tables.consensus is not None:
        found[CONSENSUS] = tables.consensus.figure
    return {path: canon.encode(figure) + b"\n" for path, figure in found.items()}
