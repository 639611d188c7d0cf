"""From the fields of an answer form to an answer, or to everything that keeps it from being one. Pure.

Field names are those of views/judgment.py. What is wrong is said at the place on the page where it can be mended.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from tallystick.flow.answer import Matter, faults
from tallystick.flow.rubric import Criterion, Rubric
from tallystick.signals.ranking import spelled
from tallystick.signals.shape import (
    CANDIDATES_MAX,
    LETTERS,
    TEXT_CHARACTERS_MAX,
    WRITING_CHARACTERS_MAX,
    Answer,
    Form,
    Labelling,
    Mark,
    Ranking,
)
from tallystick.web.judgment.typed import Fields, active_ms, first
from tallystick.web.language import said, told
from tallystick.web.language.sentences import sentence
from tallystick.web.showing.plain import LOST

REASONS = 3
SHOWN_MAX = 40
"""So many characters of what cannot be read are said back."""
SPANS_MAX = 200
"""So many numbered rows of spans are read at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a form says. `errors` maps the place on the page to a sentence: `verdict`, `score-ID`, `reason-N`, ..."""

    answer: Answer | None
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Found:
    """What was read so far, with the places on the page of what was read from numbered rows."""

    errors: dict[str, str] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    places: list[str] = field(default_factory=list)  # of each mark

    def wrong(self, place: str, sentence: str) -> None:
        self.errors.setdefault(place, sentence)

    def add(self, mark: Mark, place: str) -> None:
        self.marks.append(mark)
        self.places.append(place)


def read(fields: Fields, rubric: Rubric, matter: Matter) -> Reading:
    """The answer of a form, or everything that keeps it from being one."""
    form = matter.form(rubric)
    found = _Found()
    verdict = first(fields, "verdict")
    if not verdict and form.verdicts:
        found.wrong("verdict", _choose(form))
    scores = {c.id: points for c in rubric.criteria if (points := _points(fields, c, form)) != ""}
    reasons, numbers = _reasons(fields, rubric, found)
    for labelling in form.labellings:
        _read_labels(fields, labelling, matter, found)
    if form.ranking:
        _read_places(fields, form.ranking, found)
    texts = {one.name: text for one in form.writings if (text := first(fields, f"text-{one.name}")).strip()}
    if _is_too_long(reasons, texts, found):
        return Reading(answer=None, errors=found.errors)
    names = [one.name for one in form.choices] + [one.name for one in form.numbers]
    values = {name: value for name in names if (value := first(fields, f"value-{name}").strip())}
    answer = Answer.model_validate({
        "verdict": verdict, "scores": scores, "reasons": reasons, "values": values, "texts": texts,
        "confirmed": [name for name in fields.get("confirmed", ()) if name in rubric.by_id],
        "active_ms": active_ms(fields),
    })  # fmt: skip
    answer = answer.model_copy(update={"marks": found.marks})
    for fault in faults(answer, rubric, matter):
        found.wrong(_place(fault.field, numbers, found.places), sentence(fault.sentence))
    return Reading(answer=None if found.errors else answer, errors=found.errors)


def _choose(form: Form) -> str:
    title = told(form.verdict_title)
    return said("Choose one: %(title)s. If you cannot say, choose one of the last two.", title=title)


def _is_too_long(reasons: list[dict[str, str | None]], texts: Mapping[str, str], found: _Found) -> bool:
    if any(len(value) > TEXT_CHARACTERS_MAX for reason in reasons for value in reason.values() if value):
        found.wrong(
            "reason-1",
            said("Expected at most %(number)s characters in each reason: shorten it.", number=TEXT_CHARACTERS_MAX),
        )
        return True
    for name, text in texts.items():
        if len(text) > WRITING_CHARACTERS_MAX:
            found.wrong(
                f"text-{name}",
                said("Expected at most %(number)s characters: shorten it.", number=WRITING_CHARACTERS_MAX),
            )
    return any(len(text) > WRITING_CHARACTERS_MAX for text in texts.values())


def _points(fields: Fields, criterion: Criterion, form: Form) -> dict[str, int] | str | None:
    """The scores of all pieces; None when the expert cannot say; an empty text when something is missing."""
    if not form.scored:
        return ""
    if first(fields, f"score-{criterion.id}-none") == "yes":
        return None
    given = {on: first(fields, f"score-{criterion.id}-{on}") for on in form.scored}
    if not all(value.isascii() and value.isdigit() and len(value) < 3 for value in given.values()):
        return ""
    return {on: int(value) for on, value in given.items()}


def _reasons(fields: Fields, rubric: Rubric, found: _Found) -> tuple[list[dict[str, str | None]], tuple[int, ...]]:
    """The reasons that were written, with the numbers of their fields. One without a criterion is an error."""
    reasons: list[dict[str, str | None]] = []
    numbers = []
    for number in range(1, REASONS + 1):
        text, quote, citation = (first(fields, f"reason-{number}-{part}") for part in ("text", "quote", "citation"))
        if not (text.strip() or quote.strip() or citation.strip()):
            continue
        criterion = first(fields, f"reason-{number}-criterion")
        if criterion not in rubric.by_id:
            found.wrong(f"reason-{number}", said("Choose the criterion that this reason belongs to."))
            criterion = rubric.criteria[0].id
        reasons.append({"criterion": criterion, "text": text, "quote": quote or None, "citation": citation or None})
        numbers.append(number)
    return reasons, tuple(numbers)


def _read_labels(fields: Fields, part: Labelling, matter: Matter, found: _Found) -> None:
    if part.is_span:
        texts = {piece.id: piece.text for piece in matter.signal.pieces(matter.content)}
        for number in span_numbers(fields, part.name):
            _read_span(fields, part, f"span-{part.name}-{number}", texts=texts, found=found)
        return
    for piece, place in [(on, name) for on in part.pieces for name in label_places(part, on)]:
        label, note = first(fields, f"{place}-label"), first(fields, f"{place}-note").strip()
        if not label:
            if note:
                found.wrong(
                    place, said("%(title)s: choose the label that these words belong to.", title=told(part.title))
                )
            continue
        severity = first(fields, f"{place}-severity")
        _made(found, place, {
            "field": part.name, "on": piece, "label": label, "severity": severity or None, "text": note or None,
        })  # fmt: skip


def label_places(part: Labelling, piece: str) -> list[str]:
    """Where the labels of a piece stand: one place, or one for each label where several may stand on it."""
    place = f"mark-{part.name}-{piece}"
    return [f"{place}~{code.value}" for code in part.labels] if part.is_many else [place]


def span_numbers(fields: Fields, name: str) -> list[int]:
    """The numbers of the rows of spans in which something stands and that were not taken back, in their order."""
    head = f"span-{name}-"
    numbers = set()
    for field_name, values in fields.items():
        number, _, what = field_name.removeprefix(head).partition("-")
        is_row = field_name.startswith(head) and what and number.isascii() and number.isdigit() and len(number) < 4
        if is_row and what != "on" and any(value.strip() for value in values):
            numbers.add(int(number))
    kept = {number for number in numbers if first(fields, f"{head}{number}-drop") != "yes"}
    return sorted(number for number in kept if 1 <= number <= SPANS_MAX)


def _read_span(fields: Fields, part: Labelling, place: str, *, texts: Mapping[str, str], found: _Found) -> None:
    """One span. Without a script its words are typed or pasted, and looked up where they stand."""
    quote = first(fields, f"{place}-quote")
    label, severity, note = (first(fields, f"{place}-{what}").strip() for what in ("label", "severity", "note"))
    on = first(fields, f"{place}-on") or (part.pieces[0] if len(part.pieces) == 1 else "")
    if not quote.strip():
        if label or note:
            found.wrong(
                place,
                said("%(title)s: expected the words that this is about; select or paste them.", title=told(part.title)),
            )
        return
    if on not in texts:
        found.wrong(place, said("%(title)s: choose the text in which these words stand.", title=told(part.title)))
        return
    where = _where(texts[on], quote, first(fields, f"{place}-start"))
    if isinstance(where, str):
        found.wrong(place, where)
        return
    start, end = where
    if not label:
        found.wrong(place, said("%(title)s: choose a label for these words.", title=told(part.title)))
        return
    _made(found, place, {
        "field": part.name, "on": on, "label": label, "severity": severity or None, "text": note or None,
        "start": start, "end": end, "quote": texts[on][start:end],
    })  # fmt: skip


def _where(text: str, quote: str, start: str) -> tuple[int, int] | str:
    """Where words stand in a text, in code points; a sentence when that cannot be said.

    A browser sends line breaks as it likes and may put one space where a text has several: words are compared so.
    """
    if start.isascii() and start.isdigit() and len(start) < 10:
        there = next(filter(None, (_as_shown(one).match(text, int(start)) for one in (quote, quote.strip()))), None)
        if there and there.end() > there.start():
            return there.span()
    found = [match.span() for match in _as_shown(quote.strip()).finditer(text)]
    if len(found) == 1:
        return found[0]
    if not found:
        return said("Expected words that stand in the text exactly like this; found none. Copy them from the text.")
    return said(
        "These words stand %(number)s times in the text. Copy a few more around them, so that the place is clear.",
        number=len(found),
    )  # fmt: skip


def _as_shown(quote: str) -> re.Pattern[str]:
    """What words of a page may be in the text: a line break of any kind, and what no page can hold."""
    escaped = re.sub("\r\n|\r|\n", "\n", quote).split("\n")
    lines = (re.escape(line).replace(LOST, "(?s:.)") for line in escaped)
    return re.compile("(?:\r\n|\r|\n)".join(lines))


def _read_places(fields: Fields, part: Ranking, found: _Found) -> None:
    for piece in part.pieces:
        place = f"mark-{part.name}-{piece}"
        given = first(fields, f"{place}-place")
        if not given:
            continue
        is_below = first(fields, f"{place}-below") == "yes"
        label = part.unacceptable.value if is_below else part.acceptable.value
        number = int(given) if given.isascii() and given.isdigit() and len(given) < 3 else given
        _made(found, place, {"field": part.name, "on": piece, "label": label, "place": number})


def spelled_order(fields: Fields) -> str:
    """The order that the places of a ranking spell, whatever its number of candidates; empty when they spell none."""
    places: dict[str, int] = {}
    acceptable = set()
    for letter in LETTERS:
        given = first(fields, f"mark-order-{letter}-place")
        if given.isascii() and given.isdigit() and len(given) < 3:
            places[letter] = int(given)
            acceptable |= set() if first(fields, f"mark-order-{letter}-below") == "yes" else {letter}
    return spelled(places, acceptable)


def _made(found: _Found, place: str, values: dict[str, object]) -> None:
    """Add a mark; what cannot even be one is wrong at its place, and said in the words of the form."""
    try:
        found.add(Mark.model_validate(values), place)
    except ValidationError as error:
        what = str(error.errors(include_url=False)[0]["loc"][0])
        given = str(values.get(what, ""))[:SHOWN_MAX]
        found.wrong(place, _unreadable(what, given))


def _unreadable(what: str, given: str) -> str:
    """What is said of a part of a mark that no mark can have: what was expected, what was found, what to do."""
    if what == "place":
        return said(
            "Expected a place from 1 to %(number)s, found %(given)s. Choose one of the places.",
            number=CANDIDATES_MAX, given=given,
        )  # fmt: skip
    if what in {"text", "quote"}:
        return said("Expected at most %(number)s characters: shorten it.", number=TEXT_CHARACTERS_MAX)
    return said("Expected one of the labels on the page, found “%(given)s”. Choose one of them.", given=given)


def _place(name: str, numbers: tuple[int, ...], places: list[str]) -> str:
    """The part of the page that a field of the answer stands in."""
    head, _, rest = name.partition(".")
    if head == "scores":
        return f"score-{rest}"
    if head in {"values", "texts"}:
        return f"{head.removesuffix('s')}-{rest}"
    if head == "marks":
        return _mark_place(rest, places)
    index = rest.partition(".")[0]
    if head == "reasons":
        return f"reason-{numbers[int(index)]}" if index.isdigit() else "reason-1"
    return head


def _mark_place(rest: str, places: list[str]) -> str:
    """`0.label` is of the first mark; `steps.s3` of a piece that lacks one; `spans` of a whole part of the form."""
    index, _, after = rest.partition(".")
    if index.isdigit():
        return places[int(index)]
    return f"mark-{index}-{after}" if after else f"part-{index}"
