"""Sealed releases in a bucket: kept, exported, swept and erased there; and a cell restored onto buckets."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from blobs.bucket_at import Store, store_at
from blobs.s3_server import Fault
from living_cell import PROGRAMME, World, world_at

from tallystick.app import backup, erasure, keeping, oversight, release
from tallystick.app import cell as cells
from tallystick.app.backup import Source
from tallystick.app.kernel import new_key
from tallystick.app.release import Made
from tallystick.audit.log import Status as LogStatus
from tallystick.audit.log import verify_log
from tallystick.audit.release import Status, verify_release
from tallystick.blobs.s3 import Rules, S3Blobs
from tallystick.flow.erasure import Wish
from tallystick.flow.release import Wish as Cut
from tallystick.ledger.tile_store import is_final
from tallystick.store import projection
from tallystick.store.schema import Row

WISH = Cut(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=None)
PLACE = "cell/vault"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    with store_at(monkeypatch, tmp_path) as made:
        yield made


def sealed_in(store: Store, place: str = PLACE) -> S3Blobs:
    """As a cell opens its vault store: what is deleted is gone with all versions."""
    return store.blobs(place, rules=Rules(forget=True))


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path, store: Store) -> Iterator[World]:
    with world_at(sqlite_url, tmp_path / "cell") as made:
        made.cell.vault_store = sealed_in(store)
        made.work(2)
        for expert in (made.expert(), made.expert()):
            made.judge(expert)
            made.judge(expert)
        yield made


def cut(world: World) -> Made:
    made = release.cut(world.cell, world.lead, WISH, key=new_key())
    assert isinstance(made, Made), made
    return made


def versions(store: Store, place: str = PLACE) -> dict[str, int]:
    """Every key below a place that has any version at all, delete markers too."""
    return {key: len(found) for key, found in store.bucket.keys.items() if key.startswith(place) and found}


def test_a_release_is_kept_and_exported(world: World, store: Store, tmp_path: Path) -> None:
    made = cut(world)
    names = list(sealed_in(store).names())
    assert len(names) == len(keeping.paths(world.cell, made.release)) > 20
    assert made.place.endswith(f"{PLACE}/{made.release}")
    assert not (world.cell.releases_directory / keeping.SEALED).exists()
    assert list(world.cell.releases_directory.glob(f".*{keeping.BUILDING}")) == []
    assert not any(b"It follows, as step" in sealed_in(store).get(name) for name in names)
    done = release.export(world.cell, world.lead, "set-1.0.0", tmp_path / "out")
    assert isinstance(done, release.Exported)
    assert verify_release(tmp_path / "out", world.cell.signer.vkey).status is Status.OK
    assert oversight.check(world.cell).differences == ()


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.CUT_KEPT, Fault.TORN])
def test_a_release_stands_whatever_happens_on_the_way(world: World, store: Store, tmp_path: Path, fault: Fault) -> None:
    store.fail(None, fault, None, fault)
    made = cut(world)
    done = release.export(world.cell, world.lead, made.release, tmp_path / "out")
    assert isinstance(done, release.Exported)
    assert verify_release(tmp_path / "out", world.cell.signer.vkey).status is Status.OK
    assert keeping.sweep(world.cell) == []


def test_what_a_crash_left_is_swept_and_what_is_lost_is_built_again(world: World, store: Store) -> None:
    made = cut(world)
    blobs = sealed_in(store)
    blobs.put_new(f"{made.release}/fil-left-behind", b"sealed, and known to nobody")
    lost = min(name for name in blobs.names() if "left" not in name)
    blobs.delete([lost])
    assert not keeping.is_kept(world.cell, made.release)
    assert release.finish_interrupted(world.cell) == [made.place]
    assert set(sealed_in(store).names()) == {row.place for row in rows_of(world)}
    assert oversight.check(world.cell).differences == ()


def rows_of(world: World) -> list[Row]:
    with world.cell.read() as connection:
        return world.cell.vault.every_file(connection)


def test_an_erasure_leaves_no_version_of_a_release_that_held_it(world: World, store: Store) -> None:
    made = cut(world)
    assert versions(store)
    with world.cell.read() as connection:
        item = str(connection.exec_driver_sql("SELECT item FROM item JOIN judgment USING (item)").scalars().first())
    wish = Wish(what="object", target=f"item:{item}", reason="client-request")
    done = erasure.order(world.cell, world.lead, wish, words="", key=new_key())
    assert isinstance(done, erasure.Ordered), done
    assert erasure.finish_interrupted(world.cell) == [done.erasure]
    assert versions(store) == {}
    page = release.release_page(world.cell, world.lead, made.release)
    assert isinstance(page, release.ReleasePage)
    assert page.erased is not None
    assert oversight.check(world.cell).differences == ()


def test_a_cell_is_restored_onto_buckets(world: World, store: Store, tmp_path: Path) -> None:
    made = cut(world)
    taken = backup.back_up(world.cell, tmp_path / "backup")
    assert list((taken.folder / "files").rglob("fil-*"))
    with world.cell.read() as connection:
        before = projection.dump(connection)
    directory = tmp_path / "again"
    directory.mkdir()
    shutil.copytree(world.cell.directory / "keys", directory / "keys")
    log, vault = (
        store.blobs("again/log", rules=Rules(is_locked=is_final, lock_days=400)),
        sealed_in(store, "again/vault"),
    )
    found = backup.restore(Source(taken.folder), directory, log_store=log, vault_store=vault)
    assert found.differences == ()
    assert not (directory / "log").exists()
    assert versions(store, "again/vault").keys() == {f"again/vault/{row.place}" for row in rows_of(world)}
    cell = cells.open_cell(directory, log_store=log, vault_store=vault)
    try:
        with cell.read() as connection:
            after = projection.dump(connection)
        assert {n: r for n, r in after.items() if n not in ("access", "receipt")} == {
            n: r for n, r in before.items() if n not in ("access", "receipt")
        }
        assert cell.seal() == taken.entries + 1
        done = release.export(cell, world.lead, made.release, tmp_path / "out")
        assert isinstance(done, release.Exported)
        for name in log.names():
            (tmp_path / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "copy" / name).write_bytes(log.get(name))
        assert verify_log(tmp_path / "copy", cell.opened.vkey).status is LogStatus.OK
    finally:
        cell.close()
