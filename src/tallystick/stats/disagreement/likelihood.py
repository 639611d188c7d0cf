"""How likely labels and counts are under each cause: the formulas, vectorised over label vectors. Pure.

A label vector has one label for each rater of the item. `onehot` is (vectors, raters, categories), 1 where a rater gave
that label. All functions answer natural logarithms, (vectors,). They are distributions over label vectors, so that
adding a rater and summing over what that rater may say gives the same number back.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tallystick.stats.disagreement.evidence import Codes, Floats
from tallystick.stats.disagreement.model import CriteriaWeights, Model, Shape

TABLE = 64  # raters for which the tables of logarithms are kept


def log_sum(values: Floats, axis: int = -1) -> Floats:
    """Log of the sum of exponentials along an axis."""
    top = values.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    summed: Floats = np.log(np.exp(values - top).sum(axis=axis)) + np.squeeze(top, axis=axis)
    return summed


def rising(start: float, count: Codes) -> Floats:
    """Log of start (start + 1) ... (start + count - 1)."""
    most = int(count.max()) if count.size else 0
    found: Floats = _rising_table(start, max(TABLE, 1 << most.bit_length()))[count]
    return found


@lru_cache(maxsize=256)
def _rising_table(start: float, size: int) -> Floats:
    return np.concatenate([[0.0], np.cumsum(np.log(start + np.arange(size)))])


@lru_cache(maxsize=64)
def _pairs(size: int) -> tuple[Codes, Codes]:
    first, second = np.triu_indices(size, 1)
    return first.astype(np.int64), second.astype(np.int64)


def two_way(onehot: Floats, model: Model) -> Floats:
    """Each rater gives one of two labels, independently of who the rater is: ambiguity and missing context.

    mean over pairs {a, b} of B(c + n_a, c + n_b) / B(c, c) (1 - s)^(n_a + n_b) (s / (K - 2))^(n - n_a - n_b)
    """
    counts = onehot.sum(axis=1).astype(np.int64)
    size = counts.shape[1]
    first, second = _pairs(size)
    in_first, in_second = counts[:, first], counts[:, second]
    inside = in_first + in_second
    centre = model.two_way_concentration
    logs = rising(centre, in_first) + rising(centre, in_second) - rising(2 * centre, inside)
    if size > 2:
        outside = counts.sum(axis=1)[:, None] - inside
        logs = logs + inside * np.log1p(-model.two_way_slip) + outside * np.log(model.two_way_slip / (size - 2))
    mean: Floats = log_sum(logs) - np.log(len(first))
    return mean


def one_truth(onehot: Floats, errors: Floats, model: Model) -> Floats:
    """One label is right; rater r misses it with error rate e_r, each wrong label alike: rater error.

    log of the mean over t, and over how hard the item is, of prod_r P(y_r | t, e_r)
    source  the one-coin form of Dawid and Skene (1979), Applied Statistics 28, 20-28
    """
    return _mixed_truth(onehot, errors[None, :], np.zeros(1), model)


def pool_truth(onehot: Floats, model: Model) -> Floats:
    """The same when nobody's skill is known: the mean over error rates that a pool may have."""
    rates = np.repeat(np.array([[rate] for rate, _ in model.pool_errors]), onehot.shape[1], axis=1)
    return _mixed_truth(onehot, rates, np.log([weight for _, weight in model.pool_errors]), model)


def _mixed_truth(onehot: Floats, rates: Floats, log_weights: Floats, model: Model) -> Floats:
    """The mean over rows of error rates (rates, raters) and over how hard the item is."""
    shifts = np.array([shift for shift, _ in model.hard_items])
    weights = np.log([weight for _, weight in model.hard_items])
    odds = np.log(rates / (1 - rates))[:, None, :] + shifts[None, :, None]
    harder = 1 / (1 + np.exp(-odds.reshape(-1, rates.shape[1])))
    logs = _of_truth(onehot, harder) + (log_weights[:, None] + weights[None, :]).reshape(-1, 1)
    return log_sum(logs, axis=0)


def _of_truth(onehot: Floats, errors: Floats) -> Floats:
    """(rates, vectors) for errors (rates, raters)."""
    size = onehot.shape[2]
    wrong = np.log(errors / (size - 1))
    gain = np.log1p(-errors) - wrong
    logs = np.einsum("bnk,sn->sbk", onehot, gain) + wrong.sum(axis=1)[:, None, None]
    mean: Floats = log_sum(logs) - np.log(size)
    return mean


def led_by(onehot: Floats, leads: NDArray[np.bool_], errors: Floats) -> Floats:
    """The raters who lead follow one truth: experts, or those who saw the context. The others are left out."""
    if not leads.any():
        return np.zeros(len(onehot))
    found: Floats = _of_truth(onehot[:, leads], errors[None, leads])[0]
    return found


def shared_guess(onehot: Floats, model: Model) -> Floats:
    """Raters draw from one unknown distribution of labels: Dirichlet-multinomial, weight c on each category."""
    counts = onehot.sum(axis=1).astype(np.int64)
    size = counts.shape[1]
    total = rising(model.lay_concentration * size, counts.sum(axis=1))
    summed: Floats = rising(model.lay_concentration, counts).sum(axis=1) - total
    return summed


def by_group(onehot: Floats, groups: Codes, model: Model) -> Floats:
    """Each group has a label of its own, and not all have the same: value diversity along one axis.

    mean over assignments of labels to groups with two different labels or more, and over the share d who depart from
    their group, of prod_g (1 - d)^(n_g,a(g)) (d / (K - 1))^(n_g - n_g,a(g))
    """
    size = onehot.shape[2]
    number = int(groups.max()) + 1
    member = (groups[:, None] == np.arange(number)).astype(np.float64)  # (raters, groups)
    counts = np.einsum("bnk,ng->bgk", onehot, member)
    found = [np.log(weight) + _differing(counts, share, size) for share, weight in model.group_errors]
    return log_sum(np.stack(found), axis=0)


def _differing(counts: Floats, share: float, size: int) -> Floats:
    number = counts.shape[1]
    wrong = np.log(share / (size - 1))
    logs = counts * (np.log1p(-share) - wrong) + counts.sum(axis=2, keepdims=True) * wrong
    any_labels = log_sum(logs).sum(axis=1) - number * np.log(size)
    same_label = log_sum(logs.sum(axis=1)) - number * np.log(size)
    rest = -np.expm1(np.minimum(same_label - any_labels, -1e-12))
    differing: Floats = any_labels + np.log(rest) - np.log1p(-(float(size) ** (1 - number)))
    return differing


def beta_binomial(hits: Codes, trials: Codes, shape: Shape) -> Floats:
    """Log of the chance of one sequence with so many hits: B(a + k, b + n - k) / B(a, b)."""
    a, b = shape
    return rising(a, hits) + rising(b, trials - hits) - rising(a + b, trials)


def citations(cited: Codes, *, size: int, criteria: int, weights: Sequence[CriteriaWeights]) -> Floats:
    """(causes,) log of the Bayes factor of each cause's mixture of citation patterns against free citing.

    Three Dirichlet-multinomials: one for all citations (weight 1 on each criterion), one for each label (weight .5),
    one for all that is concentrated on few criteria (weight .15).
    """
    table = np.zeros((size, criteria), dtype=np.int64)
    np.add.at(table, (cited[:, 0], cited[:, 1]), 1)
    pooled = table.sum(axis=0)[None, :]
    free = _polya(pooled, 1.0)
    patterns = np.array([0.0, _polya(table, 0.5) - free, _polya(pooled, 0.15) - free])
    with np.errstate(divide="ignore"):
        return log_sum(patterns + np.log([(one.free, one.split, one.shared) for one in weights]))


def _polya(table: Codes, weight: float) -> float:
    rows = rising(weight, table).sum(axis=1) - rising(weight * table.shape[1], table.sum(axis=1))
    return float(rows.sum())
