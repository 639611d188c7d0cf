"""From a table of judgments to coefficients: check, decide whether each exists, compute.

Reads columns given by the caller, writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tallystick.stats.agreement import coefficients, numeric
from tallystick.stats.agreement.question import METRICS, Question, refuse_bad_question, refuse_misfits, sums_of
from tallystick.stats.agreement.result import (
    SENTENCES,
    Agreement,
    CategoryShare,
    Paradox,
    Status,
    TwoRaters,
    paradox_of,
)
from tallystick.stats.agreement.sums import Sums
from tallystick.stats.agreement.table import (
    BadRatings,
    Floats,
    Label,
    Labels,
    Ratings,
    read_table,
)
from tallystick.stats.agreement.uncertainty import (
    TINY,
    UNITS_MIN,
    Limits,
    Resamples,
    Spread,
    interval_by,
    jackknife_error,
    log_interval,
    percent_interval,
    perfect_interval,
    seed_number,
    standard_error,
    too_few,
)

INTERVALS = ("bootstrap", "analytic", "jackknife")
SHOWN_MAX = 100  # categories whose shares are listed


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How an interval is found: by which way, how sure, and by which resamples."""

    ci: str
    confidence: float
    resamples: Resamples


def measure(
    items: Labels,
    raters: Labels,
    values: Labels,
    *,
    metric: str,
    level: str = "nominal",
    weights: str = "none",
    form: str = "icc_A1",
    ties: str = "corrected",
    table: Sequence[Sequence[float]] | Floats | None = None,
    categories: Sequence[Label] | None = None,
    clusters: Labels | None = None,
    confidence: float = 0.95,
    ci: str = "bootstrap",
    seed: int | np.random.Generator = 0,
    draws: int = 1000,
    spread: Spread = map,
) -> Agreement:
    """One coefficient for judgments in long form: row j says that raters[j] gave items[j] values[j].

    values      None or NaN is a missing judgment
    metric      a key of METRICS; `level`, `weights`, `form`, `ties` and `table` as in `Question`
    categories  the whole scale, from lowest to highest; without it the scale is what was observed,
                and a category that nobody used is not counted (this changes AC1, AC2,
                Brennan-Prediger and weighted kappa)
    clusters    of each row, what its item belongs to, such as a conversation: clusters are then what is
                sampled, and errors and intervals are theirs
    ci          how the interval is found: "bootstrap", "analytic" or "jackknife"
    seed        of the bootstrap: the same judgments in any order give the same interval
    spread      what runs the blocks of resamples: the built-in map, or that of a pool of threads
    raises      BadRatings when the metric, a parameter or the judgments make no sense
    """
    asked = Question(metric=metric, level=level, weights=weights, form=form, ties=ties, table=table)
    return measure_many(
        items,
        raters,
        values,
        [asked],
        categories=categories,
        clusters=clusters,
        confidence=confidence,
        ci=ci,
        seed=seed,
        draws=draws,
        spread=spread,
    )[0]


def measure_many(
    items: Labels,
    raters: Labels,
    values: Labels,
    questions: Sequence[Question],
    *,
    categories: Sequence[Label] | None = None,
    clusters: Labels | None = None,
    confidence: float = 0.95,
    ci: str = "bootstrap",
    seed: int | np.random.Generator = 0,
    draws: int = 1000,
    spread: Spread = map,
) -> list[Agreement]:
    """Several coefficients of the same judgments, each as `measure` gives it, with the columns coded once.

    The judgments are read, checked and counted once, and the resamples are drawn once: ten questions about ten
    million judgments take hardly longer than one.
    """
    for asked in questions:
        refuse_bad_question(asked, has_categories=categories is not None)
    how = how_of(ci=ci, confidence=confidence, draws=draws, seed=seed, spread=spread)
    table = read_table(items, raters, values, clusters=clusters)
    scales: dict[str, Ratings] = {}
    facts: dict[str, Facts] = {}
    found = []
    for asked in questions:
        order = asked.order
        if order not in scales:
            scales[order] = table.on(categories, order)
        refuse_misfits(asked, scales[order])
        if order not in facts:
            facts[order] = _facts(scales[order])
        found.append(_answer(asked, scales[order], facts[order], how))
    return found


def how_of(*, ci: str, confidence: float, draws: int, seed: int | np.random.Generator, spread: Spread = map) -> How:
    """The way to an interval. Raises BadRatings for one that does not exist."""
    if draws < 100:
        raise BadRatings(f"An interval needs at least 100 resamples, found draws={draws}.")
    if not 0 < confidence < 1:
        raise BadRatings(f"A confidence lies between 0 and 1, such as 0.95; found {confidence}.")
    if ci not in INTERVALS:
        raise BadRatings(f"There is no interval {ci!r}: choose one of {', '.join(INTERVALS)}.")
    resamples = Resamples(draws=draws, seed=seed_number(seed), spread=spread)
    return How(ci=ci, confidence=confidence, resamples=resamples)


def _answer(asked: Question, ratings: Ratings, facts: "Facts", how: How) -> Agreement:
    described = _describe(asked, ratings, facts)
    if described.status is not Status.OK:
        return described
    if METRICS[asked.metric].build is None:
        return _measure_numbers(described, ratings, asked.choice, how)
    return _measure_sums(described, sums_of(ratings, asked).without_empty(), how)


def _undefined(described: Agreement, status: Status) -> Agreement:
    """The same description with no value and the reason why."""
    reason = SENTENCES[status]
    return replace(described, status=status, reason=reason, interval_reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What stands beside every coefficient of the same judgments."""

    prevalence: tuple[CategoryShare, ...]
    percent_agreement: float | None
    paradox: Paradox | None
    two_raters: TwoRaters | None
    notes: tuple[str, ...]


def _facts(ratings: Ratings) -> Facts:
    counts = ratings.category_counts
    total = max(1, ratings.n_judgments)
    listed = np.argsort(-counts, kind="stable")[:SHOWN_MAX] if len(counts) > SHOWN_MAX else None
    places = range(len(counts)) if listed is None else sorted(listed.tolist())
    prevalence = tuple(
        CategoryShare(
            category=ratings.categories[place],
            count=int(counts[place]),
            share=float(counts[place]) / total,
        )
        for place in places
    )
    notes = () if listed is None else (f"Shares are listed for the {SHOWN_MAX} commonest of {len(counts)} values.",)
    pairable = ratings.pairable
    percent, paradox, two_raters = None, None, None
    if pairable.n_items and len(counts) > SHOWN_MAX:
        percent = _percent_of_many(pairable)
    elif pairable.n_items:
        percent, paradox = _paradox(ratings, pairable, prevalence)
        two_raters = _two_raters(pairable) if len(ratings.raters) == 2 else None
    return Facts(prevalence=prevalence, percent_agreement=percent, paradox=paradox, two_raters=two_raters, notes=notes)


def _percent_of_many(pairable: Ratings) -> float:
    """Percent agreement where a table of items by categories would not fit."""
    size = len(pairable.categories)
    cells = np.unique(pairable.item * size + pairable.code, return_counts=True)
    agreeing = np.bincount(cells[0] // size, weights=cells[1] * (cells[1] - 1.0))
    m = pairable.judgments_per_item
    return float((agreeing / (m * (m - 1))).mean())


def _paradox(
    ratings: Ratings, pairable: Ratings, prevalence: tuple[CategoryShare, ...]
) -> tuple[float, Paradox | None]:
    """Percent agreement, and the prevalence paradox where answers vary."""
    ac1 = coefficients.gwet(ratings, "none")
    observed, chance = (float(part[0]) for part in ac1.split(ac1.totals()))
    if pairable.is_constant or pairable.n_items < 2:
        return observed, None
    alpha = coefficients.krippendorff(pairable, "nominal")
    within, between = (float(part[0]) for part in alpha.split(alpha.totals()))
    top = max(prevalence, key=lambda one: one.count)
    return observed, paradox_of(1 - (1 - observed) / (1 - chance), 1 - (1 - within) / (1 - between), top)


def _two_raters(pairable: Ratings) -> TwoRaters:
    shares = coefficients.two_rater_counts(pairable) / pairable.n_items
    first, second = shares.sum(axis=1), shares.sum(axis=0)
    chance = float(first @ second)
    room = 1 - chance
    kappa_max = (float(np.minimum(first, second).sum()) - chance) / room if room > TINY else None
    if len(shares) != 2:
        return TwoRaters(kappa_max=kappa_max, prevalence_index=None, bias_index=None, pabak=None)
    return TwoRaters(
        kappa_max=kappa_max,
        prevalence_index=float(shares[0, 0] - shares[1, 1]),
        bias_index=float(shares[0, 1] - shares[1, 0]),
        pabak=float(2 * np.trace(shares) - 1),
    )


def _describe(asked: Question, ratings: Ratings, facts: Facts) -> Agreement:
    """All but the value and its interval; the status says whether there can be a value."""
    pairable = ratings.pairable
    chosen = {METRICS[asked.metric].parameter: asked.choice}
    described = Agreement(
        metric=asked.metric,
        level=chosen.get("level"),
        weights=chosen.get("weights"),
        form=chosen.get("form"),
        ties=chosen.get("ties"),
        value=None,
        status=Status.OK,
        reason=None,
        interval=None,
        interval_reason=None,
        se=None,
        n_items=ratings.n_items,
        n_pairable=pairable.n_items,
        n_raters=len(ratings.raters),
        n_judgments=ratings.n_judgments,
        observed_agreement=None,
        chance_agreement=None,
        percent_agreement=facts.percent_agreement,
        prevalence=facts.prevalence,
        paradox=facts.paradox,
        two_raters=facts.two_raters,
        notes=facts.notes,
    )
    status = status_of(ratings)
    if asked.metric == "percent_agreement" and pairable.n_items and len(ratings.raters) > 1:
        status = Status.OK
    if status is Status.OK:
        return described
    return _undefined(replace(described, paradox=None), status)


def status_of(ratings: Ratings) -> Status:
    """Whether these judgments can have agreement beyond chance."""
    pairable = ratings.pairable
    if not ratings.n_items:
        return Status.TOO_FEW_ITEMS
    if len(ratings.raters) < 2:
        return Status.SINGLE_RATER
    if not pairable.n_items:
        return Status.NO_OVERLAP
    if pairable.n_items < 2:
        return Status.TOO_FEW_ITEMS
    return Status.NO_VARIATION if pairable.is_constant else Status.OK


def _measure_sums(described: Agreement, sums: Sums, how: How) -> Agreement:
    observed, chance = (float(part[0]) for part in sums.split(sums.totals()))
    if not 1 - chance > TINY:
        return _undefined(described, Status.NO_VARIATION)
    value = 1 - (1 - observed) / (1 - chance)
    is_percent = described.metric == "percent_agreement"
    error = error_of(sums, how, is_sample=described.metric != "cohen_kappa")
    units = int(sums.weights.sum()) if sums.is_clustered else described.n_pairable
    if is_percent:
        wilson = percent_interval(value, error, units, described.n_judgments, confidence=how.confidence)
        limits: Limits = wilson, None
    else:
        limits = limits_of(sums, (observed, chance), error, how, n_items=units)
    is_scaled = described.level in {None, "nominal"}
    return replace(
        described,
        value=value,
        interval=limits[0],
        interval_reason=limits[1],
        se=error,
        observed_agreement=observed if is_scaled else None,
        chance_agreement=chance if is_scaled and not is_percent else None,
    )


def error_of(sums: Sums, how: How, *, is_sample: bool = True) -> float | None:
    """The standard error: over all but one unit when a jackknife is asked for, else by the delta method."""
    if how.ci == "jackknife":
        return jackknife_error(sums)
    return standard_error(sums, is_sample=is_sample)


def limits_of(sums: Sums, parts: tuple[float, float], error: float | None, how: How, *, n_items: int) -> Limits:
    """The interval of a coefficient whose observed and chance agreement are `parts`."""
    observed, chance = parts
    if 1 - observed <= TINY:
        if sums.is_count:
            return perfect_interval(chance, n_items, confidence=how.confidence), None
        return None, "The raters agree on everything, so resampling would show no doubt at all."
    if how.ci == "bootstrap":
        return interval_by(sums, how.resamples, confidence=how.confidence)
    units = int(sums.weights.sum())
    if units < UNITS_MIN:
        return None, too_few(sums)
    if error is None:
        return None, "The coefficient has no standard error here, so no interval follows: choose the bootstrap."
    method = "jackknife_log" if how.ci == "jackknife" else "delta_log"
    value = 1 - (1 - observed) / (1 - chance)
    return log_interval(value, error, units, method=method, confidence=how.confidence), None


def _measure_numbers(described: Agreement, ratings: Ratings, choice: str, how: How) -> Agreement:
    """ICC and Kendall's W, over the items that every rater judged."""
    complete = numeric.complete(ratings)
    codes = numeric.complete_codes(complete)
    left_out = ratings.n_items - len(codes)
    if left_out:
        note = f"{left_out} of {ratings.n_items} items are left out: a rater did not judge them."
        described = replace(described, notes=(*described.notes, note))
    described = replace(described, n_pairable=len(codes))
    if len(codes) < 2:
        return _undefined(described, Status.TOO_FEW_ITEMS if len(codes) else Status.NO_OVERLAP)
    if described.metric == "kendall_w":
        w = numeric.kendall_w(codes)
        if w is None:
            return _undefined(described, Status.NO_VARIATION)
        reason = "No interval is computed for Kendall's W."
        return replace(described, value=w, interval_reason=reason)
    numbers: Floats | None = ratings.numbers
    assert numbers is not None
    squares = numeric.mean_squares(numbers[codes])
    value = numeric.icc(squares, choice)
    if value is None:
        return _undefined(described, Status.NO_VARIATION)
    if how.ci == "analytic":
        limits = _f_limits(ratings, squares, choice, how)
        return replace(described, value=value, interval=limits[0], interval_reason=limits[1])
    sums = numeric.icc_sums(complete, choice)
    error = error_of(sums, how)
    limits = limits_of(sums, (value, 0.0), error, how, n_items=len(codes))
    return replace(described, value=value, se=error, interval=limits[0], interval_reason=limits[1])


def _f_limits(ratings: Ratings, squares: numeric.MeanSquares, form: str, how: How) -> Limits:
    if ratings.cluster is not None:
        return None, "The F limits take items to be independent, and these stand in clusters: choose the bootstrap."
    return numeric.icc_interval(squares, form, confidence=how.confidence)
