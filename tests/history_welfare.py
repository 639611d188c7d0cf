"""What happens around welfare and routing in a history: rules, settings, languages, clearances."""

from living_cell import PROGRAMME, World, contract_text, item_row

from tallystick.app import contract, routing, welfare
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key

RULES = """welfare:
  minutes_daily_max: 1000
  rest: {after_minutes: 400, minutes: 5}
  categories:
    grim: {warning: It is grim., items_daily_max: 40, rest: {after_minutes: 200, minutes: 5}}
"""
ROUTING = "routing: {domains: {general: {language_level: A1}}}\n"
WORDS = "As an interview of half an hour showed."
DAY_US = 86_400_000_000


def care(world: World, expert: Actor, *, version: str, sections: str, n: int, m: int) -> None:
    """The contract names content that can weigh on people; one leaves it out or not, says what they speak, is cleared.

    sections  that the contract keeps
    """
    cell, lead = world.cell, world.lead
    plain = contract_text(version, domains=world.domains).replace("changed.", f"changed for {version}.")
    routed = ROUTING if "general" in world.domains else ""
    contract.bring_into_force(cell, lead, text=plain + sections + RULES + routed, name="c.yaml", key=new_key())
    for one in world.experts:
        routing.declare_languages(cell, one, {"en": "C1"}, key=new_key())
    routing.declare_languages(cell, expert, {"en": "native", "de": "A2"}, key=new_key())
    routing.confirm_language(cell, lead, expert.person, language="de", level="A2", how=WORDS, key=new_key())
    world.bring([item_row(f"grim-{version}", domain=world.domains[0], categories=["grim"])], batch=f"grim-{n % 2}")
    welfare.save_settings(cell, expert, opted_out=["grim"][: m % 2], time_zone="Asia/Tokyo", key=new_key())
    until = world.clock() + DAY_US
    done = routing.grant(cell, lead, expert.person, programme=PROGRAMME, until=until, reason=WORDS, key=new_key())
    if m % 3 == 0 and isinstance(done, routing.Granted):
        routing.revoke(cell, lead, done.clearance, reason=WORDS, key=new_key())
