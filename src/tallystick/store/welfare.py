"""Read models of welfare: the rules in force, what people had of which content, where their settings lie."""

from collections.abc import Callable
from typing import Final

import msgspec
import sqlalchemy as sa

from tallystick.events.adjudication import DisagreementPreserved, DisagreementReturned, DisagreementSettled
from tallystick.events.calibration import CalibrationLabelled
from tallystick.events.escape import RereviewAnswered
from tallystick.events.judgment import JudgmentSubmitted
from tallystick.events.roster import GoldAnswered
from tallystick.events.welfare import OwnSettingsSaved, WelfareRulesSet
from tallystick.flow.routing import CONTENT
from tallystick.flow.welfare import Limit, counted_ms
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.schema import ACCESS, ASSIGNMENT, ITEM, PROGRAMME, Handler, Recorded, Row
from tallystick.store.schema.welfare import CATEGORY_RULE, EXPOSURE, OWN_SETTINGS, WELFARE_RULES


def _on_rules(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: WelfareRulesSet = r.fact
        place: dict[str, object] = {"programme": fact.programme, "contract_version": fact.contract_version}
        row = place | {
            "minutes_daily_max": fact.minutes_daily_max, "rest_after_minutes": fact.rest_after_minutes,
            "rest_minutes": fact.rest_minutes, "seq": r.envelope.seq,
        }  # fmt: skip
        journal.insert_many(connection, WELFARE_RULES, [row])
        rows: list[dict[str, object]] = [
            {
                **place,
                "category": one.category, "is_blurred": int(one.is_blurred),
                "minutes_daily_max": one.minutes_daily_max, "items_daily_max": one.items_daily_max,
                "rest_after_minutes": one.rest_after_minutes, "rest_minutes": one.rest_minutes,
            }
            for one in fact.categories
        ]  # fmt: skip
        journal.insert_many(connection, CATEGORY_RULE, rows)


def _on_settings(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"seq": r.envelope.seq, "person": r.fact.person, "object": r.fact.settings.object, "at": r.envelope.at}
        for r in run
    ]
    journal.insert_many(connection, OWN_SETTINGS, rows)


HANDLERS: dict[str, Handler] = {
    WelfareRulesSet.KIND: _on_rules,
    OwnSettingsSaved.KIND: _on_settings,
}

# --- what people had ----------------------------------------------------------------------------------------------

_ITEM = Statement(sa.select(ITEM.c.programme, ITEM.c.taxonomy).where(ITEM.c.item == sa.bindparam("wanted")))
_LEASED = Statement(
    sa.select(ASSIGNMENT.c.leased_at.label("at")).where(ASSIGNMENT.c.assignment == sa.bindparam("wanted"))
)
_LOOKED = Statement(
    sa.select(ACCESS.c.at)
    .where(ACCESS.c.subject == sa.bindparam("wanted"), ACCESS.c.by == sa.bindparam("who"))
    .order_by(ACCESS.c.seq)
    .limit(1)
)
"""The first look: whoever opens an item again has had it since then."""


def _looked_at(connection: sa.Connection, item: str, person: str) -> int | None:
    row = _LOOKED.first(connection, {"wanted": item, "who": person})
    return None if row is None else int(row.at)


def _judged(connection: sa.Connection, fact: JudgmentSubmitted) -> int | None:
    row = _LEASED.first(connection, {"wanted": fact.assignment})
    return None if row is None else int(row.at)


def _by(name: str, work: str, shown_at: Callable[[sa.Connection, msgspec.Struct], int | None] | None = None) -> Handler:
    """A projection of facts that end a piece of work; `name` is their field with the person."""

    def follow(connection: sa.Connection, run: list[Recorded]) -> None:
        rows = []
        for r in run:
            person, at = str(getattr(r.fact, name)), r.envelope.at
            item = _ITEM.first(connection, {"wanted": r.fact.item})
            assert item is not None, "work is done on items that are here"
            shown = shown_at(connection, r.fact) if shown_at else _looked_at(connection, r.fact.item, person)
            measured = int(getattr(r.fact, "active_ms", 0))
            rows.append({
                "seq": r.envelope.seq, "person": person, "programme": item.programme, "item": r.fact.item,
                "work": work, "content": msgspec.json.decode(item.taxonomy).get(CONTENT, ""),
                "active_ms": counted_ms(measured, None if shown is None else (at - shown) // 1000),
                "is_measured": int(measured > 0), "at": at,
            })  # fmt: skip
        journal.insert_many(connection, EXPOSURE, rows)

    return follow


FOLLOWERS: Final[dict[str, Handler]] = {
    JudgmentSubmitted.KIND: _by("expert", "judgment", _judged),  # type: ignore[arg-type]  # facts of this kind alone
    CalibrationLabelled.KIND: _by("expert", "calibration"),
    GoldAnswered.KIND: _by("person", "qualification"),
    DisagreementSettled.KIND: _by("adjudicator", "adjudication"),
    DisagreementPreserved.KIND: _by("adjudicator", "adjudication"),
    DisagreementReturned.KIND: _by("adjudicator", "adjudication"),
    RereviewAnswered.KIND: _by("reviewer", "second look"),
}
"""What ends a piece of work that showed content: projected here as well, behind its own stage."""

_OF_PERSON = Statement(
    sa.select(EXPOSURE.c.at, EXPOSURE.c.active_ms, EXPOSURE.c.content)
    .where(EXPOSURE.c.person == sa.bindparam("who"), EXPOSURE.c.at >= sa.bindparam("since"))
    .order_by(EXPOSURE.c.at, EXPOSURE.c.seq)
)


def pieces_of(connection: sa.Connection, who: str, *, since: int) -> list[Row]:
    """What somebody has done since a moment, oldest first: at, active_ms, content."""
    return _OF_PERSON.all(connection, {"who": who, "since": since})


def exposure_in(connection: sa.Connection, programme: str, *, since: int) -> list[Row]:
    """What everybody had in a programme since a moment, by person, kinds of content and UTC day."""
    day = (EXPOSURE.c.at - EXPOSURE.c.at % 86_400_000_000).label("day")
    query = (
        sa.select(
            EXPOSURE.c.person, EXPOSURE.c.content, day, sa.func.count().label("items"),
            sa.cast(sa.func.sum(EXPOSURE.c.active_ms), sa.BigInteger).label("active_ms"),
        )
        .where(EXPOSURE.c.programme == programme, EXPOSURE.c.at >= since, EXPOSURE.c.content != "")
        .group_by(EXPOSURE.c.person, EXPOSURE.c.content, day)
        .order_by(day, EXPOSURE.c.person, EXPOSURE.c.content)
    )  # fmt: skip
    return list(connection.execute(query).all())


def people_since(connection: sa.Connection, programme: str, *, since: int) -> list[str]:
    """Who has worked in a programme since a moment."""
    query = sa.select(EXPOSURE.c.person).where(EXPOSURE.c.programme == programme, EXPOSURE.c.at >= since).distinct()
    return sorted(row.person for row in connection.execute(query).all())


# --- rules in force -----------------------------------------------------------------------------------------------

_RULES = Statement(
    sa.select(WELFARE_RULES)
    .join(
        PROGRAMME,
        sa.and_(
            PROGRAMME.c.programme == WELFARE_RULES.c.programme, PROGRAMME.c.version == WELFARE_RULES.c.contract_version
        ),
    )
    .where(PROGRAMME.c.programme == sa.bindparam("name"))
)
_CATEGORIES = Statement(
    sa.select(CATEGORY_RULE)
    .join(
        PROGRAMME,
        sa.and_(
            PROGRAMME.c.programme == CATEGORY_RULE.c.programme, PROGRAMME.c.version == CATEGORY_RULE.c.contract_version
        ),
    )
    .where(PROGRAMME.c.programme == sa.bindparam("name"))
    .order_by(CATEGORY_RULE.c.category)
)


def limit_of(row: Row) -> Limit:
    """A row of rules as decisions need it."""
    return Limit(
        minutes_daily_max=row.minutes_daily_max, items_daily_max=getattr(row, "items_daily_max", None),
        rest_after_minutes=row.rest_after_minutes, rest_minutes=row.rest_minutes,
    )  # fmt: skip


def rules(connection: sa.Connection, programme: str) -> Row | None:
    """What the contract in force says of all work, or None when it has no such section."""
    return _RULES.first(connection, {"name": programme})


def categories(connection: sa.Connection, programme: str) -> list[Row]:
    """What the contract in force says of each kind of content, by name."""
    return _CATEGORIES.all(connection, {"name": programme})


# --- settings -----------------------------------------------------------------------------------------------------

_SETTINGS = Statement(
    sa.select(OWN_SETTINGS)
    .where(OWN_SETTINGS.c.person == sa.bindparam("who"))
    .order_by(OWN_SETTINGS.c.seq.desc())
    .limit(sa.bindparam("limit"))
)
SETTINGS_READ_MAX: Final = 20


def settings_of(connection: sa.Connection, who: str) -> list[Row]:
    """Where somebody's latest settings lie, newest first."""
    return _SETTINGS.all(connection, {"who": who, "limit": SETTINGS_READ_MAX})


def all_settings(connection: sa.Connection) -> list[Row]:
    """Every saving of settings, in journal order."""
    return list(connection.execute(sa.select(OWN_SETTINGS).order_by(OWN_SETTINGS.c.seq)).all())


def is_settings(connection: sa.Connection, object_id: str) -> bool:
    """Whether an object of the vault holds somebody's settings."""
    query = sa.select(OWN_SETTINGS.c.seq).where(OWN_SETTINGS.c.object == object_id).limit(1)
    return connection.execute(query).first() is not None
