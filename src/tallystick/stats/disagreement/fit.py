"""What corrected and simulated cases teach: priors by slice, and how far a confidence can be trusted. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tallystick.stats.disagreement.evidence import CAUSES, Cause, Floats
from tallystick.stats.disagreement.likelihood import log_sum
from tallystick.stats.disagreement.model import Model
from tallystick.stats.disagreement.posterior import is_determined, posterior_of
from tallystick.stats.intervals import Interval, wilson

ROUNDS_MAX = 500
SETTLED = 1e-9
GOLDEN = (math.sqrt(5) - 1) / 2
BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicePriors:
    """Shares of the causes among the divided items of one domain or criterion."""

    items: int
    shares: Mapping[Cause, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedPriors:
    """Priors of all items and of each slice; `by_slice` is empty when no slices were given.

    determined  share of items that the evidence determines under the model's own priors. While it is small the fit is
                not to be used: many items with the same faint evidence drive it to one cause.
    """

    determined: float
    overall: SlicePriors
    by_slice: Mapping[str, SlicePriors]
    rounds: int
    is_converged: bool


def fit_priors(
    logs: Floats, slices: Sequence[str] | None = None, *, model: Model | None = None, strength: float = 10.0
) -> FittedPriors:
    """Shares of causes that make the evidence likeliest, by expectation and maximisation; no causes need be known.

    logs      (items, causes) of log_likelihoods
    slices    the domain or criterion of each item; a slice is drawn towards all items as by `strength` imagined ones
    model     its priors, times strength, are what all items are drawn towards, so that no share becomes 0
    raises    ValueError without items or with slices of another number
    source    Dempster, Laird and Rubin (1977), J. Royal Statistical Society B 39, 1-38
    """
    model = model or Model()
    if not len(logs) or (slices is not None and len(slices) != len(logs)):
        raise ValueError(f"Expected a row for each item and a slice for each row; found {len(logs)} rows.")
    start = np.array([model.priors[cause] for cause in CAUSES])
    weighed = logs / model.temperature
    shares, rounds, is_converged = _maximised(weighed, start, strength)
    found: dict[str, SlicePriors] = {}
    for name in sorted(set(slices or ())):
        rows = np.array([one == name for one in slices or ()])
        part, more, settled = _maximised(weighed[rows], shares, strength)
        found[name] = _priors(part, int(rows.sum()))
        rounds, is_converged = max(rounds, more), is_converged and settled
    overall = _priors(shares, len(logs))
    determined = float(is_determined(posterior_of(logs, model), model).mean())
    return FittedPriors(
        determined=determined, overall=overall, by_slice=found, rounds=rounds, is_converged=is_converged
    )


def _maximised(weighed: Floats, towards: Floats, strength: float) -> tuple[Floats, int, bool]:
    shares = towards
    for step in range(1, ROUNDS_MAX + 1):
        posterior = np.log(shares) + weighed
        expected = np.exp(posterior - log_sum(posterior)[:, None]).sum(axis=0)
        after = (expected + strength * towards) / (len(weighed) + strength)
        if float(np.abs(after - shares).max()) < SETTLED:
            return after, step, True
        shares = after
    return shares, ROUNDS_MAX, False


def _priors(shares: Floats, items: int) -> SlicePriors:
    return SlicePriors(items=items, shares=dict(zip(CAUSES, (shares / shares.sum()).tolist(), strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedTemperature:
    """The temperature at which confidence fits the cases best; loss is the mean of -log posterior of the truth."""

    temperature: float
    cases: int
    loss_before: float  # at the model's own temperature
    loss: float


def fit_temperature(
    logs: Floats, truth: Sequence[Cause], *, model: Model | None = None, weights: Floats | None = None
) -> FittedTemperature:
    """One temperature from cases whose cause is known: simulated ones, and those that people corrected.

    logs     (cases, causes) of log_likelihoods
    weights  (cases,) so that a few corrections count beside many simulated cases; alike when None
    raises   ValueError without cases
    source   Guo et al. (2017), "On Calibration of Modern Neural Networks", ICML
    """
    model = model or Model()
    if not len(logs) or len(truth) != len(logs):
        raise ValueError(f"Expected a cause for each case and at least one; found {len(truth)} for {len(logs)}.")
    place = np.array([CAUSES.index(cause) for cause in truth])
    share = np.ones(len(logs)) if weights is None else np.asarray(weights, dtype=np.float64)
    prior = np.log([model.priors[cause] for cause in CAUSES])

    def loss(temperature: float) -> float:
        scores = prior + logs / temperature
        missed = log_sum(scores) - scores[np.arange(len(place)), place]
        return float((share * missed).sum() / share.sum())

    low, high = math.log(0.2), math.log(20.0)
    while high - low > 1e-6:  # the loss has one valley in 1 / temperature
        width = GOLDEN * (high - low)
        if loss(math.exp(high - width)) < loss(math.exp(low + width)):
            high = low + width
        else:
            low = high - width
    best = math.exp((low + high) / 2)
    return FittedTemperature(temperature=best, cases=len(logs), loss_before=loss(model.temperature), loss=loss(best))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How good posteriors are where the cause is known.

    balanced_accuracy         mean over causes of the share that is found, by the likeliest cause; 0.2 is chance
    undetermined              share below the threshold
    accuracy_when_determined  None when all are undetermined
    calibration_error         expected calibration error of the confidence, ten bins of equal width
    brier                     mean squared distance of the posterior from the truth, 0 to 2
    """

    cases: int
    balanced_accuracy: float
    undetermined: float
    accuracy_when_determined: float | None
    calibration_error: float
    brier: float
    found: Mapping[Cause, float]


def quality(posteriors: Floats, truth: Sequence[Cause], *, model: Model | None = None) -> Quality:
    """Scores of posteriors (cases, causes), with the thresholds of the model. Raises ValueError without cases."""
    if not len(posteriors) or len(truth) != len(posteriors):
        raise ValueError(f"Expected a cause for each posterior; found {len(truth)} for {len(posteriors)}.")
    place = np.array([CAUSES.index(cause) for cause in truth])
    chosen, confidence = posteriors.argmax(axis=1), posteriors.max(axis=1)
    is_right = chosen == place
    is_sure = is_determined(posteriors, model or Model())
    found = {cause: float(is_right[place == at].mean()) for at, cause in enumerate(CAUSES) if (place == at).any()}
    return Quality(
        cases=len(place),
        balanced_accuracy=sum(found.values()) / len(found),
        undetermined=float(1 - is_sure.mean()),
        accuracy_when_determined=float(is_right[is_sure].mean()) if is_sure.any() else None,
        calibration_error=_calibration_error(confidence, is_right),
        brier=float(((posteriors - np.eye(len(CAUSES))[place]) ** 2).sum(axis=1).mean()),
        found=found,
    )


def _calibration_error(confidence: Floats, is_right: NDArray[np.bool_]) -> float:
    """Source  Naeini et al. (2015), "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI."""
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    gaps = np.bincount(bins, weights=is_right - confidence, minlength=BINS)
    return float(np.abs(gaps).sum() / len(confidence))


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """What people made of the proposed causes.

    confusion      (proposed, corrected): how often; a proposed None is an undetermined item
    kept           of the determined ones, share that people left as it was; None without any
    kept_interval  Wilson, 95 %
    """

    cases: int
    undetermined: int
    confusion: Mapping[tuple[Cause | None, Cause], int]
    kept: float | None
    kept_interval: Interval | None


def measure_corrections(cases: Sequence[tuple[Cause | None, Cause]]) -> Corrections:
    """Compare (proposed, corrected) pairs; a case that a person looked at and left alone has the same cause twice."""
    confusion: dict[tuple[Cause | None, Cause], int] = {}
    for case in cases:
        confusion[case] = confusion.get(case, 0) + 1
    determined = [case for case in cases if case[0] is not None]
    kept = sum(proposed is corrected for proposed, corrected in determined)
    return Corrections(
        cases=len(cases),
        undetermined=len(cases) - len(determined),
        confusion=confusion,
        kept=kept / len(determined) if determined else None,
        kept_interval=wilson(kept, len(determined)) if determined else None,
    )
