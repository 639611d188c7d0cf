"""Agreement coefficients against tables worked by hand, a slow reading of the definitions, and the odd cases."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, permutations
from typing import TypedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.stats.agreement import (
    METRICS,
    Agreement,
    BadRatings,
    Coded,
    Status,
    measure,
    pairwise_kappa,
)

Table = Sequence[Sequence[int | None]]


class Question(TypedDict, total=False):
    """The parameters of `measure` that choose a coefficient."""

    metric: str
    level: str
    weights: str
    form: str


NOMINAL: list[Question] = [
    {"metric": "krippendorff_alpha"},
    {"metric": "fleiss_kappa"},
    {"metric": "fleiss_kappa_gwet_missing"},
    {"metric": "gwet_ac1"},
    {"metric": "brennan_prediger"},
    {"metric": "conger_kappa"},
]
NUMERIC: list[Question] = [
    {"metric": "krippendorff_alpha", "level": "ordinal"},
    {"metric": "krippendorff_alpha", "level": "interval"},
    {"metric": "krippendorff_alpha", "level": "ratio"},
    {"metric": "gwet_ac2", "weights": "gwet_ordinal"},
    {"metric": "gwet_ac2", "weights": "linear_value"},
    {"metric": "gwet_ac2", "weights": "quadratic_value"},
    {"metric": "icc", "form": "icc_1"},
    {"metric": "icc", "form": "icc_Ak"},
    {"metric": "kendall_w"},
]
TWO: list[Question] = [
    {"metric": "cohen_kappa"},
    {"metric": "cohen_kappa", "weights": "linear"},
    {"metric": "cohen_kappa", "weights": "quadratic"},
    {"metric": "scott_pi"},
]
ALL = NOMINAL + NUMERIC + TWO


def ask(table: Table, question: Question, **more: object) -> Agreement:
    """Measure a table of items by raters; None is missing."""
    cells = [(f"item {i}", f"rater {j}", value) for i, row in enumerate(table) for j, value in enumerate(row)]
    items, raters, values = zip(*cells, strict=True) if cells else ((), (), ())
    return measure(items, raters, values, **question, **more)  # type: ignore[arg-type]  # options differ by test


def name_of(question: Question) -> str:
    return "-".join(str(part) for part in question.values())


# 2 raters, 10 items: yes-yes 4, yes-no 1, no-yes 2, no-no 3.
BY_HAND: Table = [[1, 1]] * 4 + [[1, 0]] + [[0, 1]] * 2 + [[0, 0]] * 3
HAND_WORKED: list[tuple[Question, Fraction]] = [
    ({"metric": "percent_agreement"}, Fraction(7, 10)),
    # Marginals 5 and 6 of 10: chance is .5 * .6 + .5 * .4 = 1/2.
    ({"metric": "cohen_kappa"}, Fraction(2, 5)),
    # Pooled share of yes 11/20: chance is (121 + 81) / 400.
    ({"metric": "scott_pi"}, Fraction(7 * 40 - 202, 400 - 202)),
    ({"metric": "fleiss_kappa"}, Fraction(7 * 40 - 202, 400 - 202)),
    ({"metric": "conger_kappa"}, Fraction(2, 5)),
    # Chance of AC1 is 2 * 11/20 * 9/20 = 198/400.
    ({"metric": "gwet_ac1"}, Fraction(280 - 198, 400 - 198)),
    ({"metric": "brennan_prediger"}, Fraction(2, 5)),
    # 6 of 20 coincidences differ; 2 * 11 * 9 of 20 * 19 would by chance.
    ({"metric": "krippendorff_alpha"}, 1 - Fraction(6, 20) / Fraction(198, 380)),
]


@pytest.mark.parametrize(("question", "value"), HAND_WORKED, ids=[name_of(question) for question, _ in HAND_WORKED])
def test_a_table_worked_by_hand(question: Question, value: Fraction) -> None:
    found = ask(BY_HAND, question)
    assert found.value == pytest.approx(float(value), abs=1e-12)
    assert found.status == "ok"
    assert (found.n_items, found.n_pairable, found.n_raters, found.n_judgments) == (10, 10, 2, 20)
    assert found.percent_agreement == pytest.approx(0.7)
    assert [(one.category, one.count) for one in found.prevalence] == [("0", 9), ("1", 11)]


def test_different_numbers_of_judgments_per_item() -> None:
    """Fleiss (1981), table 13.7, 25 subjects with 2 to 5 ratings: Stata prints .5415."""
    rated = [22, 20, 32, 43, 33, 41, 30, 50, 20, 44, 55, 33, 44, 43, 20, 22, 31, 21, 41, 54, 32, 40, 30, 33, 22]
    table = [[1] * (code % 10) + [0] * (code // 10 - code % 10) for code in rated]
    assert ask(table, {"metric": "fleiss_kappa"}).value == pytest.approx(0.541545, abs=5e-7)
    assert ask(table, {"metric": "krippendorff_alpha"}).value == pytest.approx(0.552795, abs=5e-7)


def slow_alpha(table: Table, level: str) -> float | None:
    """Krippendorff's alpha pair by pair, with the ordinal distance as he writes it."""
    units = [[value for value in row if value is not None] for row in table]
    units = [unit for unit in units if len(unit) > 1]
    counts = Counter(value for unit in units for value in unit)
    n = sum(counts.values())

    def distance(a: int, b: int) -> float:
        low, high = min(a, b), max(a, b)
        if level == "ordinal":
            between = sum(counts[value] for value in counts if low <= value <= high)
            return (between - (counts[a] + counts[b]) / 2) ** 2 if a != b else 0.0
        if level == "ratio":
            return ((a - b) / (a + b)) ** 2 if a != b else 0.0
        return float((a - b) ** 2 if level == "interval" else a != b)

    within = sum(sum(distance(a, b) for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in units)
    between = sum(counts[a] * counts[b] * distance(a, b) for a in counts for b in counts)
    return 1 - (n - 1) * within / between if between else None


answers = st.one_of(st.none(), st.integers(0, 4))
tables = st.lists(st.lists(answers, min_size=3, max_size=3), min_size=2, max_size=12)


@given(table=tables, level=st.sampled_from(["nominal", "ordinal", "interval", "ratio"]))
@settings(max_examples=100, deadline=None)
def test_alpha_is_what_its_definition_says(table: Table, level: str) -> None:
    found = ask(table, {"metric": "krippendorff_alpha", "level": level}, draws=100)
    expected = slow_alpha(table, level)
    if found.status == "ok":
        assert expected is not None
        assert found.value == pytest.approx(expected, abs=1e-9)
    elif found.status == "no_variation":
        assert expected is None
    else:
        assert sum(sum(value is not None for value in row) > 1 for row in table) < 2


@pytest.mark.parametrize("question", [*NOMINAL, *NUMERIC], ids=name_of)
@given(table=tables, seed=st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_order_and_names_do_not_matter(question: Question, table: Table, seed: int) -> None:
    chance = np.random.default_rng(seed)
    before = ask(table, question, draws=100)
    rows = chance.permutation(len(table))
    columns = chance.permutation(3)
    after = ask([[table[row][column] for column in columns] for row in rows], question, draws=100)
    assert after.status == before.status
    assert after.value == pytest.approx(before.value, abs=1e-9)
    with_empty = ask([*table, [None, None, None]], question, draws=100)
    assert with_empty == before


@pytest.mark.parametrize("question", NOMINAL, ids=name_of)
@given(table=tables, names=st.permutations(range(5)))
@settings(max_examples=15, deadline=None)
def test_names_of_categories_do_not_matter(question: Question, table: Table, names: list[int]) -> None:
    renamed: Table = [[None if value is None else names[value] for value in row] for row in table]
    scale = {"categories": range(5), "draws": 100}
    assert ask(renamed, question, **scale).value == pytest.approx(ask(table, question, **scale).value, abs=1e-9)


@pytest.mark.parametrize("question", [*ALL, {"metric": "percent_agreement"}], ids=name_of)
def test_the_order_of_rows_changes_no_bit(question: Question) -> None:
    cells = [(f"i{i}", f"r{j}", value) for i, row in enumerate(BY_HAND) for j, value in enumerate(row)]
    before = measure(*zip(*cells, strict=True), **question)
    np.random.default_rng(1).shuffle(cells)
    assert measure(*zip(*cells, strict=True), **question) == before


def test_every_kind_of_column_gives_the_same() -> None:
    items = [f"i{i}" for i in range(10) for _ in "ab"]
    numbers = [i for i in range(10) for _ in "ab"]
    raters = ["a", "b"] * 10
    values = [value for row in BY_HAND for value in row]
    expected = measure(items, raters, values, metric="gwet_ac1")
    spread = np.array(numbers) * 10**12
    for column in (np.array(items), numbers, np.array(numbers), spread, np.array(items, dtype=object)):
        assert measure(column, raters, values, metric="gwet_ac1") == expected
    coded = Coded(codes=np.array([0, 1] * 10), labels=["a", "b"])
    assert measure(items, coded, np.array(values, dtype=float), metric="gwet_ac1") == expected
    assert measure(items, raters, [str(value) for value in values], metric="gwet_ac1") == expected


def test_missing_in_every_kind_of_column() -> None:
    items, raters = [1, 1, 2, 2, 3, 3], ["a", "b"] * 3
    expected = measure(items, raters, [1, 1, 0, None, 0, 1], metric="percent_agreement")
    assert (expected.n_judgments, expected.n_pairable, expected.value) == (5, 2, 0.5)
    codes = Coded(codes=np.array([1, 1, 0, -1, 0, 1]), labels=[0, 1])
    for values in ([1, 1, 0, float("nan"), 0, 1], np.array([1, 1, 0, np.nan, 0, 1]), codes):
        assert measure(items, raters, values, metric="percent_agreement") == expected


EDGES: list[tuple[str, Table, Status, Status, float | None]] = [
    # what, table, status of chance-corrected, status of percent agreement, percent agreement
    ("empty", [], Status.TOO_FEW_ITEMS, Status.TOO_FEW_ITEMS, None),
    ("nothing answered", [[None, None]] * 3, Status.TOO_FEW_ITEMS, Status.TOO_FEW_ITEMS, None),
    ("all equal", [[1, 1]] * 9, Status.NO_VARIATION, Status.OK, 1.0),
    ("equal where comparable", [[1, 1]] * 9 + [[2, None]], Status.NO_VARIATION, Status.OK, 1.0),
    ("one rater", [[1], [2], [1]], Status.SINGLE_RATER, Status.SINGLE_RATER, None),
    ("one rater answers", [[1, None], [2, None]], Status.SINGLE_RATER, Status.SINGLE_RATER, None),
    ("no overlap", [[1, None], [None, 2], [2, None]], Status.NO_OVERLAP, Status.NO_OVERLAP, None),
    ("one item overlaps", [[1, 1], [None, 2], [2, None]], Status.TOO_FEW_ITEMS, Status.OK, 1.0),
    ("one item", [[1, 2]], Status.TOO_FEW_ITEMS, Status.OK, 0.0),
]


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge[0])
@pytest.mark.parametrize("question", ALL, ids=name_of)
def test_undefined_is_said_and_never_a_number(
    edge: tuple[str, Table, Status, Status, float | None], question: Question
) -> None:
    name, table, status, _, percent = edge
    found = ask(table, question)
    complete_only = question["metric"] in {"icc", "kendall_w"}
    assert found.value is None
    assert found.status == status or (complete_only and name == "equal where comparable")
    assert found.interval is None
    assert found.reason
    assert found.percent_agreement == percent


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge[0])
def test_percent_agreement_is_defined_without_variation(
    edge: tuple[str, Table, Status, Status, float | None],
) -> None:
    found = ask(edge[1], {"metric": "percent_agreement"})
    assert (found.status, found.value) == (edge[3], edge[4])
    assert (found.interval is None) == (found.value is None)


@given(table=st.lists(st.lists(answers, min_size=2, max_size=2), max_size=8), number=st.integers(0, len(ALL) - 1))
@settings(max_examples=120, deadline=None)
def test_no_table_gives_nan_or_silence(table: Table, number: int) -> None:
    found = ask(table, ALL[number], draws=100)
    assert (found.value is None) == (found.status != "ok") == (found.reason is not None)
    assert (found.interval is None) == (found.interval_reason is not None)
    numbers = [found.value, found.se, found.observed_agreement, found.chance_agreement, found.percent_agreement]
    numbers += [found.interval.low, found.interval.high] if found.interval else []
    assert all(number is None or np.isfinite(number) for number in numbers)


def test_one_disagreement_in_a_lopsided_table_is_no_interval() -> None:
    found = ask([[1, 1]] * 9 + [[1, 2]], {"metric": "krippendorff_alpha"})
    assert found.value == pytest.approx(0)
    assert found.interval is None
    assert "one answer only" in str(found.interval_reason)


def test_the_prevalence_paradox_is_pointed_out() -> None:
    """Gwet's 118, 5, 2, 0: agreement .944, kappa below 0, AC1 .940776."""
    table: Table = [[1, 1]] * 118 + [[1, 0]] * 5 + [[0, 1]] * 2
    found = ask(table, {"metric": "cohen_kappa"})
    assert found.value == pytest.approx(-0.0234, abs=5e-5)
    assert found.paradox is not None
    assert found.paradox.is_flagged
    assert found.paradox.gwet_ac1 == pytest.approx(0.940776, abs=5e-7)
    assert "97%" in found.paradox.sentence
    balanced = ask(BY_HAND, {"metric": "cohen_kappa"}).paradox
    assert balanced is not None
    assert not balanced.is_flagged


def test_full_agreement_keeps_its_doubt() -> None:
    table: Table = [[number % 2, number % 2] for number in range(20)]
    found = ask(table, {"metric": "krippendorff_alpha"})
    assert found.value == 1
    assert found.interval is not None
    assert found.interval.high == 1
    assert 0.5 < found.interval.low < 0.8
    assert found.interval.method == "wilson_rescaled"


def test_unused_categories_change_what_depends_on_the_scale() -> None:
    for question in NOMINAL[:3]:
        assert ask(BY_HAND, question, categories=range(5)).value == pytest.approx(ask(BY_HAND, question).value)
    for question in (*NOMINAL[3:5], NUMERIC[3]):
        wide = ask(BY_HAND, question, categories=[-3, -2, 0, 1, 7]).value
        assert wide != pytest.approx(ask(BY_HAND, question).value)


def test_an_unused_category_widens_the_steps_of_weighted_kappa() -> None:
    table = [[1, 1], [1, 2], [2, 2], [2, 4], [4, 4], [1, 2]]
    observed, whole = (ask(table, TWO[1], categories=scale).value for scale in ([1, 2, 4], [1, 2, 3, 4]))
    assert observed == ask(table, TWO[1]).value
    assert whole != pytest.approx(observed)


def test_items_with_a_missing_judgment_are_left_out_of_icc_and_said_so() -> None:
    complete = [[1, 2], [3, 3], [5, 4], [2, 2]]
    found = ask([*complete, [4, None]], {"metric": "icc", "form": "icc_1"})
    assert found.value == ask(complete, {"metric": "icc", "form": "icc_1"}).value
    assert "1 of 5 items" in found.notes[0]
    assert found.n_pairable == 4


def test_pairs_are_the_kappas_of_two() -> None:
    chance = np.random.default_rng(3)
    table: list[list[int | None]] = [[int(value) for value in row] for row in chance.integers(0, 3, (40, 4))]
    table += [[None, 1, None, 2], [None, None, None, None]]
    columns = [(i, f"r{j}", value) for i, row in enumerate(table) for j, value in enumerate(row)]
    items, raters, values = zip(*columns, strict=True)
    pairs = pairwise_kappa(items, raters, values)
    assert [(pair.rater_a, pair.rater_b) for pair in pairs] == list(combinations(["r0", "r1", "r2", "r3"], 2))
    for pair in pairs:
        kept = [(i, j, value) for i, j, value in columns if j in {pair.rater_a, pair.rater_b}]
        alone = measure(*zip(*kept, strict=True), metric="cohen_kappa")
        assert (pair.value, pair.se, pair.interval) == (alone.value, alone.se, alone.interval)
        assert (pair.n_items, pair.percent_agreement) == (alone.n_pairable, alone.percent_agreement)
    quick = pairwise_kappa(items, raters, values, draws=0)
    assert [pair.value for pair in quick] == [pair.value for pair in pairs]
    assert {pair.interval.method for pair in quick if pair.interval} == {"delta_log"}


def test_pairs_without_an_answer_say_why() -> None:
    items, raters = [1, 2, 3, 4, 1, 2, 3, 5, 1], ["a", "a", "a", "a", "b", "b", "b", "c", "c"]
    pairs = pairwise_kappa(items, raters, [1, 1, 1, 2, 1, 1, 1, 2, 2])
    assert [(pair.status, pair.value) for pair in pairs] == [
        ("no_variation", None),
        ("too_few_items", None),
        ("too_few_items", None),
    ]
    assert all(pair.reason and pair.interval is None for pair in pairs)
    assert pairwise_kappa([1], ["a"], ["x"]) == []


@pytest.mark.parametrize(
    ("columns", "question", "words"),
    [
        (([1, 1], ["a"], [1, 2]), {"metric": "gwet_ac1"}, "2, 1 and 2"),
        (([1, 1], ["a", "a"], [1, 2]), {"metric": "gwet_ac1"}, "more than once"),
        (([1, None], ["a", "b"], [1, 2]), {"metric": "gwet_ac1"}, "no item"),
        (([1, 1], ["a", "b"], [1, "x"]), {"metric": "icc"}, "'x'"),
        (([1, 1], ["a", "b"], [1, float("inf")]), {"metric": "icc"}, "'inf'"),
        (([1, 1], ["a", "b"], [1, -1]), {"metric": "krippendorff_alpha", "level": "ratio"}, "0 or more"),
        (([1, 1, 1], ["a", "b", "c"], [1, 1, 1]), {"metric": "cohen_kappa"}, "exactly two raters, found 3"),
        (([1, 1, 1], ["a", "b", "c"], [1, 1, 1]), {"metric": "scott_pi"}, "conger_kappa"),
        (([1, 1], ["a", "b"], [1, 1]), {"metric": "icc", "form": "icc_2"}, "icc_A1"),
        (([1, 1], ["a", "b"], [1, 1]), {"metric": "kappa"}, "cohen_kappa"),
        (([1, 1], ["a", "b"], [1, 1]), {"metric": "gwet_ac1", "categories": ["1", "1"]}, "twice"),
    ],
)
def test_broken_input_is_named(columns: tuple[list[object], ...], question: dict[str, object], words: str) -> None:
    with pytest.raises(BadRatings) as raised:
        measure(*columns, **question)  # type: ignore[arg-type]  # that is the point
    assert words in str(raised.value)


def test_rows_at_fault_are_given() -> None:
    with pytest.raises(BadRatings) as raised:
        measure([1, 1, 2, 1], ["a", "b", "a", "a"], [None, 1, 2, 3], metric="gwet_ac1", categories=[1, 2])
    assert raised.value.rows == (3,)
    with pytest.raises(BadRatings) as raised:
        measure([1, 1, 2, 1, 1], ["a", "b", "a", "a", "a"], [None, 1, 2, 2, 1], metric="gwet_ac1")
    assert raised.value.rows == (3, 4)


def test_every_metric_of_the_command_line_is_asked_here() -> None:
    assert {question["metric"] for question in ALL} | {"percent_agreement"} == set(METRICS)
