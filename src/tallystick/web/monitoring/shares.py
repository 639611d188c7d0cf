"""Rates and times as a page shows them: too few rows show no share. Reads and writes nothing."""

from typing import Protocol

from tallystick.web.language import said
from tallystick.web.language.formats import count, number
from tallystick.web.views.monitoring import Share
from tallystick.web.words import Limits


class Rated(Protocol):
    """A share of rows."""

    @property
    def n(self) -> int:
        """How many rows."""

    @property
    def share(self) -> float | None:
        """None where they are too few."""

    @property
    def interval(self) -> Limits | None:
        """None where there are none."""


class Timed(Protocol):
    """A median of seconds."""

    @property
    def group(self) -> tuple[str, ...]:
        """What it is of."""

    @property
    def n(self) -> int:
        """How many values."""

    @property
    def median(self) -> float | None:
        """None where there is no value."""

    @property
    def interval(self) -> Limits | None:
        """None where they are too few for one."""


def percent(share: float) -> str:
    """`41 %`; below one per cent with a decimal, so that little does not read as nothing."""
    whole = 100 * share
    return said("%(number)s %%", number=number(whole, 1 if 0 < whole < 1 else 0))


def limits(interval: Limits | None) -> str:
    """`33 to 49 %`, or nothing."""
    return "" if interval is None else _within(interval.low, interval.high)


def _within(low: float, high: float) -> str:
    return said("%(low)s to %(high)s %%", low=number(100 * low, 0), high=number(100 * high, 0))


def share_of_rate(rate: Rated) -> Share:
    """A share with its interval; neither where rows are too few."""
    if rate.share is None:
        return Share(value="", interval="", of=count(rate.n))
    return Share(value=percent(rate.share), interval=limits(rate.interval), of=count(rate.n))


def share_of_ppm(value: int | None, low: int | None, high: int | None, *, of: str) -> Share:
    """The same of what an event holds."""
    if value is None:
        return Share(value="", interval="", of=of)
    within = "" if low is None or high is None else _within(low / 1_000_000, high / 1_000_000)
    return Share(value=percent(value / 1_000_000), interval=within, of=of)


def share_of_time(found: Timed) -> Share:
    """A median time with its interval; neither where there is no interval."""
    if found.median is None or found.interval is None:
        return Share(value="", interval="", of=count(found.n))
    unit = "s" if found.median < 120 else "min"
    low, high, middle = (_time(one, unit) for one in (found.interval.low, found.interval.high, found.median))
    value = said("%(time)s s", time=middle) if unit == "s" else said("%(time)s min", time=middle)
    return Share(value=value, interval=said("%(low)s to %(high)s", low=low, high=high), of=count(found.n))


def _time(seconds: float, unit: str) -> str:
    """Seconds, or minutes and seconds as `3:05`."""
    whole = round(seconds)
    if unit == "min":
        return f"{whole // 60}:{whole % 60:02d}"
    return number(seconds, 1) if seconds < 10 else count(whole)
