"""The coefficients as functions of sums over items. Reads `Ratings`, writes nothing.

Notation: item i has m_i judgments, c_ik of them in category k; w_kl is the weight of agreement
between two categories (1 and 0 when a coefficient is not weighted). Every coefficient here is
(observed - chance) / (1 - chance); they differ in what they call chance, and in which items they
take chance from.
"""

from functools import partial

import numpy as np

from tallystick.stats.agreement.scale import agreement_weights, ratio_distances, set_distances
from tallystick.stats.agreement.sums import Split, Sums, from_counts, from_items, from_raters
from tallystick.stats.agreement.table import Codes, Floats, Ratings

COINCIDENCES_MAX = 40  # categories up to which a pattern carries its whole coincidence matrix


def percent_agreement(ratings: Ratings) -> Sums:
    """Mean over items of the share of agreeing pairs: sum_k c_ik (c_ik - 1) / (m_i (m_i - 1)).

    source  Fleiss (1971), Psychological Bulletin 76, 378-382, extent of agreement P_i
    """
    weights = np.eye(len(ratings.categories))
    return from_counts(ratings, partial(_agreement_features, weights), _split_percent, is_count=True)


def gwet(ratings: Ratings, weights: str, own: Floats | None = None) -> Sums:
    """AC1 (weights none) and AC2: chance is T / (K (K - 1)) sum_k pi_k (1 - pi_k).

    pi_k is the mean over items of c_ik / m_i, T the sum of all weights, K the size of the scale,
    unused categories included. Items with one judgment count for chance, not for agreement.
    own     the caller's table of weights, in the place of one with a name
    source  Gwet (2008), Br J Math Stat Psychol 61, 29-48; AC2: Gwet (2014), Handbook
    """
    table = agreement_weights(weights, ratings.numbers, len(ratings.categories)) if own is None else own
    size = len(table)
    factor = float(table.sum()) / max(1, size * (size - 1))

    def split(sums: Floats) -> tuple[Floats, Floats]:
        observed, pi = _observed_and_pi(sums)
        return observed, factor * (pi * (1 - pi)).sum(axis=1)

    is_count = weights == "none"
    return from_counts(ratings, partial(_agreement_features, table), split, is_count=is_count)


def brennan_prediger(ratings: Ratings) -> Sums:
    """Chance is 1 / K: every category of the scale as likely as any other.

    source  Brennan and Prediger (1981), Educational and Psychological Measurement 41, 687-699
    """
    chance = 1 / len(ratings.categories)

    def split(sums: Floats) -> tuple[Floats, Floats]:
        observed, _ = _observed_and_pi(sums)
        return observed, np.full(len(sums), chance)

    weights = np.eye(len(ratings.categories))
    return from_counts(ratings, partial(_agreement_features, weights), split, is_count=True)


def fleiss_gwet_missing(ratings: Ratings) -> Sums:
    """Fleiss' kappa as Gwet extends it to missing judgments: chance is sum_k pi_k^2, pi as in AC1.

    source  Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed.
    """

    def split(sums: Floats) -> tuple[Floats, Floats]:
        observed, pi = _observed_and_pi(sums)
        return observed, (pi**2).sum(axis=1)

    weights = np.eye(len(ratings.categories))
    return from_counts(ratings, partial(_agreement_features, weights), split, is_count=True)


def fleiss(ratings: Ratings) -> Sums:
    """Fleiss' kappa; with two raters on every item it is Scott's pi.

    kappa = 1 - sum_ik c_ik (m_i - c_ik) / m_i / (sum_i (m_i - 1) (1 - sum_k p_k^2)), where p_k is
    the share of category k in all judgments. With the same m everywhere this is Fleiss (1971);
    with varying m it is the category-weighted mean of the kappas of Fleiss (1981).
    source  Fleiss (1971), Psychological Bulletin 76; Fleiss (1981), Statistical Methods for Rates
            and Proportions, 2nd ed., section 13.2; Scott (1955), Public Opinion Quarterly 19
    """

    def features(counts: Floats) -> Floats:
        m = counts.sum(axis=1)
        within = (counts * (m[:, None] - counts)).sum(axis=1) / np.maximum(m, 1)
        return np.column_stack([within, np.maximum(m - 1, 0), counts])

    def split(sums: Floats) -> tuple[Floats, Floats]:
        shares = _divide(sums[:, 2:], sums[:, 2:].sum(axis=1)[:, None])
        return 1 - _divide(sums[:, 0], sums[:, 1]), (shares**2).sum(axis=1)

    return from_counts(ratings, features, split, is_count=True)


def conger(ratings: Ratings) -> Sums:
    """Conger's kappa: Cohen's for any number of raters, each with a marginal of its own.

    Chance is the mean over pairs of raters g, h of sum_k p_gk p_hk, where p_gk is the share of
    category k in the judgments of rater g.
    source  Conger (1980), Psychological Bulletin 88, 322-328; missing judgments as Gwet (2014)
    """
    n_categories = len(ratings.categories)

    def split(sums: Floats) -> tuple[Floats, Floats]:
        observed = _divide(sums[:, 2], sums[:, 1])
        cells = sums[:, 3 + n_categories :].reshape(len(sums), -1, n_categories)
        given = cells.sum(axis=2)
        shares = _divide(cells, given[:, :, None], instead=0.0)
        raters = (given > 0).sum(axis=1).astype(np.float64)
        pairs = (shares.sum(axis=1) ** 2).sum(axis=1) - (shares**2).sum(axis=(1, 2))
        return observed, _divide(pairs, raters * (raters - 1))

    return from_raters(ratings, partial(_agreement_features, np.eye(n_categories)), split)


def cohen(ratings: Ratings, weights: str, own: Floats | None = None) -> Sums:
    """Cohen's kappa, plain or weighted, of two raters over the items that both judged.

    observed = sum_kl w_kl n_kl / n, chance = sum_kl w_kl n_k. n_.l / n^2.
    ratings  exactly two raters, every item with both
    own      the caller's table of weights, in the place of one with a name
    source   Cohen (1960), Educational and Psychological Measurement 20; Cohen (1968)
    """
    size = len(ratings.categories)
    if ratings.cluster is None:
        return cohen_of_table(two_rater_counts(ratings), weights, own)
    cells = np.zeros((2, ratings.n_items), dtype=np.int64)
    cells[ratings.rater, ratings.item] = ratings.code
    table = agreement_weights(weights, None, size) if own is None else own
    identity = np.eye(size)
    features = np.column_stack([table[cells[0], cells[1]], identity[cells[0]], identity[cells[1]]])
    return from_items(ratings, features, _cohen_split(table), is_count=weights == "none")


def two_rater_counts(ratings: Ratings) -> Codes:
    """(categories, categories) items by the answers of the first and of the second rater, who judged every item."""
    size = len(ratings.categories)
    cells = np.zeros((2, ratings.n_items), dtype=np.int64)
    cells[ratings.rater, ratings.item] = ratings.code
    return np.bincount(cells[0] * size + cells[1], minlength=size * size).reshape(size, size)


def cohen_of_table(counts: Codes, weights: str, own: Floats | None = None) -> Sums:
    """The same from a contingency table, (categories, categories) items by both answers."""
    size = len(counts)
    table = agreement_weights(weights, None, size) if own is None else own
    rows, columns = np.nonzero(counts)
    identity = np.eye(size)
    features = np.column_stack([table[rows, columns], identity[rows], identity[columns]])
    return Sums(
        features=features,
        weights=counts[rows, columns],
        split=_cohen_split(table),
        is_count=weights == "none",
    )


def _cohen_split(table: Floats) -> Split:
    size = len(table)

    def split(sums: Floats) -> tuple[Floats, Floats]:
        first, second = sums[:, 1 : 1 + size], sums[:, 1 + size :]
        n = first.sum(axis=1)
        chance = ((first @ table) * second).sum(axis=1)
        return _divide(sums[:, 0], n), _divide(chance, n * n)

    return split


def krippendorff(ratings: Ratings, level: str, own: Floats | None = None) -> Sums:
    """Krippendorff's alpha = 1 - D_o / D_e over the items with two judgments or more.

    D_o is the mean distance of the judgments within an item, D_e of all judgments with each other.
    Distances: nominal 0 or 1; ordinal the squared difference of mid-ranks, which is Krippendorff's
    own sum over the ranks between, squared; interval (x - y)^2; ratio ((x - y) / (x + y))^2; jaccard and masi between
    sets, see `set_distances`; custom the caller's `own`.
    For distances, observed and chance are 1 - D_o and 1 - D_e: only their quotient has a meaning.
    ratings  pairable judgments only
    source   Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability"
    """
    if level == "interval":
        assert ratings.numbers is not None
        return _alpha_of_numbers(ratings, ratings.numbers)
    size = len(ratings.categories)
    if level == "ordinal":
        if size > COINCIDENCES_MAX:
            # The ranks are taken once from all judgments and held fixed across resamples.
            ranks = mid_ranks(ratings.category_counts.astype(np.float64)[None, :])[0]
            return _alpha_of_numbers(ratings, ranks)
        return from_counts(ratings, _coincidences, _split_ordinal, is_count=False)
    if level == "nominal":
        return from_counts(ratings, _nominal_features, _split_nominal, is_count=True)
    distances = _distances(ratings, level) if own is None else own

    def features(counts: Floats) -> Floats:
        m = counts.sum(axis=1)
        within = ((counts @ distances) * counts).sum(axis=1) / np.maximum(m - 1, 1)
        return np.column_stack([within, counts])

    def split(sums: Floats) -> tuple[Floats, Floats]:
        counts = sums[:, 1:]
        n = counts.sum(axis=1)
        return _one_minus(sums[:, 0], n, ((counts @ distances) * counts).sum(axis=1))

    return from_counts(ratings, features, split, is_count=False)


def _distances(ratings: Ratings, level: str) -> Floats:
    if level in {"jaccard", "masi"}:
        return set_distances(level, ratings.categories)
    assert ratings.numbers is not None
    return ratio_distances(ratings.numbers)


def mid_ranks(counts: Floats) -> Floats:
    """(draws, categories) mean rank of the judgments in each category."""
    return np.cumsum(counts, axis=1) - counts / 2.0


def _alpha_of_numbers(ratings: Ratings, numbers: Floats) -> Sums:
    """Alpha for squared differences: only m, the sum and the sum of squares of an item matter."""
    counts = ratings.category_counts.astype(np.float64)
    centred = numbers - float(counts @ numbers) / float(counts.sum())
    # Dividing by the spread changes nothing but keeps squares of huge values finite.
    value = centred / (float(np.abs(centred).max()) or 1.0)
    if len(value) <= COINCIDENCES_MAX:
        return from_counts(
            ratings,
            lambda counts: _moments(counts.sum(axis=1), counts @ value, counts @ value**2),
            _split_moments,
            is_count=False,
        )
    given = value[ratings.code]
    total = np.bincount(ratings.item, weights=given).astype(np.float64)
    squares = np.bincount(ratings.item, weights=given**2).astype(np.float64)
    m = ratings.judgments_per_item.astype(np.float64)
    return from_items(ratings, _moments(m, total, squares), _split_moments, is_count=False)


def _moments(m: Floats, total: Floats, squares: Floats) -> Floats:
    """Columns: sum of squared differences within over m - 1, m, sum, sum of squares."""
    within = 2 * (m * squares - total**2) / np.maximum(m - 1, 1)
    return np.column_stack([np.maximum(within, 0.0), m, total, squares])


def _split_moments(sums: Floats) -> tuple[Floats, Floats]:
    n = sums[:, 1]
    return _one_minus(sums[:, 0], n, 2 * (n * sums[:, 3] - sums[:, 2] ** 2))


def _agreement_features(weights: Floats, counts: Floats) -> Floats:
    """Columns: any judgment, two or more, share of agreement, then c_k / m."""
    m = counts.sum(axis=1)
    is_pairable = m >= 2
    agreeing = (counts * (counts @ weights - 1)).sum(axis=1)
    share = np.where(is_pairable, agreeing / np.maximum(m * (m - 1), 1), 0.0)
    return np.column_stack([m >= 1, is_pairable, share, counts / np.maximum(m, 1)[:, None]])


def _observed_and_pi(sums: Floats) -> tuple[Floats, Floats]:
    return _divide(sums[:, 2], sums[:, 1]), _divide(sums[:, 3:], sums[:, :1])


def _split_percent(sums: Floats) -> tuple[Floats, Floats]:
    return _divide(sums[:, 2], sums[:, 1]), np.zeros(len(sums))


def _nominal_features(counts: Floats) -> Floats:
    m = counts.sum(axis=1)
    within = (counts * (m[:, None] - counts)).sum(axis=1) / np.maximum(m - 1, 1)
    return np.column_stack([within, counts])


def _split_nominal(sums: Floats) -> tuple[Floats, Floats]:
    n = sums[:, 1:].sum(axis=1)
    return _one_minus(sums[:, 0], n, n**2 - (sums[:, 1:] ** 2).sum(axis=1))


def _coincidences(counts: Floats) -> Floats:
    """(patterns, categories^2) the coincidence matrix of each: pairs of judgments over m - 1."""
    scaled = counts / np.maximum(counts.sum(axis=1) - 1, 1)[:, None]
    pairs: Floats = scaled[:, :, None] * counts[:, None, :]
    size = counts.shape[1]
    pairs[:, np.arange(size), np.arange(size)] -= scaled
    return pairs.reshape(len(counts), size * size)


def _split_ordinal(sums: Floats) -> tuple[Floats, Floats]:
    size = round(sums.shape[1] ** 0.5)
    pairs = sums.reshape(-1, size, size)
    counts = pairs.sum(axis=2)
    n = counts.sum(axis=1)
    ranks = mid_ranks(counts)
    squares = (counts * ranks**2).sum(axis=1)
    cross = ((pairs @ ranks[:, :, None])[:, :, 0] * ranks).sum(axis=1)
    between = 2 * (n * squares - (counts * ranks).sum(axis=1) ** 2)
    return _one_minus(2 * (squares - cross), n, between)


def _one_minus(within: Floats, n: Floats, between: Floats) -> tuple[Floats, Floats]:
    """1 - D_o and 1 - D_e from the two sums of distances."""
    return 1 - _divide(within, n), 1 - _divide(between, n * (n - 1))


def _divide(above: Floats, below: Floats, *, instead: float = np.nan) -> Floats:
    """Above / below, and `instead` where there is nothing to divide by."""
    shape = np.broadcast_shapes(above.shape, below.shape)
    quotient: Floats = np.full(shape, instead)
    np.divide(above, below, out=quotient, where=np.broadcast_to(below != 0, shape))
    return quotient
