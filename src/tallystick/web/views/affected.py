"""Views of affected judgments: what waits for a review, and one judgment beside what changed."""

from dataclasses import dataclass

from tallystick.web.views.adjudication import BlindJudgment
from tallystick.web.views.items import Text
from tallystick.web.views.judgment import PieceView
from tallystick.web.views.parts import Choice, Fact, Pill
from tallystick.web.views.rubric import DiffRow
from tallystick.web.views.welfare import Shield


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressRow:
    """What one version changed on one criterion, and how far the review has come."""

    version: str
    criterion: str
    reason: Pill
    waiting: int
    stands: int
    again: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """An affected judgment that this person may review."""

    judgment: str
    href: str
    changes: tuple[tuple[str, Pill], ...]  # each criterion with what changed on it


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """What was decided on some judgments."""

    what: str
    version: str
    judgments: int
    who: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkForm:
    """Decides on many. Posts `csrf`, `idempotency_key`, `decision` (stand or again), `criterion`, `rationale`."""

    action: str
    idempotency_key: str
    criteria: tuple[Choice, ...]
    has_wording: bool  # some of what waits changed in its wording alone
    decision: str = ""
    rationale: str = ""
    errors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricQueue:
    """What the versions of one rubric affect."""

    rubric: str
    title: str
    href: str
    diff_href: str
    waiting: int
    reviewed: int
    total: int
    progress: tuple[ProgressRow, ...]
    mine: tuple[WaitingRow, ...]
    decisions: tuple[DecisionRow, ...]
    bulk: BulkForm | None = None  # None: this person may not, or nothing waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The affected judgments of a programme. Template: affected/list.html."""

    rubrics: tuple[RubricQueue, ...]
    is_reviewer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One affected judgment. Template: affected/detail.html.

    Posts `csrf`, `idempotency_key`, `decision` (stands or again), `notes`, `by_same`.
    """

    facts: tuple[Fact, ...]
    given_under: str
    version: str
    changed: tuple[DiffRow, ...]
    prompt: Text
    context: tuple[Text, ...]
    pieces: tuple[PieceView, ...]
    pieces_title: str
    said: BlindJudgment
    action: str
    idempotency_key: str
    decision: str = ""
    notes: str = ""
    by_same: bool = False
    errors: tuple[tuple[str, str], ...] = ()
    shield: Shield | None = None
