"""One client's cell, opened: database, vault, keys, log. A process serves one; nothing here can address two.

Layout of a cell's folder: `keys/` (development custody), `log/` (public), `log.vkey`, `releases/`, and `cell.db`
when the database is the embedded one.
"""

import contextlib
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tallystick import __version__
from tallystick.app.access import CELL
from tallystick.app.kernel import Answer, Command, Kernel, Receipt, wall_clock
from tallystick.events.oversight import CellOpened
from tallystick.flow.contract import DataContract
from tallystick.flow.document import read
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.ledger import journal
from tallystick.ledger.note import check_name
from tallystick.ledger.sealer import Fenced, Sealer
from tallystick.ledger.signer import SoftwareSigner
from tallystick.store import contract as contracts
from tallystick.store import oversight, schema
from tallystick.store import rubric as rubrics
from tallystick.store.vault import SoftwareCustodian, Vault

DATABASE_FILE = "cell.db"
DatabaseError = journal.DatabaseError
"""The database does not answer, or not as it should: for who starts and composes."""


class CellMissing(RuntimeError):
    """The folder holds no cell, or not all of one."""


class CellExists(RuntimeError):
    """The folder holds a cell already."""


class CellBroken(RuntimeError):
    """Keys, database and log do not belong together: the cell does not start."""


def embedded_database(directory: Path) -> str:
    """The address of the embedded database of a cell."""
    return f"sqlite+pysqlite:///{(directory / DATABASE_FILE).absolute()}"


@dataclass(slots=True)
class Cell:
    """Everything that commands and queries need."""

    directory: Path
    kernel: Kernel
    vault: Vault
    signer: SoftwareSigner
    opened: CellOpened
    _sealer: Sealer | None = None
    _sealing: threading.RLock = field(default_factory=threading.RLock)
    _rubrics: dict[str, Rubric] = field(default_factory=dict)
    _contracts: dict[str, DataContract] = field(default_factory=dict)

    @property
    def engine(self) -> journal.Engine:
        """The database."""
        return self.kernel.engine

    @property
    def log_directory(self) -> Path:
        """The public log."""
        return self.directory / "log"

    @property
    def releases_directory(self) -> Path:
        """Where releases stand, one folder each."""
        return self.directory / "releases"

    @property
    def custody(self) -> str:
        """How keys are kept, as every screen and release says it."""
        return self.opened.custody

    @property
    def order_seed(self) -> bytes:
        """The journal's own seed, from which blinding and order follow."""
        return bytes.fromhex(self.opened.order_seed)

    def execute(self, command: Command) -> Answer:
        """Carry out a command; returns after the durable commit."""
        return self.kernel.execute(command)

    def read(self) -> contextlib.AbstractContextManager[journal.Connection]:
        """A connection that sees one consistent state."""
        return self.kernel.read()

    def seal(self, upto: int | None = None) -> int:
        """Seal the journal, to exactly `upto` when given, and say how much is sealed.

        A sealer that another process has replaced takes over again: whoever seals last wins, and never forks.
        """
        with self._sealing:
            for attempt in (1, 2):
                try:
                    # Whoever takes over from a sealer that this process knows need not read the whole journal again.
                    is_first = attempt == 1
                    self._sealer = self._sealer or Sealer(
                        self.engine, self.log_directory, [self.signer], thorough=is_first
                    )
                    self._sealer.seal(upto)
                    break
                except Fenced:
                    self._sealer = None
                    if attempt == 2:
                        raise
            assert self._sealer is not None
            return self._sealer.size

    def rubric(self, connection: journal.Connection, document: str) -> Rubric:
        """A rubric version by its vault document. Versions are immutable, so they are cached."""
        if document not in self._rubrics:
            found = read(self.vault.open(connection, document).payload, "rubric.yaml", Rubric)
            assert isinstance(found, Rubric), "a published rubric was read before it was published"
            self._rubrics[document] = found
        return self._rubrics[document]

    def contract(self, connection: journal.Connection, document: str) -> DataContract:
        """A contract version by its vault document."""
        if document not in self._contracts:
            found = read(self.vault.open(connection, document).payload, "contract.yaml", DataContract)
            assert isinstance(found, DataContract), "a contract in force was read before it came into force"
            self._contracts[document] = found
        return self._contracts[document]

    def rubrics_in_force(self, connection: journal.Connection, programme: str) -> dict[str, Rubric]:
        """Domain: the rubric version in force, for every domain of the contract that has one."""
        wanted = {row.rubric: row.domain for row in contracts.domains(connection, programme)}
        rows = rubrics.of_programme(connection, programme)
        return {wanted[r.rubric]: self.rubric(connection, r.document) for r in rows if r.rubric in wanted}

    def close(self) -> None:
        """Let go of the database and the sealer."""
        if self._sealer is not None:
            self._sealer.close()
        self.engine.dispose()


def create(directory: Path, *, name: str, database: str | None = None, clock: Callable[[], int] = wall_clock) -> Cell:
    """Make a cell in a folder: keys, tables, first event. Raises CellExists when there is one.

    name  of the log: like a domain name, without spaces or plus signs
    """
    check_name(name)
    keys = directory / "keys"
    parts = {"keys": keys, "database": directory / DATABASE_FILE, "log": directory / "log"}
    for part, path in parts.items():
        if path.exists():
            raise CellExists(
                f"{directory}: expected a folder without a cell, found its {part}: choose another folder, or, if "
                "making it was cut off before anybody joined, remove this folder and make it again"
            )
    keys.mkdir(parents=True, mode=0o700)
    (directory / "releases").mkdir(exist_ok=True, mode=0o700)  # content in the clear, for the cell's own user alone
    signer = SoftwareSigner.create(keys / "log.key", name)
    SoftwareCustodian.create(keys / "vault.key")
    (directory / "log.vkey").write_text(signer.vkey + "\n")
    if database is None:
        (directory / DATABASE_FILE).touch(mode=0o600)  # SQLite gives the files beside it the same mode
    engine = journal.connect(database or embedded_database(directory))
    _create_tables(engine)
    kernel = Kernel(engine, Vault(SoftwareCustodian(keys / "vault.key")), clock=clock)
    opened = CellOpened(
        cell=name, origin=signer.name, vkey=signer.vkey, custody=signer.custody, order_seed=secrets.token_hex(32),
        code_version=__version__,
    )  # fmt: skip
    answer = kernel.execute(Command(CELL, "programme.write", "cell-opened-once", b"", lambda _: [opened]))
    assert isinstance(answer, Receipt), "the cell may open itself"
    engine.dispose()
    return open_cell(directory, database=database, clock=clock)


def _create_tables(engine: journal.Engine) -> None:
    journal.create(engine)
    with journal.writing(engine) as connection:
        schema.READ.create_all(connection)
        schema.KEPT.create_all(connection)


def open_cell(directory: Path, *, database: str | None = None, clock: Callable[[], int] = wall_clock) -> Cell:
    """Open a cell. Raises CellMissing or CellBroken with what to do: there is no fallback."""
    keys = directory / "keys"
    for path in (keys / "log.key", keys / "vault.key"):
        if not path.is_file():
            raise CellMissing(f"{directory}: expected a cell, found no {path.relative_to(directory)}: make one first")
    if database is None and not (directory / DATABASE_FILE).is_file():
        raise CellMissing(f"{directory}: expected {DATABASE_FILE}: name the database, or restore it")
    signer = SoftwareSigner.open(keys / "log.key")
    engine = journal.connect(database or embedded_database(directory))
    try:
        opened = _opening(engine, directory, signer)
        vault = Vault(SoftwareCustodian(keys / "vault.key"))
    except BaseException:
        engine.dispose()
        raise
    return Cell(directory, Kernel(engine, vault, clock=clock), vault, signer, opened)


def _opening(engine: journal.Engine, directory: Path, signer: SoftwareSigner) -> CellOpened:
    """The first fact of the journal, which names the key of its log. Raises CellBroken when they do not fit."""
    _create_tables(engine)
    with journal.reading(engine) as connection:
        opened = oversight.cell_opened(connection)
    if opened is None:
        raise CellBroken(f"{directory}: expected a journal that opens this cell, found an empty one: restore it")
    if opened.vkey != signer.vkey:
        raise CellBroken(f"{directory}: expected the log key {opened.vkey}, found {signer.vkey}: restore the keys")
    return opened


@contextlib.contextmanager
def opened(directory: Path, *, database: str | None = None) -> Iterator[Cell]:
    """A cell for one block."""
    cell = open_cell(directory, database=database)
    try:
        yield cell
    finally:
        cell.close()


def facts_of(answer: Answer) -> Receipt:
    """The receipt of an answer that cannot be refused. For commands of the cell itself."""
    assert not isinstance(answer, Refused), answer.sentence
    return answer
