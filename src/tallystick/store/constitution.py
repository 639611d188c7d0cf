"""Read models of constitutions: versions, agreements on how rubrics carry principles, trade-offs beside judgments."""

from collections.abc import Collection

import msgspec
import sqlalchemy as sa

from tallystick import canon
from tallystick.events.constitution import (
    ConstitutionPublished,
    OperationalizationAgreed,
    OperationalizationDeclined,
    OperationalizationProposed,
    OperationalizationSigned,
    TradeOffNoted,
)
from tallystick.flow.constitution import AGREED, DECLINED, PROPOSED, Proposal
from tallystick.ledger import journal
from tallystick.ledger.statement import Statement
from tallystick.store.schema import Handler, Recorded, Row
from tallystick.store.schema.constitution import CONSTITUTION, OPERATIONALIZATION, TRADE_OFF

_PART = 500


def _on_published(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"programme": r.fact.programme, "version": r.fact.version, "constitution": r.fact.constitution,
         "document": r.fact.document.object, "document_digest": r.fact.document_digest,
         "principles": canon.encode(r.fact.principles).decode(), "previous": r.fact.previous,
         "changed": canon.encode(r.fact.changed).decode(), "seq": r.envelope.seq, "at": r.envelope.at,
         "by": r.envelope.by}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, CONSTITUTION, rows)


def _on_proposed(connection: sa.Connection, run: list[Recorded]) -> None:
    blank = dict.fromkeys(
        ("researcher", "researcher_at", "lead", "lead_at", "declined_by", "declined_at", "why"), None
    )  # fmt: skip
    rows = [
        {"proposal": r.fact.proposal, "programme": r.fact.programme, "version": r.fact.constitution_version,
         "rubric": r.fact.rubric, "rubric_version": r.fact.rubric_version, "domain": r.fact.domain,
         "subject_digest": r.fact.subject_digest, "carried": canon.encode(r.fact.carried).decode(),
         "notes": r.fact.notes.object if r.fact.notes else None, "state": PROPOSED, "at": r.envelope.at,
         "by": r.envelope.by, "seq": r.envelope.seq, **blank}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, OPERATIONALIZATION, rows)


def _change(connection: sa.Connection, proposal: str, **values: object) -> None:
    connection.execute(OPERATIONALIZATION.update().where(OPERATIONALIZATION.c.proposal == proposal).values(values))


def _on_signed(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: OperationalizationSigned = r.fact
        values = {fact.role: fact.person, f"{fact.role}_at": r.envelope.at}
        _change(connection, fact.proposal, **values)


def _on_agreed(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        _change(connection, r.fact.proposal, state=AGREED)


def _on_declined(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: OperationalizationDeclined = r.fact
        values = {"state": DECLINED, "declined_by": fact.person, "declined_at": r.envelope.at, "why": fact.why.object}
        _change(connection, fact.proposal, **values)


def _on_noted(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"judgment": r.fact.judgment, "programme": r.fact.programme, "item": r.fact.item, "expert": r.envelope.by,
         "version": r.fact.constitution_version, "principles": canon.encode(r.fact.principles).decode(),
         "prevailed": r.fact.prevailed, "notes": r.fact.note.object, "at": r.envelope.at, "seq": r.envelope.seq}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, TRADE_OFF, rows)


HANDLERS: dict[str, Handler] = {
    ConstitutionPublished.KIND: _on_published,
    OperationalizationProposed.KIND: _on_proposed,
    OperationalizationSigned.KIND: _on_signed,
    OperationalizationAgreed.KIND: _on_agreed,
    OperationalizationDeclined.KIND: _on_declined,
    TradeOffNoted.KIND: _on_noted,
}

_IN_FORCE = Statement(
    sa.select(CONSTITUTION)
    .where(CONSTITUTION.c.programme == sa.bindparam("programme"))
    .order_by(CONSTITUTION.c.seq.desc())
    .limit(1)
)


def current(connection: sa.Connection, programme: str) -> Row | None:
    """The version in force of a programme's constitution, or None for a programme without one."""
    return _IN_FORCE.first(connection, {"programme": programme})


def versions(connection: sa.Connection, programme: str) -> list[Row]:
    """All versions, newest first."""
    query = sa.select(CONSTITUTION).where(CONSTITUTION.c.programme == programme).order_by(CONSTITUTION.c.seq.desc())
    return list(connection.execute(query).all())


def is_document(connection: sa.Connection, object_id: str) -> bool:
    """Whether an object of the vault is the text of a constitution's version."""
    query = sa.select(CONSTITUTION.c.document).where(CONSTITUTION.c.document == object_id).limit(1)
    return connection.execute(query).first() is not None


def proposals(connection: sa.Connection, programme: str, rubric: str | None = None) -> list[Row]:
    """What was proposed in a programme, or of one rubric, newest first."""
    table = OPERATIONALIZATION
    query = sa.select(table).where(table.c.programme == programme)
    if rubric is not None:
        query = query.where(table.c.rubric == rubric)
    return list(connection.execute(query.order_by(table.c.seq.desc())).all())


def proposal(connection: sa.Connection, wanted: str) -> Row | None:
    """One proposal, or None."""
    return connection.execute(sa.select(OPERATIONALIZATION).where(OPERATIONALIZATION.c.proposal == wanted)).first()


def standing(row: Row) -> Proposal:
    """How a proposal stands, as decisions need it."""
    signed = {role: getattr(row, role) for role in ("researcher", "lead") if getattr(row, role) is not None}
    return Proposal(state=row.state, subject_digest=row.subject_digest, signed=signed)


_DIGESTS = Statement(
    sa.select(OPERATIONALIZATION.c.subject_digest).where(
        OPERATIONALIZATION.c.programme == sa.bindparam("programme"),
        OPERATIONALIZATION.c.state == sa.bindparam("wanted"),
    )
)


def digests(connection: sa.Connection, programme: str, state: str) -> set[str]:
    """What the proposals of a programme are about that are in a state."""
    return {row.subject_digest for row in _DIGESTS.all(connection, {"programme": programme, "wanted": state})}


def agreed(connection: sa.Connection, programme: str) -> set[str]:
    """What both roles have agreed on in a programme."""
    return digests(connection, programme, AGREED)


def trade_offs(connection: sa.Connection, programme: str) -> list[Row]:
    """The trade-offs that were noted in a programme, newest first, without their words."""
    query = sa.select(TRADE_OFF).where(TRADE_OFF.c.programme == programme).order_by(TRADE_OFF.c.seq.desc())
    return list(connection.execute(query).all())


def names_of(row: Row) -> list[str]:
    """The principles of a trade-off."""
    return msgspec.json.decode(row.principles, type=list[str])


def noted_on(connection: sa.Connection, names: Collection[str], *, before: int) -> set[str]:
    """The items beside whose judgments one of these objects of the vault is the words of a trade-off."""
    listed, found = sorted(names), set[str]()
    for start in range(0, len(listed), _PART):
        query = sa.select(TRADE_OFF.c.item).where(TRADE_OFF.c.notes.in_(listed[start : start + _PART]))
        found.update(connection.scalars(query.where(TRADE_OFF.c.seq < before)).all())
    return found


def words_about(connection: sa.Connection, *, items: list[str], people: list[str]) -> set[str]:
    """Objects in the vault with words of trade-offs on these items, and with all words of these people."""
    found: set[str] = set()
    for column, wanted in ((TRADE_OFF.c.item, items), (TRADE_OFF.c.expert, people)):
        for start in range(0, len(wanted), _PART):
            query = sa.select(TRADE_OFF.c.notes).where(column.in_(wanted[start : start + _PART]))
            found.update(connection.scalars(query).all())
    table = OPERATIONALIZATION
    for author, words in ((table.c.by, table.c.notes), (table.c.declined_by, table.c.why)):
        for start in range(0, len(people), _PART):
            query = sa.select(words).where(author.in_(people[start : start + _PART]), words.is_not(None))
            found.update(str(name) for name in connection.scalars(query).all())
    return found


def is_words(connection: sa.Connection, name: str) -> bool:
    """Whether an object of the vault is words of a trade-off or about a proposal."""
    table = OPERATIONALIZATION
    return any(
        connection.execute(sa.select(column).where(column == name).limit(1)).first()
        for column in (TRADE_OFF.c.notes, table.c.notes, table.c.why)
    )
