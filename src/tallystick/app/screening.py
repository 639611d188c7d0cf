"""Screening: proposed disqualifiers, what a person makes of them, the answer of whom they concern.

Nothing here lets anybody pass, scores or ranks them. What is not confirmed by a person does nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access, erased
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.contract import today_of
from tallystick.app.credential import decider_of, held_by, opened_details
from tallystick.app.erased import Gone
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About
from tallystick.events.assignment import AssignmentReleased
from tallystick.events.envelope import Event, ObjectRef
from tallystick.events.screening import DisqualifierProposed
from tallystick.flow import screening as flow
from tallystick.flow.contract import BAD_REGION, is_region
from tallystick.flow.refusal import Refused
from tallystick.flow.screening import Disqualifier, Proposal, Screened
from tallystick.ledger import journal
from tallystick.store import assignment, erasure, roster
from tallystick.store import contract as contracts
from tallystick.store import credential as credentials
from tallystick.store import screening as disqualifiers
from tallystick.store.schema import Row

ALREADY = Refused("already-proposed", "This was proposed already, and a person decides or has decided on it.", "ground")
PROPOSALS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Proposed:
    """Disqualifiers that were recorded; those that were known already are left out."""

    disqualifiers: tuple[str, ...]
    known: int
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a disqualifier: confirmed, dismissed, lifted or answered, by whom, in which words."""

    what: str
    by: str
    at: int
    words: str


@dataclass(frozen=True, slots=True)
class DisqualifierView:
    """A disqualifier with its evidence and what was said of it.

    evidence  None for the person it concerns: it may speak of others
    """

    row: Row
    evidence: str | None
    said: tuple[Said, ...]


def propose(cell: Cell, actor: Actor, proposals: Sequence[Proposal], *, key: str) -> Proposed | Refused:
    """Record disqualifiers that a person, a rule or another system points at. None has an effect yet."""
    if not 1 <= len(proposals) <= PROPOSALS_MAX:
        return Refused("bad-number", f"Expected 1 to {PROPOSALS_MAX:,} proposals, found {len(proposals):,}.")

    def decide(tx: Transaction) -> Decision:
        for one in proposals:
            refused = (
                flow.check(one)
                or _strange(tx.connection, one)
                or _contradicted(cell, tx.connection, one.person, ground=one.ground, about=one.about)
            )
            if refused:
                return refused
        return _record(tx, proposals) or ALREADY

    request = canon.encode(["screen", [_told(one) for one in proposals]])
    answer = cell.execute(Command(actor, "screen", key, request, decide))
    return answer if isinstance(answer, Refused) else _proposed(answer, of=len(proposals))


def _told(one: Proposal) -> list[str | None]:
    return [one.person, one.ground, one.evidence, one.source, one.rule, one.rule_version, one.about, one.programme]


def _strange(connection: journal.Connection, one: Proposal) -> Refused | None:
    """Why a proposal speaks of nobody, or of no programme."""
    if roster.person(connection, one.person) is None or erasure.erased(connection, f"person:{one.person}"):
        return Refused("no-such-person", "Expected a person of this cell, found none.", "person", (one.person,))
    if one.programme is not None and contracts.programme(connection, one.programme) is None:
        return Refused("no-such-programme", "Expected a programme of this cell, or none.", "programme")
    return None


def _contradicted(
    cell: Cell, connection: journal.Connection, person: str, *, ground: str, about: str
) -> Refused | None:  # fmt: skip
    """Why a ground cannot be said of somebody: the record says otherwise. What is proposed may have changed since."""
    row = roster.person(connection, person)
    assert row is not None, "only what is said of a person of this cell is compared with its record"
    known = Screened(
        person=person, has_contract=row.executed_at is not None, region=row.region,
        credentials=tuple(held_by(connection, person)),
    )  # fmt: skip
    return flow.refuse_contradicted(ground, about, known, today_of(cell))


def _record(tx: Transaction, proposals: Iterable[Proposal]) -> list[Event]:
    """The facts of what is new. What was lifted may be proposed again: something may have happened since."""
    known = {
        (row.person, row.ground, row.programme, row.about)
        for row in disqualifiers.every(tx.connection)
        if row.state != flow.LIFTED
    }
    facts: list[Event] = []
    for one in proposals:
        if one.name not in known:
            known.add(one.name)
            ref = _seal(tx, one.person, one.evidence)
            facts.append(flow.propose(one, disqualifier=tx.new_id("dsq"), evidence=ref))
    return facts


def _seal(tx: Transaction, person: str, words: str) -> ObjectRef:
    others = [] if tx.actor.person in (person, access.SYSTEM) else [f"person:{tx.actor.person}"]
    return tx.seal(words.strip().encode(), scope=f"person:{person}", subjects=others)


def _proposed(answer: Receipt, *, of: int) -> Proposed:
    found = tuple(fact.disqualifier for fact in answer.facts if isinstance(fact, DisqualifierProposed))
    return Proposed(found, of - len(found), answer)


def run_rules(cell: Cell, actor: Actor, *, sanctioned: Sequence[str] = (), key: str) -> Proposed | Refused:
    """Run the cell's own rules over all experts and record what they point at. A run that finds nothing writes nothing.

    sanctioned  regions in which nobody may be given work, ISO 3166
    """
    if not all(is_region(one) for one in sanctioned):
        return BAD_REGION
    found: list[Proposal] = []

    def decide(tx: Transaction) -> Decision:
        people = _screened(cell, tx)
        found.extend(flow.found_by_rules(people, today_of(cell), sanctioned=sanctioned))
        return _record(tx, found)

    request = canon.encode(["screening-rules", sorted(sanctioned)])
    answer = cell.execute(Command(actor, "screen", key, request, decide))
    if isinstance(answer, Refused):
        return answer
    return _proposed(answer, of=len(found) or sum(isinstance(f, DisqualifierProposed) for f in answer.facts))


def _screened(cell: Cell, tx: Transaction) -> list[Screened]:
    """All experts as the rules see them. Numbers of credentials are opened by the cell, which shows them to no one."""
    people = [
        row for row in roster.people(tx.connection, origin="observed")
        if "expert" in msgspec.json.decode(row.roles) and not erasure.erased(tx.connection, f"person:{row.person}")
    ]  # fmt: skip
    rows = [row for row in credentials.every(tx.connection) if row.state not in ("rejected", "withdrawn")]
    numbers: dict[str, set[tuple[str, str, str]]] = {}
    if rows:
        subjects = tuple({row.person for row in rows})
        look = tx.look_as_cell(About(subject="roster", what="credential", reason="check", subjects=subjects))
        opened = erased.payloads(cell, tx.connection, [row.details for row in rows], look)
        for row in rows:
            payload = opened[row.details]
            details = None if isinstance(payload, Gone) else opened_details(payload)
            if details is not None and details.identifier:
                name = (row.type, details.jurisdiction.casefold(), "".join(details.identifier.casefold().split()))
                numbers.setdefault(row.person, set()).add(name)
    return [
        Screened(
            person=row.person, has_contract=row.executed_at is not None, region=row.region,
            credentials=tuple(held_by(tx.connection, row.person)),
            numbers=frozenset(numbers.get(row.person, ())),
        )
        for row in people
    ]  # fmt: skip


def decide(cell: Cell, actor: Actor, disqualifier: str, *, decision: str, reason: str, key: str) -> Receipt | Refused:
    """Confirm, dismiss or lift a disqualifier, with a reason. Only a person can, and never about themselves.

    decision  confirmed, dismissed or lifted
    """

    def ask(tx: Transaction) -> Decision:
        row = disqualifiers.disqualifier(tx.connection, disqualifier)
        if row is None or erasure.erased(tx.connection, f"person:{row.person}"):
            return access.ABSENT
        one = _plain(row)
        by = decider_of(tx.connection, actor, about=one.person)
        refused = flow.refuse_decision(one, by, decision=decision, reason=reason)
        if refused is None and decision == flow.CONFIRMED:
            refused = _contradicted(cell, tx.connection, one.person, ground=row.ground, about=row.about)
        if refused:
            return refused
        called_back = _call_back(tx, row) if decision == flow.CONFIRMED else []
        return [flow.decide(one, decision, _seal(tx, one.person, reason)), *called_back]

    request = canon.encode(["disqualifier", disqualifier, decision, reason])
    return cell.execute(Command(actor, "screen", key, request, ask))


def _call_back(tx: Transaction, row: Row) -> list[Event]:
    """The leases that a disqualifier ends: nobody works on under one."""
    programmes = [row.programme] if row.programme else [one.programme for one in contracts.programmes(tx.connection)]
    held = [assignment.active(tx.connection, row.person, programme) for programme in programmes]
    return [
        AssignmentReleased(assignment=one.assignment, item=one.item, expert=row.person, reason="recalled")
        for one in held
        if one is not None
    ]


def _plain(row: Row) -> Disqualifier:
    return Disqualifier(disqualifier=row.disqualifier, person=row.person, state=row.state)


def answer(cell: Cell, actor: Actor, disqualifier: str, *, words: str, key: str) -> Receipt | Refused:
    """Answer in words what is said about oneself."""

    def ask(tx: Transaction) -> Decision:
        row = disqualifiers.disqualifier(tx.connection, disqualifier)
        if row is None or row.person != actor.person:
            return access.ABSENT
        refused = flow.refuse_answer(words)
        return refused or [flow.answer(_plain(row), _seal(tx, row.person, words))]

    return cell.execute(Command(actor, "self", key, canon.encode(["answer", disqualifier, words]), ask))


# --- reading ------------------------------------------------------------------------------------------------------


def of_person(cell: Cell, actor: Actor, person: str) -> tuple[DisqualifierView, ...] | Refused:
    """What was proposed about a person, with all that was said: for those who read the roster, and for the person."""
    is_own = actor.person == person
    if not is_own and not access.allows(actor, "roster.read"):
        return access.ABSENT
    with cell.read() as connection:
        rows = disqualifiers.of_person(connection, person)
    if not rows:
        return ()
    reason = "own-work" if is_own else "audit" if "auditor" in actor.roles else "staffing"
    look = cell.look(actor, "self" if is_own else "roster.read", About(subject=person, what="screening", reason=reason))
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        said = {row.disqualifier: disqualifiers.said(connection, row.disqualifier) for row in rows}
        wanted = [one.object for given in said.values() for one in given]
        opened = erased.payloads(cell, connection, [*wanted, *(() if is_own else (row.evidence for row in rows))], look)
    return tuple(
        DisqualifierView(
            row=row, evidence=None if is_own else erased.text(opened[row.evidence]),
            said=tuple(
                Said(one.what, one.by, one.at, erased.text(opened[one.object])) for one in said[row.disqualifier]
            ),
        )
        for row in rows
    )  # fmt: skip


def own_open(cell: Cell, actor: Actor) -> tuple[Row, ...]:
    """What is proposed or confirmed about oneself, newest first, without the words that were said of it."""
    with cell.read() as connection:
        rows = disqualifiers.of_person(connection, actor.person)
    return tuple(row for row in rows if row.state in (flow.PROPOSED, flow.CONFIRMED))


def waiting(cell: Cell, actor: Actor) -> tuple[Row, ...] | Refused:
    """The disqualifiers that wait for a person, newest first."""
    if not access.allows(actor, "roster.read"):
        return access.ABSENT
    with cell.read() as connection:
        return tuple(disqualifiers.every(connection, state=flow.PROPOSED))
