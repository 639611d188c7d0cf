"""Read models of the pool: plans of contracts, what was declared and when, compositions that were told, and of whom."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime

import msgspec
import sqlalchemy as sa

from tallystick import canon
from tallystick.events.pool import DemographicsDeclared, PoolComposed, PoolPlanSet
from tallystick.flow.credential import VERIFIED, state_on
from tallystick.ledger import journal
from tallystick.store.schema import ERASED, ITEM, JUDGMENT, PERSON, PROGRAMME, Handler, Recorded, Row
from tallystick.store.schema.credentials import (
    DEMOGRAPHIC,
    EXPERT_CREDENTIAL,
    POOL_COMPOSITION,
    POOL_PLAN,
    POOL_STANDING,
)

_PART = 500


class Standing(msgspec.Struct, frozen=True):
    """How somebody stands at one time.

    credentials  types that are verified and hold on the day
    declared     the object with what they declared in a programme; None where they declared nothing, or it is erased
    """

    region: str | None
    roles: list[str]
    credentials: list[str]
    declared: str | None


def _on_plan(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"programme": r.fact.programme, "contract_version": r.fact.contract_version, "cell_min": r.fact.cell_min,
         "axes": canon.encode(r.fact.axes).decode()}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, POOL_PLAN, rows)


def _on_declared(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"person": r.fact.person, "programme": r.fact.programme, "seq": r.envelope.seq,
         "object": None if r.fact.values is None else r.fact.values.object, "at": r.envelope.at}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, DEMOGRAPHIC, rows)


def _on_composed(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"composition": r.fact.composition, "programme": r.fact.programme, "release": r.fact.release,
         "body": canon.encode(r.fact).decode(), "at": r.envelope.at, "seq": r.envelope.seq}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, POOL_COMPOSITION, rows)
    # Whoever stands otherwise later was counted as they stood here.
    stood = [
        {"composition": r.fact.composition, "person": person, "body": canon.encode(one).decode()}
        for r in run if r.fact.parts
        for person, one in _stood(connection, r)
    ]  # fmt: skip
    journal.insert_many(connection, POOL_STANDING, stood)


def _stood(connection: sa.Connection, r: Recorded) -> Iterator[tuple[str, Standing]]:
    people = members(connection, r.fact.programme, before=r.envelope.seq)
    yield from standing(connection, r.fact.programme, people, at=r.envelope.at).items()


HANDLERS: dict[str, Handler] = {
    PoolPlanSet.KIND: _on_plan,
    DemographicsDeclared.KIND: _on_declared,
    PoolComposed.KIND: _on_composed,
}


def plan(connection: sa.Connection, programme: str) -> Row | None:
    """What the contract in force wants told of its pool; None when it says nothing of it."""
    query = sa.select(POOL_PLAN).join(
        PROGRAMME,
        sa.and_(PROGRAMME.c.programme == POOL_PLAN.c.programme, PROGRAMME.c.version == POOL_PLAN.c.contract_version),
    )
    return connection.execute(query.where(POOL_PLAN.c.programme == programme)).first()


def members(
    connection: sa.Connection, programme: str, *, batches: Collection[str] | None = None, before: int | None = None
) -> set[str]:
    """Who has judged work items of a programme here.

    batches  only in these
    before   only judgments at earlier places of the journal
    """
    query = sa.select(JUDGMENT.c.expert).distinct().join(ITEM, ITEM.c.item == JUDGMENT.c.item)
    query = query.where(JUDGMENT.c.programme == programme, JUDGMENT.c.is_observed == 1, ITEM.c.purpose != "gold")
    if batches is not None:
        query = query.where(JUDGMENT.c.batch.in_(list(batches)))
    if before is not None:
        query = query.where(JUDGMENT.c.seq < before)
    return {row.expert for row in connection.execute(query).all()}


def declared_by(connection: sa.Connection, person: str, programme: str) -> list[Row]:
    """What a person declared in a programme, oldest first; the last stands."""
    query = sa.select(DEMOGRAPHIC).where(DEMOGRAPHIC.c.person == person, DEMOGRAPHIC.c.programme == programme)
    return list(connection.execute(query.order_by(DEMOGRAPHIC.c.seq)).all())


def declarations(connection: sa.Connection, programme: str) -> dict[str, Row]:
    """Person: the declaration that stands, withdrawn ones too: their object is None."""
    query = sa.select(DEMOGRAPHIC).where(DEMOGRAPHIC.c.programme == programme).order_by(DEMOGRAPHIC.c.seq)
    return {row.person: row for row in connection.execute(query).all()}


def compositions(connection: sa.Connection, programme: str | None = None) -> list[Row]:
    """What was told of the pool of a programme, or of all programmes, newest first."""
    query = sa.select(POOL_COMPOSITION).order_by(POOL_COMPOSITION.c.seq.desc())
    if programme is not None:
        query = query.where(POOL_COMPOSITION.c.programme == programme)
    return list(connection.execute(query).all())


def standing(
    connection: sa.Connection, programme: str, people: Collection[str], *, at: int
) -> dict[str, Standing]:  # fmt: skip
    """Person: region, roles, credentials, and which declaration in a programme stands."""
    today = datetime.fromtimestamp(at // 1_000_000, UTC).date()
    said = {person: row.object for person, row in declarations(connection, programme).items() if row.object}
    found: dict[str, Standing] = {}
    for part in _slices(sorted(people)):
        held: dict[str, set[str]] = {}
        verified = sa.select(EXPERT_CREDENTIAL).where(EXPERT_CREDENTIAL.c.state == VERIFIED)
        for row in connection.execute(verified.where(EXPERT_CREDENTIAL.c.person.in_(part))).all():
            until = None if row.expires_on is None else date.fromisoformat(row.expires_on)
            if state_on(row.state, until, today) == VERIFIED:
                held.setdefault(row.person, set()).add(row.type)
        objects = [said[person] for person in part if person in said]
        erased = set(connection.scalars(sa.select(ERASED.c.target).where(ERASED.c.target.in_(objects))))
        for row in connection.execute(sa.select(PERSON).where(PERSON.c.person.in_(part))).all():
            roles = {*msgspec.json.decode(row.roles), *msgspec.json.decode(row.expert_roles)}
            declared = said.get(row.person)
            found[row.person] = Standing(
                row.region, sorted(roles), sorted(held.get(row.person, ())), None if declared in erased else declared
            )
    return found


def _slices(people: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(people), _PART):
        yield people[start : start + _PART]


def stood(connection: sa.Connection, composition: str) -> dict[str, Standing]:
    """Person: how they stood when a composition was told; everybody who had judged in its programme."""
    query = sa.select(POOL_STANDING).where(POOL_STANDING.c.composition == composition)
    return {row.person: msgspec.json.decode(row.body, type=Standing) for row in connection.execute(query).all()}


def words_about(connection: sa.Connection, *, items: Sequence[str], people: Sequence[str]) -> set[str]:
    """Objects that go with people: what they declared about themselves. Items have none."""
    del items
    found: set[str] = set()
    for start in range(0, len(people), _PART):
        theirs = DEMOGRAPHIC.c.person.in_(people[start : start + _PART])
        query = sa.select(DEMOGRAPHIC.c.object).where(theirs, DEMOGRAPHIC.c.object.is_not(None))
        found |= set(connection.scalars(query))
    return found


def is_words(connection: sa.Connection, name: str) -> bool:
    """Whether an object is what somebody declared about themselves."""
    query = sa.select(DEMOGRAPHIC.c.object).where(DEMOGRAPHIC.c.object == name)
    return connection.execute(query.limit(1)).first() is not None
