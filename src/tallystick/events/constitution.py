"""Facts about constitutions: versions, how rubrics carry principles, and trade-offs that experts noted."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class PrincipleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal must know of a principle to read trade-offs later without the text."""

    id: str
    number: int


class ConstitutionPublished(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a programme's constitution came into force. Versions are immutable."""

    KIND: ClassVar[str] = "constitution-published/1"
    programme: str
    constitution: str
    version: str
    document: ObjectRef
    document_digest: str  # SHA-256 of the YAML text: a constitution is no secret
    principles: list[PrincipleFacts]
    previous: str | None
    changed: list[str]  # principles that were added, removed or changed; none for the first version


class OperationalizationProposed(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody proposed that the criteria of a rubric version carry the principles that they name."""

    KIND: ClassVar[str] = "operationalization-proposed/1"
    proposal: str
    programme: str
    constitution: str
    constitution_version: str
    rubric: str
    rubric_version: str
    domain: str
    carried: dict[str, list[str]]  # criterion: principles
    subject_digest: str  # of these criteria and principles as they are written: what is signed
    notes: ObjectRef | None


class OperationalizationSigned(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two roles agreed to a proposal."""

    KIND: ClassVar[str] = "operationalization-signed/1"
    proposal: str
    programme: str
    role: str  # researcher: the client's alignment researcher | lead: the methodology lead
    person: str
    subject_digest: str


class OperationalizationAgreed(msgspec.Struct, frozen=True, kw_only=True):
    """Both roles have signed, two people: the rubric may be used for new work."""

    KIND: ClassVar[str] = "operationalization-agreed/1"
    proposal: str
    programme: str
    rubric: str
    researcher: str
    lead: str
    subject_digest: str


class OperationalizationDeclined(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two roles did not agree, and said why. The proposal is closed."""

    KIND: ClassVar[str] = "operationalization-declined/1"
    proposal: str
    programme: str
    person: str
    why: ObjectRef


class TradeOffNoted(msgspec.Struct, frozen=True, kw_only=True):
    """Beside a judgment: which principles conflicted, which of them prevailed, and in the expert's words why."""

    KIND: ClassVar[str] = "trade-off-noted/1"
    judgment: str
    item: str
    programme: str
    batch: str
    constitution: str
    constitution_version: str
    principles: list[str]  # two or more, in the constitution's order
    prevailed: str | None  # one of them; None when they were balanced
    note: ObjectRef
