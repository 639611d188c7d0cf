"""Views of rubrics: criteria with anchors, versions, and the difference of two versions."""

from dataclasses import dataclass
from typing import Literal

from tallystick.flow.document.form import Node
from tallystick.web.views.contract import Version
from tallystick.web.views.parts import Link, Pill, Problem, UploadForm


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricRow:
    """One rubric in the list."""

    title: str
    href: str
    domain: str
    threshold: float
    version: str
    criteria: int
    affected: int  # flags on earlier judgments, criterion by criterion


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricList:
    """The rubrics of a programme. Template: rubric/list.html."""

    rubrics: tuple[RubricRow, ...]
    new_href: str | None = None  # None: this person may not


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What one score means."""

    value: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A worked example: the situation, the score it deserves, and why."""

    situation: str
    score: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One observable dimension."""

    id: str
    name: str
    question: str
    anchors: tuple[Anchor, ...]
    examples: tuple[Example, ...] = ()
    exclusions: tuple[str, ...] = ()
    abstain_when: str = ""
    escalate_to: str = ""
    affected: int = 0  # judgments made under an earlier version of this criterion


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricDetail:
    """One rubric version. Template: rubric/detail.html."""

    title: str
    domain: str
    version: str
    status: Pill
    threshold: float
    threshold_note: str  # the domain's default, or who changed it and why
    rationale: str
    changelog: str
    digest: str
    criteria: tuple[Criterion, ...]
    priorities: tuple[str, ...]  # sentences, strongest rule first
    versions: tuple[Version, ...]
    affected: int
    affected_href: str | None = None
    lapsed: int = 0  # people who passed an earlier version and not this one; 0 for whoever is not told
    diff_href: str | None = None  # None: there is only one version
    new_version_href: str | None = None  # None: this person may not
    remarks: Link | None = None  # what adjudicators said of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of words of one version; changed ones are marked."""

    text: str
    is_changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffRow:
    """One place of two versions. `kind` says whether it changed, came or went."""

    place: str
    kind: Literal["same", "changed", "added", "removed"]
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]
    affected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricDiff:
    """Two versions side by side. Template: rubric/diff.html. GET with `from` and `to`."""

    title: str
    before: str
    after: str
    rationale: str
    rows: tuple[DiffRow, ...]
    version_labels: tuple[str, ...]
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricNew:
    """A new rubric or version. Template: rubric/new.html.

    Posts `csrf`, `document` (file) and `text` (pasted YAML).
    """

    form: UploadForm
    title: str = ""  # empty: a new rubric


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """A rubric or a constitution that is being written. Template: rubric/editor.html.

    Posts `csrf`, `idempotency_key`, `begun_from`, every field of the form by its path, and `do`: save, check, publish,
    discard, or add, remove and up with a place behind it. The text posts `do` text with `document` or `text`.
    """

    action: str
    idempotency_key: str
    text: str
    saved_at: str | None
    nodes: tuple[Node, ...]
    is_form: bool  # the text can be shown as a form
    begun_from: str = ""  # the version whose difference from the text its writer knows
    problems: tuple[Problem, ...] = ()
    is_checked: bool = False
    findings: tuple[tuple[bool, str], ...] = ()  # (serious, sentence)
    previous: str | None = None
    rows: tuple[DiffRow, ...] = ()  # what differs from the version in force
    affected: tuple[str, ...] = ()
    lapses: int = 0  # people whose qualification would lapse
