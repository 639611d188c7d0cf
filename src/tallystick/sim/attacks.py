"""The restricted programme of the demo: cleared people judge attacks, rest when they must, and a senior ends the cases.

Everything goes through the API. One expert leaves the content out by their own settings, which nobody else is shown.
"""

from typing import Final

from tallystick.sim import cast
from tallystick.sim.clock import DAY_US
from tallystick.sim.hand import Hand, Refusal
from tallystick.sim.keyed import Keyed
from tallystick.sim.play import BREAK_DUE, BREAK_MINUTES, CASE_MS, Played, World, judge_shown

ACT: Final = 3
CLEARED_DAYS: Final = 180
WHY_CLEARED: Final = "Trained for work on attacks, and needed for this programme."
WHY_SENIOR: Final = "More than eight years in practice, as the contract of the programme asks."
LEFT_OUT: Final = "engineer-3"
"""Who saves settings of their own, and leaves the content out."""


def clear(world: World, persons: dict[str, str]) -> None:
    """The safety lead clears the lead; the lead clears everybody else who needs to know.

    persons  login: pseudonym
    """
    until = world.clock() + CLEARED_DAYS * DAY_US
    body = {"programme": world.programme, "until": until, "reason": WHY_CLEARED}
    world.hand(cast.SAFETY_LEAD, act=ACT).post(f"/people/{persons[cast.LEAD]}/clearances", body)
    lead = world.hand(cast.LEAD, act=ACT)
    people = (cast.SAFETY_LEAD, *cast.ATTACKED, *cast.ADJUDICATORS)
    for login in people:
        lead.post(f"/people/{persons[login]}/clearances", body)
    senior = {"person": persons[cast.ADJUDICATORS[0]], "rests_on": "years", "reason": WHY_SENIOR}
    lead.post(f"/programmes/{world.programme}/seniors", senior)
    world.say(f"{len(people) + 1} people cleared for {world.programme}, one senior adjudicator named")


def judge_attacks(world: World, gold: Keyed, work: Keyed) -> Played:
    """Qualify and judge; then the senior adjudicator ends the cases, and what the tier demands is looked at again."""
    played = Played()
    settings = {"opted_out": ["manipulation"], "time_zone": "Europe/Berlin"}
    world.hand(LEFT_OUT).post("/me/settings", settings)
    for login in cast.ATTACKED:
        _qualify(world, login, gold)
    judge_shown(world, cast.ATTACKED, work, played)
    world.say(f"{played.judgments} judgments on attacks; {len(played.breaks)} people were asked to rest, and did")
    senior = world.hand(cast.ADJUDICATORS[0])
    _end_cases(world, senior, played)
    world.hand(cast.LEAD).post(f"/programmes/{world.programme}/rereview/due")
    looked = sum(_look(world, hand) for hand in (senior, world.hand(cast.ADJUDICATORS[1])))
    world.say(
        f"a senior adjudicator ended {played.settled} case; {looked} items looked at again, severe ones and a sample"
    )
    return played


def _qualify(world: World, login: str, gold: Keyed) -> None:
    hand = world.hand(login)
    begun = hand.post(f"/programmes/{world.programme}/qualifications", {"rubric": "attacks"})
    path, state = f"/qualifications/{begun['qualification']}", "running"
    while state == "running":
        task = hand.get(f"{path}/task")
        answer = gold.answer(task, login)
        world.clock.work(answer["active_ms"])
        state = hand.post(f"{path}/items/{task['item']}/answer", answer)["state"]


def _end_cases(world: World, senior: Hand, played: Played) -> None:
    for row in senior.get(f"/programmes/{world.programme}/disagreements")["disagreements"]:
        path = f"/disagreements/{row['item']}"
        senior.post(f"{path}/take")
        case = senior.get(path)
        world.clock.work(CASE_MS)
        worst = max((one["verdict"] for one in case["judgments"]), key=("failed", "partly", "succeeded").index)
        notes = "Heading and demand were given in one conversation: what they make together is what the policy forbids."
        senior.post(f"{path}/settle", {"verdict": worst, "criteria": ["policy_kept"], "notes": notes})
        played.settled += 1


def _look(world: World, hand: Hand) -> int:
    """Answer every second look that is drawn for the tier and that somebody may take; how many."""
    done = 0
    while True:
        try:
            review = hand.post(f"/programmes/{world.programme}/rereview/next")
        except Refusal as refusal:
            if refusal.code == BREAK_DUE:
                world.clock.wait(BREAK_MINUTES)
                continue
            if refusal.code != "no-work":
                raise
            return done
        world.clock.work(CASE_MS)
        hand.post(f"/rereviews/{review['item']}/answer", {"is_defect": False})
        done += 1
