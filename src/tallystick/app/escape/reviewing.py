"""The second look itself: the next drawn item, shown without names to somebody who did not judge it; their answer."""

from dataclasses import dataclass

from tallystick import canon
from tallystick.app import access, credential, erased, routing, welfare
from tallystick.app.access import Actor
from tallystick.app.adjudication.case import BlindedJudgment, blinded, counted, rubric_of
from tallystick.app.assignment import Shown, shown_in
from tallystick.app.cell import Cell
from tallystick.app.contract import closed, unreadable
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About
from tallystick.app.pay.terms import may_work
from tallystick.events.escape import RereviewAnswered, RereviewLeased, RereviewReleased
from tallystick.flow import assignment as order
from tallystick.flow import escape as flow
from tallystick.flow.contract import Failure
from tallystick.flow.escape import Answer
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.flow.tiers import SEVERE_POOLS
from tallystick.ledger import journal
from tallystick.store import assignment, escape, items, judgment
from tallystick.store import contract as contracts
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class Review:
    """A drawn item as its reviewer sees it."""

    row: Row
    domain: str
    shown: Shown
    rubric: Rubric
    judgments: tuple[BlindedJudgment, ...]
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """A second look that is durably in the journal."""

    item: str
    programme: str
    receipt: Receipt


def next_review(cell: Cell, actor: Actor, programme: str, *, key: str) -> str | Refused:
    """Take the next drawn item, or the one that one holds; its id. Nobody chooses: it is the first in the order."""

    def decide(tx: Transaction) -> Decision:
        row = contracts.programme(tx.connection, programme)
        if row is None:
            return access.ABSENT
        refused = unreadable(cell, tx.connection, actor, programme)
        if refused:
            return refused
        held = escape.held_by(tx.connection, actor.person, programme)
        if held is not None and held.held_until >= tx.now and _put_aside(cell, tx.connection, actor, held) is None:
            return []
        refused = closed(tx.connection, programme) or may_work(tx.connection, actor.person, programme)
        refused = refused or welfare.may_work(cell, tx.connection, actor.person, programme, now=tx.now)
        if refused:
            return refused
        found = first_for(cell, tx.connection, actor, programme, now=tx.now)
        if found is None or isinstance(found, Refused):
            return found or flow.NO_REVIEW
        leased = RereviewLeased(
            rereview=found.rereview, programme=programme, item=found.item, reviewer=actor.person,
            expires_at=tx.now + row.lease_ms * 1000,
        )  # fmt: skip
        # Whoever had it before, and let its lease run out, gave no answer: what they read of it counts then.
        ended = {row.item: row for row in (held, found) if row is not None and row.reviewer is not None}
        return [*(_released(row) for row in ended.values()), leased]

    answer = cell.execute(Command(actor, "review", key, f"rereview-next|{programme}".encode(), decide))
    if isinstance(answer, Refused):
        return answer
    leased = next((fact.item for fact in answer.facts if isinstance(fact, RereviewLeased)), None)
    if leased is not None:
        return leased
    with cell.read() as connection:
        held = escape.held_by(connection, actor.person, programme)
    return flow.NO_REVIEW if held is None else str(held.item)


def first_for(
    cell: Cell, connection: journal.Connection, actor: Actor, programme: str, *, now: int
) -> Row | Refused | None:  # fmt: skip
    """The first drawn item that a reviewer may be given; why none, where they lack a credential that one demands."""
    may = routing.eligible(cell, connection, actor.person, programme, now=now)
    refused: dict[tuple[str, bool], Refused | None] = {}

    def is_theirs(row: Row) -> bool:
        if not may.allows(routing.places_of(row)):
            return False
        # What one item of a domain demands, all of them do.
        asked = (row.domain, row.risk in SEVERE_POOLS)
        if asked not in refused:
            refused[asked] = _refuse_reviewer(cell, connection, actor, row)
        return refused[asked] is None

    found = escape.next_for(connection, actor.person, programme, now=now, may=is_theirs)
    return found or next((one for one in refused.values() if one is not None), None)


def _refuse_reviewer(cell: Cell, connection: journal.Connection, actor: Actor, row: Row) -> Refused | None:
    """Why somebody may not look at a drawn item: their seniority or its domain rests on a credential, or None."""
    refused = None
    if row.risk in SEVERE_POOLS:
        refused = credential.refuse_senior(
            cell, connection, actor.person, programme=row.programme, todo=credential.LOOK_OPEN
        )
    return refused or credential.refuse_reviewer(cell, connection, actor.person, row.item)


def _put_aside(cell: Cell, connection: journal.Connection, actor: Actor, row: Row) -> Refused | None:
    """Why a drawn item that somebody holds is not shown to them any more: they leave its kind out since."""
    item = items.item(connection, row.item)
    assert item is not None, "what was drawn is an item"
    return routing.refuse_begun(cell, connection, actor.person, [item], instead=flow.ASK_NEXT)


def _released(row: Row) -> RereviewReleased:
    return RereviewReleased(rereview=row.rereview, programme=row.programme, item=row.item, reviewer=row.reviewer)


def _own(connection: journal.Connection, actor: Actor, item: str) -> Row | Refused:
    """The drawn item that somebody holds, its lease run out or not; or why there is none."""
    row = escape.drawn(connection, item)
    if row is None or row.reviewer != actor.person:
        return access.ABSENT
    if judgment.of_expert_on(connection, actor.person, item) is not None:
        return access.ABSENT
    if assignment.is_author(connection, actor.person, item):
        return access.ABSENT
    return row


def review(cell: Cell, actor: Actor, item: str, *, key: str | None = None) -> Review | Refused:
    """Open the drawn item that one holds. That it was opened is an event."""
    if not access.allows(actor, "review"):
        return access.ABSENT

    def check(connection: journal.Connection) -> Refused | None:
        row = _own(connection, actor, item)
        if isinstance(row, Refused):
            return row
        ended = unreadable(cell, connection, actor, row.programme, item=item)
        return ended or (None if row.is_answered else _put_aside(cell, connection, actor, row))

    # A look that is known is shown again without asking: what has changed since must be asked before.
    with cell.read() as connection:
        refused = check(connection)
    if refused:
        return refused
    look = cell.look(actor, "review", About(subject=item, what="judgments", reason="review"), key=key, check=check)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        row, item_row = escape.drawn(connection, item), items.item(connection, item)
        assert row is not None
        assert item_row is not None
        mine = order.candidate_order(cell.order_seed, item, actor.person, candidates=item_row.candidates)
        given = counted(connection, item)
        return Review(
            row, item_row.domain, shown_in(cell, connection, item_row.content, mine, look=look),
            rubric_of(cell, connection, given), blinded(cell, connection, given, mine, look=look),
            _failures(cell, connection, row.programme),
        )  # fmt: skip


def _failures(cell: Cell, connection: journal.Connection, programme: str) -> tuple[Failure, ...]:
    row = contracts.programme(connection, programme)
    assert row is not None, "what was drawn is of a programme"
    return tuple(cell.contract(connection, row.document).failures)


def answer(cell: Cell, actor: Actor, item: str, given: Answer, *, key: str) -> Answered | Refused:
    """Say of one's drawn item whether it is sound, or what is wrong with it. An answer stands."""

    def decide(tx: Transaction) -> Decision:
        row = _own(tx.connection, actor, item)
        if isinstance(row, Refused):
            return row
        if row.is_answered:
            return Refused("already-answered", "You have answered this item already: your answer stands.")
        item_row = items.item(tx.connection, item)
        assert item_row is not None, "what was drawn is an item"
        gone = erased.gone(tx.connection, item_row.content)
        refused = gone.refused if gone else unreadable(cell, tx.connection, actor, row.programme, item=item)
        refused = refused or _refuse_reviewer(cell, tx.connection, actor, row)
        failures = [one.id for one in _failures(cell, tx.connection, row.programme)]
        refused = refused or flow.check(given, failures)
        if refused:
            return refused
        words, subjects = given.notes.strip().encode(), [f"person:{actor.person}"]
        return [
            RereviewAnswered(
                rereview=row.rereview, programme=row.programme, item=item, reviewer=actor.person,
                is_defect=given.is_defect, severity=given.severity, cause=given.cause, failure=given.failure,
                notes=tx.seal(words, scope=f"run:{item_row.run}", subjects=subjects) if words else None,
            )
        ]  # fmt: skip

    request = canon.encode(["rereview", item, given.is_defect, given.severity, given.cause, given.failure, given.notes])
    done = cell.execute(Command(actor, "review", key, request, decide))
    if isinstance(done, Refused):
        return done
    fact = done.facts[0]
    assert isinstance(fact, RereviewAnswered)
    return Answered(item, fact.programme, done)


def give_back(cell: Cell, actor: Actor, item: str, *, key: str) -> Receipt | Refused:
    """Give one's drawn item back. It stays in the sample, and somebody else looks at it."""

    def decide(tx: Transaction) -> Decision:
        row = _own(tx.connection, actor, item)
        if isinstance(row, Refused):
            return row
        if row.is_answered:
            return Refused("already-answered", "You have answered this item already: your answer stands.")
        return [_released(row)]

    return cell.execute(Command(actor, "review", key, f"rereview-back|{item}".encode(), decide))
