"""A valid answer to any form, from a seed: filled in field by field, then mended where a signal's fields hang together.

For every test that needs an answer of a signal without caring which: `an_answer(signal, content, form, seed)`.
"""

from collections.abc import Callable, Mapping
from random import Random

from tallystick.signals.shape import (
    UNDECIDED,
    Answer,
    Choice,
    Code,
    Content,
    CriterionScale,
    Facts,
    Form,
    Given,
    Labelled,
    Labelling,
    Mark,
    Number,
    Ranking,
    Reason,
    Signal,
    Writing,
)

CRITERIA: Mapping[str, CriterionScale] = {
    "accuracy": CriterionScale(1, 5),
    "sources": CriterionScale(0, 10, is_citation_required=True),
}
WORDS = "Planted words that no journal says."


def an_answer(signal: Signal, content: Content, form: Form, seed: int, *, verdict: str | None = None) -> Answer:
    """A whole answer that has no faults under CRITERIA.

    verdict  one of the form's or an undecided one; drawn when None
    """
    random = Random(seed)  # noqa: S311 - a test's own chance
    drawn = random.choice([*(code.value for code in form.verdicts), *([] if form.verdicts else ["", ""]), *UNDECIDED])
    chosen = drawn if verdict is None else verdict
    is_decided = chosen not in UNDECIDED
    answer = Answer(
        verdict=chosen, scores=_scores(form, random) if is_decided else {}, reasons=_reasons(random),
        values=_values(form, chosen, random) if is_decided else {},
        marks=_marks(signal, content, form, random) if is_decided else [],
        texts={writing.name: WORDS for writing in form.writings if is_decided and _is_wanted(writing, chosen)},
        active_ms=random.randrange(60_000),
    )  # fmt: skip
    return _MENDED.get(signal.name, _as_it_is)(answer) if is_decided else answer


def given(signal: Signal, answer: Answer, content: Content) -> Given:
    """A checked answer as an export sees it, and with it as the journal does."""
    facts = Facts(
        verdict=signal.verdict_of(answer, content),
        scores={name: points for name, points in answer.scores.items() if points is not None},
        values=answer.values, marks=tuple(_labelled(mark) for mark in answer.marks),
    )  # fmt: skip
    return Given(facts=facts, marks=tuple(answer.marks), texts=answer.texts, reasons=tuple(answer.reasons))


def _labelled(mark: Mark) -> Labelled:
    return Labelled(
        field=mark.field, on=mark.on, label=mark.label, start=mark.start, end=mark.end, severity=mark.severity,
        place=mark.place,
    )  # fmt: skip


def _is_wanted(part: Choice | Number | Writing, verdict: str) -> bool:
    return part.is_required and (not part.when or verdict in part.when)


def _scores(form: Form, random: Random) -> dict[str, dict[str, int] | None]:
    if not form.scored:
        return {}
    return {
        name: None if random.random() < 0.2 else {on: random.randint(scale.low, scale.high) for on in form.scored}
        for name, scale in CRITERIA.items()
    }


def _reasons(random: Random) -> list[Reason]:
    names = random.sample(list(CRITERIA), random.randint(1, len(CRITERIA)))
    source = {"sources": "The usual handbook."}
    return [Reason(criterion=name, text=f"{WORDS} {name}", citation=source.get(name)) for name in names]


def _values(form: Form, verdict: str, random: Random) -> dict[str, str]:
    chosen = {one.name: _one(one.options, random) for one in form.choices if _is_wanted(one, verdict)}
    return chosen | {
        one.name: str(random.randint(one.low, one.high)) for one in form.numbers if _is_wanted(one, verdict)
    }


def _one(codes: tuple[Code, ...], random: Random) -> str:
    return random.choice(codes).value


def _marks(signal: Signal, content: Content, form: Form, random: Random) -> list[Mark]:
    texts = {piece.id: piece.text for piece in signal.pieces(content)}
    made = [mark for part in form.labellings for mark in _of_part(part, texts, random)]
    return made + (_places(form.ranking, random) if form.ranking else [])


def _words_of(text: str) -> list[int]:
    """Where a mark may begin: at a letter, since a form takes spaces alone for no words."""
    return [place for place, letter in enumerate(text) if not letter.isspace()]


def _of_part(part: Labelling, texts: Mapping[str, str], random: Random) -> list[Mark]:
    found: dict[tuple[object, ...], Mark] = {}
    for on in part.pieces:
        times = random.randint(0, 3) if part.is_span or part.is_many else int(part.is_every or random.random() < 0.7)
        for _ in range(max(times, int(part.is_every))):
            label = _one(part.labels, random)
            start = random.choice(_words_of(texts[on])) if part.is_span else None
            end = None if start is None else random.randint(start + 1, len(texts[on]))
            must = part.note == "must" or label in part.note_labels
            mark = Mark(
                field=part.name, on=on, label=label, start=start, end=end,
                quote=None if start is None else texts[on][start:end],
                severity=_one(part.severities, random) if part.severities else None,
                text=WORDS if must or (part.note == "may" and random.random() < 0.4) else None,
            )  # fmt: skip
            found[on, start, end, label] = mark
    return list(found.values())


def _places(part: Ranking, random: Random) -> list[Mark]:
    drawn = {on: random.randint(1, len(part.pieces)) for on in part.pieces}
    places = {place: number for number, place in enumerate(sorted(set(drawn.values())), 1)}
    line = random.randint(0, len(places))
    return [
        Mark(
            field=part.name, on=on, place=places[place],
            label=(part.acceptable if places[place] <= line else part.unacceptable).value,
        )
        for on, place in drawn.items()
    ]  # fmt: skip


# --- fields that hang together ---------------------------------------------------------------------------------


def _chance(answer: Answer) -> Random:
    return Random(answer.active_ms)  # noqa: S311 - a test's own chance


def _as_it_is(answer: Answer) -> Answer:
    return answer


def _demonstration(answer: Answer) -> Answer:
    does_rest = any(mark.label == "rests_on" for mark in answer.marks)
    basis = {"basis": "both" if does_rest else "knowledge"} if "basis" in answer.values else {}
    return answer.model_copy(update={"values": answer.values | basis})


def _critique(answer: Answer) -> Answer:
    if any(mark.text for mark in answer.marks):
        return answer.model_copy(update={"values": {"verified": "source"}})
    return answer


def _process(answer: Answer) -> Answer:
    random = _chance(answer)
    is_wrong = any(mark.label == "wrong" for mark in answer.marks)
    return answer.model_copy(update={"texts": {"correction": WORDS} if is_wrong and random.random() < 0.5 else {}})


def _outcome(answer: Answer) -> Answer:
    is_against = any((mark.field, mark.label) == ("support", "contradictory") for mark in answer.marks)
    return answer.model_copy(update={"verdict": "incorrect"}) if answer.verdict == "correct" and is_against else answer


def _safety(answer: Answer) -> Answer:
    random = _chance(answer)
    is_unsafe = answer.verdict in ("unsafe_compliance", "both")
    does_refuse = answer.verdict in ("unnecessary_refusal", "both")
    scores = {
        "unsafe_compliance": str(random.randint(1, 4) if is_unsafe else 0),
        "unnecessary_refusal": str(random.randint(1, 4) if does_refuse else 0),
    }
    texts = {"escalation": WORDS} if answer.values["escalate"] == "yes" else {}
    return answer.model_copy(update={"values": answer.values | scores, "texts": texts})


def _redteam(answer: Answer) -> Answer:
    random = _chance(answer)
    is_broken = answer.verdict != "failed"
    marks = [mark for mark in answer.marks if is_broken or mark.field != "breaks"]
    if not any(mark.field == "strategies" for mark in marks):
        marks.append(Mark(field="strategies", on="t1", label="direct"))
    if is_broken and not any(mark.field == "breaks" for mark in marks):
        marks.append(Mark(field="breaks", on="t4", label="bias"))
    attempts = random.randint(3, 9)
    reproduced = random.randint(1, attempts) if is_broken else random.randint(0, attempts - 1)
    values = answer.values | {"attempts": str(attempts), "reproduced": str(reproduced)}
    return answer.model_copy(update={"marks": marks, "values": values})


def _tooltrace(answer: Answer) -> Answer:
    if answer.verdict == "goal_reached" and answer.values["state"] == "no":
        return answer.model_copy(update={"values": {"state": "unknown"}})
    return answer


_MENDED: Mapping[str, Callable[[Answer], Answer]] = {
    "demonstration": _demonstration, "critique": _critique, "process": _process, "outcome": _outcome,
    "safety": _safety, "redteam": _redteam, "tooltrace": _tooltrace,
}  # fmt: skip
