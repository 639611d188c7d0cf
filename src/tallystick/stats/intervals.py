"""Intervals for a proportion, and the quantiles that the other modules share. Reads and writes nothing.

Source of all three: Newcombe (1998), "Two-sided confidence intervals for the single proportion",
Statistics in Medicine 17, 857-872, methods 1, 3 and 5.
"""

import math
from dataclasses import dataclass

from tallystick.stats import distributions


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Two limits, how they were found, and how often such a pair covers the truth."""

    low: float
    high: float
    method: str
    confidence: float  # 0.95 for a 95 % interval


def normal_quantile(confidence: float) -> float:
    """The two-sided normal quantile: 1.959964 for 0.95. Raises ValueError outside (0, 1)."""
    _check_confidence(confidence)
    return distributions.normal_quantile(0.5 + confidence / 2)


def wilson(successes: float, trials: float, *, confidence: float = 0.95) -> Interval:
    """Wilson's score interval. It stays inside 0 and 1 and has a width at 0 and at all successes.

    successes, trials  counts, or effective counts; 0 <= successes <= trials, trials > 0
    """
    _check_counts(successes, trials)
    z = normal_quantile(confidence)
    share = successes / trials
    centre = share + z * z / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    low = 0.0 if successes == 0 else max(0.0, (centre - half) / scale)
    high = 1.0 if successes == trials else min(1.0, (centre + half) / scale)
    return Interval(low=low, high=high, method="wilson", confidence=confidence)


def clopper_pearson(successes: int, trials: int, *, confidence: float = 0.95) -> Interval:
    """The exact interval of Clopper and Pearson: it covers at least as often as it says.

    successes, trials  counts; 0 <= successes <= trials, trials > 0
    """
    _check_counts(successes, trials)
    _check_confidence(confidence)
    tail = (1 - confidence) / 2
    failures = trials - successes
    low = 0.0 if successes == 0 else distributions.beta_quantile(successes, failures + 1, tail)
    high = 1.0 if failures == 0 else distributions.beta_quantile(successes + 1, failures, 1 - tail)
    return Interval(low=low, high=high, method="clopper_pearson", confidence=confidence)


def wald(successes: int, trials: int, *, confidence: float = 0.95) -> Interval:
    """The textbook interval p +- z sqrt(pq/n), cut to 0 and 1. Only to compare with published work:

    it covers too rarely when the share is near 0 or 1 or when there are few trials.
    """
    _check_counts(successes, trials)
    share = successes / trials
    half = normal_quantile(confidence) * math.sqrt(share * (1 - share) / trials)
    low, high = max(0.0, share - half), min(1.0, share + half)
    return Interval(low=low, high=high, method="wald", confidence=confidence)


def expanded_tail(units: int, *, confidence: float) -> float:
    """The tail probability at which to cut resampled values so that few units do not narrow it.

    A plain percentile bootstrap of n units is too narrow by sqrt((n - 1) / n) and by using the
    normal instead of Student's t. Cutting at Phi(-sqrt(n / (n - 1)) t) repairs both.
    units    how many units were resampled, at least 2
    source   Hesterberg (2015), "What Teachers Should Know About the Bootstrap",
             The American Statistician 69, 371-386
    """
    _check_confidence(confidence)
    if units < 2:
        message = f"An expanded percentile needs at least 2 units, found {units}."
        raise ValueError(message)
    student = distributions.student_quantile(units - 1, 0.5 + confidence / 2)
    return distributions.normal_share(-math.sqrt(units / (units - 1)) * student)


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        message = f"A confidence lies between 0 and 1, such as 0.95; found {confidence}."
        raise ValueError(message)


def _check_counts(successes: float, trials: float) -> None:
    if not (trials > 0 and 0 <= successes <= trials):
        message = f"Expected 0 <= successes <= trials and trials > 0; found {successes} of {trials}."
        raise ValueError(message)
