"""What can be asked of judgments: the metrics, their parameters, and whether they fit together. Reads no data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tallystick.stats.agreement import coefficients, numeric
from tallystick.stats.agreement.scale import TABLES
from tallystick.stats.agreement.sums import Sums
from tallystick.stats.agreement.table import BadRatings, Floats, Ratings

LEVELS = ("nominal", "ordinal", "interval", "ratio", "jaccard", "masi", "custom")
KAPPA_WEIGHTS = ("none", "linear", "quadratic", "custom")
AC2_WEIGHTS = ("gwet_ordinal", "linear_value", "quadratic_value", "custom")
FORMS = numeric.FORMS
TIES = ("corrected",)
CATEGORIES_MAX = 5000  # a table of distances of this side takes 200 MB

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
    "jaccard": "sets",
    "masi": "sets",
} | dict.fromkeys(FORMS, "numbers")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """Which coefficient is asked for.

    metric   a key of METRICS; `level` belongs to krippendorff_alpha, `weights` to cohen_kappa and gwet_ac2, `form`
             to icc, `ties` to kendall_w
    table    (categories, categories) for level or weights "custom", in the order of `categories`, which must then be
             given: distances for alpha (0 on the diagonal, none negative), weights of agreement for the others (1 on
             the diagonal, all between 0 and 1); symmetric
    """

    metric: str
    level: str = "nominal"
    weights: str = "none"
    form: str = "icc_A1"
    ties: str = "corrected"
    table: Sequence[Sequence[float]] | Floats | None = None

    @property
    def choice(self) -> str:
        """The one parameter that the metric takes; empty when it takes none."""
        given = {"level": self.level, "weights": self.weights, "form": self.form, "ties": self.ties}
        parameter = METRICS[self.metric].parameter
        return "" if parameter is None else given[parameter]

    @property
    def order(self) -> str:
        """What the scale must have: see `Table.on`."""
        return ORDER.get(self.choice, "none")

    @property
    def numbers(self) -> Floats | None:
        """The caller's own table as an array, None without one."""
        return None if self.table is None else np.asarray(self.table, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What a metric takes and how it is computed.

    choices     its parameter and the names it may have; a metric has at most one
    two_raters  whether it is defined for exactly two raters
    build       ratings and question to sums; None for the measures of complete numeric tables
    """

    parameter: str | None = None
    choices: tuple[str, ...] = ()
    two_raters: bool = False
    needs_pairable: bool = False
    build: Callable[[Ratings, Question], Sums] | None = None


def _plain(build: Callable[[Ratings], Sums]) -> Callable[[Ratings, Question], Sums]:
    return lambda ratings, _: build(ratings)


METRICS: dict[str, Metric] = {
    "percent_agreement": Metric(build=_plain(coefficients.percent_agreement)),
    "cohen_kappa": Metric(
        parameter="weights",
        choices=KAPPA_WEIGHTS,
        two_raters=True,
        needs_pairable=True,
        build=lambda ratings, asked: coefficients.cohen(ratings, asked.weights, asked.numbers),
    ),
    "scott_pi": Metric(two_raters=True, needs_pairable=True, build=_plain(coefficients.fleiss)),
    "conger_kappa": Metric(build=_plain(coefficients.conger)),
    "fleiss_kappa": Metric(build=_plain(coefficients.fleiss)),
    "fleiss_kappa_gwet_missing": Metric(build=_plain(coefficients.fleiss_gwet_missing)),
    "brennan_prediger": Metric(build=_plain(coefficients.brennan_prediger)),
    "gwet_ac1": Metric(build=lambda ratings, _: coefficients.gwet(ratings, "none")),
    "gwet_ac2": Metric(
        parameter="weights",
        choices=AC2_WEIGHTS,
        build=lambda ratings, asked: coefficients.gwet(ratings, asked.weights, asked.numbers),
    ),
    "krippendorff_alpha": Metric(
        parameter="level",
        choices=LEVELS,
        needs_pairable=True,
        build=lambda ratings, asked: coefficients.krippendorff(ratings, asked.level, asked.numbers),
    ),
    "icc": Metric(parameter="form", choices=FORMS),
    "kendall_w": Metric(parameter="ties", choices=TIES),
}


def refuse_bad_question(asked: Question, *, has_categories: bool) -> None:
    """Raise BadRatings for a metric or a parameter that does not exist, or for parameters that do not fit."""
    spec = METRICS.get(asked.metric)
    if spec is None:
        raise BadRatings(f"Unknown metric {asked.metric!r}: choose one of {', '.join(METRICS)}.")
    for name, found, default in (("level", asked.level, "nominal"), ("weights", asked.weights, "none")):
        if name != spec.parameter and found != default:
            raise BadRatings(
                f"{asked.metric} takes no {name}, found {name} {found!r}: leave it out or choose {_metrics_with(name)}."
            )
    if spec.parameter is not None and asked.choice not in spec.choices:
        raise BadRatings(
            f"{asked.metric} has no {spec.parameter} {asked.choice!r}: choose one of {', '.join(spec.choices)}."
        )
    if (asked.choice == "custom") != (asked.table is not None):
        raise BadRatings(
            f'A table goes with {spec.parameter or "level"} "custom" and only with it; found'
            f" {asked.choice or asked.metric!r} and {'a' if asked.table is not None else 'no'} table."
        )
    if asked.table is not None and not has_categories:
        raise BadRatings("A table of distances or weights needs the categories, in the order of its rows: give them.")


def refuse_misfits(asked: Question, ratings: Ratings) -> None:
    """Raise BadRatings for judgments that the metric is not defined for."""
    n_raters = len(ratings.raters)
    if METRICS[asked.metric].two_raters and n_raters > 2:
        raise BadRatings(
            f"{asked.metric} compares exactly two raters, found {n_raters}: choose conger_kappa,"
            " fleiss_kappa or krippendorff_alpha, or measure each pair of raters by itself."
        )
    size = len(ratings.categories)
    choice = asked.choice
    is_numeric = asked.metric in {"icc", "kendall_w"} or choice in {"ordinal", "interval"}
    if size > CATEGORIES_MAX and not is_numeric:
        raise BadRatings(
            f"Found {size} different values; {asked.metric} compares at most {CATEGORIES_MAX}: choose"
            " krippendorff_alpha at level interval, or round the values."
        )
    if choice == "ratio" and ratings.numbers is not None and bool((ratings.numbers < 0).any()):
        raise BadRatings(
            f"Level ratio needs values of 0 or more, found {ratings.numbers.min()}: choose level interval."
        )
    if asked.numbers is not None:
        TABLES[asked.metric](asked.numbers, size)


def sums_of(ratings: Ratings, asked: Question) -> Sums:
    """The coefficient as a function of sums; not for icc and kendall_w, which are none."""
    spec = METRICS[asked.metric]
    assert spec.build is not None
    return spec.build(ratings.pairable if spec.needs_pairable else ratings, asked)


def _metrics_with(parameter: str) -> str:
    return " or ".join(name for name, spec in METRICS.items() if spec.parameter == parameter)
