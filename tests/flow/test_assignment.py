"""Which domain comes first, and an order that follows from the seed alone."""

from hypothesis import given
from hypothesis import strategies as st

from tallystick.flow.assignment import candidate_order, domain_order, shuffled

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
