"""Why judges disagree: from the evidence about one item to a posterior over five causes. Values in, values out.

    classify(evidence, model=None, *, with_help=True) -> Classified
    group_cohesion(items, raters, values, groups, *, draws=1000, seed=0) -> list[GroupCohesion]
    distribution_by_group(axis, labels, declared, *, categories, cell_min=5) -> GroupedDistribution
    bimodality(numbers) -> Bimodality
    fit_priors(logs, slices=None, *, model=None, strength=10) -> FittedPriors
    fit_temperature(logs, truth, *, model=None, weights=None) -> FittedTemperature
    measure_corrections([(proposed, corrected), ...]) -> Corrections
    quality(posteriors, truth, *, model=None) -> Quality

Labels alone cannot tell the causes apart: `Classified.cause` is None, and `is_undetermined` true, until the evidence
makes one likely enough; `Classified.helps` says what to ask for. docs/disagreement.md explains the procedure.
"""

from tallystick.stats.disagreement.advice import Help
from tallystick.stats.disagreement.classify import Classified, Term, classify, log_likelihoods
from tallystick.stats.disagreement.distribution import (
    Bimodality,
    GroupedDistribution,
    GroupRow,
    bimodality,
    distribution_by_group,
)
from tallystick.stats.disagreement.evidence import CAUSES, SOURCES, BadEvidence, Cause, Evidence, Source
from tallystick.stats.disagreement.fit import (
    Corrections,
    FittedPriors,
    FittedTemperature,
    Quality,
    SlicePriors,
    fit_priors,
    fit_temperature,
    measure_corrections,
    quality,
)
from tallystick.stats.disagreement.groups import GroupCohesion, group_cohesion
from tallystick.stats.disagreement.model import WHY, CriteriaWeights, Model
from tallystick.stats.disagreement.posterior import is_determined, posterior_of

__all__ = [
    "CAUSES",
    "SOURCES",
    "WHY",
    "BadEvidence",
    "Bimodality",
    "Cause",
    "Classified",
    "Corrections",
    "CriteriaWeights",
    "Evidence",
    "FittedPriors",
    "FittedTemperature",
    "GroupCohesion",
    "GroupRow",
    "GroupedDistribution",
    "Help",
    "Model",
    "Quality",
    "SlicePriors",
    "Source",
    "Term",
    "bimodality",
    "classify",
    "distribution_by_group",
    "fit_priors",
    "fit_temperature",
    "group_cohesion",
    "is_determined",
    "log_likelihoods",
    "measure_corrections",
    "posterior_of",
    "quality",
]
