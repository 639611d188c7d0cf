"""What every holder of keys promises: the same tests for each of them."""

import os
from collections.abc import Callable
from pathlib import Path

import pkcs11
import pytest
from custody.strict_service import StrictService
from strict_keys import StrictKeys

from tallystick.custody import SOFTHSM, KeyDestroyed, Keys, WrongKey
from tallystick.custody.cloud import CloudKeys
from tallystick.custody.pkcs11 import Pkcs11Keys
from tallystick.custody.signer import KeySigner
from tallystick.custody.software import SoftwareKeys
from tallystick.custody.wrapping import Gcm, KeyWrap
from tallystick.ledger import note
from tallystick.ledger.signer import Signer

CELL = "tests.invalid/cell"
Opens = Callable[[], Keys]
"""Opens the same keys once more, as another process would."""


@pytest.fixture
def software(tmp_path: Path) -> Opens:
    (tmp_path / "keys").mkdir(mode=0o700)
    return lambda: SoftwareKeys(tmp_path / "keys", CELL)


@pytest.fixture
def strict() -> Opens:
    made = StrictKeys(CELL)
    return lambda: made


def in_token(session: pkcs11.Session, wrapping: Gcm | KeyWrap) -> Opens:
    for thing in session.get_objects():
        thing.destroy()
    return lambda: Pkcs11Keys(session, CELL, custody=SOFTHSM, wrapping=wrapping)


@pytest.fixture
def token(token_session: pkcs11.Session) -> Opens:
    return in_token(token_session, Gcm())


@pytest.fixture
def token_without_gcm(token_session: pkcs11.Session) -> Opens:
    return in_token(token_session, KeyWrap())


@pytest.fixture
def cloud() -> Opens:
    service = StrictService()
    return lambda: CloudKeys(service, CELL, pause=lambda _: None)


@pytest.fixture(params=["software", "strict", "cloud", "token", "token_without_gcm"])
def opens(request: pytest.FixtureRequest) -> Opens:
    """A holder of no keys."""
    made: Opens = request.getfixturevalue(request.param)
    return made


def test_keys_begin_with_none(opens: Opens) -> None:
    assert (opens().log_keys(), opens().epochs()) == ((), ())


def test_a_log_key_signs_what_its_line_verifies(opens: Opens) -> None:
    keys = opens()
    vkey = keys.new_log_key(CELL)
    assert keys.log_keys() == (vkey,)
    verifier = note.parse_vkey(vkey)
    assert verifier.name == CELL
    for message in (b"", b"checkpoint\n", os.urandom(4096)):
        signature = keys.sign(vkey, message)
        assert len(signature) == 64
        assert keys.sign(vkey, message) == signature, "the same message has the same signature"
    signer: Signer = KeySigner(keys, vkey)
    signed = note.sign("origin\n1\nroot\n", [signer])
    assert note.verify(signed, [verifier]).signed_by[0].key == verifier
    assert (signer.name, signer.vkey, signer.key_id, signer.custody) == (CELL, vkey, verifier.key_id, keys.custody)


def test_log_keys_come_in_their_order_and_go_one_by_one(opens: Opens) -> None:
    keys = opens()
    made = [keys.new_log_key(CELL) for _ in range(11)]
    assert opens().log_keys() == tuple(made)
    keys.destroy_log_key(made[0])
    keys.destroy_log_key(made[0])
    assert opens().log_keys() == tuple(made[1:])
    with pytest.raises(KeyDestroyed):
        keys.sign(made[0], b"message")
    assert len(keys.sign(made[1], b"message")) == 64


def test_an_epoch_wraps_and_unwraps_in_batches(opens: Opens) -> None:
    keys = opens()
    keys.new_epoch(1)
    keys.new_epoch(1)
    assert opens().epochs() == (1,)
    plain = [(f"person:{n}#1@1", os.urandom(32)) for n in range(50)]
    wrapped = keys.wrap(1, plain)
    assert len(set(wrapped)) == 50
    bound = [(binding, one) for (binding, _), one in zip(plain, wrapped, strict=True)]
    assert opens().unwrap(1, bound) == [key for _, key in plain]
    assert keys.wrap(1, []) == keys.unwrap(1, []) == []


def test_equal_keys_are_wrapped_to_unequal_bytes(opens: Opens) -> None:
    keys = opens()
    keys.new_epoch(1)
    assert len(set(keys.wrap(1, [("a#1@1", bytes(32))] * 3))) == 3


def test_only_keys_are_wrapped(opens: Opens) -> None:
    """A holder of keys that encrypts anything is an oracle for whoever reaches it."""
    keys = opens()
    keys.new_epoch(1)
    for size in (0, 16, 31, 33, 64):
        with pytest.raises(ValueError, match="32 bytes"):
            keys.wrap(1, [("a#1@1", bytes(size))])


def test_a_wrapped_key_opens_only_for_what_it_was_bound_to(opens: Opens) -> None:
    keys = opens()
    keys.new_epoch(1)
    keys.new_epoch(2)
    wrapped = keys.wrap(1, [("a#1@1", bytes(32))])[0]
    for binding in ("b#1@1", "a#2@1", "a#1@2", "", "a#1@1 "):
        with pytest.raises(WrongKey):
            keys.unwrap(1, [(binding, wrapped)])
    with pytest.raises(WrongKey):
        keys.unwrap(2, [("a#1@1", wrapped)])
    assert keys.unwrap(1, [("a#1@1", wrapped)]) == [bytes(32)]


def test_every_altered_byte_and_length_is_noticed(opens: Opens) -> None:
    keys = opens()
    keys.new_epoch(1)
    wrapped = keys.wrap(1, [("a#1@1", bytes(32))])[0]
    altered = [wrapped[:place] + bytes([wrapped[place] ^ 1]) + wrapped[place + 1 :] for place in range(len(wrapped))]
    for bad in (*altered, b"", wrapped[:5], wrapped[:-1], wrapped + b"\0", bytes(len(wrapped))):
        with pytest.raises(WrongKey):
            keys.unwrap(1, [("a#1@1", bad)])


def test_a_destroyed_epoch_is_gone_for_ever(opens: Opens) -> None:
    keys, other = opens(), opens()
    for epoch in (1, 2):
        keys.new_epoch(epoch)
    wrapped = keys.wrap(1, [("a#1@1", bytes(32))])
    assert other.unwrap(1, [("a#1@1", wrapped[0])]) == [bytes(32)]
    keys.destroy_epoch(1)
    keys.destroy_epoch(1)
    assert opens().epochs() == (2,)
    for holder in (keys, other, opens()):
        with pytest.raises(KeyDestroyed):
            holder.unwrap(1, [("a#1@1", wrapped[0])])
        with pytest.raises(KeyDestroyed):
            holder.wrap(1, [("a#1@1", bytes(32))])
    with pytest.raises(KeyDestroyed):
        keys.new_epoch(1)


def test_an_epoch_that_never_was_wraps_nothing(opens: Opens) -> None:
    with pytest.raises(KeyDestroyed):
        opens().wrap(7, [("a#1@7", bytes(32))])
    with pytest.raises(ValueError, match="from 1 on"):
        opens().new_epoch(0)
