"""Statements go straight to the driver: what is written together is seen, large or wrong, as if it had gone alone."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tallystick.ledger import journal
from tallystick.ledger.statement import Statement

METADATA = sa.MetaData()
THING = sa.Table(
    "thing",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("data", sa.LargeBinary),
)
ADD = Statement(THING.insert())
COUNT = Statement(THING.update().where(THING.c.number >= sa.bindparam("least")).values(number=THING.c.number + 1))
ONE = Statement(sa.select(THING).where(THING.c.name == sa.bindparam("wanted")))
ALL = Statement(sa.select(THING).order_by(THING.c.name))
LARGE = 3_000_000
"""More than fits between two processes at once."""


@pytest.fixture
def things(database_url: str) -> Iterator[sa.Engine]:
    engine = journal.connect(database_url)
    with journal.writing(engine) as connection:
        METADATA.create_all(connection)
    yield engine
    engine.dispose()


def thing(name: str, number: int, data: bytes | None = b"") -> dict[str, object]:
    return {"name": name, "number": number, "data": data}


def test_what_is_written_is_seen_in_the_same_transaction_and_after_it(things: sa.Engine) -> None:
    values = [thing("a", -(2**62), None), thing("ä\n", 2**62, bytes(range(256))), thing("", 0)]
    with journal.writing(things) as connection:
        ADD.run(connection, values[0])
        ADD.run_many(connection, values[1:])
        assert ONE.first(connection, {"wanted": "a"}) == ("a", -(2**62), None)
        ADD.run(connection, thing("b", 1))
        assert connection.execute(sa.select(sa.func.count()).select_from(THING)).scalar() == 4
        ADD.run(connection, thing("c", 2))
        assert COUNT.count(connection, {"least": 1}) == 3
    with journal.reading(things) as connection:
        found = {row.name: (row.number, row.data) for row in ALL.all(connection, {})}
    assert found == {
        "": (0, b""), "a": (-(2**62), None), "b": (2, b""), "c": (3, b""), "ä\n": (2**62 + 1, bytes(range(256))),
    }  # fmt: skip
    with journal.glance(things) as connection:
        assert ONE.first(connection, {"wanted": "nobody"}) is None


def test_large_changes_leave_in_full(things: sa.Engine) -> None:
    with journal.writing(things) as connection:
        for number in range(4):
            ADD.run(connection, thing(f"{number}", number, bytes([number]) * LARGE))
        row = ONE.first(connection, {"wanted": "3"})
        assert row is not None
        assert row.data == b"\x03" * LARGE


def test_a_change_that_fails_takes_the_transaction_along(things: sa.Engine) -> None:
    with pytest.raises(sa.exc.IntegrityError), journal.writing(things) as connection:
        ADD.run_many(connection, [thing("a", 1), thing("a", 2), thing("b", 3)])
    with journal.writing(things) as connection:
        assert ALL.all(connection, {}) == []
        ADD.run(connection, thing("b", 4))
    with journal.reading(things) as connection:
        assert [row.name for row in ALL.all(connection, {})] == ["b"]


def test_what_waits_is_gone_when_the_block_is_left_by_an_error(things: sa.Engine) -> None:
    def broken() -> None:
        with journal.writing(things) as connection:
            ADD.run(connection, thing("a", 1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    with journal.writing(things) as connection:
        assert ALL.all(connection, {}) == []


def test_text_is_never_cut_short(postgres_url: str) -> None:
    """SQLite keeps a NUL in a text; PostgreSQL has no place for one, and its client library ends the text there."""
    engine = journal.connect(postgres_url)
    with journal.writing(engine) as connection:
        METADATA.create_all(connection)
    with pytest.raises(sa.exc.DataError), journal.writing(engine) as connection:
        ADD.run(connection, thing("a\x00b", 1))
    engine.dispose()


def test_statements_outlive_a_rollback_and_other_statements(things: sa.Engine) -> None:
    """The driver forgets what it prepared when a transaction is rolled back or a table dropped; this must not."""
    for number in range(8):
        with journal.reading(things) as connection:
            assert ONE.first(connection, {"wanted": "a"}) is None
            for _ in range(8):
                connection.execute(sa.select(THING.c.name).where(THING.c.number == number)).all()
            connection.rollback()
    with journal.writing(things) as connection:
        connection.execute(sa.text("CREATE TABLE other (x INTEGER)"))
        connection.execute(sa.text("DROP TABLE other"))
    with journal.writing(things) as connection:
        assert ONE.first(connection, {"wanted": "a"}) is None
