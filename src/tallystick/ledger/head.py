"""The seal point: what the log has committed itself to, and whose turn it is to move it. The one row of `seal_head`.

A sealer moves it by compare-and-swap before it signs anything, so two sealers can never sign two roots of one
size, whatever happens to their files. The epoch is a fence: who takes over counts it up, and the one before fails.
The lease (ledger/lease.py) only keeps sealers out of each other's way; nothing that is signed depends on it.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from tallystick.ledger.journal import NO_LINK, writing
from tallystick.ledger.tree import EMPTY_ROOT

METADATA = sa.MetaData()
NOBODY = ""

SEAL_HEAD = sa.Table(
    "seal_head",
    METADATA,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("link", sa.LargeBinary, nullable=False),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("beats", sa.BigInteger, nullable=False),
    sa.Column("lease_ms", sa.BigInteger, nullable=False),
    sa.Column("asked", sa.Text, nullable=False),
    sa.CheckConstraint("one = 1", name="seal_head_has_one_row"),
)
_C = SEAL_HEAD.c
_COLUMNS = (_C.epoch, _C.size, _C.root, _C.link, _C.holder, _C.beats, _C.lease_ms, _C.asked)
_READ = sa.select(*_COLUMNS).where(_C.one == 1)
_CLAIM = (
    SEAL_HEAD.update()
    .where(
        _C.one == 1,
        _C.epoch == sa.bindparam("was_epoch"),
        _C.beats == sa.bindparam("was_beats"),
        _C.holder == sa.bindparam("was_holder"),
    )
    .values(
        epoch=_C.epoch + 1,
        beats=0,
        holder=sa.bindparam("me"),
        lease_ms=sa.bindparam("length"),
        asked=NOBODY,  # who still waits asks again
    )
    .returning(*_COLUMNS)
)
_OF_EPOCH = SEAL_HEAD.update().where(_C.one == 1, _C.epoch == sa.bindparam("was_epoch"))
_BEAT = _OF_EPOCH.values(beats=_C.beats + 1).returning(*_COLUMNS)
_HAND_BACK = _OF_EPOCH.values(holder=NOBODY, beats=_C.beats + 1)
_ASK = SEAL_HEAD.update().where(_C.one == 1).values(asked=sa.bindparam("me"))
_ADVANCE = (
    SEAL_HEAD.update()
    .where(
        _C.one == 1,
        _C.epoch == sa.bindparam("was_epoch"),
        _C.size == sa.bindparam("was_size"),
        _C.root == sa.bindparam("was_root"),
    )
    .values(
        size=sa.bindparam("new_size"),
        root=sa.bindparam("new_root"),
        link=sa.bindparam("new_link"),
        beats=_C.beats + 1,
    )
    .returning(*_COLUMNS)
)


class Fenced(RuntimeError):
    """Another sealer has taken over. This one must stop; what it did so far is safe."""


@dataclass(frozen=True, slots=True)
class SealHead:
    """The seal point and the lease on it.

    epoch     how many takeovers there were
    size      how many entries are sealed
    root      the root over them
    link      what the journal's running digest was behind them (journal.linked)
    holder    who has the lease; empty when it was handed back
    beats     counts the holder's signs of life
    lease_ms  how long the holder may be silent
    asked     who asks the holder to hand back; empty for nobody
    """

    epoch: int
    size: int
    root: bytes
    link: bytes
    holder: str
    beats: int
    lease_ms: int
    asked: str


def create(engine: sa.Engine) -> None:
    """Make the table and its row if they are not there: epoch 0, an empty log."""
    try:
        _create(engine)
    except (IntegrityError, OperationalError, ProgrammingError):
        # Two processes that start together can both see no table. The loser looks again, once.
        _create(engine)


def _create(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        if sa.inspect(connection).has_table(SEAL_HEAD.name) and connection.execute(_READ).first() is not None:
            return  # who may not make tables may still seal
    with writing(engine) as connection:
        METADATA.create_all(connection)
        if connection.execute(_READ).first() is None:
            first = {"epoch": 0, "size": 0, "root": EMPTY_ROOT, "link": NO_LINK}
            free = {"holder": NOBODY, "beats": 0, "lease_ms": 0, "asked": NOBODY}
            connection.execute(SEAL_HEAD.insert().values(one=1, **first, **free))


def read(engine: sa.Engine) -> SealHead:
    """The seal point now."""
    with engine.connect() as connection:
        return _head(connection.execute(_READ).one())


def claim(engine: sa.Engine, seen: SealHead, *, me: str, lease_ms: int) -> SealHead | None:
    """Begin a new epoch as its holder: every sealer before is fenced off. None when the row is not as it was seen."""
    values = {"was_epoch": seen.epoch, "was_beats": seen.beats, "was_holder": seen.holder, "me": me, "length": lease_ms}
    with writing(engine) as connection:
        row = connection.execute(_CLAIM, values).first()
    return None if row is None else _head(row)


def beat(engine: sa.Engine, was: SealHead) -> SealHead:
    """Show that the holder lives. Raises Fenced when another sealer has taken over."""
    with writing(engine) as connection:
        row = connection.execute(_BEAT, {"was_epoch": was.epoch}).first()
    if row is None:
        raise fenced(was, read(engine))
    return _head(row)


def hand_back(engine: sa.Engine, was: SealHead) -> None:
    """Give the lease back. Does nothing when it is another's by now."""
    with writing(engine) as connection:
        connection.execute(_HAND_BACK, {"was_epoch": was.epoch})


def ask(engine: sa.Engine, me: str) -> None:
    """Ask whoever has the lease to hand it back when it has sealed what it is at."""
    with writing(engine) as connection:
        connection.execute(_ASK, {"me": me})


def advance(engine: sa.Engine, was: SealHead, *, size: int, root: bytes, link: bytes) -> SealHead:
    """Move the seal point from `was`, in one statement, durably.

    raises  Fenced when it is no longer at `was`
    """
    values = {
        "was_epoch": was.epoch,
        "was_size": was.size,
        "was_root": was.root,
        "new_size": size,
        "new_root": root,
        "new_link": link,
    }
    with writing(engine) as connection:
        row = connection.execute(_ADVANCE, values).first()
    if row is None:
        raise fenced(was, read(engine))
    return _head(row)


def fenced(was: SealHead, now: SealHead) -> Fenced:
    """What is wrong when the seal point is another's."""
    return Fenced(
        f"expected the seal point at epoch {was.epoch}, size {was.size}; found epoch {now.epoch}, size "
        f"{now.size}: another sealer has taken over, so this one stops"
    )


def _head(row: sa.Row[int, int, bytes, bytes, str, int, int, str]) -> SealHead:
    epoch, size, root, link, holder, beats, lease_ms, asked = row
    return SealHead(epoch, size, bytes(root), bytes(link), holder, beats, lease_ms, asked)
