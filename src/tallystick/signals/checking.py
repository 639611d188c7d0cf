"""An answer held against the form that it answers: everything that is wrong with it, in the order of the form. Pure."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from tallystick.signals import quoted
from tallystick.signals.shape import (
    UNDECIDED,
    Answer,
    Code,
    Content,
    CriterionScale,
    Fault,
    Form,
    Labelling,
    Mark,
    Ranking,
    Reason,
    Signal,
)

REASON_CHARACTERS_MIN = 10
REASON_LETTERS_MIN = 3
"""So many different letters or digits a reason has at least: what repeats one sign says nothing."""


def faults(
    signal: Signal,
    answer: Answer,
    content: Content,
    form: Form,
    *,
    criteria: Mapping[str, CriterionScale],
    is_whole: bool = True,
    shown: list[quoted.Text] | None = None,
) -> list[Fault]:
    """Everything that keeps an answer from being a judgment, in the order of the form.

    An undecided verdict asks for no scores, marks or values: only for a reason.

    is_whole  False for a judgment made elsewhere: what it says must be right, and what it leaves out is not invented
    shown     the texts of its page, where the caller holds more against them
    """
    found = [
        *_verdict_faults(answer, form, is_whole=is_whole), *_score_faults(answer, form, criteria),
        *_value_faults(answer, form),
        *_mark_faults(answer, signal, content, form),
        *_text_faults(answer, form),
    ]  # fmt: skip
    if answer.reasons or (form.is_reason_required and is_whole):
        found.extend(reason_faults(answer, criteria, shown=shown or page_texts(signal, content)))
    found = [fault for fault in found if is_whole or not fault.is_missing]
    return found or [fault for fault in signal.own_faults(answer, content) if is_whole or not fault.is_missing]


def _listed(codes: Iterable[Code]) -> str:
    return ", ".join(code.value for code in codes)


def _verdict_faults(answer: Answer, form: Form, *, is_whole: bool) -> Iterator[Fault]:
    known = {code.value for code in (*form.verdicts, *(() if is_whole else form.elsewhere))} | set(UNDECIDED)
    if answer.verdict in known or (not form.verdicts and answer.verdict == ""):
        return
    names = ", ".join([*(code.value for code in form.verdicts), *(one for one in UNDECIDED)])
    expected = f"Expected one of {names}" + ("" if form.verdicts else ", or no verdict where the work decides it")
    yield Fault("verdict", f"{expected}; found {answer.verdict or 'none'}.")


def _score_faults(answer: Answer, form: Form, criteria: Mapping[str, CriterionScale]) -> Iterator[Fault]:
    for name in answer.scores:
        if name not in criteria or not form.scored:
            named = ", ".join(criteria) if form.scored else "none: this signal scores nothing"
            yield Fault(f"scores.{name}", f"Expected a criterion of this rubric ({named}), found {name}.")
    if answer.verdict in UNDECIDED or not form.scored:
        return
    for criterion, scale in criteria.items():
        name, at = scale.title or criterion, f"scores.{criterion}"
        if criterion not in answer.scores and len(form.scored) == 1:
            yield Fault(at, f"Score {name}, or choose that you cannot say.", is_missing=True)
        elif criterion not in answer.scores:
            yield Fault(at, f"Score {name} for every answer, or choose that you cannot say.", is_missing=True)
        points = answer.scores.get(criterion)
        if points is None:
            continue
        expected = f"Expected scores from {scale.low} to {scale.high} for {name} of {', '.join(form.scored)}"
        if set(points) != set(form.scored):
            yield Fault(at, f"{expected}; found scores of {', '.join(points) or 'nothing'}.")
        elif not all(scale.low <= given <= scale.high for given in points.values()):
            yield Fault(at, f"{expected}; found {', '.join(str(given) for given in points.values())}.")


def _is_asked(when: frozenset[str], verdict: str) -> bool:
    return verdict not in UNDECIDED and (not when or verdict in when)


def _value_faults(answer: Answer, form: Form) -> Iterator[Fault]:
    known = {one.name for one in form.choices} | {one.name for one in form.numbers}
    for name in answer.values:
        if name not in known:
            yield Fault(f"values.{name}", f"Expected one of {', '.join(sorted(known)) or 'none'}, found {name}.")
    for choice in form.choices:
        given = answer.values.get(choice.name)
        if given is None and choice.is_required and _is_asked(choice.when, answer.verdict):
            yield Fault(f"values.{choice.name}", f"{choice.title}: choose one.", is_missing=True)
        elif given is not None and given not in {code.value for code in choice.options}:
            yield Fault(
                f"values.{choice.name}", f"{choice.title}: expected one of {_listed(choice.options)}; found {given}."
            )
    for number in form.numbers:
        given = answer.values.get(number.name)
        expected = f"{number.title}: expected a whole number from {number.low} to {number.high}"
        if given is None and number.is_required and _is_asked(number.when, answer.verdict):
            yield Fault(f"values.{number.name}", f"{expected}, found nothing.", is_missing=True)
        elif given is not None and not _is_between(given, number.low, number.high):
            yield Fault(f"values.{number.name}", f"{expected}, found {given}.")


def _is_between(text: str, low: int, high: int) -> bool:
    """Digits as one writes a number: `7`, not `07` or `7.0`, so that one number has one spelling."""
    return text.isascii() and text.isdigit() and len(text) < 10 and str(int(text)) == text and low <= int(text) <= high


def _mark_faults(answer: Answer, signal: Signal, content: Content, form: Form) -> Iterator[Fault]:
    texts = {piece.id: piece.text for piece in signal.pieces(content)}
    parts: dict[str, Labelling | Ranking] = {one.name: one for one in form.labellings}
    if form.ranking:
        parts[form.ranking.name] = form.ranking
    for number, mark in enumerate(answer.marks):
        where, part = f"marks.{number}", parts.get(mark.field)
        if part is None:
            yield Fault(f"{where}.field", f"Expected one of {', '.join(parts) or 'none'}, found {mark.field}.")
        elif mark.on not in part.pieces:
            yield Fault(f"{where}.on", f"{part.title}: expected one of {', '.join(part.pieces)}; found {mark.on}.")
        elif isinstance(part, Labelling):
            yield from _label_faults(mark, where, part, texts.get(mark.on, ""))
        else:
            yield from _place_faults(mark, where, part)
    if answer.verdict in UNDECIDED:
        return
    for labelling in form.labellings:
        yield from _missing_labels(answer, labelling)
    if form.ranking:
        yield from _missing_places(answer, form.ranking)


def _label_faults(mark: Mark, where: str, part: Labelling, text: str) -> Iterator[Fault]:
    if mark.label not in {code.value for code in part.labels}:
        yield Fault(f"{where}.label", f"{part.title}: expected one of {_listed(part.labels)}; found {mark.label}.")
    severities = {code.value for code in part.severities}
    if severities and mark.severity is None:
        sentence = f"{part.title}: expected a severity ({_listed(part.severities)}), found none."
        yield Fault(f"{where}.severity", sentence, is_missing=True)
    elif mark.severity is not None and mark.severity not in severities:
        expected = f"a severity ({_listed(part.severities)})" if severities else "no severity"
        yield Fault(f"{where}.severity", f"{part.title}: expected {expected}, found {mark.severity}.")
    if mark.place is not None:
        yield Fault(f"{where}.place", f"{part.title}: expected no place, found {mark.place}.")
    must = part.note == "must" or mark.label in part.note_labels
    if must and not mark.text:
        sentence = f"{part.title}: expected words with {mark.label} ({part.note_title}), found none."
        yield Fault(f"{where}.text", sentence, is_missing=True)
    if mark.text and part.note == "none":
        yield Fault(f"{where}.text", f"{part.title}: expected no words with a label, found some.")
    if part.is_span:
        yield from _span_faults(mark, where, part, text)
    elif (mark.start, mark.end, mark.quote) != (None, None, None):
        yield Fault(f"{where}.start", f"{part.title}: expected a label on the whole of {mark.on}, found a span.")


def _span_faults(mark: Mark, where: str, part: Labelling, text: str) -> Iterator[Fault]:
    """A span lies in its text, is not empty, and says the words that stand there."""
    if mark.start is None or mark.end is None or mark.quote is None:
        yield Fault(f"{where}.start", f"{part.title}: expected start, end and quote of the span, found less.")
        return
    if not 0 <= mark.start < mark.end <= len(text):
        yield Fault(
            f"{where}.end",
            f"{part.title}: expected a span within the {len(text)} characters of {mark.on}, found {mark.start} to "
            f"{mark.end}.",
        )
        return
    there = text[mark.start : mark.end]
    if there != mark.quote:
        yield Fault(
            f"{where}.quote",
            f"{part.title}: expected the words from {mark.start} to {mark.end} of {mark.on} ({_short(there)}), "
            f"found {_short(mark.quote)}. Offsets count Unicode code points of the plain text from 0.",
        )


def _short(text: str) -> str:
    shown = text if len(text) <= 60 else text[:57] + "..."
    return f'"{shown}"'


def _place_faults(mark: Mark, where: str, part: Ranking) -> Iterator[Fault]:
    labels = (part.acceptable.value, part.unacceptable.value)
    if mark.place is None or mark.place > len(part.pieces):
        yield Fault(f"{where}.place", f"{part.title}: expected a place from 1 to {len(part.pieces)} for {mark.on}.")
    if mark.label not in labels:
        yield Fault(f"{where}.label", f"{part.title}: expected {' or '.join(labels)}, found {mark.label}.")
    if (mark.start, mark.end, mark.quote, mark.severity) != (None, None, None, None):
        yield Fault(f"{where}.start", f"{part.title}: expected a place and nothing else, found a span or a severity.")


def _missing_labels(answer: Answer, part: Labelling) -> Iterator[Fault]:
    given = [mark for mark in answer.marks if mark.field == part.name]
    if not part.is_span:
        seen: set[tuple[str, str]] = set()
        for mark in given:
            place, which = (mark.on, mark.label) if part.is_many else (mark.on, ""), "each label once" * part.is_many
            if place in seen:
                sentence = f"{part.title}: expected {which or 'one label'} on {mark.on}, found two."
                yield Fault(f"marks.{part.name}.{mark.on}", sentence)
            seen.add(place)
        on = {mark.on for mark in given}
        missing = [piece for piece in part.pieces if piece not in on] if part.is_every else []
        for piece in missing:
            yield Fault(f"marks.{part.name}.{piece}", f"{part.title}: give {piece} a label.", is_missing=True)
    elif len({(m.on, m.start, m.end, m.label) for m in given}) < len(given):
        yield Fault(f"marks.{part.name}", f"{part.title}: expected each span once for each label, found one twice.")


def _missing_places(answer: Answer, part: Ranking) -> Iterator[Fault]:
    """Every candidate once; places without a gap up to ties; nothing acceptable below anything that is not."""
    given = [mark for mark in answer.marks if mark.field == part.name]
    for piece in part.pieces:
        times = sum(mark.on == piece for mark in given)
        if times != 1:
            found = "none" if times == 0 else f"{times}"
            yield Fault(f"marks.{part.name}.{piece}", f"{part.title}: expected one place for {piece}, found {found}.")
    placed = [(mark.place, mark.label == part.acceptable.value) for mark in given if mark.place is not None]
    places = sorted({place for place, _ in placed})
    if places and places != list(range(1, len(places) + 1)):
        found = ", ".join(map(str, places))
        yield Fault(f"marks.{part.name}", f"{part.title}: expected places from 1 without a gap, found {found}.")
    lowest = max((place for place, is_good in placed if is_good), default=0)
    highest = min((place for place, is_good in placed if not is_good), default=len(placed) + 1)
    if lowest >= highest:
        sentence = f"{part.title}: expected every acceptable answer above every unacceptable one."
        yield Fault(f"marks.{part.name}", sentence)


def _text_faults(answer: Answer, form: Form) -> Iterator[Fault]:
    known = {writing.name for writing in form.writings}
    for name in answer.texts:
        if name not in known:
            yield Fault(f"texts.{name}", f"Expected one of {', '.join(sorted(known)) or 'none'}, found {name}.")
    for writing in form.writings:
        length = len(answer.texts.get(writing.name, "").strip())
        is_missing = writing.is_required and _is_asked(writing.when, answer.verdict)
        if is_missing and length == 0:
            yield Fault(f"texts.{writing.name}", f"{writing.title}: write it.", is_missing=True)
        elif 0 < length < writing.characters_min:
            expected = f"expected at least {writing.characters_min} characters"
            yield Fault(f"texts.{writing.name}", f"{writing.title}: {expected}, found {length}.")


def page_texts(signal: Signal, content: Content) -> list[quoted.Text]:
    """All texts of an item as its expert sees it, in the order of reading."""
    texts = [content.prompt, content.context or "", *(piece.text for piece in signal.pieces(content))]
    return [quoted.Text(text) for text in texts]


def reason_faults(answer: Answer, criteria: Mapping[str, CriterionScale], *, shown: list[quoted.Text]) -> list[Fault]:
    """What is wrong with the reasons: none, one tied to no criterion, one without the source that a criterion asks.

    shown  texts that were on the page: where a quote is the source, it has to be words of one of them
    """
    if not answer.reasons:
        return [Fault("reasons", "Give at least one reason and tie it to a criterion.")]
    found = []
    for number, reason in enumerate(answer.reasons):
        where = f"reasons.{number}"
        is_asked = reason.criterion in criteria and criteria[reason.criterion].is_citation_required
        if reason.criterion not in criteria:
            sentence = f"Expected a criterion of this rubric ({', '.join(criteria)}), found {reason.criterion}."
            found.append(Fault(f"{where}.criterion", sentence))
        elif is_asked and not quoted.says(reason.quote or "") and not _letters(reason.citation or ""):
            found.append(Fault(f"{where}.quote", f"The rubric asks for a quote or a citation with {reason.criterion}."))
        elif is_asked and not _letters(reason.citation or "") and not _is_quoted(reason, shown):
            sentence = f"Expected words of the item as the quote with {reason.criterion}: copy them from the page."
            found.append(Fault(f"{where}.quote", sentence))
        length = len(_visible(reason.text))
        if length < REASON_CHARACTERS_MIN:
            sentence = f"Expected a reason of at least {REASON_CHARACTERS_MIN} characters, found {length}."
            found.append(Fault(f"{where}.text", sentence))
        elif len(set(_letters(reason.text))) < REASON_LETTERS_MIN:
            found.append(Fault(f"{where}.text", "Expected a reason in words, found one or two signs again and again."))
    return found


def _visible(text: str) -> str:
    """The characters of a text that somebody can see, and the spaces between them."""
    return "".join(one for one in text.strip() if one == " " or unicodedata.category(one)[0] not in "CZ").strip()


def _letters(text: str) -> str:
    """Letters and digits alone: what a text says however it is laid out, marked up or spaced."""
    return "".join(one for one in text.casefold() if one.isalnum())


def _is_quoted(reason: Reason, shown: list[quoted.Text]) -> bool:
    """Whether a quote, where there is one, is words of the page."""
    quote = (reason.quote or "").strip()
    return not quote or any(quoted.is_quote(quote, text) for text in shown)


def defects(answer: Answer, *, shown: list[quoted.Text], earlier: list[str]) -> list[str]:
    """Rationale defects that do not stop a judgment but are recorded with it (SPEC 2.12).

    shown    texts that were on the page: a reason that only repeats one of them is copied, and a quote is words of one
    earlier  the expert's latest reasons on other items: the same words again are copied too
    """
    found = []
    texts = [_plain(reason.text) for reason in answer.reasons]
    before = {_plain(text) for text in earlier}
    if any(text in before for text in texts) or len(set(texts)) < len(texts):
        found.append("copied-from-self")
    pages = [_plain(page.text) for page in shown]
    if any(len(text) > 30 and text in page for text in texts for page in pages):
        found.append("copied-from-page")
    if not all(_is_quoted(reason, shown) for reason in answer.reasons):
        found.append("quote-not-found")
    return found


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def unshuffled(signal: Signal, answer: Answer, content: Content, names: Mapping[str, str]) -> Answer:
    """A checked answer with its verdict, in which candidates bear the item's own letters.

    content  as it was shown
    names    the letter of a candidate as it was shown: its letter in the item
    """
    scores = {
        criterion: points and {names.get(on, on): given for on, given in points.items()}
        for criterion, points in answer.scores.items()
    }
    marks = [mark.model_copy(update={"on": names.get(mark.on, mark.on)}) for mark in answer.marks]
    verdict = signal.renamed(signal.verdict_of(answer, content), names)
    return answer.model_copy(update={"verdict": verdict, "scores": scores, "marks": marks})
