"""Whoever looks again at what others did holds what the domain demands, when they begin and when they answer."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from held_work import code, given, hold
from living_cell import PROGRAMME, World, contract_text, world_at

from tallystick.app import affected, contract, credential, escape
from tallystick.app.access import Actor
from tallystick.app.contract import today_of
from tallystick.app.credential import EvidenceFile
from tallystick.app.kernel import Receipt, new_key
from tallystick.app.standing import reviewing
from tallystick.flow import escape as escape_flow
from tallystick.flow.credential import Details, Wish
from tallystick.flow.refusal import Refused

DEMAND = "credentials: [{type: medical-licence, risks: [medium], why: Doctors only.}]\n"


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with world_at(database_url, tmp_path / "cell") as found:
        yield found


def licensed(world: World, actor: Actor, *, days: int = 400) -> None:
    """Give somebody the verified credential that the contract demands."""
    until = today_of(world.cell) + timedelta(days)
    details = Details(issuer="Chamber", jurisdiction="DE", identifier="")
    wish = Wish(type="medical-licence", method="self_attested", expires_on=until, renews=None, details=details)
    done = credential.declare(world.cell, actor, actor.person, wish, key=new_key())
    assert isinstance(done, credential.Declared), done
    proof = EvidenceFile("licence.pdf", b"%PDF a licence")
    credential.add_evidence(world.cell, actor, done.credential, proof, key=new_key())
    credential.start_review(world.cell, world.lead, done.credential, key=new_key())
    made = credential.verify(
        world.cell, world.lead, done.credential, method="document", expires_on=until, key=new_key()
    )
    assert isinstance(made, Receipt), made


def test_what_others_did_is_looked_at_again_under_credentials_that_are_in_force(world: World) -> None:
    """Drawn items, held judgments, and judgments that a later rubric version affects."""
    for one in (first := world.expert(), second := world.expert()):
        licensed(world, one)
    reviewer = world.expert("reviewer", domains=())
    text = contract_text("1.1.0") + DEMAND
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done
    for number in range(2):
        world.work(1, start=number)
        world.judge(first), world.judge(second)
        if not number:
            drawn = escape.draw(world.cell, world.lead, PROGRAMME, wanted={"medium": 1}, key=new_key())
            assert isinstance(drawn, escape.Drawn)
    kept, held = (row.judgment for row in given(world) if row.expert == first.person)
    hold(world, first.person, held)
    world.publish("1.1.0", question="Does it follow from what was said?")

    def take() -> list[object]:
        return [
            escape.next_review(world.cell, reviewer, PROGRAMME, key=new_key()),
            reviewing.held_judgment(world.cell, reviewer, held, key=new_key()),
            affected.affected_judgment(world.cell, reviewer, kept, key=new_key()),
        ]

    refused = take()
    assert [code(one) for one in refused] == ["credential-missing"] * 3
    assert "nobody has verified for you" in refused[0].sentence  # type: ignore[attr-defined]  # a refusal
    licensed(world, reviewer, days=0)
    item, *_opened = taken = take()
    assert not any(isinstance(one, Refused) for one in taken), taken
    world.clock.pass_minutes(24 * 60)

    def decide() -> list[object]:
        return [
            escape.answer(world.cell, reviewer, str(item), escape_flow.Answer(is_defect=False), key=new_key()),
            reviewing.stands(world.cell, reviewer, held, notes="", key=new_key()),
            affected.stands(world.cell, reviewer, kept, notes="", key=new_key()),
        ]

    late = decide()
    assert [code(one) for one in late] == ["credential-missing"] * 3
    assert all("which expired on" in one.sentence for one in late)  # type: ignore[attr-defined]  # refusals
    licensed(world, reviewer)
    assert not any(isinstance(one, Refused) for one in decide())
