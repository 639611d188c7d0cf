"""A release at rest: sealed in its cell, opened only by who may and on the record, whole after any crash."""

from pathlib import Path

import pytest
from living_cell import PROGRAMME, World, world_at

from tallystick.app import access, keeping, oversight, release
from tallystick.app.kernel import new_key
from tallystick.app.release import Made, ReleasePage
from tallystick.audit.release import Status, verify_release
from tallystick.events.oversight import ContentAccessed
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.ledger import journal
from tallystick.store.vault import ObjectAltered, ObjectSwapped

MARK = b"It follows, as step"


def cut(world: World) -> Made:
    world.work(4)
    for _ in range(2):
        expert = world.expert()
        for _ in range(4):
            world.judge(expert)
    assert world.measure().decision == "pass"
    wish = Wish(programme=PROGRAMME, name="set", version="1.0.0", use="train", batches=None)
    made = release.cut(world.cell, world.lead, wish, key=new_key())
    assert isinstance(made, Made), made
    return made


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def sealed_file(world: World, made: Made, path: str) -> Path:
    with world.cell.read() as connection:
        rows = {row.path: row.place for row in world.cell.vault.files_of(connection, f"release:{made.release}")}
    return world.cell.releases_directory / "sealed" / str(rows[path])


def test_a_release_stands_sealed_and_is_opened_on_the_record(database_url: str, tmp_path: Path) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        made = cut(world)
        everything = files_of(world.cell.releases_directory)
        assert [name for name, data in everything.items() if MARK in data or b"secret-model" in data] == []
        locks = {".building", "sealed.staging/publish.lock"}
        assert [name for name in everything if not name.startswith("sealed/") and name not in locks] == []
        done = release.export(world.cell, world.lead, "set-1.0.0", tmp_path / "out")
        assert isinstance(done, release.Exported)
        out = files_of(tmp_path / "out")
        assert done.files == len(out) == len(keeping.paths(world.cell, made.release))
        assert any(MARK in data for data in out.values())
        assert verify_release(tmp_path / "out", world.cell.signer.vkey).status is Status.OK
        with world.cell.read() as connection:
            kinds = [entry for _, entry in journal.read(connection, 0, journal.head(connection).next_seq)]
        assert ContentAccessed.KIND.encode() in kinds[-1]
        assert made.release.encode() in kinds[-1]
        for path, data in out.items():
            found = release.release_file(world.cell, world.lead, made.release, path)
            assert not isinstance(found, Refused)
            assert (b"".join(found.pieces), found.size, found.name) == (data, len(data), Path(path).name)
        with pytest.raises(FileExistsError, match="expected no folder or an empty one"):
            release.export(world.cell, world.lead, "set-1.0.0", tmp_path / "out")
        assert release.export(world.cell, world.expert(), "set-1.0.0", tmp_path / "no") == access.ABSENT
        assert release.export(world.cell, world.lead, "other-1.0.0", tmp_path / "no") == access.ABSENT
        assert not (tmp_path / "no").exists()


def test_bytes_that_are_not_those_sealed_are_never_given_out(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        made = cut(world)
        assert oversight.check(world.cell).differences == ()
        first, second = (sealed_file(world, made, name) for name in ("data/records.jsonl", "README.md"))
        whole = first.read_bytes()
        first.write_bytes(second.read_bytes())
        with pytest.raises(ObjectSwapped):
            release.release_file(world.cell, world.lead, made.release, "data/records.jsonl")
        with pytest.raises(ObjectSwapped):
            release.export(world.cell, world.lead, made.release, tmp_path / "out")
        assert list(tmp_path.glob("*out*")) == []
        first.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(ObjectAltered):
            release.release_file(world.cell, world.lead, made.release, "data/records.jsonl")
        (found,) = oversight.check(world.cell).differences
        assert found.startswith("release file data/records.jsonl: file fil-")


class Stopped(BaseException):
    """A process that is gone."""


@pytest.mark.parametrize("where", ["seal_file", "remove_plain", "sweep"])
def test_a_crash_leaves_nothing_in_the_clear_and_nothing_double(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    with world_at(database_url, tmp_path / "cell") as world:
        with monkeypatch.context() as patch:
            calls: list[int] = []
            true = getattr(keeping, where)

            def sometimes(*given: object, **named: object) -> object:
                calls.append(1)
                if len(calls) == 2 or where == "sweep":
                    raise Stopped
                return true(*given, **named)

            patch.setattr(keeping, where, sometimes)
            with pytest.raises(Stopped):
                cut(world)
        release.finish_interrupted(world.cell)
        assert list(world.cell.releases_directory.glob(".*building/*")) == []
        folders = list((world.cell.releases_directory / "sealed").iterdir())
        assert len(folders) == 1
        with world.cell.read() as connection:
            known = world.cell.vault.every_file(connection)
        assert len(list(folders[0].iterdir())) == len(known) > 20
        done = release.export(world.cell, world.lead, "set-1.0.0", tmp_path / "out")
        assert isinstance(done, release.Exported)
        assert verify_release(tmp_path / "out", world.cell.signer.vkey).status is Status.OK


def test_a_release_whose_files_are_lost_is_built_again_to_the_byte(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        made = cut(world)
        release.export(world.cell, world.lead, made.release, tmp_path / "first")
        for path in Path(made.place).iterdir():
            path.unlink()
        assert not keeping.is_kept(world.cell, made.release)
        assert release.finish_interrupted(world.cell) == [made.place]
        release.export(world.cell, world.lead, made.release, tmp_path / "second")
        assert files_of(tmp_path / "first") == files_of(tmp_path / "second")
        page = release.release_page(world.cell, world.lead, made.release)
        assert isinstance(page, ReleasePage)
        assert page.manifest is not None
        assert page.limitations.startswith("#")
