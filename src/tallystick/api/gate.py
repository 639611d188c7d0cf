"""Agreement: the batches of a programme, how each stands, and a recorded measurement."""

from typing import Self

from pydantic import Field

from tallystick.api.parts import InPath, Key, Moment, Receipt, Seq, Shown
from tallystick.app import gate
from tallystick.app.gate import BatchPage
from tallystick.edge import Site, Visit
from tallystick.flow.refusal import Refused


def mount(site: Site, prefix: str) -> None:
    """Register agreement."""
    one = f"{prefix}/batches/{{batch}}"
    site.api(
        "GET", f"{prefix}/programmes/{{programme}}/batches", batches, permission="gate.read", answers=Batches,
        tag="agreement",
    )  # fmt: skip
    site.api("GET", f"{one}/agreement", agreement, permission="gate.read", answers=AgreementShown, tag="agreement")
    site.api(
        "POST", f"{one}/measurements", measure, permission="gate.measure", answers=Measured, status=201,
        refusals=(409, 422), max_bytes=1_000, tag="agreement",
    )  # fmt: skip


class ValueShown(Shown):
    """One coefficient with its interval, in parts per million; null when it is undefined, and `status` says why."""

    what: str = Field(description="verdict, criterion:<id> or expected_disagreement")
    metric: str
    level: str
    status: str
    value_ppm: int | None
    low_ppm: int | None
    high_ppm: int | None
    items: int
    raters: int
    judgments: int


class MeasurementShown(Shown):
    """A batch measured against its domain's threshold."""

    batch: str
    domain: str
    rubric: str
    rubric_version: str
    contract_version: str
    rule: str = Field(description="estimate or lower_bound: what is held against the threshold")
    threshold_ppm: int
    decision: str = Field(description="pass, fail, or undecided: too little data; only a pass opens the gate")
    why: str
    verdict: ValueShown
    criteria: list[ValueShown]
    expected: ValueShown | None = Field(description="Items declared as expected to divide, measured apart.")
    inputs_digest: str
    incomplete: int = Field(description="Items that still lack judgments.")
    code_version: str


class BatchRow(Shown):
    """A batch."""

    batch: str
    name: str
    domain: str
    purpose: str
    items: int
    complete: int
    judgments: int
    imported_judgments: int


class Batches(Shown):
    """The batches of a programme, oldest first."""

    batches: list[BatchRow]


def batches(visit: Visit, programme: InPath) -> Batches | Refused:
    """List the batches of a programme."""
    found = gate.batches(visit.cell, visit.actor, programme)
    return found if isinstance(found, Refused) else Batches(batches=[BatchRow.of(row) for row in found])


class Measured(Shown):
    """A measurement that is in the journal."""

    measurement: MeasurementShown
    receipt: Receipt


def measure(visit: Visit, batch: InPath, key: Key) -> Measured | Refused:
    """Measure a batch now and record the gate's decision."""
    found = gate.measure(visit.cell, visit.actor, batch, key=key)
    if isinstance(found, Refused):
        return found
    return Measured(measurement=MeasurementShown.of(found.fact), receipt=Receipt.of(found.receipt))


class IntervalShown(Shown):
    """Two limits, how they were found, and how often such a pair covers the truth."""

    low: float
    high: float
    method: str
    confidence: float


class CategoryShown(Shown):
    """How often one answer was given."""

    category: str
    count: int
    share: float


class ParadoxShown(Shown):
    """Whether a lopsided question makes chance-corrected numbers look worse than the agreement is."""

    gwet_ac1: float
    krippendorff_alpha: float
    gap: float
    top_category: str
    top_share: float
    is_flagged: bool
    sentence: str


class CoefficientShown(Shown):
    """One coefficient with all that is needed to judge it."""

    metric: str
    level: str | None
    value: float | None = Field(description="Null when it is undefined: `reason` says why. Never 0 or 1 instead.")
    status: str
    reason: str | None
    interval: IntervalShown | None
    interval_reason: str | None
    n_items: int
    n_pairable: int
    n_raters: int
    n_judgments: int
    observed_agreement: float | None
    chance_agreement: float | None
    percent_agreement: float | None
    prevalence: list[CategoryShown]
    paradox: ParadoxShown | None
    notes: list[str]


class PairShown(Shown):
    """Cohen's kappa of two raters over the items that both judged."""

    rater_a: str
    rater_b: str
    value: float | None
    status: str
    reason: str | None
    interval: IntervalShown | None
    n_items: int
    percent_agreement: float | None


class FindingShown(Shown):
    """A part of the comparisons, and what agreement would gain if it were like the rest."""

    kind: str = Field(description="criterion, cluster, version, pair or expert: to be looked at in this order")
    name: str = Field(description="A criterion, axis=value, a rubric version, or pseudonyms of experts joined by |")
    items: int
    comparisons: int
    gain_ppm: int | None = Field(description="Null when the part is too small: `reason` says so.")
    low_ppm: int | None
    high_ppm: int | None
    share_ppm: int | None = Field(description="Of the shortfall. Parts overlap: shares need not sum to 1.")
    rest_ppm: int | None = Field(description="Of people: what is left where no criterion was read differently.")
    is_clear: bool = Field(description="Above 0 beyond what chance shows in so many parts.")
    reason: str | None


class DividedItemShown(Shown):
    """An item that costs agreement, and how much."""

    item: str
    gain_ppm: int


class DiagnosisShown(Shown):
    """Where the shortfall of a batch stands, the rubric first. Nothing in it is a judgment of a person."""

    value_ppm: int
    threshold_ppm: int
    best: FindingShown | None = Field(description="What would help most, when anything is clear.")
    findings: list[FindingShown]
    items: list[DividedItemShown]
    beside: list[str] = Field(description="Criteria whose comparisons were set aside for `rest_ppm`.")


class PastMeasurement(Shown):
    """An earlier measurement."""

    seq: Seq
    at: Moment
    by: str
    measurement: MeasurementShown


class AgreementShown(Shown):
    """How a batch stands now, beside what was decided before."""

    batch: BatchRow
    now: MeasurementShown | None = Field(description="Not recorded; null when nothing can be measured yet.")
    why_not: str | None = Field(description="Why nothing can be measured.")
    verdict: CoefficientShown | None = Field(description="With prevalence and paradox diagnostics.")
    diagnosis: DiagnosisShown | None = Field(description="Of a batch that falls short: what would help most.")
    pairs: list[PairShown]
    names: dict[str, str] = Field(description="Rater: name, for those who may read it; else the pseudonym.")
    history: list[PastMeasurement]

    @classmethod
    def told(cls, page: BatchPage) -> Self:
        """The agreement page of a batch."""
        is_refused = isinstance(page.now, Refused)
        return cls(
            batch=BatchRow.of(page.row), now=None if is_refused else MeasurementShown.of(page.now),
            why_not=page.now.sentence if isinstance(page.now, Refused) else None,
            verdict=CoefficientShown.of(page.verdict) if page.verdict else None,
            diagnosis=DiagnosisShown.of(page.diagnosis) if page.diagnosis else None,
            pairs=[PairShown.of(pair) for pair in page.pairs], names=page.names,
            history=[
                PastMeasurement(seq=row.seq, at=row.at, by=row.by, measurement=MeasurementShown.of(fact))
                for row, fact in page.history
            ],
        )  # fmt: skip


def agreement(visit: Visit, batch: InPath) -> AgreementShown | Refused:
    """See the agreement of a batch: coefficients with intervals, pairs of raters, earlier decisions."""
    found = gate.batch_page(visit.cell, visit.actor, batch)
    return found if isinstance(found, Refused) else AgreementShown.told(found)
