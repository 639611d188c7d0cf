"""From judgments to a consensus with its doubt: numbers in, numbers out. Reads columns, writes nothing.

Five functions take judgments in long form (one row per judgment, any number of raters, missing ones allowed) as
sequences of strings or numbers, as numpy arrays or as `Coded` columns, and answer a `Consensus`:

    majority(items, raters, values, *, categories=None, may_repeat=False, smoothing=0.5)
    dawid_skene(items, raters, values, *, categories=None, may_repeat=False, smoothing=0.01, tolerance=1e-6,
                iterations_max=2000)
    one_coin(the same)
    mace(items, raters, values, *, categories=None, may_repeat=False, priors=MacePriors(), restarts=10, seed=0,
         tolerance=1e-6, iterations_max=2000)
    glad(items, raters, values, *, categories=None, may_repeat=False, priors=GladPriors(), tolerance=1e-6,
         iterations_max=2000)

One takes comparisons of two candidates and answers a `Ranking`:

    bradley_terry(first, second, winners, *, tie="tie", weights=None, prior=0.0, tolerance=1e-9, iterations_max=10_000)

The judgments stay what they were: a consensus stands beside them, never in their place, and `Consensus.votes` counts
them. Where people differ in what they value there is no single answer to find: do not aggregate such items.
What the judgments cannot answer is None with a `Status` and a sentence, never NaN. Broken input raises `BadRatings`.
The same judgments in any order of rows give the same numbers to the last bit.
"""

from tallystick.stats.aggregation.bradley_terry import Comparison, Part, Ranking, bradley_terry
from tallystick.stats.aggregation.dawid_skene import dawid_skene, one_coin
from tallystick.stats.aggregation.glad import GladPriors, glad
from tallystick.stats.aggregation.mace import MacePriors, mace
from tallystick.stats.aggregation.majority import majority
from tallystick.stats.aggregation.result import Consensus, Difficulty, Skills
from tallystick.stats.agreement.columns import BadRatings, Coded
from tallystick.stats.agreement.result import Status
from tallystick.stats.intervals import Interval

__all__ = [
    "BadRatings",
    "Coded",
    "Comparison",
    "Consensus",
    "Difficulty",
    "GladPriors",
    "Interval",
    "MacePriors",
    "Part",
    "Ranking",
    "Skills",
    "Status",
    "bradley_terry",
    "dawid_skene",
    "glad",
    "mace",
    "majority",
    "one_coin",
]
