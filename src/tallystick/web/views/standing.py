"""Views of held work: what waits for a review, and one held judgment without its author."""

from dataclasses import dataclass

from tallystick.web.views.adjudication import BlindJudgment
from tallystick.web.views.items import Text
from tallystick.web.views.judgment import PieceView
from tallystick.web.views.parts import Fact
from tallystick.web.views.welfare import Shield


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """A held judgment that this person may review."""

    judgment: str
    href: str
    domain: str
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """How many judgments of a batch are held."""

    name: str
    domain: str
    judgments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """Judgments that were held together."""

    expert: str
    expert_href: str | None  # None: this person may not see the roster
    cause: str
    judgments: int
    waiting: int
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldWork:
    """What is held in a programme. Template: standing/list.html."""

    number: int
    is_reviewer: bool
    is_told: bool  # sees how much is held where, and since when
    waiting: tuple[WaitingRow, ...]
    batches: tuple[BatchRow, ...] = ()
    holds: tuple[HoldRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One held judgment. Template: standing/detail.html.

    Posts `csrf`, `idempotency_key`, `decision` (stands or again), `notes`, `by_same`.
    """

    facts: tuple[Fact, ...]
    prompt: Text
    context: tuple[Text, ...]
    pieces: tuple[PieceView, ...]
    pieces_title: str
    said: BlindJudgment
    rubric_href: str
    action: str
    idempotency_key: str
    decision: str = ""
    notes: str = ""
    by_same: bool = False
    errors: tuple[tuple[str, str], ...] = ()  # (input, sentence)
    shield: Shield | None = None
