"""Content: sealed to its place, opened only as what was committed, and nowhere in the clear."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from living_cell import World, answer_of, item_row, world_at
from vault_place import Place, new_keys

from tallystick.app import adjudication, judgment, roster
from tallystick.app.kernel import new_key
from tallystick.custody import WrongKey
from tallystick.ledger import journal
from tallystick.store import vault
from tallystick.store.schema import VAULT_KEY, VAULT_OBJECT
from tallystick.store.vault import (
    CommitmentBroken,
    Erased,
    KeyMissing,
    ObjectAltered,
    ObjectErased,
    ObjectMissing,
    ObjectReplayed,
    ObjectSwapped,
    ObjectTruncated,
    Vault,
    sealing,
)


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


def test_the_wrong_key_encryption_key_opens_nothing(place: Place, tmp_path: Path) -> None:
    place.put(b"payload")
    other = new_keys(tmp_path / "other")
    with pytest.raises(WrongKey, match="person:per-1#1@1"):
        place.open(by=Vault(other))


def test_an_altered_scope_key_opens_nothing_also_where_the_true_one_is_in_memory(place: Place) -> None:
    place.put(b"payload")
    place.alter(VAULT_KEY.update().values(wrapped=bytes(60)))
    for by in (None, place.vault):
        with pytest.raises(WrongKey):
            place.open(by=by)


def test_the_key_of_another_scope_opens_nothing(place: Place) -> None:
    """A wrapped key is bound to its scope: exchanging two rows is noticed."""
    place.put(b"payload")
    place.put(b"other", name="obj-2", scope="person:per-2")
    with journal.reading(place.engine) as connection:
        rows = {row.scope: row.wrapped for row in connection.execute(VAULT_KEY.select()).all()}
    place.alter(VAULT_KEY.update().where(VAULT_KEY.c.scope == "person:per-1").values(wrapped=rows["person:per-2"]))
    with pytest.raises(WrongKey, match="person:per-1"):
        place.open()


def test_a_key_row_that_is_gone_without_an_erasure_is_missed(place: Place) -> None:
    place.put(b"payload")
    place.alter(VAULT_KEY.delete())
    with pytest.raises(KeyMissing, match="holds no key for person:per-1, and no erasure took it; restore"):
        place.open()


@pytest.mark.parametrize("part", ["sealed", "wrapped"])
@pytest.mark.parametrize("cut", [0, 1, 8, 21, 60, -1])
def test_a_truncated_object_is_noticed(place: Place, part: str, cut: int) -> None:
    place.put(b"payload")
    place.alter(set_object(**{part: place.sealed(part=part)[:cut]}))
    with pytest.raises(ObjectTruncated, match=r"object obj-1: expected \d+ bytes of its .*, found \d+: truncated"):
        place.open()


def test_an_object_emptied_without_an_erasure_is_truncated_not_erased(place: Place) -> None:
    place.put(b"payload")
    place.alter(set_object(sealed=b"", wrapped=b""))
    with pytest.raises(ObjectTruncated, match="no erasure took them"):
        place.open()
    with journal.reading(place.engine) as connection, pytest.raises(ObjectTruncated):
        place.vault.open_known(connection, ["obj-1"])


@pytest.mark.parametrize("part", ["sealed", "wrapped"])
@pytest.mark.parametrize("where", [0, 21, 50, -1])
def test_a_changed_bit_is_noticed(place: Place, part: str, where: int) -> None:
    place.put(b"payload")
    changed = bytearray(place.sealed(part=part))
    changed[where] ^= 1
    place.alter(set_object(**{part: bytes(changed)}))
    with pytest.raises(ObjectAltered, match=r"object obj-1: expected the (payload|key) that was sealed"):
        place.open()


@pytest.mark.parametrize(("column", "value"), [("commitment", "0" * 64), ("scopes", "person:per-2#1")])
def test_a_changed_column_is_noticed(place: Place, column: str, value: str) -> None:
    place.put(b"payload")
    place.put(b"other", name="obj-2", scope="person:per-2")
    place.alter(set_object(**{column: value}))
    with pytest.raises(ObjectAltered):
        place.open()


def test_longer_bytes_than_were_sealed_are_noticed(place: Place) -> None:
    place.put(b"payload")
    place.alter(set_object(sealed=place.sealed() + b"x"))
    with pytest.raises(ObjectAltered):
        place.open()


@pytest.mark.parametrize("columns", [("sealed",), ("wrapped",), ("sealed", "wrapped"),
                                     ("sealed", "wrapped", "commitment", "scopes", "bytes")])  # fmt: skip
def test_bytes_of_another_object_are_known_as_such(place: Place, columns: tuple[str, ...]) -> None:
    place.put(b"one", name="obj-1")
    place.put(b"two", name="obj-2")
    other = place.row("obj-2")
    place.alter(set_object(**{column: other[column] for column in columns}))
    with pytest.raises(ObjectSwapped, match="of another object: swapped; restore both rows"):
        place.open()


@pytest.mark.parametrize("part", ["sealed", "wrapped"])
def test_a_part_of_an_earlier_sealing_is_known_as_such(place: Place, part: str) -> None:
    place.put(b"payload")
    earlier = place.sealed(part=part)
    with journal.writing(place.engine) as connection:
        place.vault.reseal(connection, ["obj-1"])
    assert place.open().payload == b"payload"
    place.alter(set_object(**{part: earlier}))
    with pytest.raises(ObjectReplayed, match="expected key and payload of one sealing, found them of two"):
        place.open()


def test_a_row_under_a_retired_key_is_known_as_such(place: Place) -> None:
    place.put(b"payload")
    earlier = place.row()
    place.rotate("person:per-1")
    assert place.row()["scopes"] == "person:per-1#2"
    place.alter(set_object(**earlier))
    with pytest.raises(ObjectReplayed, match="under key person:per-1#2, found one under person:per-1#1, which is ret"):
        place.open()


def test_a_key_row_of_a_destroyed_epoch_is_known_as_such(place: Place) -> None:
    place.put(b"payload")
    with journal.reading(place.engine) as connection:
        earlier = connection.execute(VAULT_KEY.select()).one()._mapping  # noqa: SLF001 - its public name
    place.new_epoch(2)
    assert place.open().payload == b"payload"
    place.alter(VAULT_KEY.update().values(**earlier))
    with pytest.raises(ObjectReplayed, match="found one of epoch 1, which is destroyed: an old row was put back"):
        place.open()


def test_the_journal_is_asked_when_it_is_at_hand(place: Place) -> None:
    """A whole row of an object with the same id from elsewhere fits in itself, and not what the journal says."""
    sealed = place.put(b"payload")
    assert place.open(ref=sealed.ref).payload == b"payload"
    other = msgspec.structs.replace(sealed.ref, commitment="0" * 64)
    with pytest.raises(CommitmentBroken, match="that the journal committed to as 000"):
        place.open(ref=other)


def test_who_holds_the_keys_still_cannot_seal_something_else(place: Place) -> None:
    """A forger with the scope's key can make ciphertext that opens, but not one that meets the commitment."""
    sealed = place.put(b"one")
    where = sealing.Place("obj-1", sealed.scopes, sealed.ref.commitment, sealed.ref.bytes)
    with journal.reading(place.engine) as connection:
        key = place.vault._ring.named(connection, [sealed.scopes])  # noqa: SLF001 - the forger's knowledge
    nonce, object_key = bytes(12), bytes(32)
    place.alter(set_object(
        wrapped=sealing.wrap(where, list(key.values()), object_key, nonce),
        sealed=sealing.seal(where, object_key, nonce, bytes(32) + b"two"),
    ))  # fmt: skip
    with pytest.raises(CommitmentBroken, match="opens, but not to what was committed"):
        place.open()


def test_the_same_key_text_is_used_by_anybody_who_reads_the_format(place: Place) -> None:
    """docs/vault.md, in twelve lines: HKDF over the scope keys, then two AES-GCM layers."""
    sealed = place.put(b"payload", subjects=("run:run-1",))
    with journal.reading(place.engine) as connection:
        rows = {row.scope: row for row in connection.execute(VAULT_KEY.select()).all()}
    names = ["person:per-1#1", "run:run-1#1"]
    assert sealed.scopes == " ".join(names)
    keys = place.keys.unwrap(1, [(f"{name}@1", bytes(rows[name[:-2]].wrapped)) for name in names])
    info = b"tallystick/wrap/v2\x00obj-1\x00" + sealed.scopes.encode()
    outer = HKDF(hashes.SHA256(), 32, b"tallystick/scopes/v2", info).derive(b"".join(keys))
    bound = f"obj-1\x00{sealed.scopes}\x00{sealed.ref.commitment}\x00".encode() + sealed.wrapped[:21]
    inner = AESGCM(outer).decrypt(sealed.wrapped[9:21], sealed.wrapped[21:], b"tallystick/wrap/v2\x00" + bound)
    bound = f"tallystick/seal/v2\x00obj-1\x00{sealed.ref.commitment}\x00".encode() + sealed.sealed[:21]
    assert AESGCM(inner).decrypt(sealed.sealed[9:21], sealed.sealed[21:], bound)[32:] == b"payload"


@pytest.mark.parametrize("scope", ["person:per-1", "run:run-1", "subject:of"])
def test_losing_any_scope_closes_the_object(place: Place, scope: str) -> None:
    place.put(b"payload", subjects=("run:run-1", "subject:of"))
    warm = Vault(place.keys)
    assert place.open(by=warm).payload == b"payload"
    assert place.open(by=place.vault).payload == b"payload"
    place.erase(scope)
    for by in (warm, place.vault, None):
        with pytest.raises(ObjectErased, match=f"object obj-1 was erased with {scope}"):
            place.open(by=by)
    with journal.reading(place.engine) as connection:
        assert place.vault.open_known(connection, ["obj-1"]) == {"obj-1": Erased("obj-1", (scope,))}


def test_nothing_is_sealed_under_an_erased_scope(place: Place) -> None:
    place.put(b"payload")
    place.erase("person:per-1")
    with pytest.raises(ObjectErased, match="person:per-1 was erased: expected a scope that lives"):
        place.put(b"more", name="obj-2")


def test_an_erased_key_that_is_put_back_opens_nothing(place: Place) -> None:
    place.put(b"payload")
    with journal.reading(place.engine) as connection:
        earlier = connection.execute(VAULT_KEY.select()).one()._mapping  # noqa: SLF001 - its public name
    place.erase("person:per-1")
    with journal.writing(place.engine) as connection:
        connection.execute(VAULT_KEY.insert().values(**earlier))
    with pytest.raises(ObjectErased, match="somebody put it back"):
        place.open(by=place.vault)


def test_a_key_that_another_process_erased_or_renewed_leaves_the_memory(place: Place) -> None:
    """Or an image of this process, taken long after the erasure was final, would open every earlier copy."""
    place.put(b"payload")
    place.put(b"more", name="obj-2", scope="person:per-2")
    other = Vault(place.keys)
    for name in ("obj-1", "obj-2"):
        place.open(name, by=other)
    place.erase("person:per-1")
    with journal.writing(place.engine) as connection:
        place.vault.start_generation(connection, "person:per-2")
        while place.vault.rewrap_scope(connection, "person:per-2"):
            pass
    with journal.reading(place.engine) as connection:
        assert other.forget_dropped(connection) == 2
        assert other.forget_dropped(connection) == 0
    assert place.open("obj-2", by=other).payload == b"more"


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
        sealed = place.vault.seal_private(connection, b"draft", scope="person:new")
        with journal.reading(place.engine) as other, pytest.raises(KeyMissing):
            place.vault.open_private(other, sealed, scope="person:new")
    place.engine.dispose()


def test_private_bytes_open_in_their_scope_and_place_only(place: Place) -> None:
    with journal.writing(place.engine) as connection:
        sealed = place.vault.seal_private(connection, b"draft", scope="person:per-1", place="here", subjects=["run:1"])
        assert place.vault.open_private(connection, sealed, scope="person:per-1", place="here") == b"draft"
        with pytest.raises(ObjectSwapped, match="expected bytes of person:per-2, found those of person:per-1"):
            place.vault.open_private(connection, sealed, scope="person:per-2", place="here")
        with pytest.raises(ObjectAltered, match="changed or of another place"):
            place.vault.open_private(connection, sealed, scope="person:per-1", place="there")
        with pytest.raises(ObjectTruncated):
            place.vault.open_private(connection, sealed[:20], scope="person:per-1", place="here")
        place.vault.erase_scope(connection, "run:1")
        with pytest.raises(ObjectErased, match="here: erased with run:1"):
            place.vault.open_private(connection, sealed, scope="person:per-1", place="here")


def test_a_keyed_digest_finds_equals_within_a_scope_only(place: Place) -> None:
    with journal.writing(place.engine) as connection:
        digests = [place.vault.keyed_digest(connection, b"same", scope=scope) for scope in ("a", "a", "b")]
    assert digests[0] == digests[1] != digests[2]
    assert digests[0] != hashlib.sha256(b"same").hexdigest()


def test_a_keyed_digest_outlives_a_rotation_and_not_an_erasure(place: Place) -> None:
    def digest() -> str:
        with journal.writing(place.engine) as connection:
            return place.vault.keyed_digest(connection, b"same", scope="cell")

    first = digest()
    place.rotate("cell")
    place.new_epoch(2)
    assert digest() == first
    place.erase("cell")
    with pytest.raises(ObjectErased):
        digest()


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
    adjudication.take(world.cell, third, rows[0].item, key=new_key())  # type: ignore[attr-defined]  # a row
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
