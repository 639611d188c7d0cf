"""The likelihood of Davidson's model and the way to its top. Reads and writes nothing."""

import math
from dataclasses import dataclass

import numpy as np

from tallystick.stats.aggregation.comparisons import Pairs
from tallystick.stats.aggregation.votes import sums_by
from tallystick.stats.agreement.columns import Codes, Floats

NEWTON_MAX = 1500  # candidates: the information is a table of this side
HALF_GAP_MAX = 300.0  # of logarithms: its exponential still fits a float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The top of the likelihood.

    strengths   (candidates,) logarithms, mean 0 in each part unless a prior fixes the middle
    covariance  (candidates, candidates); None beyond NEWTON_MAX candidates
    """

    strengths: Floats
    tie_parameter: float | None
    covariance: Floats | None
    tie_se: float | None
    log_likelihood: float
    trace: tuple[float, ...]
    converged: bool
    stop: str


class Davidson:
    """Comparisons under given strengths and a given logarithm of nu, which is -inf when there are no ties.

    parts  (candidates,) strengths are centred in each, unless `prior` is above 0
    """

    def __init__(self, pairs: Pairs, parts: Codes, *, prior: float) -> None:
        self.pairs = pairs
        self.parts = parts
        self.prior = prior
        self.size = len(pairs.candidates)
        self.ties = float(pairs.ties.sum())
        self.wins = float(pairs.wins.sum() + pairs.losses.sum())
        self.each = pairs.wins + pairs.losses + pairs.ties
        half = pairs.ties / 2
        self.won = self.by_candidate(pairs.wins + half, pairs.losses + half) + prior
        self.played = self.by_candidate(self.each, self.each) + 2 * prior

    @property
    def is_empty(self) -> bool:
        """Whether no comparison says anything of strengths or ties."""
        return not (self.wins or self.ties or self.prior)

    def by_candidate(self, first: Floats, second: Floats) -> Floats:
        """(candidates,) sums over pairs of what belongs to the first and to the second of each."""
        pairs = self.pairs
        return sums_by(pairs.first, first, self.size) + sums_by(pairs.second, second, self.size)

    def start_tie(self) -> float:
        """The logarithm of nu for equal strengths."""
        if not self.ties:
            return -math.inf
        return math.log(2 * self.ties / self.wins) if self.wins else math.inf

    def chances(self, strengths: Floats, log_nu: float) -> tuple[Floats, Floats]:
        """(pairs,) that the first wins, and that neither does."""
        half = np.exp(self._half_gaps(strengths))
        nu = math.exp(log_nu)
        whole = half + 1 / half + nu
        return half / whole, nu / whole

    def _half_gaps(self, strengths: Floats) -> Floats:
        gaps = strengths[self.pairs.first] - strengths[self.pairs.second]
        return np.clip(gaps / 2, -HALF_GAP_MAX, HALF_GAP_MAX)

    def height(self, strengths: Floats, log_nu: float) -> tuple[float, float]:
        """The log-likelihood, and that with the logarithm of the prior."""
        pairs = self.pairs
        gaps = self._half_gaps(strengths)
        size = np.abs(gaps)
        log_whole = size + np.log1p(np.exp(-2 * size) + math.exp(log_nu) * np.exp(-size))
        plain = float((pairs.wins - pairs.losses) @ gaps - self.each @ log_whole)
        if self.ties:
            plain += self.ties * log_nu
        anchor = strengths - 2 * np.logaddexp(0.0, strengths)  # log of sigma(x) sigma(-x)
        return plain, plain + self.prior * float(anchor.sum())

    def expected(self, strengths: Floats, log_nu: float) -> tuple[Floats, float]:
        """(candidates,) wins that the model expects, a tie as half of one; and how many ties."""
        wins, ties = self.chances(strengths, log_nu)
        first = self.each * (wins + ties / 2)
        anchored = 2 * self.prior / (1 + np.exp(-strengths)) if self.prior else 0.0
        return self.by_candidate(first, self.each - first) + anchored, float(self.each @ ties)

    def climb_by_mm(self, strengths: Floats, log_nu: float) -> tuple[Floats, float]:
        """One MM step: strengths times won over expected, then nu times ties over expected."""
        expected, _ = self.expected(strengths, log_nu)
        ratio = np.divide(self.won, expected, out=np.ones(self.size), where=(expected > 0) & (self.won > 0))
        after = self.centred(strengths + np.log(ratio))
        if self.ties:
            log_nu += math.log(self.ties / self.expected(after, log_nu)[1])
        return after, log_nu

    def climb_by_newton(self, strengths: Floats, log_nu: float) -> tuple[Floats, float]:
        """One Newton step of all strengths and log nu at once."""
        expected, ties = self.expected(strengths, log_nu)
        slope = np.append(self.won - expected, self.ties - ties)
        step = np.linalg.solve(self.information(strengths, log_nu), slope)
        return self.centred(strengths + step[:-1]), log_nu + float(step[-1]) if self.ties else log_nu

    def information(self, strengths: Floats, log_nu: float) -> Floats:
        """(candidates + 1, candidates + 1) of the strengths and log nu, made regular where strengths are centred."""
        pairs, size = self.pairs, self.size
        wins, ties = self.chances(strengths, log_nu)
        mean = wins + ties / 2
        spread = self.each * (wins + ties / 4 - np.square(mean))
        table = np.zeros((size + 1, size + 1))
        np.add.at(table, (pairs.first, pairs.second), -spread)
        table += table.T
        table[np.arange(size), np.arange(size)] = self.by_candidate(spread, spread)
        if self.ties:
            mixed = self.each * ties * (0.5 - mean)
            table[:size, size] = table[size, :size] = self.by_candidate(mixed, -mixed)
            table[size, size] = self.each @ (ties * (1 - ties))
        else:
            table[size, size] = 1.0
        return table + self._grip(strengths)

    def _grip(self, strengths: Floats) -> Floats:
        """What holds the middle: the prior, or a table that moves nothing but the mean of each part."""
        table = np.zeros((self.size + 1, self.size + 1))
        inside = table[: self.size, : self.size]
        if self.prior:
            share = 1 / (1 + np.exp(-strengths))
            np.fill_diagonal(inside, 2 * self.prior * share * (1 - share))
        else:
            is_together = self.parts[:, None] == self.parts[None, :]
            inside[:] = is_together / np.bincount(self.parts)[self.parts]
        return table

    def covariance(self, strengths: Floats, log_nu: float) -> Floats:
        """The inverse of the information, without what the grip added to it."""
        inverse = np.asarray(np.linalg.inv(self.information(strengths, log_nu)), dtype=np.float64)
        return inverse if self.prior else inverse - self._grip(strengths)

    def centred(self, strengths: Floats) -> Floats:
        """Mean 0 in each part; unchanged with a prior."""
        if self.prior:
            return strengths
        means = sums_by(self.parts, strengths, 0) / np.bincount(self.parts)
        return strengths - means[self.parts]

    def gap(self, strengths: Floats, log_nu: float) -> float:
        """The largest difference of won and expected, as a share of the comparisons of a candidate."""
        expected, ties = self.expected(strengths, log_nu)
        played = np.where(self.played > 0, self.played, 1.0)
        largest = float(np.abs((self.won - expected) / played).max())
        return max(largest, abs(self.ties - ties) / max(self.wins + self.ties, 1.0))


def fit(model: Davidson, *, tolerance: float, iterations_max: int) -> Fit:
    """MM steps, and Newton's where they reach higher, until wins are what the model expects."""
    strengths, log_nu = np.zeros(model.size), model.start_tie()
    if model.is_empty or log_nu == math.inf:
        return _nothing(model, log_nu)
    is_small = model.size <= NEWTON_MAX
    trace = [model.height(strengths, log_nu)[1]]
    gap = model.gap(strengths, log_nu)
    while gap > tolerance and len(trace) < iterations_max:
        strengths, log_nu = model.climb_by_mm(strengths, log_nu)
        reached = model.height(strengths, log_nu)[1]
        if is_small:
            leap = model.climb_by_newton(strengths, log_nu)
            leapt = model.height(*leap)[1]
            if leapt >= reached:
                (strengths, log_nu), reached = leap, leapt
        trace.append(reached)
        gap = model.gap(strengths, log_nu)
    converged = gap <= tolerance
    words = "Converged" if converged else "Stopped without convergence"
    more = "" if converged else f", and {tolerance:.1e} is asked for. Allow more iterations"
    covariance = model.covariance(strengths, log_nu) if is_small else None
    return Fit(
        strengths=strengths,
        tie_parameter=math.exp(log_nu),
        covariance=None if covariance is None else covariance[:-1, :-1],
        tie_se=None if covariance is None or not model.ties else math.sqrt(max(float(covariance[-1, -1]), 0.0)),
        log_likelihood=model.height(strengths, log_nu)[0],
        trace=tuple(trace),
        converged=converged,
        stop=f"{words} after {len(trace)} iterations: wins differ from those expected by at most {gap:.1e} of the"
        f" comparisons of a candidate{more}.",
    )


def _nothing(model: Davidson, log_nu: float) -> Fit:
    """No two candidates met whose strengths can be compared, or they only tied."""
    return Fit(
        strengths=np.zeros(model.size),
        tie_parameter=None if log_nu == math.inf else 0.0,
        covariance=None,
        tie_se=None,
        log_likelihood=0.0,
        trace=(),
        converged=True,
        stop="No two candidates with finite strengths met in a comparison that one of them won.",
    )
