"""Read models of demonstrations that experts wrote and that come back for others to review."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from tallystick.flow.standing import COUNTED, REQUEUED
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.signals.demonstration import WRITTEN, Demonstration
from tallystick.store.schema import ASSIGNMENT, ERASED, ITEM, JUDGMENT, WORK, Recorded, Row
from tallystick.store.schema.assignment import PROMOTION

_PART = 500
_WROTE = JUDGMENT.alias("wrote")


def on_promoted(connection: sa.Connection, run: list[Recorded]) -> None:
    """Demonstrations came back for others to review."""
    rows = [
        {"judgment": r.fact.judgment, "item": r.fact.item, "source": r.fact.source, "batch": r.fact.batch,
         "seq": r.envelope.seq}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, PROMOTION, rows)


_IS_PROMOTED = sa.exists().where(PROMOTION.c.judgment == JUDGMENT.c.judgment)
_IS_ERASED = sa.exists().where(sa.or_(ERASED.c.target == ITEM.c.content, ERASED.c.target == JUDGMENT.c.rationale))
# While an item wants another demonstration nobody is shown those that it has: they would no longer be independent.
_IS_COMPLETE = sa.exists().where(WORK.c.item == JUDGMENT.c.item, WORK.c.state == "complete")


def _written(batch: str) -> list[sa.ColumnElement[bool]]:
    return [
        JUDGMENT.c.batch == batch, JUDGMENT.c.signal == Demonstration.name, JUDGMENT.c.verdict == WRITTEN,
        JUDGMENT.c.standing == COUNTED, ITEM.c.batch == batch, JUDGMENT.c.is_observed == 1, ~_IS_ERASED, _IS_COMPLETE,
    ]  # fmt: skip


def written_waiting(connection: sa.Connection, batch: str, *, limit: int) -> list[Row]:
    """Demonstrations of complete items that count and that nobody was given to review, the oldest first."""
    query = (
        sa.select(
            JUDGMENT.c.judgment, JUDGMENT.c.expert, JUDGMENT.c.role, JUDGMENT.c.rubric, JUDGMENT.c.rubric_version,
            JUDGMENT.c.rationale, ITEM,
        )
        .join(ITEM, ITEM.c.item == JUDGMENT.c.item)
        .where(*_written(batch), ~_IS_PROMOTED)
        .order_by(JUDGMENT.c.seq)
        .limit(limit)
    )  # fmt: skip
    return list(connection.execute(query).all())


def under_review(connection: sa.Connection, batch: str) -> tuple[int, int]:
    """How many demonstrations of complete items of a batch count, and how many of them others were given to review."""
    query = (
        sa.select(sa.func.count(), sa.func.count(PROMOTION.c.item))
        .select_from(JUDGMENT)
        .join(ITEM, ITEM.c.item == JUDGMENT.c.item)
        .outerjoin(PROMOTION, PROMOTION.c.judgment == JUDGMENT.c.judgment)
        .where(*_written(batch))
    )
    row = connection.execute(query).one()
    return row[0], row[1]


def unreviewed_demonstrations(connection: sa.Connection, batch: str) -> list[str]:
    """The client's ids of complete items of a batch for which a demonstration counts that others have not reviewed."""
    is_reviewed = (
        sa.exists()
        .where(PROMOTION.c.judgment == JUDGMENT.c.judgment, WORK.c.item == PROMOTION.c.item)
        .where(WORK.c.state == "complete")
    )
    query = (
        sa.select(ITEM.c.external)
        .join(JUDGMENT, JUDGMENT.c.item == ITEM.c.item)
        .where(*_written(batch), ~is_reviewed)
        .group_by(ITEM.c.external)
        .order_by(sa.func.min(ITEM.c.seq))
    )
    return list(connection.scalars(query).all())


def is_set_aside(item: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether the item of a column holds a demonstration that was set aside, as part of a query: no release has it."""
    return sa.exists().where(
        PROMOTION.c.item == item, _WROTE.c.judgment == PROMOTION.c.judgment, _WROTE.c.standing == REQUEUED
    )


def lost_demonstrations(connection: sa.Connection, batch: str, standing: str) -> list[Row]:
    """Complete items of a batch whose response is a demonstration of this standing: item, client's id."""
    # Most programmes have none, and then not every item of the batch is looked at.
    if connection.execute(sa.select(PROMOTION.c.judgment).limit(1)).first() is None:
        return []
    is_erased = sa.exists().where(sa.or_(ERASED.c.target == ITEM.c.content, ERASED.c.target == ITEM.c.hidden))
    columns: list[sa.ColumnElement[Any]] = [ITEM.c.item, ITEM.c.external]
    query = (
        sa.select(*columns)
        .join(PROMOTION, PROMOTION.c.item == ITEM.c.item)
        .join(JUDGMENT, JUDGMENT.c.judgment == PROMOTION.c.judgment)
        .join(WORK, WORK.c.item == ITEM.c.item)
        .where(ITEM.c.batch == batch, WORK.c.state == "complete", JUDGMENT.c.standing == standing, ~is_erased)
        .order_by(ITEM.c.seq)
    )
    return list(connection.execute(query).all())


def had_written(item: sa.ColumnElement[Any], who: sa.ColumnElement[Any] | str) -> sa.ColumnElement[bool]:
    """Whether somebody was given to review what others wrote for the item of a column, as part of a query."""
    return sa.exists().where(
        PROMOTION.c.source == item, ASSIGNMENT.c.item == PROMOTION.c.item, ASSIGNMENT.c.expert == who
    )  # fmt: skip


_READ_WRITTEN = Statement(
    sa.select(WORK.c.item).where(
        WORK.c.item == sa.bindparam("wanted"), had_written(WORK.c.item, sa.bindparam("who"))
    )
)  # fmt: skip


def read_written(connection: sa.Connection, who: str, wanted: str) -> bool:
    """Whether somebody was given to review what others wrote for an item."""
    return _READ_WRITTEN.first(connection, {"wanted": wanted, "who": who}) is not None


def made_of(connection: sa.Connection, items: Iterable[str], judgments: Iterable[str]) -> list[Row]:
    """The items that hold what these items or judgments say, to be reviewed by others."""
    found: list[Row] = []
    for column, names in ((PROMOTION.c.source, sorted(items)), (PROMOTION.c.judgment, sorted(judgments))):
        for start in range(0, len(names), _PART):
            query = sa.select(ITEM).join(PROMOTION, PROMOTION.c.item == ITEM.c.item)
            found += connection.execute(query.where(column.in_(names[start : start + _PART]))).all()
    return found
