"""A cloud key service in memory that enforces what real ones do: context, waiting times, size and rate limits."""

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tallystick.custody.cloud import BadCiphertext, KeyGone, ServiceError, ServiceKey, Throttled

DAY_US = 86_400_000_000
START = 1_700_000_000_000_000


@dataclass
class _Held:
    secret: bytes
    is_signing: bool
    deleted_at: int | None = None


class StrictService:
    """now  microseconds; `busy`: so many calls are throttled before the next is answered."""

    def __init__(self) -> None:
        self.now, self.busy, self.calls = START, 0, 0
        self.is_down = False
        self._held: dict[str, _Held] = {}

    def keys(self, prefix: str) -> list[ServiceKey]:
        """Those that are gone are not listed."""
        self._count()
        return [
            ServiceKey(alias, self._public(held) if held.is_signing else None, held.deleted_at)
            for alias, held in self._held.items()
            if alias.startswith(prefix) and not self._is_gone(held)
        ]

    def create_encryption_key(self, alias: str) -> None:
        """An alias is given once."""
        self._create(alias, is_signing=False)

    def create_signing_key(self, alias: str) -> bytes:
        """An alias is given once."""
        return self._public(self._create(alias, is_signing=True))

    def encrypt(self, alias: str, plain: bytes, context: dict[str, str]) -> bytes:
        """At most 4096 bytes; the context is bound."""
        held = self._usable(alias, is_signing=False)
        if len(plain) > 4096:
            raise ServiceError("the plaintext is too long")
        nonce = os.urandom(12)
        return nonce + AESGCM(held.secret).encrypt(nonce, plain, _bound(alias, context))

    def decrypt(self, alias: str, sealed: bytes, context: dict[str, str]) -> bytes:
        """The context must be the same to the letter."""
        held = self._usable(alias, is_signing=False)
        try:
            return AESGCM(held.secret).decrypt(sealed[:12], sealed[12:], _bound(alias, context))
        except (InvalidTag, ValueError) as error:
            raise BadCiphertext("invalid ciphertext") from error

    def sign(self, alias: str, message: bytes) -> bytes:
        """At most 4096 bytes."""
        held = self._usable(alias, is_signing=True)
        if len(message) > 4096:
            raise ServiceError("the message is too long")
        return Ed25519PrivateKey.from_private_bytes(held.secret).sign(message)

    def schedule_deletion(self, alias: str, days: int) -> None:
        """Seven days at least, thirty at most; once."""
        held = self._usable(alias, is_signing=None)
        if not 7 <= days <= 30:
            raise ServiceError("a waiting time of 7 to 30 days")
        held.deleted_at = self.now + days * DAY_US

    def _create(self, alias: str, *, is_signing: bool) -> _Held:
        self._count()
        if alias in self._held:
            raise ServiceError("the alias exists")
        self._held[alias] = _Held(os.urandom(32), is_signing)
        return self._held[alias]

    def _usable(self, alias: str, *, is_signing: bool | None) -> _Held:
        self._count()
        held = self._held.get(alias)
        if held is None or self._is_gone(held):
            raise KeyGone("no such key")
        if held.deleted_at is not None:
            raise KeyGone("the key waits for its deletion")
        if is_signing is not None and held.is_signing is not is_signing:
            raise ServiceError("the key is for something else")
        return held

    def _count(self) -> None:
        self.calls += 1
        if self.is_down:
            raise ServiceError("internal error")
        if self.busy:
            self.busy -= 1
            raise Throttled("rate exceeded")

    def _is_gone(self, held: _Held) -> bool:
        return held.deleted_at is not None and held.deleted_at <= self.now

    @staticmethod
    def _public(held: _Held) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(held.secret).public_key().public_bytes_raw()


def _bound(alias: str, context: dict[str, str]) -> bytes:
    return repr((alias, sorted(context.items()))).encode()
