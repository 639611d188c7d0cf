"""Comparisons of two candidates, counted by pair, and which candidates they connect. Reads columns, writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tallystick.stats.aggregation.votes import sums_by
from tallystick.stats.agreement.columns import (
    MISSING,
    BadRatings,
    Codes,
    Column,
    Floats,
    Label,
    Labels,
    encode,
    label_text,
)

Weights = Sequence[float] | NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """One entry per pair of candidates that were compared; first < second.

    candidates            names, sorted as labels
    first, second         (pairs,) places of candidates
    wins, losses, ties    (pairs,) of the first over the second, in comparisons or their weights
    """

    candidates: tuple[str, ...]
    first: Codes
    second: Codes
    wins: Floats
    losses: Floats
    ties: Floats
    n_comparisons: int
    missing: int

    def of(self, keep: NDArray[np.bool_]) -> "Pairs":
        """Some of the pairs, with all candidates."""
        return Pairs(
            candidates=self.candidates,
            first=self.first[keep],
            second=self.second[keep],
            wins=self.wins[keep],
            losses=self.losses[keep],
            ties=self.ties[keep],
            n_comparisons=self.n_comparisons,
            missing=self.missing,
        )


def read_pairs(first: Labels, second: Labels, winners: Labels, *, tie: str, weights: Weights | None) -> Pairs:
    """Count comparisons: row j compared first[j] with second[j], and winners[j] won.

    winners  one of the two names, or the word `tie`; None or NaN is a missing comparison
    weights  how many comparisons a row stands for, above 0; 1 without it
    raises   BadRatings for columns of different length, a candidate compared with itself or named as the tie, a
             winner that was not compared, and weights that are no numbers above 0
    """
    sizes = {len(first), len(second), len(winners), len(winners if weights is None else weights)}
    if len(sizes) > 1:
        raise BadRatings(f"Candidates, winners and weights must have one length; found {sorted(sizes)}.")
    names, (left, right, won) = _coded_together(first, second, winners)
    kept = won != MISSING
    for name, column in (("first", left), ("second", right)):
        _refuse(column == MISSING, f"A comparison has no {name} candidate: every row needs two.")
    _refuse(left == right, "A candidate is compared with itself: correct or remove the row.")
    if tie in names:
        place = names.index(tie)
        _refuse(
            (left == place) | (right == place), f"A candidate is named {tie!r}, the word for a tie: choose another."
        )
        is_tie = won == place
    else:
        is_tie = np.zeros(len(won), dtype=np.bool_)
    strange = kept & ~is_tie & (won != left) & (won != right)
    if bool(strange.any()):
        row = int(np.flatnonzero(strange)[0])
        raise BadRatings(
            f"The winner {names[won[row]]!r} is neither {names[left[row]]!r} nor {names[right[row]]!r} nor the word"
            f" {tie!r} for a tie: correct the row.",
            (row,),
        )
    mass = _weights(weights, len(won))
    return _count(names, (left, right, won, is_tie, mass), kept)


def _refuse(is_bad: NDArray[np.bool_], sentence: str) -> None:
    if bool(is_bad.any()):
        raise BadRatings(sentence, (int(np.flatnonzero(is_bad)[0]),))


def _coded_together(*columns: Labels) -> tuple[list[str], list[Codes]]:
    """The columns coded into one list of names."""
    coded: list[Column] = [encode(column) for column in columns]
    labels = {label_text(label): label for column in coded for label in column.labels}
    names = sorted(labels, key=lambda text: _name_key(labels[text], text))
    place = {name: number for number, name in enumerate(names)}
    return names, [
        np.array([*(place[label_text(label)] for label in column.labels), MISSING], dtype=np.int64)[column.codes]
        for column in coded
    ]


def _name_key(label: Label, text: str) -> tuple[bool, float, str]:
    """Numbers by their value, then words."""
    return (True, 0.0, text) if isinstance(label, str) else (False, float(label), text)


def _weights(weights: Weights | None, size: int) -> Floats:
    if weights is None:
        return np.ones(size)
    try:
        mass = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadRatings(f"Weights are numbers above 0: {error}.") from error
    _refuse(~(np.isfinite(mass) & (mass > 0)), "A weight must be a finite number above 0: correct or remove the row.")
    return mass


Row = tuple[Codes, Codes, Codes, NDArray[np.bool_], Floats]


def _count(names: list[str], rows: Row, kept: NDArray[np.bool_]) -> Pairs:
    left, right, won = (column[kept] for column in rows[:3])
    is_tie, mass = rows[3][kept], rows[4][kept]
    low, high = np.minimum(left, right), np.maximum(left, right)
    kind = np.where(is_tie, 2, np.where(won == low, 0, 1))
    key = (low * len(names) + high) * 3 + kind
    order = np.lexsort((mass, key))  # so that weights are summed in one order whatever the order of the rows
    distinct, inverse = np.unique(key[order] // 3, return_inverse=True)
    counts = sums_by(inverse * 3 + kind[order], mass[order], 3 * len(distinct)).reshape(-1, 3)
    pair_low, pair_high = distinct // max(len(names), 1), distinct % max(len(names), 1)
    compared = np.zeros(len(names), dtype=np.bool_)
    compared[pair_low] = compared[pair_high] = True
    place = np.cumsum(compared) - 1
    return Pairs(
        candidates=tuple(name for name, is_there in zip(names, compared, strict=True) if is_there),
        first=place[pair_low],
        second=place[pair_high],
        wins=counts[:, 0],
        losses=counts[:, 1],
        ties=counts[:, 2],
        n_comparisons=len(won),
        missing=int(np.count_nonzero(~kept)),
    )


def strong_parts(pairs: Pairs) -> Codes:
    """(candidates,) the part of each: two are in one part when each beats the other, at least by way of others.

    A tie counts as a win for both. Parts are numbered so that no candidate ever beat one of a part before its own.
    Inside a part every strength is finite; between two parts the likelihood has no finite maximum.
    source  Ford (1957), "Solution of a ranking problem from binary comparisons", American Mathematical Monthly 64
    """
    size = len(pairs.candidates)
    up = (pairs.wins > 0) | (pairs.ties > 0)
    down = (pairs.losses > 0) | (pairs.ties > 0)
    winner = np.concatenate([pairs.first[up], pairs.second[down]])
    loser = np.concatenate([pairs.second[up], pairs.first[down]])
    if bool(_reached(winner, loser, size).all() and _reached(loser, winner, size).all()):
        return np.zeros(size, dtype=np.int64)
    order = np.argsort(winner, kind="stable")
    starts = np.searchsorted(winner[order], np.arange(size + 1)).tolist()
    return _tarjan(starts, loser[order].tolist(), size)


def ties_run_away(pairs: Pairs) -> bool:
    """Whether the likelihood grows for ever as strengths and the tie parameter grow together.

    Where no two candidates beat each other, strengths can explain every win, and a tie parameter of half the gap every
    tie. So it is when numbers d exist with d[i] - d[j] >= 1 where i beat j, = 1 where they tied as well, and within 1
    of each other where they only tied. Bellman and Ford's method finds them, or a cycle that forbids them.
    source  Albert and Anderson (1984), "On the existence of maximum likelihood estimates in logistic regression
            models", Biometrika 71, 1-10, for the condition in general
    """
    won, lost, tied = pairs.wins > 0, pairs.losses > 0, pairs.ties > 0
    if bool((won & lost).any()) or not tied.any():
        return False
    first, second = pairs.first, pairs.second
    gaps = [
        (second[won], first[won], -1),  # d[loser] <= d[winner] - 1
        (first[lost], second[lost], -1),
        (first[tied & ~lost], second[tied & ~lost], 1),  # d[one] <= d[other] + 1
        (second[tied & ~won], first[tied & ~won], 1),
    ]
    low = np.concatenate([one for one, _, _ in gaps])
    high = np.concatenate([other for _, other, _ in gaps])
    reach = np.concatenate([np.full(len(one), size) for one, _, size in gaps])
    size = len(pairs.candidates)
    distance = np.zeros(size, dtype=np.int64)
    while True:
        after = distance.copy()
        np.minimum.at(after, low, distance[high] + reach)
        if bool((after == distance).all()):
            return True
        if int(after.min()) <= -size:  # no way without a cycle is as long
            return False
        distance = after


def weak_parts(pairs: Pairs) -> Codes:
    """(candidates,) which are joined by any chain of comparisons, numbered by their first candidate."""
    label = np.arange(len(pairs.candidates))
    while True:
        least = np.minimum(label[pairs.first], label[pairs.second])
        after = label.copy()
        np.minimum.at(after, pairs.first, least)
        np.minimum.at(after, pairs.second, least)
        after = after[after]
        if bool((after == label).all()):
            return np.unique(label, return_inverse=True)[1].astype(np.int64)
        label = after


def _reached(source: Codes, target: Codes, size: int) -> NDArray[np.bool_]:
    """Which can be reached from candidate 0."""
    seen = np.zeros(size, dtype=np.bool_)
    seen[:1] = True
    while True:
        after = seen.copy()
        after[target[seen[source]]] = True
        if bool((after == seen).all()):
            return seen
        seen = after


def _tarjan(starts: list[int], targets: list[int], size: int) -> Codes:
    """Strongly connected parts, winners before losers.

    starts   (size + 1,) where the targets of each candidate begin
    source   Tarjan (1972), "Depth-first search and linear graph algorithms", SIAM Journal on Computing 1, 146-160
    """
    found = [-1] * size
    lowest = [0] * size
    part = [-1] * size
    waiting: list[int] = []
    clock = parts = 0
    following = starts[:-1].copy()
    for root in range(size):
        path = [root] if found[root] < 0 else []
        while path:
            here = path[-1]
            if found[here] < 0:
                found[here] = lowest[here] = clock
                clock += 1
                waiting.append(here)
            if following[here] < starts[here + 1]:
                there = targets[following[here]]
                following[here] += 1
                if found[there] < 0:
                    path.append(there)
                elif part[there] < 0:
                    lowest[here] = min(lowest[here], found[there])
                continue
            path.pop()
            if path:
                lowest[path[-1]] = min(lowest[path[-1]], lowest[here])
            if lowest[here] == found[here]:
                while part[here] < 0:
                    part[waiting.pop()] = parts
                parts += 1
    return np.int64(parts - 1) - np.array(part, dtype=np.int64)
