"""Views of erasure: the list, ordering one, what became of it, notices to holders of releases."""

from dataclasses import dataclass

from tallystick.web.views.parts import Choice, Fact, HistoryEntry, Link, Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRow:
    """One erasure in the list."""

    name: str
    href: str
    at: str
    what: str
    target: str
    objects: int
    status: Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """A notice to a holder of a release. `action` None: it is not this person's to confirm, or is confirmed."""

    release: str
    href: str
    holder: str
    at: str
    status: Pill
    action: str | None = None
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureList:
    """All erasures, and the notices that one may see. Template: erasure/list.html."""

    erasures: tuple[ErasureRow, ...]
    notices: tuple[NoticeRow, ...]
    new_href: str | None = None  # None: this person may not


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What an erasure would take, shown before it is ordered."""

    facts: tuple[Fact, ...]
    releases: tuple[Link, ...]
    items: tuple[Link, ...]
    items_total: int
    stays: str
    final: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureNew:
    """Orders an erasure. Template: erasure/new.html.

    Posts `csrf`, `idempotency_key`, `what`, `target`, `reason`, `words`, `confirmed`, `step` (preview or order).
    """

    action: str
    idempotency_key: str
    whats: tuple[Choice, ...]
    reasons: tuple[Choice, ...]
    what: str = ""
    target: str = ""
    words: str = ""
    confirmed: str = ""
    needs_confirmation: bool = False
    loss: Loss | None = None  # None: nothing was looked at yet. Once it was, kind and target are fixed
    errors: tuple[tuple[str, str], ...] = ()  # (input, sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureDetail:
    """One erasure. Template: erasure/detail.html. `certificate` None: it is not final yet."""

    status: Pill
    facts: tuple[Fact, ...]
    stays: str
    final_words: str
    releases: tuple[Link, ...]
    notices: tuple[NoticeRow, ...]
    events: tuple[HistoryEntry, ...]
    verify_command: str
    certificate: str | None = None
    certificate_href: str | None = None
