"""What stands around held work and work judged again: cases, erasure, releases that were cut before."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from held_work import code, given, hold, requeue, rows
from living_cell import PROGRAMME, World, world_at

from tallystick.app import access, adjudication, blocking, erasure, release
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key
from tallystick.app.standing import reviewing
from tallystick.flow.erasure import Coverage
from tallystick.flow.erasure import Wish as ErasureWish
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.store import erasure as erasures
from tallystick.store.schema import PAST_DISAGREEMENT, STANDING

NOTES = "The words speak of the other candidate, so it is judged again."
WISH = Wish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=None)


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """Two judges who divide on the first item and agree on three more, and a reviewer."""
    with world_at(database_url, tmp_path / "cell") as found:
        found.work(4)
        for roles in ((), (), ("reviewer",)):
            found.expert(*roles)
        for expert in found.experts[:2]:
            found.judge(expert, "a_clearly" if expert is found.experts[0] else "b_slightly")
            for _ in range(3):
                found.judge(expert, "tie")
        yield found


def test_no_case_is_decided_while_a_judgment_of_it_is_held(world: World) -> None:
    first, adjudicator = given(world)[0], world.expert("adjudicator")
    taken = adjudication.take(world.cell, adjudicator, first.item, key=new_key())
    assert isinstance(taken, adjudication.Taken), taken
    hold(world, first.expert, first.judgment)
    assert code(settle(world, adjudicator, first.item)) == "work-held"
    other = world.expert("adjudicator")
    assert code(adjudication.take(world.cell, other, first.item, key=new_key())) == "work-held"
    assert adjudication.queue(world.cell, other, PROGRAMME) == []
    reviewing.stands(world.cell, world.experts[2], first.judgment, notes="", key=new_key())
    assert isinstance(settle(world, adjudicator, first.item), adjudication.Closed)


def settle(world: World, actor: Actor, item: str) -> adjudication.Closed | Refused:
    return adjudication.settle(
        world.cell, actor, item, verdict="a_clearly", criteria=["reasoning"], notes=NOTES, key=new_key()
    )


def test_how_an_item_divided_before_is_not_for_those_who_may_judge_it(world: World) -> None:
    first, adjudicator = given(world)[0], world.expert("adjudicator")
    requeue(world, *[row.judgment for row in given(world) if row.item == first.item], by_same=False)
    assert world.task(adjudicator).item == first.item
    assert adjudication.case_page(world.cell, adjudicator, first.item) == access.ABSENT
    assert adjudication.queue(world.cell, adjudicator, PROGRAMME, state="withdrawn") == []
    seen = adjudication.queue(world.cell, world.lead, PROGRAMME, state="withdrawn")
    assert not isinstance(seen, Refused)
    assert [row.item for row in seen] == [first.item]
    page = adjudication.case_page(world.cell, world.lead, first.item, reason="review")
    assert isinstance(page, adjudication.CasePage)


def covered(world: World, item: str) -> Coverage:
    with world.cell.read() as connection:
        found = erasures.covered(connection, f"item:{item}")
    assert found is not None
    return found


def test_erasing_an_item_takes_the_words_of_its_review_and_frees_the_release(world: World) -> None:
    first, tie = given(world)[0], next(row for row in given(world) if row.verdict == "tie")
    hold(world, tie.expert, tie.judgment)
    reviewing.stands(world.cell, world.experts[2], tie.judgment, notes=NOTES, key=new_key())
    notes = next(row.notes for row in rows(world, STANDING) if row.notes)
    assert notes in covered(world, tie.item).objects
    hold(world, first.expert, first.judgment)
    wish = ErasureWish(what="object", target=f"item:{first.item}", reason="mistake")
    assert isinstance(erasure.order(world.cell, world.lead, wish, words="", key=new_key()), erasure.Ordered)
    assert code(reviewing.held_judgment(world.cell, world.experts[2], first.judgment)) == "erased"
    assert code(requeue(world, first.judgment)) == "erased"
    found = blocking.blockers(world.cell, world.lead, PROGRAMME)
    assert not isinstance(found, Refused)
    assert "work-held" not in [blocker.code for blocker in found]


def test_a_release_knows_what_it_held_after_its_work_was_set_aside(world: World) -> None:
    """A record was in a release when it was cut. What becomes of its judgments and its case does not take it out."""
    first, tie = given(world)[0], next(row for row in given(world) if row.verdict == "tie")
    adjudicator = world.expert("adjudicator")
    adjudication.take(world.cell, adjudicator, first.item, key=new_key())
    assert isinstance(settle(world, adjudicator, first.item), adjudication.Closed)
    made = release.cut(world.cell, world.lead, WISH, key=new_key())
    assert isinstance(made, release.Made), made
    requeue(world, *[row.judgment for row in given(world)])
    assert [row.state for row in rows(world, PAST_DISAGREEMENT)] == ["settled"]
    assert {covered(world, item).releases for item in (first.item, tie.item)} == {(made.release,)}
    notes = {row.notes for row in rows(world, PAST_DISAGREEMENT)}
    assert notes <= set(covered(world, first.item).objects)
    second = release.cut(world.cell, world.lead, replace(WISH, version="1.1.0"), key=new_key())
    assert isinstance(second, Refused)


def test_what_was_open_at_the_cut_was_not_in_the_release_whatever_became_of_it(world: World) -> None:
    first = given(world)[0]
    made = release.cut(world.cell, world.lead, WISH, key=new_key())
    assert isinstance(made, release.Made), made
    requeue(world, *[row.judgment for row in given(world) if row.item == first.item])
    assert [row.state for row in rows(world, PAST_DISAGREEMENT)] == ["open"]
    assert covered(world, first.item).releases == ()


def test_nobody_reviews_a_judgment_on_an_item_that_they_judged_or_hold(world: World) -> None:
    """Whatever their role: a judge of the item is no second pair of eyes, and who holds it would be told."""
    judge, holder, free = world.expert("reviewer"), world.expert("reviewer"), world.experts[2]
    world.work(1, start=9)
    mine = world.judge(judge)
    task = world.task(holder)
    assert task.item == mine.item
    hold(world, judge.person, mine.judgment)
    for actor in (judge, holder):
        assert reviewing.held_judgment(world.cell, actor, mine.judgment) == access.ABSENT
        assert reviewing.stands(world.cell, actor, mine.judgment, notes="", key=new_key()) == access.ABSENT
        listed = reviewing.held_work(world.cell, actor, PROGRAMME)
        assert isinstance(listed, reviewing.HeldWork)
        assert (listed.number, listed.mine) == (0, ())
    assert isinstance(reviewing.held_judgment(world.cell, free, mine.judgment), reviewing.HeldJudgment)
