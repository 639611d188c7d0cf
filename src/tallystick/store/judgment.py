"""Read models of judgments, observed and imported."""

from collections import Counter
from typing import Any

import sqlalchemy as sa

from tallystick import canon
from tallystick.events.judgment import JudgmentDetailed, JudgmentImported, JudgmentSubmitted
from tallystick.flow.standing import COUNTED, SENTINEL
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store import assignment, items, rubric
from tallystick.store.schema import BATCH, ITEM, JUDGMENT, VAULT_OBJECT, WORK, Handler, Recorded, Row

_FIRST = sa.func.coalesce(WORK.c.first_judged, sa.bindparam("place", type_=sa.BigInteger))
_JUDGED_HERE = Statement(
    WORK.update()
    .where(WORK.c.item == sa.bindparam("wanted"))
    .values(
        leased=WORK.c.leased - 1,
        judged=WORK.c.judged + 1,
        is_open=sa.case((WORK.c.judged + WORK.c.held + WORK.c.leased < WORK.c.needed, 1), else_=0),
        state=sa.case((WORK.c.judged + 1 >= WORK.c.needed, "complete"), else_="active"),
        first_judged=_FIRST,
    )
    .returning(WORK.c.judged, WORK.c.needed)
)
_JUDGED_ELSEWHERE = Statement(
    WORK.update()
    .where(WORK.c.item == sa.bindparam("wanted"))
    .values(
        judged=WORK.c.judged + 1,
        is_open=sa.case((WORK.c.judged + 1 + WORK.c.held + WORK.c.leased < WORK.c.needed, 1), else_=0),
        state=sa.case((WORK.c.judged + 1 >= WORK.c.needed, "complete"), else_="active"),
        first_judged=_FIRST,
    )
    .returning(WORK.c.judged, WORK.c.needed)
)
# A judgment that comes from elsewhere takes a place that nobody held.
_JUDGED_IN_BATCH = Statement(
    BATCH.update()
    .where(BATCH.c.batch == sa.bindparam("wanted"))
    .values(
        judgments=BATCH.c.judgments + sa.bindparam("more"),
        imported_judgments=BATCH.c.imported_judgments + sa.bindparam("imports"),
    )
)


def _shared(fact: JudgmentSubmitted | JudgmentImported, recorded: Recorded) -> dict[str, object]:
    return {
        "judgment": fact.judgment, "item": fact.item, "programme": fact.programme, "batch": fact.batch,
        "expert": fact.expert, "signal": fact.signal, "rubric": fact.rubric, "rubric_version": fact.rubric_version,
        "contract_version": fact.contract_version, "verdict": fact.verdict, "scores": canon.text(fact.scores),
        "reasons": canon.text(fact.reasons), "is_pre_contract": int(fact.is_pre_contract), "at": recorded.envelope.at,
        "seq": recorded.envelope.seq, "standing": COUNTED, "values": "{}", "marks": "[]",
    }  # fmt: skip


_GOLD_BATCH = Statement(sa.select(ITEM.c.batch).where(ITEM.c.item == sa.bindparam("wanted"), ITEM.c.purpose == "gold"))


def _on_submitted(connection: sa.Connection, run: list[Recorded]) -> None:
    work = []
    for r in run:
        fact: JudgmentSubmitted = r.fact
        row = _shared(fact, r) | {
            "role": fact.role, "assignment": fact.assignment, "order": fact.order, "rationale": fact.rationale.object,
            "defects": canon.text(fact.defects), "confirmed": canon.text(fact.confirmed), "active_ms": fact.active_ms,
            "is_observed": 1, "made_at": None, "source": "here",
        }  # fmt: skip
        gold = _GOLD_BATCH.first(connection, {"wanted": fact.item})
        if gold is not None:
            # The fact names the batch that it stood in for. It is not of that batch, and of no count.
            row |= {"standing": SENTINEL, "batch": gold.batch}
        journal.insert_many(connection, JUDGMENT, [row])
        assignment.close(connection, fact.assignment, "judged")
        if gold is None:
            rubric.flag_late(connection, r)
            work.append(r)
    _count(connection, work, step=_JUDGED_HERE, imported=0)


def _on_imported(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = []
    for r in run:
        fact: JudgmentImported = r.fact
        rationale = fact.rationale.object if fact.rationale else None
        row = _shared(fact, r) | {
            "role": "unknown", "assignment": None, "order": None, "rationale": rationale, "defects": "[]",
            "confirmed": "[]", "active_ms": None, "is_observed": 0, "made_at": fact.made_at, "source": fact.source,
        }  # fmt: skip
        rows.append(row)
    journal.insert_many(connection, JUDGMENT, rows)
    _count(connection, run, step=_JUDGED_ELSEWHERE, imported=1)


_DETAILED = Statement(
    JUDGMENT.update()
    .where(JUDGMENT.c.judgment == sa.bindparam("wanted"))
    .values({"values": sa.bindparam("chosen"), "marks": sa.bindparam("marked")})
)


def _on_detailed(connection: sa.Connection, run: list[Recorded]) -> None:
    _DETAILED.run_many(
        connection,
        [
            {"wanted": r.fact.judgment, "chosen": canon.text(r.fact.values), "marked": canon.text(r.fact.marks)}
            for r in run
        ],
    )


def _count(connection: sa.Connection, run: list[Recorded], *, step: Statement, imported: int) -> None:
    done: list[str] = []
    for r in run:
        given = {"wanted": r.fact.item, "place": r.envelope.seq}
        done += [r.fact.item for now in step.all(connection, given) if now.judged == now.needed]
        if imported:
            assignment.count_taken(connection, r.fact.item)
    if done:
        items.count_complete(connection, done)
    for batch, n in sorted(Counter(r.fact.batch for r in run).items()):
        _JUDGED_IN_BATCH.run(connection, {"wanted": batch, "more": n, "imports": n * imported})


HANDLERS: dict[str, Handler] = {
    JudgmentSubmitted.KIND: _on_submitted,
    JudgmentImported.KIND: _on_imported,
    JudgmentDetailed.KIND: _on_detailed,
}

_OF_ITEM = Statement(sa.select(JUDGMENT).where(JUDGMENT.c.item == sa.bindparam("wanted")).order_by(JUDGMENT.c.seq))
_OF_EXPERT_ON = Statement(
    sa.select(JUDGMENT)
    .where(JUDGMENT.c.item == sa.bindparam("wanted"), JUDGMENT.c.expert == sa.bindparam("who"))
    .order_by(JUDGMENT.c.seq.desc())
    .limit(1)
)
_LATEST_RATIONALES = Statement(
    sa.select(VAULT_OBJECT)
    .join(JUDGMENT, JUDGMENT.c.rationale == VAULT_OBJECT.c.object)
    .where(JUDGMENT.c.expert == sa.bindparam("who"))
    .order_by(JUDGMENT.c.seq.desc())
    .limit(sa.bindparam("limit"))
)


def of_item(connection: sa.Connection, wanted: str) -> list[Row]:
    """All judgments on an item, whatever their standing, in journal order."""
    return _OF_ITEM.all(connection, {"wanted": wanted})


def counted_on(connection: sa.Connection, wanted: str) -> list[Row]:
    """The judgments on an item that count, in journal order."""
    return [row for row in of_item(connection, wanted) if row.standing == COUNTED]


def of_expert_on(connection: sa.Connection, who: str, wanted: str) -> Row | None:
    """An expert's newest judgment on an item, whatever its standing, or None."""
    return _OF_EXPERT_ON.first(connection, {"wanted": wanted, "who": who})


def of_items(connection: sa.Connection, wanted: list[str]) -> dict[str, list[Row]]:
    """Item: its judgments in journal order; 500 items to a query."""
    found: dict[str, list[Row]] = {item: [] for item in wanted}
    for start in range(0, len(wanted), 500):
        query = sa.select(JUDGMENT).where(JUDGMENT.c.item.in_(wanted[start : start + 500])).order_by(JUDGMENT.c.seq)
        for row in connection.execute(query).all():
            found[row.item].append(row)
    return found


def counted_in_batch(connection: sa.Connection, batch: str) -> list[Row]:
    """The judgments of a batch that count, in journal order."""
    return [row for row in of_batch(connection, batch) if row.standing == COUNTED]


def of_batch(connection: sa.Connection, batch: str) -> list[Row]:
    """All judgments of a batch, whatever their standing, in journal order."""
    return list(connection.execute(sa.select(JUDGMENT).where(JUDGMENT.c.batch == batch).order_by(JUDGMENT.c.seq)).all())


def to_measure(connection: sa.Connection, batch: str) -> list[Row]:
    """The same with no more than what measures a batch."""
    table = JUDGMENT
    columns: list[sa.ColumnElement[Any]] = [
        table.c.judgment, table.c.item, table.c.expert, table.c.verdict, table.c.scores, table.c.signal,
        table.c.rubric_version, table.c.is_observed, table.c.seq, table.c["values"], table.c.marks,
    ]  # fmt: skip
    return list(connection.execute(sa.select(*columns).where(table.c.batch == batch).order_by(table.c.seq)).all())


def of_programme(connection: sa.Connection, programme: str) -> list[Row]:
    """The judgments on a programme's work, whatever their standing, with what places their items, in journal order."""
    columns: list[sa.ColumnElement[Any]] = [
        JUDGMENT.c.judgment, JUDGMENT.c.item, JUDGMENT.c.expert, JUDGMENT.c.verdict, JUDGMENT.c.scores,
        JUDGMENT.c.signal, JUDGMENT.c.rubric, JUDGMENT.c.rubric_version, JUDGMENT.c.is_observed, JUDGMENT.c.at,
        JUDGMENT.c.seq, JUDGMENT.c.standing, JUDGMENT.c["values"], JUDGMENT.c.marks, ITEM.c.domain, ITEM.c.taxonomy,
        ITEM.c.is_disagreement_expected,
        BATCH.c.name.label("batch_name"),
    ]  # fmt: skip
    query = (
        sa.select(*columns)
        .join(ITEM, ITEM.c.item == JUDGMENT.c.item)
        .join(BATCH, BATCH.c.batch == ITEM.c.batch)
        .where(JUDGMENT.c.programme == programme, JUDGMENT.c.standing != SENTINEL)
        .order_by(JUDGMENT.c.seq)
    )
    return list(connection.execute(query).all())


def judged_contents(connection: sa.Connection, programme: str, keys: list[str]) -> set[str]:
    """Those of these content keys that stand for an item on which somebody has judged."""
    found: set[str] = set()
    for start in range(0, len(keys), 500):
        query = sa.select(ITEM.c.content_key).where(
            ITEM.c.programme == programme, ITEM.c.content_key.in_(keys[start : start + 500]),
            sa.exists().where(JUDGMENT.c.item == ITEM.c.item),
        )  # fmt: skip
        found.update(row.content_key for row in connection.execute(query).all())
    return found


def judgment(connection: sa.Connection, wanted: str) -> Row | None:
    """One judgment, or None."""
    return connection.execute(sa.select(JUDGMENT).where(JUDGMENT.c.judgment == wanted)).first()


def of_expert(connection: sa.Connection, who: str, *, limit: int = 50) -> list[Row]:
    """An expert's own judgments, newest first."""
    query = sa.select(JUDGMENT).where(JUDGMENT.c.expert == who).order_by(JUDGMENT.c.seq.desc()).limit(limit)
    return list(connection.execute(query).all())


def latest_rationales(connection: sa.Connection, who: str, *, limit: int = 5) -> list[Row]:
    """An expert's latest rationales as the vault holds them, newest first: to find copied ones."""
    return _LATEST_RATIONALES.all(connection, {"who": who, "limit": limit})
