"""The crash table of commands and of the sealer, on both databases (tests/crash_table.py says how it works).

A sample of each kind of step is tried; TALLYSTICK_CRASH_SEED draws another, TALLYSTICK_CRASH_ALL=1 tries every step in
every way that it can go wrong, and TALLYSTICK_CRASH_ALL=commits the same with commits alone on PostgreSQL
(docs/crash.md).
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from crash_keys import Asking, Bereft, Fate, KindOfHolder, table_of_key_process, worked_with
from crash_phases import PHASES
from crash_scenes import (
    BACKUPS,
    ERASURE,
    NUMBERS,
    RELEASE,
    ROTATIONS,
    Act,
    Databases,
    Restores,
    Scene,
    Template,
    worked,
)
from crash_standing import STANDING
from crash_table import Case, crash_table, quiet_run
from crash_witnesses import Cosigns, Witnessed
from living_cell import Clock
from postgres import url
from psycopg import sql
from sealed_cell import SIGNER, cell_at, files_of, sealed_log

from tallystick.app import access
from tallystick.app import cell as cells
from tallystick.app.kernel import Command, Receipt, Transaction
from tallystick.audit.log import Status, verify_log
from tallystick.events.envelope import Event
from tallystick.events.oversight import ContentAccessed
from tallystick.ledger import head as heads
from tallystick.ledger import journal, rows
from tallystick.ledger.compare import compare_journal

ALL = os.environ.get("TALLYSTICK_CRASH_ALL", "")
SEED = None if ALL else int(os.environ.get("TALLYSTICK_CRASH_SEED", "7"))
Tell = Callable[[str, object], None]
Held = tuple[KindOfHolder, Template]
RENEWALS = {name: act for name, act in ROTATIONS.items() if name != "bundle"} | ERASURE
RENEWALS["bundle"] = ROTATIONS["bundle"]  # of what all of them came to

KEY_DEATHS = [
    pytest.param(database, of, back, id=f"{database}-{of}-{'at-once' if back else 'later'}")
    for database in ("sqlite", "postgresql")
    for of in ("token", "files")
    for back in (True, False)
    if ALL or (database, of, back) in {("sqlite", "token", False), ("sqlite", "files", True)}
]


class Sqlite:
    """A file each."""

    def new(self, folder: Path) -> str:
        return f"sqlite+pysqlite:///{folder / f'{next(NUMBERS)}.db'}"

    def copy(self, address: str, folder: Path) -> str:
        made = self.new(folder)
        shutil.copy(address.removeprefix("sqlite+pysqlite:///"), made.removeprefix("sqlite+pysqlite:///"))
        return made

    def drop(self, address: str) -> None:
        del address  # it goes with its folder


class Postgres:
    """A database each, on the server of the tests."""

    def __init__(self, clerk: psycopg.Connection, socket: str) -> None:
        self._clerk, self._socket = clerk, socket
        self._made: set[str] = set()

    def new(self, folder: Path) -> str:
        del folder
        return self._create("template0")

    def copy(self, address: str, folder: Path) -> str:
        del folder
        return self._create(self._name(address))

    def _create(self, template: str) -> str:
        name = f"crash_{next(NUMBERS)}"
        make = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._clerk.execute(make.format(sql.Identifier(name), sql.Identifier(template)))
        self._made.add(name)
        return url(self._socket, name)

    def drop(self, address: str) -> None:
        self._drop(self._name(address))

    def drop_all(self) -> None:
        for name in sorted(self._made):
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._clerk.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        self._made.discard(name)

    @staticmethod
    def _name(address: str) -> str:
        return str(sa.make_url(address).database)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """New empty databases, and copies of others."""
    if request.param == "sqlite":
        yield Sqlite()
        return
    made = Postgres(request.getfixturevalue("postgres_clerk"), request.getfixturevalue("postgres_folder"))
    yield made
    made.drop_all()


@pytest.fixture(scope="module")
def template(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A cell that has worked."""
    return worked(tmp_path_factory.mktemp("worked") / "cell", databases)


class Commands:
    """A cell that takes commands with content for the vault, and is sealed in between."""

    KEYS = tuple(f"a-key-for-command-{number}" for number in range(4))

    def __init__(self, folder: Path, databases: Databases) -> None:
        folder.mkdir()
        self.home, self.database, self.clock = folder / "cell", databases.new(folder), Clock()
        self._databases = databases
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
        self._databases.drop(self.database)


class Seals:
    """A journal that is sealed at several sizes, over tiles that fill up."""

    SIZES = (200, 300, 600)

    def __init__(self, folder: Path, databases: Databases, expected: dict[str, bytes]) -> None:
        folder.mkdir()
        self._databases, self._database = databases, databases.new(folder)
        self._at = cell_at(self._database, folder / "log")
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
        self._databases.drop(self._database)


def table(make: Callable[[], Case], databases: Databases | None, tell: Tell, *, steps_min: int) -> None:
    """Run it, and keep its figures. What files go through is the same on both databases: one is enough for a sample."""
    kinds = frozenset({"commit", "ask"}) if isinstance(databases, Postgres) and ALL != "1" else None
    made = crash_table(make, seed=SEED, kinds=kinds)
    tell("steps, cases", f"{made.steps}, {made.cases}")
    assert made.steps > steps_min


def test_commands_survive_a_crash_at_every_step(
    databases: Databases, tmp_path: Path, record_testsuite_property: Tell
) -> None:
    table(
        lambda: Commands(tmp_path / str(next(NUMBERS)), databases), databases, record_testsuite_property, steps_min=60
    )


def test_the_sealer_survives_a_crash_at_every_step(
    databases: Databases, tmp_path: Path, record_testsuite_property: Tell
) -> None:
    expected: dict[str, bytes] = {}
    table(
        lambda: Seals(tmp_path / str(next(NUMBERS)), databases, expected),
        databases,
        record_testsuite_property,
        steps_min=100,
    )


@pytest.mark.parametrize(
    ("acts", "steps_min"),
    [(ROTATIONS, 30), (ERASURE, 30), (RELEASE, 30), (BACKUPS, 30), (STANDING, 4)],
    ids=["rotations", "erasure", "release", "backups", "standing"],
)
def test_a_cell_survives_a_crash_at_every_step(
    template: Template, tmp_path: Path, acts: dict[str, Act], steps_min: int, record_testsuite_property: Tell
) -> None:
    expected: dict[str, Counter[str]] = {}
    table(
        lambda: Scene(template, tmp_path / str(next(NUMBERS)), acts, expected),
        template.databases,
        record_testsuite_property,
        steps_min=steps_min,
    )


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
def test_moves_revisions_and_affected_releases_survive_a_crash_at_every_commit(
    template: Template, tmp_path: Path, record_testsuite_property: Tell
) -> None:
    """What a release does with files, and a commit on the other database, is in the table above."""
    expected: dict[str, Counter[str]] = {}
    made = crash_table(
        lambda: Scene(template, tmp_path / str(next(NUMBERS)), PHASES, expected),
        seed=SEED, kinds=frozenset({"commit"}),
    )  # fmt: skip
    record_testsuite_property("steps, cases", f"{made.steps}, {made.cases}")
    assert made.steps > len(PHASES)


def test_a_restore_survives_a_crash_at_every_step(
    template: Template, tmp_path: Path, record_testsuite_property: Tell
) -> None:
    table(
        lambda: Restores(template, tmp_path / str(next(NUMBERS))), template.databases, record_testsuite_property,
        steps_min=30,
    )  # fmt: skip


def test_a_witnessed_release_survives_a_crash_at_every_step(
    template: Template, tmp_path: Path, record_testsuite_property: Tell
) -> None:
    expected: dict[str, Counter[str]] = {}
    table(
        lambda: Witnessed(template, tmp_path / str(next(NUMBERS)), RELEASE, expected), template.databases,
        record_testsuite_property, steps_min=30,
    )  # fmt: skip


def test_a_witness_survives_a_crash_at_every_step(tmp_path: Path, record_testsuite_property: Tell) -> None:
    (tmp_path / "log").mkdir()
    log = sealed_log(tmp_path / "log", Cosigns.SIZES)
    table(lambda: Cosigns(tmp_path / str(next(NUMBERS)), log), None, record_testsuite_property, steps_min=30)


@pytest.fixture(scope="module")
def held(request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Held:
    """A cell that has worked, with its keys in a key process over a token in software, or over key files."""
    return request.param, worked_with(request.param, tmp_path_factory.mktemp("held") / "cell", databases)


@pytest.mark.parametrize("held", ["token"], indirect=True)
def test_a_cell_survives_a_crash_while_it_asks_the_key_process(
    held: Held, tmp_path: Path, record_testsuite_property: Tell
) -> None:
    """What its files go through is in the tables above."""
    of, template = held
    expected: dict[str, Counter[str]] = {}
    made = crash_table(
        lambda: Asking(template, tmp_path / str(next(NUMBERS)), RENEWALS, expected, of=of),
        seed=SEED, kinds=frozenset({"commit", "ask"}),
    )  # fmt: skip
    record_testsuite_property("steps, cases", f"{made.steps}, {made.cases}")
    assert made.steps > 30


@pytest.mark.parametrize(("databases", "held", "is_back_at_once"), KEY_DEATHS, indirect=["databases", "held"])
def test_a_cell_goes_on_when_its_key_process_dies(
    held: Held, is_back_at_once: bool, tmp_path: Path, record_testsuite_property: Tell
) -> None:
    of, template = held
    expected: dict[str, Counter[str]] = {}

    def make(fate: Fate) -> Bereft:
        folder = tmp_path / str(next(NUMBERS))
        return Bereft(template, folder, RENEWALS, expected, of=of, fate=fate, is_back_at_once=is_back_at_once)

    made = table_of_key_process(make, seed=SEED)
    record_testsuite_property("steps, cases", f"{made.steps}, {made.cases}")
    assert made.steps > 30


def test_the_steps_of_a_commit_and_of_files_are_found(tmp_path: Path) -> None:
    names = {step.name.split()[0] for step in quiet_run(lambda: Commands(tmp_path / "quiet", Sqlite()))}
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
