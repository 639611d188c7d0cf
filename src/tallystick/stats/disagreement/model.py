"""Priors and hyperparameters of the causes, as data with the reason for each. Reads and writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tallystick.stats.disagreement.evidence import CAUSES, Cause

Shape = tuple[float, float]  # a and b of a beta distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaWeights:
    """How often, under one cause, citations follow one of three patterns; the three sum to 1.

    free      who cites what has nothing to do with the label
    split     each label is argued from criteria of its own
    shared    nearly all cite the same criterion, whatever their label
    """

    free: float
    split: float
    shared: float


def _beta(**shapes: Shape) -> Mapping[Cause, Shape]:
    return MappingProxyType({Cause(name): shape for name, shape in shapes.items()})


def _uniform() -> Mapping[Cause, float]:
    return MappingProxyType(dict.fromkeys(CAUSES, 1 / len(CAUSES)))


def _flips() -> Mapping[Cause, Shape]:
    return _beta(
        missing_context=(3.5, 6.5),
        rubric_ambiguity=(3.0, 7.0),
        expertise_gap=(2.0, 8.0),
        rater_error=(1.5, 6.0),
        value_diversity=(1.0, 9.0),
    )


def _flags() -> Mapping[Cause, Shape]:
    return _beta(
        missing_context=(4.0, 5.0),
        rubric_ambiguity=(1.0, 20.0),
        expertise_gap=(1.0, 20.0),
        rater_error=(1.0, 20.0),
        value_diversity=(1.0, 20.0),
    )


def _moves() -> Mapping[Cause, Shape]:
    return _beta(
        missing_context=(2.0, 8.0),
        rubric_ambiguity=(6.0, 2.0),
        expertise_gap=(5.0, 4.0),
        rater_error=(7.0, 2.0),
        value_diversity=(1.2, 8.0),
    )


def _citations() -> Mapping[Cause, CriteriaWeights]:
    return MappingProxyType({
        Cause.MISSING_CONTEXT: CriteriaWeights(free=0.7, split=0.15, shared=0.15),
        Cause.RUBRIC_AMBIGUITY: CriteriaWeights(free=0.35, split=0.15, shared=0.5),
        Cause.EXPERTISE_GAP: CriteriaWeights(free=0.4, split=0.45, shared=0.15),
        Cause.RATER_ERROR: CriteriaWeights(free=0.7, split=0.15, shared=0.15),
        Cause.VALUE_DIVERSITY: CriteriaWeights(free=0.3, split=0.55, shared=0.15),
    })  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What is assumed about each cause. Every field can be replaced (dataclasses.replace); WHY says why it is as it is.

    priors                 cause: share among divided items; sums to 1
    threshold              posterior below which an item stays undetermined
    value_threshold        the same for value diversity
    temperature            above 1 the evidence is trusted less than the model says; see calibration.fit_temperature
    pool_errors            (error rate, weight): what is assumed of a rater whose skill nobody has measured
    expert_error           error rate of an expert without a measured one
    hard_items             (shift in log-odds of every error rate, weight): how much harder this item may be than gold
    lay_concentration      Dirichlet weight of each category in the labels of those who lack the expertise
    group_errors           (share who depart from their group's label, weight)
    undeclared_axis        share of value differences that run along no declared axis
    two_way_concentration  a = b of the beta share between the two labels of an ambiguous item
    two_way_slip           share of labels that are neither of the two
    flips, flags, moves    beta shapes, by cause: retests that change, raters who miss context, minority labels that
                           move to the majority after calibration
    citations              by cause, patterns of cited criteria
    """

    priors: Mapping[Cause, float] = field(default_factory=_uniform)
    threshold: float = 0.7
    value_threshold: float = 0.8
    temperature: float = 1.2
    pool_errors: tuple[tuple[float, float], ...] = ((0.05, 0.3), (0.12, 0.4), (0.25, 0.3))
    expert_error: float = 0.08
    hard_items: tuple[tuple[float, float], ...] = ((0.0, 0.85), (1.0, 0.15))
    lay_concentration: float = 0.5
    group_errors: tuple[tuple[float, float], ...] = ((0.07, 0.25), (0.13, 0.5), (0.25, 0.25))
    undeclared_axis: float = 0.02
    two_way_concentration: float = 5.0
    two_way_slip: float = 0.08
    flips: Mapping[Cause, Shape] = field(default_factory=_flips)
    flags: Mapping[Cause, Shape] = field(default_factory=_flags)
    moves: Mapping[Cause, Shape] = field(default_factory=_moves)
    citations: Mapping[Cause, CriteriaWeights] = field(default_factory=_citations)

    def __post_init__(self) -> None:
        """Raises ValueError for priors that are no distribution over the causes, or a threshold that never holds."""
        if set(self.priors) != set(CAUSES) or min(self.priors.values()) <= 0:
            raise ValueError(f"Priors name every cause with a share above 0; found {dict(self.priors)}.")
        if abs(sum(self.priors.values()) - 1) > 1e-9:
            raise ValueError(f"Priors sum to 1, found {sum(self.priors.values())}.")
        if not (0 < self.threshold < 1 and 0 < self.value_threshold < 1 and self.temperature > 0):
            raise ValueError(
                f"Expected thresholds between 0 and 1 and a temperature above 0; found {self.threshold},"
                f" {self.value_threshold} and {self.temperature}."
            )


WHY: Mapping[str, str] = MappingProxyType({
    "priors": "Nothing is known before the first corrections: equal shares. Later fit_priors, by domain or criterion.",
    "threshold": "Below .7 a wrong cause costs more than asking for one more piece of evidence; a choice, not a law.",
    "value_threshold": "Value diversity takes an item out of settlement, and labels can follow groups by chance:"
    " with .8 fewer than one item in twenty is called so when groups mean nothing.",
    "temperature": "Simulated people who are not of the model's form make it too sure; 1.2 was chosen on seeds that"
    " are not reported. Later fit_temperature on corrected cases.",
    "pool_errors": "The range of error rates of qualified annotators on clear items; Dawid and Skene (1979) find .03"
    " to .3 among specialists.",
    "expert_error": "Whoever passes a calibration with a bound of .80 is usually right in more than nine of ten.",
    "hard_items": "A divided item is harder than gold on average: Whitehill et al. (2009), GLAD, let error rates grow"
    " with difficulty on the log-odds scale.",
    "lay_concentration": "Below 1: those who lack the expertise tend to share a wrong label (a common misconception).",
    "group_errors": "About one in eight departs from the group's label; mixed so that one dissenter does not decide.",
    "undeclared_axis": "People differ along lines that nobody asked about; kept small, so that values are found where"
    " labels follow a declared axis and hardly elsewhere.",
    "two_way_concentration": "A mixture of two labels with shares near the middle more often than at the ends.",
    "two_way_slip": "Some slip in every reading.",
    "flips": "Retest literature: Abercrombie et al. (2023) for subjective tasks; values are held, guesses are not.",
    "flags": "Under missing context four in nine say so on average; else one in twenty-one says so anyway.",
    "moves": "Errors and misreadings move once the rubric is clear; values and missing facts do not.",
    "citations": "An ambiguous criterion is cited for opposite labels; values and expertise argue from different ones.",
})  # fmt: skip
"""Why each default is what it is. They are expert judgment written down, to be replaced by fits on corrections."""
