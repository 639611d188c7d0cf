"""`tallystick cell backup`, `key-backup`, `restore`, `drill`: exit status, what is refused, what was interrupted."""

import shutil
from pathlib import Path

import pytest
from console import Made, told

from tallystick.app.backup import restoring


def take(made: Made, to: Path) -> tuple[int, dict[str, object]]:
    return told("cell", "backup", "--dir", str(made.cell), "--to", str(to))


def restore(made: Made, source: Path, directory: Path, *words: str) -> tuple[int, dict[str, object]]:
    keys = ("--development-keys", str(made.cell / "keys"))
    return told("cell", "restore", "--dir", str(directory), "--from", str(source), *keys, *words)


@pytest.fixture(scope="module")
def backup(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("backups") / "first"
    code, answer = take(made, to)
    assert code == 0, answer
    assert (answer["folder"], int(str(answer["files"])) > 10) == (str(to), True)
    return to


def test_a_cell_comes_back_and_is_good(made: Made, backup: Path, tmp_path: Path) -> None:
    code, answer = restore(made, backup, tmp_path / "again", "--log", str(made.cell / "log"))
    assert (code, answer["differences"]) == (0, []), answer
    assert told("cell", "check", "--dir", str(tmp_path / "again"))[0] == 0
    assert (tmp_path / "again" / "cell.db").stat().st_mode & 0o777 == 0o600
    out = ("release", "export", "answers-1.0.0", str(tmp_path / "out"), "--dir", str(tmp_path / "again"))
    assert told(*out, "--as", "vera", "--password-fd", "{fd}", secrets=["a-long-enough-passphrase-91"])[0] == 0


def test_nothing_is_overwritten(made: Made, backup: Path, tmp_path: Path) -> None:
    code, answer = take(made, backup)
    assert (code, "expected no folder of this name" in str(answer["error"])) == (2, True)
    keys = tmp_path / "other-keys"
    keys.mkdir()
    (keys / "kek-1.key").write_bytes(bytes(32))
    before = {path: path.read_bytes() for path in (made.cell / "keys").iterdir()} | {
        made.cell / "cell.toml": (made.cell / "cell.toml").read_bytes() if (made.cell / "cell.toml").exists() else b""
    }
    line = ("cell", "restore", "--dir", str(made.cell), "--from", str(backup), "--log-is-lost")
    code, answer = told(*line, "--development-keys", str(keys))
    assert (code, "expected an empty folder" in str(answer["error"])) == (2, True)
    assert all(not data or path.read_bytes() == data for path, data in before.items()), "keys and settings stay"


def test_a_backup_that_was_cut_off_is_named(made: Made, tmp_path: Path) -> None:
    (tmp_path / "half.part").mkdir()
    code, answer = take(made, tmp_path / "half")
    assert (code, "remove it: it was cut off" in str(answer["error"])) == (2, True)
    code, answer = restore(made, tmp_path / "half.part", tmp_path / "again", "--log-is-lost")
    assert (code, "expected a backup, found no backup.json" in str(answer["error"])) == (2, True)


def test_the_newest_log_is_asked_for(made: Made, backup: Path, tmp_path: Path) -> None:
    code, answer = restore(made, backup, tmp_path / "again")
    assert (code, "--log-is-lost" in str(answer["error"])) == (2, True)
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--log-is-lost", "--database", "mysql://somewhere/cell"], "expected a database address"),
        (["--log", "nowhere"], "expected a copy of the log"),
        (["--log-is-lost", "--keys", "nowhere"], "expected a backup, found no backup.json"),
        (["--log-is-lost", "--development-keys", "nowhere"], "expected the key files of a cell, found none"),
    ],
)
def test_what_cannot_be_restored_from(made: Made, backup: Path, tmp_path: Path, words: list[str], said: str) -> None:
    code, answer = restore(made, backup, tmp_path / "again", *words)
    assert (code, said in str(answer["error"])) == (2, True), answer


def test_a_bundle_of_keys_is_no_backup(made: Made, backup: Path, tmp_path: Path) -> None:
    code, answer = told("cell", "key-backup", "--dir", str(made.cell), "--to", str(tmp_path / "keys"))
    assert (code, answer["folder"]) == (0, str(tmp_path / "keys"))
    code, answer = restore(made, tmp_path / "keys", tmp_path / "again", "--log-is-lost")
    assert (code, "give the other kind of backup" in str(answer["error"])) == (2, True)
    code, answer = restore(
        made, backup, tmp_path / "again", "--log", str(made.cell / "log"), "--keys", str(tmp_path / "keys")
    )
    assert (code, answer["differences"]) == (0, [])


def test_an_interrupted_restore_is_run_again(
    made: Made, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_words: object) -> None:
        raise KeyboardInterrupt

    words = ("--log", str(made.cell / "log"))
    with monkeypatch.context() as patch:
        patch.setattr(restoring, "_set_seal_point", stop)
        code, _ = restore(made, backup, tmp_path / "again", *words)
        assert code == 130
    code, answer = told("cell", "check", "--dir", str(tmp_path / "again"))
    assert (code, "run the restore again" in str(answer["error"])) == (2, True)
    assert restore(made, backup, tmp_path / "again", *words)[0] == 0
    assert told("cell", "check", "--dir", str(tmp_path / "again"))[0] == 0


def test_a_drill_is_good_or_says_what_is_not(made: Made, tmp_path: Path) -> None:
    words = ("cell", "drill", "--dir", str(made.cell), "--within", str(tmp_path))
    code, answer = told(*words)
    assert (code, answer["differences"]) == (0, [])
    assert list(tmp_path.iterdir()) == []
    copy = tmp_path / "copy"
    shutil.copytree(made.cell, copy)
    victim = max((copy / "releases" / "sealed").rglob("fil-*"), key=lambda path: path.stat().st_size)
    victim.write_bytes(victim.read_bytes()[:-1])
    code, answer = told("cell", "drill", "--dir", str(copy), "--within", str(tmp_path))
    assert (code, "release file" in str(answer["differences"])) == (1, True), answer
