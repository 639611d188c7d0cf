"""How far raters agree, with its uncertainty: numbers in, numbers out. Reads columns, writes nothing.

Two functions answer everything; both take judgments in long form (one row per judgment, any
number of raters, missing ones allowed) as sequences of strings or numbers or as numpy arrays:

    measure(items, raters, values, *, metric, level="nominal", weights="none", form="icc_A1",
            ties="corrected", categories=None, confidence=0.95, seed=0, draws=1000) -> Agreement
    pairwise_kappa(items, raters, values, *, categories=None, confidence=0.95, seed=0, draws=1000)
            -> list[PairKappa]

`Agreement.value` is None when the judgments cannot answer the question; `status` and `reason` say
why. It is never NaN, and never 0 or 1 for data without variation. Broken input (an unknown metric,
a value outside the scale, two judgments of one rater on one item) raises `BadRatings`, whose `rows`
are the rows at fault. Give `categories` from the rubric's scale: a category that nobody used is
part of the scale, and leaving it out changes several coefficients.
"""

from tallystick.stats.agreement.measure import (
    AC2_WEIGHTS,
    FORMS,
    KAPPA_WEIGHTS,
    LEVELS,
    METRICS,
    TIES,
    measure,
)
from tallystick.stats.agreement.pairs import pairwise_kappa
from tallystick.stats.agreement.result import (
    Agreement,
    CategoryShare,
    PairKappa,
    Paradox,
    Status,
)
from tallystick.stats.agreement.table import BadRatings, Coded
from tallystick.stats.intervals import Interval

__all__ = [
    "AC2_WEIGHTS",
    "FORMS",
    "KAPPA_WEIGHTS",
    "LEVELS",
    "METRICS",
    "TIES",
    "Agreement",
    "BadRatings",
    "CategoryShare",
    "Coded",
    "Interval",
    "PairKappa",
    "Paradox",
    "Status",
    "measure",
    "pairwise_kappa",
]
