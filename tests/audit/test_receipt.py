"""A receipt against a log: every verdict, what each one rests on, and that an altered copy convicts nobody."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sealed_cell import SIGNER, entry, sealed_log

from tallystick.audit.receipt import LogUnreadable, ReceiptReport, Verdict, Word, check_receipts
from tallystick.ledger import checkpoint, cosignature, note, receipt
from tallystick.ledger.proof import parse_record_proof
from tallystick.ledger.tree import leaf_hashes, root_of

KEY = note.parse_vkey(SIGNER.vkey)
WITNESS = cosignature.Cosigner("witness.invalid/w", bytes(range(1, 33)))
SIZE = 300
START = 1_700_000_000_000_000
MINUTE = 60_000_000


def made(index: int, *, leaf: bytes | None = None, at: int | None = None, shown: bool = True) -> str:
    """A receipt for one entry, whatever the log has there."""
    kept = entry(index) if leaf is None else leaf
    row, time = leaf_hashes([kept]), START + 1000 * index if at is None else at
    promise = receipt.promise_over(row, origin=SIGNER.name, first_seq=index, at=time, seal_by=time + MINUTE)
    signed = receipt.sign(promise, [SIGNER])
    return receipt.receipt_of(row, signed, index=index, entry=kept if shown else None).text()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of 300 entries."""
    return sealed_log(tmp_path, [200, SIZE])


def check(log: Path, *texts: str, **more: object) -> list[ReceiptReport]:
    return check_receipts([("r", text) for text in texts], log, [KEY], **more)  # type: ignore[arg-type]  # by name


CASES: dict[str, tuple[Callable[[], str], Verdict]] = {
    "first": (lambda: made(0), Verdict.IN_LOG),
    "last": (lambda: made(SIZE - 1), Verdict.IN_LOG),
    "withheld": (lambda: made(17, shown=False), Verdict.IN_LOG),
    "other": (lambda: made(17, leaf=b"{}"), Verdict.REPLACED),
    "not-there": (lambda: made(SIZE), Verdict.NOT_DUE),
    "earlier-than-the-last": (lambda: made(SIZE, at=START), Verdict.TRUNCATED),
    "long-ago": (lambda: made(SIZE + 50, at=START - 2 * MINUTE), Verdict.TRUNCATED),
    "of-the-time-of-the-last": (lambda: made(SIZE, at=START + 1000 * (SIZE - 1)), Verdict.NOT_DUE),
    "forged": (lambda: made(0).replace("index 0", "index 1"), Verdict.NO_RECEIPT),
    "a-proof": (lambda: "c2sp.org/tlog-proof@v1\nindex 0\n\nx\n", Verdict.NO_RECEIPT),
}


@pytest.mark.parametrize("case", CASES)
def test_each_verdict(case: str, log: Path) -> None:
    text, wanted = CASES[case]
    (report,) = check(log, text())
    assert report.verdict is wanted, report.says
    is_proven = wanted in {Verdict.REPLACED, Verdict.TRUNCATED}
    assert (report.against is not None, report.proof is not None, report.entry is not None) == (is_proven,) * 3


def test_what_is_shown_to_others_verifies_with_the_key_alone(log: Path) -> None:
    """The receipt, the record proof and the entry of a report are all that somebody else needs."""
    (report,) = check(log, made(17, leaf=b"{}"))
    assert report.proof is not None
    assert report.entry is not None
    proof = parse_record_proof(report.proof)
    assert proof.verify(report.entry.encode(), KEY).size == SIZE
    assert proof.index == report.index


def test_cosignature_after_the_time_to_seal_by_is_a_word_against_a_short_log(log: Path) -> None:
    text = made(SIZE)
    path = log / cosignature.path_of(SIZE, WITNESS.key)
    path.parent.mkdir(parents=True)
    signed = (log / "checkpoint").read_text()
    body = signed.partition("\n\n")[0] + "\n"
    for seconds, wanted in ((-1, Verdict.NOT_DUE), (3600, Verdict.OVERDUE)):
        path.write_text(WITNESS.cosign(body, time=START // 1_000_000 + seconds))
        (report,) = check(log, text, witnesses=[WITNESS.key])
        assert report.verdict is wanted
        assert ("witness.invalid/w" in report.says) == (wanted is Verdict.OVERDUE)
    assert check(log, text)[0].verdict is Verdict.NOT_DUE, "without its key the word of a witness counts for nothing"
    (report,) = check(log, text, words=[Word("the time-stamper T", START + 2 * MINUTE)])
    assert report.verdict is Verdict.OVERDUE


def test_log_that_its_key_did_not_sign_is_not_checked(log: Path, tmp_path: Path) -> None:
    other = note.VerifierKey(KEY.name, note.ED25519, bytes(32))
    with pytest.raises(LogUnreadable, match="the key signed"):
        check_receipts([("r", made(0))], log, [other])
    with pytest.raises(LogUnreadable):
        check_receipts([("r", made(0))], tmp_path / "none", [KEY])


@pytest.mark.parametrize("index", [5, 260])
def test_altered_files_of_a_copy_convict_nobody(index: int, log: Path) -> None:
    """Whoever copied the log could have altered them."""
    for path in [*log.rglob("tile/entries/**/*"), *log.rglob("tile/0/**/*")]:
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"judgment", b"Judgment")[:-1] + b"?")
    assert check(log, made(index, leaf=b"{}"))[0].verdict is Verdict.COULD_NOT_CHECK


def counted(tmp_path: Path, numbers: list[int]) -> Path:
    """A log of one person whose events bear these numbers, signed by the key as it stands."""
    log = sealed_log(tmp_path, [len(numbers)])
    bundle = [counted_entry(seq, n) for seq, n in enumerate(numbers)]
    row = leaf_hashes(bundle)
    (log / f"tile/entries/000.p/{len(numbers)}").write_bytes(b"".join(len(e).to_bytes(2, "big") + e for e in bundle))
    (log / f"tile/0/000.p/{len(numbers)}").write_bytes(row)
    signed = checkpoint.sign(SIGNER.name, len(numbers), root_of(row), signers=[SIGNER])
    for path in [log / "checkpoint", *(p for p in (log / "checkpoints").rglob("*") if p.is_file())]:
        path.write_text(signed.note)
    return log


def counted_entry(seq: int, number: int) -> bytes:
    return entry(seq, by="per-a", n=number)


def test_event_between_two_receipts_that_the_log_does_not_hold_is_named(tmp_path: Path) -> None:
    log = counted(tmp_path, [1, 2, 4, 5])
    texts = [made(seq, leaf=counted_entry(seq, n)) for seq, n in ((1, 2), (3, 5))]
    first, last, counts = check(log, *texts, with_counts=True)
    assert (first.verdict, last.verdict) == (Verdict.IN_LOG, Verdict.IN_LOG)
    assert counts.verdict is Verdict.LEFT_OUT
    assert "event number 3" in counts.says
    assert counts.against is not None


def test_numbers_without_a_gap_are_good(tmp_path: Path) -> None:
    log = counted(tmp_path, [1, 2, 3, 4])
    texts = [made(seq, leaf=counted_entry(seq, n)) for seq, n in ((0, 1), (3, 4))]
    assert [report.verdict for report in check(log, *texts, with_counts=True)] == [Verdict.IN_LOG] * 3
