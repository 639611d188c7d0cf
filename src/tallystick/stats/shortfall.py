"""Which part of the comparisons an agreement shortfall stands in. Columns in, numbers out; reads and writes nothing.

Each coefficient here is 1 - D / room: D is the mean distance of two judgments of one item, and `room` what it would be
by chance. So a part of the comparisons, such as those in which two experts read a criterion differently, can be asked:
how much higher would the coefficient be if the judgments in it were no further apart than those outside of it?

    gain  = (D - D outside) / room
    share = gain / (threshold - value)

Parts overlap: a pair of experts and a criterion may claim the same comparisons, so shares need not sum to 1. A share of
1 or more says that mending this part alone would reach the threshold. It says where to look, not why.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tallystick.stats.agreement.coefficients import mid_ranks
from tallystick.stats.agreement.result import Agreement
from tallystick.stats.agreement.rows import UNITS_MAX
from tallystick.stats.agreement.sums import Sums, in_groups
from tallystick.stats.agreement.table import Codes, Floats, Ratings
from tallystick.stats.agreement.uncertainty import TINY, bootstrap_interval, standard_error
from tallystick.stats.intervals import Interval

Mask = NDArray[np.bool_]

ITEMS_MIN = 5
"""A part with fewer items, or with fewer left outside of it, tells nothing."""
METRICS = ("percent_agreement", "cohen_kappa", "scott_pi", "fleiss_kappa", "brennan_prediger", "gwet_ac1")
"""Beside Krippendorff's alpha at a nominal or ordinal level: the coefficients that compare answers as same or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparisons:
    """Every two judgments of one item, (comparisons,) each.

    item           the item, from 0
    first, second  rows of the two judgments, as they were given
    weight         how much the comparison counts in its coefficient
    distance       how far the two are apart
    value          the coefficient over all of them
    room           the mean distance that chance would give: value = 1 - mean distance / room
    """

    item: Codes
    first: Codes
    second: Codes
    weight: Floats
    distance: Floats
    n_items: int
    value: float
    room: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What mending one part of the comparisons would give.

    items, comparisons  in the part
    gain      how much the coefficient would rise; None when the part is too small, and `reason` says so
    interval  of the gain, over items; None when none can be given, and `reason` then says why
    se        standard error of the gain over items
    share     of the shortfall; None without a gain, or when nothing falls short
    """

    items: int
    comparisons: int
    gain: float | None
    interval: Interval | None
    se: float | None
    share: float | None
    reason: str | None


def compared(ratings: Ratings, found: Agreement) -> Comparisons | None:
    """The comparisons behind a coefficient; None when it is undefined, or 1: then there is nothing to look for.

    ratings  no missing judgments: row j of the columns that were given is judgment j
    raises   ValueError for a coefficient that is none of METRICS and not alpha at a nominal or ordinal level
    """
    weigh = _weights_of(found)
    if found.value is None or 1 - found.value < TINY:
        return None
    order = np.argsort(ratings.item, kind="stable")
    item = ratings.item[order]
    first, second = _pairs(item)
    m = ratings.judgments_per_item.astype(np.float64)[item[first]]
    rows, others = order[first], order[second]
    weight, apart = weigh(m), _distances(ratings, found)[ratings.code[rows], ratings.code[others]]
    return Comparisons(
        item=item[first], first=rows, second=others, weight=weight, distance=apart, n_items=ratings.n_items,
        value=found.value, room=float(weight @ apart / weight.sum()) / (1 - found.value),
    )  # fmt: skip


def part(
    comparisons: Comparisons, inside: Mask, *, threshold: float, among: Mask | None = None, confidence: float = 0.95,
    draws: int = 1000, seed: int | np.random.Generator = 0,
) -> Part:  # fmt: skip
    """What it would give if the comparisons inside a part were no further apart than the others.

    inside     (comparisons,) which belong to the part
    threshold  of the coefficient; its distance from the value is the shortfall
    among      (comparisons,) look at these alone, such as those that nothing else explains; all when left out
    interval   item bootstrap, chance held fixed at what all judgments give
    """
    kept = np.ones(len(inside), dtype=np.bool_) if among is None else among
    within, without = inside & kept, ~inside & kept
    items, outside = (len(np.unique(comparisons.item[mask])) for mask in (within, without))
    made = Part(items=items, comparisons=int(within.sum()), gain=None, interval=None, se=None, share=None, reason=None)
    if min(items, outside) < ITEMS_MIN:
        where, number = ("in it", items) if items < ITEMS_MIN else ("outside of it", outside)
        return replace(made, reason=f"Expected at least {ITEMS_MIN} items {where}, found {number}: too few to say.")
    sums = _sums(comparisons, within, without)
    gain = float(_gain(comparisons.room, sums.totals())[0])
    generator = np.random.default_rng(seed)
    interval, reason = bootstrap_interval(sums, confidence=confidence, draws=draws, generator=generator)
    shortfall = threshold - comparisons.value
    return replace(
        made, gain=gain, interval=interval, se=standard_error(sums), reason=reason,
        share=gain / shortfall if shortfall > TINY else None,
    )  # fmt: skip


def _weights_of(found: Agreement) -> Callable[[Floats], Floats]:
    """What a comparison counts in its coefficient, by how many judgments its item has."""
    if found.metric == "krippendorff_alpha" and found.level in {"nominal", "ordinal"}:
        return lambda m: 2 / (m - 1)
    if found.metric in METRICS:
        return lambda m: 2 / m if found.metric in {"fleiss_kappa", "scott_pi"} else 2 / (m * (m - 1))
    raise ValueError(
        f"expected krippendorff_alpha at level nominal or ordinal, or one of {', '.join(METRICS)}, "
        f"found {found.metric} {found.level or ''}"
    )


def _distances(ratings: Ratings, found: Agreement) -> Floats:
    """(categories, categories) how far two answers are apart; the furthest are 1 apart."""
    size = len(ratings.categories)
    if found.level != "ordinal":
        return 1 - np.eye(size)
    pairable = ratings.judgments_per_item[ratings.item] >= 2
    counts = np.bincount(ratings.code[pairable], minlength=size).astype(np.float64)
    ranks = mid_ranks(counts[None, :])[0]
    distance = (ranks[:, None] - ranks[None, :]) ** 2
    scaled: Floats = distance / distance.max()
    return scaled


def _pairs(item: Codes) -> tuple[Codes, Codes]:
    """Places of every two judgments of one item in a column that is sorted by item."""
    first: list[Codes] = []
    second: list[Codes] = []
    start, apart = np.arange(len(item)), 1
    while len(start := start[start + apart < len(item)]):
        start = start[item[start] == item[start + apart]]
        first.append(start)
        second.append(start + apart)
        apart += 1
    return np.concatenate([np.empty(0, np.int64), *first]), np.concatenate([np.empty(0, np.int64), *second])


def _sums(comparisons: Comparisons, within: Mask, without: Mask) -> Sums:
    """Columns: weight of all; weight and distance of the part, then beside it. Items that are alike stand together."""
    distance = comparisons.weight * comparisons.distance
    columns = [comparisons.weight]
    for mask in (within, without):
        columns += [mask * comparisons.weight, mask * distance]
    of_item = [np.bincount(comparisons.item, weights=column, minlength=comparisons.n_items) for column in columns]
    table: Floats = np.column_stack(of_item)
    table = table[table[:, 0] > 0]
    features, weights = np.unique(table, axis=0, return_counts=True)
    if is_grouped := len(features) > UNITS_MAX:
        features = in_groups(table)
        weights = np.ones(len(features), dtype=np.int64)

    def split(sums: Floats) -> tuple[Floats, Floats]:
        return _gain(comparisons.room, sums), np.zeros(len(sums))

    return Sums(features=features, weights=weights.astype(np.int64), split=split, is_grouped=is_grouped)


def _gain(room: float, sums: Floats) -> Floats:
    """(draws,) how much the coefficient would rise; NaN where a draw holds nothing of one of the two sides."""
    weight, of_part, apart_part, beside, apart_beside = sums.T
    looked_at = of_part + beside
    shape = (of_part > 0) & (beside > 0)
    now = np.divide(apart_part + apart_beside, looked_at, out=np.full(len(sums), np.nan), where=shape)
    then = np.divide(apart_beside, beside, out=np.full(len(sums), np.nan), where=shape)
    gain: Floats = looked_at / np.where(weight > 0, weight, np.nan) * (now - then) / room
    return gain


def item_gains(comparisons: Comparisons) -> Floats:
    """(items,) how much the coefficient would rise if one item's judgments were as far apart as all others'.

    NaN for an item with fewer than two judgments; 0 or less for one that is no worse than the others.
    """
    weight = np.bincount(comparisons.item, weights=comparisons.weight, minlength=comparisons.n_items)
    apart = np.bincount(
        comparisons.item, weights=comparisons.weight * comparisons.distance, minlength=comparisons.n_items
    )
    beside, apart_beside = weight.sum() - weight, apart.sum() - apart
    nothing: Floats = np.full(comparisons.n_items, np.nan)
    then = np.divide(apart_beside, beside, out=nothing, where=(weight > 0) & (beside > 0))
    gains: Floats = (apart.sum() / weight.sum() - then) / comparisons.room
    return gains
