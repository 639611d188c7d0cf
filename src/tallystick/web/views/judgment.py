"""Views of the workspace: the page on which an expert judges, whatever the signal.

The form posts to `action`; the draft is PUT to `draft_href`, both url-encoded, with these fields:
  csrf, idempotency_key, active_ms
  intent                        `submit` or `draft` (the two buttons; a PUT carries neither)
  verdict                       the value of one VerdictChoice
  score-CRITERION-PIECE         a number on the criterion's scale; of a pair the pieces are a and b
  score-CRITERION-none          `yes`: the expert cannot say
  reason-N-criterion, reason-N-text, reason-N-quote, reason-N-citation      N is 1, 2, ...
  value-NAME                    a choice or a number of the signal's form
  mark-FIELD-PIECE-label, -severity, -note      of a piece as a whole
  mark-FIELD-PIECE-place, -below                of a ranking: the place, and `yes` below the line
  span-FIELD-N-on, -quote, -start, -label, -severity, -note      N is 1, 2, ...; start is filled in by a script
  span-FIELD-N-drop             `yes`: the mark is taken back
  text-NAME                     what the expert writes
  confirmed                     a criterion whose contradiction is meant; repeated
A PUT carries the header `X-CSRF-Token` and answers {"saved_at": ISO time} or {"sentence": why not}.
"""

from dataclasses import dataclass

from tallystick.web.views.items import Text
from tallystick.web.views.parts import Choice, Fact, Receipt
from tallystick.web.views.receipt import Signed
from tallystick.web.views.rubric import Criterion
from tallystick.web.views.welfare import Shield


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreChoice:
    """One score with the words shown when it is chosen: its anchor, or its neighbours' anchors."""

    value: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One piece that is scored on a criterion: `letter` is short, `name` the name of its field."""

    letter: str
    name: str
    chosen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreField:
    """The scores of all pieces on one criterion; None where nothing was chosen yet.

    choices  the whole scale from its low end to its high end, at most 11 points
    """

    id: str
    name: str
    choices: tuple[ScoreChoice, ...]
    pieces: tuple[Scored, ...]
    is_none: bool = False  # the expert cannot say
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelField:
    """The label of one piece. `name` opens the names of its fields and is its place on the page."""

    name: str
    legend: str
    labels: tuple[Choice, ...]
    severities: tuple[Choice, ...] = ()
    note_title: str = ""  # empty: no words are taken
    note: str = ""
    is_many: bool = False  # one of several labels that may stand on the piece: a tick for each
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceView:
    """One piece of the work, with its labels where pieces are labelled.

    kind         candidate | step | turn | call | text | code
    is_markable  spans of its text can be marked
    """

    id: str
    kind: str
    text: Text
    facts: tuple[Fact, ...] = ()
    labels: tuple[LabelField, ...] = ()
    is_markable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanRow:
    """One marked span. `name` opens the names of its fields."""

    name: str
    pieces: tuple[Choice, ...]
    labels: tuple[Choice, ...]
    severities: tuple[Choice, ...]
    quote: str = ""
    start: str = ""
    note: str = ""
    is_open: bool = False  # something stands in it
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanField:
    """The spans that were marked, and empty rows for more."""

    name: str
    title: str
    help: str
    note_title: str
    pieces: tuple[str, ...]  # in whose texts they can stand
    rows: tuple[SpanRow, ...]
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankRow:
    """One candidate of a ranking."""

    name: str
    title: str
    places: tuple[Choice, ...]
    is_below: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankField:
    """A ranking: a place for each candidate, ties allowed, and which are not acceptable."""

    title: str
    help: str
    below: str
    rows: tuple[RankRow, ...]
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceField:
    """One out of several."""

    name: str
    title: str
    help: str
    choices: tuple[Choice, ...]
    when: str = ""  # with which verdicts it is asked for; empty: always
    is_required: bool = True
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberField:
    """A whole number."""

    name: str
    title: str
    help: str
    low: int
    high: int
    value: str = ""
    when: str = ""
    is_required: bool = True
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingField:
    """A text that the expert writes."""

    name: str
    title: str
    help: str
    value: str = ""
    when: str = ""
    rows: int = 6
    is_required: bool = True
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFields:
    """What a signal asks beyond scores, reasons and verdict. What labels the pieces stands with them."""

    spans: tuple[SpanField, ...] = ()
    ranking: RankField | None = None
    choices: tuple[ChoiceField, ...] = ()
    numbers: tuple[NumberField, ...] = ()
    writings: tuple[WritingField, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictChoice:
    """One verdict. `key` is the digit that chooses it; `short` is shown where there is little room."""

    value: str
    label: str
    short: str
    key: str
    is_scale: bool = True  # A clearly to B clearly; the other three stand apart
    is_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonField:
    """One reason, tied to one criterion."""

    number: int
    criteria: tuple[Choice, ...]
    text: str = ""
    quote: str = ""
    citation: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """The verdict contradicts a priority rule, given the expert's own scores."""

    criterion: str  # its id
    name: str
    sentence: str
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeOffField:
    """Which principles conflicted, and which prevailed. Fields: `trade-off-principle`, `-prevailed` and `-note`."""

    principles: tuple[Choice, ...]
    prevailed: tuple[Choice, ...]
    note: str = ""
    error: str = ""
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One preference to judge. Template: judgment/work.html."""

    action: str
    draft_href: str
    idempotency_key: str
    active_ms: int
    programme: str
    rubric_title: str
    rubric_version: str
    rubric_href: str
    done: int
    total: int | None  # None: how many there will be is not known
    lease_until: str | None  # None: a gold item waits as long as it takes
    prompt: Text
    context: tuple[Text, ...]
    pieces: tuple[PieceView, ...]
    pieces_title: str
    criteria: tuple[Criterion, ...]
    priorities: tuple[str, ...]
    scores: tuple[ScoreField, ...]
    asked: FormFields
    verdict_title: str
    is_verdict_found: bool  # the signal finds the verdict from the marks; only the undecided ones are chosen
    verdicts: tuple[VerdictChoice, ...]
    reasons: tuple[ReasonField, ...]
    is_reason_required: bool = True
    verdict_error: str = ""
    contradictions: tuple[Contradiction, ...] = ()
    saved_at: str | None = None  # None: no draft yet
    is_qualification: bool = False
    release_action: str | None = None  # gives the item back; None: not offered
    shield: Shield | None = None
    is_citation_required: bool = False
    trade_off: TradeOffField | None = None  # None: the programme has no constitution


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkDone:
    """After a submission. Template: judgment/done.html."""

    receipt: Receipt
    summary: tuple[Fact, ...]
    next_href: str | None  # None: nothing waits
    home_href: str
    done: int
    total: int | None  # None: how many there will be is not known
    is_qualification: bool = False
    signed: Signed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoWork:
    """Nothing waits for this expert, or nothing that they want to see. Template: judgment/none.html."""

    programme: str
    reason: str
    todo: str
    home_href: str
    release_action: str | None = None  # gives the item back that they hold and leave out; None: they hold none
    is_left_out: bool = False  # of a kind that they leave out: their settings are the way on
    closed: tuple[str, ...] = ()  # what is closed to them for want of a credential
    file_href: str = ""  # where credentials of their own are declared and renewed
    anew_href: str = ""  # begins another qualification in the place of one that is put aside
    idempotency_key: str = ""
