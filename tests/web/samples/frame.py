"""What all samples share: the frame of a page, and a sample with its name."""

from dataclasses import dataclass, replace

from tallystick.web.views.page import NavLink, Notice, Page
from tallystick.web.views.parts import HistoryEntry

DAY = "2026-11-21T"


@dataclass(frozen=True)
class Sample:
    """One page as it would be shown."""

    name: str
    template: str
    view: object
    page: Page


def lead(heading: str, *, here: str = "Programmes", **more: object) -> Page:
    """A page as a lead sees it, in a demo cell."""
    labels = (("Programmes", "/"), ("People", "/people"), ("My work", "/me"), ("Log", "/log"))
    nav = tuple(NavLink(label=label, href=href, is_current=label == here) for label, href in labels)
    frame = Page(
        title=heading,
        heading=heading,
        nav=nav,
        person_name="Mara Lindqvist",
        csrf_token="c5rf-t0ken",
        is_simulated=True,
    )
    return replace(frame, **more)  # type: ignore[arg-type]  # fields of Page, named by the caller


def within(heading: str, section: str, **more: object) -> Page:
    """A page inside the programme of the samples."""
    root = "/programmes/careful-answers"
    places = (
        ("Overview", root, None),
        ("Contract", f"{root}/contract", None),
        ("Rubrics", f"{root}/rubrics", None),
        ("Items", f"{root}/items", None),
        ("Agreement", f"{root}/agreement", None),
        ("Disagreements", f"{root}/disagreements", 7),
        ("Releases", f"{root}/releases", None),
    )
    sections = tuple(
        NavLink(label=label, href=href, count=count, is_current=label == section)
        for label, href, count in places
    )
    return lead(heading, sections=sections, sections_label="Careful answers", **more)


def expert(heading: str, **more: object) -> Page:
    """A page as an expert sees it."""
    nav = (
        NavLink(label="My work", href="/me", is_current=True, count=12),
        NavLink(label="Log", href="/log"),
    )
    return lead(heading, nav=nav, person_name="Dr. Ayşe Kılıç-Oyelaran", **more)


def event(index: int | None, minute: int, who: str, sentence: str, kind: str) -> HistoryEntry:
    """One event of 21 November."""
    at = f"{DAY}{9 + minute // 60:02d}:{minute % 60:02d}:07Z"
    return HistoryEntry(index=index, at=at, who=who, sentence=sentence, kind=kind)


REFUSED = Notice(
    kind="refused",
    sentence="Expected a judgment on an item that is yours; the lease ended at 12:40.",
    todo="Open your next item. What you wrote is kept in the draft below.",
)
DONE = Notice(kind="done", sentence="The contract is executed as of 20 November 2026.")
