"""Addresses that take a form and cannot be opened: by address they lead to the page that holds the form."""

from living_cell import PROGRAMME
from served import Served
from web.test_roles_of_pages import WHO, Scene, pages_of, scene
from web.visitor import Visitor, filled

from tallystick.app import assignment, roster
from tallystick.app.access import Actor
from tallystick.app.assignment import Task
from tallystick.app.kernel import new_key
from tallystick.flow.refusal import Refused

__all__ = ["scene"]  # the cell that has one of everything


def ends_at(visitor: Visitor, path: str) -> tuple[int, str]:
    """Where an address leads, every redirect followed."""
    answer = visitor.get(path)
    for _ in range(4):
        if answer.status_code == 303:
            answer = visitor.get(answer.headers["location"])
    return answer.status_code, answer.text


def leads_on(served: Served, name: str, address: str, people: list[Actor]) -> None:
    """Hold that an address leads everybody on, one of these people to a page, and nobody to words for programs."""
    visitors = [Visitor(served, actor) for actor in people]
    assert {visitor.get(address).status_code for visitor in visitors} == {303}, name
    ends = [ends_at(visitor, address) for visitor in visitors]
    assert 200 in {status for status, _ in ends}, name
    assert not [text for _, text in ends if "header Allow" in text], name
    status, text = ends_at(Visitor(served, None), address)
    assert status == 200, name
    assert "Sign in" in text


def test_every_address_of_a_form_leads_to_a_page_when_it_is_opened(scene: Scene) -> None:
    routes = [name for name, rule in pages_of(scene.served).items() if "GET" not in rule.methods]
    closed = [name for name in routes if f"GET {name.partition(' ')[2]}" not in WHO]
    assert len(closed) > 45
    took_part = scene.served.world.experts[0]
    for name in closed:
        address = scene.address(name.partition(" ")[2])
        if "asg-none" not in address and "qlf-none" not in address:  # the next test opens those
            people = [scene.cast[role] for role in sorted(WHO[name] or {"lead"})]
            leads_on(scene.served, name, address, [*people, took_part])


def test_the_addresses_of_work_and_of_a_qualification_lead_to_their_pages(served: Served) -> None:
    world = served.world
    at_work, newcomer = world.expert(), world.expert(domains=())
    world.work(1)
    task = assignment.next_task(world.cell, at_work, PROGRAMME)
    assert isinstance(task, Task), task
    begun = roster.start_qualification(world.cell, newcomer, programme=PROGRAMME, rubric="general", key=new_key())
    assert not isinstance(begun, Refused), begun
    gold = roster.gold_task(world.cell, newcomer, begun.qualification)
    assert isinstance(gold, roster.GoldTask), gold
    leads_on(served, "return", f"/assignments/{task.assignment}/return", [at_work])
    leads_on(served, "draft", f"/assignments/{task.assignment}/draft", [at_work])
    page = f"/qualifications/{begun.qualification}"
    action = f"{page}/items/{gold.item}"
    leads_on(served, "item", action, [newcomer])
    leads_on(served, "draft of an item", f"{action}/draft", [newcomer])
    # A form that is shown again keeps its place when the language is changed.
    expert = Visitor(served, newcomer)
    shown = expert.post(action, expert.filled(page, action))
    assert shown.status_code == 422
    chosen = expert.post("/language", filled(shown.text, "/language", language="de"))
    assert chosen.headers["location"] == action
    assert expert.get(action).headers["location"] == page


def test_what_no_page_stands_behind_says_what_to_do_with_a_link(served: Served) -> None:
    answer = Visitor(served, served.world.lead).post("/me/accesses", {})
    assert answer.status_code == 405
    assert "ask whoever gave you this one for the address of the page" in answer.text
