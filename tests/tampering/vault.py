"""The vault: objects, keys of scopes, generations, epochs, large files. Whoever alters them owns database and disk."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from tampering.table import Part, Row
from vault_place import Place, new_keys

from tallystick.blobs.folder import FolderBlobs
from tallystick.custody import CustodyError
from tallystick.ledger import journal
from tallystick.store.schema import VAULT_FILE, VAULT_KEY, VAULT_OBJECT
from tallystick.store.vault import Vault, VaultError, seal_file
from tallystick.store.vault.files import PIECE_BYTES

ONE, TWO, FILE = "obj-1", "obj-2", "file-1"
CONTENT = bytes(range(256)) * (3 * PIECE_BYTES // 256) + b"the end"
HEAD, PIECE = 24, PIECE_BYTES + 16


@dataclass
class Safe:
    """Two objects of two people, a large file of a release, and who opens them."""

    place: Place
    blobs: FolderBlobs
    folder: Path
    vault: Vault

    def file(self) -> bytes:
        """The sealed file as it lies there."""
        return self.blobs.get("one")

    def put_file(self, data: bytes) -> None:
        """Other bytes in its place."""
        self.blobs.replace("one", data, was=self.file())


def safe_at(url: str, folder: Path) -> Safe:
    """A vault with its content."""
    place = Place(url, folder)
    place.put(b"what an expert wrote", name=ONE, subjects=("run:1",))
    place.put(b"what another wrote..", name=TWO, scope="person:per-2")
    (folder / "blobs").mkdir()
    blobs = FolderBlobs(folder / "blobs")
    made = seal_file(blobs, io.BytesIO(CONTENT), place="one", file_id=FILE)
    with journal.writing(place.engine) as connection:
        place.vault.keep_file(connection, made, scope="release:1", path="data/records.jsonl")
    return Safe(place, blobs, folder, Vault(place.keys))


def _open(safe: Safe, _row: Row[Safe]) -> list[str]:
    """What opening everything says, with the name of each error."""
    told = []
    for name in (ONE, TWO, FILE):
        try:
            with journal.reading(safe.place.engine) as connection:
                if name == FILE:
                    (row,) = safe.vault.files_of(connection, "release:1")
                    safe.vault.open_file(connection, row).read(safe.blobs)
                else:
                    safe.vault.open(connection, name)
        except (VaultError, CustodyError) as error:
            told.append(f"{type(error).__name__}: {error}")
    return told


def flip_in(part: str, place: int) -> Callable[[Safe], object]:
    """One bit of one column of the first object."""

    def do(safe: Safe) -> None:
        data = bytearray(safe.place.sealed(ONE, part))
        data[place] ^= 1
        put(**{part: bytes(data)})(safe)

    return do


def put(**values: object) -> Callable[[Safe], object]:
    """Other values in the row of the first object."""
    return lambda safe: safe.place.alter(VAULT_OBJECT.update().where(VAULT_OBJECT.c.object == ONE).values(**values))


def swap(*columns: str) -> Callable[[Safe], object]:
    """The first object gets what the second has."""

    def do(safe: Safe) -> None:
        put(**{column: safe.place.row(TWO)[column] for column in columns})(safe)

    return do


def key_row(safe: Safe, scope: str) -> dict[str, object]:
    """The row of a scope's key."""
    with journal.reading(safe.place.engine) as connection:
        return dict(connection.execute(VAULT_KEY.select().where(VAULT_KEY.c.scope == scope)).one()._mapping)  # noqa: SLF001 - its public name


def put_key(scope: str, **values: object) -> Callable[[Safe], object]:
    """Other values in the row of a scope's key."""
    return lambda safe: safe.place.alter(VAULT_KEY.update().where(VAULT_KEY.c.scope == scope).values(**values))


def swap_keys(safe: Safe) -> None:
    """The key of one person in the place of another's."""
    put_key("person:per-1", wrapped=key_row(safe, "person:per-2")["wrapped"])(safe)


def replay_key(safe: Safe) -> None:
    """A key that an epoch before wrapped is put back."""
    old = key_row(safe, "person:per-1")
    safe.place.new_epoch(2)
    put_key("person:per-1", epoch=old["epoch"], wrapped=old["wrapped"])(safe)


def replay_object(safe: Safe) -> None:
    """The row of an object from before its scope got a new key."""
    old = safe.place.row(ONE)
    safe.place.rotate("person:per-1")
    put(**old)(safe)


def replay_payload(safe: Safe) -> None:
    """The payload of an earlier sealing under the key of a later one."""
    old = safe.place.sealed(ONE)
    with journal.writing(safe.place.engine) as connection:
        safe.place.vault.reseal(connection, [ONE])
    put(sealed=old)(safe)


def other_epoch_key(safe: Safe) -> None:
    """Another key-encryption key in place of the epoch's."""
    other = new_keys(safe.folder / "others")
    safe.vault = Vault(other)


def empty(safe: Safe) -> None:
    """The bytes of an object are gone, as an erasure leaves them, and no erasure was ordered."""
    put(sealed=b"", wrapped=b"")(safe)


def changed_file(change: Callable[[bytes], bytes]) -> Callable[[Safe], object]:
    """Other bytes in place of the large file."""
    return lambda safe: safe.put_file(change(safe.file()))


def pieces_exchanged(data: bytes) -> bytes:
    """The first two pieces change their places."""
    return data[:HEAD] + data[HEAD + PIECE : HEAD + 2 * PIECE] + data[HEAD : HEAD + PIECE] + data[HEAD + 2 * PIECE :]


def flipped(data: bytes) -> bytes:
    """One bit of the second piece."""
    return data[: HEAD + PIECE + 9] + bytes([data[HEAD + PIECE + 9] ^ 1]) + data[HEAD + PIECE + 10 :]


def delete(table: sa.Table, column: str, value: str) -> Callable[[Safe], object]:
    """Delete rows."""
    return lambda safe: safe.place.alter(table.delete().where(table.c[column] == value))


def seen(error: str, words: str) -> dict[str, str]:
    """What opening says."""
    return {"vault": f"{error}: {words}"}


ROWS: list[Row[Safe]] = [
    Row(what="a bit of an object's payload", do=flip_in("sealed", 40), found=seen("ObjectAltered", "object obj-1")),
    Row(
        what="a bit of an object's wrapped key", do=flip_in("wrapped", 40), found=seen("ObjectAltered", "object obj-1")
    ),
    Row(
        what="an object cut short",
        do=lambda safe: put(sealed=safe.place.sealed(ONE)[:-1])(safe),
        found=seen("ObjectTruncated", "object obj-1"),
    ),
    Row(what="an object emptied without an erasure", do=empty, found=seen("ObjectTruncated", "object obj-1")),
    Row(
        what="an object's row deleted", do=delete(VAULT_OBJECT, "object", ONE), found={"vault": "holds no object obj-1"}
    ),
    Row(
        what="an object exchanged for another, payload alone",
        do=swap("sealed"),
        found=seen("ObjectSwapped", "object obj-1"),
    ),
    Row(
        what="an object exchanged for another, key and payload",
        do=swap("sealed", "wrapped"),
        found=seen("ObjectSwapped", "object obj-1"),
    ),
    Row(what="an object's commitment", do=put(commitment="0" * 64), found=seen("ObjectAltered", "object obj-1")),
    Row(
        what="the scopes that an object needs",
        do=put(scopes="person:per-1#1"),
        found=seen("ObjectAltered", "object obj-1"),
    ),
    Row(
        what="an earlier sealing of an object's payload put back",
        do=replay_payload,
        found=seen("ObjectReplayed", "object obj-1"),
    ),
    Row(
        what="an object's row from before its scope's new generation put back",
        do=replay_object,
        found=seen("ObjectReplayed", "object obj-1"),
    ),
    Row(
        what="the key of a scope altered",
        do=put_key("person:per-1", wrapped=bytes(60)),
        found={"vault": "person:per-1#1@1"},
    ),
    Row(what="the key of one scope in the place of another's", do=swap_keys, found={"vault": "person:per-1#1@1"}),
    Row(
        what="the key of a scope deleted without an erasure",
        do=delete(VAULT_KEY, "scope", "person:per-1"),
        found=seen("KeyMissing", "object obj-1"),
    ),
    Row(
        what="the generation of a scope's key",
        do=put_key("person:per-1", generation=2),
        found={"vault": "person:per-1"},
    ),
    Row(
        what="a scope's key from an epoch that is destroyed put back",
        do=replay_key,
        found={"vault": "found one of epoch 1, which is destroyed"},
    ),
    Row(
        what="another key-encryption key in the place of the epoch's",
        do=other_epoch_key,
        found={"vault": "person:per-1#1@1"},
    ),
    Row(
        what="a bit of a large file",
        do=changed_file(flipped),
        found=seen("ObjectAltered", "file file-1: expected piece 1"),
    ),
    Row(
        what="a large file cut between two pieces",
        do=changed_file(lambda data: data[: HEAD + PIECE]),
        found=seen("ObjectTruncated", "file file-1"),
    ),
    Row(
        what="two pieces of a large file exchanged",
        do=changed_file(pieces_exchanged),
        found=seen("ObjectSwapped", "file file-1: expected piece 0, found piece 1"),
    ),
    Row(
        what="bytes put behind a large file",
        do=changed_file(lambda data: data + b"x"),
        found=seen("ObjectAltered", "file file-1"),
    ),
    Row(
        what="a large file removed",
        do=lambda safe: safe.blobs.delete(["one"]),
        found=seen("ObjectMissing", "file file-1"),
    ),
    Row(
        what="the row of a large file: its commitment",
        do=lambda safe: safe.place.alter(VAULT_FILE.update().values(commitment="0" * 64)),
        found=seen("ObjectAltered", "object file-1"),
    ),
]
PART = Part(
    "The vault",
    "somebody who owns the database and the disk, and has not the keys. Opening content says so; `cell check` opens "
    "everything.",
    ROWS,
    {"vault": _open},
)
