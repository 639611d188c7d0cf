"""Charts of standardised quantities: published run lengths, simulation, alarms with their direction and beginning."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from tallystick.stats.drift.levels import (
    Chart,
    State,
    cusum_run_length,
    ewma_run_length,
    plan_cusum,
    plan_ewma,
    reference,
    start,
    take,
)

CASES = Path(__file__).parents[3].parent / "shared" / "cases"
PATHS = sorted([*CASES.glob("x_cusum*.json"), *CASES.glob("x_ewma*.json")])
PUBLISHED_ROUGHLY = {("x_ewma_arl_0.05", "2"), ("x_ewma_arl_0.25", "0.5")}  # printed from a coarser chain of states


@pytest.mark.skipif(not CASES.is_dir(), reason="needs the shared cases beside the project")
def test_published_run_lengths() -> None:
    assert len(PATHS) == 4
    for path in PATHS:
        case = json.loads(path.read_text())
        params = case["params"]
        for shift, expected in case["expected"].items():
            if "h" in params:
                found = cusum_run_length(params["h"], params["k"], float(shift))
            else:
                found = ewma_run_length(params["L"], params["lambda"], float(shift))
            assert found == pytest.approx(expected, rel=1e-9)
            printed = case["published"].get(shift)
            if printed is not None and (path.stem, shift) not in PUBLISHED_ROUGHLY:
                digits = len(f"{printed}".partition(".")[2])
                assert round(found, digits) == printed
            elif printed is not None:
                assert found == pytest.approx(printed, rel=0.03)


def test_printed_tables_of_montgomery_and_of_lucas_and_saccucci() -> None:
    assert [round(cusum_run_length(5, 0.5, shift), 2) for shift in (0, 0.5, 1, 2)] == [465.44, 38.0, 10.38, 4.01]
    assert round(ewma_run_length(3.054, 0.4)) == 500
    assert [round(ewma_run_length(3.054, 0.4, shift), 1) for shift in (0.5, 1)] == [71.2, 14.3]
    assert round(ewma_run_length(2.962, 0.2)) == 500


def test_an_ewma_of_weight_one_is_shewharts_chart() -> None:
    tails = math.erfc(3 / math.sqrt(2))
    assert ewma_run_length(3, 1.0) == pytest.approx(1 / tails, rel=1e-9)


@pytest.mark.parametrize("chart", [plan_cusum(1, mean_between=100), plan_ewma(0.2, mean_between=100)])
def test_simulated_runs_agree_with_the_plan(chart: Chart) -> None:
    """4,000 runs through `take`, at the usual level and shifted: within four standard errors."""
    assert chart.mean_between == pytest.approx(100, rel=1e-6)
    random = np.random.default_rng(3)
    for shift, expected, runs in ((0.0, chart.mean_between, 600), (1.0, chart.delay, 3000)):
        lengths = np.array([length_of_run(chart, random, shift) for _ in range(runs)])
        assert lengths.mean() == pytest.approx(expected, abs=4 * lengths.std() / math.sqrt(runs))


def length_of_run(chart: Chart, random: np.random.Generator, shift: float) -> int:
    """How many values until the alarm."""
    state = start(chart)
    while not state.is_alarm:
        state = take(state, float(random.normal(shift)))
    assert state.alarm_at is not None
    return state.alarm_at


def follow(chart: Chart, values: list[float]) -> State:
    """A chart after some values."""
    state = start(chart)
    for value in values:
        state = take(state, value)
    return state


@pytest.mark.parametrize("chart", [plan_cusum(1, mean_between=500), plan_ewma(0.1, mean_between=500)])
def test_an_alarm_says_which_way_and_from_where(chart: Chart) -> None:
    calm = [0.1, -0.1] * 10
    for sign, direction in ((1, "up"), (-1, "down")):
        state = follow(chart, calm + [2.5 * sign] * 10)
        assert (state.direction, state.is_alarm) == (direction, True)
        assert state.shift_from in {19, 20}
        assert state.taken == 30
        after = take(state, -sign * 9.0)
        assert (after.alarm_at, after.direction, after.shift_from) == (
            state.alarm_at,
            state.direction,
            state.shift_from,
        )
    assert not follow(chart, calm * 5).is_alarm


def test_a_reference_is_robust_and_needs_enough() -> None:
    values = [math.log(20 + number % 11) for number in range(99)] + [math.log(3600)]
    found = reference(values)
    assert found.level == pytest.approx(math.log(25), abs=0.05)
    assert found.z(found.level + 2 * found.spread) == pytest.approx(2)
    with pytest.raises(ValueError, match="found 49"):
        reference(values[:49])
    with pytest.raises(ValueError, match="half of the values"):
        reference([1.0] * 60 + [2.0] * 20)


@pytest.mark.parametrize("bad", [{"shift": 0}, {"mean_between": 1}, {"mean_between": math.inf}])
def test_plans_that_make_no_sense_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="found"):
        plan_cusum(**{"shift": 1.0, "mean_between": 100.0, **bad})


def test_bad_weights_and_values_are_refused() -> None:
    with pytest.raises(ValueError, match="weight of an EWMA"):
        plan_ewma(0.0, mean_between=100)
    with pytest.raises(ValueError, match="No limit up to"):
        plan_cusum(0.02, mean_between=1e12)
    with pytest.raises(ValueError, match="finite number; found nan"):
        take(start(plan_cusum(1, mean_between=100)), math.nan)
