"""Where a shortfall of agreement stands: exact small cases, chance as the coefficients have it, and rubbish."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from tallystick.stats.agreement import measure
from tallystick.stats.agreement.result import Agreement
from tallystick.stats.agreement.table import read_ratings
from tallystick.stats.shortfall import ITEMS_MIN, METRICS, Comparisons, compared, item_gains, part

Column = NDArray[np.int64]
Columns = tuple[Column, Column, Column]
SCALE = [0, 1, 2]


def judged(n_items: int, *, raters: int, noise: float, seed: int, missing: float = 0.0) -> Columns:
    """Items of three answers, each rater right but for some noise."""
    chance = np.random.default_rng(seed)
    truth = chance.integers(0, 3, n_items)
    item, rater = (column.ravel() for column in np.meshgrid(np.arange(n_items), np.arange(raters), indexing="ij"))
    wrong = chance.random(len(item)) < noise
    value = np.where(wrong, chance.integers(0, 3, len(item)), truth[item])
    kept = chance.random(len(item)) >= missing
    return item[kept], rater[kept], value[kept]


def made(columns: Columns, metric: str = "krippendorff_alpha", level: str = "nominal") -> tuple[Comparisons, Agreement]:
    items, raters, values = columns
    order = "ranked" if level == "ordinal" else "none"
    found = measure(items, raters, values, metric=metric, level=level, categories=SCALE)
    comparisons = compared(read_ratings(items, raters, values, categories=SCALE, order=order), found)
    assert comparisons is not None
    return comparisons, found


@pytest.mark.parametrize("metric", [*METRICS, "krippendorff_alpha"])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_the_room_is_what_the_coefficient_calls_chance(metric: str, missing: float) -> None:
    is_pair = metric in {"cohen_kappa", "scott_pi"}
    columns = judged(60, raters=2 if is_pair else 4, noise=0.3, seed=5, missing=0.0 if is_pair else missing)
    comparisons, found = made(columns, metric)
    assert found.observed_agreement is not None
    distance = float(comparisons.weight @ comparisons.distance / comparisons.weight.sum())
    assert 1 - distance == pytest.approx(found.observed_agreement, abs=1e-12)
    chance = 0.0 if metric == "percent_agreement" else found.chance_agreement
    assert chance is not None
    assert comparisons.room == pytest.approx(1 - chance, abs=1e-12)


def test_what_holds_all_disagreement_would_give_all_that_is_missing() -> None:
    items = np.repeat(np.arange(20), 2)
    raters = np.tile([0, 1], 20)
    values = np.repeat(np.arange(20) % 3, 2)
    values[1:12:2] = (values[1:12:2] + 1) % 3  # the second rater parts on the first six items
    comparisons, found = made((items, raters, values))
    assert found.value is not None
    whole = part(comparisons, comparisons.item < 6, threshold=0.9)
    assert whole.gain == pytest.approx(1 - found.value)
    assert whole.share == pytest.approx((1 - found.value) / (0.9 - found.value))
    assert (whole.items, whole.comparisons) == (6, 6)
    most = part(comparisons, comparisons.item < 5, threshold=0.9)
    # 15 comparisons are left with one of distance 1: 1 - (1 / 15) / room.
    assert most.gain == pytest.approx(1 - 1 / 15 / comparisons.room - found.value)


def test_half_of_what_is_looked_at_counts_for_half() -> None:
    comparisons, _ = made(judged(400, raters=3, noise=0.4, seed=1))
    inside = comparisons.item % 4 == 0
    among = comparisons.item % 2 == 0
    within = comparisons.distance[inside].mean()
    beside = comparisons.distance[among & ~inside].mean()
    found = part(comparisons, inside, threshold=0.9, among=among)
    assert found.gain == pytest.approx((within - beside) / 2 / comparisons.room / 2)


def test_a_part_that_is_like_the_rest_gives_nothing_and_its_interval_says_so() -> None:
    chance, covered = np.random.default_rng(3), 0
    for seed in range(60):
        comparisons, _ = made(judged(150, raters=3, noise=0.3, seed=seed))
        found = part(comparisons, chance.random(150)[comparisons.item] < 0.3, threshold=0.9, draws=400)
        assert found.interval is not None
        covered += found.interval.low <= 0 <= found.interval.high
    assert covered >= 52  # 57 of 60 are expected; fewer than 52 come in 1 run of 200


def test_a_part_that_is_worse_is_found_whatever_order_the_rows_have() -> None:
    items, raters, values = judged(300, raters=3, noise=0.1, seed=2)
    chance = np.random.default_rng(4)
    bad = items < 60
    values = np.where(bad & (chance.random(len(items)) < 0.7), chance.integers(0, 3, len(items)), values)
    comparisons, found = made((items, raters, values))
    first = part(comparisons, comparisons.item < 60, threshold=0.95)
    assert first.gain is not None
    assert first.interval is not None
    assert first.interval.low > 0
    assert found.value is not None
    assert found.value + first.gain == pytest.approx(made(judged(300, raters=3, noise=0.1, seed=2))[1].value, abs=0.05)
    shuffled = chance.permutation(len(items))
    again, _ = made((items[shuffled], raters[shuffled], values[shuffled]))
    second = part(again, again.item < 60, threshold=0.95)
    assert second.gain == pytest.approx(first.gain)
    assert (second.interval, second.items) == (first.interval, first.items)


def test_rows_of_the_two_judgments_are_those_that_were_given() -> None:
    items, raters, values = judged(30, raters=4, noise=0.5, seed=9, missing=0.2)
    shuffled = np.random.default_rng(1).permutation(len(items))
    items, raters, values = items[shuffled], raters[shuffled], values[shuffled]
    comparisons, _ = made((items, raters, values))
    assert (items[comparisons.first] == items[comparisons.second]).all()
    assert ((values[comparisons.first] != values[comparisons.second]) == comparisons.distance).all()
    expected = {
        frozenset(pair)
        for item in set(items.tolist())
        for pair in itertools.combinations(np.flatnonzero(items == item).tolist(), 2)
    }
    found = {frozenset(pair) for pair in zip(comparisons.first.tolist(), comparisons.second.tolist(), strict=True)}
    assert found == expected


def test_ordinal_answers_far_apart_weigh_more() -> None:
    items, raters, values = judged(200, raters=2, noise=0.0, seed=3)
    values = values.copy()
    values[1:120:2] = np.where(values[1:120:2] == 2, 1, values[1:120:2])  # near: 2 read as 1
    far = (items >= 60) & (items < 80) & (raters == 1)
    values[far] = np.where(values[far] == 0, 2, 0)
    ordinal, nominal = made((items, raters, values), level="ordinal")[0], made((items, raters, values))[0]
    gains = [part(one, (one.item >= 60) & (one.item < 80), threshold=1.0).share for one in (ordinal, nominal)]
    assert gains[0] is not None
    assert gains[1] is not None
    assert gains[0] > gains[1]


def test_too_few_items_on_either_side_say_nothing() -> None:
    comparisons, _ = made(judged(20, raters=2, noise=0.5, seed=1))
    for inside, word in ((comparisons.item < ITEMS_MIN - 1, "in it"), (comparisons.item > ITEMS_MIN - 2, "outside")):
        found = part(comparisons, inside, threshold=0.9)
        assert (found.gain, found.share, found.interval) == (None, None, None)
        assert found.reason is not None
        assert word in found.reason


def test_nothing_short_has_no_share() -> None:
    comparisons, found = made(judged(100, raters=2, noise=0.1, seed=1))
    assert found.value is not None
    assert part(comparisons, comparisons.item < 50, threshold=found.value - 0.1).share is None


def test_full_agreement_and_none_have_nothing_to_look_for() -> None:
    same = np.repeat(np.arange(10) % 3, 2)
    for values in (same, np.zeros(20, dtype=np.int64)):
        columns = np.repeat(np.arange(10), 2), np.tile([0, 1], 10), values
        found = measure(*columns, metric="krippendorff_alpha", categories=SCALE)
        assert compared(read_ratings(*columns, categories=SCALE, order="none"), found) is None


def test_many_different_items_are_resampled_in_groups() -> None:
    items, raters, values = judged(9_000, raters=7, noise=0.5, seed=1, missing=0.4)
    comparisons, _ = made((items, raters, values))
    found = part(comparisons, (comparisons.first * 7 + comparisons.second) % 11 == 0, threshold=0.9, draws=200)
    assert found.interval is not None
    assert found.interval.method in {"item_bootstrap", "item_group_bootstrap"}


def test_a_coefficient_without_comparisons_is_refused() -> None:
    columns = judged(20, raters=2, noise=0.2, seed=1)
    found = measure(*columns, metric="icc", categories=SCALE)
    with pytest.raises(ValueError, match="expected krippendorff_alpha at level nominal or ordinal"):
        compared(read_ratings(*columns, categories=SCALE, order="none"), found)


def test_an_item_alone_is_held_against_all_others() -> None:
    items, raters, values = judged(40, raters=3, noise=0.3, seed=6)
    kept = (items != 7) | (raters == 0)  # item 7 has one judgment: nothing to compare
    comparisons, _ = made((items[kept], raters[kept], values[kept]))
    gains = item_gains(comparisons)
    assert np.isnan(gains[7])
    inside = comparisons.item == 12
    outside = comparisons.weight[~inside] @ comparisons.distance[~inside] / comparisons.weight[~inside].sum()
    whole = comparisons.weight @ comparisons.distance / comparisons.weight.sum()
    assert gains[12] == pytest.approx((whole - outside) / comparisons.room)
