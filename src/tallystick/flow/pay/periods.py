"""Pay periods: which one a moment lies in, where it begins and ends in its time zone. Pure; the zone is a value."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from tallystick.flow.refusal import Refused

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_WEEK: Final = re.compile(r"([0-9]{4})-W([0-9]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A month such as 2026-11, or an ISO week such as 2026-W47: from one moment up to, not including, another."""

    name: str
    from_at: int  # microseconds since 1970, UTC
    until_at: int


def period_at(at: int, kind: str, zone: tzinfo) -> Period:
    """The period that a moment lies in."""
    return _period(_day(at, zone), kind, zone)


def period_named(name: str, kind: str, zone: tzinfo) -> Period | None:
    """The period of a name; None when no period of this kind is called so."""
    try:
        if kind == "month" and (found := _MONTH.fullmatch(name)):
            return _period(date(int(found[1]), int(found[2]), 1), kind, zone)
        if kind == "week" and (found := _WEEK.fullmatch(name)):
            return _period(date.fromisocalendar(int(found[1]), int(found[2]), 1), kind, zone)
    except (ValueError, OverflowError):
        return None
    return None


def bad_period(name: str, kind: str) -> Refused:
    """The refusal of a name that no period of this kind has."""
    example = "a month such as 2026-11" if kind == "month" else "an ISO week such as 2026-W47"
    sentence = f"Expected {example}, found {name[:20]!r}, which is none. This programme pays by the {kind}: correct it."
    return Refused("bad-period", sentence, "period")


def day_start(at: int, zone: tzinfo) -> int:
    """When the day of a moment began, where the period is counted."""
    return _start(_day(at, zone), zone)


def _period(day: date, kind: str, zone: tzinfo) -> Period:
    if kind == "month":
        first = day.replace(day=1)
        after = (first + timedelta(days=31)).replace(day=1)
        name = f"{first.year:04d}-{first.month:02d}"
    else:
        year, week, weekday = day.isocalendar()
        first = day - timedelta(days=weekday - 1)
        after = first + timedelta(days=7)
        name = f"{year:04d}-W{week:02d}"
    return Period(name=name, from_at=_start(first, zone), until_at=_start(after, zone))


def _day(at: int, zone: tzinfo) -> date:
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone).date()


def _start(day: date, zone: tzinfo) -> int:
    """Midnight of a day in a zone, in whole microseconds."""
    return (datetime(day.year, day.month, day.day, tzinfo=zone) - _EPOCH) // _MICROSECOND
