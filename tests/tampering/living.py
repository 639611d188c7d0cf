"""A cell at work: what stands beside the journal in its database, and what is edited before it is sealed."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from living_cell import World
from security.administrator import Administrator
from stranger import ask
from tampering.table import Part, Row

from tallystick.app import oversight, receipt
from tallystick.audit.log import Status, verify_log
from tallystick.audit.receipt import Verdict, check_receipts
from tallystick.events.judgment import JudgmentSubmitted
from tallystick.ledger.note import parse_vkey

TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"


@dataclass
class Living:
    """A sealed cell on SQLite, with one judgment that is not sealed yet and its receipt."""

    world: World
    folder: Path
    receipt: Path
    place: int

    @property
    def database(self) -> Path:
        """The file of the database."""
        found = self.world.cell.engine.url.database
        assert found is not None
        return Path(found)

    def keep(self) -> None:
        """Remember the database and the log."""
        self.world.cell.engine.dispose()
        for path in self.database.parent.glob(f"{self.database.name}*"):
            shutil.copy(path, self.folder)
        shutil.copytree(self.world.cell.log_directory, self.folder / "log")

    def restore(self) -> None:
        """Everything as it was kept, and a new sealer, as after a start."""
        cell = self.world.cell
        cell.sealing.close()
        cell.engine.dispose()
        for path in self.database.parent.glob(f"{self.database.name}*"):
            path.unlink()
        for path in self.folder.glob(f"{self.database.name}*"):
            shutil.copy(path, self.database.parent)
        shutil.rmtree(cell.log_directory)
        shutil.copytree(self.folder / "log", cell.log_directory)
        cell.__post_init__()


def living(world: World, folder: Path) -> Living:
    """Seal the cell, then let an expert judge."""
    world.work(4)
    expert = world.expert()
    world.cell.seal()
    saved = world.judge(expert)
    given = receipt.given(world.cell, expert, saved.receipt, JudgmentSubmitted.KIND)
    assert given.text is not None
    path = folder / "one.tallystick-receipt"
    path.write_text(given.text)
    facts = enumerate(saved.receipt.facts, saved.receipt.first_seq)
    place = next(seq for seq, fact in facts if isinstance(fact, JudgmentSubmitted))
    world.clock.pass_minutes(1)
    found = Living(world, folder, path, place)
    found.keep()
    return found


def edit(statement: str) -> Callable[[Living], object]:
    """Drop the guards, run a statement, put the guards back."""

    def do(scene: Living) -> None:
        with scene.world.cell.engine.begin() as connection:
            kept = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
            for name, _ in kept:
                connection.execute(sa.text(f"DROP TRIGGER {name}"))
            connection.execute(sa.text(statement))
            for _, text in kept:
                connection.exec_driver_sql(text)

    return do


def _check(scene: Living, _row: Row[Living]) -> list[str]:
    return list(oversight.check(scene.world.cell).differences)


def _seal(scene: Living) -> None:
    cell = scene.world.cell
    cell.sealing.close()
    cell.__post_init__()
    cell.seal()


def _log(scene: Living, _row: Row[Living]) -> list[str]:
    """Seal what is there, and check the log."""
    _seal(scene)
    log, vkey = scene.world.cell.log_directory, scene.world.cell.signer.vkey
    report = verify_log(log, vkey)
    assert (report.status is Status.OK) == (ask(log, vkey).status == "good")
    return [str(problem) for problem in report.problems]


def _receipt(scene: Living, _row: Row[Living]) -> list[str]:
    """Seal what is there, and hold the receipt against it."""
    _seal(scene)
    log, vkey = scene.world.cell.log_directory, scene.world.cell.signer.vkey
    (report,) = check_receipts([("one", scene.receipt.read_text())], log, [parse_vkey(vkey)])
    assert ask(log, vkey, receipts=[scene.receipt]).receipts == (report.verdict,)
    is_there = report.verdict is Verdict.IN_LOG and report.index == scene.place
    return [] if is_there else [f"{report.verdict}: place {'of the judgment' if report.index == scene.place else '?'}"]


def turn_round(scene: Living) -> None:
    """The verdict is another before it is sealed; head, digest, counters and read tables are made to fit."""
    Administrator(scene.world.cell).edit(scene.place, lambda body: body.update(verdict="b_clearly"))


def cut_and_go_on(scene: Living) -> None:
    """The judgment and what came with it are cut off; a later event stands before its place."""
    with scene.world.cell.read() as connection:
        sealed = oversight.sealed_size(scene.world.cell)
        assert sealed < scene.place, connection
    Administrator(scene.world.cell).cut(sealed)
    for _ in range(scene.place - sealed):
        scene.world.person("Somebody new", "expert")


CHECK, LOG, RECEIPT = "cell check", "log verify", "receipt"
ROWS: list[Row[Living]] = [
    Row(
        what="a counter of an actor's events",
        do=edit("UPDATE journal_actor SET n = n - 1 WHERE actor LIKE 'per-%'"),
        found={CHECK: "journal counter of per-"},
    ),
    Row(
        what="the time in the head of the journal",
        do=edit("UPDATE journal_head SET last_at = last_at + 1000000"),
        found={CHECK: "journal head: expected the time"},
    ),
    Row(
        what="a row of a read table: more rights for somebody",
        do=edit("""UPDATE person SET roles = '["lead","expert"]'"""),
        found={CHECK: "table person"},
        unseen=[LOG],
    ),
    Row(
        what="content deleted",
        do=edit("DELETE FROM vault_object WHERE rowid = (SELECT min(rowid) FROM vault_object)"),
        found={CHECK: "content of entry "},
        unseen=[LOG],
    ),
    Row(
        what="content exchanged",
        do=edit(
            "UPDATE vault_object SET sealed = (SELECT o.sealed FROM vault_object o WHERE o.rowid <> vault_object.rowid "
            "AND o.bytes = vault_object.bytes LIMIT 1) WHERE rowid = (SELECT min(rowid) FROM vault_object)"
        ),
        found={CHECK: "content of entry "},
    ),
    Row(
        what="a person's keys deleted without an erasure",
        do=edit("DELETE FROM vault_key WHERE scope LIKE 'person:%'"),
        found={CHECK: "holds no key for person:per-"},
        unseen=[LOG],
    ),
    Row(
        what="the note of an erasure that nobody ordered",
        do=edit("INSERT INTO vault_erased (target, is_purged) VALUES ('person:per-x', 1)"),
        found={CHECK: "vault: expected an erasure of person:per-x in the journal"},
    ),
    Row(
        what="a row that is no entry",
        do=edit("UPDATE journal SET entry = CAST('{}' AS BLOB) WHERE seq = (SELECT max(seq) FROM journal)"),
        found={CHECK: "expected an entry"},
    ),
    Row(
        what="a judgment edited before its seal, with all made to fit",
        do=turn_round,
        found={RECEIPT: "replaced: place of the judgment"},
        unseen=[CHECK, LOG],
    ),
    Row(
        what="a judgment cut off before its seal, with all made to fit, and others after it",
        do=cut_and_go_on,
        found={RECEIPT: "place of the judgment"},
        unseen=[LOG],
    ),
]
PART = Part(
    "A cell at work",
    "somebody who owns the database and runs the cell: it signs for them what the journal holds. `receipt` is what an "
    "expert keeps.",
    ROWS,
    {CHECK: _check, LOG: _log, RECEIPT: _receipt},
)
