"""Views of causes of disagreements: the map of a batch, one item, the models; and one's own declared groups."""

from dataclasses import dataclass

from tallystick.plots import SharePlot
from tallystick.web.views.parts import Choice, Fact, Link, Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseCounts:
    """One row of counts by cause, beside the names of the columns."""

    name: str
    href: str | None
    total: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseTable:
    """Counts by cause along one axis."""

    axis: str
    columns: tuple[str, ...]
    rows: tuple[CauseCounts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """The batches of a programme with their disagreements by cause. Template: disagreement/list.html."""

    table: CauseTable
    models_href: str
    queue_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRow:
    """One disagreement on the map. `confidence` is a share from 0 to 1, None where there is none."""

    name: str
    href: str | None
    stands: Pill
    is_corrected: bool
    confidence: float | None
    judges: int
    state: Pill
    help: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTable:
    """How labels lie between groups of one axis, on one item. A cell without a number is hidden."""

    title: str
    labels: tuple[str, ...]
    rows: tuple[tuple[str, int, tuple[str, ...]], ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPage:
    """The disagreement map of a batch. Template: disagreement/map.html."""

    batch: str
    plot: SharePlot
    bands: CauseTable  # by confidence
    axes: tuple[CauseTable, ...]
    helps: tuple[Fact, ...]
    corrections: tuple[Fact, ...]
    rows: tuple[MapRow, ...]
    more: str
    distributions: tuple[GroupTable, ...]
    model: str
    action: str | None
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TermRow:
    """What one source says: words, and how many times likelier it makes each cause than the least likely one."""

    source: str
    sentence: str
    weights: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidRow:
    """What somebody said of a cause."""

    at: str
    who: str
    sentence: str
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CausePage:
    """Why the judges of one item disagree. Template: disagreement/cause.html."""

    item_id: str
    stands: Pill
    is_corrected: bool
    sentence: str
    warning: str
    plot: SharePlot | None
    causes: tuple[str, ...]
    terms: tuple[TermRow, ...]
    absent: tuple[str, ...]
    helps: tuple[str, ...]
    said: tuple[SaidRow, ...]
    notes_href: str | None
    distributions: tuple[GroupTable, ...]
    facts: tuple[Fact, ...]
    case_href: str
    action: str | None
    choices: tuple[Choice, ...]
    note: str
    errors: tuple[tuple[str, str], ...]
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """One model of causes. `action` puts it into force; None for the one that is."""

    name: str
    state: Pill
    facts: tuple[Fact, ...]
    why: str
    action: str | None
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsPage:
    """Models of causes and what people made of proposed ones. Template: disagreement/models.html."""

    corrections: tuple[Fact, ...]
    quality: tuple[Fact, ...]
    rows: tuple[ModelRow, ...]
    action: str | None
    idempotency_key: str
    back: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisField:
    """One axis that may be answered."""

    id: str
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsPage:
    """What somebody declared about themselves. Template: disagreement/groups.html."""

    axes: tuple[AxisField, ...]
    since: str | None
    idempotency_key: str
    withdrawal_key: str
