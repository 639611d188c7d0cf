"""What a coefficient would be without one rater. Reads columns given by the caller, writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tallystick.stats.agreement.measure import How, how_of, status_of
from tallystick.stats.agreement.question import METRICS, Question, refuse_bad_question, refuse_misfits, sums_of
from tallystick.stats.agreement.result import SENTENCES, Status
from tallystick.stats.agreement.sums import Sums
from tallystick.stats.agreement.table import BadRatings, Floats, Label, Labels, Table, read_table
from tallystick.stats.agreement.uncertainty import UNITS_MIN, Spread, percentiles, value_of, values
from tallystick.stats.intervals import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutRater:
    """The coefficient without the judgments of one rater.

    n_judgments  how many judgments are left out
    value        without the rater; None when there is none, and `reason` says why
    change       value less the coefficient of all: above 0 when the others agree more among themselves
    interval     of the change: both coefficients come from the same resampled items, so what they share cancels
    """

    rater: str
    n_judgments: int
    value: float | None
    status: Status
    reason: str | None
    change: float | None
    interval: Interval | None
    interval_reason: str | None


def leave_one_rater_out(
    items: Labels,
    raters: Labels,
    given: Labels,
    question: Question,
    *,
    categories: Sequence[Label] | None = None,
    clusters: Labels | None = None,
    confidence: float = 0.95,
    seed: int | np.random.Generator = 0,
    draws: int = 1000,
    spread: Spread = map,
) -> list[WithoutRater]:
    """The coefficient without each rater, in the order of their names: one pass over the judgments for each.

    A large change points at where to look, not at whom to blame: somebody who judged the hard items changes much too.
    question  any but icc and kendall_w, which leave out whole items for a missing rater
    raises    BadRatings as `measure` does
    """
    refuse_bad_question(question, has_categories=categories is not None)
    if METRICS[question.metric].build is None:
        raise BadRatings(f"{question.metric} is not measured without a rater: choose krippendorff_alpha.")
    how = how_of(ci="bootstrap", confidence=confidence, draws=draws, seed=seed, spread=spread)
    ratings = _with_units(read_table(items, raters, given, clusters=clusters)).on(categories, question.order)
    refuse_misfits(question, ratings)
    whole = sums_of(ratings, question) if status_of(ratings) is Status.OK else None
    found = []
    for place, name in enumerate(ratings.raters):
        is_other = ratings.rater != place
        rest = ratings.of(is_other)
        status = Status.SINGLE_RATER if len(ratings.raters) <= 2 else status_of(rest)
        sentence = SENTENCES.get(status)
        made = WithoutRater(
            rater=name,
            n_judgments=int(len(is_other) - np.count_nonzero(is_other)),
            value=None,
            status=status,
            reason=sentence,
            change=None,
            interval=None,
            interval_reason=sentence,
        )
        found.append(_compared(made, whole, sums_of(rest, question), how) if status is Status.OK else made)
    return found


def _with_units(table: Table) -> Table:
    """Every item a cluster of its own, so that an item keeps its unit when judgments are left out."""
    if table.rows.cluster is not None or not table.rows.n_items:
        return table
    n_items = table.rows.n_items
    return replace(table, rows=replace(table.rows, cluster=np.arange(n_items), n_clusters=n_items))


def _compared(made: WithoutRater, whole: Sums | None, rest: Sums, how: How) -> WithoutRater:
    value = value_of(rest)
    before = None if whole is None else value_of(whole)
    if value is None:
        sentence = SENTENCES[Status.NO_VARIATION]
        return replace(made, status=Status.NO_VARIATION, reason=sentence, interval_reason=sentence)
    if whole is None or before is None:
        return replace(made, value=value, interval_reason="The coefficient of all raters has no value to compare with.")
    n = int((whole.features.any(axis=1) | rest.features.any(axis=1)).sum())
    made = replace(made, value=value, change=value - before)
    if n < UNITS_MIN:
        return replace(made, interval_reason=f"{n} items are too few to resample: at least {UNITS_MIN} are needed.")
    counts = how.resamples.counts(whole.weights)
    changes: Floats = values(rest, counts @ rest.features) - values(whole, counts @ whole.features)
    interval, reason = percentiles(changes, n, method="paired_item_bootstrap", confidence=how.confidence)
    return replace(made, interval=interval, interval_reason=reason)
