"""Strengths of candidates from comparisons of two, ties included. Reads columns, writes nothing."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tallystick.stats import distributions
from tallystick.stats.aggregation.climb import check_limits
from tallystick.stats.aggregation.comparisons import Pairs, Weights, read_pairs, strong_parts, ties_run_away, weak_parts
from tallystick.stats.aggregation.davidson import NEWTON_MAX, Davidson, Fit, fit
from tallystick.stats.aggregation.result import frozen
from tallystick.stats.agreement.columns import BadRatings, Codes, Floats, Labels
from tallystick.stats.agreement.result import Status
from tallystick.stats.intervals import Interval, normal_quantile

REASONS = {
    Status.TOO_FEW_ITEMS: "There are no comparisons, so there is nothing to rank.",
    Status.NO_VARIATION: (
        "Every comparison is a tie, so all strengths are equal and the tie parameter has no finite estimate. Add"
        " comparisons in which one of the two can win."
    ),
    Status.DISCONNECTED: (
        "The candidates fall into groups that no comparison joins, so strengths of different groups cannot be compared."
        " Compare candidates of different groups, or give a prior."
    ),
    Status.SEPARATED: (
        "Some candidates won every comparison with some others, directly or by way of others, so the strengths between"
        " them have no finite estimate. Add comparisons, or give a prior."
    ),
}
TIES_RUN_AWAY = (
    "No two candidates beat each other, so ever larger strengths with an ever larger tie parameter explain the"
    " comparisons ever better, and neither has a finite estimate. Compare the same candidates again, or give a prior."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Candidates whose strengths can be compared with each other.

    candidates  names, in the order of the ranking's
    strengths   (candidates,) logarithms, with mean 0 unless a prior fixes the middle; None for a single candidate
    se          (candidates,) of each against the mean; None for a single candidate and beyond 1,500 candidates
    covariance  (candidates, candidates) of the strengths; None where there is no se
    """

    candidates: tuple[str, ...]
    strengths: Floats | None
    se: Floats | None
    covariance: Floats | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is expected when a meets b.

    difference  the strength of a minus that of b, a log odds; its standard error and interval, None where not known
    wins, ties  the probability that a wins, and that neither does
    """

    difference: float
    se: float | None
    interval: Interval | None
    wins: float
    ties: float
    p_value: float | None  # of no difference, two-sided


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking:
    """Strengths with their doubt.

    status         ok when all candidates can be compared; else `reason` says why not, and `parts` has what can be
    candidates     names, sorted
    parts          the groups inside which strengths are finite, winners first; one when the status is ok
    above          (upper, lower) places of parts that met: the upper won every time, infinitely stronger
    tie_parameter  nu of Davidson's model, 0 when there was no tie; None when it has no finite estimate
    tie_se         of log nu; None where not known
    trace          the log-likelihood, with a prior the log posterior, after each iteration; it never falls
    """

    status: Status
    reason: str | None
    candidates: tuple[str, ...]
    parts: tuple[Part, ...]
    above: tuple[tuple[int, int], ...]
    tie_parameter: float | None
    tie_se: float | None
    n_comparisons: int
    n_ties: float
    prior: float
    log_likelihood: float | None
    trace: tuple[float, ...]
    converged: bool | None
    iterations: int
    stop: str | None
    notes: tuple[str, ...]

    @property
    def strengths(self) -> Floats | None:
        """(candidates,) logarithms of the strengths; None unless all can be compared."""
        return self.parts[0].strengths if self.status is Status.OK else None

    @property
    def se(self) -> Floats | None:
        """(candidates,) standard errors of the strengths; None unless all can be compared."""
        return self.parts[0].se if self.status is Status.OK else None

    def compare(self, a: str, b: str, *, confidence: float = 0.95) -> Comparison | None:
        """What is expected when a meets b; None when they cannot be compared. Raises BadRatings for unknown names."""
        for name in (a, b):
            if name not in self.candidates:
                raise BadRatings(f"There is no candidate {name!r}; found {', '.join(self.candidates[:10])}.")
        part = next((part for part in self.parts if a in part.candidates and b in part.candidates), None)
        if part is None or part.strengths is None or a == b:
            return None
        i, j = part.candidates.index(a), part.candidates.index(b)
        gap = float(part.strengths[i] - part.strengths[j])
        nu = self.tie_parameter or 0.0
        half = math.exp(min(max(gap / 2, -300.0), 300.0))
        whole = half + 1 / half + nu
        if part.covariance is None:
            return Comparison(difference=gap, se=None, interval=None, wins=half / whole, ties=nu / whole, p_value=None)
        spread = float(part.covariance[i, i] + part.covariance[j, j] - 2 * part.covariance[i, j])
        error = math.sqrt(max(spread, 0.0))
        reach = normal_quantile(confidence) * error
        limits = Interval(low=gap - reach, high=gap + reach, method="fisher_information", confidence=confidence)
        p_value = 2 * distributions.normal_share(-abs(gap) / error) if error > 0 else None
        return Comparison(
            difference=gap, se=error, interval=limits, wins=half / whole, ties=nu / whole, p_value=p_value
        )


def bradley_terry(
    first: Labels,
    second: Labels,
    winners: Labels,
    *,
    tie: str = "tie",
    weights: Weights | None = None,
    prior: float = 0.0,
    tolerance: float = 1e-9,
    iterations_max: int = 10_000,
) -> Ranking:
    """Davidson's extension of Bradley and Terry's model: a beats b with odds pi_a : pi_b : nu sqrt(pi_a pi_b) (tie).

    A tie is worth half a win. The model is log-linear, so the likelihood has one maximum: MM steps (strength times won
    over expected wins) with Newton's steps wherever those reach higher, up to 1,500 candidates. Standard errors are
    those of the Fisher information and hold for independent comparisons: many of one person or prompt say less.
    winners    one of the two names, or the word `tie`; None is a missing comparison
    weights    how many comparisons each row stands for
    prior      pseudo-comparisons of every candidate, half won and half lost, against one of strength 1: above 0 all
               strengths are finite, and shrink towards each other
    tolerance  largest gap between the wins of a candidate and those that the model expects, as a share of its
               comparisons
    raises     BadRatings when the comparisons make no sense
    source     Davidson (1970), "On extending the Bradley-Terry model to accommodate ties in paired comparison
               experiments", Journal of the American Statistical Association 65, 317-328; Hunter (2004), "MM algorithms
               for generalized Bradley-Terry models", Annals of Statistics 32, 384-406
    """
    check_limits(tolerance=tolerance, iterations_max=iterations_max)
    if not 0 <= prior < math.inf:
        raise BadRatings(f"A prior is 0 or more pseudo-comparisons, found {prior}.")
    pairs = read_pairs(first, second, winners, tie=tie, weights=weights)
    size = len(pairs.candidates)
    parts = np.zeros(size, dtype=np.int64) if prior else strong_parts(pairs)
    status = _status(pairs, parts)
    if not size or status is Status.NO_VARIATION:
        return _ranking(pairs, status, (), None, prior=prior, above=())
    inside = parts[pairs.first] == parts[pairs.second]
    kept = pairs.of(inside)
    if not prior and (kept.wins.any() or kept.losses.any()) and ties_run_away(kept):
        return _ranking(pairs, Status.SEPARATED, (), None, prior=prior, above=(), reason=TIES_RUN_AWAY)
    found = fit(Davidson(kept, parts, prior=prior), tolerance=tolerance, iterations_max=iterations_max)
    return _ranking(
        pairs, status, _parts(pairs.candidates, parts, found), found, prior=prior, above=_above(pairs, parts, inside)
    )


def _status(pairs: Pairs, parts: Codes) -> Status:
    if not len(pairs.candidates):
        return Status.TOO_FEW_ITEMS
    if not (pairs.wins.sum() or pairs.losses.sum()):
        return Status.NO_VARIATION
    if not int(parts.max()):
        return Status.OK
    return Status.DISCONNECTED if int(weak_parts(pairs).max()) else Status.SEPARATED


def _parts(names: tuple[str, ...], parts: Codes, found: Fit) -> tuple[Part, ...]:
    answer = []
    for number in range(int(parts.max()) + 1):
        places = np.flatnonzero(parts == number)
        inside = tuple(names[place] for place in places.tolist())
        is_single = len(places) < 2
        covariance = None if is_single or found.covariance is None else found.covariance[np.ix_(places, places)]
        answer.append(
            Part(
                candidates=inside,
                strengths=None if is_single else frozen(found.strengths[places]),
                se=None if covariance is None else frozen(np.sqrt(np.maximum(np.diag(covariance), 0.0))),
                covariance=None if covariance is None else frozen(covariance),
            )
        )
    return tuple(answer)


def _above(pairs: Pairs, parts: Codes, inside: NDArray[np.bool_]) -> tuple[tuple[int, int], ...]:
    """Parts are numbered winners first, so of two that met the lower number won."""
    met = np.stack([parts[pairs.first[~inside]], parts[pairs.second[~inside]]])
    return tuple(sorted({(int(low), int(high)) for low, high in np.sort(met, axis=0).T.tolist()}))


def _ranking(
    pairs: Pairs,
    status: Status,
    parts: tuple[Part, ...],
    found: Fit | None,
    *,
    prior: float,
    above: tuple[tuple[int, int], ...],
    reason: str | None = None,
) -> Ranking:
    notes = [f"{pairs.missing:,} rows name no winner and are left out."] if pairs.missing else []
    if len(pairs.candidates) > NEWTON_MAX:
        notes.append("With so many candidates no standard errors are computed.")
    if status is Status.DISCONNECTED and above:
        notes.append("Inside some groups, too, candidates won every comparison with others.")
    return Ranking(
        status=status,
        reason=reason or REASONS.get(status),
        candidates=pairs.candidates,
        parts=parts,
        above=above,
        tie_parameter=None if found is None else found.tie_parameter,
        tie_se=None if found is None else found.tie_se,
        n_comparisons=pairs.n_comparisons,
        n_ties=float(pairs.ties.sum()),
        prior=prior,
        log_likelihood=None if found is None else found.log_likelihood,
        trace=() if found is None else found.trace,
        converged=None if found is None else found.converged,
        iterations=0 if found is None else len(found.trace),
        stop=None if found is None else found.stop,
        notes=tuple(notes),
    )
