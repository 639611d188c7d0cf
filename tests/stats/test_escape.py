"""Escape rates from a second look: exact limits by hand and by full enumeration, weights, how many to review."""

import math
from math import comb

import numpy as np
import pytest

from tallystick.stats.agreement.result import Status
from tallystick.stats.escape import (
    Stratum,
    escapes,
    escapes_by_kind,
    exact_interval,
    reviews_for_bound,
    reviews_for_width,
)


def one(population: int, reviewed: int, defective: int) -> Stratum:
    """A stratum whose name does not matter."""
    return Stratum(name="s", population=population, reviewed=reviewed, defective=defective)


def tail_below(found: int, reviewed: int, defective: int, population: int) -> float:
    """The hypergeometric chance of so many or fewer, from whole numbers."""
    ways = sum(comb(defective, k) * comb(population - defective, reviewed - k) for k in range(found + 1))
    return ways / comb(population, reviewed)


def test_no_defects_give_the_rule_of_three_and_not_zero() -> None:
    for n in (20, 59, 300):
        found = escapes([one(1_000_000, n, 0)]).overall
        assert found.rate == 0
        assert found.at_most == pytest.approx(1 - 0.05 ** (1 / n))
        assert found.interval is not None
        assert [found.interval.low, found.interval.high] == pytest.approx([0, 1 - 0.025 ** (1 / n)])
        assert found.expected_at_most == pytest.approx(1_000_000 * (found.at_most or 0))


@pytest.mark.parametrize(("population", "reviewed", "defective"), [(30, 12, 0), (30, 12, 3), (40, 5, 5), (25, 24, 1)])
def test_limits_of_a_small_stratum_by_enumeration(population: int, reviewed: int, defective: int) -> None:
    """Every possible number of defective records is held against both tails."""
    possible = range(defective, population - (reviewed - defective) + 1)
    kept = [
        number
        for number in possible
        if tail_below(defective, reviewed, number, population) > 0.025
        and 1 - tail_below(defective - 1, reviewed, number, population) > 0.025
    ]
    found = exact_interval(defective, reviewed, population)
    assert found.method == "hypergeometric"
    assert (found.low * population, found.high * population) == pytest.approx((min(kept), max(kept)))
    bound = max(number for number in possible if tail_below(defective, reviewed, number, population) > 0.05)
    assert escapes([one(population, reviewed, defective)]).overall.at_most == pytest.approx(bound / population)


def test_every_record_reviewed_leaves_no_doubt() -> None:
    found = escapes([one(40, 40, 3)]).overall
    assert found.interval is not None
    assert (found.rate, found.interval.low, found.interval.high, found.at_most) == (0.075, 0.075, 0.075, 0.075)


def test_a_large_stratum_is_clopper_and_pearsons_and_the_finite_one_comes_close_to_it() -> None:
    assert exact_interval(3, 50, 1001).method == "clopper_pearson"
    wide, narrow = exact_interval(3, 50, 10**6), exact_interval(3, 50, 1000)
    assert narrow.method == "hypergeometric"
    assert wide.low == pytest.approx(narrow.low, abs=0.003)
    assert narrow.high < wide.high < narrow.high + 0.006


@pytest.mark.parametrize("defective", [0, 2, 15, 60])
def test_finite_limits_hold_at_least_as_often_as_they_say(defective: int) -> None:
    """The exact coverage: over all possible samples of 30 of 100."""
    held = 0.0
    for found in range(max(0, 30 - (100 - defective)), min(30, defective) + 1):
        chance = comb(defective, found) * comb(100 - defective, 30 - found) / comb(100, 30)
        limits = exact_interval(found, 30, 100)
        held += chance * (limits.low <= defective / 100 <= limits.high)
    assert held >= 0.95


def test_the_whole_is_weighted_by_population_not_by_sample() -> None:
    found = escapes(
        [
            Stratum(name="critical", population=400, reviewed=100, defective=10),
            Stratum(name="minor", population=9600, reviewed=300, defective=3),
        ]
    )
    assert found.overall.rate == pytest.approx(0.04 * 0.1 + 0.96 * 0.01)
    low = [part.rate - part.interval.low for part in found.strata if part.rate is not None and part.interval]
    assert found.overall.interval is not None
    assert found.overall.rate is not None
    assert found.overall.interval.low == pytest.approx(found.overall.rate - math.hypot(0.04 * low[0], 0.96 * low[1]))


def test_the_whole_holds_at_least_nearly_as_often_as_it_says() -> None:
    """600 samples of three strata: 95 % less three standard errors."""
    random = np.random.default_rng(1)
    sizes, bad, looked = (400, 2000, 9600), (12, 20, 290), (60, 100, 200)
    truth, held, below = sum(bad) / sum(sizes), 0, 0
    for _ in range(600):
        drawn = [int(random.hypergeometric(d, size - d, n)) for size, d, n in zip(sizes, bad, looked, strict=True)]
        found = escapes([one(size, n, x) for size, n, x in zip(sizes, looked, drawn, strict=True)]).overall
        assert found.interval is not None
        assert found.at_most is not None
        held += found.interval.low <= truth <= found.interval.high
        below += truth <= found.at_most
    assert min(held, below) >= 600 * 0.95 - 3 * math.sqrt(600 * 0.95 * 0.05)


def test_a_stratum_without_a_review_leaves_the_whole_unknown() -> None:
    found = escapes([one(100, 50, 1), Stratum(name="dark", population=5, reviewed=0, defective=0)])
    assert (found.overall.rate, found.overall.interval, found.overall.at_most) == (None, None, None)
    assert found.overall.status is Status.TOO_FEW_ITEMS
    assert "dark" in (found.overall.reason or "")
    assert found.strata[0].rate == 0.02
    assert found.overall.expected is None


def test_kinds_of_defects_are_counted_by_record() -> None:
    strata = ["a"] * 4 + ["b"] * 2
    found = escapes_by_kind(
        {"a": 100, "b": 10},
        strata,
        [["critical", "rubric"], [], ["minor"], [], ["minor", "minor"], []],
    )
    assert list(found) == ["any", "critical", "minor", "rubric"]
    assert [part.defective for part in found["any"].strata] == [2, 1]
    assert [part.defective for part in found["minor"].strata] == [1, 1]
    assert found["rubric"].overall.rate == pytest.approx(100 / 110 * 0.25)
    with pytest.raises(ValueError, match="without a population: c"):
        escapes_by_kind({"a": 100}, ["c"], [[]])
    with pytest.raises(ValueError, match="found 1 and 0"):
        escapes_by_kind({"a": 100}, ["a"], [])


def test_how_many_sound_records_prove_a_bound() -> None:
    assert reviews_for_bound(0.05) == 59
    assert reviews_for_bound(0.01) == 299
    for population in (30, 200, 1000):
        n = reviews_for_bound(0.05, population=population)
        assert (escapes([one(population, n, 0)]).overall.at_most or 0) <= 0.05
        assert (escapes([one(population, n - 1, 0)]).overall.at_most or 1) > 0.05
        assert n < 59


def test_how_many_records_prove_a_bound_when_some_are_defective() -> None:
    n = reviews_for_bound(0.05, expected=0.02)
    assert (escapes([one(10**7, n, math.ceil(0.02 * n))]).overall.at_most or 1) <= 0.05
    fewer = [m for m in range(1, n) if (escapes([one(10**7, m, math.ceil(0.02 * m))]).overall.at_most or 1) <= 0.05]
    assert fewer == []
    assert reviews_for_bound(0.05, expected=0.049, population=100) <= 100


def test_how_many_records_for_a_width() -> None:
    n = reviews_for_width(0.05, expected=0.5)
    wide = exact_interval(n // 2, n, 10**9)
    assert (wide.high - wide.low) / 2 == pytest.approx(0.05, abs=2e-4)
    assert reviews_for_width(0.05, expected=0.5, population=100) < 100


def test_wishes_and_counts_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="found 3 of 2 of 10"):
        escapes([one(10, 2, 3)])
    with pytest.raises(ValueError, match="at least one stratum"):
        escapes([])
    with pytest.raises(ValueError, match=r"expected 0\.1 and at_most 0\.05"):
        reviews_for_bound(0.05, expected=0.1)
    with pytest.raises(ValueError, match="lie too close"):
        reviews_for_bound(1e-9)
    with pytest.raises(ValueError, match="half_width"):
        reviews_for_width(0.6, expected=0.5)
