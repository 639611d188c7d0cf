"""Wald's test: his bounds, the exact sums of the shared cases, every path of a short test, planned bounds."""

import json
from itertools import product
from pathlib import Path

import pytest

from tallystick.stats.drift.sprt import (
    outcome,
    plan,
    plan_wald,
    start,
    take,
    wald_bounds,
    wald_mean_trials,
)

CASES = Path(__file__).parents[3].parent / "shared" / "cases"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="needs the shared cases beside the project")


@needs_cases
def test_walds_own_numbers() -> None:
    case = json.loads((CASES / "x_sprt_70_90.json").read_text())
    expected = case["expected"]
    assert wald_bounds(0.05, 0.05) == pytest.approx((expected["upper"], expected["lower"]), abs=1e-12)
    found = plan_wald(0.7, 0.9, alpha=0.05, beta=0.05, trials_max=100)
    assert (found.if_right, found.if_wrong) == pytest.approx(
        (expected["step_correct"], expected["step_wrong"]), abs=1e-12
    )
    means = wald_mean_trials(0.7, 0.9, alpha=0.05, beta=0.05)
    assert means == pytest.approx((expected["asn_at_p0"], expected["asn_at_p1"]), abs=1e-9)


@needs_cases
def test_exact_rates_of_tests_that_are_cut_off() -> None:
    for row in json.loads((CASES / "x_sprt_truncated_oc.json").read_text())["expected"]:
        found = plan_wald(row["p0"], row["p1"], alpha=0.05, beta=0.10, trials_max=row["nmax"])
        middle = outcome(found, (row["p0"] + row["p1"]) / 2)
        assert (found.alpha, found.mean_p0) == pytest.approx((row["pass_p0"], row["asn_p0"]), abs=1e-5)
        assert (1 - found.beta, found.mean_p1) == pytest.approx((row["pass_p1"], row["asn_p1"]), abs=1e-5)
        assert (middle.chance_p1, middle.mean_trials) == pytest.approx((row["pass_mid"], row["asn_mid"]), abs=1e-5)


@pytest.mark.parametrize(("p0", "p1"), [(0.5, 0.9), (0.9, 0.5)])
def test_rates_are_the_sums_over_all_sequences(p0: float, p1: float) -> None:
    """Every sequence of nine answers through `take`, in either order of the two accuracies."""
    chart = plan_wald(p0, p1, alpha=0.1, beta=0.1, trials_max=9)
    total, mean = 0.0, 0.0
    for signs in product((True, False), repeat=9):
        state, chance = start(chart), 1.0
        for right in signs:
            chance *= 0.7 if right else 0.3
            state = state if state.decided else take(state, right)
        total += chance * (state.decided == "p1")
        mean += chance * (state.right + state.wrong)
    found = outcome(chart, 0.7)
    assert (found.chance_p1, found.mean_trials) == pytest.approx((total, mean), abs=1e-12)


@pytest.mark.parametrize(("p0", "p1", "longest"), [(0.7, 0.9, 60), (0.8, 0.95, 80), (0.92, 0.8, 150)])
def test_a_planned_test_keeps_both_error_rates(p0: float, p1: float, longest: int) -> None:
    found = plan(p0, p1, alpha=0.05, beta=0.10, trials_max=longest)
    assert found.alpha <= 0.05
    assert found.beta <= 0.10
    assert (outcome(found, p0).chance_p1, 1 - outcome(found, p1).chance_p1) == (found.alpha, found.beta)
    assert max(found.mean_p0, found.mean_p1) < longest


def test_a_test_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 20 answers"):
        plan(0.8, 0.9, trials_max=20)


def test_a_test_ends_once() -> None:
    state = start(plan_wald(0.5, 0.9, alpha=0.1, beta=0.1, trials_max=9))
    while state.decided is None:
        state = take(state, correct=True)
    assert state.decided == "p1"
    with pytest.raises(ValueError, match="had ended with p1"):
        take(state, correct=True)


@pytest.mark.parametrize(("p0", "p1"), [(0.8, 0.8), (0, 0.5), (0.5, 1)])
def test_accuracies_that_make_no_test_are_refused(p0: float, p1: float) -> None:
    with pytest.raises(ValueError, match="two different accuracies"):
        plan(p0, p1, trials_max=50)


def test_error_rates_and_lengths_that_make_no_test_are_refused() -> None:
    with pytest.raises(ValueError, match=r"found alpha 0\.6"):
        wald_bounds(0.6, 0.1)
    with pytest.raises(ValueError, match="found 0"):
        plan(0.7, 0.9, trials_max=0)
