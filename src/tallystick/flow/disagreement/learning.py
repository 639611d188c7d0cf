"""What corrections teach: how good the proposed causes were, and a model that fits them better. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tallystick import canon
from tallystick.canon import PPM
from tallystick.events.disagreement import ClassModelFitted, DisagreementClassified, ModelQuality
from tallystick.flow.disagreement.classes import CauseModel, logs_of
from tallystick.flow.refusal import Refused
from tallystick.stats.disagreement import (
    CAUSES,
    Cause,
    Corrections,
    Model,
    Quality,
    fit_priors,
    fit_temperature,
    measure_corrections,
    posterior_of,
    quality,
)
from tallystick.stats.disagreement.evidence import Floats

CASES_MIN: Final = 20
"""From so many corrected cases on a temperature can be fitted: it is one number."""
DETERMINED_MIN: Final = 0.3
"""Where the evidence determines fewer items than this, how common each cause is cannot be learnt from it."""
FOLDS: Final = 5
TEMPERATURE_LOW, TEMPERATURE_HIGH = 0.5, 5.0
"""A temperature outside of these would say that a handful of cases knows more, or less, than all simulated ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A case of which a person said what its cause is, with the classification that they saw."""

    item: str
    domain: str
    fact: DisagreementClassified
    cause: str


def measured(cases: Sequence[Corrected]) -> Corrections:
    """How often people kept what was proposed, and what they made of the rest."""
    pairs = [(None if one.fact.cause is None else Cause(one.fact.cause), Cause(one.cause)) for one in cases]
    return measure_corrections(pairs)


def quality_of(cases: Sequence[Corrected], model: CauseModel) -> ModelQuality | None:
    """How good the posteriors of a model are on corrected cases; None without any that were divided."""
    known = [one for one in cases if one.fact.posterior]
    if not known:
        return None
    rows = np.stack([posterior_of(logs_of(one.fact.terms), model.of(one.domain)) for one in known])
    return _told(quality(rows, [Cause(one.cause) for one in known], model=model.overall))


def _told(found: Quality) -> ModelQuality:
    sure = found.accuracy_when_determined
    return ModelQuality(
        cases=found.cases, balanced_accuracy_ppm=canon.ppm(found.balanced_accuracy),
        undetermined_ppm=canon.ppm(found.undetermined),
        accuracy_when_determined_ppm=None if sure is None else canon.ppm(sure),
        calibration_error_ppm=canon.ppm(found.calibration_error), brier_ppm=canon.ppm(found.brier),
    )  # fmt: skip


def fit(
    cases: Sequence[Corrected],
    classified: Sequence[tuple[str, DisagreementClassified]],
    model: CauseModel,
    *,
    name: str,
    code_version: str,
) -> ClassModelFitted | Refused:
    """A model from corrected cases. It is measured on cases that had no part in its fit, five times over.

    cases       the newest word of people on each item
    classified  (domain, newest classification) of all divided items: how common causes are is learnt from all of them
    model       in force now: what the new one starts from and is compared with
    """
    known = sorted((one for one in cases if one.fact.posterior), key=lambda one: canon.digest_of(one.item))
    if len(known) < CASES_MIN:
        sentence = (
            f"Expected at least {CASES_MIN} divided items of which somebody said the cause, found {len(known)}: "
            "correct or confirm more of them first."
        )
        return Refused("too-few-corrections", sentence)
    rows = [(domain, logs_of(fact.terms)) for domain, fact in classified if fact.posterior]
    priors, share, are_fitted, why = _priors(rows, model)
    temperature = _temperature(known, priors, model)
    after = _held_out(known, priors, model)
    before = quality_of(known, model)
    assert before is not None
    return ClassModelFitted(
        model=name, previous=model.name, temperature_ppm=canon.ppm(temperature),
        priors={domain: _exactly_ppm(shares) for domain, shares in sorted(priors.items())},
        are_priors_fitted=are_fitted, why=why, cases=len(known), classified=len(rows), determined_ppm=canon.ppm(share),
        before=before, after=after,
        corrections_digest=canon.digest_of([[one.item, one.cause, one.fact.inputs_digest] for one in known]),
        code_version=code_version,
    )  # fmt: skip


Priors = Mapping[str, Mapping[Cause, float]]
"""Domain, empty for all: shares of the causes."""


def _priors(rows: Sequence[tuple[str, Floats]], model: CauseModel) -> tuple[Priors, float, bool, str]:
    """How common each cause is, by domain; the shares in force where the evidence is too faint to say."""
    kept: dict[str, Mapping[Cause, float]] = {"": model.overall.priors}
    kept |= {domain: part.priors for domain, part in model.by_domain.items()}
    if not rows:
        return kept, 0.0, False, "Nothing was classified, so the shares of causes stay as they were."
    logs = np.stack([one for _, one in rows])
    found = fit_priors(logs, [domain for domain, _ in rows], model=model.overall)
    if found.determined < DETERMINED_MIN:
        why = (
            f"The evidence determines {found.determined:.0%} of {len(rows)} items, fewer than {DETERMINED_MIN:.0%}: "
            "shares of causes learnt from it would run to one cause, so they stay as they were."
        )
        return kept, found.determined, False, why
    learnt = {"": found.overall.shares} | {domain: part.shares for domain, part in found.by_slice.items()}
    why = f"The evidence determines {found.determined:.0%} of {len(rows)} items: shares of causes are learnt from them."
    return learnt, found.determined, True, why


def _with(model: Model, priors: Priors, domain: str, *, temperature: float | None = None) -> Model:
    shares = priors.get(domain, priors[""])
    return replace(model, priors=shares, temperature=temperature or model.temperature)


def _temperature(cases: Sequence[Corrected], priors: Priors, model: CauseModel) -> float:
    """One temperature under the new shares. A domain's shares are folded into its terms, so that one fit takes all."""
    uniform = Model()
    even = np.log([uniform.priors[cause] for cause in CAUSES])
    best = model.overall.temperature
    for _ in range(3):  # the shares are not divided by the temperature: folding them in takes the last one
        rows = []
        for one in cases:
            shares = np.log([_with(model.overall, priors, one.domain).priors[cause] for cause in CAUSES])
            rows.append(logs_of(one.fact.terms) + (shares - even) * best)
        found = fit_temperature(np.stack(rows), [Cause(one.cause) for one in cases], model=uniform)
        best = min(max(found.temperature, TEMPERATURE_LOW), TEMPERATURE_HIGH)
    return best


def _held_out(cases: Sequence[Corrected], priors: Priors, model: CauseModel) -> ModelQuality:
    """The quality of a temperature on the fifth of the cases that it was not fitted to, over all fifths."""
    rows, truth = [], []
    for fold in range(FOLDS):
        inside = [one for place, one in enumerate(cases) if place % FOLDS != fold]
        temperature = _temperature(inside, priors, model)
        for one in cases[fold::FOLDS]:
            rows.append(
                posterior_of(logs_of(one.fact.terms), _with(model.overall, priors, one.domain, temperature=temperature))
            )
            truth.append(Cause(one.cause))
    return _told(quality(np.stack(rows), truth, model=model.overall))


def _exactly_ppm(shares: Mapping[Cause, float]) -> dict[str, int]:
    """Parts per million that sum to one million."""
    found = {str(cause): max(canon.ppm(shares[cause]), 1) for cause in CAUSES}
    largest = max(found, key=lambda cause: found[cause])
    found[largest] += PPM - sum(found.values())
    return found
