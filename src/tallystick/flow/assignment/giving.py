"""Which item an expert is given next: the stratum furthest below its quota, and those first who have had less. Pure."""

import hashlib
import hmac
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from tallystick.canon import PPM
from tallystick.flow.refusal import Refused
from tallystick.signals.shape import LETTERS

NO_WORK = Refused("no-work", "There is no open item for you now. New items appear here as soon as they come in.")
NOT_QUALIFIED = Refused(
    "not-qualified", "You are not qualified under any rubric of this programme yet: take a qualification first."
)
QUALIFICATION_LAPSED = Refused(
    "qualification-lapsed",
    "Your qualification lapsed: the rubric changed. Take the qualification under the version in force. What you judged "
    "stays yours.",
)
STOOD_DOWN = Refused(
    "stood-down",
    "You stand down under this rubric: the lead has recorded why, can tell you, and can reinstate you. What you judged "
    "stays yours.",
)
OTHER_SIGNAL = Refused(
    "not-qualified",
    "What is open here is of a kind of supervision that has gold items of its own, which you have not passed: take the "
    "qualification for it first.",
)
SIGNAL: Final = "signal"
"""The axis on which strata of other signals than a comparison of two stand apart."""
NO_CONTRACT = Refused(
    "no-contract", "Work before your contract is executed is blocked: the programme lead has to record it first."
)
OTHERS_FIRST = Refused(
    "others-first",
    "Few items are left, and others have had fewer than you: they come first. Ask again in ten minutes; what nobody "
    "has taken by then is open to everybody.",
)
SHARE_REACHED = Refused(
    "share-reached",
    "You have given the largest share of these batches that one person may give: others judge the rest. New batches "
    "appear here as soon as they come in.",
)

PATIENCE_US: Final = 10 * 60 * 1_000_000
"""When nobody has taken an item of a domain for so long, what is left is open to everybody."""
ACTIVE_US: Final = 60 * 60 * 1_000_000
"""Whoever took an item of a domain within so long is active in it."""


PAIR = 2


def candidate_order(seed: bytes, item: str, expert: str, *, candidates: int = 2) -> str:
    """The item's own candidates, as letters, in the order in which one expert sees them: AB or BA of a pair.

    Reproducible from the journal, unknown to who lacks the seed.
    """
    drawn = hmac.digest(seed, f"tallystick/order/v1|{item}|{expert}".encode(), "sha256")
    if candidates == PAIR:
        return "BA" if drawn[0] & 1 else "AB"
    letters = LETTERS[:candidates].upper()
    return "".join(sorted(letters, key=lambda letter: hmac.digest(drawn, letter.encode(), "sha256")))


def shuffled(seed: bytes, things: list[str], *, salt: str) -> list[str]:
    """A reproducible order of things, by their keyed digests."""
    return sorted(things, key=lambda thing: hmac.digest(seed, f"{salt}|{thing}".encode(), hashlib.sha256))


def domain_order(fill: Mapping[str, tuple[int, int]], leases: Mapping[str, int], domains: list[str]) -> list[str]:
    """Which domains to offer first: the least complete against its items, then where this expert did least.

    fill    domain: (complete, items)
    leases  domain: how many items this expert has had in it
    """

    def share(domain: str) -> float:
        complete, items = fill.get(domain, (0, 0))
        return complete / items if items else 1.0

    return sorted(domains, key=lambda domain: (share(domain), leases.get(domain, 0), domain))


class Stratum(NamedTuple):
    """Items of one batch that are alike on every axis for which a plan can name a quota. Hundreds at every lease.

    stratum  its number: the place in the journal at which its first item came in
    values   axis: value, the domain among them
    open     items of it that still have a place
    """

    stratum: int
    values: Mapping[str, str]
    open: int


Places = Mapping[tuple[str, str], int]
"""(Axis, value): a number of items."""


def shortfalls(targets: Places, items: Places, strata: Iterable[Stratum]) -> dict[tuple[str, str], int]:
    """(Axis, value): how far its quota is from being filled, in parts per million of its target; 0 when it is full.

    An item fills a quota from the moment that its last place is taken: what is being judged is not asked for again.
    targets  of every quota
    items    all work items that there are
    strata   those with an open item
    """
    waiting = dict.fromkeys(targets, 0)
    for _, values, number in strata:
        for place in values.items():
            if place in waiting:
                waiting[place] += number
    return {
        place: max(0, target - (items.get(place, 0) - waiting[place])) * PPM // target
        for place, target in targets.items()
    }


def stratum_order(strata: Iterable[Stratum], short: Places) -> list[Stratum]:
    """Strata by what they do for the plan: the largest shortfall that an item of it helps comes first, then its second.

    Of two strata that help alike the older comes first. So whatever is given out serves the quota that is furthest
    behind of all that an open item can serve.
    """
    listed = list(strata)
    axes = max((len(stratum.values) for stratum in listed), default=0)

    behind = {place: -lacking for place, lacking in short.items()}

    def helps(stratum: Stratum) -> tuple[list[int], int]:
        short_of = sorted([behind.get(place, 0) for place in stratum.values.items()])
        return short_of + [0] * (axes - len(short_of)), stratum.stratum

    return sorted(listed, key=helps)


def lets_others_first(mine: int, others: Sequence[int], *, open_items: int, idle_us: int) -> bool:
    """Whether somebody waits because there is little work and they have had more than most.

    mine        how many items they have had
    others      the same of everybody else who is active in the domain
    open_items  of the domain
    idle_us     since an item of the domain was last taken, in microseconds

    Nobody starves: whoever has had no more than the median never waits, so at least half may always take, and after
    PATIENCE_US without a taker everybody may. No queue is kept: whoever asks is answered from the counts alone.
    """
    if open_items > len(others) or idle_us >= PATIENCE_US:
        return False
    return mine > statistics.median_low([mine, *others])


def is_share_reached(given: int, *, judgments: int, share_max_ppm: int | None) -> bool:
    """Whether somebody has had as many judgments of a batch as one person may give. One is always allowed.

    given      of the batch, those that they are at among them
    judgments  that the batch needs in all
    """
    if share_max_ppm is None:
        return False
    return given >= max(1, judgments * share_max_ppm // PPM)
