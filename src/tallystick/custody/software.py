"""Development custody: the keys of a cell are files in a folder. Reads and writes `keys/` of the cell's folder.

Whoever reads the disk has the keys: it protects nothing from an administrator of the machine, and says so everywhere.
No key is kept in memory between calls, so one that another process destroys is gone here too.
"""

import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tallystick.custody import SOFTWARE, CustodyMismatch, KeyDestroyed, WrongKey, files
from tallystick.ledger.note import check_name
from tallystick.ledger.signer import KeyRefused, SoftwareSigner, parse_private

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_LOG = re.compile(r"log-([1-9][0-9]{0,8})\.key")
_KEK = re.compile(r"kek-([1-9][0-9]{0,8})\.key")


def additional(cell: str, binding: str) -> bytes:
    """What AES-GCM authenticates beside a wrapped key: the cell, and the text that the caller bound it to."""
    return f"tallystick/key/v1|{cell}|{binding}".encode()


def check_keys(keys: Sequence[tuple[str, bytes]]) -> None:
    """Refuse to wrap what is not a key."""
    for binding, key in keys:
        if len(key) != KEY_BYTES:
            raise ValueError(f"{binding}: expected a key of {KEY_BYTES} bytes to wrap, found {len(key)}")


def check_epoch(epoch: int, known: Sequence[int]) -> None:
    """Refuse to make an epoch before the newest: it was there once, and destroyed."""
    if epoch < 1:
        raise ValueError(f"expected an epoch from 1 on, found {epoch}")
    if known and epoch < known[-1]:
        raise KeyDestroyed(f"epoch {epoch} is older than epoch {known[-1]}: a destroyed epoch is not made again")


def gone(cell: str, epoch: int) -> KeyDestroyed:
    """The error for an epoch without its key."""
    return KeyDestroyed(f"{cell}: the key of epoch {epoch} is no more: nothing that it wrapped can be opened")


def not_opened(binding: str, epoch: int) -> WrongKey:
    """The error for bytes that do not open."""
    return WrongKey(f"the key of {binding} does not open under epoch {epoch}: another key, another scope, or altered")


class SoftwareKeys:
    """The keys of one cell as files: `log-<n>.key` and `kek-<epoch>.key`."""

    custody = SOFTWARE

    def __init__(self, folder: Path, cell: str) -> None:
        self._folder = folder
        self._cell = check_name(cell)

    def log_keys(self) -> tuple[str, ...]:
        """Verifier key lines of the log keys, oldest first."""
        return tuple(signer.vkey for _, signer in self._signers())

    def new_log_key(self, name: str) -> str:
        """Make an Ed25519 key for a log of this name."""
        with files.locked(self._folder):
            number = max((number for number, _ in self._signers()), default=0) + 1
            signer = SoftwareSigner(name, os.urandom(KEY_BYTES))
            files.write(self._folder / f"log-{number}.key", f"{signer.private_line()}\n".encode())
        return signer.vkey

    def sign(self, vkey: str, message: bytes) -> bytes:
        """The Ed25519 signature of a message."""
        for _, signer in self._signers():
            if signer.vkey == vkey:
                return signer.sign(message)
        raise KeyDestroyed(f"{self._folder}: expected the log key {vkey}, found no such key: restore the keys")

    def destroy_log_key(self, vkey: str) -> None:
        """Overwrite and remove the file of a log key."""
        with files.locked(self._folder) as folder:
            for number, signer in self._signers():
                if signer.vkey == vkey:
                    files.destroy(self._folder / f"log-{number}.key", folder=folder)

    def epochs(self) -> tuple[int, ...]:
        """The epochs whose key is there."""
        return tuple(self._numbers(_KEK))

    def new_epoch(self, epoch: int) -> None:
        """Make the key of an epoch."""
        with files.locked(self._folder):
            known = self.epochs()
            if epoch not in known:
                check_epoch(epoch, known)
                files.write(self._folder / f"kek-{epoch}.key", secrets.token_bytes(KEY_BYTES))

    def destroy_epoch(self, epoch: int) -> None:
        """Overwrite and remove the key of an epoch."""
        with files.locked(self._folder) as folder:
            files.destroy(self._folder / f"kek-{epoch}.key", folder=folder)

    def waiting(self) -> dict[int, int]:
        """Nothing waits: a file is gone at once."""
        return {}

    def wrap(self, epoch: int, keys: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Encrypt keys under an epoch: nonce, ciphertext, tag."""
        check_keys(keys)
        cipher = self._cipher(epoch)
        nonces = [secrets.token_bytes(NONCE_BYTES) for _ in keys]
        return [
            nonce + cipher.encrypt(nonce, key, additional(self._cell, binding))
            for nonce, (binding, key) in zip(nonces, keys, strict=True)
        ]

    def unwrap(self, epoch: int, keys: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Decrypt what `wrap` gave."""
        cipher = self._cipher(epoch)
        return [self._unwrap(cipher, epoch, binding=binding, wrapped=wrapped) for binding, wrapped in keys]

    def close(self) -> None:
        """Nothing is held."""

    def _unwrap(self, cipher: AESGCM, epoch: int, *, binding: str, wrapped: bytes) -> bytes:
        try:
            return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], additional(self._cell, binding))
        except (InvalidTag, ValueError) as error:
            raise not_opened(binding, epoch) from error

    def _cipher(self, epoch: int) -> AESGCM:
        path = self._folder / f"kek-{epoch}.key"
        key = files.read(path)
        if key is None:
            files.names(self._folder)
            raise gone(self._cell, epoch)
        if len(key) != KEY_BYTES:
            raise CustodyMismatch(f"{path}: expected a key of {KEY_BYTES} bytes, found {len(key)}: restore the file")
        return AESGCM(key)

    def _numbers(self, form: re.Pattern[str]) -> list[int]:
        return sorted(int(found[1]) for name in files.names(self._folder) if (found := form.fullmatch(name)))

    def _signers(self) -> list[tuple[int, SoftwareSigner]]:
        found = []
        for number in self._numbers(_LOG):
            path = self._folder / f"log-{number}.key"
            content = files.read(path)
            if content is not None:
                found.append((number, _signer(path, content)))
        return found


def _signer(path: Path, content: bytes) -> SoftwareSigner:
    try:
        return SoftwareSigner(*parse_private(content.decode("utf-8", errors="replace").strip(), str(path)))
    except KeyRefused as error:
        raise CustodyMismatch(str(error)) from error
