"""Figures of a programme, of one expert, and one's own: tables with intervals, no ranks. Reads through app."""

from collections.abc import Iterable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from tallystick.app import access, monitoring
from tallystick.edge import Site, Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.monitoring import figures as flow
from tallystick.flow.monitoring import told
from tallystick.flow.monitoring.advice import advice
from tallystick.flow.monitoring.figures import Figure, Kind, Shown
from tallystick.flow.refusal import Refused
from tallystick.plots import IntervalPlot, IntervalRow
from tallystick.web import frame
from tallystick.web.frame import Place
from tallystick.web.language import N_, Words, counted, resaid, said
from tallystick.web.language.formats import count
from tallystick.web.monitoring.shares import Rated, Timed, limits, percent, share_of_rate, share_of_time
from tallystick.web.views import monitoring as views
from tallystick.web.views.parts import Fact, Link, Pill

T = TypeVar("T")
SECTION = N_("Quality")
NOTHING_CLEAR = N_(
    "Nothing stands out beyond what chance shows in so many figures, or there are too few judgments, or too few "
    "colleagues on the same items, to tell."
)
OVERVIEW_NOTE = N_(
    "A share stands only on twenty judgments or more. Intervals are at 95 % and take judgments as independent: with "
    "few experts they are too narrow. To differ is no error: with two judges both differ equally."
)
EXPERT_NOTE = N_(
    "“With the others” draws the share towards all experts by as much as there are few rows. A figure is marked when "
    "it lies at least five points beyond all experts and chance does not explain it, over all figures of this page. "
    "Nobody is ranked, and none of it decides anything about a person."
)
OWN_NOTE = N_(
    "Everything that you judged is counted. How often you differ from others is counted on items that are closed, in "
    "steps of twenty. To differ is no error: whoever sees what the others miss differs too."
)
_OWN_DEFECTS = Words({
    "copied-from-self": "Reasons with the words of an earlier reason of yours again",
    "copied-from-page": "Reasons with only the words of the page",
    "quote-not-found": "Reasons with a quote that is not in the item",
})  # fmt: skip
_AXES = Words({"domain": "domain"})
"""Other axes are those of the items' own taxonomy."""
_DEFECTS = Words({
    "copied-from-self": "Reasons with the words of an earlier reason again",
    "copied-from-page": "Reasons with only the words of the page",
    "quote-not-found": "Reasons with a quote that is not in the item",
})  # fmt: skip


def mount(site: Site) -> None:
    """Register figures."""
    site.page("/programmes/{programme}/monitoring", overview, permission="monitor.read")
    site.page("/programmes/{programme}/experts/{person}", expert, permission="monitor.read")
    site.page("/me/figures/{programme}", own, permission="work.do")


def overview(visit: Visit) -> PageAnswer:
    """What a programme's judgments show, and the way to everything else that is watched."""
    programme = visit.path["programme"]
    found = monitoring.overview(visit.cell, visit.actor, programme, by=visit.query.get("by", monitoring.DOMAIN))
    if isinstance(found, Refused):
        return found
    root = f"/programmes/{programme}"
    view = views.MonitoringPage(
        judgments=found.counted.judgments, items=found.counted.items, links=_links(visit, root),
        axes=axes(f"{root}/monitoring", found.axes, found.by), tables=_tables(found.shares, found.times, found.by),
        plot=_plot(found.shares),
        judges=tuple(
            Link(
                label=judge.name, href=f"{root}/experts/{judge.person}",
                note=counted("%(number)s judgment", "%(number)s judgments", judge.judgments),
            )
            for judge in found.judges
        ),
        note=said(OVERVIEW_NOTE),
    )  # fmt: skip
    at = Place(trail=((found.programme.title, root),), programme=programme, section=SECTION)
    return frame.shown("monitoring/overview.html", view, frame.page(visit, said(SECTION), at=at))


def _links(visit: Visit, root: str) -> tuple[Link, ...]:
    offered = (
        ("monitor.read", Link(label=said("The report: causes and what to do"), href=f"{root}/report")),
        ("gate.read", Link(label=said("Agreement over time"), href=f"{root}/agreement/slices?by=week")),
        ("monitor.read", Link(label=said("Shortcuts: does form decide?"), href=f"{root}/shortcuts")),
        ("monitor.read", Link(label=said("Second looks: what got through?"), href=f"{root}/rereview")),
    )
    return tuple(link for permission, link in offered if access.allows(visit.actor, permission))


def axis_name(name: str) -> str:
    """An axis along which items can be parted, as people read it."""
    return _AXES.get(name) or name.replace("_", " ")


def axes(root: str, names: Sequence[str], chosen: str) -> tuple[Link, ...]:
    """The axes along which items can be parted into families."""
    return tuple(
        Link(
            label=axis_name(name), href=f"{root}?{urlencode({'by': name})}",
            note=said("shown") if name == chosen else "",
        )
        for name in names
    )  # fmt: skip


_HEADINGS = Words({
    flow.ABSTENTION: "Abstention", flow.CONTEXT: "Context that was lacking",
    flow.DISAGREEMENT: "Difference from others", flow.DEFECTS: "Reasons with a defect",
})  # fmt: skip


def _name(kind: Kind) -> str:
    on = said("Verdict") if kind.dimension == flow.VERDICT else told.dimension(kind).capitalize()
    return on if kind.family == flow.ALL else said("%(on)s, %(family)s", on=on, family=told.family(kind))


def _tables(shares: Sequence[Shown], times: Sequence[Timed], by: str) -> tuple[views.FigureTable, ...]:
    return (
        *(_table(measure, [one for one in shares if one.kind.measure == measure], by) for measure in flow.MEASURES),
        times_of(times, by),
    )


def _table(measure: str, shares: Iterable[Shown], by: str) -> views.FigureTable:
    rows = [
        views.FigureRow(
            name=_name(one.kind), share=views.Share(
                value="" if one.share is None else percent(one.share),
                interval=limits(one.interval),
                of=count(one.n),
            ),
        )
        for one in _telling([(one.kind, one.n, one) for one in shares])
    ]  # fmt: skip
    caption = said("Over all experts, by criterion and by %(axis)s", axis=axis_name(by))
    return views.FigureTable(
        id=measure, heading=_HEADINGS[measure], caption=caption, of=said("judgments"), rows=tuple(rows)
    )  # fmt: skip


def _telling(rows: Sequence[tuple[Kind, int, T]]) -> list[T]:
    """Those that tell anything: not what nobody judged, nor one family that is all that there is of its kind."""
    whole = {kind.dimension: n for kind, n, _ in rows if kind.family == flow.ALL}
    return [one for kind, n, one in rows if n and (kind.family == flow.ALL or n != whole.get(kind.dimension))]


def times_of(times: Sequence[Timed], by: str) -> views.FigureTable:
    """Median active time. It is for pay and planning: short is neither good nor bad."""
    rows = [
        views.FigureRow(
            name=said("All") if one.group[0] == flow.ALL else one.group[0].replace("_", " ").capitalize(),
            share=share_of_time(one),
        )
        for one in times
    ]  # fmt: skip
    return views.FigureTable(
        id="time", heading=said("Active time"), of=said("judgments"), rows=tuple(rows),
        caption=said("Median for one judgment, by %(axis)s", axis=axis_name(by)),
        note=said("Time is for pay and planning. Short is neither good nor bad."),
    )  # fmt: skip


def _plot(shares: Sequence[Shown]) -> IntervalPlot | None:
    rows = tuple(
        IntervalRow(
            label=_name(one.kind), value=one.share, low=one.interval.low if one.interval else None,
            high=one.interval.high if one.interval else None,
        )
        for one in shares
        if one.kind.measure == flow.DISAGREEMENT and one.kind.family == flow.ALL and one.share is not None
    )  # fmt: skip
    return IntervalPlot(title=said("How often two experts differ"), rows=rows) if rows else None


def expert(visit: Visit) -> PageAnswer:
    """One expert: what would help them, and their figures beside those of all."""
    programme, person = visit.path["programme"], visit.path["person"]
    by = visit.query.get("by", monitoring.DOMAIN)
    found = monitoring.expert(visit.cell, visit.actor, programme, person, by=by)
    if isinstance(found, Refused):
        return found
    root = f"/programmes/{programme}"
    given = advice(found.figures)
    partners = counted("%(number)s colleague", "%(number)s colleagues", found.partners)
    judgments = counted("%(number)s judgment", "%(number)s judgments", found.judge.judgments)
    view = views.ExpertPage(
        lead=said(
            "%(judgments)s that count, with %(colleagues)s on the same items.", judgments=judgments, colleagues=partners
        ),
        advice=tuple(views.Advice(sentence=resaid(one.sentence), todo=resaid(one.todo)) for one in given),
        none_stands_out="" if given else said(NOTHING_CLEAR), facts=_facts(found),
        axes=axes(f"{root}/experts/{person}", found.axes, found.by),
        tables=(
            *(_held(m, [one for one in found.figures if one.kind.measure == m], found.by) for m in flow.MEASURES),
            times_of(found.times, found.by),
        ),
        note=said(EXPERT_NOTE),
    )  # fmt: skip
    trail = ((found.programme.title, root), (said(SECTION), f"{root}/monitoring"))
    at = Place(trail=trail, programme=programme, section=SECTION)
    return frame.shown("monitoring/expert.html", view, frame.page(visit, found.judge.name, at=at))


def _facts(found: monitoring.ExpertPage) -> tuple[Fact, ...]:
    facts = [
        Fact(term=_DEFECTS.get(name) or said("Reasons with %(defect)s", defect=name), value=count(n))
        for name, n in found.defects.items()
    ]
    if found.overturn is not None:
        facts.append(Fact(term=said("Cases that an adjudicator decided otherwise"), value=_fact(found.overturn)))
    if found.sentinels is not None:
        facts.append(Fact(term=said("Sentinels answered right"), value=_fact(found.sentinels)))
    return tuple(facts)


def _fact(rate: Rated) -> str:
    shown = share_of_rate(rate)
    if shown.value:
        return said(
            "%(share)s (%(interval)s) of %(number)s", share=shown.value, interval=shown.interval, number=shown.of
        )
    return said("too few to say: %(number)s", number=shown.of)


def _held(measure: str, found: Iterable[Figure], by: str) -> views.FigureTable:
    rows = [
        views.FigureRow(
            name=_name(one.kind), share=share_of_rate(one.rate),
            pooled=percent(one.rate.pooled) if one.rate.pooled is not None and one.rate.share is not None else "",
            all_experts="" if one.all_experts is None else percent(one.all_experts),
            status=Pill(label="worth a look", tone="waiting") if one.is_clear else None,
        )
        for one in _telling([(one.kind, one.rate.n, one) for one in found])
    ]  # fmt: skip
    caption = said("By criterion and by %(axis)s", axis=axis_name(by))
    return views.FigureTable(
        id=measure, heading=_HEADINGS[measure], caption=caption, of=said("judgments"), rows=tuple(rows), is_held=True
    )  # fmt: skip


def own(visit: Visit) -> PageAnswer:
    """An expert's own figures: nothing of sentinels, of others, or of open items."""
    programme = visit.path["programme"]
    found = monitoring.own(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    mine = found.own
    tables = [
        views.FigureTable(
            id=measure, heading=_HEADINGS[measure], caption=said("Of your own judgments"), of=said("judgments"),
            rows=tuple(
                views.FigureRow(name=_name(kind), share=share_of_rate(rate))
                for kind, rate in mine.shares
                if kind.measure == measure
            ),
        )
        for measure in flow.MEASURES
        if measure != flow.DISAGREEMENT
    ]  # fmt: skip
    differing = views.FigureTable(
        id=flow.DISAGREEMENT, heading=_HEADINGS[flow.DISAGREEMENT],
        caption=said("On closed items, in steps of twenty"), of=said("items"),
        rows=(views.FigureRow(name=said("Verdict"), share=share_of_rate(mine.differing)),),
    )  # fmt: skip
    view = views.OwnPage(
        lead=counted(
            "%(number)s judgment of yours in %(programme)s.", "%(number)s judgments of yours in %(programme)s.",
            mine.judgments, programme=found.programme.title,
        ),
        facts=tuple(Fact(term=_OWN_DEFECTS.get(n) or said("Reasons with %(defect)s", defect=n), value=count(k))
            for n, k in mine.defects.items()
        ),
        tables=(*tables, differing, times_of(mine.times, "domain")), note=said(OWN_NOTE),
    )  # fmt: skip
    at = Place(trail=((said("My work"), "/me"),))
    return frame.shown("monitoring/own.html", view, frame.page(visit, said("My figures"), at=at))
