"""Wald's sequential test between two accuracies, with its exact error rates when it must end. Reads and writes nothing.

After n answers, x of them right, the score is x log(p1 / p0) + (n - x) log((1 - p1) / (1 - p0)): a number that x and n
fix, so the chances of all paths are summed exactly, answer by answer. Used to qualify (p1 above p0) and, after an alarm
of a chart, to decide whether somebody is still acceptable (p1 below p0).

source  Wald (1945), "Sequential tests of statistical hypotheses", Ann. Math. Stat. 16, 117-186
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from tallystick.stats.drift.lattice import Floats

ROUNDS = 4  # of setting the two bounds in turn; each depends a little on the other
HALVINGS = 40
WIDEN_MAX = 3.0  # nats beyond Wald's bounds
TRIALS_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A test of p0 against p1 that ends after `trials_max` answers at the latest.

    upper, lower         bounds of the score: at or above `upper` the answer is p1, at or below `lower` p0
    if_right, if_wrong   steps of the score
    alpha, beta          exact chances of a wrong end: p1 when p0 is true, p0 when p1 is true
    mean_p0, mean_p1     exact mean number of answers
    At the last answer the sign of the score decides; zero counts for p1.
    """

    p0: float
    p1: float
    upper: float
    lower: float
    if_right: float
    if_wrong: float
    trials_max: int
    alpha: float
    beta: float
    mean_p0: float
    mean_p1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a test stands; `decided` is None while it goes on."""

    plan: Plan
    right: int = 0
    wrong: int = 0
    decided: Literal["p0", "p1"] | None = None

    @property
    def score(self) -> float:
        """The log likelihood ratio of p1 against p0."""
        return _score(self.plan.if_right, self.plan.if_wrong, self.right, self.wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a test does at one accuracy: the exact chance that it ends at p1, and the exact mean number of answers."""

    chance_p1: float
    mean_trials: float


def wald_bounds(alpha: float, beta: float) -> tuple[float, float]:
    """Wald's bounds (upper, lower): log((1 - beta) / alpha), log(beta / (1 - alpha))."""
    _check_errors(alpha, beta)
    return math.log((1 - beta) / alpha), math.log(beta / (1 - alpha))


def wald_mean_trials(p0: float, p1: float, *, alpha: float, beta: float) -> tuple[float, float]:
    """Wald's approximation of the mean number of answers of the endless test, at p0 and at p1."""
    upper, lower = wald_bounds(alpha, beta)
    right, wrong = _steps(p0, p1)
    return (
        (alpha * upper + (1 - alpha) * lower) / (p0 * right + (1 - p0) * wrong),
        ((1 - beta) * upper + beta * lower) / (p1 * right + (1 - p1) * wrong),
    )


def plan_wald(p0: float, p1: float, *, alpha: float, beta: float, trials_max: int) -> Plan:
    """The test with Wald's bounds, cut off after `trials_max`. Cutting off can lift the errors above those asked for:

    the plan's `alpha` and `beta` are what they exactly are.
    """
    upper, lower = wald_bounds(alpha, beta)
    return _described(p0, p1, (upper, lower), trials_max)


def plan(p0: float, p1: float, *, alpha: float = 0.05, beta: float = 0.10, trials_max: int) -> Plan:
    """The cut-off test with both exact error rates no higher than stated: bounds set by the exact sums.

    p0, p1  two accuracies, in either order
    raises  ValueError when no bounds keep both within `trials_max` answers: the test must be longer
    """
    upper, lower = wald_bounds(alpha, beta)

    def keeps_alpha(at: float) -> bool:
        return _outcome_of(p0, p1, (at, lower), trials_max, accuracy=p0).chance_p1 <= alpha

    def keeps_beta(at: float) -> bool:
        return 1 - _outcome_of(p0, p1, (upper, -at), trials_max, accuracy=p1).chance_p1 <= beta

    for _ in range(ROUNDS):
        upper = _bound(keeps_alpha, upper)
        lower = -_bound(keeps_beta, -lower)
    found = _described(p0, p1, (upper, lower), trials_max)
    if found.alpha > alpha or found.beta > beta:
        message = (
            f"No test of at most {trials_max} answers tells {p0} from {p1} with errors of {alpha} and {beta};"
            f" the nearest has {found.alpha:.4f} and {found.beta:.4f}. Allow more answers or higher error rates."
        )
        raise ValueError(message)
    return found


def outcome(plan: Plan, accuracy: float) -> Outcome:
    """What the test does at any accuracy."""
    return _outcome_of(plan.p0, plan.p1, (plan.upper, plan.lower), plan.trials_max, accuracy=accuracy)


def start(plan: Plan) -> State:
    """A test before its first answer."""
    return State(plan=plan)


def take(state: State, correct: bool) -> State:
    """The test after one more answer; raises ValueError when it had ended already."""
    if state.decided is not None:
        message = f"The test had ended with {state.decided} after {state.right + state.wrong} answers: start a new one."
        raise ValueError(message)
    after = replace(state, right=state.right + bool(correct), wrong=state.wrong + (not correct))
    is_last = after.right + after.wrong >= state.plan.trials_max
    if after.score >= state.plan.upper or (is_last and after.score >= 0):
        return replace(after, decided="p1")
    if after.score <= state.plan.lower or is_last:
        return replace(after, decided="p0")
    return after


def _score(if_right: float, if_wrong: float, right: int, wrong: int) -> float:
    return right * if_right + wrong * if_wrong


def _steps(p0: float, p1: float) -> tuple[float, float]:
    if not (0 < p0 < 1 and 0 < p1 < 1 and p0 != p1):
        message = f"p0 and p1 are two different accuracies between 0 and 1; found {p0} and {p1}."
        raise ValueError(message)
    return math.log(p1 / p0), math.log((1 - p1) / (1 - p0))


def _described(p0: float, p1: float, bounds: tuple[float, float], trials_max: int) -> Plan:
    right, wrong = _steps(p0, p1)
    at_p0, at_p1 = (_outcome_of(p0, p1, bounds, trials_max, accuracy=accuracy) for accuracy in (p0, p1))
    return Plan(
        p0=p0,
        p1=p1,
        upper=bounds[0],
        lower=bounds[1],
        if_right=right,
        if_wrong=wrong,
        trials_max=trials_max,
        alpha=at_p0.chance_p1,
        beta=1 - at_p1.chance_p1,
        mean_p0=at_p0.mean_trials,
        mean_p1=at_p1.mean_trials,
    )


def _outcome_of(p0: float, p1: float, bounds: tuple[float, float], trials_max: int, *, accuracy: float) -> Outcome:
    """The sum over all paths: `going[x]` is the chance to be undecided with x right answers."""
    if not 1 <= trials_max <= TRIALS_MAX:
        message = f"trials_max lies between 1 and {TRIALS_MAX}; found {trials_max}."
        raise ValueError(message)
    right, wrong = _steps(p0, p1)
    going: Floats = np.zeros(trials_max + 1)
    going[0] = 1.0
    counts = np.arange(trials_max + 1)
    chance_p1, mean = 0.0, 0.0
    for trial in range(1, trials_max + 1):
        mean += float(going.sum())
        after = (1 - accuracy) * going
        after[1:] += accuracy * going[:-1]
        scores = counts * right + (trial - counts) * wrong
        is_p1 = scores >= (bounds[0] if trial < trials_max else 0)
        chance_p1 += float(after[is_p1].sum())
        going = np.where(is_p1 | (scores <= bounds[1]), 0.0, after)
    return Outcome(chance_p1=chance_p1, mean_trials=mean)


def _bound(is_kept: Callable[[float], bool], near: float) -> float:
    """The bound nearest to zero, no further out than Wald's by 3, at which an error rate is kept."""
    low, high = 0.0, near + WIDEN_MAX
    if not is_kept(high):
        return high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_kept(middle) else (middle, high)
    return high


def _check_errors(alpha: float, beta: float) -> None:
    if not (0 < alpha < 0.5 and 0 < beta < 0.5):
        message = f"Error rates lie between 0 and 0.5; found alpha {alpha} and beta {beta}."
        raise ValueError(message)
