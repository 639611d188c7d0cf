"""Two verifiers that share no code, ours and a stranger's in JavaScript, come to one verdict on every log."""

import base64
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from sealed_cell import SIGNER, entry, flip, sealed_log
from stranger import Answer, ask, run
from witness_scene import write_log

from tallystick.audit.log import LogReport, verify_log
from tallystick.audit.receipt import check_receipts
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import cosignature, note, receipt
from tallystick.ledger import policy as policies
from tallystick.ledger.checkpoint import Checkpoint
from tallystick.ledger.cosignature import Cosigner
from tallystick.ledger.note import MLDSA_COSIGNATURE, VerifierKey
from tallystick.ledger.reader import LogReader, archive_path
from tallystick.ledger.signer import SoftwareSigner
from tallystick.ledger.tree import leaf_hashes

WORDS = {"ok": "good", "bad": "bad", "could-not-check": "could not check"}
START = 1_700_000_000_000_000
NEW, NEWEST = (SoftwareSigner(SIGNER.name, bytes([number]) * 32) for number in (7, 8))


def both(
    log: Path, *, vkey: str = SIGNER.vkey, policy: str | None = None, against: list[Path] | None = None
) -> tuple[LogReport, Answer]:
    """The verdict of both, which is one."""
    asked = None if policy is None else policies.parse(policy.encode())
    ours = verify_log(log, vkey, policy=asked, against=against or [])
    theirs = ask(log, vkey, policy=policy, against=against or [])
    assert WORDS[ours.status] == theirs.status, (ours, theirs)
    if ours.size is not None and theirs.status == "good":
        assert (ours.size, ours.witnessed) == (theirs.size, theirs.witnessed)
    return ours, theirs


@pytest.mark.parametrize("sizes", [[0], [1], [2, 3], [255], [256], [257], [100, 300, 700], [511, 512, 513]], ids=str)
def test_good_logs_of_many_sizes_are_good_to_both(sizes: list[int], tmp_path: Path) -> None:
    ours, theirs = both(sealed_log(tmp_path, sizes))
    assert (theirs.status, theirs.size, theirs.findings) == ("good", sizes[-1], ())
    assert ours.root is not None


def test_a_log_of_three_levels_is_good_to_both(tmp_path: Path) -> None:
    entries = [entry(seq) for seq in range(65_537)]
    log = write_log(tmp_path / "log", entries, 65_537)
    assert (log / "tile/2/000.p/1").is_file()
    assert both(log)[1].size == 65_537
    flip(log / "tile/2/000.p/1", 9)
    assert ask(log, SIGNER.vkey).findings == ("tile/2/000.p/1: hash 0 is not that of entries 0 to 65535",)


def resigned(log: Path, size: int, *signers: SoftwareSigner) -> None:
    """Sign a checkpoint of a log again, as a cell that has these keys would have done."""
    path = log / archive_path(size)
    was = checkpoints.read(path.read_text())
    made = checkpoints.sign(was.origin, was.size, was.root, signers=list(signers)).note
    path.write_text(made)
    if checkpoints.read((log / "checkpoint").read_text()).size == size:
        (log / "checkpoint").write_text(made)


def rotated(folder: Path) -> Path:
    """A log that was signed by one key, by two, by the second alone, then by a third that the second made known."""
    entries = [entry(seq) for seq in range(300)]
    entries[0] = entry(0, kind="cell-opened/1", body={"vkey": SIGNER.vkey})
    for place, signer in ((60, NEW), (200, NEWEST)):
        entries[place] = entry(place, kind="log-key-added/1", body={"vkey": signer.vkey, "custody": "x"})
    entries[120] = entry(120, kind="log-key-retired/1", body={"vkey": SIGNER.vkey})
    log = write_log(folder / "log", entries, 50, 100, 150, 250, 300)
    resigned(log, 100, SIGNER, NEW)
    resigned(log, 150, NEW)
    resigned(log, 250, NEW, NEWEST)
    resigned(log, 300, NEWEST)
    return log


@pytest.mark.parametrize("pinned", [SIGNER, NEW, NEWEST])
def test_whoever_pinned_any_key_of_a_log_follows_it_to_the_others(pinned: SoftwareSigner, tmp_path: Path) -> None:
    _, theirs = both(rotated(tmp_path), vkey=pinned.vkey)
    assert (theirs.status, theirs.size) == ("good", 300)
    assert set(theirs.keys) == {SIGNER.vkey, NEW.vkey, NEWEST.vkey}


def test_a_key_that_no_signed_entry_names_is_nobodys(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log", [entry(seq) for seq in range(100)], 50, 100)
    resigned(log, 100, NEW)
    _, theirs = both(log)
    assert theirs.size == 50
    assert {finding.split(":")[0] for finding in theirs.findings} == {"checkpoint", "checkpoints/100"}
    other = write_log(tmp_path / "other", [entry(0), entry(1, kind="log-key-added/1", body={"vkey": NEW.vkey})], 2)
    resigned(other, 2, NEW)  # only the new key itself vouches for the entry that names it
    assert both(other)[1].status == "bad"


def post_quantum(signed: Checkpoint) -> tuple[VerifierKey, str]:
    """A witness with an ML-DSA key, and its line."""
    private = MLDSA44PrivateKey.generate()
    key = VerifierKey("pq.example/w", MLDSA_COSIGNATURE, private.public_key().public_bytes_raw())
    time = (1_800_000_000).to_bytes(8, "big")
    name, origin = key.name.encode(), signed.origin.encode()
    message = b"subtree/v1\n\0" + bytes([len(name)]) + name + time + bytes([len(origin)]) + origin + bytes(8)
    message += signed.size.to_bytes(8, "big") + signed.root
    return key, cosignature.line_of(key, time + private.sign(message))


def test_cosignatures_of_both_kinds_count_for_both(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log", [entry(seq) for seq in range(300)], 100, 300)
    one, two = (Cosigner(f"w.example/{number}", bytes([number]) * 32) for number in (1, 2))
    signed = LogReader(log).checkpoint_at(100)
    key, line = post_quantum(signed)
    text = signed.note.rpartition("\n\n")[0] + "\n"
    lines = {one.key: one.cosign(text, time=1_800_000_000), key: line}
    for witness, made in lines.items():
        path = log / cosignature.path_of(100, witness)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made)
    names = {"a": one.key, "b": two.key, "c": key}
    head = "".join(f"witness {name} {witness.line}\n" for name, witness in names.items())
    for rule, size in {"2": 100, "any": 100, "all": None}.items():
        policy = f"log {SIGNER.vkey}\n{head}group all-of-us {rule} a b c\nquorum all-of-us\n"
        _, theirs = both(log, policy=policy)
        assert theirs.witnessed == size
        assert theirs.notes == (("entries 100 to 299 are not witnessed",) if size else ())
    before, _, coded = line.rstrip("\n").rpartition(" ")
    signature = bytearray(base64.b64decode(coded))
    signature[600] ^= 1
    (log / cosignature.path_of(100, key)).write_text(f"{before} {base64.b64encode(signature).decode()}\n")
    _, theirs = both(log, policy=f"{head}quorum a\n")
    assert theirs.findings == (f"{cosignature.path_of(100, key)}: the cosignature of witness c is not good",)


def test_the_newest_checkpoint_shows_lines_of_witnesses(tmp_path: Path) -> None:
    log = sealed_log(tmp_path, [10])
    witness = Cosigner("w.example/1", bytes(32))
    text = (log / "checkpoint").read_text()
    line = witness.cosign(text.rpartition("\n\n")[0] + "\n", time=1_800_000_000)
    (log / "checkpoint").write_text(text + line)
    policy = f"witness w {witness.key.line}\nquorum w\n"
    assert both(log, policy=policy)[1].witnessed == 10
    (log / "checkpoint").write_text(text + line.replace(" ", " AAAA", 2).replace(" AAAA", " ", 1))
    assert both(log, policy=policy)[1].status == "bad"


def kept(folder: Path, place: int, *, at: int | None = None, leaf: bytes | None = None) -> Path:
    """A receipt for a run of three rows that begins at a place; it is for the second of them."""
    rows = [entry(place), leaf or entry(place + 1), entry(place + 2)]
    time = START + 1000 * place if at is None else at
    hashes = leaf_hashes(rows)
    promise = receipt.promise_over(hashes, origin=SIGNER.name, first_seq=place, at=time, seal_by=time + 60_000_000)
    made = receipt.receipt_of(hashes, receipt.sign(promise, [SIGNER]), index=place + 1, entry=rows[1])
    path = folder / f"{place}-{time}{receipt.EXTENSION}"
    path.write_text(made.text())
    return path


def test_receipts_have_one_verdict(tmp_path: Path) -> None:
    log = sealed_log(tmp_path, [300])
    spoiled = kept(tmp_path, 20)
    spoiled.write_text(spoiled.read_text().replace("index 21", "index 20"))
    files = [
        kept(tmp_path, 10), kept(tmp_path, 100, leaf=entry(101, body={"scores": []})),
        kept(tmp_path, 300, at=START - 1), kept(tmp_path, 310), spoiled,
    ]  # fmt: skip
    ours = check_receipts([(str(path), path.read_text()) for path in files], log, [note.parse_vkey(SIGNER.vkey)])
    theirs = ask(log, SIGNER.vkey, receipts=files)
    assert tuple(report.verdict for report in ours) == theirs.receipts
    assert theirs.receipts == ("in-log", "replaced", "truncated", "not-due", "no-receipt")
    assert ask(log, SIGNER.vkey, receipts=files[:1]).status == "good"
    assert ask(log, SIGNER.vkey, receipts=files[:2]).status == "bad"
    assert ask(log, SIGNER.vkey, receipts=[files[0], files[3]]).status == "could not check"


def test_record_proofs_that_we_make_verify_for_a_stranger(tmp_path: Path) -> None:
    log = sealed_log(tmp_path, [100, 300])
    paths = []
    for index, size in ((0, 100), (99, 100), (0, 300), (255, 300), (299, 300)):
        paths.append(tmp_path / f"{index}-{size}.tlog-proof")
        paths[-1].write_text(LogReader(log).record_proof(index, size).text())
    assert ask(log, SIGNER.vkey, proofs=paths).status == "good"
    text = paths[0].read_text()
    for changed in (text.replace("index 0", "index 1"), text.replace("\n\n", "\nAAAA\n\n", 1)):
        paths[0].write_text(changed)
        assert ask(log, SIGNER.vkey, proofs=paths[:1]).status == "bad"


def test_what_cannot_be_checked_is_no_verdict(tmp_path: Path) -> None:
    log = sealed_log(tmp_path, [10])
    (tmp_path / "empty").mkdir()
    other = tmp_path / "kept"
    other.write_text(checkpoints.sign(NEW.name, 5, bytes(32), signers=[NEW]).note)
    assert both(log, against=[other])[1].status == "could not check"
    assert both(tmp_path / "empty")[1].status == "could not check"
    assert both(log, vkey="no key")[1].status == "could not check"
    assert run("nowhere", "--vkey", "nothing")[0] == 2
    assert run()[0] == 2


Change = Callable[[random.Random, Path], None]


def _flip(chance: random.Random, path: Path) -> None:
    flip(path, chance.randrange(path.stat().st_size))


def _cut(chance: random.Random, path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: chance.randrange(len(data))])


def _repeat(chance: random.Random, path: Path) -> None:
    data = path.read_bytes()
    start = chance.randrange(len(data))
    path.write_bytes(data[:start] + data[start // 2 :])


def _exchange(chance: random.Random, path: Path) -> None:
    others = [other for other in path.parents[1].rglob("*") if other.is_file() and other != path]
    data = path.read_bytes()
    other = chance.choice(sorted(others)) if others else path
    path.write_bytes(other.read_bytes())
    other.write_bytes(data)


def _remove(_chance: random.Random, path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("seed", range(5))
def test_what_chance_does_to_a_log_is_the_same_to_both(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)  # noqa: S311 - not for secrets: so that a failure comes again
    good = sealed_log(tmp_path, [100, 260, 300])
    changes: list[Change] = [_flip, _cut, _repeat, _exchange, _remove]
    for number, change in enumerate(changes):
        log = Path(shutil.copytree(good, tmp_path / f"copy-{number}"))
        path = chance.choice(sorted(path for path in log.rglob("*") if path.is_file()))
        change(chance, path)
        both(log)


def test_a_bad_line_of_a_witness_is_found_at_any_size(tmp_path: Path) -> None:
    """Also below the size that reaches the quorum: one of both was altered."""
    log = write_log(tmp_path / "log", [entry(seq) for seq in range(30)], 10, 30)
    witness = Cosigner("w.example/1", bytes(32))
    for path, signed in ((log / "checkpoint", 30), (log / archive_path(10), 30)):
        text = LogReader(log).checkpoint_at(signed).note.rpartition("\n\n")[0] + "\n"
        path.write_text(path.read_text() + witness.cosign(text, time=1_800_000_000))
    ours, theirs = both(log, policy=f"witness w {witness.key.line}\nquorum w\n")
    assert theirs.findings == ("checkpoints/010: the cosignature of witness w is not good",)
    assert [problem.file for problem in ours.problems] == ["checkpoints/010"]


def test_an_entry_without_a_kind_is_bad_to_both(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log", [entry(0), entry(1, kind=7)], 2)
    ours, theirs = both(log)
    assert theirs.findings == ("entry 1: has no kind",)
    assert [problem.index for problem in ours.problems] == [1]


def test_a_signed_size_that_no_log_has_is_named_at_once(tmp_path: Path) -> None:
    """Whoever holds the key can sign any number: no check may count up to it."""
    log = sealed_log(tmp_path, [300])
    (log / "checkpoint").write_text(checkpoints.sign(SIGNER.name, 2**52, bytes(32), signers=[SIGNER]).note)
    _, theirs = both(log)
    assert f"checkpoint: is over {2**52} entries, and only 300 can be read" in theirs.findings


def test_an_archived_checkpoint_that_was_removed_is_named_by_who_has_a_copy(tmp_path: Path) -> None:
    log = sealed_log(tmp_path, [100, 260, 300])
    kept = Path(shutil.copytree(log, tmp_path / "kept"))
    (log / archive_path(100)).unlink()
    ours, theirs = both(log)
    assert theirs.status == "good", "nothing in the files says that it was there"
    ours, theirs = both(log, against=[kept])
    assert theirs.findings == (f"checkpoints/100: is missing: it was removed, for {kept} has it",)
    assert [(one.file, one.index) for one in ours.problems] == [("checkpoints/100", None)]


def test_a_time_stamp_names_the_archived_checkpoint_that_was_removed(tmp_path: Path) -> None:
    log = sealed_log(tmp_path, [100, 260, 300])
    (log / "timestamps").mkdir()
    (log / "timestamps/260.tsr").write_bytes(b"-")
    assert both(log)[1].status == "good"
    (log / archive_path(260)).unlink()
    ours, theirs = both(log)
    assert [one.file for one in ours.problems] == ["checkpoints/260"]
    assert theirs.findings == ("checkpoints/260: is missing: it was removed, for timestamps/260.tsr is of its size",)


@pytest.mark.parametrize("kept_size", [260, None])
def test_a_copy_may_have_gaps_in_its_archive_or_none(kept_size: int | None, tmp_path: Path) -> None:
    """A client that fetched now and then, and one of tiles alone: that another has more is a note."""
    log = sealed_log(tmp_path, [100, 260])
    whole = Path(shutil.copytree(log, tmp_path / "whole"))
    shutil.rmtree(log / "checkpoints")
    if kept_size is not None:
        (log / "checkpoints").mkdir()
        shutil.copy(whole / archive_path(kept_size), log / archive_path(kept_size))
    assert both(log)[1].status == "good"
    ours, theirs = both(log, against=[whole])
    assert theirs.status == "good"
    assert ours.notes == theirs.notes
    lacking = 2 if kept_size else 3
    assert ours.notes[0].startswith(f"the archive lacks {lacking} of the checkpoints that {whole} has, and its first")


def test_a_cosignature_beyond_the_checkpoint_asks_for_nothing(tmp_path: Path) -> None:
    """Whoever copies a log while it grows gets files that came later."""
    log = sealed_log(tmp_path, [100, 260])
    path = log / "cosignatures/300/0123abcd"
    path.parent.mkdir(parents=True)
    path.write_text("-")
    assert both(log)[1].status == "good"
