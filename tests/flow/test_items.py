"""Rows of an import: what an expert sees and what is hidden part here, and every problem has its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from living_cell import gold_row, item_row, rubric_text

from tallystick import canon
from tallystick.flow import items as flow
from tallystick.flow.document import read
from tallystick.flow.items import ItemRow
from tallystick.flow.rubric import Rubric


def rubrics() -> dict[str, Rubric]:
    found = read(rubric_text(), "rubric.yaml", Rubric)
    assert isinstance(found, Rubric)
    return {"general": found}


def good(row: dict[str, object], purpose: str = "work") -> ItemRow:
    found = flow.read_item(row, line=1, name="rows.jsonl", purpose=purpose, rubrics=rubrics())  # type: ignore[arg-type]  # plain data
    assert isinstance(found, ItemRow), found
    return found


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zs", "Zl", "Zp")), min_size=3, max_size=30)


@given(WORDS, WORDS, WORDS)
def test_hidden_things_are_not_in_what_is_shown(prompt: str, model: str, version: str) -> None:
    row = good(item_row("i-1", prompt=f"<{prompt}>", candidates=[
        {"text": "one", "model": f"M-{model}", "version": f"V-{version}"}, {"text": "two"},
    ]))  # fmt: skip
    shown = flow.visible(row).decode()
    assert canon.encode(f"<{prompt}>").decode() in shown
    assert "M-" not in shown.replace(prompt, "")
    assert canon.encode(f"M-{model}").decode() in flow.hidden(row, rubrics()["general"]).decode()


def test_the_gold_key_is_hidden() -> None:
    row = good(gold_row("g-1"), "gold")
    assert b"a_clearly" not in flow.visible(row)
    assert b"a_clearly" in flow.hidden(row, rubrics()["general"])


SAME = {
    "letters large and small": item_row("i-2", prompt="WHAT IS i-1?"),
    "space": item_row("i-2", prompt="  What \n is   i-1? "),
    "candidates exchanged": item_row("i-2", prompt="What is i-1?", candidates=[
        {"text": "i-1 is two."}, {"text": "i-1 is one."},
    ]),
    "other models": item_row("i-2", prompt="What is i-1?", candidates=[
        {"text": "i-1 is one.", "model": "x"}, {"text": "i-1 is two.", "model": "y"},
    ]),
}  # fmt: skip
BOTH = [{"text": "i-1 is one."}, {"text": "i-1 is two."}]


@pytest.mark.parametrize("case", SAME)
def test_items_that_ask_the_same_are_found(case: str) -> None:
    row = SAME[case] if "candidates exchanged" in case or "models" in case else SAME[case] | {"candidates": BOTH}
    assert flow.normalised(good(row)) == flow.normalised(good(item_row("i-1")))


def test_items_that_ask_something_else_are_not() -> None:
    first = flow.normalised(good(item_row("i-1")))
    assert flow.normalised(good(item_row("i-1", context="Today."))) != first
    assert flow.normalised(good(item_row("i-2"))) != first


def test_only_axes_with_a_value_are_in_the_taxonomy() -> None:
    row = good(item_row("i-1", difficulty="hard", tools=None, failure_cluster="padding"))
    assert flow.taxonomy(row) == {"difficulty": "hard", "failure_cluster": "padding", "language": "en"}


def test_every_problem_of_a_row_is_told_at_once() -> None:
    row = item_row("a b", domain="cooking", candidates=[{"text": "one"}], difficulty="hardest", mood="good")
    found = flow.read_item(row, line=7, name="rows.jsonl", purpose="work", rubrics=rubrics())  # type: ignore[arg-type]  # plain data
    assert isinstance(found, list)
    assert {problem.path for problem in found} == {"id", "domain", "candidates", "difficulty", "mood"}
    assert {problem.line for problem in found} == {7}


def test_a_domain_without_a_rubric_takes_no_items() -> None:
    found = flow.read_item(item_row("i-1", domain="legal"), line=1, name="r", purpose="work", rubrics=rubrics())  # type: ignore[arg-type]  # plain data
    assert isinstance(found, list)
    assert found[0].expected == "a domain with a rubric in this programme (general)"
