"""Keys that live in a PKCS#11 token and cannot leave it. Reads and writes token objects `tallystick/CELL/...`.

For one thread alone: token modules crash when threads share them, and a fork inherits the login. So only the key
process (`custody.keyd`) loads this module, and nothing else of a cell ever holds the PIN.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pkcs11
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pkcs11.util.ec import encode_named_curve_parameters

from tallystick.custody import (
    PKCS11,
    SOFTHSM,
    CustodyMismatch,
    KeyDestroyed,
    Keys,
    KeysUnavailable,
    MechanismMissing,
    PinRefused,
)
from tallystick.custody.software import KEY_BYTES, additional, check_epoch, check_keys, gone, not_opened
from tallystick.custody.wrapping import Gcm, KeyWrap, way
from tallystick.ledger.note import ED25519, VerifierKey, check_name, parse_vkey

_CURVE = encode_named_curve_parameters("1.3.101.112")
_GUARDED = {pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False}
_ALWAYS = {**_GUARDED, pkcs11.Attribute.ALWAYS_SENSITIVE: True, pkcs11.Attribute.NEVER_EXTRACTABLE: True}
_OCTET_STRING = b"\x04\x20"
"""A DER octet string of 32 bytes: how most tokens give an Ed25519 public key."""
_PUBLIC_BYTES = 32
_PROBE = b"tallystick/probe/v1"
_PIN_ERRORS = (
    pkcs11.PinIncorrect,
    pkcs11.PinInvalid,
    pkcs11.PinLenRange,
    pkcs11.PinExpired,
    pkcs11.PinLocked,
    pkcs11.UserPinNotInitialized,
)


def open_token(module: Path, token: str, cell: str, *, pin: str | None) -> Keys:
    """Log in to a token, once, and look whether it can do what a cell needs.

    module  the PKCS#11 library of the token's maker
    token   label of the token
    pin     None for a token that asks for its PIN itself
    raises  PinRefused, MechanismMissing, KeysUnavailable, CustodyMismatch
    """
    check_name(cell)
    found = _token(module, token)
    mechanisms = found.slot.get_mechanisms()
    needed = (pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN, pkcs11.Mechanism.EDDSA, pkcs11.Mechanism.AES_KEY_GEN)
    missing = [mechanism.name for mechanism in needed if mechanism not in mechanisms]
    wrapping = way(mechanisms)
    if missing or wrapping is None:
        names = [*missing, *([] if wrapping else ["AES_GCM or AES_KEY_WRAP"])]
        raise MechanismMissing(
            f"token {token}: expected the operations {', '.join(names)}, found none of that name: choose a token "
            "that signs with Ed25519 and encrypts with AES"
        )
    try:
        session = found.open(user_pin=pkcs11.PROTECTED_AUTH if pin is None else pin, rw=True)
    except _PIN_ERRORS as error:
        raise PinRefused(
            f"token {token}: expected its PIN, found {type(error).__name__}: nothing is tried again, because tokens "
            "lock after a few wrong PINs. Look for the right one before you start again"
        ) from error
    except (pkcs11.PKCS11Error, RuntimeError) as error:
        raise KeysUnavailable(f"token {token}: expected to log in, found {type(error).__name__}: {error}") from error
    custody = SOFTHSM if "softhsm" in found.manufacturer_id.lower() else PKCS11
    return Pkcs11Keys(session, cell, custody=custody, wrapping=wrapping)


def _token(module: Path, token: str) -> pkcs11.Token:
    try:
        return pkcs11.lib(str(module)).get_token(token_label=token)
    except (pkcs11.NoSuchToken, pkcs11.MultipleTokensReturned) as error:
        word = "none" if isinstance(error, pkcs11.NoSuchToken) else "several"
        raise KeysUnavailable(f"{module}: expected one token with the label {token}, found {word}") from error
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
        raise KeysUnavailable(f"{module}: expected a PKCS#11 module, found {type(error).__name__}: {error}") from error


class Pkcs11Keys:
    """The keys of one cell in a token: `tallystick/CELL/log/<n>` and `tallystick/CELL/kek/<epoch>`."""

    def __init__(self, session: pkcs11.Session, cell: str, *, custody: str, wrapping: Gcm | KeyWrap) -> None:
        self.custody = custody
        self._session = session
        self._cell = check_name(cell)
        self._wrapping = wrapping
        self._keks: dict[int, pkcs11.Object] = {}
        self._signers: dict[str, pkcs11.SignMixin] = {}

    def log_keys(self) -> tuple[str, ...]:
        """Verifier key lines of the log keys, oldest first."""
        with _told():
            return tuple(line for _, line in self._lines())

    def new_log_key(self, name: str) -> str:
        """Make an Ed25519 key in the token. The log has the cell's name: the token keeps no other."""
        if name != self._cell:
            raise CustodyMismatch(f"expected a log of the name {self._cell}, found {name}: the keys are of that cell")
        with _told():
            halves = [
                self._found(kind, "log") for kind in (pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.ObjectClass.PUBLIC_KEY)
            ]
            number = max((number for half in halves for number in half), default=0) + 1
            parameters = self._session.create_domain_parameters(
                pkcs11.KeyType.EC_EDWARDS, {pkcs11.Attribute.EC_PARAMS: _CURVE}, local=True
            )
            label = self._label("log", number)
            public, private = parameters.generate_keypair(
                mechanism=pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN, store=True, label=label,
                id=f"log/{number}".encode(), capabilities=pkcs11.MechanismFlag.SIGN | pkcs11.MechanismFlag.VERIFY,
                private_template=_GUARDED,
            )  # fmt: skip
            verifier = VerifierKey(self._cell, ED25519, _point(public))
            self._check_signature(verifier, _signing(private, label))
        return verifier.line

    def sign(self, vkey: str, message: bytes) -> bytes:
        """The Ed25519 signature of a message."""
        with _told():
            return bytes(self._signer(vkey).sign(message, mechanism=pkcs11.Mechanism.EDDSA))

    def destroy_log_key(self, vkey: str) -> None:
        """Destroy both halves of a log key, the secret one first."""
        self._signers.pop(vkey, None)
        with _told():
            for number, line in self._lines():
                if line == vkey:
                    for kind in (pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.ObjectClass.PUBLIC_KEY):
                        self._found(kind, "log")[number].destroy()

    def epochs(self) -> tuple[int, ...]:
        """The epochs whose key is in the token."""
        with _told():
            return tuple(sorted(self._found(pkcs11.ObjectClass.SECRET_KEY, "kek")))

    def new_epoch(self, epoch: int) -> None:
        """Make the key of an epoch in the token."""
        known = self.epochs()
        if epoch in known:
            return
        check_epoch(epoch, known)
        with _told():
            self._session.generate_key(
                pkcs11.KeyType.AES, KEY_BYTES * 8, store=True, label=self._label("kek", epoch),
                id=f"kek/{epoch}".encode(), capabilities=self._wrapping.capabilities, template=_GUARDED,
            )  # fmt: skip
            self._kek(epoch)

    def destroy_epoch(self, epoch: int) -> None:
        """Destroy the key of an epoch in the token."""
        self._keks.pop(epoch, None)
        with _told():
            found = self._found(pkcs11.ObjectClass.SECRET_KEY, "kek").get(epoch)
            if found is not None:
                found.destroy()

    def waiting(self) -> dict[int, int]:
        """Nothing waits: an object of a token is gone at once."""
        return {}

    def wrap(self, epoch: int, keys: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Encrypt keys under an epoch, in the token."""
        check_keys(keys)
        with _told():
            kek = self._kek(epoch)
            return [self._wrapping.wrap(kek, key, additional(self._cell, binding)) for binding, key in keys]

    def unwrap(self, epoch: int, keys: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Decrypt what `wrap` gave."""
        with _told():
            kek = self._kek(epoch)
            return [self._unwrap(kek, epoch, binding=binding, wrapped=wrapped) for binding, wrapped in keys]

    def close(self) -> None:
        """Log out."""
        with _told():
            self._session.close()

    def _unwrap(self, kek: pkcs11.Object, epoch: int, *, binding: str, wrapped: bytes) -> bytes:
        try:
            return self._wrapping.unwrap(kek, wrapped, additional(self._cell, binding))
        except (pkcs11.PKCS11Error, ValueError) as error:
            # Tokens say no more than "general error". One that still opens its own is in order, so the bytes are not.
            self._probe(kek)
            raise not_opened(binding, epoch) from error

    def _probe(self, kek: pkcs11.Object) -> None:
        probed = self._wrapping.unwrap(kek, self._wrapping.wrap(kek, bytes(KEY_BYTES), _PROBE), _PROBE)
        assert probed == bytes(KEY_BYTES), "a token opens what it wrapped"

    def _label(self, kind: str, number: int | str) -> str:
        return f"tallystick/{self._cell}/{kind}/{number}"

    def _found(self, of: pkcs11.ObjectClass, kind: str) -> dict[int, pkcs11.Object]:
        """The objects of this cell, by number. Labels cannot be searched by their beginning."""
        begin = self._label(kind, "")
        found = {}
        for thing in self._session.get_objects({pkcs11.Attribute.CLASS: of}):
            label = str(thing[pkcs11.Attribute.LABEL])
            number = label.removeprefix(begin)
            if label.startswith(begin) and number.isdecimal():
                assert int(number) not in found, f"{label}: expected one object of this label, found two"
                found[int(number)] = thing
        return found

    def _lines(self) -> list[tuple[int, str]]:
        """Number and verifier key line of each log key of which both halves are there."""
        private = self._found(pkcs11.ObjectClass.PRIVATE_KEY, "log")
        public = self._found(pkcs11.ObjectClass.PUBLIC_KEY, "log")
        both = sorted(private.keys() & public.keys())
        return [(number, VerifierKey(self._cell, ED25519, _point(public[number])).line) for number in both]

    def _signer(self, vkey: str) -> pkcs11.SignMixin:
        known = self._signers.get(vkey)
        if known is None or not _is_there(known):
            self._signers.pop(vkey, None)
            numbers = {line: number for number, line in self._lines()}
            if vkey not in numbers:
                raise KeyDestroyed(f"{self._cell}: expected the log key {vkey} in the token, found no such key")
            label = self._label("log", numbers[vkey])
            found = _signing(self._found(pkcs11.ObjectClass.PRIVATE_KEY, "log")[numbers[vkey]], label)
            self._check_signature(parse_vkey(vkey), found)
            self._signers[vkey] = found
        return self._signers[vkey]

    def _kek(self, epoch: int) -> pkcs11.Object:
        known = self._keks.get(epoch)
        if known is None or not _is_there(known):
            self._keks.pop(epoch, None)
            found = self._found(pkcs11.ObjectClass.SECRET_KEY, "kek").get(epoch)
            if found is None:
                raise gone(self._cell, epoch)
            _check_guarded(found, self._label("kek", epoch))
            self._probe(found)
            self._keks[epoch] = found
        return self._keks[epoch]

    def _check_signature(self, verifier: VerifierKey, private: pkcs11.SignMixin) -> None:
        """Refuse two halves that are not of one key."""
        signature = bytes(private.sign(_PROBE, mechanism=pkcs11.Mechanism.EDDSA))
        try:
            Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature, _PROBE)
        except InvalidSignature as error:
            raise CustodyMismatch(f"{verifier.label}: the token's private key does not fit its public one") from error


def _point(public: pkcs11.Object) -> bytes:
    """The 32 bytes of an Ed25519 public key, as DER or plain."""
    found = bytes(public[pkcs11.Attribute.EC_POINT])
    point = found.removeprefix(_OCTET_STRING) if len(found) == _PUBLIC_BYTES + 2 else found
    if len(point) != _PUBLIC_BYTES:
        raise CustodyMismatch(f"expected an Ed25519 public key of {_PUBLIC_BYTES} bytes, found {len(found)}")
    return point


def _is_there(key: pkcs11.Object | pkcs11.SignMixin) -> bool:
    """Whether nobody has destroyed the object beside us: its handle may not outlive it."""
    try:
        key[pkcs11.Attribute.CLASS]
    except (pkcs11.ObjectHandleInvalid, pkcs11.KeyHandleInvalid):
        return False
    return True


def _signing(private: pkcs11.Object, label: str) -> pkcs11.SignMixin:
    _check_guarded(private, label)
    if not isinstance(private, pkcs11.SignMixin):
        raise CustodyMismatch(f"{label}: expected a key that signs, found another")
    return private


def _check_guarded(key: pkcs11.Object, label: str) -> None:
    """Refuse a key that can leave the token, or could once: somebody may have it."""
    for attribute, expected in _ALWAYS.items():
        if bool(key[attribute]) is not expected:
            raise CustodyMismatch(f"{label}: expected a key that never left the token, found {attribute.name} changed")


@contextmanager
def _told() -> Iterator[None]:
    """What a token says, in the words of custody. Its own message is a name, never a value."""
    try:
        yield
    except pkcs11.PKCS11Error as error:
        raise KeysUnavailable(
            f"the token: expected it to answer, found {type(error).__name__}: see to the token"
        ) from error
