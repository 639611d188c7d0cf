"""Read models of screening: disqualifiers with their state, and what was said of each."""

from collections.abc import Sequence

import sqlalchemy as sa

from tallystick.events.screening import (
    DisqualifierAnswered,
    DisqualifierConfirmed,
    DisqualifierDismissed,
    DisqualifierLifted,
    DisqualifierProposed,
)
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.schema import Handler, Recorded, Row
from tallystick.store.schema.credentials import DISQUALIFIER, DISQUALIFIER_WORDS

_PART = 500


def _on_proposed(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"disqualifier": r.fact.disqualifier, "person": r.fact.person, "ground": r.fact.ground,
         "programme": r.fact.programme, "source": r.fact.source, "rule": r.fact.rule,
         "rule_version": r.fact.rule_version, "about": r.fact.about, "evidence": r.fact.evidence.object,
         "state": "proposed", "proposed_by": r.envelope.by, "proposed_at": r.envelope.at, "seq": r.envelope.seq}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, DISQUALIFIER, rows)


def _on_decided(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        state = r.fact.KIND.removeprefix("disqualifier-").partition("/")[0]
        change = DISQUALIFIER.update().where(DISQUALIFIER.c.disqualifier == r.fact.disqualifier)
        connection.execute(change.values(state=state))
        _say(connection, r, what=state, name=r.fact.reason.object)


def _on_answered(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        _say(connection, r, what="answered", name=r.fact.words.object)


def _say(connection: sa.Connection, r: Recorded, *, what: str, name: str) -> None:
    row = {
        "disqualifier": r.fact.disqualifier, "seq": r.envelope.seq, "what": what, "object": name,
        "by": r.envelope.by, "at": r.envelope.at,
    }  # fmt: skip
    connection.execute(DISQUALIFIER_WORDS.insert().values(row))


HANDLERS: dict[str, Handler] = {
    DisqualifierProposed.KIND: _on_proposed,
    DisqualifierConfirmed.KIND: _on_decided,
    DisqualifierDismissed.KIND: _on_decided,
    DisqualifierLifted.KIND: _on_decided,
    DisqualifierAnswered.KIND: _on_answered,
}


def disqualifier(connection: sa.Connection, wanted: str) -> Row | None:
    """One disqualifier, or None."""
    return connection.execute(sa.select(DISQUALIFIER).where(DISQUALIFIER.c.disqualifier == wanted)).first()


def of_person(connection: sa.Connection, who: str) -> list[Row]:
    """What was proposed about a person, newest first."""
    query = sa.select(DISQUALIFIER).where(DISQUALIFIER.c.person == who).order_by(DISQUALIFIER.c.seq.desc())
    return list(connection.execute(query).all())


def every(connection: sa.Connection, *, state: str | None = None) -> list[Row]:
    """All disqualifiers of the cell, newest first; of one state when given."""
    query = sa.select(DISQUALIFIER).order_by(DISQUALIFIER.c.seq.desc())
    return list(connection.execute(query if state is None else query.where(DISQUALIFIER.c.state == state)).all())


def said(connection: sa.Connection, wanted: str) -> list[Row]:
    """What was said of a disqualifier, in order."""
    query = sa.select(DISQUALIFIER_WORDS).where(DISQUALIFIER_WORDS.c.disqualifier == wanted)
    return list(connection.execute(query.order_by(DISQUALIFIER_WORDS.c.seq)).all())


_STOPS = Statement(
    sa.select(DISQUALIFIER.c.disqualifier)
    .where(
        DISQUALIFIER.c.person == sa.bindparam("who"),
        DISQUALIFIER.c.state == "confirmed",
        sa.or_(DISQUALIFIER.c.programme.is_(None), DISQUALIFIER.c.programme == sa.bindparam("name")),
    )
    .order_by(DISQUALIFIER.c.seq)
)


def stops(connection: sa.Connection, who: str, *, programme: str) -> list[str]:
    """The confirmed disqualifiers that keep a person out of the work of a programme."""
    return [row.disqualifier for row in _STOPS.all(connection, {"who": who, "name": programme})]


def stopped(connection: sa.Connection, programme: str) -> set[str]:
    """Everybody whom a confirmed disqualifier keeps out of the work of a programme."""
    table = DISQUALIFIER
    query = sa.select(table.c.person).where(
        table.c.state == "confirmed", sa.or_(table.c.programme.is_(None), table.c.programme == programme)
    )
    return set(connection.scalars(query))


def words_about(connection: sa.Connection, *, items: Sequence[str], people: Sequence[str]) -> set[str]:
    """Objects that go with people: evidence of what was proposed about them, and all that was said. Items have none."""
    del items
    found: set[str] = set()
    table, told = DISQUALIFIER, DISQUALIFIER_WORDS
    for start in range(0, len(people), _PART):
        theirs = table.c.person.in_(people[start : start + _PART])
        found |= set(connection.scalars(sa.select(table.c.evidence).where(theirs)))
        words = sa.select(told.c.object).join(table, table.c.disqualifier == told.c.disqualifier)
        found |= set(connection.scalars(words.where(theirs)))
    return found


def is_words(connection: sa.Connection, name: str) -> bool:
    """Whether an object is evidence of a disqualifier, or something that was said of one."""
    columns = (DISQUALIFIER.c.evidence, DISQUALIFIER_WORDS.c.object)
    return any(connection.execute(sa.select(one).where(one == name).limit(1)).first() for one in columns)
