"""Sentinels: gold items that stand blind in the normal work, what their answers show, and what follows from it."""

from tallystick.app.sentinel.auditing import ScheduleCheck, check_schedule
from tallystick.app.sentinel.drifting import Decided, announce, decide
from tallystick.app.sentinel.mixing import after_judgment, gold_of, item_for, may_renew
from tallystick.app.sentinel.policy import Ended, PolicySet, end_policy, offer, set_policy
from tallystick.app.sentinel.reading import (
    ChartPage,
    ChartSeen,
    DomainPool,
    Overview,
    PoolLeft,
    chart_page,
    overview,
    used_up,
)

__all__ = [
    "ChartPage",
    "ChartSeen",
    "Decided",
    "DomainPool",
    "Ended",
    "Overview",
    "PolicySet",
    "PoolLeft",
    "ScheduleCheck",
    "after_judgment",
    "announce",
    "chart_page",
    "check_schedule",
    "decide",
    "end_policy",
    "gold_of",
    "item_for",
    "may_renew",
    "offer",
    "overview",
    "set_policy",
    "used_up",
]
