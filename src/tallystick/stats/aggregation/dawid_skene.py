"""Dawid and Skene's model, each rater with a confusion matrix, and its form with one number a rater.

Reads columns, writes nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tallystick.stats.aggregation.climb import Climb, Model, check_limits, climb
from tallystick.stats.aggregation.result import (
    Consensus,
    Skills,
    accuracies,
    describe,
    fitted,
    frozen,
    status_of,
)
from tallystick.stats.aggregation.votes import CELLS_MAX, Votes, read_votes, safe_log, softmax, sums_by
from tallystick.stats.agreement.columns import BadRatings, Floats, Label, Labels
from tallystick.stats.agreement.result import Status

FLOOR = 0.1


def dawid_skene(
    items: Labels,
    raters: Labels,
    values: Labels,
    *,
    categories: Sequence[Label] | None = None,
    may_repeat: bool = False,
    smoothing: float = 0.01,
    tolerance: float = 1e-6,
    iterations_max: int = 2000,
) -> Consensus:
    """Each rater r answers l to an item of class k with probability theta[r, k, l]; classes have shares p[k].

    EM from the shares of votes. E: posterior[i, k] ~ p[k] prod over judgments theta[r, k, l]. M: with n the expected
    counts, theta[r, k, l] = (n[r, k, l] + s) / (n[r, k] + s K) and p[k] = (n[k] + s) / (n + s K), K the categories
    that somebody chose. `smoothing` s is in judgments a cell, the density of a Dirichlet(1 + s); 0 is maximum
    likelihood, as published.
    tolerance  how far any posterior may still be from where EM leads
    raises     BadRatings when the judgments make no sense
    source     Dawid and Skene (1979), "Maximum likelihood estimation of observer error-rates using the EM algorithm",
               Applied Statistics 28, 20-28
    """
    check_limits(tolerance=tolerance, iterations_max=iterations_max, smoothing=smoothing)
    votes = read_votes(items, raters, values, categories=categories, may_repeat=may_repeat)
    described = describe(votes, "dawid_skene", status_of(votes))
    if described.status is not Status.OK:
        return described
    if votes.n_cells * len(votes.used) > CELLS_MAX:
        raise BadRatings(
            f"{len(votes.raters):,} raters and {len(votes.used):,} categories need {votes.n_cells * len(votes.used):,}"
            f" error rates, more than {CELLS_MAX:,}: choose one_coin or mace, or merge categories."
        )
    model = _Confusions(votes, smoothing)
    climbed = climb(model, tolerance=tolerance, iterations_max=iterations_max)
    return _answer(described, votes, model, climbed, smoothing=smoothing)


def one_coin(
    items: Labels,
    raters: Labels,
    values: Labels,
    *,
    categories: Sequence[Label] | None = None,
    may_repeat: bool = False,
    smoothing: float = 0.01,
    tolerance: float = 1e-6,
    iterations_max: int = 2000,
) -> Consensus:
    """Dawid and Skene with one accuracy a rater: right with probability a[r], else any other category alike.

    EM from the shares of votes: a[r] = (expected right + s) / (judgments + 2 s), p[k] = (n[k] + s) / (n + s K). For
    raters with few judgments, whose confusion matrix nothing could tell.
    raises  BadRatings when the judgments make no sense
    source  Zhang, Chen, Zhou and Jordan (2016), "Spectral methods meet EM", Journal of Machine Learning Research 17
    """
    check_limits(tolerance=tolerance, iterations_max=iterations_max, smoothing=smoothing)
    votes = read_votes(items, raters, values, categories=categories, may_repeat=may_repeat)
    described = describe(votes, "one_coin", status_of(votes))
    if described.status is not Status.OK:
        return described
    model = _Coins(votes, smoothing)
    climbed = climb(model, tolerance=tolerance, iterations_max=iterations_max)
    return _answer(described, votes, model, climbed, smoothing=smoothing)


class _Classes(Model):
    """What both forms share: the posteriors and the shares of the classes."""

    def __init__(self, votes: Votes, smoothing: float) -> None:
        self.votes = votes
        self.smoothing = smoothing
        self.posteriors = np.ascontiguousarray(votes.shares)
        self.spare = np.empty_like(self.posteriors)
        self.buffer = np.empty(votes.n_judgments)
        self.priors = np.empty(len(votes.used))
        self.log_likelihood = -np.inf

    def classes(self) -> Floats:
        """Expected items of each class, as if they were judgments of one rater more: so leaps weigh all alike."""
        counts = self.posteriors.sum(axis=1) + self.smoothing
        classes: Floats = counts * (self.votes.n_judgments / len(self.votes.raters) / counts.sum())
        return classes

    def maximise(self) -> Floats:
        raise NotImplementedError

    def expect(self, parameters: Floats) -> float:
        raise NotImplementedError

    def mend(self, leap: Floats, plain: Floats) -> Floats:
        """Expected counts stay above a tenth of what they were: a leap to 0 could never be left again."""
        return np.maximum(leap, plain * FLOOR)

    def settle(self, scores: Floats, constant: float) -> None:
        """Scores become the posteriors, the old ones are spare."""
        self.log_likelihood = softmax(scores) + constant
        self.spare, self.posteriors = self.posteriors, scores

    def penalty(self, *logarithms: Floats) -> float:
        """The logarithm of the prior density, up to a constant."""
        return self.smoothing * sum(float(part.sum()) for part in logarithms) if self.smoothing else 0.0

    def skills(self) -> Skills:
        """What the model says of the raters."""
        raise NotImplementedError


class _Confusions(_Classes):
    def __init__(self, votes: Votes, smoothing: float) -> None:
        super().__init__(votes, smoothing)
        self.theta = np.empty((len(votes.used), len(votes.raters), len(votes.used)))  # truth, rater, answer

    def maximise(self) -> Floats:
        counts = self._expected(self.posteriors) + self.smoothing
        return np.concatenate([self.classes(), counts.ravel()])

    def expect(self, parameters: Floats) -> float:
        size = len(self.priors)
        self.priors = parameters[:size] / parameters[:size].sum()
        self.theta = self._rates(parameters[size:].reshape(self.theta.shape))
        log_priors = safe_log(self.priors)
        log_theta = safe_log(self.theta)
        scores = self.votes.summed(log_theta.reshape(len(log_priors), -1), self.spare)
        scores += log_priors[:, None]
        self.settle(scores, 0.0)
        return self.log_likelihood + self.penalty(log_theta, log_priors)

    def _expected(self, weights: Floats) -> Floats:
        """(used, raters, used) sums of weights[truth, item] over the judgments of each rater and answer."""
        votes = self.votes
        sums = [sums_by(votes.cell, votes.spread(row, self.buffer), votes.n_cells) for row in weights]
        return np.stack(sums).reshape(self.theta.shape)

    def _rates(self, counts: Floats) -> Floats:
        """The shares of answers of each rater and truth; alike where nothing is known."""
        totals = counts.sum(axis=2, keepdims=True)
        alike: Floats = np.full_like(counts, 1 / counts.shape[2])
        np.divide(counts, totals, out=alike, where=totals > 0)
        return alike

    def skills(self) -> Skills:
        votes = self.votes
        counts = self._expected(self.posteriors)
        known = counts.sum(axis=2)
        right = np.einsum("krk->r", counts)
        squares = self._expected(np.square(self.posteriors))
        theta = self.theta
        # sum over the judgments of (posterior * (answer is l - theta_l))^2, the information on theta_l
        doubt = squares * (1 - 2 * theta) + squares.sum(axis=2, keepdims=True) * np.square(theta)
        error = np.full_like(theta, np.inf)
        np.divide(theta * (1 - theta), np.sqrt(doubt, where=doubt > 0, out=doubt), out=error, where=doubt > 0)
        value = np.minimum(right / votes.per_rater, 1.0)
        se, effective = accuracies(votes, self.posteriors, value)
        whole = np.zeros((len(votes.raters), len(votes.categories)))
        whole[:, votes.used] = known.T
        return Skills(
            measure="accuracy",
            value=frozen(value),
            se=se,
            judgments=frozen(votes.per_rater.copy()),
            effective=effective,
            confusion=_widen(theta, votes, 0.0),
            confusion_se=_widen(error, votes, np.inf),
            confusion_n=frozen(whole),
        )


def _widen(table: Floats, votes: Votes, absent: float) -> Floats:
    """(truth, rater, answer) of used categories as (rater, truth, answer) of all."""
    size = len(votes.categories)
    whole = np.full((len(votes.raters), size, size), absent)
    whole[np.ix_(np.arange(len(votes.raters)), votes.used, votes.used)] = table.transpose(1, 0, 2)
    return frozen(whole)


class _Coins(_Classes):
    def __init__(self, votes: Votes, smoothing: float) -> None:
        super().__init__(votes, smoothing)
        self.accuracy = np.empty(len(votes.raters))

    def maximise(self) -> Floats:
        votes = self.votes
        given = self.posteriors.ravel().take(votes.spot, out=self.buffer, mode="clip")
        right = sums_by(votes.rater, given, len(votes.raters)) + self.smoothing
        wrong = np.maximum(votes.per_rater + 2 * self.smoothing - right, 0.0)
        return np.concatenate([self.classes(), right, wrong])

    def expect(self, parameters: Floats) -> float:
        size = len(self.priors)
        self.priors = parameters[:size] / parameters[:size].sum()
        right, wrong = parameters[size:].reshape(2, -1)
        self.accuracy = right / (right + wrong)
        log_right, log_wrong = safe_log(self.accuracy), safe_log(wrong / (right + wrong))
        log_priors = safe_log(self.priors)
        others = len(log_priors) - 1
        scores, constant = self._scores(log_right, log_wrong - np.log(others))
        scores += log_priors[:, None]
        self.settle(scores, constant)
        return self.log_likelihood + self.penalty(log_right, log_wrong, log_priors)

    def _scores(self, log_right: Floats, log_wrong: Floats) -> tuple[Floats, float]:
        """(used, items) the logarithm of the chance of the judgments for each truth, and what all have in common."""
        votes = self.votes
        if not bool(np.isfinite(log_right).all() and np.isfinite(log_wrong).all()):
            size = len(votes.used)
            table = np.broadcast_to(log_wrong[None, :, None], (size, len(log_wrong), size)).copy()
            table[np.arange(size), :, np.arange(size)] = log_right
            return votes.summed(table.reshape(size, -1), self.spare), 0.0
        gain = (log_right - log_wrong).take(votes.rater, out=self.buffer, mode="clip")
        sums = sums_by(votes.spot, gain, self.spare.size).reshape(self.spare.shape)
        return sums, float(log_wrong @ votes.per_rater)

    def skills(self) -> Skills:
        se, effective = accuracies(self.votes, self.posteriors, self.accuracy)
        return Skills(
            measure="accuracy",
            value=frozen(self.accuracy),
            se=se,
            judgments=frozen(self.votes.per_rater.copy()),
            effective=effective,
        )


def _answer(described: Consensus, votes: Votes, model: _Classes, climbed: Climb, *, smoothing: float) -> Consensus:
    skills = model.skills()
    below = int(np.count_nonzero(skills.value < 1 / len(votes.used)))
    notes = described.notes
    if below:
        notes = (*notes, f"{below:,} raters are right less often than chance: look at them before using the result.")
    found = fitted(
        described, votes, climbed, posteriors=model.posteriors, priors=model.priors, skills=skills,
        objective="log-likelihood with the log prior of the smoothing" if smoothing else "log-likelihood",
        log_likelihood=model.log_likelihood,
    )  # fmt: skip
    return replace(found, smoothing=smoothing, notes=notes)
