"""The operator's comparison of journal and log, on both databases: every place where they part is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sealed_cell import Cell, cell_at, entry

from tallystick.ledger.compare import compare_journal
from tallystick.ledger.reader import NotInLog


@pytest.fixture
def cell(database_url: str, tmp_path: Path) -> Iterator[Cell]:
    with cell_at(database_url, tmp_path / "log") as made:
        made.add(600)
        with made.sealer() as sealer:
            sealer.seal(500)
        yield made


def differences(cell: Cell) -> list[int]:
    return [difference.seq for difference in compare_journal(cell.engine, cell.directory)]


def test_a_journal_agrees_with_its_log(cell: Cell) -> None:
    """Rows behind the newest checkpoint are not sealed yet: no difference."""
    assert differences(cell) == []


@pytest.mark.parametrize("place", [0, 30, -1])
def test_each_flipped_byte_of_a_row_is_named_by_its_place(cell: Cell, place: int) -> None:
    for seq in (0, 255, 256, 499):
        wrong = bytearray(entry(seq))
        wrong[place] ^= 1
        cell.alter("UPDATE journal SET entry = :entry WHERE seq = :seq", entry=bytes(wrong), seq=seq)
    assert differences(cell) == [0, 255, 256, 499]
    assert "is not the entry 255 that was sealed" in compare_journal(cell.engine, cell.directory)[1].what


def test_rows_removed_or_exchanged_are_named(cell: Cell) -> None:
    cell.alter("DELETE FROM journal WHERE seq = 7")
    cell.alter("UPDATE journal SET seq = -1 WHERE seq = 20")
    cell.alter("UPDATE journal SET seq = 20 WHERE seq = 21")
    cell.alter("UPDATE journal SET seq = 21 WHERE seq = -1")
    assert differences(cell) == [7, 20, 21]
    assert compare_journal(cell.engine, cell.directory)[0].what.startswith("journal row 7 is missing")


def test_rows_cut_off_at_the_end_are_named(cell: Cell) -> None:
    cell.alter("DELETE FROM journal WHERE seq >= 597")
    assert differences(cell) == [597]
    cell.alter("DELETE FROM journal WHERE seq >= 498")
    assert sorted(set(differences(cell))) == [498, 499]


def test_a_seal_point_behind_the_log_is_named(cell: Cell) -> None:
    cell.alter("UPDATE seal_head SET size = 450")
    assert differences(cell) == [450]


def test_entries_that_the_log_cannot_show_are_named(cell: Cell) -> None:
    (cell.directory / "tile/entries/001.p/244").unlink()
    assert differences(cell) == list(range(256, 500))
    (cell.directory / "checkpoint").unlink()
    with pytest.raises(NotInLog):
        compare_journal(cell.engine, cell.directory)
