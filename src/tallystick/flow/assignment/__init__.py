"""Who gets which item, in which order of candidates, and what a tier of risk demands. Pure.

Chance comes from the journal's own seed.
"""

from tallystick.flow.assignment.giving import (
    ACTIVE_US,
    NO_CONTRACT,
    NO_WORK,
    NOT_QUALIFIED,
    OTHERS_FIRST,
    SHARE_REACHED,
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
from tallystick.flow.assignment.tiers import (
    AUTHOR,
    NEEDS_SENIOR,
    SEVERE,
    Finished,
    Seniority,
    TierPolicy,
    check_grant,
    check_reason,
    is_senior_at,
    may_decide,
    needs,
    severe_pool,
)
from tallystick.flow.contract.assignment import SENIOR_TIERS

__all__ = [
    "ACTIVE_US",
    "AUTHOR",
    "NEEDS_SENIOR",
    "NOT_QUALIFIED",
    "NO_CONTRACT",
    "NO_WORK",
    "OTHERS_FIRST",
    "SENIOR_TIERS",
    "SEVERE",
    "SHARE_REACHED",
    "STOOD_DOWN",
    "Finished",
    "Seniority",
    "Spread",
    "Stratum",
    "TierPolicy",
    "candidate_order",
    "check_grant",
    "check_reason",
    "domain_order",
    "is_senior_at",
    "is_share_reached",
    "lets_others_first",
    "may_decide",
    "needs",
    "severe_pool",
    "shortfalls",
    "shuffled",
    "spread",
    "stratum_order",
]
