"""A pool in aggregate: no hidden count follows from what is told, for whoever knows the rules and all totals."""

from collections.abc import Iterator, Mapping
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.events.pool import PoolAxis, PoolCell, PoolPart
from tallystick.flow import pool
from tallystick.flow.pool import Member, Plan

NAMES = "abcd"
MIN = 5
AXIS = PoolAxis(axis="age", groups=["young", "old"])
PLAN = Plan(programme="p", contract_version="1.0.0", cell_min=MIN, axes=(AXIS,))


def told(sizes: tuple[int, ...]) -> PoolPart:
    counts = dict(zip(NAMES, sizes, strict=False))
    return pool.partition("axis", counts, cell_min=MIN, is_closed=True)


def tables(people: int, groups: int) -> Iterator[tuple[int, ...]]:
    """Every table of so many people in so many groups."""
    if groups == 1:
        yield (people,)
        return
    for first in range(people + 1):
        yield from ((first, *rest) for rest in tables(people - first, groups - 1))


def small_enough(sizes: tuple[int, ...]) -> dict[str, int]:
    return {name: size for name, size in zip(NAMES, sizes, strict=False) if size < MIN}


@pytest.mark.parametrize(("people", "groups"), [*product(range(1, 24), (2, 3)), (13, 4), (16, 4), (21, 4)])
def test_no_hidden_count_follows_from_all_that_is_told_and_the_rules(people: int, groups: int) -> None:
    """By brute force: of all tables that would be told in the very same way, no hidden cell has one value alone."""
    alike: dict[str, list[tuple[int, ...]]] = {}
    for table in tables(people, groups):
        alike.setdefault(repr(told(table)), []).append(table)
    for same in alike.values():
        for place, cell in enumerate(told(same[0]).cells):
            values = {table[place] for table in same}
            assert (cell.people is None) == (len(values) > 1), (same, cell)
            assert cell.people is None or cell.people >= MIN


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from("abcdefghij"), st.integers(0, 30), min_size=2, max_size=10),
    st.integers(5, 9),
)
def test_what_is_told_adds_up_holds_nothing_small_and_depends_on_no_name(counts: dict[str, int], least: int) -> None:
    part = pool.partition("axis", counts, cell_min=least, is_closed=True)
    shown = [cell.people for cell in part.cells if cell.people is not None]
    together = part.hidden_people or 0
    assert sum(shown) + together == sum(counts.values())
    assert all(number >= least for number in shown)
    assert sum(cell.people is None for cell in part.cells) != 1
    assert together == 0 or together >= least or not shown
    renamed = {name.upper(): number for name, number in reversed(counts.items())}
    again = pool.partition("axis", renamed, cell_min=least, is_closed=True)
    assert sorted(shown) == sorted(cell.people for cell in again.cells if cell.people is not None)


def test_leaving_the_other_cell_open_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check above fails where only small cells are hidden: this is what it guards."""
    monkeypatch.setattr(pool, "hidden", lambda counts, _least: frozenset(small_enough(tuple(counts.values()))))
    with pytest.raises(AssertionError):
        test_no_hidden_count_follows_from_all_that_is_told_and_the_rules(20, 3)


def test_a_minimum_below_five_is_a_fault_of_the_code() -> None:
    with pytest.raises(ValueError, match="at least 5"):
        pool.hidden({"a": 3}, 4)


def test_a_thing_that_nearly_all_have_is_hidden_like_one_that_few_have() -> None:
    part = pool.each("role", {"few": 2, "many": 18, "all": 20, "half": 10}, people=20, cell_min=MIN)
    assert {cell.group: cell.people for cell in part.cells} == {"few": None, "many": None, "all": 20, "half": 10}


def member(number: int, own: Mapping[str, str] | None = None, region: str | None = "DE") -> Member:
    return Member(
        person=f"per-{number:02}", region=region, roles=frozenset({"expert"}),
        credentials=frozenset({"medical-licence"} if number % 2 else ()), own=own or {},
    )  # fmt: skip


def composed(members: list[Member]) -> dict[str, PoolPart]:
    fact = pool.compose(PLAN, members, composition="cmp-1", release=None)
    assert pool.faults(fact) == []
    return {part.axis: part for part in fact.parts}


def test_a_pool_is_told_by_region_role_credential_and_what_the_contract_asks() -> None:
    members = [member(n, {"age": "young" if n < 8 else "old"}) for n in range(14)]
    parts = composed([*members, member(14, region="FR"), *(member(n, region="US-CA") for n in range(15, 20))])
    age = {cell.group: cell.people for cell in parts["own:age"].cells}
    assert age == {"young": 8, "old": 6, "undeclared": 6}
    assert [(cell.group, cell.people) for cell in parts["region"].cells] == [("DE", 14)], "France is one person"
    assert parts["region"].hidden_people == 6
    assert parts["credential"].cells == [PoolCell(group="medical-licence", people=10)]


def test_few_people_are_a_number_and_nothing_else() -> None:
    assert composed([member(n) for n in range(4)]) == {}


@pytest.mark.parametrize(
    "part",
    [
        PoolPart(axis="x", is_partition=True, is_withheld=False, hidden_people=0,
                 cells=[PoolCell(group="a", people=17), PoolCell(group="b", people=3)]),
        PoolPart(axis="x", is_partition=True, is_withheld=False, hidden_people=3,
                 cells=[PoolCell(group="a", people=17), PoolCell(group="b", people=None)]),
        PoolPart(axis="x", is_partition=True, is_withheld=False, hidden_people=6,
                 cells=[PoolCell(group="a", people=15), PoolCell(group="b", people=None)]),
        PoolPart(axis="x", is_partition=False, is_withheld=False, hidden_people=None,
                 cells=[PoolCell(group="a", people=18)]),
    ],
)  # fmt: skip
def test_whoever_checks_finds_a_composition_that_tells_too_much(part: PoolPart) -> None:
    fact = pool.compose(PLAN, [member(n) for n in range(20)], composition="c", release=None)
    assert pool.faults(fact) == []
    bad = type(fact)(
        composition="c", programme="p", contract_version="1", release=None, people=20, cell_min=MIN, parts=[part]
    )
    assert pool.faults(bad)


def test_answers_are_sealed_in_one_length_whatever_is_answered() -> None:
    one, two = pool.sealed({"age": "young"}, [AXIS]), pool.sealed({}, [AXIS])
    assert len(one) == len(two)
    assert pool.opened(one) == {"age": "young"}
    refused = pool.check_values({"age": "ancient"}, [AXIS])
    assert refused is not None
    assert refused.code == "unknown-group"
