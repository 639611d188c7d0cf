"""Rates and times as a page shows them: too few rows show no share. Reads and writes nothing."""

from typing import Protocol

from tallystick.flow.monitoring.told import percent
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


def limits(interval: Limits | None) -> str:
    """`33 to 49 %`, or nothing."""
    return "" if interval is None else f"{100 * interval.low:.0f} to {100 * interval.high:.0f} %"


def share_of_rate(rate: Rated) -> Share:
    """A share with its interval; neither where rows are too few."""
    if rate.share is None:
        return Share(value="", interval="", of=f"{rate.n:,}")
    return Share(value=percent(rate.share), interval=limits(rate.interval), of=f"{rate.n:,}")


def share_of_ppm(value: int | None, low: int | None, high: int | None, *, of: str) -> Share:
    """The same of what an event holds."""
    if value is None:
        return Share(value="", interval="", of=of)
    within = "" if low is None or high is None else f"{low / 10_000:.0f} to {high / 10_000:.0f} %"
    return Share(value=percent(value / 1_000_000), interval=within, of=of)


def share_of_time(found: Timed) -> Share:
    """A median time with its interval; neither where there is no interval."""
    if found.median is None or found.interval is None:
        return Share(value="", interval="", of=f"{found.n:,}")
    unit = "s" if found.median < 120 else "min"
    low, high = _time(found.interval.low, unit), _time(found.interval.high, unit)
    return Share(value=f"{_time(found.median, unit)} {unit}", interval=f"{low} to {high}", of=f"{found.n:,}")


def _time(seconds: float, unit: str) -> str:
    """Seconds, or minutes and seconds as `3:05`."""
    whole = round(seconds)
    if unit == "min":
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{seconds:.1f}" if seconds < 10 else str(whole)
