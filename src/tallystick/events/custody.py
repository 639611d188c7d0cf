"""Facts about keys: epochs of key-encryption keys, keys of the log, keys of scopes. Never a key itself."""

from typing import ClassVar

import msgspec


class KeyEpochStarted(msgspec.Struct, frozen=True, kw_only=True):
    """From here on a new key-encryption key wraps the keys of all scopes."""

    KIND: ClassVar[str] = "key-epoch-started/1"
    epoch: int
    custody: str  # who holds the key


class KeyEpochDestroyed(msgspec.Struct, frozen=True, kw_only=True):
    """A key-encryption key is destroyed: what it alone wrapped, in whatever copy, cannot be opened any more."""

    KIND: ClassVar[str] = "key-epoch-destroyed/1"
    epoch: int
    final_at: int  # microseconds since 1970, UTC; later than this event where a key service keeps it for a while


class LogKeyAdded(msgspec.Struct, frozen=True, kw_only=True):
    """A new key of the log: from here on it signs checkpoints beside those before it."""

    KIND: ClassVar[str] = "log-key-added/1"
    vkey: str  # verifier key line
    custody: str  # who holds the key
    retire_at: int | None  # when the keys before it stop signing, microseconds since 1970, UTC; None until a command


class LogKeyRetired(msgspec.Struct, frozen=True, kw_only=True):
    """A key of the log signs nothing from here on, and is destroyed. What it signed stays good."""

    KIND: ClassVar[str] = "log-key-retired/1"
    vkey: str


class ScopeKeyRotated(msgspec.Struct, frozen=True, kw_only=True):
    """A scope has a new key: what is sealed from here on stands under it, and what was is brought under it."""

    KIND: ClassVar[str] = "scope-key-rotated/1"
    scope: str  # cell | programme:ID | run:ID | person:ID | subject:DIGEST | release:ID
    generation: int
