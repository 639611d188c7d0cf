"""Invariant 1: the journal is the system. Replayed into empty tables it gives the same tables, on either database."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from history import HISTORIES, STEPS, Story, live
from hypothesis import HealthCheck, Phase, example, given, settings
from living_cell import Clock, World, hurry, world_at
from postgres import url
from psycopg import sql
from remembering import Watch

from tallystick.app import cell as cells
from tallystick.ledger import journal
from tallystick.ledger.journal import Engine, Head
from tallystick.store import projection, schema

COPIES = count(1)
DOMAINS = ("general", "creative")
LEASES = (
    sa.select(schema.ASSIGNMENT.c.expert)
    .where(schema.ASSIGNMENT.c.state == "leased")
    .group_by(schema.ASSIGNMENT.c.expert)
    .having(sa.func.count() > 1)
)
Dump = dict[str, list[tuple[object, ...]]]
Fresh = Callable[[], AbstractContextManager[World]]
EVERYTHING = [
    *((step, n, n * 5 + step) for n in range(3) for step in range(len(STEPS))),
    (STEPS.index(Story.look_again), 0, 3),  # somebody takes a drawn item, and has it still at the end
]


def dump(engine: Engine) -> Dump:
    with journal.reading(engine) as connection:
        return projection.dump(connection)


@contextmanager
def copied(base: World, directory: Path, database: str) -> Iterator[World]:
    """The same cell in another folder, on another database that holds the same rows."""
    shutil.copytree(base.cell.directory, directory)
    clock = Clock()
    cell = cells.open_cell(directory, database=database, clock=clock)
    hurry(cell)
    try:
        yield World(cell, clock, base.lead, base.domains, list(base.experts))
    finally:
        cell.close()
        shutil.rmtree(directory)


@pytest.fixture
def fresh_sqlite(tmp_path: Path) -> Fresh:
    """Opens copies of one cell on SQLite: programme, gold items, three experts of whom the last adjudicates."""
    file = tmp_path / "base.db"
    with world_at(f"sqlite+pysqlite:///{file}", tmp_path / "base", domains=DOMAINS) as base:
        for role in ((), (), ("adjudicator",)):
            base.expert(*role)

    def fresh() -> AbstractContextManager[World]:
        number = next(COPIES)
        target = tmp_path / f"{number}.db"
        shutil.copyfile(file, target)
        return copied(base, tmp_path / str(number), f"sqlite+pysqlite:///{target}")

    return fresh


@pytest.fixture
def fresh_postgres(
    postgres_folder: str, postgres_clerk: psycopg.Connection, postgres_url: str, tmp_path: Path
) -> Iterator[Fresh]:
    """The same on PostgreSQL."""
    with world_at(postgres_url, tmp_path / "base", domains=DOMAINS) as base:
        for role in ((), (), ("adjudicator",)):
            base.expert(*role)
    template = postgres_url.partition("@/")[2].partition("?")[0]
    made = []

    def fresh() -> AbstractContextManager[World]:
        name = f"copy_{next(COPIES)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        postgres_clerk.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        made.append(name)
        return copied(base, tmp_path / name, url(postgres_folder, name))

    yield fresh
    for name in made:
        postgres_clerk.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def replayed(source: Engine, target: Engine) -> Dump:
    """The read tables that the journal of one database gives in another, which is emptied before."""
    with journal.writing(target) as connection:
        for metadata in (schema.READ, schema.KEPT, journal.METADATA):
            metadata.drop_all(connection)
    journal.create(target)
    with journal.reading(source) as connection:
        end = journal.head(connection)
        rows = [("kind", bytes(entry)) for _, entry in journal.read(connection, 0, end.next_seq)]
    with journal.writing(target) as connection:
        journal.append(connection, rows, was=Head(0, 0), now=end, counts={"per-any": 1})
    assert projection.rebuild(target) == end.next_seq
    return dump(target)


def check_promises(engine: Engine) -> None:
    """What no history may break: places are never given twice, nobody holds two, and all counts are true."""
    work = schema.WORK.c
    with journal.reading(engine) as connection:
        overfull = sa.select(work.item).where(work.judged + work.held + work.leased > work.needed)
        assert connection.execute(overfull).all() == []
        assert connection.execute(LEASES).all() == []
        check_counts(connection)


def check_counts(connection: sa.Connection) -> None:
    """Kept counts are those of the rows, whatever was held, cleared or set aside."""
    said = Counter((row.item, row.standing) for row in connection.execute(sa.select(schema.JUDGMENT)).all())
    work = connection.execute(sa.select(schema.WORK)).all()
    for row in work:
        assert (row.judged, row.held) == (said[row.item, "counted"], said[row.item, "held"]), row
        is_full = row.judged + row.held + row.leased >= row.needed
        assert not (row.is_open and is_full), row
        assert row.is_open or is_full or is_erased(connection, row.item), row
        assert (row.state == "complete") == (row.judged >= row.needed), row
    complete = {row.item for row in work if row.state == "complete"}
    held = {row.item: row.held for row in work}
    for batch in connection.execute(sa.select(schema.BATCH).where(schema.BATCH.c.purpose == "work")).all():
        items = connection.scalars(sa.select(schema.ITEM.c.item).where(schema.ITEM.c.batch == batch.batch)).all()
        assert batch.complete == len(complete.intersection(items)), batch
        assert batch.judgments == sum(said[item, "counted"] for item in items), batch
        assert batch.held == sum(held[item] for item in items), batch
    whole = sa.select(schema.TALLY).where(schema.TALLY.c.axis == "all")
    assert sum(row.complete for row in connection.execute(whole).all()) == len(complete)
    waiting = connection.execute(sa.select(sa.func.sum(schema.HOLD.c.waiting))).scalar_one() or 0
    assert waiting == sum(held.values())
    cases = connection.execute(sa.select(schema.DISAGREEMENT).where(schema.DISAGREEMENT.c.state != "withdrawn")).all()
    assert [case.item for case in cases if case.item not in complete and not held[case.item]] == []


def is_erased(connection: sa.Connection, item: str) -> bool:
    gone = sa.exists().where(
        schema.ITEM.c.item == item,
        sa.or_(schema.ERASED.c.target == schema.ITEM.c.content, schema.ERASED.c.target == schema.ITEM.c.hidden),
    )
    return bool(connection.execute(sa.select(gone)).scalar_one())


def check_replay(world: World, target: Engine) -> Dump:
    """As they were written, rebuilt in place, and rebuilt on the other database: three times the same tables."""
    check_promises(world.cell.engine)
    written = dump(world.cell.engine)
    projection.rebuild(world.cell.engine)
    assert dump(world.cell.engine) == written
    assert replayed(world.cell.engine, target) == written
    return written


@contextmanager
def engine_at(database: str) -> Iterator[Engine]:
    engine = journal.connect(database)
    try:
        yield engine
    finally:
        engine.dispose()


# A history takes seconds. Making a failing one smaller would take the five minutes that hypothesis gives to it, and the
# text that it prints repeats the whole one.
PLAN = settings(
    max_examples=1, phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


def test_any_history_on_sqlite(fresh_sqlite: Fresh, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with engine_at(postgres_url) as other:

        @PLAN
        @given(HISTORIES)
        @example(EVERYTHING)
        def happen(history: list[tuple[int, int, int]]) -> None:
            with fresh_sqlite() as world:
                watch = Watch()
                live(world, history, look=watch.look)
                tables = check_replay(world, other)
                if history == EVERYTHING:  # or empty tables would be compared
                    assert [name for name, rows in tables.items() if not rows] == []
                    watch.check_harmless(world, monkeypatch)

        happen()


def test_any_history_on_postgresql(fresh_postgres: Fresh, sqlite_url: str) -> None:
    """The full history is replayed there from SQLite: here shorter ones begin."""
    with engine_at(sqlite_url) as other:

        @PLAN
        @given(HISTORIES)
        def happen(history: list[tuple[int, int, int]]) -> None:
            with fresh_postgres() as world:
                live(world, history)
                check_replay(world, other)

        happen()


def test_a_table_that_was_altered_is_mended_by_replay_in_steps_of_any_size(
    fresh_sqlite: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison can fail, and the journal wins, wherever the replay pauses."""
    with fresh_sqlite() as world:
        live(world, EVERYTHING[: len(STEPS)])
        written = dump(world.cell.engine)
        for step in (1, 3, 10, 100_000):
            with journal.writing(world.cell.engine) as connection:
                connection.execute(schema.JUDGMENT.update().values(verdict="tie"))
            assert dump(world.cell.engine) != written
            monkeypatch.setattr(projection, "_REBUILD_STEP", step)
            projection.rebuild(world.cell.engine)
            assert dump(world.cell.engine) == written


def test_a_cell_of_an_earlier_version_gets_the_indexes_that_it_lacks(database_url: str, tmp_path: Path) -> None:
    """Without the one on items, each judgment would read all others to find those beside it."""
    with world_at(database_url, tmp_path / "cell", gold=False) as world:
        engine = world.cell.engine
        for name in ("judgment_on_item", "disagreement_in_batch"):
            with journal.writing(engine) as connection:
                connection.exec_driver_sql(f"DROP INDEX {name}")
        cells.make_tables(engine)
        for table, name in (("judgment", "judgment_on_item"), ("disagreement", "disagreement_in_batch")):
            assert name in {index["name"] for index in sa.inspect(engine).get_indexes(table)}
