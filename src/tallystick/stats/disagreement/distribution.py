"""The labels of a value-diverse item by group, with small cells hidden so that totals do not give them away. Pure.

source  Cox (1980), "Suppression Methodology and Statistical Disclosure Control", J. American Statistical Association
        75, 377-385
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tallystick.stats.disagreement.evidence import Codes

Mask = NDArray[np.bool_]
CELL_MIN = 5
BIMODAL_FROM = 5 / 9  # of the uniform distribution
BIMODAL_RATERS_MIN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One group, or several small ones together. counts: label: raters, None where hidden."""

    groups: tuple[str, ...]  # "" stands for those who declared nothing
    raters: int
    counts: Mapping[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedDistribution:
    """What may be shown of one axis. `rows` is empty when nothing but the total may be.

    From all that is shown, every hidden cell that is smaller than `cell_min` could also be `cell_min` or more.
    """

    axis: str
    total: Mapping[str, int]
    rows: tuple[GroupRow, ...]
    cell_min: int
    hidden: int
    sentence: str


def distribution_by_group(
    axis: str,
    labels: Mapping[str, str],
    declared: Mapping[str, str],
    *,
    categories: Sequence[str],
    cell_min: int = CELL_MIN,
) -> GroupedDistribution:
    """Labels by group of one axis. Groups of fewer than `cell_min` raters are put together; small cells are hidden,

    and as many others as it takes that row and column sums do not reveal them.
    labels, declared   rater: label, rater: group; who declared nothing counts as a group of its own
    raises             ValueError for a label outside the categories or cell_min below 2
    """
    strange = sorted(set(labels.values()) - set(categories))
    if strange or cell_min < 2:
        raise ValueError(
            f"Expected labels of {list(categories)} and cell_min of 2 or more; found {strange}, {cell_min}."
        )
    names, table = _merged(labels, declared, list(categories), cell_min)
    total = dict(zip(categories, table.sum(axis=0).tolist(), strict=True))
    hidden = _hidden(table, cell_min) if len(names) > 1 else None
    if hidden is None:
        sentence = f"Groups of {axis} are too small to be shown: only the total is."
        return GroupedDistribution(axis=axis, total=total, rows=(), cell_min=cell_min, hidden=0, sentence=sentence)
    rows = tuple(
        GroupRow(
            groups=group,
            raters=int(counts.sum()),
            counts={
                label: None if is_hidden else int(count)
                for label, count, is_hidden in zip(categories, counts, mask, strict=True)
            },
        )
        for group, counts, mask in zip(names, table, hidden, strict=True)
    )
    number = int(hidden.sum())
    sentence = f"{number} of {hidden.size} cells are hidden, so that no count from 1 to {cell_min - 1} can be told."
    return GroupedDistribution(axis=axis, total=total, rows=rows, cell_min=cell_min, hidden=number, sentence=sentence)


def _merged(
    labels: Mapping[str, str], declared: Mapping[str, str], categories: list[str], cell_min: int
) -> tuple[list[tuple[str, ...]], Codes]:
    """Rows of at least cell_min raters each, or one row of all."""
    groups = sorted({declared.get(rater, "") for rater in labels})
    table = np.zeros((len(groups), len(categories)), dtype=np.int64)
    for rater, label in labels.items():
        table[groups.index(declared.get(rater, "")), categories.index(label)] += 1
    rows: list[tuple[tuple[str, ...], Codes]] = [((group,), row) for group, row in zip(groups, table, strict=True)]
    rows.sort(key=lambda row: (int(row[1].sum()), row[0]))
    while len(rows) > 1 and int(rows[0][1].sum()) < cell_min:
        (small, few), (next_small, more), *rest = rows
        rows = [((*small, *next_small), few + more), *rest]
        rows.sort(key=lambda row: (int(row[1].sum()), row[0]))
    rows.sort(key=lambda row: row[0])
    stacked = np.stack([row for _, row in rows]) if rows else np.zeros((0, len(categories)), dtype=np.int64)
    return [tuple(sorted(names)) for names, _ in rows], stacked


def _hidden(table: Codes, cell_min: int) -> Mask | None:
    """Which cells to hide; None when hiding all of them does not protect the small ones."""
    small = (table > 0) & (table < cell_min)
    hidden = small.copy()
    while True:
        exposed = [cell for cell in zip(*np.nonzero(small), strict=True) if _upper(table, hidden, cell) < cell_min]
        if not exposed:
            return hidden
        if hidden.all():
            return None
        hidden |= _round_trip(table, hidden, exposed[0], cell_min)


def _round_trip(table: Codes, hidden: Mask, cell: tuple[int, int], cell_min: int) -> Mask:
    """The cheapest three other cells of a rectangle that let the cell be larger; all cells when there is none left."""
    row, column = cell
    best: tuple[tuple[bool, int], Mask] | None = None
    for other_row in range(table.shape[0]):
        for other_column in range(table.shape[1]):
            if other_row == row or other_column == column:
                continue
            mask = np.zeros_like(hidden)
            mask[[row, other_row, other_row], [other_column, column, other_column]] = True
            room = min(int(table[row, other_column]), int(table[other_row, column]))
            fresh = mask & ~hidden
            if not fresh.any() or room == 0:
                continue
            price = (table[row, column] + room < cell_min, int(table[fresh].sum()))
            if best is None or price < best[0]:
                best = price, mask
    return np.ones_like(hidden) if best is None else best[1]


def _upper(table: Codes, hidden: Mask, cell: tuple[int, int]) -> int:
    """The largest count that a hidden cell can have for somebody who knows all sums and all shown cells.

    Raising it lowers other hidden cells of its row, which raises others of their columns, and so on back to its own
    column: the largest such round trip is a maximum flow (Edmonds and Karp 1972) from the row to the column.
    """
    rows, columns = table.shape
    spare = int(table.sum()) + 1
    room = np.zeros((rows + columns, rows + columns), dtype=np.int64)
    for row, column in zip(*np.nonzero(hidden), strict=True):
        if (row, column) != cell:
            room[row, rows + column] = table[row, column]
            room[rows + column, row] = spare
    flow = 0
    while (path := _path(room, int(cell[0]), rows + int(cell[1]))) is not None:
        steps = list(pairwise(path))
        width = min(int(room[step]) for step in steps)
        for start, end in steps:
            room[start, end] -= width
            room[end, start] += width
        flow += width
    return int(table[cell]) + flow


def _path(room: Codes, start: int, goal: int) -> list[int] | None:
    before = {start: start}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        if node == goal:
            path = [node]
            while path[-1] != start:
                path.append(before[path[-1]])
            return path[::-1]
        for after in np.flatnonzero(room[node]).tolist():
            if after not in before:
                before[after] = node
                queue.append(after)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bimodality:
    """Whether ordered labels gather in two places. `coefficient` is None with too few raters or only one value."""

    coefficient: float | None
    is_bimodal: bool
    sentence: str


def bimodality(numbers: Sequence[float]) -> Bimodality:
    """(g1^2 + 1) / (g2 + 3 (n - 1)^2 / ((n - 2)(n - 3))) of labels on a numeric scale; above 5/9 speaks for two modes.

    g1, g2  sample skewness and excess kurtosis, corrected for bias. A lopsided single mode can be above 5/9 too.
    source  SAS Institute (1990), SAS/STAT User's Guide; Pfister et al. (2013), Frontiers in Psychology 4, 700
    """
    values = np.asarray(numbers, dtype=np.float64)
    n = len(values)
    if n < BIMODAL_RATERS_MIN or float(np.ptp(values)) == 0:
        sentence = f"{n} labels, or no two different ones: expected {BIMODAL_RATERS_MIN} and some variation."
        return Bimodality(coefficient=None, is_bimodal=False, sentence=sentence)
    centred = values - values.mean()
    second, third, fourth = (float((centred**power).mean()) for power in (2, 3, 4))
    skewness = third / second**1.5 * np.sqrt(n * (n - 1)) / (n - 2)
    kurtosis = ((n + 1) * (fourth / second**2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
    found = float((skewness**2 + 1) / (kurtosis + 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))))
    word = "above" if found > BIMODAL_FROM else "not above"
    sentence = f"The bimodality coefficient of {n} labels is {found:.2f}, {word} {BIMODAL_FROM:.2f}."
    return Bimodality(coefficient=found, is_bimodal=found > BIMODAL_FROM, sentence=sentence)
