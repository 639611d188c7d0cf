"""Judgments as sums over items: every coefficient is a function of a few of them.

Reads `Ratings`, writes nothing. One pass over the judgments finds the distinct rating patterns and
how many items have each. A coefficient is then `split(weights @ features)`: its value, its
standard error and every bootstrap resample cost the same for a hundred items and for a hundred
million. Resampling items with replacement is a multinomial draw over the patterns: exactly the
same distribution, without touching an item.

When there are too many patterns to gain by that (many categories, many raters), items are put
into groups at random and groups are resampled instead. When items stand in clusters, the clusters
are the units, and they go into groups when they are too many.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from tallystick.stats.agreement.rows import UNITS_MAX
from tallystick.stats.agreement.table import Codes, Floats, Ratings

GROUPS = 512
CELLS_MAX = 4_000_000  # numbers of one intermediate table: 32 MB

CountFeatures = Callable[[Floats], Floats]
Split = Callable[[Floats], tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """A coefficient as a function of sums.

    features   (units, q) what one unit, a pattern or a group of items, adds to each sum
    weights    (units,) how many units of this kind there are
    split      (draws, q) sums to (observed, chance), each (draws,); the value of the coefficient is
               (observed - chance) / (1 - chance)
    is_count   whether a pair of judgments either agrees or does not: no partial credit
    is_grouped whether units are groups of items or clusters instead of single ones
    is_clustered whether units are clusters of items
    """

    features: Floats
    weights: Codes
    split: Split
    is_count: bool = True
    is_grouped: bool = False
    is_clustered: bool = False

    def totals(self) -> Floats:
        """(1, q) the sums over all items."""
        return (self.weights.astype(np.float64) @ self.features)[None, :]

    def without_empty(self) -> "Sums":
        """The same without units that add nothing: clusters none of whose items could be compared."""
        is_there = self.features.any(axis=1)
        if bool(is_there.all()):
            return self
        return replace(self, features=self.features[is_there], weights=self.weights[is_there])


def quotient(sums: Floats) -> tuple[Floats, Floats]:
    """The split of a value that is one sum by another, with nothing taken off for chance."""
    return sums[:, 0] / sums[:, 1], np.zeros(len(sums))


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Which unit each item belongs to, when patterns do not pay."""

    unit: Codes
    n_units: int
    is_grouped: bool
    is_clustered: bool = False


def from_counts(ratings: Ratings, features: CountFeatures, split: Split, *, is_count: bool) -> Sums:
    """Sums whose features depend only on how often an item got each category.

    features   (patterns, categories) counts to (patterns, q); called once, or once per chunk
    """
    patterns = ratings.patterns if ratings.cluster is None else None
    if patterns is not None:
        counts, weights = patterns
        return Sums(features=features(counts), weights=weights, split=split, is_count=is_count)
    units = _units(ratings)
    width = features(np.zeros((1, len(ratings.categories)))).shape[1]
    sums = np.zeros((units.n_units, width))
    for items, counts in _count_chunks(ratings):
        np.add.at(sums, units.unit[items], features(counts))
    return _ones(sums, split, units, is_count=is_count)


def from_items(ratings: Ratings, features: Floats, split: Split, *, is_count: bool = False) -> Sums:
    """Sums of features that are known item by item, (items, q)."""
    units = _units(ratings)
    if not units.is_grouped and not units.is_clustered:
        return _ones(features, split, units, is_count=is_count)
    sums = np.zeros((units.n_units, features.shape[1]))
    np.add.at(sums, units.unit, features)
    return _ones(sums, split, units, is_count=is_count)


def from_raters(ratings: Ratings, features: CountFeatures, split: Split) -> Sums:
    """Sums of count features, followed by one cell per rater and category, rater by rater."""
    part, weights, units = _rater_patterns(ratings)
    n_categories = len(part.categories)
    n_cells = len(part.raters) * n_categories
    counted = np.zeros((units.n_units, features(np.zeros((1, n_categories))).shape[1]))
    for items, counts in _count_chunks(part):
        np.add.at(counted, units.unit[items], features(counts))
    cell = units.unit[part.item] * n_cells + part.rater * n_categories + part.code
    cells = _table(np.bincount(cell, minlength=units.n_units * n_cells), n_cells)
    return Sums(
        features=np.hstack([counted, cells]),
        weights=weights,
        split=split,
        is_grouped=units.is_grouped,
        is_clustered=units.is_clustered,
    )


def _rater_patterns(ratings: Ratings) -> tuple[Ratings, Codes, Units]:
    """One item for each distinct vector of (rater, answer), with how many items have it.

    All items, each for itself or in groups, when vectors are too long or too many.
    """
    n_categories = len(ratings.categories)
    n_cells = len(ratings.raters) * n_categories
    if n_cells < 53 and ratings.cluster is None:
        powers = 2.0 ** np.arange(n_cells)
        cell = ratings.rater * n_categories + ratings.code
        key = np.bincount(ratings.item, weights=powers[cell], minlength=ratings.n_items)
        _, first, weights = np.unique(key.astype(np.int64), return_index=True, return_counts=True)
        if len(first) <= UNITS_MAX:
            chosen = np.zeros(ratings.n_items, dtype=np.bool_)
            chosen[first] = True
            # `of` counts the chosen items anew in their old order, so the weights follow it.
            units = Units(unit=np.arange(len(first)), n_units=len(first), is_grouped=False)
            by_item = weights[np.argsort(first)].astype(np.int64)
            return ratings.of(chosen[ratings.item]), by_item, units
    units = _units(ratings)
    return ratings, np.ones(units.n_units, dtype=np.int64), units


def _units(ratings: Ratings) -> Units:
    is_clustered = ratings.cluster is not None
    n_units = ratings.n_clusters if is_clustered else ratings.n_items
    unit = np.arange(n_units) if ratings.cluster is None else ratings.cluster
    if n_units <= UNITS_MAX:
        return Units(unit=unit, n_units=n_units, is_grouped=False, is_clustered=is_clustered)
    return Units(unit=_groups_of(n_units)[unit], n_units=GROUPS, is_grouped=True, is_clustered=is_clustered)


def _groups_of(n_units: int) -> Codes:
    """(units,) a random group for each.

    A fixed shuffle: the grouping is part of the method, not of the caller's chance. Items are numbered by sorted name,
    so it does not depend on the order of the rows.
    """
    return np.random.default_rng(0).permutation(n_units) % GROUPS


def in_groups(features: Floats) -> Floats:
    """(GROUPS, q) the sums of the features of units, (units, q), over random groups of them."""
    sums = np.zeros((GROUPS, features.shape[1]))
    np.add.at(sums, _groups_of(len(features)), features)
    return sums


def _ones(features: Floats, split: Split, units: Units, *, is_count: bool) -> Sums:
    return Sums(
        features=features,
        weights=np.ones(len(features), dtype=np.int64),
        split=split,
        is_count=is_count,
        is_grouped=units.is_grouped,
        is_clustered=units.is_clustered,
    )


def _count_chunks(ratings: Ratings) -> Iterator[tuple[slice, Floats]]:
    """(items, categories) counts in pieces that fit in memory; one piece is the usual case."""
    n_categories = len(ratings.categories)
    step = max(1, CELLS_MAX // n_categories)
    cell = ratings.item * n_categories + ratings.code
    if ratings.n_items > step:
        cell = np.sort(cell)
    for first in range(0, ratings.n_items, step):
        last = min(first + step, ratings.n_items)
        inside = cell
        if ratings.n_items > step:
            ends = np.searchsorted(cell, [first * n_categories, last * n_categories])
            inside = cell[ends[0] : ends[1]] - first * n_categories
        counts = np.bincount(inside, minlength=(last - first) * n_categories)
        yield slice(first, last), _table(counts, n_categories)


def _table(counts: Codes, columns: int) -> Floats:
    return counts.reshape(-1, columns).astype(np.float64)
