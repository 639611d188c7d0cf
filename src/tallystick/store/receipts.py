"""Which command left which events behind: finds the receipt of a retry."""

import sqlalchemy as sa

from tallystick.store.schema import RECEIPT, Row

_FIND = sa.select(RECEIPT).where(RECEIPT.c.cmd == sa.bindparam("wanted"))


def find(connection: sa.Connection, cmd: str) -> Row | None:
    """The receipt of one command, or None."""
    return connection.execute(_FIND, {"wanted": cmd}).first()
