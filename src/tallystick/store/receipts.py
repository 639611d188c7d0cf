"""Which command left which events behind: finds the receipt of a retry."""

import sqlalchemy as sa

from tallystick.ledger.statement import Statement
from tallystick.store.schema import RECEIPT, Row

_FIND = Statement(sa.select(RECEIPT).where(RECEIPT.c.cmd == sa.bindparam("wanted")))


def find(connection: sa.Connection, cmd: str) -> Row | None:
    """The receipt of one command, or None."""
    return _FIND.first(connection, {"wanted": cmd})
