"""Sequential tests of drift with stated error rates: numbers in, numbers out. Reads and writes nothing.

    answers     CUSUM on right and wrong answers to sentinels, with or without difficulties: plan, start, take,
                change_point
    sentinels   what share of the work must be sentinels, and where they stand: sentinel_rate, is_sentinel, departures
    sprt        Wald's test between two accuracies, exact when cut off: plan, start, take, outcome
    levels      two-sided CUSUM and EWMA of a standardised quantity such as the time an answer takes: plan_cusum,
                plan_ewma, start, take
    lattice     the exact sums behind `answers`

All of them are pure: `start(plan)` gives a state, `take(state, answer)` the next one, and a state is a frozen value.
"""

from tallystick.stats.drift import answers, levels, sentinels, sprt

__all__ = ["answers", "levels", "sentinels", "sprt"]
