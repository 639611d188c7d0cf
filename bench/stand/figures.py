"""Figures beside their limits: measured in turns, reported as medians. Prints tables for the documentation."""

import os
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Work = Callable[[], object]
Measured = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a table.

    limit       what the machine or the library alone does, in the same unit; None where there is no such thing
    limited_by  what that is, in words
    load        average of the last minute, when it was measured
    """

    what: str
    value: float
    unit: str
    limit: float | None
    limited_by: str
    load: float
    note: str = ""

    @property
    def line(self) -> str:
        """A row of a Markdown table."""
        limit = "" if self.limit is None else number(self.limit)
        ratio = "" if self.limit is None else f"{self.value / self.limit:.2f}"
        return (
            f"| {self.what} | {number(self.value)} {self.unit} | {limit} | {self.limited_by} | {ratio} "
            f"| {self.load:.1f} | {self.note} |"
        )


HEAD = "| what | figure | limit | of what | ratio | load | |\n| --- | --- | --- | --- | --- | --- | --- |"


def number(value: float) -> str:
    """Three significant digits, thousands apart."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def load() -> float:
    """Processes that wanted a core in the last minute, on average."""
    return os.getloadavg()[0]


def table(title: str, figures: Iterable[Figure]) -> None:
    """Print one table."""
    print(f"\n### {title}\n\n{HEAD}", flush=True)
    for figure in figures:
        print(figure.line, flush=True)


Clock = Callable[[], float]
WALL: Clock = time.perf_counter
PROCESSOR: Clock = time.process_time
"""For work that waits for nothing: what else the machine does is not counted."""


def seconds_of(work: Work, *, clock: Clock = WALL) -> float:
    """How long one call takes."""
    start = clock()
    work()
    return clock() - start


def per_second(work: Work, *, seconds: float, step: int = 1, clock: Clock = WALL) -> float:
    """Calls per second, over at least so many seconds; the clock is read after every `step` calls."""
    done, start = 0, clock()
    while (taken := clock() - start) < seconds:
        for _ in range(step):
            work()
        done += step
    return done / taken


def in_turns(measured: Mapping[str, Measured], *, rounds: int) -> dict[str, float]:
    """The median of every measurement, taken in turn: what else the machine does falls on all of them."""
    found: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(rounds):
        for name, measure in measured.items():
            found[name].append(measure())
    return {name: statistics.median(values) for name, values in found.items()}
