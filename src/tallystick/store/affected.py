"""Read models of judgments that a later rubric version affects: what waits for a review, what was decided."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tallystick.events.affected import AffectedKept, AffectedReleased, AffectedRequeued
from tallystick.flow.affected import EACH, Flag, Tally
from tallystick.flow.standing import COUNTED, HELD, REQUEUED
from tallystick.ledger import journal
from tallystick.store.assignment import authored
from tallystick.store.schema import (
    ASSIGNMENT,
    ERASED,
    FLAG,
    ITEM,
    JUDGMENT,
    Handler,
    Recorded,
    Row,
)
from tallystick.store.schema.affected import AFFECTED_BULK, AFFECTED_RELEASE, AFFECTED_REVIEW

_PART = 500


def _on_kept(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: AffectedKept = r.fact
        notes = fact.notes.object if fact.notes else None
        rows = [
            {"judgment": name, "seq": r.envelope.seq, "programme": fact.programme, "rubric": fact.rubric,
             "version": fact.version, "way": fact.way, "notes": notes, "at": r.envelope.at, "by": r.envelope.by}
            for name in fact.judgments
        ]  # fmt: skip
        journal.insert_many(connection, AFFECTED_REVIEW, rows)


def _on_requeued(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"seq": r.envelope.seq, "programme": r.fact.programme, "rubric": r.fact.rubric, "version": r.fact.version,
         "criterion": r.fact.criterion, "judgments": r.fact.judgments, "notes": r.fact.notes.object,
         "at": r.envelope.at, "by": r.envelope.by}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, AFFECTED_BULK, rows)


def _on_released(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"release": r.fact.release, "seq": r.envelope.seq, "programme": r.fact.programme,
         "judgments": sum(r.fact.judgments.values()), "rationale": r.fact.rationale.object, "at": r.envelope.at,
         "by": r.envelope.by}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, AFFECTED_RELEASE, rows)


HANDLERS: dict[str, Handler] = {
    AffectedKept.KIND: _on_kept, AffectedRequeued.KIND: _on_requeued, AffectedReleased.KIND: _on_released,
}  # fmt: skip

_IS_ANSWERED = sa.exists().where(
    AFFECTED_REVIEW.c.judgment == FLAG.c.judgment, AFFECTED_REVIEW.c.seq > FLAG.c.seq
)  # fmt: skip
_IS_ERASED = sa.exists().where(ERASED.c.target == ITEM.c.content)
_STATE = sa.case((JUDGMENT.c.standing == REQUEUED, "again"), (_IS_ANSWERED, "stands"), else_="waiting")
_FLAGGED = sa.join(FLAG, JUDGMENT, JUDGMENT.c.judgment == FLAG.c.judgment)


_WITH_STATE = JUDGMENT.c.standing.in_([COUNTED, HELD, REQUEUED])


def by_criterion(connection: sa.Connection, programme: str, rubric: str) -> dict[tuple[str, str], Tally]:
    """(version, criterion): how far the review of what that version changed there has come."""
    flagged = sa.select(FLAG.c.version, FLAG.c.criterion, _STATE.label("state")).select_from(_FLAGGED)
    mine = (JUDGMENT.c.programme == programme, JUDGMENT.c.rubric == rubric, _WITH_STATE)
    inner = flagged.where(*mine).subquery()
    query = sa.select(inner.c.version, inner.c.criterion, inner.c.state, sa.func.count()).group_by(
        inner.c.version, inner.c.criterion, inner.c.state
    )
    found: dict[tuple[str, str], dict[str, int]] = {}
    for version, criterion, state, number in connection.execute(query).all():
        found.setdefault((version, criterion), {})[state] = number
    return {place: Tally(**numbers) for place, numbers in found.items()}


def _tallies() -> sa.Select[Any]:
    """Made once: putting it together costs more than asking it."""
    inner = (
        sa.select(JUDGMENT.c.rubric, FLAG.c.judgment, _STATE.label("state"))
        .select_from(_FLAGGED)
        .where(JUDGMENT.c.programme == sa.bindparam("wanted"), _WITH_STATE)
        .subquery()
    )
    # In the alphabet: again, stands, waiting. The last of them is what a judgment is.
    first = (
        sa.select(inner.c.rubric, inner.c.judgment, sa.func.max(inner.c.state).label("state"))
        .group_by(inner.c.rubric, inner.c.judgment)
        .subquery()
    )
    number = sa.func.count().label("judgments")
    return sa.select(first.c.rubric, first.c.state, number).group_by(first.c.rubric, first.c.state)


_TALLIES = _tallies()
_UNDECIDED = (
    sa.select(JUDGMENT.c.rubric, sa.func.count(sa.distinct(FLAG.c.judgment)).label("judgments"))
    .select_from(_FLAGGED.join(ITEM, ITEM.c.item == JUDGMENT.c.item))
    .where(
        JUDGMENT.c.programme == sa.bindparam("wanted"), JUDGMENT.c.standing.in_([COUNTED, HELD]),
        ~_IS_ANSWERED, ~_IS_ERASED,
    )
    .group_by(JUDGMENT.c.rubric)
)  # fmt: skip


def tallies(connection: sa.Connection, programme: str) -> dict[str, Tally]:
    """Rubric: how far the review has come, judgment by judgment: one waits while any of its criteria does."""
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(_TALLIES, {"wanted": programme}).all():
        found.setdefault(row.rubric, {})[row.state] = row.judgments
    return {rubric: Tally(**numbers) for rubric, numbers in found.items()}


def undecided(connection: sa.Connection, programme: str) -> dict[str, int]:
    """Rubric: how many judgments wait for somebody to decide on them.

    Nobody can where the content of the item is erased. Rubrics of which none wait are left out.
    """
    return {row.rubric: row.judgments for row in connection.execute(_UNDECIDED, {"wanted": programme}).all()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which flags that wait: of whom they are kept, and whether to leave out what nobody can read."""

    programme: str
    rubric: str
    person: str
    is_readable: bool
    limit: int


def waiting(connection: sa.Connection, wanted: Wanted) -> list[Flag]:
    """Flags that wait for an answer, those of one judgment together, oldest judgment first.

    Never those on items that whoever asks has judged, been given or written.
    """
    own = JUDGMENT.alias("own")
    is_judge = sa.exists().where(own.c.item == JUDGMENT.c.item, own.c.expert == wanted.person)
    had = sa.exists().where(ASSIGNMENT.c.item == JUDGMENT.c.item, ASSIGNMENT.c.expert == wanted.person)
    wrote = authored(JUDGMENT.c.item, wanted.person)
    names = (
        sa.select(JUDGMENT.c.judgment, JUDGMENT.c.seq)
        .join(ITEM, ITEM.c.item == JUDGMENT.c.item)
        .where(
            JUDGMENT.c.programme == wanted.programme, JUDGMENT.c.rubric == wanted.rubric,
            JUDGMENT.c.standing == COUNTED, ITEM.c.purpose == "work", ~is_judge, ~had, ~wrote,
            sa.exists().where(FLAG.c.judgment == JUDGMENT.c.judgment, ~_IS_ANSWERED),
        )
    )  # fmt: skip
    if wanted.is_readable:
        names = names.where(~_IS_ERASED)
    chosen = names.order_by(JUDGMENT.c.seq).limit(wanted.limit).subquery()
    query = (
        sa.select(FLAG.c.judgment, FLAG.c.version, FLAG.c.criterion)
        .join(chosen, chosen.c.judgment == FLAG.c.judgment)
        .where(~_IS_ANSWERED)
        .order_by(chosen.c.seq, FLAG.c.seq, FLAG.c.criterion)
    )
    return [Flag(row.judgment, row.version, row.criterion) for row in connection.execute(query).all()]


def of_judgment(connection: sa.Connection, judgment: str) -> list[Flag]:
    """The flags of one judgment that wait for an answer."""
    query = sa.select(FLAG).where(FLAG.c.judgment == judgment, ~_IS_ANSWERED).order_by(FLAG.c.seq, FLAG.c.criterion)
    return [Flag(row.judgment, row.version, row.criterion) for row in connection.execute(query).all()]


def holding(connection: sa.Connection, names: set[str]) -> set[str]:
    """The releases whose card holds one of these objects as its rationale."""
    rows = connection.execute(sa.select(AFFECTED_RELEASE.c.release, AFFECTED_RELEASE.c.rationale)).all()
    return {row.release for row in rows if row.rationale in names}


def decisions(connection: sa.Connection, programme: str, rubric: str, *, limit: int) -> list[Row]:
    """What was decided, newest first: version, way, by, at, and on how many judgments."""
    kept = AFFECTED_REVIEW
    columns = [kept.c.seq, kept.c.version, kept.c.way, kept.c.at, kept.c.by]
    stands = (
        sa.select(*columns, sa.literal("").label("criterion"), sa.func.count().label("judgments"))
        .where(kept.c.programme == programme, kept.c.rubric == rubric)
        .group_by(*columns)
    )
    bulk = AFFECTED_BULK
    again = sa.select(
        bulk.c.seq, bulk.c.version, sa.literal("again").label("way"), bulk.c.at, bulk.c.by, bulk.c.criterion,
        bulk.c.judgments,
    ).where(bulk.c.programme == programme, bulk.c.rubric == rubric)  # fmt: skip
    both = sa.union_all(stands, again).subquery()
    return list(connection.execute(sa.select(both).order_by(both.c.seq.desc()).limit(limit)).all())


def words_about(connection: sa.Connection, *, items: list[str], people: list[str]) -> set[str]:
    """Objects in the vault with words of reviewers on judgments of these items, and with words of these people."""
    found: set[str] = set()
    kept = AFFECTED_REVIEW
    for start in range(0, len(items), _PART):
        query = (
            sa.select(kept.c.notes)
            .join(JUDGMENT, JUDGMENT.c.judgment == kept.c.judgment)
            .where(JUDGMENT.c.item.in_(items[start : start + _PART]), kept.c.way == EACH, kept.c.notes.is_not(None))
        )
        found.update(str(name) for name in connection.scalars(query).all())
    for start in range(0, len(people), _PART):
        part = people[start : start + _PART]
        for table in (kept, AFFECTED_BULK):
            query = sa.select(table.c.notes).where(table.c.by.in_(part), table.c.notes.is_not(None))
            found.update(str(name) for name in connection.scalars(query).all())
        stated = sa.select(AFFECTED_RELEASE.c.rationale).where(AFFECTED_RELEASE.c.by.in_(part))
        found.update(str(name) for name in connection.scalars(stated).all())
    return found


def is_words(connection: sa.Connection, name: str) -> bool:
    """Whether an object of the vault is words of somebody who decided on affected judgments."""
    columns = (AFFECTED_REVIEW.c.notes, AFFECTED_BULK.c.notes, AFFECTED_RELEASE.c.rationale)
    return any(connection.execute(sa.select(column).where(column == name).limit(1)).first() for column in columns)
