"""Content, encrypted, outside the journal. Reads and writes `vault_key` and `vault_object`.

An object is AES-256-GCM ciphertext of salt and payload under a key derived from its scope's key and its id. The
journal holds only SHA-256(tag || salt || payload): with the salt gone nobody can guess the payload from it. Scopes
(a person, an import) are what a later erasure destroys; scope keys are wrapped by a custodian that may be hardware.
"""

import hashlib
import hmac
import os
import secrets
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tallystick.events.envelope import ObjectRef
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.schema import VAULT_KEY, VAULT_OBJECT, Row

COMMIT_TAG = b"tallystick/commit/v1\x00"
SALT_BYTES = 32
_NONCE_BYTES = 12
_KEY_BYTES = 32


class VaultError(RuntimeError):
    """An object cannot be opened. The subclasses say why."""


class ObjectMissing(VaultError):
    """The vault does not hold the object."""


class ObjectAltered(VaultError):
    """The bytes are not those that were sealed: truncated, changed, swapped or under another key."""


class CommitmentBroken(VaultError):
    """The bytes open, but are not what the journal committed to."""


class KeyDamaged(RuntimeError):
    """The root key is not one: without it nothing of the vault opens."""


class Custodian(Protocol):
    """Who holds the root key: a token, a cloud key service, or, for development, a file."""

    @property
    def custody(self) -> str:
        """How the root key is kept, as screens and releases say it."""
        ...

    def wrap(self, key: bytes, scope: str) -> bytes:
        """Encrypt a scope key, bound to its scope."""
        ...

    def unwrap(self, wrapped: bytes, scope: str) -> bytes:
        """Decrypt a scope key. Raises ObjectAltered when it is not this scope's or not this root's."""
        ...


class SoftwareCustodian:
    """Development custody: the root key is a file. No protection against whoever reads the disk."""

    custody = "software-development"

    def __init__(self, path: Path) -> None:
        """Read the key file; raises PermissionError when others may read it."""
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            raise PermissionError(f"{path}: expected mode 600, found {mode:o}: run chmod 600 on it")
        key = path.read_bytes()
        if len(key) != _KEY_BYTES:
            raise KeyDamaged(f"{path}: expected a key of {_KEY_BYTES} bytes, found {len(key)}: restore the file")
        self._cipher = AESGCM(key)

    @classmethod
    def create(cls, path: Path) -> "SoftwareCustodian":
        """Make a new root key. Raises FileExistsError rather than replace one."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())  # content is sealed under it from now on
        return cls(path)

    def wrap(self, key: bytes, scope: str) -> bytes:
        """Encrypt a scope key, bound to its scope."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key, scope.encode())

    def unwrap(self, wrapped: bytes, scope: str) -> bytes:
        """Decrypt a scope key."""
        try:
            return self._cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], scope.encode())
        except InvalidTag as error:
            raise ObjectAltered(f"the key of {scope} does not open: wrong root key or altered row") from error


@dataclass(frozen=True, slots=True)
class Opened:
    """A payload with the salt that opens its commitment."""

    payload: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class SealedObject:
    """A row for the vault, and how the journal will refer to it."""

    ref: ObjectRef
    scope: str
    sealed: bytes


def commitment(salt: bytes, payload: bytes) -> str:
    """What the journal says of a payload."""
    return hashlib.sha256(COMMIT_TAG + salt + payload).hexdigest()


_KEY_OF = Statement(sa.select(VAULT_KEY.c.wrapped).where(VAULT_KEY.c.scope == sa.bindparam("scope")))
_OBJECT = Statement(sa.select(VAULT_OBJECT).where(VAULT_OBJECT.c.object == sa.bindparam("wanted")))
_FEW = 8
"""So many objects are found faster one by one, by statements that are ready, than by a statement of their own."""


class Vault:
    """Seals and opens objects. Scope keys are cached in memory; plaintext never is."""

    def __init__(self, custodian: Custodian) -> None:
        self._custodian = custodian
        self._keys: dict[str, bytes] = {}
        # Keys made in a transaction that may still be rolled back: they live and die with it.
        self._fresh: weakref.WeakKeyDictionary[sa.Transaction, dict[str, bytes]] = weakref.WeakKeyDictionary()

    @property
    def custody(self) -> str:
        """How the root key is kept."""
        return self._custodian.custody

    def seal(self, connection: sa.Connection, payload: bytes, *, scope: str, object_id: str) -> SealedObject:
        """Encrypt a payload; makes the scope's key in the same transaction when the scope is new."""
        drawn = secrets.token_bytes(SALT_BYTES + _NONCE_BYTES)
        salt, nonce = drawn[:SALT_BYTES], drawn[SALT_BYTES:]
        committed = commitment(salt, payload)
        cipher = self._cipher(self._scope_key(connection, scope), object_id)
        sealed = nonce + cipher.encrypt(nonce, salt + payload, f"{object_id}|{committed}".encode())
        ref = ObjectRef(object=object_id, commitment=committed, bytes=len(payload))
        return SealedObject(ref, scope, sealed)

    def open(self, connection: sa.Connection, object_id: str) -> Opened:
        """The payload of one object. Raises ObjectMissing, ObjectAltered or CommitmentBroken."""
        row = _OBJECT.first(connection, {"wanted": object_id})
        if row is None:
            raise ObjectMissing(f"the vault holds no object {object_id}")
        return self._open_row(connection, row)

    def open_all(self, connection: sa.Connection, object_ids: Iterable[str]) -> dict[str, Opened]:
        """Many objects by id, 500 to a query."""
        wanted = list(dict.fromkeys(object_ids))
        if len(wanted) <= _FEW:
            return {object_id: self.open(connection, object_id) for object_id in wanted}
        found: dict[str, Opened] = {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            for row in connection.execute(sa.select(VAULT_OBJECT).where(VAULT_OBJECT.c.object.in_(part))).all():
                found[row.object] = self._open_row(connection, row)
        for object_id in wanted:
            if object_id not in found:
                raise ObjectMissing(f"the vault holds no object {object_id}")
        return found

    def open_rows(self, connection: sa.Connection, rows: Iterable[Row]) -> list[Opened]:
        """The payloads of objects whose rows another query has found. Raises ObjectAltered or CommitmentBroken."""
        return [self._open_row(connection, row) for row in rows]

    def _open_row(self, connection: sa.Connection, row: Row) -> Opened:
        cipher = self._cipher(self._existing_key(connection, row.scope), row.object)
        bound = f"{row.object}|{row.commitment}".encode()
        try:
            plain = cipher.decrypt(row.sealed[:_NONCE_BYTES], row.sealed[_NONCE_BYTES:], bound)
        except (InvalidTag, ValueError) as error:
            raise ObjectAltered(f"object {row.object} does not open: truncated, changed or swapped") from error
        opened = Opened(plain[SALT_BYTES:], plain[:SALT_BYTES])
        if commitment(opened.salt, opened.payload) != row.commitment:
            raise CommitmentBroken(f"object {row.object} opens, but not to what was committed")
        return opened

    def seal_private(self, connection: sa.Connection, payload: bytes, *, scope: str) -> bytes:
        """Encrypt bytes that no event refers to, such as a draft."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = self._cipher(self._scope_key(connection, scope), "private")
        return nonce + cipher.encrypt(nonce, payload, scope.encode())

    def open_private(self, connection: sa.Connection, sealed: bytes, *, scope: str) -> bytes:
        """What `seal_private` sealed."""
        cipher = self._cipher(self._existing_key(connection, scope), "private")
        try:
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], scope.encode())
        except InvalidTag as error:
            raise ObjectAltered(f"a private object of {scope} does not open") from error

    def keyed_digest(self, connection: sa.Connection, payload: bytes, *, scope: str) -> str:
        """A digest that finds equal payloads and tells nothing to who lacks the key; hexadecimal."""
        return hmac.digest(self._scope_key(connection, scope), payload, "sha256").hex()

    @staticmethod
    def _cipher(scope_key: bytes, object_id: str) -> AESGCM:
        # One HMAC is HKDF-Expand with one block: an own key for every object, so nonces cannot collide across them.
        return AESGCM(hmac.digest(scope_key, b"tallystick/object/v1\x00" + object_id.encode(), "sha256"))

    def _scope_key(self, connection: sa.Connection, scope: str) -> bytes:
        key = self._known_key(connection, scope)
        if key is None:
            key = secrets.token_bytes(32)
            row = {"scope": scope, "wrapped": self._custodian.wrap(key, scope), "custody": self._custodian.custody}
            connection.execute(VAULT_KEY.insert().values(**row))
            self._fresh.setdefault(_transaction(connection), {})[scope] = key
        return key

    def _known_key(self, connection: sa.Connection, scope: str) -> bytes | None:
        cached = self._keys.get(scope)
        if cached is not None:
            return cached
        fresh = self._fresh.get(_transaction(connection), {})
        return fresh.get(scope) or self._stored_key(connection, scope)

    def _existing_key(self, connection: sa.Connection, scope: str) -> bytes:
        key = self._known_key(connection, scope)
        if key is None:
            raise ObjectMissing(f"the vault holds no key for {scope}")
        return key

    def _stored_key(self, connection: sa.Connection, scope: str) -> bytes | None:
        row = _KEY_OF.first(connection, {"scope": scope})
        if row is None:
            return None
        # This transaction sees the row and did not make it, so it is committed.
        self._keys[scope] = self._custodian.unwrap(row.wrapped, scope)
        return self._keys[scope]


def _transaction(connection: sa.Connection) -> sa.Transaction:
    transaction = connection.get_transaction()
    assert transaction is not None, "the vault works inside transactions"
    return transaction


def insert(connection: sa.Connection, objects: list[SealedObject]) -> None:
    """Write sealed objects."""
    if objects:
        rows = [
            {"object": o.ref.object, "scope": o.scope, "commitment": o.ref.commitment, "bytes": o.ref.bytes,
             "sealed": o.sealed}
            for o in objects
        ]  # fmt: skip
        journal.insert_many(connection, VAULT_OBJECT, rows)
