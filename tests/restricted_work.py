"""Make the domain of a cell under test a restricted one, and let people in."""

from living_cell import PROGRAMME, World, contract_text

from tallystick.app import contract, escape, routing, tiers
from tallystick.app.access import Actor
from tallystick.app.kernel import Receipt, new_key
from tallystick.flow.refusal import Refused
from tallystick.flow.routing import DAY_US

RATE = "0.000001"
"""The least rate of second looks that a tier of high or restricted risk may have: of a few items it takes none."""
SENIOR = f"assignment: {{reviews: {{restricted: '{RATE}'}}, senior: {{years: 5}}, others_first: false}}\n"
"""Who is senior where a domain is of high or restricted risk."""
LIMITS = "welfare: {minutes_daily_max: 720}\n"
"""A limit to restricted work that nobody reaches in a day."""
CLOSED = "routing: {domains: {}}\n" + LIMITS + SENIOR
"""What a contract with a domain of restricted risk says."""


def restrict(world: World, redundancy: int = 2) -> None:
    """Make the domain a restricted one, and clear its lead."""
    text = contract_text("1.1.0", redundancy=redundancy, domains=world.domains)
    text = text.replace("risk: medium", "risk: restricted").replace("{medium:", "{restricted:")
    text += CLOSED
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done
    clear(world, world.person("Lia Lead", "lead"), world.lead)


def clear(world: World, by: Actor, *people: Actor) -> None:
    """Let people see restricted items for a day."""
    until, why = world.clock() + DAY_US, "Trained for work on attacks."
    for who in people:
        done = routing.grant(world.cell, by, who.person, programme=PROGRAMME, until=until, reason=why, key=new_key())
        assert isinstance(done, routing.Granted), done


def draw(world: World) -> None:
    """Draw what the tier needs looked at again, which takes none of a few items: a release asks that it was drawn."""
    done = escape.draw_due(world.cell, world.lead, PROGRAMME, key=new_key())
    assert not isinstance(done, Refused), done


def make_senior(world: World, who: Actor) -> None:
    """Let somebody decide cases where the risk is high."""
    why, key = "Ten years of decisions on attacks.", new_key()
    done = tiers.grant_senior(world.cell, world.lead, PROGRAMME, who.person, rests_on="years", reason=why, key=key)
    assert isinstance(done, Receipt), done
