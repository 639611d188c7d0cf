"""GLAD: raters of different ability, items of different difficulty. Reads columns, writes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tallystick.stats.aggregation.climb import Climb, Model, check_limits, climb
from tallystick.stats.aggregation.result import (
    Consensus,
    Difficulty,
    Skills,
    describe,
    fitted,
    frozen,
    status_of,
)
from tallystick.stats.aggregation.votes import Votes, read_votes, softmax, sums_by
from tallystick.stats.agreement.columns import BadRatings, Codes, Floats, Label, Labels
from tallystick.stats.agreement.result import Status

HALVINGS_MAX = 12
EASE_MAX = 20.0  # of the logarithm: beyond it a float says nothing new


@dataclass(frozen=True, slots=True, kw_only=True)
class GladPriors:
    """Means and standard deviations of the normal priors of ability and of the logarithm of ease."""

    ability_mean: float = 1.0
    ability_sd: float = 1.0
    ease_mean: float = 1.0
    ease_sd: float = 1.0


def glad(
    items: Labels,
    raters: Labels,
    values: Labels,
    *,
    categories: Sequence[Label] | None = None,
    may_repeat: bool = False,
    priors: GladPriors | None = None,
    tolerance: float = 1e-6,
    iterations_max: int = 2000,
) -> Consensus:
    """Rater r is right on item i with probability sigma(alpha[r] beta[i]); a wrong answer is any other category alike.

    alpha is the ability, beta > 0 the ease; alpha and log beta have normal priors, the categories that somebody chose
    are equally likely. EM from the shares of votes; the M step takes a Newton step of each ability and then of each
    log ease, and halves those that would lower the expected log posterior. Standard errors come from the squared
    scores of the judgments with the truth unknown, and the prior; they hold the other parameters fixed.
    raises  BadRatings when the judgments or the priors make no sense
    source  Whitehill, Ruvolo, Wu, Bergsma and Movellan (2009), "Whose Vote Should Count More", NIPS 22, 2035-2043
    """
    chosen = priors or GladPriors()
    check_limits(tolerance=tolerance, iterations_max=iterations_max)
    if not min(chosen.ability_sd, chosen.ease_sd) > 0:
        raise BadRatings(f"The standard deviations of GLAD's priors must be above 0, found {chosen}.")
    votes = read_votes(items, raters, values, categories=categories, may_repeat=may_repeat)
    described = describe(votes, "glad", status_of(votes))
    if described.status is not Status.OK:
        return described
    model = _Slopes(votes, chosen)
    climbed = climb(model, tolerance=tolerance, iterations_max=iterations_max)
    return _answer(described, model, climbed)


class _Slopes(Model):
    """Parameters: abilities, then logarithms of ease, items in columns."""

    def __init__(self, votes: Votes, priors: GladPriors) -> None:
        self.votes = votes
        self.priors = priors
        self.posteriors = np.ascontiguousarray(votes.shares)
        self.spare = np.empty_like(self.posteriors)
        self.ability = np.full(len(votes.raters), priors.ability_mean)
        self.ease = np.full(len(votes.items), priors.ease_mean)
        self.log_likelihood = -np.inf

    def maximise(self) -> Floats:
        votes, priors = self.votes, self.priors
        given = self.posteriors.ravel().take(votes.spot, mode="clip")
        factor = np.exp(self.ease)[votes.at]
        ability = _improve(
            self.ability,
            votes.rater,
            given,
            slope=lambda _: factor,
            product=lambda found: found[votes.rater] * factor,
            prior=(priors.ability_mean, priors.ability_sd),
        )
        gain = ability[votes.rater]
        ease = _improve(
            self.ease,
            votes.at,
            given,
            slope=lambda product: product,
            product=lambda found: gain * np.exp(found)[votes.at],
            prior=(priors.ease_mean, priors.ease_sd),
        )
        return np.concatenate([ability, ease])

    def expect(self, parameters: Floats) -> float:
        votes, priors = self.votes, self.priors
        self.ability, self.ease = parameters[: len(votes.raters)], parameters[len(votes.raters) :]
        product = self.products()
        others = np.log(len(votes.used) - 1)
        scores = sums_by(votes.spot, product + others, self.spare.size)
        common = -_softplus(product).sum() - others * votes.n_judgments - len(votes.items) * np.log(len(votes.used))
        self.spare, self.posteriors = self.posteriors, scores.reshape(self.spare.shape)
        self.log_likelihood = softmax(self.posteriors) + float(common)
        return (
            self.log_likelihood
            + _log_prior(self.ability, priors.ability_mean, priors.ability_sd)
            + _log_prior(self.ease, priors.ease_mean, priors.ease_sd)
        )

    def products(self) -> Floats:
        """(judgments,) ability times ease."""
        products: Floats = self.ability[self.votes.rater] * np.exp(self.ease)[self.votes.at]
        return products

    def mend(self, leap: Floats, plain: Floats) -> Floats:
        """Any ability makes sense, and any ease that a float can hold."""
        del plain
        leap[len(self.ability) :] = np.clip(leap[len(self.ability) :], -EASE_MAX, EASE_MAX)
        return leap

    def errors(self) -> tuple[Floats, Floats]:
        """Standard errors of abilities and of the logarithms of ease."""
        votes, priors = self.votes, self.priors
        product = self.products()
        miss = self.posteriors.ravel().take(votes.spot) - _sigmoid(product)
        by_rater = np.square(miss * np.exp(self.ease)[votes.at])
        by_item = np.square(miss * product)
        known = sums_by(votes.rater, by_rater, len(votes.raters)) + priors.ability_sd**-2
        eased = sums_by(votes.at, by_item, len(votes.items)) + priors.ease_sd**-2
        return 1 / np.sqrt(known), 1 / np.sqrt(eased)


def _improve(
    before: Floats,
    owner: Codes,
    given: Floats,
    *,
    slope: Callable[[Floats], Floats],
    product: Callable[[Floats], Floats],
    prior: tuple[float, float],
) -> Floats:
    """One Newton step of many parameters that do not touch each other, each halved until it does not fall.

    before   (parameters,)
    owner    (judgments,) the parameter of each
    given    (judgments,) the posterior of the answer that was given
    slope    of the products of ability and ease: their derivative by the owner's parameter, (judgments,)
    product  of parameters: the products, (judgments,)
    prior    mean and standard deviation
    """
    mean, precision = prior[0], prior[1] ** -2
    size = len(before)

    def heights(found: Floats, products: Floats) -> Floats:
        gain = sums_by(owner, given * products - _softplus(products), size)
        return gain - 0.5 * precision * np.square(found - mean)

    start = product(before)
    right = _sigmoid(start)
    steep = slope(start)
    first = sums_by(owner, (given - right) * steep, size) - precision * (before - mean)
    second = sums_by(owner, right * (1 - right) * np.square(steep), size) + precision
    step = first / second
    height = heights(before, start)
    for _ in range(HALVINGS_MAX):
        after = np.clip(before + step, -EASE_MAX, EASE_MAX)
        has_fallen = heights(after, product(after)) < height
        if not bool(has_fallen.any()):
            return after
        step = np.where(has_fallen, step / 2, step)
    after = np.clip(before + step, -EASE_MAX, EASE_MAX)
    return np.where(heights(after, product(after)) < height, before, after)


def _softplus(values: Floats) -> Floats:
    """log(1 + e^x) without overflow."""
    return np.maximum(values, 0.0) + np.log1p(np.exp(-np.abs(values)))


def _sigmoid(values: Floats) -> Floats:
    """1 / (1 + e^-x) without overflow."""
    small = np.exp(-np.abs(values))
    return np.where(values >= 0, 1.0, small) / (1.0 + small)


def _log_prior(values: Floats, mean: float, deviation: float) -> float:
    return -0.5 * float(np.square((values - mean) / deviation).sum())


def _answer(described: Consensus, model: _Slopes, climbed: Climb) -> Consensus:
    votes = model.votes
    by_rater, by_item = model.errors()
    below = int(np.count_nonzero(model.ability < 0))
    notes = described.notes
    if below:
        notes = (*notes, f"{below:,} raters are right less often than not: look at them before using the result.")
    skills = Skills(
        measure="ability",
        value=frozen(model.ability.copy()),
        se=frozen(by_rater),
        judgments=frozen(votes.per_rater.copy()),
    )
    found = fitted(
        described, votes, climbed, posteriors=model.posteriors, priors=1 / len(votes.used), skills=skills,
        objective="log posterior", log_likelihood=model.log_likelihood,
    )  # fmt: skip
    difficulty = Difficulty(value=frozen(-model.ease[votes.column]), se=frozen(by_item[votes.column]))
    return replace(found, difficulty=difficulty, notes=notes)
