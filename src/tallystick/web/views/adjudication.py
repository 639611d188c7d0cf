"""Views of disagreement: the queue, and one case with the blinded judgments side by side."""

from dataclasses import dataclass

from tallystick.plots import SharePlot
from tallystick.web.views.items import Text
from tallystick.web.views.parts import Choice, Fact, HistoryEntry, Paging, Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One disagreement in the queue."""

    item_id: str
    href: str
    domain: str
    spread: str  # the verdicts in words: "A clearly, tie, B slightly"
    since: str
    state: Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Disagreements of a programme. Template: adjudication/queue.html."""

    open: int
    settled: int
    preserved: int
    cases: tuple[CaseRow, ...]
    paging: Paging
    tabs: tuple[Choice, ...] = ()  # value is the link


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionScores:
    """One judge's scores on one criterion."""

    criterion: str
    a: int | None
    b: int | None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was decided about a case."""

    sentence: str
    notes: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One disagreement. Template: adjudication/case.html.

    Posts `csrf`, `idempotency_key`, `decision` (settle or preserve), `verdict` (when settling),
    `criteria` (repeated), `notes`.
    """

    item_id: str
    state: Pill
    prompt: Text
    context: tuple[Text, ...]
    candidate_a: Text
    candidate_b: Text
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
    criteria: tuple[Choice, ...] = ()
    notes: str = ""
    decision: str = ""
    errors: tuple[tuple[str, str], ...] = ()  # (input, sentence)
