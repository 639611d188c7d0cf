"""Agreement of a programme along one axis: a plot, the same in numbers, and the other axes. Reads through app."""

from urllib.parse import urlencode

from tallystick.app import slices
from tallystick.app.slices import Sliced
from tallystick.canon import PPM
from tallystick.edge import Site, Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow import slices as flow
from tallystick.flow.refusal import Refused
from tallystick.flow.slices import Slice
from tallystick.plots import HistoryPlot, HistoryPoint, IntervalPlot
from tallystick.web import frame, words
from tallystick.web.contract import interval_row
from tallystick.web.frame import Place
from tallystick.web.language import N_, Words, counted, said
from tallystick.web.views import gate as views
from tallystick.web.views.parts import Link

SECTION = N_("Agreement")
POINTS_MAX = 26
_WORDS = Words({flow.VERSION: "rubric version", flow.SIGNAL: "kind of judgment"})


def mount(site: Site) -> None:
    """Register agreement by slice."""
    site.page("/programmes/{programme}/agreement/slices", by_axis, permission="gate.read")


def by_axis(visit: Visit) -> PageAnswer:
    """Agreement by batch, domain, week or another axis."""
    programme = visit.path["programme"]
    found = slices.sliced(visit.cell, visit.actor, programme, by=visit.query.get("by", flow.DOMAIN))
    if isinstance(found, Refused):
        return found
    root = f"/programmes/{programme}/agreement"
    axis = _axis(found.by)
    view = views.SlicesPage(
        axis=axis, head=axis[:1].upper() + axis[1:], coefficient=_coefficient(found),
        axes=tuple(
            Link(
                label=_axis(name), href=f"{root}/slices?{urlencode({'by': name})}",
                note=said("shown") if name == found.by else "",
            )
            for name in found.axes
        ),
        rows=tuple(_row(found, one) for one in found.slices),
        overview=IntervalPlot(
            title=said("Agreement by %(axis)s", axis=axis),
            rows=tuple(
                interval_row(one.name, words.estimate_of(one.found), _threshold(found, one)) for one in found.slices
            ),
        ),
        trends=_trends(found), note=_note(found),
    )  # fmt: skip
    at = Place(
        trail=((found.programme.title, f"/programmes/{programme}"), (said(SECTION), root)), programme=programme,
        section=SECTION,
    )  # fmt: skip
    return frame.shown("gate/slices.html", view, frame.page(visit, said("Agreement by %(axis)s", axis=axis), at=at))


def _axis(name: str) -> str:
    return _WORDS.get(name) or name.replace("_", " ")


def _coefficient(found: Sliced) -> str:
    if found.by == flow.CRITERION:
        return said("Krippendorff's alpha, ordinal, on scores")
    return words.METRICS.get(found.programme.metric) or found.programme.metric


def _threshold(found: Sliced, one: Slice) -> float | None:
    threshold = found.threshold.get(one.name)
    return None if threshold is None else threshold / PPM


def _row(found: Sliced, one: Slice) -> views.SliceRow:
    return views.SliceRow(
        name=one.name, estimate=words.estimate_of(one.found), threshold=_threshold(found, one), items=one.found.n_items,
        pairable=one.found.n_pairable, judgments=one.found.n_judgments, raters=one.found.n_raters,
        expected=one.expected,
    )  # fmt: skip


def _trends(found: Sliced) -> tuple[HistoryPlot, ...]:
    """Week by week, a plot for each rubric: each has its own threshold. None of what has fewer than two weeks."""
    named = {
        said("Agreement by week under the rubric %(rubric)s", rubric=name): weeks for name, weeks in found.weeks.items()
    }
    return tuple(
        HistoryPlot(
            title=title, points=tuple(_point(one) for one in parts[-POINTS_MAX:]),
            threshold=None if threshold is None else threshold / PPM,
        )
        for title, (threshold, parts) in named.items()
        if len(parts) > 1
    )  # fmt: skip


def _point(one: Slice) -> HistoryPoint:
    shown = words.estimate_of(one.found)
    return HistoryPoint(when=one.name, value=shown.value, low=shown.low, high=shown.high)


def _note(found: Sliced) -> str:
    parts = [said("Measured now from all judgments; no gate asks for it.")]
    if found.by == flow.WEEK:
        parts.append(
            said("An item stands in the week in which its last judgment came in. Thresholds are those in force now.")
        )
    expected = sum(one.expected for one in found.slices)
    if expected and found.by != flow.CRITERION:
        parts.append(
            counted(
                "%(number)s item declared as expected to divide stay out.",
                "%(number)s items declared as expected to divide stay out.",
                expected,
            )
        )
    if found.left_out:
        parts.append(
            counted(
                "%(number)s value with fewer judgments are not shown.",
                "%(number)s values with fewer judgments are not shown.",
                found.left_out,
            )
        )
    return " ".join(parts)
