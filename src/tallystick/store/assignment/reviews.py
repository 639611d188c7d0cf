"""Reviews of one judgment that somebody opened: held, or affected by a later rubric. They have no lease."""

from typing import NamedTuple

import sqlalchemy as sa

from tallystick.events.affected import AffectedKept
from tallystick.events.standing import JudgmentsCleared, JudgmentsRequeued
from tallystick.flow.affected import EACH
from tallystick.ledger.statement import Statement
from tallystick.store.schema import ACCESS, JUDGMENT, Recorded

REVIEWS = (JudgmentsCleared.KIND, AffectedKept.KIND, JudgmentsRequeued.KIND)
_CAUSES = ("review", "revision")
_ITEM = Statement(sa.select(JUDGMENT.c.item).where(JUDGMENT.c.judgment == sa.bindparam("wanted")))
_LOOK = Statement(
    sa.select(ACCESS.c.seq, ACCESS.c.at)
    .where(
        ACCESS.c.subject == sa.bindparam("item"), ACCESS.c.by == sa.bindparam("who"), ACCESS.c.what == "judgments",
        ACCESS.c.reason == "review", ACCESS.c.seq < sa.bindparam("before"), ACCESS.c.at >= sa.bindparam("since"),
    )
    .order_by(ACCESS.c.seq)
    .limit(1)
)  # fmt: skip
_LAST_LOOK = Statement(
    sa.select(ACCESS.c.seq, ACCESS.c.at)
    .where(
        ACCESS.c.subject == sa.bindparam("item"), ACCESS.c.by == sa.bindparam("who"), ACCESS.c.what == "judgments",
        ACCESS.c.reason == "review", ACCESS.c.seq < sa.bindparam("before"),
    )
    .order_by(ACCESS.c.seq.desc())
    .limit(1)
)  # fmt: skip


class Review(NamedTuple):
    """One judgment that somebody decided on after they had opened it."""

    person: str
    programme: str
    judgment: str
    item: str
    look_seq: int
    looked_at: int


def review_of(connection: sa.Connection, r: Recorded, *, within: int) -> Review | None:
    """The review that a fact ends; None for what is done in bulk, for another cause, or without a look.

    within  microseconds: of the looks of so long the first one counts, else the last that there was
    """
    fact: JudgmentsCleared | AffectedKept | JudgmentsRequeued = r.fact
    if len(fact.judgments) != 1:
        return None
    if isinstance(fact, AffectedKept) and fact.way != EACH:
        return None
    if isinstance(fact, JudgmentsRequeued) and fact.cause not in _CAUSES:
        return None
    person = r.envelope.by if isinstance(fact, JudgmentsRequeued) else fact.reviewer
    row = _ITEM.first(connection, {"wanted": fact.judgments[0]})
    assert row is not None, "a judgment that is reviewed was given"
    asked = {"item": row.item, "who": person, "before": r.envelope.seq}
    look = _LOOK.first(connection, asked | {"since": r.envelope.at - within}) or _LAST_LOOK.first(connection, asked)
    if look is None:
        return None
    return Review(person, fact.programme, fact.judgments[0], row.item, look.seq, look.at)
