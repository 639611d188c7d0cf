"""What every signal says of itself: its items, its form, its answers, what is measured, what is exported.

Reads and writes nothing. A signal is a module of this package with a subclass of `Signal`; nothing outside the package
knows one signal from another but by what is declared here. Pages, API, gate and release are made of these declarations.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, Strict, StringConstraints

LETTERS: Final = "abcdefghijklmnopqrst"
"""Names of an item's candidates, in its own order or in that of one expert."""
CANDIDATES_MAX: Final = len(LETTERS)
TEXT_CHARACTERS_MAX: Final = 20_000
WRITING_CHARACTERS_MAX: Final = 100_000
MARKS_MAX: Final = 500
ACTIVE_MS_MAX: Final = 24 * 3_600_000
UNDECIDED: Final = ("insufficient_context", "abstain")
"""Verdicts of every signal that decide nothing: they are counted, and left out of agreement."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=TEXT_CHARACTERS_MAX)]
Exact = Annotated[str, StringConstraints(max_length=TEXT_CHARACTERS_MAX)]
"""Words of an item, with the space around them."""
Written = Annotated[str, StringConstraints(max_length=WRITING_CHARACTERS_MAX)]
CriterionId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
PieceId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$")]
PieceText = Annotated[str, StringConstraints(max_length=10 * TEXT_CHARACTERS_MAX)]
"""A text that is shown and marked: as it is, since spans count its characters."""
Value = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]


# --- what an expert sends --------------------------------------------------------------------------------------


class Reason(BaseModel):
    """Why, tied to one criterion; with a quote from the work or a citation where the rubric asks for one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    criterion: CriterionId
    text: Text
    quote: Text | None = None
    citation: Text | None = None


class Mark(BaseModel):
    """One labelled piece of an item: a span, a step, a turn, a call, or a candidate with its place in a ranking.

    field      which part of the form it answers
    on         the piece, by its id
    start, end of a span: Unicode code points of the piece's text from 0, the end excluded
    quote      the words of the span as the expert saw them: they must be the text between start and end
    place      of a ranking: 1 is best, the same place twice is a tie
    text       a note or a correction
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: Name
    on: PieceId
    label: Value
    start: Annotated[int, Strict(), Field(ge=0)] | None = None
    end: Annotated[int, Strict(), Field(ge=0)] | None = None
    quote: Exact | None = None
    severity: Value | None = None
    place: Annotated[int, Strict(), Field(ge=1, le=CANDIDATES_MAX)] | None = None
    text: Text | None = None


class Answer(BaseModel):
    """What an expert sends, of every signal. Candidates are named a, b, ... as they were shown to this expert.

    verdict    one of the form's; empty where the form has none of its own and the signal finds it from the marks
    scores     criterion: points of every scored piece; null where the expert abstains from the criterion
    values     choices and numbers of the form
    marks      labelled pieces, in any order
    texts      what the expert wrote: a response, a revision
    confirmed  criteria whose contradiction with the verdict was pointed out and kept on purpose
    active_ms  time on the page, pauses over 60 s left out
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    verdict: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    scores: Annotated[
        dict[CriterionId, dict[PieceId, Annotated[int, Strict(), Field(ge=0, le=100)]] | None], Field(max_length=50)
    ] = {}
    reasons: Annotated[list[Reason], Field(max_length=20)] = []
    values: Annotated[dict[Name, Value], Field(max_length=50)] = {}
    marks: Annotated[list[Mark], Field(max_length=MARKS_MAX)] = []
    texts: Annotated[dict[Name, Written], Field(max_length=20)] = {}
    confirmed: Annotated[list[CriterionId], Field(max_length=50)] = []
    active_ms: Annotated[int, Strict(), Field(ge=0, le=ACTIVE_MS_MAX)] = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an answer or an item: which field, and a sentence for whoever can mend it.

    is_missing  nothing wrong was said, but something was left out
    """

    field: str
    sentence: str
    is_missing: bool = False


# --- what an expert is shown -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is shown of an item. Candidates stand in the order in which they are shown: the first is a.

    material  the signal's own part of the item, as its model has checked it
    """

    prompt: str
    context: str | None = None
    candidates: tuple[str, ...] = ()
    material: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of an item that is read on its own, and may be scored or marked.

    id      of the signal: `a` for the first candidate shown, `step:3`, `turn:2`, `call:1`, `evidence:1`
    kind    how it is laid out: candidate | step | turn | call | text | code
    title   short: "Answer A", "Step 3", "Assistant"
    text    the plain text; spans count its code points
    facts   name and text of what belongs to it and is no text to mark: a call's tool, its arguments
    """

    id: str
    kind: str
    title: str
    text: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a closed list, with the words for it. The title speaks to experts."""

    value: str
    title: str
    help: str = ""


Codes = Mapping[str, tuple[Code, ...]]
"""Name of a list: its values, as the rubric gives them. A signal has its own where the rubric is silent."""


# --- the form --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One out of several. `when`: the verdicts with which it is asked for; empty is always."""

    name: str
    title: str
    options: tuple[Code, ...]
    is_required: bool = True
    when: frozenset[str] = frozenset()
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A whole number from low to high, both included."""

    name: str
    title: str
    low: int
    high: int
    is_required: bool = True
    when: frozenset[str] = frozenset()
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A text of the expert. `starts_with`: the piece whose text stands in the field at first, as for a revision."""

    name: str
    title: str
    is_required: bool = True
    when: frozenset[str] = frozenset()
    characters_min: int = 1
    rows: int = 6
    starts_with: str | None = None
    help: str = ""


Note = Literal["none", "may", "must"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """Labels on pieces: on each as a whole, or on spans of their texts.

    pieces     ids of the pieces that can be labelled
    is_span    whether a mark names a span of the text; several spans then stand on one piece
    is_every   whether each piece needs its label, unless the verdict is undecided
    is_many    whether several different labels may stand on one piece; spans always may
    note       whether a mark carries words; `note_labels` are the labels for which it must, whatever `note` says
    """

    name: str
    title: str
    pieces: tuple[str, ...]
    labels: tuple[Code, ...]
    severities: tuple[Code, ...] = ()
    is_span: bool = False
    is_every: bool = False
    is_many: bool = False
    note: Note = "may"
    note_labels: frozenset[str] = frozenset()
    note_title: str = "Note"
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """All pieces in an order, ties allowed. Each mark carries a place and says on which side of the line it stands."""

    name: str
    title: str
    pieces: tuple[str, ...]
    acceptable: Code
    unacceptable: Code
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What an expert fills in. The page, the keys and the checks are made of this.

    verdicts   empty where the signal finds the verdict from the marks; the undecided two are then still offered
    elsewhere  verdicts that are never offered, and that a judgment made elsewhere may have all the same
    scored     ids of the pieces that every criterion of the rubric scores; empty scores nothing
    """

    verdict_title: str
    verdicts: tuple[Code, ...]
    elsewhere: tuple[Code, ...] = ()
    scored: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    numbers: tuple[Number, ...] = ()
    labellings: tuple[Labelling, ...] = ()
    ranking: Ranking | None = None
    writings: tuple[Writing, ...] = ()
    is_reason_required: bool = True


@dataclass(frozen=True, slots=True)
class CriterionScale:
    """What a signal must know of a criterion of the rubric."""

    low: int
    high: int
    is_citation_required: bool = False
    title: str = ""  # what people read; the id where a rubric made elsewhere has none


# --- what is measured and exported -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A mark without its words: what the journal says of it. Candidates are named in the item's own order."""

    field: str
    on: str
    label: str
    start: int | None = None
    end: int | None = None
    severity: str | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a judgment says without its words, in terms of the item's own candidates."""

    verdict: str
    scores: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    marks: tuple[Labelled, ...] = ()


Rated = Sequence[tuple[str, str]]
"""(unit within the item, rating) pairs. The unit is empty where the item itself is rated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One thing on which agreement is measured.

    unit      what is rated, in words: item, step, pair of candidates
    values    the ratings in their order; None where they differ from item to item
    read      a judgment's ratings; none where it decides nothing
    """

    name: str
    title: str
    unit: str
    level: Literal["nominal", "ordinal"]
    values: tuple[str, ...] | None
    read: Callable[[Facts], Rated]
    metric: str = "krippendorff_alpha"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A judgment with its words, as an export sees it."""

    facts: Facts
    marks: tuple[Mark, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()


Row = Mapping[str, JsonValue]


def direction(verdict: str) -> str | None:
    """Which way a verdict points, however clearly it does: `a` of `a_slightly`; None where it decides nothing."""
    return None if verdict in UNDECIDED else verdict.removesuffix("_clearly").removesuffix("_slightly")


class Signal(ABC):
    """One kind of supervision.

    about       one sentence: what an expert says of an item
    question    the heading of the page, where the title is not enough
    candidates  how many candidates an item has: at least, at most
    material    the model of the item's own part; None where prompt, context and candidates say it all
    codes       the closed lists that a rubric may replace, with the values that hold where it does not
    exports     name of a trainer's format: what its rows are for
    is_restricted  whether its items belong into a domain that only those see who were let in; a contract that asks
                   for it without one has a serious finding
    is_weighing    whether its items are made of what weighs on people, so that a programme of it needs welfare controls
    is_policy      whether what it asks is judged against a policy: the work of policy reviewers, where they have it
    is_pair        whether its verdicts say which of two candidates is better, in the words of `preference`: shortcuts
                   are then looked for, and an ordinal gate leaves both_unacceptable out
    is_scored      whether anything is ever scored by the rubric's criteria; else no criterion counts for the gate
    """

    name: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str]
    question: ClassVar[str] = ""
    candidates: ClassVar[tuple[int, int]]
    material: ClassVar[type[BaseModel] | None] = None
    codes: Codes = MappingProxyType({})
    exports: ClassVar[Mapping[str, str]] = {}
    is_restricted: ClassVar[bool] = False
    is_weighing: ClassVar[bool] = False
    is_policy: ClassVar[bool] = False
    is_pair: ClassVar[bool] = False
    is_scored: ClassVar[bool] = True

    def under(self, codes: Codes) -> Self:
        """The same signal with the lists that a rubric gives for its own: measures and verdicts follow them."""
        made = copy(self)
        made.codes = {**self.codes, **codes}
        return made

    def has_list(self, name: str) -> bool:
        """Whether a rubric may give a list of this name."""
        return name in self.codes

    @property
    @abstractmethod
    def measures(self) -> tuple[Measure, ...]:
        """What agreement is measured on. The first is the headline, which the gate holds to its threshold."""

    def headline(self, level: str) -> Measure:
        """What the gate holds, where a contract asks for a level: the first measure, unless a signal has several."""
        return self.measures[0]

    @abstractmethod
    def form(self, content: Content, codes: Codes) -> Form:
        """What an expert fills in for an item."""

    def verdicts(self, content: Content, codes: Codes) -> tuple[Code, ...]:
        """Every verdict that settles an item of which its judges differ, in the item's own letters."""
        return self.form(content, codes).verdicts

    def settles(self, verdict: str, content: Content) -> bool:
        """Whether a verdict that `verdicts` does not list settles an item all the same, in the item's own letters."""
        return False

    def kept(self, material: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """An item's own part as it is kept, of one as it was read. Decimals in it are `Spelled` still."""
        return material

    def item_faults(self, content: Content) -> list[Fault]:
        """What keeps checked content from being an item of this signal, beyond its model and number of candidates."""
        return []

    def pieces(self, content: Content) -> tuple[Piece, ...]:
        """What is shown below prompt and context, in the order of reading."""
        is_one = len(content.candidates) == 1
        return tuple(
            Piece(id=LETTERS[n], kind="candidate", title="Answer" if is_one else LETTERS[n].upper(), text=text)
            for n, text in enumerate(content.candidates)
        )

    def own_faults(self, answer: Answer, content: Content) -> list[Fault]:
        """What is wrong across fields, after every field was checked against the form."""
        return []

    def verdict_of(self, answer: Answer, content: Content) -> str:
        """The verdict of a checked answer. A signal whose form has none finds it from the marks."""
        return answer.verdict

    def writes(self, verdict: str) -> bool:
        """Whether whoever gives this verdict wrote the work itself: they judge nothing, they are its author."""
        return False

    def renamed(self, verdict: str, names: Mapping[str, str]) -> str:
        """A verdict in which candidates are named otherwise. names: the letter as shown: the item's own letter."""
        return verdict

    def direction(self, verdict: str) -> str | None:
        """What must be equal for two verdicts to agree; None where it decides nothing."""
        return direction(verdict)

    def words(self, verdict: str, form: Form | None = None) -> str:
        """A verdict in words."""
        titles = {code.value: code.title for code in (form.verdicts if form else ())} | UNDECIDED_WORDS
        return titles.get(verdict, verdict.replace("_", " ").capitalize())

    def rows(self, content: Content, given: Sequence[Given]) -> Mapping[str, Sequence[Row]]:
        """Name of a format: the rows that an item with its judgments gives. No judgment is dropped in silence."""
        return {}


UNDECIDED_WORDS: Final = {
    "insufficient_context": "Insufficient context",
    "abstain": "Abstain",
}
UNDECIDED_CODES: Final = tuple(Code(value, UNDECIDED_WORDS[value]) for value in UNDECIDED)


def asked(content: Content) -> str:
    """What was asked, as one text: a context stands before its prompt, with an empty line between."""
    return "\n\n".join(part for part in (content.context, content.prompt) if part)


def is_rewritten(text: str, before: str) -> bool:
    """Whether a text that began as another one says anything else now. Forms send line breaks in a way of their own."""
    now, then = (one.replace("\r\n", "\n").replace("\r", "\n").strip() for one in (text, before))
    return now not in ("", then)


def turn(role: str, text: str) -> list[JsonValue]:
    """One message of a conversation, as trainers read it."""
    return [{"role": role, "content": text}]


def values_of(codes: Sequence[Code]) -> tuple[str, ...]:
    """The values of a list, in its order."""
    return tuple(code.value for code in codes)


def title_of(value: str, codes: Sequence[Code]) -> str:
    """What people read for a value of a list; the value where the list has it not."""
    return next((code.title for code in codes if code.value == value), value)


def repeated(ids: Sequence[str], what: str, where: str) -> list[Fault]:
    """A fault where pieces of an item do not each have an id of their own."""
    twice = sorted({one for one in ids if ids.count(one) > 1})
    sentence = f"Expected an id of its own for each {what}, found {', '.join(twice)} twice."
    return [Fault(where, sentence)] if twice else []


def names_of(order: str) -> dict[str, str]:
    """From the letter of a candidate as shown to its letter in the item.

    order  the item's own letters in the order in which they are shown: BA shows the item's b first
    """
    return {LETTERS[place]: letter.lower() for place, letter in enumerate(order)}


def shown_names(order: str) -> dict[str, str]:
    """From the letter of a candidate in the item to its letter as shown: the other way round."""
    return {own: shown for shown, own in names_of(order).items()}
