"""Whether the drift tests err as often as they say: 10,000 simulated experts against the exact figures of each plan.

Run: .venv/bin/python bench/drift.py [--experts N] [--seed S]. Reads nothing; prints a table and ends with 1 when a
simulated figure lies more than four standard errors from the exact one.
"""

import argparse
import math
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from tallystick.stats.drift import answers, levels, sentinels, sprt  # the line above finds it

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

P0, P1 = 0.92, 0.80
POOL = [0.70] * 2 + [0.80] * 3 + [0.90] * 5 + [0.95] * 6 + [0.98] * 4
CALM = 300  # answers before the shift, for the delay from where a chart usually stands
WORST = 4.0
SCHEDULED = 2000  # experts whose sentinels are dealt by the keyed schedule itself


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what was asked for, what the plan says, what the experts showed."""

    name: str
    stated: str
    exact: float
    seen: float
    error: float

    @property
    def z(self) -> float:
        """How many standard errors the experts lie from the plan."""
        return (self.seen - self.exact) / self.error

    def line(self) -> str:
        """One row of the table."""
        return (
            f"  {self.name:<58}{self.stated:>10}{self.exact:>11.4f}{self.seen:>11.4f}{self.error:>9.4f}{self.z:>7.2f}"
        )


def mean_of(name: str, stated: str, exact: float, values: Floats) -> Figure:
    """A mean with its standard error."""
    return Figure(name, stated, exact, float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values)))


def share_of(name: str, stated: str, exact: float, hits: NDArray[np.bool_]) -> Figure:
    """A share with the standard error that the exact one gives it."""
    return Figure(name, stated, exact, float(hits.mean()), math.sqrt(exact * (1 - exact) / len(hits)))


@dataclass(frozen=True, slots=True)
class Crowd:
    """Experts who all answer sentinels of one plan, many at once: the scores that `take` would give them."""

    plan: answers.Plan
    chance: np.random.Generator

    def steps(self, count: int, *, is_shifted: bool) -> Codes:
        """One answer from each of so many experts, as the move of their scores."""
        kinds = self.plan.kinds
        kind = self.chance.choice(len(kinds), count, p=[one.share for one in kinds])
        accuracy = np.array([one.p1 if is_shifted else one.p0 for one in kinds])[kind]
        right, wrong = np.array([one.if_right for one in kinds]), np.array([one.if_wrong for one in kinds])
        return np.asarray(np.where(self.chance.random(count) < accuracy, right[kind], wrong[kind]), dtype=np.int64)

    def runs(self, scores: Codes, *, is_shifted: bool) -> Floats:
        """How many answers until each expert's alarm."""
        score, lengths, going = scores.copy(), np.zeros(len(scores)), np.arange(len(scores))
        while len(going):
            lengths[going] += 1
            score[going] = np.maximum(score[going] + self.steps(len(going), is_shifted=is_shifted), 0)
            going = going[score[going] < self.plan.limit]
        return lengths

    def calm_scores(self, count: int) -> Codes:
        """The scores of so many experts who have answered for a long time at p0 without an alarm."""
        score = np.zeros(2 * count, dtype=np.int64)
        for _ in range(CALM):
            score = np.maximum(score + self.steps(len(score), is_shifted=False), 0)
            score = score[score < self.plan.limit]
        assert len(score) >= count, "too few were without an alarm for so long"
        return score[:count]


def of_answers(experts: int, chance: np.random.Generator, difficulties: list[float]) -> Iterator[Figure]:
    """False alarms and delays of the chart on right and wrong answers."""
    label = "pool of difficulties" if difficulties else "alike"
    plan = answers.plan(P0, P1, mean_between=1000, difficulties=difficulties)
    crowd, zero = Crowd(plan, chance), np.zeros(experts, dtype=np.int64)
    yield mean_of(
        f"{label}: sentinels to a false alarm", ">= 1000", plan.mean_between, crowd.runs(zero, is_shifted=False)
    )
    delays = crowd.runs(zero, is_shifted=True)
    yield mean_of(f"{label}: sentinels to the alarm after a fall, from zero", "", plan.delay_worst, delays)
    exact = answers.alarm_chance(plan, P1, plan.delay_90)
    yield share_of(f"{label}: found within {plan.delay_90} sentinels", ">= 0.9", exact, delays <= plan.delay_90)
    usual = crowd.runs(crowd.calm_scores(experts), is_shifted=True)
    yield mean_of(f"{label}: the same after a long calm", "", plan.delay_usual, usual)
    plan = answers.plan(P0, P1, chance=0.05, horizon=500, difficulties=difficulties)
    runs = Crowd(plan, chance).runs(zero, is_shifted=False)
    yield share_of(f"{label}: false alarm within 500 sentinels", "<= 0.05", plan.chance or 0, runs <= 500)


def of_schedule(experts: int, chance: np.random.Generator) -> Iterator[Figure]:
    """Judgments until a fall is found, sentinels dealt by the keyed schedule, through `take` itself."""
    found = sentinels.sentinel_rate(P0, 0.70, found_within=500, false_horizon=5000)
    assert found.rate is not None
    rate, experts = found.rate, min(experts, SCHEDULED)
    secret, dealt, hits = chance.bytes(32), 0, []
    for expert in range(experts):
        state, position = answers.start(found.plan), 0
        while position < found.found_within and not state.is_alarm:
            if sentinels.is_sentinel(secret, expert=f"expert {expert}", position=position, rate=rate):
                state = answers.take(state, bool(chance.random() < 0.70))
            position += 1
        hits.append(state.is_alarm)
        dealt += sum(
            sentinels.is_sentinel(secret, expert=f"expert {expert}", position=at, rate=rate) for at in range(100)
        )
    yield share_of(f"rate {rate:.1%}: found within 500 judgments", ">= 0.9", found.found_chance, np.array(hits))
    error = math.sqrt(rate * (1 - rate) / (100 * experts))
    yield Figure("the schedule's share of sentinels", "", rate, dealt / (100 * experts), error)
    moves = Crowd(found.plan, chance)
    counts = chance.binomial(found.false_horizon, rate, experts)
    runs = moves.runs(np.zeros(experts, dtype=np.int64), is_shifted=False)
    yield share_of(f"rate {rate:.1%}: false alarm within 5000 judgments", "<= 0.05", found.false_chance, runs <= counts)


def of_sprt(experts: int, chance: np.random.Generator) -> Iterator[Figure]:
    """The test after an alarm: is somebody still acceptable?"""
    plan = sprt.plan(P0, P1, alpha=0.05, beta=0.10, trials_max=150)
    for accuracy, mean, name, stated in (
        (P0, plan.mean_p0, "wrongly ended at p1", "<= 0.05"),
        (P1, plan.mean_p1, "wrongly ended at p0", "<= 0.10"),
    ):
        ends = [_ended(plan, chance, accuracy) for _ in range(experts)]
        wrong = np.array([state.decided == ("p1" if accuracy == P0 else "p0") for state in ends])
        yield share_of(f"SPRT: {name}", stated, plan.alpha if accuracy == P0 else plan.beta, wrong)
        lengths = np.array([state.right + state.wrong for state in ends], dtype=np.float64)
        yield mean_of(f"SPRT: answers at {accuracy}", "", mean, lengths)


def _ended(plan: sprt.Plan, chance: np.random.Generator, accuracy: float) -> sprt.State:
    state, right = sprt.start(plan), iter((chance.random(plan.trials_max) < accuracy).tolist())
    while state.decided is None:
        state = sprt.take(state, next(right))
    return state


def of_levels(experts: int, chance: np.random.Generator) -> Iterator[Figure]:
    """Standardised quantities: both charts, calm and shifted by one spread."""
    for chart in (levels.plan_cusum(1, mean_between=500), levels.plan_ewma(0.1, mean_between=500)):
        for shift, exact in ((0.0, chart.mean_between), (1.0, chart.delay)):
            name = f"{chart.kind}: values to {'a false alarm' if shift == 0 else 'the alarm after a shift of 1'}"
            stated = "500" if shift == 0 else ""
            yield mean_of(name, stated, exact, _lengths(chart, experts, shift, chance))


def _lengths(chart: levels.Chart, experts: int, shift: float, chance: np.random.Generator) -> Floats:
    high, low, lengths = np.zeros(experts), np.zeros(experts), np.zeros(experts)
    going = np.arange(experts)
    limit = chart.limit if chart.weight is None else chart.limit * math.sqrt(chart.weight / (2 - chart.weight))
    while len(going):
        lengths[going] += 1
        z = chance.normal(shift, 1, len(going))
        if chart.weight is None:
            high[going] = np.maximum(high[going] + z - (chart.slack or 0), 0)
            low[going] = np.maximum(low[going] - z - (chart.slack or 0), 0)
        else:
            high[going] = (1 - chart.weight) * high[going] + chart.weight * z
            low[going] = -high[going]
        going = going[(high[going] <= limit) & (low[going] <= limit)]
    return lengths


def beginnings(experts: int, chance: np.random.Generator) -> None:
    """How well the beginning of a fall is told once there is an alarm, for a fall after 200 calm answers."""
    plan, calm = answers.plan(P0, P1, mean_between=1000), 200
    misses, held, late = list[int](), 0, 0
    while len(misses) < experts:
        state, history = answers.start(plan), list[bool]()
        while not state.is_alarm:
            history.append(bool(chance.random() < (P0 if len(history) < calm else P1)))
            state = answers.take(state, history[-1])
        if len(history) <= calm:
            continue  # a false alarm before the fall
        assert state.shift_from is not None
        misses.append(state.shift_from - calm)
        held += answers.change_point(plan, history).earliest <= calm
        late += state.shift_from > calm
    within = [float(np.quantile(np.abs(misses), share)) for share in (0.5, 0.9)]
    print(f"\nWhere a fall began: {experts} experts, from {P0} to {P1} after {calm} sentinels.")
    print(f"The estimate is off by {within[0]:.0f} sentinels in the median, by {within[1]:.0f} or less in nine of ten.")
    print(f"Too late in {late / experts:.1%}; `earliest` (95 %) is no later than the fall in {held / experts:.1%}.")


def main() -> None:
    """The machine first, then every figure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--experts", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}; {chosen.experts} experts"
    )
    print(f"accuracy {P0} against {P1}\n\n  {'figure':<58}{'stated':>10}{'exact':>11}{'seen':>11}{'error':>9}{'z':>7}")
    begin, chance, figures = time.process_time(), np.random.default_rng(chosen.seed), list[Figure]()
    parts: list[Callable[[], Iterator[Figure]]] = [
        lambda: of_answers(chosen.experts, chance, []),
        lambda: of_answers(chosen.experts, chance, POOL),
        lambda: of_schedule(chosen.experts, chance),
        lambda: of_sprt(chosen.experts, chance),
        lambda: of_levels(chosen.experts, chance),
    ]
    for part in parts:
        for figure in part():
            figures.append(figure)
            print(figure.line(), flush=True)
    beginnings(min(chosen.experts, SCHEDULED), chance)
    worst = max(figures, key=lambda figure: abs(figure.z))
    print(f"\nFurthest from its plan: {worst.name}, {worst.z:.2f} standard errors.")
    print(f"{time.process_time() - begin:.0f} CPU seconds")
    if abs(worst.z) > WORST:
        sys.exit(1)


if __name__ == "__main__":
    main()
