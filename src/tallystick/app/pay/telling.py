"""What is owed: the standing that an expert sees at all times, statements, and the lead's page. Writes only looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.looking import About
from tallystick.app.pay.terms import may_work
from tallystick.app.pay.zone import zone_of
from tallystick.flow import pay as flow
from tallystick.flow.pay import Act, Added, Odd, Period, Statement, Totals
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import contract as contracts
from tallystick.store import pay, roster
from tallystick.store.schema import Row
from tallystick.store.vault import Opened

PERIODS_MAX = 120
DAY_US = 86_400_000_000
NO_PAY = Refused(
    "no-pay-terms", "Expected a programme whose contract says how it is paid, found none. Add the section `pay` to it."
)
NO_PERSON = Refused(
    "no-such-person",
    "Expected the id of a person of this cell, which begins with per-, found none. A login is no id: the page of the "
    "programme's pay lists whoever is paid, with their ids.",
    "person",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """How one's own pay stands in a programme now, as the frame of every page shows it.

    today_ms     active time of today, in the programme's time zone
    active_ms    of the period that goes on
    is_accepted  whether the terms in force are accepted; work waits when they are not
    """

    programme: str
    period: str
    currency: str
    decimals: int
    today_ms: int
    active_ms: int
    acts: int
    earned: int
    floor_hourly: int
    floor: int
    top_up: int
    is_accepted: bool

    @property
    def earned_hourly(self) -> int | None:
        """What an hour brought by the rates; None without active time."""
        return flow.hourly_of(self.earned, self.active_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPage:
    """One person's statement for one period.

    closed   the event that closed it; None while it can still grow
    reasons  log index of an addition: why it was made, or that the words are erased
    """

    terms: Row
    period: Period
    statement: Statement
    closed: Row | None
    periods: tuple[str, ...]
    reasons: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anybody:
    """One person on the lead's page."""

    person: str
    statement: Statement
    is_accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodRow:
    """A period on the lead's page. state: closed | ended | going on"""

    period: Period
    state: str
    closed: Row | None
    exports: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What a period costs, who earned less than the floor, whose times stand out, and all periods."""

    terms: Row
    period: Period
    state: str
    people: tuple[Anybody, ...]
    totals: Totals
    odd: tuple[Odd, ...]
    added: tuple[Row, ...]
    periods: tuple[PeriodRow, ...]


def mine(cell: Cell, actor: Actor, programme: str = "") -> list[Mine]:
    """How one's own pay stands, in one programme or in all whose terms one has accepted. Empty for all others."""
    if not access.allows(actor, "pay.own") or actor.person == access.SYSTEM:
        return []
    now = cell.kernel.now()
    with cell.read() as connection:
        names = pay.programmes_of(connection, actor.person)
        return [_standing(connection, actor.person, name, now=now) for name in names if programme in ("", name)]


def _standing(connection: journal.Connection, person: str, programme: str, *, now: int) -> Mine:
    terms = pay.in_force(connection, programme)
    assert terms is not None, "terms were accepted when they were in force"
    zone = zone_of(terms.time_zone)
    period = period_of(connection, terms, "", now=now)
    assert isinstance(period, Period), "some period goes on"
    sums = pay.sums(connection, person, programme, since=period.from_at)
    today = pay.sums(connection, person, programme, since=flow.day_start(now, zone))
    earned, floor = sum(one[2] for one in sums), flow.guaranteed((one[0], one[1]) for one in sums)
    return Mine(
        programme=programme, period=period.name, currency=terms.currency, decimals=terms.decimals,
        today_ms=sum(one[1] for one in today), active_ms=sum(one[1] for one in sums), acts=sum(one[3] for one in sums),
        earned=earned, floor_hourly=terms.floor_hourly, floor=floor, top_up=max(0, floor - earned),
        is_accepted=may_work(connection, person, programme) is None,
    )  # fmt: skip


def my_statement(cell: Cell, actor: Actor, programme: str, period: str = "") -> StatementPage | Refused:
    """One's own statement; of the period that goes on when none is named."""
    if not access.allows(actor, "pay.own"):
        return access.ABSENT
    return _statement(cell, actor, actor.person, programme, name=period, reason="own-work")


def statement_of(cell: Cell, actor: Actor, programme: str, person: str, *, period: str = "") -> StatementPage | Refused:
    """Somebody's statement: for leads and auditors."""
    if not access.allows(actor, "pay.read"):
        return access.ABSENT
    with cell.read() as connection:
        if roster.person(connection, person) is None:
            return NO_PERSON
    return _statement(cell, actor, person, programme, name=period, reason="staffing")


def _statement(
    cell: Cell, actor: Actor, person: str, programme: str, *, name: str, reason: str
) -> StatementPage | Refused:
    now = cell.kernel.now()
    with cell.read() as connection:
        terms = pay.in_force(connection, programme)
        if terms is None:
            return access.ABSENT
        closed = pay.period(connection, programme, name) if name else None
        period = period_of(connection, terms, name, now=now)
        if isinstance(period, Refused):
            return period
        acts, added = lines(connection, programme, period, who=person)
        known = {one.name for one in _all_periods(connection, terms, now=now)}
        rows = pay.added_rows(connection, programme, since=period.from_at, until=period.until_at, who=person)
    reasons = _reasons(cell, actor, person, rows, reason=reason)
    if isinstance(reasons, Refused):
        return reasons
    return StatementPage(
        terms=terms, period=period, statement=flow.state(person, acts, added), closed=closed,
        periods=tuple(sorted({*known, period.name}, reverse=True)), reasons=reasons,
    )  # fmt: skip


def _reasons(cell: Cell, actor: Actor, person: str, rows: Sequence[Row], *, reason: str) -> dict[int, str] | Refused:
    """Why something was added, in the words of who did. That they were opened is an event."""
    if not rows:
        return {}
    permission = "pay.own" if reason == "own-work" else "pay.read"
    look = cell.look(actor, permission, About(subject=person, what="words", reason=reason))
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        found = cell.open_known(connection, [row.reason for row in rows], look)
    return {
        row.seq: opened.payload.decode() if isinstance(opened := found[row.reason], Opened) else "erased"
        for row in rows
    }


def paid_in(cell: Cell, actor: Actor, person: str) -> list[str]:
    """The programmes whose pay terms somebody has accepted; nothing for those who may not read others' pay."""
    if not access.allows(actor, "pay.read"):
        return []
    with cell.read() as connection:
        return pay.programmes_of(connection, person)


def period_of(connection: journal.Connection, terms: Row, name: str, *, now: int) -> Period | Refused:
    """The period of a name, the one that goes on when there is none: a closed one as it was closed.

    Refused when no period that the programme is paid by is called so.

    The one after the last closed period begins where that one ended, even when the rules of its time zone have changed
    since: no line falls between two periods, or into both.
    """
    closed = pay.period(connection, terms.programme, name) if name else None
    if closed is not None:
        return Period(name=closed.period, from_at=closed.from_at, until_at=closed.until_at)
    zone = zone_of(terms.time_zone)
    found = flow.period_named(name, terms.period, zone) if name else flow.period_at(now, terms.period, zone)
    if found is None:
        return flow.bad_period(name, terms.period)
    until = pay.closed_until(connection, terms.programme)
    start = until if until and abs(found.from_at - until) <= DAY_US else found.from_at
    return Period(name=found.name, from_at=start, until_at=found.until_at)


def lines(
    connection: journal.Connection, programme: str, period: Period, *, who: str | None = None
) -> tuple[list[Act], list[Added]]:
    """All paid acts and additions of a period."""
    span = {"since": period.from_at, "until": period.until_at, "who": who}
    return pay.acts(connection, programme, **span), pay.added(connection, programme, **span)  # type: ignore[arg-type]  # each by its name


def statements(connection: journal.Connection, programme: str, period: Period) -> list[Statement]:
    """Everybody's statement for a period, by id of the person."""
    acts, added = lines(connection, programme, period)
    by_person: dict[str, tuple[list[Act], list[Added]]] = {}
    for act in acts:
        by_person.setdefault(act.person, ([], []))[0].append(act)
    for one in added:
        by_person.setdefault(one.person, ([], []))[1].append(one)
    return [flow.state(person, *by_person[person]) for person in sorted(by_person)]


def _all_periods(connection: journal.Connection, terms: Row, *, now: int) -> list[Period]:
    """Closed periods, those that ended with lines and are open, and the one that goes on; newest first."""
    closed = [
        Period(name=row.period, from_at=row.from_at, until_at=row.until_at)
        for row in pay.periods(connection, terms.programme)
    ]
    zone = zone_of(terms.time_zone)
    current = flow.period_at(now, terms.period, zone)
    found = [] if any(one.name == current.name for one in closed) else [current]
    since = pay.closed_until(connection, terms.programme)
    while len(found) < PERIODS_MAX:
        first = pay.first_since(connection, terms.programme, since)
        if first is None:
            break
        period = flow.period_at(first, terms.period, zone)
        if period.from_at >= current.from_at:
            break
        found.append(period)
        since = period.until_at
    return sorted([*found, *closed], key=lambda one: -one.until_at)


def overview(cell: Cell, actor: Actor, programme: str, period: str = "") -> Overview | Refused:
    """What a period costs; the one that goes on when none is named."""
    if not access.allows(actor, "pay.read"):
        return access.ABSENT
    now = cell.kernel.now()
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
        terms = pay.in_force(connection, programme)
        if terms is None:
            return NO_PAY
        wanted = period_of(connection, terms, period, now=now)
        if isinstance(wanted, Refused):
            return wanted
        found = statements(connection, programme, wanted)
        said = pay.acceptances(connection, programme)
        known = {one.person: one for one in found}
        empty = [flow.state(person, (), ()) for person in said if person not in known]
        everybody = sorted([*found, *empty], key=lambda one: one.person)
        rows = [_period_row(connection, programme, one, now=now) for one in _all_periods(connection, terms, now=now)]
        return Overview(
            terms=terms, period=wanted, state=_state(connection, programme, wanted, now=now),
            people=tuple(
                Anybody(
                    person=one.person, statement=one,
                    is_accepted=one.person in said and said[one.person].terms == terms.terms,
                )
                for one in everybody
            ),
            totals=flow.total(found), odd=tuple(flow.odd_times(act for one in found for act in one.acts)),
            added=tuple(pay.added_rows(connection, programme, since=wanted.from_at, until=wanted.until_at)),
            periods=tuple(rows),
        )  # fmt: skip


def _state(connection: journal.Connection, programme: str, period: Period, *, now: int) -> str:
    if pay.period(connection, programme, period.name) is not None:
        return "closed"
    return "ended" if period.until_at <= now else "going on"


def _period_row(connection: journal.Connection, programme: str, period: Period, *, now: int) -> PeriodRow:
    return PeriodRow(
        period=period, state=_state(connection, programme, period, now=now),
        closed=pay.period(connection, programme, period.name),
        exports=tuple(pay.exports(connection, programme, period.name)),
    )  # fmt: skip
