"""Statements that run at every click: compiled once for each database, then handed straight to the driver.

SQLAlchemy's own execution costs several times what the databases need for a row found by its key. Its expressions
stay the one source of every statement; only the way to the driver is shorter. Reads and writes what the caller says.

On PostgreSQL a change waits inside `together` until the transaction reads or ends: then all that wait go out at once,
in their order, and one answer is waited for instead of many. Whoever reads sees every change made before.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.pq.abc import PGresult
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.engine.result import result_tuple

from tallystick.ledger import prepared
from tallystick.ledger.prepared import Call, Given, Names, Prepared

Row = sa.Row[Any]
Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement as one database wants it.

    places     names of the values in their order, where the database counts them; None where it names them
    constants  values that the statement brings along
    prepared   how PostgreSQL knows it; None elsewhere
    """

    sql: str
    places: tuple[str, ...] | None
    constants: Values
    as_row: Callable[[Sequence[object]], Row]
    prepared: Prepared | None

    def filled(self, values: Values) -> Any:  # noqa: ANN401 - what a driver takes: a tuple or a dict
        given = {**self.constants, **values} if self.constants else values
        return given if self.places is None else tuple([given[name] for name in self.places])


class Statement:
    """One statement with named values. Safe to use from many threads.

    plan_anew  PostgreSQL keeps the plan of a statement that comes often. A plan for many values at once, made while a
               table is nearly empty, reads the whole table when it has grown: such a statement is planned every time.
    raises  every method: DatabaseError, as SQLAlchemy does, when the driver fails
    """

    __slots__ = ("_clause", "_plan_anew", "_texts")

    def __init__(
        self, clause: sa.Select[Any] | sa.Insert | sa.Update | sa.Delete | sa.TextClause, *, plan_anew: bool = False
    ) -> None:
        self._clause = clause
        self._plan_anew = plan_anew
        self._texts: dict[str, _Text] = {}

    def first(self, connection: sa.Connection, values: Values) -> Row | None:
        """The first row, or None."""
        text = self._text(connection.dialect)
        if text.prepared is not None:
            rows = text.prepared.rows(_ask(connection, text, text.prepared, values))
            return text.as_row(rows[0]) if rows else None
        row = _run(connection, text, values).fetchone()
        return None if row is None else text.as_row(row)

    def all(self, connection: sa.Connection, values: Values) -> list[Row]:
        """All rows."""
        text = self._text(connection.dialect)
        if text.prepared is not None:
            return [text.as_row(row) for row in text.prepared.rows(_ask(connection, text, text.prepared, values))]
        return [text.as_row(row) for row in _run(connection, text, values).fetchall()]

    def count(self, connection: sa.Connection, values: Values) -> int:
        """Carry out a change; how many rows it met."""
        text = self._text(connection.dialect)
        if text.prepared is not None:
            return _ask(connection, text, text.prepared, values).command_tuples or 0
        return _run(connection, text, values).rowcount

    def run(self, connection: sa.Connection, values: Values) -> None:
        """Carry out a change, at once or with others (`together`): an error may come with the next statement."""
        text = self._text(connection.dialect)
        waiting = _WAITING.get(id(connection))
        if waiting is not None and text.prepared is not None:
            waiting.append((text.prepared, _given(connection, text, values)))
        else:
            self.count(connection, values)

    def run_many(self, connection: sa.Connection, rows: Sequence[Values]) -> None:
        """Carry out a change for each of many rows of values, as `run`."""
        text = self._text(connection.dialect)
        if text.prepared is not None:
            calls = [(text.prepared, _given(connection, text, row)) for row in rows]
            waiting = _WAITING.get(id(connection))
            if waiting is None:
                _send(connection, calls)
            else:
                waiting.extend(calls)
            return
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(text.sql, [text.filled(row) for row in rows])
        except _driver(connection).Error as error:
            raise _told(connection, text.sql, error) from error

    def _text(self, dialect: sa.Dialect) -> _Text:
        text = self._texts.get(dialect.name)
        if text is None:
            text = self._texts[dialect.name] = _compiled(self._clause, dialect, plan_anew=self._plan_anew)
        return text


_WAITING: dict[int, list[Call]] = {}
"""Changes that wait, by the identity of the connection whose block is open."""


@contextmanager
def together(connection: sa.Connection) -> Iterator[None]:
    """Let the changes of this block wait for each other. All are sent when it ends, so a commit comes behind them.

    raises  DatabaseError at its end, or at any statement in it, when a change that waited fails
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    _WAITING[id(connection)] = []
    try:
        yield
        send(connection)
    finally:
        del _WAITING[id(connection)]


def send(connection: sa.Connection) -> None:
    """Send the changes that wait, and wait until they are made. Before anything that does not go through here."""
    waiting = _WAITING.get(id(connection))
    if waiting:
        calls = waiting[:]
        waiting.clear()  # whatever becomes of them, nobody sends them twice
        _send(connection, calls)


def _send(connection: sa.Connection, calls: Sequence[Call]) -> None:
    driver, known = _psycopg_of(connection)
    try:
        prepared.send(driver, known, calls)
    except psycopg.Error as error:
        raise _told(connection, " ; ".join(dict.fromkeys(call[0].sql.decode() for call in calls)), error) from error


def copy_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Values]) -> None:
    """Add many rows to a table of PostgreSQL as one stream. Raises DatabaseError, as every statement does."""
    send(connection)
    names = [column.name for column in table.columns]
    quoted = ", ".join(f'"{name}"' for name in names)
    sql = f'COPY "{table.name}" ({quoted}) FROM STDIN'
    driver, _ = _psycopg_of(connection)
    try:
        with driver.cursor().copy(sql) as stream:
            for row in rows:
                stream.write_row([row[name] for name in names])
    except psycopg.Error as error:
        raise _told(connection, sql, error) from error


_NUMBERED: sa.Dialect = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # SQLAlchemy's own


def _compiled(clause: Any, dialect: sa.Dialect, *, plan_anew: bool) -> _Text:  # noqa: ANN401 - any statement that has a compiler
    is_numbered = dialect.name == "postgresql"
    compiled = clause.compile(
        dialect=_NUMBERED if is_numbered else dialect, compile_kwargs={"render_postcompile": True}
    )
    sql = str(compiled)
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    keys = [] if isinstance(clause, sa.TextClause) else [column.name for column in clause.exported_columns]
    places = tuple(compiled.positiontup) if compiled.positional else None
    ready = Prepared(sql.encode(), is_kept=not plan_anew) if is_numbered else None
    return _Text(sql, places, constants, result_tuple(keys), ready)


def _psycopg_of(connection: sa.Connection) -> tuple["psycopg.Connection[Any]", Names]:
    """The driver's connection, and what it has prepared."""
    held = connection.connection
    driver: psycopg.Connection[Any] = held.driver_connection  # type: ignore[assignment]  # it is one
    return driver, held.info.setdefault("tallystick.prepared", set())


def _given(connection: sa.Connection, text: _Text, values: Values) -> Given:
    try:
        return prepared.given(text.filled(values))
    except psycopg.Error as error:
        raise _told(connection, text.sql, error) from error


def _ask(connection: sa.Connection, text: _Text, ready: Prepared, values: Values) -> PGresult:
    driver, known = _psycopg_of(connection)
    waiting = _WAITING.get(id(connection))
    call = ready, _given(connection, text, values)
    try:
        return prepared.ask(driver, known, [] if waiting is None else waiting, call)
    except psycopg.Error as error:
        raise _told(connection, text.sql, error) from error


def _run(connection: sa.Connection, text: _Text, values: Values) -> DBAPICursor:
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text.sql, text.filled(values))
    except _driver(connection).Error as error:
        raise _told(connection, text.sql, error) from error
    return cursor


def _driver(connection: sa.Connection) -> Any:  # noqa: ANN401 - a driver is a module
    return connection.dialect.loaded_dbapi


def _told(connection: sa.Connection, sql: str, error: Exception) -> Exception:
    """The driver's error as the layers above know it."""
    return sa.exc.DBAPIError.instance(sql, None, error, _driver(connection).Error, dialect=connection.dialect)
