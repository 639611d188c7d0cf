"""Monitoring over the API: what it answers with, and its calls. Reads and writes over HTTP through `wire`."""

from tallystick.client.answers import Answer, Receipt
from tallystick.client.slices import Interval
from tallystick.client.wire import PREFIX, Wire, programme_path, safe


class Rate(Answer, frozen=True):
    """A share of rows; None where there are fewer than twenty."""

    n: int
    share: float | None
    interval: Interval | None


class Kind(Answer, frozen=True):
    """What a share is of."""

    measure: str
    dimension: str
    family: str


class Share(Answer, frozen=True):
    """One share over all experts of a programme."""

    kind: Kind
    rate: Rate
    experts: int


class Time(Answer, frozen=True):
    """A median of active time in seconds; None where there are too few for an interval."""

    family: str
    n: int
    seconds: float | None
    interval: Interval | None


class Judge(Answer, frozen=True):
    """Somebody who judged."""

    person: str
    name: str
    judgments: int


class Monitoring(Answer, frozen=True):
    """What a programme's judgments show."""

    by: str
    axes: list[str]
    judgments: int
    items: int
    shares: list[Share]
    times: list[Time]
    judges: list[Judge]


class Figure(Answer, frozen=True):
    """One share of one expert, beside what all experts show."""

    kind: Kind
    rate: Rate
    pooled: float | None
    all_experts: float | None
    is_clear: bool


class Advice(Answer, frozen=True):
    """Something that stands out, and what would help."""

    sentence: str
    todo: str


class Expert(Answer, frozen=True):
    """One expert's figures. Nothing in it ranks anybody."""

    judge: Judge
    by: str
    axes: list[str]
    partners: int
    advice: list[Advice]
    figures: list[Figure]
    times: list[Time]
    defects: dict[str, int]
    overturn: Rate | None
    sentinels: Rate | None


class OwnShare(Answer, frozen=True):
    """One share of one's own judgments."""

    kind: Kind
    rate: Rate


class OwnFigures(Answer, frozen=True):
    """One's own figures."""

    judgments: int
    shares: list[OwnShare]
    defects: dict[str, int]
    times: list[Time]
    differing: Rate
    closed: int


class Confused(Answer, frozen=True):
    """Two answers: the share of all comparisons that are of them, observed and by chance."""

    first: str
    second: str
    observed: float | None
    expected: float | None
    ratio: float | None
    items: int
    interval: Interval | None


class OneAnswer(Answer, frozen=True):
    """Agreement on one answer by itself."""

    category: str
    count: int
    value: float | None
    kappa: float | None
    interval: Interval | None
    reason: str | None


class Confusion(Answer, frozen=True):
    """Which answers stand beside which in a batch."""

    what: str
    dimensions: list[str]
    pairable: int
    reason: str | None
    cells: list[Confused]
    answers: list[OneAnswer]
    expected: int
    left_out: int


class Effect(Answer, frozen=True):
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


class AuditGroup(Answer, frozen=True):
    """One group of a shortcut audit."""

    axis: str
    name: str
    source: str
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
    effects: list[Effect]
    left_out: int
    erased: int
    inputs_digest: str
    upto: int


class ShortcutAudit(Answer, frozen=True):
    """One shortcut audit."""

    audit: str
    seq: int
    at: int
    by: str
    groups: list[AuditGroup]


class ShortcutAudits(Answer, frozen=True):
    """The shortcut audits of a programme, newest first, with the names of experts for who may read them."""

    audits: list[ShortcutAudit]
    names: dict[str, str]


class Audited(Answer, frozen=True):
    """An audit that is in the journal."""

    audit: str
    groups: list[AuditGroup]
    receipt: Receipt


class Number(Answer, frozen=True):
    """A figure with its interval, how many rows it is of, and where it comes from."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str
    origin: str


class Cause(Answer, frozen=True):
    """A cause, what to do about it, and its figures."""

    sentence: str
    action: str
    is_clear: bool
    numbers: list[Number]


class ReportSection(Answer, frozen=True):
    """One question of the report."""

    id: str
    title: str
    answer: str
    missing: str
    causes: list[Cause]
    numbers: list[Number]


class QualityReport(Answer, frozen=True):
    """The report on quality. It names no person."""

    programme: str
    title: str
    upto: int
    judgments: int
    items: int
    is_complete: bool
    summary: list[str]
    sections: list[ReportSection]


class MonitoringCalls:
    """The part of a client that watches work."""

    _wire: Wire

    def monitoring(self, programme: str, *, by: str = "domain") -> Monitoring:
        """Abstention, disagreement, defects and time over all experts."""
        return self._wire.get(Monitoring, f"{programme_path(programme)}/monitoring", query={"by": by})

    def expert(self, programme: str, person: str, *, by: str = "domain") -> Expert:
        """One expert's figures beside those of all experts, and what would help them."""
        path = f"{programme_path(programme)}/experts/{safe(person)}"
        return self._wire.get(Expert, path, query={"by": by})

    def own_figures(self, programme: str) -> OwnFigures:
        """One's own figures: nothing of sentinels, of others, or of open items."""
        return self._wire.get(OwnFigures, f"{PREFIX}/me/figures/{safe(programme)}")

    def confusion(self, batch: str, *, of: str = "verdict") -> Confusion:
        """The answers of a batch held against each other: the verdict, or one criterion."""
        return self._wire.get(Confusion, f"{PREFIX}/batches/{safe(batch)}/confusion", query={"of": of})

    def shortcut_audits(self, programme: str) -> ShortcutAudits:
        """The shortcut audits of a programme, newest first."""
        return self._wire.get(ShortcutAudits, f"{programme_path(programme)}/shortcut-audits")

    def audit_shortcuts(self, programme: str, *, language: str = "", key: str | None = None) -> Audited:
        """Hold every preference against the form of the texts, which are opened for it. That is recorded."""
        path = f"{programme_path(programme)}/shortcut-audits"
        return self._wire.post(Audited, path, key=key, body={"language": language})

    def quality_report(self, programme: str) -> QualityReport:
        """Root causes, corrective actions, figures and where they come from."""
        path = f"{programme_path(programme)}/report"
        return self._wire.get(QualityReport, path)
