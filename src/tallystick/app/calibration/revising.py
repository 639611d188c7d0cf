"""Start a revision from a session: the rubric in force as text, ready to be edited beside what was said of it."""

import re
from dataclasses import dataclass

from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.flow import calibration as flow
from tallystick.flow.refusal import Refused
from tallystick.store import calibration
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class Prepared:
    """A rubric to revise.

    in_force   the version that is in force now: it may be a later one than the session was about
    text       its document with the next version's number, and room for what changed and why
    """

    row: Row
    in_force: str
    version: str
    text: str


def prepared(cell: Cell, actor: Actor, wanted: str) -> Prepared | Refused:
    """The document in force as the beginning of its next version."""
    if not access.allows(actor, "rubric.write"):
        return access.ABSENT
    with cell.read() as connection:
        row = calibration.calibration(connection, wanted)
        if row is None:
            return access.ABSENT
        current = rubrics.current(connection, row.programme, row.rubric)
        assert current is not None, "a session is opened under a rubric in force"
        version = flow.next_version(current.version)
        return Prepared(row, current.version, version, _raised(cell.document(connection, current.document), version))


def _raised(text: str, version: str) -> str:
    """A document with the next version's number; where it has no changelog yet, with a place for one."""
    lines = [f"version: {version}"]
    lines += [f"{key}:" for key in ("changelog", "rationale") if not re.search(rf"(?m)^{key}:", text)]
    found = "\n".join(lines)
    return re.sub(r"(?m)^version:.*$", lambda _: found, text, count=1)
