"""The report on quality as a page and as Markdown. Reads through app."""

from starlette.responses import Response

from tallystick.app import monitoring
from tallystick.edge import Site, Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.monitoring import sections
from tallystick.flow.monitoring.sections import Section
from tallystick.flow.monitoring.told import COUNT, SHARE, Number
from tallystick.flow.monitoring.written import markdown
from tallystick.flow.refusal import Refused
from tallystick.web import frame
from tallystick.web.frame import Place
from tallystick.web.language import N_, counted, formats, resaid, said
from tallystick.web.language.formats import count
from tallystick.web.monitoring.shares import percent
from tallystick.web.views import monitoring as views
from tallystick.web.views.parts import Link

HEADING = N_("Report on quality")
SECTION = N_("Quality")


def mount(site: Site) -> None:
    """Register the report."""
    site.page("/programmes/{programme}/report", report, permission="monitor.read")
    site.page("/programmes/{programme}/report.md", source, permission="monitor.read")


def report(visit: Visit) -> PageAnswer:
    """Why a programme's judgments are no better, what to do, and what was done."""
    programme = visit.path["programme"]
    page = monitoring.quality(visit.cell, visit.actor, programme)
    if isinstance(page, Refused):
        return page
    found, root = page.report, f"/programmes/{programme}"
    view = views.ReportPage(
        lead=said(
            "Of %(judgments)s on %(items)s, up to journal entry %(entry)s. Intervals are at 95 %%. No person is named.",
            judgments=counted("%(number)s judgment", "%(number)s judgments", found.judgments),
            items=counted("%(number)s item", "%(number)s items", found.items), entry=count(found.upto),
        ),
        summary=tuple(resaid(one) for one in found.summary),
        sections=tuple(_section(section, way=_way(visit, root, section)) for section in found.sections),
        download=Link(label=said("Download as Markdown"), href=f"{root}/report.md"),
    )  # fmt: skip
    trail = ((page.programme.title, root), (said(SECTION), f"{root}/monitoring"))
    at = Place(trail=trail, programme=programme, section=SECTION)
    return frame.shown("monitoring/report.html", view, frame.page(visit, said(HEADING), at=at))


_WAYS = {
    sections.AGREEMENT: (N_("Agreement"), "/agreement"), sections.ITEMS: (N_("Items"), "/items"),
    sections.DISAGREEMENTS: (N_("Disagreements by cause"), "/causes"), sections.PEOPLE: (N_("Sentinels"), "/sentinels"),
    sections.SHORTCUTS: (N_("Shortcuts"), "/shortcuts"), sections.ESCAPE: (N_("Second looks"), "/rereview"),
}  # fmt: skip
"""A question: the page below the programme on which its answer is got."""


def _way(visit: Visit, root: str, section: Section) -> Link | None:
    """The way to an answer that is missing, for those who may go there."""
    label, path = _WAYS.get(section.id, ("", ""))
    if not section.missing or not path or not visit.leads(f"{root}{path}"):
        return None
    return Link(label=said(label), href=f"{root}{path}")


def _section(section: Section, *, way: Link | None) -> views.ReportSection:
    numbers = dict.fromkeys([*(n for cause in section.causes for n in cause.numbers), *section.numbers])
    return views.ReportSection(
        id=section.id, heading=resaid(section.title), answer=resaid(section.answer), missing=resaid(section.missing),
        link=way,
        causes=tuple(
            views.CauseRow(sentence=resaid(cause.sentence), action=resaid(cause.action), is_clear=cause.is_clear)
            for cause in section.causes
        ),
        numbers=tuple(
            views.NumberRow(
                name=resaid(n.name), value=_value(n), of=count(n.n) if n.n else "", origin=resaid(n.origin)
            )
            for n in numbers
        ),
    )  # fmt: skip


def _value(one: Number) -> str:
    """A figure with its interval: `flow.monitoring.written.value_of` in the language of the reader."""
    if one.value is None:
        return said("too few")
    if one.unit == COUNT:
        return count(round(one.value))
    show = percent if one.unit == SHARE else formats.number
    if one.low is None or one.high is None:
        return show(one.value)
    return said("%(value)s (%(low)s to %(high)s)", value=show(one.value), low=show(one.low), high=show(one.high))


def source(visit: Visit) -> PageAnswer:
    """The report as Markdown."""
    page = monitoring.quality(visit.cell, visit.actor, visit.path["programme"])
    if isinstance(page, Refused):
        return page
    name = f"{page.programme.programme}-quality.md"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(markdown(page.report).encode(), media_type="text/markdown", headers=headers)
