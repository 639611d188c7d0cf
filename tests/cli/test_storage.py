"""A cell whose log lies in a bucket: sealed, fetched and verified; and what an administrator of the bucket can do."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from blobs.bucket_at import ADMINISTRATOR, Store, store_at, use_credentials
from blobs.s3_store import Bucket
from console import make_cell, told

from tallystick.blobs.s3.service import Denied
from tallystick.cli import shell
from tallystick.ledger.tile_store import is_final


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    with store_at(monkeypatch, tmp_path) as made:
        yield made


def move_log(cell: Path, store: Store, *, days: int = 400) -> None:
    """Let the log of a cell lie in the bucket from now on; what was sealed is sealed there anew."""
    (cell / "cell.toml").write_text(
        f'log_store = "s3://tally/cells/one"\nobject_lock_days = {days}\n'
        f's3_endpoint = "{store.server.endpoint}"\ns3_region = "eu-test-1"\n'
    )
    shutil.rmtree(cell / "log", ignore_errors=True)


def seal(cell: Path) -> None:
    with shell.opened(cell) as made:
        made.seal(1)
        made.seal()


def copy(store: Store, target: Path, *words: str) -> tuple[int, dict[str, object]]:
    address = ("s3://tally/cells/one", str(target), "--endpoint", store.server.endpoint, "--region", "eu-test-1")
    return told("log", "copy", *address, *words)


def test_a_log_in_a_bucket_is_sealed_fetched_and_verified(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = make_cell(tmp_path / "cell")
    move_log(cell, store)
    seal(cell)
    assert not (cell / "log").exists()
    assert told("cell", "check", "--dir", str(cell))[0] == 0
    final = {key: one for key, one in store.bucket.keys.items() if is_final(key.removeprefix("cells/one/"))}
    assert final
    assert all(version.until is not None for versions in final.values() for version in versions)

    good, vkey = tmp_path / "good", ("--vkey", str(cell / "log.vkey"))
    assert copy(store, good) == (0, {"files": len(list(store.bucket.names("cells/one/"))), "directory": str(good)})
    assert told("log", "verify", str(good), *vkey)[0] == 0
    assert sorted(path.name for path in tmp_path.glob("good*")) == ["good"]
    assert copy(store, good)[0] == 0, "again: the same"

    use_credentials(monkeypatch, tmp_path, ADMINISTRATOR)
    administrator = store.service()
    overwritten, hidden = min(final), max(final)
    with pytest.raises(Denied):
        administrator.call("delete_object", Key=hidden, VersionId=final[hidden][0].number)
    administrator.call("put_object", Key=overwritten, Body=b"rewritten", ChecksumAlgorithm="SHA256")
    administrator.call("delete_object", Key=hidden)

    status, answer = told("cell", "check", "--dir", str(cell))
    assert status == 1
    said = str(answer["differences"])
    assert f"{overwritten.removeprefix('cells/one/')}: expected one version, found 2" in said
    assert f"{hidden.removeprefix('cells/one/')}: expected one version, found " in said
    assert "and a delete marker: somebody overwrote or deleted it" in said
    assert copy(store, good)[0] == 1, "an earlier copy shows it"
    assert copy(store, tmp_path / "bad")[0] == 0
    assert told("log", "verify", str(tmp_path / "bad"), *vkey)[0] == 1
    assert copy(store, tmp_path / "first", "--first-versions")[0] == 0
    assert told("log", "verify", str(tmp_path / "first"), *vkey)[0] == 0


def test_a_cell_does_not_start_on_an_unfit_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = make_cell(tmp_path / "cell")
    with store_at(monkeypatch, tmp_path, Bucket("tally", has_lock=False)) as store:
        move_log(cell, store)
        status, answer = told("cell", "check", "--dir", str(cell))
        assert (status, "expected object lock to be enabled on the bucket, found it off" in answer["error"]) == (
            2,
            True,
        )
        move_log(cell, store, days=0)
        seal(cell)
        assert told("cell", "check", "--dir", str(cell))[0] == 0


def test_a_cell_without_a_bucket_never_loads_what_speaks_s3() -> None:
    program = "import sys, tallystick.cli; sys.exit('botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603 - our own words
