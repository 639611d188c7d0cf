"""Development custody: files for their owner alone, whole or not there, and destroyed for good."""

import os
from pathlib import Path

import pytest

from tallystick.custody import CustodyMismatch, KeyDestroyed, KeysUnavailable
from tallystick.custody.software import SoftwareKeys

CELL = "tests.invalid/cell"


@pytest.fixture
def keys(tmp_path: Path) -> SoftwareKeys:
    made = SoftwareKeys(tmp_path, CELL)
    made.new_epoch(1)
    made.new_log_key(CELL)
    return made


def test_files_are_for_their_owner_alone(keys: SoftwareKeys, tmp_path: Path) -> None:
    assert keys.custody == "software-development"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kek-1.key", "log-1.key"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert (tmp_path / "log-1.key").read_text().startswith(f"PRIVATE+KEY+{CELL}+")


@pytest.mark.parametrize("name", ["kek-1.key", "log-1.key"])
def test_a_file_that_others_can_read_is_refused(keys: SoftwareKeys, tmp_path: Path, name: str) -> None:
    (tmp_path / name).chmod(0o640)
    with pytest.raises(KeysUnavailable, match=r"expected a key file that only its owner can read \(mode 600\)"):
        keys.sign(keys.log_keys()[0], b"") if name.startswith("log") else keys.wrap(1, [("a", bytes(32))])


@pytest.mark.parametrize("name", ["kek-1.key", "log-1.key"])
def test_a_link_is_no_key_file(keys: SoftwareKeys, tmp_path: Path, name: str) -> None:
    (tmp_path / name).rename(tmp_path / "elsewhere")
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeysUnavailable, match="expected keys of development custody"):
        keys.log_keys() if name.startswith("log") else keys.wrap(1, [("a", bytes(32))])


def test_a_damaged_file_is_named_and_never_quoted(keys: SoftwareKeys, tmp_path: Path) -> None:
    (tmp_path / "kek-1.key").write_bytes(b"rubbish")
    with pytest.raises(CustodyMismatch, match=r"kek-1.key: expected a key of 32 bytes, found 7: restore the file"):
        keys.unwrap(1, [("a", bytes(60))])
    (tmp_path / "log-1.key").write_bytes(b"rubbish")
    with pytest.raises(CustodyMismatch, match=r"log-1.key: expected one line") as caught:
        keys.log_keys()
    assert "rubbish" not in str(caught.value)


def test_without_the_folder_nothing_is_destroyed_but_unavailable(tmp_path: Path) -> None:
    """A folder that is not mounted must not look like an erasure."""
    missing = SoftwareKeys(tmp_path / "elsewhere", CELL)
    for call in (missing.epochs, missing.log_keys, lambda: missing.unwrap(1, []), lambda: missing.new_epoch(2)):
        with pytest.raises(KeysUnavailable, match="expected keys of development custody"):
            call()


def test_a_crash_while_making_leaves_no_key(
    keys: SoftwareKeys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_self: Path, _target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", crash)
        with pytest.raises(KeyboardInterrupt):
            keys.new_epoch(2)
    assert keys.epochs() == (1,)
    keys.new_epoch(2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kek-1.key", "kek-2.key", "log-1.key"]


@pytest.mark.parametrize("fails", ["fsync", "write", "unlink"])
def test_a_crash_while_destroying_is_finished_by_the_next(
    keys: SoftwareKeys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path if fails == "unlink" else os, fails, crash)
        with pytest.raises(KeyboardInterrupt):
            keys.destroy_epoch(1)
    with pytest.raises(KeyDestroyed):
        keys.wrap(1, [("a", bytes(32))])
    keys.new_epoch(2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kek-2.key", "log-1.key"]


def test_what_is_destroyed_is_overwritten_first(keys: SoftwareKeys, tmp_path: Path) -> None:
    kept = os.open(tmp_path / "kek-1.key", os.O_RDONLY)
    keys.destroy_epoch(1)
    assert os.read(kept, 100) == bytes(32)
    os.close(kept)
