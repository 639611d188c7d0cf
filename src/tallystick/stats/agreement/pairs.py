"""Cohen's kappa of every pair of raters. Reads columns given by the caller, writes nothing."""

from collections.abc import Iterator, Sequence

import numpy as np

from tallystick.stats.agreement.coefficients import cohen_of_table
from tallystick.stats.agreement.result import SENTENCES, PairKappa, Status
from tallystick.stats.agreement.table import Codes, Label, Labels, Ratings, read_ratings
from tallystick.stats.agreement.uncertainty import (
    TINY,
    log_interval,
    perfect_interval,
    standard_error,
)


def pairwise_kappa(
    items: Labels,
    raters: Labels,
    values: Labels,
    *,
    categories: Sequence[Label] | None = None,
    confidence: float = 0.95,
) -> list[PairKappa]:
    """Unweighted kappa for each pair of raters, in the order of their names; none for one rater.

    The interval is analytic, so a table of many pairs is cheap. Each pair is measured over the
    items that both judged; a pair without such items is listed with its status.
    raises  BadRatings as `measure` does
    """
    ratings = read_ratings(items, raters, values, categories=categories, order="none")
    return [_pair(ratings.raters[a], ratings.raters[b], table, confidence) for a, b, table in _tables(ratings)]


def _tables(ratings: Ratings) -> Iterator[tuple[int, int, Codes]]:
    """(rater, rater, contingency table), one pass over the judgments for each rater."""
    size = len(ratings.categories)
    n_raters = len(ratings.raters)
    order = np.argsort(ratings.rater, kind="stable")
    ends = np.cumsum(np.bincount(ratings.rater, minlength=n_raters))[:-1]
    rows = np.split(order, ends)
    for a in range(n_raters):
        answers = np.full(ratings.n_items, -1, dtype=np.int64)
        answers[ratings.item[rows[a]]] = ratings.code[rows[a]]
        for b in range(a + 1, n_raters):
            first = answers[ratings.item[rows[b]]]
            is_shared = first >= 0
            cell = first[is_shared] * size + ratings.code[rows[b]][is_shared]
            counts = np.bincount(cell, minlength=size * size)
            yield a, b, counts.reshape(size, size)


def _pair(rater_a: str, rater_b: str, table: Codes, confidence: float) -> PairKappa:
    n = int(table.sum())
    agreeing = int(np.trace(table)) / n if n else None
    used = int(np.count_nonzero(table.sum(axis=0) + table.sum(axis=1)))
    status = Status.OK
    if n < 2:
        status = Status.TOO_FEW_ITEMS if n else Status.NO_OVERLAP
    elif used == 1:
        status = Status.NO_VARIATION
    value = error = interval = None
    if status is Status.OK:
        sums = cohen_of_table(table, "none")
        observed, chance = (float(part[0]) for part in sums.split(sums.totals()))
        value = 1 - (1 - observed) / (1 - chance)
        error = standard_error(sums, is_sample=False)
        if 1 - value < TINY:
            interval = perfect_interval(chance, n, confidence=confidence)
        elif error is not None:
            interval = log_interval(value, error, confidence=confidence)
    reason = SENTENCES.get(status)
    return PairKappa(
        rater_a=rater_a,
        rater_b=rater_b,
        value=value,
        status=status,
        reason=reason,
        interval=interval,
        interval_reason=reason,
        se=error,
        n_items=n,
        percent_agreement=agreeing,
    )
