"""Read models of disagreements: the queue by risk, who holds which case, what became of each."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tallystick import canon
from tallystick.events.adjudication import (
    CaseLeased,
    CaseReleased,
    DisagreementOpened,
    DisagreementPreserved,
    DisagreementReturned,
    DisagreementSettled,
    RubricFeedbackRecorded,
    SettlementConfirmed,
)
from tallystick.flow.standing import COUNTED
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store import items
from tallystick.store.assignment import authored
from tallystick.store.schema import (
    DISAGREEMENT,
    DOMAIN,
    ERASED,
    ITEM,
    JUDGMENT,
    RUBRIC_FEEDBACK,
    WORK,
    Handler,
    Recorded,
    Row,
)

CAUSE_ORDER = ("rater_error", "expertise_gap", "rubric_ambiguity", "missing_context", None, "value_diversity")
"""What comes first within a tier of risk: what a decision mends, then what needs more than a decision, what is not
classified, and at last what is to be kept as it is.
"""
_NOBODY = {"lease": None, "holder": None, "held_until": None}


def _rank(cause: str | None) -> int:
    return CAUSE_ORDER.index(cause if cause in CAUSE_ORDER else None)


def _on_opened(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: DisagreementOpened = r.fact
        item = items.item(connection, fact.item)
        assert item is not None, "a disagreement opens on an item that is here"
        row = {
            "item": fact.item, "programme": fact.programme, "batch": fact.batch, "domain": item.domain,
            "counts": canon.encode(fact.counts).decode(), "is_expected": int(fact.is_expected), "state": "open",
            "verdict": None, "adjudicator": None, "criteria": None, "notes": None, "rubric_version": None,
            "opened_at": r.envelope.at, "closed_at": None, "seq": r.envelope.seq, "closed_seq": None, "cause": None,
            "cause_rank": _rank(None), "confirmed": None, **_NOBODY,
        }  # fmt: skip
        # One that was withdrawn opens anew: what it was before stands in the table of past ones.
        connection.execute(
            DISAGREEMENT.delete().where(DISAGREEMENT.c.item == fact.item, DISAGREEMENT.c.state == "withdrawn")
        )
        journal.insert_many(connection, DISAGREEMENT, [row])


def _close(connection: sa.Connection, recorded: Recorded, *, state: str, verdict: str | None) -> None:
    fact = recorded.fact
    change = DISAGREEMENT.update().where(DISAGREEMENT.c.item == fact.item)
    values = {
        "state": state, "verdict": verdict, "adjudicator": fact.adjudicator,
        "criteria": canon.encode(fact.criteria).decode(), "notes": fact.notes.object,
        "rubric_version": fact.rubric_version, "closed_at": recorded.envelope.at, "closed_seq": recorded.envelope.seq,
        **_NOBODY,
    }  # fmt: skip
    connection.execute(change.values(**values))


def _on_settled(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        _close(connection, r, state="settled", verdict=r.fact.verdict)


def _on_preserved(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        _close(connection, r, state="preserved", verdict=None)


def _on_returned(connection: sa.Connection, run: list[Recorded]) -> None:
    """The judgments that are set aside in the same command withdraw the disagreement; this ends the case before."""
    for r in run:
        _close(connection, r, state="returned", verdict=None)


def _on_leased(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: CaseLeased = r.fact
        held = {"lease": fact.lease, "holder": fact.adjudicator, "held_until": fact.expires_at}
        _HOLD.run(connection, {"wanted": fact.item, **{f"new_{name}": value for name, value in held.items()}})


def _on_released(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        _FREE.run(connection, {"wanted": r.fact.item, "of": r.fact.lease})


def _on_feedback(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"seq": r.envelope.seq, "programme": r.fact.programme, "rubric": r.fact.rubric,
         "rubric_version": r.fact.rubric_version, "criterion": r.fact.criterion, "what": r.fact.what,
         "item": r.fact.item, "words": r.fact.words.object, "at": r.envelope.at, "by": r.envelope.by}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, RUBRIC_FEEDBACK, rows)


def _on_confirmed(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        change = DISAGREEMENT.update().where(DISAGREEMENT.c.item == r.fact.item)
        connection.execute(change.values(confirmed=r.fact.cause))


_HOLD = Statement(
    DISAGREEMENT.update()
    .where(DISAGREEMENT.c.item == sa.bindparam("wanted"))
    .values(
        lease=sa.bindparam("new_lease"), holder=sa.bindparam("new_holder"), held_until=sa.bindparam("new_held_until")
    )
)
_FREE = Statement(
    DISAGREEMENT.update()
    .where(DISAGREEMENT.c.item == sa.bindparam("wanted"), DISAGREEMENT.c.lease == sa.bindparam("of"))
    .values(lease=sa.null(), holder=sa.null(), held_until=sa.null())
)
HANDLERS: dict[str, Handler] = {
    DisagreementOpened.KIND: _on_opened,
    DisagreementSettled.KIND: _on_settled,
    DisagreementPreserved.KIND: _on_preserved,
    DisagreementReturned.KIND: _on_returned,
    CaseLeased.KIND: _on_leased,
    CaseReleased.KIND: _on_released,
    RubricFeedbackRecorded.KIND: _on_feedback,
    SettlementConfirmed.KIND: _on_confirmed,
}


def classed(connection: sa.Connection, causes: Mapping[str, str | None]) -> None:
    """Disagreements have a class, or none that the evidence carries: that moves them in the queue."""
    for item, cause in sorted(causes.items()):
        change = DISAGREEMENT.update().where(DISAGREEMENT.c.item == item)
        connection.execute(change.values(cause=cause, cause_rank=_rank(cause)))


_RISK = DOMAIN.c.risk.label("risk")
_WITH_RISK = DISAGREEMENT.outerjoin(
    DOMAIN, sa.and_(DOMAIN.c.programme == DISAGREEMENT.c.programme, DOMAIN.c.domain == DISAGREEMENT.c.domain)
)
_ONE = Statement(
    sa.select(DISAGREEMENT, _RISK).select_from(_WITH_RISK).where(DISAGREEMENT.c.item == sa.bindparam("wanted"))
)


# How the verdicts divide is not for who may judge the item one day: to them a case is shown without.
_UNCOUNTED: list[sa.ColumnElement[Any]] = [
    *(column for column in DISAGREEMENT.c if column.name != "counts"), sa.null().label("counts"), _RISK,
]  # fmt: skip
_OFFER = Statement(
    sa.select(*_UNCOUNTED).select_from(_WITH_RISK).where(DISAGREEMENT.c.item == sa.bindparam("wanted"))
)  # fmt: skip


def offer(connection: sa.Connection, item: str) -> Row | None:
    """The disagreement on an item without how its verdicts divide, or None."""
    return _OFFER.first(connection, {"wanted": item})


def disagreement(connection: sa.Connection, item: str) -> Row | None:
    """The disagreement on an item with the risk of its domain, or None. A domain that was dropped has no risk."""
    return _ONE.first(connection, {"wanted": item})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks for the queue: somebody who may take cases sees none that they judged or that another holds.

    Nor do they see how the verdicts divide.

    person  None: a reader, who sees all
    now     microseconds, by which a lease has run out or not
    """

    person: str | None = None
    now: int = 0


def open_cases(
    connection: sa.Connection, programme: str, tiers: Sequence[Sequence[str]], *, asking: Asking,
    after: Row | None = None, limit: int = 100,
) -> list[Row]:  # fmt: skip
    """Open cases in the order in which they are to be decided: tier by tier, then by class, then by age.

    tiers  the domains of every tier of risk, the most careful first
    after  the row of the case that the list goes on from

    Within a domain it is one range of an index that stops at the limit: it costs the same at any length of the queue.
    """
    found: list[Row] = []
    domains = [list(tier) for tier in tiers]
    if after is not None:
        start = next((n for n, tier in enumerate(domains) if after.domain in tier), 0)
        domains = domains[start:]
    for number, tier in enumerate(domains):
        place = (after.cause_rank, after.seq) if after is not None and number == 0 else (-1, -1)
        more = limit - len(found)
        if more <= 0:
            break
        queries = [part_query(programme, domain, place, asking=asking, limit=more) for domain in tier]
        parts: list[Iterator[Row]] = [iter(connection.execute(query).all()) for query in queries]
        merged = heapq.merge(*parts, key=lambda row: (int(row.cause_rank), int(row.seq)))
        found += [row for row, _ in zip(merged, range(more), strict=False)]
    return found


def part_query(
    programme: str, domain: str, place: tuple[int, int], *, asking: Asking, limit: int
) -> sa.Select[Any]:  # fmt: skip
    """The open cases of one domain behind a place, as one range of the index by risk."""
    table = DISAGREEMENT
    query = (
        sa.select(*((table, _RISK) if asking.person is None else _UNCOUNTED))
        .select_from(_WITH_RISK)
        .where(
            table.c.programme == programme, table.c.state == "open", table.c.domain == domain,
            sa.tuple_(table.c.cause_rank, table.c.seq) > sa.tuple_(*(sa.literal(n) for n in place)),
        )
        .order_by(table.c.cause_rank, table.c.seq)
        .limit(limit)
    )  # fmt: skip
    if asking.person is None:
        return query
    is_judge = sa.exists().where(JUDGMENT.c.item == table.c.item, JUDGMENT.c.expert == asking.person)
    is_gone = sa.exists().where(ITEM.c.item == table.c.item, ERASED.c.target == ITEM.c.content)
    is_free = sa.or_(table.c.holder.is_(None), table.c.holder == asking.person, table.c.held_until < asking.now)
    is_doubted = sa.exists().where(WORK.c.item == table.c.item, WORK.c.held > 0)
    return query.where(~is_judge, ~authored(table.c.item, asking.person), ~is_gone, ~is_doubted, is_free)


def ended(
    connection: sa.Connection, programme: str, *, state: str, without: str | None = None, after: int | None = None,
    limit: int = 100,
) -> list[Row]:  # fmt: skip
    """Disagreements that are settled, preserved or withdrawn, the newest first.

    without  a person whose own items are left out, and who does not see how the verdicts divide
    after    the place in the journal of the one that the list goes on from
    """
    table = DISAGREEMENT
    query = (
        sa.select(*((table, _RISK) if without is None else _UNCOUNTED))
        .select_from(_WITH_RISK)
        .where(table.c.programme == programme, table.c.state == state)
        .order_by(table.c.seq.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(table.c.seq < after)
    if without is not None:
        query = query.where(~sa.exists().where(JUDGMENT.c.item == table.c.item, JUDGMENT.c.expert == without))
        query = query.where(~authored(table.c.item, without))
    return list(connection.execute(query).all())


def counts(connection: sa.Connection, programme: str) -> dict[str, int]:
    """State: how many disagreements of a programme are in it."""
    query = sa.select(DISAGREEMENT.c.state, sa.func.count()).where(DISAGREEMENT.c.programme == programme)
    return {row[0]: row[1] for row in connection.execute(query.group_by(DISAGREEMENT.c.state)).all()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Open cases of one domain and class, and when the oldest of them opened."""

    domain: str
    risk: str | None
    cause: str | None
    cases: int
    oldest: int


def waiting(connection: sa.Connection, programme: str) -> list[Waiting]:
    """Open cases by domain and class. Counted from the index by risk alone; only the oldest of each group is read."""
    table = DISAGREEMENT
    places = (table.c.domain, table.c.cause_rank)
    grouped = sa.select(*places, sa.func.count().label("cases"), sa.func.min(table.c.seq).label("first"))
    of = (table.c.programme == programme, table.c.state == "open")
    rows = connection.execute(grouped.where(*of).group_by(*places).order_by(*places)).all()
    risks = {row.domain: row.risk for row in connection.execute(_RISKS, {"wanted": programme}).all()}
    first = sa.select(table.c.opened_at).where(*of)
    return [
        Waiting(
            domain=row.domain, risk=risks.get(row.domain), cause=CAUSE_ORDER[row.cause_rank], cases=row.cases,
            oldest=connection.execute(
                first.where(
                    table.c.domain == row.domain, table.c.cause_rank == row.cause_rank, table.c.seq == row.first
                )
            ).scalar_one(),
        )
        for row in rows
    ]  # fmt: skip


_RISKS = sa.select(DOMAIN.c.domain, DOMAIN.c.risk).where(DOMAIN.c.programme == sa.bindparam("wanted"))


def held_query(person: str, programme: str) -> sa.Select[Any]:
    """The open case that somebody holds in a programme."""
    table = DISAGREEMENT
    return sa.select(table).where(table.c.holder == person, table.c.programme == programme, table.c.state == "open")


def held_by(connection: sa.Connection, person: str, programme: str) -> Row | None:
    """The case that an adjudicator holds in a programme, its lease run out or not; None when there is none."""
    return connection.execute(held_query(person, programme)).first()


def run_out_query(now: int, *, limit: int) -> sa.Select[Any]:
    """Cases whose lease has run out, oldest first."""
    table = DISAGREEMENT
    query = sa.select(table).where(table.c.held_until < now, table.c.state == "open")
    return query.order_by(table.c.held_until).limit(limit)


def run_out(connection: sa.Connection, now: int, *, limit: int = 20) -> list[Row]:
    """Cases whose lease has run out, oldest first."""
    return list(connection.execute(run_out_query(now, limit=limit)).all())


def of_batch(connection: sa.Connection, batch: str) -> dict[str, Row]:
    """Item: its disagreement, for one batch."""
    query = sa.select(DISAGREEMENT).where(DISAGREEMENT.c.batch == batch)
    return {row.item: row for row in connection.execute(query).all()}


def states(connection: sa.Connection, programme: str) -> dict[str, dict[str, int]]:
    """Batch: how many of its disagreements are in which state."""
    table = DISAGREEMENT
    query = sa.select(table.c.batch, table.c.state, sa.func.count()).where(table.c.programme == programme)
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(query.group_by(table.c.batch, table.c.state)).all():
        found.setdefault(row[0], {})[row[1]] = row[2]
    return found


def settled_judgments(connection: sa.Connection, programme: str) -> list[Row]:
    """The counted judgments of settled cases: item, domain, expert, verdict, settled, criteria. In journal order."""
    columns: list[sa.ColumnElement[Any]] = [
        JUDGMENT.c.item, DISAGREEMENT.c.domain, JUDGMENT.c.expert, JUDGMENT.c.verdict,
        DISAGREEMENT.c.verdict.label("settled"), DISAGREEMENT.c.criteria,
    ]  # fmt: skip
    query = (
        sa.select(*columns)
        .join(DISAGREEMENT, DISAGREEMENT.c.item == JUDGMENT.c.item)
        .where(DISAGREEMENT.c.programme == programme, DISAGREEMENT.c.state == "settled", JUDGMENT.c.standing == COUNTED)
        .order_by(JUDGMENT.c.seq)
    )
    return list(connection.execute(query).all())


def feedback(connection: sa.Connection, programme: str, rubric: str, *, limit: int = 200) -> list[Row]:
    """What adjudicators said of the criteria of a rubric, newest first."""
    table = RUBRIC_FEEDBACK
    query = sa.select(table).where(table.c.programme == programme, table.c.rubric == rubric)
    return list(connection.execute(query.order_by(table.c.seq.desc()).limit(limit)).all())


def feedback_count(connection: sa.Connection, programme: str, rubric: str) -> int:
    """How many remarks there are on a rubric."""
    table = RUBRIC_FEEDBACK
    query = sa.select(sa.func.count()).where(table.c.programme == programme, table.c.rubric == rubric)
    return int(connection.execute(query).scalar_one())
