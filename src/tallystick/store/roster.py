"""Read models of people: roles, contracts, qualification."""

from collections import Counter
from collections.abc import Collection, Iterable

import msgspec
import sqlalchemy as sa

from tallystick import canon
from tallystick.events.roster import (
    ExpertContractExecuted,
    GoldAnswered,
    PersonEnrolled,
    PersonQualified,
    QualificationFailed,
    QualificationStarted,
    QualificationStartedV2,
    RegionDeclared,
    RolesChanged,
    SessionEnded,
    SessionOpened,
)
from tallystick.flow.roster import Pool
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.schema import (
    ERASED,
    GOLD,
    GOLD_ANSWER,
    ITEM,
    JUDGMENT,
    PERSON,
    QUALIFICATION,
    ROLE_HELD,
    STOOD_DOWN,
    Handler,
    Recorded,
    Row,
)

_PART = 500


def _on_enrolled(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"person": r.fact.person, "roles": canon.text(r.fact.roles), "expert_roles": canon.text(r.fact.expert_roles),
         "origin": r.fact.origin, "simulated": int(r.fact.simulated), "profile": r.fact.profile.object,
         "since": r.envelope.at, "executed_at": None, "ip_assigned_at": None, "template_digest": None,
         "region": None, "region_seq": None}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, PERSON, rows)
    _give(connection, [(r, role) for r in run for role in _roles_of(r)])


def _on_roles(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        change = PERSON.update().where(PERSON.c.person == r.fact.person)
        connection.execute(change.values(roles=canon.text(r.fact.roles), expert_roles=canon.text(r.fact.expert_roles)))
        mine = (ROLE_HELD.c.person == r.fact.person, ROLE_HELD.c.until.is_(None))
        held = set(connection.scalars(sa.select(ROLE_HELD.c.role).where(*mine)))
        now = _roles_of(r)
        ended = ROLE_HELD.update().where(*mine, ROLE_HELD.c.role.not_in(now))
        connection.execute(ended.values(until=r.envelope.seq))
        _give(connection, [(r, role) for role in now if role not in held])


def _roles_of(r: Recorded) -> list[str]:
    return sorted({*r.fact.roles, *r.fact.expert_roles})


def _give(connection: sa.Connection, given: list[tuple[Recorded, str]]) -> None:
    rows = [{"person": r.fact.person, "role": role, "seq": r.envelope.seq, "until": None} for r, role in given]
    journal.insert_many(connection, ROLE_HELD, rows)


def _on_region(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        change = PERSON.update().where(PERSON.c.person == r.fact.person)
        connection.execute(change.values(region=r.fact.region, region_seq=r.envelope.seq))


def _on_executed(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        change = PERSON.update().where(PERSON.c.person == r.fact.person)
        values = {
            "executed_at": r.fact.executed_at,
            "ip_assigned_at": r.fact.ip_assigned_at,
            "template_digest": r.fact.template_digest,
        }
        connection.execute(change.values(**values))


def _on_session(_connection: sa.Connection, _run: list[Recorded]) -> None:
    """Sessions themselves are kept apart (store/sessions.py); the journal holds that they happened."""


def _on_started_at_first(connection: sa.Connection, run: list[Recorded]) -> None:
    """The first version names no signal: that of its items stands in its place."""
    signals = _signals_of(connection, sorted({item for r in run for item in r.fact.items}))
    _start(connection, run, [sorted({signals[item] for item in r.fact.items if item in signals}) for r in run])


def _on_started(connection: sa.Connection, run: list[Recorded]) -> None:
    _start(connection, run, [[r.fact.signal] for r in run])
    for r in run:
        _end_earlier(connection, r)


def _end_earlier(connection: sa.Connection, r: Recorded) -> None:
    """An attempt that was begun in the place of one that was put aside ends it: nothing of that one counts."""
    table = QUALIFICATION
    earlier = sa.select(table.c.qualification, table.c.signals).where(
        table.c.person == r.fact.person, table.c.programme == r.fact.programme, table.c.rubric == r.fact.rubric,
        table.c.version == r.fact.version, table.c.state == "running", table.c.seq < r.envelope.seq,
    )  # fmt: skip
    for row in connection.execute(earlier).all():
        if r.fact.signal in msgspec.json.decode(row.signals, type=list[str]):
            change = table.update().where(table.c.qualification == row.qualification)
            connection.execute(change.values(state="ended", ended_at=r.envelope.at))


def _start(connection: sa.Connection, run: list[Recorded], signals: list[list[str]]) -> None:
    rows = [
        {"qualification": r.fact.qualification, "person": r.fact.person, "programme": r.fact.programme,
         "rubric": r.fact.rubric, "version": r.fact.version, "state": "running", "items": canon.text(r.fact.items),
         "orders": canon.text(r.fact.orders), "answered": 0, "correct": 0, "pass_mark": r.fact.pass_mark,
         "alpha_ppm": r.fact.alpha_ppm, "power_ppm": r.fact.power_ppm, "by_criterion": "{}",
         "started_at": r.envelope.at, "ended_at": None, "seq": r.envelope.seq,
         "signals": canon.text(names)}
        for r, names in zip(run, signals, strict=True)
    ]  # fmt: skip
    journal.insert_many(connection, QUALIFICATION, rows)
    seen = [
        {"person": r.fact.person, "item": item, "seq": r.envelope.seq}
        for r in run
        for item in r.fact.items
    ]  # fmt: skip
    _SEE_GOLD.run_many(connection, seen)


def _signals_of(connection: sa.Connection, items: list[str]) -> dict[str, str]:
    """Item: its signal."""
    found: dict[str, str] = {}
    for start in range(0, len(items), _PART):
        query = sa.select(ITEM.c.item, ITEM.c.signal).where(ITEM.c.item.in_(items[start : start + _PART]))
        found |= {row.item: row.signal for row in connection.execute(query).all()}
    return found


# What somebody had in a qualification is no sentinel for them.
_SEE_GOLD = Statement(
    sa.text(
        "INSERT INTO gold_seen (person, item, is_sentinel, seq) VALUES (:person, :item, 0, :seq) "
        "ON CONFLICT (person, item) DO NOTHING"
    )
)


def _on_gold(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: GoldAnswered = r.fact
        answer = {
            "qualification": fact.qualification, "item": fact.item, "verdict": fact.verdict,
            "scores": canon.text(fact.scores), "reasons": canon.text(fact.reasons), "rationale": fact.rationale.object,
            "is_correct": int(fact.is_correct), "near": canon.text(fact.near), "active_ms": fact.active_ms,
            "seq": r.envelope.seq,
        }  # fmt: skip
        connection.execute(GOLD_ANSWER.insert().values(answer))
        table = QUALIFICATION
        change = table.update().where(table.c.qualification == fact.qualification)
        connection.execute(change.values(answered=table.c.answered + 1, correct=table.c.correct + int(fact.is_correct)))


def _on_decided(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        state = "qualified" if isinstance(r.fact, PersonQualified) else "failed"
        change = QUALIFICATION.update().where(QUALIFICATION.c.qualification == r.fact.qualification)
        connection.execute(
            change.values(state=state, by_criterion=canon.text(r.fact.by_criterion), ended_at=r.envelope.at)
        )


HANDLERS: dict[str, Handler] = {
    PersonEnrolled.KIND: _on_enrolled,
    RolesChanged.KIND: _on_roles,
    RegionDeclared.KIND: _on_region,
    ExpertContractExecuted.KIND: _on_executed,
    SessionOpened.KIND: _on_session,
    SessionEnded.KIND: _on_session,
    QualificationStarted.KIND: _on_started_at_first,
    QualificationStartedV2.KIND: _on_started,
    GoldAnswered.KIND: _on_gold,
    PersonQualified.KIND: _on_decided,
    QualificationFailed.KIND: _on_decided,
}

_PERSON = Statement(sa.select(PERSON).where(PERSON.c.person == sa.bindparam("who")))


def person(connection: sa.Connection, who: str) -> Row | None:
    """One person, or None."""
    return _PERSON.first(connection, {"who": who})


def persons(connection: sa.Connection, wanted: Iterable[str]) -> list[Row]:
    """Those of these people who are known, in the order asked for."""
    found, names = dict[str, Row](), list(dict.fromkeys(wanted))
    for start in range(0, len(names), _PART):
        query = sa.select(PERSON).where(PERSON.c.person.in_(names[start : start + _PART]))
        found.update({row.person: row for row in connection.execute(query).all()})
    return [found[name] for name in names if name in found]


def people(connection: sa.Connection, *, origin: str | None = None) -> list[Row]:
    """Everybody, longest here first; of one origin when given."""
    query = sa.select(PERSON).order_by(PERSON.c.since, PERSON.c.person)
    return list(connection.execute(query if origin is None else query.where(PERSON.c.origin == origin)).all())


_ROLES_HELD = Statement(sa.select(ROLE_HELD.c.role, ROLE_HELD.c.until).where(ROLE_HELD.c.person == sa.bindparam("who")))
_STILL = 2**62


def held_until(connection: sa.Connection, who: str, roles: Collection[str]) -> int:
    """The place in the journal before which somebody last had one of these roles: 0 for who never had any."""
    rows = _ROLES_HELD.all(connection, {"who": who})
    return max((_STILL if row.until is None else int(row.until) for row in rows if row.role in roles), default=0)


_QUALIFIED = Statement(
    sa.select(QUALIFICATION.c.rubric, QUALIFICATION.c.version, QUALIFICATION.c.signals).where(
        QUALIFICATION.c.person == sa.bindparam("who"),
        QUALIFICATION.c.programme == sa.bindparam("programme"),
        QUALIFICATION.c.state == "qualified",
        ~sa.exists().where(
            STOOD_DOWN.c.person == QUALIFICATION.c.person,
            STOOD_DOWN.c.programme == QUALIFICATION.c.programme,
            STOOD_DOWN.c.rubric == QUALIFICATION.c.rubric,
        ),
    )
)


def qualified_under(connection: sa.Connection, who: str, *, programme: str) -> dict[tuple[str, str], frozenset[str]]:
    """(rubric, version) whose gold items the person passed: of which signals; none where they stand down."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for row in _QUALIFIED.all(connection, {"who": who, "programme": programme}):
        passed = frozenset(msgspec.json.decode(row.signals, type=list[str]))
        found[row.rubric, row.version] = found.get((row.rubric, row.version), frozenset()) | passed
    return found


_IS_GONE = sa.exists().where(ERASED.c.target.in_([ITEM.c.content, ITEM.c.hidden])).correlate(ITEM)
_GOLD_POOLS = Statement(
    sa.select(
        ITEM.c.domain, ITEM.c.signal, sa.func.count().label("ever"),
        sa.func.sum(sa.case((_IS_GONE, 0), else_=1)).label("now"),
    )
    .join(GOLD, GOLD.c.item == ITEM.c.item)
    .where(GOLD.c.programme == sa.bindparam("programme"))
    .group_by(ITEM.c.domain, ITEM.c.signal)
)  # fmt: skip


def gold_pools(connection: sa.Connection, programme: str) -> dict[str, dict[str, Pool]]:
    """Domain: signal: how many gold items it has that are not erased, and how many ever came in."""
    found: dict[str, dict[str, Pool]] = {}
    for row in _GOLD_POOLS.all(connection, {"programme": programme}):
        found.setdefault(row.domain, {})[row.signal] = Pool(now=int(row.now), ever=int(row.ever))
    return found


def passed_by_anybody(connection: sa.Connection, programme: str) -> dict[tuple[str, str], frozenset[str]]:
    """(rubric, version): the signals whose gold items somebody passed, whether or not they stand down since."""
    table = QUALIFICATION
    query = sa.select(table.c.rubric, table.c.version, table.c.signals).where(
        table.c.programme == programme, table.c.state == "qualified"
    )
    found: dict[tuple[str, str], frozenset[str]] = {}
    for row in connection.execute(query.distinct()).all():
        key = (row.rubric, row.version)
        found[key] = found.get(key, frozenset()).union(msgspec.json.decode(row.signals, type=list[str]))
    return found


def passed_once(connection: sa.Connection, programme: str, rubric: str) -> set[str]:
    """Who ever passed the gold items of a rubric, in whichever version, whether or not they stand down since."""
    table = QUALIFICATION
    query = sa.select(table.c.person).where(
        table.c.programme == programme, table.c.rubric == rubric, table.c.state == "qualified"
    )
    return set(connection.scalars(query))


def passed_under(connection: sa.Connection, programme: str, rubric: str, version: str) -> set[str]:
    """Who passed the gold items of one version of a rubric."""
    table = QUALIFICATION
    query = sa.select(table.c.person).where(
        table.c.programme == programme, table.c.rubric == rubric, table.c.version == version,
        table.c.state == "qualified",
    )  # fmt: skip
    return set(connection.scalars(query))


def stands_down(connection: sa.Connection, who: str, *, programme: str, rubric: str | None = None) -> bool:
    """Whether somebody stands down under a rubric of a programme, or under any."""
    query = sa.select(STOOD_DOWN.c.rubric).where(STOOD_DOWN.c.person == who, STOOD_DOWN.c.programme == programme)
    found = {row.rubric for row in connection.execute(query).all()}
    return bool(found) if rubric is None else rubric in found


def qualifications(connection: sa.Connection, who: str, *, programme: str | None = None) -> list[Row]:
    """All attempts of a person, newest first."""
    query = sa.select(QUALIFICATION).where(QUALIFICATION.c.person == who).order_by(QUALIFICATION.c.seq.desc())
    return list(
        connection.execute(query if programme is None else query.where(QUALIFICATION.c.programme == programme)).all()
    )


def qualification(connection: sa.Connection, wanted: str) -> Row | None:
    """One attempt, or None."""
    return connection.execute(sa.select(QUALIFICATION).where(QUALIFICATION.c.qualification == wanted)).first()


def gold_answers(connection: sa.Connection, wanted: str) -> list[Row]:
    """The answers of one attempt, in order."""
    query = sa.select(GOLD_ANSWER).where(GOLD_ANSWER.c.qualification == wanted).order_by(GOLD_ANSWER.c.seq)
    return list(connection.execute(query).all())


def work_done(connection: sa.Connection) -> dict[str, tuple[int, int]]:
    """Person: how many judgments they gave, and how many of these before their contract."""
    early = sa.func.sum(JUDGMENT.c.is_pre_contract)
    query = sa.select(JUDGMENT.c.expert, sa.func.count(), early).group_by(JUDGMENT.c.expert)
    return {row[0]: (row[1], int(row[2])) for row in connection.execute(query).all()}


def qualified_rubrics(connection: sa.Connection) -> dict[str, int]:
    """Person: under how many rubrics of all programmes they have qualified, in whichever version."""
    table = QUALIFICATION
    query = sa.select(table.c.person, table.c.programme, table.c.rubric).where(table.c.state == "qualified").distinct()
    return dict(Counter(row.person for row in connection.execute(query).all()))


def gold_items(connection: sa.Connection, programme: str, domain: str) -> list[Row]:
    """The gold items of a domain that are not erased, oldest first: item, hidden, content."""
    query = sa.select(ITEM).where(ITEM.c.programme == programme, ITEM.c.domain == domain, ITEM.c.purpose == "gold")
    query = query.where(~_IS_GONE)
    return list(connection.execute(query.order_by(ITEM.c.seq)).all())
