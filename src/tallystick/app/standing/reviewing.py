"""Held judgments: who may review them, what they see, and what they decide."""

from collections.abc import Callable
from dataclasses import dataclass

from tallystick import canon
from tallystick.app import access, credential, erased, routing, standing, welfare
from tallystick.app.access import Actor
from tallystick.app.adjudication import BlindedJudgment, blinded
from tallystick.app.assignment import Shown, shown_in
from tallystick.app.cell import Cell
from tallystick.app.contract import unreadable
from tallystick.app.judgment import divided
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About, Look
from tallystick.app.pay.terms import may_work
from tallystick.events.envelope import ObjectRef
from tallystick.events.standing import JudgmentsCleared, JudgmentsRequeued
from tallystick.flow import assignment as order
from tallystick.flow import standing as flow
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.flow.standing import HELD, Given
from tallystick.ledger import journal
from tallystick.store import contract as contracts
from tallystick.store import items
from tallystick.store import rubric as rubrics
from tallystick.store import standing as store
from tallystick.store.schema import Row

PAGE = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """One held judgment in the list of a reviewer: nothing tells whose it is, what it says, or on which item."""

    judgment: str
    domain: str
    held_at: int


@dataclass(frozen=True, slots=True)
class HeldWork:
    """What is held in a programme.

    number   of held judgments that can be reviewed
    by_batch  (name of a batch, domain): how many of them are in it
    mine     those that whoever looks may review, oldest first, at most a hundred
    holds    what was held together and why; for those who see the gate, empty for others
    """

    number: int
    by_batch: dict[tuple[str, str], int]
    mine: tuple[Waiting, ...]
    holds: tuple[Row, ...]


def held_work(cell: Cell, actor: Actor, programme: str) -> HeldWork | Refused:
    """The held judgments of a programme: numbers for leads, and for reviewers a list of what they may review."""
    may_review, may_count = access.allows(actor, "review"), access.allows(actor, "gate.read")
    if not may_review and not may_count:
        return access.ABSENT
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
        waiting = store.waiting_for(connection, programme, actor.person, limit=PAGE) if may_review else []
        closed = routing.closed_to(cell, connection, actor, programme)
        rows = [row for row in waiting if row.domain not in closed]
        by_batch = store.held_by_batch(connection, programme) if may_count else {}
        return HeldWork(
            number=sum(by_batch.values()) if may_count else len(rows), by_batch=by_batch,
            mine=tuple(Waiting(row.judgment, row.domain, row.held_at) for row in rows),
            holds=tuple(store.holds(connection, programme)) if may_count else (),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class HeldJudgment:
    """A held judgment as its reviewer sees it: without its author, candidates in the reviewer's own order.

    rubric  the version that it was given under
    """

    judgment: str
    item: str
    programme: str
    domain: str
    shown: Shown
    rubric: Rubric
    said: BlindedJudgment
    held_at: int


def held_judgment(cell: Cell, actor: Actor, judgment: str, *, key: str | None = None) -> HeldJudgment | Refused:
    """Open a held judgment to review it; that it was opened is an event. A repeat within ten minutes is the same look.

    Only somebody who never judged the item and does not hold it finds it. One that is held no longer is absent.
    """
    found = look_at(cell, actor, judgment, key=key, waits=lambda _, row: row.standing == HELD)
    if isinstance(found, Refused):
        return found
    row, look = found
    with cell.read() as connection:
        return _opened(cell, connection, row, actor, look=look)


def look_at(
    cell: Cell, actor: Actor, judgment: str, *, key: str | None, waits: Callable[[journal.Connection, Row], bool]
) -> tuple[Row, Look] | Refused:
    """Open a judgment of somebody else to review it, and record that it was opened.

    waits  whether it is one that waits to be reviewed: any other is absent
    """

    def check(connection: journal.Connection) -> Refused | None:
        row = _reviewable(connection, actor, judgment)
        if row is None or not waits(connection, row):
            return access.ABSENT
        shut = _shut(cell, connection, actor, row) or may_work(connection, actor.person, row.programme)
        return shut or welfare.may_work(cell, connection, actor.person, row.programme, now=cell.kernel.now())

    if not access.allows(actor, "review"):
        return access.ABSENT
    with cell.read() as connection:
        refused = check(connection)
        row = _reviewable(connection, actor, judgment)
    if refused or row is None:
        return refused or access.ABSENT
    look = cell.look(actor, "review", About(subject=row.item, what="judgments", reason="review"), key=key, check=check)
    return look if isinstance(look, Refused) else (row, look)


def _reviewable(connection: journal.Connection, actor: Actor, judgment: str) -> Row | None:
    """A judgment that this person may review, whatever its standing now; None for one that they may not know of."""
    row = next(iter(store.of_judgments(connection, [judgment])), None)
    if row is None or store.has_had(connection, actor.person, row.item):
        return None
    return row


def _shut(cell: Cell, connection: journal.Connection, actor: Actor, row: Row) -> Refused | None:
    """Why a judgment that somebody may review is shut to them now. Of what is hidden, not even its end is told."""
    gone = erased.gone(connection, row.content)
    hidden = unreadable(cell, connection, actor, row.programme, item=row.item)
    refused = gone.refused if gone and hidden is not access.ABSENT else hidden
    refused = refused or credential.refuse_reviewer(cell, connection, actor.person, row.item)
    if refused:
        return refused
    item = items.item(connection, row.item)
    assert item is not None, "a judgment has an item"
    return routing.refuse_item(cell, connection, actor.person, item, now=cell.kernel.now())


def _opened(cell: Cell, connection: journal.Connection, row: Row, actor: Actor, *, look: Look) -> HeldJudgment:
    item = items.item(connection, row.item)
    version = rubrics.version(connection, row.programme, row.rubric, row.rubric_version)
    assert item is not None, "a judgment has an item"
    mine = order.candidate_order(cell.order_seed, row.item, actor.person, candidates=item.candidates)
    assert version is not None, "the rubric version of a judgment was published"
    (said,) = blinded(cell, connection, [row], mine, look=look)
    return HeldJudgment(
        judgment=row.judgment, item=row.item, programme=row.programme, domain=item.domain,
        shown=shown_in(cell, connection, item.content, mine, look=look),
        rubric=cell.rubric(connection, version.document), said=said,
        held_at=store.held_at(connection, row.judgment),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A held judgment that stands, or that is set aside.

    decision  stands | again
    """

    judgment: str
    programme: str
    decision: str
    receipt: Receipt


def stands(cell: Cell, actor: Actor, judgment: str, *, notes: str, key: str) -> Reviewed | Refused:
    """A held judgment stands: it counts again. Notes may be empty."""

    def decide(tx: Transaction, row: Row, one: Given) -> Decision:
        item = items.item(tx.connection, row.item)
        hold = store.hold_of(tx.connection, judgment)
        assert item is not None, "a judgment has an item"
        assert hold is not None, "what is held is in a hold"
        ref = seal_notes(tx, item, notes, actor) if notes.strip() else None
        fact = flow.cleared(one, hold=hold, reviewer=actor.person, notes=ref)
        return [fact, *divided(tx, item, [row.verdict])]

    request = canon.encode(["held-stands", judgment, notes])
    return _reviewed(cell, actor, judgment, Wish("stands", notes, key, request), decide=decide)


def judge_again(
    cell: Cell, actor: Actor, judgment: str, *, notes: str, by_same: bool = False, key: str
) -> Reviewed | Refused:
    """A held judgment is set aside and its item opened again; by_same: its author may judge it again, too."""

    def decide(tx: Transaction, row: Row, one: Given) -> Decision:
        item = items.item(tx.connection, row.item)
        hold = store.hold_of(tx.connection, judgment)
        assert item is not None, "a judgment has an item"
        assert hold is not None, "what is held is in a hold"
        # Asked first, without the notes: a refusal must not leave a key behind.
        tried = standing.requeue(
            cell, tx, programme=one.programme, judgments=[judgment], cause="review", reference=hold, by_same=by_same
        )
        if isinstance(tried, Refused):
            return tried
        return standing.requeue(
            cell, tx, programme=one.programme, judgments=[judgment], cause="review", reference=hold, by_same=by_same,
            notes=seal_notes(tx, item, notes, actor),
        )  # fmt: skip

    request = canon.encode(["held-again", judgment, notes, by_same])
    return _reviewed(cell, actor, judgment, Wish("again", notes, key, request), decide=decide)


@dataclass(frozen=True, slots=True)
class Wish:
    """A decision on a judgment of somebody else, with its notes, and the key and the bytes of the command."""

    decision: str
    notes: str
    key: str
    request: bytes

    @property
    def needs_notes(self) -> bool:
        """Whether the decision has to say why."""
        return self.decision == "again"


def decide_on(
    cell: Cell, actor: Actor, judgment: str, wish: Wish, *, decide: Callable[[Transaction, Row, Given], Decision]
) -> Receipt | Refused:
    """Carry out what a reviewer decides on a judgment that they may open now. `decide` asks whether it still waits."""

    def checked(tx: Transaction) -> Decision:
        row = _reviewable(tx.connection, actor, judgment)
        one = next(iter(standing.given_of(tx.connection, [judgment])), None)
        if row is None or one is None:
            return access.ABSENT
        return _shut(cell, tx.connection, actor, row) or decide(tx, row, one)

    return cell.execute(Command(actor, "review", wish.key, wish.request, checked))


def _reviewed(
    cell: Cell, actor: Actor, judgment: str, wish: Wish, *, decide: Callable[[Transaction, Row, Given], Decision]
) -> Reviewed | Refused:
    def waiting(tx: Transaction, row: Row, one: Given) -> Decision:
        return flow.refuse_review(one, notes=wish.notes, is_needed=wish.needs_notes) or decide(tx, row, one)

    answer = decide_on(cell, actor, judgment, wish, decide=waiting)
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, JudgmentsCleared | JudgmentsRequeued)
    return Reviewed(judgment, fact.programme, wish.decision, answer)


def seal_notes(tx: Transaction, item: Row, notes: str, actor: Actor) -> ObjectRef:
    """Notes may quote the item: they stand under its import, and under whoever wrote them."""
    return tx.seal(notes.strip().encode(), scope=f"run:{item.run}", subjects=[f"person:{actor.person}"])
