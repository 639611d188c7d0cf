"""What must hold of every coefficient, whatever the judgments: order, names, copies, absent raters, bounds."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.stats.agreement import Agreement, Question, category_agreement, measure_many

Table = Sequence[Sequence[int | None]]
SCALE = range(4)
NOMINAL = {
    "percent": Question(metric="percent_agreement"),
    "conger": Question(metric="conger_kappa"),
    "fleiss": Question(metric="fleiss_kappa"),
    "fleiss missing": Question(metric="fleiss_kappa_gwet_missing"),
    "brennan": Question(metric="brennan_prediger"),
    "ac1": Question(metric="gwet_ac1"),
    "alpha": Question(metric="krippendorff_alpha"),
}
ORDERED = {
    "ac2 ordinal": Question(metric="gwet_ac2", weights="gwet_ordinal"),
    "ac2 linear": Question(metric="gwet_ac2", weights="linear_value"),
    "ac2 quadratic": Question(metric="gwet_ac2", weights="quadratic_value"),
    "alpha ordinal": Question(metric="krippendorff_alpha", level="ordinal"),
    "alpha interval": Question(metric="krippendorff_alpha", level="interval"),
    "alpha ratio": Question(metric="krippendorff_alpha", level="ratio"),
    "icc 1": Question(metric="icc", form="icc_1"),
    "icc A1": Question(metric="icc", form="icc_A1"),
    "icc Ck": Question(metric="icc", form="icc_Ck"),
    "w": Question(metric="kendall_w"),
}
TWO = {
    "cohen": Question(metric="cohen_kappa"),
    "cohen linear": Question(metric="cohen_kappa", weights="linear"),
    "cohen quadratic": Question(metric="cohen_kappa", weights="quadratic"),
    "scott": Question(metric="scott_pi"),
}
# Alpha divides by one judgment less, ICC by one item less, and W ranks all items: copies of items change them.
COPIED = [name for name in NOMINAL | ORDERED if not name.startswith(("alpha", "icc", "w"))]

answers = st.one_of(st.none(), st.integers(0, 3))
tables = st.lists(st.lists(answers, min_size=3, max_size=3), min_size=2, max_size=14)
pairs = st.lists(st.lists(answers, min_size=2, max_size=2), min_size=2, max_size=14)


def ask(table: Table, questions: dict[str, Question]) -> dict[str, Agreement]:
    """Every coefficient of a table of items by raters; None is missing."""
    cells = [(f"item {i}", f"rater {j}", value) for i, row in enumerate(table) for j, value in enumerate(row)]
    items, raters, values = zip(*cells, strict=True)
    found = measure_many(items, raters, values, list(questions.values()), categories=SCALE, draws=100)
    return dict(zip(questions, found, strict=True))


def numbers(found: dict[str, Agreement]) -> dict[str, float | None]:
    """The values alone, rounded beyond what the order of sums can change."""
    return {name: None if one.value is None else round(one.value, 9) + 0.0 for name, one in found.items()}


@given(table=tables, seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_items_and_raters_have_no_order(table: Table, seed: int) -> None:
    chance = np.random.default_rng(seed)
    rows, columns = chance.permutation(len(table)), chance.permutation(3)
    moved = [[table[row][column] for column in columns] for row in rows]
    questions = NOMINAL | ORDERED
    assert numbers(ask(moved, questions)) == pytest.approx(numbers(ask(table, questions)), abs=2e-9)


@given(table=pairs, seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_two_raters_have_no_order(table: Table, seed: int) -> None:
    rows = np.random.default_rng(seed).permutation(len(table))
    moved = [[table[row][1], table[row][0]] for row in rows]
    assert numbers(ask(moved, TWO)) == pytest.approx(numbers(ask(table, TWO)), abs=2e-9)


@given(table=tables, names=st.permutations(range(4)))
@settings(max_examples=60, deadline=None)
def test_names_of_categories_do_not_matter_where_they_have_no_order(table: Table, names: list[int]) -> None:
    renamed = [[None if value is None else names[value] for value in row] for row in table]
    assert numbers(ask(renamed, NOMINAL)) == pytest.approx(numbers(ask(table, NOMINAL)), abs=2e-9)


@given(table=tables)
@settings(max_examples=40, deadline=None)
def test_a_scale_turned_round_is_the_same_scale(table: Table) -> None:
    turned = [[None if value is None else 3 - value for value in row] for row in table]
    asked = {name: one for name, one in ORDERED.items() if name != "alpha ratio"}  # a ratio has a zero
    assert numbers(ask(turned, asked)) == pytest.approx(numbers(ask(table, asked)), abs=2e-9)


@given(table=tables, copies=st.integers(2, 5))
@settings(max_examples=60, deadline=None)
def test_every_item_several_times_changes_no_value(table: Table, copies: int) -> None:
    before, after = (ask(one, NOMINAL | ORDERED) for one in (table, [*table] * copies))
    for name in COPIED:
        if before[name].status == "ok":
            assert after[name].value == pytest.approx(before[name].value, abs=1e-9), name
    errors = [(before[name].se, after[name].se) for name in COPIED if before[name].status == "ok"]
    assert all(new <= old + 1e-12 for old, new in errors if old is not None and new is not None)


@given(table=pairs, copies=st.integers(2, 5))
@settings(max_examples=40, deadline=None)
def test_the_same_for_two_raters(table: Table, copies: int) -> None:
    before, after = (ask(one, TWO) for one in (table, [*table] * copies))
    for name, found in before.items():
        if found.status == "ok":
            assert after[name].value == pytest.approx(found.value, abs=1e-9)


@given(table=tables)
@settings(max_examples=40, deadline=None)
def test_a_rater_who_judged_nothing_changes_nothing(table: Table) -> None:
    questions = NOMINAL | ORDERED
    assert ask([[*row, None] for row in table], questions) == ask(table, questions)


@given(table=tables, more=st.lists(st.integers(0, 3), max_size=4))
@settings(max_examples=40, deadline=None)
def test_items_with_one_judgment_do_not_change_what_is_compared(table: Table, more: list[int]) -> None:
    """Alpha takes no notice of them; percent agreement neither."""
    asked = {name: one for name, one in (NOMINAL | ORDERED).items() if name.startswith(("alpha", "percent"))}
    before, after = ask(table, asked), ask([*table, *([value, None, None] for value in more)], asked)
    for name, found in before.items():
        if found.status == "ok":
            assert after[name].value == pytest.approx(found.value, abs=1e-9)


@given(table=tables)
@settings(max_examples=80, deadline=None)
def test_bounds(table: Table) -> None:
    found = ask(table, NOMINAL | ORDERED)
    for name, one in found.items():
        if one.value is None:
            continue
        assert one.value <= 1 + 1e-9, name
        if name in {"percent", "w"}:
            assert one.value >= -1e-9
        if name == "brennan":
            assert one.value >= -1 / 3 - 1e-9
        if name == "ac1":
            assert one.value >= -1 - 1e-9
        if one.interval is not None:
            assert one.interval.low <= one.interval.high <= 1 + 1e-9
        if one.se is not None:
            assert one.se >= 0


@given(table=tables)
@settings(max_examples=40, deadline=None)
def test_full_agreement_is_one_and_one_alone(table: Table) -> None:
    found = ask(table, NOMINAL | ORDERED)
    compared = [
        {value for value in row if value is not None} for row in table if sum(value is not None for value in row) > 1
    ]
    is_full = all(len(values) == 1 for values in compared)
    for name, one in found.items():
        if one.status == "ok" and not name.startswith(("icc", "w")):
            assert (one.value == pytest.approx(1, abs=1e-12)) == is_full, name


@given(table=tables, names=st.permutations(range(4)))
@settings(max_examples=40, deadline=None)
def test_categories_follow_their_names(table: Table, names: list[int]) -> None:
    def of(one: Table) -> dict[str, tuple[float | None, int]]:
        cells = [(i, j, value) for i, row in enumerate(one) for j, value in enumerate(row)]
        items, raters, values = zip(*cells, strict=True)
        found = category_agreement(items, raters, values, categories=SCALE, draws=100)
        return {part.category: (part.value, part.count) for part in found}

    before = of(table)
    after = of([[None if value is None else names[value] for value in row] for row in table])
    assert {str(names[int(name)]): part for name, part in before.items()} == after
