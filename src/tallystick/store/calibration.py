"""Read models of calibration sessions: who labels what, what was marked and proposed, how the lead answered."""

import msgspec
import sqlalchemy as sa

from tallystick import canon
from tallystick.events.calibration import (
    CalibrationEnded,
    CalibrationLabelled,
    CalibrationOpened,
    CalibrationRevealed,
    ExampleProposed,
    LanguageMarked,
    MarkAnswered,
)
from tallystick.ledger import journal
from tallystick.store import intervention
from tallystick.store.schema import (
    CALIBRATION,
    CALIBRATION_EXAMPLE,
    CALIBRATION_ITEM,
    CALIBRATION_LABEL,
    CALIBRATION_MARK,
    CALIBRATION_PARTICIPANT,
    PERSON,
    Handler,
    Recorded,
    Row,
)

LABELLING, REVEALED, ENDED, ABANDONED = "labelling", "revealed", "ended", "abandoned"
RUNNING = (LABELLING, REVEALED)
_PART = 500


def _on_opened(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: CalibrationOpened = r.fact
        of = intervention.intervention(connection, fact.intervention)
        assert of is not None, "a session belongs to an intervention that is here"
        row = {
            "calibration": fact.calibration, "intervention": fact.intervention, "programme": fact.programme,
            "batch": fact.batch, "domain": fact.domain, "rubric": fact.rubric, "rubric_version": fact.rubric_version,
            "round": of.round, "state": LABELLING, "opened_at": r.envelope.at, "by": r.envelope.by,
            "seq": r.envelope.seq, "revealed_at": None, "revealed_seq": None, "agreement": None, "missing": None,
            "reason": None, "ended_at": None, "ended_seq": None, "ended_reason": None,
        }  # fmt: skip
        connection.execute(CALIBRATION.insert().values(row))
        items = [{"calibration": fact.calibration, "number": n, "item": item} for n, item in enumerate(fact.items, 1)]
        people = [
            {"calibration": fact.calibration, "number": n, "person": person}
            for n, person in enumerate(fact.participants, 1)
        ]
        journal.insert_many(connection, CALIBRATION_ITEM, items)
        journal.insert_many(connection, CALIBRATION_PARTICIPANT, people)
        intervention.follow(connection, r, fact.intervention)


def _on_labelled(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {
            "calibration": r.fact.calibration, "item": r.fact.item, "expert": r.fact.expert, "order": r.fact.order,
            "verdict": r.fact.verdict, "scores": canon.text(r.fact.scores), "reasons": canon.text(r.fact.reasons),
            "rationale": r.fact.rationale.object, "active_ms": r.fact.active_ms, "at": r.envelope.at,
            "seq": r.envelope.seq,
        }
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, CALIBRATION_LABEL, rows)


def _follow(connection: sa.Connection, recorded: Recorded) -> None:
    """Put a fact into the timeline of the intervention that its session belongs to."""
    row = calibration(connection, recorded.fact.calibration)
    assert row is not None, "a session is opened before anything happens in it"
    intervention.follow(connection, recorded, row.intervention)


def _change(connection: sa.Connection, name: str, **values: object) -> None:
    connection.execute(CALIBRATION.update().where(CALIBRATION.c.calibration == name).values(**values))


def _on_revealed(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: CalibrationRevealed = r.fact
        _change(
            connection, fact.calibration, state=REVEALED, revealed_at=r.envelope.at, revealed_seq=r.envelope.seq,
            agreement=canon.text(fact.agreement), missing=canon.text(fact.missing),
            reason=None if fact.reason is None else fact.reason.object,
        )  # fmt: skip
        _follow(connection, r)


def _on_marked(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {
            "calibration": r.fact.calibration, "number": r.fact.number, "expert": r.fact.expert,
            "rubric_version": r.fact.rubric_version, "criterion": r.fact.criterion, "place": r.fact.place,
            "start": r.fact.start, "end": r.fact.end, "kind": r.fact.kind, "note": r.fact.note.object,
            "at": r.envelope.at, "seq": r.envelope.seq, "answer": None, "words": None, "answered_at": None,
            "answered_seq": None,
        }
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, CALIBRATION_MARK, rows)


def _on_proposed(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {
            "calibration": r.fact.calibration, "number": r.fact.number, "item": r.fact.item, "expert": r.fact.expert,
            "candidate": r.fact.candidate, "criterion": r.fact.criterion, "score": r.fact.score,
            "note": r.fact.note.object, "at": r.envelope.at, "seq": r.envelope.seq,
        }
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, CALIBRATION_EXAMPLE, rows)


def _on_answered(connection: sa.Connection, run: list[Recorded]) -> None:
    table = CALIBRATION_MARK
    for r in run:
        fact: MarkAnswered = r.fact
        change = table.update().where(table.c.calibration == fact.calibration, table.c.number == fact.number)
        values = {
            "answer": fact.answer, "words": fact.words.object, "answered_at": r.envelope.at,
            "answered_seq": r.envelope.seq,
        }  # fmt: skip
        connection.execute(change.values(**values))


def _on_ended(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: CalibrationEnded = r.fact
        _change(
            connection, fact.calibration, state=ENDED if fact.outcome == "held" else ABANDONED,
            ended_at=r.envelope.at, ended_seq=r.envelope.seq,
            ended_reason=None if fact.reason is None else fact.reason.object,
        )  # fmt: skip
        _follow(connection, r)


HANDLERS: dict[str, Handler] = {
    CalibrationOpened.KIND: _on_opened,
    CalibrationLabelled.KIND: _on_labelled,
    CalibrationRevealed.KIND: _on_revealed,
    LanguageMarked.KIND: _on_marked,
    ExampleProposed.KIND: _on_proposed,
    MarkAnswered.KIND: _on_answered,
    CalibrationEnded.KIND: _on_ended,
}


def calibration(connection: sa.Connection, wanted: str) -> Row | None:
    """One session, or None."""
    return connection.execute(sa.select(CALIBRATION).where(CALIBRATION.c.calibration == wanted)).first()


def of_intervention(connection: sa.Connection, wanted: str) -> list[Row]:
    """The sessions of an intervention, the newest first."""
    query = sa.select(CALIBRATION).where(CALIBRATION.c.intervention == wanted)
    return list(connection.execute(query.order_by(CALIBRATION.c.seq.desc())).all())


def of_person(connection: sa.Connection, person: str) -> list[Row]:
    """The sessions that somebody takes part in, the newest first."""
    mine = sa.select(CALIBRATION_PARTICIPANT.c.calibration).where(CALIBRATION_PARTICIPANT.c.person == person)
    query = sa.select(CALIBRATION).where(CALIBRATION.c.calibration.in_(mine))
    return list(connection.execute(query.order_by(CALIBRATION.c.seq.desc())).all())


def items(connection: sa.Connection, wanted: str) -> list[str]:
    """The items of a session, as the lead chose them."""
    table = CALIBRATION_ITEM
    query = sa.select(table.c.item).where(table.c.calibration == wanted).order_by(table.c.number)
    return [row.item for row in connection.execute(query).all()]


def participants(connection: sa.Connection, wanted: str) -> list[str]:
    """Who takes part: the place from 1 is the number that others see."""
    table = CALIBRATION_PARTICIPANT
    query = sa.select(table.c.person).where(table.c.calibration == wanted).order_by(table.c.number)
    return [row.person for row in connection.execute(query).all()]


def labels(connection: sa.Connection, wanted: str, *, expert: str | None = None) -> list[Row]:
    """The labels of a session, or those of one participant, in journal order."""
    table = CALIBRATION_LABEL
    query = sa.select(table).where(table.c.calibration == wanted).order_by(table.c.seq)
    return list(connection.execute(query if expert is None else query.where(table.c.expert == expert)).all())


def marks(connection: sa.Connection, wanted: str) -> list[Row]:
    """The marks of a session, in their order."""
    query = sa.select(CALIBRATION_MARK).where(CALIBRATION_MARK.c.calibration == wanted)
    return list(connection.execute(query.order_by(CALIBRATION_MARK.c.number)).all())


def unanswered(connection: sa.Connection, wanted: str) -> int:
    """How many marks of a session wait for the lead's answer: while any does, the rubric cannot be ruled out."""
    table = CALIBRATION_MARK
    query = sa.select(sa.func.count()).where(table.c.calibration == wanted, table.c.answer.is_(None))
    return int(connection.execute(query).scalar_one())


def examples(connection: sa.Connection, wanted: str) -> list[Row]:
    """The worked examples that were proposed in a session, in their order."""
    query = sa.select(CALIBRATION_EXAMPLE).where(CALIBRATION_EXAMPLE.c.calibration == wanted)
    return list(connection.execute(query.order_by(CALIBRATION_EXAMPLE.c.number)).all())


def scores_of(row: Row) -> dict[str, dict[str, int]]:
    """The scores of a label."""
    return msgspec.json.decode(row.scores, type=dict[str, dict[str, int]])


def experts(connection: sa.Connection, wanted: list[str]) -> list[str]:
    """Those of some people who have joined here as experts; raters of other sources have not."""
    found: list[str] = []
    for start in range(0, len(wanted), _PART):
        query = sa.select(PERSON.c.person, PERSON.c.roles).where(
            PERSON.c.person.in_(wanted[start : start + _PART]), PERSON.c.origin == "observed"
        )
        rows = connection.execute(query.order_by(PERSON.c.person)).all()
        found += [row.person for row in rows if "expert" in msgspec.json.decode(row.roles, type=list[str])]
    return found


# --- what an erasure takes ----------------------------------------------------------------------------------------

_WORDS = (
    (CALIBRATION_LABEL.c.rationale, CALIBRATION_LABEL.c.expert),
    (CALIBRATION_EXAMPLE.c.note, CALIBRATION_EXAMPLE.c.expert),
    (CALIBRATION_MARK.c.note, CALIBRATION_MARK.c.expert),
)
"""Words of participants, each with its author."""
_SESSION_WORDS = (
    (CALIBRATION_MARK.c.note, CALIBRATION_MARK.c.calibration),
    (CALIBRATION_MARK.c.words, CALIBRATION_MARK.c.calibration),
    (CALIBRATION.c.reason, CALIBRATION.c.calibration),
    (CALIBRATION.c.ended_reason, CALIBRATION.c.calibration),
)
"""Words that may quote any item of their session."""


def words_about(connection: sa.Connection, *, items: list[str], people: list[str]) -> set[str]:
    """Objects of sessions that go with items, or with people who wrote them."""
    found: set[str] = set()
    for start in range(0, len(items), _PART):
        part = items[start : start + _PART]
        for column, on in (
            (CALIBRATION_LABEL.c.rationale, CALIBRATION_LABEL.c.item),
            (CALIBRATION_EXAMPLE.c.note, CALIBRATION_EXAMPLE.c.item),
        ):
            found |= set(connection.scalars(sa.select(column).where(on.in_(part))))
        held = sa.select(CALIBRATION_ITEM.c.calibration).where(CALIBRATION_ITEM.c.item.in_(part))
        for column, session in _SESSION_WORDS:
            query = sa.select(column).where(session.in_(held), column.is_not(None))
            found |= set(connection.scalars(query))
    for start in range(0, len(people), _PART):
        part = people[start : start + _PART]
        for column, author in _WORDS:
            found |= set(connection.scalars(sa.select(column).where(author.in_(part))))
        answered = sa.select(CALIBRATION_MARK.c.words).where(
            CALIBRATION_MARK.c.expert.in_(part), CALIBRATION_MARK.c.words.is_not(None)
        )
        found |= set(connection.scalars(answered))
    return found


def is_words(connection: sa.Connection, name: str) -> bool:
    """Whether an object holds words that were written in a session."""
    columns = {column for column, _ in (*_WORDS, *_SESSION_WORDS)}
    return any(connection.execute(sa.select(one).where(one == name).limit(1)).first() for one in columns)
