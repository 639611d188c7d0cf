"""Value, standard error and interval of a coefficient given as sums. Reads `Sums`, writes nothing.

The item is the unit: items are what a batch is a sample of, and judgments of one item depend on
each other. Resampling judgments or raters as if independent would give intervals far too narrow.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from tallystick.stats.agreement.sums import Sums
from tallystick.stats.agreement.table import Codes, Floats
from tallystick.stats.distributions import student_quantile
from tallystick.stats.intervals import Interval, expanded_tail, wilson

TINY = 1e-12  # nearer to 1 than this is 1: what is left is rounding
UNDEFINED_MAX = 0.1  # share of resamples without a value above which there is no interval
UNITS_MIN = 5  # with fewer items resampling only shows those few again
SUMS_MAX = 1024  # derivatives are taken for at most so many sums
STEP = 1e-4  # of a derivative, as a share of the number of items

BLOCK = 100  # resamples of one stream of random numbers
ONE_BY_ONE = 50  # items a unit up to which drawing item by item is cheaper than a number for each unit
MEMO_MAX = 8_000_000  # numbers of resamples that are kept for the next question: 64 MB

Limits = tuple[Interval | None, str | None]
Spread = Callable[[Callable[[int], Floats], Iterable[int]], Iterable[Floats]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resamples:
    """How often each unit is drawn, the same for every question about the same units.

    Each hundred resamples have a stream of random numbers of their own, so that `spread` may run them anywhere.
    spread  the built-in map, or that of a pool of threads: the numbers are the same
    """

    draws: int
    seed: int
    spread: Spread = map
    memo: dict[bytes, Floats] = field(default_factory=dict, compare=False)

    def counts(self, weights: Codes) -> Floats:
        """(draws, units) how often each unit is in each resample of as many units, drawn with replacement."""
        key = weights.tobytes()
        if key not in self.memo:

            def block(number: int) -> Floats:
                size = min(BLOCK, self.draws - number * BLOCK)
                return _drawn(weights, size, np.random.default_rng([self.seed, number]))

            if sum(kept.size for kept in self.memo.values()) + self.draws * len(weights) > MEMO_MAX:
                self.memo.clear()
            self.memo[key] = np.concatenate(list(self.spread(block, range(-(-self.draws // BLOCK)))))
        return self.memo[key]


def _drawn(weights: Codes, size: int, stream: np.random.Generator) -> Floats:
    """(size, units) counts of as many units as there are, drawn with replacement."""
    n, n_units = int(weights.sum()), len(weights)
    if n > ONE_BY_ONE * n_units:
        return stream.multinomial(n, weights / n, size=size).astype(np.float64)
    unit = np.repeat(np.arange(n_units), weights)[stream.integers(0, n, (size, n))]
    unit += np.arange(size)[:, None] * n_units
    return np.bincount(unit.ravel(), minlength=size * n_units).reshape(size, n_units).astype(np.float64)


def seed_number(seed: int | np.random.Generator) -> int:
    """One whole number from either kind of seed; a generator gives its next."""
    return int(seed.integers(2**62)) if isinstance(seed, np.random.Generator) else seed


def values(sums: Sums, totals: Floats) -> Floats:
    """(draws,) the coefficient for each row of sums; NaN where chance agreement is complete."""
    observed, chance = sums.split(totals)
    room = 1 - chance
    room = np.where(room > TINY, room, np.nan)
    return 1 - (1 - observed) / room


def value_of(sums: Sums) -> float | None:
    """The coefficient itself; None where there is none."""
    found = float(values(sums, sums.totals())[0])
    return found if found <= 1 + TINY else None  # NaN is no value either


def standard_error(sums: Sums, *, is_sample: bool = True) -> float | None:
    """The standard error over items by the delta method (infinitesimal jackknife).

    Each unit's influence is its features times the derivative of the coefficient by the sums,
    taken numerically to fourth order. For Cohen's kappa with `is_sample` false it is the large
    sample error of Fleiss, Cohen and Everitt (1969); else the n / (n - 1) of a sample is applied,
    as Gwet does. None with more than 1024 sums, one unit, or no derivative.
    source  Efron (1982), The Jackknife, the Bootstrap and Other Resampling Plans, ch. 6
    """
    n = int(sums.weights.sum())
    width = sums.features.shape[1]
    if width > SUMS_MAX or n < 2:
        return None
    totals = sums.totals()
    step = STEP * float(np.abs(totals).max())
    offsets = np.eye(width) * step
    one = values(sums, totals + offsets) - values(sums, totals - offsets)
    two = values(sums, totals + 2 * offsets) - values(sums, totals - 2 * offsets)
    slope = (8 * one - two) / (12 * step)
    influence = sums.features @ slope
    influence = influence - (sums.weights @ influence) / n
    variance = float(sums.weights @ influence**2) * (n / (n - 1) if is_sample else 1.0)
    return math.sqrt(variance) if math.isfinite(variance) else None


def jackknife_error(sums: Sums) -> float | None:
    """sqrt((n - 1) / n sum_i (v_i - mean)^2), v_i the coefficient without unit i; None when one of them has no value.

    source  Efron (1982), The Jackknife, the Bootstrap and Other Resampling Plans, ch. 3
    """
    n = int(sums.weights.sum())
    if n < 2:
        return None
    without = values(sums, sums.totals() - sums.features)
    mean = float(sums.weights @ without) / n
    variance = float(sums.weights @ (without - mean) ** 2) * (n - 1) / n
    return math.sqrt(variance) if math.isfinite(variance) else None


def resampled(sums: Sums, resamples: Resamples) -> Floats:
    """(draws,) the coefficient of units drawn with replacement; NaN where a draw has no value."""
    return values(sums, resamples.counts(sums.weights) @ sums.features)


def bootstrap_interval(
    sums: Sums, *, confidence: float, draws: int = 1000, generator: int | np.random.Generator = 0
) -> Limits:
    """The expanded percentile interval over units, or None and why there is none."""
    return interval_by(sums, Resamples(draws=draws, seed=seed_number(generator)), confidence=confidence)


def interval_by(sums: Sums, resamples: Resamples, *, confidence: float) -> Limits:
    """The same by resamples that other questions share."""
    n = int(sums.weights.sum())
    if n < UNITS_MIN:
        return None, too_few(sums)
    method = f"{'cluster' if sums.is_clustered else 'item'}_{'group_' if sums.is_grouped else ''}bootstrap"
    return percentiles(resampled(sums, resamples), n, method=method, confidence=confidence)


def too_few(sums: Sums) -> str:
    """Why there is no interval for so few units."""
    name = "clusters" if sums.is_clustered else "items"
    return f"{int(sums.weights.sum())} {name} are too few to resample: at least {UNITS_MIN} are needed."


def percentiles(drawn: Floats, n: int, *, method: str, confidence: float) -> Limits:
    """The expanded percentiles of resampled values of `n` units; NaN is a resample without a value."""
    defined = np.sort(drawn[~np.isnan(drawn)])
    undefined_share = 1 - len(defined) / len(drawn)
    if undefined_share > UNDEFINED_MAX:
        return None, (
            f"{undefined_share:.0%} of the resamples hold one answer only, so their agreement beyond"
            " chance is undefined and no honest limits follow. Add items that should be answered"
            " differently."
        )
    tail = expanded_tail(n, confidence=confidence)
    low, high = _at(defined, tail), _at(defined, 1 - tail)
    return Interval(low=low, high=high, method=method, confidence=confidence), None


def perfect_interval(chance: float, n_items: int, *, confidence: float) -> Interval:
    """The interval of a coefficient that is 1: every resample is 1 too and would show no doubt.

    The lower limit is that of Wilson for `n_items` agreements of as many, put in the place of the
    observed agreement while chance agreement is held fixed.
    """
    share = wilson(n_items, n_items, confidence=confidence).low
    low = (share - chance) / (1 - chance)
    return Interval(low=low, high=1.0, method="wilson_rescaled", confidence=confidence)


def percent_interval(
    share: float, error: float | None, n_items: int, n_judgments: int, *, confidence: float
) -> Interval:
    """Wilson's interval for a mean share of agreeing pairs, with the items' own spread.

    Two raters: an item agrees or not, and this is Wilson's interval for `n_items` trials. More
    raters: an item can agree in part and so tells more than one trial does; the effective number
    of trials p (1 - p) / se^2 is used, held between the items and the judgments.
    source  Korn and Graubard (1998), Survey Methodology 24, 193-201, the effective sample size
    """
    trials = float(n_items)
    if error is not None and n_items > 1 and 0 < share < 1:
        variance = error**2 * (n_items - 1) / n_items
        ratio = share * (1 - share) / variance if variance > 0 else math.inf
        trials = min(max(ratio, trials), float(n_judgments))
    return wilson(share * trials, trials, confidence=confidence)


def log_interval(value: float, error: float, units: int, *, method: str, confidence: float) -> Interval:
    """1 - (1 - value) exp(-+ t se / (1 - value)): an interval for log(1 - value), Student's t of units - 1.

    It cannot pass 1 and needs no resampling. For a value below 1.
    """
    room = 1 - value
    # From a width of e^50 on the lower limit says nothing any more; it stays a number.
    factor = math.exp(min(50.0, student_quantile(units - 1, 0.5 + confidence / 2) * error / room))
    low, high = 1 - room * factor, 1 - room / factor
    return Interval(low=low, high=high, method=method, confidence=confidence)


def _at(ordered: Floats, share: float) -> float:
    """The quantile of sorted numbers, straight between neighbours."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (place - below) * (ordered[above] - ordered[below]))
