"""Signed receipts as bytes: what the log key signs, the file that a person keeps, and what neither can pass for."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sealed_cell import SIGNER, entry

from tallystick.ledger import checkpoint, note, receipt
from tallystick.ledger.receipt import BadReceipt, ReceiptFile
from tallystick.ledger.tree import ProofError, leaf_hashes

KEY = note.parse_vkey(SIGNER.vkey)
AT = 1_700_000_000_000_000
names = st.text(st.characters(exclude_characters="+", exclude_categories=["C", "Z"]), min_size=1, max_size=40)

numbers = st.integers(0, 2**63 - 1)
roots = st.binary(min_size=32, max_size=32)


def made(count: int, place: int, *, first: int = 7) -> ReceiptFile:
    entries = [entry(first + number) for number in range(count)]
    row = leaf_hashes(entries)
    promise = receipt.promise_over(row, origin=SIGNER.name, first_seq=first, at=AT, seal_by=AT + 60_000_000)
    signed = receipt.sign(promise, [SIGNER])
    return receipt.receipt_of(row, signed, index=first + place, entry=entries[place])


@given(st.integers(1, 70), st.data())
def test_every_entry_of_a_run_has_a_receipt_that_verifies_from_its_text(count: int, data: st.DataObject) -> None:
    file = made(count, data.draw(st.integers(0, count - 1)))
    again = receipt.parse_receipt(file.text())
    assert again == file
    promise = again.verify([KEY])
    assert (promise.first_seq, promise.count, promise.covers(file.index)) == (7, count, True)


def test_the_signed_text_is_what_the_format_says() -> None:
    file = made(1, 0)
    root = file.note.split("\n")[6]
    assert file.note.startswith(
        f"tallystick/receipt/v1\n{SIGNER.name}\n7\n1\n{AT}\n{AT + 60_000_000}\n{root}\n\n\N{EM DASH} {SIGNER.name} "
    )
    assert file.path == ()


@given(st.integers(0, 10_000), st.sampled_from("AaZz09+/=\n \x00"))
def test_no_altered_sign_passes_for_another_receipt(place: int, sign: str) -> None:
    text = made(5, 2).text()
    place %= len(text)
    altered = text[:place] + sign + text[place + 1 :]
    try:
        found = receipt.parse_receipt(altered)
        promise = found.verify([KEY])
    except (BadReceipt, ProofError, note.BadNote):
        return
    # Base64 of a signature has two spellings of its last sign; whatever is signed is the same.
    whole = made(5, 2)
    assert promise == whole.verify([KEY])
    assert dataclasses.replace(found, note=whole.note) == whole


@pytest.mark.parametrize("change", [{"index": 8}, {"index": 99}, {"leaf": b"x" * 32}, {"path": ()}, {"entry": b"{}"}])
def test_a_receipt_holds_for_one_leaf_at_one_place(change: dict[str, object]) -> None:
    altered = dataclasses.replace(made(5, 2), **change)  # type: ignore[arg-type]  # by name
    with pytest.raises(ProofError):
        altered.verify([KEY])


@given(
    names,
    st.integers(0, 2**63 - 1),
    st.integers(1, 2**63 - 1),
    st.integers(0, 2**62),
    st.binary(min_size=32, max_size=32),
)
def test_no_receipt_can_be_read_as_a_checkpoint(origin: str, first: int, count: int, at: int, root: bytes) -> None:
    """By any reader of checkpoints, those that allow lines of extension included: line 3 is no root."""
    promise = receipt.Promise(origin=origin, first_seq=first, count=count, at=at, seal_by=at + 1, root=root)
    signed = receipt.sign(promise, [SIGNER])
    with pytest.raises(checkpoint.BadCheckpoint):
        checkpoint.read(signed)
    lines = promise.text().split("\n")
    with pytest.raises(checkpoint.BadCheckpoint):
        checkpoint.read(note.sign("".join(f"{line}\n" for line in lines[:3]), [SIGNER]))
    assert not promise.text().startswith("cosignature/v1\n")


@given(names, numbers, roots)
def test_no_checkpoint_can_be_read_as_a_receipt(origin: str, size: int, root: bytes) -> None:
    for name in (origin, receipt.NOTE_HEADER):
        text = checkpoint.body(name, size or 1, root)
        for more in ("", "a line of extension\n" * 4):
            with pytest.raises(BadReceipt):
                receipt.read_promise(note.sign(text + more, [SIGNER]))


def test_a_witness_key_or_the_key_of_another_log_is_no_signature() -> None:
    file = made(1, 0)
    other = note.VerifierKey("other.invalid/log", note.ED25519, KEY.public)
    with pytest.raises(note.BadNote):
        file.verify([other])
    promise = receipt.Promise(origin="other.invalid/log", first_seq=0, count=1, at=1, seal_by=2, root=b"r" * 32)
    with pytest.raises(BadReceipt, match="one of 'other"):
        receipt.open_promise(receipt.sign(promise, [SIGNER]), [KEY])


def test_many_receipts_stand_in_one_file_and_a_torn_end_spoils_no_other() -> None:
    files = [made(3, place) for place in range(3)]
    text = "".join(file.text() for file in files)
    assert [receipt.parse_receipt(part) for part in receipt.split_receipts(text)] == files
    *good, torn = receipt.split_receipts(text[:-40])
    assert [receipt.parse_receipt(part) for part in good] == files[:2]
    with pytest.raises((BadReceipt, ProofError, note.BadNote)):
        receipt.parse_receipt(torn).verify([KEY])
    with pytest.raises(BadReceipt, match="begins with"):
        receipt.split_receipts("c2sp.org/tlog-proof@v1\n")
