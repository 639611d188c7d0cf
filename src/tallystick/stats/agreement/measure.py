"""From a table of judgments to one coefficient: check, decide whether it exists, compute.

Reads columns given by the caller, writes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tallystick.stats.agreement import coefficients, numeric
from tallystick.stats.agreement.result import (
    SENTENCES,
    Agreement,
    CategoryShare,
    Status,
    paradox_of,
)
from tallystick.stats.agreement.sums import Sums
from tallystick.stats.agreement.table import (
    BadRatings,
    Floats,
    Label,
    Labels,
    Ratings,
    read_ratings,
)
from tallystick.stats.agreement.uncertainty import (
    TINY,
    bootstrap_interval,
    percent_interval,
    perfect_interval,
    standard_error,
)
from tallystick.stats.intervals import Interval

LEVELS = ("nominal", "ordinal", "interval", "ratio")
KAPPA_WEIGHTS = ("none", "linear", "quadratic")
AC2_WEIGHTS = ("gwet_ordinal", "linear_value", "quadratic_value")
FORMS = numeric.FORMS
TIES = ("corrected",)
CATEGORIES_MAX = 5000  # a table of distances of this side takes 200 MB
SHOWN_MAX = 100  # categories whose shares are listed

ORDER = {
    "ordinal": "ranked",
    "linear": "ranked",
    "quadratic": "ranked",
    "gwet_ordinal": "ranked",
    "corrected": "ranked",
    "interval": "numbers",
    "ratio": "numbers",
    "linear_value": "numbers",
    "quadratic_value": "numbers",
} | dict.fromkeys(FORMS, "numbers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What a metric takes and how it is computed.

    choices     its parameter and the names it may have; a metric has at most one
    two_raters  whether it is defined for exactly two raters
    build       (ratings, choice) to sums; None for the measures of complete numeric tables
    """

    parameter: str | None = None
    choices: tuple[str, ...] = ()
    two_raters: bool = False
    needs_pairable: bool = False
    build: Callable[[Ratings, str], Sums] | None = None


def _plain(build: Callable[[Ratings], Sums]) -> Callable[[Ratings, str], Sums]:
    return lambda ratings, _: build(ratings)


METRICS: dict[str, Metric] = {
    "percent_agreement": Metric(build=_plain(coefficients.percent_agreement)),
    "cohen_kappa": Metric(
        parameter="weights",
        choices=KAPPA_WEIGHTS,
        two_raters=True,
        needs_pairable=True,
        build=coefficients.cohen,
    ),
    "scott_pi": Metric(two_raters=True, needs_pairable=True, build=_plain(coefficients.fleiss)),
    "conger_kappa": Metric(build=_plain(coefficients.conger)),
    "fleiss_kappa": Metric(build=_plain(coefficients.fleiss)),
    "fleiss_kappa_gwet_missing": Metric(build=_plain(coefficients.fleiss_gwet_missing)),
    "brennan_prediger": Metric(build=_plain(coefficients.brennan_prediger)),
    "gwet_ac1": Metric(build=lambda ratings, _: coefficients.gwet(ratings, "none")),
    "gwet_ac2": Metric(parameter="weights", choices=AC2_WEIGHTS, build=coefficients.gwet),
    "krippendorff_alpha": Metric(
        parameter="level", choices=LEVELS, needs_pairable=True, build=coefficients.krippendorff
    ),
    "icc": Metric(parameter="form", choices=FORMS),
    "kendall_w": Metric(parameter="ties", choices=TIES),
}


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
    categories: Sequence[Label] | None = None,
    confidence: float = 0.95,
    seed: int | np.random.Generator = 0,
    draws: int = 1000,
) -> Agreement:
    """One coefficient for judgments in long form: row j says that raters[j] gave items[j] values[j].

    values      None or NaN is a missing judgment
    metric      a key of METRICS; `level` belongs to krippendorff_alpha, `weights` to cohen_kappa and
                gwet_ac2, `form` to icc, `ties` to kendall_w
    categories  the whole scale, from lowest to highest; without it the scale is what was observed,
                and a category that nobody used is not counted (this changes AC1, AC2,
                Brennan-Prediger and weighted kappa)
    seed        of the item bootstrap: the same judgments in any order give the same interval
    raises      BadRatings when the metric, a parameter or the judgments make no sense
    """
    given = {"level": level, "weights": weights, "form": form, "ties": ties}
    choice = _choice(metric, given)
    if draws < 100:
        raise BadRatings(f"An interval needs at least 100 resamples, found draws={draws}.")
    if not 0 < confidence < 1:
        raise BadRatings(f"A confidence lies between 0 and 1, such as 0.95; found {confidence}.")
    spec = METRICS[metric]
    order = ORDER.get(choice, "none")
    ratings = read_ratings(items, raters, values, categories=categories, order=order)
    _refuse_misfits(metric, choice, ratings)
    pairable = ratings.pairable()
    described = _describe(metric, ratings, pairable)
    described = _name_parameter(described, spec.parameter, choice)
    if described.status is not Status.OK:
        return described
    if spec.build is None:
        return _measure_numbers(described, ratings, choice, confidence)
    sums = spec.build(pairable if spec.needs_pairable else ratings, choice)
    generator = np.random.default_rng(seed)
    return _measure_sums(described, sums, confidence=confidence, draws=draws, generator=generator)


def _name_parameter(described: Agreement, parameter: str | None, choice: str) -> Agreement:
    chosen = {parameter: choice}
    return replace(
        described,
        level=chosen.get("level"),
        weights=chosen.get("weights"),
        form=chosen.get("form"),
        ties=chosen.get("ties"),
    )


def _undefined(described: Agreement, status: Status) -> Agreement:
    """The same description with no value and the reason why."""
    reason = SENTENCES[status]
    return replace(described, status=status, reason=reason, interval_reason=reason)


def _choice(metric: str, given: dict[str, str]) -> str:
    """The one parameter that the metric takes; the others must be left at their defaults."""
    spec = METRICS.get(metric)
    if spec is None:
        raise BadRatings(f"Unknown metric {metric!r}: choose one of {', '.join(METRICS)}.")
    for name, default in (("level", "nominal"), ("weights", "none")):
        if name != spec.parameter and given[name] != default:
            raise BadRatings(
                f"{metric} takes no {name}, found {name} {given[name]!r}: leave it out or choose {_metrics_with(name)}."
            )
    if spec.parameter is None:
        return ""
    choice = given[spec.parameter]
    if choice not in spec.choices:
        raise BadRatings(f"{metric} has no {spec.parameter} {choice!r}: choose one of {', '.join(spec.choices)}.")
    return choice


def _metrics_with(parameter: str) -> str:
    return " or ".join(name for name, spec in METRICS.items() if spec.parameter == parameter)


def _refuse_misfits(metric: str, choice: str, ratings: Ratings) -> None:
    n_raters = len(ratings.raters)
    if METRICS[metric].two_raters and n_raters > 2:
        raise BadRatings(
            f"{metric} compares exactly two raters, found {n_raters}: choose conger_kappa,"
            " fleiss_kappa or krippendorff_alpha, or measure each pair of raters by itself."
        )
    size = len(ratings.categories)
    is_numeric = metric in {"icc", "kendall_w"} or choice in {"ordinal", "interval"}
    if size > CATEGORIES_MAX and not is_numeric:
        raise BadRatings(
            f"Found {size} different values; {metric} compares at most {CATEGORIES_MAX}: choose"
            " krippendorff_alpha at level interval, or round the values."
        )
    if choice == "ratio" and ratings.numbers is not None and bool((ratings.numbers < 0).any()):
        raise BadRatings(
            f"Level ratio needs values of 0 or more, found {ratings.numbers.min()}: choose level interval."
        )


def _describe(metric: str, ratings: Ratings, pairable: Ratings) -> Agreement:
    """All but the value and its interval; the status says whether there can be a value."""
    counts = ratings.category_counts()
    total = max(1, len(ratings.code))
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
    described = Agreement(
        metric=metric,
        level=None,
        weights=None,
        form=None,
        ties=None,
        value=None,
        status=Status.OK,
        reason=None,
        interval=None,
        interval_reason=None,
        se=None,
        n_items=ratings.n_items,
        n_pairable=pairable.n_items,
        n_raters=len(ratings.raters),
        n_judgments=len(ratings.code),
        observed_agreement=None,
        chance_agreement=None,
        percent_agreement=None,
        prevalence=prevalence,
        paradox=None,
        notes=notes,
    )
    status = _status(metric, ratings, pairable)
    described = described if status is Status.OK else _undefined(described, status)
    return _diagnose(described, ratings, pairable) if pairable.n_items else described


def _status(metric: str, ratings: Ratings, pairable: Ratings) -> Status:
    if not ratings.n_items:
        return Status.TOO_FEW_ITEMS
    if len(ratings.raters) < 2:
        return Status.SINGLE_RATER
    if not pairable.n_items:
        return Status.NO_OVERLAP
    if metric == "percent_agreement":
        return Status.OK
    if pairable.n_items < 2:
        return Status.TOO_FEW_ITEMS
    is_constant = int(pairable.code.min()) == int(pairable.code.max())
    return Status.NO_VARIATION if is_constant else Status.OK


def _diagnose(described: Agreement, ratings: Ratings, pairable: Ratings) -> Agreement:
    """Percent agreement always; the prevalence paradox where categories are few enough to matter."""
    size = len(ratings.categories)
    if size > SHOWN_MAX:
        cells = np.unique(pairable.item * size + pairable.code, return_counts=True)
        agreeing = np.bincount(cells[0] // size, weights=cells[1] * (cells[1] - 1.0))
        m = pairable.judgments_per_item
        return replace(described, percent_agreement=float((agreeing / (m * (m - 1))).mean()))
    ac1 = coefficients.gwet(ratings, "none")
    totals = ac1.totals()
    observed, chance = (float(part[0]) for part in ac1.split(totals))
    described = replace(described, percent_agreement=observed)
    if int(pairable.code.min()) == int(pairable.code.max()) or described.status is not Status.OK:
        return described
    alpha = coefficients.krippendorff(pairable, "nominal")
    within, between = (float(part[0]) for part in alpha.split(alpha.totals()))
    top = max(described.prevalence, key=lambda one: one.count)
    paradox = paradox_of(1 - (1 - observed) / (1 - chance), 1 - (1 - within) / (1 - between), top)
    return replace(described, paradox=paradox)


def _measure_sums(
    described: Agreement,
    sums: Sums,
    *,
    confidence: float,
    draws: int,
    generator: np.random.Generator,
) -> Agreement:
    observed, chance = (float(part[0]) for part in sums.split(sums.totals()))
    if not 1 - chance > TINY:
        return _undefined(described, Status.NO_VARIATION)
    value = 1 - (1 - observed) / (1 - chance)
    is_percent = described.metric == "percent_agreement"
    error = standard_error(sums, is_sample=described.metric != "cohen_kappa")
    interval: Interval | None = None
    reason: str | None = None
    if is_percent:
        interval = percent_interval(
            value,
            error,
            described.n_pairable,
            described.n_judgments,
            confidence=confidence,
        )
    elif 1 - observed > TINY:
        interval, reason = bootstrap_interval(sums, confidence=confidence, draws=draws, generator=generator)
    elif sums.is_count:
        interval = perfect_interval(chance, described.n_pairable, confidence=confidence)
    else:
        reason = "The raters agree on everything, so resampling would show no doubt at all."
    is_scaled = described.level in {None, "nominal"}
    return replace(
        described,
        value=value,
        interval=interval,
        interval_reason=reason,
        se=error,
        observed_agreement=observed if is_scaled else None,
        chance_agreement=chance if is_scaled and not is_percent else None,
    )


def _measure_numbers(described: Agreement, ratings: Ratings, choice: str, confidence: float) -> Agreement:
    """ICC and Kendall's W, over the items that every rater judged."""
    codes = numeric.complete_codes(ratings)
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
    interval, reason_none = numeric.icc_interval(squares, choice, confidence=confidence)
    return replace(described, value=value, interval=interval, interval_reason=reason_none)
