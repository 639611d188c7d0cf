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
from tallystick.web import frame, words
from tallystick.web.frame import Place
from tallystick.web.monitoring.shares import Rated, Timed, limits, share_of_rate, share_of_time
from tallystick.web.views import monitoring as views
from tallystick.web.views.parts import Fact, Link, Pill

T = TypeVar("T")
SECTION = "Quality"
NOTHING_CLEAR = (
    "Nothing stands out beyond what chance shows in so many figures, or there are too few judgments, or too few "
    "colleagues on the same items, to tell."
)
OVERVIEW_NOTE = (
    "A share stands only on twenty judgments or more. Intervals are at 95 % and take judgments as independent: with "
    "few experts they are too narrow. To differ is no error: with two judges both differ equally."
)
EXPERT_NOTE = (
    "“With the others” draws the share towards all experts by as much as there are few rows. A figure is marked when "
    "it lies at least five points beyond all experts and chance does not explain it, over all figures of this page. "
    "Nobody is ranked, and none of it decides anything about a person."
)
OWN_NOTE = (
    "Everything that you judged is counted. How often you differ from others is counted on items that are closed, in "
    "steps of twenty. To differ is no error: whoever sees what the others miss differs too."
)
_DEFECTS = {
    "copied-from-self": "the words of an earlier reason of yours again",
    "copied-from-page": "only the words of the page",
}


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
                note=words.plural(judge.judgments, "judgment", "judgments"),
            )
            for judge in found.judges
        ),
        note=OVERVIEW_NOTE,
    )  # fmt: skip
    at = Place(trail=((found.programme.title, root),), programme=programme, section=SECTION)
    return frame.shown("monitoring/overview.html", view, frame.page(visit, SECTION, at=at))


def _links(visit: Visit, root: str) -> tuple[Link, ...]:
    offered = (
        ("monitor.read", Link(label="The report: causes and what to do", href=f"{root}/report")),
        ("gate.read", Link(label="Agreement over time", href=f"{root}/agreement/slices?by=week")),
        ("monitor.read", Link(label="Shortcuts: does form decide?", href=f"{root}/shortcuts")),
        ("monitor.read", Link(label="Second looks: what got through?", href=f"{root}/rereview")),
    )
    return tuple(link for permission, link in offered if access.allows(visit.actor, permission))


def axes(root: str, names: Sequence[str], chosen: str) -> tuple[Link, ...]:
    """The axes along which items can be parted into families."""
    return tuple(
        Link(
            label=name.replace("_", " "), href=f"{root}?{urlencode({'by': name})}",
            note="shown" if name == chosen else "",
        )
        for name in names
    )  # fmt: skip


_HEADINGS = {
    flow.ABSTENTION: ("Abstention", "judgments"), flow.CONTEXT: ("Context that was lacking", "judgments"),
    flow.DISAGREEMENT: ("Difference from others", "judgments"),
    flow.DEFECTS: ("Reasons with a defect", "judgments"),
}  # fmt: skip


def _name(kind: Kind) -> str:
    on = "Verdict" if kind.dimension == flow.VERDICT else told.dimension(kind).capitalize()
    return on if kind.family == flow.ALL else f"{on}, {told.family(kind)}"


def _tables(shares: Sequence[Shown], times: Sequence[Timed], by: str) -> tuple[views.FigureTable, ...]:
    return (
        *(_table(measure, [one for one in shares if one.kind.measure == measure], by) for measure in flow.MEASURES),
        times_of(times, by),
    )


def _table(measure: str, shares: Iterable[Shown], by: str) -> views.FigureTable:
    heading, of = _HEADINGS[measure]
    rows = [
        views.FigureRow(
            name=_name(one.kind), share=views.Share(
                value="" if one.share is None else told.percent(one.share),
                interval=limits(one.interval),
                of=f"{one.n:,}",
            ),
        )
        for one in _telling([(one.kind, one.n, one) for one in shares])
    ]  # fmt: skip
    caption = f"Over all experts, by criterion and by {by.replace('_', ' ')}"
    return views.FigureTable(id=measure, heading=heading, caption=caption, of=of, rows=tuple(rows))


def _telling(rows: Sequence[tuple[Kind, int, T]]) -> list[T]:
    """Those that tell anything: not what nobody judged, nor one family that is all that there is of its kind."""
    whole = {kind.dimension: n for kind, n, _ in rows if kind.family == flow.ALL}
    return [one for kind, n, one in rows if n and (kind.family == flow.ALL or n != whole.get(kind.dimension))]


def times_of(times: Sequence[Timed], by: str) -> views.FigureTable:
    """Median active time. It is for pay and planning: short is neither good nor bad."""
    rows = [
        views.FigureRow(
            name="All" if one.group[0] == flow.ALL else one.group[0].replace("_", " ").capitalize(),
            share=share_of_time(one),
        )
        for one in times
    ]  # fmt: skip
    return views.FigureTable(
        id="time", heading="Active time", caption=f"Median for one judgment, by {by.replace('_', ' ')}", of="judgments",
        rows=tuple(rows), note="Time is for pay and planning. Short is neither good nor bad.",
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
    return IntervalPlot(title="How often two experts differ", rows=rows) if rows else None


def expert(visit: Visit) -> PageAnswer:
    """One expert: what would help them, and their figures beside those of all."""
    programme, person = visit.path["programme"], visit.path["person"]
    by = visit.query.get("by", monitoring.DOMAIN)
    found = monitoring.expert(visit.cell, visit.actor, programme, person, by=by)
    if isinstance(found, Refused):
        return found
    root = f"/programmes/{programme}"
    given = advice(found.figures)
    partners = words.plural(found.partners, "colleague", "colleagues")
    judgments = words.plural(found.judge.judgments, "judgment", "judgments")
    view = views.ExpertPage(
        lead=f"{judgments} that count, with {partners} on the same items.",
        advice=tuple(views.Advice(sentence=one.sentence, todo=one.todo) for one in given),
        none_stands_out="" if given else NOTHING_CLEAR, facts=_facts(found),
        axes=axes(f"{root}/experts/{person}", found.axes, found.by),
        tables=(
            *(_held(m, [one for one in found.figures if one.kind.measure == m], found.by) for m in flow.MEASURES),
            times_of(found.times, found.by),
        ),
        note=EXPERT_NOTE,
    )  # fmt: skip
    trail = ((found.programme.title, root), (SECTION, f"{root}/monitoring"))
    at = Place(trail=trail, programme=programme, section=SECTION)
    return frame.shown("monitoring/expert.html", view, frame.page(visit, found.judge.name, at=at))


def _facts(found: monitoring.ExpertPage) -> tuple[Fact, ...]:
    facts = [
        Fact(term=f"Reasons with {_DEFECTS.get(name, name).replace(' of yours', '')}", value=f"{n:,}")
        for name, n in found.defects.items()
    ]
    if found.overturn is not None:
        facts.append(Fact(term="Cases that an adjudicator decided otherwise", value=_fact(found.overturn)))
    if found.sentinels is not None:
        facts.append(Fact(term="Sentinels answered right", value=_fact(found.sentinels)))
    return tuple(facts)


def _fact(rate: Rated) -> str:
    shown = share_of_rate(rate)
    return f"{shown.value} ({shown.interval}) of {shown.of}" if shown.value else f"too few to say: {shown.of}"


def _held(measure: str, found: Iterable[Figure], by: str) -> views.FigureTable:
    heading, of = _HEADINGS[measure]
    rows = [
        views.FigureRow(
            name=_name(one.kind), share=share_of_rate(one.rate),
            pooled=told.percent(one.rate.pooled) if one.rate.pooled is not None and one.rate.share is not None else "",
            all_experts="" if one.all_experts is None else told.percent(one.all_experts),
            status=Pill(label="worth a look", tone="waiting") if one.is_clear else None,
        )
        for one in _telling([(one.kind, one.rate.n, one) for one in found])
    ]  # fmt: skip
    caption = f"By criterion and by {by.replace('_', ' ')}"
    return views.FigureTable(id=measure, heading=heading, caption=caption, of=of, rows=tuple(rows), is_held=True)


def own(visit: Visit) -> PageAnswer:
    """An expert's own figures: nothing of sentinels, of others, or of open items."""
    programme = visit.path["programme"]
    found = monitoring.own(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    mine = found.own
    tables = [
        views.FigureTable(
            id=measure, heading=_HEADINGS[measure][0], caption="Of your own judgments", of="judgments",
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
        id=flow.DISAGREEMENT, heading=_HEADINGS[flow.DISAGREEMENT][0], caption="On closed items, in steps of twenty",
        of="items", rows=(views.FigureRow(name="Verdict", share=share_of_rate(mine.differing)),),
    )  # fmt: skip
    view = views.OwnPage(
        lead=f"{words.plural(mine.judgments, 'judgment', 'judgments')} of yours in {found.programme.title}.",
        facts=tuple(Fact(term=f"Reasons with {_DEFECTS.get(n, n)}", value=f"{k:,}") for n, k in mine.defects.items()),
        tables=(*tables, differing, times_of(mine.times, "domain")), note=OWN_NOTE,
    )  # fmt: skip
    at = Place(trail=(("My work", "/me"),))
    return frame.shown("monitoring/own.html", view, frame.page(visit, "My figures", at=at))
