"""A score on whole numbers that never falls below zero: exact run lengths. Reads and writes nothing.

The score starts at zero, moves by whole steps, is held at zero, and gives alarm when it reaches the limit. What is
computed is the very chart that runs, so nothing here is an approximation: the states are 0 to limit - 1.

source  Brook and Evans (1972), "An approach to the probability distribution of CUSUM run length", Biometrika 59,
        539-549
        Reynolds and Stoumbos (1999), "A CUSUM chart for monitoring a proportion when inspecting continuously",
        Journal of Quality Technology 31, 87-108
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SETTLED = 1e-13  # a state is the usual one when no share changes by more in one answer
SETTLED_EVERY = 16  # answers between two looks whether that is so
FEW_MOVES = 16  # up to which adding them one by one is faster than a convolution
SETTLE_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Moves:
    """How the score moves at one answer: each size with its chance. The chances sum to 1."""

    sizes: tuple[int, ...]
    chances: tuple[float, ...]

    def thinned(self, rate: float) -> "Moves":
        """The same moves, made at a share of the steps only; at the others the score stays."""
        return Moves((*self.sizes, 0), (*(rate * chance for chance in self.chances), 1 - rate))


def run_lengths(moves: Moves, limit: int) -> Floats:
    """(limit,) mean number of answers until alarm, from every state. Solves (I - P) L = 1."""
    return np.asarray(np.linalg.solve(_left_over(moves, limit), np.ones(limit)), dtype=np.float64)


@lru_cache(maxsize=16)
def mean_runs(moves: Moves, limit: int) -> Floats:
    """(limit,) mean number of answers until alarm from state zero, for every limit from 1 to this one.

    The chart of a lower limit has the first rows and columns of I - P, so one elimination without exchanges serves all
    limits: what it has done by a row does not depend on the rows behind it. Rows stay within the band of the moves.
    """
    below, above = max(0, -min(moves.sizes)), max(0, *moves.sizes)
    matrix = _left_over(moves, limit)
    ones, zero, runs = np.ones(limit), np.zeros(limit), np.empty(limit)
    zero[0] = 1.0  # what is left of the equations for the row of state zero
    for at in range(limit):
        down, right = slice(at + 1, at + 1 + below), slice(at + 1, at + 1 + above)
        pivot = matrix[at, at]
        factors = matrix[down, at] / pivot
        matrix[down, right] -= np.outer(factors, matrix[at, right])
        ones[down] -= factors * ones[at]
        share = zero[at] / pivot
        zero[right] -= matrix[at, right] * share
        runs[at] = share * ones[at]
    runs = np.cumsum(runs)
    runs.flags.writeable = False
    return runs


def _left_over(moves: Moves, limit: int) -> Floats:
    """(limit, limit) I - P: one minus the chances to go from state to state without an alarm."""
    matrix = np.eye(limit)
    states = np.arange(limit)
    for size, chance in zip(moves.sizes, moves.chances, strict=True):
        after = np.maximum(states + size, 0)
        stays = after < limit
        np.subtract.at(matrix, (states[stays], after[stays]), chance)
    return matrix


def advanced(shares: Floats, moves: Moves) -> Floats:
    """(limit,) the shares of the states after one answer; what is missing of their sum has given alarm."""
    limit = len(shares)
    if len(moves.sizes) > FEW_MOVES:
        return _convolved(shares, moves)
    after = np.zeros_like(shares)
    for size, chance in zip(moves.sizes, moves.chances, strict=True):
        if 0 <= size < limit:
            after[size:] += chance * shares[: limit - size]
        elif size < 0:
            cut = min(-size, limit)
            after[: limit - cut] += chance * shares[cut:]
            after[0] += chance * shares[:cut].sum()
    return after


def _convolved(shares: Floats, moves: Moves) -> Floats:
    lowest = min(0, *moves.sizes)
    kernel = np.bincount(np.array(moves.sizes) - lowest, weights=moves.chances)
    spread = np.convolve(shares, kernel)  # from score `lowest` up
    after = np.zeros_like(shares)
    kept = spread[-lowest : len(shares) - lowest]
    after[: len(kept)] = kept
    after[0] += spread[:-lowest].sum()
    return after


def at_zero(limit: int) -> Floats:
    """(limit,) all in state zero: where a chart starts, and the slowest place to find a shift from."""
    shares = np.zeros(limit)
    shares[0] = 1.0
    return shares


def alarm_chances(moves: Moves, start: Floats, horizon: int) -> Floats:
    """(horizon + 1,) the chance that the alarm has been given after 0, 1, ... answers.

    Once the shares among those without alarm no longer change, every answer leaves the same share of them, so the rest
    of the curve is geometric: the error of that is below 1e-9 of the chance. Where nobody is without alarm, none stays.
    """
    left = np.empty(horizon + 1)
    left[0] = start.sum()
    shares = start
    for answer in range(1, horizon + 1):
        after = advanced(shares, moves)
        left[answer] = after.sum()
        if answer % SETTLED_EVERY == 0 and _is_settled(shares, after):
            rest = np.arange(1, horizon - answer + 1)
            kept = left[answer] / left[answer - 1] if left[answer - 1] > 0 else 0.0
            left[answer + 1 :] = left[answer] * kept**rest
            break
        shares = after
    return np.asarray(np.clip(1 - left, 0.0, 1.0))


def _is_settled(shares: Floats, after: Floats) -> bool:
    if after.sum() <= 0:
        return True
    return float(np.abs(after / after.sum() - shares / shares.sum()).max()) < SETTLED


def usual_state(moves: Moves, limit: int) -> Floats:
    """(limit,) the shares of the states after a long time without an alarm.

    raises  ArithmeticError when they do not settle: the chart gives alarm so late that its states hardly mix
    """
    shares = at_zero(limit)
    for _ in range(SETTLE_MAX):
        after = advanced(shares, moves)
        if _is_settled(shares, after):
            return np.asarray(after / after.sum())
        shares = after / after.sum()
    message = f"The states of a chart with limit {limit} do not settle within {SETTLE_MAX} answers."
    raise ArithmeticError(message)
