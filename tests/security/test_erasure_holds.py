"""An erasure holds against a restore, a key holder that lies or was put back, and a person who calls it retention."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from living_cell import World, item_row, world_at

from tallystick.app import assignment, backup, custody, erasure, judgment
from tallystick.app import cell as cells
from tallystick.app.access import CELL, Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import new_key
from tallystick.custody import KeysUnavailable
from tallystick.custody.software import SoftwareKeys
from tallystick.flow.erasure import Wish
from tallystick.flow.refusal import Refused
from tallystick.store.schema import DRAFT, VAULT_KEY

ENGINEER = Actor("per-engineer", frozenset({"engineer"}))


class Crash(BaseException):
    """The process ends here."""


def erase(world: World, target: str, what: str = "object") -> str:
    wish = Wish(what=what, target=target, reason="client-request", confirmed=target)
    done = erasure.order(world.cell, world.lead, wish, key=new_key())
    assert isinstance(done, erasure.Ordered), done
    return done.erasure


def cut_off_at(cell: Cell, name: str) -> None:
    """Begin to finish, and die at the first step of this name."""

    def fall(step: str) -> None:
        if step.startswith(name):
            raise Crash

    with pytest.raises(Crash):
        erasure.finish_interrupted(cell, step=fall)


@contextmanager
def restored(world: World, source: backup.Source, folder: Path) -> Iterator[Cell]:
    """The cell once more, with the token as it is now."""
    folder.mkdir()
    shutil.copytree(world.cell.directory / "keys", folder / "keys")
    found = backup.restore(source, folder)
    assert not found.differences, found.differences
    with cells.opened(folder) as cell:
        yield cell


@pytest.mark.parametrize("what", ["source", "retention"])
def test_nobody_erases_a_source_unasked_by_calling_it_retention(what: str, sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        run = world.bring([item_row("w-1")])
        wish = Wish(what=what, target=f"run:{run.run}", reason="retention", confirmed=f"run:{run.run}")
        for found in (
            erasure.order(world.cell, world.lead, wish, key=new_key()),
            erasure.preview(world.cell, world.lead, wish),
        ):
            assert isinstance(found, Refused)
            assert found.code == ("unknown-kind" if what == "retention" else "unknown-reason")


def test_a_draft_on_an_erased_item_does_not_come_back_with_a_backup(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(1)
        expert = world.expert()
        held = world.task(expert)
        assert isinstance(judgment.save_draft(world.cell, expert, held.assignment, {"words": held.shown.prompt}), int)
        made = backup.back_up(world.cell, tmp_path / "backup")
        erase(world, f"item:{held.item}")
        world.cell.seal()
        source = backup.Source(made.folder, log=world.cell.log_directory)
        with restored(world, source, tmp_path / "again") as cell:
            with cell.read() as connection:
                assert connection.execute(DRAFT.select()).all() == []
            task = assignment.task(cell, expert, held.assignment)
            assert isinstance(task, assignment.Task)
            assert task.draft is None
            before = generation(cell, f"person:{expert.person}")
            erasure.finish_interrupted(cell)
            assert generation(cell, f"person:{expert.person}") > before


def generation(cell: Cell, scope: str) -> int:
    query = sa.select(sa.func.max(VAULT_KEY.c.generation)).where(VAULT_KEY.c.scope == scope)
    with cell.read() as connection:
        return int(connection.execute(query).scalar_one())


@pytest.mark.parametrize("where", ["after new key of", "after epoch start", "before destruction of epoch"])
def test_an_erasure_that_was_half_done_before_a_restore_is_done_whole_after_it(
    where: str, sqlite_url: str, tmp_path: Path
) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(2)
        expert = world.expert()
        item = world.judge(expert).item
        made = backup.back_up(world.cell, tmp_path / "backup")
        with world.cell.read() as connection:
            scopes = {row.scope for row in connection.execute(VAULT_KEY.select()).all() if row.scope.startswith("run:")}
        name = erase(world, f"item:{item}")
        cut_off_at(world.cell, where)
        world.cell.seal()
        source = backup.Source(made.folder, log=world.cell.log_directory)
        with restored(world, source, tmp_path / "again") as cell:
            was = {scope: generation(cell, scope) for scope in scopes}
            assert erasure.finish_interrupted(cell) == [name]
            renewed = [scope for scope in scopes if generation(cell, scope) > was[scope]]
            assert len(renewed) == 1
            with cell.read() as connection:
                epochs = {row.epoch for row in connection.execute(VAULT_KEY.select()).all()}
            assert min(epochs) > 1
            assert 1 not in cell.keys.epochs()


class Stubborn(SoftwareKeys):
    """Says that it destroyed a key, and keeps it."""

    def destroy_epoch(self, epoch: int) -> None:
        """Nothing happens."""


def test_a_holder_that_keeps_a_destroyed_key_is_not_believed(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        world.work(1)
        name = erase(world, f"item:{world.task(world.expert()).item}")
        with monkeypatch.context() as patch:
            patch.setattr(SoftwareKeys, "destroy_epoch", Stubborn.destroy_epoch)
            for _ in range(3):
                with pytest.raises(KeysUnavailable, match="found it still there"):
                    erasure.finish_interrupted(world.cell)
            assert world.cell.keys.epochs() == (1, 2), "it is asked again, and no new epoch is begun each time"
            rows = erasure.erasures(world.cell, world.lead)
            assert not isinstance(rows, Refused)
            assert [row.state for row in rows] == ["ordered"]
        assert erasure.finish_interrupted(world.cell) == [name]


def test_a_destroyed_epoch_that_comes_back_with_the_token_is_destroyed_again(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        folder = world.cell.directory / "keys"
        old = (folder / "kek-1.key").read_bytes()
        assert isinstance(custody.rotate_epoch(world.cell, CELL, new_key()), custody.EpochRotated)
        (folder / "kek-1.key").write_bytes(old)
        (folder / "kek-1.key").chmod(0o600)
        assert world.cell.keys.epochs() == (1, 2)
        custody.finish_interrupted(world.cell)
        assert world.cell.keys.epochs() == (2,)
