"""What must hold for any judgments: the order of rows, the names of raters and categories, bounds."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.stats.aggregation import Consensus, Status, bradley_terry, dawid_skene, glad, mace, majority, one_coin

Row = tuple[int, int, int]
Method = Callable[..., Consensus]
ALL: list[Method] = [majority, one_coin, dawid_skene, mace, glad]
METHODS = pytest.mark.parametrize("method", ALL)

TABLES = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 4), st.integers(0, 3)),
    max_size=40,
    unique_by=lambda row: row[:2],
)


def columns(rows: list[Row]) -> tuple[list[int], list[int], list[int]]:
    """Items, raters and values."""
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


def options(method: Method) -> dict[str, int]:
    """Few starts: the properties do not need many."""
    return {"restarts": 2} if method is mace else {}


@METHODS
@given(rows=TABLES, seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_the_order_of_rows_changes_no_bit(method: Method, rows: list[Row], seed: int) -> None:
    mixed = [rows[place] for place in np.random.default_rng(seed).permutation(len(rows)).tolist()]
    first, second = (method(*columns(one), **options(method)) for one in (rows, mixed))
    assert first.status is second.status
    assert first.labels == second.labels
    if first.posteriors is not None:
        assert second.posteriors is not None
        assert first.posteriors.tobytes() == second.posteriors.tobytes()
        assert first.trace == second.trace
        if first.skills is not None and second.skills is not None:
            assert first.skills.value.tobytes() == second.skills.value.tobytes()


@METHODS
@given(rows=TABLES)
@settings(max_examples=25, deadline=None)
def test_posteriors_are_shares_and_the_objective_rises(method: Method, rows: list[Row]) -> None:
    found = method(*columns(rows), categories=[0, 1, 2, 3], **options(method))
    assert (found.posteriors is None) == (found.status is not Status.OK) == (found.reason is not None)
    assert found.votes.sum() == len(rows) or not rows
    if found.posteriors is None:
        return
    assert np.isfinite(found.posteriors).all()
    assert np.allclose(found.posteriors.sum(axis=1), 1)
    assert found.posteriors.min() >= 0
    assert found.entropy is not None
    assert (found.entropy >= 0).all()
    assert (found.entropy <= 2 + 1e-12).all()
    assert all(after >= before - 1e-9 for before, after in zip(found.trace, found.trace[1:], strict=False))
    if found.skills is not None:
        assert not np.isnan(found.skills.se).any()
        if found.skills.confusion is not None:
            assert np.allclose(found.skills.confusion.sum(axis=2).max(axis=1), 1)


def many(seed: int) -> list[Row]:
    """Eight raters of different skill judge forty items with three answers."""
    chance = np.random.default_rng(seed)
    truth = chance.integers(0, 3, 40)
    skill = chance.uniform(0.4, 0.95, 8)
    return [
        (i, r, int(truth[i]) if chance.random() < skill[r] else int(chance.integers(0, 3)))
        for i in range(40)
        for r in range(8)
        if chance.random() < 0.8
    ]


@METHODS
@pytest.mark.parametrize("seed", range(4))
def test_other_names_give_the_same_answer_under_other_names(method: Method, seed: int) -> None:
    rows = many(seed)
    chance = np.random.default_rng(seed)
    items, raters, labels = chance.permutation(40), chance.permutation(8), chance.permutation(3)
    renamed = [(int(items[i]), int(raters[r]), int(labels[value])) for i, r, value in rows]
    tight = {} if method is majority else {"tolerance": 1e-10, "iterations_max": 20_000}
    first, second = (method(*columns(one), **tight) for one in (rows, renamed))
    assert first.posteriors is not None
    assert second.posteriors is not None
    assert np.allclose(second.posteriors[items][:, labels], first.posteriors, atol=1e-7)
    if first.skills is not None and second.skills is not None:
        assert np.allclose(second.skills.value[raters], first.skills.value, atol=1e-6)


@METHODS
@pytest.mark.parametrize("copies", [2, 3])
def test_a_copy_of_every_item_gets_the_same_answer(method: Method, copies: int) -> None:
    rows = many(7)
    more = [(i + 40 * copy, r, value) for copy in range(copies) for i, r, value in rows]
    plain = {} if method in {majority, mace, glad} else {"smoothing": 0.0}
    found, single = method(*columns(more), **plain), method(*columns(rows), **plain)
    assert found.posteriors is not None
    assert single.posteriors is not None
    for copy in range(copies):
        assert np.allclose(found.posteriors[40 * copy : 40 * copy + 40], found.posteriors[:40], atol=1e-12)
    if plain:
        assert np.allclose(found.posteriors[:40], single.posteriors, atol=1e-5)


GAMES = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from(["first", "second", "tie"])), max_size=30
)


def played(rows: list[tuple[int, int, str]]) -> tuple[list[str], list[str], list[str]]:
    """Comparisons of two different candidates."""
    kept = [(f"c{a}", f"c{b}", word) for a, b, word in rows if a != b]
    winners = [{"first": a, "second": b, "tie": "tie"}[word] for a, b, word in kept]
    return [a for a, _, _ in kept], [b for _, b, _ in kept], winners


@given(rows=GAMES, seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_a_ranking_is_finite_or_says_why_not(rows: list[tuple[int, int, str]], seed: int) -> None:
    first, second, winners = played(rows)
    found = bradley_terry(first, second, winners)
    order = np.random.default_rng(seed).permutation(len(first)).tolist()
    mixed = bradley_terry([second[p] for p in order], [first[p] for p in order], [winners[p] for p in order])
    assert (found.strengths is None) == (found.status is not Status.OK) == (found.reason is not None)
    assert mixed.status is found.status
    assert mixed.candidates == found.candidates
    assert [part.candidates for part in mixed.parts] == [part.candidates for part in found.parts]
    if found.strengths is not None and mixed.strengths is not None:
        assert found.converged
        assert np.abs(found.strengths).max() < 30
        assert found.strengths.sum() == pytest.approx(0, abs=1e-9)
        assert found.strengths.tobytes() == mixed.strengths.tobytes()
        assert found.se is not None
        assert (found.se > 0).all()
        assert np.isfinite(found.se).all()
    assert all(after >= before - 1e-9 for before, after in zip(found.trace, found.trace[1:], strict=False))


@given(rows=GAMES)
@settings(max_examples=40, deadline=None)
def test_with_a_prior_every_strength_is_finite(rows: list[tuple[int, int, str]]) -> None:
    first, second, winners = played(rows)
    found = bradley_terry(first, second, winners, prior=0.5)
    assert found.status in {Status.OK, Status.TOO_FEW_ITEMS, Status.NO_VARIATION}
    if found.strengths is not None:
        assert found.converged
        assert np.abs(found.strengths).max() < 30
