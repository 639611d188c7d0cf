"""Content, encrypted, outside the journal. Reads and writes the `vault_` tables; docs/vault.md has every byte.

The journal holds only SHA-256(tag || salt || payload): with the salt gone nobody can guess the payload from it. An
object stands under scopes (an import, a person, somebody named in it); whoever erases one of them closes the object,
here at once, and in every copy once the key that wrapped the scope's key is destroyed.
"""

import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from tallystick.custody import Keys
from tallystick.events.envelope import SALT_BYTES, ObjectRef, commitment
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.schema import ERASED, VAULT_ERASED, VAULT_FILE, VAULT_OBJECT, VAULT_SUBJECT, Row
from tallystick.store.vault import sealing
from tallystick.store.vault.faults import (
    CommitmentBroken,
    EpochInUse,
    KeyMissing,
    ObjectAltered,
    ObjectErased,
    ObjectMissing,
    ObjectReplayed,
    ObjectSwapped,
    ObjectTruncated,
    VaultError,
)
from tallystick.store.vault.files import OpenFile, SealedFile, seal_file
from tallystick.store.vault.keyring import Keyring
from tallystick.store.vault.rotation import (
    DIGEST_PREFIX,
    Rotation,
    credential_place,
    draft_place,
    members,
    place_of,
)
from tallystick.store.vault.sealing import KEY_BYTES, NONCE_BYTES, Opened, Place

__all__ = [
    "CELL_SCOPE",
    "CommitmentBroken",
    "EpochInUse",
    "Erased",
    "KeyMissing",
    "ObjectAltered",
    "ObjectErased",
    "ObjectMissing",
    "ObjectReplayed",
    "ObjectSwapped",
    "ObjectTruncated",
    "OpenFile",
    "Opened",
    "SealedFile",
    "SealedObject",
    "Vault",
    "VaultError",
    "commitment",
    "credential_place",
    "draft_place",
    "insert",
    "seal_file",
]
CELL_SCOPE = "cell"
"""The scope of what belongs to nobody: secrets by which the cell finds things."""


@dataclass(frozen=True, slots=True)
class SealedObject:
    """A row for the vault, and how the journal will refer to it.

    scopes   the names of the keys that it needs, home first
    wrapped  its own key, under those
    """

    ref: ObjectRef
    scopes: str
    wrapped: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Erased:
    """What is left of an object that was erased: its id, and the erased scopes or object that closed it."""

    object: str
    by: tuple[str, ...]


_OBJECT = Statement(sa.select(VAULT_OBJECT).where(VAULT_OBJECT.c.object == sa.bindparam("wanted")))
_FEW = 8
"""So many objects are found faster one by one, by statements that are ready, than by a statement of their own."""
_TOGETHER = 500


class Vault:
    """Seals and opens objects. Scope keys are cached in memory; plaintext never is. Safe to use from many threads."""

    def __init__(self, keys: Keys) -> None:
        self._ring = Keyring(keys)
        self._rotation = Rotation(self._ring)

    @property
    def custody(self) -> str:
        """Where the keys live that wrap all others."""
        return self._ring.custody

    # --- objects -----------------------------------------------------------------------------------------------------

    def seal(
        self, connection: sa.Connection, payload: bytes, *, scope: str, object_id: str, subjects: Sequence[str] = ()
    ) -> SealedObject:
        """Encrypt a payload; makes the keys of new scopes in the same transaction.

        scope     where the object is at home
        subjects  whom else it is about: erasing any of them closes it, too
        raises    ObjectErased when one of the scopes was erased
        """
        names, keys = self._ring.current(connection, _in_order(scope, subjects))
        drawn = secrets.token_bytes(SALT_BYTES + NONCE_BYTES + KEY_BYTES)
        salt, nonce = drawn[:SALT_BYTES], drawn[SALT_BYTES : SALT_BYTES + NONCE_BYTES]
        object_key = drawn[SALT_BYTES + NONCE_BYTES :]
        place = Place(object_id, names, commitment(salt, payload), len(payload))
        return SealedObject(
            ObjectRef(object=object_id, commitment=place.commitment, bytes=place.size), names,
            sealing.wrap(place, keys, object_key, nonce), sealing.seal(place, object_key, nonce, salt + payload),
        )  # fmt: skip

    def open(self, connection: sa.Connection, object_id: str, *, ref: ObjectRef | None = None) -> Opened:
        """The payload of one object.

        ref     what the journal says of it, to hold the row against
        raises  ObjectMissing, ObjectErased, KeyMissing, ObjectTruncated, ObjectSwapped, ObjectReplayed, ObjectAltered,
                CommitmentBroken; custody.CustodyError when its keys do not open or cannot be reached
        """
        row = _OBJECT.first(connection, {"wanted": object_id})
        if row is None:
            raise self._absent(connection, object_id)
        if ref is not None:
            sealing.check_ref(place_of(row), ref)
        return self._open_row(connection, row)

    def open_all(self, connection: sa.Connection, object_ids: Iterable[str]) -> dict[str, Opened]:
        """Many objects by id, 500 to a query. Raises what `open` raises, for the first that does not open."""
        wanted = list(dict.fromkeys(object_ids))
        if len(wanted) <= _FEW:
            return {object_id: self.open(connection, object_id) for object_id in wanted}
        found = {}
        rows = self._rows(connection, wanted)
        for object_id in wanted:
            if object_id not in rows:
                raise self._absent(connection, object_id)
            found[object_id] = self._open_row(connection, rows[object_id])
        return found

    def open_known(self, connection: sa.Connection, object_ids: Iterable[str]) -> dict[str, Opened | Erased]:
        """Many objects by id, those that were erased as such. Anything else that is wrong is raised."""
        wanted = list(dict.fromkeys(object_ids))
        rows = self._rows(connection, wanted)
        found: dict[str, Opened | Erased] = {}
        for object_id in wanted:
            row = rows.get(object_id)
            by = self._closed_by(connection, object_id, row)
            if by:
                found[object_id] = Erased(object_id, by)
            elif row is None:
                raise self._absent(connection, object_id)
            else:
                found[object_id] = self._open_row(connection, row)
        return found

    def scopes_of(self, connection: sa.Connection, object_id: str) -> list[str]:
        """The scopes under which an object stands, its home first: whoever erases one of them closes it."""
        row = self._rows(connection, [object_id]).get(object_id)
        return [] if row is None else [name.rpartition("#")[0] for name in row.scopes.split(" ")]

    def open_rows(self, connection: sa.Connection, rows: Iterable[Row]) -> list[Opened]:
        """The payloads of objects whose rows another query has found, without those that were erased."""
        return [self._open_row(connection, row) for row in rows if not self._closed_by(connection, row.object, row)]

    def _rows(self, connection: sa.Connection, wanted: Sequence[str]) -> dict[str, Row]:
        found: dict[str, Row] = {}
        if len(wanted) <= _FEW:
            each = {name: _OBJECT.first(connection, {"wanted": name}) for name in wanted}
            return {name: row for name, row in each.items() if row is not None}
        for start in range(0, len(wanted), _TOGETHER):
            part = wanted[start : start + _TOGETHER]
            rows = connection.execute(sa.select(VAULT_OBJECT).where(VAULT_OBJECT.c.object.in_(part))).all()
            found.update({row.object: row for row in rows})
        # All their keys at once: a token takes its time for each call.
        self._ring.named(connection, [name for row in found.values() for name in row.scopes.split(" ")])
        return found

    def _open_row(self, connection: sa.Connection, row: Row) -> Opened:
        keys = self._ring.of_object(connection, row.scopes)
        if keys is None or not (row.wrapped or row.sealed):
            raise self._closed(connection, row)
        return sealing.open_sealed(place_of(row), keys, row.wrapped, row.sealed)

    def _closed_by(self, connection: sa.Connection, object_id: str, row: Row | None) -> tuple[str, ...]:
        """What was erased, so that an object does not open; empty for one that is whole. Cheap for those."""
        names = row.scopes.split(" ") if row is not None else []
        scopes = [name.rpartition("#")[0] for name in names]
        if row is not None and row.sealed and all(self._ring.rows(connection, scopes).values()):
            return ()
        return tuple(sorted(self._ring.erased(connection, [object_id, *scopes])))

    def _absent(self, connection: sa.Connection, object_id: str) -> VaultError:
        if self._ring.erased(connection, [object_id]):
            return ObjectErased(f"object {object_id} was erased: the journal says by which order; it cannot be opened")
        return ObjectMissing(
            f"object {object_id}: expected it in the vault, found none: the vault holds no object {object_id}, and no "
            "erasure took it; restore the row"
        )

    def _closed(self, connection: sa.Connection, row: Row) -> VaultError:
        """Why an object has no bytes, or no key."""
        by = self._closed_by(connection, row.object, row)
        if by:
            return ObjectErased(
                f"object {row.object} was erased with {', '.join(by)}: the journal says by which order; it cannot be "
                "opened"
            )
        for name in row.scopes.split(" "):
            scope, _, generation = name.rpartition("#")
            rows = self._ring.rows(connection, [scope])[scope]
            if rows and all(known.generation > int(generation) for known in rows):
                return ObjectReplayed(
                    f"object {row.object}: expected a row under key {rows[-1].name}, found one under {name}, which is "
                    "retired: an old row was put back; restore the newest"
                )
            if name not in {known.name for known in rows}:
                return KeyMissing(
                    f"object {row.object}: expected the key {name}, found none: the vault holds no key for {scope}, "
                    "and no erasure took it; restore the row of vault_key"
                )
        return ObjectTruncated(
            f"object {row.object}: expected its bytes, found none, and no erasure took them: truncated; restore the row"
        )

    # --- large content: sealed first, where it is kept; then known, in a transaction --------------------------------

    def keep_file(
        self, connection: sa.Connection, sealed: SealedFile, *, scope: str, path: str, subjects: Sequence[str] = ()
    ) -> None:
        """Take a file that `seal_file` sealed into the vault. Without this nobody has its key.

        path  its name among the files of its scope
        """
        names, keys = self._ring.current(connection, _in_order(scope, subjects))
        place = Place(sealed.file, names, sealed.commitment, sealed.size)
        row = {
            "file": sealed.file, "scope": scope, "scopes": names, "path": path, "place": sealed.place,
            "commitment": sealed.commitment, "bytes": sealed.size,
            "wrapped": sealing.wrap(place, keys, sealed.key, sealed.nonce),
        }  # fmt: skip
        journal.insert_many(connection, VAULT_FILE, [row])

    def forget_files(self, connection: sa.Connection, scope: str) -> None:
        """Drop the rows of the files of a scope, and so their keys."""
        connection.execute(VAULT_FILE.delete().where(VAULT_FILE.c.scope == scope))

    def files_of(self, connection: sa.Connection, scope: str) -> list[Row]:
        """The files at home in a scope, by path, erased ones included."""
        query = VAULT_FILE.select().where(VAULT_FILE.c.scope == scope).order_by(VAULT_FILE.c.path)
        return list(connection.execute(query).all())

    def open_file(self, connection: sa.Connection, row: Row) -> OpenFile:
        """A file with its key at hand. Raises what `open` raises; its bytes are looked at when they are read."""
        names = row.scopes.split(" ")
        keys = self._ring.named(connection, names)
        if len(keys) < len(names) or not row.wrapped:
            gone = self._ring.erased(connection, [row.file, *(name.rpartition("#")[0] for name in names)])
            if gone:
                raise ObjectErased(f"file {row.file} was erased with {', '.join(sorted(gone))}: it cannot be opened")
            raise KeyMissing(
                f"file {row.file}: expected the keys {row.scopes}, found {len(keys)} of them, and no erasure took any: "
                "restore the rows"
            )
        place = Place(row.file, row.scopes, row.commitment, row.bytes)
        key = sealing.unwrap(place, [keys[name] for name in names], bytes(row.wrapped))
        nonce = bytes(row.wrapped)[sealing.HEADER_BYTES - NONCE_BYTES : sealing.HEADER_BYTES]
        return OpenFile(row.file, row.path, row.place, row.commitment, row.bytes, key, nonce)

    def every_file(self, connection: sa.Connection) -> list[Row]:
        """All files that were not erased, by id."""
        is_full = sa.func.length(VAULT_FILE.c.wrapped) > 0
        rows = list(connection.execute(VAULT_FILE.select().where(is_full).order_by(VAULT_FILE.c.file)).all())
        scopes = {row.file: [name.rpartition("#")[0] for name in row.scopes.split(" ")] for row in rows}
        gone = self._ring.erased(connection, [scope for named in scopes.values() for scope in named])
        return [row for row in rows if gone.isdisjoint(scopes[row.file])]

    # --- what no event refers to -------------------------------------------------------------------------------------

    def seal_private(
        self, connection: sa.Connection, payload: bytes, *, scope: str, place: str = "", subjects: Sequence[str] = ()
    ) -> bytes:
        """Encrypt bytes that no event refers to, such as a draft.

        place  what they are bound to beside their scopes; rotation goes through drafts and credentials by itself
        """
        names, keys = self._ring.current(connection, _in_order(scope, subjects), hold=True)
        return sealing.seal_private(keys, names, payload=payload, place=place)

    def open_private(self, connection: sa.Connection, sealed: bytes, *, scope: str, place: str = "") -> bytes:
        """What `seal_private` sealed at home in this scope, for this place. Raises what `open` raises."""
        where = place or f"a private object of {scope}"
        names = sealing.private_scopes(sealed, where).split(" ")
        if names[0].rpartition("#")[0] != scope:
            raise ObjectSwapped(f"{where}: expected bytes of {scope}, found those of {names[0]}: swapped; remove them")
        keys = self._ring.named(connection, names)
        if len(keys) < len(names):
            gone = self._ring.erased(connection, [name.rpartition("#")[0] for name in names])
            if gone:
                raise ObjectErased(f"{where}: erased with {', '.join(sorted(gone))}: it cannot be opened")
            raise KeyMissing(f"{where}: expected the keys {', '.join(names)}, found {len(keys)} of them: restore them")
        return sealing.open_private([keys[name] for name in names], sealed, place=place)

    def keyed_digest(self, connection: sa.Connection, payload: bytes, *, scope: str) -> str:
        """A digest that finds equal payloads and tells nothing to who lacks the key; hexadecimal.

        Its secret is an object of the scope: it stays the same when the scope's key changes, and dies with the scope.
        """
        known = self.known_digest(connection, payload, scope=scope)
        if known is not None:
            return known
        secret = secrets.token_bytes(KEY_BYTES)
        insert(connection, [self.seal(connection, secret, scope=scope, object_id=DIGEST_PREFIX + scope)])
        return hmac.digest(secret, payload, "sha256").hex()

    def known_digest(self, connection: sa.Connection, payload: bytes, *, scope: str) -> str | None:
        """The keyed digest, for who must not write; None while the scope has none."""
        opened = self._ring.secrets(connection)
        if scope not in opened:
            row = _OBJECT.first(connection, {"wanted": DIGEST_PREFIX + scope})
            if row is None:
                return None
            opened[scope] = self._open_row(connection, row).payload
        return hmac.digest(opened[scope], payload, "sha256").hex()

    def subject_scope(self, connection: sa.Connection, spelling: str) -> str:
        """The scope of somebody named in content. The name itself is kept nowhere."""
        return f"subject:{self.keyed_digest(connection, spelling.encode(), scope=CELL_SCOPE)}"

    def known_subject(self, connection: sa.Connection, spelling: str) -> str | None:
        """The scope of somebody named in content, for who must not write; None while nobody was ever named."""
        digest = self.known_digest(connection, spelling.encode(), scope=CELL_SCOPE)
        return None if digest is None else f"subject:{digest}"

    # --- erasure: all inside the caller's transaction ----------------------------------------------------------------

    def erase_scope(self, connection: sa.Connection, scope: str) -> None:
        """Drop all keys of a scope: at commit everything under it is closed, and nothing is sealed under it again."""
        self._rotation.erase_scope(connection, scope)

    def erase_objects(self, connection: sa.Connection, object_ids: Sequence[str]) -> set[str]:
        """Drop the bytes of objects; returns the home scopes that now need a new generation."""
        return self._rotation.erase_objects(connection, list(object_ids))

    def objects_of(self, connection: sa.Connection, scope: str, *, after: str = "", limit: int = 500) -> list[str]:
        """Ids of the objects at home in a scope or about it, ascending, erased ones included."""
        found = members(connection, scope, after=after, limit=limit + 1)
        return [object_id for object_id in found if not object_id.startswith(DIGEST_PREFIX)][:limit]

    def purge(self, connection: sa.Connection, *, limit: int = 500) -> int:
        """Drop the bytes of what was erased by scope; 0 when none is left."""
        return self._rotation.purge(connection, limit)

    def let_go(self, connection: sa.Connection) -> list[str]:
        """Scopes and objects that this vault let go of without an erasure in the journal: none, unless by force."""
        told = sa.select(ERASED.c.target)
        query = sa.select(VAULT_ERASED.c.target).where(VAULT_ERASED.c.target.not_in(told))
        return list(connection.scalars(query.order_by(VAULT_ERASED.c.target)))

    def forget_dropped(self, connection: sa.Connection) -> int:
        """Let go of the keys in this process's memory that an erasure or a rotation elsewhere has dropped; how many."""
        return self._ring.forget_dropped(connection)

    # --- rotation: in small steps that can be repeated, while serving ------------------------------------------------

    def start_generation(self, connection: sa.Connection, scope: str) -> int:
        """Make a new key for a scope; what is sealed from now on stands under it."""
        journal.lock_head(connection)
        return self._ring.start_generation(connection, scope)

    def rewrap_scope(self, connection: sa.Connection, scope: str, *, limit: int = 500) -> int:
        """Bring objects to the newest key of a scope; how many. At 0 the older keys are dropped."""
        return self._rotation.rewrap_scope(connection, scope, limit)

    def start_epoch(self, connection: sa.Connection, epoch: int) -> None:
        """Let scope keys be wrapped under an epoch whose key was made before. Started before is started."""
        journal.lock_head(connection)
        self._ring.start_epoch(connection, epoch)

    def rewrap_epoch(self, connection: sa.Connection, *, limit: int = 500) -> int:
        """Bring scope keys under the current epoch; how many."""
        journal.lock_head(connection)
        return self._ring.rewrap_epoch(connection, limit)

    def end_epoch(self, connection: sa.Connection, epoch: int) -> None:
        """Note that the key of an epoch is destroyed. Raises EpochInUse while it wraps anything that is needed."""
        journal.lock_head(connection)
        self._ring.end_epoch(connection, epoch)

    def reseal(self, connection: sa.Connection, object_ids: Iterable[str]) -> None:
        """Give objects a new key and nonce; salt, payload and commitment stay."""
        journal.lock_head(connection)
        for object_id in object_ids:
            row = _OBJECT.first(connection, {"wanted": object_id})
            if row is None:
                raise self._absent(connection, object_id)
            opened = self._open_row(connection, row)
            names, keys = self._ring.current(connection, [name.rpartition("#")[0] for name in row.scopes.split(" ")])
            place = Place(row.object, names, row.commitment, row.bytes)
            object_key, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(NONCE_BYTES)
            wrapped = sealing.wrap(place, keys, object_key, nonce)
            sealed = sealing.seal(place, object_key, nonce, opened.salt + opened.payload)
            is_one = VAULT_OBJECT.c.object == object_id
            connection.execute(VAULT_OBJECT.update().where(is_one).values(scopes=names, wrapped=wrapped, sealed=sealed))


def _in_order(scope: str, subjects: Sequence[str]) -> list[str]:
    """Home first, the others ascending, each once."""
    return [scope, *sorted(set(subjects) - {scope})]


def insert(connection: sa.Connection, objects: Sequence[SealedObject]) -> None:
    """Write sealed objects."""
    rows, links = [], []
    for one in objects:
        home, *subjects = (name.rpartition("#")[0] for name in one.scopes.split(" "))
        rows.append(
            {"object": one.ref.object, "scope": home, "scopes": one.scopes, "commitment": one.ref.commitment,
             "bytes": one.ref.bytes, "wrapped": one.wrapped, "sealed": one.sealed}
        )  # fmt: skip
        links += [{"scope": scope, "object": one.ref.object} for scope in subjects]
    journal.insert_many(connection, VAULT_OBJECT, rows)
    journal.insert_many(connection, VAULT_SUBJECT, links)
