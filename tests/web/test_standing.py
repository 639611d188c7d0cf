"""Held work through the pages: a reviewer goes through it one by one, and nobody else sees a judgment."""

import pytest
from held_work import hold
from living_cell import PROGRAMME
from served import Served
from web.visitor import Visitor

from tallystick.app.access import Actor

NOTES = "The words speak of the other candidate, so it is judged again."


@pytest.fixture
def reviewer(served: Served) -> Actor:
    """Somebody who never judged; two judgments of one expert are held."""
    world = served.world
    world.work(2)
    judge = world.expert()
    names = [world.judge(judge).judgment for _ in range(2)]
    hold(world, judge.person, *names)
    return world.person("Rae Reader", "expert", expert_roles=("reviewer",))


def held_page(visitor: Visitor) -> str:
    """The address of the first held judgment in the list."""
    listed = visitor.get(f"/programmes/{PROGRAMME}/held").text
    return "/held/" + listed.partition('href="/held/')[2].partition('"')[0]


def test_a_reviewer_goes_from_one_held_judgment_to_the_next(served: Served, reviewer: Actor) -> None:
    visitor = Visitor(served, reviewer)
    assert visitor.get("/held").headers["location"] == f"/programmes/{PROGRAMME}/held"
    first = held_page(visitor)
    page = visitor.get(first).text
    assert "Does this judgment stand?" in page
    assert "Expert 0" not in page
    done = visitor.post(first, visitor.filled(first, first, decision="stands"))
    assert done.status_code == 303
    onward, _, told = done.headers["location"].partition("?")
    assert (onward.startswith("/held/jdg-"), told) == (True, "done=held-stands")
    assert "The judgment stands and counts again." in visitor.get(done.headers["location"]).text
    last = visitor.post(onward, visitor.filled(onward, onward, decision="again", notes=NOTES))
    assert last.headers["location"] == f"/programmes/{PROGRAMME}/held?done=held-again"
    assert "No held judgment waits for you." in visitor.get(last.headers["location"]).text
    assert visitor.get(first).status_code == 404


def test_a_decision_without_its_reason_comes_back_with_what_was_typed(served: Served, reviewer: Actor) -> None:
    visitor = Visitor(served, reviewer)
    first = held_page(visitor)
    nothing = visitor.post(first, visitor.filled(first, first))
    assert nothing.status_code == 422
    assert "Choose whether the judgment stands or is judged again." in nothing.text
    short = visitor.post(first, visitor.filled(first, first, decision="again", notes="Wrong.", by_same="yes"))
    assert short.status_code == 422
    assert "Expected notes of at least 20 characters" in short.text
    assert ">Wrong.</textarea>" in short.text
    assert 'id="by-same" value="yes" checked' in short.text


def test_what_somebody_else_reviewed_meanwhile_leads_back_to_the_list(served: Served, reviewer: Actor) -> None:
    other = served.world.person("Second Reader", "expert", expert_roles=("adjudicator",))
    visitor, second = Visitor(served, reviewer), Visitor(served, other)
    first = held_page(visitor)
    form = visitor.filled(first, first, decision="stands")
    second.post(first, second.filled(first, first, decision="stands"))
    assert visitor.post(first, form).headers["location"] == "/held"


def test_a_lead_sees_how_much_is_held_where_and_whose_it_is(served: Served, reviewer: Actor) -> None:
    page = Visitor(served, served.world.lead).get(f"/programmes/{PROGRAMME}/held").text
    assert "Held judgments: 2." in page
    assert served.world.experts[0].person in page
    assert "Yours to review" not in page
    assert Visitor(served, served.world.lead).get("/held").status_code == 404
    seen = Visitor(served, reviewer).get(f"/programmes/{PROGRAMME}/held").text
    assert served.world.experts[0].person not in seen


def test_a_judge_finds_neither_the_list_nor_a_trace(served: Served, reviewer: Actor) -> None:
    assert reviewer.expert_roles
    judge = Visitor(served, served.world.experts[0])
    assert judge.get(f"/programmes/{PROGRAMME}/held").status_code == 404
    assert "held" not in judge.get("/me").text.lower()
