"""What a measurement answers: a value or the reason why there is none. Reads and writes nothing."""

from dataclasses import dataclass
from enum import StrEnum

from tallystick.stats.intervals import Interval

GAP_MIN = 0.2  # AC1 minus alpha from which the two tell different stories
TOP_SHARE_MIN = 0.8  # share of the commonest answer from which that is the likely cause


class Status(StrEnum):
    """Whether a value exists. A value that does not exist is never shown as 0 or 1."""

    OK = "ok"
    NO_VARIATION = "no_variation"  # every answer that could be compared is the same
    NO_OVERLAP = "no_overlap"  # several raters, but no item has two answers
    SINGLE_RATER = "single_rater"
    TOO_FEW_ITEMS = "too_few_items"  # nothing at all, or one item: chance cannot be estimated
    DISCONNECTED = "disconnected"  # candidates of a ranking that no chain of comparisons joins
    SEPARATED = "separated"  # some candidates always beat the others: their strengths have no finite estimate
    COLLINEAR = "collinear"  # a feature is a combination of others: its own effect cannot be told from theirs
    UNSETTLED = "unsettled"  # a fit did not come to rest


SENTENCES = {
    Status.NO_VARIATION: (
        "Every answer that could be compared is the same, so agreement beyond chance cannot be"
        " told from a question that has only one answer. Add items that should be answered"
        " differently."
    ),
    Status.NO_OVERLAP: (
        "No item was answered by two raters, so nothing could be compared. Have the same items"
        " answered by at least two raters."
    ),
    Status.SINGLE_RATER: (
        "All answers come from one rater, so nothing could be compared. Have a second rater answer the same items."
    ),
    Status.TOO_FEW_ITEMS: (
        "Fewer than two items have two answers, so chance agreement cannot be estimated. Have more"
        " items answered by at least two raters."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryShare:
    """How often one category was chosen, over all judgments that were counted."""

    category: str
    count: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Paradox:
    """Whether a lopsided question makes chance-corrected numbers look worse than the agreement is.

    Feinstein and Cicchetti (1990), "High agreement but low kappa", J Clin Epidemiol 43, 543-549:
    when nearly all answers are the same, a few disagreements push kappa and alpha towards 0.
    """

    gwet_ac1: float
    krippendorff_alpha: float  # nominal
    gap: float  # AC1 minus alpha
    top_category: str
    top_share: float
    is_flagged: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoRaters:
    """What the answers of two raters, taken by themselves, leave room for.

    kappa_max           the largest Cohen's kappa that the two raters' own shares allow: (sum_k min(p_k., p_.k) - c) /
                        (1 - c), c the chance agreement. Cohen (1960), Educational and Psychological Measurement 20.
                        None when chance agreement is complete
    prevalence_index    for two categories: share of both first less share of both second, from -1 to 1
    bias_index          for two categories: share of first and second less share of second and first
    pabak               2 observed - 1 for two categories: kappa if there were neither prevalence nor bias. With the two
                        indices PI and BI, kappa = (PABAK - PI^2 + BI^2) / (1 - PI^2 + BI^2)
    source              Byrt, Bishop and Carlin (1993), J Clin Epidemiol 46, 423-429
    """

    kappa_max: float | None
    prevalence_index: float | None
    bias_index: float | None
    pabak: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One coefficient for one table of judgments, with all that is needed to judge it.

    value                None when `status` is not ok; `reason` then says why in a sentence
    interval             None when none can be given; `interval_reason` then says why
    se                   standard error over items; None when not known
    n_items              items with at least one judgment
    n_pairable           items that entered the comparison: two judgments or more
    observed_agreement   the coefficient's own, weighted where it is weighted; None where the
                         coefficient compares distances that have no upper end
    chance_agreement     the same, as expected by chance
    percent_agreement    plain share of agreeing pairs, given whenever two judgments can be compared
    """

    metric: str
    level: str | None
    weights: str | None
    form: str | None
    ties: str | None
    value: float | None
    status: Status
    reason: str | None
    interval: Interval | None
    interval_reason: str | None
    se: float | None
    n_items: int
    n_pairable: int
    n_raters: int
    n_judgments: int
    observed_agreement: float | None
    chance_agreement: float | None
    percent_agreement: float | None
    prevalence: tuple[CategoryShare, ...]
    paradox: Paradox | None
    two_raters: TwoRaters | None  # for exactly two raters with at most a hundred categories
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairKappa:
    """Cohen's kappa of two raters over the items that both answered."""

    rater_a: str
    rater_b: str
    value: float | None
    status: Status
    reason: str | None
    interval: Interval | None
    interval_reason: str | None
    se: float | None
    n_items: int
    percent_agreement: float | None


def paradox_of(ac1: float, alpha: float, top: CategoryShare) -> Paradox:
    """The flag is up when AC1 - alpha > 0.2 and the commonest answer has more than 80 %."""
    gap = ac1 - alpha
    is_flagged = gap > GAP_MIN and top.share > TOP_SHARE_MIN
    if is_flagged:
        sentence = (
            f"{top.share:.0%} of all answers are {top.category!r}. With so lopsided a question alpha"
            f" and kappa ({alpha:.3f}) fall far below AC1 ({ac1:.3f}) although raters mostly agree:"
            " decide by agreement per category and accuracy on gold items, not by this number alone."
        )
    else:
        sentence = (
            f"AC1 ({ac1:.3f}) and alpha ({alpha:.3f}) differ by {gap:.3f}; the commonest answer"
            f" {top.category!r} has {top.share:.0%}: no sign of the prevalence paradox."
        )
    return Paradox(
        gwet_ac1=ac1,
        krippendorff_alpha=alpha,
        gap=gap,
        top_category=top.category,
        top_share=top.share,
        is_flagged=is_flagged,
        sentence=sentence,
    )
