"""How far raters agree, with its uncertainty: numbers in, numbers out. Reads columns, writes nothing.

All functions take judgments in long form (one row per judgment, any number of raters, missing ones allowed) as
sequences of strings or numbers or as numpy arrays:

    measure(items, raters, values, *, metric, ...) -> Agreement
    measure_many(items, raters, values, questions, ...) -> list[Agreement]
    pairwise_kappa(items, raters, values, ...) -> list[PairKappa]
    category_agreement(items, raters, values, ...) -> list[CategoryAgreement]
    leave_one_rater_out(items, raters, values, question, ...) -> list[WithoutRater]

`Agreement.value` is None when the judgments cannot answer the question; `status` and `reason` say
why. It is never NaN, and never 0 or 1 for data without variation. Broken input (an unknown metric,
a value outside the scale, two judgments of one rater on one item) raises `BadRatings`, whose `rows`
are the rows at fault. Give `categories` from the rubric's scale: a category that nobody used is
part of the scale, and leaving it out changes several coefficients.
"""

from tallystick.stats.agreement.categories import CategoryAgreement, category_agreement
from tallystick.stats.agreement.columns import BadRatings, Coded, Label, Labels
from tallystick.stats.agreement.leave_out import WithoutRater, leave_one_rater_out
from tallystick.stats.agreement.measure import INTERVALS, measure, measure_many
from tallystick.stats.agreement.pairs import pairwise_kappa
from tallystick.stats.agreement.question import (
    AC2_WEIGHTS,
    FORMS,
    KAPPA_WEIGHTS,
    LEVELS,
    METRICS,
    TIES,
    Question,
)
from tallystick.stats.agreement.result import (
    Agreement,
    CategoryShare,
    PairKappa,
    Paradox,
    Status,
    TwoRaters,
)
from tallystick.stats.agreement.scale import set_label, set_labels
from tallystick.stats.intervals import Interval

__all__ = [
    "AC2_WEIGHTS",
    "FORMS",
    "INTERVALS",
    "KAPPA_WEIGHTS",
    "LEVELS",
    "METRICS",
    "TIES",
    "Agreement",
    "BadRatings",
    "CategoryAgreement",
    "CategoryShare",
    "Coded",
    "Interval",
    "Label",
    "Labels",
    "PairKappa",
    "Paradox",
    "Question",
    "Status",
    "TwoRaters",
    "WithoutRater",
    "category_agreement",
    "leave_one_rater_out",
    "measure",
    "measure_many",
    "pairwise_kappa",
    "set_label",
    "set_labels",
]
