"""Plots of numbers that come with an interval and a threshold. Reads nothing, writes nothing."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from tallystick.plots import svg
from tallystick.plots.wording import ENGLISH, Wording

_ROW_PX = 46
_AXIS_PX = 26
_EDGE = 0.015  # room at both ends, so that a mark at 0 or 1 is not cut in half


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalRow:
    """One number. `value` None means undefined, with its reason: never drawn as 0 or 1."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    threshold: float | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuses a number that cannot be drawn truly."""
        if (self.low is None) != (self.high is None):
            raise ValueError(f"expected both ends of the interval of {self.label!r} or none, found one")
        if self.value is None and not self.reason:
            raise ValueError(f"expected a reason why {self.label!r} is undefined, found none")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalPlot:
    """Rows of numbers on one shared axis from `axis_min` to `axis_max`."""

    title: str
    rows: tuple[IntervalRow, ...]
    axis_max: float = 1.0

    @property
    def axis_min(self) -> float:
        """Where the axis begins: at 0, or at -1 when a value or an end of an interval lies below 0."""
        return _begin(self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPoint:
    """One measurement in time; `when` is the short label on the axis."""

    when: str
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPlot:
    """How one number moved, oldest first, against its threshold."""

    title: str
    points: tuple[HistoryPoint, ...]
    threshold: float | None = None
    axis_max: float = 1.0

    @property
    def axis_min(self) -> float:
        """Where the axis begins: at 0, or at -1 when a value or an end of an interval lies below 0."""
        return _begin(self.points)


def _begin(drawn: Iterable[IntervalRow | HistoryPoint]) -> float:
    marks = (mark for one in drawn for mark in (one.value, one.low, one.high) if mark is not None)
    return -1.0 if any(mark < 0 for mark in marks) else 0.0


def place(value: float, axis_min: float, axis_max: float) -> float:
    """Where a value stands between the edges, 0 to 1. What lies beyond stands at the end."""
    share = (min(max(value, axis_min), axis_max) - axis_min) / (axis_max - axis_min)
    return _EDGE + share * (1 - 2 * _EDGE)


def draw_intervals(plot: IntervalPlot, wording: Wording = ENGLISH) -> str:
    """Each row: label and number, and under them the track with interval and threshold."""
    drawn, height = [], 0
    for row in plot.rows:
        part, taken = _interval_row(plot, row, height, wording)
        drawn.append(part)
        height += taken
    drawn.append(_axis(plot.axis_min, plot.axis_max, height + 14, wording))
    return svg.picture(plot.title, _heard_intervals(plot, wording), height + _AXIS_PX, "".join(drawn))


def _interval_row(plot: IntervalPlot, row: IntervalRow, top: int, wording: Wording) -> tuple[str, int]:
    named, lower = svg.label(row.label, y=top + 15)
    track = top + lower + 30
    passes = _verdict(row)
    parts = [
        named,
        svg.text(
            wording.written(row.value, row.low, row.high),
            x="100%", y=top + 15, kind=f"plot-number plot-{passes}", anchor="end",
        ),
        svg.line("plot-track", ("0", track), ("100%", track)),
    ]  # fmt: skip

    def at(value: float) -> str:
        return svg.percent(place(value, plot.axis_min, plot.axis_max))

    if row.threshold is not None:
        parts.append(svg.line("plot-threshold", (at(row.threshold), track - 8), (at(row.threshold), track + 8)))
    if row.low is not None and row.high is not None:
        parts.append(svg.line(f"plot-interval plot-{passes}", (at(row.low), track), (at(row.high), track)))
    if row.value is not None:
        parts.append(svg.dot(f"plot-dot plot-{passes}", x=at(row.value), y=track, radius=5))
    return "".join(parts), _ROW_PX + lower


def _verdict(row: IntervalRow) -> str:
    if row.value is None or row.threshold is None:
        return "neutral"
    return "pass" if row.value >= row.threshold else "fail"


def _axis(axis_min: float, axis_max: float, y: int, wording: Wording) -> str:
    middle = (axis_min + axis_max) / 2
    return "".join(
        svg.text(wording.figure(value), x=edge, y=y, kind="plot-axis", anchor=anchor)
        for value, edge, anchor in (
            (axis_min, "0", "start"),
            (middle, "50%", "middle"),
            (axis_max, "100%", "end"),
        )
    )


def _heard_intervals(plot: IntervalPlot, wording: Wording) -> str:
    return " ".join(_heard_row(row, wording) for row in plot.rows) or wording.nothing_measured


def _heard_row(row: IntervalRow, wording: Wording) -> str:
    values = {"label": row.label, "number": wording.written(row.value, row.low, row.high), "reason": row.reason}
    if row.threshold is None:
        return (wording.row_without if row.value is None else wording.row) % values
    against = wording.row_without_against if row.value is None else wording.row_against
    return against % {**values, "threshold": wording.figure(row.threshold)}


_HISTORY_PX = 132


def draw_history(plot: HistoryPlot, wording: Wording = ENGLISH) -> str:
    """A line through the measurements; an undefined one leaves a gap, never a zero."""
    parts = _history_frame(plot, wording)
    points = [(_across(index, len(plot.points)), point) for index, point in enumerate(plot.points)]
    for (x_from, before), (x_to, after) in itertools.pairwise(points):
        if before.value is not None and after.value is not None:
            start = (svg.percent(x_from), _down(plot, before.value))
            parts.append(svg.line("plot-line", start, (svg.percent(x_to), _down(plot, after.value))))
    for x, point in points:
        parts.append(_history_point(plot, point, svg.percent(x)))
    parts.extend(
        svg.text(plot.points[index].when, x=edge, y=_HISTORY_PX + 20, kind="plot-axis", anchor=anchor)
        for index, edge, anchor in _ends(len(plot.points))
    )
    heard = _heard_history(plot, wording) or wording.nothing_measured
    return svg.picture(plot.title, heard, _HISTORY_PX + 28, "".join(parts))


def _heard_history(plot: HistoryPlot, wording: Wording) -> str:
    told = " ".join(
        wording.row % {"label": point.when, "number": wording.written(point.value, point.low, point.high)}
        for point in plot.points
    )
    if plot.threshold is None or not told:
        return told
    return f"{told} {wording.threshold % {'number': wording.figure(plot.threshold)}}"


def _ends(count: int) -> tuple[tuple[int, str, str], ...]:
    if count == 0:
        return ()
    return ((0, "8%", "start"), (count - 1, "100%", "end")) if count > 1 else ((0, "54%", "middle"),)


def _across(index: int, count: int) -> float:
    return 0.54 if count == 1 else 0.1 + 0.88 * index / (count - 1)


def _down(plot: HistoryPlot, value: float) -> int:
    share = place(value, plot.axis_min, plot.axis_max)
    return round(6 + (1 - share) * (_HISTORY_PX - 12))


def _history_frame(plot: HistoryPlot, wording: Wording) -> list[str]:
    parts = []
    for value in (plot.axis_min, (plot.axis_min + plot.axis_max) / 2, plot.axis_max):
        y = _down(plot, value)
        parts.append(svg.line("plot-track", ("8%", y), ("100%", y)))
        parts.append(svg.text(wording.figure(value), x="0", y=y + 4, kind="plot-axis"))
    if plot.threshold is not None:
        y = _down(plot, plot.threshold)
        parts.append(svg.line("plot-threshold", ("8%", y), ("100%", y)))
    return parts


def _history_point(plot: HistoryPlot, point: HistoryPoint, x: str) -> str:
    if point.value is None:
        return svg.text("?", x=x, y=_HISTORY_PX - 12, kind="plot-axis", anchor="middle")
    row = IntervalRow(label="", value=point.value, threshold=plot.threshold)
    drawn = ""
    if point.low is not None and point.high is not None:
        ends = ((x, _down(plot, point.low)), (x, _down(plot, point.high)))
        drawn = svg.line(f"plot-whisker plot-{_verdict(row)}", *ends)
    return drawn + svg.dot(f"plot-dot plot-{_verdict(row)}", x=x, y=_down(plot, point.value), radius=4)
