"""The seal point: what the log has committed itself to. Reads and writes the one row of `seal_head`.

A sealer moves it by compare-and-swap before it signs anything, so two sealers can never sign two roots of one
size, whatever happens to their files. The epoch is a fence: who takes over counts it up, and the one before fails.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from tallystick.ledger.journal import writing
from tallystick.ledger.tree import EMPTY_ROOT

METADATA = sa.MetaData()

SEAL_HEAD = sa.Table(
    "seal_head",
    METADATA,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.CheckConstraint("one = 1", name="seal_head_has_one_row"),
)

_READ = sa.select(SEAL_HEAD.c.epoch, SEAL_HEAD.c.size, SEAL_HEAD.c.root).where(SEAL_HEAD.c.one == 1)
_TAKE_OVER = (
    SEAL_HEAD.update()
    .where(SEAL_HEAD.c.one == 1)
    .values(epoch=SEAL_HEAD.c.epoch + 1)
    .returning(SEAL_HEAD.c.epoch, SEAL_HEAD.c.size, SEAL_HEAD.c.root)
)
_ADVANCE = (
    SEAL_HEAD.update()
    .where(
        SEAL_HEAD.c.one == 1,
        SEAL_HEAD.c.epoch == sa.bindparam("was_epoch"),
        SEAL_HEAD.c.size == sa.bindparam("was_size"),
        SEAL_HEAD.c.root == sa.bindparam("was_root"),
    )
    .values(size=sa.bindparam("new_size"), root=sa.bindparam("new_root"))
)


class Fenced(RuntimeError):
    """Another sealer has taken over. This one must stop; what it did so far is safe."""


@dataclass(frozen=True, slots=True)
class SealHead:
    """The seal point: how many takeovers there were, how many entries are sealed, and the root over them."""

    epoch: int
    size: int
    root: bytes


def create(engine: sa.Engine) -> None:
    """Make the table and its row if they are not there: epoch 0, an empty log."""
    try:
        _create(engine)
    except (IntegrityError, OperationalError, ProgrammingError):
        # Two processes that start together can both see no table. The loser looks again, once.
        _create(engine)


def _create(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        METADATA.create_all(connection)
        if connection.execute(_READ).first() is None:
            connection.execute(SEAL_HEAD.insert().values(one=1, epoch=0, size=0, root=EMPTY_ROOT))


def read(engine: sa.Engine) -> SealHead:
    """The seal point now."""
    with engine.connect() as connection:
        return _head(connection.execute(_READ).one())


def take_over(engine: sa.Engine) -> SealHead:
    """Begin a new epoch: every sealer before this one is fenced off."""
    with writing(engine) as connection:
        return _head(connection.execute(_TAKE_OVER).one())


def advance(engine: sa.Engine, was: SealHead, *, size: int, root: bytes) -> SealHead:
    """Move the seal point from `was`, in one statement, durably.

    raises  Fenced when it is no longer at `was`
    """
    values = {
        "was_epoch": was.epoch,
        "was_size": was.size,
        "was_root": was.root,
        "new_size": size,
        "new_root": root,
    }
    with writing(engine) as connection:
        moved = connection.execute(_ADVANCE, values).rowcount
    if moved != 1:
        now = read(engine)
        raise Fenced(
            f"expected the seal point at epoch {was.epoch}, size {was.size}; found epoch {now.epoch}, size "
            f"{now.size}: another sealer has taken over, so this one stops"
        )
    return SealHead(was.epoch, size, root)


def _head(row: sa.Row[int, int, bytes]) -> SealHead:
    epoch, size, root = row
    return SealHead(epoch, size, bytes(root))
