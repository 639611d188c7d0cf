"""Read models of routing: rules in force, languages, clearances, and whose eyes an item is for."""

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from tallystick import canon
from tallystick.events.routing import (
    ClearanceGranted,
    ClearanceRevoked,
    LanguageConfirmed,
    LanguagesDeclared,
    RoutingSet,
)
from tallystick.flow.routing import DomainRule
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.schema import BATCH, CALIBRATION, ITEM, PROGRAMME, RELEASE, Handler, Recorded, Row
from tallystick.store.schema.routing import CLEARANCE, LANGUAGE, ROUTING_RULE


def _on_rules(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"programme": r.fact.programme, "contract_version": r.fact.contract_version, "domain": r.fact.domain,
         "regions": canon.encode(r.fact.regions).decode(), "language_level": r.fact.language_level,
         "is_language_confirmed": int(r.fact.is_language_confirmed), "needs_clearance": int(r.fact.needs_clearance)}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, ROUTING_RULE, rows)


def _on_declared(connection: sa.Connection, run: list[Recorded]) -> None:
    """A confirmation stays for as long as its language is declared, whatever the level that somebody claims."""
    for r in run:
        fact: LanguagesDeclared = r.fact
        before = {row.language: row for row in languages(connection, fact.person)}
        connection.execute(LANGUAGE.delete().where(LANGUAGE.c.person == fact.person))
        rows = []
        for language, level in sorted(fact.languages.items()):
            was = before.get(language)
            rows.append({
                "person": fact.person, "language": language, "level": level, "at": r.envelope.at,
                "confirmed": was.confirmed if was else None, "confirmed_by": was.confirmed_by if was else None,
                "how": was.how if was else None, "confirmed_at": was.confirmed_at if was else None,
            })  # fmt: skip
        journal.insert_many(connection, LANGUAGE, rows)


def _on_confirmed(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: LanguageConfirmed = r.fact
        change = LANGUAGE.update().where(LANGUAGE.c.person == fact.person, LANGUAGE.c.language == fact.language)
        connection.execute(
            change.values(
                confirmed=fact.level, confirmed_by=r.envelope.by, how=fact.how.object, confirmed_at=r.envelope.at
            )
        )


def _on_granted(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"clearance": r.fact.clearance, "person": r.fact.person, "programme": r.fact.programme, "until": r.fact.until,
         "reason": r.fact.reason.object, "by": r.envelope.by, "at": r.envelope.at, "seq": r.envelope.seq,
         "revoked_at": None, "revoked_by": None, "revoked_reason": None}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, CLEARANCE, rows)


def _on_revoked(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        change = CLEARANCE.update().where(CLEARANCE.c.clearance == r.fact.clearance)
        values = {"revoked_at": r.envelope.at, "revoked_by": r.envelope.by, "revoked_reason": r.fact.reason.object}
        connection.execute(change.values(**values))


HANDLERS: dict[str, Handler] = {
    RoutingSet.KIND: _on_rules,
    LanguagesDeclared.KIND: _on_declared,
    LanguageConfirmed.KIND: _on_confirmed,
    ClearanceGranted.KIND: _on_granted,
    ClearanceRevoked.KIND: _on_revoked,
}

_IN_FORCE = sa.and_(
    PROGRAMME.c.programme == ROUTING_RULE.c.programme, PROGRAMME.c.version == ROUTING_RULE.c.contract_version
)
_RULES = Statement(
    sa.select(ROUTING_RULE).join(PROGRAMME, _IN_FORCE).where(PROGRAMME.c.programme == sa.bindparam("name"))
)
_LANGUAGES = Statement(
    sa.select(LANGUAGE).where(LANGUAGE.c.person == sa.bindparam("who")).order_by(LANGUAGE.c.language)
)
_CLEARED = Statement(
    sa.select(CLEARANCE.c.clearance)
    .where(
        CLEARANCE.c.person == sa.bindparam("who"), CLEARANCE.c.programme == sa.bindparam("programme"),
        CLEARANCE.c.until > sa.bindparam("now"), CLEARANCE.c.revoked_at.is_(None),
    )
    .limit(1)
)  # fmt: skip


def rules(connection: sa.Connection, programme: str) -> dict[str, DomainRule]:
    """Domain: what the contract in force asks of whoever gets its items; empty when it has no such section."""
    return {
        row.domain: DomainRule(
            domain=row.domain, regions=tuple(msgspec.json.decode(row.regions)), language_level=row.language_level,
            is_language_confirmed=bool(row.is_language_confirmed), needs_clearance=bool(row.needs_clearance),
        )
        for row in _RULES.all(connection, {"name": programme})
    }  # fmt: skip


def languages(connection: sa.Connection, who: str) -> list[Row]:
    """The languages that somebody declared."""
    return _LANGUAGES.all(connection, {"who": who})


def is_cleared(connection: sa.Connection, who: str, programme: str, *, now: int) -> bool:
    """Whether somebody has a clearance for a programme that is in force now."""
    return _CLEARED.first(connection, {"who": who, "programme": programme, "now": now}) is not None


def clearances_of(connection: sa.Connection, who: str) -> list[Row]:
    """Every clearance that somebody was ever granted, newest first."""
    query = sa.select(CLEARANCE).where(CLEARANCE.c.person == who).order_by(CLEARANCE.c.seq.desc())
    return list(connection.execute(query).all())


def clearance(connection: sa.Connection, wanted: str) -> Row | None:
    """One clearance, or None."""
    return connection.execute(sa.select(CLEARANCE).where(CLEARANCE.c.clearance == wanted)).first()


# --- whose eyes an item is for ------------------------------------------------------------------------------------


def restricted_domains(connection: sa.Connection, programme: str) -> frozenset[str]:
    """The domains of a programme whose items are for cleared people alone."""
    return frozenset(name for name, rule in rules(connection, programme).items() if rule.needs_clearance)


def closed_to(connection: sa.Connection, who: str, programme: str, *, now: int) -> frozenset[str]:
    """The domains of a programme that do not exist for somebody: restricted ones, without a clearance."""
    restricted = restricted_domains(connection, programme)
    return frozenset() if not restricted or is_cleared(connection, who, programme, now=now) else restricted


_NAMES_AT_ONCE = 500


def hidden_among(connection: sa.Connection, who: str, names: Iterable[str], *, now: int) -> set[str]:
    """Those of these items, batches and calibration sessions that do not exist for somebody; other names are none."""
    wanted = sorted(set(names))
    found: set[str] = set()
    for start in range(0, len(wanted), _NAMES_AT_ONCE):
        some = wanted[start : start + _NAMES_AT_ONCE]
        for name, programme in _restricted(connection, some):
            if not is_cleared(connection, who, programme, now=now):
                found.add(name)
    return found


def _restricted(connection: sa.Connection, names: list[str]) -> list[tuple[str, str]]:
    """(Name, programme) of those that lie in restricted domains."""
    found: list[tuple[str, str]] = []
    for table, name in ((ITEM, ITEM.c.item), (BATCH, BATCH.c.batch), (CALIBRATION, CALIBRATION.c.calibration)):
        query = (
            sa.select(name, table.c.programme)
            .join(
                ROUTING_RULE,
                sa.and_(ROUTING_RULE.c.programme == table.c.programme, ROUTING_RULE.c.domain == table.c.domain),
            )
            .join(PROGRAMME, _IN_FORCE)
            .where(ROUTING_RULE.c.needs_clearance == 1, name.in_(names))
        )
        found += [(row[0], row.programme) for row in connection.execute(query).all()]
    return found + _restricted_releases(connection, names)


def _restricted_releases(connection: sa.Connection, names: list[str]) -> list[tuple[str, str]]:
    """Of these names, the releases that hold a batch of a restricted domain."""
    found = []
    for row in connection.execute(sa.select(RELEASE).where(RELEASE.c.release.in_(names))).all():
        batches = msgspec.json.decode(row.batches, type=list[str])
        closed = sorted(restricted_domains(connection, row.programme))
        query = sa.select(BATCH.c.batch).where(BATCH.c.batch.in_(batches), BATCH.c.domain.in_(closed)).limit(1)
        if connection.execute(query).first() is not None:
            found.append((row.release, row.programme))
    return found


_ANY = Statement(sa.select(ROUTING_RULE.c.domain).limit(1))


def is_anything_ruled(connection: sa.Connection) -> bool:
    """Whether any contract of the cell ever said who gets the items of a domain."""
    return _ANY.first(connection, {}) is not None
