"""Plots of counts: fill against quota, the funnel of a programme, shares of a whole."""

from dataclasses import dataclass

from tallystick.plots import svg
from tallystick.plots.wording import ENGLISH, Wording

_ROW_PX = 42


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRow:
    """How many items of one slice there are against how many the sampling plan wants."""

    label: str
    filled: int
    quota: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FillPlot:
    """One bar for each slice of the sampling plan, each against its own quota."""

    title: str
    rows: tuple[FillRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStep:
    """How many items reached one step. `note` says what the count includes, where needed."""

    label: str
    count: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelPlot:
    """Steps from the first to the last, all drawn against the greatest count."""

    title: str
    steps: tuple[FunnelStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """One answer and how often it was given."""

    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SharePlot:
    """How often each answer was given, in the order in which the form shows them."""

    title: str
    rows: tuple[ShareRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A name, a number, and a bar as far as `share` goes."""

    label: str
    number: str
    share: float
    kind: str = "plot-bar"


def _drawn(row: _Row, top: int) -> tuple[str, int]:
    named, lower = svg.label(row.label, y=top + 14)
    written = svg.text(row.number, x="100%", y=top + 14, kind="plot-number", anchor="end")
    bed = svg.bar("plot-bed", start=0, end=1, y=top + lower + 22, height=8)
    return named + written + bed + svg.bar(row.kind, start=0, end=row.share, y=top + lower + 22, height=8), lower


def draw_fill(plot: FillPlot, wording: Wording = ENGLISH) -> str:
    """A full bar is a met quota. Beyond it the bar stays full and the number tells how far."""
    drawn = [
        _Row(
            label=row.label, number=wording.of_quota % _of(row, wording),
            share=min(row.filled / row.quota, 1.0) if row.quota else 1.0,
            kind="plot-bar plot-pass" if row.filled >= row.quota else "plot-bar",
        )
        for row in plot.rows
    ]  # fmt: skip
    heard = " ".join(wording.row_of_quota % {"label": row.label, **_of(row, wording)} for row in plot.rows)
    return _picture(plot.title, heard or wording.nothing_counted, drawn)


def _of(row: FillRow, wording: Wording) -> dict[str, str]:
    return {"done": wording.count(row.filled), "total": wording.count(row.quota)}


def draw_funnel(plot: FunnelPlot, wording: Wording = ENGLISH) -> str:
    """Every step against the greatest one, so that what was lost on the way is the empty part."""
    most = max((step.count for step in plot.steps), default=0)
    drawn = [
        _Row(label=step.label, number=wording.count(step.count), share=step.count / most if most else 0.0)
        for step in plot.steps
    ]
    heard = " ".join(
        (wording.row_noted if step.note else wording.row)
        % {"label": step.label, "number": wording.count(step.count), "note": step.note}
        for step in plot.steps
    )
    return _picture(plot.title, heard or wording.nothing_counted, drawn)


def draw_shares(plot: SharePlot, wording: Wording = ENGLISH) -> str:
    """Each answer as a share of all answers, with the count beside it."""
    total = sum(row.count for row in plot.rows)
    drawn = []
    for row in plot.rows:
        share = row.count / total if total else 0.0
        told = {"number": wording.count(row.count), "share": f"{100 * share:.0f}"}
        drawn.append(_Row(label=row.label, number=wording.share % told if total else wording.count(0), share=share))
    heard = " ".join(wording.row % {"label": row.label, "number": wording.count(row.count)} for row in plot.rows)
    return _picture(plot.title, heard or wording.nothing_counted, drawn)


def _picture(title: str, heard: str, rows: list[_Row]) -> str:
    parts, height = [], 0
    for row in rows:
        drawn, lower = _drawn(row, height)
        parts.append(drawn)
        height += _ROW_PX + lower
    return svg.picture(title, heard, max(height, 1), "".join(parts))
