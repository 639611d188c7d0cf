"""What a coefficient gained when items were judged again: each value as `measure` has it, the interval of a pair."""

from dataclasses import replace

import numpy as np
import pytest

from tallystick.stats.agreement import BadRatings, Question, measure
from tallystick.stats.agreement.difference import Long, difference

Row = tuple[str, str, str]
METRICS = ("krippendorff_alpha", "gwet_ac1", "fleiss_kappa", "conger_kappa", "percent_agreement")
CATEGORIES = ["0", "1", "2"]


def judged(items: int, noise: float, *, raters: int = 3, seed: int = 1, first: int = 0) -> list[Row]:
    """Raters who see what is there, but for a share of answers that they give by chance."""
    chance = np.random.default_rng(seed)
    rows = []
    for item in range(first, first + items):
        for rater in range(raters):
            answer = item % 3 if chance.random() > noise else int(chance.integers(0, 3))
            rows.append((f"i-{item}", f"r-{rater}", str(answer)))
    return rows


def long(rows: list[Row]) -> Long:
    items, raters, values = ([row[place] for row in rows] for place in range(3))
    return Long(items=items, raters=raters, values=values)


def value(rows: list[Row], metric: str) -> float | None:
    made = long(rows)
    return measure(made.items, made.raters, made.values, metric=metric, categories=CATEGORIES).value


@pytest.mark.parametrize("metric", METRICS)
def test_both_values_are_those_of_measure(metric: str) -> None:
    before, after = judged(40, 0.5), judged(40, 0.1, seed=2)
    found = difference(long(before), long(after), Question(metric=metric), categories=CATEGORIES)
    assert found.before == pytest.approx(value(before, metric), abs=1e-12)
    assert found.after == pytest.approx(value(after, metric), abs=1e-12)
    assert found.before is not None
    assert found.after is not None
    assert found.difference == pytest.approx(found.after - found.before, abs=1e-12)
    assert found.interval is not None
    assert found.interval.method == "paired_item_bootstrap"
    assert found.interval.low < found.after - found.before < found.interval.high


def test_two_raters_are_compared_by_cohens_kappa() -> None:
    before, after = judged(30, 0.5, raters=2), judged(30, 0.0, raters=2)
    found = difference(long(before), long(after), Question(metric="cohen_kappa"), categories=CATEGORIES)
    assert (found.after, found.reason) == (1.0, None)
    assert found.before == pytest.approx(value(before, "cohen_kappa"), abs=1e-12)


def test_what_did_not_change_has_no_width() -> None:
    rows = judged(40, 0.4)
    found = difference(long(rows), long(rows[::-1]), Question(metric="krippendorff_alpha"), categories=CATEGORIES)
    assert found.interval is not None
    assert (found.difference, found.interval.low, found.interval.high) == (0, 0, 0)


def test_a_pair_tells_more_than_two_samples() -> None:
    before = judged(60, 0.4)
    after = before[:150] + judged(10, 0.0, first=50)
    paired = difference(long(before), long(after), Question(metric="krippendorff_alpha"), categories=CATEGORIES)
    apart = [(f"other-{item}", rater, given) for item, rater, given in after]
    alone = difference(long(before), long(apart), Question(metric="krippendorff_alpha"), categories=CATEGORIES)
    assert paired.difference == pytest.approx(alone.difference, abs=1e-12)
    assert paired.interval is not None
    assert alone.interval is not None
    assert paired.interval.high - paired.interval.low < 0.6 * (alone.interval.high - alone.interval.low)
    assert (paired.units, alone.units) == (60, 120)


def test_the_interval_covers_a_true_difference_of_nothing() -> None:
    covered = 0
    for seed in range(120):
        before, after = judged(60, 0.4, seed=seed), judged(60, 0.4, seed=1000 + seed)
        found = difference(
            long(before), long(after), Question(metric="krippendorff_alpha"), categories=CATEGORIES, draws=400
        )
        assert found.interval is not None
        covered += found.interval.low <= 0 <= found.interval.high
    assert covered >= 108, covered  # 95 % of 120 is 114; below 108 once in a hundred such tests


def test_candidates_of_one_item_are_drawn_together() -> None:
    rows = judged(20, 0.3)
    both = [(f"{item}|{side}", rater, given) for item, rater, given in rows for side in "ab"]
    clusters = [name.partition("|")[0] for name, _, _ in both]
    made = replace(long(both), clusters=clusters)
    found = difference(made, made, Question(metric="krippendorff_alpha", level="ordinal"), categories=CATEGORIES)
    assert (found.units, found.difference) == (20, 0)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ([], judged(10, 0.3), "before"),
        (judged(10, 0.3), [("i-1", "r-1", "0"), ("i-1", "r-2", "0")], "after"),
        (judged(3, 0.3, seed=3), judged(3, 0.3, seed=4), "too few"),
    ],
)  # fmt: skip
def test_why_there_is_no_difference_or_no_interval(before: list[Row], after: list[Row], words: str) -> None:
    found = difference(long(before), long(after), Question(metric="krippendorff_alpha"), categories=CATEGORIES)
    assert found.interval is None
    assert words in str(found.reason)


def test_what_cannot_be_compared_is_refused() -> None:
    rows = long(judged(10, 0.3))
    with pytest.raises(BadRatings, match="not compared before and after"):
        difference(rows, rows, Question(metric="icc"))
    with pytest.raises(BadRatings, match="two"):
        difference(rows, rows, Question(metric="cohen_kappa"), categories=CATEGORIES)
