"""Content: sealed to its place, opened only as what was committed, and nowhere in the clear."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from living_cell import World, answer_of, item_row, world_at

from tallystick.app import adjudication, judgment, roster
from tallystick.app.kernel import new_key
from tallystick.ledger import journal
from tallystick.store import schema, vault
from tallystick.store.schema import VAULT_KEY, VAULT_OBJECT
from tallystick.store.vault import CommitmentBroken, ObjectAltered, ObjectMissing, SoftwareCustodian, Vault


class Place:
    """A vault on an empty database."""

    def __init__(self, url: str, directory: Path) -> None:
        self.engine = journal.connect(url)
        with journal.writing(self.engine) as connection:
            schema.KEPT.create_all(connection)
        self.custodian = SoftwareCustodian.create(directory / "vault.key")
        self.vault = Vault(self.custodian)

    def put(self, payload: bytes, *, name: str = "obj-1", scope: str = "person:per-1") -> vault.SealedObject:
        with journal.writing(self.engine) as connection:
            sealed = self.vault.seal(connection, payload, scope=scope, object_id=name)
            vault.insert(connection, [sealed])
        return sealed

    def open(self, name: str = "obj-1", *, by: Vault | None = None) -> vault.Opened:
        with journal.reading(self.engine) as connection:
            return (by or Vault(self.custodian)).open(connection, name)

    def alter(self, change: sa.Update | sa.Delete) -> None:
        with journal.writing(self.engine) as connection:
            connection.execute(change)

    def sealed(self, name: str = "obj-1") -> bytes:
        with journal.reading(self.engine) as connection:
            found = connection.execute(sa.select(VAULT_OBJECT.c.sealed).where(VAULT_OBJECT.c.object == name)).scalar()
        assert found is not None
        return bytes(found)


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    found = Place(database_url, tmp_path)
    yield found
    found.engine.dispose()


def set_object(**values: object) -> sa.Update:
    return VAULT_OBJECT.update().where(VAULT_OBJECT.c.object == "obj-1").values(**values)


@pytest.mark.parametrize("payload", [b"", b"x", "Été 夏".encode(), bytes(100_000)])
def test_what_goes_in_comes_out(place: Place, payload: bytes) -> None:
    sealed = place.put(payload)
    opened = place.open()
    assert opened.payload == payload
    assert sealed.ref.bytes == len(payload)
    assert len(opened.salt) == 32


def test_the_commitment_is_what_the_reference_says(place: Place) -> None:
    """Anybody with payload and salt can check it, in any language: SHA-256 over tag, salt and payload."""
    sealed = place.put(b"payload")
    opened = place.open()
    expected = hashlib.sha256(b"tallystick/commit/v1\x00" + opened.salt + b"payload").hexdigest()
    assert sealed.ref.commitment == expected == vault.commitment(opened.salt, b"payload")


def test_equal_payloads_have_unequal_commitments(place: Place) -> None:
    """Or whoever guesses a payload could confirm the guess from the log."""
    assert place.put(b"yes", name="obj-1").ref.commitment != place.put(b"yes", name="obj-2").ref.commitment


def test_an_object_that_was_never_there(place: Place) -> None:
    with pytest.raises(ObjectMissing, match="holds no object obj-9"):
        place.open("obj-9")


def test_many_are_opened_at_once_or_none(place: Place) -> None:
    for n in range(3):
        place.put(str(n).encode(), name=f"obj-{n}")
    with journal.reading(place.engine) as connection:
        opened = place.vault.open_all(connection, ["obj-2", "obj-0", "obj-2"])
        assert {name: found.payload for name, found in opened.items()} == {"obj-2": b"2", "obj-0": b"0"}
        with pytest.raises(ObjectMissing, match="holds no object obj-7"):
            place.vault.open_all(connection, ["obj-1", "obj-7"])


def test_the_wrong_root_key_opens_nothing(place: Place, tmp_path: Path) -> None:
    place.put(b"payload")
    other = SoftwareCustodian.create(tmp_path / "other.key")
    with pytest.raises(ObjectAltered, match=r"the key of person:per-1 does not open: wrong root key or altered row"):
        place.open(by=Vault(other))


def test_an_altered_scope_key_opens_nothing(place: Place) -> None:
    place.put(b"payload")
    place.alter(VAULT_KEY.update().values(wrapped=bytes(60)))
    with pytest.raises(ObjectAltered, match="wrong root key or altered row"):
        place.open()


def test_the_key_of_another_scope_opens_nothing(place: Place) -> None:
    """A wrapped key is bound to its scope: exchanging two rows is noticed."""
    place.put(b"payload")
    place.put(b"other", name="obj-2", scope="person:per-2")
    with journal.reading(place.engine) as connection:
        rows = {row.scope: row.wrapped for row in connection.execute(VAULT_KEY.select()).all()}
    place.alter(VAULT_KEY.update().where(VAULT_KEY.c.scope == "person:per-1").values(wrapped=rows["person:per-2"]))
    with pytest.raises(ObjectAltered, match="the key of person:per-1"):
        place.open()


def test_a_scope_whose_key_is_gone_stays_closed(place: Place) -> None:
    """What erasure will do: the ciphertext may stay, in every backup, and says nothing."""
    place.put(b"payload")
    place.alter(VAULT_KEY.delete())
    with pytest.raises(ObjectMissing, match="holds no key for person:per-1"):
        place.open()


@pytest.mark.parametrize("cut", [0, 5, 12, 27, 28, 60, -1])
def test_a_truncated_object_is_noticed(place: Place, cut: int) -> None:
    place.put(b"payload")
    place.alter(set_object(sealed=place.sealed()[:cut]))
    with pytest.raises(ObjectAltered, match="object obj-1 does not open: truncated, changed or swapped"):
        place.open()


@pytest.mark.parametrize("where", [0, 11, 12, 50, -1])
def test_a_changed_bit_is_noticed(place: Place, where: int) -> None:
    place.put(b"payload")
    sealed = bytearray(place.sealed())
    sealed[where] ^= 1
    place.alter(set_object(sealed=bytes(sealed)))
    with pytest.raises(ObjectAltered):
        place.open()


def test_swapped_objects_are_noticed(place: Place) -> None:
    place.put(b"one", name="obj-1")
    place.put(b"two", name="obj-2")
    place.alter(set_object(sealed=place.sealed("obj-2")))
    with pytest.raises(ObjectAltered, match="swapped"):
        place.open()


def test_swapped_objects_with_their_commitments_are_noticed(place: Place) -> None:
    place.put(b"one", name="obj-1")
    other = place.put(b"two", name="obj-2")
    place.alter(set_object(sealed=place.sealed("obj-2"), commitment=other.ref.commitment))
    with pytest.raises(ObjectAltered, match="swapped"):
        place.open()


def test_who_holds_the_keys_still_cannot_seal_something_else(place: Place) -> None:
    """A forger with the scope's key can make ciphertext that opens, but not one that meets the commitment."""
    sealed = place.put(b"one")
    with journal.reading(place.engine) as connection:
        key = Vault(place.custodian)._existing_key(connection, sealed.scope)  # noqa: SLF001 - the forger's knowledge
    cipher = Vault._cipher(key, "obj-1")  # noqa: SLF001 - the forger's knowledge
    nonce = bytes(12)
    forged = nonce + cipher.encrypt(nonce, bytes(32) + b"two", f"obj-1|{sealed.ref.commitment}".encode())
    place.alter(set_object(sealed=forged))
    with pytest.raises(CommitmentBroken, match="opens, but not to what was committed"):
        place.open()


def test_a_key_whose_transaction_failed_is_forgotten(place: Place) -> None:
    """Or the next object would be sealed under a key that no table holds, and be lost at the next start."""

    class Stopped(Exception):
        pass

    def seal_and_fail() -> None:
        with journal.writing(place.engine) as connection:
            place.vault.seal(connection, b"never", scope="person:new", object_id="obj-0")
            place.vault.seal(connection, b"never", scope="person:new", object_id="obj-1")
            raise Stopped

    with pytest.raises(Stopped):
        seal_and_fail()
    place.put(b"payload", scope="person:new")
    assert place.open().payload == b"payload"


def test_a_key_is_not_used_by_others_before_it_is_durable(postgres_url: str, tmp_path: Path) -> None:
    """Drafts are saved beside the kernel: what one transaction made, another must not seal under."""
    place = Place(postgres_url, tmp_path)
    with journal.writing(place.engine) as connection:
        place.vault.seal_private(connection, b"draft", scope="person:new")
        with journal.reading(place.engine) as other, pytest.raises(ObjectMissing):
            place.vault.open_private(other, b"anything", scope="person:new")
    place.engine.dispose()


def test_private_bytes_open_in_their_scope_only(place: Place) -> None:
    with journal.writing(place.engine) as connection:
        sealed = place.vault.seal_private(connection, b"draft", scope="person:per-1")
        place.vault.seal_private(connection, b"draft", scope="person:per-2")
        assert place.vault.open_private(connection, sealed, scope="person:per-1") == b"draft"
        with pytest.raises(ObjectAltered, match="a private object of person:per-2"):
            place.vault.open_private(connection, sealed, scope="person:per-2")
        with pytest.raises(ObjectMissing):
            place.vault.open_private(connection, sealed, scope="person:per-3")


def test_a_keyed_digest_finds_equals_within_a_scope_only(place: Place) -> None:
    with journal.writing(place.engine) as connection:
        digests = [place.vault.keyed_digest(connection, b"same", scope=scope) for scope in ("a", "a", "b")]
    assert digests[0] == digests[1] != digests[2]
    assert digests[0] != hashlib.sha256(b"same").hexdigest()


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    SoftwareCustodian.create(tmp_path / "vault.key")
    (tmp_path / "vault.key").chmod(0o640)
    with pytest.raises(PermissionError, match="expected mode 600, found 640: run chmod 600"):
        SoftwareCustodian(tmp_path / "vault.key")
    with pytest.raises(FileExistsError):
        SoftwareCustodian.create(tmp_path / "vault.key")


SECRETS = ("Quetzalcoatl-prompt", "Quetzalcoatl-answer", "Quetzalcoatl-reason", "Quetzalcoatl-notes",
           "Quetzalcoatl-person", "Quetzalcoatl-draft", "secret-model-a")  # fmt: skip


def tell_secrets(world: World) -> None:
    """A life in which every free text holds a word that occurs nowhere else."""
    rows = [item_row(f"s-{n}", prompt=f"Quetzalcoatl-prompt {n}", candidates=[
        {"text": "Quetzalcoatl-answer is one.", "model": "secret-model-a"}, {"text": "Quetzalcoatl-answer is two."},
    ]) for n in range(2)]  # fmt: skip
    world.bring(rows)
    world.person("Quetzalcoatl-person", "expert")
    first, second, third = world.expert(), world.expert(), world.expert("adjudicator")
    judgment.save_draft(world.cell, first, world.task(first).assignment, {"text": "Quetzalcoatl-draft"})
    for expert, verdict in ((first, "a_clearly"), (second, "tie")):
        task = world.task(expert)
        answer = answer_of(verdict, words="Quetzalcoatl-reason, as anybody can see.")  # type: ignore[arg-type]  # verdicts
        assert isinstance(judgment.submit(world.cell, expert, task.assignment, answer, key=new_key()), judgment.Saved)
    judgment.save_draft(world.cell, first, world.task(first).assignment, {"text": "Quetzalcoatl-draft"})
    rows = adjudication.queue(world.cell, third, "plain-answers")  # type: ignore[assignment]  # rows of a table
    done = adjudication.preserve(
        world.cell, third, rows[0].item, criteria=["reasoning"],  # type: ignore[attr-defined]  # a row of a table
        notes="Quetzalcoatl-notes: both are right.", key=new_key(),
    )  # fmt: skip
    assert isinstance(done, adjudication.Closed)


def test_no_content_is_in_the_journal_or_in_the_clear_on_disk(sqlite_url: str, tmp_path: Path) -> None:
    with world_at(sqlite_url, tmp_path / "cell") as world:
        tell_secrets(world)
        page = roster.people(world.cell, world.lead)
        assert "Quetzalcoatl-person" in repr(page)
        with world.cell.read() as connection:
            entries = b"".join(bytes(row.entry) for row in connection.execute(journal.JOURNAL.select()).all())
        world.cell.seal()
        assert b"judgment-submitted/1" in entries
        assert [word for word in SECRETS if word.encode() in entries] == []
    with closing(sqlite3.connect(tmp_path / "cell.db")) as handle:
        handle.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert b"disagreement-preserved/1" in files[tmp_path / "cell.db"]
    found = [(path.name, word) for path, data in files.items() for word in SECRETS if word.encode() in data]
    assert found == []
