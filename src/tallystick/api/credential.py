"""Credentials: what a person holds, evidence, decisions of a person on it, and what runs out."""

from datetime import date
from typing import Annotated

from fastapi import Path, Query
from pydantic import Field
from starlette.responses import Response

from tallystick.api.parts import LINE, Body, Done, InPath, Key, Line, Moment, Paragraphs, Receipt, Shown
from tallystick.app import credential
from tallystick.app.credential import EvidenceFile
from tallystick.edge import Site, Visit
from tallystick.edge.download import download
from tallystick.flow.credential import DAYS_MAX, EVIDENCE_BYTES_MAX, Details, Wish
from tallystick.flow.refusal import Refused

TAG = "credentials"
CONFLICT = (409, 422)
FILES = {"application/octet-stream": "A file that shows the credential, of at most 4,000,000 bytes."}


def mount(site: Site, prefix: str) -> None:
    """Register credentials."""
    every, one = f"{prefix}/credentials", f"{prefix}/credentials/{{credential_id}}"
    of_person, files = f"{prefix}/people/{{person}}/credentials", f"{one}/evidence"
    site.api("GET", every, overview, permission="self", answers=CredentialsDue, refusals=(422,), tag=TAG)
    site.api("GET", of_person, held, permission="self", answers=Credentials, tag=TAG)
    site.api(
        "POST", of_person, declare, permission="self", answers=CredentialDeclared, status=201, refusals=CONFLICT,
        max_bytes=20_000, tag=TAG,
    )  # fmt: skip
    site.api("GET", one, detail, permission="self", answers=CredentialDetail, tag=TAG)
    site.api(
        "POST", files, add_evidence, permission="self", answers=Done, refusals=CONFLICT, takes=FILES,
        max_bytes=EVIDENCE_BYTES_MAX + 1_000, tag=TAG,
    )  # fmt: skip
    site.api(
        "GET", f"{files}/{{number}}", evidence, permission="self", answers=None, refusals=(410,), tag=TAG,
        gives={"application/octet-stream": "The file, byte for byte."},
    )  # fmt: skip
    for step, handler in (("review", start_review), ("verify", verify), ("reject", reject)):
        site.api(
            "POST", f"{one}/{step}", handler, permission="credential.verify", answers=Done, refusals=CONFLICT, tag=TAG
        )
    site.api("POST", f"{one}/withdraw", withdraw, permission="self", answers=Done, refusals=CONFLICT, tag=TAG)


class CredentialShown(Shown):
    """A credential, without what the vault holds of it."""

    credential: str
    person: str
    type: str
    state: str = Field(description="declared, under_review, verified, rejected, withdrawn or expired, today.")
    method: str = Field(description="registry_lookup, document, structured_interview or self_attested.")
    expires_on: date | None = Field(description="The last day on which it holds.")
    renews: str | None
    files: int = Field(description="Pieces of evidence.")
    declared_at: Moment
    decided_by: str | None = Field(description="Who verified, rejected or withdrew it.")
    decided_at: Moment | None


def _shown(one: credential.Held) -> CredentialShown:
    row = one.row
    return CredentialShown(
        credential=row.credential, person=row.person, type=row.type, state=one.state, method=row.method,
        expires_on=credential.day_of(row.expires_on), renews=row.renews, files=one.files, declared_at=row.declared_at,
        decided_by=row.decided_by, decided_at=row.decided_at,
    )  # fmt: skip


class ExpiringShown(Shown):
    """A verified credential that runs out soon, or has, and that none has taken the place of."""

    credential: str
    person: str
    type: str
    expires_on: date
    days: int = Field(description="That are left; below zero once it has expired.")


class CredentialsDue(Shown):
    """What runs out, and what waits for a decision. For who does not read the roster: of their own."""

    within_days: int
    expiring: list[ExpiringShown]
    waiting: list[CredentialShown]


Days = Annotated[int, Query(ge=0, le=DAYS_MAX, description="Reminders look so many days ahead.")]


def overview(visit: Visit, days: Days = 60) -> CredentialsDue | Refused:
    """List credentials that run out within some days, and those that wait for a decision."""
    found = credential.running_out(visit.cell, visit.actor, within_days=days)
    if isinstance(found, Refused):
        return found
    waiting = credential.waiting(visit.cell, visit.actor)
    return CredentialsDue(
        within_days=days, expiring=[ExpiringShown.of(one) for one in found],
        waiting=[] if isinstance(waiting, Refused) else [_shown(one) for one in waiting],
    )  # fmt: skip


class Credentials(Shown):
    """The credentials of one person."""

    credentials: list[CredentialShown]


def held(visit: Visit, person: InPath) -> Credentials | Refused:
    """List the credentials of a person, newest first: for those who read the roster, and for the person."""
    found = credential.of_person(visit.cell, visit.actor, person)
    return found if isinstance(found, Refused) else Credentials(credentials=[_shown(one) for one in found])


class NewCredential(Body):
    """What somebody says they hold. Nobody has checked it yet."""

    type: Line = Field(description="A short name such as medical-licence, as contracts demand it.")
    method: Line = Field(description="How it can be checked, or self_attested.")
    issuer: Line
    jurisdiction: Line = ""
    identifier: Line = Field(default="", description="Its number. Issuer, place and number go into the vault.")
    expires_on: date | None = None
    renews: Line | None = Field(default=None, description="The credential of the same type that it follows.")


class CredentialDeclared(Shown):
    """A credential that was declared."""

    credential: str
    receipt: Receipt


def declare(visit: Visit, person: InPath, body: NewCredential, key: Key) -> CredentialDeclared | Refused:
    """Declare a credential: of yourself, or as a lead of somebody else."""
    wish = Wish(
        type=body.type, method=body.method, expires_on=body.expires_on, renews=body.renews,
        details=Details(issuer=body.issuer, jurisdiction=body.jurisdiction, identifier=body.identifier),
    )  # fmt: skip
    found = credential.declare(visit.cell, visit.actor, person, wish, key=key)
    if isinstance(found, Refused):
        return found
    return CredentialDeclared(credential=found.credential, receipt=Receipt.of(found.receipt))


class EvidenceShown(Shown):
    """A piece of evidence: its salted commitment, as the journal has it."""

    number: int
    commitment: str
    bytes: int
    by: str
    at: Moment


class CredentialDetail(Shown):
    """One credential with what the vault holds of it."""

    credential: CredentialShown
    issuer: str
    jurisdiction: str
    identifier: str
    reason: str | None = Field(description="Why it was rejected or withdrawn.")
    evidence: list[EvidenceShown]


def detail(visit: Visit, credential_id: InPath) -> CredentialDetail | Refused:
    """See one credential. That you opened it is an event."""
    found = credential.credential_page(visit.cell, visit.actor, credential_id)
    if isinstance(found, Refused):
        return found
    return CredentialDetail(
        credential=_shown(credential.Held(found.row, found.state, len(found.evidence))), issuer=found.details.issuer,
        jurisdiction=found.details.jurisdiction, identifier=found.details.identifier, reason=found.reason,
        evidence=[
            EvidenceShown(number=number, commitment=one.commitment, bytes=one.bytes, by=one.by, at=one.at)
            for number, one in enumerate(found.evidence, 1)
        ],
    )  # fmt: skip


FileName = Annotated[str, Query(min_length=1, max_length=200, pattern=LINE, examples=["licence.pdf"])]


def add_evidence(visit: Visit, credential_id: InPath, name: FileName, key: Key) -> Done | Refused:
    """Add a file that shows a credential. It goes into the vault."""
    file = EvidenceFile(name, visit.payload)
    found = credential.add_evidence(visit.cell, visit.actor, credential_id, file, key=key)
    return found if isinstance(found, Refused) else Done.of(found)


Number = Annotated[int, Path(ge=1, le=10_000, description="Which piece of evidence, from 1.")]


def evidence(visit: Visit, credential_id: InPath, number: Number) -> Response | Refused:
    """Open a piece of evidence. Every look at it is an event."""
    found = credential.evidence(visit.cell, visit.actor, credential_id, number)
    return found if isinstance(found, Refused) else download(found.name, len(found.data), iter((found.data,)))


def start_review(visit: Visit, credential_id: InPath, key: Key) -> Done | Refused:
    """Take a credential up for review."""
    found = credential.start_review(visit.cell, visit.actor, credential_id, key=key)
    return found if isinstance(found, Refused) else Done.of(found)


class Verification(Body):
    """That a credential holds, and how you found so."""

    method: Line = Field(description="registry_lookup, document or structured_interview.")
    expires_on: date | None = Field(description="The last day on which it holds, as the evidence says; null: no end.")


def verify(visit: Visit, credential_id: InPath, body: Verification, key: Key) -> Done | Refused:
    """Mark a credential verified. A program cannot, nobody can their own, and nobody a self attestation."""
    found = credential.verify(
        visit.cell, visit.actor, credential_id, method=body.method, expires_on=body.expires_on, key=key
    )
    return found if isinstance(found, Refused) else Done.of(found)


class CredentialReason(Body):
    """Why, in at least ten characters."""

    reason: Paragraphs


def reject(visit: Visit, credential_id: InPath, body: CredentialReason, key: Key) -> Done | Refused:
    """Say that a credential does not hold."""
    found = credential.reject(visit.cell, visit.actor, credential_id, reason=body.reason, key=key)
    return found if isinstance(found, Refused) else Done.of(found)


def withdraw(visit: Visit, credential_id: InPath, body: CredentialReason, key: Key) -> Done | Refused:
    """Take a credential back: your own, or as a lead anybody's."""
    found = credential.withdraw(visit.cell, visit.actor, credential_id, reason=body.reason, key=key)
    return found if isinstance(found, Refused) else Done.of(found)
