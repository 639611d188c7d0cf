"""What facts about assignment do to the read tables."""

import sqlalchemy as sa

from tallystick import canon
from tallystick.events.assignment import (
    AssignmentLeased,
    AssignmentLeasedV2,
    AssignmentLeasedV3,
    AssignmentPolicySet,
    AssignmentReleased,
    ItemAuthored,
    SeniorGranted,
    SeniorRevoked,
    lifted,
)
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.assignment.leases import close
from tallystick.store.assignment.strata import count_given, count_taken
from tallystick.store.schema import ASSIGNMENT, ITEM, WORK, Handler, Recorded
from tallystick.store.schema.assignment import ASSIGNMENT_POLICY, AUTHOR, SENIOR

# One text for both databases: each understands this form of upsert.
_MOVE_CURSOR = Statement(
    sa.text(
        "INSERT INTO cursor (expert, programme, domain, leases, last_at) VALUES (:expert, :programme, :domain, 1, :at) "
        "ON CONFLICT (expert, programme, domain) DO UPDATE SET leases = cursor.leases + 1, last_at = excluded.last_at"
    )
)
_MOVE_IN_STRATUM = Statement(
    sa.text(
        "INSERT INTO stratum_cursor (expert, stratum, rank) SELECT :expert, stratum, rank FROM work "
        "WHERE item = :item ON CONFLICT (expert, stratum) DO UPDATE SET rank = excluded.rank"
    )
)
_TAKE_LOAD = Statement(
    sa.text(
        "INSERT INTO load (expert, batch, programme, domain, held, judged) "
        "VALUES (:expert, :batch, :programme, :domain, 1, 0) "
        "ON CONFLICT (expert, batch) DO UPDATE SET held = load.held + 1"
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
        is_open=sa.case(
            (WORK.c.state == "erased", 0),
            (WORK.c.judged + WORK.c.held + WORK.c.leased - 1 < WORK.c.needed, 1),
            else_=0,
        ),
        state=sa.case(
            (WORK.c.state == "erased", "erased"),
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
        fact: AssignmentLeasedV2 | AssignmentLeasedV3 = r.fact
        row = {
            "assignment": fact.assignment, "item": fact.item, "programme": fact.programme, "domain": fact.domain,
            "expert": fact.expert, "order": fact.order, "rubric": fact.rubric, "rubric_version": fact.rubric_version,
            "contract_version": fact.contract_version, "state": "leased", "leased_at": r.envelope.at,
            "expires_at": fact.expires_at, "seq": r.envelope.seq, "batch": fact.batch,
            "is_renewal": int(fact.is_renewal),
        }  # fmt: skip
        journal.insert_many(connection, ASSIGNMENT, [row])
        _TAKE_SLOT.run(connection, {"wanted": fact.item})
        count_taken(connection, fact.item)
        place = {"expert": fact.expert, "programme": fact.programme, "domain": fact.domain}
        _MOVE_CURSOR.run(connection, {**place, "at": r.envelope.at})
        _MOVE_IN_STRATUM.run(connection, {"expert": fact.expert, "item": fact.item})
        _TAKE_LOAD.run(connection, {**place, "batch": fact.batch})
        _SEE_GOLD.run(connection, {"expert": fact.expert, "item": fact.item, "seq": r.envelope.seq})


def _on_released(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        close(connection, r.fact.assignment, r.fact.reason)
        _GIVE_SLOT.run(connection, {"wanted": r.fact.item})
        count_given(connection, r.fact.item)


def _on_policy(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: AssignmentPolicySet = r.fact
        table = ASSIGNMENT_POLICY
        values = {
            "contract_version": fact.contract_version, "reviews": canon.encode(fact.reviews).decode(),
            "senior_role": fact.senior_role, "expert_share_max_ppm": fact.expert_share_max_ppm,
            "others_first": int(fact.others_first), "seq": r.envelope.seq,
        }  # fmt: skip
        if not connection.execute(table.update().where(table.c.programme == fact.programme).values(values)).rowcount:
            row = {**values, "programme": fact.programme, "since": r.envelope.seq}
            journal.insert_many(connection, table, [row])


def _on_authored(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [{"item": r.fact.item, "person": r.fact.author, "programme": r.fact.programme} for r in run]
    journal.insert_many(connection, AUTHOR, rows)


def _on_granted(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"seq": r.envelope.seq, "programme": r.fact.programme, "person": r.fact.person,
         "contract_version": r.fact.contract_version, "rests_on": r.fact.rests_on, "reason": r.fact.reason.object,
         "by": r.envelope.by, "at": r.envelope.at, "revoked_seq": None, "revoked_at": None, "revoked_by": None,
         "revoked_reason": None}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, SENIOR, rows)


def _on_revoked(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        change = SENIOR.update().where(
            SENIOR.c.programme == r.fact.programme, SENIOR.c.person == r.fact.person, SENIOR.c.revoked_seq.is_(None)
        )
        connection.execute(
            change.values(
                revoked_seq=r.envelope.seq, revoked_at=r.envelope.at, revoked_by=r.envelope.by,
                revoked_reason=r.fact.reason.object,
            )
        )  # fmt: skip


HANDLERS: dict[str, Handler] = {
    AssignmentLeased.KIND: _on_leased_at_first,
    AssignmentLeasedV2.KIND: _on_leased,
    AssignmentLeasedV3.KIND: _on_leased,
    AssignmentReleased.KIND: _on_released,
    AssignmentPolicySet.KIND: _on_policy,
    ItemAuthored.KIND: _on_authored,
    SeniorGranted.KIND: _on_granted,
    SeniorRevoked.KIND: _on_revoked,
}
