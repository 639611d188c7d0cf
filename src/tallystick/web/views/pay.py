"""Views of pay: the terms, a statement, what a period costs. Amounts and times come as people read them."""

from dataclasses import dataclass

from tallystick.web.views.page import PayNow
from tallystick.web.views.parts import Choice, Fact, Link, Paging, Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRow:
    """What one kind of work is paid."""

    work: str
    where: str
    piece: str
    hourly: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The pay terms in force of a programme. Template: pay/terms.html.

    Posts `csrf`, `idempotency_key`, `terms`. action None: they are accepted, or not for this person to accept.
    """

    facts: tuple[Fact, ...]
    rates: tuple[RateRow, ...]
    words: str
    rules: tuple[str, ...]
    terms: str
    accepted: str  # a sentence; empty when they wait
    action: str | None
    idempotency_key: str
    next_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """One's own pay in all programmes. Template: pay/mine.html."""

    standings: tuple[PayNow, ...]
    waiting: tuple[Link, ...]  # terms to read and accept


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """One line of a statement."""

    seq: int
    href: str
    at: str
    work: str
    subject: str
    item: str
    time: str
    note: str  # why less time counts than was measured; empty as a rule
    rate: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedRow:
    """An amount that a lead added."""

    seq: int
    href: str
    at: str
    reason: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SumRow:
    """All acts of one kind of work."""

    work: str
    acts: int
    time: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddForm:
    """Add an amount. Posts `csrf`, `idempotency_key`, `person`, `amount`, `reason`, `reference`."""

    action: str
    idempotency_key: str
    person: str
    unit: str
    amount: str = ""
    reason: str = ""
    reference: str = ""
    errors: tuple[tuple[str, str], ...] = ()  # (input, sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one person is owed for one period. Template: pay/statement.html."""

    state: Pill
    span: str
    facts: tuple[Fact, ...]
    sums: tuple[SumRow, ...]
    lines: tuple[LineRow, ...]
    added: tuple[AddedRow, ...]
    paging: Paging | None
    periods: tuple[Choice, ...]
    action: str
    terms_href: str
    add: AddForm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One person in a period."""

    person: str
    name: str
    href: str
    acts: int
    time: str
    hourly: str
    earned: str
    top_up: str  # empty: the rates brought the floor
    added: str
    payable: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OddRow:
    """An act whose time stands out."""

    seq: int
    href: str
    who: str
    what: str
    time: str
    usual: str
    counts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodRow:
    """A period with what can be done with it. close_key and export_key are empty when it cannot be done."""

    name: str
    href: str
    span: str
    state: Pill
    close_key: str = ""
    export_key: str = ""
    files: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What a period costs. Template: pay/overview.html."""

    span: str
    state: Pill
    facts: tuple[Fact, ...]
    people: tuple[PersonRow, ...]
    under: str  # a sentence on who earned less than the floor; empty when nobody did
    odd: tuple[OddRow, ...]
    periods: tuple[PeriodRow, ...]
    close_action: str
    export_action: str
    terms_href: str
