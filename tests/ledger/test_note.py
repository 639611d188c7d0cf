"""Signed notes, checkpoints and development keys: what is accepted, what is refused and why."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import note
from tallystick.ledger.signer import KeyRefused, SoftwareSigner, parse_private
from tallystick.ledger.tree import EMPTY_ROOT

SIGNER = SoftwareSigner("tests.invalid/log", bytes(32))
KEY = note.parse_vkey(SIGNER.vkey)
ROOT = bytes(range(32))


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]) | st.just("\n"), max_size=200))
def test_any_text_comes_back_signed(text: str) -> None:
    signed = note.sign(text + "\n", [SIGNER])
    assert note.verify(signed, [KEY]).text == text + "\n"


def test_a_flipped_byte_anywhere_is_found() -> None:
    signed = checkpoints.sign(SIGNER.name, 7, ROOT, signers=[SIGNER]).note.encode()
    for place in range(len(signed)):
        for bit in (1, 4, 128):
            wrong = bytearray(signed)
            wrong[place] ^= bit
            # Two spellings of the same bytes in base64 are the same signature: compare what was said, not how.
            try:
                found = checkpoints.open_signed(wrong.decode(), KEY)
            except (note.BadNote, checkpoints.BadCheckpoint, UnicodeDecodeError):
                continue
            assert (found.size, found.root, found.origin) == (7, ROOT, SIGNER.name)
            assert note.split(wrong.decode()) == note.split(signed.decode())


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("log\n7\n{root}\nextension\n", "three lines"),
        ("log\n7\n", "three lines"),
        ("\n7\n{root}\n", "three lines"),
        ("log\n07\n{root}\n", "plain number"),
        ("log\n-7\n{root}\n", "plain number"),
        pytest.param(f"log\n{'9' * 5000}\n{{root}}\n", "plain number", id="endless"),
        ("log\n\u0667\n{root}\n", "plain number"),
        ("log\n7\n{root}A\n", "base64"),
        ("log\n7\nAAAA\n", "32 bytes, found 3"),
        ("log\n0\n{root}\n", "empty tree"),
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(body: str, reason: str) -> None:
    signer = SoftwareSigner("log", bytes(32))
    text = body.replace("{root}", base64.b64encode(ROOT).decode())
    with pytest.raises(checkpoints.BadCheckpoint, match=reason):
        checkpoints.open_signed(note.sign(text, [signer]), note.parse_vkey(signer.vkey))


def test_an_empty_log_has_a_checkpoint() -> None:
    signed = checkpoints.sign(SIGNER.name, 0, EMPTY_ROOT, signers=[SIGNER])
    assert checkpoints.open_signed(signed.note, KEY) == signed


@pytest.mark.parametrize("line", ["", "name", "name+00000000", "a b+00000000+AAAA", "+00000000+AAAA", "n+0+!"])
def test_a_line_that_is_no_verifier_key_is_refused(line: str) -> None:
    with pytest.raises(note.BadKey, match="expected"):
        note.parse_vkey(line)


def test_a_line_without_a_key_is_refused_and_not_quoted() -> None:
    line = SoftwareSigner("log", bytes(range(32))).private_line()
    secret = line.rsplit("+", 1)[1]
    for wrong in ["", "hello", line[8:], line.replace("+log+", "+lag+"), line[:-4], line.replace("+AQ", "+Ag")]:
        with pytest.raises(KeyRefused, match=r"expected|does not fit") as caught:
            parse_private(wrong, "key")
        assert secret not in str(caught.value)
