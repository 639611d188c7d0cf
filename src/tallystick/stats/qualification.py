"""The exact binomial rule that qualifies an expert on gold items. Reads and writes nothing.

Both error rates are exact tail sums of the binomial, P(X >= c) = I_p(c, n - c + 1), where I is
the regularised incomplete beta function: no normal approximation.
"""

from dataclasses import dataclass

from tallystick.stats.distributions import beta_share, check_share

TRIALS_MAX = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class QualificationRule:
    """Pass with at least `pass_at` right of `n` gold items, and what that costs in errors."""

    n: int
    pass_at: int
    type1: float  # chance that somebody with accuracy p0 passes
    power: float  # chance that somebody with accuracy p1 passes


def pass_chance(n: int, pass_at: int, accuracy: float) -> float:
    """The chance of at least `pass_at` right answers of `n` at the given accuracy."""
    check_share("accuracy", accuracy)
    if pass_at <= 0:
        return 1.0
    return 0.0 if pass_at > n else beta_share(pass_at, n - pass_at + 1, accuracy)


def pass_mark(n: int, p0: float, alpha: float) -> int | None:
    """The least number right of `n` that somebody with accuracy p0 reaches with chance <= alpha.

    None when even `n` right of `n` is too likely: the test is too short to show anything.
    """
    check_share("p0", p0)
    check_share("alpha", alpha)
    low, high = 0, n + 1  # pass_chance falls as the mark rises, so halve the range
    while low < high:
        middle = (low + high) // 2
        if pass_chance(n, middle, p0) <= alpha:
            high = middle
        else:
            low = middle + 1
    return low if low <= n else None


def rule(n: int, p0: float, p1: float, *, alpha: float = 0.05) -> QualificationRule | None:
    """The strictest fair rule on `n` gold items, with its power at p1; None when n is too short.

    p0, p1  accuracies: passing at p0 is the error to avoid, passing at p1 is what we want; p0 < p1
    """
    _check_order(p0, p1)
    mark = pass_mark(n, p0, alpha)
    if mark is None:
        return None
    type1, power = pass_chance(n, mark, p0), pass_chance(n, mark, p1)
    return QualificationRule(n=n, pass_at=mark, type1=type1, power=power)


def smallest_rule(
    p0: float, p1: float, *, alpha: float = 0.05, power: float = 0.90, least: int = 1, most: int = TRIALS_MAX
) -> QualificationRule:
    """The rule with the fewest gold items that keeps both error rates.

    least   items that are asked for anyway: power does not rise with every single item
    raises  ValueError when more than `most` items would be needed: p0 and p1 lie too close
    """
    check_share("power", power)
    _check_order(p0, p1)
    check_share("alpha", alpha)
    mark = 0
    for n in range(least, most + 1):
        # One more item never lowers the mark, so the last mark is where to start.
        while pass_chance(n, mark, p0) > alpha:
            mark += 1
        if pass_chance(n, mark, p1) >= power:
            type1, reached = pass_chance(n, mark, p0), pass_chance(n, mark, p1)
            return QualificationRule(n=n, pass_at=mark, type1=type1, power=reached)
    message = f"No test of up to {most} items tells {p0} from {p1}: choose them further apart."
    raise ValueError(message)


def _check_order(p0: float, p1: float) -> None:
    check_share("p1", p1)
    if not 0 < p0 < p1:
        message = f"p0 (too poor) must be below p1 (good enough); found p0 {p0} and p1 {p1}."
        raise ValueError(message)
