"""What tiers of risk ask for: the policy in force, who is senior, the finished items of a batch."""

from typing import Any

import msgspec
import sqlalchemy as sa

from tallystick.flow.standing import COUNTED
from tallystick.flow.tiers import Seniority, TierPolicy
from tallystick.ledger.statement import Statement
from tallystick.store.assignment.promoted import is_set_aside
from tallystick.store.schema import DISAGREEMENT, ERASED, ITEM, JUDGMENT, PROGRAMME, REREVIEW_ITEM, WORK, Row
from tallystick.store.schema.assignment import ASSIGNMENT_POLICY, SENIOR

_RULES = Statement(
    sa.select(ASSIGNMENT_POLICY)
    .join(
        PROGRAMME,
        sa.and_(
            PROGRAMME.c.programme == ASSIGNMENT_POLICY.c.programme,
            PROGRAMME.c.version == ASSIGNMENT_POLICY.c.contract_version,
        ),
    )
    .where(ASSIGNMENT_POLICY.c.programme == sa.bindparam("wanted"))
)
_IS_SENIOR = Statement(
    sa.select(SENIOR.c.seq).where(
        SENIOR.c.programme == sa.bindparam("wanted"), SENIOR.c.person == sa.bindparam("who"),
        SENIOR.c.revoked_seq.is_(None),
    )
)  # fmt: skip


def rules(connection: sa.Connection, programme: str) -> Row | None:
    """What the contract in force says of tiers and fairness; None when it says nothing of them."""
    return _RULES.first(connection, {"wanted": programme})


def policy(connection: sa.Connection, programme: str) -> TierPolicy | None:
    """The same, as decisions on tiers need it."""
    row = rules(connection, programme)
    if row is None:
        return None
    return TierPolicy(reviews=msgspec.json.decode(row.reviews), senior_role=row.senior_role, since=row.since)


def is_senior(connection: sa.Connection, person: str, programme: str) -> bool:
    """Whether somebody is a senior adjudicator of a programme now."""
    return _IS_SENIOR.first(connection, {"wanted": programme, "who": person}) is not None


def rests_on(connection: sa.Connection, person: str, programme: str) -> str | None:
    """What somebody's being a senior adjudicator rests on, credential or years; None for who is none now."""
    query = sa.select(SENIOR.c.rests_on).where(
        SENIOR.c.programme == programme, SENIOR.c.person == person, SENIOR.c.revoked_seq.is_(None)
    )
    return connection.scalar(query)


def seniors(connection: sa.Connection, programme: str) -> list[Row]:
    """Who is, or was, a senior adjudicator of a programme, in the order in which it was granted."""
    query = sa.select(SENIOR).where(SENIOR.c.programme == programme).order_by(SENIOR.c.seq)
    return list(connection.execute(query).all())


def seniorities(connection: sa.Connection, programme: str) -> list[Seniority]:
    """The same, as decisions on tiers need it."""
    return [
        Seniority(person=row.person, granted=row.seq, revoked=row.revoked_seq)
        for row in seniors(connection, programme)
    ]  # fmt: skip


def _finished() -> sa.Select[Any]:
    """Made once: putting it together costs more than asking it."""
    batch: sa.BindParameter[str] = sa.bindparam("batch")
    counted = (
        sa.select(JUDGMENT.c.item, sa.func.count(sa.distinct(JUDGMENT.c.expert)).label("judgments"))
        .where(JUDGMENT.c.batch == batch, JUDGMENT.c.standing == COUNTED)
        .group_by(JUDGMENT.c.item)
        .subquery()
    )
    case, look = DISAGREEMENT, REREVIEW_ITEM
    columns: list[sa.ColumnElement[Any]] = [
        ITEM.c.item, ITEM.c.external, ITEM.c.taxonomy, sa.func.coalesce(counted.c.judgments, 0).label("judgments"),
        case.c.state.label("case"), case.c.adjudicator, case.c.closed_seq, look.c.item.label("drawn"),
        look.c.reviewer, look.c.is_answered, look.c.answered_seq,
    ]  # fmt: skip
    return (
        sa.select(*columns)
        .join(WORK, WORK.c.item == ITEM.c.item)
        .outerjoin(counted, counted.c.item == ITEM.c.item)
        .outerjoin(case, sa.and_(case.c.item == ITEM.c.item, case.c.state != "withdrawn"))
        .outerjoin(look, look.c.item == ITEM.c.item)
        .where(
            ITEM.c.batch == batch,
            WORK.c.state == "complete",
            ~sa.exists().where(ERASED.c.target == ITEM.c.content),
            ~is_set_aside(ITEM.c.item),
        )
        .order_by(ITEM.c.seq)
    )


_FINISHED = _finished()


def finished_in(connection: sa.Connection, batch: str) -> list[Row]:
    """The complete items of a batch that are not erased, with what their tier asks of them, in the order of import."""
    return list(connection.execute(_FINISHED, {"batch": batch}).all())
