"""Views of people: the roster, one person, and an expert's own home."""

from dataclasses import dataclass

from tallystick.web.views.credential import Reminder
from tallystick.web.views.credential import Section as Credentials
from tallystick.web.views.parts import Choice, Estimate, HistoryEntry, Link, Pill, Receipt
from tallystick.web.views.routing import Section
from tallystick.web.views.screening import Section as Screening


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One person in the roster."""

    name: str
    href: str
    roles: tuple[str, ...]
    qualified: int
    contract: Pill
    judgments: int
    flags: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonList:
    """The roster. Template: roster/list.html."""

    people: tuple[PersonRow, ...]
    reminders: tuple[Reminder, ...] = ()  # credentials that run out soon
    waiting: int = 0  # credentials and disqualifiers that wait for a decision
    new_href: str | None = None  # None: this person may not


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionResult:
    """How one dimension of a qualification went: right answers of all gold answers."""

    name: str
    right: int
    total: int
    estimate: Estimate
    status: Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """The calibration of one person under one rubric version."""

    rubric: Link
    version: str
    role: str
    status: Pill
    at: str | None  # None: not decided yet
    done: int
    needed: int
    rule: str  # the decision rule with its stated error rates
    dimensions: tuple[DimensionResult, ...] = ()
    start_href: str | None = None  # None: nothing to start or continue
    start_label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDetail:
    """One person. Template: roster/person.html.

    The form posts `csrf`, `idempotency_key`, `template` (the text of the contract), `executed_at` and
    `ip_assigned_at` (dates); the other one `csrf`, `idempotency_key` and `region`.
    """

    id: str
    name: str
    roles: tuple[str, ...]
    contract_at: str | None  # None: no contract was executed
    ip_at: str | None  # None: no IP assignment was executed
    qualifications: tuple[Qualification, ...]
    flags: tuple[str, ...]
    history: tuple[HistoryEntry, ...]
    contract_action: str | None = None  # None: recorded already, or this person may not
    idempotency_key: str = ""
    contract_text: str = ""
    contract_on: str = ""
    ip_on: str = ""
    template_digest: str | None = None  # of the text that was signed
    credentials: Credentials | None = None  # None: not of this person
    screening: Screening | None = None  # None: nothing to see or to do
    region: str | None = None  # None: not declared
    region_action: str | None = None  # None: this person may not declare it
    region_key: str = ""
    erase_href: str | None = None  # None: this person may not
    routing: Section | None = None  # languages and clearances; None for who is given no work
    pay: tuple[Link, ...] = ()  # statements; nothing for those who may not read them
    errors: tuple[tuple[str, str], ...] = ()  # (input, sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonNew:
    """Adds a person. Template: roster/new.html.

    Posts `csrf`, `idempotency_key`, `name`, `login`, `password`, `roles` and `expert_roles` (repeated).
    """

    action: str
    idempotency_key: str
    roles: tuple[Choice, ...]
    expert_roles: tuple[Choice, ...]
    login: str = ""
    name: str = ""
    errors: tuple[tuple[str, str], ...] = ()  # (input, sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class QualificationStart:
    """Before the first gold item: read the rubric. Template: roster/start.html.

    Posts `csrf`, `idempotency_key`, and `signal` when it is one of its own.
    """

    action: str
    idempotency_key: str
    rubric: Link
    rule: str
    rates: tuple[str, ...] = ()  # both error rates, and how many items are enough
    signal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Work of one programme that waits for this expert."""

    programme: str
    href: str
    items: int | None  # None: how many there will be is not known
    done: int
    note: str = ""
    nothing: str = ""  # why nothing waits here now; empty where something does


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Why no work is given, or what may come to that, with what to do and where."""

    sentence: str
    link: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationRow:
    """A calibration session that this expert takes part in, while it goes on."""

    programme: str
    href: str
    done: int
    total: int
    is_revealed: bool  # the labels are shown: words of the rubric can be marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """An expert's home. Template: roster/me.html."""

    waiting: tuple[Waiting, ...]
    qualifications: tuple[Qualification, ...]
    receipts: tuple[Receipt, ...]
    blocked: tuple[Blocked, ...] = ()  # why no work is given, each with what to do
    calibrations: tuple[CalibrationRow, ...] = ()
    reminders: tuple[Reminder, ...] = ()  # own credentials that run out soon
    file_href: str = ""  # one's own page: credentials, contract, what was said
    asked: tuple[Link, ...] = ()  # programmes that ask something about oneself
