"""Views of items: the list, one record with everything that happened to it, and the import."""

from dataclasses import dataclass

from tallystick.web.views.parts import (
    Choice,
    Fact,
    HistoryEntry,
    Link,
    Paging,
    Pill,
    Problem,
    UploadForm,
)
from tallystick.web.views.welfare import Shield


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """One item in the list."""

    id: str
    href: str
    batch: str
    domain: str
    difficulty: str
    judgments: int
    redundancy: int
    state: Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One select of the filter form; it is sent as a GET parameter of that name."""

    name: str
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemList:
    """The items of a programme. Template: items/list.html."""

    action: str
    filters: tuple[Filter, ...]
    items: tuple[ItemRow, ...]
    paging: Paging
    is_filtered: bool = False
    import_href: str | None = None  # None: this person may not


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A passage of content, shown with its line breaks. `language` and `direction` mark it up."""

    label: str
    body: str
    language: str = ""
    direction: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgmentLine:
    """One judgment of a finished record, blinded or not as the reader's role allows."""

    who: str
    verdict: str
    scores: str
    at: str
    marks: tuple[Pill, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unblind:
    """The form that lifts the blinding of a complete item. Posts `csrf`, `idempotency_key` and `reason`."""

    action: str
    idempotency_key: str
    reason: str = ""
    error: str = ""
    why: str = ""  # the reason for which the record is open; sent along, so that the page comes back


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDetail:
    """One record. Template: items/detail.html. What the reader may not see yet is not in the view."""

    id: str
    state: Pill
    facts: tuple[Fact, ...]
    texts: tuple[Text, ...]
    provenance: tuple[Fact, ...]  # empty while candidates are blinded for this reader
    judgments: tuple[JudgmentLine, ...]
    history: tuple[HistoryEntry, ...]
    withheld: str = ""  # a sentence: what is not shown, and until when
    case: Link | None = None
    erased: Link | None = None  # None: the content is there
    erase_href: str | None = None  # None: this person may not
    looks_href: str | None = None  # None: this person may not read the access history
    unblind: Unblind | None = None  # for a reader who may, once the item has all its judgments
    shield: Shield | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did: counts, and every row that was not taken."""

    file_name: str
    what: str  # items or judgments
    rows: int
    accepted: int
    refused: int
    problems: tuple[Problem, ...]  # the first of them
    problems_total: int
    report_href: str | None = None
    is_strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemImport:
    """Upload of items, or of judgments made elsewhere. Template: items/import.html.

    Posts `csrf`, `document`, `what`, `batch`, `purpose` and `strict` (`yes`).
    """

    form: UploadForm
    columns: tuple[Fact, ...]
    kinds: tuple[Choice, ...]  # items, judgments
    purposes: tuple[Choice, ...]  # work, gold, holdout
    batch: str = ""
    source: str = ""
    report: ImportReport | None = None  # None: nothing was sent yet
