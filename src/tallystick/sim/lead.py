"""What the demo's lead does once the gates have spoken: why a batch fails, how much got through, what wins by its form.

Everything goes through the API. A calibration session is left half done on purpose: whoever looks at the demo can sign
in as the expert who is awaited, label the rest, and go on as the lead.
"""

from tallystick.sim import cast
from tallystick.sim.experts import Truth
from tallystick.sim.hand import Hand, Refusal
from tallystick.sim.play import NEXT_DAY, World

AWAITED = "lawyer-3"
"""Who has not labelled in the calibration session when the play ends."""
SECOND_LOOKS = {"medium": 4, "low": 2}
"""How many finished items of each tier are drawn to be looked at again, beside what the tiers demand."""
LOOKED_AT = 3
"""How many of those are looked at; what the tiers demand is looked at in full."""
LOOK_MS = 150_000
ACT = NEXT_DAY
WHY = {
    "pilot": "Contract, rubrics and gold items are ready, and terms of pay are set: it is tried on real work now.",
    "production": "The pilot's release holds hard cases of every domain but law, whose gate failed and is worked on.",
}
"""Phase: why the lead moves a programme there."""


def move(world: World, phase: str, *, act: int = 1) -> None:
    """Move the programme to another phase. Where something is missing before production, it stays in the pilot."""
    lead = world.hand(cast.LEAD, act=act)
    try:
        lead.post(f"/programmes/{world.programme}/phase", {"phase": phase, "rationale": WHY[phase]})
    except Refusal as refusal:
        if refusal.code != "pilot-incomplete":
            raise
        world.say(f"{world.programme} stays in the pilot: {', '.join(refusal.names)}")
    else:
        world.say(f"{world.programme} moved to {phase}")


def look_into(world: World, truth: Truth) -> None:
    """Name causes, diagnose what fails and begin a calibration session, draw second looks, audit for shortcuts."""
    lead = world.hand(cast.LEAD, act=ACT)
    for row in lead.get(f"/programmes/{world.programme}/causes")["batches"]:
        lead.post(f"/batches/{row['batch']}/causes", {})
    for row in lead.get(f"/programmes/{world.programme}/interventions")["interventions"]:
        _intervene(world, lead, row["intervention"], row["domain"], truth=truth)
    _look_again(world, lead)
    groups = lead.post(f"/programmes/{world.programme}/shortcut-audits", {})["groups"]
    world.say(f"shortcut audit of {len(groups)} {'group' if len(groups) == 1 else 'groups'} recorded")


def _intervene(world: World, lead: Hand, intervention: str, domain: str, *, truth: Truth) -> None:
    path = f"/interventions/{intervention}"
    lead.post(f"{path}/diagnoses", {})
    world.say(f"intervention in {domain} opened by its failing gate, and diagnosed")
    opened = lead.post(f"{path}/calibrations", {})
    experts = {one.login: one for one in cast.experts(world.seed) if domain in one.domains and one.login != AWAITED}
    for login, expert in experts.items():
        hand = world.hand(login, act=ACT)
        for item in opened["items"]:
            task = hand.get(f"/calibrations/{opened['calibration']}/task")
            answer = expert.answer(task, truth) | {"confirmed": [c["id"] for c in task["rubric"]["criteria"]]}
            assert task["item"] in opened["items"], item
            world.clock.work(answer["active_ms"])
            hand.post(f"/calibrations/{opened['calibration']}/items/{task['item']}/label", answer)
    world.say(f"calibration session of {len(opened['items'])} items: {AWAITED} has yet to label")


def _look_again(world: World, lead: Hand) -> None:
    """What the tiers demand is drawn and looked at in full; of a sample beside it, the first ones."""
    lead.post(f"/programmes/{world.programme}/rereview/due")
    demanded = _looks(world)
    world.say(f"second looks that the tiers demand, all of severe items and a sample of the others: {demanded} done")
    lead.post(f"/programmes/{world.programme}/rereview/draws", {**SECOND_LOOKS, "round": 1})
    done = _looks(world, at_most=LOOKED_AT)
    world.say(f"{sum(SECOND_LOOKS.values())} finished items drawn at random for a second look, {done} looked at")


def _looks(world: World, *, at_most: int | None = None) -> int:
    """Second looks by adjudicators, until there is none for them; how many."""
    done = 0
    for login in cast.ADJUDICATORS:
        hand = world.hand(login, act=ACT)
        while done != at_most:
            try:
                review = hand.post(f"/programmes/{world.programme}/rereview/next")
            except Refusal as refusal:
                if refusal.code not in {"no-work", "credential-missing"}:
                    raise
                break
            world.clock.work(LOOK_MS)
            hand.post(f"/rereviews/{review['item']}/answer", {"is_defect": False})
            done += 1
    return done
