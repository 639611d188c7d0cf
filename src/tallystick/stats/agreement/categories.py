"""Agreement on each category by itself. Reads columns given by the caller, writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tallystick.stats.agreement.measure import How, error_of, how_of, limits_of
from tallystick.stats.agreement.result import Status
from tallystick.stats.agreement.sums import Sums, from_counts
from tallystick.stats.agreement.table import BadRatings, Floats, Label, Labels, Ratings, read_table
from tallystick.stats.agreement.uncertainty import TINY, UNITS_MIN, Limits, Spread
from tallystick.stats.intervals import Interval

CATEGORIES_MAX = 500
NOBODY = "Nobody gave this answer where two answers can be compared, so there is no agreement on it."
RARE = "More than a tenth of the resamples hold this answer nowhere: too few items have it for an interval."


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryAgreement:
    """How far raters agree on one category.

    count, share  judgments with this category, among those that can be compared
    n_items       items on which somebody gave it
    value         specific agreement: the chance that a second rater gives this category to an item to which a first one
                  gave it; None when nobody gave it, and `reason` says so
    kappa         Fleiss' kappa of this category against all others; None when all answers or none are this category
    """

    category: str
    count: int
    share: float
    n_items: int
    value: float | None
    status: Status
    reason: str | None
    interval: Interval | None
    interval_reason: str | None
    se: float | None
    kappa: float | None


def category_agreement(
    items: Labels,
    raters: Labels,
    values: Labels,
    *,
    categories: Sequence[Label] | None = None,
    clusters: Labels | None = None,
    confidence: float = 0.95,
    ci: str = "bootstrap",
    seed: int | np.random.Generator = 0,
    draws: int = 1000,
    spread: Spread = map,
) -> list[CategoryAgreement]:
    """Specific agreement and kappa of every category, in the order of the scale.

    sum_i c_ik (c_ik - 1) / sum_i c_ik (m_i - 1) over the items with two judgments or more; of two raters it is
    2 n_kk / (n_k. + n_.k). Kappa of a category is 1 - sum_i c_ik (m_i - c_ik) / m_i / (sum_i (m_i - 1) p_k (1 - p_k)).
    The arguments are those of `measure`; an item is what is resampled, or a cluster of items.
    raises  BadRatings as `measure` does
    source  Spitzer and Fleiss (1974), Br J Psychiatry 125, 341-347; Uebersax (1982), Educational and Psychological
            Measurement 42, 1181-1183; kappa: Fleiss (1971), Psychological Bulletin 76, 378-382
    """
    how = how_of(ci=ci, confidence=confidence, draws=draws, seed=seed, spread=spread)
    ratings = read_table(items, raters, values, clusters=clusters).on(categories, "none").pairable
    size = len(ratings.categories)
    if size > CATEGORIES_MAX:
        raise BadRatings(
            f"Found {size} different values; at most {CATEGORIES_MAX} are measured one by one: group them."
        )
    return [_one(ratings, place, how) for place in range(size)]


def _one(ratings: Ratings, place: int, how: How) -> CategoryAgreement:
    sums = specific(ratings, place).without_empty()
    totals = sums.totals()[0] if len(sums.weights) else np.zeros(5)
    agreeing, possible, apart, room, n_items = (float(one) for one in totals)
    count = int(ratings.category_counts[place])
    share = count / max(1, ratings.n_judgments)
    room *= share * (1 - share)
    value = se = interval = None
    reason: str | None = NOBODY
    interval_reason: str | None = NOBODY
    if possible > 0:
        value, reason = agreeing / possible, None
        se = error_of(sums, how)
        interval, interval_reason = _limits(sums, value, se, how, n_items=round(n_items))
    return CategoryAgreement(
        category=ratings.categories[place],
        count=count,
        share=share,
        n_items=round(n_items),
        value=value,
        status=Status.TOO_FEW_ITEMS if value is None else Status.OK,
        reason=reason,
        interval=interval,
        interval_reason=interval_reason,
        se=se,
        kappa=1 - apart / room if room > TINY else None,
    )


def _limits(sums: Sums, value: float, se: float | None, how: How, *, n_items: int) -> Limits:
    interval, reason = limits_of(sums, (value, 0.0), se, how, n_items=n_items)
    is_rare = interval is None and int(sums.weights.sum()) >= UNITS_MIN and how.ci == "bootstrap"
    return interval, RARE if is_rare else reason


def specific(ratings: Ratings, place: int) -> Sums:
    """Sums of one category: c (c - 1), c (m - 1), c (m - c) / m, m - 1, and whether an item has it."""

    def features(counts: Floats) -> Floats:
        c, m = counts[:, place], counts.sum(axis=1)
        return np.column_stack([c * (c - 1), c * (m - 1), c * (m - c) / np.maximum(m, 1), np.maximum(m - 1, 0), c > 0])

    def split(sums: Floats) -> tuple[Floats, Floats]:
        observed: Floats = np.full(len(sums), np.nan)
        np.divide(sums[:, 0], sums[:, 1], out=observed, where=sums[:, 1] > 0)
        return observed, np.zeros(len(sums))

    return from_counts(ratings, features, split, is_count=True)
