"""Probabilities and quantiles of the normal, Student's, F and beta distributions. Reads and writes nothing.

scipy.special has them all, but importing it takes longer than most commands run, and imports stand at the top of a
file. What intervals need is one function and its inverse: the incomplete beta.
"""

import math
from functools import lru_cache
from statistics import NormalDist

NORMAL = NormalDist()
TINY = 1e-300
EPSILON = 1e-16
ROUNDS_MAX = 100_000
FREEDOM_MIN = 1e-3  # with fewer degrees of freedom a quantile has no size that a float could tell
NORMAL_FROM = 1e6  # degrees of freedom from which Student's t is the normal to nine digits


def check_share(name: str, share: float) -> None:
    """Raises ValueError unless it lies between 0 and 1."""
    if not 0 < share < 1:
        message = f"{name} lies between 0 and 1; found {share}."
        raise ValueError(message)


def normal_quantile(share: float) -> float:
    """The value that a standard normal stays below with this probability; 0 < share < 1."""
    return NORMAL.inv_cdf(share)


def normal_share(value: float) -> float:
    """The probability that a standard normal stays below a value, exact in both tails."""
    return 0.5 * math.erfc(-value / math.sqrt(2))


def student_quantile(freedom: float, share: float) -> float:
    """The quantile of Student's t; 0.5 < share < 1, freedom > 0."""
    if freedom > NORMAL_FROM:
        return normal_quantile(share)
    rest = beta_quantile(freedom / 2, 0.5, 2 * (1 - share))
    return math.sqrt(freedom * (1 - rest) / rest) if rest > 0 else math.inf


def student_tails(freedom: float, value: float) -> float:
    """The probability that Student's t lies further from zero than a value, on both sides; freedom > 0."""
    return beta_share(freedom / 2, 0.5, freedom / (freedom + value * value))


def f_quantile(above: float, below: float, share: float) -> float:
    """The quantile of F with `above` and `below` degrees of freedom; infinite where it has no finite size."""
    if min(above, below) < FREEDOM_MIN:
        return math.inf
    rest = beta_quantile(below / 2, above / 2, 1 - share)
    return below * (1 - rest) / (above * rest) if rest > 0 else math.inf


def beta_share(a: float, b: float, x: float) -> float:
    """I_x(a, b), the regularised incomplete beta: the probability that a beta stays below x.

    For whole a and b it is the chance of at least a successes of a + b - 1 trials with chance x each.
    source  the continued fraction of Abramowitz and Stegun, 26.5.8, summed forwards by Lentz's method
    """
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on one side only
        return 1 - beta_share(b, a, 1 - x)
    front = math.exp(a * math.log(x) + b * math.log1p(-x) - _log_beta(a, b)) / a
    return front / _fraction(a, b, x)


@lru_cache(maxsize=1024)
def beta_quantile(a: float, b: float, share: float) -> float:
    """The x with I_x(a, b) = share, by Newton's steps kept between bounds; 0 < share < 1."""
    low, high = 0.0, 1.0
    x = a / (a + b)
    for _ in range(200):
        miss = beta_share(a, b, x) - share
        low, high = (low, x) if miss > 0 else (x, high)
        log_density = (a - 1) * math.log(x) + (b - 1) * math.log1p(-x) - _log_beta(a, b)
        after = x - miss / math.exp(log_density) if -600 < log_density < 600 else low
        if not low < after < high:
            after = (low + high) / 2
        if abs(after - x) <= 2 * EPSILON * x or not 0 < after < 1:
            return after
        x = after
    return x


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _fraction(a: float, b: float, x: float) -> float:
    """1 + d_1 x / (1 + d_2 x / (1 + ...)): what the front factor is divided by."""
    total, above, below = 1.0, 1.0, 0.0
    for step in range(1, ROUNDS_MAX):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        below = 1 / (1 + term * below or TINY)
        above = 1 + term / above or TINY
        total *= above * below
        if abs(above * below - 1) < 4 * EPSILON:
            return total
    message = f"The incomplete beta of {a} and {b} at {x} does not settle."
    raise ArithmeticError(message)
