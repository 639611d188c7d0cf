"""Read models of why judges disagree: causes, corrections, declared groups, distributions, models of causes."""

from collections.abc import Iterable

import sqlalchemy as sa

from tallystick import canon
from tallystick.events.disagreement import (
    ClassCorrected,
    ClassModelChosen,
    ClassModelFitted,
    DisagreementClassified,
    DistributionRecorded,
    GroupsDeclared,
)
from tallystick.ledger import journal
from tallystick.store.schema import (
    CLASS_CORRECTION,
    CLASS_MODEL,
    CLASSIFICATION,
    DISAGREEMENT,
    DISTRIBUTION,
    GROUP_DECLARATION,
    Handler,
    Recorded,
    Row,
)

ITEMS_PER_QUERY = 500


def _on_classified(connection: sa.Connection, run: list[Recorded]) -> None:
    """One row for an item: the newest classification. What somebody said of an earlier one stays in its own table."""
    rows = {
        r.fact.item: {
            "item": r.fact.item, "programme": r.fact.programme, "batch": r.fact.batch, "status": r.fact.status,
            "cause": r.fact.cause, "proposed": r.fact.proposed, "confidence_ppm": r.fact.confidence_ppm,
            "model": r.fact.model, "inputs_digest": r.fact.inputs_digest, "body": canon.encode(r.fact).decode(),
            "at": r.envelope.at, "seq": r.envelope.seq,
        }
        for r in run
    }  # fmt: skip
    names = sorted(rows)
    for start in range(0, len(names), ITEMS_PER_QUERY):
        connection.execute(
            CLASSIFICATION.delete().where(CLASSIFICATION.c.item.in_(names[start : start + ITEMS_PER_QUERY]))
        )
    journal.insert_many(connection, CLASSIFICATION, [rows[name] for name in names])


def _on_corrected(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: ClassCorrected = r.fact
        about = classification(connection, fact.item)
        assert about is not None, "what is corrected was classified"
        row = {
            "seq": r.envelope.seq, "item": fact.item, "programme": fact.programme, "batch": fact.batch,
            "classified_seq": fact.classified_seq, "classified": about.body, "proposed": fact.proposed,
            "cause": fact.cause, "note": fact.note.object, "by": r.envelope.by, "at": r.envelope.at,
        }  # fmt: skip
        connection.execute(CLASS_CORRECTION.insert().values(row))


def _on_groups(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: GroupsDeclared = r.fact
        connection.execute(GROUP_DECLARATION.delete().where(GROUP_DECLARATION.c.person == fact.person))
        if fact.values is not None:
            row = {
                "person": fact.person, "axes": canon.encode(fact.axes).decode(), "object": fact.values.object,
                "commitment": fact.values.commitment, "at": r.envelope.at, "seq": r.envelope.seq,
            }  # fmt: skip
            connection.execute(GROUP_DECLARATION.insert().values(row))


def _on_distribution(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"seq": r.envelope.seq, "item": r.fact.item, "axis": r.fact.axis, "programme": r.fact.programme,
         "batch": r.fact.batch, "body": canon.encode(r.fact).decode(), "at": r.envelope.at}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, DISTRIBUTION, rows)


def _on_fitted(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"model": r.fact.model, "body": canon.encode(r.fact).decode(), "is_in_force": 0, "at": r.envelope.at,
         "by": r.envelope.by, "seq": r.envelope.seq, "chosen_at": None, "chosen_by": None}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, CLASS_MODEL, rows)


def _on_chosen(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        connection.execute(CLASS_MODEL.update().values(is_in_force=0))
        change = CLASS_MODEL.update().where(CLASS_MODEL.c.model == r.fact.model)
        connection.execute(change.values(is_in_force=1, chosen_at=r.envelope.at, chosen_by=r.envelope.by))


HANDLERS: dict[str, Handler] = {
    DisagreementClassified.KIND: _on_classified,
    ClassCorrected.KIND: _on_corrected,
    GroupsDeclared.KIND: _on_groups,
    DistributionRecorded.KIND: _on_distribution,
    ClassModelFitted.KIND: _on_fitted,
    ClassModelChosen.KIND: _on_chosen,
}


def classification(connection: sa.Connection, item: str) -> Row | None:
    """The newest classification of the disagreement on an item, or None."""
    return connection.execute(sa.select(CLASSIFICATION).where(CLASSIFICATION.c.item == item)).first()


def classifications(connection: sa.Connection, items: Iterable[str]) -> dict[str, Row]:
    """Item: its newest classification; 500 items to a query."""
    wanted, found = list(items), {}
    for start in range(0, len(wanted), ITEMS_PER_QUERY):
        query = sa.select(CLASSIFICATION).where(CLASSIFICATION.c.item.in_(wanted[start : start + ITEMS_PER_QUERY]))
        found.update({row.item: row for row in connection.execute(query).all()})
    return found


def of_batch(connection: sa.Connection, batch: str) -> dict[str, Row]:
    """Item: its newest classification, for one batch."""
    query = sa.select(CLASSIFICATION).where(CLASSIFICATION.c.batch == batch)
    return {row.item: row for row in connection.execute(query).all()}


def of_programme(connection: sa.Connection, programme: str) -> list[Row]:
    """The newest classification of every item of a programme, in journal order."""
    query = sa.select(CLASSIFICATION).where(CLASSIFICATION.c.programme == programme)
    return list(connection.execute(query.order_by(CLASSIFICATION.c.seq)).all())


def everything(connection: sa.Connection) -> list[Row]:
    """The newest classification of every item of the cell, in journal order."""
    return list(connection.execute(sa.select(CLASSIFICATION).order_by(CLASSIFICATION.c.seq)).all())


def waiting(connection: sa.Connection, *, limit: int, programme: str | None = None) -> list[Row]:
    """Open disagreements that were not classified since they opened, oldest first."""
    since = sa.and_(CLASSIFICATION.c.item == DISAGREEMENT.c.item, CLASSIFICATION.c.seq > DISAGREEMENT.c.seq)
    query = sa.select(DISAGREEMENT).where(DISAGREEMENT.c.state == "open", ~sa.exists().where(since))
    if programme is not None:
        query = query.where(DISAGREEMENT.c.programme == programme)
    return list(connection.execute(query.order_by(DISAGREEMENT.c.seq).limit(limit)).all())


def corrections(connection: sa.Connection, *, programme: str | None = None, batch: str | None = None) -> dict[str, Row]:
    """Item: what somebody said last about its cause."""
    query = sa.select(CLASS_CORRECTION).order_by(CLASS_CORRECTION.c.seq)
    if programme is not None:
        query = query.where(CLASS_CORRECTION.c.programme == programme)
    if batch is not None:
        query = query.where(CLASS_CORRECTION.c.batch == batch)
    return {row.item: row for row in connection.execute(query).all()}


def corrections_of(connection: sa.Connection, item: str) -> list[Row]:
    """All that people said about the cause of one disagreement, oldest first."""
    query = sa.select(CLASS_CORRECTION).where(CLASS_CORRECTION.c.item == item).order_by(CLASS_CORRECTION.c.seq)
    return list(connection.execute(query).all())


def declaration(connection: sa.Connection, person: str) -> Row | None:
    """What a person declared about their groups, sealed, or None."""
    return connection.execute(sa.select(GROUP_DECLARATION).where(GROUP_DECLARATION.c.person == person)).first()


def declarations(connection: sa.Connection, people: Iterable[str] | None = None) -> dict[str, Row]:
    """Person: what they declared, sealed; of everybody when nobody is named."""
    rows = connection.execute(sa.select(GROUP_DECLARATION)).all()
    wanted = None if people is None else set(people)
    return {row.person: row for row in rows if wanted is None or row.person in wanted}


def distributions(
    connection: sa.Connection, *, axis: str | None = None, item: str | None = None, batch: str | None = None
) -> list[Row]:
    """Recorded distributions by group, oldest first."""
    query = sa.select(DISTRIBUTION).order_by(DISTRIBUTION.c.seq)
    for column, value in (("axis", axis), ("item", item), ("batch", batch)):
        if value is not None:
            query = query.where(DISTRIBUTION.c[column] == value)
    return list(connection.execute(query).all())


def model_in_force(connection: sa.Connection) -> Row | None:
    """The fitted model that somebody chose, or None while the built-in one holds."""
    return connection.execute(sa.select(CLASS_MODEL).where(CLASS_MODEL.c.is_in_force == 1)).first()


def models(connection: sa.Connection) -> list[Row]:
    """Every fitted model, newest first."""
    return list(connection.execute(sa.select(CLASS_MODEL).order_by(CLASS_MODEL.c.seq.desc())).all())


def model(connection: sa.Connection, wanted: str) -> Row | None:
    """One fitted model, or None."""
    return connection.execute(sa.select(CLASS_MODEL).where(CLASS_MODEL.c.model == wanted)).first()
