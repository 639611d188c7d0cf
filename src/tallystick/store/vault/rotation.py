"""Erasing and rotating in small steps: what hangs on a scope, its keys changed, what is dead cleared away.

Reads and writes `vault_object`, `vault_subject`, `vault_file`, drafts and credentials. Every step is one transaction
of the caller's, under the journal's lock; a step that was lost is found again by the next.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from tallystick.ledger import journal
from tallystick.store.schema import (
    CREDENTIAL,
    DRAFT,
    VAULT_ERASED,
    VAULT_FILE,
    VAULT_OBJECT,
    VAULT_SUBJECT,
    Row,
)
from tallystick.store.vault import sealing
from tallystick.store.vault.faults import ObjectErased
from tallystick.store.vault.keyring import Keyring, KeyRow
from tallystick.store.vault.sealing import Place

DIGEST_PREFIX = "digest:"
"""Objects of the vault's own: the secrets of keyed digests. No event refers to them."""
_TOGETHER = 500
_OBJECT_PARTS = (
    VAULT_OBJECT.c.object, VAULT_OBJECT.c.scopes, VAULT_OBJECT.c.commitment, VAULT_OBJECT.c.bytes,
    VAULT_OBJECT.c.wrapped,
)  # fmt: skip
_FILE_PARTS = (
    VAULT_FILE.c.file.label("object"), VAULT_FILE.c.scopes, VAULT_FILE.c.commitment, VAULT_FILE.c.bytes,
    VAULT_FILE.c.wrapped,
)  # fmt: skip


def credential_place(login: str) -> str:
    """What a credential is bound to; by the keyed digest of its login."""
    return f"credential|{login}"


def draft_place(work: str) -> str:
    """What a draft is bound to beside its expert and its item's import; by the work that it is for."""
    return f"draft|{work}"


_PRIVATE: tuple[tuple[sa.Table, Callable[[Row], str]], ...] = (
    (DRAFT, lambda row: draft_place(row.work)),
    (CREDENTIAL, lambda row: credential_place(row.login)),
)


def place_of(row: Row) -> Place:
    """What a row of an object says of it."""
    return Place(row.object, row.scopes, row.commitment, row.bytes)


def members(connection: sa.Connection, scope: str, *, after: str, limit: int) -> list[str]:
    """Ids of the objects that a scope can close, in order: those at home in it, and those of which it is a subject."""
    at_home = sa.select(VAULT_OBJECT.c.object).where(VAULT_OBJECT.c.scope == scope, VAULT_OBJECT.c.object > after)
    about = sa.select(VAULT_SUBJECT.c.object).where(VAULT_SUBJECT.c.scope == scope, VAULT_SUBJECT.c.object > after)
    found: set[str] = set()
    for part in (at_home.order_by(VAULT_OBJECT.c.object), about.order_by(VAULT_SUBJECT.c.object)):
        found.update(connection.scalars(part.limit(limit)))
    return sorted(found)[:limit]


@dataclass(slots=True)
class Rotation:
    """The slow side of a vault. Remembers how far it came, only to be fast: nothing depends on it."""

    ring: Keyring
    _reached: dict[str, str] = field(default_factory=dict)

    def erase_scope(self, connection: sa.Connection, scope: str) -> None:
        """Drop all keys of a scope, and let no new one be made."""
        journal.lock_head(connection)
        self.ring.drop(connection, scope)
        _mark(connection, [scope], is_purged=False)

    def erase_objects(self, connection: sa.Connection, object_ids: Sequence[str]) -> set[str]:
        """Drop the bytes of objects; the home scopes whose key must change, so that older copies die with it."""
        journal.lock_head(connection)
        homes: set[str] = set()
        for start in range(0, len(object_ids), _TOGETHER):
            part = object_ids[start : start + _TOGETHER]
            is_one = VAULT_OBJECT.c.object.in_(part)
            homes.update(connection.scalars(sa.select(VAULT_OBJECT.c.scope).where(is_one).distinct()))
            _mark(connection, part, is_purged=True)
            _empty(connection, part)
        return homes

    def purge(self, connection: sa.Connection, limit: int) -> int:
        """Drop the bytes of what no key opens any more; how many rows, 0 when none is left."""
        journal.lock_head(connection)
        waiting = sa.select(VAULT_ERASED.c.target).where(VAULT_ERASED.c.is_purged == 0).order_by(VAULT_ERASED.c.target)
        for scope in connection.scalars(waiting).all():
            done = self._purge_scope(connection, scope, limit)
            if done:
                return done
            connection.execute(VAULT_ERASED.update().where(VAULT_ERASED.c.target == scope).values(is_purged=1))
        return 0

    def _purge_scope(self, connection: sa.Connection, scope: str, limit: int) -> int:
        def full(ids: list[str]) -> list[str]:
            query = sa.select(VAULT_OBJECT.c.object).where(VAULT_OBJECT.c.object.in_(ids))
            return list(connection.scalars(query.where(sa.func.length(VAULT_OBJECT.c.sealed) > 0)))

        found = self._next(connection, scope, limit, wanted=full)
        if found:
            _empty(connection, found)
            return len(found)
        is_named = sa.or_(VAULT_FILE.c.scope == scope, VAULT_FILE.c.scopes.contains(f" {scope}#", autoescape=True))
        is_full = sa.func.length(VAULT_FILE.c.wrapped) > 0
        files = connection.execute(VAULT_FILE.update().where(is_named, is_full).values(wrapped=b"")).rowcount
        return files + sum(self._purge_private(connection, scope, table, place) for table, place in _PRIVATE)

    @staticmethod
    def _purge_private(connection: sa.Connection, scope: str, table: sa.Table, place: Callable[[Row], str]) -> int:
        number = 0
        for row in connection.execute(table.select()).all():
            if scope in _scopes(sealing.private_scopes(row.sealed, place(row))):
                number += connection.execute(table.delete().where(_is_row(table, row))).rowcount
        return number

    def rewrap_scope(self, connection: sa.Connection, scope: str, limit: int) -> int:
        """Bring objects from older keys of a scope to its newest; how many. At 0 the older keys are let go."""
        journal.lock_head(connection)
        rows = self.ring.rows(connection, [scope])[scope]
        if len(rows) < 2:
            return 0
        newest = rows[-1]

        def stale(ids: list[str]) -> list[str]:
            return [row.object for row in self._stale(connection, VAULT_OBJECT.c.object.in_(ids), newest)]

        found = self._next(connection, scope, limit, wanted=stale)
        if found:
            self._rewrap(connection, self._stale(connection, VAULT_OBJECT.c.object.in_(found), newest), VAULT_OBJECT)
            return len(found)
        done = self._rewrap_files(connection, newest)
        if done:
            return done
        # Whoever seals privately without the journal's lock holds the key rows: this waits for them, and then sees
        # what they wrote.
        self.ring.drop_before(connection, newest)
        self._rewrap_private(connection, newest, rows)
        return 0

    def _next(
        self, connection: sa.Connection, scope: str, limit: int, *, wanted: Callable[[list[str]], list[str]]
    ) -> list[str]:
        """The next objects of a scope that are wanted. From where it came to last time, and once more from the start.

        Nothing is missed when a step was rolled back: an empty answer is given only after a whole round.
        """
        began = after = self._reached.get(scope, "")
        while True:
            ids = members(connection, scope, after=after, limit=limit)
            found = wanted(ids) if ids else []
            if found:
                self._reached[scope] = ids[-1]
                return found
            if ids:
                after = ids[-1]
            elif began:
                began = after = ""
            else:
                self._reached.pop(scope, None)
                return []

    def _stale(self, connection: sa.Connection, which: sa.ColumnElement[bool], newest: KeyRow) -> list[Row]:
        """Rows of living objects that name an older key of a scope."""
        query: sa.Select[Any] = sa.select(*_OBJECT_PARTS).where(which, sa.func.length(VAULT_OBJECT.c.wrapped) > 0)
        rows = connection.execute(query).all()
        return self._living(connection, [row for row in rows if _is_stale(row.scopes, newest)])

    def _living(self, connection: sa.Connection, rows: list[Row]) -> list[Row]:
        known = self.ring.rows(connection, [scope for row in rows for scope in _scopes(row.scopes)])
        names = {row.name for rows in known.values() for row in rows}
        return [row for row in rows if names.issuperset(row.scopes.split(" "))]

    def _rewrap(self, connection: sa.Connection, rows: list[Row], table: sa.Table) -> None:
        keys = self.ring.named(connection, [name for row in rows for name in row.scopes.split(" ")])
        for row in rows:
            old, scopes = place_of(row), _scopes(row.scopes)
            object_key = sealing.unwrap(old, [keys[name] for name in row.scopes.split(" ")], bytes(row.wrapped))
            names, newest = self.ring.current(connection, scopes)
            place = Place(row.object, names, row.commitment, row.bytes)
            nonce = bytes(row.wrapped)[sealing.HEADER_BYTES - sealing.NONCE_BYTES : sealing.HEADER_BYTES]
            wrapped = sealing.wrap(place, newest, object_key, nonce)
            identity = VAULT_OBJECT.c.object if table is VAULT_OBJECT else VAULT_FILE.c.file
            connection.execute(table.update().where(identity == row.object).values(scopes=names, wrapped=wrapped))

    def _rewrap_files(self, connection: sa.Connection, newest: KeyRow) -> int:
        query: sa.Select[Any] = sa.select(*_FILE_PARTS).where(sa.func.length(VAULT_FILE.c.wrapped) > 0)
        rows = [row for row in connection.execute(query).all() if _is_stale(row.scopes, newest)]
        living = self._living(connection, rows)
        self._rewrap(connection, living, VAULT_FILE)
        return len(living)

    def _rewrap_private(self, connection: sa.Connection, newest: KeyRow, rows: Sequence[KeyRow]) -> None:
        """Drafts and credentials are few and small: all of them in the step that lets the older keys go."""
        older = self.ring.opened(connection, rows)
        for table, place in _PRIVATE:
            for row in connection.execute(table.select()).all():
                where = place(row)
                scopes = sealing.private_scopes(row.sealed, where)
                if not _is_stale(scopes, newest):
                    continue
                keys = {**self.ring.named(connection, scopes.split(" ")), **older}
                if keys.keys() < set(scopes.split(" ")):
                    continue
                try:
                    names, now = self.ring.current(connection, _scopes(scopes))
                    payload = sealing.open_private([keys[n] for n in scopes.split(" ")], row.sealed, place=where)
                except (ObjectErased, KeyError):
                    continue  # dead with another of its scopes: the purge takes it
                sealed = sealing.seal_private(now, names, payload=payload, place=where)
                connection.execute(table.update().where(_is_row(table, row)).values(sealed=sealed))


def _scopes(names: str) -> list[str]:
    return [name.rpartition("#")[0] for name in names.split(" ")]


def _is_stale(names: str, newest: KeyRow) -> bool:
    named = [name.rpartition("#") for name in names.split(" ")]
    return any(scope == newest.scope and int(generation) < newest.generation for scope, _, generation in named)


def _is_row(table: sa.Table, row: Row) -> sa.ColumnElement[bool]:
    return sa.and_(*(column == getattr(row, column.name) for column in table.primary_key.columns))


def _mark(connection: sa.Connection, targets: Iterable[str], *, is_purged: bool) -> None:
    known = set(connection.scalars(sa.select(VAULT_ERASED.c.target).where(VAULT_ERASED.c.target.in_(list(targets)))))
    rows = [{"target": target, "is_purged": int(is_purged)} for target in dict.fromkeys(targets) if target not in known]
    journal.insert_many(connection, VAULT_ERASED, rows)
    if known and not is_purged:  # restored from a backup, erased once more: there may be bytes again
        connection.execute(VAULT_ERASED.update().where(VAULT_ERASED.c.target.in_(known)).values(is_purged=0))


def _empty(connection: sa.Connection, object_ids: Sequence[str]) -> None:
    """The row stays, without any bytes: it tells what was erased from what is missing."""
    is_one = VAULT_OBJECT.c.object.in_(object_ids)
    connection.execute(VAULT_OBJECT.update().where(is_one).values(wrapped=b"", sealed=b""))
