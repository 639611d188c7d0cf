"""Read models of interventions: which are open, what happened in each in its order, who stood down."""

import sqlalchemy as sa

from tallystick import canon
from tallystick.events.intervention import (
    ExpertReinstated,
    ExpertStoodDown,
    InterventionClosed,
    InterventionDiagnosed,
    InterventionOpened,
    InterventionRemeasured,
    InterventionRevised,
    RubricRuledOut,
)
from tallystick.flow.standing import REQUEUED
from tallystick.store.items import GONE
from tallystick.store.schema import (
    ASSIGNMENT,
    FLAG,
    INTERVENTION,
    INTERVENTION_STEP,
    JUDGMENT,
    STANDING,
    STOOD_DOWN,
    WORK,
    Handler,
    Recorded,
    Row,
)

OPEN, CLOSED = "open", "closed"


def _on_opened(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: InterventionOpened = r.fact
        row = {
            "intervention": fact.intervention, "programme": fact.programme, "domain": fact.domain,
            "rubric": fact.rubric, "rubric_version": fact.rubric_version, "batch": fact.batch,
            "measured_seq": fact.measured_seq, "state": OPEN, "round": 1, "outcome": None, "at": r.envelope.at,
            "by": r.envelope.by, "seq": r.envelope.seq, "closed_at": None, "closed_seq": None,
        }  # fmt: skip
        connection.execute(INTERVENTION.insert().values(row))
        follow(connection, r, fact.intervention)


def follow(connection: sa.Connection, recorded: Recorded, intervention: str) -> None:
    """Put a fact into the timeline of an intervention. The handlers of facts that are part of one call this."""
    row = {
        "seq": recorded.envelope.seq, "intervention": intervention, "kind": recorded.envelope.kind,
        "body": canon.encode(recorded.fact).decode(), "at": recorded.envelope.at, "by": recorded.envelope.by,
    }  # fmt: skip
    connection.execute(INTERVENTION_STEP.insert().values(row))


def _on_step(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        follow(connection, r, r.fact.intervention)


def _on_remeasured(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: InterventionRemeasured = r.fact
        follow(connection, r, fact.intervention)
        if fact.decision != "pass":
            _change(connection, fact.intervention, round=fact.round + 1)


def _on_stood_down(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: ExpertStoodDown = r.fact
        follow(connection, r, fact.intervention)
        row = {
            "programme": fact.programme, "rubric": fact.rubric, "person": fact.person,
            "intervention": fact.intervention, "at": r.envelope.at, "seq": r.envelope.seq,
        }  # fmt: skip
        connection.execute(STOOD_DOWN.insert().values(row))


def _on_reinstated(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: ExpertReinstated = r.fact
        follow(connection, r, fact.intervention)
        table = STOOD_DOWN
        where = (table.c.programme == fact.programme, table.c.rubric == fact.rubric, table.c.person == fact.person)
        connection.execute(table.delete().where(*where))


def _on_closed(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: InterventionClosed = r.fact
        follow(connection, r, fact.intervention)
        _change(
            connection, fact.intervention, state=CLOSED, outcome=fact.outcome, closed_at=r.envelope.at,
            closed_seq=r.envelope.seq,
        )  # fmt: skip


def _change(connection: sa.Connection, intervention: str, **values: object) -> None:
    connection.execute(INTERVENTION.update().where(INTERVENTION.c.intervention == intervention).values(**values))


HANDLERS: dict[str, Handler] = {
    InterventionOpened.KIND: _on_opened,
    InterventionDiagnosed.KIND: _on_step,
    InterventionRevised.KIND: _on_step,
    RubricRuledOut.KIND: _on_step,
    InterventionRemeasured.KIND: _on_remeasured,
    ExpertStoodDown.KIND: _on_stood_down,
    ExpertReinstated.KIND: _on_reinstated,
    InterventionClosed.KIND: _on_closed,
}


def open_of(connection: sa.Connection, programme: str, rubric: str) -> Row | None:
    """The open intervention of a rubric; there is one at most."""
    table = INTERVENTION
    query = sa.select(table).where(
        table.c.programme == programme, table.c.rubric == rubric, table.c.state == OPEN
    )  # fmt: skip
    return connection.execute(query).one_or_none()


def intervention(connection: sa.Connection, wanted: str) -> Row | None:
    """One intervention, or None."""
    return connection.execute(sa.select(INTERVENTION).where(INTERVENTION.c.intervention == wanted)).first()


def of_programme(connection: sa.Connection, programme: str) -> list[Row]:
    """All interventions of a programme, the newest first."""
    query = sa.select(INTERVENTION).where(INTERVENTION.c.programme == programme)
    return list(connection.execute(query.order_by(INTERVENTION.c.seq.desc())).all())


def of_batch(connection: sa.Connection, batch: str) -> list[Row]:
    """The interventions that a batch opened, the newest first."""
    query = sa.select(INTERVENTION).where(INTERVENTION.c.batch == batch)
    return list(connection.execute(query.order_by(INTERVENTION.c.seq.desc())).all())


def steps(connection: sa.Connection, wanted: str) -> list[Row]:
    """What happened in an intervention, in its order: seq, kind, body, at, by; without the judgments made again."""
    query = sa.select(INTERVENTION_STEP).where(INTERVENTION_STEP.c.intervention == wanted)
    return list(connection.execute(query.order_by(INTERVENTION_STEP.c.seq)).all())


def stood_down(connection: sa.Connection, programme: str, rubric: str) -> list[Row]:
    """Who stands down under a rubric now, the first first."""
    table = STOOD_DOWN
    query = sa.select(table).where(table.c.programme == programme, table.c.rubric == rubric)
    return list(connection.execute(query.order_by(table.c.seq)).all())


def _of(programme: str, wanted: str) -> list[sa.ColumnElement[bool]]:
    """What was set aside for an intervention."""
    table = STANDING
    return [
        table.c.programme == programme, table.c.cause == "intervention", table.c.reference == wanted,
        table.c.now == REQUEUED,
    ]  # fmt: skip


def requeued(connection: sa.Connection, programme: str, wanted: str) -> list[Row]:
    """What was set aside for an intervention, event by event: seq, judgments, items, by_same, at, by."""
    table = STANDING
    query = sa.select(
        table.c.seq, sa.func.count().label("judgments"), sa.func.count(table.c.item.distinct()).label("items"),
        sa.func.max(table.c.by_same).label("by_same"), sa.func.max(table.c.at).label("at"),
        sa.func.max(table.c.by).label("by"),
    )  # fmt: skip
    query = query.where(*_of(programme, wanted)).group_by(table.c.seq).order_by(table.c.seq)
    return list(connection.execute(query).all())


def waiting(connection: sa.Connection, programme: str, wanted: str) -> int:
    """Items whose judgments were set aside for an intervention, and that are not complete again; no erased ones."""
    items = sa.select(STANDING.c.item).where(*_of(programme, wanted)).distinct()
    query = sa.select(sa.func.count()).where(WORK.c.item.in_(items), WORK.c.state.not_in(["complete", GONE]))
    return int(connection.execute(query).scalar_one())


def affected(connection: sa.Connection, batch: str) -> set[str]:
    """The judgments of a batch that a later version of their rubric affects."""
    query = sa.select(FLAG.c.judgment).join(JUDGMENT, JUDGMENT.c.judgment == FLAG.c.judgment)
    return {row.judgment for row in connection.execute(query.where(JUDGMENT.c.batch == batch).distinct()).all()}


def leases(connection: sa.Connection, person: str, programme: str, rubric: str) -> list[Row]:
    """What somebody holds now of the work under a rubric."""
    table = ASSIGNMENT
    query = sa.select(table).where(
        table.c.expert == person, table.c.programme == programme, table.c.rubric == rubric, table.c.state == "leased"
    )
    return list(connection.execute(query.order_by(table.c.seq)).all())


def into_work_of(connection: sa.Connection, person: str) -> list[str]:
    """The open interventions on batches in which somebody judged."""
    table = INTERVENTION
    mine = sa.exists().where(JUDGMENT.c.batch == table.c.batch, JUDGMENT.c.expert == person)
    query = sa.select(table.c.intervention).where(table.c.state == OPEN, mine).order_by(table.c.seq)
    return [row.intervention for row in connection.execute(query).all()]
