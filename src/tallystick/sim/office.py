"""What the office does around the work: principles agreed, credentials verified, pay accepted, closed and exported.

Everything goes through the API, by the people whose affair it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from tallystick.sim import cast
from tallystick.sim.hand import Hand
from tallystick.sim.play import World

CARRIED: Final = ("medical", "legal")
"""Rubrics whose criteria carry principles of the constitution. One principle is carried by none, on purpose."""
REGISTERS: Final = {"medical-licence": "Register of physicians (invented)", "bar-admission": "Bar council (invented)"}
EXPIRING_DAYS: Final = 45
"""Days from the end of the play in which the last day of one credential lies."""
YEARS_VALID: Final = 4
TEACHING: Final = ("lawyer-1", "lawyer-3")
WHY_SENIOR: Final = "More than eight years in practice, as the contract of the programme asks."
NEXT_WEEK: Final = 4
"""The act of the play in which the week is over."""


@dataclass(frozen=True, slots=True)
class Holds:
    """A credential of somebody in the play.

    days      until its last day; None: some years
    is_found  whether the register confirmed it and the lead verified it; else it waits under review
    """

    login: str
    type: str
    number: str
    days: int | None = None
    is_found: bool = True


CREDENTIALS: Final = (
    Holds("physician-1", "medical-licence", "P-20417"), Holds("physician-2", "medical-licence", "P-18830"),
    Holds("physician-3", "medical-licence", "P-22951", days=EXPIRING_DAYS),
    Holds("lawyer-1", "bar-admission", "B-7120"), Holds("lawyer-2", "bar-admission", "B-6894"),
    Holds("lawyer-3", "bar-admission", "B-8003"),
    Holds("adjudicator-1", "medical-licence", "P-11206"), Holds("adjudicator-2", "bar-admission", "B-3310"),
    Holds("engineer-2", "security-certificate", "S-3317", is_found=False),
)  # fmt: skip


def agree(world: World) -> None:
    """The methodology lead proposes how rubrics carry the principles; both roles sign."""
    lead, researcher = world.hand(cast.LEAD), world.hand(cast.RESEARCHER)
    for rubric in CARRIED:
        notes = "Read side by side with the worked examples of both documents."
        path = f"/programmes/{world.programme}/constitution/operationalizations"
        proposal = lead.post(path, {"rubric": rubric, "notes": notes})["proposal"]
        for hand, role in ((lead, "lead"), (researcher, "researcher")):
            hand.post(f"/operationalizations/{proposal}/sign", {"role": role})
    world.say(f"constitution in force, agreed on by lead and researcher for {' and '.join(CARRIED)}")


def hire(world: World) -> None:
    """Credentials are declared, looked up and verified; terms accepted; groups declared by those who like to."""
    lead = world.hand(cast.LEAD)
    for held in CREDENTIALS:
        _credential(world, lead, held)
    verified = sum(held.is_found for held in CREDENTIALS)
    world.say(f"{verified} credentials verified, {len(CREDENTIALS) - verified} under review")
    people = [expert.login for expert in cast.experts(world.seed)]
    accept(world, [*people, *cast.ADJUDICATORS])
    for login in cast.ADJUDICATORS:
        senior = {"person": world.hand(login).get("/me")["person"], "rests_on": "years", "reason": WHY_SENIOR}
        lead.post(f"/programmes/{world.programme}/seniors", senior)
    world.say(f"{len(cast.ADJUDICATORS)} senior adjudicators named for what is of high risk")
    for number, login in enumerate(people):
        setting = "research" if login in TEACHING else "practice"
        groups = {"years": "many" if number % 2 else "few", "setting": setting}
        world.hand(login).put(f"/programmes/{world.programme}/pool/mine", {"values": groups})


def accept(world: World, people: Sequence[str]) -> None:
    """Everybody reads the pay terms in force and accepts them."""
    for login in people:
        hand = world.hand(login)
        terms = hand.get(f"/programmes/{world.programme}/pay/terms")["terms"]
        hand.post(f"/programmes/{world.programme}/pay/terms", {"terms": terms})
    world.say(f"pay terms of {world.programme} accepted by {len(people)} people")


def _credential(world: World, lead: Hand, held: Holds) -> None:
    holder = world.hand(held.login)
    today = datetime.fromtimestamp(world.clock() / 1e6, UTC).date()
    until = (today + timedelta(days=held.days or 365 * YEARS_VALID)).isoformat()
    issuer = REGISTERS.get(held.type, "Certifying body (invented)")
    person = holder.get("/me")["person"]
    wish = {
        "type": held.type, "method": "registry_lookup", "issuer": issuer, "jurisdiction": "DE",
        "identifier": held.number, "expires_on": until,
    }  # fmt: skip
    name = holder.post(f"/people/{person}/credentials", wish)["credential"]
    found = f"{issuer}\nNumber {held.number}: entered, in good standing until {until}. (Invented for the demo.)\n"
    lead.upload(f"/credentials/{name}/evidence", "register.txt", found.encode())
    lead.post(f"/credentials/{name}/review")
    if held.is_found:
        lead.post(f"/credentials/{name}/verify", {"method": "registry_lookup", "expires_on": until})


def pay_out(world: World) -> None:
    """Close every week that is over and export its files for payroll."""
    lead = world.hand(cast.LEAD, act=NEXT_WEEK)
    inside = f"/programmes/{world.programme}/pay"
    for period in lead.get(inside)["periods"]:
        if period["state"] != "ended":
            continue
        name = period["period"]
        closed = lead.post(f"{inside}/periods/{name}/close")
        lead.post(f"{inside}/periods/{name}/exports")
        people = lead.get(f"{inside}?period={name}")["people"]
        topped = sum(one["top_up"] > 0 for one in people)
        paid = f"{closed['payable'] / 100:.2f} {closed['currency']} for {closed['people']} people"
        world.say(
            f"a week's pay of {world.programme} closed and exported: {paid}, {topped} of them topped up to the floor"
        )
