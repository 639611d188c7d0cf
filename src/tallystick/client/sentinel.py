"""Sentinels over the API: what it answers with, and its calls. Reads and writes over HTTP through `wire`."""

from tallystick.client.answers import Answer, Receipt
from tallystick.client.wire import Wire, programme_path, safe


class SentinelOffer(Answer, frozen=True):
    """What error rates mean: how many sentinels they need, and what the chart then does, exactly.

    Shares are parts per million; horizons and `judgments_between` count judgments, delays count sentinels.
    """

    acceptable_ppm: int
    unacceptable_ppm: int
    found_within: int
    found_asked_ppm: int
    false_horizon: int
    false_asked_ppm: int
    rate_ppm: int
    found_ppm: int
    false_ppm: int
    judgments_between: int
    delay_worst: float
    delay_usual: float
    delay_90: int


class SentinelPolicy(Answer, frozen=True):
    """One version of a policy."""

    version: int
    state: str
    rate_ppm: int
    limit: int
    acceptable_ppm: int
    unacceptable_ppm: int
    found_within: int
    found_ppm: int
    false_horizon: int
    false_ppm: int
    judgments_between: int
    at: int
    ended_at: int | None


class SentinelChart(Answer, frozen=True):
    """Where the chart of one expert and rubric stands."""

    expert: str
    rubric: str
    rubric_version: str
    domain: str
    policy: int
    state: str  # running, crossed or paused
    score: int
    taken: int
    right: int


class Fall(Answer, frozen=True):
    """A fall that was found; `seq` names it."""

    seq: int
    expert: str
    rubric: str
    answers: int
    right: int
    shift_from: int
    earliest: int
    held_after: int
    held: int
    state: str
    at: int
    found: str | None


class PoolLeft(Answer, frozen=True):
    """How many gold items of a domain somebody has not had."""

    domain: str
    rubric: str
    expert: str
    left: int
    total: int
    judgments: int | None
    is_low: bool


class Sentinels(Answer, frozen=True):
    """Everything about the sentinels of a programme."""

    policy: SentinelPolicy | None
    versions: list[SentinelPolicy]
    charts: list[SentinelChart]
    falls: list[Fall]
    left: list[PoolLeft]
    warnings: list[str]
    answers: int
    right: int


class SentinelsSet(Answer, frozen=True):
    """A policy is in force."""

    version: int
    rate_ppm: int
    receipt: Receipt


class SentinelsEnded(Answer, frozen=True):
    """A policy has ended."""

    version: int
    receipt: Receipt


class SentinelAnswer(Answer, frozen=True):
    """One answer to a sentinel, and the score of the chart after it."""

    item: str
    judgment: str
    is_correct: bool
    score: int
    at: int
    seq: int


class Pace(Answer, frozen=True):
    """How long somebody takes, against their own first judgments."""

    usual_ms: int
    now_ms: int
    judgments: int
    direction: str | None
    since: int | None


class SentinelChartPage(Answer, frozen=True):
    """One chart with every answer behind it."""

    chart: SentinelChart
    limit: int
    answers: list[SentinelAnswer]
    pace: Pace | None
    fall: Fall | None


class FallDecided(Answer, frozen=True):
    """An expert works on after a fall."""

    detected: int
    receipt: Receipt


class ScheduleCheck(Answer, frozen=True):
    """One policy version held against every lease that was given under it."""

    version: int
    rate_ppm: int
    leases: int
    due: int
    served: int
    used_up: int
    departures: list[str]
    secret: str


class Schedule(Answer, frozen=True):
    """Every policy version against what was done."""

    checks: list[ScheduleCheck]


class SentinelCalls:
    """The part of a client that mixes sentinels into the work and looks at what they show."""

    _wire: Wire

    def sentinels(self, programme: str) -> Sentinels:
        """The policy, every chart, every fall, and what is left of the gold."""
        return self._wire.get(Sentinels, _root(programme))

    def sentinel_offer(
        self, programme: str, *, acceptable_ppm: int | None = None, unacceptable_ppm: int | None = None,
        found_within: int | None = None, found_ppm: int | None = None, false_horizon: int | None = None,
        false_ppm: int | None = None,
    ) -> SentinelOffer:  # fmt: skip
        """What error rates would mean, before they are set. What is left out is the usual one."""
        query = {
            "acceptable_ppm": acceptable_ppm, "unacceptable_ppm": unacceptable_ppm, "found_within": found_within,
            "found_ppm": found_ppm, "false_horizon": false_horizon, "false_ppm": false_ppm,
        }  # fmt: skip
        return self._wire.get(SentinelOffer, f"{_root(programme)}/offer", query=query)

    def set_sentinels(
        self, programme: str, *, acceptable_ppm: int | None = None, unacceptable_ppm: int | None = None,
        found_within: int | None = None, found_ppm: int | None = None, false_horizon: int | None = None,
        false_ppm: int | None = None, key: str | None = None,
    ) -> SentinelsSet:  # fmt: skip
        """Mix sentinels into a programme from here on, at the lowest rate that keeps the error rates."""
        body = {
            "acceptable_ppm": acceptable_ppm, "unacceptable_ppm": unacceptable_ppm, "found_within": found_within,
            "found_ppm": found_ppm, "false_horizon": false_horizon, "false_ppm": false_ppm,
        }  # fmt: skip
        wanted = {name: value for name, value in body.items() if value is not None}
        return self._wire.post(SentinelsSet, _root(programme), key=key, body=wanted)

    def end_sentinels(self, programme: str, words: str, *, key: str | None = None) -> SentinelsEnded:
        """Mix in no more sentinels; `words` say why."""
        return self._wire.post(SentinelsEnded, f"{_root(programme)}/end", key=key, body={"words": words})

    def sentinel_chart(self, programme: str, expert: str, rubric: str) -> SentinelChartPage:
        """One chart, answer by answer."""
        return self._wire.get(SentinelChartPage, f"{_root(programme)}/charts/{safe(expert)}/{safe(rubric)}")

    def decide_fall(self, programme: str, place: int, *, found: str, words: str, key: str | None = None) -> FallDecided:
        """Say what a fall came from, and let the expert work on.

        found  rubric, gold, expert, chance or unclear
        """
        body = {"found": found, "words": words}
        return self._wire.post(FallDecided, f"{_root(programme)}/falls/{place}/decision", key=key, body=body)

    def check_sentinels(self, programme: str, *, reason: str) -> Schedule:
        """Whether sentinels stood where the secret says: for auditors and leads. That secrets open is recorded."""
        return self._wire.get(Schedule, f"{_root(programme)}/schedule", query={"reason": reason})


def _root(programme: str) -> str:
    return f"{programme_path(programme)}/sentinels"
