"""What all samples share: the frame of a page, and a sample with its name."""

from dataclasses import dataclass, replace
from typing import Literal, TypedDict, Unpack

from tallystick.web.views.page import NavGroup, NavLink, Notice, Page
from tallystick.web.views.parts import HistoryEntry

DAY = "2026-11-21T"


@dataclass(frozen=True)
class Sample:
    """One page as it would be shown."""

    name: str
    template: str
    view: object
    page: Page


class Frame(TypedDict, total=False):
    """The fields of a page that a sample may set."""

    lead: str
    nav: tuple[NavLink, ...]
    trail: tuple[NavLink, ...]
    sections: tuple[NavGroup, ...]
    sections_label: str
    notices: tuple[Notice, ...]
    person_name: str
    custody: Literal["software", "hardware"]
    is_simulated: bool
    language: str
    direction: Literal["ltr", "rtl"]


def lead(heading: str, *, here: str = "Programmes", **more: Unpack[Frame]) -> Page:
    """A page as a lead sees it, in a demo cell."""
    labels = (
        ("Programmes", "/"), ("People", "/people"), ("Erasures", "/erasures"), ("Access history", "/accesses"),
        ("Keys", "/custody"), ("Log", "/log"),
    )  # fmt: skip
    nav = tuple(NavLink(label=label, href=href, is_current=label == here) for label, href in labels)
    frame = Page(
        title=heading,
        heading=heading,
        nav=nav,
        person_name="Mara Lindqvist",
        csrf_token="c5rf-t0ken",
        is_simulated=True,
    )
    return replace(frame, **more)


def within(heading: str, section: str, **more: Unpack[Frame]) -> Page:
    """A page inside the programme of the samples."""
    root = "/programmes/careful-answers"
    groups: dict[str, tuple[tuple[str, str, int | None], ...]] = {
        "Overview": (("Overview", "", None),),
        "Set-up": (
            ("Contract", "/contract", None), ("Rubrics", "/rubrics", None), ("Checklist", "/checklist", None), ("Phase", "/phase", None),
        ),
        "Work": (
            ("Items", "/items", None), ("Load and tiers", "/load", None), ("Disagreements", "/disagreements", 7), ("Second looks", "/rereview", None),
            ("Held work", "/held", None), ("Pay", "/pay", None),
        ),
        "Quality": (
            ("Agreement", "/agreement", None), ("Interventions", "/interventions", None),
            ("Quality", "/monitoring", None), ("Sentinels", "/sentinels", None),
        ),
        "Releases": (("Releases", "/releases", None),),
    }  # fmt: skip
    sections = tuple(
        NavGroup(
            label=group,
            links=tuple(
                NavLink(label=label, href=root + path, count=count, is_current=label == section)
                for label, path, count in places
            ),
        )
        for group, places in groups.items()
    )
    return replace(lead(heading, **more), sections=sections, sections_label="Careful answers")


def expert(heading: str, **more: Unpack[Frame]) -> Page:
    """A page as an expert sees it."""
    nav = (
        NavLink(label="My work", href="/me", is_current=True, count=12),
        NavLink(label="Log", href="/log"),
    )
    return replace(lead(heading, **more), nav=nav, person_name="Dr. Ayşe Öztürk-Oyelaran")


def event(index: int | None, minute: int, *told: str) -> HistoryEntry:
    """One event of 21 November; told are who it was, the sentence and the kind."""
    who, sentence, kind = told
    at = f"{DAY}{9 + minute // 60:02d}:{minute % 60:02d}:07Z"
    return HistoryEntry(index=index, at=at, who=who, sentence=sentence, kind=kind)


REFUSED = Notice(
    kind="refused",
    sentence="Expected a judgment on an item that is yours; the lease ended at 12:40.",
    todo="Open your next item. What you wrote is kept in the draft below.",
)
DONE = Notice(kind="done", sentence="The contract is executed as of 20 November 2026.")
