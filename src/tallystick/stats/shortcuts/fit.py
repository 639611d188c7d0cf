"""Logistic regression on differences within pairs: fitted, or why it has no finite answer. Reads and writes nothing.

A pair is one group of a conditional logit with two members, so its likelihood is that of a logistic regression without
intercept on the difference of the two (McFadden 1974; Breslow and Day 1980, section 7.3).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

ROUNDS = 24  # a finite answer is reached long before; without one each round adds about 1 to the deciding margins
ROUNDS_BACK = 10  # over which the way to infinity is read off
STEP_MIN = 1e-9
SAME = 1e-7  # a column is a combination of others when less of it than this share is left over
DECIDED = 1e-3  # share of the largest margin below which a pair is not decided by a direction
RIDGE = 1.0
ROUNDING = 1e-11  # of a likelihood, relative: a step that loses less has lost nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What could be estimated. Places are columns of the matrix that was given.

    kept          columns with a coefficient, in the order of `beta` and of both sides of `covariance`
    separated     columns whose coefficient runs to plus (1) or minus (-1) infinity
    collinear     columns left out, each with those that it is a combination of
    is_used       rows that the other coefficients rest on: those that the separated columns do not decide alone
    is_settled    whether Newton's steps came to rest; a fit that is not settled has no coefficients
    """

    kept: tuple[int, ...]
    beta: Floats
    covariance: Floats
    separated: dict[int, int]
    collinear: dict[int, tuple[int, ...]]
    is_used: Flags
    is_settled: bool


def fit(differences: Floats, share: Floats, cluster: Codes) -> Fit:
    """Maximum likelihood with the sandwich covariance by clusters, times G / (G - 1).

    differences  (pairs, features) first candidate minus second
    share        (pairs,) 1 the first was preferred, 0 the second, 0.5 a tie: half a win for each
    cluster      (pairs,) from 0 without gaps
    A direction in which no pair speaks against and some speak for has no finite coefficient. Its features are reported
    as separated, the pairs that it decides are set aside, and the rest is fitted to the others: the limit of the
    likelihood, as in Geyer (2009), "Likelihood inference in exponential families and directions of recession",
    Electronic Journal of Statistics 3, 259-289.
    """
    is_used = np.ones(len(share), dtype=np.bool_)
    separated: dict[int, int] = {}
    collinear: dict[int, tuple[int, ...]] = {}
    while True:
        rows = np.asarray(differences[is_used], dtype=np.float64)
        columns, same = independent(rows)
        collinear |= {column: others for column, others in same.items() if column not in separated}
        if not len(columns):
            return _without(is_used, separated, collinear, is_settled=True)
        scale = np.sqrt((rows[:, columns] ** 2).mean(axis=0))
        scaled = rows[:, columns] / scale
        path, is_settled = _newton(scaled, share[is_used])
        if is_settled:
            break
        way = path[-1] - path[-1 - ROUNDS_BACK]
        decided = _decided(scaled, share[is_used], way)
        if decided is None:
            return _without(is_used, separated, collinear, is_settled=False)
        for place in np.flatnonzero(np.abs(way) > DECIDED * np.abs(way).max()):
            separated.setdefault(columns[int(place)], 1 if way[place] > 0 else -1)
        is_used[np.flatnonzero(is_used)[decided]] = False
    kept = [place for place, column in enumerate(columns) if column not in separated]
    covariance = _sandwich(scaled, share[is_used] - _chance(scaled @ path[-1]), path[-1], cluster[is_used])
    return Fit(
        kept=tuple(columns[place] for place in kept),
        beta=path[-1][kept] / scale[kept],
        covariance=covariance[np.ix_(kept, kept)] / np.outer(scale[kept], scale[kept]),
        separated=separated,
        collinear=collinear,
        is_used=is_used,
        is_settled=True,
    )


def ridge(differences: Floats, share: Floats) -> Floats:
    """Coefficients for predicting only: with a penalty of half the squared coefficients of scaled columns.

    They exist for any data. Columns without any difference get 0.
    """
    scale = np.sqrt((differences**2).mean(axis=0))
    is_there = scale > 0
    scaled = differences[:, is_there] / scale[is_there]
    beta = np.zeros(differences.shape[1])
    if is_there.any():
        beta[is_there] = _newton(scaled, share, penalty=RIDGE)[0][-1] / scale[is_there]
    return beta


def independent(rows: Floats) -> tuple[list[int], dict[int, tuple[int, ...]]]:
    """The columns that are no combination of earlier ones, and those that are, with the ones they combine.

    Columns of zeros are neither.
    """
    kept: list[int] = []
    same: dict[int, tuple[int, ...]] = {}
    lengths = np.sqrt((rows**2).sum(axis=0)) if len(rows) else np.zeros(rows.shape[1])
    for column in range(rows.shape[1]):
        if not lengths[column] > 0:
            continue
        target = rows[:, column] / lengths[column]
        others = rows[:, kept] / lengths[kept]
        weights = np.linalg.lstsq(others, target, rcond=None)[0] if kept else np.zeros(0)
        if float(np.sqrt(((target - others @ weights) ** 2).sum())) > SAME:
            kept.append(column)
        else:
            same[column] = tuple(kept[place] for place in np.flatnonzero(np.abs(weights) > SAME))
    return kept, same


def inflation(rows: Floats, columns: tuple[int, ...]) -> Floats:
    """(columns,) how many times its own variance each coefficient has because the others explain its column.

    1 / (1 - R^2) of each column on the others, without intercept.
    """
    given = rows[:, columns]
    lengths = np.sqrt((given**2).sum(axis=0))
    return np.asarray(np.diag(np.linalg.inv((given / lengths).T @ (given / lengths))))


def _newton(rows: Floats, share: Floats, penalty: float = 0.0) -> tuple[list[Floats], bool]:
    """Every point of the way, and whether it came to rest."""
    beta = np.zeros(rows.shape[1])
    path = [beta]
    own = penalty * np.eye(rows.shape[1])
    for _ in range(ROUNDS):
        chance = _chance(rows @ beta)
        slope = rows.T @ (share - chance) - penalty * beta
        bend = (rows * (chance * (1 - chance))[:, None]).T @ rows + own
        step = np.linalg.lstsq(bend, slope, rcond=None)[0]
        before, size = _likelihood(rows @ beta, share, penalty, beta), 1.0
        before -= ROUNDING * (1 + abs(before))
        while size > 1e-6 and _likelihood(rows @ (beta + size * step), share, penalty, beta + size * step) < before:
            size /= 2
        beta = beta + size * step
        path.append(beta)
        if float(np.abs(step).max()) < STEP_MIN:
            return path, True
    return path, False


def _decided(rows: Floats, share: Floats, way: Floats) -> Flags | None:
    """The pairs that a direction decides; None when it is no direction to infinity after all.

    Along such a direction every pair that it moves at all moves towards what was preferred, and no tie moves.
    """
    margins = rows @ way
    small = DECIDED * float(np.abs(margins).max())
    towards = np.where(share > 0.5, margins, -margins)
    is_tie = share == 0.5
    if (np.abs(margins[is_tie]) > small).any() or (towards[~is_tie] < -small).any():
        return None
    return np.asarray(np.abs(margins) > small)


def _sandwich(rows: Floats, residual: Floats, beta: Floats, cluster: Codes) -> Floats:
    chance = _chance(rows @ beta)
    bread = np.linalg.inv((rows * (chance * (1 - chance))[:, None]).T @ rows)
    present, place = np.unique(cluster, return_inverse=True)
    sums = np.zeros((len(present), rows.shape[1]))
    np.add.at(sums, place, rows * residual[:, None])
    factor = len(present) / (len(present) - 1) if len(present) > 1 else np.nan
    return np.asarray(factor * bread @ (sums.T @ sums) @ bread)


def _without(
    is_used: Flags, separated: dict[int, int], collinear: dict[int, tuple[int, ...]], *, is_settled: bool
) -> Fit:
    return Fit(
        kept=(),
        beta=np.zeros(0),
        covariance=np.zeros((0, 0)),
        separated=separated,
        collinear=collinear,
        is_used=is_used,
        is_settled=is_settled,
    )


def _chance(score: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(score / 2)))


def _likelihood(score: Floats, share: Floats, penalty: float, beta: Floats) -> float:
    return float((share * score - np.logaddexp(0, score)).sum() - penalty * (beta @ beta) / 2)
