"""Consensus by hand and at the edges: ties, one rater, one judgment, all alike, unused categories, rubbish."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from tallystick.stats.aggregation import (
    BadRatings,
    Consensus,
    GladPriors,
    MacePriors,
    Status,
    dawid_skene,
    glad,
    mace,
    majority,
    one_coin,
)
from tallystick.stats.aggregation.gamma import digamma, log_gamma

Method = Callable[..., Consensus]
MODELS: list[Method] = [one_coin, dawid_skene, mace, glad]
ALL: list[Method] = [majority, *MODELS]


def world(
    n_items: int = 60, raters: int = 5, categories: int = 3, *, seed: int = 1, noise: float = 0.25
) -> tuple[list[str], list[str], list[str], dict[str, str]]:
    """Every rater judges every item, and errs now and then; the truth of each item."""
    chance = np.random.default_rng(seed)
    truth = chance.integers(0, categories, n_items)
    rows = [(i, r) for i in range(n_items) for r in range(raters)]
    errs = chance.random(len(rows)) < noise
    answers = np.where(errs, chance.integers(0, categories, len(rows)), [truth[i] for i, _ in rows])
    return (
        [f"i{i:03}" for i, _ in rows],
        [f"r{r}" for _, r in rows],
        [f"c{answer}" for answer in answers],
        {f"i{i:03}": f"c{label}" for i, label in enumerate(truth)},
    )


def test_majority_by_hand() -> None:
    found = majority(["a", "a", "a", "b", "b", "c"], list("123121"), list("xxyxyx"), categories=["x", "y"])
    assert found.labels == ("x", None, "x")
    assert found.n_ties == 1
    assert found.votes.tolist() == [[2, 1], [1, 1], [1, 0]]
    assert found.posteriors is not None
    assert found.entropy is not None
    assert found.posteriors.tolist() == [[2.5 / 4, 1.5 / 4], [0.5, 0.5], [1.5 / 2, 0.5 / 2]]
    assert found.entropy[1] == 1
    assert found.entropy[2] == pytest.approx(-(0.75 * math.log2(0.75) + 0.25 * math.log2(0.25)))
    assert found.converged is None


def test_majority_without_smoothing_is_the_share_of_votes() -> None:
    found = majority(["a", "a", "b"], ["1", "2", "1"], ["x", "y", "x"], smoothing=0)
    assert found.posteriors is not None
    assert found.posteriors.tolist() == [[0.5, 0.5], [1, 0]]
    assert found.entropy is not None
    assert found.entropy.tolist() == [1, 0]


@pytest.mark.parametrize("method", ALL)
def test_the_truth_is_found(method: Method) -> None:
    *columns, truth = world()
    found = method(*columns)
    assert found.status is Status.OK
    assert found.posteriors is not None
    assert found.labels is not None
    assert np.allclose(found.posteriors.sum(axis=1), 1)
    assert np.mean([found.labels[place] == truth[str(item)] for place, item in enumerate(found.items)]) > 0.9
    assert found.converged in {True, None}


@pytest.mark.parametrize("method", MODELS)
def test_the_objective_never_falls_and_the_end_is_a_fixed_point(method: Method) -> None:
    *columns, _ = world(noise=0.5, seed=4)
    found = method(*columns)
    far = method(*columns, tolerance=1e-12, iterations_max=100_000)
    assert found.converged
    assert min(np.diff(found.trace)) > -1e-9
    assert found.posteriors is not None
    assert far.posteriors is not None
    assert np.abs(found.posteriors - far.posteriors).max() < 1e-6


@pytest.mark.parametrize("method", MODELS)
def test_too_few_iterations_are_said(method: Method) -> None:
    *columns, _ = world(noise=0.5)
    found = method(*columns, iterations_max=3)
    assert found.converged is False
    assert found.stop is not None
    assert "without convergence" in found.stop
    assert found.posteriors is not None


@pytest.mark.parametrize("method", MODELS)
@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([], Status.TOO_FEW_ITEMS),
        ([("a", "1", "x"), ("b", "1", "y")], Status.SINGLE_RATER),
        ([("a", "1", "x"), ("b", "2", "y")], Status.NO_OVERLAP),
        ([("a", "1", "x"), ("a", "2", "x"), ("b", "1", "x")], Status.NO_VARIATION),
        ([("a", "1", None), ("a", "2", None)], Status.TOO_FEW_ITEMS),
    ],
)
def test_what_cannot_be_known_is_said(method: Method, rows: list[tuple[str, str, str | None]], status: Status) -> None:
    columns = [[row[place] for row in rows] for place in range(3)]
    found = method(*columns, categories=["x", "y"])
    assert found.status is status
    assert found.posteriors is None
    assert found.top is None
    assert found.labels is None
    assert found.skills is None
    assert found.reason


def test_majority_is_defined_where_models_are_not() -> None:
    found = majority(["a", "b"], ["1", "2"], ["x", "y"])
    assert found.labels == ("x", "y")
    assert majority([], [], []).status is Status.TOO_FEW_ITEMS


@pytest.mark.parametrize("method", MODELS)
def test_an_unused_category_changes_nothing(method: Method) -> None:
    *columns, _ = world()
    plain = method(*columns)
    wide = method(*columns, categories=["z", "c0", "never", "c1", "c2"])
    assert plain.posteriors is not None
    assert wide.posteriors is not None
    assert np.array_equal(wide.posteriors[:, [1, 3, 4]], plain.posteriors)
    assert not wide.posteriors[:, [0, 2]].any()
    assert wide.labels == plain.labels
    assert any("never chosen" in note for note in wide.notes)


@pytest.mark.parametrize("method", ALL)
def test_missing_judgments_are_left_out_and_counted(method: Method) -> None:
    items, raters, values, _ = world()
    extra: list[str | None] = [*values, None, None]
    found = method([*items, "i000", "unjudged"], [*raters, "r9", "r0"], extra)
    plain = method(items, raters, values)
    assert found.labels == plain.labels
    assert "unjudged" not in found.items
    assert any("2 rows hold no value" in note for note in found.notes)
    assert any("1 items have no judgment" in note for note in found.notes)


@pytest.mark.parametrize("method", ALL)
def test_rubbish_is_refused_with_its_rows(method: Method) -> None:
    with pytest.raises(BadRatings, match="one length"):
        method(["a"], ["1", "2"], ["x"])
    with pytest.raises(BadRatings, match="no rater") as caught:
        method(["a", "b"], ["1", None], ["x", "y"])
    assert caught.value.rows == (1,)
    with pytest.raises(BadRatings, match="no item"):
        method([math.nan, 1.0], ["1", "2"], ["x", "y"])
    with pytest.raises(BadRatings, match="none of the categories") as caught:
        method(["a", "b"], ["1", "1"], ["x", "q"], categories=["x", "y"])
    assert caught.value.rows == (1,)
    with pytest.raises(BadRatings, match="more than once") as caught:
        method(["a", "b", "a"], ["1", "1", "1"], ["x", "y", "y"])
    assert caught.value.rows == (0, 2)
    with pytest.raises(BadRatings, match="named twice"):
        method(["a"], ["1"], ["x"], categories=["x", "x"])


@pytest.mark.parametrize("method", [dawid_skene, one_coin])
@pytest.mark.parametrize(
    "options", [{"smoothing": -1}, {"tolerance": 0}, {"iterations_max": 0}, {"smoothing": math.inf}]
)
def test_limits_that_make_no_sense_are_refused(method: Method, options: dict[str, float]) -> None:
    *columns, _ = world()
    with pytest.raises(BadRatings):
        method(*columns, **options)


def test_options_of_mace_and_glad_that_make_no_sense_are_refused() -> None:
    *columns, _ = world()
    with pytest.raises(BadRatings, match="one start"):
        mace(*columns, restarts=0)
    with pytest.raises(BadRatings, match="above 0"):
        mace(*columns, priors=MacePriors(answer=0))
    with pytest.raises(BadRatings, match="above 0"):
        glad(*columns, priors=GladPriors(ease_sd=0))


@pytest.mark.parametrize("method", MODELS)
def test_who_always_disagrees_is_found(method: Method) -> None:
    items, raters, values, truth = world(noise=0.15, categories=2)
    against = [("c1" if truth[item] == "c0" else "c0") for item in truth]
    found = method([*items, *truth], [*raters, *["against"] * len(truth)], [*values, *against])
    assert found.skills is not None
    place = found.raters.index("against")
    assert place == int(np.argmin(found.skills.value))
    assert found.skills.value[place] < 0.2
    if found.skills.measure != "competence":  # MACE knows spam, but no malice
        assert any("look at them" in note for note in found.notes)


@pytest.mark.parametrize("method", MODELS)
def test_who_always_agrees_with_the_truth_is_found(method: Method) -> None:
    items, raters, values, truth = world(noise=0.3)
    found = method([*items, *truth], [*raters, *["right"] * len(truth)], [*values, *truth.values()])
    assert found.skills is not None
    assert found.raters.index("right") == int(np.argmax(found.skills.value))


def test_who_always_says_the_same_has_that_habit() -> None:
    items, raters, values, truth = world(noise=0.1, n_items=200)
    found = mace([*items, *truth], [*raters, *["bot"] * len(truth)], [*values, *["c1"] * len(truth)])
    assert found.skills is not None
    assert found.skills.spamming is not None
    bot = found.raters.index("bot")
    assert found.skills.value[bot] < 0.1
    assert found.skills.spamming[bot].argmax() == found.categories.index("c1")
    matrix = dawid_skene([*items, *truth], [*raters, *["bot"] * len(truth)], [*values, *["c1"] * len(truth)])
    assert matrix.skills is not None
    assert matrix.skills.confusion is not None
    assert matrix.skills.confusion[bot][:, 1].min() > 0.99


@pytest.mark.parametrize("method", MODELS)
def test_raters_who_met_nobody_are_named(method: Method) -> None:
    items, raters, values, _ = world()
    found = method([*items, "alone"], [*raters, "hermit"], [*values, "c0"])
    assert found.lonely == ("hermit",)
    assert any("share no item" in note for note in found.notes)
    assert found.status is Status.OK


def test_repeated_judgments_count_when_they_may() -> None:
    items, raters, values, _ = world(raters=3)
    found = dawid_skene(items * 2, raters * 2, values * 2, may_repeat=True)
    assert found.skills is not None
    assert found.skills.judgments.tolist() == [120, 120, 120]
    assert found.n_judgments == 360


def test_results_are_read_only() -> None:
    *columns, _ = world()
    for method in ALL:
        found = method(*columns)
        assert found.posteriors is not None
        with pytest.raises(ValueError, match="read-only"):
            found.posteriors[0, 0] = 1
        with pytest.raises(ValueError, match="read-only"):
            found.votes[0, 0] = 1


def test_error_rates_know_where_they_are_guesses() -> None:
    found = dawid_skene(
        ["a", "a", "b", "b", "c", "c", "c"], list("1212123"), list("xxyyxxx"), smoothing=0, categories=["x", "y"]
    )
    assert found.skills is not None
    assert found.skills.confusion is not None
    assert found.skills.confusion_n is not None
    assert found.skills.confusion_se is not None
    third = found.raters.index("3")
    assert found.skills.confusion_n[third].tolist() == [1, 0]
    assert found.skills.confusion[third][1].tolist() == [0.5, 0.5]
    assert np.isinf(found.skills.confusion_se[third][1]).all()


def test_intervals_of_raters() -> None:
    *columns, _ = world(n_items=100)
    for method in MODELS:
        skills = method(*columns).skills
        assert skills is not None
        for place, value in enumerate(skills.value.tolist()):
            narrow, wide = skills.interval(place, confidence=0.8), skills.interval(place, confidence=0.99)
            assert narrow is not None
            assert wide is not None
            assert wide.low < narrow.low < value < narrow.high < wide.high


def test_difficulty_is_higher_where_raters_disagree() -> None:
    items, raters, values, _ = world(n_items=80, raters=8, noise=0.1)
    hard = [("c0", "c1", "c2", "c0", "c1", "c2", "c0", "c1")[place % 8] for place in range(160)]
    values = [*hard, *values[160:]]
    found = glad(items, raters, values)
    assert found.difficulty is not None
    assert found.difficulty.value[:20].mean() > found.difficulty.value[20:].mean() + 1
    assert (found.difficulty.se > 0).all()


def test_restarts_are_reported_best_first_and_seeded() -> None:
    *columns, _ = world(noise=0.6)
    found, again = mace(*columns, restarts=5, seed=3), mace(*columns, restarts=5, seed=3)
    assert len(found.restarts) == 5
    assert found.restarts == again.restarts == tuple(sorted(found.restarts, reverse=True))
    assert found.posteriors is not None
    assert again.posteriors is not None
    assert np.array_equal(found.posteriors, again.posteriors)


def test_too_many_error_rates_are_refused() -> None:
    n = 2000
    values = np.arange(n)
    with pytest.raises(BadRatings, match="choose one_coin"):
        dawid_skene(np.repeat(np.arange(n), 20), np.tile(np.arange(20), n), np.repeat(values, 20))


def test_a_million_rows_with_unused_categories() -> None:
    chance = np.random.default_rng(2)
    items = np.repeat(np.arange(200_000), 5)
    raters = (chance.integers(0, 500, 200_000)[:, None] + np.arange(5) * 100).ravel() % 500
    truth = chance.integers(0, 3, 200_000)
    values = np.where(chance.random(1_000_000) < 0.7, truth[items], chance.integers(0, 3, 1_000_000)) * 2
    found = one_coin(items, raters, values, categories=list(range(9)))
    assert found.converged
    assert found.posteriors is not None
    assert found.posteriors.shape == (200_000, 9)
    assert found.top is not None
    assert np.mean(found.top == truth * 2) > 0.9


def test_an_item_with_very_many_judgments() -> None:
    """Beyond 64 judgments of an item the layout changes; the numbers do not."""
    chance = np.random.default_rng(3)
    items = np.repeat([0, 1, 2, 3], [200, 100, 3, 2])
    raters = np.concatenate([np.arange(200), np.arange(100), np.arange(3), np.arange(2)])
    values = np.where(chance.random(305) < 0.7, items % 2, 1 - items % 2)
    found = dawid_skene(items, raters, values, smoothing=0.5, tolerance=1e-10)
    assert found.posteriors is not None
    assert found.skills is not None
    assert found.skills.confusion is not None
    assert found.priors is not None
    theta = np.log(found.skills.confusion)
    score = np.zeros((4, 2)) + np.log(found.priors)
    for item, rater, value in zip(items.tolist(), raters.tolist(), values.tolist(), strict=True):
        score[item] += theta[found.raters.index(str(rater)), :, value]
    whole = np.exp(score - score.max(axis=1, keepdims=True))
    assert np.allclose(found.posteriors, whole / whole.sum(axis=1, keepdims=True), atol=1e-8)


def test_gamma_functions() -> None:
    values = np.geomspace(1e-6, 1e8, 500)
    exact = np.array([math.lgamma(value) for value in values])
    assert np.abs(log_gamma(values) - exact).max() / np.abs(exact).max() < 1e-14
    assert np.allclose(log_gamma(values), exact, rtol=1e-12, atol=1e-13)
    euler = 0.57721566490153286
    assert digamma(np.array([1.0, 0.5])) == pytest.approx([-euler, -euler - 2 * math.log(2)], abs=1e-14)
    assert np.allclose(digamma(values + 1) - digamma(values), 1 / values, rtol=1e-9)
