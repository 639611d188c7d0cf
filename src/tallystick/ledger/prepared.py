"""Prepared statements of PostgreSQL, straight to its client library: a cursor costs more than the database does.

Several go out at once, and one answer is waited for instead of many. Sends and reads what the caller says.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.generators import fetch_many, pipeline_communicate
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait

Driver = psycopg.Connection[Any]
Given = tuple[list[bytes | None], list[int]]
"""Values as they travel, and the form of each: text or binary."""

_TEXT, _BINARY = int(Format.TEXT), int(Format.BINARY)
_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
_NUMBERS = count(1)


@dataclass(slots=True)
class Prepared:
    """One statement with numbered places. Every connection prepares it when it first comes there.

    is_kept  False for one that is planned each time
    """

    sql: bytes
    is_kept: bool = True
    name: bytes = field(default_factory=lambda: b"tallystick_%d" % next(_NUMBERS))
    _loads: tuple[Callable[[bytes], Any], ...] = ()

    def rows(self, result: PGresult) -> list[tuple[Any, ...]]:
        """The rows of an answer, as Python's values."""
        number = result.ntuples
        if not number:
            return []
        if not self._loads:
            adapter = Transformer()
            columns = range(result.nfields)
            self._loads = tuple(adapter.get_loader(result.ftype(n), Format.BINARY).load for n in columns)
        value, loads = result.get_value, tuple(enumerate(self._loads))
        return [
            tuple([None if (data := value(row, n)) is None else load(data) for n, load in loads])
            for row in range(number)
        ]


Names = set[bytes]
"""What a connection has prepared."""
Call = tuple[Prepared, Given]


def given(values: Sequence[object]) -> Given:
    """Values on their way. Raises DataError for text that PostgreSQL cannot hold, TypeError for other things."""
    found: list[bytes | None] = []
    forms: list[int] = []
    for value in values:
        if isinstance(value, str):
            if "\x00" in value:
                raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
            found.append(value.encode())
        elif isinstance(value, int):
            found.append(b"%d" % value)
        elif value is None or isinstance(value, bytes):
            found.append(value)
        else:
            raise TypeError(f"expected text, a whole number, bytes or nothing, found {type(value).__name__}")
        forms.append(_BINARY if isinstance(value, bytes) else _TEXT)
    return found, forms


def ask(driver: Driver, known: Names, waiting: list[Call], call: Call) -> PGresult:
    """Send what waits, then one statement: its answer. Raises psycopg.Error for the first that fails."""
    pgconn, (statement, (values, forms)) = driver.pgconn, call
    if waiting or statement.name not in known or _is_new(driver):
        return send(driver, known, [*_taken(waiting), call])[-1]
    return _checked(driver, pgconn.exec_prepared(statement.name, values, forms, _BINARY))  # type: ignore[arg-type]  # it forgets that a value may be None


def _taken(waiting: list[Call]) -> list[Call]:
    # Whatever becomes of them, nobody sends them twice.
    found = waiting[:]
    waiting.clear()
    return found


def send(driver: Driver, known: Names, calls: Sequence[Call]) -> list[PGresult]:
    """Send statements at once, the beginning of a transaction before them when there is none: their answers.

    raises  psycopg.Error for the first that fails; those behind it were not carried out
    """
    pgconn = driver.pgconn
    orders: list[Callable[[], None]] = (
        [partial(pgconn.send_query_params, _begin(driver), [])] if _is_new(driver) else []
    )
    places, fresh, new = [], dict[int, bytes](), set[bytes]()
    for statement, (values, forms) in calls:
        if statement.is_kept and statement.name not in known and statement.name not in new:
            fresh[len(orders)] = statement.name
            new.add(statement.name)
            orders.append(partial(pgconn.send_prepare, statement.name, statement.sql))
        places.append(len(orders))
        name, sql = statement.name, statement.sql
        orders.append(
            partial(pgconn.send_query_prepared, name, values, forms, _BINARY)
            if statement.is_kept
            else partial(pgconn.send_query_params, sql, values, None, forms, _BINARY)
        )
    results = _piped(driver, orders)
    for place, result in enumerate(results):
        _checked(driver, result)
        if place in fresh:
            known.add(fresh[place])
    return [results[place] for place in places]


def _piped(driver: Driver, orders: list[Callable[[], None]]) -> list[PGresult]:
    pgconn = driver.pgconn
    pgconn.enter_pipeline_mode()
    try:
        found = driver.wait(_talk(pgconn, deque([*orders, pgconn.pipeline_sync]), len(orders) + 1))
        pgconn.exit_pipeline_mode()
    except BaseException:
        # Nobody knows what is still on its way: this connection is not used again, and nothing of it is committed.
        driver.close()
        raise
    return [results[-1] for results in found[:-1]]


def _talk(pgconn: PGconn, orders: deque[Callable[[], None]], number: int) -> PQGen[list[list[PGresult]]]:
    found: list[list[PGresult]] = yield from pipeline_communicate(pgconn, orders)
    # It stops when all orders are given, not when all bytes have left: a server that lacks the last ones says nothing.
    while pgconn.flush():
        if (yield Wait.RW) & Ready.R:
            pgconn.consume_input()
    while len(found) < number:
        results = yield from fetch_many(pgconn)
        found.append(results)
    return found


def _is_new(driver: Driver) -> bool:
    return driver.pgconn.transaction_status == TransactionStatus.IDLE and not driver.autocommit


def _begin(driver: Driver) -> bytes:
    level = driver.isolation_level
    return b"BEGIN" if level is None else b"BEGIN ISOLATION LEVEL " + level.name.replace("_", " ").encode()


def _checked(driver: Driver, result: PGresult) -> PGresult:
    if result.status not in _DONE:
        raise errors.error_from_result(result, encoding=driver.info.encoding)
    return result
