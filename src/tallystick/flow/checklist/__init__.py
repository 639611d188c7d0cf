"""The operating checklist of a programme, fourteen lines in the words of SPEC 1.7, and its phases (1.8). Pure."""

import msgspec

from tallystick import canon
from tallystick.flow.checklist.facts import (
    DISQUALIFIED,
    NO_CREDENTIAL,
    STANDS_DOWN,
    AlikeGold,
    Facts,
    HeldOut,
    Released,
    Source,
)
from tallystick.flow.checklist.lines import (
    ASKED,
    FAIL,
    NOT_APPLICABLE,
    PASS,
    STATES,
    Evidence,
    Line,
    State,
    line,
)
from tallystick.flow.checklist.phases import (
    CLOSED,
    DRAFT,
    MEANING,
    MOVES,
    PHASES,
    PILOT,
    PRODUCTION,
    PROGRAMME_CLOSED,
    Missing,
    Pilot,
    in_words,
    missing,
    phased,
    refuse_closed,
    refuse_move,
    rests_on,
)
from tallystick.flow.checklist.shown import SHOWN

__all__ = [
    "CLOSED",
    "DISQUALIFIED",
    "DRAFT",
    "FAIL",
    "LINES",
    "MEANING",
    "MOVES",
    "NOT_APPLICABLE",
    "NO_CREDENTIAL",
    "PASS",
    "PHASES",
    "PILOT",
    "PRODUCTION",
    "PROGRAMME_CLOSED",
    "STANDS_DOWN",
    "STATES",
    "AlikeGold",
    "Evidence",
    "Facts",
    "HeldOut",
    "Line",
    "Missing",
    "Pilot",
    "Released",
    "Source",
    "State",
    "checklist",
    "digest",
    "in_words",
    "missing",
    "phased",
    "refuse_closed",
    "refuse_move",
    "rests_on",
]

LINES = (*ASKED, *SHOWN)
"""The fourteen lines: name, title, how it is found. In the order of the specification."""


def checklist(facts: Facts) -> tuple[Line, ...]:
    """Every line, evaluated on one state of a programme."""
    return tuple(line(name, title, check(facts)) for name, title, check in LINES)


def digest(lines: tuple[Line, ...]) -> str:
    """What binds an event to the lines as they stood: SHA-256 over them as canonical JSON."""
    return canon.digest(canon.encode(msgspec.to_builtins(lines)))
