"""Keys of the log one after the other: whoever holds an old one, or the new one alone, is not believed."""

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from living_cell import PROGRAMME, jsonl, world_at
from sealed_cell import ACTORS, entry
from witness_scene import write_log

from tallystick.app import custody, items, release
from tallystick.app.kernel import new_key
from tallystick.audit.log import Status, compare_logs, verify_log
from tallystick.audit.log.succession import keys_of, parse_keys
from tallystick.audit.receipt import LogUnreadable, Verdict, check_receipts
from tallystick.audit.release import verify_release
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import note, receipt, tree
from tallystick.ledger.note import COSIGNATURE, BadKey, VerifierKey
from tallystick.ledger.reader import archive_path
from tallystick.ledger.signer import SoftwareSigner

NAME = "tests.invalid/cell"
OLD, NEW, OTHER = (SoftwareSigner(NAME, bytes([n]) * 32) for n in (1, 2, 3))
ADDED, RETIRED = 10, 30
STRANGER = Path(__file__).parent.parent.parent / "tools" / "verify_log.mjs"
Plan = Sequence[tuple[int, Sequence[SoftwareSigner]]]


def named(seq: int, kind: str, signer: SoftwareSigner) -> bytes:
    body = {"vkey": signer.vkey, "custody": "software-development", "retire_at": None}
    return entry(seq, kind=kind, body=body)


def history(size: int, *, keys: bool = True) -> list[bytes]:
    """A log whose key changes, or one in which it never does."""
    entries = [entry(n) for n in range(size)]
    entries[0] = named(0, "cell-opened/1", OLD)
    if keys and size > ADDED:
        entries[ADDED] = named(ADDED, "log-key-added/1", NEW)
    if keys and size > RETIRED:
        entries[RETIRED] = named(RETIRED, "log-key-retired/1", OLD)
    return entries


def log_at(directory: Path, entries: list[bytes], plan: Plan) -> Path:
    """A log sealed at each size by these keys."""
    write_log(directory, entries, *(size for size, _ in plan))
    for size, signers in plan:
        root = tree.root_of(tree.leaf_hashes(entries[:size]))
        text = checkpoints.sign(NAME, size, root, signers=signers).note
        (directory / archive_path(size)).write_text(text)
        (directory / "checkpoint").write_text(text)
    return directory


HONEST: Plan = [(5, [OLD]), (12, [OLD, NEW]), (25, [OLD, NEW]), (31, [NEW]), (40, [NEW])]


@pytest.fixture
def honest(tmp_path: Path) -> Path:
    return log_at(tmp_path / "honest", history(40), HONEST)


@pytest.mark.parametrize("pinned", [[OLD], [NEW], [OLD, NEW], [NEW, OLD]])
def test_an_honest_change_of_keys_is_followed_by_every_check(
    honest: Path, tmp_path: Path, pinned: list[SoftwareSigner]
) -> None:
    lines = "\n".join(one.vkey for one in pinned)
    report = verify_log(honest, lines)
    assert report.status is Status.OK, report.problems
    assert set(report.keys) == {OLD.vkey, NEW.vkey}
    assert strangers(honest, lines) == 0
    earlier = log_at(tmp_path / "earlier", history(40), HONEST[:3])
    compared = compare_logs(honest, earlier, lines)
    assert compared.status is Status.OK, compared.problems
    text = receipt_of(7, signer=OLD)
    (found,) = check_receipts([("r", text)], honest, [note.parse_vkey(one.vkey) for one in pinned])
    assert found.verdict is Verdict.IN_LOG


def strangers(log: Path, lines: str) -> int:
    """The exit status of the verifier that shares nothing with ours."""
    vkey = log.with_name("pinned.vkey")
    vkey.write_text(f"{lines}\n")
    words = ["node", str(STRANGER), str(log), "--vkey", str(vkey)]
    return subprocess.run(words, capture_output=True, timeout=60, check=False).returncode  # noqa: S603 - our own words


def receipt_of(index: int, *, signer: SoftwareSigner) -> str:
    row = tree.leaf_hashes([entry(index)])
    promise = receipt.promise_over(row, origin=NAME, first_seq=index, at=0, seal_by=1)
    return receipt.receipt_of(row, receipt.sign(promise, [signer]), index=index, entry=None).text()


def forged(size: int, since: int) -> list[bytes]:
    """The honest log up to a place, and then what the forger wants."""
    entries = history(size)
    entries[since:] = [entry(n, body={"item": "forged", "scores": [5, 5]}) for n in range(since, size)]
    return entries


@pytest.mark.parametrize("pinned", [[NEW], [OLD, NEW], [NEW, OLD]])
def test_whoever_holds_the_old_key_cannot_go_on_from_the_overlap(tmp_path: Path, pinned: list[SoftwareSigner]) -> None:
    """The old key leaked, so it was changed. Its finder takes the log as both keys signed it, and writes on."""
    entries = forged(40, since=20)
    log = log_at(tmp_path / "log", entries, [(5, [OLD]), (12, [OLD, NEW]), (40, [OLD])])
    lines = "\n".join(one.vkey for one in pinned)
    report = verify_log(log, lines)
    assert (report.status, strangers(log, lines)) == (Status.BAD, 1)
    assert "comes before the key that you pinned" in report.problems[0].what
    with pytest.raises(LogUnreadable, match="comes before"):
        check_receipts([("r", receipt_of(7, signer=OLD))], log, [note.parse_vkey(NEW.vkey)])


def test_nor_by_naming_the_old_key_once_more(tmp_path: Path) -> None:
    entries = forged(40, since=20)
    entries[22] = named(22, "log-key-added/1", OLD)
    log = log_at(tmp_path / "log", entries, [(12, [OLD, NEW]), (25, [OLD]), (40, [OLD])])
    assert (verify_log(log, NEW.vkey).status, strangers(log, NEW.vkey)) == (Status.BAD, 1)


@pytest.mark.parametrize("pinned", [OLD, NEW])
def test_nor_behind_its_own_retirement(tmp_path: Path, pinned: SoftwareSigner) -> None:
    entries = forged(50, since=40)
    log = log_at(tmp_path / "log", entries, [*HONEST, (50, [OLD])])
    report = verify_log(log, pinned.vkey)
    assert (report.status, strangers(log, pinned.vkey)) == (Status.BAD, 1)
    assert "retired key" in report.problems[0].what or "old key" in report.problems[0].what


@pytest.mark.parametrize("pinned", [OLD, NEW])
def test_a_key_that_a_forged_branch_names_is_not_believed(tmp_path: Path, pinned: SoftwareSigner) -> None:
    """An entry that names the forger's own key, in a branch that only this key signs."""
    entries = forged(40, since=20)
    entries[20] = named(20, "log-key-added/1", OTHER)
    log = log_at(tmp_path / "log", entries, [(5, [OLD]), (12, [OLD, NEW]), (40, [OTHER])])
    report = verify_log(log, pinned.vkey)
    assert report.status is Status.BAD
    assert OTHER.vkey not in report.keys


def test_a_witness_s_key_is_no_key_of_a_log(honest: Path) -> None:
    witness = VerifierKey(NAME, COSIGNATURE, note.parse_vkey(OLD.vkey).public)
    assert verify_log(honest, witness.line).status is Status.COULD_NOT_CHECK
    with pytest.raises(BadKey, match="one log"):
        parse_keys(f"{OLD.vkey}\n{witness.line}\n")
    entries = history(40)
    body = {"vkey": witness.line, "custody": "x", "retire_at": None}
    entries[ADDED] = entry(ADDED, kind="log-key-added/1", body=body)


def test_a_damaged_log_under_another_key_is_bad_and_no_crash(honest: Path) -> None:
    """To find out which keys there are the entries are read: they may be anything."""
    bundle = next((honest / "tile" / "entries").rglob("40"))
    bundle.write_bytes(bundle.read_bytes()[:-3])
    for pinned in (OLD, NEW, OTHER):
        assert verify_log(honest, pinned.vkey).status is Status.BAD
    assert keys_of(honest, [note.parse_vkey(OLD.vkey)]).known == (note.parse_vkey(OLD.vkey),)


def test_a_copy_that_shows_less_than_it_holds_is_compared_in_full(tmp_path: Path) -> None:
    """Its `checkpoint` was set back to where both histories are still one; its archive holds where they part."""
    one = log_at(tmp_path / "one", history(40, keys=False), [(12, [OLD]), (40, [OLD])])
    entries = history(30, keys=False)
    entries[20] = entry(20, body={"item": "forged", "scores": [5, 5]})
    other = log_at(tmp_path / "other", entries, [(12, [OLD]), (30, [OLD])])
    (other / "checkpoint").write_text((other / archive_path(12)).read_text())
    found = compare_logs(one, other, OLD.vkey)
    assert (found.status, found.parts_at) == (Status.BAD, 20)
    assert verify_log(one, OLD.vkey, against=[other]).status is Status.BAD


def test_the_history_is_as_the_rules_of_the_log_want_it(honest: Path) -> None:
    assert len(ACTORS) == 3
    assert all(a < b for a, b in pairwise([size for size, _ in HONEST]))
    assert verify_log(honest, OTHER.vkey).status is Status.BAD


def test_a_release_is_verified_with_the_key_that_signed_it_or_with_a_log_that_proves_it(
    sqlite_url: str, tmp_path: Path
) -> None:
    """A cell changes its key, and releases afterwards: the manifest still names the key that the log began with."""
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        cell, engineer = world.cell, replace(world.lead, roles=frozenset({"engineer"}))
        first = cell.signer.vkey
        added = custody.rotate_log_key(cell, engineer, new_key())
        assert isinstance(added, custody.LogKeyRotated), added
        assert not isinstance(custody.retire_log_key(cell, engineer, first, new_key()), Refused)
        names = world.work(4)
        rows: list[dict[str, object]] = [{"item": n, "rater": r, "verdict": "a"} for n in names for r in "xy"]
        items.import_judgments(cell, world.lead, jsonl(rows), programme=PROGRAMME, name="j.jsonl", source="lab")
        wish = Wish(programme=PROGRAMME, name="pairs", version="1.0.0", use="train", batches=None)
        made = release.cut(cell, world.lead, wish, key=new_key())
        assert isinstance(made, release.Made), made
        out = tmp_path / "out"
        assert isinstance(release.export(cell, world.lead, made.release, out), release.Exported)
        assert verify_release(out, added.vkey).status is Status.OK
        assert verify_release(out, f"{first}\n{added.vkey}\n").status is Status.OK
        assert verify_release(out, first).status is Status.BAD
        assert verify_release(out, first, log=cell.log_directory).status is Status.OK
        assert verify_release(out, OTHER.vkey, log=cell.log_directory).status is Status.BAD
