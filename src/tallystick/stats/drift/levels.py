"""Drift of a standardised quantity (time, abstention, overturn rate): two-sided CUSUM and EWMA charts.

Reads and writes nothing. z is (observed - usual) / usual spread; the run lengths hold for independent z of a normal
with spread 1. They are solved from the integral equation of the chart by Gauss-Legendre nodes, which is exact to nine
digits for the charts in use here.

source  Page (1954), Biometrika 41, 100-115; Roberts (1959), Technometrics 1, 239-250; Crowder (1987), "A simple method
        for studying run-length distributions of EWMA charts", Technometrics 29, 401-407; Lucas and Saccucci (1990),
        Technometrics 32, 1-12; Nishina (1992) for where an EWMA says that the shift began
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from tallystick.stats.drift.lattice import Floats

LIMIT_MAX = 40.0
REFERENCE_MIN = 50  # values from which a usual level and spread are taken
MAD_TO_SPREAD = 1.4826  # of a normal


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart and its run lengths. Both count values of z.

    kind          "cusum": sums of what exceeds `slack`; "ewma": an exponentially weighted mean with `weight`
    slack         CUSUM: half the shift to be found; None for an EWMA
    weight        EWMA: of the newest value; None for a CUSUM
    limit         CUSUM: of the sum; EWMA: in spreads of the mean, L of L sqrt(weight / (2 - weight))
    mean_between  mean run to a false alarm
    shift         the shift, in spreads, that `delay` is for
    delay         mean run to the alarm after it, from the start
    """

    kind: Literal["cusum", "ewma"]
    slack: float | None
    weight: float | None
    limit: float
    mean_between: float
    shift: float
    delay: float


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a chart stands. `high` and `low` are the two sums of a CUSUM; an EWMA has its mean in `high`.

    direction   "up" or "down", set with the alarm
    shift_from  place from 0 of the first value after the shift, as estimated with the alarm
    """

    chart: Chart
    high: float = 0.0
    low: float = 0.0
    taken: int = 0
    calm_high: int = 0
    calm_low: int = 0
    alarm_at: int | None = None
    direction: Literal["up", "down"] | None = None
    shift_from: int | None = None

    @property
    def is_alarm(self) -> bool:
        """Whether a limit has been passed. It stays so until a chart is begun anew."""
        return self.alarm_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The usual level and spread of a quantity, robustly: median, and median distance from it times 1.4826."""

    level: float
    spread: float
    n: int

    def z(self, value: float) -> float:
        """How many spreads a value lies above the usual."""
        return (value - self.level) / self.spread


def reference(values: Sequence[float]) -> Reference:
    """The usual level and spread, from values of a time that is known to be calm.

    Give logarithms of seconds for times. A level and a spread that are themselves estimated give more false alarms
    than the chart says, the more the fewer values there were (Jensen et al. 2006, J. Quality Technology 38, 349-364).
    raises  ValueError with fewer than 50 values, or when half of them are the same
    """
    if len(values) < REFERENCE_MIN:
        message = f"A usual level needs at least {REFERENCE_MIN} values; found {len(values)}."
        raise ValueError(message)
    level = statistics.median(values)
    spread = MAD_TO_SPREAD * statistics.median(abs(value - level) for value in values)
    if not spread > 0:
        raise ValueError("At least half of the values are the same, so they have no spread to measure a shift by.")
    return Reference(level=level, spread=spread, n=len(values))


def plan_cusum(shift: float = 1.0, *, mean_between: float) -> Chart:
    """The two-sided CUSUM for a shift of so many spreads, with its limit where false alarms are as rare as stated."""
    _check(shift, mean_between)
    slack = shift / 2
    limit = _limit(lambda at: cusum_run_length(at, slack), mean_between)
    return Chart(
        kind="cusum",
        slack=slack,
        weight=None,
        limit=limit,
        mean_between=cusum_run_length(limit, slack),
        shift=shift,
        delay=cusum_run_length(limit, slack, shift),
    )


def plan_ewma(weight: float = 0.1, *, mean_between: float, shift: float = 1.0) -> Chart:
    """The EWMA chart with this weight, with its limit where false alarms are as rare as stated."""
    _check(shift, mean_between)
    _check_weight(weight)
    limit = _limit(lambda at: ewma_run_length(at, weight), mean_between)
    return Chart(
        kind="ewma",
        slack=None,
        weight=weight,
        limit=limit,
        mean_between=ewma_run_length(limit, weight),
        shift=shift,
        delay=ewma_run_length(limit, weight, shift),
    )


def cusum_run_length(limit: float, slack: float, shift: float = 0.0) -> float:
    """Mean run of the two-sided CUSUM from zero when z has this mean: 1 / ARL = 1 / ARL above + 1 / ARL below."""
    return 1 / (1 / _one_sided(limit, slack, shift) + 1 / _one_sided(limit, slack, -shift))


def ewma_run_length(limit: float, weight: float, shift: float = 0.0) -> float:
    """Mean run of the EWMA from zero when z has this mean. The limits are the same from the first value on.

    L(u) = 1 + 1/w * integral over (-H, H) of L(y) phi((y - (1 - w) u) / w - shift), H = L sqrt(w / (2 - w))
    """
    _check_weight(weight)
    reach = limit * math.sqrt(weight / (2 - weight))
    nodes, sizes = _nodes(-reach, reach, 40 + math.ceil(16 * reach / weight))
    kernel = _density((nodes[None, :] - (1 - weight) * nodes[:, None]) / weight - shift) * sizes / weight
    inside = np.linalg.solve(np.eye(len(nodes)) - kernel, np.ones(len(nodes)))
    return float(1 + (_density(nodes / weight - shift) * sizes / weight) @ inside)


def start(chart: Chart) -> State:
    """A chart at its usual level."""
    return State(chart=chart)


def take(state: State, z: float) -> State:
    """The chart after one more value; raises ValueError when it is not finite."""
    if not math.isfinite(z):
        message = f"A standardised value is a finite number; found {z}."
        raise ValueError(message)
    after = _cusum(state, z) if state.chart.kind == "cusum" else _ewma(state, z)
    if state.is_alarm:
        return replace(after, calm_high=state.calm_high, calm_low=state.calm_low)
    up, down = _is_beyond(after)
    if not (up or down):
        return after
    is_up = up and (not down or after.high >= after.low)
    return replace(
        after,
        alarm_at=after.taken,
        direction="up" if is_up else "down",
        shift_from=after.calm_high if is_up else after.calm_low,
    )


def _cusum(state: State, z: float) -> State:
    assert state.chart.slack is not None
    taken = state.taken + 1
    high, low = state.high + z - state.chart.slack, state.low - z - state.chart.slack
    return replace(
        state,
        high=max(high, 0.0),
        low=max(low, 0.0),
        taken=taken,
        calm_high=taken if high < 0 else state.calm_high,
        calm_low=taken if low < 0 else state.calm_low,
    )


def _ewma(state: State, z: float) -> State:
    assert state.chart.weight is not None
    taken = state.taken + 1
    mean = (1 - state.chart.weight) * state.high + state.chart.weight * z
    return replace(
        state,
        high=mean,
        low=-mean,
        taken=taken,
        calm_high=taken if mean <= 0 else state.calm_high,
        calm_low=taken if mean >= 0 else state.calm_low,
    )


def _is_beyond(state: State) -> tuple[bool, bool]:
    limit = state.chart.limit
    if state.chart.weight is not None:
        limit *= math.sqrt(state.chart.weight / (2 - state.chart.weight))
    return state.high > limit, state.low > limit


def _one_sided(limit: float, slack: float, shift: float) -> float:
    """ARL of max(0, C + z - slack) from zero: L(s) = 1 + L(0) Phi(k - s - d) + integral of L(y) phi(y + k - s - d)."""
    nodes, sizes = _nodes(0.0, limit, 32 + math.ceil(8 * limit))
    states = np.concatenate(([0.0], nodes))
    kernel = np.empty((len(states), len(states)))
    kernel[:, 0] = [0.5 * math.erfc(-(slack - s - shift) / math.sqrt(2)) for s in states]
    kernel[:, 1:] = _density(nodes[None, :] + slack - states[:, None] - shift) * sizes
    return float(np.linalg.solve(np.eye(len(states)) - kernel, np.ones(len(states)))[0])


def _nodes(low: float, high: float, count: int) -> tuple[Floats, Floats]:
    points, sizes = np.polynomial.legendre.leggauss(count)
    return (low + high) / 2 + points * (high - low) / 2, sizes * (high - low) / 2


def _density(values: Floats) -> Floats:
    return np.asarray(np.exp(-values * values / 2) / math.sqrt(2 * math.pi))


def _limit(run_length: Callable[[float], float], mean_between: float) -> float:
    low, high = 0.0, 1.0
    while run_length(high) < mean_between:
        low, high = high, 2 * high
        if high > LIMIT_MAX:
            message = f"No limit up to {LIMIT_MAX} makes false alarms as rare as one in {mean_between} values."
            raise ValueError(message)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if run_length(middle) >= mean_between else (middle, high)
    return high


def _check(shift: float, mean_between: float) -> None:
    if not (0 < shift < math.inf and 1 < mean_between < math.inf):
        message = f"Expected a shift above 0 and a mean run above 1; found {shift} and {mean_between}."
        raise ValueError(message)


def _check_weight(weight: float) -> None:
    if not 0.01 <= weight <= 1:
        message = f"The weight of an EWMA lies between 0.01 and 1; found {weight}."
        raise ValueError(message)
