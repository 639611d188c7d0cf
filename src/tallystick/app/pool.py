"""The pool of a programme in aggregate: what people declare of themselves, and compositions with small cells hidden.

What somebody declared is opened by themselves and by the cell alone, each time with an event. Pages and releases show
recorded compositions only, never a count of the moment: whoever reloads a page learns nothing of the one who just
answered.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from tallystick import canon
from tallystick.app import access, erased, erasure
from tallystick.app.access import CELL, Actor
from tallystick.app.cell import Cell
from tallystick.app.credential import held_by
from tallystick.app.erased import Gone
from tallystick.app.kernel import Command, Decision, Receipt, Transaction, new_key
from tallystick.app.looking import About
from tallystick.events.pool import DemographicsDeclared, PoolAxis, PoolComposed
from tallystick.flow import credential as credentials
from tallystick.flow import pool as flow
from tallystick.flow.contract.credentials import PoolPlan
from tallystick.flow.erasure import Wish
from tallystick.flow.pool import Member, Plan
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import contract as contracts
from tallystick.store import pool, release, roster
from tallystick.store.schema import Row

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
    _erase_earlier(cell, actor.person, programme)
    fact = answer.facts[0]
    assert isinstance(fact, DemographicsDeclared)
    return Declared(fact.withdrawn, answer)


def _erase_earlier(cell: Cell, person: str, programme: str) -> None:
    """What no longer stands is erased for good. After a crash between the two, the next word of the person does it."""
    with cell.read() as connection:
        rows = pool.declared_by(connection, person, programme)
        old = [row.object for row in rows[:-1] if row.object and erased.gone(connection, row.object) is None]
    for name in old:
        wish = Wish(what="object", target=f"object:{name}", reason="consent-withdrawn")
        ordered = erasure.order(cell, CELL, wish, key=new_key())
        assert not isinstance(ordered, Refused) or ordered.code == "already-erased", ordered


# --- compositions -------------------------------------------------------------------------------------------------


def compose(cell: Cell, actor: Actor, programme: str, *, key: str) -> PoolComposed | Refused:
    """Record the pool of a programme in aggregate, for pages to show."""

    def decide(tx: Transaction) -> Decision:
        if contracts.programme(tx.connection, programme) is None:
            return access.ABSENT
        plan = plan_of(tx.connection, programme)
        if plan is None:
            return flow.NO_PLAN
        people = pool.members(tx.connection, programme)
        if _is_too_alike(tx.connection, plan, people):
            return flow.TOO_LIKE
        return [_composed(cell, tx, plan, people, release=None)]

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
    return _composed(cell, tx, plan, pool.members(tx.connection, programme, batches=batches), release=release)


def _composed(cell: Cell, tx: Transaction, plan: Plan, people: Collection[str], *, release: str | None) -> PoolComposed:
    is_withheld = _is_too_alike(tx.connection, plan, people)
    opened = {} if is_withheld else _opened(cell, tx, plan, people)  # nothing is opened for what is not told
    members = [_member(tx, person, opened.get(person, {})) for person in sorted(people)]
    return flow.compose(plan, members, composition=tx.new_id("cmp"), release=release, is_withheld=is_withheld)


def _is_too_alike(connection: journal.Connection, plan: Plan, people: Collection[str]) -> bool:
    """Whether so few people joined, left, moved or answered since an earlier composition that both tell of them.

    Those of other programmes count: a region, a role and a credential are the same fact in all of them.
    """
    return any(
        flow.is_too_alike(_changed(connection, plan.programme, people, since=row), plan.cell_min)
        for row in pool.every_composition(connection)
        if flow.tells_groups(msgspec.json.decode(row.body, type=PoolComposed))
    )


def _changed(connection: journal.Connection, programme: str, people: Collection[str], *, since: Row) -> int:
    made_for = release.release(connection, since.release) if since.release else None
    batches = None if made_for is None else msgspec.json.decode(made_for.batches)
    then = pool.members(connection, since.programme, batches=batches, before=since.seq)
    # What somebody declares is of one programme: another one's composition tells nothing of it.
    said = pool.declarations(connection, programme) if since.programme == programme else {}
    moved = {row.person for row in roster.people(connection) if (row.region_seq or 0) > since.seq}
    answered = {person for person, row in said.items() if row.seq > since.seq}
    both = then & set(people)
    return len(then ^ set(people)) + len(both & (moved | answered))


def _opened(cell: Cell, tx: Transaction, plan: Plan, people: Collection[str]) -> dict[str, dict[str, str]]:
    """Person: axis: group, opened by the cell, which shows it to no one."""
    rows = {
        person: row for person, row in pool.declarations(tx.connection, plan.programme).items()
        if person in people and row.object is not None
    }  # fmt: skip
    if not rows or not plan.axes or len(people) < plan.cell_min:
        return {}
    about = About(subject=plan.programme, what="demographics", reason="classification", subjects=tuple(sorted(rows)))
    opened = erased.payloads(cell, tx.connection, [row.object for row in rows.values()], tx.look_as_cell(about))
    return {
        person: flow.opened(found) for person, row in rows.items()
        if not isinstance(found := opened[row.object], Gone)
    }  # fmt: skip


def _member(tx: Transaction, person: str, own: dict[str, str]) -> Member:
    row = roster.person(tx.connection, person)
    assert row is not None, "who judged here is enrolled"
    held, today = held_by(tx.connection, person), datetime.fromtimestamp(tx.now // 1_000_000, UTC).date()
    return Member(
        person=person, region=row.region,
        roles=frozenset([*msgspec.json.decode(row.roles), *msgspec.json.decode(row.expert_roles)]),
        credentials=frozenset(one.type for one in held if credentials.holds_on(one, today)), own=own,
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
    made_before: int


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
        words=wanted, made_before=max(0, len(rows) - 1),
    )  # fmt: skip
