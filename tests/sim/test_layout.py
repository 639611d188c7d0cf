"""Every set of the plain layout: all rows counted, rows that fit the forms, and the source's values found again.

Reads ../shared/data where it is there; a set is read once, and what is slow is tried on rows from all over it.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from tallystick.flow.answer import codes
from tallystick.flow.contract import DataContract
from tallystick.flow.document import check, read
from tallystick.flow.items import ItemRow, JudgmentRow, content_of_row, read_judgment
from tallystick.flow.rubric import Rubric
from tallystick.signals import BY_NAME, checking
from tallystick.signals.shape import Answer, Content, Facts, Given, Signal
from tallystick.signals.verified import Found
from tallystick.sim import layout
from tallystick.sim.layout.labels import CLAIM_LISTS
from tallystick.sim.layout.source import (
    Reading,
    Row,
    Source,
    SourceCandidate,
    SourceItem,
    SourceJudgment,
    SourceSpan,
    code,
    once,
    open_folder,
)
from tallystick.sim.layout.traces import SAFETY_OUTCOMES, STEP

DATA = Path(__file__).parents[2].parent / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="needs the shared data beside the project")
SAMPLED = 60

SETS: dict[tuple[str, str], tuple[int, ...]] = {
    # (set, signal): items and judgments as its README counts them, then rows of items, of judgments, retests, left out
    ("mqm_wmt23_ende", "critique"): (104, 3120, 1040, 3120, 0, 0),
    ("mqm_wmt21_ted", "critique"): (1058, 15341, 15341, 15341, 0, 0),
    ("mqm_wmt23_ende", "ranking"): (104, 3120, 104, 312, 0, 3120 - 2697),
    ("mqm_wmt21_ted", "ranking"): (1058, 15341, 3504, 3504, 0, 15341 - 11243),
    ("xsum_hallucination", "critique"): (2500, 13096, 2500, 7499, 0, 5597 + 33 + 1),
    ("xsum_hallucination", "outcome"): (2500, 13096, 2500, 5564, 0, 7499 + 33),
    ("expertqa", "outcome"): (479, 3267, 479, 478, 0, 2287 + 5),
    ("expertqa", "demonstration"): (479, 3267, 479, 467, 0, 2788 + 12),
    ("pubmedqa_l", "outcome"): (1000, 2000, 1000, 2000, 0, 0),
    ("crowd_gold_time", "outcome"): (800, 16030, 800, 16025, 5, 0),
    ("dawid_skene_anaesthesia", "outcome"): (45, 315, 45, 225, 90, 0),
    ("gsm8k_model_solutions", "outcome"): (1319, 5276, 5276, 0, 0, 5276),
    ("bigbench_mistake", "process"): (2186, 2186, 2186, 2186, 0, 0),
    ("convabuse", "safety"): (4185, 12768, 4185, 12411, 357, 0),
    ("adversarial_nibbler_r1r3", "redteam"): (1532, 9192, 1532, 7654, 6, 1532),
    ("taubench_airline_gpt4o", "tooltrace"): (50, 200, 200, 0, 0, 200),
    ("pandalm_test", "preference"): (999, 2997, 999, 2997, 0, 0),
    ("hh_harmless_test", "preference"): (2312, 2312, 2312, 2312, 0, 0),
    ("llmbar", "preference"): (419, 419, 419, 419, 0, 0),
}
every_set = pytest.mark.parametrize(("name", "signal"), SETS, ids=str)


@cache
def source(name: str) -> Source:
    return open_folder(DATA / name)


@cache
def reading(name: str, signal: str) -> Reading:
    return layout.read(source(name), signal)[1]


def sample(rows: list[Row]) -> list[Row]:
    """Rows from all over a set."""
    return rows[:: max(1, len(rows) // SAMPLED)]


def under(name: str, signal: str) -> Signal:
    return BY_NAME[signal].under(reading(name, signal).codes)


def read_item(row: Row, line: int = 1) -> ItemRow:
    """An item row as the import checks it."""
    found = check(json.loads(json.dumps(row)), "items", ItemRow, line=line)
    assert isinstance(found, ItemRow), found
    model = BY_NAME[found.signal].material
    assert (model is None) == (found.material is None)
    if model is not None:
        model.model_validate(found.material)
    return found


def read_row(row: Row, line: int = 1) -> JudgmentRow:
    """A judgment row as the import checks it."""
    found = read_judgment(json.loads(json.dumps(row)), line=line, name="judgments")
    assert isinstance(found, JudgmentRow), found
    return found


def answer_of(row: JudgmentRow) -> Answer:
    return Answer(verdict=row.verdict, values=dict(row.values), marks=list(row.marks), texts=dict(row.texts))


@needs_data
@every_set
def test_every_row_of_a_set_is_counted(name: str, signal: str) -> None:
    found = reading(name, signal)
    first, again = once(found.judgments)
    counts = (
        len(source(name).items), len(source(name).judgments), len(found.items), len(first), len(again),
        sum(found.left_out.values()),
    )  # fmt: skip
    assert counts == SETS[name, signal]
    assert len({row["id"] for row in found.items}) == len(found.items)
    assert {row["item"] for row in found.judgments} <= {row["id"] for row in found.items}
    assert {row["signal"] for row in found.items} == {signal}


@needs_data
@every_set
def test_rows_fit_the_forms(name: str, signal: str) -> None:
    found, kind = reading(name, signal), under(name, signal)
    rows = {str(row["id"]): row for row in found.items}
    for row in sample(found.items):
        assert kind.item_faults(content_of_row(read_item(row))) == []
    for row in sample(found.judgments):
        content = content_of_row(read_item(rows[str(row["item"])]))
        said = answer_of(read_row(row))
        if signal == "preference" and said.verdict in ("a", "b"):
            said = said.model_copy(update={"verdict": f"{said.verdict}_slightly"})
        form = kind.form(content, kind.codes)
        assert checking.faults(kind, said, content, form, criteria={}, is_whole=False) == []
        assert kind.words(kind.verdict_of(said, content), form)


@needs_data
@every_set
def test_a_programme_can_be_opened_with_a_set(name: str, signal: str) -> None:
    """Contract and rubric are documents that the cell accepts; the rows are cut short, since they are tried above."""
    whole = source(name)
    kept = {row.id for row in whole.items[:20]}
    short = replace(whole, items=whole.items[:20], judgments=[one for one in whole.judgments if one.item_id in kept])
    made = layout.data_set(short, *layout.read(short, signal))
    assert isinstance(read(made.contract, "contract.yaml", DataContract), DataContract)
    rubric = read(made.rubric, "rubric.yaml", Rubric)
    assert isinstance(rubric, Rubric), rubric
    assert codes(BY_NAME[signal], rubric) == {**BY_NAME[signal].codes, **made.codes}
    assert made.signal == signal
    items = made.items.splitlines()
    assert len(items) == made.pairs > 0


# --- back to the source ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Same:
    """One judgment as the source has it and as we have it."""

    item: SourceItem
    said: SourceJudgment
    row: JudgmentRow
    content: Content


Back = Callable[[Same], None]


def back_preference(one: Same) -> None:
    sides = dict(zip("ab", (each.id for each in one.item.candidates), strict=True))
    assert sides.get(one.row.verdict, one.row.verdict) == one.said.values["winner"]
    assert one.content.candidates == tuple(each.words for each in one.item.candidates)


def back_critique(one: Same) -> None:
    """Category, severity, side and place of every span; those without a place stand on the whole text."""
    words = {each.id: each.words for each in one.item.candidates}[one.said.candidate_id or ""]
    whole = {"target": len(words), "source": len(one.item.context or "")}
    expected = {
        (span.side, 0, whole[span.side], code(span.category), span.severity) if span.start is None
        else (span.side, span.start, span.end, code(span.category), span.severity)
        for span in one.said.spans
    }  # fmt: skip
    sides = {"a": "target", "source": "source"}
    assert {(sides[m.on], m.start, m.end, m.label, m.severity) for m in one.row.marks} == expected
    texts = {"a": words, "source": one.item.context or ""}
    assert all(mark.quote == texts[mark.on][mark.start : mark.end] for mark in one.row.marks)
    assert all(span.note in (one.row.rationale or "") for span in one.said.spans if span.note)
    unplaced = [span.text or "" for span in one.said.spans if span.start is None]
    assert all(text.strip() in (one.row.rationale or "") for text in unplaced)
    assert one.content.candidates == (words,)


def back_factuality(one: Same) -> None:
    assert (one.row.verdict == "factual") == one.said.values["is_factual"]


def back_claims(one: Same) -> None:
    given = {(mark.field, mark.on): mark for mark in one.row.marks}
    if one.said.candidate_id == "answer":
        assert one.row.verdict == one.said.values["usefulness"]
    else:
        for name, (dimension, values) in CLAIM_LISTS.items():
            mark = given.get((name, one.said.candidate_id or ""))
            assert (mark.label if mark else None) == one.said.values.get(dimension)
            assert mark is None or mark.label in values
        support = given.get(("support", one.said.candidate_id or ""))
        assert support is None or (support.text or "") == (one.said.rationale or "").strip()


def back_reviews(one: Same) -> None:
    revised = one.row.texts.get("response", one.content.candidates[0])
    assert revised.split() == str(one.said.meta["revised_answer"]).split()


def back_label(one: Same) -> None:
    assert one.row.verdict == str(one.said.values["label"])


def back_steps(one: Same) -> None:
    labels = {name: ours for ours, name in STEP.items()}
    assert [labels[mark.label] for mark in one.row.marks] == one.said.values["step_labels"]
    verdict = BY_NAME["process"].verdict_of(answer_of(one.row), one.content)
    first = one.said.values.get("first_mistake")
    assert verdict == ("no_error" if first is None else f"first_error:{first}")


def back_abuse(one: Same) -> None:
    assert one.row.values["severity"] == f"level {one.said.values['severity']}"
    assert (one.row.verdict == "abusive") == one.said.values["abusive"]
    kinds = [mark.label.split("/") for mark in one.row.marks]
    for name in ("type", "target", "direction"):
        assert [label for kind, label in kinds if kind == name] == one.said.values.get(name, [])


def back_attack(one: Same) -> None:
    def labels(field: str) -> list[str]:
        return [mark.label for mark in one.row.marks if mark.field == field]

    assert {"image_safety": [key for key, ours in SAFETY_OUTCOMES.items() if ours == one.row.verdict]} | {
        "attack_mode": labels("strategies"), "failure_type": labels("breaks"), "failure_target": labels("turn_target"),
        "text_safety": labels("turn_text_safety"),
    } == {"failure_type": [], "attack_mode": [], "failure_target": []} | one.said.values  # fmt: skip


BACK: dict[tuple[str, str], Back] = {
    ("pairwise", "preference"): back_preference, ("error_spans+listwise", "critique"): back_critique,
    ("span_labels+binary", "critique"): back_critique, ("span_labels+binary", "outcome"): back_factuality,
    ("claim_verification", "outcome"): back_claims, ("claim_verification", "demonstration"): back_reviews,
    ("label", "outcome"): back_label, ("process_labels", "process"): back_steps,
    ("ordinal+multilabel", "safety"): back_abuse, ("red_team", "redteam"): back_attack,
}  # fmt: skip


def own_ids(whole: Source, said: SourceJudgment) -> str:
    """The item of ours that a judgment of the source is about."""
    if whole.task != "error_spans+listwise":
        return said.item_id
    item = next(row for row in whole.items if row.id == said.item_id)
    return f"{said.item_id}:{[one.id for one in item.candidates].index(said.candidate_id or '')}"


@needs_data
@pytest.mark.parametrize(
    ("name", "signal"), [key for key, counts in SETS.items() if counts[3] and key[1] != "ranking"], ids=str
)
def test_a_row_says_what_the_source_says(name: str, signal: str) -> None:
    whole, found = source(name), reading(name, signal)
    first, _ = once(found.judgments)
    rows = {(row["item"], str(row["rater"]).partition(" (")[0]): row for row in first}
    contents = {row["id"]: row for row in found.items}
    items, seen = {row.id: row for row in whole.items}, Counter[tuple[object, object, object]]()
    tried = 0
    step = len(whole.judgments) // 300 // 2 * 2 + 1  # odd: rows of some sets come in sixes
    for number, said in enumerate(whole.judgments):
        task = said.values.get("task", "")
        is_other = (task, signal) in {("faithfulness", "outcome"), ("factuality", "critique")}
        is_again = seen[said.item_id, said.candidate_id, (said.rater_id, task)] > 0
        seen[said.item_id, said.candidate_id, (said.rater_id, task)] += 1
        if number % step or is_again or is_other:
            continue
        own = own_ids(whole, said)
        row = rows.get((own, said.rater_id))
        if row is None or (signal == "demonstration" and said.candidate_id != "answer"):
            continue
        content = content_of_row(read_item(contents[own]))
        BACK[whole.task, signal](Same(item=items[said.item_id], said=said, row=read_row(row), content=content))
        tried += 1
    assert tried >= min(30, len(first))


@needs_data
@pytest.mark.parametrize("name", [name for name, signal in SETS if signal == "ranking"])
def test_an_order_is_that_of_the_penalties_of_its_rater(name: str) -> None:
    """Told from the texts: every pair of an order stands as the two penalties of the source do, and none is lost."""
    whole, found = source(name), reading(name, "ranking")
    words = {row.id: {one.id: one.words for one in row.candidates} for row in whole.items}
    given: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for said in whole.judgments:
        text = words[said.item_id][said.candidate_id or ""]
        given[said.item_id, said.rater_id][text].append(float(str(said.values["mqm_penalty"])))
    items, placed = {str(row["id"]): read_item(row) for row in found.items}, 0
    for row in map(read_row, found.judgments):
        item = items[row.item]
        penalties = given[row.item.rpartition(":")[0], row.rater]
        assert {one.text for one in item.candidates} == set(penalties)
        ordered = [(mark.place or 0, penalties[item.candidates[ord(mark.on) - 97].text]) for mark in row.marks]
        placed += len(ordered)
        for (place, own), (further, other) in combinations(ordered, 2):
            if len(own) == len(other) == 1:
                assert (place > further) - (place < further) == (own[0] > other[0]) - (own[0] < other[0])
    assert placed + sum(found.left_out.values()) == len(whole.judgments)


@needs_data
def test_what_machines_said_stands_beside_the_work_and_is_no_judgment() -> None:
    solutions = source("gsm8k_model_solutions")
    results = {
        str(row["id"]): [one.result for one in _results(row)] for row in reading(solutions.name, "outcome").items
    }
    order = {row.id: [one.id for one in row.candidates] for row in solutions.items}
    for said in solutions.judgments:
        own = f"{said.item_id}:{order[said.item_id].index(said.candidate_id or '')}"
        assert results[own] == ["pass" if said.values["correct"] else "fail"]
    traces = reading("taubench_airline_gpt4o", "tooltrace").items
    passed = sum(one.result == "pass" for row in traces for one in _results(row))
    assert passed == sum(said.values["reward"] == 1 for said in source("taubench_airline_gpt4o").judgments) == 84


def _results(row: Row) -> list[Found]:
    material = row["material"]
    assert isinstance(material, dict)
    return [Found.model_validate(one) for one in material["verifiers"]]


@needs_data
def test_a_trace_keeps_every_message_and_every_output_at_its_call() -> None:
    whole = source("taubench_airline_gpt4o")
    rows = reading(whole.name, "tooltrace").items
    candidates = [one for row in whole.items for one in row.candidates]
    signal = BY_NAME["tooltrace"]
    for candidate, row in list(zip(candidates, rows, strict=True))[::7]:
        content = content_of_row(read_item(row))
        [made] = signal.rows(content, [_undetailed()])["conversations"]
        messages = json.loads(json.dumps(made["messages"]))
        before = candidate.meta["messages"]
        assert isinstance(before, list)
        assert [(m["role"], m.get("content") or "", _calls(m)) for m in messages] == [
            (m["role"], m.get("content") or "", _calls(m)) for m in before
        ]


def _calls(message: dict[str, list[dict[str, dict[str, str]]]]) -> list[tuple[str, object]]:
    made = [call["function"] for call in message.get("tool_calls") or []]
    return [(one["name"], json.loads(one["arguments"])) for one in made]


def _undetailed() -> Given:
    return Given(facts=Facts(verdict="goal_missed"))


def test_a_folder_that_holds_no_set_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(layout.BadLayout, match=r"expected items.jsonl.gz, found none"):
        layout.load(tmp_path)


def test_only_a_known_task_is_read_and_only_by_its_signals() -> None:
    item = SourceItem(id="x", task_type="label_set")
    with pytest.raises(layout.BadLayout, match=r"expected items of one of the tasks pairwise, .*, found label_set"):
        layout.read(Source(name="set", items=[item], judgments=[]))
    with pytest.raises(layout.BadLayout, match="expected one of the signals outcome of this set, found process"):
        layout.read(Source(name="set", items=[SourceItem(id="x", task_type="label")], judgments=[]), "process")


def test_the_later_judgment_of_a_rater_is_a_retest_and_no_second_opinion() -> None:
    rows: list[Row] = [{"item": "i", "rater": rater, "verdict": str(n)} for n, rater in enumerate("abaca")]
    first, again = once(rows)
    assert [row["verdict"] for row in first] == ["0", "1", "3"]
    assert [row["verdict"] for row in again] == ["2", "4"]


def test_a_span_without_a_place_stays_an_error_of_its_severity() -> None:
    span = SourceSpan(category="Style", severity="major", text=" worn ")
    said = SourceJudgment(item_id="x", candidate_id="sys", rater_id="r", spans=[span])
    item = SourceItem(
        id="x", task_type="error_spans+listwise", candidates=[SourceCandidate(id="sys", text="Ein Satz.")]
    )
    found = layout.read(Source(name="set", items=[item], judgments=[said]))[1]
    [row] = found.judgments
    read_back = read_row(row)
    assert [(m.start, m.end, m.severity) for m in read_back.marks] == [(0, 9, "major")]
    assert read_back.rationale == "Without a place in the source, so the mark is on the whole text: Style: worn"
    assert read_back.marks[0].quote == "Ein Satz."
