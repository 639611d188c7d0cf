"""Views of welfare: the warning before an item, one's own settings and exposure, the report of a programme."""

from dataclasses import dataclass

from tallystick.web.views.parts import Choice, Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Shield:
    """What stands before the content of an item. Template: parts/shield.html.

    is_veiled    the content is closed until the reader opens it
    is_open      they have worked with it already: it stays open
    skip_action  gives the item back without a judgment; None where nothing can be given back
    """

    warnings: tuple[tuple[str, str], ...]  # kind of content, in words; the warning
    is_veiled: bool
    is_open: bool = False
    skip_action: str | None = None
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRow:
    """One kind of content on one's own page."""

    name: str
    label: str
    warning: str
    is_opted_out: bool
    had: str
    limit: str
    closed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageField:
    """A language that somebody declares; the last fields are empty."""

    number: int
    tag: str
    levels: tuple[Choice, ...]
    confirmed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """One's own settings. Template: welfare/own.html.

    The form posts `csrf`, `idempotency_key`, `opted_out` (repeated) and `time_zone`; the other one `csrf`,
    `idempotency_key`, `language-N` and `level-N`.
    """

    today: tuple[Fact, ...]
    categories: tuple[CategoryRow, ...]
    zones: tuple[Choice, ...]
    idempotency_key: str
    languages: tuple[LanguageField, ...]
    languages_key: str
    errors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """What the contract in force says of one kind of content, and how many opted out of it."""

    label: str
    limit: str
    is_blurred: bool
    opt_outs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekRow:
    """What all people together had of one kind of content in one week."""

    week: str
    label: str
    people: int
    items: int
    time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRow:
    """Somebody to whom something is closed now."""

    name: str
    href: str
    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """The exposure report of a programme. Template: welfare/exposure.html."""

    general: str
    rules: tuple[RuleRow, ...]
    weeks: tuple[WeekRow, ...]
    at_limit: tuple[LimitRow, ...]
    may_name: bool
