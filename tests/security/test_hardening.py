"""Small ways to hurt a cell from outside, from its command line or by two hands at once, each found open once."""

import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from living_cell import PROGRAMME, item_row, jsonl, world_at

from tallystick import settings
from tallystick.app import backup, items, oversight, release, roster
from tallystick.app import cell as cells
from tallystick.app.kernel import new_key
from tallystick.audit.release import Status, verify_release
from tallystick.custody.software import SoftwareKeys
from tallystick.edge import Rates
from tallystick.flow.release import Wish
from tallystick.ledger import journal
from tallystick.ledger.note import BadKey, parse_vkey

PASSWORD = "a long enough sentence"


def test_ipv6_network_counts_as_one_address() -> None:
    rates = Rates(clock=lambda: 0.0)
    tried = [rates.admit(login=f"name-{n}", client=f"2001:db8::{n:x}") for n in range(1, 62)]
    assert tried[:60] == [None] * 60
    assert tried[60] is not None
    assert rates.admit(login="other", client="2001:db8:0:1::1") is None


def test_private_key_given_for_a_verifier_key_is_not_repeated(tmp_path: Path) -> None:
    keys = SoftwareKeys(tmp_path, "tests.invalid/cell")
    vkey = keys.new_log_key("tests.invalid/log")
    line = (tmp_path / "log-1.key").read_text()
    with pytest.raises(BadKey) as refused:
        parse_vkey(line)
    assert line.strip().split("+", 4)[4] not in str(refused.value)
    assert parse_vkey(vkey).line == vkey


def test_cut_that_is_sent_again_while_it_runs_makes_one_whole_release(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        names = [f"w-{n}" for n in range(60)]
        world.bring([item_row(name) for name in names])
        rows: list[dict[str, object]] = [{"item": n, "rater": r, "verdict": "a"} for n in names for r in "xy"]
        items.import_judgments(
            world.cell, world.lead, jsonl(rows), programme=PROGRAMME, name="j.jsonl", source="lab"
        )  # fmt: skip
        key, made = new_key(), list[object]()
        wish = Wish(programme=PROGRAMME, name="pairs", version="1.0.0", use="train", batches=None)

        def cut() -> None:
            made.append(release.cut(world.cell, world.lead, wish, key=key))

        threads = [threading.Thread(target=cut) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [type(one) for one in made] == [release.Made] * 4
        folders = list((world.cell.releases_directory / "sealed").iterdir())
        assert [path.name for path in folders] == [made[0].release]  # type: ignore[attr-defined]  # all of them are Made
        assert list(world.cell.releases_directory.glob(".rel-*")) == []
        release.export(world.cell, world.lead, "pairs-1.0.0", tmp_path / "pairs")
        assert verify_release(tmp_path / "pairs", world.cell.signer.vkey).status is Status.OK


def test_secrets_and_content_of_a_cell_are_for_its_own_user(tmp_path: Path) -> None:
    cells.create(tmp_path / "cell", name="tests.invalid/log").close()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "cell").rglob("*")}
    private = ("keys", "log-1.key", "kek-1.key", "cell.db", "releases")
    assert {name: modes[name] & 0o077 for name in private} == dict.fromkeys(private, 0)


def run(*arguments: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    """The command line as people start it."""
    command = [sys.executable, "-m", "tallystick", *arguments]
    return subprocess.run(command, input=f"{password}\n", capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own command


def make(folder: Path, *more: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    return run("cell", "create", "--dir", str(folder), "--lead", "lea", "--password-fd", "0", *more, password=password)


def test_cell_that_cannot_be_entered_is_not_made(tmp_path: Path) -> None:
    folder = tmp_path / "cell"
    assert make(folder, password="short").returncode == 1
    assert make(folder, "--name", "no good+name").returncode == 2
    assert not folder.exists()
    (tmp_path / "file").touch()
    assert make(tmp_path / "file" / "cell").returncode == 2
    assert make(folder).returncode == 0


def test_a_damaged_key_is_named_with_what_it_closes(tmp_path: Path) -> None:
    assert make(tmp_path / "cell").returncode == 0
    (tmp_path / "cell/keys/kek-1.key").write_text("rubbish")
    checked = run("cell", "check", "--dir", str(tmp_path / "cell"))
    assert checked.returncode == 1
    assert "expected a key of 32 bytes, found 7: restore the file" in " ".join(checked.stdout.split())
    assert "Traceback" not in checked.stderr


def test_a_damaged_database_is_named_in_a_sentence(tmp_path: Path) -> None:
    assert make(tmp_path / "cell").returncode == 0
    (tmp_path / "cell/cell.db").write_text("rubbish")
    checked = run("cell", "check", "--dir", str(tmp_path / "cell"))
    assert checked.returncode == 2
    assert checked.stderr.startswith("error ")
    assert "Traceback" not in checked.stderr


def test_a_damaged_checkpoint_is_a_finding_like_any_other(tmp_path: Path) -> None:
    assert make(tmp_path / "cell").returncode == 0
    (tmp_path / "cell/log/checkpoint").write_text("rubbish")
    checked = run("cell", "check", "--dir", str(tmp_path / "cell"))
    assert checked.returncode == 1
    assert "checkpoint" in checked.stdout
    assert "Traceback" not in checked.stderr


def test_no_command_leaves_a_core_file() -> None:
    code = (
        "import resource, sys; sys.argv = ['tallystick', '--help']\n"
        "from tallystick import cli\n"
        "try:\n    cli.main()\n"
        "except SystemExit:\n    sys.stderr.write(str(resource.getrlimit(resource.RLIMIT_CORE)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stderr == "(0, 0)"


def test_an_error_of_the_database_repeats_no_value(database_url: str) -> None:
    engine = journal.connect(database_url)
    try:
        with pytest.raises(sa.exc.DBAPIError) as caught, journal.writing(engine) as connection:
            connection.execute(sa.text("INSERT INTO nowhere VALUES (:token)"), {"token": "a-token-of-a-form"})
    finally:
        engine.dispose()
    assert "a-token-of-a-form" not in str(caught.value)


@pytest.mark.parametrize("word", ["password", "PASSWORD", "sslpassword"])
def test_a_database_address_hides_no_password_behind_a_question_mark(word: str) -> None:
    with pytest.raises(settings.BadSettings, match="expected no password in the database address") as caught:
        settings.check_database(f"postgresql+psycopg://me@here/cell?sslmode=require&{word}=open-sesame", "--database")
    assert "open-sesame" not in str(caught.value)


def test_a_restored_database_is_for_its_owner_alone(sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "again"
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        made = backup.back_up(world.cell, tmp_path / "backup")
        folder.mkdir(mode=0o755)
        shutil.copytree(world.cell.directory / "keys", folder / "keys")
    backup.restore(backup.Source(made.folder), folder)
    assert stat.S_IMODE((folder / "cell.db").stat().st_mode) == 0o600


def test_a_session_that_somebody_wrote_into_the_table_is_named(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        opened = roster.open_session(world.cell, world.lead.person, kind="api", method="password")
        assert isinstance(opened, roster.SignedIn)
        world.cell.seal()
        assert oversight.check(world.cell).differences == ()
        with world.cell.engine.begin() as connection:
            connection.execute(
                sa.text("UPDATE session SET session = 'of-my-own', token_digest = :mine"), {"mine": "0" * 64}
            )
        (found, *_) = oversight.check(world.cell).differences
        assert found.startswith(f"session of-my-own of {world.lead.person}: expected its opening in the journal")
