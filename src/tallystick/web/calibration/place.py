"""Where pages of a session stand, and how people are called in them. Reads through app."""

from tallystick.app import access
from tallystick.app.calibration import Session
from tallystick.edge import Visit
from tallystick.web import frame
from tallystick.web.frame import Place
from tallystick.web.language import N_, Words, said
from tallystick.web.views.parts import Pill

STATES = {
    "labelling": Pill(label="labelling", tone="waiting"), "revealed": Pill(label="labels shown", tone="good"),
    "ended": Pill(label="ended", tone="quiet"), "abandoned": Pill(label="abandoned", tone="quiet"),
}  # fmt: skip
KINDS = Words({
    "ambiguous": "Can be read in more than one way", "missing": "Does not say what is needed",
    "contradicts": "Contradicts another part", "too_strict": "Too strict", "too_lax": "Too lax",
})  # fmt: skip
SECTION = N_("Interventions")


def root(name: str) -> str:
    """The address of a session."""
    return f"/calibrations/{name}"


def inside(visit: Visit, found: Session, *, is_below: bool = True) -> Place:
    """The place of a page of a session: below its intervention for readers, below their work for experts."""
    row = found.row
    here = ((said("Calibration session"), root(row.calibration)),) if is_below else ()
    if not access.allows(visit.actor, "gate.read"):
        return Place(trail=((said("My work"), "/me"), *here), programme=row.programme)
    above = (said("Intervention"), f"/interventions/{row.intervention}")
    return frame.inside(visit, row.programme, SECTION, above, *here)


def who(number: int, *, is_own: bool) -> str:
    """How a participant is called: by number, and the reader by that and as themselves."""
    if is_own:
        return said("Participant %(number)s (you)", number=number)
    return said("Participant %(number)s", number=number)
