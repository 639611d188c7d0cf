"""Views of routing: what decides which items somebody is given, on their page."""

from dataclasses import dataclass

from tallystick.web.views.parts import Choice, Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageRow:
    """A language that somebody declared, and what somebody else confirmed of it."""

    tag: str
    level: str
    confirmed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearanceRow:
    """A clearance. `revoke_action` is None where it cannot be revoked by whoever reads."""

    programme: str
    state: Pill
    until: str
    reason: str
    granted: str
    revoked: str = ""
    revoke_action: str | None = None
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Languages and clearances on somebody's page. Template: parts/routing.html.

    The forms post `csrf` and `idempotency_key`, and: `language`, `level`, `how`; `programme`, `until` (a date),
    `reason`; `reason`. Actions are None for who may not.
    """

    languages: tuple[LanguageRow, ...]
    clearances: tuple[ClearanceRow, ...]
    is_own: bool
    confirm_action: str | None = None
    grant_action: str | None = None
    tags: tuple[Choice, ...] = ()
    levels: tuple[Choice, ...] = ()
    programmes: tuple[Choice, ...] = ()
    confirm_key: str = ""
    grant_key: str = ""
