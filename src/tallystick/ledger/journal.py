"""The append-only event table. Reads and writes `journal`, `journal_head` and `journal_actor`; knows bytes only.

Order: an append first locks the head row and keeps it until commit. So places are given in commit order, without
gaps, on SQLite and PostgreSQL alike, and whoever holds the lock sees everything that was decided before. A journal
place is therefore the log index, for ever. The price, one writer at a time, is paid back by group commit: many
commands share one lock and one durable commit (app/kernel.py).
"""

import functools
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection

from tallystick.ledger.statement import Statement, copy_rows, send, together

METADATA = sa.MetaData()
Connection = sa.Connection
Engine = sa.Engine
DatabaseError = sa.exc.SQLAlchemyError
"""These three are for the layers above, which speak no SQL and only hand them on."""

NO_LINK = bytes(32)
"""The running digest of an empty journal."""

BUSY_SECONDS = 30
"""How long a writer waits for the one before."""

CHECKPOINT_PAGES = 8_000
"""How far SQLite's write-ahead log may grow before a commit has to empty it itself; `tidy` empties it before that."""

COPY_ROWS = 20
"""Beyond so many rows PostgreSQL takes a stream faster than statements."""

JOURNAL = sa.Table(
    "journal",
    METADATA,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("entry", sa.LargeBinary, nullable=False),
)
HEAD = sa.Table(
    "journal_head",
    METADATA,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("next_seq", sa.BigInteger, nullable=False),
    sa.Column("last_at", sa.BigInteger, nullable=False),
    sa.Column("link", sa.LargeBinary, nullable=False),
)
ACTOR = sa.Table(
    "journal_actor",
    METADATA,
    sa.Column("actor", sa.Text, primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
)

GUARDS = {
    "sqlite": [
        (
            "CREATE TRIGGER IF NOT EXISTS journal_no_update BEFORE UPDATE ON journal "
            "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        ),
        (
            "CREATE TRIGGER IF NOT EXISTS journal_no_delete BEFORE DELETE ON journal "
            "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        ),
        # INSERT OR REPLACE deletes without asking the trigger above.
        (
            "CREATE TRIGGER IF NOT EXISTS journal_no_replace BEFORE INSERT ON journal "
            "WHEN EXISTS (SELECT 1 FROM journal WHERE seq = NEW.seq) "
            "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        ),
    ],
    "postgresql": [
        (
            "CREATE OR REPLACE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$"
        ),
        (
            "CREATE OR REPLACE TRIGGER journal_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON journal "
            "FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only()"
        ),
    ],
}


_GUARDED = {
    "sqlite": sa.text("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'journal'"),
    "postgresql": sa.text(
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass('journal') AND tgname = 'journal_guard'"
    ),
}


@dataclass(frozen=True, slots=True)
class Head:
    """Where the journal ends: the next free place and the time of the last event, in microseconds.

    link  the running digest over all rows (`linked`); who appends need not give the new one
    """

    next_seq: int
    last_at: int
    link: bytes = field(default=NO_LINK, compare=False)


def connect(url: str) -> sa.Engine:
    """An engine with durable commits. SQLite: WAL, synchronous FULL, one immediate write transaction at a time."""
    if not url.startswith("sqlite"):
        # Under a stricter level, which a server may have as its default, whoever waits for the head row would fail
        # instead of going on behind the one before.
        engine = sa.create_engine(
            url, pool_size=20, max_overflow=40, pool_use_lifo=True, isolation_level="READ COMMITTED",
            # What a statement carries (tokens of forms, digests of sessions) has no place in an error's message.
            hide_parameters=True,
            # The driver would let go of all prepared statements together with its own (ledger/prepared.py).
            connect_args={"prepare_threshold": None},
        )  # fmt: skip
        # Changes that wait to be sent together go before whatever SQLAlchemy itself sends.
        sa.event.listen(engine, "before_cursor_execute", lambda connection, *_: send(connection))
        return engine
    engine = _sqlite_engine(url, "BEGIN", pool_size=20, max_overflow=60)
    # SQLite has one writer at a time. A connection of its own keeps its pages in memory from one transaction to the
    # next: any other would have to read again whatever was written meanwhile.
    writer = _sqlite_engine(url, "BEGIN IMMEDIATE", pool_size=1, max_overflow=0)
    _WRITERS[engine] = writer
    sa.event.listen(engine, "engine_disposed", lambda _: writer.dispose())
    return engine


_WRITERS: weakref.WeakKeyDictionary[sa.Engine, sa.Engine] = weakref.WeakKeyDictionary()


def _sqlite_engine(url: str, begin: str, *, pool_size: int, max_overflow: int) -> sa.Engine:
    engine = sa.create_engine(
        url,
        poolclass=sa.pool.QueuePool,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=BUSY_SECONDS,
        pool_use_lifo=True,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
    )
    sa.event.listen(engine, "connect", _tune_sqlite)
    # A read that turns into a write in the middle of a deferred transaction fails with "locked" at once:
    # whoever means to write says so at the start.
    sa.event.listen(engine, "begin", lambda connection: connection.connection.cursor().execute(begin))
    return engine


def _tune_sqlite(connection: DBAPIConnection, _record: object) -> None:
    # The driver must not begin transactions by itself: we say BEGIN, and for writes BEGIN IMMEDIATE.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "foreign_keys=ON",
        "cache_size=-65536",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def writer_of(engine: sa.Engine) -> sa.Engine:
    """The engine that writes on behalf of this one: another on SQLite, itself elsewhere."""
    return _WRITERS.get(engine, engine)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection in a write transaction: commits at the end of the block, rolls back on an exception.

    raises  DatabaseError when another writer holds the database for more than 30 seconds
    """
    with writer_of(engine).begin() as connection, together(connection):
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection whose queries all see one state, whatever is committed meanwhile.

    SQLite gives that to every transaction; PostgreSQL only from repeatable read on.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def glance(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection for one query, which sees one state by itself: PostgreSQL needs no transaction around it."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection
    else:
        with reading(engine) as connection:
            yield connection


def create(engine: sa.Engine) -> None:
    """Make the tables and their guards if they are not there. The head starts at place 0."""
    with engine.connect() as connection:
        if is_made(connection):
            return  # who may not make tables may still write
    with writing(engine) as connection:
        METADATA.create_all(connection)
        for statement in GUARDS[engine.dialect.name]:
            connection.exec_driver_sql(statement)
        if connection.execute(sa.select(HEAD.c.one)).first() is None:
            connection.execute(HEAD.insert().values(one=1, next_seq=0, last_at=0, link=NO_LINK))


def is_made(connection: sa.Connection) -> bool:
    """Are the tables, their guards and the head there? What the guards are worth says ledger/guards.py."""
    names = {table.name for table in METADATA.tables.values()}
    if not names <= set(sa.inspect(connection).get_table_names()):
        return False
    found = connection.execute(_GUARDED[connection.dialect.name]).scalar()
    wanted = 3 if connection.dialect.name == "sqlite" else 1
    return found == wanted and connection.execute(sa.select(HEAD.c.one)).first() is not None


def tidy(engine: sa.Engine) -> None:
    """Move what SQLite's write-ahead log holds into the database, beside the writer and not in a commit's time.

    Nothing depends on it: without it every so many commits take the time themselves. PostgreSQL does it by itself.
    """
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


_LOCK = Statement(sa.select(HEAD.c.next_seq, HEAD.c.last_at, HEAD.c.link).where(HEAD.c.one == 1).with_for_update())
_MOVE = Statement(
    HEAD.update()
    .where(HEAD.c.one == 1, HEAD.c.next_seq == sa.bindparam("was"))
    .values(next_seq=sa.bindparam("next"), last_at=sa.bindparam("at"), link=sa.bindparam("new_link"))
)
_COUNT = Statement(sa.select(ACTOR.c.n).where(ACTOR.c.actor == sa.bindparam("who")))
# One text for both databases: each understands this form of upsert.
_UPSERT_COUNT = Statement(
    sa.text("INSERT INTO journal_actor (actor, n) VALUES (:actor, :n) ON CONFLICT (actor) DO UPDATE SET n = excluded.n")
)
_RANGE = (
    sa.select(JOURNAL.c.seq, JOURNAL.c.entry)
    .where(JOURNAL.c.seq >= sa.bindparam("start"), JOURNAL.c.seq < sa.bindparam("stop"))
    .order_by(JOURNAL.c.seq)
)


def lock_head(connection: sa.Connection) -> Head:
    """Take the writers' lock, held until the transaction ends, and say where the journal ends."""
    row = _LOCK.first(connection, {})
    assert row is not None, "a journal has a head from its creation on"
    return Head(row.next_seq, row.last_at, bytes(row.link))


def head(connection: sa.Connection) -> Head:
    """Where the journal ends, without the lock."""
    row = connection.execute(sa.select(HEAD.c.next_seq, HEAD.c.last_at, HEAD.c.link)).one()
    return Head(row.next_seq, row.last_at, bytes(row.link))


def count_of(connection: sa.Connection, actor: str) -> int:
    """How many events an actor has caused so far."""
    row = _COUNT.first(connection, {"who": actor})
    return 0 if row is None else int(row.n)


def append(
    connection: sa.Connection,
    entries: Sequence[tuple[str, bytes]],
    *,
    was: Head,
    now: Head,
    counts: dict[str, int],
) -> None:
    """Add (kind, leaf bytes) rows behind `was`, whose lock the caller holds, and move the head to `now`.

    counts  the new event count of every actor that acted
    raises  LostLock when the head moved meanwhile: the caller did not hold the lock
    """
    rows = [{"seq": was.next_seq + i, "kind": kind, "entry": entry} for i, (kind, entry) in enumerate(entries)]
    link = link_over(was.link, entries)
    moved = _MOVE.count(connection, {"was": was.next_seq, "next": now.next_seq, "at": now.last_at, "new_link": link})
    if moved != 1 or now.next_seq != was.next_seq + len(rows):
        raise LostLock(f"expected the journal to end at {was.next_seq}: begin again with lock_head")
    insert_many(connection, JOURNAL, rows)
    _store_counts(connection, counts)


def linked(link: bytes, kind: str, entry: bytes) -> bytes:
    """The running digest with one more row: SHA-256 of the digest before, the kind, a newline and the entry.

    The head keeps it, so whoever edits a row between commit and seal must forge the head as well (ledger/unsealed.py).
    """
    return sha256(b"%b%b\n%b" % (link, kind.encode(), entry)).digest()


def link_over(link: bytes, rows: Iterable[tuple[str, bytes]]) -> bytes:
    """The running digest behind some more rows (kind, entry)."""
    for kind, entry in rows:
        link = linked(link, kind, entry)
    return link


@functools.cache
def _insert_into(table: sa.Table) -> Statement:
    return Statement(table.insert())


def insert_many(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Add many rows, each with a value for every column, straight through the driver.

    The ordinary insert spends more time on its parameters than the database on the rows.
    """
    if len(rows) == 1:
        _insert_into(table).run(connection, rows[0])
    elif len(rows) > COPY_ROWS and connection.dialect.name == "postgresql":
        copy_rows(connection, table, rows)
    elif rows:
        _insert_into(table).run_many(connection, rows)


def _store_counts(connection: sa.Connection, counts: dict[str, int]) -> None:
    rows = [{"actor": actor, "n": n} for actor, n in sorted(counts.items())]
    _UPSERT_COUNT.run_many(connection, rows)


class LostLock(RuntimeError):
    """Somebody appended without the lock."""


def read(connection: sa.Connection, start: int, stop: int, *, step: int = 10_000) -> Iterator[tuple[int, bytes]]:
    """(place, leaf bytes) of all entries in [start, stop), in order, `step` at a time."""
    for low in range(start, stop, step):
        for row in connection.execute(_RANGE, {"start": low, "stop": min(low + step, stop)}):
            yield row.seq, row.entry


def read_one(connection: sa.Connection, seq: int) -> bytes | None:
    """The leaf bytes at one place, or None behind the end."""
    return connection.execute(sa.select(JOURNAL.c.entry).where(JOURNAL.c.seq == seq)).scalar()


def of_other_kinds(
    connection: sa.Connection, start: int, stop: int, *, kinds: Iterable[str], limit: int
) -> list[tuple[str, bytes]]:
    """(kind, leaf bytes) of the first entries in [start, stop) that are of none of these kinds, in order."""
    query = (
        sa.select(JOURNAL.c.kind, JOURNAL.c.entry)
        .where(JOURNAL.c.seq >= start, JOURNAL.c.seq < stop, JOURNAL.c.kind.not_in(sorted(kinds)))
        .order_by(JOURNAL.c.seq)
        .limit(limit)
    )
    return [(row.kind, row.entry) for row in connection.execute(query).all()]
