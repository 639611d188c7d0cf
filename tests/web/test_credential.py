"""Credentials, screening and the pool through the pages: a holder, a lead, and what neither may do."""

import re

import pytest
from app import test_credential as credentials
from history_experts import POOL, WORDS
from living_cell import PROGRAMME, contract_text
from served import Served
from web.visitor import Visitor

from tallystick.app import contract, roster
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key

UNTIL = "2023-12-20"


@pytest.fixture
def me(served: Served) -> Actor:
    return served.world.expert()


def declared(visitor: Visitor, me: Actor) -> str:
    """The address of a credential that was declared by the form on one's own page."""
    mine = f"/people/{me.person}"
    done = visitor.post(
        f"{mine}/credentials",
        visitor.filled(
            mine, f"{mine}/credentials", type="medical-licence", issuer="Chamber of Berlin", expires_on=UNTIL
        ),
    )
    assert done.status_code == 303, done.text
    return done.headers["location"].partition("?")[0]


def test_a_holder_declares_shows_and_a_lead_verifies(served: Served, me: Actor) -> None:
    holder, lead = Visitor(served, me), Visitor(served, served.world.lead)
    address = declared(holder, me)
    files = f"{address}/evidence"
    large = holder.upload(files, holder.filled(address, files), name="scan.pdf", data=b"%PDF" + b"0" * 4_100_000)
    assert large.status_code == 413
    assert "At most 4,000,000 bytes." in holder.get(address).text
    assert "Expected at most 4,000,000 bytes here" in large.text
    assert f'<a href="{files}">Back to the page of the form</a>' in large.text
    assert holder.get(files).headers["location"] == address
    sent = holder.upload(files, holder.filled(address, files), name="licence.pdf", data=b"%PDF")
    assert sent.headers["location"] == f"{address}?done=evidence"
    assert "Mark it verified" not in holder.get(address).text, "nobody decides on their own"
    assert "Waiting for a decision" in lead.get("/credentials").text
    assert lead.post(address, lead.filled(address, address, decision="review")).status_code == 303
    refused = lead.post(address, lead.filled(address, address, decision="verify", method="registry_lookup"))
    assert refused.status_code == 422
    assert "add what you found yourself" in refused.text
    done = lead.post(address, lead.filled(address, address, decision="verify", method="document", expires_on=UNTIL))
    assert done.headers["location"] == f"{address}?done=credential-verify"
    kept = lead.get(f"{files}/1")
    assert (kept.content, kept.headers["content-type"]) == (b"%PDF", "application/octet-stream")
    assert f"It runs out on {UNTIL}, in 36 days." in lead.get("/people").text
    assert f"It runs out on {UNTIL}, in 36 days." in holder.get("/me").text
    stranger = Visitor(served, served.world.expert())
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"{files}/1").status_code == 404


def test_a_credential_says_whose_it_is_and_keeps_each_decision_with_who_and_when(served: Served, me: Actor) -> None:
    holder, lead = Visitor(served, me), Visitor(served, served.world.lead)
    address = declared(holder, me)
    files = f"{address}/evidence"
    assert holder.upload(files, holder.filled(address, files), name="licence.pdf", data=b"%PDF").status_code == 303
    for changes in (
        {"decision": "review"},
        {"decision": "verify", "method": "document", "expires_on": UNTIL},
        {"decision": "withdraw", "reason": WORDS},
    ):
        assert lead.post(address, lead.filled(address, address, **changes)).status_code == 303
    name = roster.own_name(served.world.cell, me)
    seen = lead.get(address).text
    assert f"medical-licence of {name}</h1>" in seen
    assert f'<a href="/people/{me.person}">{name}</a>' in seen
    steps = [seen.index(f"<dt>{step}</dt>") for step in ("Declared", "Taken up for review", "Verified", "Withdrawn")]
    assert steps == sorted(steps)
    own = holder.get(address).text
    assert own.count("by the programme lead") == 3
    assert served.world.lead.person not in own


def test_what_a_contract_demands_is_said_in_the_language_of_the_page(served: Served, me: Actor) -> None:
    credentials.revise(served.world, credentials.DEMAND)
    told = "no work without a verified credential: medical-licence."
    assert told in Visitor(served, me).get(f"/people/{me.person}").text
    german = Visitor(served, me, language="de").get(f"/people/{me.person}").text
    assert "keine Arbeit ohne geprüften Nachweis: medical-licence." in german


def test_types_that_contracts_demand_are_offered_and_another_is_warned_of(served: Served, me: Actor) -> None:
    visitor, mine = Visitor(served, me), f"/people/{me.person}"
    assert "<datalist" not in visitor.get(mine).text
    credentials.revise(served.world, credentials.DEMAND)
    page = visitor.get(mine).text
    assert '<datalist id="type-offered"><option value="medical-licence"></option></datalist>' in page
    assert "Contracts demand medical-licence. A credential of another type opens no work." in page
    assert "No contract demands" not in visitor.get(declared(visitor, me)).text
    action = f"{mine}/credentials"
    typo = visitor.post(action, visitor.filled(mine, action, type="medical-license", issuer="Chamber of Berlin"))
    warned = visitor.get(typo.headers["location"]).text
    assert "No contract demands a credential of the type medical-license: it opens no work." in warned


def test_what_was_typed_comes_back_with_the_reason_of_a_refusal(served: Served, me: Actor) -> None:
    visitor, mine = Visitor(served, me), f"/people/{me.person}"
    action = f"{mine}/credentials"
    for changes, told in (
        ({"type": "A Licence"}, "Expected a short type"),
        ({"type": "licence", "issuer": "A chamber", "expires_on": "2001-01-01"}, "it has expired"),
        ({"type": "licence", "issuer": "A chamber", "expires_on": "soon"}, "Expected a date"),
    ):
        refused = visitor.post(action, visitor.filled(mine, action, **changes))
        assert refused.status_code == 422
        assert told in refused.text
        assert f'value="{changes["type"]}"' in refused.text


def test_a_disqualifier_is_proposed_confirmed_answered_and_lifted(served: Served, me: Actor) -> None:
    holder, lead = Visitor(served, me), Visitor(served, served.world.lead)
    mine = f"/people/{me.person}"
    action = f"{mine}/screening"
    nothing = lead.post(action, lead.filled(mine, action, ground="talented", evidence=WORDS))
    assert nothing.status_code == 422
    assert "can pass or rank nobody" in nothing.text
    contradicted = lead.post(action, lead.filled(mine, action, ground="no-contract", evidence=WORDS))
    assert contradicted.status_code == 409
    assert "found that the contract with this person is executed" in contradicted.text
    assert "Say what shows it, in 10 to 5,000 characters." in (
        lead.post(action, lead.filled(mine, action, ground="licence-revoked", evidence="x")).text
    )
    told = lead.post(action, lead.filled(mine, action, ground="licence-revoked", evidence=WORDS))
    assert told.headers["location"] == f"{mine}?done=disqualifier#screening"
    found = re.search(rf'action="({mine}/screening/dsq-\w+)"', lead.get(mine).text)
    assert found is not None
    one = found[1]
    assert "proposed: it does nothing" in holder.get(mine).text
    assert WORDS not in holder.get(mine).text, "evidence may speak of others"
    short = lead.post(one, lead.filled(mine, one, decision="confirmed", reason="yes"))
    assert short.status_code == 422
    assert lead.post(one, lead.filled(mine, one, decision="confirmed", reason=WORDS)).status_code == 303
    answered = holder.post(one, holder.filled(mine, one, words="It is another doctor."))
    assert answered.headers["location"] == f"{mine}?done=answered#screening"
    assert "It is another doctor." in lead.get(mine).text
    assert lead.post(one, lead.filled(mine, one, decision="lifted", reason=WORDS)).status_code == 303


def test_rules_are_run_from_the_page_and_a_bad_region_is_refused(served: Served) -> None:
    lead = Visitor(served, served.world.lead)
    served.world.person("Nobody signed", "expert")
    bad = lead.post("/screening/rules", lead.filled("/credentials", "/screening/rules", regions="nowhere"))
    assert bad.status_code == 422
    done = lead.post("/screening/rules", lead.filled("/credentials", "/screening/rules"))
    assert done.headers["location"] == "/credentials?done=screened"
    assert "No contract with this person is executed." in lead.get("/credentials").text
    again = lead.post("/screening/rules", lead.filled("/credentials", "/screening/rules"))
    assert again.headers["location"] == "/credentials?done=screened-none"
    assert lead.get("/credentials?days=never").status_code == 422


def test_one_says_who_one_is_and_the_pool_is_told_when_it_is_large_enough(served: Served, me: Actor) -> None:
    world, lead = served.world, Visitor(served, served.world.lead)
    whole, mine = f"/programmes/{PROGRAMME}/pool", f"/me/pool/{PROGRAMME}"
    assert "has no section" in lead.get(whole).text
    text = contract_text("1.1.0", redundancy=5) + POOL
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce)
    holder = Visitor(served, me)
    assert mine in holder.get("/me").text
    assert holder.post(mine, holder.filled(mine, mine, age="old")).headers["location"] == f"{mine}?done=groups"
    assert 'value="old" selected' in holder.get(mine).text
    assert lead.post(whole, lead.filled(whole, whole)).status_code == 303
    assert "Too few people to tell anything of them together." in lead.get(whole).text
    world.work(1)
    for actor in (me, *(world.expert() for _ in range(4))):
        world.judge(actor)
    assert lead.post(whole, lead.filled(whole, whole)).headers["location"] == f"{whole}?done=composed"
    page = lead.get(whole).text
    assert "5 people have judged" in page
    assert "hidden" in page
    withdrawn = holder.post(f"{mine}/withdraw", holder.filled(mine, f"{mine}/withdraw"))
    assert withdrawn.headers["location"] == f"{mine}?done=groups-withdrawn"
    assert lead.post(whole, lead.filled(whole, whole)).status_code == 409
