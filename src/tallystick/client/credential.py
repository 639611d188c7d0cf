"""Credentials over the API: declare, show evidence, decide, and what runs out. Reads and writes over HTTP."""

import msgspec

from tallystick.client.answers import Answer, Done, Receipt
from tallystick.client.wire import PREFIX, Wire, new_key, safe


class Credential(Answer, frozen=True):
    """A credential; `state` is that of today, `expires_on` the last day on which it holds."""

    credential: str
    person: str
    type: str
    state: str
    method: str
    expires_on: str | None
    renews: str | None
    files: int
    declared_at: int
    decided_by: str | None
    decided_at: int | None


class ExpiringCredential(Answer, frozen=True):
    """A verified credential that runs out; `days` are left, below zero once it has expired."""

    credential: str
    person: str
    type: str
    expires_on: str
    days: int


class CredentialsDue(Answer, frozen=True):
    """What runs out, and what waits for a decision."""

    within_days: int
    expiring: list[ExpiringCredential]
    waiting: list[Credential]


class DeclaredCredential(Answer, frozen=True):
    """A credential that was declared."""

    credential: str
    receipt: Receipt


class Evidence(Answer, frozen=True):
    """A piece of evidence: its salted commitment, as the journal has it."""

    number: int
    commitment: str
    bytes: int
    by: str
    at: int


class CredentialDetail(Answer, frozen=True):
    """One credential with what the vault holds of it."""

    credential: Credential
    issuer: str
    jurisdiction: str
    identifier: str
    reason: str | None
    evidence: list[Evidence]


class CredentialCalls:
    """The part of a client that keeps credentials."""

    _wire: Wire

    def credentials_due(self, *, days: int = 60) -> CredentialsDue:
        """What runs out within so many days, and what waits for a decision."""
        return self._wire.get(CredentialsDue, f"{PREFIX}/credentials", query={"days": days})

    def credentials(self, person: str) -> list[Credential]:
        """The credentials of a person, newest first."""
        path = f"{PREFIX}/people/{safe(person)}/credentials"
        return self._wire.get(dict[str, list[Credential]], path)["credentials"]

    def declare_credential(
        self, person: str, *, type: str, method: str, issuer: str, jurisdiction: str = "", identifier: str = "",  # noqa: A002 - the word of the API
        expires_on: str | None = None, renews: str | None = None, key: str | None = None,
    ) -> DeclaredCredential:  # fmt: skip
        """Declare a credential: of oneself, or as a lead of somebody else. `expires_on` is a day such as 2027-01-31."""
        body = {
            "type": type, "method": method, "issuer": issuer, "jurisdiction": jurisdiction, "identifier": identifier,
            "expires_on": expires_on, "renews": renews,
        }  # fmt: skip
        return self._wire.post(DeclaredCredential, f"{PREFIX}/people/{safe(person)}/credentials", key=key, body=body)

    def credential(self, credential: str) -> CredentialDetail:
        """One credential. That you opened it is recorded."""
        return self._wire.get(CredentialDetail, _one(credential))

    def add_evidence(self, credential: str, data: bytes, *, name: str, key: str | None = None) -> Receipt:
        """Add a file that shows a credential."""
        path, query = f"{_one(credential)}/evidence", {"name": name}
        sent = self._wire.send("POST", path, key=key or new_key(), content=data, query=query)
        return msgspec.json.decode(sent, type=Done).receipt

    def evidence(self, credential: str, number: int) -> bytes:
        """A piece of evidence, from 1. Every look at it is recorded."""
        return self._wire.send("GET", f"{_one(credential)}/evidence/{number}")

    def review_credential(self, credential: str, *, key: str | None = None) -> Receipt:
        """Take a credential up for review."""
        return self._wire.post(Done, f"{_one(credential)}/review", key=key).receipt

    def verify_credential(
        self, credential: str, *, method: str, expires_on: str | None, key: str | None = None
    ) -> Receipt:
        """Mark a credential verified. Raises Refused `self-attested`, `no-evidence`, `own-credential`."""
        body = {"method": method, "expires_on": expires_on}
        return self._wire.post(Done, f"{_one(credential)}/verify", key=key, body=body).receipt

    def reject_credential(self, credential: str, *, reason: str, key: str | None = None) -> Receipt:
        """Say that a credential does not hold."""
        return self._wire.post(Done, f"{_one(credential)}/reject", key=key, body={"reason": reason}).receipt

    def withdraw_credential(self, credential: str, *, reason: str, key: str | None = None) -> Receipt:
        """Take a credential back."""
        return self._wire.post(Done, f"{_one(credential)}/withdraw", key=key, body={"reason": reason}).receipt


def _one(credential: str) -> str:
    return f"{PREFIX}/credentials/{safe(credential)}"
