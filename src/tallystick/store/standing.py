"""Read models of the standing of judgments: what is held, what was set aside, and what that does to counts and work."""

from collections import Counter
from typing import Any

import sqlalchemy as sa

from tallystick.events.standing import JudgmentsCleared, JudgmentsHeld, JudgmentsRequeued
from tallystick.flow import measured
from tallystick.flow.measured import Change, Made
from tallystick.flow.standing import COUNTED, HELD, REQUEUED
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store import assignment, items, judgment
from tallystick.store.schema import (
    ASSIGNMENT,
    BATCH,
    DISAGREEMENT,
    ERASED,
    HOLD,
    ITEM,
    JUDGMENT,
    PAST_DISAGREEMENT,
    STANDING,
    WORK,
    Handler,
    Recorded,
    Row,
)

Fact = JudgmentsHeld | JudgmentsCleared | JudgmentsRequeued
_PART = 500
_LAST = 2**62
_SET_STANDING = Statement(
    JUDGMENT.update()
    .where(JUDGMENT.c.judgment == sa.bindparam("wanted"))
    .values(standing=sa.bindparam("now"))
)  # fmt: skip
# Whoever takes a judgment out of the count or brings it back moves these numbers, and all else follows from them.
_JUDGED = WORK.c.judged + sa.bindparam("more_judged")
_HELD = WORK.c.held + sa.bindparam("more_held")
_MOVE = Statement(
    WORK.update()
    .where(WORK.c.item == sa.bindparam("wanted"))
    .values(
        judged=_JUDGED,
        held=_HELD,
        is_open=sa.case((WORK.c.state == items.GONE, 0), (_JUDGED + _HELD + WORK.c.leased < WORK.c.needed, 1), else_=0),
        state=sa.case(
            (WORK.c.state == items.GONE, items.GONE),
            (WORK.c.needed <= _JUDGED, "complete"),
            (_JUDGED + _HELD + WORK.c.leased > 0, "active"),
            else_="waiting",
        ),
    )
    .returning(
        WORK.c.judged, WORK.c.needed, WORK.c.stratum, WORK.c.is_open, WORK.c.state,
        (WORK.c.judged + WORK.c.held + WORK.c.leased).label("taken"),
    )
)  # fmt: skip
_IN_BATCH = Statement(
    BATCH.update()
    .where(BATCH.c.batch == sa.bindparam("wanted"))
    .values(
        judgments=BATCH.c.judgments + sa.bindparam("more"),
        imported_judgments=BATCH.c.imported_judgments + sa.bindparam("imports"),
        held=BATCH.c.held + sa.bindparam("more_held"),
    )
)
_AGAIN = Statement(
    ASSIGNMENT.update().where(ASSIGNMENT.c.assignment == sa.bindparam("wanted")).values(state=REQUEUED)
)  # fmt: skip


def _on_held(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: JudgmentsHeld = r.fact
        rows = _changed(connection, r, now=HELD, cause=fact.cause, reference=fact.reference, hold=fact.hold)
        more = {"judgments": HOLD.c.judgments + len(rows), "waiting": HOLD.c.waiting + len(rows)}
        grown = connection.execute(HOLD.update().where(HOLD.c.hold == fact.hold).values(more))
        if not grown.rowcount:
            row = {
                "hold": fact.hold, "programme": fact.programme, "expert": fact.expert, "cause": fact.cause,
                "reference": fact.reference, "judgments": len(rows), "waiting": len(rows), "at": r.envelope.at,
                "seq": r.envelope.seq,
            }  # fmt: skip
            journal.insert_many(connection, HOLD, [row])


def _on_cleared(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        _changed(connection, r, now=COUNTED, cause="review", reference=r.fact.hold, hold=r.fact.hold)


def _on_requeued(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: JudgmentsRequeued = r.fact
        rows = _changed(
            connection, r, now=REQUEUED, cause=fact.cause, reference=fact.reference, by_same=int(fact.by_same)
        )
        for row in rows:
            if fact.by_same and row.assignment is not None:
                _AGAIN.run(connection, {"wanted": row.assignment})
        for row in rows:
            assignment.count_again(connection, row)
        _withdraw(connection, r)
        assignment.go_back(connection, fact.items)


def _changed(
    connection: sa.Connection, recorded: Recorded, *, now: str, cause: str, reference: str, hold: str | None = None,
    by_same: int = 0,
) -> list[Row]:  # fmt: skip
    """Give judgments their new standing, and move all counts; the rows as they were."""
    fact: Fact = recorded.fact
    envelope = recorded.envelope
    rows = of_judgments(connection, fact.judgments)
    notes = None if isinstance(fact, JudgmentsHeld) else fact.notes
    of_hold = _holds_of(connection, [row.judgment for row in rows if row.standing == HELD])
    for row in rows:
        _SET_STANDING.run(connection, {"wanted": row.judgment, "now": now})
    history = [
        {"judgment": row.judgment, "seq": envelope.seq, "programme": fact.programme, "item": row.item, "now": now,
         "hold": hold or of_hold.get(row.judgment), "cause": cause, "reference": reference, "by_same": by_same,
         "notes": notes.object if notes else None, "at": envelope.at, "by": envelope.by}
        for row in rows
    ]  # fmt: skip
    journal.insert_many(connection, STANDING, history)
    for name, number in sorted(Counter(of_hold.values()).items()):
        change = HOLD.update().where(HOLD.c.hold == name)
        connection.execute(change.values(waiting=HOLD.c.waiting - number))
    _move_counts(connection, rows, now=now)
    return rows


def _move_counts(connection: sa.Connection, rows: list[Row], *, now: str) -> None:
    judged, held, imports = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter[str]()
    for row in rows:
        place = row.item, row.batch
        more = (now == COUNTED) - (row.standing == COUNTED)
        judged[place] += more
        held[place] += (now == HELD) - (row.standing == HELD)
        imports[row.batch] += 0 if row.is_observed else more
    gained, lost = list[str](), list[str]()
    batches = {batch: [0, 0] for _, batch in judged}
    for item, batch in sorted(judged):
        more, more_held = judged[item, batch], held[item, batch]
        batches[batch][0] += more
        batches[batch][1] += more_held
        for work in _MOVE.all(connection, {"wanted": item, "more_judged": more, "more_held": more_held}):
            was_complete, is_complete = work.judged - more >= work.needed, work.judged >= work.needed
            gained += [item] if is_complete and not was_complete else []
            lost += [item] if was_complete and not is_complete else []
            was_open = work.state != items.GONE and work.taken - more - more_held < work.needed
            assignment.count_open(connection, work.stratum, more=work.is_open - int(was_open))
    items.count_complete(connection, gained)
    items.count_complete(connection, lost, more=-1)
    for batch, (more, more_held) in sorted(batches.items()):
        values = {"wanted": batch, "more": more, "imports": imports[batch], "more_held": more_held}
        _IN_BATCH.run(connection, values)


def _withdraw(connection: sa.Connection, recorded: Recorded) -> None:
    """A disagreement rests on judgments that no longer count: it is kept as it was, and opens anew or not at all."""
    fact: JudgmentsRequeued = recorded.fact
    table, envelope = DISAGREEMENT, recorded.envelope
    for start in range(0, len(fact.items), _PART):
        part = fact.items[start : start + _PART]
        standing = sa.and_(table.c.item.in_(part), table.c.state != "withdrawn")
        rows = connection.execute(sa.select(table).where(standing).order_by(table.c.seq)).all()
        past = [
            {"item": row.item, "seq": row.seq, "counts": row.counts, "state": row.state, "verdict": row.verdict,
             "adjudicator": row.adjudicator, "criteria": row.criteria, "notes": row.notes,
             "rubric_version": row.rubric_version, "opened_at": row.opened_at, "closed_at": row.closed_at,
             "closed_seq": row.closed_seq, "withdrawn_at": envelope.at, "withdrawn_seq": envelope.seq}
            for row in rows
        ]  # fmt: skip
        if not past:
            continue
        journal.insert_many(connection, PAST_DISAGREEMENT, past)
        blank = dict.fromkeys(
            ("verdict", "adjudicator", "criteria", "notes", "rubric_version", "lease", "holder", "held_until")
        )
        ended = {"closed_at": envelope.at, "closed_seq": envelope.seq}
        connection.execute(table.update().where(standing).values(state="withdrawn", **blank, **ended))


HANDLERS: dict[str, Handler] = {
    JudgmentsHeld.KIND: _on_held,
    JudgmentsCleared.KIND: _on_cleared,
    JudgmentsRequeued.KIND: _on_requeued,
}


_IS_ERASED = sa.exists().where(ERASED.c.target == ITEM.c.content)


def of_judgments(connection: sa.Connection, wanted: list[str]) -> list[Row]:
    """Judgments by their ids, those that exist, in journal order; with the purpose and content of their items."""
    found: list[Row] = []
    for start in range(0, len(wanted), _PART):
        query = (
            sa.select(JUDGMENT, ITEM.c.purpose, ITEM.c.content, sa.case((_IS_ERASED, 1), else_=0).label("is_erased"))
            .join(ITEM, ITEM.c.item == JUDGMENT.c.item)
            .where(JUDGMENT.c.judgment.in_(wanted[start : start + _PART]))
        )
        found += connection.execute(query).all()
    return sorted(found, key=lambda row: int(row.seq))


def _holds_of(connection: sa.Connection, wanted: list[str]) -> dict[str, str]:
    """Judgment: the newest hold that it was in, of those that were in one."""
    found: dict[str, tuple[int, str]] = {}
    for start in range(0, len(wanted), _PART):
        query = sa.select(STANDING.c.judgment, STANDING.c.seq, STANDING.c.hold).where(
            STANDING.c.judgment.in_(wanted[start : start + _PART]), STANDING.c.now == HELD
        )
        for row in connection.execute(query).all():
            found[row.judgment] = max(found.get(row.judgment, (-1, "")), (row.seq, row.hold))
    return {judgment: hold for judgment, (_, hold) in found.items()}


def hold_of(connection: sa.Connection, judgment: str) -> str | None:
    """The newest hold that a judgment was in, or None."""
    return _holds_of(connection, [judgment]).get(judgment)


def held_at(connection: sa.Connection, judgment: str) -> int:
    """When a judgment was last held, in microseconds; 0 for one that never was."""
    query = sa.select(sa.func.max(STANDING.c.at)).where(STANDING.c.judgment == judgment, STANDING.c.now == HELD)
    return int(connection.execute(query).scalar_one() or 0)


_STILL_HELD = (
    sa.select(JUDGMENT, ITEM.c.domain, STANDING.c.at.label("held_at"))
    .join(ITEM, ITEM.c.item == JUDGMENT.c.item)
    .join(STANDING, STANDING.c.judgment == JUDGMENT.c.judgment)
    .where(JUDGMENT.c.standing == HELD, STANDING.c.now == HELD, ~_IS_ERASED)
)


def waiting_for(connection: sa.Connection, programme: str, person: str, *, limit: int) -> list[Row]:
    """Held judgments that somebody may review, oldest first: on items that they never judged and do not hold."""
    later = STANDING.alias("later")
    is_newest = ~sa.exists().where(
        later.c.judgment == STANDING.c.judgment, later.c.now == HELD, later.c.seq > STANDING.c.seq
    )
    judged = JUDGMENT.alias("judged")
    is_judge = sa.exists().where(judged.c.item == JUDGMENT.c.item, judged.c.expert == person)
    had = sa.exists().where(ASSIGNMENT.c.item == JUDGMENT.c.item, ASSIGNMENT.c.expert == person)
    wrote = assignment.authored(JUDGMENT.c.item, person)
    query = _STILL_HELD.where(JUDGMENT.c.programme == programme, is_newest, ~is_judge, ~had, ~wrote)
    return list(connection.execute(query.order_by(JUDGMENT.c.seq).limit(limit)).all())


def has_had(connection: sa.Connection, person: str, item: str) -> bool:
    """Whether somebody judged an item, was ever given it, or wrote it: then they review no judgment on it."""
    judged = sa.select(JUDGMENT.c.judgment).where(JUDGMENT.c.item == item, JUDGMENT.c.expert == person)
    had = sa.select(ASSIGNMENT.c.assignment).where(ASSIGNMENT.c.item == item, ASSIGNMENT.c.expert == person)
    is_part = any(connection.execute(query.limit(1)).first() for query in (judged, had))
    return is_part or assignment.is_author(connection, person, item)


def held_by_batch(connection: sa.Connection, programme: str) -> dict[tuple[str, str], int]:
    """(Name of a batch, domain): its held judgments, without those whose items were erased."""
    query = (
        sa.select(BATCH.c.name, BATCH.c.domain, sa.func.count())
        .select_from(JUDGMENT)
        .join(ITEM, ITEM.c.item == JUDGMENT.c.item)
        .join(BATCH, BATCH.c.batch == JUDGMENT.c.batch)
        .where(JUDGMENT.c.programme == programme, JUDGMENT.c.standing == HELD, ~_IS_ERASED)
        .group_by(BATCH.c.name, BATCH.c.domain)
        .order_by(BATCH.c.name, BATCH.c.domain)
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(query).all()}


def is_held(connection: sa.Connection, item: str) -> bool:
    """Whether a judgment on an item is held."""
    query = sa.select(WORK.c.held).where(WORK.c.item == item)
    return bool(connection.execute(query).scalar_one_or_none())


def holds(connection: sa.Connection, programme: str, *, limit: int = 100) -> list[Row]:
    """What was held together in a programme, newest first."""
    query = sa.select(HOLD).where(HOLD.c.programme == programme).order_by(HOLD.c.seq.desc()).limit(limit)
    return list(connection.execute(query).all())


def changes(connection: sa.Connection, item: str) -> list[Row]:
    """Every change of the standing of judgments on an item, in journal order."""
    query = sa.select(STANDING).where(STANDING.c.item == item).order_by(STANDING.c.seq, STANDING.c.judgment)
    return list(connection.execute(query).all())


def past_disagreements(connection: sa.Connection, item: str) -> list[Row]:
    """The disagreements on an item that were withdrawn, as they were then, in journal order."""
    query = sa.select(PAST_DISAGREEMENT).where(PAST_DISAGREEMENT.c.item == item).order_by(PAST_DISAGREEMENT.c.seq)
    return list(connection.execute(query).all())


_WAS_REQUEUED = Statement(
    sa.select(STANDING.c.judgment).where(STANDING.c.item == sa.bindparam("wanted"), STANDING.c.now == REQUEUED).limit(1)
)


def was_requeued(connection: sa.Connection, item: str) -> bool:
    """Whether judgments of an item were ever set aside."""
    return _WAS_REQUEUED.first(connection, {"wanted": item}) is not None


def aside(connection: sa.Connection, wanted: list[str], *, upto: int) -> set[str]:
    """Which of these judgments had been set aside before a place of the journal."""
    found: set[str] = set()
    for start in range(0, len(wanted), _PART):
        query = sa.select(STANDING.c.judgment).where(
            STANDING.c.judgment.in_(wanted[start : start + _PART]), STANDING.c.now == REQUEUED, STANDING.c.seq < upto
        )
        found.update(connection.scalars(query).all())
    return found


def leases_on(connection: sa.Connection, wanted: list[str]) -> list[Row]:
    """Running leases on items, by their ids."""
    found: list[Row] = []
    for start in range(0, len(wanted), _PART):
        query = sa.select(ASSIGNMENT).where(
            ASSIGNMENT.c.item.in_(wanted[start : start + _PART]), ASSIGNMENT.c.state == "leased"
        )
        found += connection.execute(query).all()
    return sorted(found, key=lambda row: str(row.assignment))


def words_about(connection: sa.Connection, *, items: list[str], people: list[str]) -> set[str]:
    """Objects in the vault with words of reviewers on these items, and with words that these people wrote."""
    found: set[str] = set()
    for column, wanted in ((STANDING.c.item, items), (STANDING.c.by, people)):
        for start in range(0, len(wanted), _PART):
            query = sa.select(STANDING.c.notes).where(column.in_(wanted[start : start + _PART]))
            found.update(name for name in connection.scalars(query.where(STANDING.c.notes.is_not(None))).all() if name)
    return found


def noted(connection: sa.Connection, **wanted: list[str]) -> list[Row]:
    """Disagreements that somebody ended with notes: item, seq, notes, closed_seq; withdrawn ones among them.

    wanted  values of one column by its name: item, adjudicator, notes
    """
    ((name, values),) = wanted.items()
    found: list[Row] = []
    for table in (DISAGREEMENT, PAST_DISAGREEMENT):
        for start in range(0, len(values), _PART):
            columns: list[sa.ColumnElement[Any]] = [table.c.item, table.c.seq, table.c.notes, table.c.closed_seq]
            query = sa.select(*columns).where(
                table.c[name].in_(values[start : start + _PART]), table.c.notes.is_not(None)
            )
            found += connection.execute(query).all()
    return found


def was_divided(at: int) -> sa.ColumnElement[bool]:
    """Whether the item of a judgment had an open disagreement at a place of the journal: for use in a query."""
    case, past = DISAGREEMENT, PAST_DISAGREEMENT
    stands = sa.exists().where(
        case.c.item == JUDGMENT.c.item, case.c.state != "withdrawn", case.c.seq < at,
        sa.or_(case.c.closed_seq.is_(None), case.c.closed_seq > at),
    )  # fmt: skip
    stood = sa.exists().where(
        past.c.item == JUDGMENT.c.item, past.c.seq < at,
        sa.func.coalesce(past.c.closed_seq, past.c.withdrawn_seq) > at,
    )  # fmt: skip
    return sa.or_(stands, stood)


def was_aside(at: int) -> sa.ColumnElement[bool]:
    """Whether a judgment had been set aside before a place of the journal: for use in a query."""
    return sa.exists().where(
        STANDING.c.judgment == JUDGMENT.c.judgment, STANDING.c.now == REQUEUED, STANDING.c.seq < at
    )


def that_measure(connection: sa.Connection, batch: str, *, until: int | None = None) -> list[Row]:
    """The judgments that measure a batch, now or just before a place in the journal, in its order."""
    rows = [row for row in judgment.to_measure(connection, batch) if until is None or row.seq < until]
    return _measuring(connection, rows, JUDGMENT.c.batch == batch, STANDING.c.seq < (_LAST if until is None else until))


def of_programme_that_measure(connection: sa.Connection, programme: str) -> list[Row]:
    """The same of all of a programme, with what places the items."""
    rows = judgment.of_programme(connection, programme)
    return _measuring(connection, rows, JUDGMENT.c.programme == programme)


def _measuring(connection: sa.Connection, rows: list[Row], *where: sa.ColumnElement[bool]) -> list[Row]:
    query = sa.select(STANDING).join(JUDGMENT, JUDGMENT.c.judgment == STANDING.c.judgment).where(*where)
    changes = [Change(row.judgment, row.now, row.cause, row.seq) for row in connection.execute(query).all()]
    if not changes:
        return rows
    chosen = measured.that_measure([Made(row.judgment, row.item, row.seq) for row in rows], changes)
    return [row for row in rows if row.judgment in chosen]
