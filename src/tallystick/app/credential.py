"""Credentials: declare, show evidence, review, verify, reject, withdraw, and what runs out.

Issuer, number and evidence stand in the vault under their person. Each look at evidence is an event.
"""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import msgspec

from tallystick import canon
from tallystick.app import access, erased
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.contract import today_of
from tallystick.app.erased import Gone
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About
from tallystick.events.credential import CredentialDeclared
from tallystick.events.envelope import Event, ObjectRef
from tallystick.flow import credential as flow
from tallystick.flow.credential import Credential, Decider, Details, Evidence, Expiring, Wish
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import contract as contracts
from tallystick.store import credential as credentials
from tallystick.store import erasure, items, roster, tiers
from tallystick.store.schema import Row

BAD_DAYS = Refused("bad-days", f"Expected a number of days from 0 to {flow.DAYS_MAX}.", "days")
FILE_NAME_MAX = 200


@dataclass(frozen=True, slots=True)
class Declared:
    """A credential that was declared."""

    credential: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Held:
    """A credential as lists show it: nothing of it comes from the vault.

    state  on the day of the cell's clock
    files  pieces of evidence
    """

    row: Row
    state: str
    files: int


@dataclass(frozen=True, slots=True)
class CredentialPage:
    """One credential with what is said of it.

    reason        why it was rejected or withdrawn
    may_verify    whether the reader may decide on it
    decisions     every step since it was declared: what, by whom, when
    """

    row: Row
    state: str
    details: Details
    evidence: tuple[Row, ...]
    reason: str | None
    may_verify: bool
    is_own: bool
    decisions: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A piece of evidence as it was brought."""

    name: str
    data: bytes


def decider_of(connection: journal.Connection, actor: Actor, *, about: str) -> Decider:
    """Who decides, and whether that is a program: the cell itself, a simulated person, a rater from elsewhere.

    about  whom it is about: of somebody simulated, a simulated person says nothing that anybody could take for true
    """
    row, holder = roster.person(connection, actor.person), roster.person(connection, about)
    is_stranger = row is not None and bool(row.simulated) and not (holder is not None and bool(holder.simulated))
    is_machine = row is None or is_stranger or row.origin != "observed"
    return Decider(person=actor.person, is_machine=is_machine)


def credential_of(connection: journal.Connection, row: Row) -> Credential:
    """A credential as decisions need it."""
    files = credentials.evidence(connection, row.credential)
    return Credential(
        credential=row.credential, person=row.person, type=row.type, method=row.method, state=row.state,
        expires_on=day_of(row.expires_on), renews=row.renews,
        evidence=tuple(Evidence(one.commitment, one.by) for one in files),
    )  # fmt: skip


def day_of(text: str | None) -> date | None:
    """A day as the journal has it."""
    return None if text is None else date.fromisoformat(text)


def _permission(actor: Actor, person: str) -> str:
    """By which permission somebody acts for a person: as that person, or as who keeps the roster."""
    return "self" if actor.person == person else "roster.write"


def _is_there(connection: journal.Connection, person: str) -> bool:
    return roster.person(connection, person) is not None and erasure.erased(connection, f"person:{person}") is None


def declare(cell: Cell, actor: Actor, person: str, wish: Wish, *, key: str) -> Declared | Refused:
    """Say that somebody holds a credential: of oneself, or as a lead of another."""

    def decide(tx: Transaction) -> Decision:
        if not _is_there(tx.connection, person):
            return access.ABSENT
        former = credentials.credential(tx.connection, wish.renews) if wish.renews else None
        # Asked first: a refusal must not leave a key behind.
        refused = flow.check_wish(wish, today_of(cell))
        if refused:
            return refused
        told = msgspec.structs.asdict(_Details.of(wish.details))
        fact = flow.declare(
            wish, credential=tx.new_id("crd"), person=person, today=today_of(cell),
            details=tx.seal(canon.encode(told), scope=f"person:{person}"),
            former=None if former is None else credential_of(tx.connection, former),
        )  # fmt: skip
        return fact if isinstance(fact, Refused) else [fact]

    day = None if wish.expires_on is None else wish.expires_on.isoformat()
    said = wish.details
    request = canon.encode([
        "declare-credential", person, wish.type, wish.method, said.issuer, said.jurisdiction, said.identifier, day,
        wish.renews,
    ])  # fmt: skip
    answer = cell.execute(Command(actor, _permission(actor, person), key, request, decide))
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, CredentialDeclared)
    return Declared(fact.credential, answer)


class _Details(msgspec.Struct, frozen=True):
    """What the vault holds of a credential."""

    issuer: str
    jurisdiction: str
    identifier: str

    @classmethod
    def of(cls, details: Details) -> "_Details":
        return cls(details.issuer.strip(), details.jurisdiction.strip(), details.identifier.strip())


def opened_details(payload: bytes) -> Details:
    """Issuer, jurisdiction and identifier as the vault holds them."""
    found = msgspec.json.decode(payload, type=_Details)
    return Details(issuer=found.issuer, jurisdiction=found.jurisdiction, identifier=found.identifier)


def add_evidence(cell: Cell, actor: Actor, credential: str, file: EvidenceFile, *, key: str) -> Receipt | Refused:
    """Add a file that shows a credential: of one's own, or as a lead of another's."""

    def decide(tx: Transaction, one: Credential) -> Decision:
        refused = flow.refuse_evidence(one, len(file.data))
        if refused:
            return refused
        payload = canon.encode({"data": base64.b64encode(file.data).decode(), "name": file.name[-FILE_NAME_MAX:]})
        return [flow.add_evidence(one, _seal(tx, one.person, payload))]

    request = canon.encode(["credential-evidence", credential, file.name, canon.digest(file.data)])
    return _change(cell, actor, credential, _Step(key, request, decide))


@dataclass(frozen=True, slots=True)
class _Step:
    """What somebody wants to change of a credential. `permission` is that of the person or the lead when empty."""

    key: str
    request: bytes
    decide: Callable[[Transaction, Credential], Decision]
    permission: str = ""


def _change(cell: Cell, actor: Actor, credential: str, step: _Step) -> Receipt | Refused:
    with cell.read() as connection:
        row = credentials.credential(connection, credential)
    if row is None:
        return access.ABSENT

    def decide(tx: Transaction) -> Decision:
        now = credentials.credential(tx.connection, credential)
        if now is None or not _is_there(tx.connection, now.person):
            return access.ABSENT
        return step.decide(tx, credential_of(tx.connection, now))

    permission = step.permission or _permission(actor, row.person)
    return cell.execute(Command(actor, permission, step.key, step.request, decide))


def _seal(tx: Transaction, person: str, payload: bytes) -> ObjectRef:
    """Under the person that it is about, and under whoever wrote it."""
    others = [] if tx.actor.person in (person, access.SYSTEM) else [f"person:{tx.actor.person}"]
    return tx.seal(payload, scope=f"person:{person}", subjects=others)


def start_review(cell: Cell, actor: Actor, credential: str, *, key: str) -> Receipt | Refused:
    """Take a credential up for review."""

    def decide(tx: Transaction, one: Credential) -> Decision:
        return _one(flow.start_review(one, decider_of(tx.connection, actor, about=one.person)))

    request = canon.encode(["credential-review", credential])
    return _change(cell, actor, credential, _Step(key, request, decide, "credential.verify"))


def _one(fact: Event | Refused) -> Decision:
    return fact if isinstance(fact, Refused) else [fact]


def verify(
    cell: Cell, actor: Actor, credential: str, *, method: str, expires_on: date | None, key: str
) -> Receipt | Refused:
    """Mark a credential verified: a person who may, not its holder, on evidence."""

    def decide(tx: Transaction, one: Credential) -> Decision:
        by = decider_of(tx.connection, actor, about=one.person)
        return _one(flow.verify(one, by, method=method, expires_on=expires_on, today=today_of(cell)))

    day = None if expires_on is None else expires_on.isoformat()
    request = canon.encode(["credential-verify", credential, method, day])
    return _change(cell, actor, credential, _Step(key, request, decide, "credential.verify"))


def reject(cell: Cell, actor: Actor, credential: str, *, reason: str, key: str) -> Receipt | Refused:
    """Say that a credential does not hold, and why."""

    def decide(tx: Transaction, one: Credential) -> Decision:
        refused = flow.refuse_rejection(one, decider_of(tx.connection, actor, about=one.person), reason)
        return refused or [flow.reject(one, _seal(tx, one.person, reason.strip().encode()))]

    request = canon.encode(["credential-reject", credential, reason])
    return _change(cell, actor, credential, _Step(key, request, decide, "credential.verify"))


def withdraw(cell: Cell, actor: Actor, credential: str, *, reason: str, key: str) -> Receipt | Refused:
    """Take a credential back, and say why: its holder, or a lead."""

    def decide(tx: Transaction, one: Credential) -> Decision:
        refused = flow.refuse_withdrawal(one, reason)
        return refused or [flow.withdraw(one, _seal(tx, one.person, reason.strip().encode()))]

    request = canon.encode(["credential-withdraw", credential, reason])
    return _change(cell, actor, credential, _Step(key, request, decide))


# --- reading ------------------------------------------------------------------------------------------------------


def _reads(actor: Actor, person: str) -> bool:
    return actor.person == person or access.allows(actor, "roster.read")


def of_person(cell: Cell, actor: Actor, person: str) -> tuple[Held, ...] | Refused:
    """The credentials of one person, newest first: for those who read the roster, and for the person."""
    if not _reads(actor, person):
        return access.ABSENT
    with cell.read() as connection:
        if roster.person(connection, person) is None:
            return access.ABSENT
        return tuple(_held(cell, connection, row) for row in credentials.of_person(connection, person))


def _held(cell: Cell, connection: journal.Connection, row: Row) -> Held:
    state = flow.state_on(row.state, day_of(row.expires_on), today_of(cell))
    return Held(row, state, len(credentials.evidence(connection, row.credential)))


def credential_page(cell: Cell, actor: Actor, credential: str) -> CredentialPage | Refused:
    """One credential with issuer and number, which are personal: that they were opened is an event."""
    with cell.read() as connection:
        row = credentials.credential(connection, credential)
    if row is None or not _reads(actor, row.person):
        return access.ABSENT
    is_own = actor.person == row.person
    about = About(subject=row.person, what="credential", reason=_reason(actor, is_own=is_own), part=credential)
    look = cell.look(actor, "self" if is_own else "roster.read", about)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        details = erased.payload(cell, connection, row.details, look)
        reason = None if row.reason is None else erased.text(erased.payload(cell, connection, row.reason, look))
        return CredentialPage(
            row=row, state=flow.state_on(row.state, day_of(row.expires_on), today_of(cell)),
            details=Details(issuer=erased.text(details)) if isinstance(details, Gone) else opened_details(details),
            evidence=tuple(credentials.evidence(connection, credential)), reason=reason,
            may_verify=access.allows(actor, "credential.verify") and not is_own, is_own=is_own,
            decisions=tuple(credentials.decisions(connection, credential)),
        )  # fmt: skip


def _reason(actor: Actor, *, is_own: bool) -> str:
    if is_own:
        return "own-work"
    return "audit" if "auditor" in actor.roles else "staffing"


def evidence(cell: Cell, actor: Actor, credential: str, number: int) -> EvidenceFile | Refused:
    """One file of evidence, from 1. Every look at it is an event of its own."""
    with cell.read() as connection:
        row = credentials.credential(connection, credential)
        files = credentials.evidence(connection, credential)
    if row is None or not _reads(actor, row.person) or not 1 <= number <= len(files):
        return access.ABSENT
    is_own = actor.person == row.person
    about = About(
        subject=row.person, what="evidence", reason=_reason(actor, is_own=is_own), part=f"{credential}/{number}"
    )
    look = cell.look(actor, "self" if is_own else "roster.read", about)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        found = erased.payload(cell, connection, files[number - 1].object, look)
    if isinstance(found, Gone):
        return found.refused
    held = msgspec.json.decode(found)
    return EvidenceFile(held["name"], base64.b64decode(held["data"]))


def waiting(cell: Cell, actor: Actor) -> tuple[Held, ...] | Refused:
    """The credentials that wait for a decision, oldest first."""
    if not access.allows(actor, "roster.read"):
        return access.ABSENT
    with cell.read() as connection:
        return tuple(_held(cell, connection, row) for row in credentials.every(connection, states=flow.OPEN))


def running_out(cell: Cell, actor: Actor, *, within_days: int) -> list[Expiring] | Refused:
    """What runs out within so many days, or has: of everybody for who reads the roster, else one's own."""
    if not 0 <= within_days <= flow.DAYS_MAX:
        return BAD_DAYS
    if not access.allows(actor, "self"):
        return access.ABSENT
    with cell.read() as connection:
        rows: Sequence[Row] = (
            credentials.every(connection, states=(flow.VERIFIED,))
            if access.allows(actor, "roster.read")
            else credentials.of_person(connection, actor.person)
        )
    return flow.runs_out(_plain(rows), today_of(cell), within_days=within_days)


def own_running_out(cell: Cell, actor: Actor, *, within_days: int) -> list[Expiring]:
    """What of one's own runs out within so many days, or has."""
    with cell.read() as connection:
        rows = credentials.of_person(connection, actor.person)
    return flow.runs_out(_plain(rows), today_of(cell), within_days=within_days)


def _plain(rows: Iterable[Row]) -> list[Credential]:
    return [
        Credential(
            credential=row.credential, person=row.person, type=row.type, method=row.method, state=row.state,
            expires_on=day_of(row.expires_on), renews=row.renews,
        )
        for row in rows
    ]  # fmt: skip


def held_by(connection: journal.Connection, person: str) -> list[Credential]:
    """The credentials of a person as decisions on work need them: without evidence."""
    return _plain(credentials.of_person(connection, person))


def lacking(connection: journal.Connection, person: str, *, programme: str, today: date) -> dict[str, tuple[str, ...]]:
    """Domain: the types of credential that the contract in force demands there and that the person does not hold."""
    demanded = credentials.demanded(connection, programme)
    return flow.lacking(demanded, held_by(connection, person), today) if demanded else {}


def lacking_among(connection: journal.Connection, programme: str, *, today: date) -> Callable[[str, str], bool]:
    """Whether somebody lacks a credential that a domain demands, by name and domain: read once for all people."""
    demanded, good = credentials.demanded(connection, programme), dict[str, set[str]]()
    for one in _plain(credentials.every(connection, states=(flow.VERIFIED,)) if demanded else ()):
        if flow.holds_on(one, today):
            good.setdefault(one.person, set()).add(one.type)
    return lambda person, domain: not good.get(person, set()).issuperset(demanded.get(domain, ()))


DRAFT_KEPT = (
    "Your draft is kept. Renew the credential on your own page, and submit again when the programme lead has verified "
    "it; your lease may be renewed then."
)
LOOK_OPEN = "Renew the credential on your own page. Until the programme lead has verified it, others look at this work."
CASE_OPEN = "Renew the credential on your own page. Until the programme lead has verified it, others decide the case."


def refuse_work(
    connection: journal.Connection, person: str, *, programme: str, domain: str, today: date, todo: str
) -> Refused | None:  # fmt: skip
    """Why somebody may not hand in or decide work of a domain for want of a credential that it demands now, or None."""
    missing = lacking(connection, person, programme=programme, today=today).get(domain, ())
    return flow.refuse_lacking(missing, held_by(connection, person), todo=todo) if missing else None


def refuse_reviewer(cell: Cell, connection: journal.Connection, person: str, item: str) -> Refused | None:
    """Why somebody may not look a second time at work on an item: a credential that its domain demands, or None."""
    row = items.item(connection, item)
    assert row is not None, "what is reviewed is work on an item"
    return refuse_work(
        connection, person, programme=row.programme, domain=row.domain, today=today_of(cell), todo=LOOK_OPEN
    )


def refuse_senior(
    cell: Cell, connection: journal.Connection, person: str, *, programme: str, todo: str
) -> Refused | None:  # fmt: skip
    """Why a senior adjudicator whose seniority rests on a credential decides nothing as one now, or None.

    A contract that names a type of credential demands that it is verified and has not expired; other words of it are
    for the lead, who looks at the papers.
    """
    row = contracts.programme(connection, programme)
    assert row is not None, "a case has a programme"
    said = cell.contract(connection, row.document).assignment
    wanted = said.senior.credential_type if said is not None and said.senior is not None else None
    if wanted is None or tiers.rests_on(connection, person, programme) != "credential":
        return None
    held = held_by(connection, person)
    missing = flow.lacking({"": (wanted,)}, held, today_of(cell))
    return flow.refuse_lacking(missing.get("", ()), held, todo=todo)


Under = TypeVar("Under")


def admitted(
    connection: journal.Connection, person: str, qualified: Mapping[str, Under], *, programme: str, today: date
) -> dict[str, Under] | Refused:
    """Of the domains in which somebody is qualified, those whose credentials they hold; why none, where they lack one.

    qualified  domain: under what
    """
    missing = lacking(connection, person, programme=programme, today=today)
    found = {domain: under for domain, under in qualified.items() if domain not in missing}
    if found or not qualified:
        return found
    types = tuple(sorted({kind for domain in qualified for kind in missing[domain]}))
    return Refused(
        "credential-missing",
        f"This work needs a verified credential that has not expired: {', '.join(types)}. Declare it on your own page "
        "and add evidence. The programme lead verifies it.",
        None, types,
    )  # fmt: skip


def types_demanded(cell: Cell) -> tuple[str, ...]:
    """The types of credential that contracts in force demand, for a domain or of a senior adjudicator: sorted."""
    found: set[str] = set()
    with cell.read() as connection:
        for one in contracts.programmes(connection):
            found.update(*credentials.demanded(connection, one.programme).values())
            said = cell.contract(connection, one.document).assignment
            if said is not None and said.senior is not None and said.senior.credential_type is not None:
                found.add(said.senior.credential_type)
    return tuple(sorted(found))


def lacking_everywhere(cell: Cell, actor: Actor, person: str) -> dict[tuple[str, str], tuple[str, ...]] | Refused:
    """(programme, domain): the types of credential that an expert lacks there, by the contracts in force."""
    if not _reads(actor, person):
        return access.ABSENT
    with cell.read() as connection:
        row = roster.person(connection, person)
        if row is None:
            return access.ABSENT
        if "expert" not in msgspec.json.decode(row.roles):
            return {}
        return {
            (one.programme, domain): types
            for one in contracts.programmes(connection)
            for domain, types in lacking(connection, person, programme=one.programme, today=today_of(cell)).items()
        }
