"""Read models of second looks: what is finished and may be drawn, what was drawn, what was answered."""

from collections.abc import Callable

import sqlalchemy as sa

from tallystick import canon
from tallystick.events.envelope import ObjectRef
from tallystick.events.escape import RereviewAnswered, RereviewDrawn, RereviewLeased, RereviewReleased
from tallystick.flow.standing import COUNTED
from tallystick.flow.tiers import SEVERE_POOLS, is_severe, severe_pool
from tallystick.ledger import journal
from tallystick.store import assignment, tiers
from tallystick.store.schema import (
    DISAGREEMENT,
    DOMAIN,
    ERASED,
    ITEM,
    JUDGMENT,
    REREVIEW,
    REREVIEW_ITEM,
    VAULT_OBJECT,
    WORK,
    Handler,
    Recorded,
    Row,
)


def _on_drawn(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: RereviewDrawn = r.fact
        pools = canon.encode({one.risk: one.pool for one in fact.strata}).decode()
        if fact.draw == 1:
            row = {
                "rereview": fact.rereview, "programme": fact.programme, "round": fact.round, "draws": 1,
                "since": fact.since, "until": fact.until, "pools": pools, "secret": fact.secret.object,
                "at": r.envelope.at, "seq": r.envelope.seq,
            }  # fmt: skip
            journal.insert_many(connection, REREVIEW, [row])
        else:
            change = REREVIEW.update().where(REREVIEW.c.rereview == fact.rereview)
            connection.execute(change.values(draws=fact.draw))
        _insert_sample(connection, r)


def _insert_sample(connection: sa.Connection, recorded: Recorded) -> None:
    fact: RereviewDrawn = recorded.fact
    taken = [(one.risk, item) for one in fact.strata for item in one.sample]
    rows = [
        {"item": item, "rereview": fact.rereview, "programme": fact.programme, "round": fact.round, "risk": risk,
         "place": recorded.envelope.seq * 10_000 + place, "reviewer": None, "held_until": None, "is_answered": 0,
         "is_defect": None, "severity": None, "cause": None, "failure": None, "notes": None, "answered_at": None,
         "seq": recorded.envelope.seq, "answered_seq": None}
        for place, (risk, item) in enumerate(taken)
    ]  # fmt: skip
    if rows:
        journal.insert_many(connection, REREVIEW_ITEM, rows)


def _on_leased(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        change = REREVIEW_ITEM.update().where(REREVIEW_ITEM.c.item == r.fact.item)
        connection.execute(change.values(reviewer=r.fact.reviewer, held_until=r.fact.expires_at))


def _on_released(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        change = REREVIEW_ITEM.update().where(REREVIEW_ITEM.c.item == r.fact.item)
        connection.execute(change.values(reviewer=None, held_until=None))


def _on_answered(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: RereviewAnswered = r.fact
        change = REREVIEW_ITEM.update().where(REREVIEW_ITEM.c.item == fact.item)
        values = {
            "reviewer": fact.reviewer, "held_until": None, "is_answered": 1, "is_defect": int(fact.is_defect),
            "severity": fact.severity, "cause": fact.cause, "failure": fact.failure,
            "notes": fact.notes.object if fact.notes else None, "answered_at": r.envelope.at,
            "answered_seq": r.envelope.seq,
        }  # fmt: skip
        connection.execute(change.values(**values))


HANDLERS: dict[str, Handler] = {
    RereviewDrawn.KIND: _on_drawn,
    RereviewLeased.KIND: _on_leased,
    RereviewReleased.KIND: _on_released,
    RereviewAnswered.KIND: _on_answered,
}


def pools(connection: sa.Connection, programme: str, *, since: int, until: int, of: str | None) -> dict[str, list[str]]:
    """Tier: the items that were finished in a stretch of the journal and stand without a disagreement.

    Where the contract in force asks for seniors, severe items of careful tiers are a pool of their own.
    since, until  the last counted judgment of an item stands at or behind the first place, and before the second
    of            the round that is drawn from: what any other round drew is in no pool of it
    """
    last = (
        sa.select(JUDGMENT.c.item, sa.func.max(JUDGMENT.c.seq).label("at"))
        .where(JUDGMENT.c.programme == programme, JUDGMENT.c.standing == COUNTED)
        .group_by(JUDGMENT.c.item)
        .subquery()
    )
    is_divided = sa.exists().where(DISAGREEMENT.c.item == ITEM.c.item, DISAGREEMENT.c.state != "withdrawn")
    is_gone = sa.exists().where(ERASED.c.target == ITEM.c.content)
    elsewhere = sa.exists().where(REREVIEW_ITEM.c.item == ITEM.c.item)
    if of is not None:
        elsewhere = sa.exists().where(REREVIEW_ITEM.c.item == ITEM.c.item, REREVIEW_ITEM.c.rereview != of)
    query = (
        sa.select(ITEM.c.item, ITEM.c.taxonomy, DOMAIN.c.risk)
        .join(WORK, WORK.c.item == ITEM.c.item)
        .join(last, last.c.item == ITEM.c.item)
        .join(DOMAIN, sa.and_(DOMAIN.c.programme == ITEM.c.programme, DOMAIN.c.domain == ITEM.c.domain))
        .where(
            ITEM.c.programme == programme, WORK.c.state == "complete", last.c.at >= since, last.c.at < until,
            ~is_divided, ~is_gone, ~elsewhere,
        )
        .order_by(ITEM.c.item)
    )  # fmt: skip
    policy = tiers.policy(connection, programme)
    found: dict[str, list[str]] = {}
    for row in connection.execute(query).all():
        name = severe_pool(row.risk) if is_severe(policy, row.risk, row.taxonomy) else row.risk
        found.setdefault(name, []).append(row.item)
    return found


def secret_of(connection: sa.Connection, programme: str) -> ObjectRef | None:
    """Where the key of the order of a programme lies; None before its first draw."""
    query = sa.select(REREVIEW.c.secret, VAULT_OBJECT.c.commitment, VAULT_OBJECT.c.bytes).join(
        VAULT_OBJECT, VAULT_OBJECT.c.object == REREVIEW.c.secret
    )
    row = connection.execute(query.where(REREVIEW.c.programme == programme).limit(1)).first()
    return None if row is None else ObjectRef(object=row.secret, commitment=row.commitment, bytes=row.bytes)


def complete(connection: sa.Connection, wanted: list[str]) -> set[str]:
    """Those of some items that are complete now."""
    found: set[str] = set()
    for start in range(0, len(wanted), 500):
        query = sa.select(WORK.c.item).where(WORK.c.item.in_(wanted[start : start + 500]), WORK.c.state == "complete")
        found.update(row.item for row in connection.execute(query).all())
    return found


def rounds(connection: sa.Connection, programme: str) -> list[Row]:
    """The rounds of a programme, oldest first."""
    query = sa.select(REREVIEW).where(REREVIEW.c.programme == programme).order_by(REREVIEW.c.round)
    return list(connection.execute(query).all())


def sample(connection: sa.Connection, programme: str) -> list[Row]:
    """Every item that was ever drawn, with its domain and taxonomy, in the order of the draws."""
    query = (
        sa.select(REREVIEW_ITEM, ITEM.c.domain, ITEM.c.taxonomy)
        .join(ITEM, ITEM.c.item == REREVIEW_ITEM.c.item)
        .where(REREVIEW_ITEM.c.programme == programme)
        .order_by(REREVIEW_ITEM.c.round, REREVIEW_ITEM.c.place)
    )
    return list(connection.execute(query).all())


def drawn(connection: sa.Connection, item: str) -> Row | None:
    """An item of a sample, or None."""
    return connection.execute(sa.select(REREVIEW_ITEM).where(REREVIEW_ITEM.c.item == item)).first()


def held_by(connection: sa.Connection, person: str, programme: str) -> Row | None:
    """The item that a reviewer holds in a programme, its lease run out or not; None when there is none."""
    table = REREVIEW_ITEM
    query = sa.select(table).where(table.c.reviewer == person, table.c.programme == programme, table.c.is_answered == 0)
    return connection.execute(query.order_by(table.c.round, table.c.place)).first()


def next_for(
    connection: sa.Connection, person: str, programme: str, *, now: int, may: Callable[[Row], bool] = bool
) -> Row | None:
    """The first item in the order of the draws that this reviewer may look at: no reviewer chooses.

    Severe items of a tier that asks for seniors are theirs alone.
    may  whether they may be given an item, by its domain and taxonomy
    """
    table = REREVIEW_ITEM
    is_theirs = sa.true() if tiers.is_senior(connection, person, programme) else table.c.risk.not_in(SEVERE_POOLS)
    is_judge = sa.exists().where(JUDGMENT.c.item == table.c.item, JUDGMENT.c.expert == person)
    is_gone = sa.exists().where(ITEM.c.item == table.c.item, ERASED.c.target == ITEM.c.content)
    query = (
        sa.select(table, ITEM.c.domain, ITEM.c.taxonomy)
        .join(ITEM, ITEM.c.item == table.c.item)
        .where(
            table.c.programme == programme, table.c.is_answered == 0, ~is_judge, ~is_gone, is_theirs,
            ~assignment.authored(table.c.item, person),
            sa.or_(table.c.reviewer.is_(None), table.c.held_until < now),
        )
        .order_by(table.c.round, table.c.place)
    )  # fmt: skip
    return next((row for row in connection.execute(query) if may(row)), None)


def waiting(connection: sa.Connection, programme: str) -> int:
    """How many drawn items are not answered."""
    table = REREVIEW_ITEM
    query = sa.select(sa.func.count()).where(table.c.programme == programme, table.c.is_answered == 0)
    return int(connection.execute(query).scalar_one())
