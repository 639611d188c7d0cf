"""Read models of leases: who holds what, where each expert goes on, what is free."""

from typing import NamedTuple

import sqlalchemy as sa

from tallystick.ledger.statement import Statement
from tallystick.store.assignment.authors import authored
from tallystick.store.assignment.promoted import had_written
from tallystick.store.assignment.seen import judged_before, unseen
from tallystick.store.schema import ASSIGNMENT, BATCH, JUDGMENT, WORK, Row
from tallystick.store.schema.assignment import CURSOR, LOAD, STRATUM, STRATUM_CURSOR

_SET_STATE = Statement(
    ASSIGNMENT.update()
    .where(ASSIGNMENT.c.assignment == sa.bindparam("wanted"))
    .values(state=sa.bindparam("now"))
)  # fmt: skip


_HAD = sa.select(ASSIGNMENT.c.batch).where(ASSIGNMENT.c.assignment == sa.bindparam("wanted")).scalar_subquery()
_WHO = sa.select(ASSIGNMENT.c.expert).where(ASSIGNMENT.c.assignment == sa.bindparam("wanted")).scalar_subquery()
_END_LOAD = Statement(
    LOAD.update()
    .where(LOAD.c.expert == _WHO, LOAD.c.batch == _HAD)
    .values(held=LOAD.c.held - 1, judged=LOAD.c.judged + sa.bindparam("more"))
)


def close(connection: sa.Connection, assignment: str, state: str) -> None:
    """An assignment has ended: judged, expired or returned."""
    _SET_STATE.run(connection, {"wanted": assignment, "now": state})
    _END_LOAD.run(connection, {"wanted": assignment, "more": int(state == "judged")})


_ASSIGNMENT = Statement(sa.select(ASSIGNMENT).where(ASSIGNMENT.c.assignment == sa.bindparam("wanted")))
_LAST = Statement(
    sa.select(ASSIGNMENT)
    .where(ASSIGNMENT.c.expert == sa.bindparam("who"), ASSIGNMENT.c.item == sa.bindparam("item"))
    .order_by(ASSIGNMENT.c.seq.desc())
    .limit(1)
)
_ACTIVE = Statement(
    sa.select(ASSIGNMENT).where(
        ASSIGNMENT.c.expert == sa.bindparam("who"),
        ASSIGNMENT.c.state == "leased",
        ASSIGNMENT.c.programme == sa.bindparam("programme"),
    )
)
_CURSORS = Statement(
    sa.select(CURSOR).where(CURSOR.c.expert == sa.bindparam("who"), CURSOR.c.programme == sa.bindparam("programme"))
)
_EXPIRED = Statement(
    sa.select(ASSIGNMENT.c.assignment, ASSIGNMENT.c.item, ASSIGNMENT.c.expert)
    .where(ASSIGNMENT.c.state == "leased", ASSIGNMENT.c.expires_at < sa.bindparam("now"))
    .order_by(ASSIGNMENT.c.expires_at, ASSIGNMENT.c.assignment)
    .limit(sa.bindparam("limit"))
)


def assignment(connection: sa.Connection, wanted: str) -> Row | None:
    """One assignment, or None."""
    return _ASSIGNMENT.first(connection, {"wanted": wanted})


def last_on(connection: sa.Connection, who: str, item: str) -> Row | None:
    """The assignment of an item that an expert was given last, or None."""
    return _LAST.first(connection, {"who": who, "item": item})


def active(connection: sa.Connection, who: str, programme: str) -> Row | None:
    """The assignment that an expert holds in a programme, or None."""
    return _ACTIVE.first(connection, {"who": who, "programme": programme})


def expired(connection: sa.Connection, now: int, *, limit: int = 20) -> list[Row]:
    """Leases that have run out, oldest first."""
    return _EXPIRED.all(connection, {"now": now, "limit": limit})


def cursors(connection: sa.Connection, who: str, programme: str) -> dict[str, Row]:
    """Domain: where the expert goes on."""
    return {row.domain: row for row in _CURSORS.all(connection, {"who": who, "programme": programme})}


# A lease that ran out is no answer: its item is offered again, or an item could wait for ever for its last judge. Nor
# does a lease that was called back, or a judgment that its author may give again, keep them from the item.
_MINE = sa.exists().where(
    ASSIGNMENT.c.expert == sa.bindparam("who"), ASSIGNMENT.c.item == WORK.c.item, ASSIGNMENT.c.state != "expired",
    ASSIGNMENT.c.state != "recalled", ASSIGNMENT.c.state != "requeued",
)  # fmt: skip
# One that was set aside keeps its author away by its assignment, unless they may judge the item again.
_JUDGED = sa.exists().where(
    JUDGMENT.c.expert == sa.bindparam("who"), JUDGMENT.c.item == WORK.c.item, JUDGMENT.c.standing != "requeued"
)
# Others' judgments are shown to experts once an item is complete, and it may open again; an adjudicator sees those of a
# case that is sent back. Who has seen them judges it no more.
_FOR_THEM = (
    WORK.c.is_open == 1,
    ~_MINE,
    ~_JUDGED,
    *unseen(WORK.c.item, sa.bindparam("who")),
    ~authored(WORK.c.item, sa.bindparam("who")),
    ~had_written(WORK.c.item, sa.bindparam("who")),
)
_OPEN_TO_THEM = (
    sa.select(WORK.c.item, WORK.c.rank).where(WORK.c.stratum == sa.bindparam("stratum"), *_FOR_THEM).limit(1)
)  # fmt: skip
_AT_PLACE = _OPEN_TO_THEM.where(WORK.c.rank > sa.bindparam("above"), WORK.c.rank <= sa.bindparam("upto"))
_FREE = Statement(_AT_PLACE.order_by(WORK.c.rank))
# An auditor, a lead or whoever else reads judgments may become an expert: what was judged until then they never judge.
# To them go items that nobody judged, then those that were judged first after it. Each is a range of an index, or who
# read all there is would look through all of it at every click.
_UNJUDGED = Statement(_AT_PLACE.where(WORK.c.first_judged.is_(None)).order_by(WORK.c.rank))
_JUDGED_SINCE = Statement(
    _OPEN_TO_THEM.where(WORK.c.first_judged >= sa.bindparam("read")).order_by(WORK.c.first_judged, WORK.c.rank)
)
# Their own judgment that was set aside is the first of its item, and may be the only one from before that place.
_SET_ASIDE = sa.select(ASSIGNMENT.c.item).where(
    ASSIGNMENT.c.expert == sa.bindparam("who"), ASSIGNMENT.c.state == "requeued"
)
_BACK = Statement(
    sa.select(WORK.c.item, WORK.c.rank).where(
        WORK.c.stratum == sa.bindparam("stratum"), *_FOR_THEM, WORK.c.item.in_(_SET_ASIDE),
        ~judged_before(WORK.c.item, sa.bindparam("who"), sa.bindparam("read")),
    )
)  # fmt: skip
_IS_FREE = Statement(sa.select(WORK.c.item).where(WORK.c.item == sa.bindparam("wanted"), *_FOR_THEM))
_LAST_RANK = 2**62


def free_item(connection: sa.Connection, who: str, *, stratum: int, cursor: int, read: int) -> str | None:
    """The next open item of a stratum that this expert has not had: ahead of their cursor, then behind it.

    Index scans that stop at the first hit: the cost does not grow with the number of items.
    read  the place in the journal before which they read what others judged, in another role; 0 for nobody
    """
    wanted = {"who": who, "stratum": stratum}
    free = _UNJUDGED if read else _FREE
    found = free.first(connection, {**wanted, "above": cursor, "upto": _LAST_RANK})
    found = found or free.first(connection, {**wanted, "above": -1, "upto": cursor})
    if found is None and read:
        found = _JUDGED_SINCE.first(connection, {**wanted, "read": read})
        theirs = [] if found else _BACK.all(connection, {**wanted, "read": read})
        found = min(theirs, key=lambda row: row.rank, default=found)
    return None if found is None else str(found.item)


def is_free(connection: sa.Connection, who: str, wanted: str) -> bool:
    """Whether an item has a place and is for this expert, by what `free_item` asks. For readers see `saw_others`."""
    return _IS_FREE.first(connection, {"who": who, "wanted": wanted}) is not None


_KINDS = Statement(
    sa.select(
        STRATUM.c.domain, STRATUM.c.taxonomy, sa.cast(sa.func.sum(STRATUM.c.open), sa.BigInteger).label("open"),
        sa.func.min(STRATUM.c.stratum).label("first"),
    )
    .where(STRATUM.c.programme == sa.bindparam("programme"), STRATUM.c.open > 0)
    .group_by(STRATUM.c.domain, STRATUM.c.taxonomy)
)  # fmt: skip
_OPEN = Statement(
    sa.select(
        STRATUM.c.stratum, STRATUM.c.domain, STRATUM.c.batch, STRATUM_CURSOR.c["rank"], LOAD.c.held, LOAD.c.judged,
        BATCH.c["items"],
    )
    .join(BATCH, BATCH.c.batch == STRATUM.c.batch)
    .outerjoin(
        STRATUM_CURSOR,
        sa.and_(STRATUM_CURSOR.c.stratum == STRATUM.c.stratum, STRATUM_CURSOR.c.expert == sa.bindparam("who")),
    )
    .outerjoin(LOAD, sa.and_(LOAD.c.batch == STRATUM.c.batch, LOAD.c.expert == sa.bindparam("who")))
    .where(
        STRATUM.c.programme == sa.bindparam("programme"), STRATUM.c.domain == sa.bindparam("domain"),
        STRATUM.c.taxonomy == sa.bindparam("taxonomy"), STRATUM.c.open > 0,
    )
    .order_by(STRATUM.c.stratum)
)  # fmt: skip
_LOAD = Statement(
    sa.select(LOAD.c.held, LOAD.c.judged, BATCH.c["items"])
    .join(BATCH, BATCH.c.batch == LOAD.c.batch)
    .where(LOAD.c.expert == sa.bindparam("who"), LOAD.c.batch == sa.bindparam("batch"))
)
_LOADS = Statement(
    sa.select(CURSOR.c.expert, CURSOR.c.domain, CURSOR.c.leases, CURSOR.c.last_at).where(
        CURSOR.c.programme == sa.bindparam("programme")
    )
)


class OpenKind(NamedTuple):
    """Open items that are alike: domain, taxonomy, how many there are, and the first stratum of that kind."""

    domain: str
    taxonomy: str
    open: int
    first: int


def open_kinds(connection: sa.Connection, programme: str) -> list[OpenKind]:
    """What kinds of items are open. Hundreds at every lease, so each is no more than a tuple."""
    return [OpenKind._make(row) for row in _KINDS.all(connection, {"programme": programme})]


def open_strata(connection: sa.Connection, who: str, programme: str, *, domain: str, taxonomy: str) -> list[Row]:
    """The strata of one kind with an open item, oldest first; where this expert goes on, what they have of its batch.

    rank          of the item that they had last, None before the first
    held, judged  of the batch, None for somebody who has had none of it
    items         of the batch
    """
    return _OPEN.all(connection, {"who": who, "programme": programme, "domain": domain, "taxonomy": taxonomy})


def load(connection: sa.Connection, who: str, batch: str) -> Row | None:
    """What an expert has of a batch: held, judged, and the items of the batch. None for who has had none of it."""
    return _LOAD.first(connection, {"who": who, "batch": batch})


def loads(connection: sa.Connection, programme: str) -> list[Row]:
    """How many items everybody has had in each domain of a programme, and when the last."""
    return _LOADS.all(connection, {"programme": programme})


def done_by(connection: sa.Connection, programme: str) -> list[Row]:
    """What everybody is at and has judged in each batch of a programme, sentinels among it."""
    query = sa.select(LOAD).where(LOAD.c.programme == programme).order_by(LOAD.c.expert, LOAD.c.batch)
    return list(connection.execute(query).all())


def strata_of(connection: sa.Connection, programme: str) -> list[Row]:
    """Every stratum of a programme with its items and how many of them still have a place."""
    query = sa.select(STRATUM).where(STRATUM.c.programme == programme).order_by(STRATUM.c.stratum)
    return list(connection.execute(query).all())
