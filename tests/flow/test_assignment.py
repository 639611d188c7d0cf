"""Which domain and stratum come first, who waits, and an order that follows from the seed alone."""

from hypothesis import given
from hypothesis import strategies as st

from tallystick.flow.assignment import (
    Stratum,
    candidate_order,
    domain_order,
    is_share_reached,
    lets_others_first,
    shortfalls,
    shuffled,
    spread,
    stratum_order,
)

NAMES = st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=20)


def test_the_least_complete_domain_comes_first() -> None:
    fill = {"general": (5, 10), "legal": (1, 10), "creative": (0, 0)}
    assert domain_order(fill, {}, ["creative", "general", "legal"]) == ["legal", "general", "creative"]


def test_among_equals_the_one_with_least_of_this_expert() -> None:
    fill = {"general": (5, 10), "legal": (50, 100)}
    assert domain_order(fill, {"general": 3, "legal": 2}, ["general", "legal"]) == ["legal", "general"]
    assert domain_order(fill, {}, ["legal", "general"]) == ["general", "legal"]


def test_a_domain_without_items_comes_last_and_is_not_lost() -> None:
    assert domain_order({"legal": (10, 10)}, {}, ["general", "legal"]) == ["general", "legal"]
    assert domain_order({"legal": (9, 10)}, {}, ["general", "legal"]) == ["legal", "general"]


@given(NAMES, st.binary(min_size=1, max_size=32))
def test_a_shuffle_keeps_everything_and_does_not_ask_for_the_order_it_got(names: list[str], seed: bytes) -> None:
    found = shuffled(seed, names, salt="gold")
    assert sorted(found) == sorted(names)
    assert shuffled(seed, list(reversed(names)), salt="gold") == found


def test_a_shuffle_differs_from_expert_to_expert() -> None:
    names = [f"itm-{n}" for n in range(10)]
    assert len({tuple(shuffled(b"seed", names, salt=f"per-{n}")) for n in range(20)}) == 20


@given(st.binary(min_size=1, max_size=32), st.text(), st.text())
def test_the_order_is_one_of_two_and_always_the_same(seed: bytes, item: str, expert: str) -> None:
    order = candidate_order(seed, item, expert)
    assert order in {"AB", "BA"}
    assert candidate_order(seed, item, expert) == order


VALUES = ("a", "b", "c")
PLACES = [(axis, value) for axis in ("difficulty", "language") for value in VALUES]
PLANS = st.dictionaries(st.sampled_from(PLACES), st.integers(1, 12), min_size=1)
COUNTS = st.dictionaries(
    st.tuples(st.sampled_from(VALUES), st.sampled_from(VALUES)), st.integers(1, 6), min_size=1, max_size=9
)


def _strata(left: dict[tuple[str, str], int]) -> list[Stratum]:
    return [
        Stratum(stratum=n, values={"difficulty": one[0], "language": one[1]}, open=number)
        for n, (one, number) in enumerate(sorted(left.items()))
        if number
    ]


def _items(counts: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for (difficulty, language), number in counts.items():
        for place in (("difficulty", difficulty), ("language", language)):
            found[place] = found.get(place, 0) + number
    return found


@given(PLANS, COUNTS)
def test_what_is_given_out_serves_the_quota_that_is_furthest_behind(
    plan: dict[tuple[str, str], int], counts: dict[tuple[str, str], int]
) -> None:
    """Until nothing is open: over several axes, whatever the plan and the items are."""
    left, items, worst = dict(counts), _items(counts), 1_000_000
    while any(left.values()):
        strata = _strata(left)
        short = shortfalls(plan, items, strata)
        first = stratum_order(strata, short)[0]
        best = {stratum.stratum: max(short.get(place, 0) for place in stratum.values.items()) for stratum in strata}
        assert best[first.stratum] == max(best.values())
        assert max(short.values()) <= worst
        worst = max(short.values())
        left[first.values["difficulty"], first.values["language"]] -= 1
    assert shortfalls(plan, items, []) == {
        place: max(0, target - items.get(place, 0)) * 1_000_000 // target for place, target in plan.items()
    }


@given(st.integers(1, 30), st.integers(1, 30))
def test_two_quotas_of_one_axis_fill_alike(first: int, second: int) -> None:
    plan = {("difficulty", "a"): first, ("difficulty", "b"): second}
    left = {("a", "a"): first, ("b", "a"): second}
    items = _items(left)
    while all(left.values()):
        chosen = stratum_order(_strata(left), shortfalls(plan, items, _strata(left)))[0]
        left[chosen.values["difficulty"], "a"] -= 1
        filled = [1 - left[value, "a"] / target for value, target in (("a", first), ("b", second))]
        assert abs(filled[0] - filled[1]) <= 1 / min(first, second) + 1e-9


def test_who_has_had_more_than_most_waits_while_there_is_little_work() -> None:
    minute = 60_000_000
    assert lets_others_first(9, [2, 3, 4], open_items=2, idle_us=minute)
    assert not lets_others_first(3, [2, 3, 4], open_items=2, idle_us=minute), "no more than the median"
    assert not lets_others_first(9, [2, 3, 4], open_items=4, idle_us=minute), "enough for all"
    assert not lets_others_first(9, [2, 3, 4], open_items=2, idle_us=10 * minute), "nobody else has come"
    assert not lets_others_first(9, [], open_items=1, idle_us=0), "alone"


@given(st.lists(st.integers(0, 50), min_size=2, max_size=12), st.integers(1, 3))
def test_at_least_half_are_never_asked_to_wait(loads: list[int], open_items: int) -> None:
    waits = [
        lets_others_first(mine, loads[:n] + loads[n + 1 :], open_items=open_items, idle_us=0)
        for n, mine in enumerate(loads)
    ]
    assert sum(waits) <= len(loads) / 2


def test_a_share_of_a_batch_is_at_least_one_item() -> None:
    assert not is_share_reached(100, judgments=1, share_max_ppm=None)
    assert [is_share_reached(n, judgments=20, share_max_ppm=250_000) for n in (4, 5)] == [False, True]
    assert [is_share_reached(n, judgments=2, share_max_ppm=100_000) for n in (0, 1)] == [False, True]


def test_the_spread_of_work() -> None:
    assert spread([]) is None
    even, one = spread([5, 5, 5, 5]), spread([0, 0, 0, 12])
    assert even is not None
    assert one is not None
    assert (even.least, even.median, even.most, even.gini_ppm) == (5, 5, 5, 0)
    assert (one.least, one.median, one.most, one.gini_ppm) == (0, 0, 12, 750_000)
