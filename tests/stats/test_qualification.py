"""The rule that qualifies an expert: error rates summed one by one, and the published table."""

import json
from itertools import pairwise
from math import comb
from pathlib import Path

import pytest

from tallystick.stats.qualification import pass_chance, pass_mark, rule, smallest_rule

CASE = Path(__file__).parents[2].parent / "shared" / "cases" / "x_exact_binomial_pass_table.json"


def slow_chance(n: int, pass_at: int, accuracy: float) -> float:
    """The binomial tail, term by term."""
    return sum(comb(n, k) * accuracy**k * (1 - accuracy) ** (n - k) for k in range(pass_at, n + 1))


@pytest.mark.parametrize("n", [1, 7, 20, 37])
def test_the_chance_of_passing_is_the_binomial_tail(n: int) -> None:
    for mark in range(n + 2):
        assert pass_chance(n, mark, 0.7) == pytest.approx(slow_chance(n, mark, 0.7), abs=1e-12)


@pytest.mark.parametrize(
    ("p0", "p1", "n", "pass_at"),
    [(0.7, 0.85, 69, 55), (0.7, 0.9, 37, 31), (0.8, 0.9, 112, 97), (0.8, 0.95, 44, 40)],
)
def test_the_shortest_test_and_its_mark(p0: float, p1: float, n: int, pass_at: int) -> None:
    found = smallest_rule(p0, p1)
    assert (found.n, found.pass_at) == (n, pass_at)
    assert slow_chance(n, pass_at, p0) == pytest.approx(found.type1, abs=1e-12)
    assert slow_chance(n, pass_at, p1) == pytest.approx(found.power, abs=1e-12)
    assert found == rule(n, p0, p1)
    # One mark lower would let too many pass; no shorter test has the power.
    assert slow_chance(n, pass_at - 1, p0) > 0.05
    for fewer in range(1, n):
        shorter = rule(fewer, p0, p1)
        assert shorter is None or shorter.power < 0.9


@pytest.mark.skipif(not CASE.is_file(), reason="needs the shared cases beside the project")
def test_case() -> None:
    case = json.loads(CASE.read_text())
    for row in case["expected"]:
        found = smallest_rule(row["p0"], row["p1"], alpha=case["params"]["alpha"], power=case["params"]["power"])
        assert (found.n, found.pass_at) == (row["n"], row["pass_at"])
        assert (found.type1, found.power) == pytest.approx((row["type1"], row["power"]), abs=1e-9)


def test_a_mark_rises_with_the_test_and_never_by_more_than_the_items() -> None:
    marks = [pass_mark(n, 0.8, 0.05) for n in range(14, 300)]
    assert all(b is not None and a is not None and 0 <= b - a <= 1 for a, b in pairwise(marks))


def test_a_test_that_is_too_short_has_no_rule() -> None:
    assert pass_mark(13, 0.8, 0.05) is None  # .8^13 = .055
    assert rule(13, 0.8, 0.95) is None
    assert pass_mark(14, 0.8, 0.05) == 14


@pytest.mark.parametrize(("p0", "p1"), [(0.9, 0.8), (0.8, 0.8), (0, 0.5), (0.5, 1)])
def test_accuracies_in_the_wrong_order_are_refused(p0: float, p1: float) -> None:
    with pytest.raises(ValueError, match="found"):
        smallest_rule(p0, p1)


@pytest.mark.parametrize("least", [1, 8, 9, 10, 14])
def test_the_smallest_rule_of_so_many_items_or_more(least: int) -> None:
    """Power falls where the mark rises, so a number above the smallest may be too few again."""
    found = smallest_rule(0.5, 0.92, least=least)
    assert found.n == next(n for n in range(least, 20) if (made := rule(n, 0.5, 0.92)) and made.power >= 0.9)
    with pytest.raises(ValueError, match="No test of up to 6 items"):
        smallest_rule(0.5, 0.92, least=least, most=6)
