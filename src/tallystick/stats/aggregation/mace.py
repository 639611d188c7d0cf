"""MACE: raters who either know the answer or spam, each with a habit of spamming. Reads columns, writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tallystick.stats.aggregation.climb import Climb, Model, check_limits, climb
from tallystick.stats.aggregation.gamma import digamma, log_gamma
from tallystick.stats.aggregation.result import (
    Consensus,
    Skills,
    describe,
    fitted,
    frozen,
    status_of,
)
from tallystick.stats.aggregation.votes import Votes, read_votes, softmax, sums_by
from tallystick.stats.agreement.columns import BadRatings, Floats, Label, Labels
from tallystick.stats.agreement.result import Status

TRIAL_ITERATIONS = 20  # of each start, before the best goes on
FLOOR = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class MacePriors:
    """Pseudo-judgments: of knowing, of spamming, and of each answer when spamming. The defaults are the authors'."""

    knowing: float = 0.5
    spamming: float = 0.5
    answer: float = 10.0


def mace(
    items: Labels,
    raters: Labels,
    values: Labels,
    *,
    categories: Sequence[Label] | None = None,
    may_repeat: bool = False,
    priors: MacePriors | None = None,
    restarts: int = 10,
    seed: int | np.random.Generator = 0,
    tolerance: float = 1e-6,
    iterations_max: int = 2000,
) -> Consensus:
    """Rater r knows the answer to an item with probability theta[r]; else r spams: answers l with xi[r, l].

    Variational Bayes with Beta(knowing, spamming) for theta, Dirichlet(answer, ...) for xi, and the categories that
    somebody chose equally likely. The value of a rater is the mean of the beta posterior of theta, the competence. The
    objective is the lower bound of the log evidence. The first start is the shares of votes; `restarts` - 1 more draw
    theta and xi at random; after 20 iterations each, the one with the best bound goes on to convergence.
    restarts  at least 1
    raises    BadRatings when the judgments or the priors make no sense
    source    Hovy, Berg-Kirkpatrick, Vaswani and Hovy (2013), "Learning Whom to Trust with MACE", NAACL-HLT, 1120-1130;
              short trials as in Biernacki, Celeux and Govaert (2003), Computational Statistics and Data Analysis 41
    """
    chosen = priors or MacePriors()
    check_limits(tolerance=tolerance, iterations_max=iterations_max)
    if restarts < 1:
        raise BadRatings(f"At least one start is needed, found restarts={restarts}.")
    if not min(chosen.knowing, chosen.spamming, chosen.answer) > 0:
        raise BadRatings(f"Each prior of MACE must be above 0, found {chosen}.")
    votes = read_votes(items, raters, values, categories=categories, may_repeat=may_repeat)
    described = describe(votes, "mace", status_of(votes))
    if described.status is not Status.OK:
        return described
    model = _Spammers(votes, chosen)
    reached, best = _try_starts(model, restarts, seed, iterations_max)
    model.expect(best)
    climbed = climb(model, tolerance=tolerance, iterations_max=iterations_max)
    return _answer(described, model, climbed, reached)


class _Spammers(Model):
    """Parameters: the expected judgments that each rater knew, then those of each answer that were spam."""

    def __init__(self, votes: Votes, priors: MacePriors) -> None:
        self.votes = votes
        self.priors = priors
        self.posteriors = np.ascontiguousarray(votes.shares)
        self.spare = np.empty_like(self.posteriors)
        self.buffer = np.empty(votes.n_judgments)
        self.knew = np.full_like(votes.per_cell, 0.5)  # share of the right answers that were known, (raters, used)
        self.parameters = np.empty(0)

    def restart(self) -> Floats:
        """The parameters that the shares of votes suggest."""
        self.posteriors = np.ascontiguousarray(self.votes.shares)
        self.knew = np.full_like(self.votes.per_cell, 0.5)
        return self.maximise()

    def maximise(self) -> Floats:
        votes = self.votes
        given = self.posteriors.ravel().take(votes.spot, out=self.buffer, mode="clip")
        right = sums_by(votes.cell, given, votes.n_cells).reshape(self.knew.shape)
        known = right * self.knew
        return np.concatenate([known.sum(axis=1), np.maximum(votes.per_cell - known, 0.0).ravel()])

    def split(self, parameters: Floats) -> tuple[Floats, Floats]:
        """The shapes (raters, 2) of the beta posteriors and those (raters, used) of the Dirichlet posteriors."""
        votes, priors = self.votes, self.priors
        known = parameters[: len(votes.raters)]
        spam = np.maximum(votes.per_rater - known, 0.0)
        shapes = np.stack([known + priors.knowing, spam + priors.spamming], axis=1)
        return shapes, parameters[len(known) :].reshape(votes.per_cell.shape) + priors.answer

    def expect(self, parameters: Floats) -> float:
        self.parameters = parameters
        shapes, answers = self.split(parameters)
        mean_log = digamma(shapes) - digamma(shapes.sum(axis=1, keepdims=True))
        mean_log_answer = digamma(answers) - digamma(answers.sum(axis=1, keepdims=True))
        evidence = self._look(mean_log[:, 0], mean_log[:, 1:] + mean_log_answer)
        prior_shapes = np.array([self.priors.knowing, self.priors.spamming])
        prior_answers = np.full(answers.shape[1], self.priors.answer)
        return (
            evidence
            - _divergence(shapes, prior_shapes, mean_log)
            - _divergence(answers, prior_answers, mean_log_answer)
        )

    def _look(self, log_know: Floats, log_spam: Floats) -> float:
        """Posteriors for the logarithms of knowing (raters,) and of spamming an answer (raters, used)."""
        votes = self.votes
        log_right = np.logaddexp(log_know[:, None], log_spam)
        self.knew = np.exp(log_know[:, None] - log_right)
        gain = (log_right - log_spam).ravel().take(votes.cell, out=self.buffer, mode="clip")
        scores = sums_by(votes.spot, gain, self.spare.size).reshape(self.spare.shape)
        common = float((votes.per_cell * log_spam).sum()) - len(votes.items) * np.log(len(votes.used))
        self.spare, self.posteriors = self.posteriors, scores
        return softmax(scores) + float(common)

    def mend(self, leap: Floats, plain: Floats) -> Floats:
        """Expected counts stay above a tenth of what they were and below all that there is."""
        votes = self.votes
        most = np.concatenate([votes.per_rater, votes.per_cell.ravel()])
        return np.clip(leap, plain * FLOOR, plain + (most - plain) * (1 - FLOOR))

    def means(self) -> tuple[Floats, Floats, Floats]:
        """Competences, habits of spamming, and the shapes of the beta posteriors."""
        shapes, answers = self.split(self.parameters)
        return (
            shapes[:, 0] / shapes.sum(axis=1),
            answers / answers.sum(axis=1, keepdims=True),
            shapes,
        )

    def log_likelihood(self) -> float:
        """Of the judgments at the posterior means, which are not the objective's; the posteriors stay."""
        competence, habits, _ = self.means()
        kept = self.posteriors, self.spare, self.knew
        self.spare = np.empty_like(self.spare)
        found = self._look(np.log(competence), np.log1p(-competence)[:, None] + np.log(habits))
        self.posteriors, self.spare, self.knew = kept
        return found


def _divergence(shapes: Floats, prior: Floats, mean_log: Floats) -> float:
    """Kullback and Leibler's divergence of Dirichlet posteriors from their prior, summed over rows."""
    ours = log_gamma(shapes.sum(axis=1)).sum() - log_gamma(shapes).sum()
    theirs = log_gamma(prior.sum(keepdims=True)).sum() - log_gamma(prior).sum()
    return float(ours - len(shapes) * theirs + ((shapes - prior) * mean_log).sum())


def _try_starts(
    model: _Spammers, restarts: int, seed: int | np.random.Generator, iterations_max: int
) -> tuple[tuple[float, ...], Floats]:
    """The bound that each start reached, the best first, and the parameters of the best."""
    generator = np.random.default_rng(seed)
    votes = model.votes
    found: list[tuple[float, Floats]] = []
    for number in range(restarts):
        start = model.restart()
        if number:
            share = generator.uniform(0.1, 0.9, len(votes.raters))
            habits = votes.per_cell * generator.uniform(0.1, 0.9, votes.per_cell.shape)
            start = np.concatenate([share * votes.per_rater, habits.ravel()])
        model.expect(start)
        if restarts > 1:
            climb(model, tolerance=1e-9, iterations_max=min(TRIAL_ITERATIONS, iterations_max))
        found.append((model.expect(model.maximise()), model.parameters))
    best = max(found, key=lambda one: one[0])
    return tuple(sorted((bound for bound, _ in found), reverse=True)), best[1]


def _answer(described: Consensus, model: _Spammers, climbed: Climb, reached: tuple[float, ...]) -> Consensus:
    votes = model.votes
    competence, habits, shapes = model.means()
    whole = shapes.sum(axis=1)
    error = np.sqrt(competence * (1 - competence) / (whole + 1))
    spamming = np.zeros((len(votes.raters), len(votes.categories)))
    spamming[:, votes.used] = habits
    skills = Skills(
        measure="competence",
        value=frozen(competence),
        se=frozen(error),
        judgments=frozen(votes.per_rater.copy()),
        spamming=frozen(spamming),
        shapes=frozen(shapes),
    )
    found = fitted(
        described, votes, climbed, posteriors=model.posteriors, priors=1 / len(votes.used), skills=skills,
        objective="lower bound of the log evidence", log_likelihood=model.log_likelihood(),
    )  # fmt: skip
    return replace(found, restarts=reached)
