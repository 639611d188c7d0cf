"""Agreement of rankings, and how reliable the mean of several raters is. Reads columns, writes nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tallystick.stats.agreement.columns import MISSING, Codes, Floats, Labels, encode, label_number
from tallystick.stats.agreement.measure import how_of
from tallystick.stats.agreement.result import Status
from tallystick.stats.agreement.sums import Sums, quotient
from tallystick.stats.agreement.table import BadRatings
from tallystick.stats.agreement.uncertainty import interval_by, standard_error
from tallystick.stats.intervals import Interval

ALL_TIED = "Every comparable pair of rankings has one that ties all its candidates, so no order could be compared."
NO_PAIRS = "No list was ranked by two raters with two candidates in common, so nothing could be compared."


@dataclass(frozen=True, slots=True, kw_only=True)
class RankAgreement:
    """Mean Kendall's tau-b over all pairs of raters on the same list.

    value        mean over pairs of rankings; None when no pair has one, and `reason` says why
    interval     lists drawn with replacement; None for fewer than five lists
    n_lists      lists with a pair of rankings that has a tau
    n_pairs      pairs of rankings with a tau
    n_tied       pairs without: one of the two ties all candidates that both ranked
    """

    value: float | None
    status: Status
    reason: str | None
    interval: Interval | None
    interval_reason: str | None
    se: float | None
    n_lists: int
    n_raters: int
    n_pairs: int
    n_tied: int


def rank_agreement(
    lists: Labels,
    raters: Labels,
    candidates: Labels,
    ranks: Sequence[float | int | str | None] | Floats | Codes,
    *,
    confidence: float = 0.95,
    seed: int | np.random.Generator = 0,
    draws: int = 1000,
) -> RankAgreement:
    """Row j says that raters[j] gave candidates[j] of lists[j] the rank or score ranks[j]; equal numbers are ties.

    tau-b = (concordant - discordant) / sqrt(pairs untied for one * pairs untied for the other), over the candidates
    that both ranked. A rater pair counts once for each list, so that a long list weighs no more than a short one.
    raises   BadRatings for columns of different length, a rank that is no number, a candidate ranked twice
    source   Kendall (1945), "The treatment of ties in ranking problems", Biometrika 33, 239-251
    """
    how = how_of(ci="bootstrap", confidence=confidence, draws=draws, seed=seed)
    if not len(lists) == len(raters) == len(candidates) == len(ranks):
        raise BadRatings("Lists, raters, candidates and ranks must have one length.")
    columns = [encode(column) for column in (lists, raters, candidates)]
    for name, column in zip(("list", "rater", "candidate"), columns, strict=True):
        without = np.flatnonzero(column.codes == MISSING)
        if len(without):
            raise BadRatings(f"A rank has no {name}: every row needs one.", (int(without[0]),))
    score = _numbers(ranks)
    kept = np.flatnonzero(~np.isnan(score))
    place, rater, candidate = (column.codes[kept] for column in columns)
    order = np.lexsort((candidate, rater, place))
    _refuse_twice(np.stack([place, rater, candidate])[:, order], kept[order])
    parts = np.split(order, np.flatnonzero(np.diff(place[order])) + 1) if len(order) else []
    by_list = [_taus(rater[part], candidate[part], score[kept][part]) for part in parts]
    sums = np.array([(taus.sum(), len(taus)) for taus, _ in by_list if len(taus)]).reshape(-1, 2)
    found = RankAgreement(
        value=None,
        status=Status.OK,
        reason=None,
        interval=None,
        interval_reason=None,
        se=None,
        n_lists=len(sums),
        n_raters=len(np.unique(rater)),
        n_pairs=round(float(sums[:, 1].sum())),
        n_tied=sum(tied for _, tied in by_list),
    )
    if not found.n_pairs:
        status, why = (Status.NO_VARIATION, ALL_TIED) if found.n_tied else (Status.NO_OVERLAP, NO_PAIRS)
        if found.n_raters == 1:
            status = Status.SINGLE_RATER
        return replace(found, status=status, reason=why, interval_reason=why)
    table = Sums(features=sums, weights=np.ones(len(sums), dtype=np.int64), split=quotient, is_clustered=True)
    interval, none = interval_by(table, how.resamples, confidence=confidence)
    why_none = none.replace("clusters", "lists") if none else None
    value = float(sums[:, 0].sum() / sums[:, 1].sum())
    return replace(
        found, value=value, se=standard_error(table), interval_reason=why_none,
        interval=replace(interval, method="list_bootstrap") if interval else None,
    )  # fmt: skip


def _numbers(ranks: Sequence[float | int | str | None] | Floats | Codes) -> Floats:
    if isinstance(ranks, np.ndarray):
        return ranks.astype(np.float64)
    score = np.full(len(ranks), np.nan)
    for row, rank in enumerate(ranks):
        if rank is None or (isinstance(rank, float) and math.isnan(rank)):
            continue
        number = label_number(rank)
        if number is None:
            raise BadRatings(f"The rank {rank!r} is no finite number: correct the row or leave it empty.", (row,))
        score[row] = number
    return score


def _refuse_twice(sorted_keys: Codes, rows: Codes) -> None:
    is_twice = (sorted_keys[:, 1:] == sorted_keys[:, :-1]).all(axis=0)
    if bool(is_twice.any()):
        place = int(np.flatnonzero(is_twice)[0])
        raise BadRatings(
            "A rater ranked one candidate of a list more than once: keep one rank.",
            (int(rows[place]), int(rows[place + 1])),
        )


def _taus(rater: Codes, candidate: Codes, score: Floats) -> tuple[Floats, int]:
    """tau-b of every pair of raters of one list that has one, and how many pairs have none because of ties."""
    names, row = np.unique(rater, return_inverse=True)
    found, column = np.unique(candidate, return_inverse=True)
    grid = np.full((len(names), len(found)), np.nan)
    grid[row, column] = score
    first, second = np.triu_indices(len(found), 1)
    gaps = grid[:, first] - grid[:, second]
    is_there = (~np.isnan(gaps)).astype(np.float64)
    signs = np.nan_to_num(np.sign(gaps))
    concordant = signs @ signs.T
    untied = signs**2 @ is_there.T  # [a, b]: pairs of candidates that both ranked and a does not tie
    upper = np.triu_indices(len(names), 1)
    room = np.sqrt(untied * untied.T)[upper]
    is_comparable = (is_there @ is_there.T)[upper] > 0
    has_tau = room > 0
    return concordant[upper][has_tau] / room[has_tau], int((is_comparable & ~has_tau).sum())


def reliability_of_mean(single: float, raters: float) -> float | None:
    """Spearman and Brown: k r / (1 + (k - 1) r), the reliability of the mean of k raters when one has r.

    None where the formula has no meaning: at and below r = -1 / (k - 1).
    source  Spearman (1910) and Brown (1910), British Journal of Psychology 3
    """
    if raters <= 0 or single > 1:
        message = f"Expected more than 0 raters and a reliability of at most 1; found {raters} and {single}."
        raise ValueError(message)
    below = 1 + (raters - 1) * single
    return raters * single / below if below > 0 else None


def raters_needed(single: float, wanted: float) -> int | None:
    """The fewest raters whose mean has the wanted reliability; None when no number of them has.

    single, wanted  reliabilities; 0 < wanted < 1
    """
    if not 0 < wanted < 1:
        message = f"A reliability to reach lies between 0 and 1; found {wanted}."
        raise ValueError(message)
    if single <= 0:
        return None
    return max(1, math.ceil(wanted * (1 - single) / (single * (1 - wanted)) - 1e-9))
