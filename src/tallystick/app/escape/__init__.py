"""Second looks at a random sample of finished items, and what they say of the defects that got through."""

from tallystick.app.escape.drawing import Checked, Drawn, check_draws, draw, draw_due
from tallystick.app.escape.reviewing import Answered, Review, answer, give_back, next_review, review
from tallystick.app.escape.telling import Defect, EscapePage, defects, escape_page, set_aside

__all__ = [
    "Answered",
    "Checked",
    "Defect",
    "Drawn",
    "EscapePage",
    "Review",
    "answer",
    "check_draws",
    "defects",
    "draw",
    "draw_due",
    "escape_page",
    "give_back",
    "next_review",
    "review",
    "set_aside",
]
