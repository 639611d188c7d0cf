"""How many sentinels a stated sensitivity needs, and where they stand in an expert's work. Reads and writes nothing."""

import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tallystick.stats.distributions import check_share
from tallystick.stats.drift import answers, lattice
from tallystick.stats.drift.answers import Design, Plan
from tallystick.stats.drift.lattice import Floats, Moves

SECRET_BYTES_MIN = 16
STEPS = 1000  # a rate is given in thousandths
TAIL = 12  # standard deviations of a binomial beyond which nothing is left that a float could tell


@dataclass(frozen=True, slots=True, kw_only=True)
class SentinelRate:
    """What share of the work must be sentinels, and what the chart on them then does. Runs count judgments.

    rate           thousandths as a share; None when not even all work as sentinels would do, and `reason` says so
    plan           the chart for this rate (for rate 1 when there is none); its own runs count sentinels
    found_chance   exact chance that a fall to p1 is found within `found_within` judgments, from the slowest state
    false_chance   exact chance of a false alarm within `false_horizon` judgments at p0
    mean_between   mean judgments between two false alarms
    """

    rate: float | None
    reason: str | None
    plan: Plan
    found_within: int
    found_chance: float
    false_horizon: int
    false_chance: float
    mean_between: float


def sentinel_rate(
    p0: float,
    p1: float,
    *,
    found_within: int,
    found_chance: float = 0.9,
    false_horizon: int,
    false_chance: float = 0.05,
    difficulties: Sequence[float] = (),
) -> SentinelRate:
    """The lowest share of sentinels with which a fall from p0 to p1 is found in time, at stated error rates.

    Every judgment is a sentinel with this chance, as `is_sentinel` deals them, so how many there are among n judgments
    is binomial. Both chances are exact sums over it.
    found_within, found_chance    judgments after the fall, and the chance that the alarm has come by then, at least
    false_horizon, false_chance   judgments at p0, and the chance of an alarm among them, at most
    raises                        ValueError for shares out of order or horizons below 1
    """
    answers.check_accuracies(p0, p1)
    check_share("found_chance", found_chance)
    check_share("false_chance", false_chance)
    if found_within < 1 or false_horizon < 1:
        message = (
            f"Both horizons are 1 judgment or more; found found_within {found_within}, false_horizon {false_horizon}."
        )
        raise ValueError(message)
    question = _Question(p0, p1, difficulties, found_within=found_within, false=(false_horizon, false_chance))
    low, high = 0, STEPS
    if question.at(STEPS)[1] < found_chance:
        return question.answer(STEPS, f"Not even with all work as sentinels: {_impossible(found_within, found_chance)}")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if question.at(middle)[1] >= found_chance else (middle, high)
    return question.answer(high, None)


def is_sentinel(secret: bytes, *, expert: str, position: int, rate: float) -> bool:
    """Whether this place in this expert's work is a sentinel: HMAC-SHA256 of place and expert, below the rate.

    Without the secret the places cannot be told from chance; with it anybody can check afterwards that they were the
    ones that had to be.
    secret    at least 16 bytes, kept from experts, the same for all
    position  the how-manieth judgment of this expert, from 0
    raises    ValueError for a secret too short, a position below 0, a rate outside 0 to 1
    """
    if len(secret) < SECRET_BYTES_MIN:
        message = f"The secret of the schedule has at least {SECRET_BYTES_MIN} bytes; found {len(secret)}."
        raise ValueError(message)
    if position < 0 or not 0 <= rate <= 1:
        message = f"Expected a position from 0 and a rate from 0 to 1; found position {position} and rate {rate}."
        raise ValueError(message)
    text = b"tallystick/sentinel/v1|" + position.to_bytes(8, "big") + expert.encode()
    return int.from_bytes(hmac.digest(secret, text, "sha256")[:8], "big") < rate * 2**64


def departures(secret: bytes, *, expert: str, rate: float, served: Sequence[bool], first: int = 0) -> tuple[int, ...]:
    """The positions, from `first` on, at which what was served was not what the schedule said. Empty when all agree."""
    return tuple(
        position
        for position, was_sentinel in enumerate(served, first)
        if is_sentinel(secret, expert=expert, position=position, rate=rate) != was_sentinel
    )


class _Question:
    """The chart and its chances at every rate that is tried."""

    def __init__(
        self, p0: float, p1: float, difficulties: Sequence[float], *, found_within: int, false: tuple[int, float]
    ) -> None:
        self.p0, self.p1 = p0, p1
        self.kinds, self.unit = answers.kinds_of(p0, p1, difficulties)
        self.calm = answers.moves_of(self.kinds, is_shifted=False)
        self.shifted = answers.moves_of(self.kinds, is_shifted=True)
        self.found_within = found_within
        self.false_horizon, self.false_chance = false

    def at(self, thousandths: int) -> tuple[int, float]:
        """The limit that keeps the false alarms at this rate, and the chance to find the fall in time."""
        rate = thousandths / STEPS
        counts = sentinels_among(self.false_horizon, rate)
        mean_between = max(1.0, -self.false_horizon * rate / math.log1p(-self.false_chance))
        limit = answers.limit_by(
            lambda at: math.log(max(chance_among(self.calm, at, counts), 1e-300) / self.false_chance),
            near=answers.limit_for_mean(self.calm, mean_between),
            unit=self.unit,
        )
        return limit, chance_among(self.shifted, limit, sentinels_among(self.found_within, rate))

    def answer(self, thousandths: int, reason: str | None) -> SentinelRate:
        """All that is said of one rate."""
        rate = thousandths / STEPS
        limit, found = self.at(thousandths)
        design = Design(p0=self.p0, p1=self.p1, kinds=self.kinds, unit=self.unit, limit=limit)
        plan = answers.described(design, None)
        return SentinelRate(
            rate=None if reason else rate,
            reason=reason,
            plan=plan,
            found_within=self.found_within,
            found_chance=found,
            false_horizon=self.false_horizon,
            false_chance=chance_among(self.calm, limit, sentinels_among(self.false_horizon, rate)),
            mean_between=plan.mean_between / rate,
        )


def sentinels_among(judgments: int, rate: float) -> tuple[int, Floats]:
    """The least number of sentinels worth counting, and the binomial chances of that number and those above it."""
    if rate >= 1:
        return judgments, np.ones(1)
    spread = TAIL * math.sqrt(judgments * rate * (1 - rate)) + TAIL
    low, high = max(0, math.floor(judgments * rate - spread)), min(judgments, math.ceil(judgments * rate + spread))
    whole = math.lgamma(judgments + 1)
    logs = [
        whole
        - math.lgamma(n + 1)
        - math.lgamma(judgments - n + 1)
        + n * math.log(rate)
        + (judgments - n) * math.log1p(-rate)
        for n in range(low, high + 1)
    ]
    chances = np.exp(np.array(logs))
    return low, np.asarray(chances / chances.sum())


def chance_among(moves: Moves, limit: int, counts: tuple[int, Floats]) -> float:
    """The chance of an alarm from score zero when the number of sentinels is itself random."""
    lowest, chances = counts
    curve = lattice.alarm_chances(moves, lattice.at_zero(limit), lowest + len(chances) - 1)
    return float(chances @ curve[lowest:])


def _impossible(found_within: int, found_chance: float) -> str:
    return (
        f"a fall is not found within {found_within} judgments with a chance of {found_chance:g}."
        " Allow more judgments or more false alarms, or take accuracies further apart."
    )
