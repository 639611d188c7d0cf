"""Keys renewed at every level while the cell works, cut off at every step, and never needed after they are gone."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from living_cell import Clock, World, cell_at, world_at

from tallystick.app import access, custody
from tallystick.app import cell as cells
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key
from tallystick.audit.log import Status, verify_log
from tallystick.custody import CustodyMismatch, KeyDestroyed
from tallystick.flow.refusal import Refused
from tallystick.ledger import note
from tallystick.store import custody as stored
from tallystick.store import projection
from tallystick.store.schema import VAULT_KEY, VAULT_OBJECT

ENGINEER = Actor("per-engineer", frozenset({"engineer"}))


class Crashed(BaseException):
    """The process is gone."""


def open_contents(world: World) -> int:
    """Open everything that the vault holds, as a check of the cell does; how many objects."""
    with world.cell.read() as connection:
        ids = [row.object for row in connection.execute(VAULT_OBJECT.select()).all()]
        return len(world.cell.vault.open_all(connection, ids))


def test_an_epoch_is_renewed_and_the_one_before_destroyed(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(2)
        before = open_contents(world)
        done = custody.rotate_epoch(world.cell, ENGINEER, new_key())
        assert isinstance(done, custody.EpochRotated)
        assert (done.epoch, done.destroyed, done.rewrapped > 0) == (2, (1,), True)
        assert world.cell.keys.epochs() == (2,)
        assert open_contents(world) == before
        with world.cell.read() as connection:
            rows = [(row.epoch, row.state) for row in stored.epochs(connection)]
            assert set(stored.wrapped_keys(connection)) == {2}
            assert stored.destroyed_epochs(connection, since=0, upto=1) == [(1, Clock().at)]
        assert rows == [(1, "destroyed"), (2, "current")]
        world.judge(world.expert())


def test_the_same_key_starts_one_epoch(sqlite_url: str, tmp_path: Path) -> None:
    with cell_at(sqlite_url, tmp_path / "cell") as cell:
        key = new_key()
        first, second = (custody.rotate_epoch(cell, ENGINEER, key) for _ in range(2))
        assert first == custody.EpochRotated(2, 0, (1,))
        assert second == custody.EpochRotated(2, 0, ())
        assert cell.keys.epochs() == (2,)


def test_a_scope_gets_a_new_key(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(2)
        before = open_contents(world)
        with world.cell.read() as connection:
            scopes = [row.scope for row in connection.execute(VAULT_KEY.select()).all()]
        for scope in scopes:
            done = custody.rotate_scope(world.cell, scope, actor=ENGINEER)
            assert isinstance(done, custody.ScopeRotated)
            assert (done.scope, done.generation) == (scope, 2)
        assert open_contents(world) == before
        with world.cell.read() as connection:
            assert stored.half_rotated(connection) == []
            assert {row.generation for row in connection.execute(VAULT_KEY.select()).all()} == {2}
            assert {row.scope for row in stored.scope_rotations(connection)} == set(scopes)


def test_a_scope_that_is_none_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    with cell_at(sqlite_url, tmp_path / "cell") as cell:
        assert custody.rotate_scope(cell, "person:nobody") == custody.NO_SUCH_SCOPE


def test_only_engineers_renew_keys_and_experts_do_not_see_them(sqlite_url: str, tmp_path: Path) -> None:
    with cell_at(sqlite_url, tmp_path / "cell") as cell:
        for role in ("lead", "expert", "researcher", "auditor"):
            actor = Actor("per-1", frozenset({role}))
            assert custody.rotate_epoch(cell, actor, new_key()) == access.ABSENT
            assert custody.rotate_scope(cell, "cell", actor=actor) == access.ABSENT
            assert custody.rotate_log_key(cell, actor, new_key()) == access.ABSENT
            assert custody.retire_log_key(cell, actor, cell.opened.vkey, new_key()) == access.ABSENT
            sees = isinstance(custody.custody_page(cell, actor), custody.CustodyPage)
            assert sees is (role in {"lead", "auditor"})
        assert cell.keys.epochs() == (1,)


def keys_of_checkpoint(cell: cells.Cell) -> set[str]:
    """Which log keys signed the published checkpoint."""
    with cell.read() as connection:
        keys = [note.parse_vkey(row.vkey) for row in stored.log_keys(connection)]
    text = (cell.log_directory / "checkpoint").read_text()
    return {signed.key.line for signed in note.verify(text, keys).signed_by}


def test_a_log_key_takes_over_and_who_pinned_the_first_accepts_it(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        cell, first = world.cell, world.cell.opened.vkey
        cell.seal()
        done = custody.rotate_log_key(cell, ENGINEER, new_key())
        assert isinstance(done, custody.LogKeyRotated)
        assert done.before == (first,)
        assert keys_of_checkpoint(cell) == {first, done.vkey}
        world.work(1)
        cell.seal()
        assert keys_of_checkpoint(cell) == {first, done.vkey}
        assert not isinstance(custody.retire_log_key(cell, ENGINEER, first, new_key()), Refused)
        assert cell.keys.log_keys() == (done.vkey,)
        world.work(1, start=1)
        cell.seal()
        assert keys_of_checkpoint(cell) == {done.vkey}
        for pinned in (first, done.vkey):
            report = verify_log(cell.log_directory, pinned)
            assert report.status is Status.OK, report.problems
        with pytest.raises(KeyDestroyed):
            cell.keys.sign(first, b"message")
    with reopened(database_url, tmp_path / "cell") as again:
        assert [signer.vkey for signer in again.signers] == [done.vkey]


def test_a_key_that_no_earlier_key_has_proved_is_not_the_log_s(sqlite_url: str, tmp_path: Path) -> None:
    """Whoever holds the new key alone cannot make itself known: the old one must have signed what names it."""
    with world_at(sqlite_url, tmp_path / "cell") as world:
        cell, first = world.cell, world.cell.opened.vkey
        cell.seal()
        custody.rotate_log_key(cell, ENGINEER, new_key())
        custody.retire_log_key(cell, ENGINEER, first, new_key())
        world.work(1)
        cell.seal()
        mark = f"\u2014 {first.split('+')[0]} "
        own = note.parse_vkey(first)
        for path in [cell.log_directory / "checkpoint", *(cell.log_directory / "checkpoints").rglob("*")]:
            if path.is_file() and path.read_text().count(mark) > 1:
                lines = path.read_text().splitlines(keepends=True)
                path.write_text("".join(line for line in lines if not is_by(own, line)))
        assert verify_log(cell.log_directory, first).status is Status.BAD


def is_by(key: note.VerifierKey, line: str) -> bool:
    """Whether a signature line bears the id of a key."""
    return line.startswith("\u2014") and base64.b64decode(line.split(" ")[2])[:4] == key.key_id


def test_the_last_log_key_is_not_retired(sqlite_url: str, tmp_path: Path) -> None:
    with cell_at(sqlite_url, tmp_path / "cell") as cell:
        assert custody.retire_log_key(cell, ENGINEER, cell.opened.vkey, new_key()) == custody.LAST_KEY
        added = custody.rotate_log_key(cell, ENGINEER, new_key())
        assert isinstance(added, custody.LogKeyRotated)
        assert custody.retire_log_key(cell, ENGINEER, added.vkey, new_key()) == custody.LAST_KEY
        assert custody.retire_log_key(cell, ENGINEER, "other", new_key()) == custody.NO_SUCH_KEY


def test_a_log_key_retires_when_its_time_has_come(sqlite_url: str, tmp_path: Path) -> None:
    clock = Clock()
    cell = cells.create(tmp_path / "cell", name="tests.invalid/cell", database=sqlite_url, clock=clock)
    try:
        assert custody.rotate_log_key(cell, ENGINEER, new_key(), retire_at=clock.at) == custody.NOT_LATER
        added = custody.rotate_log_key(cell, ENGINEER, new_key(), retire_at=clock.at + 60_000_000)
        assert isinstance(added, custody.LogKeyRotated)
        custody.finish_interrupted(cell)
        assert len(cell.signers) == 2
        clock.pass_minutes(1)
        custody.finish_interrupted(cell)
        assert [signer.vkey for signer in cell.signers] == [added.vkey] == list(cell.keys.log_keys())
    finally:
        cell.close()


def test_read_tables_follow_from_the_journal(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        cell = world.cell
        custody.rotate_epoch(cell, ENGINEER, new_key())
        custody.rotate_scope(cell, f"person:{world.expert().person}")
        custody.rotate_log_key(cell, ENGINEER, new_key())
        custody.retire_log_key(cell, ENGINEER, cell.opened.vkey, new_key())
        with cell.read() as connection:
            before = projection.dump(connection)
        projection.rebuild(cell.engine)
        with cell.read() as connection:
            assert projection.dump(connection) == before
        assert len(before["key_epoch"]) == len(before["log_key"]) == 2
        assert len(before["scope_rotation"]) == 1


def epoch(cell: cells.Cell, step: Callable[[str], None]) -> None:
    custody.rotate_epoch(cell, ENGINEER, "rotation-of-epoch-1", step=step)


def scope(cell: cells.Cell, step: Callable[[str], None]) -> None:
    with cell.read() as connection:
        name = min(row.scope for row in connection.execute(VAULT_KEY.select()).all() if "person" in row.scope)
    custody.rotate_scope(cell, name, key="rotation-of-a-scope", step=step)


def log_key(cell: cells.Cell, step: Callable[[str], None]) -> None:
    custody.rotate_log_key(cell, ENGINEER, "rotation-of-log-key-1", step=step)
    custody.retire_log_key(cell, ENGINEER, cell.opened.vkey, "retirement-of-log-key-1", step=step)


@contextmanager
def reopened(url: str, directory: Path) -> Iterator[cells.Cell]:
    cell = cells.open_cell(directory, database=url, clock=Clock())
    try:
        yield cell
    finally:
        cell.close()


@pytest.mark.parametrize("rotation", [epoch, scope, log_key])
def test_a_rotation_survives_a_crash_at_every_step(
    database_url: str, tmp_path: Path, rotation: Callable[[cells.Cell, Callable[[str], None]], None]
) -> None:
    """The steps are found by going through them: one more each time, until the rotation reaches its end."""
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(1)
        contents = open_contents(world)
    steps: list[str] = []
    for crash_at in range(1, 1000):
        with reopened(database_url, tmp_path / "cell") as cell:
            seen: list[str] = []

            def step(name: str, seen: list[str] = seen, crash_at: int = crash_at) -> None:
                seen.append(name)
                if len(seen) == crash_at:
                    raise Crashed

            try:
                rotation(cell, step)
            except Crashed:
                steps.append(seen[-1])
            else:
                break
        with reopened(database_url, tmp_path / "cell") as cell:
            custody.finish_interrupted(cell)
            check_consistent(cell, contents)
    assert len(steps) >= 4
    with reopened(database_url, tmp_path / "cell") as cell:
        custody.finish_interrupted(cell)
        check_consistent(cell, contents)
        assert verify_log(cell.log_directory, cell.opened.vkey).status is Status.OK


def check_consistent(cell: cells.Cell, contents: int) -> None:
    """Everything opens, the newest epoch alone wraps, and keys and journal agree."""
    cell.seal()
    with cell.read() as connection:
        ids = [row.object for row in connection.execute(VAULT_OBJECT.select()).all()]
        assert len(cell.vault.open_all(connection, ids)) == contents
        assert stored.half_rotated(connection) == []
        states = {row.epoch: row.state for row in stored.epochs(connection)}
        assert "retiring" not in states.values()
        current = next(number for number, state in states.items() if state == "current")
        assert set(stored.wrapped_keys(connection)) == {current}
        keys = {row.vkey: row.state for row in stored.log_keys(connection)}
    held = cell.keys.epochs()
    assert current in held
    assert not [number for number in held if number < current], "an epoch that is destroyed is not held"
    assert {vkey for vkey, state in keys.items() if state == "active"} <= set(cell.keys.log_keys())
    assert not {vkey for vkey, state in keys.items() if state == "retired"} & set(cell.keys.log_keys())


def test_rotation_goes_on_while_the_cell_works(database_url: str, tmp_path: Path) -> None:
    """Commands between any two steps of every rotation, by this process and another."""
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(2)
        number = 10

        def work(_name: str) -> None:
            nonlocal number
            number += 1
            if number % 3 == 0:
                world.work(1, start=number)

        with reopened(database_url, tmp_path / "cell") as other:
            custody.rotate_epoch(other, ENGINEER, new_key(), step=after_transactions(work))
            custody.rotate_scope(other, f"person:{world.expert().person}", step=after_transactions(work))
            custody.rotate_log_key(other, ENGINEER, new_key(), step=after_transactions(work))
            custody.retire_log_key(other, ENGINEER, other.opened.vkey, new_key(), step=after_transactions(work))
            custody.finish_interrupted(other)
        assert open_contents(world) > 0
        world.cell.seal()
        assert verify_log(world.cell.log_directory, world.cell.opened.vkey).status is Status.OK


def after_transactions(work: Callable[[str], None]) -> Callable[[str], None]:
    """Steps at which no transaction is open: others can write then."""

    def step(name: str) -> None:
        if name not in {"before epoch key", "after epoch key", "before log key", "after log key"}:
            work(name)

    return step


def test_without_a_key_in_force_a_cell_does_not_open(sqlite_url: str, tmp_path: Path) -> None:
    with cell_at(sqlite_url, tmp_path / "cell") as cell:
        custody.rotate_epoch(cell, ENGINEER, new_key())
        custody.rotate_log_key(cell, ENGINEER, new_key())
        newest = cell.signers[-1].vkey
        cell.keys.destroy_log_key(newest)
    with pytest.raises(CustodyMismatch, match="expected the log key"):
        cells.open_cell(tmp_path / "cell", database=sqlite_url)
