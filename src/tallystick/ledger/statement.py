"""Statements that run at every click: compiled once for each database, then handed straight to the driver.

SQLAlchemy's own execution costs several times what the databases need for a row found by its key. Its expressions
stay the one source of every statement; only the way to the driver is shorter. Reads and writes what the caller says.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.engine.result import result_tuple

Row = sa.Row[Any]
Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement as one database wants it.

    places    names of the values in their order, where the database counts them; None where it names them
    constants  values that the statement brings along
    options    what else the driver is to know
    """

    sql: str
    places: tuple[str, ...] | None
    constants: Values
    as_row: Callable[[Sequence[object]], Row]
    options: Mapping[str, bool]

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
        row = _run(connection, text, values).fetchone()
        return None if row is None else text.as_row(row)

    def all(self, connection: sa.Connection, values: Values) -> list[Row]:
        """All rows."""
        text = self._text(connection.dialect)
        return [text.as_row(row) for row in _run(connection, text, values).fetchall()]

    def run(self, connection: sa.Connection, values: Values) -> int:
        """Carry out a change; how many rows it met."""
        return _run(connection, self._text(connection.dialect), values).rowcount

    def run_many(self, connection: sa.Connection, rows: Sequence[Values]) -> None:
        """Carry out a change for each of many rows of values."""
        text = self._text(connection.dialect)
        filled = [text.filled(row) for row in rows]
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(text.sql, filled)
        except _driver(connection).Error as error:
            raise _told(connection, text, error) from error

    def _text(self, dialect: sa.Dialect) -> _Text:
        text = self._texts.get(dialect.name)
        if text is None:
            text = self._texts[dialect.name] = _compiled(self._clause, dialect, plan_anew=self._plan_anew)
        return text


def copy_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Values]) -> None:
    """Add many rows to a table of PostgreSQL as one stream. Raises DatabaseError, as every statement does."""
    names = [column.name for column in table.columns]
    quoted = ", ".join(f'"{name}"' for name in names)
    text = _Text(f'COPY "{table.name}" ({quoted}) FROM STDIN', None, {}, result_tuple([]), {})
    cursor: Any = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]  # a live connection has one
    try:
        with cursor.copy(text.sql) as stream:
            for row in rows:
                stream.write_row([row[name] for name in names])
    except _driver(connection).Error as error:
        raise _told(connection, text, error) from error


def _compiled(clause: Any, dialect: sa.Dialect, *, plan_anew: bool) -> _Text:  # noqa: ANN401 - any statement that has a compiler
    compiled = clause.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    keys = [] if isinstance(clause, sa.TextClause) else [column.name for column in clause.exported_columns]
    places = tuple(compiled.positiontup) if compiled.positional else None
    options = {"prepare": False} if plan_anew and dialect.name == "postgresql" else {}
    return _Text(str(compiled), places, constants, result_tuple(keys), options)


def _run(connection: sa.Connection, text: _Text, values: Values) -> DBAPICursor:
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text.sql, text.filled(values), **text.options)
    except _driver(connection).Error as error:
        raise _told(connection, text, error) from error
    return cursor


def _driver(connection: sa.Connection) -> Any:  # noqa: ANN401 - a driver is a module
    return connection.dialect.loaded_dbapi


def _told(connection: sa.Connection, text: _Text, error: Exception) -> Exception:
    """The driver's error as the layers above know it."""
    return sa.exc.DBAPIError.instance(text.sql, None, error, _driver(connection).Error, dialect=connection.dialect)
