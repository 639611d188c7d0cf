"""Read models of the standing of judgments: what is held, what was set aside, and what that does to counts and work."""

from collections import Counter

import sqlalchemy as sa

from tallystick.events.standing import JudgmentsCleared, JudgmentsHeld, JudgmentsRequeued
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store import items
from tallystick.store.judgment import COUNTED, HELD, REQUEUED
from tallystick.store.schema import (
    ASSIGNMENT,
    BATCH,
    CURSOR,
    DISAGREEMENT,
    HOLD,
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
    .returning(WORK.c.judged, WORK.c.needed)
)
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
# An item behind an expert's place is offered once all ahead of it is done: what was opened again must not wait so long.
_GO_BACK = Statement(
    CURSOR.update()
    .where(
        CURSOR.c.programme == sa.bindparam("of"),
        CURSOR.c.domain == sa.bindparam("within"),
        CURSOR.c["rank"] >= sa.bindparam("first"),
    )
    .values(rank=sa.bindparam("first") - 1)
)
_FIRST_RANK = Statement(
    sa.select(WORK.c["domain"], WORK.c["rank"]).where(WORK.c.item == sa.bindparam("wanted"))
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
        _withdraw(connection, r)
        _go_back(connection, fact)


def _changed(
    connection: sa.Connection, recorded: Recorded, *, now: str, cause: str, reference: str, hold: str | None = None,
    by_same: int = 0,
) -> list[Row]:  # fmt: skip
    """Give judgments their new standing, and move all counts; the rows as they were."""
    fact: Fact = recorded.fact
    envelope = recorded.envelope
    rows = of_judgments(connection, fact.judgments)
    of_hold = _holds_of(connection, [row.judgment for row in rows if row.standing == HELD])
    for row in rows:
        _SET_STANDING.run(connection, {"wanted": row.judgment, "now": now})
    history = [
        {"judgment": row.judgment, "seq": envelope.seq, "programme": fact.programme, "item": row.item, "now": now,
         "hold": hold or of_hold.get(row.judgment), "cause": cause, "reference": reference, "by_same": by_same,
         "at": envelope.at, "by": envelope.by}
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
        blank = dict.fromkeys(("verdict", "adjudicator", "criteria", "notes", "rubric_version"))
        ended = {"closed_at": envelope.at, "closed_seq": envelope.seq}
        connection.execute(table.update().where(standing).values(state="withdrawn", **blank, **ended))


def _go_back(connection: sa.Connection, fact: JudgmentsRequeued) -> None:
    first: dict[str, int] = {}
    for item in fact.items:
        for row in _FIRST_RANK.all(connection, {"wanted": item}):
            first[row.domain] = min(first.get(row.domain, row.rank), row.rank)
    for domain, rank in sorted(first.items()):
        _GO_BACK.run(connection, {"of": fact.programme, "within": domain, "first": rank})


HANDLERS: dict[str, Handler] = {
    JudgmentsHeld.KIND: _on_held,
    JudgmentsCleared.KIND: _on_cleared,
    JudgmentsRequeued.KIND: _on_requeued,
}


def of_judgments(connection: sa.Connection, wanted: list[str]) -> list[Row]:
    """Judgments by their ids, those that exist, in journal order."""
    found: list[Row] = []
    for start in range(0, len(wanted), _PART):
        found += connection.execute(
            sa.select(JUDGMENT).where(JUDGMENT.c.judgment.in_(wanted[start : start + _PART]))
        ).all()
    return sorted(found, key=lambda row: int(row.seq))


def _holds_of(connection: sa.Connection, wanted: list[str]) -> dict[str, str]:
    """Judgment: the hold that it is in. Of judgments that are held."""
    found: dict[str, tuple[int, str]] = {}
    for start in range(0, len(wanted), _PART):
        query = sa.select(STANDING.c.judgment, STANDING.c.seq, STANDING.c.hold).where(
            STANDING.c.judgment.in_(wanted[start : start + _PART]), STANDING.c.now == HELD
        )
        for row in connection.execute(query).all():
            found[row.judgment] = max(found.get(row.judgment, (-1, "")), (row.seq, row.hold))
    return {judgment: hold for judgment, (_, hold) in found.items()}
