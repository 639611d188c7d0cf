"""A holder of keys in memory that counts what is asked of it and breaks when a test says so: `custody.Keys`."""

import os
from collections import Counter
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tallystick.custody import SOFTWARE, KeyDestroyed, KeysUnavailable, WrongKey
from tallystick.ledger.signer import SoftwareSigner


class StrictKeys:
    """Keeps every rule of the protocol, and more: whoever uses a key that is no more, or a closed holder, is told.

    counts   operations by name; keys wrapped and unwrapped one by one
    is_away  every call raises KeysUnavailable while it is set
    custody  the word that it goes by
    """

    def __init__(self, cell: str = "tests.invalid/cell", *, custody: str = SOFTWARE) -> None:
        self.cell, self.custody = cell, custody
        self.counts: Counter[str] = Counter()
        self.is_away = False
        self._is_closed = False
        self._keks: dict[int, AESGCM] = {}
        self._signers: list[SoftwareSigner] = []
        self._destroyed: set[int] = set()

    def log_keys(self) -> tuple[str, ...]:
        """Verifier key lines, oldest first."""
        self._count("log_keys")
        return tuple(signer.vkey for signer in self._signers)

    def new_log_key(self, name: str) -> str:
        """A key that did not exist."""
        self._count("new_log_key")
        self._signers.append(SoftwareSigner(name, os.urandom(32)))
        return self._signers[-1].vkey

    def sign(self, vkey: str, message: bytes) -> bytes:
        """Only under a key that is there."""
        self._count("sign")
        for signer in self._signers:
            if signer.vkey == vkey:
                return signer.sign(message)
        raise KeyDestroyed(f"no log key {vkey}")

    def destroy_log_key(self, vkey: str) -> None:
        """Done before is done."""
        self._count("destroy_log_key")
        self._signers = [signer for signer in self._signers if signer.vkey != vkey]

    def epochs(self) -> tuple[int, ...]:
        """Ascending."""
        self._count("epochs")
        return tuple(sorted(self._keks))

    def new_epoch(self, epoch: int) -> None:
        """Idempotent; a destroyed one never comes back."""
        self._count("new_epoch")
        if epoch < 1:
            raise ValueError(f"expected an epoch from 1 on, found {epoch}")
        if epoch in self._keks:
            return
        if epoch in self._destroyed or epoch < max(self._keks, default=0):
            raise KeyDestroyed(f"epoch {epoch} was destroyed: it cannot be made again")
        self._keks[epoch] = AESGCM(os.urandom(32))

    def destroy_epoch(self, epoch: int) -> None:
        """Idempotent."""
        self._count("destroy_epoch")
        self._keks.pop(epoch, None)
        self._destroyed.add(epoch)

    def waiting(self) -> dict[int, int]:
        """Nothing waits."""
        return {}

    def wrap(self, epoch: int, keys: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Each key under a nonce of its own."""
        cipher = self._kek(epoch, "wrap", len(keys))
        wrapped = []
        for binding, key in keys:
            if len(key) != 32:
                raise ValueError(f"{binding}: expected a key of 32 bytes, found {len(key)}")
            nonce = os.urandom(12)
            wrapped.append(nonce + cipher.encrypt(nonce, key, self._bound(binding)))
        return wrapped

    def unwrap(self, epoch: int, keys: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """All or none."""
        cipher = self._kek(epoch, "unwrap", len(keys))
        try:
            return [cipher.decrypt(wrapped[:12], wrapped[12:], self._bound(binding)) for binding, wrapped in keys]
        except (InvalidTag, ValueError) as error:
            raise WrongKey(f"epoch {epoch} does not open it") from error

    def close(self) -> None:
        """Nothing may be asked of it afterwards."""
        self._is_closed = True

    def _bound(self, binding: str) -> bytes:
        return f"{self.cell}|{binding}".encode()

    def _kek(self, epoch: int, name: str, keys: int) -> AESGCM:
        self._count(name, keys)
        if epoch not in self._keks:
            raise KeyDestroyed(f"the key of epoch {epoch} is no more")
        return self._keks[epoch]

    def _count(self, name: str, times: int = 1) -> None:
        assert not self._is_closed, f"{name} was asked of keys that were closed"
        if self.is_away:
            raise KeysUnavailable("the keys are away, as the test wants it")
        self.counts[name] += times
