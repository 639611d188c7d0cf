"""Views of interventions: the list of a programme, and one with its timeline, what is next, before and after."""

from dataclasses import dataclass
from typing import Literal

from tallystick.plots import IntervalPlot
from tallystick.web.views.gate import Help
from tallystick.web.views.parts import Choice, Estimate, Fact, Link, Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class InterventionRow:
    """An intervention in the list."""

    batch: str
    href: str
    domain: str
    state: Pill
    round: int
    at: str
    before: Estimate
    after: Estimate | None  # None: nothing was measured after work was redone
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class InterventionsPage:
    """The interventions of a programme. Template: intervention/list.html."""

    rows: tuple[InterventionRow, ...]
    agreement_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PathStep:
    """A stage on the way from a gate that fails to one that passes."""

    label: str
    state: Literal["done", "now", "ahead"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """Something that can be done now: a link, or a form that posts `csrf`, `idempotency_key` and what it asks for.

    id      of the section and, with `-words`, of the text field
    choices radios named `choice`
    people  a select named `person`
    words   the text field is named so; empty: nothing is to be typed
    """

    id: str
    title: str
    sentence: str
    label: str
    href: str | None = None
    action: str | None = None
    choices: tuple[Choice, ...] = ()
    asks_same: bool = False
    is_by_same: bool = True
    people: tuple[Choice, ...] = ()
    words: str = ""
    words_label: str = ""
    words_hint: str = ""
    value: str = ""
    error: str = ""
    is_quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Before and after one round."""

    round: int
    version: str
    before: Estimate
    after: Estimate
    difference: Estimate
    redone: int
    decision: Pill
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One event of the timeline, with what a person wrote beside it."""

    index: int
    at: str
    who: str
    kind: str
    sentence: str
    href: str
    words: str = ""
    link: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterventionDetail:
    """One intervention. Template: intervention/detail.html."""

    state: Pill
    sentence: str
    facts: tuple[Fact, ...]
    path: tuple[PathStep, ...]
    steps: tuple[NextStep, ...]
    not_yet: tuple[Fact, ...]  # what is not possible now, and what has to come first
    short: IntervalPlot
    help: Help | None
    diagnosis_note: str
    plot: IntervalPlot | None  # before and after; None while nothing was measured again
    changes: tuple[Change, ...]
    change_note: str
    stood_down: tuple[str, ...]
    timeline: tuple[TimelineEntry, ...]
    idempotency_key: str = ""
