"""Views of credentials: those of a person, one of them, what runs out."""

from dataclasses import dataclass

from tallystick.web.views.parts import Choice, Fact, Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRow:
    """A credential in a list. `who` is empty where the list is of one person."""

    type: str
    href: str
    status: Pill
    method: str
    until: str | None  # None: no end
    files: int
    who: str = ""
    who_href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The credentials of a person, on their page. Template: parts/credentials.html.

    The form posts `csrf`, `idempotency_key`, `type`, `method`, `issuer`, `jurisdiction`, `identifier`, `expires_on`
    and `renews`.
    """

    rows: tuple[CredentialRow, ...]
    demanded: tuple[str, ...]  # sentences: what contracts demand, and whether it is lacking
    action: str | None  # None: this person may not declare one
    idempotency_key: str
    methods: tuple[Choice, ...]
    former: tuple[Choice, ...]
    typed: tuple[tuple[str, str], ...] = ()
    errors: tuple[tuple[str, str], ...] = ()  # (input, sentence)
    offered: tuple[str, ...] = ()  # the types that contracts demand
    hint: str = ""  # what to type as a type


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """A piece of evidence."""

    number: int
    href: str
    commitment: str
    size: str
    who: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialDetail:
    """One credential. Template: credential/detail.html.

    The first form posts `csrf`, `idempotency_key` and a file `document` or `text`; the others `csrf`,
    `idempotency_key`, `decision`, and with it `method` and `expires_on`, or `reason`.
    """

    status: Pill
    facts: tuple[Fact, ...]
    reason: str | None  # why it was rejected or withdrawn
    evidence: tuple[EvidenceRow, ...]
    files_action: str | None  # None: nothing more can be added
    action: str
    may_review: bool
    may_verify: bool
    may_withdraw: bool
    methods: tuple[Choice, ...]
    keys: tuple[str, str, str, str, str]  # of the file, the review, the verification, the rejection, the withdrawal
    expires_on: str = ""
    typed_reason: str = ""
    text: str = ""
    decision: str = ""  # the one that was refused
    warning: str = ""  # that no contract demands its type
    errors: tuple[tuple[str, str], ...] = ()  # (input, sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """A credential that runs out soon, or has."""

    type: str
    href: str
    sentence: str
    is_over: bool
    who: str = ""
    who_href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisqualifierLine:
    """A proposed disqualifier that waits for a person."""

    ground: str
    who: str
    href: str
    source: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What runs out and what waits. Template: credential/list.html. Its first form sends `days` by GET.

    The second posts `csrf`, `idempotency_key` and `regions`.
    """

    days: str
    reminders: tuple[Reminder, ...]
    waiting: tuple[CredentialRow, ...]
    disqualifiers: tuple[DisqualifierLine, ...]
    rules_action: str | None  # None: this person may not run the rules
    idempotency_key: str
    regions: str = ""
    errors: tuple[tuple[str, str], ...] = ()
