"""One client's cell, opened: database, vault, keys, log. A process serves one; nothing here can address two.

Layout of a cell's folder: `keys/` (development custody only), `log/` (public), `log.vkey`, `releases/`,
`witness.policy` and `witnesses/` when the log has witnesses, and `cell.db` when the database is the embedded one.
"""

import contextlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from tallystick import __version__
from tallystick.app import looking
from tallystick.app.access import CELL, Actor
from tallystick.app.kernel import NOTHING_WRONG, Answer, Check, Command, Kernel, Receipt, wall_clock
from tallystick.app.looking import About, Look
from tallystick.app.sealing import Sealing
from tallystick.blobs import Blobs
from tallystick.custody import CustodyMismatch, Keys
from tallystick.custody.signer import KeySigner
from tallystick.custody.software import SoftwareKeys
from tallystick.events.oversight import CellOpened
from tallystick.flow.constitution import Constitution
from tallystick.flow.contract import DataContract
from tallystick.flow.document import read
from tallystick.flow.refusal import Refused
from tallystick.flow.roster import Pool
from tallystick.flow.rubric import Rubric
from tallystick.ledger import guards, journal
from tallystick.ledger import head as heads
from tallystick.ledger import policy as policies
from tallystick.ledger.note import check_name
from tallystick.ledger.policy import BadPolicy, Policy
from tallystick.ledger.reader import LogReader
from tallystick.ledger.witnessing import Witnessing
from tallystick.store import constitution as constitutions
from tallystick.store import contract as contracts
from tallystick.store import custody, oversight, projection, schema, welfare
from tallystick.store import rubric as rubrics
from tallystick.store import sentinel as sentinels
from tallystick.store.vault import Erased, Opened, Vault, draft_place

DATABASE_FILE = "cell.db"
KEYS_FOLDER = "keys"
KEY_BUNDLES_FOLDER = "key-bundles"
RESTORING = "restoring"
"""A file that stands in the folder of a cell while it is being restored from a backup."""
POLICY_FILE = "witness.policy"
WITNESSES_FOLDER = "witnesses"
QUORUM_SECONDS = 30.0
"""How long a release waits for its quorum before it stays unfinished."""
KeysOf = Callable[[str], Keys]
"""Opens the keys of a cell by its name: which custody, and where, is what whoever starts and composes knows."""
DatabaseError = journal.DatabaseError
BadRole = guards.BadRole
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
    keys: Keys
    opened: CellOpened
    witnessing: Witnessing | None = None
    log_store: Blobs | None = None
    vault_store: Blobs | None = None
    quorum_seconds: float = QUORUM_SECONDS
    key_bundle_folder: Path | None = None
    sealing: Sealing = field(init=False)
    _rubrics: dict[str, Rubric] = field(default_factory=dict)
    _contracts: dict[str, DataContract] = field(default_factory=dict)
    _constitutions: dict[str, Constitution] = field(default_factory=dict)
    _secrets: dict[str, bytes] = field(default_factory=dict)
    gold_ways: dict[tuple[str, str, str], tuple[Pool, Counter[str | None]]] = field(default_factory=dict)
    _signers: dict[str, KeySigner] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """The sealing of this cell in this process."""
        self.sealing = Sealing(
            self.engine, self.log, lambda: self.signers, now=self.kernel.now,
            trusted=lambda: self.earlier_log_keys,
        )  # fmt: skip

    @property
    def engine(self) -> journal.Engine:
        """The database."""
        return self.kernel.engine

    @property
    def log(self) -> Path | Blobs:
        """The public log: a folder of the cell, or a place in a bucket."""
        return self.log_directory if self.log_store is None else self.log_store

    @property
    def log_directory(self) -> Path:
        """The folder of a log that lies in no bucket."""
        return self.directory / "log"

    @property
    def releases_directory(self) -> Path:
        """Where releases stand, one folder each."""
        return self.directory / "releases"

    @property
    def key_bundles_directory(self) -> Path:
        """Where bundles of the newest wrapped keys are kept, one folder each: in the cell's folder unless set."""
        return self.directory / (self.key_bundle_folder or KEY_BUNDLES_FOLDER)

    @property
    def signers(self) -> tuple[KeySigner, ...]:
        """The log keys that sign checkpoints now, oldest first: two while one takes over from the other."""
        with journal.glance(self.engine) as connection:
            vkeys = _signing(connection, self.opened)
        for vkey in vkeys:
            known = self._signers.get(vkey)
            # A cell that was given another holder of keys does not go on asking the one before.
            if known is None or known.keys is not self.keys:
                self._signers[vkey] = KeySigner(self.keys, vkey)
        return tuple(self._signers[vkey] for vkey in vkeys)

    @property
    def earlier_log_keys(self) -> tuple[str, ...]:
        """Verifier key lines of the log keys that sign no more: what they signed is of this log as well."""
        with self.read() as connection:
            return tuple(row.vkey for row in custody.log_keys(connection) if row.state == custody.RETIRED)

    @property
    def signer(self) -> KeySigner:
        """The oldest log key that signs now."""
        return self.signers[0]

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
        """Seal the journal, to exactly `upto` when given, and say how much is sealed. See Sealing.seal."""
        return self.sealing.seal(upto)

    def look(
        self, actor: Actor, permission: str, about: About, *, key: str | None = None, check: Check = NOTHING_WRONG
    ) -> Look | Refused:
        """Record that somebody opens content, durably, before anything of it is shown. As Kernel.look."""
        return self.kernel.look(actor, permission, about, key=key, check=check)

    def open(self, connection: journal.Connection, object_id: str, look: Look) -> Opened:
        """The payload of one object, for a recorded look. Raises what Vault.open raises."""
        looking.demand(look)
        return self.vault.open(connection, object_id)

    def open_all(self, connection: journal.Connection, ids: Iterable[str], look: Look) -> dict[str, Opened]:
        """Many objects by id, for a recorded look. Raises what Vault.open_all raises."""
        looking.demand(look)
        return self.vault.open_all(connection, ids)

    def open_rows(self, connection: journal.Connection, rows: Iterable[schema.Row], look: Look) -> list[Opened]:
        """Objects whose rows another query has found, for a recorded look. Raises what Vault.open_rows raises."""
        looking.demand(look)
        return self.vault.open_rows(connection, rows)

    def open_known(self, connection: journal.Connection, ids: Iterable[str], look: Look) -> dict[str, Opened | Erased]:
        """Many objects by id, erased ones as such, for a recorded look. Raises what Vault.open_known raises."""
        looking.demand(look)
        return self.vault.open_known(connection, ids)

    def open_draft(self, connection: journal.Connection, draft: schema.Row, look: Look) -> bytes:
        """Unsent work, for a recorded look. Raises what Vault.open_private raises."""
        looking.demand(look)
        return self.vault.open_private(
            connection, draft.sealed, scope=f"person:{draft.expert}", place=draft_place(draft.work)
        )

    def document(self, connection: journal.Connection, object_id: str) -> str:
        """The text of a version of a rubric, contract or constitution: terms that everybody works by, no content.

        Raises Unrecorded for any other object: that opens with a look only.
        """
        if not any(kind.is_document(connection, object_id) for kind in (rubrics, contracts, constitutions)):
            raise looking.Unrecorded(f"{object_id}: expected a rubric or a contract, found content: record a look")
        return self.vault.open(connection, object_id).payload.decode()

    def rubric(self, connection: journal.Connection, document: str) -> Rubric:
        """A rubric version by its vault document. Versions are immutable, so they are cached."""
        if document not in self._rubrics:
            found = read(self.document(connection, document), "rubric.yaml", Rubric)
            assert isinstance(found, Rubric), "a published rubric was read before it was published"
            self._rubrics[document] = found
        return self._rubrics[document]

    def contract(self, connection: journal.Connection, document: str) -> DataContract:
        """A contract version by its vault document."""
        if document not in self._contracts:
            found = read(self.document(connection, document), "contract.yaml", DataContract)
            assert isinstance(found, DataContract), "a contract in force was read before it came into force"
            self._contracts[document] = found
        return self._contracts[document]

    def constitution_of(self, connection: journal.Connection, document: str) -> Constitution:
        """A version of a constitution by its vault document."""
        if document not in self._constitutions:
            found = read(self.document(connection, document), "constitution.yaml", Constitution)
            assert isinstance(found, Constitution), "a constitution in force was read before it came into force"
            self._constitutions[document] = found
        return self._constitutions[document]

    def constitution(self, connection: journal.Connection, programme: str) -> Constitution | None:
        """The version in force of a programme's constitution; None for a programme without one."""
        row = constitutions.current(connection, programme)
        return None if row is None else self.constitution_of(connection, row.document)

    def sentinel_secret(self, connection: journal.Connection, object_id: str) -> bytes:
        """The secret from which the places of sentinels follow: for the cell's own use, so without a look; cached.

        Raises Unrecorded for any other object. Who is shown a secret opens it with a look.
        """
        if object_id not in self._secrets:
            if not sentinels.is_secret(connection, object_id):
                raise looking.Unrecorded(f"{object_id}: expected the secret of a policy, found content: record a look")
            self._secrets[object_id] = self.vault.open(connection, object_id).payload
        return self._secrets[object_id]

    def gold_verdicts(self, connection: journal.Connection, rows: list[schema.Row]) -> dict[str, str]:
        """Gold item: the verdict that is right, to draw from them: for the cell's own use, so without a look.

        Nobody is shown it. Raises Unrecorded for an item of another purpose, and what Vault.open_known raises. An item
        that was erased is left out.
        """
        names = {row.hidden: row.item for row in rows if row.purpose == "gold"}
        if len(names) < len(rows):
            raise looking.Unrecorded("expected gold items, found others: record a look")
        opened = self.vault.open_known(connection, names)
        keys = {names[name]: one.payload for name, one in opened.items() if not isinstance(one, Erased)}
        return {item: str(msgspec.json.decode(key)["gold"]["verdict"]) for item, key in keys.items()}

    def own_settings(self, connection: journal.Connection, object_id: str) -> bytes:
        """What somebody set for their own work: for the cell's own use, so without a look. Nobody is shown it.

        Raises Unrecorded for any other object, and what Vault.open raises.
        """
        if not welfare.is_settings(connection, object_id):
            raise looking.Unrecorded(f"{object_id}: expected somebody's settings, found content: record a look")
        return self.vault.open(connection, object_id).payload

    def rubrics_in_force(self, connection: journal.Connection, programme: str) -> dict[str, Rubric]:
        """Domain: the rubric version in force, for every domain of the contract that has one."""
        wanted = {row.rubric: row.domain for row in contracts.domains(connection, programme)}
        rows = rubrics.of_programme(connection, programme)
        return {wanted[r.rubric]: self.rubric(connection, r.document) for r in rows if r.rubric in wanted}

    def close(self) -> None:
        """Let go of the database, the sealer and the keys."""
        self.sealing.close()
        if self.witnessing is not None:
            self.witnessing.close()
        self.engine.dispose()
        self.keys.close()


def software_keys(directory: Path) -> KeysOf:
    """Development custody: the keys are files in the cell's folder."""
    return lambda cell: SoftwareKeys(directory / KEYS_FOLDER, cell)


def create(
    directory: Path, *, name: str, database: str | None = None, keys: KeysOf | None = None,
    clock: Callable[[], int] = wall_clock,
) -> Cell:  # fmt: skip
    """Make a cell in a folder: keys, tables, first event. Raises CellExists when there is one.

    name  of the log: like a domain name, without spaces or plus signs
    keys  who holds the keys; files in the cell's folder when left out, which is development custody
    """
    check_name(name)
    parts = {"keys": directory / KEYS_FOLDER, "database": directory / DATABASE_FILE, "log": directory / "log"}
    for part, path in parts.items():
        if path.exists():
            raise CellExists(
                f"{directory}: expected a folder without a cell, found its {part}: choose another folder, or, if "
                "making it was cut off before anybody joined, remove this folder and make it again"
            )
    (directory / "releases").mkdir(parents=True, exist_ok=True, mode=0o700)  # content in the clear, for the owner alone
    if keys is None:
        (directory / KEYS_FOLDER).mkdir(mode=0o700)
    holder = (keys or software_keys(directory))(name)
    try:
        opened = _first_fact(holder, name)
        (directory / "log.vkey").write_text(opened.vkey + "\n")
        _write_first(directory, database, holder, opened=opened, clock=clock)
    finally:
        holder.close()
    return open_cell(directory, database=database, keys=keys, clock=clock)


def _first_fact(keys: Keys, name: str) -> CellOpened:
    """Make the first keys of a cell, and say so. Raises CellExists when there are some of this name."""
    if keys.log_keys() or keys.epochs():
        raise CellExists(
            f"{keys.custody}: expected no keys of {name}, found some: choose another name, or, if making the cell was "
            "cut off before anybody joined, remove them from the token"
        )
    keys.new_epoch(1)
    vkey = keys.new_log_key(name)
    return CellOpened(
        cell=name, origin=name, vkey=vkey, custody=keys.custody, order_seed=secrets.token_hex(32),
        code_version=__version__,
    )  # fmt: skip


def _write_first(
    directory: Path, database: str | None, keys: Keys, *, opened: CellOpened, clock: Callable[[], int]
) -> None:
    """Make the tables, and let the journal begin with the cell's opening."""
    if database is None:
        (directory / DATABASE_FILE).touch(mode=0o600)  # SQLite gives the files beside it the same mode
    engine = journal.connect(database or embedded_database(directory))
    try:
        make_tables(engine)
        kernel = Kernel(engine, Vault(keys), clock=clock)
        answer = kernel.execute(Command(CELL, "programme.write", "cell-opened-once", b"", lambda _: [opened]))
        assert isinstance(answer, Receipt), "the cell may open itself"
    finally:
        engine.dispose()


def prepare_database(database: str, role: str, *, is_applied: bool) -> list[str]:
    """What an owner has to say to PostgreSQL, so that `role` can run a cell and change nothing that was written.

    is_applied  make tables and guards as the owner, and say it
    raises  guards.BadRole; DatabaseError
    """
    statements = guards.grants(role, [*schema.READ.sorted_tables, *schema.KEPT.sorted_tables])
    if is_applied:
        engine = journal.connect(database)
        try:
            make_tables(engine)
            with journal.writing(engine) as connection:
                for statement in statements:
                    connection.exec_driver_sql(statement)
        finally:
            engine.dispose()
    return statements


def make_tables(engine: journal.Engine) -> None:
    """Make every table, index and guard that is not there."""
    journal.create(engine)
    heads.create(engine)
    with journal.writing(engine) as connection:
        schema.READ.create_all(connection)
        schema.KEPT.create_all(connection)
        projection.add_indexes(connection)


def open_cell(
    directory: Path, *, database: str | None = None, keys: KeysOf | None = None,
    clock: Callable[[], int] = wall_clock, is_restoring: bool = False,
    log_store: Blobs | None = None, vault_store: Blobs | None = None,
) -> Cell:  # fmt: skip
    """Open a cell. There is no fallback: whatever does not fit is an error that says what to do.

    log_store, vault_store  where log and large sealed content lie, when not in the cell's folder

    raises  CellMissing, CellBroken, custody.CustodyMismatch, custody.KeysUnavailable
    """
    if not (directory / "log.vkey").is_file():
        raise CellMissing(f"{directory}: expected a cell, found no log.vkey: make one first")
    if (directory / RESTORING).exists() and not is_restoring:
        raise CellBroken(f"{directory}: expected a whole cell, found a restore that was cut off: run the restore again")
    if database is None and not (directory / DATABASE_FILE).is_file():
        raise CellMissing(f"{directory}: expected {DATABASE_FILE}: name the database, or restore it")
    policy = _policy(directory)
    engine = journal.connect(database or embedded_database(directory))
    try:
        opened = _opening(engine, directory)
        holder = (keys or software_keys(directory))(opened.cell)
        try:
            with journal.reading(engine) as connection:
                _check_keys(directory, holder, opened, connection=connection)
        except BaseException:
            holder.close()
            raise
    except BaseException:
        engine.dispose()
        raise
    vault = Vault(holder)
    return Cell(
        directory, Kernel(engine, vault, clock=clock), vault, holder, opened,
        _witnessing(directory, policy, log_store or directory / "log"), log_store, vault_store,
    )  # fmt: skip


def _policy(directory: Path) -> Policy | None:
    """Who witnesses the cell's log; None without a policy. Raises CellBroken for one that cannot be read."""
    path = directory / POLICY_FILE
    if not path.is_file():
        return None
    try:
        return policies.parse(path.read_bytes())
    except BadPolicy as error:
        raise CellBroken(f"{path}: {error}: correct it, or remove it to go on without witnesses") from error


def _witnessing(directory: Path, policy: Policy | None, log: Path | Blobs) -> Witnessing | None:
    if policy is None:
        return None
    return Witnessing(LogReader(log), policy, directory / WITNESSES_FOLDER)


def _opening(engine: journal.Engine, directory: Path) -> CellOpened:
    """The first fact of the journal, which names the key of its log. Raises CellBroken when there is none."""
    make_tables(engine)
    with journal.reading(engine) as connection:
        opened = oversight.cell_opened(connection)
    if opened is None:
        raise CellBroken(f"{directory}: expected a journal that opens this cell, found an empty one: restore it")
    return opened


def _signing(connection: journal.Connection, opened: CellOpened) -> list[str]:
    """The log keys that sign now. The first fact names one, for a journal whose read tables are being rebuilt."""
    active = [row.vkey for row in custody.log_keys(connection) if row.state == custody.ACTIVE]
    return active or [opened.vkey]


def _check_keys(directory: Path, keys: Keys, opened: CellOpened, *, connection: journal.Connection) -> None:
    """Refuse keys that are not those of this cell, or not in the custody that its journal states."""
    if keys.custody != opened.custody:
        raise CustodyMismatch(
            f"{directory}: expected keys in {opened.custody} custody, as the journal says, found {keys.custody}: set "
            "'custody' in cell.toml to what the cell was made with"
        )
    found = keys.log_keys()
    for vkey in _signing(connection, opened):
        if vkey not in found:
            raise CustodyMismatch(
                f"{directory}: expected the log key {vkey}, found {', '.join(found) or 'none'}: restore the keys"
            )
    current = [row.epoch for row in custody.epochs(connection) if row.state == custody.CURRENT] or [1]
    if current[0] not in keys.epochs():
        raise CustodyMismatch(f"{directory}: expected a key that opens content, found none: restore the keys")


@contextlib.contextmanager
def opened(directory: Path, *, database: str | None = None, keys: KeysOf | None = None) -> Iterator[Cell]:
    """A cell for one block."""
    cell = open_cell(directory, database=database, keys=keys)
    try:
        yield cell
    finally:
        cell.close()


def facts_of(answer: Answer) -> Receipt:
    """The receipt of an answer that cannot be refused. For commands of the cell itself."""
    assert not isinstance(answer, Refused), answer.sentence
    return answer
