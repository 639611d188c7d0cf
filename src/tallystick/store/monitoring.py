"""Read models of monitoring: the rows that figures are counted from, and every shortcut audit."""

from typing import Any

import sqlalchemy as sa

from tallystick import canon
from tallystick.events.monitoring import ShortcutAudited
from tallystick.flow.standing import COUNTED, REQUEUED
from tallystick.ledger import journal
from tallystick.signals import pairs
from tallystick.store.schema import (
    ASSIGNMENT,
    CLASSIFICATION,
    DISAGREEMENT,
    ITEM,
    JUDGMENT,
    RUBRIC_FEEDBACK,
    RUBRIC_VERSION,
    SHORTCUT_AUDIT,
    STANDING,
    WORK,
    Handler,
    Recorded,
    Row,
)


def _on_audited(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"seq": r.envelope.seq, "audit": r.fact.audit, "programme": r.fact.programme, "axis": r.fact.axis,
         "name": r.fact.name, "source": r.fact.source, "is_flagged": int(r.fact.is_flagged),
         "body": canon.encode(r.fact).decode(), "at": r.envelope.at, "by": r.envelope.by}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, SHORTCUT_AUDIT, rows)


HANDLERS: dict[str, Handler] = {ShortcutAudited.KIND: _on_audited}


def of_programme(connection: sa.Connection, programme: str) -> list[Row]:
    """The judgments of a programme that count, in journal order, with what figures are counted from.

    Those on sentinels are not among them, nor those that are held or were set aside.
    """
    columns: list[sa.ColumnElement[Any]] = [
        JUDGMENT.c.judgment, JUDGMENT.c.item, JUDGMENT.c.expert, JUDGMENT.c.verdict, JUDGMENT.c.scores,
        JUDGMENT.c.defects, JUDGMENT.c.active_ms, JUDGMENT.c.rubric, JUDGMENT.c.rubric_version,
        JUDGMENT.c.is_observed, ITEM.c.domain, ITEM.c.taxonomy,
    ]  # fmt: skip
    query = (
        sa.select(*columns)
        .join(ITEM, ITEM.c.item == JUDGMENT.c.item)
        .where(JUDGMENT.c.programme == programme, JUDGMENT.c.standing == COUNTED, ITEM.c.purpose == "work")
        .order_by(JUDGMENT.c.seq)
    )
    return list(connection.execute(query).all())


def own(connection: sa.Connection, programme: str, who: str) -> list[Row]:
    """Everything that somebody judged in a programme, whatever became of it, in journal order.

    Sentinels and held judgments are among them: a number that left them out would tell which they are. The domain is
    that of the lease, as they saw it.
    """
    columns: list[sa.ColumnElement[Any]] = [
        JUDGMENT.c.judgment, JUDGMENT.c.item, JUDGMENT.c.expert, JUDGMENT.c.verdict, JUDGMENT.c.scores,
        JUDGMENT.c.defects, JUDGMENT.c.active_ms, JUDGMENT.c.rubric, JUDGMENT.c.rubric_version,
        JUDGMENT.c.is_observed, ASSIGNMENT.c.domain,
    ]  # fmt: skip
    query = (
        sa.select(*columns)
        .join(ASSIGNMENT, ASSIGNMENT.c.assignment == JUDGMENT.c.assignment)
        .where(JUDGMENT.c.programme == programme, JUDGMENT.c.expert == who)
        .order_by(JUDGMENT.c.seq)
    )
    return list(connection.execute(query).all())


def closed(connection: sa.Connection, programme: str, who: str) -> list[Row]:
    """Judgments that count on closed items which somebody judged: theirs and the others', in the order of closing.

    Closed: the item has all its judgments, and no disagreement on it is open.
    """
    mine = sa.select(JUDGMENT.c.item).where(
        JUDGMENT.c.programme == programme, JUDGMENT.c.expert == who, JUDGMENT.c.standing == COUNTED
    )
    closed_at = sa.case(
        (DISAGREEMENT.c.closed_seq > JUDGMENT.c.seq, DISAGREEMENT.c.closed_seq), else_=JUDGMENT.c.seq
    ).label("closed_at")
    columns: list[sa.ColumnElement[Any]] = [JUDGMENT.c.item, JUDGMENT.c.expert, JUDGMENT.c.verdict, closed_at]
    query = (
        sa.select(*columns)
        .join(WORK, WORK.c.item == JUDGMENT.c.item)
        .outerjoin(DISAGREEMENT, DISAGREEMENT.c.item == JUDGMENT.c.item)
        .where(
            JUDGMENT.c.item.in_(mine), JUDGMENT.c.standing == COUNTED, WORK.c.state == "complete",
            sa.or_(DISAGREEMENT.c.state.is_(None), DISAGREEMENT.c.state != "open"),
        )
        .order_by(JUDGMENT.c.seq)
    )  # fmt: skip
    return list(connection.execute(query).all())


def criteria(connection: sa.Connection, programme: str) -> list[Row]:
    """Which criteria each rubric version of a programme asks for."""
    table = RUBRIC_VERSION
    return list(connection.execute(sa.select(table).where(table.c.programme == programme).order_by(table.c.seq)).all())


def to_audit(connection: sa.Connection, programme: str) -> list[Row]:
    """The judgments of a programme that count, with the content of their items, in journal order."""
    columns: list[sa.ColumnElement[Any]] = [
        JUDGMENT.c.judgment, JUDGMENT.c.item, JUDGMENT.c.expert, JUDGMENT.c.verdict, JUDGMENT.c.order,
        JUDGMENT.c.rubric, JUDGMENT.c.rubric_version, JUDGMENT.c.is_observed, JUDGMENT.c.seq, ITEM.c.content,
        ITEM.c.taxonomy,
    ]  # fmt: skip
    query = (
        sa.select(*columns)
        .join(ITEM, ITEM.c.item == JUDGMENT.c.item)
        .where(
            JUDGMENT.c.programme == programme, JUDGMENT.c.standing == COUNTED, ITEM.c.purpose == "work",
            JUDGMENT.c.signal.in_(pairs()),
        )
        .order_by(JUDGMENT.c.seq)
    )  # fmt: skip
    return list(connection.execute(query).all())


def audits(connection: sa.Connection, programme: str) -> list[Row]:
    """Everything that shortcut audits of a programme found, newest first."""
    table = SHORTCUT_AUDIT
    query = sa.select(table).where(table.c.programme == programme).order_by(table.c.seq.desc())
    return list(connection.execute(query).all())


def latest_audit(connection: sa.Connection, programme: str) -> list[Row]:
    """What the newest shortcut audit of a programme found, group by group, in journal order."""
    table = SHORTCUT_AUDIT
    newest = sa.select(table.c.audit).where(table.c.programme == programme).order_by(table.c.seq.desc()).limit(1)
    query = sa.select(table).where(table.c.audit == newest.scalar_subquery()).order_by(table.c.seq)
    return list(connection.execute(query).all())


def remarks(connection: sa.Connection, programme: str) -> dict[tuple[str, str], int]:
    """(rubric, criterion): in how many cases adjudicators said something of it."""
    table = RUBRIC_FEEDBACK
    query = sa.select(table.c.rubric, table.c.criterion, sa.func.count()).where(table.c.programme == programme)
    return {(row[0], row[1]): row[2] for row in connection.execute(query.group_by(table.c.rubric, table.c.criterion))}


def set_aside(connection: sa.Connection, programme: str) -> list[Row]:
    """Every time that judgments were set aside to be made again: seq, cause, judgments."""
    table = STANDING
    columns: list[sa.ColumnElement[Any]] = [table.c.seq, table.c.cause, sa.func.count().label("judgments")]
    query = sa.select(*columns).where(table.c.programme == programme, table.c.now == REQUEUED)
    return list(connection.execute(query.group_by(table.c.seq, table.c.cause).order_by(table.c.seq)).all())


def classified(connection: sa.Connection, programme: str) -> dict[str, str | None]:
    """Item: the cause that the newest classification of its disagreement found; None where evidence is too thin."""
    table = CLASSIFICATION
    rows = connection.execute(sa.select(table.c.item, table.c.cause).where(table.c.programme == programme)).all()
    return {row.item: row.cause for row in rows}
