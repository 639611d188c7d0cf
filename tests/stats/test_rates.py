"""Shares and times by group: counts by hand, pooling against simulation, disagreement, medians."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.stats.agreement.result import Status
from tallystick.stats.agreement.table import BadRatings
from tallystick.stats.intervals import wilson
from tallystick.stats.rates import apart, counts, disagreement, medians, prior_of, rate_of, rates


def test_groups_are_combinations_of_labels() -> None:
    by = {"expert": ["b", "a", "a", "a", "b"], "dimension": ["x", "x", "x", "y", "x"]}
    found = rates(by, [1, 0, 1, None, 1], count_min=2)
    assert [(one.group, one.count, one.n, one.share) for one in found] == [
        (("a", "x"), 1, 2, 0.5),
        (("a", "y"), 0, 0, None),
        (("b", "x"), 2, 2, 1.0),
    ]
    assert found[0].interval == wilson(1, 2)
    assert (found[1].status, found[1].interval) == (Status.TOO_FEW_ITEMS, None)


def test_a_share_of_few_rows_is_not_shown_but_its_interval_is() -> None:
    found = rates({"expert": ["a"] * 19}, [1] * 19)[0]
    assert (found.share, found.status) == (None, Status.TOO_FEW_ITEMS)
    assert "Fewer than 20 rows (19)" in (found.reason or "")
    assert found.interval is not None


def test_pools_are_made_over_the_column_that_was_named() -> None:
    experts = [name for name in "abcd" for _ in range(60)]
    families = ["easy", "hard"] * 120
    outcomes = [int((row * 7) % 10 < (2 if family == "easy" else 6)) for row, family in enumerate(families)]
    found = rates({"expert": experts, "family": families}, outcomes, pooled_over="expert")
    means = {one.group[1]: one.prior.mean for one in found if one.prior}
    assert means["easy"] < 0.35
    assert means["hard"] > 0.5
    for one in found:
        assert one.prior is not None
        assert one.prior.groups == 4
        assert one.share is not None
        assert one.pooled is not None
        assert min(one.share, one.prior.mean) - 1e-12 <= one.pooled <= max(one.share, one.prior.mean) + 1e-12


@pytest.mark.parametrize(("a", "b"), [(2, 18), (8, 72), (20, 20)])
def test_the_spread_of_groups_is_found(a: float, b: float) -> None:
    """Twenty pools of 200 groups with 5 to 80 rows: the mean estimate of mean and correlation."""
    random, found = np.random.default_rng(4), []
    for _ in range(20):
        sizes = random.integers(5, 80, 200)
        counts = random.binomial(sizes, random.beta(a, b, 200))
        prior = prior_of(list(zip(counts.astype(float).tolist(), sizes.tolist(), strict=True)))
        assert prior is not None
        found.append((prior.mean, prior.correlation))
    mean, correlation = np.mean(found, axis=0)
    assert mean == pytest.approx(a / (a + b), abs=0.01)
    assert correlation == pytest.approx(1 / (a + b + 1), rel=0.25)


def test_pooling_makes_few_rows_tell_more() -> None:
    """Squared error of the pooled share against the plain one, and how often the pooled interval holds."""
    random = np.random.default_rng(9)
    truth = random.beta(4, 36, 400)
    experts = np.repeat(np.arange(400), 12)
    outcomes = (random.random(4800) < truth[experts]).astype(int).tolist()
    found = rates({"expert": experts}, outcomes, pooled_over="expert", count_min=1)
    plain = sum(((one.share or 0) - truth[int(one.group[0])]) ** 2 for one in found)
    pooled = sum(((one.pooled or 0) - truth[int(one.group[0])]) ** 2 for one in found)
    assert pooled < 0.5 * plain
    held = sum(
        one.pooled_interval.low <= truth[int(one.group[0])] <= one.pooled_interval.high
        for one in found
        if one.pooled_interval
    )
    assert held > 400 * 0.92


def test_groups_that_do_not_differ_are_taken_as_alike() -> None:
    prior = prior_of([(5, 50), (5, 50), (5, 50), (5, 50)])
    assert prior is not None
    assert (prior.mean, prior.correlation) == pytest.approx((0.1, 1e-4))
    none = prior_of([(0, 50), (0, 50), (0, 50)])
    assert none is not None
    assert 0 < none.mean < 0.01
    assert prior_of([(5, 50), (5, 50)]) is None
    assert rates({"e": ["a"] * 30}, [1] * 30, pooled_over="e")[0].pooled is None


def test_disagreement_with_the_others_by_hand() -> None:
    items = ["i"] * 3 + ["j"] * 2 + ["k"]
    raters = ["a", "b", "c", "a", "b", "a"]
    found = {one.group[0]: one for one in disagreement(items, raters, list("xxyxyx"), count_min=1)}
    # i: a and b differ from one of two, c from both; j: both differ; k has one judgment and does not count.
    assert (found["a"].count, found["a"].n, found["a"].share) == (1.5, 2, 0.75)
    assert (found["c"].count, found["c"].n) == (1.0, 1)
    assert found["a"].interval == wilson(1.5, 2)


def test_nothing_to_compare_has_no_share() -> None:
    assert [one.share for one in disagreement(["i", "j"], ["a", "b"], ["x", "y"])] == [None, None]


def test_medians_lie_between_values_that_were_seen() -> None:
    found = medians({"expert": ["a"] * 9 + ["b"] * 3 + ["c"]}, [9, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, None])
    assert (found[0].median, found[0].n) == (5, 9)
    assert found[0].interval is not None
    assert (found[0].interval.low, found[0].interval.high) == (2, 8)
    assert (found[1].median, found[1].interval) == (2, None)
    assert "too few for an interval" in (found[1].reason or "")
    assert (found[2].median, found[2].status) == (None, Status.TOO_FEW_ITEMS)


@pytest.mark.parametrize("n", [6, 10, 25, 60])
def test_the_interval_of_a_median_holds_at_least_as_often_as_it_says_and_not_much_more(n: int) -> None:
    limits = medians({"g": ["a"] * n}, [float(value) for value in range(1, n + 1)])[0].interval
    assert limits is not None
    k = int(limits.low)
    below = sum(comb(n, j) for j in range(k)) / 2**n
    assert below <= 0.025
    assert below + comb(n, k) / 2**n > 0.025


@given(st.permutations(range(40)))
def test_the_order_of_the_rows_changes_nothing(order: list[int]) -> None:
    experts = ["abc"[row % 3] for row in range(40)]
    outcomes = [int(row % 7 < 2) for row in range(40)]
    shuffled = rates({"e": [experts[row] for row in order]}, [outcomes[row] for row in order], pooled_over="e")
    assert shuffled == rates({"e": experts}, outcomes, pooled_over="e")


def test_columns_that_make_no_sense_are_refused() -> None:
    with pytest.raises(BadRatings, match=r"found 0\.5"):
        rates({"e": ["a"]}, [0.5])
    with pytest.raises(BadRatings, match="one length"):
        rates({"e": ["a"]}, [1, 0])
    with pytest.raises(BadRatings, match="has no e"):
        rates({"e": ["a", None]}, [1, 0])
    with pytest.raises(BadRatings, match="one of e; found 'f'"):
        rates({"e": ["a"]}, [1], pooled_over="f")


def test_counts_of_all_groups_and_the_rate_of_one_are_what_rates_says() -> None:
    experts = [name for name in "abcd" for _ in range(30)]
    outcomes = [int((row * 7) % 10 < 2 + row // 30) for row in range(120)]
    counted = counts({"expert": experts}, outcomes)
    prior = prior_of(list(counted.values()))
    for one in rates({"expert": experts}, outcomes, pooled_over="expert"):
        assert rate_of(one.group, counted, prior=prior) == one
    assert rate_of(("nobody",), counted).n == 0


def test_a_group_apart_from_its_pool_is_told_from_the_others() -> None:
    """Nine groups of one share, and one of twice as much; a group of few rows is never told apart."""
    counted: dict[tuple[str, ...], tuple[float, int]] = {(f"g{n}",): (40.0 + n % 2, 400) for n in range(9)}
    counted |= {("far",): (200.0, 400), ("few",): (3.0, 4)}
    prior = prior_of(list(counted.values()))
    found = {group[0]: apart(rate_of(group, counted, prior=prior)) for group in counted}
    assert (found["far"] or 1) < 1e-6
    assert (found["few"] or 0) > 0.05
    assert apart(rate_of(("far",), counted)) is None


def test_groups_from_one_spread_are_rarely_told_apart() -> None:
    """Fifty pools of 40 groups that are alike: in how many groups the tail is below 5 %."""
    random, small = np.random.default_rng(9), 0
    for _ in range(50):
        drawn = random.binomial(60, 0.2, 40)
        counted: dict[tuple[str, ...], tuple[float, int]] = {(str(n),): (float(k), 60) for n, k in enumerate(drawn)}
        prior = prior_of(list(counted.values()))
        small += sum((apart(rate_of(group, counted, prior=prior)) or 1) < 0.05 for group in counted)
    assert small / 2000 <= 0.05
