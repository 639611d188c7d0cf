"""The keys of scopes: made, found, kept in memory. Reads and writes `vault_key`, `vault_epoch` and `vault_erased`.

A key in memory is used only while its row stands in the database as it did when it was opened: every transaction
looks the row up once. So an erasure or a rotation by another process holds from its commit on.
"""

import secrets
import threading
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tallystick.custody import KeyDestroyed, Keys
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.schema import ERASED, VAULT_EPOCH, VAULT_ERASED, VAULT_KEY, Row
from tallystick.store.vault.faults import EpochInUse, KeyMissing, ObjectErased, ObjectReplayed
from tallystick.store.vault.sealing import KEY_BYTES

CURRENT, RETIRING, DESTROYED = "current", "retiring", "destroyed"
_TOGETHER = 500
_CACHE_MAX = 100_000
"""Beyond so many keys in memory they are forgotten and unwrapped again."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A wrapped scope key."""

    scope: str
    generation: int
    epoch: int
    wrapped: bytes

    @property
    def name(self) -> str:
        """How objects name the key that they need."""
        return f"{self.scope}#{self.generation}"

    @property
    def binding(self) -> str:
        """What the wrapped bytes are bound to."""
        return f"{self.name}@{self.epoch}"


@dataclass(slots=True)
class _Seen:
    """What one transaction knows of key rows. Within a transaction nothing else changes them."""

    rows: dict[str, dict[int, KeyRow]] = field(default_factory=dict)
    epoch: int | None = None
    newest: dict[tuple[str, ...], tuple[str, list[bytes]]] = field(default_factory=dict)  # by scopes
    opened: dict[str, list[bytes]] = field(default_factory=dict)  # by names, as an object carries them
    secrets: dict[str, bytes] = field(default_factory=dict)  # by scope: what its keyed digests are made with

    def forget(self) -> None:
        """Rows changed: what was found by them is found anew."""
        self.newest.clear()
        self.opened.clear()
        self.secrets.clear()


_KEY_COLUMNS: sa.Select[Any] = sa.select(
    VAULT_KEY.c.scope, VAULT_KEY.c.generation, VAULT_KEY.c.epoch, VAULT_KEY.c.wrapped
)
_OF_TWO = _KEY_COLUMNS.where(
    sa.or_(VAULT_KEY.c.scope == sa.bindparam("first"), VAULT_KEY.c.scope == sa.bindparam("second"))
)
_KEYS_OF_TWO = Statement(_OF_TWO)
_KEYS_HELD = Statement(_OF_TWO.with_for_update(read=True))
# Held until the transaction ends: an epoch is not replaced while somebody without the journal's lock wraps under it.
_EPOCH = Statement(sa.select(VAULT_EPOCH.c.epoch).where(VAULT_EPOCH.c.state == CURRENT).with_for_update(read=True))


def _key_row(row: Row) -> KeyRow:
    return KeyRow(row.scope, row.generation, row.epoch, bytes(row.wrapped))


class Keyring:
    """The scope keys of one cell. Safe to use from many threads."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._cache: dict[tuple[str, int], tuple[bytes, bytes]] = {}  # wrapped, key
        self._seen: weakref.WeakKeyDictionary[sa.Transaction, _Seen] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    @property
    def custody(self) -> str:
        """Where the keys live that wrap these."""
        return self._keys.custody

    def rows(self, connection: sa.Connection, scopes: Iterable[str], *, hold: bool = False) -> dict[str, list[KeyRow]]:
        """The key rows of scopes, oldest generation first; one query for all that this transaction has not seen.

        hold  keep the rows as they are until the transaction ends, for who writes without the journal's lock
        """
        seen = self._of(connection)
        wanted = list(dict.fromkeys(scopes))
        new = [scope for scope in wanted if scope not in seen.rows]
        for start in range(0, len(new), _TOGETHER):
            part = new[start : start + _TOGETHER]
            found: dict[str, dict[int, KeyRow]] = {scope: {} for scope in part}
            for row in self._read(connection, part, hold=hold):
                found[row.scope][row.generation] = row
            seen.rows.update(found)
        return {scope: [row for _, row in sorted(seen.rows[scope].items())] for scope in wanted}

    @staticmethod
    def _read(connection: sa.Connection, scopes: Sequence[str], *, hold: bool) -> list[KeyRow]:
        if len(scopes) <= 2:
            statement = _KEYS_HELD if hold else _KEYS_OF_TWO
            return [_key_row(row) for row in statement.all(connection, {"first": scopes[0], "second": scopes[-1]})]
        query = _KEY_COLUMNS.where(VAULT_KEY.c.scope.in_(scopes))
        found = connection.execute(query.with_for_update(read=True) if hold else query)
        return [_key_row(row) for row in found.all()]

    def current(
        self, connection: sa.Connection, scopes: Sequence[str], *, hold: bool = False
    ) -> tuple[str, list[bytes]]:
        """The names of the newest keys of scopes, as objects carry them, and the keys. Makes those that are new.

        raises  ObjectErased when a scope was erased: nothing is sealed under it again
        """
        wanted, seen = tuple(scopes), self._of(connection)
        if not hold and wanted in seen.newest:
            return seen.newest[wanted]
        found = self.rows(connection, scopes, hold=hold)
        new = [scope for scope in found if not found[scope]]
        if new:
            self._make(connection, [(scope, 1) for scope in new])
            found = self.rows(connection, scopes)
        newest = [found[scope][-1] for scope in scopes]
        opened = self.opened(connection, newest)
        seen.newest[wanted] = " ".join(row.name for row in newest), [opened[row.name] for row in newest]
        return seen.newest[wanted]

    def of_object(self, connection: sa.Connection, names: str) -> list[bytes] | None:
        """The keys that an object names, in their order; None when one of them has no row."""
        seen = self._of(connection)
        keys = seen.opened.get(names)
        if keys is None:
            listed = names.split(" ")
            found = self.named(connection, listed)
            if len(found) < len(listed):
                return None
            keys = seen.opened[names] = [found[name] for name in listed]
        return keys

    def secrets(self, connection: sa.Connection) -> dict[str, bytes]:
        """Secrets of keyed digests that this transaction has opened, by scope: a file of items asks for each item."""
        return self._of(connection).secrets

    def _make(self, connection: sa.Connection, wanted: list[tuple[str, int]]) -> None:
        gone = self.erased(connection, [scope for scope, _ in wanted])
        if gone:
            raise ObjectErased(f"{min(gone)} was erased: expected a scope that lives; nothing new is kept under it")
        epoch = self.epoch(connection)
        bare = [KeyRow(scope, generation, epoch, b"") for scope, generation in wanted]
        keys = [secrets.token_bytes(KEY_BYTES) for _ in bare]
        wrapped = self._keys.wrap(epoch, [(row.binding, key) for row, key in zip(bare, keys, strict=True)])
        rows = [KeyRow(row.scope, row.generation, epoch, sealed) for row, sealed in zip(bare, wrapped, strict=True)]
        journal.insert_many(
            connection, VAULT_KEY,
            [{"scope": r.scope, "generation": r.generation, "epoch": r.epoch, "wrapped": r.wrapped} for r in rows],
        )  # fmt: skip
        seen = self._of(connection)
        seen.forget()
        for row, key in zip(rows, keys, strict=True):
            seen.rows.setdefault(row.scope, {})[row.generation] = row
            self._keep(row, key)

    def _keep(self, row: KeyRow, key: bytes) -> None:
        # Rolled back or not: the key counts only where a row with these very bytes stands.
        if len(self._cache) >= _CACHE_MAX:
            self._cache.clear()
        self._cache[row.scope, row.generation] = (row.wrapped, key)

    def forget_dropped(self, connection: sa.Connection) -> int:
        """Let go of keys in memory whose row is gone or has changed, whoever changed it; how many."""
        rows = connection.execute(_KEY_COLUMNS.execution_options(yield_per=_TOGETHER))
        living = {(row.scope, row.generation): bytes(row.wrapped) for part in rows.partitions() for row in part}
        dropped = [name for name, (wrapped, _) in list(self._cache.items()) if living.get(name) != wrapped]
        for name in dropped:
            self._cache.pop(name, None)
        return len(dropped)

    def named(self, connection: sa.Connection, names: Iterable[str]) -> dict[str, bytes]:
        """Keys by the names that objects carry; what has no row is left out."""
        wanted = dict.fromkeys(names)
        found = self.rows(connection, [name.rpartition("#")[0] for name in wanted])
        return self.opened(connection, [row for rows in found.values() for row in rows if row.name in wanted])

    def opened(self, connection: sa.Connection, rows: Sequence[KeyRow]) -> dict[str, bytes]:
        """Keys of rows by name: from memory, or unwrapped, all of one epoch at once.

        raises  custody.WrongKey, custody.KeyDestroyed, custody.KeysUnavailable; ObjectReplayed, ObjectErased
        """
        found, closed = {}, dict[int, list[KeyRow]]()
        for row in rows:
            wrapped, key = self._cache.get((row.scope, row.generation), (b"", b""))
            if wrapped == row.wrapped and key:
                found[row.name] = key
            else:
                closed.setdefault(row.epoch, []).append(row)
        for epoch, part in closed.items():
            self._refuse_revived(connection, part)
            for row, key in zip(part, self._unwrap(connection, epoch, part), strict=True):
                self._keep(row, key)
                found[row.name] = key
        return found

    def _refuse_revived(self, connection: sa.Connection, rows: Sequence[KeyRow]) -> None:
        gone = self.erased(connection, [row.scope for row in rows])
        if gone:
            raise ObjectErased(
                f"{min(gone)} was erased, but a row with its key is in the database: somebody put it back; erase it "
                "again and destroy the epochs before"
            )

    def _unwrap(self, connection: sa.Connection, epoch: int, rows: Sequence[KeyRow]) -> list[bytes]:
        try:
            return self._keys.unwrap(epoch, [(row.binding, row.wrapped) for row in rows])
        except KeyDestroyed as error:
            query = sa.select(VAULT_EPOCH.c.state).where(VAULT_EPOCH.c.epoch == epoch)
            if connection.execute(query).scalar() != DESTROYED:
                raise
            raise ObjectReplayed(
                f"the key of {rows[0].scope}: expected one of a living epoch, found one of epoch {epoch}, which is "
                "destroyed: an old row was put back; restore the newest"
            ) from error

    def erased(self, connection: sa.Connection, targets: Iterable[str]) -> set[str]:
        """Which of these objects and scopes were erased."""
        wanted, found = list(dict.fromkeys(targets)), set[str]()
        for start in range(0, len(wanted), _TOGETHER):
            part = wanted[start : start + _TOGETHER]
            for table in (VAULT_ERASED, ERASED):
                found.update(connection.scalars(sa.select(table.c.target).where(table.c.target.in_(part))))
        return found

    def drop(self, connection: sa.Connection, scope: str) -> None:
        """Erase the keys of a scope: from this transaction on, and for everybody at its commit."""
        connection.execute(VAULT_KEY.delete().where(VAULT_KEY.c.scope == scope))
        seen = self._of(connection)
        seen.forget()
        seen.rows[scope] = {}
        for known in [known for known in list(self._cache) if known[0] == scope]:
            self._cache.pop(known, None)

    def drop_before(self, connection: sa.Connection, newest: KeyRow) -> None:
        """Let go of the keys of a scope that are older than its newest."""
        is_older = sa.and_(VAULT_KEY.c.scope == newest.scope, VAULT_KEY.c.generation < newest.generation)
        connection.execute(VAULT_KEY.delete().where(is_older))
        seen = self._of(connection)
        seen.forget()
        seen.rows[newest.scope] = {newest.generation: newest}

    def start_generation(self, connection: sa.Connection, scope: str) -> int:
        """A new key for a scope: from now on everything is sealed under it. Raises KeyMissing for an unknown scope."""
        rows = self.rows(connection, [scope])[scope]
        if not rows:
            raise KeyMissing(f"{scope}: expected a scope with a key, found none: nothing is to be rotated")
        generation = rows[-1].generation + 1
        self._make(connection, [(scope, generation)])
        return generation

    def epoch(self, connection: sa.Connection) -> int:
        """The epoch whose key wraps now. A cell begins with the first."""
        seen = self._of(connection)
        if seen.epoch is None:
            row = _EPOCH.first(connection, {})
            if row is None:
                self.start_epoch(connection, 1)
            else:
                seen.epoch = row.epoch
        assert seen.epoch is not None
        return seen.epoch

    def start_epoch(self, connection: sa.Connection, epoch: int) -> None:
        """Let an epoch be the one that wraps from now on. Started before is started."""
        states = {row.epoch: row.state for row in connection.execute(VAULT_EPOCH.select()).all()}
        if states.get(epoch) != CURRENT:
            assert epoch > max(states, default=0), "epochs only go up"
            connection.execute(VAULT_EPOCH.update().where(VAULT_EPOCH.c.state == CURRENT).values(state=RETIRING))
            connection.execute(VAULT_EPOCH.insert().values(epoch=epoch, state=CURRENT))
        self._of(connection).epoch = epoch

    def rewrap_epoch(self, connection: sa.Connection, limit: int) -> int:
        """Bring keys of older epochs under the current one; how many."""
        epoch = self.epoch(connection)
        query = _KEY_COLUMNS.where(VAULT_KEY.c.epoch < epoch).order_by(VAULT_KEY.c.scope, VAULT_KEY.c.generation)
        found = connection.execute(query.limit(limit)).all()
        rows = [_key_row(row) for row in found]
        opened = self.opened(connection, rows)
        fresh = [KeyRow(row.scope, row.generation, epoch, b"") for row in rows]
        wrapped = self._keys.wrap(epoch, [(row.binding, opened[row.name]) for row in fresh]) if rows else []
        seen = self._of(connection)
        for row, sealed in zip(fresh, wrapped, strict=True):
            is_row = sa.and_(VAULT_KEY.c.scope == row.scope, VAULT_KEY.c.generation == row.generation)
            connection.execute(VAULT_KEY.update().where(is_row).values(epoch=epoch, wrapped=sealed))
            moved = KeyRow(row.scope, row.generation, epoch, sealed)
            if row.scope in seen.rows:
                seen.rows[row.scope][row.generation] = moved
            self._keep(moved, opened[row.name])
        return len(rows)

    def end_epoch(self, connection: sa.Connection, epoch: int) -> None:
        """Note that the key of an epoch is destroyed. Raises EpochInUse while it wraps anything that is needed."""
        held = connection.execute(
            sa.select(sa.func.count()).select_from(VAULT_KEY).where(VAULT_KEY.c.epoch <= epoch)
        ).scalar_one()
        if held or epoch >= self.epoch(connection):
            raise EpochInUse(
                f"epoch {epoch}: expected a retired one that wraps nothing, found {held} keys under it or before: "
                "bring them under the current epoch first"
            )
        connection.execute(VAULT_EPOCH.update().where(VAULT_EPOCH.c.epoch == epoch).values(state=DESTROYED))

    def _of(self, connection: sa.Connection) -> _Seen:
        transaction = connection.get_transaction()
        assert transaction is not None, "the vault works inside transactions"
        with self._lock:
            return self._seen.setdefault(transaction, _Seen())
