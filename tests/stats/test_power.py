"""How many more items decide a gate: the formula by hand, the simulation against tables that are really drawn."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from tallystick.stats.agreement import BadRatings, Question, measure
from tallystick.stats.power import ITEMS_MAX, ToDecide, items_needed, to_decide

Grid = NDArray[np.int64]
ALPHA = Question(metric="krippendorff_alpha")


def noisy(items: int, *, noise: float = 0.3, seed: int = 1) -> Grid:
    """(items, 3 raters), three answers."""
    chance = np.random.default_rng(seed)
    grid = np.repeat(chance.integers(0, 3, items)[:, None], 3, axis=1)
    return np.where(chance.random(grid.shape) < noise, chance.integers(0, 3, grid.shape), grid)


def columns(grid: Grid) -> tuple[Grid, Grid, Grid]:
    """The same in long form."""
    items, raters = np.nonzero(grid >= 0)
    return items, raters, grid[items, raters]


def ask(grid: Grid, threshold: float, **more: object) -> ToDecide:
    """Alpha of a grid against a threshold."""
    return to_decide(*columns(grid), ALPHA, threshold=threshold, **more)  # type: ignore[arg-type]  # options differ by test


def test_the_formula_by_hand() -> None:
    """100 items, standard error .05, .07 away: 100 (1.959964 * .05 / .07)^2 = 195.99; for 80 % 2.801585."""
    assert items_needed(100, 0.05, 0.07) == pytest.approx(100 * (1.959964 * 5 / 7) ** 2, rel=1e-6)
    assert items_needed(100, 0.05, -0.07, power=0.8) == pytest.approx(100 * (2.801585 * 5 / 7) ** 2, rel=1e-6)
    assert items_needed(100, 0.05, 0.0) == math.inf


def test_what_is_decided_needs_nothing_more() -> None:
    grid = noisy(400)
    for threshold, verdict in ((0.2, "passes"), (0.9, "fails")):
        found = ask(grid, threshold)
        assert (found.verdict, found.is_met) == (verdict, verdict == "passes")
        assert (found.items_needed, found.items_likely, found.items_more, found.method) == (None, None, None, None)
        assert "whole interval" in found.sentence


def test_many_items_follow_the_formula() -> None:
    grid = noisy(500)
    whole = measure(*columns(grid), metric="krippendorff_alpha")
    assert whole.value is not None
    assert whole.se is not None
    found = ask(grid, whole.value - 0.02)
    assert (found.verdict, found.is_met, found.method) == ("undecided", False, "normal")
    assert found.items_needed == math.ceil(500 * (1.959964 * whole.se / 0.02) ** 2)
    assert found.items_likely == math.ceil(items_needed(500, whole.se, 0.02, power=0.8))
    assert found.items_more == found.items_likely - 500
    assert found.judgments_more == 3 * found.items_more
    assert ask(grid, whole.value - 0.02, rule="estimate").is_met
    assert not ask(grid, whole.value + 0.01, rule="estimate").is_met


def test_few_items_are_simulated_near_the_formula() -> None:
    grid = noisy(80)
    whole = measure(*columns(grid), metric="krippendorff_alpha")
    assert whole.value is not None
    assert whole.se is not None
    for threshold in (whole.value - 0.07, whole.value + 0.07):
        found = ask(grid, threshold)
        assert found.method == "simulation"
        expected = items_needed(80, whole.se, 0.07, power=0.8)
        assert found.items_likely == pytest.approx(expected, rel=0.25)
        assert found.items_needed is not None
        assert found.items_likely is not None
        assert 80 < found.items_needed < found.items_likely
        assert f"{found.items_more:,} more items" in found.sentence


def test_so_many_items_decide_as_often_as_promised() -> None:
    """Tables of the size that was answered, drawn from the same items: eight of ten leave the threshold out."""
    grid = noisy(100, seed=4)
    value = measure(*columns(grid), metric="krippendorff_alpha").value
    assert value is not None
    threshold = value - 0.08
    size = ask(grid, threshold).items_likely
    assert size is not None
    chance = np.random.default_rng(2)
    decided = 0
    for seed in range(200):
        drawn = measure(*columns(grid[chance.integers(0, 100, size)]), metric="krippendorff_alpha", seed=seed).interval
        assert drawn is not None
        decided += drawn.low >= threshold or drawn.high < threshold
    assert 0.7 <= decided / 200 <= 0.9


def test_on_the_threshold_nothing_decides() -> None:
    for size in (60, 400):
        grid = noisy(size)
        value = measure(*columns(grid), metric="krippendorff_alpha").value
        assert value is not None
        found = ask(grid, value)
        assert found.verdict == "undecided"
        assert found.items_likely is None
        assert "cannot be decided at this distance" in found.sentence
        assert f"{ITEMS_MAX:,}" in found.sentence


def test_without_a_value_there_is_nothing_to_decide() -> None:
    same = np.zeros((10, 2), dtype=np.int64)
    found = ask(same, 0.7)
    assert (found.verdict, found.is_met, found.items_likely) == ("undefined", False, None)
    assert "nothing to decide by" in found.sentence
    few = ask(np.array([[0, 0], [1, 1], [0, 1]]), 0.7)
    assert few.verdict == "undefined"
    assert "too few" in few.sentence


def test_clusters_count_as_the_items_in_them() -> None:
    grid = np.repeat(noisy(40), 3, axis=0)
    clusters = np.repeat(np.arange(40), 9)
    alone, clustered = ask(grid, 0.45), ask(grid, 0.45, clusters=clusters)
    assert alone.items_likely is not None
    assert clustered.items_likely is not None
    assert clustered.items_likely > 2 * alone.items_likely


def test_the_seed_decides_and_the_order_of_rows_does_not() -> None:
    items, raters, values = columns(noisy(50))
    order = np.random.default_rng(3).permutation(len(items))
    found = to_decide(items, raters, values, ALPHA, threshold=0.5, seed=7)
    assert found == to_decide(items[order], raters[order], values[order], ALPHA, threshold=0.5, seed=7)


@pytest.mark.parametrize(
    ("more", "words"),
    [({"rule": "upper"}, "no rule"), ({"power": 0.3}, "A power"), ({"question": Question(metric="icc")}, "drawn anew")],
)
def test_what_makes_no_sense_is_refused(more: dict[str, object], words: str) -> None:
    given = {"question": ALPHA, "threshold": 0.5} | more
    with pytest.raises(BadRatings, match=words):
        to_decide(*columns(noisy(10)), **given)  # type: ignore[arg-type]  # that is the point
