"""Facts about who may be given what: languages, clearances, and the rules of a contract version."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class RoutingSet(msgspec.Struct, frozen=True, kw_only=True):
    """A contract version says who gets the items of one domain."""

    KIND: ClassVar[str] = "routing-set/1"
    programme: str
    contract_version: str
    domain: str
    regions: list[str]  # empty: wherever the contract's rights allow
    language_level: str | None  # A1 to C2, or native; None: languages are not asked
    is_language_confirmed: bool
    needs_clearance: bool


class LanguagesDeclared(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody said which languages they know, and how well. It takes the place of what they said before."""

    KIND: ClassVar[str] = "languages-declared/1"
    person: str
    languages: dict[str, str]  # BCP 47 tag: A1 to C2, or native


class LanguageConfirmed(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody else confirmed that a person knows a language at least so well."""

    KIND: ClassVar[str] = "language-confirmed/1"
    person: str
    language: str
    level: str
    how: ObjectRef  # in their own words


class ClearanceGranted(msgspec.Struct, frozen=True, kw_only=True):
    """A person may see the restricted items of one programme, for a reason and for a time."""

    KIND: ClassVar[str] = "clearance-granted/1"
    clearance: str
    person: str
    programme: str
    until: int  # microseconds since 1970, UTC
    reason: ObjectRef


class ClearanceRevoked(msgspec.Struct, frozen=True, kw_only=True):
    """A clearance was taken back: from now on restricted items are absent for the person."""

    KIND: ClassVar[str] = "clearance-revoked/1"
    clearance: str
    person: str
    programme: str
    reason: ObjectRef
