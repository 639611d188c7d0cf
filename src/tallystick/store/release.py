"""Read models of releases, and what a release would find in the batches of a programme."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from tallystick import canon
from tallystick.events.release import ConsensusRequested, ReleaseAbandoned, ReleaseBuilt, ReleaseCut, ReleaseMonitored
from tallystick.flow.standing import COUNTED, HELD, REQUEUED
from tallystick.ledger import journal
from tallystick.store.assignment.promoted import is_set_aside
from tallystick.store.items import GONE
from tallystick.store.schema import (
    DISAGREEMENT,
    ERASED,
    FLAG,
    ITEM,
    JUDGMENT,
    RELEASE,
    STANDING,
    WORK,
    Handler,
    Recorded,
    Row,
)
from tallystick.store.schema.affected import AFFECTED_REVIEW


def _on_cut(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"release": r.fact.release, "programme": r.fact.programme, "name": r.fact.name, "version": r.fact.version,
         "use": r.fact.use, "batches": canon.encode(r.fact.batches).decode(),
         "left_out": canon.encode(r.fact.left_out).decode(), "state": "cut", "cut_seq": r.envelope.seq,
         "cut_at": r.envelope.at, "by": r.envelope.by, "manifest_digest": None, "records_root": None,
         "records": None, "judgments": None, "files": None, "built_seq": None}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, RELEASE, rows)


def _on_built(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: ReleaseBuilt = r.fact
        values = {
            "state": "built", "manifest_digest": fact.manifest_digest, "records_root": fact.records_root,
            "records": fact.records, "judgments": fact.judgments, "files": fact.files, "built_seq": r.envelope.seq,
        }  # fmt: skip
        connection.execute(RELEASE.update().where(RELEASE.c.release == fact.release).values(**values))


def _on_abandoned(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        connection.execute(RELEASE.update().where(RELEASE.c.release == r.fact.release).values(state="abandoned"))


def _on_nothing(_connection: sa.Connection, _run: list[Recorded]) -> None:
    """No table reads it: the files of the release are derived from the journal."""


HANDLERS: dict[str, Handler] = {
    ConsensusRequested.KIND: _on_nothing,
    ReleaseMonitored.KIND: _on_nothing,
    ReleaseCut.KIND: _on_cut,
    ReleaseAbandoned.KIND: _on_abandoned,
    ReleaseBuilt.KIND: _on_built,
}


def release(connection: sa.Connection, wanted: str) -> Row | None:
    """One release, or None."""
    return connection.execute(sa.select(RELEASE).where(RELEASE.c.release == wanted)).first()


def named(connection: sa.Connection, name: str, version: str) -> Row | None:
    """The release of one name and version, or None."""
    return connection.execute(sa.select(RELEASE).where(RELEASE.c.name == name, RELEASE.c.version == version)).first()


def of_programme(connection: sa.Connection, programme: str) -> list[Row]:
    """The releases of a programme, newest first."""
    query = sa.select(RELEASE).where(RELEASE.c.programme == programme).order_by(RELEASE.c.cut_seq.desc())
    return list(connection.execute(query).all())


# --- what a release would find in batches, so many of them at once ------------------------------------------------

_IS_OPEN = (
    sa.select(DISAGREEMENT.c.item).where(DISAGREEMENT.c.item == ITEM.c.item, DISAGREEMENT.c.state == "open").exists()
)
_IS_GONE = sa.exists().where(ERASED.c.target.in_([ITEM.c.content, ITEM.c.hidden]))
_IS_ANSWERED = sa.exists().where(
    AFFECTED_REVIEW.c.judgment == FLAG.c.judgment, AFFECTED_REVIEW.c.seq > FLAG.c.seq
)  # fmt: skip


def _by_batch(connection: sa.Connection, query: sa.Select[Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in connection.execute(query).all():
        found.setdefault(row[0], []).append(row[1])
    return found


def _is_any(connection: sa.Connection, table: sa.Table) -> bool:
    return connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None


def open_in(connection: sa.Connection, batches: Collection[str]) -> dict[str, list[str]]:
    """Batch: the client's ids of its items with an open disagreement, in the order in which these opened."""
    query = (
        sa.select(ITEM.c.batch, ITEM.c.external)
        .join(DISAGREEMENT, DISAGREEMENT.c.item == ITEM.c.item)
        .where(DISAGREEMENT.c.batch.in_(batches), DISAGREEMENT.c.state == "open")
        .order_by(DISAGREEMENT.c.seq, ITEM.c.seq)
    )
    return _by_batch(connection, query)


def erased_in(connection: sa.Connection, batches: Collection[str]) -> dict[str, list[str]]:
    """Batch: the client's ids of its items that are complete, without an open disagreement, and erased."""
    if not _is_any(connection, ERASED):
        return {}
    query = (
        sa.select(ITEM.c.batch, ITEM.c.external)
        .join(WORK, WORK.c.item == ITEM.c.item)
        .where(ITEM.c.batch.in_(batches), WORK.c.state == "complete", ~_IS_OPEN, _IS_GONE)
        .order_by(ITEM.c.seq)
    )
    return _by_batch(connection, query)


def affected_in(connection: sa.Connection, batches: Collection[str]) -> dict[str, dict[str, int]]:
    """Batch: by the client's id of an item, how many of its judgments count, are affected and were not reviewed.

    Of the items that a release of the batch has a record of now: complete, without an open disagreement, not erased,
    and without a demonstration that was set aside.
    """
    if not _is_any(connection, FLAG):
        return {}
    waiting = (
        sa.select(JUDGMENT.c.judgment, JUDGMENT.c.item)
        .where(
            JUDGMENT.c.batch.in_(batches), JUDGMENT.c.standing == COUNTED,
            sa.exists().where(FLAG.c.judgment == JUDGMENT.c.judgment, ~_IS_ANSWERED),
        )
        .subquery()
    )  # fmt: skip
    query = (
        sa.select(ITEM.c.batch, ITEM.c.external, sa.func.count())
        .select_from(waiting)
        .join(ITEM, ITEM.c.item == waiting.c.item)
        .join(WORK, WORK.c.item == ITEM.c.item)
        .where(WORK.c.state == "complete", ~_IS_OPEN, ~_IS_GONE, ~is_set_aside(ITEM.c.item))
        .group_by(ITEM.c.batch, ITEM.c.external)
        .order_by(sa.func.min(ITEM.c.seq))
    )
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(query).all():
        found.setdefault(row[0], {})[row[1]] = row[2]
    return found


def held_in(connection: sa.Connection, batches: Collection[str]) -> dict[str, int]:
    """Batch: its judgments that are held, without those whose items were erased: nobody can review them."""
    query = (
        sa.select(JUDGMENT.c.batch, sa.func.count())
        .join(ITEM, ITEM.c.item == JUDGMENT.c.item)
        .where(
            JUDGMENT.c.batch.in_(batches), JUDGMENT.c.standing == HELD,
            ~sa.exists().where(ERASED.c.target == ITEM.c.content),
        )
        .group_by(JUDGMENT.c.batch)
    )  # fmt: skip
    return {row[0]: row[1] for row in connection.execute(query).all()}


def set_aside_in(connection: sa.Connection, programme: str) -> dict[str, int]:
    """Batch: its items whose judgments an intervention set aside, and that are not complete again; no erased ones."""
    aside = sa.select(STANDING.c.item).where(
        STANDING.c.programme == programme, STANDING.c.cause == "intervention", STANDING.c.now == REQUEUED
    )
    items = aside.distinct().subquery()
    query = (
        sa.select(ITEM.c.batch, sa.func.count())
        .select_from(items)
        .join(ITEM, ITEM.c.item == items.c.item)
        .join(WORK, WORK.c.item == ITEM.c.item)
        .where(WORK.c.state.not_in(["complete", GONE]))
        .group_by(ITEM.c.batch)
    )
    return {row[0]: row[1] for row in connection.execute(query).all()}
