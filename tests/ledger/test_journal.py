"""The event table: dense, in order, and closed to whoever would change it."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tallystick.ledger import journal
from tallystick.ledger.journal import Engine, Head, LostLock

CHANGES = {
    "an entry is changed": "UPDATE journal SET entry = :entry WHERE seq = 1",
    "a place is changed": "UPDATE journal SET seq = 99 WHERE seq = 2",
    "an entry is removed": "DELETE FROM journal WHERE seq = 1",
    "all are removed": "DELETE FROM journal",
}
REPLACEMENTS = {
    "sqlite": "INSERT OR REPLACE INTO journal (seq, kind, entry) VALUES (1, 'x/1', :entry)",
    "postgresql": (
        "INSERT INTO journal (seq, kind, entry) VALUES (1, 'x/1', :entry) "
        "ON CONFLICT (seq) DO UPDATE SET entry = excluded.entry"
    ),
}


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A journal of three events."""
    found = journal.connect(database_url)
    journal.create(found)
    add(found, [b"one", b"two", b"three"], at=10)
    yield found
    found.dispose()


def add(engine: Engine, entries: list[bytes], *, at: int) -> None:
    """Append entries behind the head."""
    with journal.writing(engine) as connection:
        was = journal.lock_head(connection)
        now = Head(was.next_seq + len(entries), at)
        journal.append(connection, [("x/1", e) for e in entries], was=was, now=now, counts={"per-a": now.next_seq})


def whole(engine: Engine) -> list[tuple[int, bytes]]:
    with journal.reading(engine) as connection:
        return [(seq, bytes(entry)) for seq, entry in journal.read(connection, 0, 100)]


def test_places_are_given_without_gaps(engine: Engine) -> None:
    add(engine, [b"four"], at=11)
    assert whole(engine) == [(0, b"one"), (1, b"two"), (2, b"three"), (3, b"four")]
    with journal.reading(engine) as connection:
        assert journal.head(connection) == Head(4, 11)
        assert journal.count_of(connection, "per-a") == 4
        assert journal.count_of(connection, "per-nobody") == 0
        assert journal.read_one(connection, 3) == b"four"
        assert journal.read_one(connection, 4) is None


@pytest.mark.parametrize("step", [1, 2, 3, 100])
def test_a_long_journal_is_read_in_steps(engine: Engine, step: int) -> None:
    with journal.reading(engine) as connection:
        assert [entry for _, entry in journal.read(connection, 0, 3, step=step)] == [b"one", b"two", b"three"]
        assert [entry for _, entry in journal.read(connection, 1, 2, step=step)] == [b"two"]


def test_creating_the_tables_again_changes_nothing(engine: Engine) -> None:
    journal.create(engine)
    assert len(whole(engine)) == 3


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_itself_refuses_changes(engine: Engine, change: str) -> None:
    """Not proof against an administrator, who can drop the guard; the log is. It stops accidents and injections."""
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), journal.writing(engine) as connection:
        connection.execute(sa.text(CHANGES[change]), {"entry": b"forged"} if ":entry" in CHANGES[change] else {})
    assert whole(engine) == [(0, b"one"), (1, b"two"), (2, b"three")]


def test_the_database_refuses_to_replace_an_entry(engine: Engine) -> None:
    statement = sa.text(REPLACEMENTS[engine.dialect.name])
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), journal.writing(engine) as connection:
        connection.execute(statement, {"entry": b"forged"})
    assert whole(engine)[1] == (1, b"two")


def test_postgresql_refuses_to_empty_the_table(postgres_url: str) -> None:
    engine = journal.connect(postgres_url)
    journal.create(engine)
    add(engine, [b"one"], at=10)
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), journal.writing(engine) as connection:
        connection.exec_driver_sql("TRUNCATE journal")
    assert whole(engine) == [(0, b"one")]
    engine.dispose()


def test_who_did_not_take_the_lock_is_refused(engine: Engine) -> None:
    with journal.reading(engine) as connection:
        stale = journal.head(connection)
    add(engine, [b"four"], at=11)
    with pytest.raises(LostLock, match="expected the journal to end at 3"), journal.writing(engine) as connection:
        journal.append(connection, [("x/1", b"late")], was=stale, now=Head(4, 12), counts={"per-a": 4})
    assert len(whole(engine)) == 4


def test_a_head_that_does_not_fit_its_entries_is_refused(engine: Engine) -> None:
    with pytest.raises(LostLock), journal.writing(engine) as connection:
        journal.append(connection, [("x/1", b"four")], was=Head(3, 10), now=Head(9, 12), counts={})
    assert len(whole(engine)) == 3


def test_an_append_that_fails_leaves_no_trace(engine: Engine) -> None:
    class Stopped(Exception):
        pass

    def append_and_stop() -> None:
        with journal.writing(engine) as connection:
            was = journal.lock_head(connection)
            journal.append(connection, [("x/1", b"four")], was=was, now=Head(4, 12), counts={"per-a": 4})
            raise Stopped

    with pytest.raises(Stopped):
        append_and_stop()
    assert len(whole(engine)) == 3
    with journal.reading(engine) as connection:
        assert journal.head(connection) == Head(3, 10)
        assert journal.count_of(connection, "per-a") == 3


def test_durable_commits_are_on(engine: Engine) -> None:
    """An answer that says saved survives a power cut only if the database waits for the disk."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        else:
            # The test server itself runs without waiting; what counts is that the session asks for nothing less.
            source = "SELECT source FROM pg_settings WHERE name = 'synchronous_commit'"
            assert connection.exec_driver_sql(source).scalar() in {"command line", "configuration file", "default"}
