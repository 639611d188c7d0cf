"""Views of releases: the list, building one, and what a built one holds."""

from dataclasses import dataclass

from tallystick.plots import IntervalPlot
from tallystick.web.views.contract import BatchRow, Blocker
from tallystick.web.views.parts import Choice, Fact, HistoryEntry, Link, Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRow:
    """One release in the list."""

    name: str
    version: str
    href: str
    at: str
    records: int
    excluded: int
    status: Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseList:
    """The releases of a programme. Template: release/list.html."""

    releases: tuple[ReleaseRow, ...]
    blockers: tuple[Blocker, ...]
    new_href: str | None = None  # None: this person may not


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One reason against a release, with the records it concerns."""

    sentence: str
    todo: str
    names: tuple[str, ...]
    names_total: int
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseNew:
    """Builds a release. Template: release/new.html.

    Posts `csrf`, `idempotency_key`, `name`, `version`, `use`, `consensus` (empty for none), `batches` (ids, repeated),
    `rationale` (for affected judgments that nobody reviewed; may be empty).
    """

    action: str
    idempotency_key: str
    batches: tuple[tuple[Choice, BatchRow], ...]
    uses: tuple[Choice, ...]
    models: tuple[Choice, ...]
    name: str = ""
    version: str = ""
    rationale: str = ""
    refusals: tuple[Refusal, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()  # (input, sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One file of a release."""

    path: str
    what: str
    size_bytes: int
    sha256: str
    href: str | None  # None while it is not said where it goes


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A reason why records stayed out, and how many."""

    reason: str
    records: int
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Asks by GET where a release goes, when its contract names regions. Sends `destination`."""

    action: str
    regions: tuple[str, ...]
    typed: str = ""
    error: str = ""
    is_allowed: bool = False  # the links of the page lead to the files, for the region that was typed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDetail:
    """One release. Template: release/detail.html."""

    name: str
    version: str
    status: Pill
    counts: tuple[Fact, ...]
    files: tuple[FileRow, ...]
    exclusions: tuple[Exclusion, ...]
    agreement: IntervalPlot
    verify_command: str
    digest: str  # empty while it is being built
    log_facts: tuple[Fact, ...]
    limitations: tuple[str, ...]
    events: tuple[HistoryEntry, ...]
    downloads: tuple[Link, ...] = ()
    export_command: str = ""  # empty when there is nothing to export
    waits: str = ""  # what an unbuilt release waits for; empty for a built one
    erased: str = ""  # when and under which erasure the cell's own copy went
    lost: tuple[str, ...] = ()  # records, reasons and notes that are gone
    lost_total: int = 0
    leaving: Leaving | None = None  # None: it may go anywhere, or there is nothing to take
