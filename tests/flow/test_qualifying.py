"""Which gold items an attempt takes, and what is said to be missing where none can be drawn."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.flow.rubric import Draw, Qualification, draw, drawn, rule_on

ASKED = st.builds(
    Qualification, gold_min=st.integers(6, 20), chance=st.sampled_from(["0.25", "0.5", "0.6"]),
    alpha=st.sampled_from(["0.05", "0.1"]), target=st.just("0.95"),
)  # fmt: skip


@given(ASKED, st.lists(st.sampled_from([None, "endorsed", "rejected", "revised"]), max_size=140))
def test_whoever_always_answers_alike_fails_on_what_is_drawn(asked: Qualification, ways: list[str | None]) -> None:
    places = drawn(asked, ways)
    counts = Counter(ways)
    if not places:
        assert draw(asked, counts).items == 0
        return
    rule = rule_on(asked, len(places))
    assert rule is not None
    assert asked.gold_min <= len(places) == draw(asked, counts).items <= 100
    assert places == sorted(set(places)), "the order stays that which was drawn"
    same = Counter(ways[place] for place in places if ways[place] is not None)
    assert max(same.values(), default=0) < rule.pass_at


@pytest.mark.parametrize(
    ("counts", "items", "verdict", "more"),
    [
        ({"endorsed": 8}, 0, "endorsed", 2),  # 7 of 8 pass
        ({"endorsed": 7, "rejected": 1}, 0, "endorsed", 1),
        ({"endorsed": 6, "rejected": 2}, 8, "", 0),
        ({"endorsed": 20, "rejected": 10}, 20, "", 0),  # each as often as chance
        ({"tie": 9}, 0, "tie", 2),
        ({"tie": 9, "good": 1}, 0, "tie", 1),
        ({None: 9}, 9, "", 0),  # sides are shuffled: whoever always says the left one is right half the time
        ({None: 200}, 100, "", 0),
    ],
)
def test_how_many_items_of_other_verdicts_are_needed(
    counts: dict[str | None, int], items: int, verdict: str, more: int
) -> None:
    asked = Qualification(gold_min=8)
    told = draw(asked, counts)
    assert (told.items, told.verdicts, told.more) == (items, (verdict,) if verdict else (), more)


@given(ASKED, st.dictionaries(st.sampled_from(["safe", "unsafe", "refuse"]), st.integers(1, 40), min_size=1), st.data())
def test_whoever_imports_what_is_missing_as_often_as_it_is_said_comes_to_an_end(
    asked: Qualification, counts: dict[str | None, int], data: st.DataObject
) -> None:
    """Items with any verdicts but those that it names: of the ones that are there where these are enough."""
    for _ in range(20):
        told = draw(asked, counts)
        if told.items or not told.verdicts:
            return
        assert told.more > 0
        there = sorted(str(one) for one in counts if one not in told.verdicts)
        new = [f"new {len(counts)}"] if told.kinds > len(counts) or not there else []
        verdict = data.draw(st.sampled_from(new or there))
        counts = {**counts, verdict: counts.get(verdict, 0) + told.more}
    assert sum(counts.values()) < asked.gold_min, "the advice ended"


def test_two_verdicts_can_be_too_few_however_many_items_there_are() -> None:
    """7 of 20 may be right with one verdict, so with two verdicts 14 are the most."""
    low, fine = Qualification(gold_min=20, chance="0.2"), Qualification(gold_min=20, chance="0.5")
    assert draw(low, {"safe": 50, "unsafe": 50}) == Draw(items=0, verdicts=("safe", "unsafe"), more=6, kinds=3)
    assert draw(low, {"safe": 50, "unsafe": 50, "refuse": 6}).items == 22
    assert draw(fine, {"safe": 10, "unsafe": 10}).items == 20
