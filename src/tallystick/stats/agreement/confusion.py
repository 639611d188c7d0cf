"""Which answers are given for which: coincidences of categories, as observed and as chance has it. Reads columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tallystick.stats.agreement.result import Status
from tallystick.stats.agreement.table import BadRatings, Floats, Label, Labels, Ratings, read_ratings
from tallystick.stats.intervals import Interval, wilson

CATEGORIES_MAX = 40
ITEMS_MIN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Confused:
    """Two categories, or one with itself.

    observed  share of all comparisons of two judgments of one item that are of these two; an item weighs as many
              comparisons as it has judgments
    expected  the same if judgments fell to items by chance
    ratio     observed over expected: 1 as by chance, below 1 rarer; None where none is expected
    items     items in which such a comparison stands
    interval  of `observed`: Wilson's, for as many comparisons as would be worth as much if they were independent
    """

    first: str
    second: str
    observed: float | None
    expected: float | None
    ratio: float | None
    items: int
    interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Every pair of categories, in the order of the scale: the diagonal is agreement.

    status  too_few_items: fewer than the least number of items have two judgments, and no share is given
    """

    categories: tuple[str, ...]
    cells: tuple[Confused, ...]
    status: Status
    reason: str | None
    n_pairable: int
    n_judgments: int


def confusion(
    items: Labels,
    raters: Labels,
    values: Labels,
    *,
    categories: Sequence[Label] | None = None,
    items_min: int = ITEMS_MIN,
    confidence: float = 0.95,
) -> Confusion:
    """Observed and expected coincidences of every two categories.

    The judgments of an item with m of them add n_c (n_k - [c = k]) / (m - 1) to the coincidences of c and k; by chance
    n_c (n_k - [c = k]) / (n - 1) are expected of n judgments.
    raises  BadRatings as `measure` does, and for more than 40 categories
    source  Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability"; the variance of a share of comparisons:
            Cochran (1977), "Sampling Techniques", 6.4; the effective number: Korn and Graubard (1998), Survey
            Methodology 24, 193-201
    """
    ratings = read_ratings(items, raters, values, categories=categories, order="none").pairable
    names = tuple(str(name) for name in ratings.categories)
    if len(names) > CATEGORIES_MAX:
        raise BadRatings(
            f"Found {len(names)} different values; at most {CATEGORIES_MAX} can be held against each other."
        )
    counts = _counts(ratings)
    n_pairable = len(counts)
    is_enough = n_pairable >= max(2, items_min)
    reason = None
    if not is_enough:
        reason = (
            f"Expected at least {max(2, items_min)} items with two judgments, found {n_pairable}: have more judged."
        )
    cells = [
        _cell(counts, names, (c, k), confidence=confidence) if is_enough else _hidden(counts, names, (c, k))
        for c in range(len(names))
        for k in range(c, len(names))
    ]
    return Confusion(
        categories=names,
        cells=tuple(cells),
        status=Status.OK if is_enough else Status.TOO_FEW_ITEMS,
        reason=reason,
        n_pairable=n_pairable,
        n_judgments=int(counts.sum()),
    )


def _counts(ratings: Ratings) -> Floats:
    """(items, categories) how often each item with two judgments or more got each category."""
    width = len(ratings.categories)
    size = int(ratings.item.max()) + 1 if len(ratings.item) else 0
    counts = np.bincount(ratings.item * width + ratings.code, minlength=size * width).reshape(size, width)
    kept: Floats = counts[counts.sum(axis=1) > 1].astype(np.float64)
    return kept


def _of_item(counts: Floats, pair: tuple[int, int]) -> Floats:
    """What each item adds to the coincidences of a pair; of two different categories both orders."""
    c, k = pair
    m = counts.sum(axis=1)
    both = counts[:, c] * (counts[:, c] - 1) if c == k else 2 * counts[:, c] * counts[:, k]
    added: Floats = both / (m - 1)
    return added


def _cell(counts: Floats, names: tuple[str, ...], pair: tuple[int, int], *, confidence: float) -> Confused:
    c, k = pair
    added, m = _of_item(counts, pair), counts.sum(axis=1)
    n, of_category = float(m.sum()), counts.sum(axis=0)
    observed = float(added.sum()) / n
    chance = of_category[c] * (of_category[c] - 1) if c == k else 2 * of_category[c] * of_category[k]
    expected = float(chance) / (n * (n - 1))
    return Confused(
        first=names[c],
        second=names[k],
        observed=observed,
        expected=expected,
        ratio=observed / expected if expected > 0 else None,
        items=int((added > 0).sum()),
        interval=_interval(added, m, min(1.0, observed), confidence),
    )


def _interval(added: Floats, m: Floats, share: float, confidence: float) -> Interval:
    """Items are independent, comparisons within one are not: the variance is that of a ratio of sums over items."""
    size = len(m)
    rest = added - share * m
    variance = size / (size - 1) * float((rest**2).sum()) / float(m.sum()) ** 2
    worth = share * (1 - share) / variance if variance > 0 else float(size)
    worth = min(max(worth, 1.0), float(m.sum()))
    return wilson(share * worth, worth, confidence=confidence)


def _hidden(counts: Floats, names: tuple[str, ...], pair: tuple[int, int]) -> Confused:
    found = int((_of_item(counts, pair) > 0).sum()) if len(counts) else 0
    return Confused(
        first=names[pair[0]],
        second=names[pair[1]],
        observed=None,
        expected=None,
        ratio=None,
        items=found,
        interval=None,
    )
