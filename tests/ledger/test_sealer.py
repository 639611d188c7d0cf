"""The sealer on both databases: what it publishes, and what it refuses to seal on top of."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sealed_cell import SIGNER, Cell, cell_at, entry, files_of, flip

from tallystick.audit.log import Status, verify_log
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import head as heads
from tallystick.ledger import note
from tallystick.ledger.reader import LogReader, NotInLog
from tallystick.ledger.sealer import Diverged, Fenced, Gap, Leased, NotSealed
from tallystick.ledger.signer import SoftwareSigner
from tallystick.ledger.tile_store import TileStore
from tallystick.ledger.tiles import places_at
from tallystick.ledger.tree import leaf_hashes, root_of

KEY = note.parse_vkey(SIGNER.vkey)


@pytest.fixture
def cell(database_url: str, tmp_path: Path) -> Iterator[Cell]:
    with cell_at(database_url, tmp_path / "log") as made:
        yield made


def expect_good(cell: Cell, size: int) -> None:
    report = verify_log(cell.directory, SIGNER.vkey)
    assert (report.status, report.size, report.notes) == (Status.OK, size, ()), report


def test_an_empty_log_is_published_at_once(cell: Cell) -> None:
    with cell.sealer() as sealer:
        assert sealer.seal() is None
    expect_good(cell, 0)
    assert list(files_of(cell.directory)) == ["checkpoint", "checkpoints/000"]


def test_what_is_sealed_is_what_was_written(cell: Cell) -> None:
    reader = LogReader(cell.directory)
    with cell.sealer() as sealer:
        for count in (1, 254, 1, 1, 300, 43):
            cell.add(count)
            signed = sealer.seal()
            assert signed is not None
            assert signed.size == cell.size == sealer.size
            assert checkpoints.open_signed(signed.note, KEY) == signed == reader.checkpoint(KEY)
            assert signed.root == root_of(leaf_hashes(map(entry, range(cell.size))))
            assert list(reader.entries(0, cell.size)) == list(map(entry, range(cell.size)))
        assert sealer.seal() is None
    expect_good(cell, 600)
    stored = {path for path in files_of(cell.directory) if path.startswith("tile/")}
    assert {place.path for place in places_at(600)} <= stored


def test_partial_tiles_go_when_they_are_full(cell: Cell) -> None:
    with cell.sealer() as sealer:
        for count in (100, 100, 100, 212):
            cell.add(count)
            sealer.seal()
    paths = [path for path in files_of(cell.directory) if path.startswith(("tile/0", "tile/entries"))]
    assert sorted(paths) == ["tile/0/000", "tile/0/001", "tile/entries/000", "tile/entries/001"]
    assert (cell.directory / "tile/1/000.p/2").is_file()


def test_sealing_at_a_size_gives_the_same_checkpoint_for_ever(cell: Cell) -> None:
    cell.add(700)
    with cell.sealer() as sealer:
        at_300 = sealer.seal(300)
        assert at_300 is not None
        assert (at_300.size, sealer.size) == (300, 300)
        sealer.seal()
        assert sealer.seal(300) == sealer.checkpoint_at(300) == at_300
        assert sealer.checkpoint_at(0).size == 0
        never_sealed = sealer.checkpoint_at(555)
    assert never_sealed.root == root_of(leaf_hashes(map(entry, range(555))))
    assert LogReader(cell.directory).checkpoint_at(555, KEY) == never_sealed
    assert LogReader(cell.directory).archived_sizes() == [0, 300, 555, 700]
    expect_good(cell, 700)
    with cell.sealer() as sealer:
        assert sealer.checkpoint_at(300) == at_300
        with pytest.raises(NotSealed, match="at least 701 rows, found 700"):
            sealer.seal(701)
        with pytest.raises(NotSealed, match="up to 700, which is sealed, found 701"):
            sealer.checkpoint_at(701)
        with pytest.raises(NotSealed):
            sealer.checkpoint_at(-1)


def test_a_long_backlog_is_sealed_in_batches_to_the_same_log(cell: Cell) -> None:
    cell.add(1000)
    with cell.sealer(batch=256) as sealer:
        signed = sealer.seal()
    assert LogReader(cell.directory).archived_sizes() == [0, 256, 512, 768, 1000]
    expect_good(cell, 1000)
    shutil.rmtree(cell.directory)
    with cell.sealer() as again:  # the database alone gives the log back
        assert again.seal(1000) == signed
    expect_good(cell, 1000)


def test_a_copy_of_the_log_proves_records_without_any_database(cell: Cell, tmp_path: Path) -> None:
    cell.add(900)
    with cell.sealer() as sealer:
        sealer.seal(400)
        sealer.seal()
    copy = LogReader(Path(shutil.copytree(cell.directory, tmp_path / "copy")))
    for index, size in [(0, None), (399, 400), (399, None), (899, None)]:
        assert copy.record_proof(index, size).verify(entry(index), KEY).size == (size or 900)
    assert (copy.entry(899), list(copy.entries(254, 258))) == (entry(899), list(map(entry, range(254, 258))))
    with pytest.raises(NotInLog, match="expected a checkpoint"):
        copy.checkpoint_at(401)
    with pytest.raises(NotInLog, match="tile/entries/003"):
        copy.entry(900)


def test_a_lost_file_is_written_again_only_as_it_was(cell: Cell) -> None:
    cell.add(600)
    with cell.sealer() as sealer:
        sealer.seal()
    before = files_of(cell.directory)
    for path in ("tile/0/000", "tile/entries/001", "tile/0/002.p/88", "checkpoint"):
        (cell.directory / path).unlink()
    cell.sealer().close()
    assert files_of(cell.directory) == before


def test_a_quick_start_builds_on_the_signed_root_alone(cell: Cell) -> None:
    """It reads no sealed row, so it costs the same at any size; what does not fit makes it look at everything."""
    cell.add(70_000)
    with cell.sealer() as sealer:
        sealer.seal(69_000)
    before = files_of(cell.directory)
    cell.sealer(thorough=False).close()
    assert files_of(cell.directory) == before
    cell.alter("DELETE FROM journal WHERE seq = 5")
    with cell.sealer(thorough=False) as sealer:
        sealer.seal()
    expect_good(cell, 70_000)
    flip(cell.directory / "tile/2/000.p/1", 0)
    with pytest.raises(Gap, match="found no row 5 "):
        cell.sealer(thorough=False)


@pytest.mark.parametrize("path", ["tile/0/001", "tile/entries/001", "tile/1/000.p/2", "tile/entries/002.p/88"])
def test_an_altered_file_is_refused_and_left_as_evidence(cell: Cell, path: str) -> None:
    cell.add(600)
    with cell.sealer() as sealer:
        sealer.seal()
    data = bytearray((cell.directory / path).read_bytes())
    data[40] ^= 1
    (cell.directory / path).write_bytes(data)
    with pytest.raises(Diverged, match=f"{path}: .* differ from byte 40 on"):
        cell.sealer()
    assert (cell.directory / path).read_bytes() == data


def test_a_sealed_row_that_was_edited_is_refused_by_its_place(cell: Cell) -> None:
    cell.add(600)
    with cell.sealer() as sealer:
        sealer.seal()
        cell.alter("UPDATE journal SET entry = :entry WHERE seq = 580", entry=entry(580, role="lead"))
        cell.add(1)
        with pytest.raises(Diverged, match="They part at row 580: journal row 580"):
            sealer.seal()  # it reads the open bundle again
    with pytest.raises(Diverged, match="They part at row 580: journal row 580"):
        cell.sealer()
    shutil.rmtree(cell.directory / "tile")
    with pytest.raises(Diverged, match="the journal gives"):
        cell.sealer()


@pytest.mark.parametrize("sealed", [0, 600])
def test_a_row_that_was_removed_is_a_gap(cell: Cell, sealed: int) -> None:
    cell.add(sealed)
    sealer = cell.sealer()
    sealer.seal()
    cell.add(100)
    gap = sealed + 50
    cell.alter("DELETE FROM journal WHERE seq = :seq", seq=gap)
    with pytest.raises(Gap, match=f"found no row {gap} ") as caught:
        sealer.seal()
    assert caught.value.seq == gap
    expect_good(cell, sealed)
    cell.alter("DELETE FROM journal WHERE seq > :seq", seq=gap)
    with pytest.raises(Gap, match=f"found its last row at {gap - 1}"):
        sealer.seal()
    sealer.close()


def test_a_database_older_than_the_log_is_refused(cell: Cell) -> None:
    cell.add(300)
    with cell.sealer() as sealer:
        sealer.seal()
    old = heads.read(cell.engine)
    cell.add(10)
    with cell.sealer() as sealer:
        sealer.seal()
    cell.alter("UPDATE seal_head SET size = :size, root = :root", size=old.size, root=old.root)
    with pytest.raises(Diverged, match="covers 310 entries, the database has sealed 300"):
        cell.sealer()


def test_a_log_of_another_key_is_refused(cell: Cell) -> None:
    cell.sealer().close()
    cell.signer = SoftwareSigner(SIGNER.name, bytes(32))
    with pytest.raises(Diverged, match="another key"):
        cell.sealer()


def test_a_log_that_changes_its_key_is_signed_by_both_and_read_by_either(cell: Cell) -> None:
    old, new = SIGNER, SoftwareSigner(SIGNER.name, bytes(32))
    cell.add(300)
    cell.sealer().seal()
    cell.signers = [old, new]
    cell.add(10)
    with cell.sealer() as sealer:
        both = sealer.seal()
    assert both is not None
    for key in (old, new):
        assert verify_log(cell.directory, key.vkey).size == 310
        assert checkpoints.open_signed(both.note, note.parse_vkey(key.vkey)) == both
    cell.signers, cell.trusted = [new], [old.vkey]
    cell.add(10)
    with cell.sealer() as sealer:
        assert sealer.seal() is not None
        assert sealer.checkpoint_at(300).note.count(SIGNER.name) == 2, "origin and one line: written once"
    reader = LogReader(cell.directory)
    assert reader.checkpoint(note.parse_vkey(new.vkey)).size == 320
    with pytest.raises(note.BadNote):
        reader.checkpoint(KEY)
    cell.trusted = []
    with pytest.raises(Diverged, match="expected a checkpoint of this log"), cell.sealer() as sealer:
        sealer.checkpoint_at(300)


def test_keys_of_two_logs_are_refused(cell: Cell) -> None:
    cell.signers = [SIGNER, SoftwareSigner("tests.invalid/other", bytes(32))]
    with pytest.raises(ValueError, match="expected keys of one log"):
        cell.sealer()


def test_lines_of_witnesses_stay_in_the_published_checkpoint(cell: Cell) -> None:
    """A witness's line was added to `checkpoint`; the sealer that comes next, with a second key, takes none away."""
    cell.add(300)
    cell.sealer().seal()
    witness = SoftwareSigner("witness.invalid", bytes(32))
    shown = cell.directory / "checkpoint"
    text = shown.read_text().rpartition("\n\n")[0] + "\n"
    shown.write_text(note.merge(shown.read_text(), note.sign(text, [witness])))
    before = shown.read_text()
    cell.sealer().close()
    assert shown.read_text() == before
    forged = checkpoints.sign(SIGNER.name, 300, bytes(32), signers=[SIGNER])
    with pytest.raises(note.BadNote, match="two texts"):
        note.merge(before, forged.note)


def test_an_archived_checkpoint_is_never_replaced(cell: Cell) -> None:
    cell.add(300)
    with cell.sealer() as sealer:
        sealer.seal()
        forged = checkpoints.sign(SIGNER.name, 300, bytes(32), signers=[SIGNER])
        (cell.directory / "checkpoints/300").write_text(forged.note)
        with pytest.raises(Diverged, match="checkpoints/300: expected root"):
            sealer.checkpoint_at(300)


def test_no_checkpoint_is_signed_over_an_altered_tile(cell: Cell) -> None:
    """A size that was never sealed is signed only when its stored tree leads to the sealed root."""
    cell.add(600)
    with cell.sealer() as sealer:
        sealer.seal()
        flip(cell.directory / "tile/0/001", 200 * 32)
        with pytest.raises(Diverged, match="the stored tree at size 460 does not lead to the sealed root"):
            sealer.checkpoint_at(460)
        (cell.directory / "tile/0/001").unlink()
        with pytest.raises(Diverged, match="tile/0/001"):
            cell.sealer(thorough=False).checkpoint_at(461)
    assert LogReader(cell.directory).archived_sizes() == [0, 600]


def test_a_writer_clears_what_came_before_it_and_nothing_newer(tmp_path: Path) -> None:
    old, new = TileStore(tmp_path / "log", 1), TileStore(tmp_path / "log", 2)
    staging = tmp_path / "log.staging"
    new.open()
    (staging / "2" / "half").write_bytes(b"")
    old.open()
    assert (staging / "2" / "half").exists()
    new.open()
    assert [path.name for path in staging.iterdir()] == ["2"]
    assert list((staging / "2").iterdir()) == []


def test_the_sealer_before_is_fenced(cell: Cell) -> None:
    cell.add(300)
    old = cell.sealer()
    old.seal()
    new = cell.sealer()
    cell.add(10)
    with pytest.raises(Fenced, match="another sealer has taken over"):
        old.seal()
    assert new.seal() is not None
    with pytest.raises(Fenced):
        old.seal()
    old.close()
    new.close()
    expect_good(cell, 310)


def test_a_sealer_that_slept_does_not_take_the_log_back(cell: Cell) -> None:
    """It had moved the seal point, then slept; meanwhile another finished its work and went further."""
    cell.add(300)
    flushes: list[str] = []

    def sleep(name: str) -> None:
        flushes.append(name)
        # Tiles and archive are flushed one after the other; what remains is to replace `checkpoint`.
        if cell.size == 400 and flushes.count("after flush folders") == 2:
            with cell.sealer() as other:
                cell.add(100)
                other.seal()

    sealer = cell.sealer(step=sleep)
    sealer.seal()
    flushes.clear()
    cell.add(100)
    with pytest.raises(Fenced, match="expected to publish size 400, found 500"):
        sealer.seal()
    sealer.close()
    expect_good(cell, 500)


def test_two_sealers_race_to_one_history(cell: Cell) -> None:
    """Each takes over as soon as it is fenced, while rows keep coming: the log stays one."""
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(6):
                try:
                    with cell.sealer() as sealer:
                        sealer.seal()
                        sealer.seal()
                except (Fenced, Leased):
                    continue
        except BaseException as error:
            errors.append(error)
            raise

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(8):
        cell.add(97)
    for thread in threads:
        thread.join()
    assert errors == []
    with cell.sealer() as sealer:
        sealer.seal()
    expect_good(cell, 8 * 97)
