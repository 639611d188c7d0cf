"""Sentinels: what error rates would mean, the policy, every chart, deciding on a fall, and the auditor's check."""

from typing import Annotated, Self

from fastapi import Query
from pydantic import Field

from tallystick.api.parts import (
    Body,
    InPath,
    Key,
    Line,
    Moment,
    OptionalKey,
    Paragraphs,
    Reason,
    Receipt,
    Seq,
    Shown,
)
from tallystick.app import sentinel
from tallystick.app.sentinel import Overview, ScheduleCheck
from tallystick.edge import Site, Visit
from tallystick.flow.refusal import Refused
from tallystick.flow.sentinel import MILLI, Offer, Wish

TAG = "sentinels"
Share = Annotated[int, Field(ge=1, le=999_999, description="Parts per million.")]
Judgments = Annotated[int, Field(ge=1, le=200_000)]


def mount(site: Site, prefix: str) -> None:
    """Register sentinels."""
    root = f"{prefix}/programmes/{{programme}}/sentinels"
    site.api("GET", root, overview, permission="monitor.read", answers=SentinelsShown, tag=TAG)
    site.api("GET", f"{root}/offer", offer, permission="monitor.read", answers=OfferShown, refusals=(422,), tag=TAG)
    site.api(
        "POST", root, set_policy, permission="monitor.write", answers=PolicySet, status=201, refusals=(409, 422),
        tag=TAG,
    )  # fmt: skip
    site.api("POST", f"{root}/end", end, permission="monitor.write", answers=PolicyEnded, refusals=(409, 422), tag=TAG)
    site.api("GET", f"{root}/schedule", schedule, permission="sentinel.audit", answers=Schedule, tag=TAG)
    site.api(
        "GET", f"{root}/charts/{{expert}}/{{rubric_id}}", chart, permission="monitor.read", answers=ChartPageShown,
        tag=TAG,
    )  # fmt: skip
    site.api(
        "POST", f"{root}/falls/{{place}}/decision", decide, permission="monitor.write", answers=FallDecided,
        refusals=(409, 422), tag=TAG,
    )  # fmt: skip


class Rates(Shown):
    """The error rates that were asked for. Shares are parts per million, horizons count judgments of one expert."""

    acceptable_ppm: int = Field(description="Mean accuracy that is acceptable.")
    unacceptable_ppm: int = Field(description="Mean accuracy that is not.")
    found_within: int = Field(description="Judgments after a fall to the second ...")
    found_asked_ppm: int = Field(description="... and the chance that the alarm has come by then, at least.")
    false_horizon: int = Field(description="Judgments of somebody who stays at the first ...")
    false_asked_ppm: int = Field(description="... and the chance of an alarm among them, at most.")


class OfferShown(Rates):
    """What those rates mean: how many sentinels they need, and what the chart then does, exactly."""

    rate_ppm: int = Field(description="Of all leases: the lowest that keeps what was asked for.")
    found_ppm: int
    false_ppm: int
    judgments_between: int = Field(description="Judgments to a false alarm of one expert, in the mean.")
    delay_worst: float = Field(description="Sentinels to the alarm after a fall, in the mean, from score zero.")
    delay_usual: float = Field(description="The same after a long calm.")
    delay_90: int = Field(description="Sentinels within which nine of ten falls are found.")

    @classmethod
    def of_offer(cls, found: Offer) -> Self:
        """An offer as an answer."""
        wish, rate = found.wish, found.rate
        return cls(
            acceptable_ppm=wish.acceptable_ppm, unacceptable_ppm=wish.unacceptable_ppm,
            found_within=wish.found_within, found_asked_ppm=wish.found_ppm, false_horizon=wish.false_horizon,
            false_asked_ppm=wish.false_ppm, rate_ppm=found.rate_ppm, found_ppm=round(rate.found_chance * 1_000_000),
            false_ppm=round(rate.false_chance * 1_000_000), judgments_between=round(rate.mean_between),
            delay_worst=rate.plan.delay_worst, delay_usual=rate.plan.delay_usual, delay_90=rate.plan.delay_90,
        )  # fmt: skip


class PolicyShown(Rates):
    """One version of a policy."""

    version: int
    state: str = Field(description="in-force or ended")
    rate_ppm: int
    limit: int = Field(description="Of the score: there the chart gives alarm.")
    found_ppm: int
    false_ppm: int
    judgments_between: int
    delay_worst_milli: int = Field(description=f"In {MILLI}ths of a sentinel.")
    delay_usual_milli: int
    delay_90: int
    by: str
    at: Moment
    seq: Seq
    ended_at: Moment | None


class ChartShown(Shown):
    """Where one chart stands. Rows have no order of merit."""

    expert: str
    rubric: str
    rubric_version: str
    domain: str
    policy: int
    state: str = Field(description="running, crossed: its limit, not announced yet, or paused: the work is stopped")
    score: int
    taken: int = Field(description="Answers to sentinels since the chart began.")
    right: int


class FallShown(Shown):
    """A fall that was found."""

    seq: Seq
    expert: str
    rubric: str
    rubric_version: str
    policy: int
    answers: int
    right: int
    shift_from: int = Field(description="Place from 0 of the first answer after the fall: the best single guess.")
    earliest: int = Field(description="It began before this one with a chance of 5 % or less.")
    held_after: Seq = Field(description="Judgments behind this place of the journal were held.")
    held: int
    state: str = Field(description="open or decided")
    at: Moment
    found: str | None
    decided_by: str | None
    decided_at: Moment | None


class PoolShown(Shown):
    """The gold items of a domain."""

    domain: str
    gold: int
    gone: int = Field(description="Of those: erased.")


class LeftShown(Shown):
    """How many gold items somebody has not had."""

    domain: str
    rubric: str
    expert: str
    left: int
    total: int
    judgments: int | None = Field(description="How many judgments that lasts for; null without a policy.")
    is_low: bool


class SentinelsShown(Shown):
    """Everything about the sentinels of a programme."""

    policy: PolicyShown | None = Field(description="The version in force.")
    versions: list[PolicyShown]
    charts: list[ChartShown]
    falls: list[FallShown]
    pools: list[PoolShown]
    left: list[LeftShown]
    warnings: list[str] = Field(description="What somebody has to do something about.")
    answers: int
    right: int

    @classmethod
    def told(cls, found: Overview) -> Self:
        """The overview as an answer."""
        return cls(
            policy=None if found.policy is None else PolicyShown.of(found.policy),
            versions=[PolicyShown.of(one) for one in found.versions],
            charts=[ChartShown.of(one.row) for one in found.charts], falls=[FallShown.of(one) for one in found.falls],
            pools=[PoolShown.of(one) for one in found.pools], left=[LeftShown.of(one) for one in found.left],
            warnings=list(found.warnings), answers=found.answers, right=found.right,
        )  # fmt: skip


def overview(visit: Visit, programme: InPath) -> SentinelsShown | Refused:
    """See the policy, every chart, every fall that was found, and what is left of the gold."""
    found = sentinel.overview(visit.cell, visit.actor, programme)
    return found if isinstance(found, Refused) else SentinelsShown.told(found)


_USUAL = Wish()


class WishBody(Body):
    """The error rates that are asked for."""

    acceptable_ppm: Share = _USUAL.acceptable_ppm
    unacceptable_ppm: Share = _USUAL.unacceptable_ppm
    found_within: Judgments = _USUAL.found_within
    found_ppm: Share = _USUAL.found_ppm
    false_horizon: Judgments = _USUAL.false_horizon
    false_ppm: Share = _USUAL.false_ppm

    @property
    def wish(self) -> Wish:
        """As the core takes it."""
        return Wish(**self.model_dump())


def offer(visit: Visit, programme: InPath, asked: Annotated[WishBody, Query()]) -> OfferShown | Refused:
    """Say what error rates would mean, before they are set: how many sentinels, false alarms, delays. Writes nothing.

    422 `not-even-with-all` when all work as sentinels would not do.
    """
    found = sentinel.offer(visit.cell, visit.actor, programme, asked.wish)
    return found if isinstance(found, Refused) else OfferShown.of_offer(found)


class PolicySet(Shown):
    """A policy is in force."""

    version: int
    rate_ppm: int
    receipt: Receipt


def set_policy(visit: Visit, programme: InPath, body: WishBody, key: Key) -> PolicySet | Refused:
    """Mix sentinels into a programme from here on, at the lowest rate that keeps the error rates.

    Every version has a secret of its own: set the same rates again to change it.
    """
    done = sentinel.set_policy(visit.cell, visit.actor, programme, body.wish, key=key)
    if isinstance(done, Refused):
        return done
    return PolicySet(version=done.fact.version, rate_ppm=done.fact.rate_ppm, receipt=Receipt.of(done.receipt))


class EndBody(Body):
    """Why no more sentinels are wanted."""

    words: Paragraphs = Field(description="At least 20 characters. Kept encrypted, beside the log.")


class PolicyEnded(Shown):
    """A policy has ended."""

    version: int
    receipt: Receipt


def end(visit: Visit, programme: InPath, body: EndBody, key: Key) -> PolicyEnded | Refused:
    """Mix in no more sentinels. Whoever is stopped stays so until somebody decides."""
    done = sentinel.end_policy(visit.cell, visit.actor, programme, words=body.words, key=key)
    return done if isinstance(done, Refused) else PolicyEnded(version=done.version, receipt=Receipt.of(done.receipt))


class AnswerShown(Shown):
    """One answer to a sentinel."""

    item: str
    judgment: str
    is_correct: bool
    score: int = Field(description="Of the chart after it.")
    at: Moment
    seq: Seq


class PaceShown(Shown):
    """How long somebody takes, against their own first judgments: a notice, not a verdict."""

    usual_ms: int
    now_ms: int
    judgments: int
    direction: str | None = Field(description="faster or slower; null while nothing has changed")
    since: int | None


class ChartPageShown(Shown):
    """One chart with every answer behind it."""

    chart: ChartShown
    limit: int
    answers: list[AnswerShown]
    pace: PaceShown | None
    fall: FallShown | None


def chart(visit: Visit, programme: InPath, expert: InPath, rubric_id: InPath) -> ChartPageShown | Refused:
    """See one chart, answer by answer."""
    found = sentinel.chart_page(visit.cell, visit.actor, programme, expert=expert, rubric=rubric_id)
    if isinstance(found, Refused):
        return found
    return ChartPageShown(
        chart=ChartShown.of(found.row), limit=found.policy.limit,
        answers=[
            AnswerShown(
                item=one.item, judgment=one.judgment, is_correct=bool(one.is_correct), score=score, at=one.at,
                seq=one.seq,
            )
            for one, score in zip(found.answers, found.scores, strict=True)
        ],
        pace=None if found.pace is None else PaceShown.of(found.pace),
        fall=None if found.fall is None else FallShown.of(found.fall),
    )  # fmt: skip


class DecisionBody(Body):
    """What a fall came from."""

    found: Line = Field(description="rubric, gold, expert, chance or unclear", examples=["rubric"])
    words: Paragraphs = Field(description="What was looked at and what was found, at least 20 characters.")


class FallDecided(Shown):
    """The expert works on under this rubric; what is held stays held until it is reviewed."""

    detected: Seq
    receipt: Receipt


def decide(visit: Visit, programme: InPath, place: InPath, body: DecisionBody, key: Key) -> FallDecided | Refused:
    """Say what a fall came from, and let the expert work on. Their chart begins anew."""
    seq = int(place) if place.isdigit() and len(place) < 16 else -1
    done = sentinel.decide(visit.cell, visit.actor, programme, seq, found=body.found, words=body.words, key=key)
    return done if isinstance(done, Refused) else FallDecided(detected=done.detected, receipt=Receipt.of(done.receipt))


class CheckShown(Shown):
    """One policy version held against every lease that was given under it."""

    version: int
    rate_ppm: int
    leases: int
    due: int = Field(description="Places of sentinels by the secret.")
    served: int
    used_up: int = Field(description="Due ones that were work because the expert had had every gold item.")
    departures: list[str] = Field(description="Assignments that are not what the schedule says, without such a reason.")
    secret: str = Field(description="In hexadecimal: docs/drift.md says how to compute every place again.")

    @classmethod
    def told(cls, one: ScheduleCheck) -> Self:
        """A check as an answer."""
        found = one.found
        return cls(
            version=one.policy.version, rate_ppm=one.policy.rate_ppm, leases=found.leases, due=found.due,
            served=found.served, used_up=found.used_up, departures=list(found.departures), secret=one.secret,
        )  # fmt: skip


class Schedule(Shown):
    """Every policy version against what was done."""

    checks: list[CheckShown]


def schedule(visit: Visit, programme: InPath, reason: Reason, key: OptionalKey = None) -> Schedule | Refused:
    """Check that sentinels stood where the secret says, no more and no fewer. That secrets were opened is an event."""
    found = sentinel.check_schedule(visit.cell, visit.actor, programme, reason=reason, key=key)
    return found if isinstance(found, Refused) else Schedule(checks=[CheckShown.told(one) for one in found])
