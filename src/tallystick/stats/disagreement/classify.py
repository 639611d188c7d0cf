"""From the evidence about one divided item to a posterior over causes, with every term shown. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tallystick.stats.agreement.result import Status
from tallystick.stats.disagreement import advice, sentences, terms
from tallystick.stats.disagreement.advice import Help
from tallystick.stats.disagreement.evidence import CAUSES, SOURCES, Cause, Evidence, Floats, Source, read
from tallystick.stats.disagreement.model import Model
from tallystick.stats.disagreement.posterior import entropy_bits, is_determined, posterior_of

NOT_DIVIDED = "All labels are the same, or there are none: there is no disagreement to explain."


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """What one source says: natural logarithms of how likely it is under each cause. Absent sources say 0."""

    source: Source
    is_present: bool
    log_likelihood: Mapping[Cause, float]
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """Why the judges of one item disagree, as far as the evidence goes.

    cause        None while undetermined, and when the item is not divided
    proposed     the likeliest cause, however unsure; None when the item is not divided
    confidence   its posterior; None when the item is not divided
    posterior    by cause, sums to 1; empty when the item is not divided
    terms        one for each source, absent ones included
    helps        what further evidence would tell most, the most telling first; empty when none was asked for
    """

    status: Status
    cause: Cause | None
    proposed: Cause | None
    confidence: float | None
    posterior: Mapping[Cause, float]
    entropy_bits: float | None
    terms: tuple[Term, ...]
    helps: tuple[Help, ...]
    sentence: str

    @property
    def is_undetermined(self) -> bool:
        """Whether the item is divided and no cause is likely enough."""
        return self.status is Status.OK and self.cause is None

    @property
    def absent(self) -> tuple[Source, ...]:
        """The sources that there was nothing from."""
        return tuple(term.source for term in self.terms if not term.is_present)


def classify(evidence: Evidence, model: Model | None = None, *, with_help: bool = True) -> Classified:
    """The cause of a disagreement, or undetermined, with the terms of the evidence.

    model      priors and hyperparameters; the defaults when None
    with_help  whether to compute what further evidence would tell most (most of the time of a call)
    raises     BadEvidence when the evidence contradicts itself
    """
    model = model or Model()
    reading = read(evidence)
    if not evidence.is_divided:
        return _nothing()
    weighed = terms.weigh(reading, model)
    posterior = posterior_of(weighed.logs.sum(axis=0), model)
    place = int(posterior.argmax())
    confidence = float(posterior[place])
    is_sure = bool(is_determined(posterior, model))
    helps = advice.what_would_help(evidence, reading, posterior, model) if with_help else ()
    return Classified(
        status=Status.OK,
        cause=CAUSES[place] if is_sure else None,
        proposed=CAUSES[place],
        confidence=confidence,
        posterior=dict(zip(CAUSES, posterior.tolist(), strict=True)),
        entropy_bits=entropy_bits(posterior),
        terms=tuple(
            Term(
                source=source,
                is_present=source in weighed.present,
                log_likelihood=dict(zip(CAUSES, logs.tolist(), strict=True)),
                sentence=sentences.of_term(source, evidence, reading, logs)
                if source in weighed.present
                else sentences.ABSENT[source],
            )
            for source, logs in zip(SOURCES, weighed.logs, strict=True)
        ),
        helps=helps,
        sentence=_summary(posterior, model, is_sure=is_sure),
    )


def log_likelihoods(classified: Classified) -> Floats:
    """(causes,) the sum of the terms: what fit_priors and fit_temperature take."""
    rows = [[term.log_likelihood[cause] for cause in CAUSES] for term in classified.terms]
    found: Floats = np.array(rows, dtype=np.float64).reshape(-1, len(CAUSES)).sum(axis=0)
    return found


def _summary(posterior: Floats, model: Model, *, is_sure: bool) -> str:
    order = np.argsort(-posterior, kind="stable")
    first, second = (CAUSES[int(place)] for place in order[:2])
    likely = f"{sentences.WORDS[first]} ({posterior[order[0]]:.0%})"
    then = f"{sentences.WORDS[second]} ({posterior[order[1]]:.0%})"
    if is_sure:
        return f"The likeliest cause is {likely}, before {then}."
    threshold = model.value_threshold if first is Cause.VALUE_DIVERSITY else model.threshold
    return f"Undetermined: the likeliest cause is {likely}, then {then}; {threshold:.0%} is needed."


def _nothing() -> Classified:
    return Classified(
        status=Status.NO_VARIATION,
        cause=None,
        proposed=None,
        confidence=None,
        posterior={},
        entropy_bits=None,
        terms=(),
        helps=(),
        sentence=NOT_DIVIDED,
    )
