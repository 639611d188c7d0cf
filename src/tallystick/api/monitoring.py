"""Monitoring: figures of a programme, of an expert, one's own; confusion; shortcut audits; the report on quality."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Protocol, Self

from fastapi import Query
from pydantic import Field

from tallystick.api.parts import LINE, Body, InPath, Key, Moment, Receipt, Seq, Shown
from tallystick.app import monitoring
from tallystick.app.monitoring import AuditsPage, ConfusedPage, ExpertPage, Overview, OwnPage, ReportPage
from tallystick.edge import Site, Visit
from tallystick.flow.monitoring.advice import advice
from tallystick.flow.monitoring.confused import VERDICT
from tallystick.flow.refusal import Refused


def mount(site: Site, prefix: str) -> None:
    """Register monitoring."""
    one = f"{prefix}/programmes/{{programme}}"
    read = partial(site.api, permission="monitor.read", tag="monitoring")
    read("GET", f"{one}/monitoring", overview, answers=OverviewShown, refusals=(422,))
    read("GET", f"{one}/experts/{{person}}", expert, answers=ExpertShown, refusals=(422,))
    read("GET", f"{one}/report", report, answers=ReportShown)
    read("GET", f"{one}/shortcut-audits", audits, answers=AuditsShown)
    site.api(
        "POST", f"{one}/shortcut-audits", run, permission="monitor.write", answers=AuditedShown, status=201,
        refusals=(409, 422), max_bytes=1_000, tag="monitoring",
    )  # fmt: skip
    read("GET", f"{prefix}/batches/{{batch}}/confusion", confusion, answers=ConfusionShown, refusals=(422,))
    site.api("GET", f"{prefix}/me/figures/{{programme}}", own, permission="work.do", answers=OwnShown, tag="monitoring")


By = Annotated[str, Query(max_length=64, pattern=LINE, description="Axis of the items: domain, difficulty ...")]


class LimitsShown(Shown):
    """Two limits, and how often such a pair covers the truth."""

    low: float
    high: float
    confidence: float


class RateShown(Shown):
    """A share of rows; null where there are fewer than twenty."""

    n: int
    share: float | None
    interval: LimitsShown | None = Field(description="Null together with the share.")

    @classmethod
    def of(cls, thing: object) -> Self:
        """The share, and no interval where there are too few rows for a share."""
        found = super().of(thing)
        return found if found.share is not None else found.model_copy(update={"interval": None})


class KindShown(Shown):
    """What a share is of."""

    measure: str = Field(description="abstention, context (it was lacking), disagreement, defects (of reasons)")
    dimension: str = Field(description="verdict, or `rubric: criterion`")
    family: str = Field(description="A value of the axis, or all")


class ShareShown(Shown):
    """One share over all experts of a programme."""

    kind: KindShown
    rate: RateShown
    experts: int


class TimeShown(Shown):
    """A median of active time in seconds; null where there are too few for an interval."""

    family: str
    n: int
    seconds: float | None
    interval: LimitsShown | None

    @classmethod
    def told(cls, thing: "Timed") -> Self:
        """The median with its interval, or neither."""
        is_enough = thing.interval is not None
        return cls(
            family=thing.group[0], n=thing.n, seconds=thing.median if is_enough else None,
            interval=LimitsShown.of(thing.interval) if is_enough else None,
        )  # fmt: skip


class Timed(Protocol):
    """A median as statistics give it."""

    @property
    def group(self) -> Sequence[str]:
        """What it is of."""

    @property
    def n(self) -> int:
        """How many values."""

    @property
    def median(self) -> float | None:
        """None where there is no value."""

    @property
    def interval(self) -> object:
        """None where they are too few for one."""


class JudgeShown(Shown):
    """Somebody who judged. In order of name: nobody is ranked."""

    person: str
    name: str
    judgments: int


class OverviewShown(Shown):
    """What a programme's judgments show."""

    by: str
    axes: list[str]
    judgments: int
    items: int
    shares: list[ShareShown]
    times: list[TimeShown]
    judges: list[JudgeShown]

    @classmethod
    def told(cls, found: Overview) -> Self:
        """The overview as an answer."""
        return cls(
            by=found.by, axes=list(found.axes), judgments=found.counted.judgments, items=found.counted.items,
            shares=[
                ShareShown(kind=KindShown.of(one.kind), rate=RateShown.of(one), experts=one.experts)
                for one in found.shares
            ],
            times=[TimeShown.told(one) for one in found.times], judges=[JudgeShown.of(one) for one in found.judges],
        )  # fmt: skip


def overview(visit: Visit, programme: InPath, by: By = monitoring.DOMAIN) -> OverviewShown | Refused:
    """Show abstention, disagreement, defects and time over all experts."""
    found = monitoring.overview(visit.cell, visit.actor, programme, by=by)
    return found if isinstance(found, Refused) else OverviewShown.told(found)


class FigureShown(Shown):
    """One share of one expert, beside what all experts show."""

    kind: KindShown
    rate: RateShown
    pooled: float | None = Field(description="Drawn towards all experts by as much as there are few rows.")
    all_experts: float | None = Field(description="Null where fewer than three experts have rows.")
    is_clear: bool = Field(description="At least five points beyond all experts, and not by chance.")


class AdviceShown(Shown):
    """Something that stands out, and what would help."""

    sentence: str
    todo: str


class ExpertShown(Shown):
    """One expert's figures. Nothing in it ranks anybody, and nothing follows from it by itself."""

    judge: JudgeShown
    by: str
    axes: list[str]
    partners: int = Field(description="With how many others they share items.")
    advice: list[AdviceShown]
    figures: list[FigureShown]
    times: list[TimeShown]
    defects: dict[str, int]
    overturn: RateShown | None = Field(description="Of cases in which they judged; null where none was decided.")
    sentinels: RateShown | None = Field(description="Right answers; null where there were none.")

    @classmethod
    def told(cls, found: ExpertPage) -> Self:
        """The page as an answer."""
        return cls(
            judge=JudgeShown.of(found.judge), by=found.by, axes=list(found.axes), partners=found.partners,
            advice=[AdviceShown.of(one) for one in advice(found.figures)],
            figures=[
                FigureShown(
                    kind=KindShown.of(one.kind), rate=RateShown.of(one.rate), all_experts=one.all_experts,
                    pooled=one.rate.pooled if one.rate.share is not None else None, is_clear=one.is_clear,
                )
                for one in found.figures
            ],
            times=[TimeShown.told(one) for one in found.times], defects=found.defects,
            overturn=None if found.overturn is None else RateShown.of(found.overturn),
            sentinels=None if found.sentinels is None else RateShown.of(found.sentinels),
        )  # fmt: skip


def expert(visit: Visit, programme: InPath, person: InPath, by: By = monitoring.DOMAIN) -> ExpertShown | Refused:
    """Show one expert's figures beside those of all experts, and what would help them."""
    found = monitoring.expert(visit.cell, visit.actor, programme, person, by=by)
    return found if isinstance(found, Refused) else ExpertShown.told(found)


class OwnShareShown(Shown):
    """One share of one's own judgments."""

    kind: KindShown
    rate: RateShown


class OwnShown(Shown):
    """One's own figures: nothing of sentinels, of others, or of open items."""

    judgments: int
    shares: list[OwnShareShown]
    defects: dict[str, int]
    times: list[TimeShown]
    differing: RateShown = Field(description="Share of others who answered otherwise, on closed items.")
    closed: int = Field(description="Closed items that this is of; it moves in steps of twenty.")

    @classmethod
    def told(cls, page: OwnPage) -> Self:
        """The page as an answer."""
        found = page.own
        return cls(
            judgments=found.judgments,
            shares=[OwnShareShown(kind=KindShown.of(kind), rate=RateShown.of(rate)) for kind, rate in found.shares],
            defects=dict(found.defects), times=[TimeShown.told(one) for one in found.times],
            differing=RateShown.of(found.differing), closed=found.closed,
        )  # fmt: skip


def own(visit: Visit, programme: InPath) -> OwnShown | Refused:
    """Show one's own figures in a programme."""
    found = monitoring.own(visit.cell, visit.actor, programme)
    return found if isinstance(found, Refused) else OwnShown.told(found)


class ConfusedShown(Shown):
    """Two answers: the share of all comparisons that are of them, observed and by chance."""

    first: str
    second: str
    observed: float | None
    expected: float | None
    ratio: float | None
    items: int
    interval: LimitsShown | None


class AnswerShown(Shown):
    """Agreement on one answer by itself."""

    category: str
    count: int
    value: float | None
    kappa: float | None
    interval: LimitsShown | None
    reason: str | None


class ConfusionShown(Shown):
    """Which answers stand beside which in a batch."""

    what: str = Field(description="verdict, or a criterion")
    dimensions: list[str]
    pairable: int
    reason: str | None = Field(description="Why there are no shares; null where there are.")
    cells: list[ConfusedShown]
    answers: list[AnswerShown]
    expected: int = Field(description="Judgments on items that were declared as expected to divide: left out.")
    left_out: int = Field(description="Scores on another scale, of an earlier rubric version.")

    @classmethod
    def told(cls, page: ConfusedPage) -> Self:
        """The page as an answer."""
        found = page.between
        return cls(
            what=found.what, dimensions=list(found.dimensions), pairable=found.confusion.n_pairable,
            reason=found.confusion.reason, cells=[ConfusedShown.of(cell) for cell in found.confusion.cells],
            answers=[AnswerShown.of(one) for one in found.categories], expected=page.expected, left_out=found.left_out,
        )  # fmt: skip


Of = Annotated[str, Query(max_length=64, pattern=LINE, description="verdict, or a criterion of the rubric")]


def confusion(visit: Visit, batch: InPath, of: Of = VERDICT) -> ConfusionShown | Refused:
    """Hold the answers of a batch against each other."""
    found = monitoring.confused(visit.cell, visit.actor, batch, of=of)
    return found if isinstance(found, Refused) else ConfusionShown.told(found)


class EffectShown(Shown):
    """One feature of form, every other feature equal; chances in parts per million."""

    feature: str
    status: str
    unequal: int
    win_ppm: int | None
    win_low_ppm: int | None
    win_high_ppm: int | None
    adjusted_ppm: int | None
    is_called: bool
    plain_ppm: int | None
    plain_low_ppm: int | None
    plain_high_ppm: int | None


class GroupShown(Shown):
    """One group of an audit."""

    axis: str = Field(description="all, rubric_version or expert")
    name: str
    source: str = Field(description="here or elsewhere")
    language: str | None
    pairs: int
    tied: int
    missing: int
    prompts: int
    accuracy_ppm: int | None
    accuracy_low_ppm: int | None
    accuracy_high_ppm: int | None
    accuracy_status: str
    is_flagged: bool
    effects: list[EffectShown]
    left_out: int
    erased: int
    inputs_digest: str
    upto: Seq


class AuditShown(Shown):
    """One shortcut audit."""

    audit: str
    seq: Seq
    at: Moment
    by: str
    groups: list[GroupShown]


class AuditsShown(Shown):
    """The shortcut audits of a programme, newest first."""

    audits: list[AuditShown]
    names: dict[str, str]

    @classmethod
    def told(cls, found: AuditsPage) -> Self:
        """The page as an answer."""
        shown = [
            AuditShown(
                audit=one.audit, seq=one.seq, at=one.at, by=one.by, groups=[GroupShown.of(fact) for fact in one.facts]
            )
            for one in found.audits
        ]
        return cls(audits=shown, names=found.names)


def audits(visit: Visit, programme: InPath) -> AuditsShown | Refused:
    """Show the shortcut audits of a programme."""
    found = monitoring.audits(visit.cell, visit.actor, programme)
    return found if isinstance(found, Refused) else AuditsShown.told(found)


class AuditWish(Body):
    """Which items to take."""

    language: str = Field("", max_length=35, pattern=LINE, description="Such as en; empty takes all.")


class AuditedShown(Shown):
    """An audit that is in the journal."""

    audit: str
    groups: list[GroupShown]
    receipt: Receipt


def run(visit: Visit, programme: InPath, wish: AuditWish, key: Key) -> AuditedShown | Refused:
    """Hold every preference against the form of the texts. It opens the texts, and that is recorded."""
    done = monitoring.run(visit.cell, visit.actor, programme, language=wish.language.strip(), key=key)
    if isinstance(done, Refused):
        return done
    groups = [GroupShown.of(fact) for fact in done.facts]
    return AuditedShown(audit=done.audit, groups=groups, receipt=Receipt.of(done.receipt))


class NumberShown(Shown):
    """A figure with its interval, how many rows it is of, and where it comes from."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str = Field(description="coefficient, share, gain or count")
    origin: str


class CauseShown(Shown):
    """A cause, what to do about it, and its figures."""

    sentence: str
    action: str
    is_clear: bool
    numbers: list[NumberShown]


class SectionShown(Shown):
    """One question of the report."""

    id: str
    title: str
    answer: str
    missing: str = Field(description="Why there is no answer yet; empty where there is one.")
    causes: list[CauseShown]
    numbers: list[NumberShown]


class ReportShown(Shown):
    """The report on quality. It names no person."""

    programme: str
    title: str
    upto: int = Field(description="Place in the journal up to which it speaks.")
    judgments: int
    items: int
    is_complete: bool
    summary: list[str]
    sections: list[SectionShown]

    @classmethod
    def told(cls, page: ReportPage) -> Self:
        """The report as an answer."""
        return cls.of(page.report)


def report(visit: Visit, programme: InPath) -> ReportShown | Refused:
    """Explain a programme's quality: root causes, corrective actions, figures and where they come from."""
    found = monitoring.quality(visit.cell, visit.actor, programme)
    return found if isinstance(found, Refused) else ReportShown.told(found)
