"""Credentials of experts: who may say what of one, when it holds, what runs out. Pure: the day is an argument.

Only a person verifies, never one's own, never what its holder alone attests. Expiry follows from the date.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from tallystick.events.credential import (
    CredentialDeclared,
    CredentialEvidenceAdded,
    CredentialRejected,
    CredentialReviewStarted,
    CredentialVerified,
    CredentialWithdrawn,
)
from tallystick.events.envelope import ObjectRef
from tallystick.flow.refusal import Refused

DECLARED, UNDER_REVIEW, VERIFIED = "declared", "under_review", "verified"
REJECTED, WITHDRAWN, EXPIRED = "rejected", "withdrawn", "expired"
OPEN: Final = (DECLARED, UNDER_REVIEW)
SELF_ATTESTED: Final = "self_attested"
METHODS: Final = ("registry_lookup", "document", "structured_interview")
"""Ways in which a credential can be verified."""
BY_ANOTHER: Final = ("registry_lookup", "structured_interview")
"""Of these the holder cannot bring the evidence: it is what somebody else saw or heard."""
REASON_CHARACTERS_MIN: Final = 10
FIELD_CHARACTERS_MAX: Final = 300
EVIDENCE_BYTES_MAX: Final = 4_000_000
DAYS_MAX: Final = 3_660
_TYPE = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")

NOT_A_PERSON = Refused(
    "not-a-person", "Only a person can decide this, and this account is a program: sign in as a person who may."
)
OWN_CREDENTIAL = Refused(
    "own-credential", "Nobody decides on their own credential: somebody else who may has to do it."
)
SELF_ATTESTATION = Refused(
    "self-attested",
    "What its holder alone attests is never verified: look it up, read the document or hold the interview, add what "
    "you found as evidence, and say by which of these you verified it.",
    "method",
)
NO_EVIDENCE = Refused("no-evidence", "Expected evidence, found none: add the file that shows it first.", "document")
NO_OUTSIDE_EVIDENCE = Refused(
    "no-outside-evidence",
    "Expected the answer of the registry or the notes of the interview, found only files of the holder: add what you "
    "found yourself.",
    "document",
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One file: its salted commitment, and who brought it."""

    commitment: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A credential as decisions need it. `state` is as recorded: see `state_on`."""

    credential: str
    person: str
    type: str
    method: str
    state: str
    expires_on: date | None
    renews: str | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """Who decides. `is_machine`: the cell itself, a simulated person, a pseudonym of imported judgments."""

    person: str
    is_machine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What is said of a credential and never leaves the vault."""

    issuer: str
    jurisdiction: str = ""
    identifier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A credential that somebody declares.

    expires_on  the last day on which it holds; None where it has no end
    renews      the credential that it follows
    """

    type: str
    method: str
    details: Details
    expires_on: date | None = None
    renews: str | None = None


def state_on(state: str, expires_on: date | None, today: date) -> str:
    """The state of a credential on a day: a verified one has expired on the day after its last."""
    return EXPIRED if state == VERIFIED and expires_on is not None and today > expires_on else state


def holds_on(one: Credential, today: date) -> bool:
    """Whether a credential is verified and has not expired."""
    return state_on(one.state, one.expires_on, today) == VERIFIED


def check_wish(wish: Wish, today: date) -> Refused | None:
    """Why a credential cannot be declared so, or None."""
    if not _TYPE.fullmatch(wish.type) or len(wish.type) > 64:
        return Refused("bad-type", "Expected a short type such as medical-licence: a to z, digits, hyphens.", "type")
    if wish.method not in (*METHODS, SELF_ATTESTED):
        known = ", ".join((*METHODS, SELF_ATTESTED))
        return Refused("bad-method", f"Expected a method among {known}.", "method")
    if not wish.details.issuer.strip():
        return Refused("issuer-missing", "Expected who issued it: a chamber, a university, an employer.", "issuer")
    for field in ("issuer", "jurisdiction", "identifier"):
        if len(getattr(wish.details, field)) > FIELD_CHARACTERS_MAX:
            return Refused("too-long", f"Expected at most {FIELD_CHARACTERS_MAX} characters: shorten it.", field)
    return _check_expiry(wish.expires_on, today)


def _check_expiry(expires_on: date | None, today: date) -> Refused | None:
    if expires_on is not None and expires_on < today:
        sentence = f"Expected a last day that is to come, found {expires_on}: it has expired. Declare its renewal."
        return Refused("already-expired", sentence, "expires_on")
    return None


def declare(
    wish: Wish, *, credential: str, person: str, details: ObjectRef, today: date, former: Credential | None
) -> CredentialDeclared | Refused:
    """A credential that somebody says they hold.

    former  what it renews, where that exists
    """
    refused = check_wish(wish, today)
    if refused:
        return refused
    if wish.renews is not None and (former is None or (former.person, former.type) != (person, wish.type)):
        sentence = "Expected a credential of the same person and type to renew, found none: leave it out."
        return Refused("no-former", sentence, "renews")
    return CredentialDeclared(
        credential=credential, person=person, type=wish.type, method=wish.method, details=details,
        expires_on=None if wish.expires_on is None else wish.expires_on.isoformat(), renews=wish.renews,
    )  # fmt: skip


def _not_open(one: Credential) -> Refused | None:
    if one.state in OPEN:
        return None
    sentence = f"This credential is {words(one.state)}: nothing more is decided on it. Declare a new one instead."
    return Refused("credential-closed", sentence)


def refuse_evidence(one: Credential, size: int) -> Refused | None:
    """Why no evidence can be added to a credential, or None."""
    if size > EVIDENCE_BYTES_MAX:
        return Refused("too-large", f"Expected at most {EVIDENCE_BYTES_MAX:,} bytes, found {size:,}.", "document")
    return _not_open(one) or (NO_EVIDENCE if not size else None)


def add_evidence(one: Credential, evidence: ObjectRef) -> CredentialEvidenceAdded:
    """A file that shows a credential."""
    return CredentialEvidenceAdded(credential=one.credential, person=one.person, evidence=evidence)


def refuse_decider(person: str, by: Decider) -> Refused | None:
    """Why somebody may decide nothing about a person, or None: programs never, and nobody about themselves."""
    if by.is_machine:
        return NOT_A_PERSON
    return OWN_CREDENTIAL if by.person == person else None


def start_review(one: Credential, by: Decider) -> CredentialReviewStarted | Refused:
    """Take a credential up."""
    refused = refuse_decider(one.person, by) or _not_open(one)
    if refused:
        return refused
    if one.state == UNDER_REVIEW:
        return Refused("under-review", "This credential is under review already: decide it.")
    return CredentialReviewStarted(credential=one.credential, person=one.person)


def verify(
    one: Credential, by: Decider, *, method: str, expires_on: date | None, today: date
) -> CredentialVerified | Refused:
    """Say that a credential holds.

    method      by which it was verified, whatever its declaration says
    expires_on  the last day on which it holds, as the evidence says
    """
    refused = refuse_decider(one.person, by) or _not_open(one)
    if refused:
        return refused
    if one.state != UNDER_REVIEW:
        return Refused("not-under-review", "Take the credential up for review first: then decide it.")
    if method not in METHODS:
        return SELF_ATTESTATION
    if not one.evidence:
        return NO_EVIDENCE
    if method in BY_ANOTHER and all(part.by == one.person for part in one.evidence):
        return NO_OUTSIDE_EVIDENCE
    return _check_expiry(expires_on, today) or CredentialVerified(
        credential=one.credential, person=one.person, type=one.type, method=method,
        evidence=[part.commitment for part in one.evidence],
        expires_on=None if expires_on is None else expires_on.isoformat(),
    )  # fmt: skip


def refuse_reason(reason: str) -> Refused | None:
    """Why words are no reason, or None."""
    if len(reason.strip()) < REASON_CHARACTERS_MIN:
        return Refused("reason-short", f"Say why, in at least {REASON_CHARACTERS_MIN} characters.", "reason")
    return None


def refuse_rejection(one: Credential, by: Decider, reason: str) -> Refused | None:
    """Why a credential cannot be rejected so, or None."""
    return refuse_decider(one.person, by) or _not_open(one) or refuse_reason(reason)


def reject(one: Credential, reason: ObjectRef) -> CredentialRejected:
    """Say that a credential does not hold."""
    return CredentialRejected(credential=one.credential, person=one.person, reason=reason)


def refuse_withdrawal(one: Credential, reason: str) -> Refused | None:
    """Why a credential cannot be taken back so, or None. A verified one can: a licence may be revoked."""
    if one.state not in (*OPEN, VERIFIED):
        return Refused("credential-closed", f"This credential is {words(one.state)}: there is nothing to take back.")
    return refuse_reason(reason)


def withdraw(one: Credential, reason: ObjectRef) -> CredentialWithdrawn:
    """Take a credential back."""
    return CredentialWithdrawn(credential=one.credential, person=one.person, reason=reason)


def words(name: str) -> str:
    """A state or a method as it reads in a sentence."""
    return name.replace("_", " ")


# --- what runs out, and what is lacking ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """A verified credential that runs out soon, or has. `days` are left; below zero since it expired."""

    credential: str
    person: str
    type: str
    expires_on: date
    days: int


def runs_out(every: Iterable[Credential], today: date, *, within_days: int) -> list[Expiring]:
    """What was verified and runs out within so many days, or has run out, soonest first.

    Left out is what a later one has taken the place of: verified, of the same person and type, that holds longer.
    """
    verified = [one for one in every if one.state == VERIFIED]
    longest: dict[tuple[str, str], date] = {}
    for one in verified:
        key = (one.person, one.type)
        longest[key] = max(longest.get(key, date.min), one.expires_on or date.max)
    found = [
        Expiring(
            credential=one.credential, person=one.person, type=one.type, expires_on=one.expires_on,
            days=(one.expires_on - today).days,
        )
        for one in verified
        if one.expires_on is not None and one.expires_on == longest[one.person, one.type]
    ]  # fmt: skip
    soon = [one for one in found if one.days <= within_days]
    return sorted(soon, key=lambda one: (one.expires_on, one.type, one.credential))


def lacking(
    demanded: Mapping[str, Collection[str]], held: Iterable[Credential], today: date
) -> dict[str, tuple[str, ...]]:
    """Domain: the types of credential that it demands and that nobody holds of these; domains that lack none left out.

    demanded  domain: types
    held      the credentials of one person
    """
    good = {one.type for one in held if holds_on(one, today)}
    found = {domain: tuple(sorted(set(types) - good)) for domain, types in demanded.items()}
    return {domain: types for domain, types in found.items() if types}


def refuse_lacking(types: Collection[str], held: Iterable[Credential], *, todo: str) -> Refused | None:
    """Why somebody may not hand in or decide work that demands credentials which they do not hold now, or None.

    types  that they lack
    held   all their credentials, whatever became of them
    todo   what to do, in a sentence
    """
    if not types:
        return None
    every = list(held)
    told = [f"{name}, which {_became([one for one in every if one.type == name])}" for name in sorted(types)]
    sentence = f"This work needs a verified credential that has not expired: {'; '.join(told)}. {todo}"
    return Refused("credential-missing", sentence, None, tuple(sorted(types)))


def _became(held: Collection[Credential]) -> str:
    """What became of the credentials of one type, none of which holds: of the one that says most for its holder."""
    states = {one.state for one in held}
    if states & set(OPEN):
        return "nobody has verified for you yet"
    ended = [one.expires_on for one in held if one.state == VERIFIED and one.expires_on is not None]
    if ended:
        return f"expired on {max(ended)}"
    if WITHDRAWN in states:
        return "was taken back"
    return "was rejected" if REJECTED in states else "nobody has verified for you"
