"""Facts about screening: disqualifiers that were proposed, and what a person made of each.

There is no fact by which screening passes, scores or ranks anybody: a rule that finds nothing leaves nothing behind.
"""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class DisqualifierProposed(msgspec.Struct, frozen=True, kw_only=True):
    """A rule, an import or a person pointed at an obvious reason why somebody may not work. It has no effect."""

    KIND: ClassVar[str] = "disqualifier-proposed/1"
    disqualifier: str
    person: str
    ground: str  # one of a closed list: flow/screening.py
    programme: str | None  # in whose work; None: in all work of the cell
    source: str  # rule | import | person
    rule: str  # its name, empty for a person
    rule_version: str
    about: str  # what it rests on, by its id in the cell; empty when evidence alone tells
    evidence: ObjectRef


class DisqualifierConfirmed(msgspec.Struct, frozen=True, kw_only=True):
    """A person confirmed a disqualifier, with a reason: it stops work in its scope from now on."""

    KIND: ClassVar[str] = "disqualifier-confirmed/1"
    disqualifier: str
    person: str
    reason: ObjectRef


class DisqualifierDismissed(msgspec.Struct, frozen=True, kw_only=True):
    """A person found that a proposed disqualifier is none. It says nothing good or bad of anybody."""

    KIND: ClassVar[str] = "disqualifier-dismissed/1"
    disqualifier: str
    person: str
    reason: ObjectRef


class DisqualifierLifted(msgspec.Struct, frozen=True, kw_only=True):
    """A person lifted a confirmed disqualifier, with a reason: work is open again."""

    KIND: ClassVar[str] = "disqualifier-lifted/1"
    disqualifier: str
    person: str
    reason: ObjectRef


class DisqualifierAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a disqualifier concerns answered it in words."""

    KIND: ClassVar[str] = "disqualifier-answered/1"
    disqualifier: str
    person: str
    words: ObjectRef
