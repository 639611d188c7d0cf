"""Views of programmes and their data contracts."""

from dataclasses import dataclass

from tallystick.plots import FillPlot, FunnelPlot, HistoryPlot, IntervalPlot, SharePlot
from tallystick.web.views.checklist import PhaseNow
from tallystick.web.views.parts import Estimate, Fact, Link, Pill, UploadForm


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeRow:
    """One programme in the list."""

    name: str
    title: str
    href: str
    state: Pill
    items: int
    complete: int
    agreement: Estimate
    threshold: float
    blockers: int | None  # None: this person may not see them, or there is no batch
    nexts: tuple[Link, ...] = ()  # what somebody of this role would do next


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeList:
    """All programmes. Template: contract/list.html."""

    programmes: tuple[ProgrammeRow, ...]
    new_href: str | None = None  # None: this person may not open one
    nexts: tuple[Link, ...] = ()  # what somebody of this role would do next, outside of any programme


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """One reason why nothing can be released now, and the way to remove it."""

    sentence: str
    todo: str
    link: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One batch with its gate. `href` is empty for those who may not open it."""

    name: str
    href: str
    domain: str
    items: int
    agreement: Estimate
    threshold: float
    status: Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class InflationRow:
    """One class of difficulty: its share in the sampling plan against its share in the work. 0 to 1."""

    label: str
    planned: float
    actual: float
    status: Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreements:
    """How many disagreements are open, settled, preserved. `href` is empty for those who may not see them."""

    open: int
    settled: int
    preserved: int
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeHome:
    """One programme at a glance. Template: contract/programme.html."""

    name: str
    behaviour: str
    state: Pill
    contract: Link
    items: int
    complete: int
    judgments: int
    blockers: tuple[Blocker, ...] | None  # None: this person may not see them
    fills: tuple[FillPlot, ...]  # one for each dimension of the sampling plan
    funnel: FunnelPlot
    verdicts: SharePlot | None  # None: they were not counted for this page
    batches: tuple[BatchRow, ...]
    criteria: IntervalPlot
    history: HistoryPlot | None  # None while there is only one measurement
    disagreements: Disagreements
    inflation: tuple[InflationRow, ...]
    rights: tuple[Fact, ...]
    actions: tuple[Link, ...] = ()
    coefficient: str = "Krippendorff's alpha"
    phase: PhaseNow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractSection:
    """One section of the contract: its paragraphs, its lines, its YAML."""

    id: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One immutable version of a contract or rubric."""

    label: str
    href: str
    at: str
    who: str
    changelog: str
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDetail:
    """The text of one contract version. Template: contract/detail.html."""

    programme: str
    version: str
    at: str
    who: str
    digest: str
    sections: tuple[ContractSection, ...]
    versions: tuple[Version, ...]
    source_href: str  # the YAML as it was sent
    new_version_href: str | None = None  # None: this person may not


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractNew:
    """Opens a programme, or gives it a new contract version. Template: contract/new.html.

    Posts `csrf`, `document` (file) and `text` (pasted YAML).
    """

    form: UploadForm
    programme: str = ""  # its title, where its next version begins with the text in force; empty: a new one
