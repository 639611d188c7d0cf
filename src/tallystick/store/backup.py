"""What no journal can give back, as lines of text: every KEPT table but sessions. Reads and fills them.

A line is one row as a JSON object in canonical form; bytes are base64. Both databases give and take the same lines.
"""

import base64
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tallystick import canon
from tallystick.ledger import journal
from tallystick.store.schema import ASSIGNMENT, DRAFT, ERASED, ITEM, KEPT, SESSION, VAULT_KEY, VAULT_OBJECT

TABLES: Final = tuple(table.name for table in KEPT.sorted_tables if table is not SESSION)
"""Sessions are left out: whoever was signed in signs in again."""
_TOGETHER = 500


def lines(connection: sa.Connection, name: str) -> Iterator[bytes]:
    """The rows of a table in the order of its key, one line each, in little memory."""
    table = KEPT.tables[name]
    query = sa.select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_TOGETHER)
    for part in connection.execute(query).partitions():
        for row in part:
            yield canon.encode({column.name: _plain(value) for column, value in zip(table.columns, row, strict=True)})


def _plain(value: object) -> object:
    return base64.b64encode(bytes(value)).decode() if isinstance(value, bytes | memoryview) else value


def fill(connection: sa.Connection, name: str, found: Iterable[bytes]) -> int:
    """Put rows into an empty table; how many. Raises msgspec.MsgspecError or ValueError for a line that is no row."""
    table = KEPT.tables[name]
    number, waiting = 0, []
    for line in found:
        waiting.append(row_of(table, line))
        if len(waiting) == _TOGETHER:
            journal.insert_many(connection, table, waiting)
            number, waiting = number + len(waiting), []
    journal.insert_many(connection, table, waiting)
    return number + len(waiting)


def row_of(table: sa.Table, line: bytes) -> dict[str, Any]:
    """The row in a line. Raises ValueError when it has other columns than the table."""
    row = msgspec.json.decode(line, type=dict[str, str | int | None])
    if row.keys() != {column.name for column in table.columns}:
        raise ValueError(f"expected the columns {', '.join(c.name for c in table.columns)}, found {', '.join(row)}")
    return {column.name: _typed(column, row[column.name]) for column in table.columns}


def _typed(column: sa.Column[Any], value: str | int | None) -> object:
    if isinstance(column.type, sa.LargeBinary) and isinstance(value, str):
        return base64.b64decode(value, validate=True)
    return value


def clear(connection: sa.Connection, name: str) -> None:
    """Remove all rows of a kept table."""
    connection.execute(KEPT.tables[name].delete())


def put(connection: sa.Connection, name: str, line: bytes) -> bool:
    """Replace the row with the key of this line, if the table has it; whether it has."""
    table = KEPT.tables[name]
    row = row_of(table, line)
    is_row = sa.and_(*(column == row[column.name] for column in table.primary_key.columns))
    return bool(connection.execute(table.update().where(is_row).values(**row)).rowcount)


def moved_on(connection: sa.Connection, name: str, column: str) -> Iterator[bytes]:
    """Rows of a table that stand under a key of a later generation than the first."""
    for line in lines(connection, name):
        names = str(msgspec.json.decode(line, type=dict[str, str | int | None])[column])
        if any(int(part.rpartition("#")[2]) > 1 for part in names.split(" ")):
            yield line


def keyless(connection: sa.Connection) -> list[str]:
    """Objects with bytes that name a key which is not there, by id: lost, or erased since."""
    known = {f"{row.scope}#{row.generation}" for row in connection.execute(sa.select(VAULT_KEY)).all()}
    query = sa.select(VAULT_OBJECT.c.object, VAULT_OBJECT.c.scopes).where(sa.func.length(VAULT_OBJECT.c.wrapped) > 0)
    found = connection.execute(query.order_by(VAULT_OBJECT.c.object).execution_options(yield_per=_TOGETHER))
    return [row.object for part in found.partitions() for row in part if not known.issuperset(row.scopes.split(" "))]


def revived(connection: sa.Connection) -> list[tuple[str, str]]:
    """(erasure, target) of what the journal says is erased, and a backup brought back."""
    has_key = sa.exists().where(VAULT_KEY.c.scope == ERASED.c.target)
    has_bytes = sa.exists().where(VAULT_OBJECT.c.object == ERASED.c.target, sa.func.length(VAULT_OBJECT.c.sealed) > 0)
    query = sa.select(ERASED.c.erasure, ERASED.c.target).where(sa.or_(has_key, has_bytes))
    return [(row.erasure, row.target) for row in connection.execute(query.order_by(*query.selected_columns)).all()]


def revived_drafts(connection: sa.Connection) -> dict[str, list[str]]:
    """Erasure: the items it took that unsent work in the tables is about."""
    found: dict[str, list[str]] = {}
    drafts = sa.select(DRAFT.c.work, ASSIGNMENT.c.item).join(
        ASSIGNMENT, ASSIGNMENT.c.assignment == DRAFT.c.work, isouter=True
    )
    for row in connection.execute(drafts).all():
        item = row.item or row.work.partition("|")[2]
        is_lost = sa.and_(ITEM.c.item == item, ERASED.c.target.in_([ITEM.c.content, ITEM.c.hidden]))
        gone = connection.execute(sa.select(ERASED.c.erasure).join(ITEM, is_lost)).first()
        if gone is not None:
            found.setdefault(gone.erasure, []).append(item)
    return found


def epochs(connection: sa.Connection) -> list[int]:
    """The epochs whose key is needed to open anything, ascending."""
    return list(connection.scalars(sa.select(VAULT_KEY.c.epoch).distinct().order_by(VAULT_KEY.c.epoch)))


def forget(connection: sa.Connection, objects: list[str]) -> None:
    """Empty objects that nothing opens any more: the row stays and tells erased from missing."""
    for start in range(0, len(objects), _TOGETHER):
        is_one = VAULT_OBJECT.c.object.in_(objects[start : start + _TOGETHER])
        connection.execute(VAULT_OBJECT.update().where(is_one).values(wrapped=b"", sealed=b""))
