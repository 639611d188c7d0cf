"""Make the domain of a cell under test a restricted one, and let people in."""

from living_cell import PROGRAMME, World, contract_text

from tallystick.app import contract, routing
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key
from tallystick.flow.routing import DAY_US

SENIOR = "assignment: {reviews: {restricted: '0'}, senior: {years: 5}, others_first: false}\n"
"""Who is senior where a domain is of high or restricted risk, and no second looks."""


def restrict(world: World, redundancy: int = 2) -> None:
    """Make the domain a restricted one, and clear its lead."""
    text = contract_text("1.1.0", redundancy=redundancy, domains=world.domains)
    text = text.replace("risk: medium", "risk: restricted").replace("{medium:", "{restricted:")
    text += "routing: {domains: {}}\n" + SENIOR
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done
    clear(world, world.person("Lia Lead", "lead"), world.lead)


def clear(world: World, by: Actor, *people: Actor) -> None:
    """Let people see restricted items for a day."""
    until, why = world.clock() + DAY_US, "Trained for work on attacks."
    for who in people:
        done = routing.grant(world.cell, by, who.person, programme=PROGRAMME, until=until, reason=why, key=new_key())
        assert isinstance(done, routing.Granted), done
