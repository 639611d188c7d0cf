"""What one act of work brings: which rate applies, how the amount is rounded. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tallystick.events.pay import PayRate

HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What of pay terms is needed to work out an amount.

    act_ms_max  the longest time of one act; None in terms from before there was such a limit
    """

    floor_hourly: int
    unmeasured_ms_max: int
    act_ms_max: int | None
    rates: Sequence[PayRate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One paid act of work, as it stands for ever.

    seq         its place in the log
    subject     what names it: a judgment's id, a qualification, a session, a case or a drawn item
    active_ms   the time that counts
    claimed_ms  what the expert's page measured; None when nothing did
    bound_ms    what the cell itself saw between giving the work and its answer
    fit_ms      what of the time that counts no other act of the person takes up
    cut         why less counts than was wanted, empty when all does: seen | overlap | limit | unmeasured | closed
    terms       digest of the terms that it is paid by
    """

    seq: int
    at: int
    person: str
    work: str
    subject: str
    item: str
    domain: str
    signal: str
    active_ms: int
    claimed_ms: int | None
    bound_ms: int
    fit_ms: int
    cut: str
    terms: str
    floor_hourly: int
    piece: int
    hourly: int
    amount: int


def rate_for(rates: Iterable[PayRate], *, work: str, domain: str, signal: str) -> PayRate:
    """The rate of an act: that of its domain and signal, else of its domain, else of its signal, else of its work.

    raises  LookupError when there is none, which no contract in force allows
    """
    fitting = [
        rate for rate in rates if rate.work == work and rate.domain in (None, domain) and rate.signal in (None, signal)
    ]
    if not fitting:
        raise LookupError(f"{work}: expected a rate for every domain and signal, found none")
    return max(fitting, key=lambda rate: (rate.domain is not None, rate.signal is not None))


def amount_of(*, piece: int, hourly: int, active_ms: int) -> int:
    """Minor units of one act: its piece, and its active time by the hour, rounded up to a whole unit."""
    return piece + _up(hourly * active_ms, HOUR_MS)


def guaranteed(parts: Iterable[tuple[int, int]]) -> int:
    """The least that active time brings, rounded up. Parts: (minor units for an hour, milliseconds)."""
    return _up(sum(floor * active_ms for floor, active_ms in parts), HOUR_MS)


def hourly_of(amount: int, active_ms: int) -> int | None:
    """Minor units for an hour, rounded down so that it never looks better than it is; None without active time."""
    return amount * HOUR_MS // active_ms if active_ms else None


def _up(top: int, bottom: int) -> int:
    return -(-top // bottom)


def told(amount: int, *, currency: str, decimals: int) -> str:
    """An amount for people: 12.50 EUR, 1,250 JPY."""
    sign, size = "-" if amount < 0 else "", abs(amount)
    whole, rest = divmod(size, 10**decimals)
    return f"{sign}{whole:,}{f'.{rest:0{decimals}d}' if decimals else ''} {currency}"


WORK_NAMES: Final[Mapping[str, str]] = {
    "judgment": "Judgments", "qualification": "Qualification items", "calibration": "Calibration labels",
    "adjudication": "Adjudications", "second_look": "Second looks",
}  # fmt: skip
