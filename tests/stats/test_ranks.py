"""Agreement of rankings against pairs counted one by one, and the reliability of means by hand."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.stats.agreement import BadRatings
from tallystick.stats.ranks import rank_agreement, raters_needed, reliability_of_mean

Rankings = Sequence[Sequence[Sequence[int | None]]]


def slow_tau(one: Sequence[int | None], other: Sequence[int | None]) -> float | None:
    """Kendall's tau-b, pair by pair; None when one of the two ties everything, 9 when nothing is in common."""
    both = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    if len(both) < 2:
        return 9.0
    total = first = second = 0
    for (a, b), (c, d) in combinations(both, 2):
        total += int(np.sign(a - c) * np.sign(b - d))
        first += a != c
        second += b != d
    return total / (first * second) ** 0.5 if first and second else None


def long_form(lists: Rankings) -> tuple[list[int], list[int], list[int], list[int | None]]:
    """(lists, raters, candidates, ranks) of lists of raters of candidates."""
    rows = [
        (place, rater, candidate, rank)
        for place, raters in enumerate(lists)
        for rater, ranks in enumerate(raters)
        for candidate, rank in enumerate(ranks)
    ]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
    return columns[0], columns[1], columns[2], columns[3]


ranks = st.one_of(st.none(), st.integers(1, 4))
rankings = st.lists(st.lists(st.lists(ranks, min_size=4, max_size=4), min_size=3, max_size=3), max_size=6)


@given(lists=rankings, seed=st.integers(0, 99))
@settings(max_examples=80, deadline=None)
def test_the_mean_is_that_of_pairs_counted_one_by_one(lists: Rankings, seed: int) -> None:
    columns = long_form(lists)
    found = rank_agreement(*columns, draws=100)
    taus = [slow_tau(one, other) for raters in lists for one, other in combinations(raters, 2)]
    given_taus = [tau for tau in taus if tau is not None and tau != 9]
    assert found.n_pairs == len(given_taus)
    assert found.n_tied == taus.count(None)
    assert (found.value is None) == (not given_taus) == (found.reason is not None) == (found.status != "ok")
    if given_taus:
        assert found.value == pytest.approx(float(np.mean(given_taus)))
    assert (found.interval is None) == (found.interval_reason is not None)
    order = np.random.default_rng(seed).permutation(len(columns[0]))
    assert rank_agreement(*([column[row] for row in order] for column in columns), draws=100) == found


def test_rankings_by_hand() -> None:
    """1 2 3 4 against 1 2 4 3: four of six pairs more alike than not, tau 2/3; against 4 3 2 1: -1."""
    lists: Rankings = [[[1, 2, 3, 4], [1, 2, 4, 3]], [[1, 2, 3, 4], [4, 3, 2, 1]]]
    found = rank_agreement(*long_form(lists))
    assert found.value == pytest.approx((2 / 3 - 1) / 2)
    assert (found.n_lists, found.n_raters, found.n_pairs, found.n_tied) == (2, 2, 2, 0)
    assert found.interval is None
    assert "2 lists are too few" in str(found.interval_reason)
    scores = [-number for number in (1, 2, 3, 4)]
    assert rank_agreement([0] * 8, [0] * 4 + [1] * 4, [*range(4)] * 2, scores * 2).value == 1


def test_many_lists_have_an_interval_over_lists() -> None:
    chance = np.random.default_rng(1)
    truth = np.arange(6)
    lists = [[[int(rank) for rank in (truth + chance.normal(0, 2, 6)).argsort()] for _ in range(3)] for _ in range(80)]
    found = rank_agreement(*long_form(lists))
    assert found.interval is not None
    assert found.se is not None
    assert found.interval.method == "list_bootstrap"
    taus = [np.mean([slow_tau(*pair) or 0.0 for pair in combinations(raters, 2)]) for raters in lists]
    assert found.se == pytest.approx(float(np.std(taus, ddof=1)) / 80**0.5, rel=1e-6)
    assert found.interval.high - found.interval.low == pytest.approx(2 * 1.98 * found.se, rel=0.1)


def test_rankings_that_cannot_be_compared() -> None:
    tied = rank_agreement([0] * 4, [0, 0, 1, 1], [0, 1, 0, 1], [1, 1, 1, 2])
    assert (tied.status, tied.n_tied) == ("no_variation", 1)
    assert rank_agreement([0, 0], [0, 0], [0, 1], [1, 2]).status == "single_rater"
    assert rank_agreement([0, 0, 1, 1], [0, 0, 1, 1], [0, 1, 0, 1], [1, 2, 1, 2]).status == "no_overlap"
    for columns, words in (
        (([0], [0], [0], ["x"]), "no finite number"),
        (([0], [0], [0, 1], [1]), "one length"),
        (([0, 0], [0, 0], [0, 0], [1, 2]), "more than once"),
        (([None], [0], [0], [1]), "no list"),
    ):
        with pytest.raises(BadRatings, match=words):
            rank_agreement(*columns)


def test_the_reliability_of_a_mean() -> None:
    """.5 of one is 2/3 of two and .8 of four; four are needed for .8."""
    assert [reliability_of_mean(0.5, k) for k in (1, 2, 4)] == pytest.approx([0.5, 2 / 3, 0.8])
    assert raters_needed(0.5, 0.8) == 4
    assert raters_needed(0.5, 0.81) == 5
    assert raters_needed(0.9, 0.5) == 1
    assert raters_needed(0.0, 0.8) is None
    assert reliability_of_mean(-0.5, 3) is None
    assert reliability_of_mean(0.0, 9) == 0
    for wrong in (1.1, 0.0):
        with pytest.raises(ValueError, match="lies between"):
            raters_needed(0.5, wrong)
    with pytest.raises(ValueError, match="more than 0 raters"):
        reliability_of_mean(0.5, 0)


@given(single=st.floats(0.01, 0.99), k=st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_the_raters_needed_are_the_fewest(single: float, k: int) -> None:
    wanted = reliability_of_mean(single, k)
    assert wanted is not None
    if 0 < wanted < 1:
        assert raters_needed(single, wanted) == k
