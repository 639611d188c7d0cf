"""Every manipulation of the tamper table is noticed, by the check that the table names, with its place."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from living_cell import world_at
from sealed_cell import Cell, cell_at
from tampering import database, histories, living, log_files, vault
from tampering.histories import Insider, Owned
from tampering.living import Living
from tampering.log_files import Log
from tampering.table import Row, judge, page
from tampering.vault import Safe

PAGE = Path(__file__).parents[2] / "docs" / "security" / "tamper.md"


@pytest.fixture(scope="module")
def good_log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return log_files.good_log(tmp_path_factory.mktemp("good"))


def test_a_good_log_is_good_to_every_check(good_log: Log) -> None:
    row = Row[Log](what="", do=lambda _log: None, found={}, given=["against", "policy"])
    for finder in log_files.PART.finders.values():
        assert finder(good_log, row) == []


@pytest.mark.parametrize("row", log_files.ROWS, ids=lambda row: row.what)
def test_altered_files_of_a_log_are_named(row: Row[Log], good_log: Log, tmp_path: Path) -> None:
    judge(log_files.PART, row, log_files.copy_of(good_log, tmp_path))


@pytest.fixture
def cell(database_url: str, tmp_path: Path) -> Iterator[Cell]:
    with cell_at(database_url, tmp_path / "log") as cell:
        database.good_cell(cell)
        yield cell


def test_a_good_cell_is_good_to_every_check(cell: Cell) -> None:
    row = Row[Cell](what="", do=lambda _cell: None, found={})
    for finder in database.PART.finders.values():
        assert finder(cell, row) == []


@pytest.mark.parametrize("row", database.ROWS, ids=lambda row: row.what)
def test_an_altered_journal_is_named(row: Row[Cell], cell: Cell) -> None:
    judge(database.PART, row, cell)


@pytest.fixture
def safe(database_url: str, tmp_path: Path) -> Iterator[Safe]:
    found = vault.safe_at(database_url, tmp_path)
    yield found
    found.place.engine.dispose()


def test_a_good_vault_opens(safe: Safe) -> None:
    assert vault.PART.finders["vault"](safe, vault.ROWS[0]) == []


@pytest.mark.parametrize("row", vault.ROWS, ids=lambda row: row.what)
def test_an_altered_vault_is_named(row: Row[Safe], safe: Safe) -> None:
    judge(vault.PART, row, safe)


@pytest.fixture(scope="module")
def good_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("history")
    histories.insider_at(folder)
    return folder


@pytest.fixture
def insider(good_history: Path, tmp_path: Path) -> Insider:
    folder = Path(shutil.copytree(good_history, tmp_path / "history"))
    return Insider(folder, folder / "shown", folder / "kept", folder / "one.tallystick-receipt")


def test_a_good_history_is_good_to_every_check(insider: Insider) -> None:
    for finder in histories.PART.finders.values():
        assert finder(insider, histories.ROWS[0]) == []


@pytest.mark.parametrize("row", histories.ROWS, ids=lambda row: row.what)
def test_an_altered_history_is_named(row: Row[Insider], insider: Insider) -> None:
    judge(histories.PART, row, insider)


@pytest.mark.parametrize("row", histories.OWNED, ids=lambda row: row.what)
def test_what_is_made_to_fit_without_the_log_key_is_named(row: Row[Owned], database_url: str, tmp_path: Path) -> None:
    with cell_at(database_url, tmp_path / "log") as cell:
        judge(histories.OWNED_PART, row, histories.owned(cell))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    folder = tmp_path_factory.mktemp("living")
    with world_at(f"sqlite+pysqlite:///{folder / 'cell.db'}", folder / "cell") as world:
        (folder / "kept").mkdir()
        yield living.living(world, folder / "kept")


@pytest.fixture
def scene(kept: Living) -> Iterator[Living]:
    yield kept
    kept.restore()


def test_a_cell_at_work_is_good_to_every_check(scene: Living) -> None:
    for finder in living.PART.finders.values():
        assert finder(scene, living.ROWS[0]) == []


@pytest.mark.parametrize("row", living.ROWS, ids=lambda row: row.what)
def test_what_is_done_to_a_cell_at_work_is_named(row: Row[Living], scene: Living) -> None:
    judge(living.PART, row, scene)


def test_the_page_shows_this_table() -> None:
    one, two, three = log_files.PART, database.PART, vault.PART
    four, five, six = living.PART, histories.OWNED_PART, histories.PART
    names = [*one.names(), *two.names(), *three.names(), *four.names(), *five.names(), *six.names()]
    assert len(set(names)) == len(names) >= 40
    wanted = page([one.text(), two.text(), three.text(), four.text(), five.text(), six.text()], len(names))
    if os.environ.get("TALLYSTICK_WRITE_PAGES"):
        PAGE.write_text(wanted)
    assert PAGE.read_text() == wanted, "run this test with TALLYSTICK_WRITE_PAGES=1 and commit docs/security/tamper.md"
