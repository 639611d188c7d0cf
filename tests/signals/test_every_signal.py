"""What holds for every registered signal: its form, its checks, its measures, its exports, and its silence."""

import itertools
import json
import re
from collections.abc import Callable, Iterator

import pyarrow as pa
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from signals.answers import CRITERIA, WORDS, an_answer, given
from signals.contents import contents

from tallystick.signals import ALL, BY_NAME, checking
from tallystick.signals.shape import (
    LETTERS,
    UNDECIDED,
    Answer,
    Choice,
    Code,
    Content,
    Form,
    Labelling,
    Mark,
    Number,
    Ranking,
    Row,
    Signal,
    Writing,
    names_of,
)

CASES = list(contents())
IDS = [f"{signal.name}-{number}" for number, (signal, _) in enumerate(CASES)]
NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
PIECE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")
VALUE = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
SEEDS = st.integers(0, 2**32)
every_case = pytest.mark.parametrize(("signal", "content"), CASES, ids=IDS)


def form_of(signal: Signal, content: Content) -> Form:
    return signal.form(content, signal.codes)


def faults(signal: Signal, answer: Answer, content: Content) -> list[str]:
    found = checking.faults(signal, answer, content, form_of(signal, content), criteria=CRITERIA)
    return [fault.field for fault in found]


def test_the_nine_of_the_specification_are_registered() -> None:
    names = [
        "demonstration",
        "preference",
        "ranking",
        "critique",
        "process",
        "outcome",
        "safety",
        "redteam",
        "tooltrace",
    ]
    assert list(BY_NAME) == names
    assert [signal.name for signal in ALL if signal.is_restricted] == ["redteam"]
    assert [signal.name for signal in ALL if not signal.is_scored] == ["process", "redteam", "tooltrace"]


@every_case
def test_only_a_signal_that_scores_has_scored_pieces(signal: Signal, content: Content) -> None:
    assert signal.is_scored or not signal.form(content, signal.codes).scored


@every_case
def test_a_form_is_consistent(signal: Signal, content: Content) -> None:
    form, pieces = form_of(signal, content), signal.pieces(content)
    ids = [piece.id for piece in pieces]
    asked: list[Choice | Number | Writing] = [*form.choices, *form.numbers, *form.writings]
    marked: list[Labelling | Ranking] = [*form.labellings, *([form.ranking] if form.ranking else [])]
    names = [*(part.name for part in asked), *(part.name for part in marked)]
    assert len(set(ids)) == len(ids)
    assert all(PIECE.fullmatch(one) for one in ids)
    assert len(set(names)) == len(names)
    assert all(NAME.fullmatch(name) for name in names)
    assert set(form.scored) <= set(ids)
    assert all(part.pieces and set(part.pieces) <= set(ids) for part in marked)
    assert {writing.starts_with for writing in form.writings} - {None} <= set(ids)
    verdicts = {code.value for code in form.verdicts}
    assert all(part.when <= verdicts for part in asked)
    assert not verdicts & set(UNDECIDED)
    assert all(number.low < number.high for number in form.numbers)
    assert all(part.note_labels <= {code.value for code in part.labels} for part in form.labellings)


def lists(form: Form) -> Iterator[tuple[Code, ...]]:
    yield from (choice.options for choice in form.choices)
    for part in form.labellings:
        yield part.labels
        yield from [part.severities] if part.severities else []
    yield from [(form.ranking.acceptable, form.ranking.unacceptable)] if form.ranking else []
    yield from [form.verdicts] if form.verdicts else []


@every_case
def test_every_value_of_a_list_is_there_once_with_its_words(signal: Signal, content: Content) -> None:
    for codes in [*lists(form_of(signal, content)), *signal.codes.values()]:
        values = [code.value for code in codes]
        assert len(set(values)) == len(values) > 0
        assert all(VALUE.fullmatch(code.value) and code.title.strip() for code in codes)


@every_case
@settings(max_examples=15, deadline=None)
@drawn(seed=SEEDS)
def test_a_valid_answer_has_no_faults(signal: Signal, content: Content, seed: int) -> None:
    answer = an_answer(signal, content, form_of(signal, content), seed)
    assert faults(signal, answer, content) == []
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


Spoil = Callable[[Answer, Form], Iterator[tuple[str, Answer]]]


def change(answer: Answer, **fields: object) -> Answer:
    return answer.model_copy(update=fields)


def spoiled_verdict(answer: Answer, form: Form) -> Iterator[tuple[str, Answer]]:
    yield "verdict", change(answer, verdict="nonsense")
    if form.verdicts:
        yield "verdict", change(answer, verdict="")


def spoiled_scores(answer: Answer, form: Form) -> Iterator[tuple[str, Answer]]:
    yield "scores.elegance", change(answer, scores=answer.scores | {"elegance": None})
    if form.scored:
        points = dict.fromkeys(form.scored, 3)
        yield "scores.accuracy", change(answer, scores={"sources": None})
        yield "scores.accuracy", change(answer, scores={"sources": None, "accuracy": points | {form.scored[0]: 6}})
        yield "scores.accuracy", change(answer, scores={"sources": None, "accuracy": points | {"z9": 3}})


def spoiled_values(answer: Answer, form: Form) -> Iterator[tuple[str, Answer]]:
    yield "values.mood", change(answer, values=answer.values | {"mood": "good"})
    for choice in form.choices:
        yield f"values.{choice.name}", change(answer, values=answer.values | {choice.name: "nonsense"})
    for number in form.numbers:
        for wrong in (str(number.high + 1), "1.0", "01", "-1", "\u0661"):
            yield f"values.{number.name}", change(answer, values=answer.values | {number.name: wrong})
    required = {one.name for one in form.choices if one.is_required} | {one.name for one in form.numbers}
    for name in answer.values:
        if name in required:
            yield f"values.{name}", change(answer, values={k: v for k, v in answer.values.items() if k != name})


def spoiled_reasons(answer: Answer, form: Form) -> Iterator[tuple[str, Answer]]:
    first = answer.reasons[0].model_copy(update={"criterion": "accuracy", "quote": None, "citation": None})
    yield from [("reasons", change(answer, reasons=[]))] if form.is_reason_required else []
    yield "reasons.0.criterion", change(answer, reasons=[first.model_copy(update={"criterion": "elegance"})])
    yield "reasons.0.text", change(answer, reasons=[first.model_copy(update={"text": "short"})])
    yield "reasons.0.quote", change(answer, reasons=[first.model_copy(update={"criterion": "sources"})])


def spoiled_texts(answer: Answer, form: Form) -> Iterator[tuple[str, Answer]]:
    yield "texts.poem", change(answer, texts=answer.texts | {"poem": "Roses."})
    for writing in form.writings:
        if writing.is_required and writing.name in answer.texts:
            yield f"texts.{writing.name}", change(answer, texts=answer.texts | {writing.name: " \n"})


def spoiled_marks(answer: Answer, form: Form) -> Iterator[tuple[str, Answer]]:
    number = len(answer.marks)
    yield f"marks.{number}.field", change(answer, marks=[*answer.marks, Mark(field="mood", on="a", label="x")])
    for number, mark in enumerate(answer.marks):
        part = next((one for one in form.labellings if one.name == mark.field), None)
        wrong: list[tuple[str, dict[str, object]]] = [("on", {"on": "nowhere"}), ("label", {"label": "nonsense"})]
        wrong += _spoiled_label(part, mark) if part else [("place", {"place": 20}), ("start", {"severity": "x"})]
        for field, update in wrong:
            marks = [*answer.marks[:number], mark.model_copy(update=update), *answer.marks[number + 1 :]]
            yield f"marks.{number}.{field}", change(answer, marks=marks)
        if part is None or part.is_every:
            rest = [*answer.marks[:number], *answer.marks[number + 1 :]]
            yield f"marks.{mark.field}.{mark.on}", change(answer, marks=rest)
        twice = f"marks.{mark.field}" + ("" if part and part.is_span else f".{mark.on}")
        yield twice, change(answer, marks=[*answer.marks, mark])


def _spoiled_label(part: Labelling, mark: Mark) -> Iterator[tuple[str, dict[str, object]]]:
    yield "place", {"place": 1}
    yield "severity", {"severity": "nonsense"}
    if part.severities:
        yield "severity", {"severity": None}
    if mark.label in part.note_labels or part.note == "must":
        yield "text", {"text": None}
    if part.is_span:
        yield "start", {"quote": None}
        yield "end", {"end": 10_000}
        yield "end", {"start": mark.end}
        yield "quote", {"quote": "words that stand nowhere"}
    else:
        yield "start", {"start": 0, "end": 1, "quote": "x"}


SPOILS: list[Spoil] = [
    spoiled_verdict, spoiled_scores, spoiled_values, spoiled_reasons, spoiled_texts, spoiled_marks,
]  # fmt: skip


@every_case
@settings(max_examples=4, deadline=None)
@drawn(seed=SEEDS)
def test_each_spoiled_field_is_named(signal: Signal, content: Content, seed: int) -> None:
    form = form_of(signal, content)
    for verdict in [*(code.value for code in form.verdicts), *([] if form.verdicts else [""])]:
        answer = an_answer(signal, content, form, seed, verdict=verdict)
        for spoil in SPOILS:
            for field, spoiled in spoil(answer, form):
                assert field in faults(signal, spoiled, content), (field, spoiled)


@every_case
def test_what_a_judgment_made_elsewhere_leaves_out_is_no_fault(signal: Signal, content: Content) -> None:
    form = form_of(signal, content)
    for verdict in [*(code.value for code in form.verdicts), *UNDECIDED]:
        bare = Answer(verdict=verdict)
        assert checking.faults(signal, bare, content, form, criteria=CRITERIA, is_whole=False) == []
        is_said = bool(checking.faults(signal, bare, content, form, criteria=CRITERIA))
        assert is_said, "a whole answer has a reason at least"


@every_case
@settings(max_examples=5, deadline=None)
@drawn(seed=SEEDS)
def test_shuffled_back_is_the_same_for_every_order(signal: Signal, content: Content, seed: int) -> None:
    answer = an_answer(signal, content, form_of(signal, content), seed)
    own = answer.model_copy(update={"verdict": signal.verdict_of(answer, content)})
    for order in itertools.permutations(LETTERS[: len(content.candidates)].upper()):
        names = names_of("".join(order))
        there = checking.unshuffled(signal, answer, content, names)
        back = checking.unshuffled(signal, there, content, {item: seen for seen, item in names.items()})
        assert back == own
        assert signal.direction(there.verdict) is None or there.verdict not in UNDECIDED


@every_case
@settings(max_examples=8, deadline=None)
@drawn(seed=SEEDS)
def test_facts_carry_no_words(signal: Signal, content: Content, seed: int) -> None:
    found = given(signal, an_answer(signal, content, form_of(signal, content), seed), content)
    assert WORDS in repr(found)
    assert WORDS not in repr(found.facts)
    assert not any(mark.quote and len(mark.quote) > 12 and mark.quote in repr(found.facts) for mark in found.marks)


@every_case
@settings(max_examples=15, deadline=None)
@drawn(seed=SEEDS)
def test_measures_read_what_they_declare(signal: Signal, content: Content, seed: int) -> None:
    form = form_of(signal, content)
    facts = given(signal, an_answer(signal, content, form, seed), content).facts
    assert len({measure.name for measure in signal.measures}) == len(signal.measures)
    for measure in signal.measures:
        ratings = list(measure.read(facts))
        units = [unit for unit, _ in ratings]
        is_many = any(part.name == measure.name and part.is_many for part in form.labellings)
        assert len(set(units)) == len(units) or is_many
        assert measure.values is None or {rating for _, rating in ratings} <= set(measure.values)
        assert facts.verdict not in UNDECIDED or signal.name == "process" or ratings == []
        assert measure.unit == "item" or "" not in units
        assert NAME.fullmatch(measure.name)


@every_case
@settings(max_examples=8, deadline=None)
@drawn(seeds=st.lists(SEEDS, max_size=4))
def test_exports_are_plain_rows_one_judgment_at_a_time(signal: Signal, content: Content, seeds: list[int]) -> None:
    form = form_of(signal, content)
    judgments = [given(signal, an_answer(signal, content, form, seed), content) for seed in seeds]
    rows = signal.rows(content, judgments)
    assert set(rows) == set(signal.exports)
    for name in rows:
        one_by_one = [row for one in judgments for row in signal.rows(content, [one])[name]]
        assert list(rows[name]) == one_by_one, "no judgment changes what another gives"
        assert json.loads(json.dumps(rows[name])) == list(rows[name])


@pytest.mark.parametrize("name", BY_NAME)
def test_rows_of_many_items_are_one_table(name: str) -> None:
    """Readers of trainers' formats infer one shape for a file, and give back what is written in it."""
    files: dict[str, list[Row]] = {export: [] for export in BY_NAME[name].exports}
    for signal, content in (case for case in CASES if case[0].name == name):
        for seed in range(12):
            one = given(signal, an_answer(signal, content, form_of(signal, content), seed), content)
            for export, rows in signal.rows(content, [one]).items():
                files[export] += rows
    for lines in files.values():
        table = pa.Table.from_pylist(lines)
        assert [there(row) for row in table.to_pylist()] == [there(row) for row in lines]


def there(value: object) -> object:
    """A value without the fields that are null: a table has them all in every row."""
    if isinstance(value, dict):
        return {key: there(part) for key, part in value.items() if part is not None}
    return [there(part) for part in value] if isinstance(value, list) else value


@every_case
def test_an_undecided_judgment_is_no_row_of_a_trainer(signal: Signal, content: Content) -> None:
    form = form_of(signal, content)
    for verdict in UNDECIDED:
        one = given(signal, an_answer(signal, content, form, 1, verdict=verdict), content)
        assert not any(rows for rows in signal.rows(content, [one]).values())


@every_case
@settings(max_examples=6, deadline=None)
@drawn(seed=SEEDS)
def test_every_verdict_has_words(signal: Signal, content: Content, seed: int) -> None:
    form = form_of(signal, content)
    answer = an_answer(signal, content, form, seed)
    verdict = signal.verdict_of(answer, content)
    words = signal.words(verdict, form)
    assert words.strip()
    assert "_" not in words
    assert len(verdict) <= 200


@every_case
def test_codes_of_a_rubric_take_the_place_of_the_signals_own(signal: Signal, content: Content) -> None:
    own = (Code("one", "One"), Code("two", "Two"))
    for name in signal.codes:
        under = signal.under({name: own})
        assert under.codes[name] == own
        assert signal.codes[name] != own, "the registered signal stays what it is"
        assert signal.has_list(name)
        assert own in list(lists(form_of(under, content))) or own not in list(lists(form_of(signal, content)))
    assert not signal.has_list("nonsense")
