"""Views of constitutions: principles and what carries them, agreements, and how often principles conflict."""

from dataclasses import dataclass

from tallystick.web.views.contract import Version
from tallystick.web.views.parts import Fact, Link, Pill
from tallystick.web.views.rubric import DiffRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Illustration:
    """A situation, and what a principle asks for there."""

    title: str
    situation: str
    asks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Principle:
    """One principle with the criteria that carry it; carried by none is a finding."""

    id: str
    number: int
    title: str
    text: str
    explanation: str
    examples: tuple[Illustration, ...]
    carriers: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricState:
    """How the agreement on one rubric stands."""

    title: str
    href: str
    domain: str
    state: Pill
    sentence: str
    carried: tuple[tuple[str, str], ...]  # (criterion, principles)
    proposal: Link | None
    propose_rubric: str = ""  # empty: nothing to propose, or this person may not


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRow:
    """One proposal in the list."""

    href: str
    rubric: str
    state: Pill
    signed: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """A programme's constitution. Template: constitution/detail.html.

    Posts `csrf`, `idempotency_key` and `rubric` to propose_action.
    """

    facts: tuple[Fact, ...]
    preamble: str
    changelog: str
    rationale: str
    principles: tuple[Principle, ...]
    findings: tuple[tuple[bool, str], ...]  # (serious, sentence)
    rubrics: tuple[RubricState, ...]
    proposals: tuple[ProposalRow, ...]
    versions: tuple[Version, ...]
    propose_action: str
    idempotency_key: str
    edit_href: str | None = None  # None: this person may not
    diff_href: str | None = None  # None: there is only one version
    trade_offs_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """A programme without a constitution. Template: constitution/none.html."""

    edit_href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two versions side by side, with their effect. Template: constitution/diff.html. GET with `from` and `to`."""

    before: str
    after: str
    rationale: str
    rows: tuple[DiffRow, ...]
    version_labels: tuple[str, ...]
    action: str
    affected: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """A criterion beside the principles that it carries."""

    criterion: str
    question: str
    anchors: tuple[tuple[int, str], ...]
    principles: tuple[tuple[int, str, str], ...]  # (number, title, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What two people sign. Template: constitution/proposal.html.

    Posts `csrf`, `idempotency_key`, `do` (sign-researcher, sign-lead or decline) and `why`.
    """

    facts: tuple[Fact, ...]
    state: Pill
    sentence: str
    ties: tuple[Tie, ...]
    action: str
    idempotency_key: str
    may_sign: tuple[tuple[str, str], ...]  # (value of `do`, label)
    may_decline: bool
    why: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictRow:
    """A pair of principles that conflicted."""

    first: str
    second: str
    number: int
    first_prevailed: int
    second_prevailed: int
    items: tuple[Link, ...]
    more: int  # items that are not listed


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeOffs:
    """How often principles conflict. Template: constitution/trade_offs.html."""

    noted: int
    rows: tuple[ConflictRow, ...]
