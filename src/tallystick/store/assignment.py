"""Read models of leases: who holds what, where each expert goes on, what is free."""

import sqlalchemy as sa

from tallystick.events.assignment import AssignmentLeased, AssignmentLeasedV2, AssignmentReleased, lifted
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.schema import ACCESS, ASSIGNMENT, CURSOR, ITEM, JUDGMENT, STANDING, WORK, Handler, Recorded, Row

# One text for both databases: each understands this form of upsert.
_MOVE_CURSOR = Statement(
    sa.text(
        "INSERT INTO cursor (expert, programme, domain, rank, leases) "
        "VALUES (:expert, :programme, :domain, COALESCE((SELECT rank FROM work WHERE item = :item), -1), 1) "
        "ON CONFLICT (expert, programme, domain) DO UPDATE SET leases = cursor.leases + 1, "
        "rank = COALESCE((SELECT rank FROM work WHERE item = :item), cursor.rank)"
    )
)
# A gold item in the normal work is a sentinel, and is seen: the expert gets it once and never again.
_SEE_GOLD = Statement(
    sa.text(
        "INSERT INTO gold_seen (person, item, is_sentinel, seq) SELECT :expert, item, 1, :seq FROM gold "
        "WHERE item = :item ON CONFLICT (person, item) DO NOTHING"
    )
)
_TAKE_SLOT = Statement(
    WORK.update()
    .where(WORK.c.item == sa.bindparam("wanted"))
    .values(
        leased=WORK.c.leased + 1,
        is_open=sa.case((WORK.c.judged + WORK.c.held + WORK.c.leased + 1 < WORK.c.needed, 1), else_=0),
        state=sa.case((WORK.c.judged >= WORK.c.needed, "complete"), else_="active"),
    )
)
_GIVE_SLOT = Statement(
    WORK.update()
    .where(WORK.c.item == sa.bindparam("wanted"))
    .values(
        leased=WORK.c.leased - 1,
        is_open=sa.case((WORK.c.judged + WORK.c.held + WORK.c.leased - 1 < WORK.c.needed, 1), else_=0),
        state=sa.case(
            (WORK.c.judged >= WORK.c.needed, "complete"),
            (WORK.c.judged + WORK.c.held + WORK.c.leased > 1, "active"),
            else_="waiting",
        ),
    )
)


def _on_leased_at_first(connection: sa.Connection, run: list[Recorded]) -> None:
    """Leases of the first version, of which none was of a sentinel: with the batch of their items."""
    for r in run:
        batch = connection.execute(sa.select(ITEM.c.batch).where(ITEM.c.item == r.fact.item)).scalar_one()
        _on_leased(connection, [Recorded(r.envelope, lifted(r.fact, batch))])


def _on_leased(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: AssignmentLeasedV2 = r.fact
        row = {
            "assignment": fact.assignment, "item": fact.item, "programme": fact.programme, "domain": fact.domain,
            "expert": fact.expert, "order": fact.order, "rubric": fact.rubric, "rubric_version": fact.rubric_version,
            "contract_version": fact.contract_version, "state": "leased", "leased_at": r.envelope.at,
            "expires_at": fact.expires_at, "seq": r.envelope.seq, "batch": fact.batch,
            "is_renewal": int(fact.is_renewal),
        }  # fmt: skip
        journal.insert_many(connection, ASSIGNMENT, [row])
        _TAKE_SLOT.run(connection, {"wanted": fact.item})
        place = {"expert": fact.expert, "item": fact.item}
        _MOVE_CURSOR.run(connection, {**place, "programme": fact.programme, "domain": fact.domain})
        _SEE_GOLD.run(connection, {**place, "seq": r.envelope.seq})


_SET_STATE = Statement(
    ASSIGNMENT.update()
    .where(ASSIGNMENT.c.assignment == sa.bindparam("wanted"))
    .values(state=sa.bindparam("now"))
)  # fmt: skip


def close(connection: sa.Connection, assignment: str, state: str) -> None:
    """An assignment has ended: judged, expired or returned."""
    _SET_STATE.run(connection, {"wanted": assignment, "now": state})


def _on_released(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        close(connection, r.fact.assignment, r.fact.reason)
        _GIVE_SLOT.run(connection, {"wanted": r.fact.item})


HANDLERS: dict[str, Handler] = {
    AssignmentLeased.KIND: _on_leased_at_first,
    AssignmentLeasedV2.KIND: _on_leased,
    AssignmentReleased.KIND: _on_released,
}

_ASSIGNMENT = Statement(sa.select(ASSIGNMENT).where(ASSIGNMENT.c.assignment == sa.bindparam("wanted")))
_ACTIVE = Statement(
    sa.select(ASSIGNMENT).where(
        ASSIGNMENT.c.expert == sa.bindparam("who"),
        ASSIGNMENT.c.state == "leased",
        ASSIGNMENT.c.programme == sa.bindparam("programme"),
    )
)
_CURSORS = Statement(
    sa.select(CURSOR).where(CURSOR.c.expert == sa.bindparam("who"), CURSOR.c.programme == sa.bindparam("programme"))
)
_EXPIRED = Statement(
    sa.select(ASSIGNMENT.c.assignment, ASSIGNMENT.c.item, ASSIGNMENT.c.expert)
    .where(ASSIGNMENT.c.state == "leased", ASSIGNMENT.c.expires_at < sa.bindparam("now"))
    .order_by(ASSIGNMENT.c.expires_at, ASSIGNMENT.c.assignment)
    .limit(sa.bindparam("limit"))
)


def assignment(connection: sa.Connection, wanted: str) -> Row | None:
    """One assignment, or None."""
    return _ASSIGNMENT.first(connection, {"wanted": wanted})


def active(connection: sa.Connection, who: str, programme: str) -> Row | None:
    """The assignment that an expert holds in a programme, or None."""
    return _ACTIVE.first(connection, {"who": who, "programme": programme})


def expired(connection: sa.Connection, now: int, *, limit: int = 20) -> list[Row]:
    """Leases that have run out, oldest first."""
    return _EXPIRED.all(connection, {"now": now, "limit": limit})


def cursors(connection: sa.Connection, who: str, programme: str) -> dict[str, Row]:
    """Domain: where the expert goes on."""
    return {row.domain: row for row in _CURSORS.all(connection, {"who": who, "programme": programme})}


# A lease that ran out is no answer: its item is offered again, or an item could wait for ever for its last judge. Nor
# does a lease that was called back, or a judgment that its author may give again, keep them from the item.
_MINE = sa.exists().where(
    ASSIGNMENT.c.expert == sa.bindparam("who"), ASSIGNMENT.c.item == WORK.c.item, ASSIGNMENT.c.state != "expired",
    ASSIGNMENT.c.state != "recalled", ASSIGNMENT.c.state != "requeued",
)  # fmt: skip
# One that was set aside keeps its author away by its assignment, unless they may judge the item again.
_JUDGED = sa.exists().where(
    JUDGMENT.c.expert == sa.bindparam("who"), JUDGMENT.c.item == WORK.c.item, JUDGMENT.c.standing != "requeued"
)
# Others' judgments are shown once an item is complete. When it opens again, who has seen them judges it no more.
_SAW_OTHERS = sa.and_(
    sa.exists().where(STANDING.c.item == WORK.c.item),
    sa.exists().where(
        ACCESS.c.subject == WORK.c.item, ACCESS.c.by == sa.bindparam("who"),
        sa.or_(ACCESS.c.what == "judgments", ACCESS.c.what == "record"),
    ),
)  # fmt: skip
_FREE = Statement(
    sa.select(WORK.c.item, WORK.c.rank, ITEM.c.batch)
    .join(ITEM, ITEM.c.item == WORK.c.item)
    .where(
        WORK.c.programme == sa.bindparam("programme"),
        WORK.c.domain == sa.bindparam("domain"),
        WORK.c.is_open == 1,
        WORK.c.rank > sa.bindparam("above"),
        WORK.c.rank <= sa.bindparam("upto"),
        ~_MINE,
        ~_JUDGED,
        ~_SAW_OTHERS,
    )
    .order_by(WORK.c.rank)
    .limit(1)
)
_LAST_RANK = 2**62
_SEEN = Statement(
    sa.select(ACCESS.c.seq)
    .where(
        ACCESS.c.subject == sa.bindparam("wanted"), ACCESS.c.by == sa.bindparam("who"),
        sa.or_(ACCESS.c.what == "judgments", ACCESS.c.what == "record"),
    )
    .limit(1)
)  # fmt: skip


def saw_others(connection: sa.Connection, who: str, wanted: str) -> bool:
    """Whether somebody was ever shown what others said of an item."""
    return _SEEN.first(connection, {"wanted": wanted, "who": who}) is not None


def free_item(connection: sa.Connection, who: str, *, programme: str, domain: str, cursor: int) -> Row | None:
    """The next open item of a domain that this expert has not had: ahead of their cursor, then behind it.

    Two index scans that stop at the first hit: the cost does not grow with the number of items.
    """
    wanted = {"who": who, "programme": programme, "domain": domain}
    ahead = _FREE.first(connection, {**wanted, "above": cursor, "upto": _LAST_RANK})
    return ahead or _FREE.first(connection, {**wanted, "above": -1, "upto": cursor})
