"""Read models of items and batches: what there is, what is still open, counts by stratum."""

from collections import Counter
from collections.abc import Collection
from typing import Any

import msgspec
import sqlalchemy as sa

from tallystick import canon
from tallystick.events.items import BatchOpened, DemonstrationPromoted, ImportFinished, ItemImported, ItemShaped
from tallystick.flow.contract import is_hard
from tallystick.flow.sentinel import pool_place
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store import assignment
from tallystick.store.schema import BATCH, ERASED, GOLD, IMPORT_RUN, ITEM, WORK, Handler, Recorded, Row

PAIR = 2
"""Candidates of an item whose signal compares two: of others a fact says how many."""
GONE = "erased"
"""The state of an item whose content was erased, whatever became of its work."""

# One text for both databases: each understands this form of upsert.
_COUNT_ITEMS = Statement(
    sa.text(
        "INSERT INTO tally (programme, axis, value, items, complete) "
        "VALUES (:programme, :axis, :value, :items, :complete) "
        "ON CONFLICT (programme, axis, value) DO UPDATE SET items = tally.items + excluded.items, "
        "complete = tally.complete + excluded.complete"
    )
)


def _on_batch(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"batch": r.fact.batch, "programme": r.fact.programme, "name": r.fact.name, "domain": r.fact.domain,
         "purpose": r.fact.purpose, "items": 0, "complete": 0, "judgments": 0, "imported_judgments": 0, "held": 0,
         "seq": r.envelope.seq}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, BATCH, rows)


def _on_imported(connection: sa.Connection, run: list[Recorded]) -> None:
    journal.insert_many(connection, ITEM, [_item_row(r) for r in run])
    work = [r for r in run if r.fact.purpose == "work"]
    if work:
        strata = assignment.place(connection, work)
        journal.insert_many(connection, WORK, [_work_row(r, strata[r.fact.item]) for r in work])
        count(connection, [r.fact for r in work], items=1, complete=0)
    gold = [_gold_row(r) for r in run if r.fact.purpose == "gold"]
    if gold:
        journal.insert_many(connection, GOLD, gold)
    for batch, items in sorted(Counter(r.fact.batch for r in run).items()):
        connection.execute(BATCH.update().where(BATCH.c.batch == batch).values(items=BATCH.c["items"] + items))


def _item_row(recorded: Recorded) -> dict[str, object]:
    fact: ItemImported = recorded.fact
    return {
        "item": fact.item, "programme": fact.programme, "batch": fact.batch, "domain": fact.domain,
        "purpose": fact.purpose, "signal": fact.signal, "external": fact.external, "content": fact.content.object,
        "hidden": fact.hidden.object, "taxonomy": canon.encode(fact.taxonomy).decode(),
        "is_disagreement_expected": int(fact.is_disagreement_expected), "source_class": fact.source_class,
        "licence": fact.licence, "content_key": fact.content_key, "run": fact.run, "row": fact.row,
        "seq": recorded.envelope.seq, "candidates": PAIR,
    }  # fmt: skip


def _on_shaped(connection: sa.Connection, run: list[Recorded]) -> None:
    _SHAPED.run_many(connection, [{"wanted": r.fact.item, "number": r.fact.candidates} for r in run])


_SHAPED = Statement(
    ITEM.update().where(ITEM.c.item == sa.bindparam("wanted")).values(candidates=sa.bindparam("number"))
)


def _gold_row(recorded: Recorded) -> dict[str, object]:
    fact: ItemImported = recorded.fact
    return {
        "item": fact.item, "programme": fact.programme, "domain": fact.domain, "place": pool_place(fact.item),
        "seq": recorded.envelope.seq,
    }  # fmt: skip


def _work_row(recorded: Recorded, stratum: int) -> dict[str, object]:
    fact: ItemImported = recorded.fact
    return {
        "item": fact.item, "programme": fact.programme, "domain": fact.domain, "rank": recorded.envelope.seq,
        "needed": fact.needed, "leased": 0, "judged": 0, "held": 0, "is_open": 1, "state": "waiting",
        "stratum": stratum, "first_judged": None,
    }  # fmt: skip


def count(connection: sa.Connection, facts: list[ItemImported], *, items: int, complete: int) -> None:
    """Add items, or completions, to the counts of every stratum they belong to."""
    strata: Counter[tuple[str, str, str]] = Counter()
    for fact in facts:
        strata.update((fact.programme, axis, value) for axis, value in _axes(fact.domain, fact.taxonomy))
    _add(connection, strata, items=items, complete=complete)


def count_complete(connection: sa.Connection, done: list[str], *, more: int = 1) -> None:
    """Items have got their last judgment: count them as complete in every stratum, and in their batch.

    more  -1 for items that are complete no longer
    """
    rows = [row for name in done if (row := item(connection, name)) is not None]
    strata: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        taxonomy = msgspec.json.decode(row.taxonomy)
        strata.update((row.programme, axis, value) for axis, value in _axes(row.domain, taxonomy))
    _add(connection, strata, items=0, complete=more)
    for batch, complete in sorted(Counter(row.batch for row in rows).items()):
        _COMPLETE_IN_BATCH.run(connection, {"wanted": batch, "more": complete * more})


_COMPLETE_IN_BATCH = Statement(
    BATCH.update()
    .where(BATCH.c.batch == sa.bindparam("wanted"))
    .values(complete=BATCH.c.complete + sa.bindparam("more"))
)  # fmt: skip


def _axes(domain: str, taxonomy: dict[str, str]) -> list[tuple[str, str]]:
    hard = [("hard", "yes")] if is_hard(taxonomy) else []
    return [("all", "all"), ("domain", domain), *hard, *sorted(taxonomy.items())]


def _add(connection: sa.Connection, strata: Counter[tuple[str, str, str]], *, items: int, complete: int) -> None:
    rows = [
        {"programme": programme, "axis": axis, "value": value, "items": n * items, "complete": n * complete}
        for (programme, axis, value), n in sorted(strata.items())
    ]
    if rows:
        _COUNT_ITEMS.run_many(connection, rows)


def _on_finished(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"run": r.fact.run, "programme": r.fact.programme, "what": r.fact.what, "source": r.fact.source,
         "file_digest": r.fact.file_digest, "rows": r.fact.rows, "accepted": r.fact.accepted,
         "rejected": r.fact.rejected,
         "report": r.fact.report.object, "at": r.envelope.at, "by": r.envelope.by, "seq": r.envelope.seq}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, IMPORT_RUN, rows)


HANDLERS: dict[str, Handler] = {
    BatchOpened.KIND: _on_batch,
    ItemImported.KIND: _on_imported,
    ItemShaped.KIND: _on_shaped,
    DemonstrationPromoted.KIND: assignment.on_promoted,
    ImportFinished.KIND: _on_finished,
}

_ITEM = Statement(sa.select(ITEM).where(ITEM.c.item == sa.bindparam("wanted")))
_PART = 500
_BY_EXTERNAL = Statement(
    sa.select(ITEM).where(
        ITEM.c.programme == sa.bindparam("programme"),
        ITEM.c.external.in_([sa.bindparam(f"external_{n}") for n in range(_PART)]),
    ),
    plan_anew=True,
)
_WORK = Statement(sa.select(WORK).where(WORK.c.item == sa.bindparam("wanted")))


def item(connection: sa.Connection, wanted: str) -> Row | None:
    """One item, or None."""
    return _ITEM.first(connection, {"wanted": wanted})


def by_external(connection: sa.Connection, programme: str, externals: list[str]) -> dict[str, Row]:
    """The client's id: item, for those ids that exist; 500 to a query."""
    found: dict[str, Row] = {}
    for start in range(0, len(externals), _PART):
        part = externals[start : start + _PART]
        # The query has a fixed number of places, so that it is made once: the last part fills them with its first id.
        places = {f"external_{n}": part[n] if n < len(part) else part[0] for n in range(_PART)}
        rows = _BY_EXTERNAL.all(connection, {"programme": programme, **places})
        found.update({row.external: row for row in rows})
    return found


def places(connection: sa.Connection, names: Collection[str]) -> dict[str, Row]:
    """Item: its domain and taxonomy, of a page of items, in one query."""
    columns: list[sa.ColumnElement[Any]] = [ITEM.c.item, ITEM.c.domain, ITEM.c.taxonomy]
    rows = connection.execute(sa.select(*columns).where(ITEM.c.item.in_(sorted(names)))).all() if names else []
    return {row.item: row for row in rows}


def batches(connection: sa.Connection, programme: str) -> list[Row]:
    """The batches of a programme, oldest first."""
    return list(connection.execute(sa.select(BATCH).where(BATCH.c.programme == programme).order_by(BATCH.c.seq)).all())


def batch(connection: sa.Connection, wanted: str) -> Row | None:
    """One batch, or None."""
    return connection.execute(sa.select(BATCH).where(BATCH.c.batch == wanted)).first()


def batch_named(connection: sa.Connection, programme: str, *, name: str, domain: str) -> Row | None:
    """The batch of one name and domain, or None."""
    query = sa.select(BATCH).where(BATCH.c.programme == programme, BATCH.c.name == name, BATCH.c.domain == domain)
    return connection.execute(query).first()


def page(
    connection: sa.Connection, programme: str, *, after: int = -1, limit: int = 50, domain: str | None = None,
    state: str | None = None, batch: str | None = None, without: Collection[str] = (),
) -> list[Row]:  # fmt: skip
    """Items behind one journal place, oldest first, with their state of work.

    state    of work, which an item whose content is gone has no more, or `erased` for those
    without  domains that are left out
    """
    query = (
        sa.select(ITEM, WORK.c.state, WORK.c.judged, WORK.c.leased, WORK.c.needed)
        .join(WORK, WORK.c.item == ITEM.c.item, isouter=True)
        .where(ITEM.c.programme == programme, ITEM.c.seq > after)
    )
    if without:
        query = query.where(ITEM.c.domain.not_in(sorted(without)))
    for column, value in ((ITEM.c.domain, domain), (ITEM.c.batch, batch)):
        query = query if value is None else query.where(column == value)
    if state is not None:
        is_gone = sa.exists().where(ERASED.c.target == ITEM.c.content)
        query = query.where(is_gone) if state == GONE else query.where(WORK.c.state == state, ~is_gone)
    return list(connection.execute(query.order_by(ITEM.c.seq).limit(limit)).all())


def of_batch(connection: sa.Connection, wanted: str) -> list[Row]:
    """All items of a batch with their state of work, oldest first."""
    query = (
        sa.select(ITEM, WORK.c.state, WORK.c.judged, WORK.c.leased, WORK.c.needed)
        .join(WORK, WORK.c.item == ITEM.c.item, isouter=True)
        .where(ITEM.c.batch == wanted)
        .order_by(ITEM.c.seq)
    )
    return list(connection.execute(query).all())


def batches_of(connection: sa.Connection, wanted: list[str]) -> set[str]:
    """The batches of these items."""
    found: set[str] = set()
    for start in range(0, len(wanted), _PART):
        query = sa.select(ITEM.c.batch).where(ITEM.c.item.in_(wanted[start : start + _PART])).distinct()
        found.update(connection.scalars(query).all())
    return found


def declared(connection: sa.Connection, wanted: str) -> set[str]:
    """The items of a batch that were declared as expected to divide their judges."""
    query = sa.select(ITEM.c.item).where(ITEM.c.batch == wanted, ITEM.c.is_disagreement_expected == 1)
    return set(connection.scalars(query).all())


def work(connection: sa.Connection, wanted: str) -> Row | None:
    """An item's state of work, or None when it is no work item."""
    return _WORK.first(connection, {"wanted": wanted})


def held_of(connection: sa.Connection, programme: str, signals: Collection[str]) -> dict[str, int]:
    """Domain: its items of some signals whose content is not erased."""
    query = (
        sa.select(ITEM.c.domain, sa.func.count())
        .where(
            ITEM.c.programme == programme, ITEM.c.signal.in_(sorted(signals)),
            ~sa.exists().where(ERASED.c.target == ITEM.c.content),
        )
        .group_by(ITEM.c.domain)
    )  # fmt: skip
    return {row[0]: row[1] for row in connection.execute(query).all()}


def runs(connection: sa.Connection, programme: str, *, limit: int = 50) -> list[Row]:
    """The imports of a programme, newest first."""
    query = sa.select(IMPORT_RUN).where(IMPORT_RUN.c.programme == programme).order_by(IMPORT_RUN.c.seq.desc())
    return list(connection.execute(query.limit(limit)).all())


def sources_of_file(connection: sa.Connection, programme: str, file_digest: str) -> set[str]:
    """Under which sources a file of judgments has been imported."""
    query = sa.select(IMPORT_RUN.c.source).where(
        IMPORT_RUN.c.programme == programme, IMPORT_RUN.c.what == "judgments", IMPORT_RUN.c.file_digest == file_digest
    )
    return {row.source for row in connection.execute(query).all()}


def import_run(connection: sa.Connection, wanted: str) -> Row | None:
    """One import, or None."""
    return connection.execute(sa.select(IMPORT_RUN).where(IMPORT_RUN.c.run == wanted)).first()
