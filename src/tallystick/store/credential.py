"""Read models of credentials: what experts hold, with evidence and state, and what contracts demand."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from tallystick.events.credential import (
    CredentialDeclared,
    CredentialEvidenceAdded,
    CredentialRejected,
    CredentialReviewStarted,
    CredentialsDemanded,
    CredentialVerified,
    CredentialWithdrawn,
)
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.schema import PROGRAMME, Handler, Recorded, Row
from tallystick.store.schema.credentials import (
    CREDENTIAL_DECISION,
    CREDENTIAL_DEMAND,
    CREDENTIAL_EVIDENCE,
    EXPERT_CREDENTIAL,
)

_PART = 500


def _on_declared(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"credential": r.fact.credential, "person": r.fact.person, "type": r.fact.type, "method": r.fact.method,
         "state": "declared", "details": r.fact.details.object, "expires_on": r.fact.expires_on,
         "renews": r.fact.renews, "declared_by": r.envelope.by, "declared_at": r.envelope.at, "decided_by": None,
         "decided_at": None, "reason": None, "seq": r.envelope.seq}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, EXPERT_CREDENTIAL, rows)


def _on_evidence(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"credential": r.fact.credential, "seq": r.envelope.seq, "object": r.fact.evidence.object,
         "commitment": r.fact.evidence.commitment, "bytes": r.fact.evidence.bytes, "by": r.envelope.by,
         "at": r.envelope.at}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, CREDENTIAL_EVIDENCE, rows)


def _change(connection: sa.Connection, recorded: Recorded, **values: object) -> None:
    table = EXPERT_CREDENTIAL
    connection.execute(table.update().where(table.c.credential == recorded.fact.credential).values(**values))


def _decided(connection: sa.Connection, run: list[Recorded], *, what: str) -> None:
    rows = [
        {"credential": r.fact.credential, "seq": r.envelope.seq, "what": what, "by": r.envelope.by, "at": r.envelope.at}
        for r in run
    ]
    journal.insert_many(connection, CREDENTIAL_DECISION, rows)


def _on_review(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        _change(connection, r, state="under_review")
    _decided(connection, run, what="under_review")


def _on_verified(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: CredentialVerified = r.fact
        _change(
            connection, r, state="verified", method=fact.method, expires_on=fact.expires_on,
            decided_by=r.envelope.by, decided_at=r.envelope.at,
        )  # fmt: skip
    _decided(connection, run, what="verified")


def _on_rejected(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        _close(connection, r, state="rejected")
    _decided(connection, run, what="rejected")


def _on_withdrawn(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        _close(connection, r, state="withdrawn")
    _decided(connection, run, what="withdrawn")


def _close(connection: sa.Connection, r: Recorded, *, state: str) -> None:
    _change(connection, r, state=state, decided_by=r.envelope.by, decided_at=r.envelope.at, reason=r.fact.reason.object)


def _on_demanded(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"programme": r.fact.programme, "contract_version": r.fact.contract_version, "domain": domain,
         "type": demand.type}
        for r in run
        for demand in r.fact.demands
        for domain in demand.domains
    ]  # fmt: skip
    journal.insert_many(connection, CREDENTIAL_DEMAND, rows)


HANDLERS: dict[str, Handler] = {
    CredentialDeclared.KIND: _on_declared,
    CredentialEvidenceAdded.KIND: _on_evidence,
    CredentialReviewStarted.KIND: _on_review,
    CredentialVerified.KIND: _on_verified,
    CredentialRejected.KIND: _on_rejected,
    CredentialWithdrawn.KIND: _on_withdrawn,
    CredentialsDemanded.KIND: _on_demanded,
}


def credential(connection: sa.Connection, wanted: str) -> Row | None:
    """One credential, or None."""
    return connection.execute(sa.select(EXPERT_CREDENTIAL).where(EXPERT_CREDENTIAL.c.credential == wanted)).first()


_OF_PERSON = Statement(
    sa.select(EXPERT_CREDENTIAL)
    .where(EXPERT_CREDENTIAL.c.person == sa.bindparam("who"))
    .order_by(EXPERT_CREDENTIAL.c.seq.desc())
)


def of_person(connection: sa.Connection, who: str) -> list[Row]:
    """The credentials of one person, newest first."""
    return _OF_PERSON.all(connection, {"who": who})


def every(connection: sa.Connection, *, states: Iterable[str] | None = None) -> list[Row]:
    """All credentials of the cell, oldest first; of some states when given."""
    query = sa.select(EXPERT_CREDENTIAL).order_by(EXPERT_CREDENTIAL.c.seq)
    if states is not None:
        query = query.where(EXPERT_CREDENTIAL.c.state.in_(list(states)))
    return list(connection.execute(query).all())


def evidence(connection: sa.Connection, wanted: str) -> list[Row]:
    """The files of a credential in the order in which they were added."""
    query = sa.select(CREDENTIAL_EVIDENCE).where(CREDENTIAL_EVIDENCE.c.credential == wanted)
    return list(connection.execute(query.order_by(CREDENTIAL_EVIDENCE.c.seq)).all())


def decisions(connection: sa.Connection, wanted: str) -> list[Row]:
    """What was done with a credential after it was declared, in time order."""
    query = sa.select(CREDENTIAL_DECISION).where(CREDENTIAL_DECISION.c.credential == wanted)
    return list(connection.execute(query.order_by(CREDENTIAL_DECISION.c.seq)).all())


_DEMANDED = Statement(
    sa.select(CREDENTIAL_DEMAND.c.domain, CREDENTIAL_DEMAND.c.type)
    .join(
        PROGRAMME,
        sa.and_(
            PROGRAMME.c.programme == CREDENTIAL_DEMAND.c.programme,
            PROGRAMME.c.version == CREDENTIAL_DEMAND.c.contract_version,
        ),
    )
    .where(CREDENTIAL_DEMAND.c.programme == sa.bindparam("name"))
    .order_by(CREDENTIAL_DEMAND.c.domain, CREDENTIAL_DEMAND.c.type)
)


def demanded(connection: sa.Connection, programme: str) -> dict[str, tuple[str, ...]]:
    """Domain: the types of credential that the contract in force demands in it; domains without a demand left out."""
    found: dict[str, tuple[str, ...]] = {}
    for row in _DEMANDED.all(connection, {"name": programme}):
        found[row.domain] = (*found.get(row.domain, ()), row.type)
    return found


def words_about(connection: sa.Connection, *, items: Sequence[str], people: Sequence[str]) -> set[str]:
    """Objects that go with people: what is said of their credentials, and the evidence. Items have none."""
    del items
    found: set[str] = set()
    table, files = EXPERT_CREDENTIAL, CREDENTIAL_EVIDENCE
    for start in range(0, len(people), _PART):
        theirs = table.c.person.in_(people[start : start + _PART])
        found |= set(connection.scalars(sa.select(table.c.details).where(theirs)))
        found |= set(connection.scalars(sa.select(table.c.reason).where(theirs, table.c.reason.is_not(None))))
        shown = sa.select(files.c.object).join(table, table.c.credential == files.c.credential)
        found |= set(connection.scalars(shown.where(theirs)))
    return found


def is_words(connection: sa.Connection, name: str) -> bool:
    """Whether an object is what is said of a credential, or evidence of one."""
    columns = (EXPERT_CREDENTIAL.c.details, EXPERT_CREDENTIAL.c.reason, CREDENTIAL_EVIDENCE.c.object)
    return any(connection.execute(sa.select(one).where(one == name).limit(1)).first() for one in columns)
