"""The chart on right and wrong answers: exact rates against sums by hand and simulation, alarms, beginnings, pools."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.stats.drift import answers, lattice
from tallystick.stats.drift.answers import Plan, change_point, plan, start, take
from tallystick.stats.drift.lattice import Moves

POOL = [0.6, 0.8, 0.8, 0.9, 0.95, 0.97]
SMALL = plan(0.9, 0.6, mean_between=30)
EVEN = replace(plan(0.6, 0.4, mean_between=30), limit=28)  # steps of 14: scores meet the limit and zero
PATIENT = plan(0.9, 0.6, mean_between=1e5)


def run(chart: Plan, text: str) -> answers.State:
    """A chart after answers such as "++-": right, right, wrong."""
    state = start(chart)
    for sign in text:
        state = take(state, sign == "+")
    return state


def test_mean_run_of_the_smallest_charts_by_hand() -> None:
    # One wrong answer reaches the limit: the run is geometric.
    assert lattice.run_lengths(Moves((-1, 2), (0.9, 0.1)), 2)[0] == pytest.approx(10)
    # Two units, limit two: two wrong answers without a right one between. L0 = 1 + .9 L0 + .1 L1, L1 = 1 + .9 L0.
    assert lattice.run_lengths(Moves((-1, 1), (0.9, 0.1)), 2)[0] == pytest.approx(1.1 / 0.01)


@pytest.mark.parametrize("moves", [
    Moves((-1, 2), (0.9, 0.1)), Moves((-7, 3, 12), (0.5, 0.3, 0.2)), Moves((-30, 50), (0.92, 0.08)),
    Moves((0, 1), (0.7, 0.3)), answers.moves_of(PATIENT.kinds, is_shifted=False),
])  # fmt: skip
def test_the_mean_runs_of_all_limits_are_those_of_each_chart_alone(moves: Moves) -> None:
    """Up to runs of a million: beyond, the equations of a single chart lose more digits than are compared."""
    runs = lattice.mean_runs(moves, 150)
    for limit in (1, 2, 3, 29, 30, 31, 50, 51, 149, 150):
        alone = lattice.run_lengths(moves, limit)[0]
        if 0 < alone < 1e6:
            assert runs[limit - 1] == pytest.approx(alone, rel=1e-9), limit


@pytest.mark.parametrize(("chart", "accuracy"), [(SMALL, 0.9), (EVEN, 0.6)], ids=["small", "even"])
def test_alarm_chance_is_the_sum_over_all_sequences(chart: Plan, accuracy: float) -> None:
    """Every sequence of ten answers through `take` itself: the chart that runs is the chart that was computed."""
    for length in (1, 4, 10):
        total = 0.0
        for signs in product("+-", repeat=length):
            if run(chart, "".join(signs)).is_alarm:
                total += math.prod(accuracy if sign == "+" else 1 - accuracy for sign in signs)
        assert answers.alarm_chance(chart, accuracy, length) == pytest.approx(total, abs=1e-12)


def test_alarm_chance_with_a_pool_is_the_sum_over_all_sequences() -> None:
    chart = plan(0.85, 0.5, mean_between=15, difficulties=[0.7, 0.95, 0.95])
    total = 0.0
    for steps in product(product(chart.kinds, (True, False)), repeat=5):
        state, chance = start(chart), 1.0
        for kind, right in steps:
            state = take(state, right, kind.difficulty)
            chance *= kind.share * (kind.p0 if right else 1 - kind.p0)
        total += chance * state.is_alarm
    assert answers.alarm_chance(chart, 0.85, 5) == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize("difficulties", [(), POOL], ids=["alike", "pool"])
@pytest.mark.parametrize(("p0", "p1"), [(0.92, 0.8), (0.8, 0.6), (0.99, 0.9)])
def test_a_plan_keeps_the_stated_mean_and_no_lower_limit_does(p0: float, p1: float, difficulties: list[float]) -> None:
    chart = plan(p0, p1, mean_between=500, difficulties=difficulties)
    assert chart.mean_between >= 500
    lower = lattice.run_lengths(answers.moves_of(chart.kinds, is_shifted=False), chart.limit - 1)[0]
    assert lower < 500
    assert chart.delay_usual < chart.delay_worst < 500


@pytest.mark.parametrize("chance", [0.01, 0.05, 0.2])
def test_a_plan_keeps_the_stated_chance_and_no_lower_limit_does(chance: float) -> None:
    chart = plan(0.92, 0.8, chance=chance, horizon=400)
    assert chart.chance is not None
    assert chart.chance <= chance
    calm = answers.moves_of(chart.kinds, is_shifted=False)
    assert answers.false_alarm_chance(calm, chart.limit - 1, 400) > chance


def test_run_lengths_and_curves_tell_the_same() -> None:
    """The mean run is the sum of the chances that there has been no alarm; the curve's long tail is geometric."""
    chart = plan(0.92, 0.8, mean_between=300)
    curve = lattice.alarm_chances(answers.moves_at(chart, 0.92), lattice.at_zero(chart.limit), 20_000)
    assert float((1 - curve).sum()) == pytest.approx(chart.mean_between, rel=1e-8)
    assert curve[chart.delay_90] < 0.9
    shifted = lattice.alarm_chances(answers.moves_at(chart, 0.8), lattice.at_zero(chart.limit), chart.delay_90)
    assert shifted[-1] >= 0.9 > shifted[-2]


def test_many_moves_and_few_moves_go_the_same_way() -> None:
    chart = plan(0.9, 0.7, mean_between=200, difficulties=list(np.linspace(0.5, 0.98, 40)))
    moves = answers.moves_of(chart.kinds, is_shifted=False)
    assert len(moves.sizes) > lattice.FEW_MOVES
    slow = lattice.at_zero(chart.limit)
    for _ in range(40):
        after = np.zeros_like(slow)
        for state, share in enumerate(slow):
            for size, chance in zip(moves.sizes, moves.chances, strict=True):
                if state + size < chart.limit:
                    after[max(0, state + size)] += share * chance
        slow = after
    assert lattice.alarm_chances(moves, lattice.at_zero(chart.limit), 40)[-1] == pytest.approx(
        1 - slow.sum(), abs=1e-12
    )


def test_near_the_reference_chart() -> None:
    """Accuracy .92 against .80 with the limit at 3 nats, by 20,000 simulated runs: 467 (3.2), then 34.2 and 17."""
    chart = plan(0.92, 0.8, mean_between=465)
    assert chart.limit * chart.unit == pytest.approx(3.0, abs=0.03)
    assert chart.delay_worst == pytest.approx(34.2, abs=0.6)
    assert answers.mean_run(chart, 0.7) == pytest.approx(17, abs=0.5)


def test_simulated_runs_agree_with_the_plan() -> None:
    chart = plan(0.9, 0.7, mean_between=100)
    random = np.random.default_rng(7)
    score, runs = np.zeros(20_000, dtype=np.int64), np.zeros(20_000)
    alive = np.arange(20_000)
    while len(alive):
        right = random.random(len(alive)) < 0.9
        kind = chart.kinds[0]
        score[alive] = np.maximum(score[alive] + np.where(right, kind.if_right, kind.if_wrong), 0)
        runs[alive] += 1
        alive = alive[score[alive] < chart.limit]
    assert runs.mean() == pytest.approx(chart.mean_between, abs=4 * runs.std() / math.sqrt(20_000))


def test_an_alarm_says_when_it_came_and_where_the_shift_began() -> None:
    state = run(SMALL, "+++" + "-" * 20)
    assert state.is_alarm
    assert state.shift_from == 3
    assert state.alarm_at is not None
    assert 4 <= state.alarm_at < 23
    assert state.taken == 23, "answers after the alarm are still counted"
    after = take(state, correct=True)
    assert (after.alarm_at, after.shift_from) == (state.alarm_at, state.shift_from)


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.sampled_from([PATIENT, replace(EVEN, limit=2000)]))
def test_the_beginning_is_the_maximum_of_the_likelihood(given_answers: list[bool], chart: Plan) -> None:
    """The score's last stay at zero, against the earliest best of all places, in the chart's own whole steps."""
    state = start(chart)
    for right in given_answers:
        state = take(state, right)
    steps = [chart.kinds[0].if_right if right else chart.kinds[0].if_wrong for right in given_answers]
    tails = [sum(steps[at:]) for at in range(len(steps) + 1)]
    if not state.is_alarm:
        assert state.score == max(tails)
        assert state.calm_until == tails.index(max(tails))


def test_change_point_of_a_clear_history() -> None:
    found = change_point(SMALL, [True] * 30 + [False] * 10)
    assert (found.shift_from, found.n_after, found.right_after) == (30, 10, 0)
    assert found.earliest <= 30
    # One wrong answer long ago does not carry the beginning back, one shortly before does widen it.
    blurred = change_point(SMALL, [True] * 26 + [False, True, True, True] + [False, True] * 8)
    assert blurred.earliest <= 26 <= blurred.shift_from + 4


def test_change_point_by_hand() -> None:
    """Three places, three weights: exp of the log likelihood ratio of everything from there on."""
    right, wrong = 0.6 / 0.9, 0.4 / 0.1
    weights = [wrong * right * wrong, right * wrong, wrong]
    found = change_point(SMALL, [False, True, False], confidence=0.5)
    assert found.shift_from == 0
    assert weights[0] / sum(weights) > 0.5
    assert found.earliest == 0
    later = change_point(SMALL, [True, True, False], confidence=0.5)  # 16/9, 8/3, 4: the last one has 47 %
    assert (later.shift_from, later.earliest) == (2, 1)


def test_a_pool_has_the_means_that_were_asked_for() -> None:
    chart = plan(0.88, 0.75, mean_between=500, difficulties=POOL)
    assert sum(kind.share * kind.p0 for kind in chart.kinds) == pytest.approx(0.88)
    assert sum(kind.share * kind.p1 for kind in chart.kinds) == pytest.approx(0.75)
    odds = {round(math.log(kind.p0 / (1 - kind.p0)) - math.log(kind.p1 / (1 - kind.p1)), 9) for kind in chart.kinds}
    assert len(odds) == 1, "the fall is the same in log odds for all"
    by_level = {kind.difficulty: kind for kind in chart.kinds}
    assert by_level[0.97].if_wrong > by_level[0.6].if_wrong, "a wrong answer to an easy one says more"
    assert take(start(chart), correct=False, difficulty=0.801).score == by_level[0.8].if_wrong


def test_difficulties_that_the_plan_does_not_know_are_refused() -> None:
    chart = plan(0.88, 0.75, mean_between=500, difficulties=POOL)
    with pytest.raises(ValueError, match=r"found 0\.5"):
        take(start(chart), correct=True, difficulty=0.5)
    with pytest.raises(ValueError, match="found None"):
        take(start(chart), correct=True)
    with pytest.raises(ValueError, match=r"found 0\.8"):
        take(start(SMALL), correct=True, difficulty=0.8)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"p0": 0.8, "p1": 0.9, "mean_between": 100}, "p1 0.9"),
        ({"p0": 0.9, "p1": 0.8}, "either mean_between"),
        ({"p0": 0.9, "p1": 0.8, "mean_between": 100, "chance": 0.1, "horizon": 5}, "either mean_between"),
        ({"p0": 0.9, "p1": 0.8, "chance": 0.1}, "either mean_between"),
        ({"p0": 0.9, "p1": 0.8, "chance": 1.1, "horizon": 100}, "found 1.1"),
        ({"p0": 0.9, "p1": 0.8, "chance": 0.1, "horizon": 0}, "found 0"),
        ({"p0": 0.9, "p1": 0.8, "mean_between": 100, "difficulties": [0.5, 1.0]}, "found 1.0"),
        ({"p0": 0.9, "p1": 0.899, "mean_between": 1e9}, "further apart"),
    ],
)
def test_plans_that_make_no_sense_are_refused(options: dict[str, float], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        plan(**options)  # type: ignore[arg-type]  # a table of bad arguments


def test_no_answers_have_no_beginning() -> None:
    with pytest.raises(ValueError, match="at least one answer"):
        change_point(SMALL, [])


def test_a_year_of_work_in_sentinels() -> None:
    assert answers.sentinels_per_year(20_000, 0.05) == 1000
    with pytest.raises(ValueError, match="above 0"):
        answers.sentinels_per_year(0, 0.05)


def test_a_chart_on_which_everybody_is_found_goes_on_at_certainty() -> None:
    """Of an accuracy of nothing each answer is a step up: soon nobody is left, and no share of nobody is asked."""
    moves = Moves((1,), (1.0,))
    curve = lattice.alarm_chances(moves, lattice.at_zero(20), 5_000)
    assert curve[-1] == 1.0
    assert not np.isnan(curve).any()
