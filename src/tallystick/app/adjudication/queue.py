"""The queue of disagreements, and who works on which case: taken, given back, brought home."""

from collections.abc import Collection
from dataclasses import dataclass

from tallystick.app import access, erased, routing, welfare
from tallystick.app.access import Actor
from tallystick.app.adjudication.case import has_part, refuse_decider
from tallystick.app.cell import Cell
from tallystick.app.contract import closed, unreadable
from tallystick.app.kernel import Command, Decision, Receipt, Transaction, new_key
from tallystick.app.pay.terms import may_work
from tallystick.events.adjudication import CaseLeased, CaseReleased
from tallystick.events.envelope import Event
from tallystick.flow import adjudication as flow
from tallystick.flow.refusal import Refused
from tallystick.flow.routing import Eligibility
from tallystick.flow.rubric import DOMAINS
from tallystick.flow.tiers import may_decide
from tallystick.ledger import journal
from tallystick.store import adjudication, items, standing
from tallystick.store import contract as contracts
from tallystick.store import tiers as tier_rules
from tallystick.store.adjudication import Asking, Waiting
from tallystick.store.schema import Row

PAGE = 100


@dataclass(frozen=True, slots=True)
class Queue:
    """One stretch of the queue.

    rows     cases in the order in which they are to be decided; ended ones newest first
    counts   state: how many disagreements of the programme are in it
    waiting  open cases by domain, risk and class, with the time of the oldest
    mine     the case that whoever asks holds, its lease run out or not
    after    the item that the next stretch begins behind; None at the end
    """

    rows: tuple[Row, ...]
    counts: dict[str, int]
    waiting: tuple[Waiting, ...]
    mine: Row | None
    after: str | None
    now: int


def queue(
    cell: Cell, actor: Actor, programme: str, *, state: str = "open", after: str | None = None, limit: int = PAGE
) -> list[Row] | Refused:
    """Disagreements in one state: for leads, and for adjudicators, who do not see items that they judged.

    Open ones by risk, then by class, then by age; others newest first. An adjudicator sees no case that another holds,
    and of none how the verdicts divide: `counts` is None.
    """
    if not (access.allows(actor, "adjudicate") or access.allows(actor, "gate.read")):
        return access.ABSENT
    with cell.read() as connection:
        return _rows(cell, connection, actor, programme, state=state, after=after, limit=limit)


def queue_page(
    cell: Cell, actor: Actor, programme: str, *, state: str = "open", after: str | None = None, limit: int = PAGE
) -> Queue | Refused:
    """The same with what stands around it: counts, what waits where, and one's own case."""
    if not (access.allows(actor, "adjudicate") or access.allows(actor, "gate.read")):
        return access.ABSENT
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
        rows = _rows(cell, connection, actor, programme, state=state, after=after, limit=limit + 1)
        return Queue(
            rows=tuple(rows[:limit]), counts=adjudication.counts(connection, programme),
            waiting=tuple(adjudication.waiting(connection, programme)),
            mine=adjudication.held_by(connection, actor.person, programme),
            after=rows[limit - 1].item if len(rows) > limit else None, now=cell.kernel.now(),
        )  # fmt: skip


def _rows(
    cell: Cell, connection: journal.Connection, actor: Actor, programme: str, *, state: str, after: str | None,
    limit: int,
) -> list[Row]:  # fmt: skip
    """A place that is no longer in the list begins it anew."""
    is_reader = access.allows(actor, "gate.read")
    closed = routing.closed_to(cell, connection, actor, programme)
    place = adjudication.disagreement(connection, after) if after is not None else None
    if place is not None and (place.state != state or place.programme != programme):
        place = None
    if state == "withdrawn" and not is_reader:
        return []  # the item is judged again, by whoever asks perhaps: how it divided before is not for them
    if state != "open":
        without = None if is_reader else actor.person
        behind = None if place is None else place.seq
        ended = adjudication.ended(connection, programme, state=state, without=without, after=behind, limit=limit)
        return [row for row in ended if row.domain not in closed]
    asking = Asking() if is_reader else Asking(person=actor.person, now=cell.kernel.now())
    tiers = _tiers(connection, programme, closed, None if is_reader else actor.person)
    return adjudication.open_cases(connection, programme, tiers, asking=asking, after=place, limit=limit)


def _tiers(
    connection: journal.Connection, programme: str, closed: Collection[str], person: str | None
) -> list[list[str]]:
    """Domains by risk, without those whose items do not exist for whoever asks, or whose cases only a senior decides.

    person  None for a reader, who decides nothing
    """
    risks = {row.domain: row.risk for row in contracts.domains(connection, programme)}
    policy = tier_rules.policy(connection, programme)
    is_senior = person is None or tier_rules.is_senior(connection, person, programme)
    theirs = {name for name in DOMAINS if may_decide(policy, risks.get(name), is_senior=is_senior) is None}
    return [[name for name in tier if name not in closed and name in theirs] for tier in flow.tiers(risks, DOMAINS)]


@dataclass(frozen=True, slots=True)
class Taken:
    """A case that is now this adjudicator's, until the lease ends."""

    item: str
    programme: str
    expires_at: int
    receipt: Receipt


def take(cell: Cell, actor: Actor, item: str, *, key: str) -> Taken | Refused:
    """Take an open case: nobody else opens or decides it until the lease ends. One's own is taken once."""

    def decide(tx: Transaction) -> Decision:
        row = adjudication.disagreement(tx.connection, item)
        if row is None or has_part(tx.connection, actor.person, item):
            return access.ABSENT
        return _lease(cell, tx, actor, row, is_named=True)

    answer = cell.execute(Command(actor, "adjudicate", key, f"take|{item}".encode(), decide))
    return answer if isinstance(answer, Refused) else _taken(cell, actor, answer, item)


def take_next(cell: Cell, actor: Actor, programme: str, *, key: str) -> Taken | Refused:
    """Take the case that comes first in one's queue; the one that one holds already, when there is one."""

    def decide(tx: Transaction) -> Decision:
        row = contracts.programme(tx.connection, programme)
        if row is None:
            return access.ABSENT
        held = adjudication.held_by(tx.connection, actor.person, programme)
        if held is not None and flow.is_held(held.holder, held.held_until, tx.now):
            return []
        found = _first(cell, tx, actor, programme)
        if isinstance(found, Refused):
            return found
        return flow.NO_CASE if found is None else _lease(cell, tx, actor, found, is_named=False)

    answer = cell.execute(Command(actor, "adjudicate", key, f"take-next|{programme}".encode(), decide))
    if isinstance(answer, Refused):
        return answer
    leased = next((fact.item for fact in answer.facts if isinstance(fact, CaseLeased)), None)
    if leased is None:
        with cell.read() as connection:
            held = adjudication.held_by(connection, actor.person, programme)
        leased = None if held is None else held.item
    return flow.NO_CASE if leased is None else _taken(cell, actor, answer, leased)


def _first(cell: Cell, tx: Transaction, actor: Actor, programme: str) -> Row | Refused | None:
    """The first case of the queue that an adjudicator may be given; why none, where they lack what the cases demand."""
    barred: dict[str, Refused] = {}
    waiting: set[str] = set()
    may = routing.eligible(cell, tx.connection, actor.person, programme, now=tx.now)
    asking = Asking(person=actor.person, now=tx.now)
    tiers = _tiers(tx.connection, programme, routing.closed_to(cell, tx.connection, actor, programme), actor.person)
    while True:
        left = [[name for name in tier if name not in barred] for tier in tiers]
        row = _first_open(tx.connection, programme, left, asking=asking, may=may, waiting=waiting)
        refused = None if row is None else refuse_decider(cell, tx.connection, actor, row)
        if row is not None and refused is None:
            return row
        if row is None:
            rest = welfare.refuse_rest(cell, tx.connection, actor.person, programme, waiting=waiting, now=tx.now)
            return next(iter(barred.values()), None) or rest
        assert refused is not None, "a case that may be decided was returned"
        barred[row.domain] = refused  # what one case of a domain demands, all of them do


def _first_open(
    connection: journal.Connection, programme: str, tiers: list[list[str]], *, asking: Asking, may: Eligibility,
    waiting: set[str],
) -> Row | None:  # fmt: skip
    """The first open case of these domains whose item somebody may be given: a page of items is asked about at once.

    waiting  gets the kinds of content that alone keep others from them, for the time being
    """
    after: Row | None = None
    size = 1 if may.asks_nothing else PAGE
    while True:
        rows = adjudication.open_cases(connection, programme, tiers, asking=asking, after=after, limit=size)
        found = items.places(connection, [row.item for row in rows])
        for row in rows:
            places = routing.places_of(found[row.item])
            if may.allows(places):
                return row
            waiting |= may.waits_for(places)
        if len(rows) < size:
            return None
        after, size = rows[-1], PAGE


def _taken(cell: Cell, actor: Actor, answer: Receipt, item: str) -> Taken | Refused:
    """The lease as the command wrote it, or as it stands when the case was held already."""
    for fact in answer.facts:
        if isinstance(fact, CaseLeased) and fact.item == item:
            return Taken(item, fact.programme, fact.expires_at, answer)
    with cell.read() as connection:
        row = adjudication.disagreement(connection, item)
    if row is None or row.holder != actor.person or row.held_until is None:
        return flow.NOT_TAKEN
    return Taken(item, row.programme, row.held_until, answer)


def _lease(cell: Cell, tx: Transaction, actor: Actor, row: Row, *, is_named: bool) -> Decision:
    """The lease of an open case, and the end of those that have run out; or why there is none.

    is_named  whether they named the case themselves: the queue gives none whose item they may not be given
    """
    item = items.item(tx.connection, row.item)
    assert item is not None, "a case has an item"
    refused = (
        flow.ended(row.state)
        or unreadable(cell, tx.connection, actor, row.programme, item=row.item)
        or refuse_decider(cell, tx.connection, actor, row)
        or _undecidable(tx, item)
    )
    if refused:
        return refused
    if flow.is_held(row.holder, row.held_until, tx.now):
        return [] if row.holder == actor.person else flow.HELD
    unpaid = closed(tx.connection, row.programme) or may_work(tx.connection, actor.person, row.programme)
    unpaid = unpaid or welfare.may_work(cell, tx.connection, actor.person, row.programme, now=tx.now)
    if is_named:
        unpaid = unpaid or routing.refuse_item(cell, tx.connection, actor.person, item, now=tx.now)
    if unpaid:
        return unpaid
    mine = adjudication.held_by(tx.connection, actor.person, row.programme)
    if mine is not None and mine.item != row.item and flow.is_held(mine.holder, mine.held_until, tx.now):
        sentence = f"You work on case {mine.item}: decide it or give it back before you take another one."
        return Refused("holding-case", sentence, None, (mine.item,))
    ended = {one.item: one for one in (row, mine) if one is not None and one.lease is not None}
    ended |= {one.item: one for one in adjudication.run_out(tx.connection, tx.now)}
    programme = contracts.programme(tx.connection, row.programme)
    assert programme is not None
    leased = CaseLeased(
        lease=tx.new_id("cas"), item=row.item, programme=row.programme, adjudicator=actor.person,
        expires_at=tx.now + programme.lease_ms * 1000,
    )  # fmt: skip
    return [*_released(list(ended.values()), "expired"), leased]


def _undecidable(tx: Transaction, item: Row) -> Refused | None:
    """Why nobody can decide on an item now: it was erased, or a judgment on it is held."""
    gone = erased.gone(tx.connection, item.content)
    return gone.refused if gone else flow.WORK_HELD if standing.is_held(tx.connection, item.item) else None


def _released(rows: list[Row], reason: str) -> list[Event]:
    return [
        CaseReleased(lease=row.lease, item=row.item, programme=row.programme, adjudicator=row.holder, reason=reason)
        for row in rows
    ]


def offered(cell: Cell, actor: Actor, item: str) -> Row | Refused:
    """What an adjudicator may know of a case before they take it: where it stands, and not how the verdicts divide.

    Somebody else may take it and send it back, and then they may be the one who judges the item.
    """
    if not access.allows(actor, "adjudicate"):
        return access.ABSENT
    with cell.read() as connection:
        row = adjudication.offer(connection, item)
        if row is None or has_part(connection, actor.person, item):
            return access.ABSENT
        return unreadable(cell, connection, actor, row.programme, item=item) or row


def give_back(cell: Cell, actor: Actor, item: str, *, key: str) -> Receipt | Refused:
    """Give one's case back without a decision: somebody else can take it."""

    def decide(tx: Transaction) -> Decision:
        row = adjudication.disagreement(tx.connection, item)
        if row is None or has_part(tx.connection, actor.person, item):
            return access.ABSENT
        if row.state != "open" or row.holder != actor.person:
            return Refused("not-leased", "You do not hold this case: there is nothing to give back.")
        return _released([row], "returned")

    return cell.execute(Command(actor, "adjudicate", key, f"give-back|{item}".encode(), decide))


def expire_cases(cell: Cell) -> int:
    """Bring home all cases whose lease has run out; how many. Runs on schedule."""
    brought = 0
    while True:

        def decide(tx: Transaction) -> Decision:
            return _released(adjudication.run_out(tx.connection, tx.now), "expired")

        answer = cell.execute(Command(access.CELL, "adjudicate", new_key(), b"expire", decide))
        if isinstance(answer, Refused) or not answer.facts:
            return brought
        brought += len(answer.facts)
