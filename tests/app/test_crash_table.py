"""The crash table of commands and of the sealer, on both databases (tests/crash_table.py says how it works).

TALLYSTICK_CRASH_ALL=1 tries every step; else every so manieth.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from crash_table import Case, crash_table, quiet_run
from living_cell import Clock
from postgres import url
from psycopg import sql
from sealed_cell import SIGNER, cell_at, files_of

from tallystick.app import access
from tallystick.app import cell as cells
from tallystick.app.kernel import Command, Receipt, Transaction
from tallystick.audit.log import Status, verify_log
from tallystick.events.envelope import Event
from tallystick.events.oversight import ContentAccessed
from tallystick.ledger import head as heads
from tallystick.ledger import journal, rows
from tallystick.ledger.compare import compare_journal

ALL = "TALLYSTICK_CRASH_ALL" in os.environ
NUMBERS = count(1)
Databases = Callable[[Path], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Gives the address of a new empty database as often as it is asked."""
    if request.param == "sqlite":
        yield lambda folder: f"sqlite+pysqlite:///{folder / 'cell.db'}"
        return
    clerk: psycopg.Connection = request.getfixturevalue("postgres_clerk")
    socket = request.getfixturevalue("postgres_folder")
    made: list[sql.Identifier] = []

    def new(_folder: Path) -> str:
        for old in made:
            clerk.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(old))
        name = f"crash_{next(NUMBERS)}"
        made[:] = [sql.Identifier(name)]
        clerk.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 STRATEGY file_copy").format(made[0]))
        return url(socket, name)

    yield new
    for old in made:
        clerk.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(old))


class Commands:
    """A cell that takes commands with content for the vault, and is sealed in between."""

    KEYS = tuple(f"a-key-for-command-{number}" for number in range(4))

    def __init__(self, folder: Path, databases: Databases) -> None:
        folder.mkdir()
        self.home, self.database, self.clock = folder / "cell", databases(folder), Clock()
        self.cell = cells.create(self.home, name="tests.invalid/cell", database=self.database, clock=self.clock)
        self.acknowledged: dict[str, Receipt] = {}
        self.sealed = 0

    def engines(self) -> Iterable[sa.Engine]:
        return [self.cell.engine]

    def command(self, key: str) -> Command:
        def decide(transaction: Transaction) -> list[Event]:
            ref = transaction.seal(f"content of {key}".encode(), scope="cell")
            return [ContentAccessed(subject=ref.object, what="item", reason=key) for _ in range(2)]

        return Command(access.CELL, "self", key, b"{}", decide)

    def run(self) -> None:
        for number, key in enumerate(self.KEYS):
            answer = self.cell.execute(self.command(key))
            assert isinstance(answer, Receipt)
            self.acknowledged[key] = answer
            if number % 2:
                self.sealed = self.cell.seal()

    def recover(self) -> None:
        """The next process; whoever got no answer sends the command again with its key. The dead hand nothing back."""
        self.die()
        self.cell = cells.open_cell(self.home, database=self.database, clock=self.clock)
        for key, before in self.acknowledged.items():
            again = self.cell.execute(self.command(key))
            assert isinstance(again, Receipt)
            assert (again.is_repeat, again.first_seq, again.facts) == (True, before.first_seq, before.facts)
        for key in self.KEYS:
            assert isinstance(self.cell.execute(self.command(key)), Receipt)
        self.cell.seal()

    def die(self) -> None:
        """What the kernel does when a process ends."""
        self.cell.sealing.lease.close()
        self.cell.engine.dispose()
        self.cell.keys.close()

    def check(self, where: str) -> None:
        end = rows.end_of(self.cell.engine)
        assert end == 1 + 2 * len(self.KEYS), f"{where}: expected each command once"
        assert heads.read(self.cell.engine).size == end >= self.sealed
        assert compare_journal(self.cell.engine, self.cell.log_directory) == []
        report = verify_log(self.cell.log_directory, self.cell.signer.vkey)
        assert (report.status, report.size, report.notes) == (Status.OK, end, ()), where
        with self.cell.read() as connection:
            facts = {self.cell.execute(self.command(key)).facts[0].subject for key in self.KEYS}  # type: ignore[union-attr]  # receipts
            opened = self.cell.vault.open_all(connection, facts)
        assert sorted(one.payload for one in opened.values()) == [f"content of {key}".encode() for key in self.KEYS]

    def close(self) -> None:
        self.cell.close()


class Seals:
    """A journal that is sealed at several sizes, over tiles that fill up."""

    SIZES = (200, 300, 600)

    def __init__(self, folder: Path, databases: Databases, expected: dict[str, bytes]) -> None:
        folder.mkdir()
        self._at = cell_at(databases(folder), folder / "log")
        self.cell = self._at.__enter__()
        self.cell.quicken()
        self.cell.add(self.SIZES[-1])
        self._expected = expected
        self._shown = 0

    def engines(self) -> Iterable[sa.Engine]:
        return [self.cell.engine]

    def run(self) -> None:
        with self.cell.sealer() as sealer:
            for size in self.SIZES:
                sealer.seal(size)
                self._shown = size

    def recover(self) -> None:
        with self.cell.sealer() as sealer:
            assert sealer.size >= self._shown, "a checkpoint that was published stays"
            for size in self.SIZES:
                sealer.seal(size)

    def check(self, where: str) -> None:
        report = verify_log(self.cell.directory, SIGNER.vkey)
        assert (report.status, report.size, report.notes) == (Status.OK, self.SIZES[-1], ()), where
        found = files_of(self.cell.directory)
        self._expected.update(found if not self._expected else {})
        assert found == self._expected, where
        assert [path for path in self.cell.directory.with_name("log.staging").rglob("*") if path.is_dir()] == []

    def close(self) -> None:
        self._at.__exit__(None, None, None)


def test_commands_survive_a_crash_at_every_step(
    databases: Databases, tmp_path: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    made = crash_table(lambda: Commands(tmp_path / str(next(NUMBERS)), databases), every=1 if ALL else 23)
    assert made.steps > 60
    record_testsuite_property("cases", f"{made.steps} steps, {made.cases} cases")


def test_the_sealer_survives_a_crash_at_every_step(
    databases: Databases, tmp_path: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    expected: dict[str, bytes] = {}
    made = crash_table(lambda: Seals(tmp_path / str(next(NUMBERS)), databases, expected), every=1 if ALL else 13)
    assert made.steps > 100
    record_testsuite_property("cases", f"{made.steps} steps, {made.cases} cases")


def test_the_steps_of_a_commit_and_of_files_are_found(sqlite_url: str, tmp_path: Path) -> None:
    names = {step.name.split()[0] for step in quiet_run(lambda: Commands(tmp_path / "quiet", lambda _: sqlite_url))}
    assert {"commit", "fsync", "link", "replace", "unlink", "mkdir"} <= names


class Careless:
    """What the table is for: it acknowledges before it has committed."""

    def __init__(self, at: str) -> None:
        self.engine = journal.connect(at)
        self.said = False
        journal.create(self.engine)

    def engines(self) -> Iterable[sa.Engine]:
        return [self.engine]

    def run(self) -> None:
        with journal.writing(self.engine) as connection:
            was = journal.lock_head(connection)
            now = journal.Head(was.next_seq + 1, 1)
            journal.append(connection, [("x/1", b"x")], was=was, now=now, counts={})
            self.said = True

    def recover(self) -> None:
        pass

    def check(self, where: str) -> None:
        assert rows.end_of(self.engine) >= self.said, where

    def close(self) -> None:
        self.engine.dispose()


def test_an_answer_before_its_commit_is_found(tmp_path: Path) -> None:
    def make() -> Case:
        return Careless(f"sqlite+pysqlite:///{tmp_path / f'{next(NUMBERS)}.db'}")

    with pytest.raises(AssertionError) as caught:
        crash_table(make)
    assert caught.value.__notes__ == ["killed at step 0 (commit), which was lost"]
