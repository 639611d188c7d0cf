"""Credentials, screening and the pool over the API with the typed client: all that the screens can do."""

from pathlib import Path

import pytest
from history_experts import POOL, WORDS
from living_cell import PROGRAMME, contract_text
from served import InProcess, Served, served_at

from tallystick.app import contract
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key
from tallystick.client import Absent, ApiError, Client, Conflict

UNTIL = "2023-12-20"


def client_of(served: Served, actor: Actor) -> Client:
    transport = InProcess(served.site)
    return Client("http://testserver", token=served.token(actor), transport=transport, pause=lambda _: None)


def test_a_life_of_credentials_screening_and_pool_over_the_api(sqlite_url: str, tmp_path: Path) -> None:
    with served_at(sqlite_url, tmp_path / "cell") as served:
        world = served.world
        me, other = world.expert(), world.expert()
        with client_of(served, me) as mine, client_of(served, world.lead) as lead:
            made = mine.declare_credential(
                me.person, type="medical-licence", method="document", issuer="A chamber", expires_on=UNTIL
            )
            mine.add_evidence(made.credential, b"%PDF", name="licence.pdf")
            with pytest.raises(Absent):
                mine.verify_credential(made.credential, method="document", expires_on=UNTIL)
            assert [one.credential for one in lead.credentials_due().waiting] == [made.credential]
            lead.review_credential(made.credential)
            with pytest.raises(ApiError) as refused:
                lead.verify_credential(made.credential, method="self_attested", expires_on=UNTIL)
            assert refused.value.code == "self-attested"
            lead.verify_credential(made.credential, method="document", expires_on=UNTIL)
            assert lead.evidence(made.credential, 1) == b"%PDF"
            assert (lead.credential(made.credential).issuer, lead.credentials(me.person)[0].state) == (
                "A chamber", "verified",
            )  # fmt: skip
            assert [one.days for one in mine.credentials_due().expiring] == [36]
            with client_of(served, other) as stranger, pytest.raises(Absent):
                stranger.credential(made.credential)
            with pytest.raises(ApiError) as strange:
                lead.propose_disqualifier(me.person, ground="score-7", evidence=WORDS)
            assert strange.value.code == "no-such-ground"
            with pytest.raises(Conflict) as contradicted:
                lead.propose_disqualifier(me.person, ground="no-contract", evidence=WORDS)
            assert contradicted.value.code == "ground-contradicted"
            (name,) = lead.propose_disqualifier(me.person, ground="licence-revoked", evidence=WORDS).disqualifiers
            with pytest.raises(Conflict):
                lead.propose_disqualifier(me.person, ground="licence-revoked", evidence=WORDS)
            lead.decide_disqualifier(name, decision="confirmed", reason=WORDS)
            mine.answer_disqualifier(name, words="It is another doctor.")
            (seen,) = mine.disqualifiers(me.person)
            assert (seen.evidence, [one.what for one in seen.said]) == (None, ["confirmed", "answered"])
            with pytest.raises(Conflict) as stopped:
                mine.next_task(PROGRAMME)
            assert stopped.value.code == "disqualified"
            assert lead.run_screening_rules(sanctioned_regions=["XX"]).disqualifiers == []
            assert lead.disqualifiers_waiting() == []
            assert lead.person(me.person).contract_template is not None
        asked(served, me)


def asked(served: Served, me: Actor) -> None:
    """What the contract asks is answered, told, and taken back."""
    world = served.world
    text = contract_text("1.1.0") + POOL
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce)
    with client_of(served, me) as mine, client_of(served, world.lead) as lead:
        mine.declare_demographics(PROGRAMME, {"age": "old"})
        assert mine.my_demographics(PROGRAMME).values == {"age": "old"}
        assert lead.pool(PROGRAMME).newest is None
        assert lead.compose_pool(PROGRAMME).parts == []
        found = lead.pool(PROGRAMME).newest
        assert found is not None
        assert found.people == 0
        mine.withdraw_demographics(PROGRAMME)
        assert mine.my_demographics(PROGRAMME).values == {}
