"""Read models of welfare: the rules in force, what people had of which content, where their settings lie."""

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec
import sqlalchemy as sa

from tallystick.events.adjudication import (
    CaseReleased,
    DisagreementPreserved,
    DisagreementReturned,
    DisagreementSettled,
)
from tallystick.events.assignment import AssignmentReleased
from tallystick.events.calibration import CalibrationLabelled
from tallystick.events.escape import RereviewAnswered, RereviewReleased
from tallystick.events.judgment import JudgmentSubmitted
from tallystick.events.oversight import ContentAccessed
from tallystick.events.roster import GoldAnswered
from tallystick.events.welfare import OwnSettingsSaved, WelfareRulesSet
from tallystick.flow.routing import CONTENT
from tallystick.flow.welfare import MS, UNMEASURED_MS_MAX, Limit, counted_ms, least_ms
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.assignment import begun
from tallystick.store.assignment.reviews import REVIEWS, review_of
from tallystick.store.schema import ACCESS, ITEM, PROGRAMME, Handler, Recorded, Row
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

SHOWN_AGAIN_US: Final = 600_000_000
"""For so long a look may be shown again without another event of it."""
LOOK: Final = "look"
"""The work of an item that was opened, and came back without an answer."""
OPENED: Final = "opened"
"""An item that was opened where nothing comes back: it counts as one at once, its time when it is answered."""
_STAYS: Final = frozenset({"qualification", "calibration"})
"""Why items are opened that stay open until they are answered."""

# --- what people had ----------------------------------------------------------------------------------------------

_ITEM = Statement(sa.select(ITEM.c.programme, ITEM.c.taxonomy).where(ITEM.c.item == sa.bindparam("wanted")))
_LOOKED = Statement(
    sa.select(sa.func.min(ACCESS.c.at).label("first"), sa.func.max(ACCESS.c.at).label("last")).where(
        ACCESS.c.subject == sa.bindparam("wanted"),
        ACCESS.c.by == sa.bindparam("who"),
        ACCESS.c.seq < sa.bindparam("before"),
        ACCESS.c.at >= sa.bindparam("since"),
    )
)
_GIVEN_BACK = Statement(
    sa.select(sa.func.sum(EXPOSURE.c.active_ms).label("active_ms"), sa.func.max(EXPOSURE.c.at).label("at")).where(
        EXPOSURE.c.person == sa.bindparam("who"),
        EXPOSURE.c.item == sa.bindparam("wanted"),
        EXPOSURE.c.work == LOOK,
        EXPOSURE.c.at >= sa.bindparam("since"),
    )
)


class _Shown(NamedTuple):
    """When an item was shown to somebody first, and last before they answered; None where the cell does not know.

    Who opens an item again has had it since the first time. Days may lie between, in which they did other things: what
    counts whatever a page claims is counted from the last time.
    """

    first: int | None
    last: int | None
    counted_ms: int = 0  # of this work already, when leases on it ran out, and when that was
    counted_at: int = 0


def _looked_at(connection: sa.Connection, r: Recorded, person: str, *, since: int = 0) -> _Shown:
    wanted = {"wanted": r.fact.item, "who": person, "before": r.envelope.seq, "since": since}
    row = _LOOKED.first(connection, wanted)
    assert row is not None, "an aggregate has a row"
    return _Shown(row.first, row.last)


def _judged(connection: sa.Connection, r: Recorded, person: str) -> _Shown:
    last, *earlier = begun.leases(connection, begun.lease(connection, r.fact.assignment))
    began = earlier[-1] if earlier else last
    return _less_given_back(connection, r, person, _Shown(began.leased_at, last.leased_at))


def _answered(connection: sa.Connection, r: Recorded, person: str) -> _Shown:
    """A case or a drawn item: what counted when its lease ended without an answer does not count again."""
    return _less_given_back(connection, r, person, _looked_at(connection, r, person))


def _less_given_back(connection: sa.Connection, r: Recorded, person: str, shown: _Shown) -> _Shown:
    asked = {"who": person, "wanted": r.fact.item, "since": shown.first or 0}
    row = _GIVEN_BACK.first(connection, asked)
    if row is None or row.at is None:
        return shown
    last = row.at if shown.last is None else max(shown.last, row.at)
    return _Shown(shown.first, last, int(row.active_ms), row.at)


def _by(
    name: str, work: str, shown: Callable[[sa.Connection, Recorded, str], _Shown] = _looked_at
) -> Handler:  # fmt: skip
    """A projection of facts that end a piece of work; `name` is their field with the person."""

    def follow(connection: sa.Connection, run: list[Recorded]) -> None:
        for r in run:
            person, at = str(getattr(r.fact, name)), r.envelope.at
            found = shown(connection, r, person)
            measured = int(getattr(r.fact, "active_ms", 0))
            counted = counted_ms(measured, None if found.first is None else (at - found.first) // MS)
            if found.counted_ms:
                counted = max(counted - found.counted_ms, min(counted, (at - found.counted_at) // MS))
            least = least_ms(None if found.last is None else (at - found.last) // MS)
            _note(connection, r, person, work, active_ms=max(counted, least), is_measured=measured > 0)

    return follow


def _note(
    connection: sa.Connection, r: Recorded, person: str, work: str, *, active_ms: int, is_measured: bool = False,
    item: str | None = None,
) -> None:  # fmt: skip
    wanted = str(r.fact.item) if item is None else item
    found = _ITEM.first(connection, {"wanted": wanted})
    assert found is not None, "work is done on items that are here"
    row = {
        "seq": r.envelope.seq, "person": person, "programme": found.programme, "item": wanted, "work": work,
        "content": msgspec.json.decode(found.taxonomy).get(CONTENT, ""), "active_ms": active_ms,
        "is_measured": int(is_measured), "at": r.envelope.at,
    }  # fmt: skip
    journal.insert_many(connection, EXPOSURE, [row])


def _on_given_back(connection: sa.Connection, run: list[Recorded]) -> None:
    """An item came back without a judgment. Whoever had opened it has had it."""
    for r in run:
        leased_at = begun.lease(connection, r.fact.assignment).leased_at
        last = _looked_at(connection, r, r.fact.expert, since=leased_at).last
        if last is not None:
            _note(connection, r, r.fact.expert, LOOK, active_ms=least_ms((r.envelope.at - leased_at) // MS))


def _by_look(name: str) -> Handler:
    """A case or a drawn item came back without an answer. What counted when it came back before counts no more."""

    def follow(connection: sa.Connection, run: list[Recorded]) -> None:
        for r in run:
            person = str(getattr(r.fact, name))
            before = _GIVEN_BACK.first(connection, {"who": person, "wanted": r.fact.item, "since": 0})
            came_back = 0 if before is None or before.at is None else before.at
            last = _looked_at(connection, r, person, since=came_back - SHOWN_AGAIN_US).last
            if last is not None:
                began = max(last, came_back)
                _note(connection, r, person, LOOK, active_ms=least_ms((r.envelope.at - began) // MS))

    return follow


def _on_review(connection: sa.Connection, run: list[Recorded]) -> None:
    """A held or affected judgment was reviewed, one at a time. No page measures it."""
    for r in run:
        found = review_of(connection, r, within=UNMEASURED_MS_MAX * MS)
        if found is not None:
            seen = (r.envelope.at - found.looked_at) // MS
            _note(connection, r, found.person, "review", active_ms=counted_ms(0, seen), item=found.item)


def _on_opened(connection: sa.Connection, run: list[Recorded]) -> None:
    """A gold item or one of a session was shown. It may never be answered: that it was shown counts now."""
    for r in run:
        if r.fact.what == "item" and r.fact.reason in _STAYS:
            _note(connection, r, r.envelope.by, OPENED, active_ms=0, item=r.fact.subject)


FOLLOWERS: Final[dict[str, Handler]] = {
    ContentAccessed.KIND: _on_opened,
    JudgmentSubmitted.KIND: _by("expert", "judgment", _judged),
    AssignmentReleased.KIND: _on_given_back,
    CalibrationLabelled.KIND: _by("expert", "calibration"),
    GoldAnswered.KIND: _by("person", "qualification"),
    DisagreementSettled.KIND: _by("adjudicator", "adjudication", _answered),
    DisagreementPreserved.KIND: _by("adjudicator", "adjudication", _answered),
    DisagreementReturned.KIND: _by("adjudicator", "adjudication", _answered),
    CaseReleased.KIND: _by_look("adjudicator"),
    RereviewAnswered.KIND: _by("reviewer", "second look", _answered),
    RereviewReleased.KIND: _by_look("reviewer"),
    **dict.fromkeys(REVIEWS, _on_review),
}
"""What ends a piece of work that showed content: projected here as well, behind its own stage."""

_OF_PERSON = Statement(
    sa.select(EXPOSURE.c.at, EXPOSURE.c.item, EXPOSURE.c.active_ms, EXPOSURE.c.content)
    .where(EXPOSURE.c.person == sa.bindparam("who"), EXPOSURE.c.at >= sa.bindparam("since"))
    .order_by(EXPOSURE.c.at, EXPOSURE.c.seq)
)


def pieces_of(connection: sa.Connection, who: str, *, since: int) -> list[Row]:
    """What somebody has done since a moment, oldest first: at, item, active_ms, content."""
    return _OF_PERSON.all(connection, {"who": who, "since": since})


def exposure_in(connection: sa.Connection, programme: str, *, since: int) -> list[Row]:
    """What everybody had in a programme since a moment, by person, kinds of content and UTC day."""
    day = (EXPOSURE.c.at - EXPOSURE.c.at % 86_400_000_000).label("day")
    query = (
        sa.select(
            EXPOSURE.c.person, EXPOSURE.c.content, day,
            sa.func.count(EXPOSURE.c.item.distinct()).label("items"),
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

_SETTINGS_SINCE = Statement(
    sa.select(OWN_SETTINGS)
    .where(OWN_SETTINGS.c.person == sa.bindparam("who"), OWN_SETTINGS.c.at >= sa.bindparam("since"))
    .order_by(OWN_SETTINGS.c.seq.desc())
)
_SETTINGS_BEFORE = Statement(
    sa.select(OWN_SETTINGS)
    .where(OWN_SETTINGS.c.person == sa.bindparam("who"), OWN_SETTINGS.c.at < sa.bindparam("until"))
    .order_by(OWN_SETTINGS.c.seq.desc())
    .limit(1)
)
_FOR_EVER: Final = 2**62


def settings_since(connection: sa.Connection, who: str, *, since: int) -> list[Row]:
    """Where all settings lie that somebody saved since a moment, newest first."""
    return _SETTINGS_SINCE.all(connection, {"who": who, "since": since})


def settings_before(connection: sa.Connection, who: str, until: int = _FOR_EVER) -> Row | None:
    """Where the settings lie that somebody saved last before a moment; None when they had saved none."""
    return _SETTINGS_BEFORE.first(connection, {"who": who, "until": until})


def all_settings(connection: sa.Connection) -> list[Row]:
    """Every saving of settings, in journal order."""
    return list(connection.execute(sa.select(OWN_SETTINGS).order_by(OWN_SETTINGS.c.seq)).all())


def is_settings(connection: sa.Connection, object_id: str) -> bool:
    """Whether an object of the vault holds somebody's settings."""
    query = sa.select(OWN_SETTINGS.c.seq).where(OWN_SETTINGS.c.object == object_id).limit(1)
    return connection.execute(query).first() is not None
