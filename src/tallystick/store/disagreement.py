"""Read models of why judges disagree: causes, corrections, declared groups, distributions, models of causes."""

from collections.abc import Iterable, Sequence

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
from tallystick.store import adjudication
from tallystick.store.schema import (
    BATCH,
    CLASS_CORRECTION,
    CLASS_MODEL,
    CLASSIFICATION,
    DISAGREEMENT,
    DISTRIBUTION,
    GROUP_DECLARATION,
    QUALIFICATION,
    STANDING,
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
    said = _said_of(connection, names)
    adjudication.classed(connection, {name: said.get(name, r.fact.cause) for r in run if (name := r.fact.item)})


def _said_of(connection: sa.Connection, names: Sequence[str]) -> dict[str, str]:
    """Item: the cause that somebody named last, since its disagreement opened."""
    found: dict[str, str] = {}
    for start in range(0, len(names), ITEMS_PER_QUERY):
        part = names[start : start + ITEMS_PER_QUERY]
        query = _STANDING_WORDS.where(CLASS_CORRECTION.c.item.in_(part)).order_by(CLASS_CORRECTION.c.seq)
        found.update({row.item: row.cause for row in connection.execute(query).all()})
    return found


_STANDING_WORDS = sa.select(CLASS_CORRECTION).join(
    DISAGREEMENT,
    sa.and_(DISAGREEMENT.c.item == CLASS_CORRECTION.c.item, DISAGREEMENT.c.seq < CLASS_CORRECTION.c.seq),
)
"""What people said since the disagreement opened, anew or for the first time."""


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
        adjudication.classed(connection, {fact.item: fact.cause})


def _on_groups(connection: sa.Connection, run: list[Recorded]) -> None:
    """Every declaration stays as a row, withdrawn ones without an object: what changed since when can be asked."""
    rows = [
        {"person": r.fact.person, "seq": r.envelope.seq, "at": r.envelope.at,
         "object": r.fact.values.object if r.fact.values else None,
         "commitment": r.fact.values.commitment if r.fact.values else None}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, GROUP_DECLARATION, rows)


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


_STANDING = sa.select(CLASSIFICATION).join(
    DISAGREEMENT, sa.and_(DISAGREEMENT.c.item == CLASSIFICATION.c.item, DISAGREEMENT.c.seq < CLASSIFICATION.c.seq)
)
"""Classifications of disagreements as they are: one of an earlier opening says nothing of the judgments of now."""


def classification(connection: sa.Connection, item: str) -> Row | None:
    """The newest classification of the disagreement on an item since it opened, or None."""
    return connection.execute(_STANDING.where(CLASSIFICATION.c.item == item)).first()


def classifications(connection: sa.Connection, items: Iterable[str]) -> dict[str, Row]:
    """Item: its newest classification since it opened; 500 items to a query."""
    wanted, found = list(items), {}
    for start in range(0, len(wanted), ITEMS_PER_QUERY):
        query = _STANDING.where(CLASSIFICATION.c.item.in_(wanted[start : start + ITEMS_PER_QUERY]))
        found.update({row.item: row for row in connection.execute(query).all()})
    return found


def of_batch(connection: sa.Connection, batch: str) -> dict[str, Row]:
    """Item: its newest classification since it opened, for one batch."""
    query = _STANDING.where(CLASSIFICATION.c.batch == batch)
    return {row.item: row for row in connection.execute(query).all()}


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
    """Item: what somebody said last about its cause, of disagreements that were withdrawn since, too."""
    query = sa.select(CLASS_CORRECTION).order_by(CLASS_CORRECTION.c.seq)
    if programme is not None:
        query = query.where(CLASS_CORRECTION.c.programme == programme)
    if batch is not None:
        query = query.where(CLASS_CORRECTION.c.batch == batch)
    return {row.item: row for row in connection.execute(query).all()}


def corrections_of(connection: sa.Connection, item: str) -> list[Row]:
    """All that people said about the cause of one disagreement since it opened, oldest first."""
    query = _STANDING_WORDS.where(CLASS_CORRECTION.c.item == item).order_by(CLASS_CORRECTION.c.seq)
    return list(connection.execute(query).all())


def standing_words(connection: sa.Connection, batch: str) -> dict[str, Row]:
    """Item: what somebody said last about the cause of its disagreement since it opened, for one batch."""
    query = _STANDING_WORDS.where(CLASS_CORRECTION.c.batch == batch).order_by(CLASS_CORRECTION.c.seq)
    return {row.item: row for row in connection.execute(query).all()}


def declared_by(connection: sa.Connection, person: str) -> list[Row]:
    """All that a person declared about their groups, sealed, oldest first; withdrawn ones without an object."""
    query = sa.select(GROUP_DECLARATION).where(GROUP_DECLARATION.c.person == person)
    return list(connection.execute(query.order_by(GROUP_DECLARATION.c.seq)).all())


def declarations(connection: sa.Connection) -> dict[str, Row]:
    """Person: what they last declared, sealed. Who withdrew it is not in it."""
    rows = connection.execute(sa.select(GROUP_DECLARATION).order_by(GROUP_DECLARATION.c.seq)).all()
    last = {row.person: row for row in rows}
    return {person: row for person, row in sorted(last.items()) if row.object is not None}


def declared_before(connection: sa.Connection, seq: int) -> dict[str, int]:
    """Person: place in the journal of what they had declared last before a place, withdrawn or not."""
    table = GROUP_DECLARATION
    query = sa.select(table.c.person, sa.func.max(table.c.seq)).where(table.c.seq < seq).group_by(table.c.person)
    return {row[0]: int(row[1]) for row in connection.execute(query).all()}


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


def words_about(connection: sa.Connection, *, items: Sequence[str], people: Sequence[str]) -> set[str]:
    """Objects that go with items or people: notes on causes, and what people declared about themselves."""
    found: set[str] = set()
    for column, on, names in (
        (CLASS_CORRECTION.c.note, CLASS_CORRECTION.c.item, items),
        (CLASS_CORRECTION.c.note, CLASS_CORRECTION.c.by, people),
        (GROUP_DECLARATION.c.object, GROUP_DECLARATION.c.person, people),
    ):
        for start in range(0, len(names), ITEMS_PER_QUERY):
            part = names[start : start + ITEMS_PER_QUERY]
            found |= set(connection.scalars(sa.select(column).where(on.in_(part), column.is_not(None))))
    return found


def is_words(connection: sa.Connection, name: str) -> bool:
    """Whether an object is a note on a cause or a declaration."""
    columns = (CLASS_CORRECTION.c.note, GROUP_DECLARATION.c.object)
    return any(connection.execute(sa.select(one).where(one == name).limit(1)).first() for one in columns)


def gold_counts(connection: sa.Connection, programme: str, rubric: str) -> dict[str, tuple[int, int]]:
    """Person: (wrong, answered) on the gold items of all their attempts under a rubric, in whichever version."""
    table = QUALIFICATION
    query = sa.select(table.c.person, sa.func.sum(table.c.answered), sa.func.sum(table.c.correct))
    query = query.where(table.c.programme == programme, table.c.rubric == rubric, table.c.answered > 0)
    rows = connection.execute(query.group_by(table.c.person)).all()
    return {row[0]: (int(row[1]) - int(row[2]), int(row[1])) for row in rows}


def states(connection: sa.Connection, wanted: Sequence[str]) -> dict[str, str]:
    """Item: the state of its disagreement, of those that have one; 500 items to a query."""
    found: dict[str, str] = {}
    for start in range(0, len(wanted), ITEMS_PER_QUERY):
        part = wanted[start : start + ITEMS_PER_QUERY]
        query = sa.select(DISAGREEMENT.c.item, DISAGREEMENT.c.state).where(DISAGREEMENT.c.item.in_(part))
        found.update({row.item: row.state for row in connection.execute(query).all()})
    return found


def changed_since(connection: sa.Connection, item: str, seq: int) -> bool:
    """Whether a judgment of an item was held, cleared or set aside after a place in the journal."""
    query = sa.select(STANDING.c.seq).where(STANDING.c.item == item, STANDING.c.seq > seq).limit(1)
    return connection.execute(query).first() is not None


def domains_of(connection: sa.Connection, batches: Iterable[str]) -> dict[str, str]:
    """Batch: its domain."""
    wanted = set(batches)
    rows = connection.execute(sa.select(BATCH.c.batch, BATCH.c.domain)).all()
    return {row.batch: row.domain for row in rows if row.batch in wanted}


def counts(connection: sa.Connection, batch: str) -> dict[tuple[str | None, str | None], int]:
    """(status, cause as it stands): how many disagreements of a batch that are not withdrawn; None for unclassified."""
    since = sa.and_(CLASSIFICATION.c.item == DISAGREEMENT.c.item, CLASSIFICATION.c.seq > DISAGREEMENT.c.seq)
    query = (
        sa.select(CLASSIFICATION.c.status, DISAGREEMENT.c.cause, sa.func.count())
        .select_from(DISAGREEMENT.outerjoin(CLASSIFICATION, since))
        .where(DISAGREEMENT.c.batch == batch, DISAGREEMENT.c.state != "withdrawn")
        .group_by(CLASSIFICATION.c.status, DISAGREEMENT.c.cause)
    )
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(query).all()}
