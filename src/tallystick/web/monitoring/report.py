"""The report on quality as a page and as Markdown. Reads through app."""

from starlette.responses import Response

from tallystick.app import monitoring
from tallystick.edge import Site, Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.monitoring.report import Section
from tallystick.flow.monitoring.written import markdown, value_of
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web.frame import Place
from tallystick.web.views import monitoring as views
from tallystick.web.views.parts import Link

HEADING = "Report on quality"


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
        lead=f"Of {words.plural(found.judgments, 'judgment', 'judgments')} on "
        f"{words.plural(found.items, 'item', 'items')}, up to journal entry {found.upto:,}. Intervals are at 95 %. "
        "No person is named.",
        summary=found.summary, sections=tuple(_section(section) for section in found.sections),
        download=Link(label="Download as Markdown", href=f"{root}/report.md"),
    )  # fmt: skip
    trail = ((page.programme.title, root), ("Quality", f"{root}/monitoring"))
    at = Place(trail=trail, programme=programme, section="Quality")
    return frame.shown("monitoring/report.html", view, frame.page(visit, HEADING, at=at))


def _section(section: Section) -> views.ReportSection:
    numbers = dict.fromkeys([*(n for cause in section.causes for n in cause.numbers), *section.numbers])
    return views.ReportSection(
        id=section.id, heading=section.title, answer=section.answer, missing=section.missing,
        causes=tuple(
            views.CauseRow(sentence=cause.sentence, action=cause.action, is_clear=cause.is_clear)
            for cause in section.causes
        ),
        numbers=tuple(
            views.NumberRow(name=n.name, value=value_of(n), of=f"{n.n:,}" if n.n else "", origin=n.origin)
            for n in numbers
        ),
    )  # fmt: skip


def source(visit: Visit) -> PageAnswer:
    """The report as Markdown."""
    page = monitoring.quality(visit.cell, visit.actor, visit.path["programme"])
    if isinstance(page, Refused):
        return page
    name = f"{page.programme.programme}-quality.md"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(markdown(page.report).encode(), media_type="text/markdown", headers=headers)
