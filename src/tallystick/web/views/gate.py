"""Views of agreement: the batches of a programme, and one batch with everything behind its number."""

from dataclasses import dataclass

from tallystick.plots import HistoryPlot, IntervalPlot, SharePlot
from tallystick.web.views.contract import BatchRow
from tallystick.web.views.parts import Estimate, Fact, HistoryEntry, Link, Pill
from tallystick.web.views.tiers import TierNeeds


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementPage:
    """All batches of a programme. Template: gate/list.html."""

    coefficient: str
    batches: tuple[BatchRow, ...]
    overview: IntervalPlot
    slices: Link | None = None
    pairs: "PairTable | None" = None
    pairs_note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceRow:
    """One part of a programme's judgments along an axis."""

    name: str
    estimate: Estimate
    threshold: float | None  # None: judgments under several rubrics are in it
    items: int
    pairable: int
    judgments: int
    raters: int
    expected: int  # items declared as expected to divide, left out


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicesPage:
    """Agreement along one axis. Template: gate/slices.html."""

    axis: str
    head: str  # the axis as the head of a column
    coefficient: str
    axes: tuple[Link, ...]
    rows: tuple[SliceRow, ...]
    overview: IntervalPlot
    trends: tuple[HistoryPlot, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionRow:
    """Agreement on one criterion or on the verdict itself."""

    name: str
    scale: str
    coefficient: str
    estimate: Estimate
    threshold: float | None  # None: reported, not gated
    items: int
    judgments: int
    status: Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherNumber:
    """Another coefficient on the same data, with what it is blind to."""

    name: str
    estimate: Estimate
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    """One rater against each other; None where two share no item and on the diagonal."""

    rater: str
    cells: tuple[Estimate | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTable:
    """Cohen's kappa, rater by rater."""

    caption: str
    raters: tuple[str, ...]
    rows: tuple[PairRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpRow:
    """A part of the comparisons: what it is, and what agreement would be if it were like the rest."""

    kind: str
    name: str
    items: int
    then: Estimate  # the coefficient, with the interval of the gain put upon the value of now
    share: str  # of what is missing
    rest: str  # of people: the gain where no criterion was read differently
    status: Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """What would help a batch that falls short, the rubric first."""

    sentence: str
    rows: tuple[HelpRow, ...]
    items: tuple[Link, ...]  # that cost most agreement; `note` says how much
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Demonstrations that experts wrote in a batch. Posts `csrf`, `idempotency_key` and `into`, the name of a batch."""

    written: int
    promoted: int
    into: str
    idempotency_key: str
    action: str | None  # None: this person may not, or all are under review


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDetail:
    """One batch. Template: gate/detail.html. The form posts `csrf` and `idempotency_key`: measure and decide."""

    name: str
    domain: str
    status: Pill
    coefficient: str
    estimate: Estimate
    threshold: float
    threshold_note: str
    sentence: str  # what the gate decided, in words
    items: int
    judgments: int
    raters: int
    criteria: tuple[CriterionRow, ...]
    criteria_plot: IntervalPlot
    others: tuple[OtherNumber, ...]
    verdicts: SharePlot
    diagnostics: tuple[Fact, ...]
    warnings: tuple[str, ...]  # paradox, prevalence, too few data: in words
    pairs: PairTable | None
    expected: OtherNumber | None  # items declared as expected to disagree, measured apart
    decision: tuple[Fact, ...]
    history: HistoryPlot | None
    events: tuple[HistoryEntry, ...]
    links: tuple[Link, ...] = ()
    tier: TierNeeds | None = None  # None: the contract says nothing of tiers
    written: Written | None = None  # None: experts wrote nothing here
    help: Help | None = None  # None: nothing falls short, or there is nothing to compare
    idempotency_key: str = ""
    measure_action: str | None = None  # None: this person may not, or the batch is not complete
