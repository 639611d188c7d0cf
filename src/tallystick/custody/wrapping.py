"""How a token encrypts 32-byte keys bound to a text: AES-GCM, or AES key wrap where it has nothing else."""

import os
from collections.abc import Container, Iterator
from hashlib import sha256
from hmac import compare_digest
from typing import Final

import pkcs11

from tallystick.custody import CustodyMismatch, MechanismMissing
from tallystick.custody.software import KEY_BYTES, NONCE_BYTES

_TAG_BYTES: Final = 16
_DIGEST_BYTES: Final = 32
_SALT_BYTES: Final = 16
_BOUND_BYTES: Final = KEY_BYTES + _DIGEST_BYTES + _SALT_BYTES
_SESSION_SECRET = {
    pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY,
    pkcs11.Attribute.KEY_TYPE: pkcs11.KeyType.GENERIC_SECRET,
    pkcs11.Attribute.TOKEN: False,
    pkcs11.Attribute.SENSITIVE: False,
    pkcs11.Attribute.EXTRACTABLE: True,
}


class Gcm:
    """AES-256-GCM: nonce, ciphertext, tag; the text is what it authenticates beside them."""

    capabilities = pkcs11.MechanismFlag.ENCRYPT | pkcs11.MechanismFlag.DECRYPT

    def __init__(self) -> None:
        self._draws_nonce = True

    def wrap(self, kek: pkcs11.Object, key: bytes, bound: bytes) -> bytes:
        """Encrypt a key. Some tokens take no nonce from outside: they write one of their own over zeros."""
        if not isinstance(kek, pkcs11.EncryptMixin):
            raise CustodyMismatch("expected a key-encryption key that encrypts, found another")
        if self._draws_nonce:
            try:
                return self._encrypt(kek, key, pkcs11.GCMParams(os.urandom(NONCE_BYTES), bound))
            except pkcs11.MechanismParamInvalid:
                self._draws_nonce = False
        parameters = pkcs11.GCMParams(bytes(bytearray(NONCE_BYTES)), bound)
        wrapped = self._encrypt(kek, key, parameters)
        if wrapped.startswith(bytes(NONCE_BYTES)):
            raise MechanismMissing("expected a token that takes a nonce or draws one, found one that does neither")
        return wrapped

    def unwrap(self, kek: pkcs11.Object, wrapped: bytes, bound: bytes) -> bytes:
        """Decrypt a key. Raises ValueError or PKCS11Error."""
        if not isinstance(kek, pkcs11.DecryptMixin):
            raise CustodyMismatch("expected a key-encryption key that decrypts, found another")
        if len(wrapped) != NONCE_BYTES + KEY_BYTES + _TAG_BYTES:
            raise ValueError(f"expected a wrapped key of another length than {len(wrapped)} bytes")
        parameters = pkcs11.GCMParams(wrapped[:NONCE_BYTES], bound)
        return whole(kek.decrypt(wrapped[NONCE_BYTES:], mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=parameters))

    @staticmethod
    def _encrypt(kek: pkcs11.EncryptMixin, key: bytes, parameters: pkcs11.GCMParams) -> bytes:
        sealed = kek.encrypt(key, mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=parameters)
        return bytes(parameters.nonce) + whole(sealed)


class KeyWrap:
    """AES key wrap (RFC 3394). It binds nothing and shows equals: a digest of the text and a salt go with the key."""

    capabilities = pkcs11.MechanismFlag.WRAP | pkcs11.MechanismFlag.UNWRAP

    def wrap(self, kek: pkcs11.Object, key: bytes, bound: bytes) -> bytes:
        """Encrypt a key."""
        if not isinstance(kek, pkcs11.WrapMixin):
            raise CustodyMismatch("expected a key-encryption key that wraps, found another")
        value = key + sha256(bound).digest() + os.urandom(_SALT_BYTES)
        secret = kek.session.create_object({**_SESSION_SECRET, pkcs11.Attribute.VALUE: value})
        try:
            assert isinstance(secret, pkcs11.Key), "a session key was made"
            return bytes(kek.wrap_key(secret, mechanism=pkcs11.Mechanism.AES_KEY_WRAP))
        finally:
            secret.destroy()

    def unwrap(self, kek: pkcs11.Object, wrapped: bytes, bound: bytes) -> bytes:
        """Decrypt a key. Raises ValueError or PKCS11Error."""
        if not isinstance(kek, pkcs11.UnwrapMixin):
            raise CustodyMismatch("expected a key-encryption key that unwraps, found another")
        if len(wrapped) != _BOUND_BYTES + 8:
            raise ValueError(f"expected a wrapped key of another length than {len(wrapped)} bytes")
        secret = kek.unwrap_key(
            pkcs11.ObjectClass.SECRET_KEY, pkcs11.KeyType.GENERIC_SECRET, wrapped,
            mechanism=pkcs11.Mechanism.AES_KEY_WRAP, template=_SESSION_SECRET,
        )  # fmt: skip
        try:
            value = bytes(secret[pkcs11.Attribute.VALUE])
        finally:
            secret.destroy()
        if not compare_digest(value[KEY_BYTES : KEY_BYTES + _DIGEST_BYTES], sha256(bound).digest()):
            raise ValueError("expected a key that is bound to this text, found one of another")
        return value[:KEY_BYTES]


def whole(given: bytes | Iterator[bytes]) -> bytes:
    """What a token gave for one piece of data: it gives pieces only when it got pieces."""
    assert isinstance(given, bytes), "bytes in, bytes out"
    return given


def way(mechanisms: Container[object]) -> Gcm | KeyWrap | None:
    """How a token with these operations wraps keys; None when it cannot."""
    if pkcs11.Mechanism.AES_GCM in mechanisms:
        return Gcm()
    return KeyWrap() if pkcs11.Mechanism.AES_KEY_WRAP in mechanisms else None
