"""Views of calibration sessions: opening one, how it stands, one item's labels, the rubric's words, a revision."""

from dataclasses import dataclass

from tallystick.web.views.adjudication import BlindReason, CriterionScores
from tallystick.web.views.items import Text
from tallystick.web.views.judgment import PieceView
from tallystick.web.views.parts import Choice, Estimate, Fact, Link, Pill, Problem
from tallystick.web.views.rubric import DiffRow
from tallystick.web.views.welfare import Shield


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionNew:
    """Opens a session. Template: calibration/new.html.

    Posts `csrf`, `idempotency_key`, `items` and `participants` (repeated), `more` (other item ids, one a line).
    """

    action: str
    idempotency_key: str
    divided: tuple[Choice, ...]
    agreed: tuple[Choice, ...]
    people: tuple[Choice, ...]
    more: str = ""
    errors: tuple[tuple[str, str], ...] = ()  # (input, sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a participant is."""

    name: str
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow:
    """One item with the verdict of each participant, in the order of their numbers; empty where there is none."""

    name: str
    href: str
    verdicts: tuple[str, ...]
    status: Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDetail:
    """How a session stands. Template: calibration/detail.html.

    The forms post `csrf`, `idempotency_key` and `reason`.
    """

    state: Pill
    facts: tuple[Fact, ...]
    sentence: str  # what is going on, and what comes next
    mine: Progress | None = None  # None: this reader does not take part
    label_href: str | None = None  # None: nothing is left to label
    progress: tuple[Progress, ...] = ()
    reveal_action: str | None = None  # None: revealed already, or this person may not
    reveal_needs_reason: bool = False
    reveal_reason: str = ""
    end_action: str | None = None
    end_label: str = ""
    end_needs_reason: bool = False
    idempotency_key: str = ""
    agreement: Estimate | None = None  # None before the reveal
    agreement_note: str = ""
    numbers: tuple[str, ...] = ()
    rows: tuple[LabelRow, ...] = ()
    rubric_href: str | None = None  # the rubric's words with all marks; None before the reveal
    rubric_label: str = ""
    revision_href: str | None = None
    errors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SideLabel:
    """What one participant said of an item."""

    label: str
    verdict: str
    scores: tuple[CriterionScores, ...]
    heads: tuple[str, ...]
    reasons: tuple[BlindReason, ...]
    marks: tuple[Pill, ...] = ()
    details: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLabels:
    """One item with its labels side by side. Template: calibration/item.html.

    The form posts `csrf`, `idempotency_key`, `candidate`, `criterion`, `score`, `title`, `situation`, `why`.
    """

    prompt: Text
    context: tuple[Text, ...]
    pieces: tuple[PieceView, ...]
    pieces_title: str
    labels: tuple[SideLabel, ...]
    back: Link
    following: Link | None = None  # the next item of the session; None: this is the last
    action: str | None = None  # proposes a worked example; None: this reader does not, or not now
    idempotency_key: str = ""
    candidates: tuple[Choice, ...] = ()
    criteria: tuple[Choice, ...] = ()
    score: str = ""
    scores: str = ""  # which scores there are
    title: str = ""
    situation: str = ""
    why: str = ""
    errors: tuple[tuple[str, str], ...] = ()
    shield: Shield | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a rubric's text, and the numbers of the marks on it."""

    text: str
    marks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A mark with what was said, and how it was answered. The form posts `answer` and `words`."""

    number: int
    who: str
    kind: str
    quote: str
    note: str
    place: str = ""  # where it stands, when it is listed away from its text
    answer: Pill | None = None  # None: not answered yet
    words: str = ""
    action: str | None = None  # answers it; None: this reader does not
    idempotency_key: str = ""
    typed_words: str = ""
    typed_answer: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One text of the rubric with its marks. `choose_href` offers its sentences in the form."""

    place: str
    label: str
    pieces: tuple[Piece, ...]
    marks: tuple[Mark, ...] = ()
    choose_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A criterion, or what belongs to none, with its texts."""

    id: str
    name: str
    passages: tuple[Passage, ...]
    marks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A worked example that was proposed, and how it would stand in the rubric's YAML."""

    number: int
    who: str
    criterion: str
    score: int
    title: str
    situation: str
    why: str
    item: Link
    yaml: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkForm:
    """Marks words. Posts `csrf`, `idempotency_key`, `range` (place|start|end), `kind` and `note`."""

    action: str
    idempotency_key: str
    ranges: tuple[Choice, ...]  # the sentences of the chosen text; empty until one is chosen
    chosen: str  # what the chosen text is
    kinds: tuple[Choice, ...]
    note: str = ""
    errors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionWords:
    """The words of the rubric with all marks on them. Template: calibration/rubric.html."""

    parts: tuple[Part, ...]
    examples: tuple[Example, ...]
    back: Link
    unanswered: int
    form: MarkForm | None = None  # None: this reader does not mark, or not now
    revision_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkGroup:
    """The marks and examples of one criterion, beside the editor."""

    name: str
    marks: tuple[Mark, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """Edits the rubric in force beside what was said of it. Template: calibration/revision.html.

    Posts `csrf`, `idempotency_key`, `text`, `seen` (digest of the text whose difference was shown), and `intent`:
    `check` or `publish`.
    """

    action: str
    idempotency_key: str
    text: str
    in_force: str
    groups: tuple[MarkGroup, ...]
    back: Link
    seen: str = ""  # empty: the difference of this text was not shown yet
    problems: tuple[Problem, ...] = ()
    rows: tuple[DiffRow, ...] = ()  # what changes, once it was checked
    same: int = 0  # parts that stay as they are
    before: str = ""
    after: str = ""
    affected: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
