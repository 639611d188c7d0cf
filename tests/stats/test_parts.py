"""Agreement by category, by pair of raters and without one of them; what two raters' own shares leave room for."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tallystick.stats.agreement import (
    BadRatings,
    Question,
    category_agreement,
    leave_one_rater_out,
    measure,
    measure_many,
)

CASES = Path(__file__).parents[2].parent / "shared" / "cases"
Grid = NDArray[np.int64]


def columns(grid: Grid) -> tuple[Grid, Grid, Grid]:
    """(items, raters) answers in long form; -1 is missing."""
    items, raters = np.nonzero(grid >= 0)
    return items, raters, grid[items, raters]


def noisy(items: int, raters: int, *, missing: float = 0.0, seed: int = 1) -> Grid:
    """Three answers, two thirds of them the right one."""
    chance = np.random.default_rng(seed)
    grid = np.repeat(chance.integers(0, 3, items)[:, None], raters, axis=1)
    grid = np.where(chance.random(grid.shape) < 1 / 3, chance.integers(0, 3, grid.shape), grid)
    return np.where(chance.random(grid.shape) < missing, -1, grid)


@pytest.mark.skipif(not CASES.is_dir(), reason="needs the shared cases beside the project")
def test_kappa_of_each_diagnosis_of_fleiss() -> None:
    """Fleiss (1971), 30 patients and 6 psychiatrists; the kappas of the five categories as commonly printed."""
    case = json.loads((CASES / "fleiss1971_diagnoses__fleiss_kappa.json").read_text())
    cells = [(i, j, value) for i, row in enumerate(case["data"]) for j, value in enumerate(row)]
    items, raters, values = zip(*cells, strict=True)
    found = {one.category: one for one in category_agreement(items, raters, values)}
    kappas = sorted(round(one.kappa or 0, 3) for one in found.values())
    assert kappas == [0.245, 0.245, 0.471, 0.520, 0.566]
    weighted = sum((one.kappa or 0) * one.share * (1 - one.share) for one in found.values())
    whole = measure(items, raters, values, metric="fleiss_kappa").value
    assert weighted / sum(one.share * (1 - one.share) for one in found.values()) == pytest.approx(whole, abs=1e-12)


def test_specific_agreement_of_two_raters_by_hand() -> None:
    """40 both yes, 5 and 3 apart, 52 both no: 80 / 88 and 104 / 112."""
    grid = np.array([[1, 1]] * 40 + [[1, 0]] * 5 + [[0, 1]] * 3 + [[0, 0]] * 52)
    no, yes = category_agreement(*columns(grid))
    assert [yes.value, no.value] == pytest.approx([80 / 88, 104 / 112])
    assert (yes.count, yes.n_items, no.n_items) == (88, 48, 60)
    for one in (no, yes):
        assert one.interval is not None
        assert one.interval.low < (one.value or 0) < one.interval.high
        # Delta method for 2a / (2a + b): sd of a ratio of means over items.
        c = (grid == int(one.category)).sum(axis=1)
        influence = c * (c - 1) - (one.value or 0) * c
        assert one.se == pytest.approx(float(influence.std(ddof=1)) * 10 / c.sum(), rel=1e-6)


@given(seed=st.integers(0, 10**6), missing=st.floats(0, 0.6))
@settings(max_examples=30, deadline=None)
def test_specific_agreement_is_a_share_of_pairs(seed: int, missing: float) -> None:
    grid = noisy(12, 4, missing=missing, seed=seed)
    items, raters, values = columns(grid)
    if not len(items):
        return
    found = category_agreement(items, raters, values, categories=[0, 1, 2, 7], draws=100)
    assert found[3].value is None
    assert "Nobody" in str(found[3].reason)
    for one in found[:3]:
        same = other = 0
        for row in grid:
            answers = row[row >= 0]
            mine = int((answers == int(one.category)).sum())
            same, other = same + mine * (mine - 1), other + mine * (len(answers) - mine)
        assert (one.value is None) == (same + other == 0)
        if one.value is not None:
            assert one.value == pytest.approx(same / (same + other))
        assert (one.interval is None) == (one.interval_reason is not None)


def test_category_on_which_all_agree_and_one_that_is_rare() -> None:
    grid = np.array([[0, 0]] * 20 + [[1, 1]] * 20 + [[2, 1]])
    never, mixed, rare = category_agreement(*columns(grid))
    assert never.interval is not None
    assert (never.value, never.interval.method) == (1.0, "wilson_rescaled")
    assert never.interval.low == pytest.approx(20 / (20 + 1.959964**2), abs=1e-6)
    assert mixed.interval is not None
    assert rare.value == 0
    assert rare.interval is None
    assert "too few items" in str(rare.interval_reason)
    with pytest.raises(BadRatings, match="group them"):
        category_agreement(range(600), [0, 1] * 300, range(600))


def test_without_a_rater_is_measured_anew() -> None:
    grid = noisy(60, 4, missing=0.2)
    items, raters, values = columns(grid)
    asked = [
        Question(metric="krippendorff_alpha"),
        Question(metric="krippendorff_alpha", level="ordinal"),
        Question(metric="gwet_ac1"),
        Question(metric="conger_kappa"),
        Question(metric="percent_agreement"),
    ]
    for question in asked:
        whole = measure_many(items, raters, values, [question], categories=range(3))[0]
        found = leave_one_rater_out(items, raters, values, question, categories=range(3))
        assert [one.rater for one in found] == ["0", "1", "2", "3"]
        for place, one in enumerate(found):
            kept = raters != place
            rest = measure_many(items[kept], raters[kept], values[kept], [question], categories=range(3))[0]
            assert one.value == pytest.approx(rest.value, abs=1e-12)
            assert one.change == pytest.approx((rest.value or 0) - (whole.value or 0), abs=1e-12)
            assert one.n_judgments == int((~kept).sum())
            assert one.interval is not None
            assert one.change is not None
            assert one.interval.low < one.change < one.interval.high


def test_a_rater_who_answers_at_random_is_seen() -> None:
    grid = noisy(200, 4)
    grid[:, 2] = np.random.default_rng(9).integers(0, 3, 200)
    found = leave_one_rater_out(*columns(grid), Question(metric="krippendorff_alpha"))
    assert [one.interval is not None and one.interval.low > 0 for one in found] == [False, False, True, False]


def test_without_a_rater_there_may_be_nothing_left() -> None:
    two = noisy(20, 2)
    found = leave_one_rater_out(*columns(two), Question(metric="cohen_kappa"))
    assert [(one.status, one.value, one.change) for one in found] == [("single_rater", None, None)] * 2
    alone = np.array([[0, 0, -1], [1, 1, 2]] * 10)
    statuses = [one.status for one in leave_one_rater_out(*columns(alone), Question(metric="gwet_ac1"))]
    assert statuses == ["ok", "ok", "ok"]
    same = np.array([[0, 0, 1]] * 10)
    last = leave_one_rater_out(*columns(same), Question(metric="krippendorff_alpha"))[2]
    assert (last.status, last.value) == ("no_variation", None)
    assert leave_one_rater_out([], [], [], Question(metric="gwet_ac1")) == []
    with pytest.raises(BadRatings, match="not measured without a rater"):
        leave_one_rater_out(*columns(two), Question(metric="icc"))


@given(cells=st.lists(st.integers(0, 30), min_size=4, max_size=4).filter(lambda cells: sum(cells) > 1))
@settings(max_examples=60, deadline=None)
def test_prevalence_and_bias_explain_kappa(cells: list[int]) -> None:
    """Byrt, Bishop and Carlin (1993): kappa = (PABAK - PI^2 + BI^2) / (1 - PI^2 + BI^2); it is at most its maximum."""
    rows = [pair for pair, number in zip(((0, 0), (0, 1), (1, 0), (1, 1)), cells, strict=True) for _ in range(number)]
    found = measure(*columns(np.array(rows)), metric="cohen_kappa", categories=[0, 1], draws=100)
    room = found.two_raters
    assert room is not None
    assert room.prevalence_index == pytest.approx((cells[0] - cells[3]) / sum(cells))
    assert room.bias_index == pytest.approx((cells[1] - cells[2]) / sum(cells))
    assert room.pabak is not None
    if found.value is not None:
        index, bias = room.prevalence_index or 0.0, room.bias_index or 0.0
        assert found.value == pytest.approx((room.pabak - index**2 + bias**2) / (1 - index**2 + bias**2), abs=1e-9)
        assert room.kappa_max is not None
        assert found.value <= room.kappa_max + 1e-12
        assert room.kappa_max <= 1 + 1e-12


def test_what_two_raters_leave_room_for_by_hand() -> None:
    """45, 15, 25, 15 of 100: chance .54, so at most (.9 - .54) / .46 of kappa."""
    grid = np.array([[0, 0]] * 45 + [[0, 1]] * 15 + [[1, 0]] * 25 + [[1, 1]] * 15)
    room = measure(*columns(grid), metric="cohen_kappa").two_raters
    assert room is not None
    assert room.kappa_max == pytest.approx((0.9 - 0.54) / 0.46)
    assert [room.prevalence_index, room.bias_index, room.pabak] == pytest.approx([0.3, -0.1, 0.2])
    three = measure(*columns(noisy(30, 2)), metric="cohen_kappa").two_raters
    assert three is not None
    assert three.kappa_max is not None
    assert (three.prevalence_index, three.bias_index, three.pabak) == (None, None, None)
    assert measure(*columns(noisy(30, 3)), metric="gwet_ac1").two_raters is None
