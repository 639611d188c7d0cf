"""Coincidences of categories: a matrix by hand, agreement on the diagonal, intervals that hold, few items."""

import numpy as np
import pytest

from tallystick.stats.agreement import measure
from tallystick.stats.agreement.confusion import confusion
from tallystick.stats.agreement.result import Status
from tallystick.stats.agreement.table import BadRatings

ITEMS = [1, 1, 2, 2, 3, 3, 3, 4, 4, 5]
RATERS = ["x", "y", "x", "y", "x", "y", "z", "x", "y", "x"]
VALUES = ["a", "a", "a", "b", "b", "b", "a", "b", "b", "c"]


def test_a_matrix_by_hand() -> None:
    """Nine judgments stand beside another: aa, ab, bba, bb. Of a and b: 2 of item 2, and 2 x 2 x 1 / 2 of item 3."""
    found = confusion(ITEMS, RATERS, VALUES, items_min=4)
    cells = {(cell.first, cell.second): cell for cell in found.cells}
    assert (found.status, found.n_pairable, found.n_judgments) == (Status.OK, 4, 9)
    assert cells["a", "a"].observed == pytest.approx(2 / 9)
    assert cells["a", "b"].observed == pytest.approx(4 / 9)
    assert cells["b", "b"].observed == pytest.approx(3 / 9)
    assert cells["a", "b"].expected == pytest.approx(2 * 4 * 5 / (9 * 8))
    assert (cells["a", "b"].items, cells["b", "b"].items) == (2, 2)
    assert sum(cell.observed or 0 for cell in found.cells) == pytest.approx(1)
    assert sum(cell.expected or 0 for cell in found.cells) == pytest.approx(1)


def test_what_is_off_the_diagonal_is_what_alpha_is_made_of() -> None:
    chance = np.random.default_rng(5)
    items = np.repeat(np.arange(300), 3)
    raters = np.tile(["x", "y", "z"], 300)
    values = np.where(
        chance.random(900) < 0.7, np.repeat(chance.choice(list("abc"), 300), 3), chance.choice(list("abc"), 900)
    )
    found = confusion(items, raters, values)
    apart = [cell for cell in found.cells if cell.first != cell.second]
    observed = sum(cell.observed or 0 for cell in apart)
    expected = sum(cell.expected or 0 for cell in apart)
    alpha = measure(items, raters, values, metric="krippendorff_alpha", level="nominal").value
    assert 1 - observed / expected == pytest.approx(alpha)


def test_intervals_hold_as_often_as_they_say() -> None:
    """Two raters, who take b for a in one of eight comparisons; 300 tables of 60 items."""
    chance, held = np.random.default_rng(7), 0
    for _ in range(300):
        first = chance.choice(["a", "b"], 60)
        flipped = chance.random(60) < 0.125
        second = np.where(flipped, np.where(first == "a", "b", "a"), first)
        values = np.stack([first, second], axis=1).ravel()
        found = confusion(np.repeat(np.arange(60), 2), np.tile(["x", "y"], 60), values)
        interval = next(cell.interval for cell in found.cells if cell.first != cell.second)
        assert interval is not None
        held += interval.low <= 0.125 <= interval.high
    assert 0.92 <= held / 300 <= 0.99


def test_few_items_show_no_share() -> None:
    found = confusion(ITEMS, RATERS, VALUES)
    assert (found.status, found.n_pairable) == (Status.TOO_FEW_ITEMS, 4)
    assert "found 4" in (found.reason or "")
    assert {(cell.observed, cell.interval) for cell in found.cells} == {(None, None)}
    assert confusion([], [], []).n_pairable == 0


def test_too_many_categories_are_refused() -> None:
    with pytest.raises(BadRatings, match="at most 40"):
        confusion(np.repeat(np.arange(50), 2), np.tile(["x", "y"], 50), np.repeat(np.arange(50), 2))
