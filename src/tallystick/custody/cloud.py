"""Keys that a cloud key service holds. Talks to it through a protocol in the shape that such services share.

No service is built in: whoever runs a cell in a cloud brings a `KeyService` over the maker's own client, with an
identity of the machine instead of a PIN. The key process hosts it like a token, so that no worker reaches the service.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from tallystick.custody import CLOUD, CustodyMismatch, KeyDestroyed, KeysUnavailable
from tallystick.custody.software import check_epoch, check_keys, gone, not_opened
from tallystick.ledger.note import ED25519, VerifierKey, check_name, parse_vkey

MESSAGE_MAX: Final = 4096
"""What services sign whole, without hashing it first."""
WAITING_DAYS: Final = 7
"""The shortest time for which services keep a key that was scheduled for deletion."""
ATTEMPTS: Final = 4
_PAUSES: Final = (0.2, 0.8, 3.2)
_T = TypeVar("_T")


class ServiceError(RuntimeError):
    """A key service did not do it."""


class Throttled(ServiceError):
    """Too many requests, or the service is unwell for a moment: again, a little later."""


class BadCiphertext(ServiceError):
    """The ciphertext or its context is not what was encrypted under this key."""


class KeyGone(ServiceError):
    """There is no such key, or it waits for its deletion and is not to be used."""


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A key of a service.

    alias       the name that we gave it
    public      32 bytes of an Ed25519 key; None for a key that encrypts
    deleted_at  when it will be gone, microseconds since 1970; None for a key in use
    """

    alias: str
    public: bytes | None
    deleted_at: int | None = None


class KeyService(Protocol):
    """What a cell needs of a key service. Every call may raise ServiceError."""

    def keys(self, prefix: str) -> list[ServiceKey]:
        """The keys whose alias begins so, those that wait for deletion included."""
        ...

    def create_encryption_key(self, alias: str) -> None:
        """Make a symmetric key that never leaves the service."""
        ...

    def create_signing_key(self, alias: str) -> bytes:
        """Make an Ed25519 key that never leaves the service; its 32 public bytes."""
        ...

    def encrypt(self, alias: str, plain: bytes, context: dict[str, str]) -> bytes:
        """Encrypt, bound to the context."""
        ...

    def decrypt(self, alias: str, sealed: bytes, context: dict[str, str]) -> bytes:
        """Decrypt; the context must be that of the encryption."""
        ...

    def sign(self, alias: str, message: bytes) -> bytes:
        """Ed25519 over a message of at most 4096 bytes."""
        ...

    def schedule_deletion(self, alias: str, days: int) -> None:
        """Let the key be of no use from now on, and gone after so many days."""
        ...


class CloudKeys:
    """The keys of one cell in a key service: `tallystick/CELL/log/<n>` and `tallystick/CELL/kek/<epoch>`.

    A destroyed key is of no use at once, and gone after the waiting time of the service: `waiting` says when.
    """

    custody = CLOUD

    def __init__(
        self, service: KeyService, cell: str, *, days: int = WAITING_DAYS, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._service, self._cell, self._days, self._pause = service, check_name(cell), days, pause

    def log_keys(self) -> tuple[str, ...]:
        """Verifier key lines of the log keys, oldest first."""
        return tuple(line for _, line in self._lines())

    def new_log_key(self, name: str) -> str:
        """Make an Ed25519 key. The log has the cell's name."""
        if name != self._cell:
            raise CustodyMismatch(f"expected a log of the name {self._cell}, found {name}: the keys are of that cell")
        number = max((number for number, _ in self._all("log")), default=0) + 1
        alias = self._alias("log", number)
        return VerifierKey(self._cell, ED25519, self._asked(lambda: self._service.create_signing_key(alias))).line

    def sign(self, vkey: str, message: bytes) -> bytes:
        """The Ed25519 signature of a message of at most 4096 bytes."""
        if len(message) > MESSAGE_MAX:
            raise ValueError(f"expected a message of at most {MESSAGE_MAX} bytes to sign, found {len(message)}")
        numbers = {line: number for number, line in self._lines()}
        if vkey not in numbers:
            raise KeyDestroyed(f"{self._cell}: expected the log key {vkey} in the service, found no such key")
        try:
            return self._asked(lambda: self._service.sign(self._alias("log", numbers[vkey]), message))
        except KeyGone as error:
            raise KeyDestroyed(f"{parse_vkey(vkey).label}: the service does not sign with it any more") from error

    def destroy_log_key(self, vkey: str) -> None:
        """Schedule the deletion of a log key."""
        for number, line in self._lines():
            if line == vkey:
                self._delete("log", number)

    def epochs(self) -> tuple[int, ...]:
        """The epochs whose key is in use."""
        return tuple(number for number, key in self._all("kek") if key.deleted_at is None)

    def new_epoch(self, epoch: int) -> None:
        """Make the key of an epoch."""
        known = self._all("kek")
        if any(number == epoch and key.deleted_at is None for number, key in known):
            return
        check_epoch(epoch, [number for number, _ in known])
        if any(number == epoch for number, _ in known):
            raise gone(self._cell, epoch)
        self._asked(lambda: self._service.create_encryption_key(self._alias("kek", epoch)))

    def destroy_epoch(self, epoch: int) -> None:
        """Schedule the deletion of the key of an epoch."""
        if epoch in self.epochs():
            self._delete("kek", epoch)

    def waiting(self) -> dict[int, int]:
        """Epochs whose key is of no use any more and not gone yet, and when it is."""
        return {number: key.deleted_at for number, key in self._all("kek") if key.deleted_at is not None}

    def wrap(self, epoch: int, keys: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Encrypt keys under an epoch."""
        check_keys(keys)
        self._check_epoch(epoch, keys)
        try:
            return [self._encrypted(epoch, binding=binding, key=key) for binding, key in keys]
        except KeyGone as error:
            raise gone(self._cell, epoch) from error

    def unwrap(self, epoch: int, keys: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Decrypt what `wrap` gave."""
        self._check_epoch(epoch, keys)
        try:
            return [self._decrypted(epoch, binding=binding, wrapped=wrapped) for binding, wrapped in keys]
        except KeyGone as error:
            raise gone(self._cell, epoch) from error

    def close(self) -> None:
        """Nothing is held."""

    def _check_epoch(self, epoch: int, keys: Sequence[tuple[str, bytes]]) -> None:
        """An empty batch asks the service nothing, and must not look as if the epoch were there."""
        if not keys and epoch not in self.epochs():
            raise gone(self._cell, epoch)

    def _encrypted(self, epoch: int, *, binding: str, key: bytes) -> bytes:
        alias, context = self._alias("kek", epoch), self._context(binding)
        return self._asked(lambda: self._service.encrypt(alias, key, context))

    def _decrypted(self, epoch: int, *, binding: str, wrapped: bytes) -> bytes:
        alias, context = self._alias("kek", epoch), self._context(binding)
        try:
            return self._asked(lambda: self._service.decrypt(alias, wrapped, context))
        except BadCiphertext as error:
            raise not_opened(binding, epoch) from error

    def _context(self, binding: str) -> dict[str, str]:
        return {"tallystick": "key/v1", "cell": self._cell, "binding": binding}

    def _alias(self, kind: str, number: int | str) -> str:
        return f"tallystick/{self._cell}/{kind}/{number}"

    def _all(self, kind: str) -> list[tuple[int, ServiceKey]]:
        begin = self._alias(kind, "")
        keys = self._asked(lambda: self._service.keys(begin))
        numbered = [(key.alias.removeprefix(begin), key) for key in keys]
        return sorted(((int(rest), key) for rest, key in numbered if rest.isdecimal()), key=lambda pair: pair[0])

    def _lines(self) -> list[tuple[int, str]]:
        return [
            (number, VerifierKey(self._cell, ED25519, key.public).line)
            for number, key in self._all("log")
            if key.deleted_at is None and key.public is not None
        ]

    def _delete(self, kind: str, number: int) -> None:
        self._asked(lambda: self._service.schedule_deletion(self._alias(kind, number), self._days))

    def _asked(self, call: Callable[[], _T]) -> _T:
        """Ask, and ask again a few times when the service is busy. Then it is not available, and nothing is done."""
        for pause in (*_PAUSES, None):
            try:
                return call()
            except Throttled as error:
                if pause is None:
                    raise KeysUnavailable(f"the key service is busy after {ATTEMPTS} attempts: {error}") from error
                self._pause(pause)
            except (BadCiphertext, KeyGone):
                raise
            except (ServiceError, OSError) as error:
                raise KeysUnavailable(f"the key service does not answer: {error}") from error
        raise AssertionError("every attempt returns or raises")
