"""Welfare and routing through pages: the warning, skipping, settings, languages, clearances, the report."""

import re
from datetime import UTC, datetime, timedelta

from history_welfare import RULES
from living_cell import PROGRAMME, World, contract_text, gold_row, item_row
from served import Served
from web.visitor import Visitor

from tallystick.app import assignment, contract, escape
from tallystick.app.kernel import new_key
from tallystick.flow.refusal import Refused

MINE = "/me/settings"


def cares(world: World) -> None:
    """The contract names grim content, and keeps domains of restricted risk to cleared people."""
    text = contract_text("1.1.0") + RULES + "routing: {}\n"
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done


def sent(visitor: Visitor, page: str, action: str, **typed: object) -> str:
    """Send a form of a page as it stands, with what was typed; where it leads."""
    answer = visitor.post(action, visitor.filled(page, action, **typed))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_an_expert_is_warned_skips_and_leaves_a_kind_out(served: Served) -> None:
    world = served.world
    cares(world)
    world.bring([item_row(f"grim-{n}", categories=["grim"]) for n in range(2)])
    expert = world.expert()
    visitor, lead = Visitor(served, expert), Visitor(served, world.lead)
    place = visitor.get(f"/work/{PROGRAMME}").headers["location"]
    page = visitor.get(place).text
    assert page.index("It is grim.") < page.index('<details class="veil">') < page.index("What is grim-")
    assert sent(visitor, place, f"{place}/return") == "/me?done=returned"
    assert sent(visitor, MINE, MINE, opted_out="grim", time_zone="Europe/Berlin") == f"{MINE}?done=settings"
    assert "There is no open item for you now" in visitor.get(f"/work/{PROGRAMME}").text
    assert 'value="grim" checked' in visitor.get(MINE).text
    report = lead.get(f"/programmes/{PROGRAMME}/exposure").text
    assert "not told" in report
    assert expert.person not in report
    wrong = visitor.post(MINE, visitor.filled(MINE, MINE, opted_out="strange", time_zone="UTC"))
    assert wrong.status_code == 422
    assert "Expected categories that a contract of this cell names" in wrong.text


def test_an_item_that_one_holds_is_not_shown_once_its_kind_is_left_out_and_no_draft_is_lost(served: Served) -> None:
    world = served.world
    cares(world)
    world.bring([item_row(f"grim-{n}", categories=["grim"]) for n in range(2)])
    expert = world.expert()
    visitor = Visitor(served, expert)
    place = visitor.get(f"/work/{PROGRAMME}").headers["location"]
    open_elsewhere = visitor.filled(place, place, **{"reason-1-text": "It is half written."})
    assert sent(visitor, MINE, MINE, opted_out="grim", time_zone="UTC") == f"{MINE}?done=settings"
    assert visitor.get(f"/work/{PROGRAMME}").headers["location"] == place
    for page in (visitor.get(place), visitor.post(place, open_elsewhere)):
        assert "with content that you leave out (grim)" in page.text
        assert "What is grim-" not in page.text
    api = assignment.next_task(world.cell, expert, PROGRAMME)
    assert isinstance(api, Refused)
    assert (api.code, api.names) == ("held-left-out", (place.removeprefix("/assignments/"),))
    assert sent(visitor, MINE, MINE, opted_out=[], time_zone="UTC") == f"{MINE}?done=settings"
    page = visitor.get(place)
    assert "What is grim-" in page.text
    assert "It is half written." in page.text
    assert sent(visitor, MINE, MINE, opted_out="grim", time_zone="UTC") == f"{MINE}?done=settings"
    assert sent(visitor, place, f"{place}/return") == "/me?done=returned"
    assert "What is grim-" not in visitor.get(place).text, "nor what one held before"
    assert "There is no open item for you now" in visitor.get(f"/work/{PROGRAMME}").text


def test_what_one_has_begun_and_leaves_out_since_is_put_aside_with_a_way_on(served: Served) -> None:
    """A qualification leads to another one, a case to giving it back, both to the settings. What was sent is kept."""
    world = served.world
    cares(world)
    first, second = world.expert(), world.expert()
    world.bring([item_row(f"grim-{n}", categories=["grim"]) for n in (1, 2)])
    for verdict in ("b_clearly", "a_clearly"):
        world.judge(first)
        world.judge(second, verdict)
    escape.draw(world.cell, world.lead, PROGRAMME, wanted={"medium": 1}, key=new_key())
    reviewer = Visitor(served, world.expert("reviewer"))
    keeper = Visitor(served, world.expert("adjudicator"))
    world.bring([gold_row(f"dark-{n}", categories=["grim"]) for n in range(5)], batch="dark", purpose="gold")
    new = Visitor(served, world.expert(domains=()))
    start = f"/qualifications/start/{PROGRAMME}/general"
    attempt = sent(new, start, start)
    page = new.get(attempt).text
    action = next(one for one in re.findall(r'action="([^"]+)"', page) if one.startswith(f"{attempt}/items/"))
    half = new.filled(attempt, action, **{"reason-1-text": "It is half written."})
    assert sent(new, MINE, MINE, opted_out="grim", time_zone="UTC") == f"{MINE}?done=settings"
    for aside in (new.get(attempt), new.post(action, half)):
        assert aside.status_code == 200
        assert f'href="{start}"' in aside.text
        assert 'href="/me/settings"' in aside.text
        assert "This attempt is put aside" in aside.text
    assert sent(new, MINE, MINE, opted_out=[], time_zone="UTC") == f"{MINE}?done=settings"
    assert "It is half written." in new.get(attempt).text
    queue = f"/programmes/{PROGRAMME}/disagreements"
    case = re.findall(r'href="(/disagreements/[^"?]+)"', keeper.get(queue).text)[0]
    sent(keeper, case, f"{case}/take")
    assert "What is grim-" in keeper.get(case).text
    assert sent(keeper, MINE, MINE, opted_out="grim", time_zone="UTC") == f"{MINE}?done=settings"
    aside = keeper.get(case)
    assert aside.status_code == 200
    assert "What is grim-" not in aside.text
    assert sent(keeper, case, f"{case}/give-back").startswith(queue)
    looks = f"/programmes/{PROGRAMME}/rereview"
    drawn = sent(reviewer, looks, f"{looks}/next")
    assert "What is grim-" in reviewer.get(drawn).text
    assert sent(reviewer, MINE, MINE, opted_out="grim", time_zone="UTC") == f"{MINE}?done=settings"
    assert "What is grim-" not in reviewer.get(drawn).text
    assert sent(reviewer, drawn, f"{drawn}/give-back").startswith(looks)


def test_languages_are_declared_and_confirmed_and_a_clearance_granted_and_revoked(served: Served) -> None:
    world = served.world
    cares(world)
    expert = world.expert()
    visitor, lead = Visitor(served, expert), Visitor(served, world.lead)
    declared = {"language-1": "de", "level-1": "C1"}
    assert sent(visitor, MINE, "/me/languages", **declared) == f"{MINE}?done=languages"
    person = f"/people/{expert.person}"
    words = "An interview of half an hour."
    typed = {"language": "de", "level": "B2", "how": words}
    assert sent(lead, person, f"{person}/languages", **typed) == f"{person}?done=language#given"
    until = (datetime.fromtimestamp(world.clock() / 1e6, UTC) + timedelta(days=9)).date().isoformat()
    granted = {"programme": PROGRAMME, "until": until, "reason": words}
    assert sent(lead, person, f"{person}/clearances", **granted) == f"{person}?done=clearance#given"
    page = lead.get(person).text
    action = page.partition('action="' + person + "/clearances/")[2].partition('"')[0]
    gone = sent(lead, person, f"{person}/clearances/{action}", reason="It is over and done.")
    assert gone == f"{person}?done=revoked#given"
    assert "It is over and done." in visitor.get(person).text
    assert "B2, " in visitor.get(person).text
