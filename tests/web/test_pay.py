"""Pay through pages: terms before work, the line under the head of every page, a statement, closing and files."""

import re

from history_experts import PAY
from living_cell import PROGRAMME, World, contract_text
from served import Served
from web.visitor import Visitor

from tallystick.app import contract
from tallystick.app.kernel import new_key


def pays(world: World) -> None:
    """The contract says how experts are paid."""
    done = contract.bring_into_force(
        world.cell, world.lead, text=contract_text("1.1.0") + PAY, name="contract.yaml", key=new_key()
    )
    assert isinstance(done, contract.ContractInForce), done


def sent(visitor: Visitor, page: str, action: str, **typed: str) -> str:
    """Send a form of a page as it stands, with what was typed; where it leads."""
    answer = visitor.post(action, visitor.filled(page, action, **typed))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_an_expert_reads_terms_works_and_is_paid(served: Served) -> None:
    world = served.world
    world.work(3)
    expert = world.expert()
    pays(world)
    visitor, lead = Visitor(served, expert), Visitor(served, world.lead)
    asked = visitor.get(f"/work/{PROGRAMME}")
    terms = f"/me/pay/{PROGRAMME}/terms"
    assert (asked.status_code, asked.headers["location"]) == (303, terms)
    shown = visitor.get(terms).text
    assert "You are paid for every judgment." in shown
    assert "3,000 JPY for an hour of active time" in shown
    assert "pay-now" not in shown
    assert sent(visitor, terms, terms) == "/me?done=terms-accepted"
    world.judge(expert)
    for path in ("/me", "/receipts", f"/me/pay/{PROGRAMME}"):
        text = visitor.get(path).text
        assert "Effective rate" in text, path
        assert "3,000 JPY an hour" in text, path
    assert "I accept" not in visitor.get(terms).text

    root = f"/programmes/{PROGRAMME}/pay"
    person = f"{root}/people/{expert.person}"
    assert f'href="{person}"' in lead.get(f"/people/{expert.person}").text
    assert f'href="{person}"' not in visitor.get(f"/people/{expert.person}").text
    wrong = lead.post(f"{root}/add", lead.filled(person, f"{root}/add", amount="1.5", reason="Something else."))
    assert wrong.status_code == 422
    assert "Expected an amount such as 1250" in wrong.text
    assert sent(lead, person, f"{root}/add", amount="120", reason="The page had failed.") == f"{person}?done=pay-added"
    assert "The page had failed." in visitor.get(f"/me/pay/{PROGRAMME}").text
    world.clock.pass_minutes(8 * 24 * 60)
    lead = Visitor(served, world.lead)  # sessions do not last so long
    place = sent(lead, root, f"{root}/close")
    period = re.search(r"period=([^&]+)", place)
    assert period is not None
    closed = lead.get(place).text
    assert "closed" in closed
    sent(lead, root, f"{root}/export")
    for name, head in (("lines.csv", "period,person,line,"), ("summary.csv", "period,person,lines,")):
        file = lead.get(f"{root}/{period[1]}/{name}")
        assert file.headers["content-type"].startswith("text/csv")
        assert "attachment" in file.headers["content-disposition"]
        assert file.text.startswith(head)
    assert expert.person in lead.get(f"{root}/{period[1]}/lines.csv").text
    assert "Expert 0" not in lead.get(f"{root}/{period[1]}/lines.csv").text


def test_a_programme_without_terms_shows_none_and_asks_for_none(served: Served) -> None:
    world = served.world
    world.work(1)
    expert = world.expert()
    text = Visitor(served, world.lead).get(f"/programmes/{PROGRAMME}/pay").text
    assert "says nothing about pay" in text
    visitor = Visitor(served, expert)
    assert visitor.get(f"/work/{PROGRAMME}").headers["location"].startswith("/assignments/")
    assert "pay-now" not in visitor.get("/me").text
    assert "Nothing is paid here yet." in visitor.get("/me/pay").text
    assert visitor.get(f"/me/pay/{PROGRAMME}").status_code == 404
