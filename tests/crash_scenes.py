"""Cells that die while they renew keys, erase, release, back up and are restored: cases for tests/crash_table.py.

A cell that has worked is made once and copied for each case. A scene is a list of acts, each with an idempotency key of
its own; the next process starts as a server does, then does every act again, and the whole must be as if nothing had
happened.
"""

import gc
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol

import pytest
import sqlalchemy as sa
from living_cell import PROGRAMME, Clock, World, hurry, world_at

from tallystick.app import backup, custody, erasure, keeping, oversight, release, roster
from tallystick.app import cell as cells
from tallystick.app.access import Actor
from tallystick.app.backup import Source
from tallystick.app.cell import Cell, CellBroken, CellMissing
from tallystick.app.erasure import Ordered
from tallystick.app.kernel import new_key
from tallystick.app.release import Made
from tallystick.audit.log import Status, verify_log
from tallystick.events.envelope import open_entry
from tallystick.events.oversight import ContentAccessed
from tallystick.flow.erasure import Wish
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish as Cut
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import journal
from tallystick.ledger.checkpoint import Checkpoint
from tallystick.ledger.reader import CHECKPOINT, LogReader
from tallystick.ledger.tree import Tree, leaf_hashes
from tallystick.store import custody as stored
from tallystick.store import projection
from tallystick.store.schema import ITEM, VAULT_KEY, VAULT_OBJECT
from tallystick.store.vault import ObjectErased

NUMBERS = count(1)
ENGINEER = Actor("per-engineer", frozenset({"engineer"}))


class Databases(Protocol):
    """Gives new empty databases, and copies of others that nobody is connected to."""

    def new(self, folder: Path) -> str:
        """The address of an empty one."""
        ...

    def copy(self, address: str, folder: Path) -> str:
        """The address of a copy."""
        ...

    def drop(self, address: str) -> None:
        """Remove one."""
        ...


@dataclass(frozen=True, slots=True)
class Template:
    """A cell that has worked and was closed: copied for each case.

    lead     who leads its programme
    item     an item that can be erased; `release` holds it
    backup   taken before the newest work, and before the epoch was renewed; `bundle` has the wrapped keys of after
    dump     its read tables
    secrets  the bytes of its keys of today's epoch
    """

    folder: Path
    databases: Databases
    database: str
    lead: str
    item: str
    release: str
    backup: Path
    bundle: Path
    dump: dict[str, list[tuple[object, ...]]]
    secrets: tuple[bytes, ...]
    epoch: int

    @property
    def home(self) -> Path:
        """The folder of the cell."""
        return self.folder / "cell"


def worked(folder: Path, databases: Databases, *, keys: cells.KeysOf | None = None) -> Template:
    """Make one: two experts, some judgments, a release, a backup, and a judgment after it."""
    folder.mkdir()
    database = databases.new(folder)
    with world_at(database, folder / "cell", keys=keys) as world:
        world.work(3)
        for expert in (world.expert(), world.expert()):
            for _ in range(2):
                world.judge(expert)
        made = cut(world, "1.0.0")
        backup.back_up(world.cell, folder / "backup")
        rotated = custody.rotate_epoch(world.cell, ENGINEER, "the-first-rotation-of-all")
        assert isinstance(rotated, custody.EpochRotated)
        bundle = backup.keep_key_bundle(world.cell)
        assert bundle is not None
        world.judge(world.experts[0])
        world.cell.seal()
        with world.cell.read() as connection:
            item = str(connection.exec_driver_sql("SELECT item FROM judgment ORDER BY seq").scalars().first())
        secrets = tuple(path.read_bytes() for path in sorted((folder / "cell" / "keys").glob("kek-*.key")))
        return Template(
            folder, databases, database, lead=world.lead.person, item=item, release=made, backup=folder / "backup",
            bundle=bundle.folder, dump=dump_of(world.cell), secrets=secrets, epoch=rotated.epoch,
        )  # fmt: skip


def cut(world: World, version: str) -> str:
    """Cut a release of what is complete; its id."""
    wish = Cut(programme=PROGRAMME, name="plain", version=version, use="train", batches=None)
    made = release.cut(world.cell, world.lead, wish, key=new_key())
    assert isinstance(made, Made), made
    return made.release


def dump_of(cell: Cell) -> dict[str, list[tuple[object, ...]]]:
    """All read tables but the two that carry looks."""
    with cell.read() as connection:
        found = projection.dump(connection)
    return {name: rows for name, rows in found.items() if name not in {"access", "receipt"}}


Act = Callable[["Scene"], object]
"""Something that a process does, again and again if it must; gives what must be the same each time."""


@dataclass(slots=True)
class Scene:
    """One case: a copy of the cell that worked, and acts."""

    template: Template
    folder: Path
    acts: dict[str, Act]
    expected: dict[str, Counter[str]]  # what the quiet run came to: shared by all cases of a table
    answers: dict[str, object] = field(default_factory=dict)
    seen: dict[int, Checkpoint] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    database: str = field(init=False)
    cell: Cell = field(init=False)
    lead: Actor = field(init=False)

    def __post_init__(self) -> None:
        """Copy the cell and open it: this is not yet watched."""
        self.folder.mkdir()
        shutil.copytree(self.template.home, self.home, ignore=shutil.ignore_patterns("cell.db*"))
        self.database = self.template.databases.copy(self.template.database, self.folder)
        self.open()
        lead = roster.actor_of(self.cell, self.template.lead)
        assert lead is not None
        self.lead = lead

    @property
    def home(self) -> Path:
        """The folder of the cell."""
        return self.folder / "cell"

    def open(self) -> None:
        """A process begins."""
        self.cell = cells.open_cell(self.home, database=self.database, keys=self.keys(), clock=self.clock)
        hurry(self.cell)
        self.look()

    def keys(self) -> cells.KeysOf | None:
        """Who holds them: files in the folder of the cell."""
        return None

    def look(self) -> None:
        """Keep the checkpoint that is published now, as any reader may."""
        blobs = LogReader(self.cell.log).blobs
        if blobs.has(CHECKPOINT):
            shown = checkpoints.read(blobs.get(CHECKPOINT).decode())
            assert self.seen.setdefault(shown.size, shown).root == shown.root

    def engines(self) -> Iterable[sa.Engine]:
        """Of the process that dies."""
        return [self.cell.engine]

    def run(self) -> None:
        """Act by act."""
        for name, act in self.acts.items():
            self.answers[name] = act(self)
            self.look()

    def recover(self) -> None:
        """The next process: what a server does at its start, then every act once more."""
        self.die()
        self.open()
        self.do_again()

    def do_again(self) -> None:
        """What a server does by itself, and every act once more, with its key."""
        finish(self.cell)
        for name, act in self.acts.items():
            again = act(self)
            assert self.answers.get(name, again) == again, f"{name}: expected what was acknowledged, found another"
            self.answers[name] = again
        finish(self.cell)

    def die(self) -> None:
        """What the kernel does when a process ends."""
        if self.cell.witnessing is not None:
            self.cell.witnessing.close()
        self.cell.sealing.lease.close()
        self.cell.engine.dispose()
        self.cell.keys.close()

    def check(self, where: str) -> None:
        """Nothing lost, nothing double, nothing half."""
        size = self.cell.seal()
        self.look()
        entries = self.entries()
        assert len(entries) == size, where
        report = verify_log(self.cell.log_directory, self.cell.opened.vkey)
        assert (report.status, report.size, report.notes) == (Status.OK, size, ()), where
        self.check_history(entries)
        kinds = Counter(open_entry(entry).kind for entry in entries)
        del kinds[ContentAccessed.KIND]  # whoever begins again looks again
        expected = self.expected.setdefault("kinds", kinds)
        assert expected == kinds, f"{where}: {kinds - expected} too many, {expected - kinds} missing"
        assert oversight.check(self.cell).differences == (), where
        self.check_keys(where)
        if "order" in self.acts:
            self.check_erased()
        assert list(self.cell.releases_directory.glob(f".*{keeping.BUILDING}")) == [], where
        assert keeping.sweep(self.cell) == [], where

    def entries(self) -> list[bytes]:
        """The journal."""
        with self.cell.read() as connection:
            return [entry for _, entry in journal.read(connection, 0, journal.head(connection).next_seq)]

    def check_history(self, entries: list[bytes]) -> None:
        """Every checkpoint that anybody has seen is a beginning of this journal."""
        tree = Tree()
        for size, shown in sorted(self.seen.items()):
            tree.append(leaf_hashes(entries[tree.size : size]))
            assert tree.root() == shown.root, f"expected the history that was signed at {size}"

    def check_keys(self, where: str) -> None:
        """One epoch that wraps everything, no generation beside another, no key that should be gone."""
        with self.cell.read() as connection:
            assert stored.half_rotated(connection) == [], where
            states = {row.epoch: row.state for row in stored.epochs(connection)}
            wrapping = set(stored.wrapped_keys(connection))
            retired = {row.vkey for row in stored.log_keys(connection) if row.state == stored.RETIRED}
        newest = max(states)
        assert states == {epoch: stored.CURRENT if epoch == newest else stored.DESTROYED for epoch in states}, where
        assert self.cell.keys.epochs() == (newest,), where
        assert wrapping == {newest}, where
        assert retired.isdisjoint(self.cell.keys.log_keys()), where
        if newest > self.template.epoch:
            for path in self.folder.rglob("*"):
                if path.is_file() and not path.name.startswith("cell.db"):
                    assert not any(key in path.read_bytes() for key in self.template.secrets), f"{where}: {path}"

    def check_erased(self) -> None:
        """The item is gone; that everything else opens is what the check of the cell looked at."""
        with self.cell.read() as connection:
            row = connection.execute(sa.select(ITEM).where(ITEM.c.item == self.template.item)).one()
            for content in (row.content, row.hidden):
                with pytest.raises(ObjectErased):
                    self.cell.vault.open(connection, content)
                kept = connection.execute(sa.select(VAULT_OBJECT).where(VAULT_OBJECT.c.object == content)).first()
                assert kept is None or not kept.sealed

    def close(self) -> None:
        """Let go of everything."""
        self.cell.close()
        self.template.databases.drop(self.database)
        shutil.rmtree(self.folder)


def finish(cell: Cell) -> None:
    """What a server does by itself, at its start and then."""
    custody.finish_interrupted(cell)
    release.finish_interrupted(cell)
    release.finish_waiting(cell)
    erasure.finish_interrupted(cell)
    erasure.deliver_notices(cell)


@dataclass(slots=True)
class Restores:
    """A cell made anew from a backup, the newest wrapped keys and a newer log, in an empty folder and database."""

    template: Template
    folder: Path
    database: str = field(init=False)
    is_told: bool = False

    def __post_init__(self) -> None:
        """What was there before: the keys, as their own backup has them."""
        shutil.copytree(self.template.home / cells.KEYS_FOLDER, self.home / cells.KEYS_FOLDER)
        self.database = self.template.databases.new(self.folder)

    @property
    def home(self) -> Path:
        """The folder of the cell."""
        return self.folder / "cell"

    def engines(self) -> Iterable[sa.Engine]:
        """It opens its own."""
        return []

    def run(self) -> None:
        """Restore, and say so."""
        self.restore()
        self.is_told = True

    def restore(self) -> None:
        """With the same words each time."""
        source = Source(self.template.backup, keys=self.template.bundle, log=self.template.home / "log")
        found = backup.restore(source, self.home, database=self.database)
        assert (found.differences, found.from_log > 0, found.missing > 0) == ((), True, True)

    def recover(self) -> None:
        """A cell that is not whole does not open; one that is needs nothing."""
        gc.collect()  # what the kernel does with the sign of life of a process that ends
        try:
            cells.open_cell(self.home, database=self.database).close()
        except (CellMissing, CellBroken):
            assert not self.is_told
            self.restore()

    def check(self, where: str) -> None:
        """All that a log and a backup can give back; the words that came after the backup are gaps."""
        with cells.opened(self.home, database=self.database) as cell:
            assert dump_of(cell) == self.template.dump, where
            shown = LogReader(self.template.home / "log").checkpoint()
            size = cell.seal()
            assert size > shown.size
            report = verify_log(cell.log_directory, cell.opened.vkey, against=[self.template.home / "log"])
            assert (report.status, report.size) == (Status.OK, size), (where, report.notes)
            gaps = oversight.check(cell).differences
            assert [text for text in gaps if "the vault holds no object" not in text] == [], where
            assert not (self.home / cells.RESTORING).exists(), where

    def close(self) -> None:
        """Let go of everything."""
        self.template.databases.drop(self.database)
        shutil.rmtree(self.folder)


# --- acts: what a process does ----------------------------------------------------------------------------------------


def renew_scope(scene: Scene) -> object:
    """A new key for the scope of an expert."""
    with scene.cell.read() as connection:
        query = sa.select(VAULT_KEY.c.scope).where(VAULT_KEY.c.scope.startswith("person:")).order_by(VAULT_KEY.c.scope)
        scope = str(connection.scalars(query).first())
    done = custody.rotate_scope(scene.cell, scope, actor=ENGINEER, key="rotation-of-a-scope")
    assert not isinstance(done, Refused)
    return done.scope, done.generation


def renew_epoch(scene: Scene) -> object:
    """A new key-encryption key."""
    done = custody.rotate_epoch(scene.cell, ENGINEER, "rotation-of-epoch-1")
    assert not isinstance(done, Refused)
    return done.epoch


def renew_log_key(scene: Scene) -> object:
    """A new log key beside the one before."""
    done = custody.rotate_log_key(scene.cell, ENGINEER, "rotation-of-log-key-1")
    assert not isinstance(done, Refused)
    return done.vkey


def retire_log_key(scene: Scene) -> object:
    """The log key of the beginning signs no more."""
    done = custody.retire_log_key(scene.cell, ENGINEER, scene.cell.opened.vkey, "retirement-of-log-key-1")
    assert not isinstance(done, Refused)
    return done.first_seq


def order_erasure(scene: Scene) -> object:
    """An item that a release holds, with all that hangs on it."""
    wish = Wish(what="object", target=f"item:{scene.template.item}", reason="client-request")
    done = erasure.order(scene.cell, scene.lead, wish, words="", key="erasure-of-one-item")
    assert isinstance(done, Ordered), done
    return done.erasure, done.receipt.first_seq


def finish_erasure(scene: Scene) -> object:
    """In every copy."""
    erasure.finish_interrupted(scene.cell)
    erasure.deliver_notices(scene.cell)
    page = erasure.erasures(scene.cell, scene.lead)
    assert not isinstance(page, Refused)
    return [row.state for row in page]


def cut_release(scene: Scene) -> object:
    """A second release."""
    wish = Cut(programme=PROGRAMME, name="plain", version="2.0.0", use="train", batches=None)
    made = release.cut(scene.cell, scene.lead, wish, key="release-number-two")
    assert isinstance(made, Made), made
    return made.release, made.receipt.first_seq


def take_backup(scene: Scene) -> object:
    """Where none is yet; what was cut off is removed first, as its refusal says."""
    return _backed_up(scene, scene.folder / "taken", backup.back_up, backup.FORMAT)


def take_key_backup(scene: Scene) -> object:
    """Of the wrapped keys alone."""
    return _backed_up(scene, scene.folder / "taken-keys", backup.back_up_keys, backup.KEYS_FORMAT)


def _backed_up(scene: Scene, target: Path, back_up: Callable[[Cell, Path], object], form: str) -> object:
    half = target.with_name(f"{target.name}.part")
    if half.exists():
        with pytest.raises(backup.BackupExists, match="it was cut off"):
            back_up(scene.cell, target)
        shutil.rmtree(half)
    if not target.exists():
        back_up(scene.cell, target)
    backup.verify(target, form=form)
    return target.name


def keep_bundle(scene: Scene) -> object:
    """What the server does after an epoch was destroyed."""
    backup.keep_key_bundle(scene.cell)
    return [path.name for path in bundles(scene.cell)]


def bundles(cell: Cell) -> list[Path]:
    """Those that are kept, every one whole and the newest good for any earlier backup."""
    found = sorted(cell.key_bundles_directory.iterdir())
    for path in found:
        backup.verify(path, form=backup.KEYS_FORMAT)
    assert 0 < len(found) <= 2
    assert custody.key_bundle(cell).is_current
    return found


ROTATIONS: dict[str, Act] = {
    "scope": renew_scope, "epoch": renew_epoch, "bundle": keep_bundle, "log key": renew_log_key,
    "retirement": retire_log_key,
}  # fmt: skip
ERASURE: dict[str, Act] = {"order": order_erasure, "finish": finish_erasure}
RELEASE: dict[str, Act] = {"cut": cut_release}
BACKUPS: dict[str, Act] = {"backup": take_backup, "keys": take_key_backup}
