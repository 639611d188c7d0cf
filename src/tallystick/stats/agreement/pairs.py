"""Cohen's kappa of every pair of raters. Reads columns given by the caller, writes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from tallystick.stats.agreement.coefficients import cohen_of_table
from tallystick.stats.agreement.result import SENTENCES, PairKappa, Status
from tallystick.stats.agreement.table import Codes, Label, Labels, Ratings, read_ratings
from tallystick.stats.agreement.uncertainty import (
    TINY,
    bootstrap_interval,
    log_interval,
    perfect_interval,
    standard_error,
)
from tallystick.stats.intervals import Interval


def pairwise_kappa(
    items: Labels,
    raters: Labels,
    values: Labels,
    *,
    categories: Sequence[Label] | None = None,
    confidence: float = 0.95,
    seed: int = 0,
    draws: int = 1000,
) -> list[PairKappa]:
    """Unweighted kappa for each pair of raters, in the order of their names; none for one rater.

    Each pair is measured over the items that both judged; a pair without such items is listed with its status.
    draws   of the item bootstrap, the same that `measure` makes; 0 for the analytic interval, which is cheaper
            and covers less well with few items: for thousands of pairs
    raises  BadRatings as `measure` does
    """
    ratings = read_ratings(items, raters, values, categories=categories, order="none")
    pairs = []
    for a, b, table in _tables(ratings):
        pair = _point(ratings.raters[a], ratings.raters[b], table)
        if pair.status is Status.OK:
            pair = _with_interval(pair, table, confidence=confidence, seed=seed, draws=draws)
        pairs.append(pair)
    return pairs


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


def _point(rater_a: str, rater_b: str, table: Codes) -> PairKappa:
    n = int(table.sum())
    used = int(np.count_nonzero(table.sum(axis=0) + table.sum(axis=1)))
    status = Status.OK
    if n < 2:
        status = Status.TOO_FEW_ITEMS if n else Status.NO_OVERLAP
    elif used == 1:
        status = Status.NO_VARIATION
    reason = SENTENCES.get(status)
    return PairKappa(
        rater_a=rater_a,
        rater_b=rater_b,
        value=None,
        status=status,
        reason=reason,
        interval=None,
        interval_reason=reason,
        se=None,
        n_items=n,
        percent_agreement=int(np.trace(table)) / n if n else None,
    )


def _with_interval(pair: PairKappa, table: Codes, *, confidence: float, seed: int, draws: int) -> PairKappa:
    sums = cohen_of_table(table, "none")
    observed, chance = (float(part[0]) for part in sums.split(sums.totals()))
    value = 1 - (1 - observed) / (1 - chance)
    error = standard_error(sums, is_sample=False)
    interval: Interval | None = None
    reason: str | None = None
    if 1 - value < TINY:
        interval = perfect_interval(chance, pair.n_items, confidence=confidence)
    elif draws:
        interval, reason = bootstrap_interval(
            sums, confidence=confidence, draws=draws, generator=np.random.default_rng(seed)
        )
    elif error is not None:
        interval = log_interval(value, error, confidence=confidence)
    return replace(pair, value=value, se=error, interval=interval, interval_reason=reason)
