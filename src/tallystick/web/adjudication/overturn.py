"""What ended cases say: overturn rates, and adjudicators' remarks on a rubric. Reads through app."""

from tallystick.app import adjudication
from tallystick.edge import Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.overturn import Overturns
from tallystick.flow.refusal import Refused
from tallystick.plots import IntervalPlot, IntervalRow
from tallystick.web import frame, words
from tallystick.web.adjudication.queue import SECTION
from tallystick.web.language import N_, said, told
from tallystick.web.language.formats import number
from tallystick.web.views import adjudication as views
from tallystick.web.views.parts import Estimate, Pill

ROWS_MAX = 40
NOBODY = N_("nobody decided")


def overturns(visit: Visit) -> PageAnswer:
    """Overturn rates by expert, criterion and domain."""
    programme = visit.path["programme"]
    found = adjudication.overturns(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    at = frame.inside(visit, programme, SECTION, (said(SECTION), f"/programmes/{programme}/disagreements"))
    lead = said("How often adjudicators decided otherwise than those who had judged.")
    page = frame.page(visit, said("Overturn rates"), lead=lead, at=at)
    return frame.shown("adjudication/overturns.html", _view(found, frame.names(visit)), page)


def _view(found: Overturns, known: dict[str, str]) -> views.Overturns:
    tables = tuple(
        views.OverturnTable(
            title=title, column=column,
            rows=tuple(
                views.OverturnRow(
                    name=", ".join(known.get(part, part) for part in rate.group), overturned=int(rate.count),
                    judgments=rate.n, estimate=_estimate(rate.share, rate.interval, rate.reason),
                    pooled=_estimate(rate.pooled, rate.pooled_interval, "") if rate.pooled is not None else None,
                    abstained=found.abstained.get(rate.group[0], 0) if is_expert else None,
                )
                for rate in sorted(rates, key=lambda one: -one.n)[:ROWS_MAX]
            ),
            left_out=max(0, len(rates) - ROWS_MAX),
        )
        for title, column, rates, is_expert in (
            (said("By criterion"), said("Criterion"), found.by_criterion, False),
            (said("By domain"), said("Domain"), found.by_domain, False),
            (said("By expert"), said("Expert"), found.by_expert, True),
            (said("By expert and criterion"), said("Expert, criterion"), found.by_both, False),
        )
        if rates
    )  # fmt: skip
    return views.Overturns(
        cases=found.cases, count_min=found.count_min, tables=tables,
        plot=_plot(found),
    )  # fmt: skip


def _plot(found: Overturns) -> IntervalPlot | None:
    if not found.by_criterion:
        return None
    rows = [
        IntervalRow(
            label=rate.group[0], value=rate.share, low=rate.interval.low if rate.interval else None,
            high=rate.interval.high if rate.interval else None, reason=told(rate.reason or NOBODY),
        )
        for rate in found.by_criterion[:ROWS_MAX]
    ]  # fmt: skip
    return IntervalPlot(title=said("Overturned, by criterion"), rows=tuple(rows))


def _estimate(value: float | None, interval: object, reason: str | None) -> Estimate:
    """A share with its interval; where there are too few rows, how little they say."""
    low, high = getattr(interval, "low", None), getattr(interval, "high", None)
    if value is not None or low is None or high is None:
        return Estimate(value=value, low=low, high=high, reason=told(reason or ""))
    return Estimate(
        value=None,
        low=low,
        high=high,
        reason=said("too few: between %(low)s and %(high)s", low=number(low), high=number(high)),
    )


def remarks(visit: Visit) -> PageAnswer:
    """What adjudicators said of a rubric. That it was opened is an event."""
    programme, rubric = visit.path["programme"], visit.path["rubric_id"]
    found = adjudication.remarks(visit.cell, visit.actor, programme, rubric)
    if isinstance(found, Refused):
        return found
    root = f"/programmes/{programme}"
    view = views.Remarks(
        rubric_href=f"{root}/rubrics/{rubric}",
        remarks=tuple(
            views.RemarkRow(
                criterion=one.row.criterion, what=Pill(label=words.FAULTS.get(one.row.what) or one.row.what),
                version=one.row.rubric_version, text=one.words, at=words.moment(one.row.at),
                href=f"/items/{one.row.item}",
            )
            for one in found
        ),
    )  # fmt: skip
    at = frame.inside(
        visit, programme, "Rubrics", (said("Rubrics"), f"{root}/rubrics"), (rubric, f"{root}/rubrics/{rubric}")
    )
    page = frame.page(visit, said("What adjudicators said of %(rubric)s", rubric=rubric), at=at)
    return frame.shown("adjudication/remarks.html", view, page)
