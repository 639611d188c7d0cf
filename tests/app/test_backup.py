"""Promises of backups: one state, whole or refused, restored on either database, with all that a newer log holds."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from living_cell import PROGRAMME, World, answer_of, world_at

from tallystick.app import backup, custody, erasure, judgment, oversight, release
from tallystick.app import cell as cells
from tallystick.app.access import Actor
from tallystick.app.backup import BackupExists, BadBackup, NotEmpty, Source
from tallystick.app.cell import Cell
from tallystick.app.erasure import Ordered
from tallystick.app.judgment import Saved
from tallystick.app.kernel import new_key
from tallystick.app.release import Made
from tallystick.flow.erasure import Wish
from tallystick.flow.release import Wish as Cut
from tallystick.ledger import journal
from tallystick.store import projection

ENGINEER = Actor("per-engineer", frozenset({"engineer"}))


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with world_at(database_url, tmp_path / "cell") as made:
        made.work(6)
        first, second = made.expert(), made.expert()
        for verdict in ("a_clearly", "b_clearly", "tie"):
            made.judge(first, verdict)
            made.judge(second, "a_clearly")
        made.cell.seal()
        made.judge(first)
        yield made


def dump(cell: Cell) -> dict[str, list[tuple[object, ...]]]:
    """All read tables but the two that carry the look of the restore itself: it opened everything once."""
    with cell.read() as connection:
        found = projection.dump(connection)
    return {name: rows for name, rows in found.items() if name not in ("access", "receipt")}


@contextmanager
def again(world: World, directory: Path, database: str, source: Source) -> Iterator[Cell]:
    """The cell, restored elsewhere, with the token of its development custody beside it."""
    directory.mkdir(exist_ok=True)
    shutil.copytree(world.cell.directory / "keys", directory / "keys", dirs_exist_ok=True)
    found = backup.restore(source, directory, database=database)
    assert not found.differences, found.differences
    with cells.opened(directory, database=database) as cell:
        yield cell


def test_a_backup_comes_back_on_the_other_kind_of_database(
    world: World, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    other = "postgres_url" if world.cell.engine.dialect.name == "sqlite" else "sqlite_url"
    before = dump(world.cell)
    made = backup.back_up(world.cell, tmp_path / "backup")
    assert made.entries == len(entries_of(world.cell))
    with again(world, tmp_path / "again", str(request.getfixturevalue(other)), Source(made.folder)) as cell:
        assert dump(cell) == before
        assert entries_of(cell)[: made.entries] == entries_of(world.cell)
        assert cell.seal() == made.entries + 1
        assert oversight.check(cell).differences == ()


def entries_of(cell: Cell) -> list[tuple[int, bytes]]:
    with cell.read() as connection:
        return list(journal.read(connection, 0, 1_000_000))


def test_what_came_after_the_backup_is_taken_from_a_newer_log(world: World, tmp_path: Path) -> None:
    made = backup.back_up(world.cell, tmp_path / "backup")
    world.judge(world.expert(), "b_slightly")
    world.cell.seal()
    directory = tmp_path / "again"
    directory.mkdir()
    shutil.copytree(world.cell.directory / "keys", directory / "keys")
    url = f"sqlite+pysqlite:///{directory / 'cell.db'}"
    found = backup.restore(Source(made.folder, log=world.cell.log_directory), directory, database=url)
    assert found.from_log > 0
    assert found.entries == made.entries + found.from_log + 1
    assert found.missing > 0, "what was said after the backup is in no vault"
    assert found.differences == ()
    with cells.opened(directory, database=url) as cell:
        assert dump(cell) == dump(world.cell)
        assert cell.seal() == found.entries


def test_a_backup_older_than_its_published_log_is_refused_without_it(world: World, tmp_path: Path) -> None:
    made = backup.back_up(world.cell, tmp_path / "backup")
    world.judge(world.expert())
    world.cell.seal()
    newest = world.cell.log_directory / "checkpoint"
    shutil.copy(newest, made.folder / "log" / "checkpoint")
    with pytest.raises(BadBackup, match="log/checkpoint: expected"):
        backup.restore(Source(made.folder), tmp_path / "again", database=f"sqlite+pysqlite:///{tmp_path / 'again.db'}")
    assert not (tmp_path / "again").exists(), "nothing is half there"


@pytest.mark.parametrize("part", ["journal/tile/entries/000.p", "tables/vault_object.jsonl", "backup.json"])
def test_a_byte_that_changed_is_named_and_nothing_is_written(world: World, tmp_path: Path, part: str) -> None:
    made = backup.back_up(world.cell, tmp_path / "backup")
    path = made.folder / part
    path = next(path.iterdir()) if path.is_dir() else path
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(BadBackup):
        backup.restore(Source(made.folder), tmp_path / "again", database=f"sqlite+pysqlite:///{tmp_path / 'again.db'}")
    assert not (tmp_path / "again").exists()


def test_neither_a_backup_nor_a_cell_is_overwritten(world: World, tmp_path: Path) -> None:
    made = backup.back_up(world.cell, tmp_path / "backup")
    with pytest.raises(BackupExists, match="choose another"):
        backup.back_up(world.cell, tmp_path / "backup")
    with pytest.raises(NotEmpty, match="expected an empty folder"):
        backup.restore(Source(made.folder), world.cell.directory)


def holding(folder: Path, secrets: list[bytes]) -> list[str]:
    """The files of a folder that hold one of these in clear."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(secret in path.read_bytes() for secret in secrets)]


def test_no_key_and_no_content_is_in_a_backup(world: World, tmp_path: Path) -> None:
    task = world.task(world.expert())
    said = answer_of(words="It follows from what nobody but the expert wrote.")
    assert isinstance(judgment.submit(world.cell, world.experts[-1], task.assignment, said, key=new_key()), Saved)
    made = backup.back_up(world.cell, tmp_path / "backup")
    keys = [path.read_bytes().strip() for path in (world.cell.directory / "keys").iterdir()]
    contents = [text.encode() for text in (task.shown.prompt, task.shown.first, said.reasons[0].text)]
    assert keys
    assert holding(made.folder, keys + contents) == []
    for number, secret in enumerate(keys + contents):
        (made.folder / f"planted-{number}").write_bytes(b"before " + secret + b" after")
    assert len(holding(made.folder, keys + contents)) == len(keys + contents), "the search finds what is there"


def test_a_drill_compares_and_leaves_nothing(world: World, tmp_path: Path) -> None:
    keys = cells.software_keys(world.cell.directory)
    found = backup.drill(world.cell, tmp_path / "drill", keys=keys)
    assert found.differences == ()
    assert found.entries > 0
    assert found.tables > 20
    assert not (tmp_path / "drill").exists()


def test_a_drill_sees_what_does_not_come_back(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "replay", lambda _connection, _stop: None)
    keys = cells.software_keys(world.cell.directory)
    assert any("table item" in text for text in backup.drill(world.cell, tmp_path / "drill", keys=keys).differences)


@pytest.mark.parametrize("at", ["after fill database", "before remove mark"])
def test_a_cell_in_the_middle_of_a_restore_does_not_start(world: World, tmp_path: Path, at: str) -> None:
    made = backup.back_up(world.cell, tmp_path / "backup")
    directory = tmp_path / "again"
    directory.mkdir()
    shutil.copytree(world.cell.directory / "keys", directory / "keys")

    def stop(name: str) -> None:
        if name == at:
            raise KeyboardInterrupt

    url = f"sqlite+pysqlite:///{directory / 'cell.db'}"
    with pytest.raises(KeyboardInterrupt):
        backup.restore(Source(made.folder), directory, database=url, step=stop)
    with pytest.raises(cells.CellBroken, match="run the restore again"):
        cells.open_cell(directory, database=url)
    restored = backup.restore(Source(made.folder), directory, database=url)
    assert (restored.differences, restored.from_log) == ((), 0)
    with cells.opened(directory, database=url) as cell:
        assert dump(cell) == dump(world.cell)


def erase_item(world: World, item: str) -> None:
    wish = Wish(what="object", target=f"item:{item}", reason="client-request")
    assert isinstance(erasure.order(world.cell, world.lead, wish, words="", key=new_key()), Ordered)
    assert erasure.finish_interrupted(world.cell)


def item_of(world: World) -> str:
    with world.cell.read() as connection:
        return str(connection.exec_driver_sql("SELECT item FROM item ORDER BY external").scalars().first())


def test_an_older_backup_needs_the_newest_wrapped_keys_after_an_erasure(world: World, tmp_path: Path) -> None:
    made = backup.back_up(world.cell, tmp_path / "backup")
    erase_item(world, item_of(world))
    world.cell.seal()
    url, log = f"sqlite+pysqlite:///{tmp_path / 'again.db'}", world.cell.log_directory
    directory = tmp_path / "again"
    directory.mkdir()
    shutil.copytree(world.cell.directory / "keys", directory / "keys")
    with pytest.raises(BadBackup, match="give the newest bundle of wrapped keys"):
        backup.restore(Source(made.folder, log=log), directory, database=url)

    shutil.rmtree(directory)
    (tmp_path / "again.db").unlink()
    directory.mkdir()
    shutil.copytree(world.cell.directory / "keys", directory / "keys")
    bundle = backup.back_up_keys(world.cell, tmp_path / "bundle")
    assert backup.verify(bundle.folder, form=backup.KEYS_FORMAT).root == "", "it holds no entries to compare with one"
    found = backup.restore(Source(made.folder, keys=bundle.folder, log=log), directory, database=url)
    assert found.differences == ()
    assert found.erased > 0
    with cells.opened(directory, database=url) as cell:
        assert dump(cell) == dump(world.cell)


def test_an_erasure_that_a_backup_does_not_know_is_done_again(world: World, tmp_path: Path) -> None:
    made = backup.back_up(world.cell, tmp_path / "backup")
    item = item_of(world)
    wish = Wish(what="object", target=f"item:{item}", reason="client-request")
    ordered = erasure.order(world.cell, world.lead, wish, words="", key=new_key())
    assert isinstance(ordered, Ordered)
    world.cell.seal()
    directory = tmp_path / "again"
    with again(
        world,
        directory,
        f"sqlite+pysqlite:///{tmp_path / 'again.db'}",
        Source(made.folder, log=world.cell.log_directory),
    ) as cell:
        assert ordered.erasure in erasure.finish_interrupted(cell)
        assert oversight.check(cell).differences == ()


def test_sealed_releases_come_back_as_they_were(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(2)
        for expert in (world.expert(), world.expert()):
            world.judge(expert)
            world.judge(expert)
        wish = Cut(programme=PROGRAMME, name="plain", version="1.0.0", use="train", batches=None)
        cut = release.cut(world.cell, world.lead, wish, key=new_key())
        assert isinstance(cut, Made), cut
        made = backup.back_up(world.cell, tmp_path / "backup")
        assert list((made.folder / "files").rglob("*"))
        url = f"sqlite+pysqlite:///{tmp_path / 'again.db'}"
        with again(world, tmp_path / "again", url, Source(made.folder)) as cell:
            for place, where in (("old", world.cell), ("new", cell)):
                found = release.export(where, world.lead, cut.release, tmp_path / place)
                assert isinstance(found, release.Exported), found
    old, new = ([p.read_bytes() for p in sorted((tmp_path / n).rglob("*")) if p.is_file()] for n in ("old", "new"))
    assert old == new


def bundles_of(cell: Cell) -> list[str]:
    return sorted(path.name for path in cell.key_bundles_directory.iterdir())


def test_whenever_an_epoch_was_destroyed_the_newest_wrapped_keys_are_kept(world: World, tmp_path: Path) -> None:
    cell = world.cell
    assert backup.keep_key_bundle(cell) is None
    made = backup.back_up(cell, tmp_path / "backup")
    item = item_of(world)
    for number in range(3):
        assert check_of(cell).is_good
        if number == 0:
            erase_item(world, item)
        else:
            rotated = custody.rotate_epoch(cell, ENGINEER, new_key())
            assert isinstance(rotated, custody.EpochRotated)
        assert not check_of(cell).is_good
        assert "none since an epoch was destroyed" in check_of(cell).found
        done = backup.keep_key_bundle(cell)
        assert done is not None
        assert bundles_of(cell)[-1] == done.folder.name
        assert backup.keep_key_bundle(cell) is None
    assert len(bundles_of(cell)) == 2
    cell.seal()
    newest = cell.key_bundles_directory / bundles_of(cell)[-1]
    url = f"sqlite+pysqlite:///{tmp_path / 'again.db'}"
    with again(world, tmp_path / "again", url, Source(made.folder, keys=newest, log=cell.log_directory)) as restored:
        assert dump(restored) == dump(cell)


def check_of(cell: Cell) -> oversight.Check:
    """What readiness says of the bundle."""
    return next(check for check in oversight.readiness(cell) if check.name == "key-bundle")


def test_a_bundle_goes_where_it_is_told(world: World, tmp_path: Path) -> None:
    world.cell.key_bundle_folder = tmp_path / "elsewhere"
    assert isinstance(custody.rotate_epoch(world.cell, ENGINEER, new_key()), custody.EpochRotated)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "000000000001.part").mkdir()
    done = backup.keep_key_bundle(world.cell)
    assert done is not None
    assert list((tmp_path / "elsewhere").iterdir()) == [done.folder]
