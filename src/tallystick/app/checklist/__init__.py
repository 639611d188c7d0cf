"""The operating checklist of a programme, and the phases that it moves through."""

from tallystick.app.checklist.evaluating import ChecklistPage, checklist, page_of
from tallystick.app.checklist.moving import (
    Move,
    Moved,
    PhasePage,
    PhaseState,
    move,
    phase_page,
    phase_state,
    phased,
    phases_of,
)

__all__ = [
    "ChecklistPage",
    "Move",
    "Moved",
    "PhasePage",
    "PhaseState",
    "checklist",
    "move",
    "page_of",
    "phase_page",
    "phase_state",
    "phased",
    "phases_of",
]
