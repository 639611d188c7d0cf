"""Keys in a token: they cannot leave it, a wrong PIN is tried once, and what a token lacks is said at the start."""

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from softhsm import PIN, module, tokens_at

from tallystick.custody import (
    SOFTHSM,
    CustodyMismatch,
    KeyDestroyed,
    KeysUnavailable,
    MechanismMissing,
)
from tallystick.custody import (
    pkcs11 as tokens,
)
from tallystick.custody.pkcs11 import Pkcs11Keys, open_token
from tallystick.custody.wrapping import Gcm, KeyWrap, way

CELL = "tests.invalid/cell"


@pytest.fixture
def keys(token_session: pkcs11.Session) -> Pkcs11Keys:
    for thing in token_session.get_objects():
        thing.destroy()
    return Pkcs11Keys(token_session, CELL, custody=SOFTHSM, wrapping=Gcm())


def test_no_secret_can_be_read_from_the_token(keys: Pkcs11Keys, token_session: pkcs11.Session) -> None:
    keys.new_epoch(1)
    keys.new_log_key(CELL)
    labels = set()
    for kind in (pkcs11.ObjectClass.SECRET_KEY, pkcs11.ObjectClass.PRIVATE_KEY):
        for thing in token_session.get_objects({pkcs11.Attribute.CLASS: kind}):
            labels.add(thing[pkcs11.Attribute.LABEL])
            with pytest.raises(pkcs11.AttributeSensitive):
                thing[pkcs11.Attribute.VALUE]
            for attribute in ("SENSITIVE", "ALWAYS_SENSITIVE", "NEVER_EXTRACTABLE", "TOKEN", "PRIVATE", "LOCAL"):
                assert thing[pkcs11.Attribute[attribute]] is True
    assert labels == {f"tallystick/{CELL}/kek/1", f"tallystick/{CELL}/log/1"}


def test_a_key_that_can_leave_the_token_is_not_used(keys: Pkcs11Keys, token_session: pkcs11.Session) -> None:
    token_session.generate_key(
        pkcs11.KeyType.AES, 256, store=True, label=f"tallystick/{CELL}/kek/1",
        template={pkcs11.Attribute.EXTRACTABLE: True, pkcs11.Attribute.SENSITIVE: False},
    )  # fmt: skip
    with pytest.raises(CustodyMismatch, match="expected a key that never left the token, found SENSITIVE changed"):
        keys.wrap(1, [("a#1@1", bytes(32))])


def test_cells_do_not_see_each_others_keys(keys: Pkcs11Keys, token_session: pkcs11.Session) -> None:
    keys.new_epoch(1)
    keys.new_log_key(CELL)
    other = Pkcs11Keys(token_session, f"{CELL}/kek", custody=SOFTHSM, wrapping=Gcm())
    assert (other.epochs(), other.log_keys()) == ((), ())
    with pytest.raises(KeyDestroyed):
        other.wrap(1, [("a#1@1", bytes(32))])
    with pytest.raises(CustodyMismatch, match="expected a log of the name"):
        keys.new_log_key("another.invalid/cell")


def test_half_a_key_pair_is_no_log_key(keys: Pkcs11Keys, token_session: pkcs11.Session) -> None:
    """A token that was cut off while it made a pair: the number is not given again."""
    first = keys.new_log_key(CELL)
    second = keys.new_log_key(CELL)
    for thing in token_session.get_objects({pkcs11.Attribute.LABEL: f"tallystick/{CELL}/log/2"}):
        if thing[pkcs11.Attribute.CLASS] == pkcs11.ObjectClass.PRIVATE_KEY:
            thing.destroy()
    assert keys.log_keys() == (first,)
    with pytest.raises(KeyDestroyed):
        keys.sign(second, b"message")
    third = keys.new_log_key(CELL)
    assert keys.log_keys() == (first, third)


def test_two_halves_of_different_pairs_are_refused(keys: Pkcs11Keys, token_session: pkcs11.Session) -> None:
    keys.new_log_key(CELL)
    second = keys.new_log_key(CELL)
    for thing in token_session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY}):
        swapped = {f"tallystick/{CELL}/log/1": "2", f"tallystick/{CELL}/log/2": "1"}[thing[pkcs11.Attribute.LABEL]]
        thing[pkcs11.Attribute.LABEL] = f"tallystick/{CELL}/log/{swapped}"
    with pytest.raises(CustodyMismatch, match="the token's private key does not fit its public one"):
        keys.sign(second, b"message")


def test_a_key_that_another_program_destroyed_is_destroyed(keys: Pkcs11Keys, token_session: pkcs11.Session) -> None:
    keys.new_epoch(1)
    vkey = keys.new_log_key(CELL)
    keys.wrap(1, [("a#1@1", bytes(32))])
    keys.sign(vkey, b"message")
    for thing in token_session.get_objects():
        thing.destroy()
    with pytest.raises(KeyDestroyed):
        keys.wrap(1, [("a#1@1", bytes(32))])
    with pytest.raises(KeyDestroyed):
        keys.sign(vkey, b"message")


@pytest.mark.parametrize(
    ("mechanisms", "expected"),
    [
        ({pkcs11.Mechanism.AES_GCM, pkcs11.Mechanism.AES_KEY_WRAP}, Gcm),
        ({pkcs11.Mechanism.AES_KEY_WRAP}, KeyWrap),
        ({pkcs11.Mechanism.AES_CBC}, type(None)),
    ],
)
def test_keys_are_wrapped_in_the_best_way_that_a_token_has(mechanisms: set[object], expected: type) -> None:
    assert type(way(mechanisms)) is expected


class FakeToken:
    """A token as its maker's module shows it, which can do less than SoftHSM."""

    manufacturer_id = "Tests"

    def __init__(self, mechanisms: set[pkcs11.Mechanism]) -> None:
        self.slot = self
        self._mechanisms = mechanisms

    def get_mechanisms(self) -> set[pkcs11.Mechanism]:
        return self._mechanisms

    def open(self, **_: object) -> None:
        raise AssertionError("nobody logs in to a token that cannot do what a cell needs")


def test_a_token_that_cannot_sign_or_wrap_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    token = FakeToken({pkcs11.Mechanism.AES_KEY_GEN, pkcs11.Mechanism.ECDSA})
    monkeypatch.setattr(tokens, "_token", lambda *_: token)
    with pytest.raises(MechanismMissing, match="EC_EDWARDS_KEY_PAIR_GEN, EDDSA, AES_GCM or AES_KEY_WRAP, found none"):
        open_token(Path("module.so"), "label", CELL, pin="1234")


class Kek(pkcs11.EncryptMixin, pkcs11.Object):
    """A key that writes a nonce of its own over zeros and takes no other, as some cloud tokens do."""

    writes = True

    def __init__(self) -> None:
        """It stands in no token."""

    def encrypt(self, data: Any, buffer_size: int = 0, **rest: Any) -> bytes:
        parameters = rest["mechanism_param"]
        if parameters.nonce != bytes(12):
            raise pkcs11.MechanismParamInvalid
        if self.writes:
            drawn = os.urandom(12)
            ctypes.memmove(id(parameters.nonce) + bytes.__basicsize__ - 1, drawn, 12)
        return bytes(data) + bytes(16 + buffer_size)


def test_a_token_that_draws_the_nonce_itself_is_read_back() -> None:
    way, kek = Gcm(), Kek()
    wrapped = [way.wrap(kek, b"k" * 32, b"") for _ in range(2)]
    assert len({one[:12] for one in wrapped} | {bytes(12)}) == 3
    assert [one[12:44] for one in wrapped] == [b"k" * 32] * 2
    kek.writes = False
    with pytest.raises(MechanismMissing, match="expected a token that takes a nonce or draws one"):
        way.wrap(kek, b"k" * 32, b"")


TRIES = """
import json, sys
from pathlib import Path
import pkcs11
from tallystick.custody import CustodyError
from tallystick.custody.pkcs11 import open_token
module, label, cell, pin = json.loads(sys.stdin.read())
try:
    keys = open_token(Path(module), label, cell, pin=pin)
    print(json.dumps(["open", keys.custody]))
    keys.close()
except CustodyError as error:
    print(json.dumps([type(error).__name__, str(error)]))
"""


def try_open(folder: Path, label: str, pin: str, *, library: Path | None = None) -> list[str]:
    """Open a token in a process of its own, as the key process does."""
    environment = {**os.environ, "SOFTHSM2_CONF": str(folder / "softhsm2.conf")}
    told = json.dumps([str(library or module()), label, CELL, pin])
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", TRIES], input=told, env=environment, capture_output=True, text=True, check=True
    )
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tokens")
    found = tokens_at(made)
    found.make("good")
    found.make("twice")
    found.make("twice")
    return made


def test_the_right_pin_opens_and_says_whose_token_it_is(folder: Path) -> None:
    assert try_open(folder, "good", PIN) == ["open", "softhsm-development"]


def test_a_wrong_pin_is_refused_and_not_repeated_in_the_message(folder: Path) -> None:
    name, said = try_open(folder, "good", "wrong-pin-0815")
    assert name == "PinRefused"
    assert "nothing is tried again" in said
    assert "0815" not in said


@pytest.mark.parametrize(("label", "word"), [("absent", "none"), ("twice", "several")])
def test_the_token_is_one(folder: Path, label: str, word: str) -> None:
    name, said = try_open(folder, label, PIN)
    assert (name, f"expected one token with the label {label}, found {word}" in said) == ("KeysUnavailable", True)


def test_a_file_that_is_no_module_is_named(folder: Path) -> None:
    name, said = try_open(folder, "good", PIN, library=folder / "softhsm2.conf")
    assert (name, "softhsm2.conf: expected a PKCS#11 module" in said) == ("KeysUnavailable", True)


def test_a_token_that_does_not_answer_is_no_wrong_key(keys: Pkcs11Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.new_epoch(1)
    wrapped = keys.wrap(1, [("a#1@1", bytes(32))])

    def away(*_: object) -> bytes:
        raise pkcs11.DeviceRemoved

    monkeypatch.setattr(Gcm, "wrap", away)
    monkeypatch.setattr(Gcm, "unwrap", away)
    with pytest.raises(KeysUnavailable, match="expected it to answer, found DeviceRemoved"):
        keys.unwrap(1, [("a#1@1", wrapped[0])])
    with pytest.raises(KeysUnavailable, match="expected it to answer, found DeviceRemoved"):
        keys.wrap(1, [("a#1@1", bytes(32))])
