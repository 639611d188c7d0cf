"""What the tables beside the journal are made of: two sets of tables, and columns of text, whole numbers and bytes."""

import sqlalchemy as sa

READ = sa.MetaData()
KEPT = sa.MetaData()


def text(name: str, **rest: bool) -> sa.Column[str]:
    """A column of text."""
    return sa.Column(name, sa.Text, nullable=rest.get("optional", False), primary_key=rest.get("key", False))


def whole(name: str, **rest: bool) -> sa.Column[int]:
    """A column of whole numbers of up to 64 bits."""
    optional, key = rest.get("optional", False), rest.get("key", False)
    return sa.Column(name, sa.BigInteger, nullable=optional, primary_key=key, autoincrement=False)


def sealed(name: str) -> sa.Column[bytes]:
    """A column of sealed bytes."""
    return sa.Column(name, sa.LargeBinary, nullable=False)
