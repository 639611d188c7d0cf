"""From evidence to one log-likelihood for each source and cause. Pure.

Sources are taken as independent once the cause is given, so a posterior is the prior plus the sum of the terms. What a
rater's skill, expertise, group or sight of the context says is written as the change that it makes to what the labels
alone say; a source that is absent therefore adds exactly 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tallystick.stats.disagreement import likelihood
from tallystick.stats.disagreement.evidence import (
    CAUSES,
    SOURCES,
    UNKNOWN,
    Cause,
    Codes,
    Floats,
    Reading,
    Source,
)
from tallystick.stats.disagreement.model import Model, Shape

PLACE = {cause: number for number, cause in enumerate(CAUSES)}
ROW = {source: number for number, source in enumerate(SOURCES)}
ERROR = PLACE[Cause.RATER_ERROR]
OWNER = {
    Source.SKILL: Cause.RATER_ERROR,
    Source.EXPERTS: Cause.EXPERTISE_GAP,
    Source.GROUPS: Cause.VALUE_DIVERSITY,
    Source.CONTEXT_SEEN: Cause.MISSING_CONTEXT,
}
"""Sources that refine what the labels say, and the cause whose likelihood each refines."""
LABEL_SOURCES = (Source.LABELS, *OWNER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The terms of one item: logs (sources, causes), rows that are absent are 0."""

    logs: Floats
    present: frozenset[Source]


def shapes(model: Model) -> Mapping[Source, Mapping[Cause, Shape]]:
    """The beta shapes of the sources that are counts."""
    return {Source.RETESTS: model.flips, Source.CONTEXT_FLAGS: model.flags, Source.CALIBRATION: model.moves}


def weigh(reading: Reading, model: Model) -> Weighed:
    """All terms of an item whose labels are divided."""
    logs = np.zeros((len(SOURCES), len(CAUSES)))
    present = set(label_sources(reading))
    unanimous = np.repeat(np.arange(reading.size)[:, None], len(reading.codes), axis=1)
    vectors = label_logs(reading, model, np.vstack([reading.codes[None, :], unanimous]))
    logs[: len(LABEL_SOURCES)] = _given_divided(vectors)
    for source, shape in shapes(model).items():
        count = reading.counts.get(source)
        if count is not None:
            hits, trials = np.array(count.hits), np.array(count.trials)
            logs[ROW[source]] = [float(likelihood.beta_binomial(hits, trials, shape[cause])) for cause in CAUSES]
            present.add(source)
    if len(reading.cited) and reading.criteria > 1:
        weights = [model.citations[cause] for cause in CAUSES]
        logs[ROW[Source.CRITERIA]] = likelihood.citations(
            reading.cited, size=reading.size, criteria=reading.criteria, weights=weights
        )
        present.add(Source.CRITERIA)
    return Weighed(logs=logs, present=frozenset(present))


def label_sources(reading: Reading) -> list[Source]:
    """Which sources there are that say something through the labels."""
    found = [Source.LABELS]
    if not bool(np.isnan(reading.errors).all()):
        found.append(Source.SKILL)
    if reading.expert is not None:
        found.append(Source.EXPERTS)
    if reading.axes:
        found.append(Source.GROUPS)
    if reading.seen is not None and bool((reading.seen == 1).any()):
        found.append(Source.CONTEXT_SEEN)
    return found


def label_logs(reading: Reading, model: Model, vectors: Codes) -> Floats:
    """(vectors, label sources, causes) for label vectors (vectors, raters); a refinement is a difference.

    Summed over sources this is the log-likelihood of the vector under each cause, not yet given that it is divided.
    """
    onehot = (vectors[:, :, None] == np.arange(reading.size)).astype(np.float64)
    found = np.zeros((len(vectors), len(LABEL_SOURCES), len(CAUSES)))
    plain = likelihood.two_way(onehot, model)
    found[:, 0, :] = plain[:, None]
    found[:, 0, ERROR] = likelihood.pool_truth(onehot, model)
    sources = label_sources(reading)
    if Source.SKILL in sources:
        found[:, ROW[Source.SKILL], ERROR] = _skill(reading, model, onehot) - found[:, 0, ERROR]
    if Source.EXPERTS in sources:
        found[:, ROW[Source.EXPERTS], PLACE[Cause.EXPERTISE_GAP]] = _experts(reading, model, onehot) - plain
    if Source.GROUPS in sources:
        found[:, ROW[Source.GROUPS], PLACE[Cause.VALUE_DIVERSITY]] = _groups(reading, model, onehot, plain)
    if Source.CONTEXT_SEEN in sources:
        found[:, ROW[Source.CONTEXT_SEEN], PLACE[Cause.MISSING_CONTEXT]] = _context(reading, model, onehot, plain)
    return found


def _given_divided(vectors: Floats) -> Floats:
    """The first vector's logs, given that its labels are not all the same; the others are the unanimous vectors.

    Without this an item with two of three labels alike would speak against error only because error is rarely seen.
    """
    steps = np.cumsum(vectors, axis=1)
    unanimous = np.minimum(np.exp(steps[1:]).sum(axis=0), 1 - 1e-12)
    divided = np.log1p(-unanimous)  # (label sources, causes), cumulated
    found: Floats = vectors[0] - np.diff(divided, axis=0, prepend=0.0)
    return found


def _skill(reading: Reading, model: Model, onehot: Floats) -> Floats:
    middle = sum(rate * weight for rate, weight in model.pool_errors)
    return likelihood.one_truth(onehot, np.where(np.isnan(reading.errors), middle, reading.errors), model)


def _experts(reading: Reading, model: Model, onehot: Floats) -> Floats:
    assert reading.expert is not None
    led = likelihood.led_by(onehot, reading.expert, expert_errors(reading, model))
    return led + likelihood.shared_guess(onehot[:, ~reading.expert], model)


def expert_errors(reading: Reading, model: Model) -> Floats:
    """(raters,) error rates of people who know what the item asks for."""
    return np.where(np.isnan(reading.errors), model.expert_error, reading.errors)


def _groups(reading: Reading, model: Model, onehot: Floats, plain: Floats) -> Floats:
    """Who declared nothing on an axis follows the plain mixture, given what the others said."""
    found = []
    for axis in reading.axes:
        listed = axis != UNKNOWN
        rest = plain if listed.all() else likelihood.two_way(onehot[:, listed], model)
        found.append(likelihood.by_group(onehot[:, listed], axis[listed], model) - rest)
    along = likelihood.log_sum(np.stack(found), axis=0) - np.log(len(found))
    mixed: Floats = np.logaddexp(np.log1p(-model.undeclared_axis) + along, np.log(model.undeclared_axis))
    return mixed


def _context(reading: Reading, model: Model, onehot: Floats, plain: Floats) -> Floats:
    """Who saw the context follows one truth; the others guess between two labels."""
    assert reading.seen is not None
    saw = reading.seen == 1
    led = likelihood.led_by(onehot, saw, expert_errors(reading, model))
    return led + (likelihood.two_way(onehot[:, ~saw], model) if not saw.all() else 0.0) - plain
