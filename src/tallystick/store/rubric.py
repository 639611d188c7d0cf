"""Read models of rubrics: which version is in force, which judgments an edit affects."""

import msgspec
import sqlalchemy as sa

from tallystick import canon
from tallystick.events.judgment import JudgmentSubmitted
from tallystick.events.rubric import RubricPublished
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.schema import FLAG, JUDGMENT, RUBRIC, RUBRIC_VERSION, Handler, Recorded, Row


def _on_published(connection: sa.Connection, run: list[Recorded]) -> None:
    for recorded in run:
        _publish(connection, recorded)


def _publish(connection: sa.Connection, recorded: Recorded) -> None:
    fact: RubricPublished = recorded.fact
    version = {
        "programme": fact.programme, "rubric": fact.rubric, "version": fact.version, "domain": fact.domain,
        "document": fact.document.object, "document_digest": fact.document_digest,
        "criteria": canon.encode(fact.criteria).decode(), "threshold_ppm": fact.threshold_ppm,
        "default_ppm": fact.default_ppm, "previous": fact.previous, "affected": canon.encode(fact.affected).decode(),
        "seq": recorded.envelope.seq, "at": recorded.envelope.at, "by": recorded.envelope.by,
    }  # fmt: skip
    connection.execute(RUBRIC_VERSION.insert().values(version))
    current = {name: version[name] for name in RUBRIC.c.keys()}  # noqa: SIM118 - columns are no dict
    connection.execute(RUBRIC.delete().where(RUBRIC.c.programme == fact.programme, RUBRIC.c.rubric == fact.rubric))
    connection.execute(RUBRIC.insert().values(current))
    if fact.affected:
        _flag(connection, fact, recorded.envelope.seq)


_OWN = RUBRIC_VERSION.alias("own")


def _flag(connection: sa.Connection, fact: RubricPublished, seq: int) -> None:
    """Every judgment under an earlier version is affected, criterion by criterion (SPEC 3.1)."""
    earlier = sa.select(JUDGMENT.c.judgment).where(
        JUDGMENT.c.programme == fact.programme, JUDGMENT.c.rubric == fact.rubric, JUDGMENT.c.standing != "sentinel"
    )
    judgments = [row.judgment for row in connection.execute(earlier.order_by(JUDGMENT.c.seq)).all()]
    rows = [
        {"judgment": judgment, "version": fact.version, "criterion": criterion, "seq": seq}
        for judgment in judgments
        for criterion in fact.affected
    ]
    if rows:
        journal.insert_many(connection, FLAG, rows)


_LATER = Statement(
    sa.select(RUBRIC_VERSION.c.version, RUBRIC_VERSION.c.affected).where(
        RUBRIC_VERSION.c.programme == sa.bindparam("programme"),
        RUBRIC_VERSION.c.rubric == sa.bindparam("rubric"),
        RUBRIC_VERSION.c.seq
        > sa.select(_OWN.c.seq)
        .where(
            _OWN.c.programme == sa.bindparam("programme"),
            _OWN.c.rubric == sa.bindparam("rubric"),
            _OWN.c.version == sa.bindparam("own"),
        )
        .scalar_subquery(),
    )
)


def flag_late(connection: sa.Connection, recorded: Recorded) -> None:
    """Flag a judgment that was begun under a version and submitted after the next one came into force."""
    fact: JudgmentSubmitted = recorded.fact
    wanted = {"programme": fact.programme, "rubric": fact.rubric, "own": fact.rubric_version}
    rows = [
        {"judgment": fact.judgment, "version": row.version, "criterion": criterion, "seq": recorded.envelope.seq}
        for row in _LATER.all(connection, wanted)
        for criterion in msgspec.json.decode(row.affected)
    ]
    if rows:
        connection.execute(FLAG.insert(), rows)


HANDLERS: dict[str, Handler] = {RubricPublished.KIND: _on_published}


def current(connection: sa.Connection, programme: str, rubric: str) -> Row | None:
    """The version in force, or None."""
    query = sa.select(RUBRIC).where(RUBRIC.c.programme == programme, RUBRIC.c.rubric == rubric)
    return connection.execute(query).first()


_IN_FORCE = Statement(
    sa.select(RUBRIC).where(RUBRIC.c.programme == sa.bindparam("programme")).order_by(RUBRIC.c.domain, RUBRIC.c.rubric)
)
_VERSION = Statement(
    sa.select(RUBRIC_VERSION).where(
        RUBRIC_VERSION.c.programme == sa.bindparam("programme"),
        RUBRIC_VERSION.c.rubric == sa.bindparam("rubric"),
        RUBRIC_VERSION.c.version == sa.bindparam("wanted"),
    )
)


def is_document(connection: sa.Connection, object_id: str) -> bool:
    """Whether an object of the vault is the text of a rubric version."""
    query = sa.select(RUBRIC_VERSION.c.document).where(RUBRIC_VERSION.c.document == object_id).limit(1)
    return connection.execute(query).first() is not None


def of_programme(connection: sa.Connection, programme: str) -> list[Row]:
    """The versions in force, by domain."""
    return _IN_FORCE.all(connection, {"programme": programme})


def versions(connection: sa.Connection, programme: str, rubric: str) -> list[Row]:
    """All versions, newest first."""
    table = RUBRIC_VERSION
    query = (
        sa.select(table).where(table.c.programme == programme, table.c.rubric == rubric).order_by(table.c.seq.desc())
    )
    return list(connection.execute(query).all())


def version(connection: sa.Connection, programme: str, rubric: str, wanted: str) -> Row | None:
    """One version, or None."""
    return _VERSION.first(connection, {"programme": programme, "rubric": rubric, "wanted": wanted})


def affected_counts(connection: sa.Connection, programme: str, rubric: str) -> dict[tuple[str, str], int]:
    """(version, criterion): how many judgments made under earlier versions that edit affects."""
    query = (
        sa.select(FLAG.c.version, FLAG.c.criterion, sa.func.count())
        .join(JUDGMENT, JUDGMENT.c.judgment == FLAG.c.judgment)
        .where(JUDGMENT.c.programme == programme, JUDGMENT.c.rubric == rubric, JUDGMENT.c.standing != "requeued")
        .group_by(FLAG.c.version, FLAG.c.criterion)
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(query).all()}
