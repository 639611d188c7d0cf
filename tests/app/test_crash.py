"""Invariant 4: kill the process around the durable write; nothing acknowledged is missing, nothing is double."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from living_cell import World, answer_of, world_at

from tallystick.app import judgment
from tallystick.app.assignment import Task
from tallystick.app.judgment import Saved
from tallystick.app.kernel import new_key
from tallystick.ledger import journal
from tallystick.store import projection
from tallystick.store.schema import ASSIGNMENT, JUDGMENT, WORK

TESTS = Path(__file__).parent.parent
WORDS = "It follows from the second step."
ENVIRONMENT = {"PYTHONPATH": f"{TESTS}:{TESTS.parent / 'src'}", "PATH": os.environ["PATH"]}


def submit(world: World, url: str, task: Task, *, key: str, moment: str) -> subprocess.CompletedProcess[str]:
    """Let another process submit, and die at a moment."""
    spec = json.dumps(
        {"expert": world.experts[0].person, "assignment": task.assignment, "key": key, "moment": moment, "words": WORDS}
    )
    command = [sys.executable, str(TESTS / "app" / "crashing.py"), str(world.cell.directory), url, spec]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT, timeout=300)  # noqa: S603 - our own program


def counts(world: World) -> tuple[int, int, int]:
    """How many judgments there are, by the table, by the item's own count, and by the journal."""
    with world.cell.read() as connection:
        rows = connection.execute(JUDGMENT.select()).all()
        judged = sum(row.judged for row in connection.execute(WORK.select()).all())
        kinds = connection.execute(journal.JOURNAL.select()).all()
    return len(rows), judged, sum(row.kind == "judgment-submitted/1" for row in kinds)


@pytest.mark.parametrize("moment", ["before", "after", "answered"])
def test_kill_around_the_commit_and_try_again(database_url: str, tmp_path: Path, moment: str) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(2)
        world.expert()
        task, key = world.task(world.experts[0]), new_key()
        died = submit(world, database_url, task, key=key, moment=moment)
        assert died.returncode == -signal.SIGKILL, died.stderr
        assert died.stdout.startswith("saved") == (moment == "answered")
        # Before the commit nothing is there; after it all is, whether or not the answer was heard.
        expected = 0 if moment == "before" else 1
        assert counts(world) == (expected,) * 3
        again = judgment.submit(world.cell, world.experts[0], task.assignment, answer_of(words=WORDS), key=key)
        assert isinstance(again, Saved)
        assert again.receipt.is_repeat == (moment != "before")
        if moment == "answered":
            assert died.stdout.split()[1:3] == [again.judgment, str(again.receipt.first_seq)]
        assert counts(world) == (1, 1, 1)
        with world.cell.read() as connection:
            assert [row.state for row in connection.execute(ASSIGNMENT.select()).all()] == ["judged"]
            written = projection.dump(connection)
        projection.rebuild(world.cell.engine)
        with world.cell.read() as connection:
            assert projection.dump(connection) == written
