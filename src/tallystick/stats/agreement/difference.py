"""How much a coefficient changed when the same items were judged again. Reads columns, writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tallystick.stats.agreement.columns import dense
from tallystick.stats.agreement.measure import how_of, status_of
from tallystick.stats.agreement.question import METRICS, Question, refuse_bad_question, refuse_misfits, sums_of
from tallystick.stats.agreement.result import SENTENCES, Status
from tallystick.stats.agreement.rows import Flags
from tallystick.stats.agreement.table import BadRatings, Floats, Label, Ratings, read_table
from tallystick.stats.agreement.uncertainty import UNITS_MIN, percentiles, value_of, values
from tallystick.stats.intervals import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Long:
    """Judgments in long form, one row each; `clusters` says what an item belongs to, where that is what is sampled."""

    items: Sequence[str]
    raters: Sequence[str]
    values: Sequence[Label]
    clusters: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A coefficient before and after, and what lies between.

    before, after  None where it has no value
    difference     after less before; None when either has no value, and `reason` says which
    interval       of the difference: both come from the same resampled items, so what they share cancels
    units          items, or clusters of them, that have judgments before or after
    """

    before: float | None
    after: float | None
    difference: float | None
    interval: Interval | None
    units: int
    reason: str | None


def difference(
    before: Long,
    after: Long,
    question: Question,
    *,
    categories: Sequence[Label] | None = None,
    confidence: float = 0.95,
    seed: int = 0,
    draws: int = 1000,
) -> Difference:
    """What changed between two sets of judgments of the same items, of which many may be in both.

    An item that only one of them has stays in the sample: it adds nothing to the other. The two coefficients are
    measured on one resample of items at a time, as for a paired sample, whoever judged and however often.
    question  any but icc and kendall_w
    raises    BadRatings as `measure` does, for either set
    """
    refuse_bad_question(question, has_categories=categories is not None)
    if METRICS[question.metric].build is None:
        raise BadRatings(f"{question.metric} is not compared before and after: choose krippendorff_alpha.")
    how = how_of(ci="bootstrap", confidence=confidence, draws=draws, seed=seed)
    whole, is_before = _joined(before, after, question, categories)
    halves = [_half(whole, is_before), _half(whole, ~is_before)]
    for half in halves:
        refuse_misfits(question, half)
    sums = [sums_of(half, question) if status_of(half) is Status.OK else None for half in halves]
    found = [None if one is None else value_of(one) for one in sums]
    described = Difference(
        before=found[0], after=found[1], difference=None, interval=None, units=whole.n_clusters, reason=None
    )
    for half, value, when in zip(halves, found, ("before", "after"), strict=True):
        if value is None:
            status = status_of(half)
            sentence = SENTENCES[Status.NO_VARIATION if status is Status.OK else status]
            return replace(described, reason=f"There is no value {when}: {sentence}")
    assert sums[0] is not None, "a value has sums"
    assert sums[1] is not None, "a value has sums"
    assert found[0] is not None, "a missing value was told"
    assert found[1] is not None, "a missing value was told"
    described = replace(described, difference=found[1] - found[0])
    units = int((sums[0].features.any(axis=1) | sums[1].features.any(axis=1)).sum())
    if units < UNITS_MIN:
        return replace(described, reason=f"{units} items are too few to resample: at least {UNITS_MIN} are needed.")
    counts = how.resamples.counts(sums[0].weights)
    changes: Floats = values(sums[1], counts @ sums[1].features) - values(sums[0], counts @ sums[0].features)
    interval, reason = percentiles(changes, units, method="paired_item_bootstrap", confidence=confidence)
    return replace(described, interval=interval, reason=reason)


def _joined(before: Long, after: Long, question: Question, categories: Sequence[Label] | None) -> tuple[Ratings, Flags]:
    """Both sets as one table, in which an item has the same unit in both; and which rows are of the first."""
    items = [*before.items, *after.items]
    # A rater who judged an item in both stands there twice: the two sets have raters of their own.
    raters = [*(f"0|{rater}" for rater in before.raters), *(f"1|{rater}" for rater in after.raters)]
    given = [*before.values, *after.values]
    units = [*_units(before), *_units(after)]
    table = read_table(items, raters, given, clusters=units)
    is_before = np.arange(len(items)) < len(before.items)
    return table.on(categories, question.order), is_before if table.kept is None else is_before[table.kept]


def _units(long: Long) -> Sequence[str]:
    return long.items if long.clusters is None else long.clusters


def _half(whole: Ratings, keep: Flags) -> Ratings:
    """One set by itself, with none but its own raters: some coefficients count them."""
    part = whole.of(keep)
    rater, n_raters = dense(part.rater)
    names = tuple(whole.raters[place] for place in np.unique(part.rater).tolist())
    return replace(part, rows=replace(part.rows, rater=rater, n_raters=n_raters), raters=names)
