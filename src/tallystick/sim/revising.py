"""After a rubric was revised: some of the affected judgments are looked at again, and the rest wait.

Everything goes through the API, by the adjudicators.
"""

from typing import Final

from tallystick.sim import cast
from tallystick.sim.office import NEXT_WEEK
from tallystick.sim.play import World

REVIEWED: Final = 7
"""Affected judgments that are looked at; the others still wait when the play ends."""
AGAIN: Final = 3
"""Which of these is set aside, to be judged again: every so manieth."""
LOOK_MS: Final = 120_000
STANDS: Final = "Its points on completeness are those that the new anchors give."
ANEW: Final = "It took off points for a part that rests on a false premise, which no longer counts."


def review_affected(world: World) -> None:
    """Open affected judgments one by one, and say of each whether it stands."""
    hand = world.hand(cast.ADJUDICATORS[1], act=NEXT_WEEK)
    queue = hand.get(f"/programmes/{world.programme}/affected")["rubrics"]
    waiting = [row["judgment"] for rubric in queue for row in rubric["mine"]]
    done = {"stands": 0, "again": 0}
    for number, judgment in enumerate(waiting[:REVIEWED], 1):
        hand.get(f"/affected/{judgment}")
        world.clock.work(LOOK_MS)
        verb = "stands" if number % AGAIN else "again"
        hand.post(f"/affected/{judgment}/{verb}", {"notes": STANDS if verb == "stands" else ANEW})
        done[verb] += 1
    world.say(
        f"affected work: {done['stands']} judgments stand, {done['again']} to be judged again, "
        f"{sum(rubric['tally']['waiting'] for rubric in queue) - sum(done.values())} not reviewed yet"
    )
