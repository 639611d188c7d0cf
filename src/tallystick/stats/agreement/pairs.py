"""Cohen's kappa of every pair of raters. Reads columns given by the caller, writes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from tallystick.stats.agreement.coefficients import cohen_of_table
from tallystick.stats.agreement.measure import How, error_of, how_of, limits_of
from tallystick.stats.agreement.question import Question, refuse_bad_question
from tallystick.stats.agreement.result import SENTENCES, PairKappa, Status
from tallystick.stats.agreement.scale import check_weights
from tallystick.stats.agreement.table import Codes, Floats, Label, Labels, Ratings, read_ratings


def pairwise_kappa(
    items: Labels,
    raters: Labels,
    values: Labels,
    *,
    weights: str = "none",
    table: Sequence[Sequence[float]] | Floats | None = None,
    categories: Sequence[Label] | None = None,
    confidence: float = 0.95,
    ci: str = "bootstrap",
    seed: int = 0,
    draws: int = 1000,
) -> list[PairKappa]:
    """Kappa for each pair of raters, in the order of their names; none for one rater.

    Each pair is measured over the items that both judged; a pair without such items is listed with its status.
    weights  as for cohen_kappa in `measure`, with `table` for "custom"
    draws    of the item bootstrap; 0 is the analytic interval, which is cheaper: for thousands of pairs
    raises   BadRatings as `measure` does
    """
    asked = Question(metric="cohen_kappa", weights=weights, table=table)
    refuse_bad_question(asked, has_categories=categories is not None)
    how = how_of(ci=ci if draws else "analytic", confidence=confidence, draws=draws or 1000, seed=seed)
    ratings = read_ratings(items, raters, values, categories=categories, order=asked.order)
    if asked.numbers is not None:
        check_weights(asked.numbers, len(ratings.categories))
    pairs = []
    for a, b, counts in _tables(ratings):
        pair = _point(ratings.raters[a], ratings.raters[b], counts)
        pairs.append(_with_interval(pair, counts, asked, how) if pair.status is Status.OK else pair)
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


def _with_interval(pair: PairKappa, counts: Codes, asked: Question, how: How) -> PairKappa:
    sums = cohen_of_table(counts, asked.weights, asked.numbers)
    observed, chance = (float(part[0]) for part in sums.split(sums.totals()))
    if not 1 - chance > 0:
        status = Status.NO_VARIATION
        return replace(pair, status=status, reason=SENTENCES[status], interval_reason=SENTENCES[status])
    error = error_of(sums, how, is_sample=False)
    interval, reason = limits_of(sums, (observed, chance), error, how, n_items=pair.n_items)
    return replace(pair, value=1 - (1 - observed) / (1 - chance), se=error, interval=interval, interval_reason=reason)
