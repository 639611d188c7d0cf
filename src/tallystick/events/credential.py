"""Facts about credentials: declared, evidence added, reviewed by a person, and demanded by a contract.

Issuer, place, number, evidence and reasons live in the vault. That a credential has expired is no fact: it follows from
its date and the clock.
"""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class CredentialDeclared(msgspec.Struct, frozen=True, kw_only=True):
    """A person, or a lead for them, said that they hold a credential. Nobody has checked it."""

    KIND: ClassVar[str] = "credential-declared/1"
    credential: str
    person: str
    type: str  # a short name such as medical-licence, as contracts demand it
    method: str  # registry_lookup | document | structured_interview | self_attested
    details: ObjectRef  # issuer, jurisdiction, identifier
    expires_on: str | None  # the last day on which it holds, ISO 8601
    renews: str | None  # the credential of the same person and type that it follows


class CredentialEvidenceAdded(msgspec.Struct, frozen=True, kw_only=True):
    """A file was added that shows a credential: a document, the answer of a registry, notes of an interview."""

    KIND: ClassVar[str] = "credential-evidence-added/1"
    credential: str
    person: str
    evidence: ObjectRef


class CredentialReviewStarted(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may verify credentials took one up."""

    KIND: ClassVar[str] = "credential-review-started/1"
    credential: str
    person: str


class CredentialVerified(msgspec.Struct, frozen=True, kw_only=True):
    """A person found that a credential holds. Who and when stand in the envelope."""

    KIND: ClassVar[str] = "credential-verified/1"
    credential: str
    person: str
    type: str
    method: str  # registry_lookup | document | structured_interview
    evidence: list[str]  # salted commitments of the files that it rests on, in the order in which they were added
    expires_on: str | None


class CredentialRejected(msgspec.Struct, frozen=True, kw_only=True):
    """A person found that a credential does not hold, or cannot be shown."""

    KIND: ClassVar[str] = "credential-rejected/1"
    credential: str
    person: str
    reason: ObjectRef


class CredentialWithdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """A credential was taken back, by its holder or by a lead."""

    KIND: ClassVar[str] = "credential-withdrawn/1"
    credential: str
    person: str
    reason: ObjectRef


class CredentialDemand(msgspec.Struct, frozen=True, kw_only=True):
    """A type of credential without which nobody gets work in some domains."""

    type: str
    domains: list[str]  # those named, and those of a risk tier that is named


class CredentialsDemanded(msgspec.Struct, frozen=True, kw_only=True):
    """A contract version demands credentials. One that says nothing of them demands none."""

    KIND: ClassVar[str] = "credentials-demanded/1"
    programme: str
    contract_version: str
    demands: list[CredentialDemand]
