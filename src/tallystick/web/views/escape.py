"""Views of second looks: what they say, a drawn item, the defects."""

from dataclasses import dataclass

from tallystick.plots import IntervalPlot
from tallystick.web.views.adjudication import BlindJudgment
from tallystick.web.views.items import Text
from tallystick.web.views.judgment import PieceView
from tallystick.web.views.parts import Choice, Estimate, Fact, Link, Pill
from tallystick.web.views.welfare import Shield


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRow:
    """One tier of risk. `at_most` and `worst` are empty where nothing is known."""

    risk: Pill
    pool: int
    reviewed: int
    waiting: int
    defects: int
    rate: Estimate
    at_most: str
    worst: str
    needed: str  # how many more looks the bound needs, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """One severity, cause or failure class, or one place of the items."""

    axis: str
    name: str
    defects: int
    reviewed: int
    rate: Estimate | None = None
    at_most: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRow:
    """One round of draws."""

    number: int
    draws: int
    items: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawField:
    """How many of one tier to draw."""

    name: str
    label: str
    left: int
    value: str = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawForm:
    """Draw items of a new round, or more of one. Posts `round` and one number for each tier."""

    action: str
    rounds: tuple[Choice, ...]
    fields: tuple[DrawField, ...]
    idempotency_key: str
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What second looks say. Template: escape/overview.html. `is_told` is False for reviewers, who see none of it."""

    is_told: bool
    sentence: str
    tiers: tuple[TierRow, ...] = ()
    kinds: tuple[KindRow, ...] = ()
    places: tuple[KindRow, ...] = ()
    rounds: tuple[RoundRow, ...] = ()
    plot: IntervalPlot | None = None
    since_last: str = ""
    bound: str = ""
    bound_action: str = ""
    draw: DrawForm | None = None
    waiting: int = 0
    next_action: str | None = None  # None: no drawn item waits for whoever looks
    idempotency_key: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A drawn item. Template: escape/review.html.

    Posts `csrf`, `idempotency_key`, `found` (sound or defect), `severity`, `cause`, `failure`, `notes`.
    """

    facts: tuple[Fact, ...]
    prompt: Text
    context: tuple[Text, ...]
    pieces: tuple[PieceView, ...]
    pieces_title: str
    judgments: tuple[BlindJudgment, ...]
    rubric_href: str
    action: str | None  # None: it is answered
    give_back_action: str = ""
    idempotency_key: str = ""
    found: str = ""
    severities: tuple[Choice, ...] = ()
    causes: tuple[Choice, ...] = ()
    failures: tuple[Choice, ...] = ()
    notes: str = ""
    errors: tuple[tuple[str, str], ...] = ()
    shield: Shield | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefectRow:
    """A drawn item that was found defective. `action` is empty when it is open again, or for who may not open it."""

    item: str
    href: str
    risk: Pill
    severity: str
    cause: str
    failure: str
    notes: str
    at: str
    action: str = ""
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defects:
    """What second looks found wrong. Template: escape/defects.html."""

    defects: tuple[DefectRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That the draws follow from the key of their order. Template: escape/proof.html."""

    facts: tuple[Fact, ...]
    wrong: tuple[str, ...]
    passed_over: tuple[str, ...]
