"""The pool of a programme in aggregate: what people declare of themselves, and compositions with small cells hidden.

What somebody declared is opened by themselves and by the cell alone, each time with an event. Pages and releases show
recorded compositions only, never a count of the moment: whoever reloads a page learns nothing of the one who just
answered.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access, erased, erasure
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.erased import Gone
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About
from tallystick.events.pool import DemographicsDeclared, PoolAxis, PoolComposed
from tallystick.flow import pool as flow
from tallystick.flow.contract.credentials import PoolPlan
from tallystick.flow.pool import Before, Member, Plan
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import contract as contracts
from tallystick.store import pool, release
from tallystick.store.pool import Standing

NOT_DECLARED = Refused("nothing-declared", "You have declared nothing here: there is nothing to withdraw.")


def plan_of(connection: journal.Connection, programme: str) -> Plan | None:
    """What the contract in force wants told of its pool."""
    row = pool.plan(connection, programme)
    if row is None:
        return None
    axes = tuple(msgspec.json.decode(row.axes, type=list[PoolAxis]))
    return Plan(programme=programme, contract_version=row.contract_version, cell_min=row.cell_min, axes=axes)


# --- what people declare ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OwnAnswers:
    """What a programme asks, in the words of its contract, and what somebody answered, as only they see it."""

    programme: str
    plan: PoolPlan
    values: dict[str, str]
    at: int | None


@dataclass(frozen=True, slots=True)
class Declared:
    """Answers, or their withdrawal, in the journal."""

    is_withdrawn: bool
    receipt: Receipt


def own_answers(cell: Cell, actor: Actor, programme: str) -> OwnAnswers | Refused:
    """What the reader declared in a programme. That it was opened is an event."""
    if not access.allows(actor, "work.do"):
        return access.ABSENT
    with cell.read() as connection:
        named = contracts.programme(connection, programme)
        asked = None if named is None else cell.contract(connection, named.document).pool
        rows = pool.declared_by(connection, actor.person, programme)
    if asked is None or not asked.axes:
        return access.ABSENT
    if not rows or rows[-1].object is None:
        return OwnAnswers(programme, asked, {}, None)
    about = About(subject=actor.person, what="demographics", reason="own-work", part=programme)
    look = cell.look(actor, "work.do", about)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        found = erased.payload(cell, connection, rows[-1].object, look)
    return OwnAnswers(programme, asked, {} if isinstance(found, Gone) else flow.opened(found), rows[-1].at)


def asking(cell: Cell, actor: Actor) -> list[str]:
    """The programmes whose contract asks experts something about themselves."""
    if not access.allows(actor, "work.do"):
        return []
    with cell.read() as connection:
        plans = [plan_of(connection, row.programme) for row in contracts.programmes(connection)]
    return [plan.programme for plan in plans if plan is not None and plan.axes]


def declare(cell: Cell, actor: Actor, programme: str, values: dict[str, str], *, key: str) -> Declared | Refused:
    """Answer, of one's own will, what a contract asks. It takes the place of what was answered before."""

    def decide(tx: Transaction) -> Decision:
        plan = plan_of(tx.connection, programme)
        if plan is None or not plan.axes:
            return access.ABSENT
        refused = flow.check_values(values, plan.axes)
        if refused:
            return refused
        ref = tx.seal(flow.sealed(values, plan.axes), scope=f"person:{actor.person}")
        return [
            DemographicsDeclared(
                person=actor.person, programme=programme, contract_version=plan.contract_version,
                axes=[axis.axis for axis in plan.axes], values=ref, withdrawn=False,
            )
        ]  # fmt: skip

    request = canon.encode(["demographics", programme, sorted(values.items())])
    return _said(cell, actor, programme, Command(actor, "work.do", key, request, decide))


def withdraw(cell: Cell, actor: Actor, programme: str, *, key: str) -> Declared | Refused:
    """Take one's answers back: they are used no more, and erased everywhere."""

    def decide(tx: Transaction) -> Decision:
        row = contracts.programme(tx.connection, programme)
        given = pool.declared_by(tx.connection, actor.person, programme)
        if row is None:
            return access.ABSENT
        if not given or given[-1].object is None:
            return NOT_DECLARED
        return [
            DemographicsDeclared(
                person=actor.person, programme=programme, contract_version=row.version, axes=[], values=None,
                withdrawn=True,
            )
        ]  # fmt: skip

    request = canon.encode(["demographics-withdrawn", programme])
    return _said(cell, actor, programme, Command(actor, "work.do", key, request, decide))


def _said(cell: Cell, actor: Actor, programme: str, command: Command) -> Declared | Refused:
    answer = cell.execute(command)
    if isinstance(answer, Refused):
        return answer
    with cell.read() as connection:
        said = pool.declared_by(connection, actor.person, programme)
    erasure.erase_replaced(cell, said)
    fact = answer.facts[0]
    assert isinstance(fact, DemographicsDeclared)
    return Declared(fact.withdrawn, answer)


# --- compositions -------------------------------------------------------------------------------------------------


def compose(cell: Cell, actor: Actor, programme: str, *, key: str) -> PoolComposed | Refused:
    """Record the pool of a programme in aggregate, for pages to show."""

    def decide(tx: Transaction) -> Decision:
        if contracts.programme(tx.connection, programme) is None:
            return access.ABSENT
        plan = plan_of(tx.connection, programme)
        if plan is None:
            return flow.NO_PLAN
        found = _gathered(cell, tx, plan, pool.members(tx.connection, programme))
        fact = _composed(tx, plan, found, release=None)
        return flow.TOO_LIKE if flow.is_idle(plan, found.members, fact, found.before) else [fact]

    answer = cell.execute(Command(actor, "pool.compose", key, canon.encode(["compose", programme]), decide))
    if isinstance(answer, Refused):
        return answer
    return next(fact for fact in answer.facts if isinstance(fact, PoolComposed))


def composed_for(
    cell: Cell, tx: Transaction, programme: str, *, release: str, batches: Collection[str]
) -> PoolComposed | None:
    """The pool of a release that is being cut; None where the contract has no plan for it."""
    plan = plan_of(tx.connection, programme)
    if plan is None:
        return None
    found = _gathered(cell, tx, plan, pool.members(tx.connection, programme, batches=batches))
    return _composed(tx, plan, found, release=release)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """Everything that decides what is told.

    closed  axes of the contract whose answers were not opened
    """

    members: list[Member]
    before: list[Before]
    closed: frozenset[str]


def _composed(tx: Transaction, plan: Plan, found: _Gathered, *, release: str | None) -> PoolComposed:
    return flow.compose(
        plan, found.members, composition=tx.new_id("cmp"), release=release, before=found.before, closed=found.closed
    )


def _gathered(cell: Cell, tx: Transaction, plan: Plan, people: Collection[str]) -> _Gathered:
    told = _told(tx.connection)
    here = [(fact, stood) for fact, stood in told if fact.programme == plan.programme]
    every = set(people).union(*(stood for _, stood in here))
    now = pool.standing(tx.connection, plan.programme, every, at=tx.now)
    mine = {person: now[person] for person in sorted(people)}
    closed = flow.closed_axes(plan, _declared(mine), [(fact, _declared(stood)) for fact, stood in here])
    # Nothing is opened for what is not told.
    is_opened = len(people) >= plan.cell_min and len(closed) < len(plan.axes)
    said = _opened(cell, tx, plan, now) if is_opened else {}

    def then(person: str, stood: Standing | None) -> dict[str, str]:
        """What they had said: known where it still stands."""
        if stood is None or stood.declared is None:
            return {}
        stands = person in said and now[person].declared == stood.declared
        return said[person] if stands else {axis.axis: flow.FORMER for axis in plan.axes}

    return _Gathered(
        members=[_member(person, one, said.get(person, {})) for person, one in mine.items()],
        before=[
            Before(fact=fact, members=[_member(person, one, then(person, one)) for person, one in stood.items()])
            for fact, stood in told
        ],
        closed=closed,
    )


def _told(connection: journal.Connection) -> list[tuple[PoolComposed, dict[str, Standing | None]]]:
    """Everything that was told of any pool here, with those who were counted, as they stood.

    That of other programmes counts: a region, a role and a credential are the same fact in all of them.
    """
    found = []
    for row in pool.compositions(connection):
        fact = msgspec.json.decode(row.body, type=PoolComposed)
        if fact.parts:
            made_for = release.release(connection, row.release) if row.release else None
            batches = None if made_for is None else msgspec.json.decode(made_for.batches)
            people = pool.members(connection, row.programme, batches=batches, before=row.seq)
            stood = pool.stood(connection, row.composition)
            found.append((fact, {person: stood.get(person) for person in people}))
    return found


def _declared(standing: Mapping[str, Standing | None]) -> dict[str, str | None]:
    return {person: None if one is None else one.declared for person, one in standing.items()}


def _opened(cell: Cell, tx: Transaction, plan: Plan, standing: Mapping[str, Standing]) -> dict[str, dict[str, str]]:
    """Person: axis: group, opened by the cell, which shows it to no one."""
    objects = {person: one.declared for person, one in sorted(standing.items()) if one.declared is not None}
    if not objects:
        return {}
    about = About(subject=plan.programme, what="demographics", reason="classification", subjects=tuple(objects))
    opened = erased.payloads(cell, tx.connection, objects.values(), tx.look_as_cell(about))
    return {
        person: flow.opened(found) for person, name in objects.items() if not isinstance(found := opened[name], Gone)
    }


def _member(person: str, one: Standing | None, own: Mapping[str, str]) -> Member:
    """Somebody as they were counted; of an older cell that was not rebuilt it is not on record."""
    return Member(
        person=person, region=one.region if one else None, roles=frozenset(one.roles if one else ()),
        credentials=frozenset(one.credentials if one else ()), own=own, declared=one.declared if one else None,
        is_known=one is not None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PoolPage:
    """The newest composition of a programme, with the contract's words for what it asks.

    is_planned  the contract in force says what is told of the pool
    """

    programme: str
    is_planned: bool
    newest: PoolComposed | None
    at: int | None
    words: PoolPlan | None


def pool_page(cell: Cell, actor: Actor, programme: str) -> PoolPage | Refused:
    """The pool as it was last composed for pages or releases: never as it is at the moment."""
    if not access.allows(actor, "pool.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = contracts.programme(connection, programme)
        if row is None:
            return access.ABSENT
        rows = pool.compositions(connection, programme)
        wanted = cell.contract(connection, row.document).pool
    newest = msgspec.json.decode(rows[0].body, type=PoolComposed) if rows else None
    return PoolPage(
        programme=programme, is_planned=wanted is not None, newest=newest, at=rows[0].at if rows else None,
        words=wanted,
    )  # fmt: skip
