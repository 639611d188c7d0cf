"""Who gets which item, in which order of candidates. Pure.

Chance comes from the journal's own seed.
"""

from tallystick.flow.assignment.giving import (
    ACTIVE_US,
    NO_CONTRACT,
    NO_WORK,
    NOT_QUALIFIED,
    OTHER_SIGNAL,
    OTHERS_FIRST,
    QUALIFICATION_LAPSED,
    SHARE_REACHED,
    SIGNAL,
    STOOD_DOWN,
    Stratum,
    candidate_order,
    domain_order,
    is_share_reached,
    lets_others_first,
    shortfalls,
    shuffled,
    stratum_order,
)
from tallystick.flow.assignment.load import Spread, spread

__all__ = [
    "ACTIVE_US",
    "NOT_QUALIFIED",
    "NO_CONTRACT",
    "NO_WORK",
    "OTHERS_FIRST",
    "OTHER_SIGNAL",
    "QUALIFICATION_LAPSED",
    "SHARE_REACHED",
    "SIGNAL",
    "STOOD_DOWN",
    "Spread",
    "Stratum",
    "candidate_order",
    "domain_order",
    "is_share_reached",
    "lets_others_first",
    "shortfalls",
    "shuffled",
    "spread",
    "stratum_order",
]
