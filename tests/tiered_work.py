"""Tiers of risk in a small cell: a contract that speaks of them, an author, somebody who is senior for a while."""

from living_cell import PROGRAMME, World, contract_text, item_row

from tallystick.app import contract, escape, tiers
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key

TIERS = """assignment:
  reviews: {low: "0.5", medium: "0.5", high: "0.5", restricted: "0.5"}
  senior: {role: adjudicator, years: 5}
  expert_share_max: "0.9"
  others_first: false
"""
REASON = "Fifteen years of practice, as the papers that I saw say."


def adjudicator_of(world: World) -> Actor:
    """Who decides disagreements in a history, also when others have joined since; their terms of pay are accepted."""
    found = next(expert for expert in reversed(world.experts) if "adjudicator" in expert.expert_roles)
    world.accept_pay(found)
    return found


def live_in_tiers(world: World, number: int, *, redundancy: int = 2) -> None:
    """A contract version with tiers, severe items of an author, a senior, and a draw of what the tiers need."""
    cell, lead, last = world.cell, world.lead, adjudicator_of(world).person
    text = contract_text(f"1.{number}.0", domains=world.domains, redundancy=redundancy).replace("medium}", "high}")
    text = text.replace(f"redundancy: {{medium: {redundancy}}}", f"redundancy: {{high: {redundancy}}}")
    plain = text.replace("changed.", f"changed for {number}.")
    contract.bring_into_force(cell, lead, text=plain + (world.pay or "") + TIERS, name="contract.yaml", key=new_key())
    rows = [item_row(f"t-{number}-{domain}", domain=domain, severity="high", author=last) for domain in world.domains]
    world.bring(rows, batch="tiers")
    tiers.grant_senior(cell, lead, PROGRAMME, last, rests_on="years", reason=REASON, key=new_key())
    escape.draw_due(cell, lead, PROGRAMME, key=new_key())
    if number % 2:
        tiers.revoke_senior(cell, lead, PROGRAMME, last, reason=REASON, key=new_key())
