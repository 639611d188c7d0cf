"""Where pages of a session stand, and how people are called in them. Reads through app."""

from tallystick.app import access
from tallystick.app.calibration import Session
from tallystick.edge import Visit
from tallystick.web import frame
from tallystick.web.frame import Place
from tallystick.web.views.parts import Pill

STATES = {
    "labelling": Pill(label="labelling", tone="waiting"), "revealed": Pill(label="labels shown", tone="good"),
    "ended": Pill(label="ended", tone="quiet"), "abandoned": Pill(label="abandoned", tone="quiet"),
}  # fmt: skip
KINDS = {
    "ambiguous": "Can be read in more than one way", "missing": "Does not say what is needed",
    "contradicts": "Contradicts another part", "too_strict": "Too strict", "too_lax": "Too lax",
}  # fmt: skip
SECTION = "Interventions"


def root(name: str) -> str:
    """The address of a session."""
    return f"/calibrations/{name}"


def inside(visit: Visit, found: Session, *, is_below: bool = True) -> Place:
    """The place of a page of a session: below its intervention for readers, below their work for experts."""
    row = found.row
    here = (("Calibration session", root(row.calibration)),) if is_below else ()
    if not access.allows(visit.actor, "gate.read"):
        return Place(trail=(("My work", "/me"), *here), programme=row.programme)
    above = ("Intervention", f"/interventions/{row.intervention}")
    return frame.inside(visit, row.programme, SECTION, above, *here)


def who(number: int, *, is_own: bool) -> str:
    """How a participant is called: by number, and the reader by that and as themselves."""
    return f"Participant {number} (you)" if is_own else f"Participant {number}"
