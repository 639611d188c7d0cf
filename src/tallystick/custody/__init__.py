"""Who holds the keys of a cell: development files, a PKCS#11 token behind the key process, a cloud key service.

Keys are used here, never given out: a key-encryption key wraps and unwraps, a log key signs, and neither has a way
out. What calls this sees 32-byte data keys that it wrapped itself, and nothing else.
"""

from collections.abc import Sequence
from typing import Final, Protocol

SOFTWARE: Final = "software-development"
SOFTHSM: Final = "softhsm-development"
PKCS11: Final = "pkcs11"
CLOUD: Final = "cloud-kms"
DEVELOPMENT: Final = frozenset({SOFTWARE, SOFTHSM})
"""Custodies that protect nothing from an administrator of the machine: every screen and release says so."""

PROTECTED: Final = frozenset({PKCS11, CLOUD})
"""Custodies from which no key comes. What is not one of these is shown as development."""


class CustodyError(RuntimeError):
    """A key cannot be used. The subclasses say why, and so what the caller can do."""


class KeysUnavailable(CustodyError):
    """The token, the key process or the service does not answer. Nothing is done without it: try again when it does."""


class WrongKey(CustodyError):
    """The bytes do not open under this key: another key, another scope, or altered bytes."""


class KeyDestroyed(CustodyError):
    """The key is no more, for ever: what it wrapped is gone."""


class PinRefused(CustodyError):
    """The token did not accept the PIN. It is tried once: tokens lock after a few."""


class MechanismMissing(CustodyError):
    """The token or service lacks an operation that a cell needs."""


class CustodyMismatch(CustodyError):
    """The keys are not those of this cell, or not in the custody that it was made with."""


class Keys(Protocol):
    """The keys of one cell. No call ever returns a key-encryption key or a signing key."""

    @property
    def custody(self) -> str:
        """Where the keys live, in a stable word: shown on every screen and release."""
        ...

    def log_keys(self) -> tuple[str, ...]:
        """Verifier key lines of the log keys, oldest first."""
        ...

    def new_log_key(self, name: str) -> str:
        """Make an Ed25519 key for a log of this name; its verifier key line. Durable on return."""
        ...

    def sign(self, vkey: str, message: bytes) -> bytes:
        """The Ed25519 signature of a message under one of the log keys, 64 bytes."""
        ...

    def destroy_log_key(self, vkey: str) -> None:
        """Destroy a log key that signs no more. Done before is done. Durable on return."""
        ...

    def epochs(self) -> tuple[int, ...]:
        """The epochs whose key-encryption key exists, ascending."""
        ...

    def new_epoch(self, epoch: int) -> None:
        """Make the key-encryption key of an epoch. Made before is made. Durable on return."""
        ...

    def destroy_epoch(self, epoch: int) -> None:
        """Destroy the key-encryption key of an epoch. Done before is done. Durable on return."""
        ...

    def waiting(self) -> dict[int, int]:
        """Destroyed epochs whose key a service keeps for a while: epoch, and when it is gone, in microseconds."""
        ...

    def wrap(self, epoch: int, keys: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Encrypt 32-byte keys under an epoch, each bound to its text. Raises KeyDestroyed."""
        ...

    def unwrap(self, epoch: int, keys: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Decrypt wrapped keys, each bound to its text. Raises WrongKey, or KeyDestroyed without the epoch."""
        ...

    def close(self) -> None:
        """Let go of the token or connection."""
        ...
