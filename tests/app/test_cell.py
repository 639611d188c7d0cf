"""A cell opens whole or not at all, and says what to do."""

import json
import shutil
from pathlib import Path

import pytest
from living_cell import Clock, cell_at, world_at

from tallystick.app import access, oversight
from tallystick.app import cell as cells
from tallystick.app.access import PERMISSIONS, ROLES, Actor
from tallystick.audit.log import Status, verify_log
from tallystick.custody import CustodyMismatch, KeysUnavailable
from tallystick.custody.software import SoftwareKeys
from tallystick.ledger import journal
from tallystick.ledger.compare import compare_journal
from tallystick.ledger.reader import archive_path
from tallystick.store.schema import JUDGMENT


def test_a_new_cell_begins_with_its_opening(database_url: str, tmp_path: Path) -> None:
    with cell_at(database_url, tmp_path / "cell") as cell:
        assert cell.opened.cell == "tests.invalid/cell"
        assert cell.custody == "software-development"
        assert (tmp_path / "cell" / "log.vkey").read_text().strip() == cell.signer.vkey == cell.opened.vkey
        assert len(cell.order_seed) == 32
        with cell.read() as connection:
            assert journal.head(connection).next_seq == 1


def test_a_cell_is_made_once(sqlite_url: str, tmp_path: Path) -> None:
    with (
        cell_at(sqlite_url, tmp_path / "cell"),
        pytest.raises(cells.CellExists, match="expected a folder without a cell, found"),
    ):
        cells.create(tmp_path / "cell", name="tests.invalid/cell", database=sqlite_url)


def test_keys_are_for_their_owner_only(sqlite_url: str, tmp_path: Path) -> None:
    with cell_at(sqlite_url, tmp_path / "cell"):
        keys = tmp_path / "cell" / "keys"
        assert keys.stat().st_mode & 0o077 == 0
        assert [path.name for path in keys.iterdir() if path.stat().st_mode & 0o077] == []


def test_a_folder_without_a_cell_does_not_open(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(cells.CellMissing, match=r"expected a cell, found no log.vkey: make one first"):
        cells.open_cell(tmp_path, database=sqlite_url)


def test_a_cell_without_its_keys_does_not_open(sqlite_url: str, tmp_path: Path) -> None:
    with cell_at(sqlite_url, tmp_path / "cell"):
        keys = tmp_path / "cell" / "keys"
        (keys / "kek-1.key").rename(tmp_path / "kek-1.key")
        with pytest.raises(CustodyMismatch, match=r"expected a key that opens content, found none: restore the keys"):
            cells.open_cell(tmp_path / "cell", database=sqlite_url)
        keys.rename(tmp_path / "elsewhere")
        with pytest.raises(KeysUnavailable, match=r"expected keys of development custody, found: No such file"):
            cells.open_cell(tmp_path / "cell", database=sqlite_url)


def test_without_its_database_a_cell_does_not_start_empty(sqlite_url: str, tmp_path: Path) -> None:
    """A forgotten setting must not look like a cell in which nothing happened."""
    with cell_at(sqlite_url, tmp_path / "cell"):
        with pytest.raises(cells.CellMissing, match=r"expected cell\.db: name the database, or restore it"):
            cells.open_cell(tmp_path / "cell")
        with pytest.raises(cells.CellBroken, match="expected a journal that opens this cell, found an empty one"):
            cells.open_cell(tmp_path / "cell", database=f"{sqlite_url}.other")


def test_keys_of_another_cell_do_not_open_it(sqlite_url: str, tmp_path: Path) -> None:
    with cell_at(sqlite_url, tmp_path / "cell"):
        folder = tmp_path / "cell" / "keys"
        (folder / "log-1.key").unlink()
        SoftwareKeys(folder, "tests.invalid/cell").new_log_key("tests.invalid/cell")
        with pytest.raises(CustodyMismatch, match=r"expected the log key .* found .*: restore the keys"):
            cells.open_cell(tmp_path / "cell", database=sqlite_url)


def test_a_cell_in_its_own_folder_can_be_carried_away(tmp_path: Path) -> None:
    """The embedded default: one folder is the whole cell."""
    cell = cells.create(tmp_path / "cell", name="tests.invalid/cell", clock=Clock())
    cell.seal()
    vkey = cell.opened.vkey
    cell.close()
    shutil.move(tmp_path / "cell", tmp_path / "elsewhere")
    with cells.opened(tmp_path / "elsewhere") as found:
        assert found.opened.vkey == vkey
        assert found.seal() == 1
    assert verify_log(tmp_path / "elsewhere" / "log", vkey).status is Status.OK


def test_whoever_seals_last_takes_over(database_url: str, tmp_path: Path) -> None:
    """Two processes of one cell seal in turn; the log never forks."""
    with world_at(database_url, tmp_path / "cell") as world:
        other = cells.open_cell(tmp_path / "cell", database=database_url)
        try:
            for number, home in enumerate([world.cell, other, world.cell, other]):
                world.work(1, start=number)
                with home.read() as connection:
                    assert home.seal() == journal.head(connection).next_seq
        finally:
            other.close()
        assert verify_log(world.cell.log_directory, world.cell.signer.vkey).status is Status.OK


def test_a_receipt_is_for_who_caused_it_and_who_reads_the_log(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        first, second = world.expert(), world.expert()
        seq = world.judge(first).receipt.first_seq
        before = oversight.receipt(world.cell, first, seq)
        assert isinstance(before, oversight.ReceiptPage)
        assert (before.is_sealed, before.proof) == (False, None)
        world.cell.seal()
        after = oversight.receipt(world.cell, first, seq)
        assert isinstance(after, oversight.ReceiptPage)
        assert after.is_sealed
        assert after.proof is not None
        assert after.entry == before.entry
        assert oversight.receipt(world.cell, second, seq) == access.ABSENT
        assert isinstance(oversight.receipt(world.cell, world.lead, seq), oversight.ReceiptPage)
        for nowhere in (-1, 10_000):
            assert oversight.receipt(world.cell, first, nowhere) == access.ABSENT


def test_the_check_of_a_cell_that_was_never_sealed_says_so(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        found = oversight.check(world.cell)
        assert found.differences == ()
        assert [note for note in found.notes if note.startswith("nothing is sealed yet")]
        world.cell.seal()
        assert oversight.check(world.cell).notes == ()


def test_the_check_of_a_cell_finds_a_log_without_its_checkpoints(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.cell.seal()
        log, size = world.cell.log_directory, oversight.sealed_size(world.cell)
        archived, shown = log / archive_path(size), (log / "checkpoint").read_bytes()
        kept = archived.read_bytes()
        archived.unlink()
        (found, *_) = oversight.check(world.cell).differences
        assert found.startswith(f"{archive_path(size)}: expected it, for checkpoint is of its size")
        archived.write_bytes(kept)
        (log / "checkpoint").unlink()
        (found, *_) = oversight.check(world.cell).differences
        assert found.startswith("checkpoint: expected one that covers the")
        (log / "checkpoint").write_bytes(shown[:-9])
        (found, *_) = oversight.check(world.cell).differences
        assert found.startswith("checkpoint: expected the newest signed checkpoint")


def test_the_check_of_a_cell_finds_what_was_altered(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        world.judge(world.expert())
        world.cell.seal()
        assert oversight.check(world.cell).differences == ()
        with journal.writing(world.cell.engine) as connection:
            connection.execute(JUDGMENT.update().values(verdict="b_clearly"))
        found = oversight.check(world.cell).differences
        assert [words for words in found if words.startswith("table judgment: expected what the journal gives")]
        assert oversight.check(world.cell).differences == ()
        with journal.writing(world.cell.engine) as connection:
            connection.exec_driver_sql("DROP TRIGGER journal_no_update")
            forged = json.dumps({"forged": True}).encode()
            connection.execute(journal.JOURNAL.update().where(journal.JOURNAL.c.seq == 3).values(entry=forged))
        assert "3" in str(compare_journal(world.cell.engine, world.cell.log_directory)[0])


ONLY_LEADS = {"programme.write", "rubric.write", "roster.write", "item.import", "gate.measure", "release.cut"}


@pytest.mark.parametrize("permission", sorted(PERMISSIONS))
def test_who_may_what(permission: str) -> None:
    """Writing is for leads, work for experts, adjudication for a kind of expert; the rest reads."""
    may = {role for role in ROLES if access.allows(Actor("per-1", frozenset({role})), permission)}
    if permission in ONLY_LEADS:
        assert may == {"lead"}
    if permission == "work.do":
        assert may == {"expert"}
    if permission == "adjudicate":
        assert may == set()
        assert access.allows(Actor("per-1", frozenset({"expert"}), frozenset({"adjudicator"})), permission)
    assert not access.allows(Actor("per-1", frozenset()), permission)
    assert access.allows(access.CELL, permission)
    if "auditor" in may:
        assert permission in {"self", "sentinel.audit"} or permission.endswith(".read")
