"""Drift of an expert on sentinels: a CUSUM chart on right and wrong answers. Reads and writes nothing.

After each sentinel the score goes up when the answer is wrong and down when it is right, by the log likelihood ratio of
"accuracy has fallen to p1" against "accuracy is p0", in whole units; below zero it is held at zero; at the limit it
gives alarm. Because the steps are whole numbers, the stated error rates are those of the chart that runs, to the last
digit that a float has (`lattice`). A sentinel may have a difficulty: then its steps are its own.

source  Page (1954), "Continuous inspection schemes", Biometrika 41, 100-115; Lorden (1971), Ann. Math. Stat. 42,
        1897-1908: from score zero a shift is found slowest, so the delay from there is the worst
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tallystick.stats.distributions import check_share
from tallystick.stats.drift import lattice
from tallystick.stats.drift.lattice import Moves

UNIT_MIN, UNIT_MAX = 0.008, 0.03  # nats per unit: fine enough to meet a stated rate, coarse enough to be solved at once
LIMIT_MAX = 2000  # states
LIMIT_FIRST = 250  # states that are looked at first: most charts have fewer
TOO_CLOSE = (
    f"No chart of up to {LIMIT_MAX} states keeps so low a rate of false alarms with p0 and p1 so close."
    " Allow more false alarms, or choose p0 and p1 further apart."
)
DIGITS = 2  # of a difficulty: sentinels are sorted into whole percents
DIFFICULTY_MIN, DIFFICULTY_MAX = 0.02, 0.99
DELAY_MAX = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Sentinels of one difficulty: how an acceptable and an unacceptable expert do on them, and what an answer scores.

    difficulty   share of qualified experts who answer right, in whole percents; None when sentinels are all alike
    share        of the sentinels that are of this kind
    """

    difficulty: float | None
    share: float
    p0: float
    p1: float
    if_right: int  # negative
    if_wrong: int  # positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A chart with its exact error rates. All run lengths count sentinels.

    unit           log likelihood ratio of one whole unit of the score
    mean_between   mean run to a false alarm at accuracy p0, from score zero
    horizon        run for which `chance` was asked; None when it was not
    chance         exact chance of a false alarm within `horizon` at p0
    delay_worst    mean run to the alarm at p1, from score zero
    delay_usual    the same when the shift comes after a long time at p0
    delay_90       run within which nine of ten shifts to p1 are found, from score zero
    """

    p0: float
    p1: float
    kinds: tuple[Kind, ...]
    unit: float
    limit: int
    mean_between: float
    horizon: int | None
    chance: float | None
    delay_worst: float
    delay_usual: float
    delay_90: int


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a chart stands.

    taken       answers so far
    calm_until  the answer after which the shift is most likely to have begun, were there one
    alarm_at    how many answers had been taken when the alarm came; None while there is none
    shift_from  place from 0 of the first answer after the shift, by maximum likelihood; set with the alarm
    """

    plan: Plan
    score: int = 0
    taken: int = 0
    calm_until: int = 0
    alarm_at: int | None = None
    shift_from: int | None = None

    @property
    def is_alarm(self) -> bool:
        """Whether the limit has been reached. It stays so: a chart begins anew by `start`, after somebody looked."""
        return self.alarm_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePoint:
    """Where a shift from p0 to p1 began, over a whole history of answers.

    shift_from    place from 0 of the first answer after the shift: maximum likelihood, the earliest of equals
    earliest      the posterior that it began earlier is at most 1 - confidence, every place equally likely before
    n_after       answers from `shift_from` on
    right_after   right ones of them
    """

    shift_from: int
    earliest: int
    confidence: float
    n_after: int
    right_after: int


def plan(
    p0: float,
    p1: float,
    *,
    mean_between: float | None = None,
    chance: float | None = None,
    horizon: int | None = None,
    difficulties: Sequence[float] = (),
) -> Plan:
    """The chart with the lowest limit that keeps the stated rate of false alarms.

    p0, p1         mean accuracy that is acceptable, and that is not; p1 < p0
    mean_between   either: sentinels between two false alarms, in the mean, at least
    chance, horizon  or: chance of a false alarm within so many sentinels, at most
    difficulties   of the sentinels in use, as shares of qualified experts who answer right. The odds of all are shifted
                   together so that the mean over the pool is p0, and again so that it is p1
    raises         ValueError for shares out of order, or rates that no chart of 2,000 states keeps
    """
    check_accuracies(p0, p1)
    if (mean_between is None) == (chance is None) or (chance is None) != (horizon is None):
        raise ValueError(
            "State either mean_between, or chance with horizon: one of the two says how many false alarms."
        )
    kinds, unit = kinds_of(p0, p1, difficulties)
    calm = moves_of(kinds, is_shifted=False)
    if chance is not None and horizon is not None:
        limit = limit_for_chance(calm, chance, horizon, unit=unit)
    else:
        assert mean_between is not None
        limit = limit_for_mean(calm, mean_between)
    return described(Design(p0=p0, p1=p1, kinds=kinds, unit=unit, limit=limit), horizon)


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What fixes a chart: the rest of a plan follows from it."""

    p0: float
    p1: float
    kinds: tuple[Kind, ...]
    unit: float
    limit: int


def described(design: Design, horizon: int | None) -> Plan:
    """A chart with all that can be said of it."""
    calm, shifted = moves_of(design.kinds, is_shifted=False), moves_of(design.kinds, is_shifted=True)
    delays = lattice.run_lengths(shifted, design.limit)
    return Plan(
        p0=design.p0,
        p1=design.p1,
        kinds=design.kinds,
        unit=design.unit,
        limit=design.limit,
        mean_between=float(lattice.run_lengths(calm, design.limit)[0]),
        horizon=horizon,
        chance=None if horizon is None else false_alarm_chance(calm, design.limit, horizon),
        delay_worst=float(delays[0]),
        delay_usual=float(delays @ lattice.usual_state(calm, design.limit)),
        delay_90=_quantile(shifted, design.limit, 0.9),
    )


def sentinels_per_year(judgments_per_year: float, rate: float) -> float:
    """How many sentinels an expert answers in a year: what `mean_between` is when one false alarm a year is allowed."""
    check_share("rate", rate)
    if judgments_per_year <= 0:
        message = f"judgments_per_year is a number above 0; found {judgments_per_year}."
        raise ValueError(message)
    return judgments_per_year * rate


def start(plan: Plan) -> State:
    """A chart at score zero."""
    return State(plan=plan)


def take(state: State, correct: bool, difficulty: float | None = None) -> State:
    """The chart after one more answer.

    difficulty  of this sentinel, when the plan has a pool; it is rounded to whole percents as the pool's were
    raises      ValueError for a difficulty that is not in the plan's pool, or that is missing where there is one
    """
    kind = kind_of(state.plan, difficulty)
    score = state.score + (kind.if_right if correct else kind.if_wrong)
    taken = state.taken + 1
    if state.is_alarm:
        return replace(state, score=max(score, 0), taken=taken)
    # At exactly zero two beginnings are equally likely. The earlier one stays, so that more work is held back.
    calm_until = taken if score < 0 else state.calm_until
    after = replace(state, score=max(score, 0), taken=taken, calm_until=calm_until)
    if score < state.plan.limit:
        return after
    return replace(after, alarm_at=taken, shift_from=calm_until)


def kind_of(plan: Plan, difficulty: float | None) -> Kind:
    """The kind that a sentinel belongs to; raises ValueError when the plan has none such."""
    wanted = None if difficulty is None else _rounded(difficulty)
    for kind in plan.kinds:
        if kind.difficulty == wanted:
            return kind
    known = ", ".join("none" if kind.difficulty is None else f"{kind.difficulty:.2f}" for kind in plan.kinds)
    message = (
        f"The plan knows sentinels of these difficulties: {known}; found {difficulty}."
        " Its error rates hold for those only: make a plan for the pool that is in use."
    )
    raise ValueError(message)


def change_point(
    plan: Plan, answers: Sequence[bool], difficulties: Sequence[float | None] = (), *, confidence: float = 0.95
) -> ChangePoint:
    """Where a shift from p0 to p1 began, given that there was one, and how early it may have been.

    answers       in their order, right or not; at least one
    difficulties  one for each answer, when the plan has a pool
    """
    if not answers:
        raise ValueError("A beginning needs at least one answer; found none.")
    check_share("confidence", confidence)
    given = difficulties or [None] * len(answers)
    ratios = np.array([_ratio(kind_of(plan, level), right) for right, level in zip(answers, given, strict=True)])
    tails = np.cumsum(ratios[::-1])[::-1]  # log likelihood that the shift began here
    best = int(np.flatnonzero(tails >= tails.max() - 1e-12)[0])
    weights = np.exp(tails - tails.max())
    before = np.concatenate(([0.0], np.cumsum(weights / weights.sum())))  # posterior of an earlier beginning
    earliest = int(np.flatnonzero(before <= 1 - confidence)[-1])
    return ChangePoint(
        shift_from=best,
        earliest=min(earliest, best),
        confidence=confidence,
        n_after=len(answers) - best,
        right_after=sum(bool(right) for right in answers[best:]),
    )


def moves_of(kinds: Iterable[Kind], *, is_shifted: bool) -> Moves:
    """How the score moves at p0, or at p1, when sentinels are drawn from the pool."""
    sizes: dict[int, float] = {}
    for kind in kinds:
        accuracy = kind.p1 if is_shifted else kind.p0
        sizes[kind.if_right] = sizes.get(kind.if_right, 0.0) + kind.share * accuracy
        sizes[kind.if_wrong] = sizes.get(kind.if_wrong, 0.0) + kind.share * (1 - accuracy)
    return Moves(tuple(sizes), tuple(sizes.values()))


def moves_at(plan: Plan, accuracy: float) -> Moves:
    """How the score moves when the mean accuracy over the pool is any other: for delays at other shifts than p1."""
    check_share("accuracy", accuracy)
    if plan.kinds[0].difficulty is None:
        kinds = [replace(plan.kinds[0], p0=accuracy)]
    else:
        levels = np.array([kind.difficulty for kind in plan.kinds], dtype=np.float64)
        shares = np.array([kind.share for kind in plan.kinds])
        chances = _shifted(levels, shares, accuracy)
        kinds = [replace(kind, p0=float(at)) for kind, at in zip(plan.kinds, chances, strict=True)]
    return moves_of(kinds, is_shifted=False)


def mean_run(plan: Plan, accuracy: float) -> float:
    """Mean run to the alarm at any accuracy, from score zero."""
    return float(lattice.run_lengths(moves_at(plan, accuracy), plan.limit)[0])


def alarm_chance(plan: Plan, accuracy: float, horizon: int) -> float:
    """Chance of an alarm within so many sentinels at any accuracy, from score zero."""
    return false_alarm_chance(moves_at(plan, accuracy), plan.limit, horizon)


def false_alarm_chance(moves: Moves, limit: int, horizon: int) -> float:
    """Chance that the limit is reached within so many steps from zero."""
    if horizon < 1:
        message = f"A horizon is 1 or more; found {horizon}."
        raise ValueError(message)
    return float(lattice.alarm_chances(moves, lattice.at_zero(limit), horizon)[-1])


def limit_for_mean(moves: Moves, mean_between: float) -> int:
    """The lowest limit whose mean run to an alarm is no shorter than this."""
    states = LIMIT_FIRST
    while True:
        states = min(states, LIMIT_MAX)
        long_enough = np.flatnonzero(lattice.mean_runs(moves, states) >= mean_between)
        if len(long_enough):
            return int(long_enough[0]) + 1
        if states == LIMIT_MAX:
            raise ValueError(TOO_CLOSE)
        states *= 2


def limit_for_chance(moves: Moves, chance: float, horizon: int, *, unit: float) -> int:
    """The lowest limit that is reached within so many steps with no more than this chance."""
    check_share("chance", chance)

    def excess(limit: int) -> float:
        return math.log(max(false_alarm_chance(moves, limit, horizon), 1e-300) / chance)

    # False alarms come nearly evenly, so the mean run that belongs to the chance is close: begin there.
    near = limit_for_mean(moves, max(1.0, -horizon / math.log1p(-chance)))
    return limit_by(excess, near=near, unit=unit)


def limit_by(excess: Callable[[int], float], *, near: int, unit: float) -> int:
    """The lowest limit at which false alarms are no more than stated.

    excess  log of how many times too many there are at a limit; it falls by about `unit` with every unit of the limit,
            so the next try is where it would be zero, and the one after it the neighbour that settles it
    """
    low, high, at = 0, LIMIT_MAX + 1, min(near, LIMIT_MAX)
    for tries in range(2 * LIMIT_MAX):
        too_many = excess(at)
        low, high = (at, high) if too_many > 0 else (low, at)
        if high - low == 1:
            break
        step = math.ceil(too_many / unit) if too_many > 0 else math.floor(too_many / unit)
        guess = at + (step or -1)
        at = (low + high) // 2 if tries > 8 else min(max(guess, low + 1), high - 1)
        at = min(at, LIMIT_MAX)
    if high > LIMIT_MAX:
        raise ValueError(TOO_CLOSE)
    return high


def check_accuracies(p0: float, p1: float) -> None:
    """Raises ValueError unless 0 < p1 < p0 < 1."""
    if not 0 < p1 < p0 < 1:
        message = f"Expected 0 < p1 (not acceptable) < p0 (acceptable) < 1; found p0 {p0} and p1 {p1}."
        raise ValueError(message)


def _rounded(difficulty: float) -> float:
    check_share("A difficulty", difficulty)
    return min(max(round(difficulty, DIGITS), DIFFICULTY_MIN), DIFFICULTY_MAX)


def kinds_of(p0: float, p1: float, difficulties: Sequence[float]) -> tuple[tuple[Kind, ...], float]:
    """The kinds of sentinels in a pool with the steps of their scores, and the unit of those steps."""
    levels, counts = np.unique([_rounded(level) for level in difficulties], return_counts=True)
    shares = counts / counts.sum() if len(counts) else np.ones(1)
    calm = _shifted(levels, shares, p0) if len(counts) else np.array([p0])
    shifted = _shifted(levels, shares, p1) if len(counts) else np.array([p1])
    right, wrong = np.log(calm / shifted), np.log((1 - shifted) / (1 - calm))
    unit = _unit(right, wrong, shares)
    kinds = tuple(
        Kind(
            difficulty=float(levels[at]) if len(counts) else None,
            share=float(shares[at]),
            p0=float(calm[at]),
            p1=float(shifted[at]),
            if_right=-max(1, round(float(right[at]) / unit)),
            if_wrong=max(1, round(float(wrong[at]) / unit)),
        )
        for at in range(len(shares))
    )
    return kinds, unit


def _shifted(levels: lattice.Floats, shares: lattice.Floats, mean: float) -> lattice.Floats:
    """The accuracies whose odds are those of the levels times one number, and whose mean is as wanted."""
    odds = np.log(levels / (1 - levels))
    low, high = -60.0, 60.0
    for _ in range(100):
        middle = (low + high) / 2
        is_above = float(shares @ (1 / (1 + np.exp(-(odds + middle))))) > mean
        low, high = (low, middle) if is_above else (middle, high)
    return np.asarray(1 / (1 + np.exp(-(odds + (low + high) / 2))))


def _unit(right: lattice.Floats, wrong: lattice.Floats, shares: lattice.Floats) -> float:
    """The unit in which the steps are most nearly whole: a whole part of the mean step of a right answer."""
    step = float(shares @ right)
    low, high = max(1, math.ceil(step / UNIT_MAX)), max(1, math.floor(step / UNIT_MIN))

    def miss(parts: int) -> float:
        unit = step / parts
        return float(
            sum(shares @ np.abs(np.maximum(np.rint(size / unit), 1) - size / unit) * unit for size in (right, wrong))
        )

    return step / min(range(low, max(low, high) + 1), key=miss)


def _ratio(kind: Kind, right: bool) -> float:
    return math.log(kind.p1 / kind.p0) if right else math.log((1 - kind.p1) / (1 - kind.p0))


def _quantile(moves: Moves, limit: int, share: float) -> int:
    shares = lattice.at_zero(limit)
    for answer in range(1, DELAY_MAX):
        shares = lattice.advanced(shares, moves)
        if 1 - shares.sum() >= share:
            return answer
    message = f"The shift is not found within {DELAY_MAX} answers: choose p0 and p1 further apart."
    raise ArithmeticError(message)
