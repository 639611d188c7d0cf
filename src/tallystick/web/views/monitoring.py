"""Views of monitoring: figures of a programme, of one expert, one's own; confusion; shortcut audits; the report."""

from dataclasses import dataclass

from tallystick.plots import IntervalPlot
from tallystick.web.views.parts import Estimate, Fact, Link, Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share as people read it. `value` is empty where rows are too few; `of` says how many there are."""

    value: str
    interval: str
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """One figure. Empty texts stand for what is not said here, such as all experts on one's own page."""

    name: str
    share: Share
    pooled: str = ""  # drawn towards all experts by as much as the rows are few
    all_experts: str = ""
    status: Pill | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureTable:
    """Some figures that belong together. `is_held` shows the columns that hold them against all experts."""

    id: str
    heading: str
    caption: str
    of: str  # what the rows are: judgments, comparisons ...
    rows: tuple[FigureRow, ...]
    note: str = ""
    is_held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringPage:
    """A programme's figures. Template: monitoring/overview.html."""

    judgments: int
    items: int
    links: tuple[Link, ...]
    axes: tuple[Link, ...]
    tables: tuple[FigureTable, ...]
    plot: IntervalPlot | None
    judges: tuple[Link, ...]  # in order of name
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Something that stands out, and what would help."""

    sentence: str
    todo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertPage:
    """One expert, for who leads or audits the work. Template: monitoring/expert.html."""

    lead: str
    advice: tuple[Advice, ...]
    none_stands_out: str  # why there is no advice; empty where there is some
    facts: tuple[Fact, ...]
    axes: tuple[Link, ...]
    tables: tuple[FigureTable, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPage:
    """An expert's own figures. Template: monitoring/own.html."""

    lead: str
    facts: tuple[Fact, ...]
    tables: tuple[FigureTable, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusedCell:
    """Two answers: how many of all comparisons are of these two, and how many would be by chance."""

    observed: str
    expected: str
    is_agreement: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusedRow:
    """One answer against all; None below the diagonal, where the same stands mirrored."""

    name: str
    cells: tuple[ConfusedCell | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusedPair:
    """Two different answers in numbers."""

    name: str
    share: Share
    expected: str
    ratio: str
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRow:
    """Agreement on one answer by itself."""

    name: str
    given: int
    estimate: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusionPage:
    """Which answers stand beside which. Template: monitoring/confusion.html."""

    dimensions: tuple[Link, ...]
    sentence: str
    missing: str  # why there is no matrix; empty where there is one
    categories: tuple[str, ...]
    rows: tuple[ConfusedRow, ...]
    pairs: tuple[ConfusedPair, ...]
    by_category: tuple[CategoryRow, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRow:
    """One feature of form."""

    name: str
    wins: Share
    plain: Share
    unequal: int
    status: Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditGroup:
    """One group of an audit: all, a rubric version, an expert."""

    heading: str
    sentence: str
    status: Pill
    findings: tuple[str, ...]  # every called effect in a sentence
    effects: tuple[EffectRow, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortcutsPage:
    """The shortcut audits of a programme. Template: monitoring/shortcuts.html. The form posts `language`."""

    action: str | None  # None: this person may not
    idempotency_key: str
    language: str
    recorded: str  # when and by whom the newest was made; empty before the first
    groups: tuple[AuditGroup, ...]
    plot: IntervalPlot | None
    earlier: tuple[Link, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRow:
    """A figure of the report, with where it comes from."""

    name: str
    value: str
    of: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseRow:
    """A cause with what to do."""

    sentence: str
    action: str
    is_clear: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSection:
    """One question with its answer."""

    id: str
    heading: str
    answer: str
    missing: str
    causes: tuple[CauseRow, ...]
    numbers: tuple[NumberRow, ...]
    link: Link | None = None  # the page on which the answer can be got, while it is missing


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """The report on quality. Template: monitoring/report.html."""

    lead: str
    summary: tuple[str, ...]
    sections: tuple[ReportSection, ...]
    download: Link
