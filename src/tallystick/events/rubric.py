"""Facts about rubrics."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class CriterionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal must know of a criterion to read scores later without the text."""

    id: str
    low: int
    high: int
    gated: bool


class RubricPublished(msgspec.Struct, frozen=True, kw_only=True):
    """A rubric version came into force. Versions are immutable; judgments under earlier ones are affected."""

    KIND: ClassVar[str] = "rubric-published/1"
    programme: str
    rubric: str
    version: str
    domain: str
    document: ObjectRef
    document_digest: str  # SHA-256 of the YAML text: a rubric is no secret
    criteria: list[CriterionFacts]
    threshold_ppm: int
    default_ppm: int  # the domain default at that time; a difference is an override with a rationale
    previous: str | None
    affected: list[str]  # criteria whose earlier judgments must be looked at again
