"""A process that judges, and is killed at a given moment: `python crashing.py DIR DATABASE SPEC`. Writes what it heard.

SPEC is one line of JSON: the expert, the assignment, the key, and the moment (`before`, `after` or `answered`).
"""

import json
import os
import signal
import sys
from pathlib import Path

from living_cell import answer_of

from tallystick.app import cell as cells
from tallystick.app import judgment, roster
from tallystick.app.judgment import Saved


def die() -> None:
    """As a power cut does it: no handler, no flush, no goodbye."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(directory: str, database: str, spec: str) -> None:
    """Submit one judgment and print the answer, if it comes to that."""
    wanted = json.loads(spec)
    cell = cells.open_cell(Path(directory), database=database)
    if wanted["moment"] == "before":
        cell.kernel.before_commit = die
    if wanted["moment"] == "after":
        cell.kernel.after_commit = die
    actor = roster.actor_of(cell, wanted["expert"])
    assert actor is not None
    saved = judgment.submit(cell, actor, wanted["assignment"], answer_of(words=wanted["words"]), key=wanted["key"])
    assert isinstance(saved, Saved), saved
    sys.stdout.write(f"saved {saved.judgment} {saved.receipt.first_seq} {saved.receipt.is_repeat}\n")
    sys.stdout.flush()
    if wanted["moment"] == "answered":
        die()
    cell.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
