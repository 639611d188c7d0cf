"""Views of disagreement: the queue, and one case with the blinded judgments side by side."""

from dataclasses import dataclass

from tallystick.plots import IntervalPlot, SharePlot
from tallystick.web.views.items import Text
from tallystick.web.views.judgment import PieceView, RankField
from tallystick.web.views.parts import Choice, Estimate, Fact, HistoryEntry, Link, Paging, Pill
from tallystick.web.views.welfare import Shield


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One disagreement in the queue."""

    item_id: str
    href: str
    domain: str
    spread: str | None  # the verdicts in words, to readers: "one is better: 2, tie: 1"
    since: str
    state: Pill
    risk: Pill = Pill(label="no tier")  # noqa: RUF009 - a frozen value
    cause: str = "not classified"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """How many cases of one domain and class are open, and since when the oldest."""

    domain: str
    risk: Pill
    cause: str
    cases: int
    oldest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Disagreements of a programme. Template: adjudication/queue.html."""

    open: int
    settled: int
    preserved: int
    cases: tuple[CaseRow, ...]
    paging: Paging
    tabs: tuple[Choice, ...] = ()  # value is the link
    waiting: tuple[WaitingRow, ...] = ()
    take_action: str | None = None  # None: this person takes no cases
    idempotency_key: str = ""
    mine: Link | None = None  # the case that this person holds
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An open case before somebody holds it: nothing of its content. Template: adjudication/offer.html.

    Posts `csrf`, `idempotency_key`.
    """

    facts: tuple[Fact, ...]
    action: str | None  # None: another adjudicator works on it
    note: str
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionScores:
    """One judge's scores on one criterion, one for each head of the table."""

    criterion: str
    points: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindReason:
    """One reason: criteria, words, and the quotation if there is one."""

    criteria: tuple[str, ...]
    text: str
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindJudgment:
    """One judgment without its author: `Judge 1`. Letters are this reader's own order."""

    label: str
    verdict: str
    scores: tuple[CriterionScores, ...]
    reasons: tuple[BlindReason, ...]
    marks: tuple[Pill, ...] = ()
    heads: tuple[str, ...] = ("A", "B")
    details: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was decided about a case."""

    sentence: str
    notes: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkField:
    """A place for a remark on the rubric."""

    number: int
    criteria: tuple[Choice, ...]
    faults: tuple[Choice, ...]
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One disagreement. Template: adjudication/case.html.

    Posts `csrf`, `idempotency_key`, `decision` (settle, preserve or return), `verdict` and `confirmed` (when settling),
    `why` and `by_same` (when sending back), `criteria` (repeated), `notes`, and for each remark
    `remark_N_criterion`, `remark_N_what`, `remark_N_words`.
    """

    item_id: str
    state: Pill
    prompt: Text
    context: tuple[Text, ...]
    pieces: tuple[PieceView, ...]
    pieces_title: str
    judgments: tuple[BlindJudgment, ...]
    spread: SharePlot
    priorities: tuple[str, ...]
    rubric_href: str
    history: tuple[HistoryEntry, ...]
    decided: Decided | None = None  # None: still open
    action: str | None = None  # None: this person may not decide it
    action_note: str = ""  # why not
    idempotency_key: str = ""
    verdicts: tuple[Choice, ...] = ()
    order: RankField | None = None  # where one's own order settles it; chosen by the verdict `order`
    criteria: tuple[Choice, ...] = ()
    notes: str = ""
    decision: str = ""
    errors: tuple[tuple[str, str], ...] = ()  # (input, sentence)
    risk: Pill = Pill(label="no tier")  # noqa: RUF009 - a frozen value
    cause: str = "not classified"
    warning: str = ""  # what the class of the case says about how to end it
    is_confirmation_asked: bool = False
    is_confirmed: bool = False
    whys: tuple[Choice, ...] = ()
    by_same: bool = False
    remarks: tuple[RemarkField, ...] = ()
    give_back_action: str | None = None
    held: str = ""  # until when it is this person's
    shield: Shield | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverturnRow:
    """One group. `abstained` is None where it is not counted."""

    name: str
    overturned: int
    judgments: int
    estimate: Estimate
    pooled: Estimate | None
    abstained: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverturnTable:
    """Groups along one axis, the largest first."""

    title: str
    column: str
    rows: tuple[OverturnRow, ...]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overturns:
    """Overturn rates of a programme. Template: adjudication/overturns.html."""

    cases: int
    count_min: int
    tables: tuple[OverturnTable, ...]
    plot: IntervalPlot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkRow:
    """What an adjudicator said of a criterion."""

    criterion: str
    what: Pill
    version: str
    text: str
    at: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarks:
    """What adjudicators said of a rubric. Template: adjudication/remarks.html."""

    rubric_href: str
    remarks: tuple[RemarkRow, ...]
