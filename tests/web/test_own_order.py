"""Who adjudicates a ranking settles it for an order of their own, also one that no judge gave."""

from pathlib import Path

import pytest
from held_work import code, rows
from living_cell import CRITERIA, World, item_row, world_at
from served import Served
from web.visitor import Visitor

from tallystick.app import adjudication, judgment
from tallystick.app.access import Actor
from tallystick.app.judgment import Saved
from tallystick.app.kernel import new_key
from tallystick.flow.answer import own_verdict
from tallystick.signals import BY_NAME
from tallystick.signals.ranking import spelled
from tallystick.signals.shape import Answer, Mark, Reason, names_of
from tallystick.store.schema import DISAGREEMENT
from tallystick.web.judgment import spelled_order

NOTES = "Neither order stands: the second answer is right, and the first is not acceptable."
TEXTS = ("one", "two", "three", "four")
RANKING = BY_NAME["ranking"]


def rank(world: World, expert: Actor, order: str) -> str:
    """Judge the ranking in an order of the item's own letters; the item."""
    task = world.task(expert)
    letters = names_of(task.shown.matter.order)  # as shown: the item's own
    places = {letter: place for place, letter in enumerate(order, 1)}
    marks = [Mark(field="order", on=on, label="acceptable", place=places[own]) for on, own in letters.items()]
    answer = Answer(
        verdict="", marks=marks, scores={name: dict.fromkeys(letters, 4) for name in CRITERIA}, active_ms=1_000,
        reasons=[Reason(criterion=CRITERIA[0], text=f"It follows, as {order} shows.")],
    )  # fmt: skip
    assert isinstance(judgment.submit(world.cell, expert, task.assignment, answer, key=new_key()), Saved)
    return task.item


def test_an_adjudicator_settles_a_ranking_for_an_order_that_no_judge_gave(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        first, second, other = world.expert(), world.expert(), world.expert("adjudicator", domains=())
        world.bring([item_row("r-1", signal="ranking", candidates=[{"text": f"It is {text}."} for text in TEXTS])])
        item = rank(world, first, "abcd")
        rank(world, second, "dcba")
        assert isinstance(adjudication.take(world.cell, other, item, key=new_key()), adjudication.Taken)
        page = adjudication.case_page(world.cell, other, item, key=new_key())
        assert isinstance(page, adjudication.CasePage)

        def settle(verdict: str) -> object:
            return adjudication.settle(
                world.cell, other, item, verdict=verdict, criteria=["reasoning"], notes=NOTES, key=new_key()
            )

        for wrong in ("tie", "", "a>b", "a>b>c>d>e", "order", "d>c=b|a|", "abstain"):
            assert code(settle(wrong)) == "no-decision", wrong
        mine = spelled_order({
            **{f"mark-order-{on}-place": (str(place),) for on, place in zip("abcd", (2, 1, 2, 3), strict=True)},
            "mark-order-d-below": ("yes",),
        })  # fmt: skip
        assert mine == "b>a=c|d"
        assert isinstance(settle(mine), adjudication.Closed)
        (ended,) = rows(world, DISAGREEMENT)
        assert (ended.state, ended.verdict) == ("settled", own_verdict(RANKING, mine, page.shown.matter.order))


def test_the_page_of_a_case_takes_the_places_of_an_order(served: Served) -> None:
    """Without scripts: a place for each answer, and which of them are not acceptable."""
    world = served.world
    first, second, other = world.expert(), world.expert(), world.expert("adjudicator", domains=())
    world.bring([item_row("r-1", signal="ranking", candidates=[{"text": f"It is {text}."} for text in TEXTS])])
    item = rank(world, first, "abcd")
    rank(world, second, "dcba")
    adjudication.take(world.cell, other, item, key=new_key())
    visitor = Visitor(served, other)
    page = visitor.get(f"/disagreements/{item}").text
    assert 'value="order"' in page
    assert page.count("-below") >= len(TEXTS)
    sent = {
        "csrf": visitor.csrf, "idempotency_key": new_key(), "decision": "settle", "verdict": "order", "notes": NOTES,
        "criteria": "reasoning", "mark-order-a-place": "2", "mark-order-b-place": "1", "mark-order-c-place": "2",
    }  # fmt: skip
    again = visitor.post(f"/disagreements/{item}", sent)
    assert (again.status_code, "an order of all answers, such as" in again.text) == (422, True)
    assert 'id="mark-order-b-place-1" value="1" checked' in again.text, "nothing that was chosen is lost"
    done = visitor.post(f"/disagreements/{item}", {**sent, "mark-order-d-place": "3", "mark-order-d-below": "yes"})
    assert done.status_code == 303, done.text
    (ended,) = rows(world, DISAGREEMENT)
    assert (ended.state, ended.verdict.count("|")) == ("settled", 1)


@pytest.mark.parametrize(
    ("places", "acceptable", "verdict"),
    [
        ({"a": 2, "b": 1, "c": 2, "d": 3}, "abc", "b>a=c|d"),
        ({"a": 1, "b": 1}, "", "|a=b"),
        ({"a": 1, "b": 2}, "ab", "a>b"),
        ({"a": 1, "b": 3}, "ab", ""),
        ({"a": 1, "b": 2}, "b", ""),
        ({"a": 1, "b": 1}, "a", ""),
        ({}, "", ""),
    ],
)
def test_places_spell_an_order_or_nothing(places: dict[str, int], acceptable: str, verdict: str) -> None:
    assert spelled(places, acceptable) == verdict
