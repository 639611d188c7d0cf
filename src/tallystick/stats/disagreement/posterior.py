"""From log-likelihoods to probabilities of causes and how unsure they are. Pure."""

import numpy as np
from numpy.typing import NDArray

from tallystick.stats.disagreement.evidence import CAUSES, Cause, Floats
from tallystick.stats.disagreement.likelihood import log_sum
from tallystick.stats.disagreement.model import Model


def log_priors(model: Model) -> Floats:
    """(causes,) natural logarithms."""
    return np.log([model.priors[cause] for cause in CAUSES])


def posterior_of(logs: Floats, model: Model) -> Floats:
    """(..., causes) of log-likelihoods (..., causes): prior times likelihood^(1 / temperature), summing to 1."""
    weighed = log_priors(model) + logs / model.temperature
    found: Floats = np.exp(weighed - log_sum(weighed)[..., None])
    return found


def is_determined(posterior: Floats, model: Model) -> NDArray[np.bool_]:
    """(...,) whether the likeliest cause of posteriors (..., causes) is likely enough."""
    limits = np.array(
        [model.value_threshold if cause is Cause.VALUE_DIVERSITY else model.threshold for cause in CAUSES]
    )
    found: NDArray[np.bool_] = posterior.max(axis=-1) >= limits[posterior.argmax(axis=-1)]
    return found


def entropy_bits(posterior: Floats) -> float:
    """0 when one cause is certain, 2.32 when all five are alike."""
    positive = posterior[posterior > 0]
    return float(-(positive * np.log2(positive)).sum())
