"""Sentinels: from error rates to a policy, where they stand, what their answers say, and what is held. Pure.

Chance comes from the policy's own secret. The tests and their error rates are those of stats/drift.
"""

import functools
import hashlib
import hmac
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tallystick.canon import PPM
from tallystick.flow.refusal import Refused
from tallystick.stats.drift import answers, levels, sentinels
from tallystick.stats.drift.answers import ChangePoint, Kind, Plan, State
from tallystick.stats.drift.sentinels import SentinelRate

NANO: Final = 1_000_000_000
MILLI: Final = 1_000
CONFIDENCE: Final = 0.95
"""Of the place from which judgments are held: the fall began before it with a posterior of 5 % or less."""
JUDGMENTS_MAX: Final = 200_000
GAP_MIN_PPM: Final = 50_000
"""Accuracies that lie closer are told apart by nobody's gold, and the sums over such a chart would take minutes."""
"""The longest horizon that can be asked for: above it the exact sums take minutes."""
CAUSES: Final = ("rubric", "gold", "expert", "chance", "unclear")
"""What a fall can turn out to come from, the rubric first."""
WORDS_CHARACTERS_MIN: Final = 20
GRACE_MAX: Final = 8
"""A stop is announced after 1 to 8 further leases, so that it does not point at the sentinel that set it off."""
GRACE_MICROSECONDS: Final = 24 * 3600 * 1_000_000
"""It is announced after a day at the latest: who goes away after a fall is no reason to measure their work."""
PLACE_BITS: Final = 60

PAUSED: Final = Refused(
    "work-paused",
    "Your work here is paused until the programme lead has decided how it goes on. Nothing that you gave is lost. A "
    "pause is no verdict on your work: it can come from the rubric or from the items just as well.",
)
DRIFT_WAITING: Final = Refused(
    "drift-waiting",
    "A fall on sentinels is about to be announced, and work behind it to be held: ask again in a moment.",
)
NO_POLICY: Final = Refused(
    "no-sentinel-policy", "No sentinels are mixed into this programme: set a policy with its error rates first."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The error rates that are asked for, in judgments. Shares are parts per million."""

    acceptable_ppm: int = 920_000
    unacceptable_ppm: int = 700_000
    found_within: int = 500
    found_ppm: int = 900_000
    false_horizon: int = 5_000
    false_ppm: int = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a wish costs, and what the chart would then do. Runs count judgments of one expert, rates are shares."""

    wish: Wish
    rate: SentinelRate

    @property
    def rate_ppm(self) -> int:
        """Of all leases; the rate of an offer is one that can be kept."""
        assert self.rate.rate is not None
        return round(self.rate.rate * PPM)

    def judgments_to_alarm(self, accuracy: float) -> float:
        """Judgments to the alarm in the mean when the accuracy is, and stays, this."""
        return answers.mean_run(self.rate.plan, accuracy) * PPM / self.rate_ppm


def check(wish: Wish) -> Refused | None:
    """Why no policy can be made of a wish, or None."""
    if not 0 < wish.unacceptable_ppm < wish.acceptable_ppm < PPM:
        sentence = "Expected 0 < accuracy that is not acceptable < accuracy that is < 1: correct the two."
        return Refused("accuracies-out-of-order", sentence, "unacceptable_ppm")
    if wish.acceptable_ppm - wish.unacceptable_ppm < GAP_MIN_PPM:
        sentence = "Expected accuracies at least 0.05 apart: closer ones no number of gold items tells apart."
        return Refused("accuracies-too-close", sentence, "unacceptable_ppm")
    for name, share in (("found_ppm", wish.found_ppm), ("false_ppm", wish.false_ppm)):
        if not 0 < share < PPM:
            return Refused("share-out-of-range", "Expected a chance above 0 and below 1.", name)
    for name, judgments in (("found_within", wish.found_within), ("false_horizon", wish.false_horizon)):
        if not 1 <= judgments <= JUDGMENTS_MAX:
            return Refused("judgments-out-of-range", f"Expected 1 to {JUDGMENTS_MAX:,} judgments.", name)
    return None


def offer(wish: Wish) -> Offer | Refused:
    """The lowest rate of sentinels that keeps all that a wish asks for, with everything that it means.

    It takes a second or more: never while the writers' lock is held.
    """
    refused = check(wish)
    if refused:
        return refused
    try:
        rate = _rate(wish)
    except (ValueError, ArithmeticError) as error:
        return Refused("no-such-chart", str(error), "unacceptable_ppm")
    if rate.rate is None:
        return Refused("not-even-with-all", rate.reason or "", "found_within")
    return Offer(wish=wish, rate=rate)


@functools.lru_cache(maxsize=64)
def _rate(wish: Wish) -> SentinelRate:
    """The sums are kept for a while: what is set was looked at a moment before."""
    return sentinels.sentinel_rate(
        wish.acceptable_ppm / PPM, wish.unacceptable_ppm / PPM, found_within=wish.found_within,
        found_chance=wish.found_ppm / PPM, false_horizon=wish.false_horizon, false_chance=wish.false_ppm / PPM,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The whole numbers that fix the chart of a policy."""

    acceptable_ppm: int
    unacceptable_ppm: int
    if_right: int
    if_wrong: int
    limit: int
    unit_nano: int
    judgments_between: int
    delay_worst_milli: int
    delay_usual_milli: int
    delay_90: int


def plan_of(design: Design) -> Plan:
    """The chart of a policy."""
    p0, p1 = design.acceptable_ppm / PPM, design.unacceptable_ppm / PPM
    kind = Kind(
        difficulty=None, share=1.0, p0=p0, p1=p1, if_right=design.if_right, if_wrong=design.if_wrong,
    )  # fmt: skip
    return Plan(
        p0=p0, p1=p1, kinds=(kind,), unit=design.unit_nano / NANO, limit=design.limit,
        mean_between=float(design.judgments_between), horizon=None, chance=None,
        delay_worst=design.delay_worst_milli / MILLI, delay_usual=design.delay_usual_milli / MILLI,
        delay_90=design.delay_90,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Where the chart of one expert and rubric stands."""

    score: int = 0
    taken: int = 0
    right: int = 0
    calm_until: int = 0
    is_crossed: bool = False


def take(design: Design, chart: Chart, *, is_correct: bool) -> Chart:
    """The chart after one more answer, by the very test whose error rates were stated."""
    at = chart.taken if chart.is_crossed else None
    state = State(plan=plan_of(design), score=chart.score, taken=chart.taken, calm_until=chart.calm_until, alarm_at=at)
    after = answers.take(state, is_correct)
    return replace(
        chart, score=after.score, taken=after.taken, right=chart.right + is_correct, calm_until=after.calm_until,
        is_crossed=after.is_alarm,
    )  # fmt: skip


def beginning(design: Design, given: Sequence[bool]) -> ChangePoint:
    """Where a fall began, over all answers of a chart that crossed its limit."""
    return answers.change_point(plan_of(design), list(given), confidence=CONFIDENCE)


def _line(programme: str, domain: str, expert: str) -> str:
    """The line of work in which places are counted: one expert in one domain."""
    return f"{programme}|{domain}|{expert}"


def is_due(secret: bytes, *, programme: str, domain: str, expert: str, position: int, rate_ppm: int) -> bool:
    """Whether this lease of an expert in a domain is one of a sentinel; `position` counts their leases there from 0."""
    line = _line(programme, domain, expert)
    return sentinels.is_sentinel(secret, expert=line, position=position, rate=rate_ppm / PPM)


def start_at(secret: bytes, *, programme: str, domain: str, expert: str, position: int) -> int:
    """From which place of the pool on a gold item is taken: as good as chance to who lacks the secret."""
    text = f"tallystick/sentinel/v1|item|{position}|{_line(programme, domain, expert)}"
    return int.from_bytes(hmac.digest(secret, text.encode(), "sha256")[:8], "big") >> (64 - PLACE_BITS)


def pool_place(item: str) -> int:
    """The place of a gold item in its pool: spread evenly, the same in every replay."""
    return int.from_bytes(hashlib.sha256(f"tallystick/pool/v1|{item}".encode()).digest()[:8], "big") >> (
        64 - PLACE_BITS
    )


def grace(secret: bytes, *, expert: str, crossed_seq: int) -> int:
    """A stop is announced when an expert has had more further leases than this."""
    text = f"tallystick/sentinel/v1|grace|{crossed_seq}|{expert}"
    return hmac.digest(secret, text.encode(), "sha256")[0] % GRACE_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """One lease as the schedule is checked against it.

    position  of all leases of this expert in this domain, from 0
    unseen    gold items that this expert could have been given then
    """

    assignment: str
    expert: str
    domain: str
    position: int
    is_sentinel: bool
    is_renewal: bool
    unseen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a schedule asked for and what was done, over the leases under one policy version.

    due        places of sentinels by the secret
    served     leases that were sentinels
    used_up    due ones that were work because the expert had seen every gold item
    departures  assignments that are not what the schedule says, without such a reason
    """

    leases: int
    due: int
    served: int
    used_up: int
    departures: tuple[str, ...]


def checked(secret: bytes, *, programme: str, rate_ppm: int, leases: Sequence[Lease]) -> Checked:
    """Hold the leases under one policy version against its schedule."""
    due = served = used_up = drawn = 0
    departures = []
    for lease in leases:
        if lease.is_renewal:
            continue
        drawn += 1
        wanted = is_due(
            secret, programme=programme, domain=lease.domain, expert=lease.expert, position=lease.position,
            rate_ppm=rate_ppm,
        )  # fmt: skip
        due, served = due + wanted, served + lease.is_sentinel
        if wanted and not lease.is_sentinel and lease.unseen == 0:
            used_up += 1
        elif wanted != lease.is_sentinel:
            departures.append(lease.assignment)
    return Checked(leases=drawn, due=due, served=served, used_up=used_up, departures=tuple(departures))


def check_decision(found: str, words: str) -> Refused | None:
    """Why a decision on a fall cannot be taken in this way, or None."""
    if found not in CAUSES:
        return Refused("unknown-cause", f"Say what it came from, as one of {', '.join(CAUSES)}.", "found")
    if len(words.strip()) < WORDS_CHARACTERS_MIN:
        sentence = f"Expected at least {WORDS_CHARACTERS_MIN} characters on what was looked at and what was found."
        return Refused("words-too-short", sentence, "words")
    return None


PACE_SHIFT: Final = 1.0
PACE_BETWEEN: Final = 2_000.0
"""One false notice in so many judgments of one expert, in the mean."""
MS_PER_SECOND: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long an expert takes, against their own first judgments. A notice, not a verdict.

    usual_ms   their median over the first judgments
    now_ms     their median since the change, or over the newest judgments when there is none
    direction  "faster" or "slower"; None while nothing has changed
    since      place from 0, of all times, from which it differs
    """

    usual_ms: int
    now_ms: int
    judgments: int
    direction: str | None
    since: int | None


def pace(times_ms: Sequence[int]) -> Pace | None:
    """Whether the time an expert takes has moved by about one of its own spreads; None before enough was measured.

    times_ms  active times in their order, in milliseconds; those of 0 were not measured and are left out
    """
    measured = [ms for ms in times_ms if ms > 0]
    if len(measured) <= levels.REFERENCE_MIN:
        return None
    logs = [math.log(ms / MS_PER_SECOND) for ms in measured]
    first = logs[: levels.REFERENCE_MIN]
    usual_ms = round(statistics.median(measured[: levels.REFERENCE_MIN]))
    try:
        usual = levels.reference(first)
    except ValueError:
        return None  # half of them alike: a clock that does not tell
    state = levels.start(_pace_chart())
    for value in logs[levels.REFERENCE_MIN :]:
        if not state.is_alarm:
            state = levels.take(state, (value - usual.level) / usual.spread)
    since = None if state.shift_from is None else levels.REFERENCE_MIN + state.shift_from
    latest = measured[since if since is not None else -levels.REFERENCE_MIN :]
    direction = {"up": "slower", "down": "faster", None: None}[state.direction]
    return Pace(
        usual_ms=usual_ms, now_ms=round(statistics.median(latest)), judgments=len(measured), direction=direction,
        since=since,
    )  # fmt: skip


@functools.cache
def _pace_chart() -> levels.Chart:
    return levels.plan_cusum(PACE_SHIFT, mean_between=PACE_BETWEEN)
