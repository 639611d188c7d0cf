"""Cohesion of groups of raters, distributions by group with small cells hidden, two modes."""

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.stats.agreement import Status, measure
from tallystick.stats.disagreement import GroupedDistribution, bimodality, distribution_by_group, group_cohesion

RATERS = [f"r{number}" for number in range(6)]
SIDES = {"side": dict(zip(RATERS, "aaabbb", strict=True))}
TABLE = np.array([
    [0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 1, 0],
    [1, 1, 1, 0, 0, 0], [0, 1, 0, 1, 1, 1], [2, 2, 2, 2, 2, 0], [2, 2, 0, 1, 1, 1],
])  # fmt: skip


def long_form(table: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> tuple[list[int], list[str], list[int]]:
    """Rows of a table of items by raters; -1 is missing."""
    cells = [(item, RATERS[rater], int(code)) for (item, rater), code in np.ndenumerate(table) if code >= 0]
    items, raters, values = zip(*cells, strict=True)
    return list(items), list(raters), list(values)


def cross_by_loops(table: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> float:
    """Cross-replication reliability of the first three raters with the others, pair by pair."""
    sums, weights, first, second = 0.0, 0, [], []
    for row in table:
        left, right = [code for code in row[:3] if code >= 0], [code for code in row[3:] if code >= 0]
        if left and right:
            apart = np.mean([x != y for x in left for y in right])
            sums += (len(left) + len(right)) * apart
            weights += len(left) + len(right)
            first += left
            second += right
    return float(1 - sums / weights / np.mean([x != y for x in first for y in second]))


@pytest.mark.parametrize("holes", [[], [(0, 0), (3, 4), (5, 0), (5, 1), (5, 2)]])
def test_cohesion_is_alpha_over_cross_replication(holes: list[tuple[int, int]]) -> None:
    table = TABLE.copy()
    for hole in holes:
        table[hole] = -1
    found = group_cohesion(*long_form(table), SIDES)[0]
    inside = measure(*long_form(table[:, :3]), metric="krippendorff_alpha", draws=100).value
    assert found.inside == pytest.approx(inside)
    assert found.across == pytest.approx(cross_by_loops(table))
    assert inside is not None
    if found.across is not None and found.across > 0:
        assert found.association == pytest.approx(inside / found.across)
    assert found.excess == pytest.approx(inside - cross_by_loops(table))


def test_three_against_three_can_never_reach_five_percent() -> None:
    for one in group_cohesion(*long_form(TABLE), SIDES):
        assert one.p_floor == pytest.approx(1 / 20)
        assert not one.can_be_shown
        assert one.p_value is not None
        assert one.p_value >= 0.05
        assert "never fall below 0.050" in one.sentence


def test_the_exact_p_value_counts_every_relabelling() -> None:
    found = group_cohesion(*long_form(TABLE), SIDES)[0]
    as_large = 0
    for chosen in itertools.combinations(range(6), 3):
        order = [*chosen, *(place for place in range(6) if place not in chosen)]
        one = group_cohesion(*long_form(TABLE[:, order]), SIDES)[0]
        assert one.excess is not None
        assert found.excess is not None
        as_large += one.excess >= found.excess - 1e-12
    assert found.p_value == pytest.approx(as_large / math.comb(6, 3))


def crowd(differs: float, seed: int) -> tuple[list[int], list[str], list[int], dict[str, dict[str, str]]]:
    """Thirty items, 24 raters in two groups that hold opposite labels on a share of the items."""
    chance = np.random.default_rng(seed)
    group = chance.permutation(np.arange(24) % 2)
    apart = chance.random(30) < differs
    truth = chance.integers(0, 2, 30)
    held = truth[:, None] ^ (apart[:, None] & (group == 1)[None, :])
    values = np.where(chance.random(held.shape) < 0.2, 1 - held, held)
    names = [f"r{number}" for number in range(24)]
    axis = {name: str(code) for name, code in zip(names, group, strict=True)}
    return np.repeat(np.arange(30), 24).tolist(), names * 30, values.ravel().tolist(), {"axis": axis}


def test_a_difference_is_found_and_dealing_raters_anew_takes_it_away() -> None:
    items, raters, values, groups = crowd(0.4, 1)
    assert all((one.p_adjusted or 1) < 0.05 and (one.association or 0) > 1
               for one in group_cohesion(items, raters, values, groups, draws=199))  # fmt: skip
    chance = np.random.default_rng(2)
    below = 0
    for _ in range(20):
        dealt = dict(zip(groups["axis"], chance.permutation(list(groups["axis"].values())).tolist(), strict=True))
        found = group_cohesion(items, raters, values, {"axis": dealt}, draws=199, seed=chance)
        below += any(one.p_adjusted is not None and one.p_adjusted <= 0.05 for one in found)
    assert below <= 3  # 1 of 20 expected; 4 or more would happen in 1 of 60


def test_rows_in_any_order_give_the_same_numbers() -> None:
    items, raters, values, groups = crowd(0.2, 3)
    order = np.random.default_rng(4).permutation(len(items))
    turned = group_cohesion(
        [items[place] for place in order],
        [raters[place] for place in order],
        [values[place] for place in order],
        groups,
        draws=100,
    )
    assert turned == group_cohesion(items, raters, values, groups, draws=100)


def test_groups_that_cannot_be_compared_say_why() -> None:
    alone = group_cohesion([1, 1, 2, 2], ["a", "b", "a", "b"], [0, 1, 1, 0], {"x": {"a": "one", "b": "two"}})
    assert [one.status for one in alone] == [Status.SINGLE_RATER] * 2
    same = group_cohesion(*long_form(np.zeros((3, 6), dtype=np.int64)), SIDES)
    assert [one.status for one in same] == [Status.NO_VARIATION] * 2
    assert all(one.p_value is None and one.association is None and one.reason for one in (*alone, *same))
    with pytest.raises(ValueError, match="100 draws"):
        group_cohesion([1], ["a"], [0], {}, draws=10)


def shown(counts: list[list[int]], cell_min: int) -> GroupedDistribution:
    """The distribution of a table of groups by labels."""
    labels, declared = {}, {}
    for (group, label), count in np.ndenumerate(np.array(counts)):
        for number in range(int(count)):
            labels[f"{group}-{label}-{number}"] = str(label)
            declared[f"{group}-{label}-{number}"] = f"g{group}"
    categories = [str(label) for label in range(len(counts[0]))]
    return distribution_by_group("axis", labels, declared, categories=categories, cell_min=cell_min)


def completions(found: GroupedDistribution) -> Iterator[list[list[int]]]:
    """Every table that agrees with all that is shown: row and column sums, and the shown cells."""
    labels = list(found.total)
    left = [found.total[label] for label in labels]

    def fill(row: int, rest: list[int]) -> Iterator[list[list[int]]]:
        if row == len(found.rows):
            if not any(rest):
                yield []
            return
        shown_row = [found.rows[row].counts[label] for label in labels]
        ranges = [range(most + 1) if count is None else (count,) for count, most in zip(shown_row, rest, strict=True)]
        for counts in itertools.product(*ranges):
            after = [most - count for most, count in zip(rest, counts, strict=True)]
            if sum(counts) == found.rows[row].raters and min(after) >= 0:
                yield from ([list(counts), *later] for later in fill(row + 1, after))

    return fill(0, left)


tables = st.integers(2, 3).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 6), min_size=width, max_size=width), min_size=2, max_size=3)
)


@settings(max_examples=60, deadline=None)
@given(tables)
def test_no_small_count_can_be_told_from_what_is_shown(counts: list[list[int]]) -> None:
    """By going through every table that an outsider could think of."""
    cell_min = 3
    found = shown(counts, cell_min)
    assert sum(found.total.values()) == np.sum(counts)
    if not found.rows:
        return
    largest = np.array(list(completions(found))).max(axis=0)
    for row in found.rows:
        assert row.raters >= cell_min
        assert all(count is None or count == 0 or count >= cell_min for count in row.counts.values())
    _assert_small_cells_are_covered(counts, found, largest, cell_min)


def _assert_small_cells_are_covered(
    counts: list[list[int]],
    found: GroupedDistribution,
    largest: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    cell_min: int,
) -> None:
    """A true count from 1 to cell_min - 1 could be cell_min or more."""
    for place, row in enumerate(found.rows):
        true = np.sum([counts[int(group[1:])] for group in row.groups], axis=0)
        for label, count in enumerate(true):
            if 0 < count < cell_min:
                assert largest[place][label] >= cell_min


def test_large_groups_are_shown_and_small_ones_put_together() -> None:
    found = shown([[10, 20], [30, 7], [2, 1], [1, 1]], 5)
    assert [row.groups for row in found.rows] == [("g0",), ("g1",), ("g2", "g3")] or len(found.rows) < 3
    plain = shown([[10, 20], [30, 7]], 5)
    assert [list(row.counts.values()) for row in plain.rows] == [[10, 20], [30, 7]]
    assert plain.hidden == 0


def test_one_small_cell_hides_others_so_that_sums_do_not_give_it_away() -> None:
    found = shown([[10, 2], [12, 30]], 5)
    assert [list(row.counts.values()) for row in found.rows] == [[None, None], [None, None]]
    assert found.hidden == 4


def test_few_raters_get_only_the_total() -> None:
    found = shown([[3, 0], [0, 3]], 5)
    assert found.rows == ()
    assert dict(found.total) == {"0": 3, "1": 3}
    assert "only the total" in found.sentence


def test_a_strange_label_is_refused() -> None:
    with pytest.raises(ValueError, match="found"):
        distribution_by_group("axis", {"r": "x"}, {}, categories=["y"])


def test_two_modes() -> None:
    assert bimodality([1.0] * 12 + [5.0] * 12).is_bimodal
    bell = bimodality([1, 2, 2, 3, 3, 3, 3, 3, 4, 4, 5] * 3)
    assert not bell.is_bimodal
    assert bimodality([1, 5] * 5).coefficient is None
    assert bimodality([2] * 30).coefficient is None


def test_the_bimodality_coefficient_by_hand() -> None:
    """12 and 12 at -1 and 1: no skewness; the plain kurtosis is 1, corrected for bias below."""
    n = 24
    kurtosis = ((n + 1) * (1 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
    expected = 1 / (kurtosis + 3 * (n - 1) ** 2 / ((n - 2) * (n - 3)))
    assert bimodality([-1.0, 1.0] * 12).coefficient == pytest.approx(expected)
