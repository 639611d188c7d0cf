"""Who was shown what others said of an item: it is no work for them any more, by whatever road they came to see it."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from tallystick.ledger.statement import Statement
from tallystick.store.schema import ACCESS

_OPENED = sa.or_(ACCESS.c.what == "judgments", ACCESS.c.what == "record")
"""What shows the judgments of others. Whoever has an item as work opens it as `item`."""
_SEEN = Statement(
    sa.select(ACCESS.c.seq)
    .where(ACCESS.c.subject == sa.bindparam("wanted"), ACCESS.c.by == sa.bindparam("who"), _OPENED)
    .limit(1)
)  # fmt: skip


def looked_into(item: sa.ColumnElement[Any], who: sa.ColumnElement[Any] | str) -> sa.ColumnElement[bool]:
    """Whether somebody was shown what others said of the item of a column, as part of a query."""
    return sa.exists().where(ACCESS.c.subject == item, ACCESS.c.by == who, _OPENED)


def saw_others(connection: sa.Connection, who: str, wanted: str) -> bool:
    """Whether somebody was ever shown what others said of an item."""
    return _SEEN.first(connection, {"wanted": wanted, "who": who}) is not None


def opened_of(connection: sa.Connection, who: str, wanted: Collection[str]) -> set[str]:
    """Those of some items whose record, or judgments, somebody was ever shown."""
    query = sa.select(ACCESS.c.subject).where(ACCESS.c.by == who, _OPENED)
    return set(wanted).intersection(connection.scalars(query.distinct()))
