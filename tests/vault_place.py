"""A vault on an empty database, and the steps of its rotation as a cell takes them."""

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from tallystick.custody.software import SoftwareKeys
from tallystick.events.envelope import ObjectRef
from tallystick.ledger import journal
from tallystick.store import schema, vault
from tallystick.store.schema import VAULT_OBJECT
from tallystick.store.vault import Vault


def new_keys(folder: Path) -> SoftwareKeys:
    folder.mkdir(mode=0o700)
    keys = SoftwareKeys(folder, "test.example")
    keys.new_epoch(1)
    return keys


class Place:
    """A vault on an empty database."""

    def __init__(self, url: str, directory: Path) -> None:
        self.engine = journal.connect(url)
        journal.create(self.engine)
        with journal.writing(self.engine) as connection:
            schema.KEPT.create_all(connection)
            schema.READ.create_all(connection)
        self.keys = new_keys(directory / "keys")
        self.vault = Vault(self.keys)

    def put(
        self, payload: bytes, *, name: str = "obj-1", scope: str = "person:per-1", subjects: tuple[str, ...] = ()
    ) -> vault.SealedObject:
        with journal.writing(self.engine) as connection:
            sealed = self.vault.seal(connection, payload, scope=scope, object_id=name, subjects=subjects)
            vault.insert(connection, [sealed])
        return sealed

    def open(self, name: str = "obj-1", *, by: Vault | None = None, ref: ObjectRef | None = None) -> vault.Opened:
        with journal.reading(self.engine) as connection:
            return (by or Vault(self.keys)).open(connection, name, ref=ref)

    def alter(self, *changes: sa.Update | sa.Delete) -> None:
        with journal.writing(self.engine) as connection:
            for change in changes:
                connection.execute(change)

    def row(self, name: str = "obj-1") -> dict[str, object]:
        with journal.reading(self.engine) as connection:
            return dict(connection.execute(VAULT_OBJECT.select().where(VAULT_OBJECT.c.object == name)).one()._mapping)  # noqa: SLF001 - its public name

    def sealed(self, name: str = "obj-1", part: str = "sealed") -> bytes:
        found = self.row(name)[part]
        assert isinstance(found, bytes | memoryview)
        return bytes(found)

    def erase(self, scope: str) -> None:
        with journal.writing(self.engine) as connection:
            self.vault.erase_scope(connection, scope)

    def rotate(self, scope: str, *, limit: int = 2) -> None:
        """A new key for a scope, in steps of a transaction each."""
        with journal.writing(self.engine) as connection:
            self.vault.start_generation(connection, scope)
        self.repeat(lambda connection: self.vault.rewrap_scope(connection, scope, limit=limit))

    def new_epoch(self, epoch: int, *, limit: int = 2) -> None:
        """A new key-encryption key; the one before is destroyed."""
        self.keys.new_epoch(epoch)
        with journal.writing(self.engine) as connection:
            self.vault.start_epoch(connection, epoch)
        self.repeat(lambda connection: self.vault.rewrap_epoch(connection, limit=limit))
        self.keys.destroy_epoch(epoch - 1)
        with journal.writing(self.engine) as connection:
            self.vault.end_epoch(connection, epoch - 1)

    def repeat(self, step: Callable[[journal.Connection], int]) -> int:
        total = 0
        while True:
            with journal.writing(self.engine) as connection:
                done = step(connection)
            if not done:
                return total
            total += done
