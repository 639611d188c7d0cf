"""Three ways to an interval, and items that stand in clusters: against plain loops, published errors, known limits."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tallystick.stats.agreement import Agreement, BadRatings, Question, measure, measure_many

CASES = Path(__file__).parents[2].parent / "shared" / "cases"
Grid = NDArray[np.int64]
ASKED = [
    Question(metric="krippendorff_alpha"),
    Question(metric="krippendorff_alpha", level="ordinal"),
    Question(metric="krippendorff_alpha", level="interval"),
    Question(metric="gwet_ac1"),
    Question(metric="gwet_ac2", weights="quadratic_value"),
    Question(metric="fleiss_kappa"),
    Question(metric="brennan_prediger"),
    Question(metric="conger_kappa"),
]


def noisy(items: int, raters: int, *, seed: int = 1, categories: int = 3) -> Grid:
    """(items, raters) answers, two thirds of them the right one."""
    chance = np.random.default_rng(seed)
    grid = np.repeat(chance.integers(1, categories + 1, items)[:, None], raters, axis=1)
    return np.where(chance.random(grid.shape) < 1 / 3, chance.integers(1, categories + 1, grid.shape), grid)


def columns(grid: Grid) -> tuple[Grid, Grid, Grid]:
    """The same in long form."""
    items, raters = np.nonzero(grid >= 0)
    return items, raters, grid[items, raters]


def ask(grid: Grid, *, ci: str = "bootstrap", clusters: Grid | None = None) -> list[Agreement]:
    """All coefficients of a grid; `clusters` has one for each item."""
    items, raters, values = columns(grid)
    of_row = None if clusters is None else clusters[items]
    return measure_many(items, raters, values, ASKED, ci=ci, clusters=of_row, categories=[1, 2, 3])


def without(grid: Grid) -> list[list[float]]:
    """Every coefficient of the table without each item, measured anew."""
    found = []
    for item in range(len(grid)):
        rest = ask(np.delete(grid, item, axis=0), ci="analytic")
        found.append([one.value or 0.0 for one in rest])
    return found


def test_the_jackknife_is_that_of_tables_without_an_item() -> None:
    grid = noisy(24, 3)
    values = np.array(without(grid))
    n = len(grid)
    expected = np.sqrt((n - 1) / n * ((values - values.mean(axis=0)) ** 2).sum(axis=0))
    found = ask(grid, ci="jackknife")
    assert [one.se for one in found] == pytest.approx(expected.tolist(), rel=1e-9)
    assert {one.interval.method for one in found if one.interval} == {"jackknife_log"}


@pytest.mark.parametrize("ci", ["analytic", "jackknife"])
def test_the_ways_agree_when_there_are_many_items(ci: str) -> None:
    grid = noisy(3000, 3)
    for drawn, other in zip(ask(grid), ask(grid, ci=ci), strict=True):
        assert drawn.interval is not None
        assert other.interval is not None
        assert (drawn.value, drawn.status) == (other.value, other.status)
        width = drawn.interval.high - drawn.interval.low
        assert other.interval.low == pytest.approx(drawn.interval.low, abs=0.12 * width)
        assert other.interval.high == pytest.approx(drawn.interval.high, abs=0.12 * width)
        assert other.interval.low < (other.value or 0) < other.interval.high


def test_full_agreement_and_few_items_are_the_same_for_every_way() -> None:
    perfect = np.array([[1, 1], [2, 2]] * 10)
    few = np.array([[1, 1], [2, 1], [2, 2], [1, 2]])
    for ci in ("bootstrap", "analytic", "jackknife"):
        found = measure(*columns(perfect), metric="gwet_ac1", ci=ci)
        assert found.interval is not None
        assert found.interval.method == "wilson_rescaled"
        small = measure(*columns(few), metric="gwet_ac1", ci=ci)
        assert small.interval is None
        assert "4 items are too few" in str(small.interval_reason)


@pytest.mark.skipif(not CASES.is_dir(), reason="needs the shared cases beside the project")
def test_the_analytic_error_of_kappa_is_the_printed_one() -> None:
    """Cohen's own table: kappa .491525, SE .051002."""
    case = json.loads((CASES / "cohen1960__cohen_kappa__none.json").read_text())
    found = measure(*columns(np.array(case["data"], dtype=np.int64)), metric="cohen_kappa", ci="analytic")
    assert found.value == pytest.approx(0.491525, abs=5e-7)
    assert found.se == pytest.approx(0.051002, abs=5e-7)
    assert found.interval is not None
    assert found.interval.method == "delta_log"


def test_clusters_of_one_item_each_change_nothing_but_the_name() -> None:
    grid = noisy(60, 3)
    for ci in ("analytic", "jackknife"):
        for alone, clustered in zip(ask(grid, ci=ci), ask(grid, ci=ci, clusters=np.arange(60)), strict=True):
            assert clustered.value == pytest.approx(alone.value, abs=1e-12)
            assert clustered.se == pytest.approx(alone.se, rel=1e-6)
    for found in ask(grid, clusters=np.arange(60)):
        assert found.interval is not None
        assert found.interval.method == "cluster_bootstrap"


def test_copies_in_a_cluster_tell_nothing_new() -> None:
    """Every item five times, all five in one cluster: the errors are those of the items once."""
    grid = noisy(80, 3)
    copies = np.repeat(grid, 5, axis=0)
    clusters = np.repeat(np.arange(80), 5)
    for once, alone, clustered in zip(ask(grid), ask(copies), ask(copies, clusters=clusters), strict=True):
        assert clustered.se == pytest.approx(once.se, rel=0.02)
        assert (alone.se or 0) * 5**0.5 == pytest.approx(once.se, rel=0.02)
        assert clustered.value == alone.value or clustered.value == pytest.approx(alone.value, abs=1e-12)
        assert clustered.interval is not None
        assert once.interval is not None
        assert clustered.interval.high - clustered.interval.low == pytest.approx(
            once.interval.high - once.interval.low, rel=0.1
        )
    two = columns(copies[:, :2])
    kappa = measure(*two, metric="cohen_kappa", clusters=clusters[two[0]])
    kappa_once = measure(*columns(grid[:, :2]), metric="cohen_kappa")
    assert kappa.value == pytest.approx(kappa_once.value, abs=1e-12)
    assert kappa.se == pytest.approx(kappa_once.se, rel=1e-6)
    percent = measure(*columns(copies), metric="percent_agreement", clusters=np.repeat(clusters, 3))
    percent_once = measure(*columns(grid), metric="percent_agreement")
    assert percent.interval is not None
    assert percent_once.interval is not None
    assert percent.interval.low == pytest.approx(percent_once.interval.low, abs=5e-3)


def test_the_mean_of_clusters_has_the_clustered_error_of_miller() -> None:
    """Percent agreement of two raters is a mean of 0 and 1: its error is the one of clustered sums."""
    chance = np.random.default_rng(4)
    clusters = np.sort(chance.integers(0, 12, 60))
    share = chance.random(12)[clusters]
    grid = np.stack([np.ones(60), np.where(chance.random(60) < share, 1, 2)], axis=1).astype(np.int64)
    items, raters, values = columns(grid)
    found = measure(items, raters, values, metric="percent_agreement", clusters=clusters[items], ci="analytic")
    agrees = (grid[:, 0] == grid[:, 1]).astype(float)
    sums = np.bincount(clusters, weights=agrees - agrees.mean(), minlength=12)
    held = len(np.unique(clusters))
    assert found.se == pytest.approx(float(np.sqrt((sums**2).sum() * held / (held - 1))) / 60, rel=1e-6)


def test_icc_by_items_and_by_the_f_distribution() -> None:
    """Normal scores, for which the F limits are made: both ways give much the same. They know no clusters."""
    chance = np.random.default_rng(6)
    scores = chance.normal(0, 2, (400, 1)) + chance.normal(0, 0.5, 3) + chance.normal(0, 1, (400, 3))
    items, raters = np.repeat(np.arange(400), 3), np.tile(np.arange(3), 400)
    for form in ("icc_1", "icc_1k", "icc_C1", "icc_Ck"):
        ways = [
            measure(items, raters, scores.ravel(), metric="icc", form=form, ci=ci)
            for ci in ("analytic", "bootstrap", "jackknife")
        ]
        exact = ways[0].interval
        assert exact is not None
        assert exact.method == "f_exact"
        for other in ways[1:]:
            assert other.value == pytest.approx(ways[0].value, abs=1e-12)
            assert other.se is not None
            assert other.interval is not None
            width = exact.high - exact.low
            assert other.interval.low == pytest.approx(exact.low, abs=0.2 * width)
            assert other.interval.high == pytest.approx(exact.high, abs=0.2 * width)
    pairs = np.repeat(scores[:60], 2, axis=0)
    items, raters = np.repeat(np.arange(120), 3), np.tile(np.arange(3), 120)
    alone, clustered, none = (
        measure(items, raters, pairs.ravel(), metric="icc", clusters=clusters, ci=ci)
        for clusters, ci in ((None, "bootstrap"), (items // 2, "bootstrap"), (items // 2, "analytic"))
    )
    assert alone.se is not None
    assert clustered.se == pytest.approx(alone.se * 2**0.5, rel=0.02)
    assert none.interval is None
    assert "clusters" in str(none.interval_reason)


def test_many_clusters_go_in_groups() -> None:
    grid = noisy(10_000, 2)
    clusters = np.arange(10_000) // 2
    found = ask(grid, clusters=clusters)
    alone = ask(grid)
    for one, other in zip(found, alone, strict=True):
        assert one.interval is not None
        assert one.interval.method == "cluster_group_bootstrap"
        assert one.value == pytest.approx(other.value, abs=1e-9)
        assert one.se == pytest.approx(other.se, rel=0.15)


def test_clusters_that_make_no_sense_are_refused() -> None:
    items, raters, values = [1, 1, 2, 2], ["a", "b"] * 2, [1, 2, 1, 1]
    for clusters, words, rows in (
        (["x", "y", "x", "x"], "two clusters", (0,)),
        (["x", None, "x", "x"], "no cluster", (1,)),
        (["x"], "one for each row", ()),
    ):
        with pytest.raises(BadRatings, match=words) as raised:
            measure(items, raters, values, metric="gwet_ac1", clusters=clusters)
        assert raised.value.rows == rows


def test_no_cluster_of_its_own_for_what_cannot_be_compared() -> None:
    """Clusters whose items have one judgment each are no units of alpha."""
    grid = noisy(40, 2)
    items, raters, values = columns(grid)
    lonely = np.arange(100, 120)
    more = [np.concatenate(pair) for pair in ((items, lonely), (raters, lonely * 0), (values, lonely * 0 + 1))]
    clusters = np.concatenate([items // 2, lonely])
    found = measure(*more, metric="krippendorff_alpha", clusters=clusters)
    alone = measure(items, raters, values, metric="krippendorff_alpha", clusters=items // 2)
    assert found.value == pytest.approx(alone.value, abs=1e-12)
    assert found.se == pytest.approx(alone.se, rel=1e-9)
    assert found.interval == alone.interval
