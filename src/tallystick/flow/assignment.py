"""Who gets which item, in which order of candidates. Pure: chance comes from the journal's own seed."""

import hashlib
import hmac
from collections.abc import Mapping

from tallystick.flow.refusal import Refused

NO_WORK = Refused("no-work", "There is no open item for you now. New items appear here as soon as they come in.")
NOT_QUALIFIED = Refused(
    "not-qualified", "You are not qualified under any rubric of this programme yet: take a qualification first."
)
STOOD_DOWN = Refused(
    "stood-down",
    "You stand down under this rubric: the lead has recorded why, can tell you, and can reinstate you. What you judged "
    "stays yours.",
)
NO_CONTRACT = Refused(
    "no-contract", "Work before your contract is executed is blocked: the programme lead has to record it first."
)


def candidate_order(seed: bytes, item: str, expert: str) -> str:
    """AB or BA for one expert and item: reproducible from the journal, unknown to who lacks the seed."""
    bit = hmac.digest(seed, f"tallystick/order/v1|{item}|{expert}".encode(), "sha256")[0] & 1
    return "BA" if bit else "AB"


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
