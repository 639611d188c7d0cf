"""What weighs on people: warnings, what they opted out of, what they had of it, limits and breaks.

What somebody set for themselves is opened by them, and by the cell to offer items. Nobody else has a road to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import msgspec

from tallystick import canon
from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About
from tallystick.events.welfare import OwnSettingsSaved
from tallystick.flow import welfare as flow
from tallystick.flow.contract import DataContract
from tallystick.flow.refusal import Refused
from tallystick.flow.routing import categories_of
from tallystick.flow.welfare import Closed, Day, Had, Limit, OptOuts, Piece, Saved, Settings
from tallystick.ledger import journal
from tallystick.store import contract as contracts
from tallystick.store import items, roster
from tallystick.store import welfare as store
from tallystick.store.schema import Row
from tallystick.store.vault import ObjectErased

WEEKS = 12
"""So many weeks back the report of a programme goes."""
SECOND = 1_000_000
NO_LIMIT = Limit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What is said before an item is shown. `is_blurred`: it stays closed until the reader opens it."""

    category: str
    warning: str
    is_blurred: bool


def warnings_of(cell: Cell, connection: journal.Connection, item: Row) -> tuple[Warned, ...]:
    """The warnings of an item, by the contract in force. A kind that it names no more is warned of all the same."""
    categories = categories_of(msgspec.json.decode(item.taxonomy))
    if not categories:
        return ()
    row = contracts.programme(connection, item.programme)
    assert row is not None, "an item is of a programme"
    known = _categories(cell.contract(connection, row.document))
    return tuple(
        known.get(name, Warned(category=name, warning=f"This item has content of the kind {name}.", is_blurred=True))
        for name in sorted(categories)
    )


def warnings(cell: Cell, item: str) -> tuple[Warned, ...]:
    """The warnings of an item, for a page that its reader may see: they are no content."""
    with cell.read() as connection:
        row = items.item(connection, item)
        return () if row is None else warnings_of(cell, connection, row)


def _categories(contract: DataContract) -> dict[str, Warned]:
    own = {} if contract.welfare is None else contract.welfare.categories
    return {
        name: Warned(category=name, warning=one.warning, is_blurred=one.blurred) for name, one in sorted(own.items())
    }


# --- what somebody set --------------------------------------------------------------------------------------------


def settings_now(cell: Cell, connection: journal.Connection, person: str) -> Settings:
    """What somebody set for themselves: for the cell's own use, so without a look. Erased settings are none."""
    row = store.settings_before(connection, person)
    return Settings() if row is None else _opened(cell, connection, row)


def _opened(cell: Cell, connection: journal.Connection, row: Row) -> Settings:
    try:
        return flow.opened(cell.own_settings(connection, row.object))
    except ObjectErased:
        return Settings()


@cache
def zones() -> tuple[str, ...]:
    """The time zones that this machine knows. Its files are looked through once: that takes longer than a page may."""
    return tuple(sorted(available_timezones() | {flow.TIME_ZONE_DEFAULT}))


def save_settings(
    cell: Cell, actor: Actor, *, opted_out: Iterable[str], time_zone: str, key: str
) -> Receipt | Refused:  # fmt: skip
    """Save all settings of one's own work. An entry of the log says that somebody saved theirs, and nothing of which.

    Opting out, and back in, takes effect at once: what is offered changes, and nothing else.
    """
    wanted = Settings(opted_out=frozenset(opted_out), time_zone=time_zone)

    def decide(tx: Transaction) -> Decision:
        now = settings_now(cell, tx.connection, actor.person)
        known = {name for rows in _all_categories(cell, tx.connection).values() for name in rows}
        refused = flow.check_settings(wanted, known=known | now.opted_out, zones=[*zones(), now.time_zone])
        if refused:
            return refused
        if len(store.settings_since(tx.connection, actor.person, since=tx.now - flow.DAY_US)) >= flow.SAVES_DAILY_MAX:
            return flow.TOO_MANY_SAVES
        ref = tx.seal(flow.sealed(wanted), scope=f"person:{actor.person}")
        return [OwnSettingsSaved(person=actor.person, settings=ref)]

    # The journal holds a digest of this request, salted by the key, which nobody but its sender knows.
    request = canon.encode(["settings", sorted(wanted.opted_out), time_zone])
    return cell.execute(Command(actor, "work.do", key, request, decide))


def _all_categories(cell: Cell, connection: journal.Connection) -> dict[str, dict[str, Warned]]:
    """Programme: its categories with their warnings."""
    return {
        row.programme: _categories(cell.contract(connection, row.document)) for row in contracts.programmes(connection)
    }


# --- days, limits, breaks -----------------------------------------------------------------------------------------


def _midnights(zone: str, now: int) -> Day:
    """The day of a zone in which a moment lies. Raises ZoneInfoNotFoundError."""
    here = datetime.fromtimestamp(now / SECOND, ZoneInfo(zone))
    start = here.replace(hour=0, minute=0, second=0, microsecond=0)
    following = (start + timedelta(hours=36)).replace(hour=0)
    return Day(start=int(start.timestamp()) * SECOND, end=int(following.timestamp()) * SECOND)


def day_of(cell: Cell, connection: journal.Connection, person: str, now: int) -> Day:
    """Somebody's day. Whoever changed their time zone within a day has the longest of the days: none begins anew.

    Raises ZoneInfoNotFoundError for a zone that this machine does not know.
    """
    before = store.settings_before(connection, person, now - flow.DAY_US)
    names = [
        flow.TIME_ZONE_DEFAULT if before is None else _opened(cell, connection, before).time_zone,
        *(_opened(cell, connection, row).time_zone
          for row in store.settings_since(connection, person, since=now - flow.DAY_US)),
    ]  # fmt: skip
    days = [_midnights(name, now) for name in dict.fromkeys(names)]
    return Day(start=min(day.start for day in days), end=max(day.end for day in days))


def _pieces(connection: journal.Connection, person: str, day: Day, now: int) -> list[Piece]:
    """What somebody did in their day, and in the last 24 hours at least: breaks reach over midnight."""
    return [
        Piece(at=row.at, item=row.item, active_ms=row.active_ms, categories=categories_of({"content": row.content}))
        for row in store.pieces_of(connection, person, since=min(day.start, now - flow.DAY_US))
    ]


def _limits(connection: journal.Connection, programme: str) -> dict[str, Limit]:
    return {row.category: store.limit_of(row) for row in store.categories(connection, programme)}


def may_work(cell: Cell, connection: journal.Connection, person: str, programme: str, *, now: int) -> Refused | None:
    """Why somebody gets no work of any kind in a programme now: a break is due, or the day's limit is reached."""
    row = store.rules(connection, programme)
    if row is None:
        return None
    try:
        day = day_of(cell, connection, person, now)
    except ZoneInfoNotFoundError:
        return NO_ZONE
    limit = store.limit_of(row)
    one = None if limit == NO_LIMIT else flow.closed(_pieces(connection, person, day, now), limit, day, now=now)
    return None if one is None else flow.refuse_work(one, _moment(cell, connection, person, one.until))


NO_ZONE = Refused(
    "time-zone-missing", "This machine does not know your time zone: choose another one among your settings."
)


def closed_now(
    cell: Cell, connection: journal.Connection, person: str, programme: str, *, now: int
) -> dict[str, Closed]:  # fmt: skip
    """Category: until when it is closed to somebody by a programme's contract. What they had anywhere counts."""
    # What closes nothing is not worth reading somebody's day for, at every lease.
    limits = {name: one for name, one in _limits(connection, programme).items() if one != NO_LIMIT}
    if not limits:
        return {}
    try:
        day = day_of(cell, connection, person, now)
    except ZoneInfoNotFoundError:
        return {}  # `may_work` has refused all work before anybody asks this
    return flow.closed_categories(_pieces(connection, person, day, now), limits, day, now=now)


def refuse_rest(
    cell: Cell, connection: journal.Connection, person: str, programme: str, *, waiting: Iterable[str], now: int
) -> Refused | None:  # fmt: skip
    """Why nothing is left for somebody now, when all that is open has content that is closed to them for a while.

    waiting  the categories without which something would be open
    """
    wanted = set(waiting)
    found = {
        name: one
        for name, one in closed_now(cell, connection, person, programme, now=now).items()
        if name in wanted
    }  # fmt: skip
    if not found:
        return None
    first = min(one.until for one in found.values())
    return flow.refuse_rest(found, _moment(cell, connection, person, first))


def _moment(cell: Cell, connection: journal.Connection, person: str, at: int) -> str:
    """A moment in somebody's own time. It is rounded up to the minute, so that it never says too early."""
    zone = settings_now(cell, connection, person).time_zone
    here = datetime.fromtimestamp(-(-at // (60 * SECOND)) * 60, ZoneInfo(zone))
    return f"{here:%Y-%m-%d %H:%M} ({zone})"


# --- one's own page -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCategory:
    """One kind of content, as one person stands with it.

    limit   the strictest of all programmes
    closed  for the time being, and until when
    """

    category: str
    warning: str
    is_opted_out: bool
    had: Had
    limit: Limit
    closed: Closed | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What somebody set for themselves, and what they had today. Only they see this."""

    settings: Settings
    day: Day
    categories: tuple[OwnCategory, ...]
    all_work: Had
    zones: tuple[str, ...]


def own(cell: Cell, actor: Actor) -> Own | Refused:
    """One's own settings and exposure. That they were opened is an event, as of everything in the vault."""
    if not access.allows(actor, "work.do"):
        return access.ABSENT
    look = cell.look(actor, "work.do", About(subject=actor.person, what="profile", reason="own-work"))
    if isinstance(look, Refused):
        return look
    now = cell.kernel.now()
    with cell.read() as connection:
        settings = settings_now(cell, connection, actor.person)
        try:
            day = day_of(cell, connection, actor.person, now)
        except ZoneInfoNotFoundError:
            day = _midnights(flow.TIME_ZONE_DEFAULT, now)
        pieces = _pieces(connection, actor.person, day, now)
        known: dict[str, Warned] = {}
        limits: dict[str, list[Limit]] = {}
        for programme, categories in _all_categories(cell, connection).items():
            known |= categories
            for name, limit in _limits(connection, programme).items():
                limits.setdefault(name, []).append(limit)
        names = sorted(known.keys() | settings.opted_out)
        return Own(
            settings=settings, day=day, all_work=flow.had(pieces, day.start), zones=zones(),
            categories=tuple(
                _own_category(name, known.get(name), settings, pieces, limits=limits.get(name, []), day=day, now=now)
                for name in names
            ),
        )  # fmt: skip


def _own_category(
    name: str, known: Warned | None, settings: Settings, pieces: Sequence[Piece], *, limits: list[Limit], day: Day,
    now: int,
) -> OwnCategory:  # fmt: skip
    mine = [piece for piece in pieces if name in piece.categories]
    closed = [one for limit in limits if (one := flow.closed(mine, limit, day, now=now)) is not None]
    return OwnCategory(
        category=name, warning=known.warning if known else "No contract names this kind of content any more.",
        is_opted_out=name in settings.opted_out, had=flow.had(mine, day.start), limit=flow.strictest(limits),
        closed=max(closed, key=lambda one: one.until, default=None),
    )  # fmt: skip


# --- what leads and auditors read ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What all people together had of one category in one week, which is one of UTC."""

    week: str
    category: str
    people: int
    items: int
    active_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLimit:
    """Somebody to whom something is closed now. `category` is None for all work.

    Until when is theirs to know: it would tell their time zone.
    """

    person: str
    category: str | None
    is_break: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What the people of a programme had of which content.

    at_limit  empty for who does not read the roster
    opt_outs  how many opted out of each category; of few, no number
    """

    programme: str
    rules: Row | None
    categories: tuple[Row, ...]
    weeks: tuple[Week, ...]
    at_limit: tuple[AtLimit, ...]
    opt_outs: tuple[OptOuts, ...]


def exposure(cell: Cell, actor: Actor, programme: str) -> Exposure | Refused:
    """The exposure report of a programme. Who opted out of what stands nowhere in it."""
    if not access.allows(actor, "monitor.read"):
        return access.ABSENT
    now = cell.kernel.now()
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
        rows = store.exposure_in(connection, programme, since=now - WEEKS * 7 * flow.DAY_US)
        categories = store.categories(connection, programme)
        may_name = access.allows(actor, "roster.read")
        return Exposure(
            programme=programme, rules=store.rules(connection, programme), categories=tuple(categories),
            weeks=_weeks(rows), at_limit=tuple(_at_limit(cell, connection, programme, now)) if may_name else (),
            opt_outs=flow.opt_outs(_history(cell, connection), [row.category for row in categories]),
        )  # fmt: skip


def _weeks(rows: Iterable[Row]) -> tuple[Week, ...]:
    people: dict[tuple[str, str], set[str]] = {}
    items: dict[tuple[str, str], int] = {}
    active: dict[tuple[str, str], int] = {}
    for row in rows:
        year, week, _ = datetime.fromtimestamp(row.day / SECOND, UTC).isocalendar()
        for category in categories_of({"content": row.content}):
            place = (f"{year}-W{week:02}", category)
            people.setdefault(place, set()).add(row.person)
            items[place] = items.get(place, 0) + row.items
            active[place] = active.get(place, 0) + row.active_ms
    return tuple(
        Week(
            week=place[0], category=place[1], people=len(people[place]), items=items[place], active_ms=active[place]
        )
        for place in sorted(people, key=lambda place: (-_number(place[0]), place[1]))
    )  # fmt: skip


def _number(week: str) -> int:
    return int(week.replace("-W", ""))


def _at_limit(cell: Cell, connection: journal.Connection, programme: str, now: int) -> Iterable[AtLimit]:
    """Everybody who worked lately and to whom something is closed now. It follows from their work alone."""
    general = store.rules(connection, programme)
    limits = _limits(connection, programme)
    for person in store.people_since(connection, programme, since=now - 2 * flow.DAY_US):
        try:
            day = day_of(cell, connection, person, now)
        except ZoneInfoNotFoundError:
            day = _midnights(flow.TIME_ZONE_DEFAULT, now)
        pieces = _pieces(connection, person, day, now)
        one = None if general is None else flow.closed(pieces, store.limit_of(general), day, now=now)
        if one is not None:
            yield AtLimit(person=person, category=None, is_break=one.is_break)
        for name, closed in sorted(flow.closed_categories(pieces, limits, day, now=now).items()):
            yield AtLimit(person=person, category=name, is_break=closed.is_break)


def _history(cell: Cell, connection: journal.Connection) -> list[Saved]:
    """Every saving of settings by people who are experts still, in journal order."""
    experts = {row.person for row in roster.people(connection) if "expert" in msgspec.json.decode(row.roles)}
    return [
        Saved(person=row.person, settings=_opened(cell, connection, row))
        for row in store.all_settings(connection)
        if row.person in experts
    ]
