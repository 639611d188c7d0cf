"""The share of sentinels for a stated sensitivity, and a schedule that nobody can guess and everybody can check."""

import math
from itertools import pairwise

import numpy as np
import pytest

from tallystick.stats.drift.answers import moves_of
from tallystick.stats.drift.lattice import alarm_chances, at_zero
from tallystick.stats.drift.sentinels import (
    departures,
    is_sentinel,
    sentinel_rate,
    sentinels_among,
)

SECRET = bytes(range(32))


def schedule(expert: str, count: int, rate: float = 0.1) -> list[bool]:
    """The first places of one expert's work."""
    return [is_sentinel(SECRET, expert=expert, position=at, rate=rate) for at in range(count)]


def test_the_rate_is_the_lowest_that_finds_the_fall_in_time() -> None:
    found = sentinel_rate(0.92, 0.75, found_within=400, false_horizon=5000)
    assert found.rate is not None
    assert found.found_chance >= 0.9
    assert found.false_chance <= 0.05
    # The same by a chart that stays where it is at every judgment that is no sentinel.
    for is_shifted, horizon, chance in ((True, 400, found.found_chance), (False, 5000, found.false_chance)):
        moves = moves_of(found.plan.kinds, is_shifted=is_shifted).thinned(found.rate)
        assert alarm_chances(moves, at_zero(found.plan.limit), horizon)[-1] == pytest.approx(chance, abs=1e-8)
    less = sentinel_rate(0.92, 0.75, found_within=400, found_chance=found.found_chance + 1e-6, false_horizon=5000)
    assert less.rate is not None
    assert less.rate > found.rate
    assert found.mean_between == pytest.approx(found.plan.mean_between / found.rate)


def test_more_time_or_more_false_alarms_need_fewer_sentinels() -> None:
    rates = [
        sentinel_rate(0.92, 0.75, found_within=within, false_horizon=5000, false_chance=chance).rate
        for within, chance in ((300, 0.05), (1000, 0.05), (1000, 0.2))
    ]
    assert all(before is not None and after is not None and after < before for before, after in pairwise(rates))


def test_an_impossible_wish_is_answered_with_the_reason() -> None:
    found = sentinel_rate(0.92, 0.8, found_within=20, false_horizon=5000)
    assert found.rate is None
    assert found.found_chance < 0.9
    assert found.reason is not None
    assert "20 judgments" in found.reason


def test_a_pool_of_difficulties_is_taken_into_account() -> None:
    found = sentinel_rate(0.92, 0.75, found_within=400, false_horizon=5000, difficulties=[0.7, 0.9, 0.98])
    assert found.rate is not None
    assert len(found.plan.kinds) == 3


def test_the_number_of_sentinels_is_binomial() -> None:
    lowest, chances = sentinels_among(10, 0.3)
    assert lowest == 0
    assert chances[3] == pytest.approx(120 * 0.3**3 * 0.7**7)
    lowest, chances = sentinels_among(100_000, 0.02)
    mean = float(chances @ (lowest + np.arange(len(chances))))
    assert mean == pytest.approx(2000)
    assert sentinels_among(7, 1.0)[0] == 7


def test_the_schedule_keeps_its_rate() -> None:
    """40,000 places at each of three rates: within four standard deviations."""
    for rate in (0.02, 0.1, 0.5):
        count = sum(schedule(f"expert {expert}", 1000, rate).count(True) for expert in range(40))
        assert abs(count - 40_000 * rate) < 4 * math.sqrt(40_000 * rate * (1 - rate))


def test_places_are_independent_within_and_between_experts() -> None:
    """Neighbours, places 2 and 7 apart, and the same place of two experts: the counts of a fourfold table fit."""
    rows = np.array([schedule(f"expert {expert}", 2000, 0.2) for expert in range(20)])
    pairs = [(rows[:, :-lag], rows[:, lag:]) for lag in (1, 2, 7)] + [(rows[:10], rows[10:])]
    for one, other in pairs:
        expected = one.size * 0.2 * 0.2
        assert abs(int((one & other).sum()) - expected) < 4 * math.sqrt(expected)


def test_gaps_are_geometric_so_that_none_is_due() -> None:
    """After ten places without a sentinel the next one is as likely as ever."""
    row = schedule("expert", 40_000, 0.1)
    after = [row[at] for at in range(10, len(row)) if not any(row[at - 10 : at])]
    assert abs(sum(after) - 0.1 * len(after)) < 4 * math.sqrt(0.09 * len(after))


def test_the_schedule_is_the_same_for_everybody_with_the_secret_and_for_nobody_else() -> None:
    assert schedule("expert", 500) == schedule("expert", 500)
    assert schedule("expert", 500) != schedule("another", 500)
    other = [is_sentinel(bytes(32), expert="expert", position=at, rate=0.1) for at in range(500)]
    assert other != schedule("expert", 500)


def test_a_higher_rate_adds_places_and_takes_none_away() -> None:
    low, high = schedule("expert", 2000, 0.05), schedule("expert", 2000, 0.2)
    assert all(dense or not sparse for sparse, dense in zip(low, high, strict=True))
    assert not any(schedule("expert", 100, 0.0))
    assert all(schedule("expert", 100, 1.0))


def test_what_was_served_otherwise_is_found() -> None:
    served = schedule("expert", 300)
    assert departures(SECRET, expert="expert", rate=0.1, served=served) == ()
    served[17] = not served[17]
    assert departures(SECRET, expert="expert", rate=0.1, served=served) == (17,)
    assert departures(SECRET, expert="expert", rate=0.1, served=schedule("expert", 40)[30:], first=30) == ()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"secret": b"short"}, "at least 16 bytes; found 5"),
        ({"position": -1}, "found position -1"),
        ({"rate": 1.5}, "rate 1.5"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(options: dict[str, object], word: str) -> None:
    arguments: dict[str, object] = {"secret": SECRET, "expert": "expert", "position": 0, "rate": 0.1, **options}
    with pytest.raises(ValueError, match=word):
        is_sentinel(arguments.pop("secret"), **arguments)  # type: ignore[arg-type]  # a table of bad arguments


def test_horizons_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="found_within 0"):
        sentinel_rate(0.9, 0.8, found_within=0, false_horizon=100)
