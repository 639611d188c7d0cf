"""Intervals and errors of agreement: against resampling item by item, and on tables too big for patterns."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tallystick.stats.agreement import BadRatings, measure
from tallystick.stats.agreement.question import METRICS, Question
from tallystick.stats.agreement.rows import UNITS_MAX
from tallystick.stats.agreement.sums import GROUPS, Sums
from tallystick.stats.agreement.table import read_ratings
from tallystick.stats.agreement.uncertainty import Resamples, resampled, standard_error, values

QUESTIONS = [
    ("krippendorff_alpha", "nominal"),
    ("krippendorff_alpha", "ordinal"),
    ("krippendorff_alpha", "interval"),
    ("krippendorff_alpha", "ratio"),
    ("fleiss_kappa", ""),
    ("fleiss_kappa_gwet_missing", ""),
    ("gwet_ac1", ""),
    ("gwet_ac2", "gwet_ordinal"),
    ("brennan_prediger", ""),
    ("conger_kappa", ""),
]
Grid = NDArray[np.int64]


def noisy(items: int, raters: int, *, categories: int = 3, missing: float = 0.1, seed: int = 1) -> Grid:
    """(items, raters) answers that mostly agree, some of them missing (-1)."""
    chance = np.random.default_rng(seed)
    truth = chance.integers(1, categories + 1, items)
    grid = np.repeat(truth[:, None], raters, axis=1)
    is_wrong = chance.random(grid.shape) < 0.3
    grid[is_wrong] = chance.integers(1, categories + 1, int(is_wrong.sum()))
    grid[chance.random(grid.shape) < missing] = -1
    return grid


def columns(grid: Grid) -> tuple[Grid, Grid, Grid]:
    """Items, raters and values of the answers that are there."""
    items, raters = np.nonzero(grid >= 0)
    return items, raters, grid[items, raters]


def sums_of(grid: Grid, metric: str, choice: str) -> Sums:
    ratings = read_ratings(*columns(grid), categories=None, order="numbers")
    spec = METRICS[metric]
    assert spec.build is not None
    asked = (
        Question(metric=metric, level=choice) if spec.parameter == "level" else Question(metric=metric, weights=choice)
    )
    return spec.build(ratings.pairable if spec.needs_pairable else ratings, asked)


@pytest.mark.parametrize(("metric", "choice"), QUESTIONS)
def test_patterns_are_resampled_as_items_would_be(metric: str, choice: str) -> None:
    """The same distribution as drawing whole items with replacement and measuring each draw anew."""
    grid = noisy(60, 3)
    chance = np.random.default_rng(5)
    ours = resampled(sums_of(grid, metric, choice), Resamples(draws=4000, seed=5))
    drawn = [grid[chance.integers(0, len(grid), len(grid))] for _ in range(500)]
    brute = [float(values(found, found.totals())[0]) for found in (sums_of(one, metric, choice) for one in drawn)]
    spread = float(np.std(ours))
    assert np.mean(brute) == pytest.approx(float(np.mean(ours)), abs=4 * spread / 500**0.5)
    assert np.std(brute) == pytest.approx(spread, rel=0.15)
    for share in (0.05, 0.95):
        assert np.quantile(brute, share) == pytest.approx(float(np.quantile(ours, share)), abs=0.4 * spread)


@pytest.mark.parametrize(("metric", "choice"), QUESTIONS)
def test_the_error_is_that_of_the_resamples(metric: str, choice: str) -> None:
    found = sums_of(noisy(2000, 3), metric, choice)
    drawn = resampled(found, Resamples(draws=4000, seed=2))
    assert standard_error(found) == pytest.approx(float(np.std(drawn)), rel=0.05)


@pytest.mark.parametrize(("metric", "choice"), QUESTIONS)
def test_a_table_too_varied_for_patterns_gives_the_same(metric: str, choice: str) -> None:
    """With thirty categories a pattern has no code, and beyond some thousand items they go in groups."""
    grid = noisy(UNITS_MAX + 1500, 4, categories=30, missing=0.3)
    grouped = sums_of(grid, metric, choice)
    assert grouped.is_grouped
    assert len(grouped.weights) == GROUPS
    small = noisy(700, 4, categories=30, missing=0.3)
    alone = sums_of(small, metric, choice)
    assert not alone.is_grouped
    copies = sums_of(np.tile(small, (7, 1)), metric, choice)
    assert copies.is_grouped
    value, repeated = (float(values(found, found.totals())[0]) for found in (alone, copies))
    assert repeated == pytest.approx(value, abs=2e-3 if metric == "krippendorff_alpha" else 1e-9)
    error = standard_error(alone)
    assert error is not None
    assert standard_error(copies) == pytest.approx(error / 7**0.5, rel=0.15)


def test_many_raters_and_few_answers_each() -> None:
    """Vectors of rater and answer too long for a code: Conger's kappa from single items."""
    chance = np.random.default_rng(4)
    few = noisy(400, 5, missing=0)
    crowd = np.full((400, 60), -1)
    for row, answers in zip(crowd, few, strict=True):
        row[chance.choice(60, 5, replace=False)] = answers
    found = measure(*columns(crowd), metric="conger_kappa")
    fleiss = measure(*columns(crowd), metric="fleiss_kappa")
    assert found.value == pytest.approx(fleiss.value or 0, abs=0.02)
    assert found.interval is not None
    assert found.interval.low < (found.value or 0) < found.interval.high


def test_measured_numbers_have_no_patterns() -> None:
    """Every value different: interval and ordinal alpha from moments, against a plain reading of both."""
    chance = np.random.default_rng(8)
    truth = chance.normal(50, 10, 300)
    grid = truth[:, None] + chance.normal(0, 4, (300, 2))
    items, raters = np.repeat(np.arange(300), 2), np.tile([0, 1], 300)
    interval = measure(items, raters, grid.ravel(), metric="krippendorff_alpha", level="interval")
    within = float(((grid[:, 0] - grid[:, 1]) ** 2).mean())
    assert interval.value == pytest.approx(1 - within / (2 * float(grid.var(ddof=1))), abs=1e-9)
    ranks = grid.ravel().argsort().argsort().astype(float)
    ordinal = measure(items, raters, grid.ravel(), metric="krippendorff_alpha", level="ordinal")
    by_rank = measure(items, raters, ranks, metric="krippendorff_alpha", level="interval")
    assert ordinal.value == pytest.approx(by_rank.value or 0, abs=1e-9)
    huge = measure(items, raters, grid.ravel() * 1e200, metric="krippendorff_alpha", level="interval")
    assert huge.value == pytest.approx(interval.value, abs=1e-9)
    assert len(interval.prevalence) == 100
    assert "600 values" in interval.notes[0]


def test_free_answers_are_measured_up_to_a_limit() -> None:
    """Two thousand different words: most pairs agree, so alpha is nearly the share of agreeing pairs."""
    words = [f"word {number // 2}" if number % 10 else f"other {number}" for number in range(3600)]
    items, raters = [number // 2 for number in range(3600)], [number % 2 for number in range(3600)]
    found = measure(items, raters, words, metric="krippendorff_alpha", draws=200)
    assert len(found.prevalence) == 100
    assert found.percent_agreement == pytest.approx(0.8)
    assert found.value == pytest.approx(0.8, abs=1e-3)
    assert found.interval is not None
    assert 0.77 < found.interval.low < 0.8 < found.interval.high < 0.83
    with pytest.raises(BadRatings, match="at most 5000"):
        measure(range(6000), [0, 1] * 3000, [f"word {number}" for number in range(6000)], metric="fleiss_kappa")


def test_the_seed_decides_the_interval() -> None:
    table = columns(noisy(30, 3))
    first, same, other = (measure(*table, metric="gwet_ac1", seed=seed) for seed in (1, 1, 2))
    assert first == same
    assert first.value == other.value
    assert first.interval != other.interval


def test_more_confidence_is_wider() -> None:
    table = columns(noisy(40, 3))
    for metric in ("percent_agreement", "gwet_ac1", "icc"):
        wide, narrow = (measure(*table, metric=metric, confidence=share).interval for share in (0.99, 0.8))
        assert wide is not None
        assert narrow is not None
        assert wide.low < narrow.low < narrow.high < wide.high


def test_percent_agreement_of_two_is_wilson_and_of_more_is_narrower() -> None:
    grid = noisy(50, 2, missing=0)
    two = measure(*columns(grid), metric="percent_agreement")
    agreeing = int((grid[:, 0] == grid[:, 1]).sum())
    centre, half = agreeing + 1.959964**2 / 2, 1.959964 * (agreeing * (50 - agreeing) / 50 + 1.959964**2 / 4) ** 0.5
    assert two.interval is not None
    assert two.interval.low == pytest.approx((centre - half) / (50 + 1.959964**2), abs=1e-6)
    many = measure(*columns(noisy(50, 8, missing=0)), metric="percent_agreement").interval
    assert many is not None
    assert many.high - many.low < two.interval.high - two.interval.low


def test_intervals_cover_the_truth() -> None:
    """300 batches of 25 items: a 90 % interval holds the value of the whole population about that often."""
    population = noisy(60_000, 3, missing=0, seed=9)
    for metric in ("krippendorff_alpha", "gwet_ac1", "percent_agreement"):
        truth = measure(*columns(population), metric=metric, draws=100).value
        assert truth is not None
        held = 0
        for batch in range(300):
            part = population[batch * 25 : (batch + 1) * 25]
            limits = measure(*columns(part), metric=metric, confidence=0.9, draws=400).interval
            assert limits is not None
            held += limits.low <= truth <= limits.high
        assert 0.85 <= held / 300 <= 0.96, metric
