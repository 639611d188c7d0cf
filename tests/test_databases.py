"""The databases that tests get: empty, real, and each test's own."""

import psycopg
import sqlalchemy as sa


def make_and_count(database_url: str) -> int:
    """Make a table if there is none yet, add a row, and count the rows."""
    engine = sa.create_engine(database_url)
    table = sa.Table("marks", sa.MetaData(), sa.Column("mark", sa.Integer))
    try:
        with engine.begin() as connection:
            table.create(connection)
            connection.execute(sa.insert(table).values(mark=1))
            return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
    finally:
        engine.dispose()


def test_a_test_starts_with_an_empty_database(database_url: str) -> None:
    assert make_and_count(database_url) == 1


def test_the_next_test_starts_with_an_empty_database_too(database_url: str) -> None:
    assert make_and_count(database_url) == 1


def test_postgresql_is_a_real_server(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        assert connection.info.server_version >= 150000
