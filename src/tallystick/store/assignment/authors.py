"""Who wrote which item: they never judge, review or adjudicate it, by whatever road."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from tallystick.ledger.statement import Statement
from tallystick.store.schema.assignment import AUTHOR

_IS_AUTHOR = Statement(
    sa.select(AUTHOR.c.item).where(AUTHOR.c.item == sa.bindparam("wanted"), AUTHOR.c.person == sa.bindparam("who"))
)


def authored(item: sa.ColumnElement[Any], who: sa.ColumnElement[Any] | str) -> sa.ColumnElement[bool]:
    """Whether somebody wrote the item of a column, as part of a query."""
    return sa.exists().where(AUTHOR.c.item == item, AUTHOR.c.person == who)


def is_author(connection: sa.Connection, who: str, wanted: str) -> bool:
    """Whether somebody wrote an item."""
    return _IS_AUTHOR.first(connection, {"wanted": wanted, "who": who}) is not None


def authors_of(connection: sa.Connection, wanted: Iterable[str]) -> dict[str, set[str]]:
    """Item: who wrote it, of those items that somebody here wrote."""
    found: dict[str, set[str]] = {}
    listed = list(wanted)
    for start in range(0, len(listed), 500):
        query = sa.select(AUTHOR.c.item, AUTHOR.c.person).where(AUTHOR.c.item.in_(listed[start : start + 500]))
        for row in connection.execute(query).all():
            found.setdefault(row.item, set()).add(row.person)
    return found
