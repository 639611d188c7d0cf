"""The one pass over the judgments: it counts what a slow reading counts, and misses no doubled judgment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.stats.agreement import METRICS, BadRatings, Coded, Question, measure, measure_many
from tallystick.stats.agreement.table import read_table

QUESTIONS = [
    *(Question(metric=name) for name, spec in METRICS.items() if spec.parameter is None and not spec.two_raters),
    *(Question(metric="krippendorff_alpha", level=level) for level in ("nominal", "ordinal", "interval", "ratio")),
    *(Question(metric="gwet_ac2", weights=weights) for weights in ("gwet_ordinal", "linear_value", "quadratic_value")),
    Question(metric="icc", form="icc_C1"),
    Question(metric="kendall_w"),
]

judgments = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 150), st.integers(1, 6)), max_size=60, unique_by=lambda row: row[:2]
)


def slow_patterns(rows: list[tuple[int, int, int]], labels: list[int]) -> Counter[tuple[int, ...]]:
    """How many items have each vector of counts, one item at a time."""
    by_item: dict[int, Counter[int]] = {}
    for item, _, value in rows:
        by_item.setdefault(item, Counter())[value] += 1
    return Counter(tuple(counts[label] for label in labels) for counts in by_item.values())


@given(rows=judgments, step=st.sampled_from([1, 7, 10**9]))
@settings(max_examples=150, deadline=None)
def test_patterns_are_those_of_a_slow_reading(rows: list[tuple[int, int, int]], step: int) -> None:
    """With ids that have gaps, ids far apart, and more raters than there are bits for them."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    ratings = read_table(columns[0] * step, columns[1], columns[2]).on(None, "none")
    labels = sorted({value for _, _, value in rows})
    assert ratings.categories == tuple(str(label) for label in labels)
    expected = slow_patterns(rows, labels)
    if not rows:
        assert ratings.patterns is None
        return
    assert ratings.patterns is not None
    counts, weights = ratings.patterns
    found = {tuple(int(count) for count in row): int(weight) for row, weight in zip(counts, weights, strict=True)}
    assert found == dict(expected)
    assert ratings.n_items == sum(expected.values())
    assert ratings.pairable.n_items == sum(number for row, number in expected.items() if sum(row) > 1)
    assert sorted(np.unique(ratings.item)) == list(range(ratings.n_items))


@given(rows=judgments.filter(bool), place=st.integers(0, 10**6), at=st.integers(0, 10**6), value=st.integers(1, 6))
@settings(max_examples=150, deadline=None)
def test_no_doubled_judgment_is_missed(rows: list[tuple[int, int, int]], place: int, at: int, value: int) -> None:
    twice = rows[place % len(rows)]
    where = at % (len(rows) + 1)
    rows = [*rows[:where], (twice[0], twice[1], value), *rows[where:]]
    columns = np.array(rows, dtype=np.int64).T
    with pytest.raises(BadRatings, match="more than once") as raised:
        read_table(columns[0], columns[1], columns[2])
    assert [rows[row][:2] for row in raised.value.rows] == [twice[:2], twice[:2]]


def test_more_judgments_of_a_label_than_four_bits_hold() -> None:
    """Sixteen and more answers alike on one item, beside items with few."""
    chance = np.random.default_rng(2)
    items = np.repeat(np.arange(40), 20)
    raters = np.tile(np.arange(20), 40)
    values = np.where(chance.random(800) < 0.9, 1, chance.integers(1, 4, 800))
    counts = np.zeros((40, 3))
    np.add.at(counts, (items, values - 1), 1)
    agreeing = float((counts * (counts - 1)).sum() / (40 * 20 * 19))
    found = measure(items, raters, values, metric="percent_agreement")
    assert found.value == pytest.approx(agreeing, abs=1e-12)
    assert counts.max() > 16


def table_of(n_items: int) -> tuple[list[str], list[str], list[int]]:
    """Three of five raters an item, four values, some of them alike."""
    chance = np.random.default_rng(6)
    items, raters, values = [], [], []
    for item in range(n_items):
        truth = int(chance.integers(1, 5))
        for rater in sorted(chance.choice(5, 3, replace=False)):
            items.append(f"item {item}")
            raters.append(f"rater {rater}")
            values.append(truth if chance.random() < 0.7 else int(chance.integers(1, 5)))
    return items, raters, values


@pytest.mark.parametrize("ci", ["bootstrap", "analytic", "jackknife"])
def test_many_questions_are_answered_as_each_by_itself(ci: str) -> None:
    columns = table_of(80)
    for categories in (None, range(1, 6)):
        found = measure_many(*columns, QUESTIONS, categories=categories, ci=ci)
        for asked, answer in zip(QUESTIONS, found, strict=True):
            alone = measure(
                *columns, metric=asked.metric, level=asked.level, weights=asked.weights, form=asked.form,
                categories=categories, ci=ci,
            )  # fmt: skip
            assert answer == alone


def test_two_raters_many_questions() -> None:
    chance = np.random.default_rng(1)
    items, raters = np.repeat(np.arange(30), 2), np.tile([0, 1], 30)
    values = chance.integers(0, 3, 60)
    asked = [Question(metric="cohen_kappa", weights=weights) for weights in ("none", "linear", "quadratic")]
    found = measure_many(items, raters, values, [*asked, Question(metric="scott_pi")])
    assert [one.value for one in found[:3]] == [
        measure(items, raters, values, metric="cohen_kappa", weights=weights).value
        for weights in ("none", "linear", "quadratic")
    ]
    assert found[3].metric == "scott_pi"


def test_threads_change_no_bit() -> None:
    columns = table_of(60)
    alone = measure_many(*columns, QUESTIONS, draws=730, seed=3)
    for workers in (1, 2, 5):
        with ThreadPoolExecutor(workers) as pool:
            assert measure_many(*columns, QUESTIONS, draws=730, seed=3, spread=pool.map) == alone
    assert measure_many(*columns, QUESTIONS, draws=730, seed=np.random.default_rng(3)) != alone


def test_labels_that_nobody_gave_are_no_part_of_what_was_observed() -> None:
    columns = table_of(40)
    coded = Coded(codes=np.array(columns[2]), labels=[9, 1, 2, 3, 4, None, 7])
    for metric in ("brennan_prediger", "gwet_ac1"):
        assert measure(*columns[:2], coded, metric=metric) == measure(*columns, metric=metric)
    gaps = np.array(columns[2]) * 2
    assert measure(*columns[:2], gaps, metric="gwet_ac1") == measure(*columns[:2], gaps.tolist(), metric="gwet_ac1")


def test_one_bad_question_of_many_is_named() -> None:
    columns = table_of(10)
    for asked, words in (
        (Question(metric="kappa"), "Unknown metric"),
        (Question(metric="gwet_ac1", weights="linear"), "takes no weights"),
        (Question(metric="cohen_kappa"), "exactly two raters"),
    ):
        with pytest.raises(BadRatings, match=words):
            measure_many(*columns, [Question(metric="gwet_ac1"), asked])
    assert measure_many(*columns, []) == []
    for wrong in ({"ci": "exact"}, {"draws": 10}, {"confidence": 1.0}):
        with pytest.raises(BadRatings):
            measure_many(*columns, QUESTIONS[:1], **wrong)
