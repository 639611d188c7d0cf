"""Leases: give each expert the next item, in an order of candidates of their own."""

from dataclasses import dataclass

import msgspec

from tallystick.app import access, erased
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.contract import unreadable
from tallystick.app.erased import Gone
from tallystick.app.kernel import Command, Decision, Receipt, Transaction, new_key
from tallystick.app.looking import About, Look
from tallystick.app.sentinel import item_for
from tallystick.events.assignment import AssignmentLeasedV2, AssignmentReleased
from tallystick.flow import assignment as flow
from tallystick.flow import sentinel as sentinels
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.ledger import journal
from tallystick.store import assignment, items, roster, sessions
from tallystick.store import contract as contracts
from tallystick.store import rubric as rubrics
from tallystick.store import sentinel as store
from tallystick.store.schema import Row
from tallystick.store.sentinel import BeforeLease


@dataclass(frozen=True, slots=True)
class Shown:
    """What an expert sees of an item: candidates in their own order."""

    prompt: str
    context: str | None
    first: str
    second: str
    erased: str | None = None  # when and under which erasure it went; it stands in place of all texts then


@dataclass(frozen=True, slots=True)
class Task:
    """An assignment with everything that the page needs. `draft` is unsent work, as the expert left it."""

    assignment: str
    item: str
    programme: str
    domain: str
    state: str
    expires_at: int
    shown: Shown
    rubric: Rubric
    draft: dict[str, object] | None
    draft_at: int | None
    done: int  # judgments that this expert has given in this programme's open domains


def next_task(cell: Cell, actor: Actor, programme: str, *, key: str | None = None) -> Task | Refused:
    """The assignment that the expert holds, or a new one. Asking twice gives the same one."""
    if not access.allows(actor, "work.do"):
        return access.ABSENT
    with cell.read() as connection:
        ended = unreadable(cell, connection, actor, programme)
        if ended:
            return ended
        held = assignment.active(connection, actor.person, programme)
    if held is not None and held.expires_at >= cell.kernel.now():
        return _looked_at(cell, held, actor)
    given = _Given()
    answer = _ask(cell, actor, programme, key=key or new_key(), given=given)
    if not isinstance(answer, Refused) and answer.facts and not _leased(answer, actor):
        # Only leases that had run out were brought home: what they freed can be given out from now on.
        answer = _ask(cell, actor, programme, key=new_key(), given=given)
    if isinstance(answer, Refused):
        return answer
    leased = _leased(answer, actor)
    if given.task is not None and leased and given.task.assignment == leased[0].assignment:
        cell.kernel.known(actor, _about(given.task.item, given.task.state))
        return given.task
    with cell.read() as connection:
        row = assignment.assignment(connection, leased[0].assignment) if leased else None
        row = row or assignment.active(connection, actor.person, programme)
    return _looked_at(cell, row, actor) if row else flow.NO_WORK


@dataclass(slots=True)
class _Given:
    """The task of a new lease, made while its transaction was open; whoever repeats a command finds none."""

    task: Task | None = None


def _ask(cell: Cell, actor: Actor, programme: str, *, key: str, given: _Given) -> Receipt | Refused:
    def decide(tx: Transaction) -> Decision:
        decision = _lease(cell, tx, actor, programme)
        for fact in [] if isinstance(decision, Refused) else decision:
            if isinstance(fact, AssignmentLeasedV2):
                given.task = _new_task(cell, tx, fact)
        return decision

    return cell.execute(Command(actor, "work.do", key, f"next|{programme}".encode(), decide))


def _leased(receipt: Receipt, actor: Actor) -> list[AssignmentLeasedV2]:
    return [fact for fact in receipt.facts if isinstance(fact, AssignmentLeasedV2) and fact.expert == actor.person]


def _lease(cell: Cell, tx: Transaction, actor: Actor, programme: str) -> Decision:
    row = contracts.programme(tx.connection, programme)
    person = roster.person(tx.connection, actor.person)
    if row is None or person is None:
        return access.ABSENT
    ended = flow.NO_CONTRACT if person.executed_at is None else unreadable(cell, tx.connection, actor, programme)
    if ended:
        return ended
    released = expire(tx)
    held = assignment.active(tx.connection, actor.person, programme)
    if held is not None and held.expires_at >= tx.now:
        return [*released]
    if held is not None and all(fact.assignment != held.assignment for fact in released):
        # Others come first when many have run out, but nobody holds two leases.
        released.append(_expired(held))
    qualified = _qualified_domains(tx, actor.person, programme)
    if not qualified:
        is_down = roster.stands_down(tx.connection, actor.person, programme=programme)
        return flow.STOOD_DOWN if is_down else flow.NOT_QUALIFIED
    before = store.before_lease(tx.connection, programme, actor.person)
    free = {domain: version for domain, version in qualified.items() if version.rubric not in before.stopped}
    leased = _first_free(cell, tx, actor.person, row=row, qualified=free, before=before)
    if leased is None:
        return [*released] or (flow.NO_WORK if len(free) == len(qualified) else sentinels.PAUSED)
    return [*released, leased]


def expire(tx: Transaction) -> list[AssignmentReleased]:
    """Releases of leases that have run out, a few at a time: every lease command brings some home."""
    return [_expired(row) for row in assignment.expired(tx.connection, tx.now)]


def _expired(row: Row) -> AssignmentReleased:
    return AssignmentReleased(assignment=row.assignment, item=row.item, expert=row.expert, reason="expired")


def _qualified_domains(tx: Transaction, person: str, programme: str) -> dict[str, Row]:
    """Domain: rubric version in force, where the person passed its gold items."""
    wanted = {row.rubric: row.domain for row in contracts.domains(tx.connection, programme)}
    passed = roster.qualified_under(tx.connection, person, programme=programme)
    in_force = rubrics.of_programme(tx.connection, programme)
    return {wanted[row.rubric]: row for row in in_force if row.rubric in wanted and (row.rubric, row.version) in passed}


def _first_free(
    cell: Cell, tx: Transaction, person: str, *, row: Row, qualified: dict[str, Row], before: BeforeLease
) -> AssignmentLeasedV2 | None:
    programme = row.programme
    cursors = assignment.cursors(tx.connection, person, programme)
    fill = contracts.fill_of_domains(tx.connection, programme)
    leases = {domain: cursor.leases for domain, cursor in cursors.items()}
    for domain in flow.domain_order(fill, leases, sorted(qualified)):
        place = cursors[domain].rank if domain in cursors else -1
        free = assignment.free_item(tx.connection, person, programme=programme, domain=domain, cursor=place)
        if free is not None:
            rubric = qualified[domain]
            item = item_for(
                cell, tx, before, person, programme=programme, domain=domain, free=free.item,
                position=cursors[domain].leases if domain in cursors else 0,
            )  # fmt: skip
            return AssignmentLeasedV2(
                assignment=tx.new_id("asg"), item=item, programme=programme, domain=domain, batch=free.batch,
                expert=person, order=flow.candidate_order(cell.order_seed, item, person), rubric=rubric.rubric,
                rubric_version=rubric.version, contract_version=row.version, expires_at=tx.now + row.lease_ms * 1000,
                is_renewal=False,
            )  # fmt: skip
    return None


def task(cell: Cell, actor: Actor, wanted: str) -> Task | Refused:
    """One's own assignment. Somebody else's looks absent."""
    if not access.allows(actor, "work.do"):
        return access.ABSENT
    with cell.read() as connection:
        row = assignment.assignment(connection, wanted)
    if row is None or row.expert != actor.person:
        return access.ABSENT
    return _looked_at(cell, row, actor)


def _about(item: str, state: str) -> About:
    """The look of an expert at the item of an assignment: as work while it is theirs, as their own work after."""
    return About(subject=item, what="item", reason="assignment" if state == "leased" else "own-work")


def _looked_at(cell: Cell, row: Row, actor: Actor) -> Task | Refused:
    with cell.read() as connection:
        ended = unreadable(cell, connection, actor, row.programme)
    if ended:
        return ended
    look = cell.look(actor, "work.do", _about(row.item, row.state))
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        return _task(cell, connection, row, actor, look=look)


def shown_in(cell: Cell, connection: journal.Connection, content: str, order: str, *, look: Look) -> Shown:
    """An item's visible content, its candidates in the given order."""
    found = erased.payload(cell, connection, content, look)
    if isinstance(found, Gone):
        words = found.sentence.capitalize()
        return Shown(words, None, words, words, found.sentence)
    data = msgspec.json.decode(found)
    texts = [candidate["text"] for candidate in data["candidates"]]
    first, second = texts if order == "AB" else reversed(texts)
    return Shown(data["prompt"], data["context"], first, second)


def _task(cell: Cell, connection: journal.Connection, row: Row, actor: Actor, *, look: Look) -> Task:
    draft = sessions.draft(connection, row.assignment, actor.person)
    content = None
    if draft is not None:
        content = cell.open_draft(connection, draft, look)
    shown, rubric = _matter(cell, connection, row, look)
    return Task(
        assignment=row.assignment, item=row.item, programme=row.programme, domain=row.domain, state=row.state,
        expires_at=row.expires_at, shown=shown, rubric=rubric, draft=msgspec.json.decode(content) if content else None,
        draft_at=draft.saved_at if draft else None, done=_leases_of(connection, row),
    )  # fmt: skip


def _new_task(cell: Cell, tx: Transaction, fact: AssignmentLeasedV2) -> Task:
    """The task of a lease that is about to be written: it has no draft, and is not counted yet.

    That it is shown is an event of the same transaction: one durable commit says both.
    """
    look = tx.look(_about(fact.item, "leased"))
    shown, rubric = _matter(cell, tx.connection, fact, look)
    return Task(
        assignment=fact.assignment, item=fact.item, programme=fact.programme, domain=fact.domain, state="leased",
        expires_at=fact.expires_at, shown=shown, rubric=rubric, draft=None, draft_at=None,
        done=_leases_of(tx.connection, fact) + 1,
    )  # fmt: skip


def _matter(
    cell: Cell, connection: journal.Connection, leased: Row | AssignmentLeasedV2, look: Look
) -> tuple[Shown, Rubric]:
    """What is judged, and by what."""
    item = items.item(connection, leased.item)
    version = rubrics.version(connection, leased.programme, leased.rubric, leased.rubric_version)
    assert item is not None
    assert version is not None
    return shown_in(cell, connection, item.content, leased.order, look=look), cell.rubric(connection, version.document)


def _leases_of(connection: journal.Connection, leased: Row | AssignmentLeasedV2) -> int:
    return sum(cursor.leases for cursor in assignment.cursors(connection, leased.expert, leased.programme).values())


def give_back(cell: Cell, actor: Actor, wanted: str, *, key: str) -> Receipt | Refused:
    """Return one's assignment without a judgment; the slot is free again."""

    def decide(tx: Transaction) -> Decision:
        row = assignment.assignment(tx.connection, wanted)
        if row is None or row.expert != actor.person:
            return access.ABSENT
        if row.state != "leased":
            return Refused("not-leased", f"This assignment is {row.state}: there is nothing to return.")
        return [AssignmentReleased(assignment=wanted, item=row.item, expert=actor.person, reason="returned")]

    return cell.execute(Command(actor, "work.do", key, f"return|{wanted}".encode(), decide))


def expire_all(cell: Cell) -> int:
    """Bring home all leases that have run out; how many. Runs on schedule."""
    brought = 0
    while True:
        answer = cell.execute(Command(access.CELL, "work.do", new_key(), b"expire", lambda tx: [*expire(tx)]))
        if isinstance(answer, Refused) or not answer.facts:
            return brought
        brought += len(answer.facts)
