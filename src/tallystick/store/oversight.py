"""Read models of the cell itself and of who looked at what."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tallystick.events import fact_of
from tallystick.events.envelope import open_entry
from tallystick.events.oversight import CandidatesUnblinded, CellOpened, ContentAccessed
from tallystick.ledger import journal
from tallystick.store.schema import ACCESS, ASSIGNMENT, DISAGREEMENT, JUDGMENT, Handler, Recorded, Row


def _on_accessed(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"seq": r.envelope.seq, "subject": r.fact.subject, "what": r.fact.what, "reason": r.fact.reason,
         "number": r.fact.number, "part": r.fact.part, "words": r.fact.words.object if r.fact.words else None,
         "by": r.envelope.by, "role": r.envelope.role, "at": r.envelope.at}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, ACCESS, rows)


def _on_unblinded(connection: sa.Connection, run: list[Recorded]) -> None:
    rows = [
        {"seq": r.envelope.seq, "subject": r.fact.item, "what": "candidates", "reason": "unblinding",
         "number": 1, "part": None, "words": r.fact.words.object,
         "by": r.envelope.by, "role": r.envelope.role, "at": r.envelope.at}
        for r in run
    ]  # fmt: skip
    journal.insert_many(connection, ACCESS, rows)


HANDLERS: dict[str, Handler] = {
    ContentAccessed.KIND: _on_accessed,
    CandidatesUnblinded.KIND: _on_unblinded,
}


def cell_opened(connection: sa.Connection) -> CellOpened | None:
    """The first fact of the journal, or None in an empty database."""
    entry = journal.read_one(connection, 0)
    if entry is None:
        return None
    fact = fact_of(open_entry(entry))
    assert isinstance(fact, CellOpened), "the first event of a journal opens its cell"
    return fact


def has_unblinded(connection: sa.Connection, who: str, item: str) -> bool:
    """Whether somebody has looked behind the blinding of an item, which is an event of its own."""
    query = sa.select(ACCESS.c.seq).where(ACCESS.c.subject == item, ACCESS.c.what == "candidates", ACCESS.c.by == who)
    return connection.execute(query.limit(1)).first() is not None


def places_of_item(connection: sa.Connection, item: str) -> list[int]:
    """Journal places of leases, disagreements and looks that concern an item."""
    leases = sa.select(ASSIGNMENT.c.seq).where(ASSIGNMENT.c.item == item)
    looks = sa.select(ACCESS.c.seq).where(ACCESS.c.subject == item)
    found = [row.seq for query in (leases, looks) for row in connection.execute(query).all()]
    divided = connection.execute(sa.select(DISAGREEMENT).where(DISAGREEMENT.c.item == item)).first()
    if divided is not None:
        found += [seq for seq in (divided.seq, divided.closed_seq) if seq is not None]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Which looks are wanted, newest first; what is left out is not asked for.

    before    only places of the journal before this one
    since     microseconds; `until` is not part of it
    """

    subjects: tuple[str, ...] = ()
    by: str = ""
    not_by: tuple[str, ...] = ()
    whats: tuple[str, ...] = ()
    before: int | None = None
    since: int | None = None
    until: int | None = None


def looks(connection: sa.Connection, wanted: Looks, *, limit: int) -> list[Row]:
    """Looks, newest first. Each way to ask has an index: the price is that of the rows that are given back."""
    return list(connection.execute(looks_query(connection, wanted).limit(limit)).all())


def looks_query(connection: sa.Connection, wanted: Looks) -> sa.Select[Any]:
    """The query for looks. Times become places first, by an index of their own: both go up together."""
    table = ACCESS
    query = sa.select(table).order_by(table.c.seq.desc())
    if len(wanted.subjects) == 1:
        query = query.where(table.c.subject == wanted.subjects[0])
    elif wanted.subjects:
        query = query.where(table.c.subject.in_(wanted.subjects))
    if wanted.by:
        query = query.where(table.c.by == wanted.by)
    if wanted.not_by:
        query = query.where(table.c.by.not_in(wanted.not_by))
    if wanted.whats:
        query = query.where(table.c.what.in_(wanted.whats))
    if wanted.before is not None:
        query = query.where(table.c.seq < wanted.before)
    if wanted.since is not None:
        query = query.where(table.c.seq >= _place_at(connection, wanted.since))
    if wanted.until is not None:
        query = query.where(table.c.seq < _place_at(connection, wanted.until))
    return query


def _place_at(connection: sa.Connection, at: int) -> int:
    """The place of the first look at or after a moment; behind all places when there is none."""
    query = sa.select(ACCESS.c.seq).where(ACCESS.c.at >= at).order_by(ACCESS.c.at, ACCESS.c.seq).limit(1)
    row = connection.execute(query).first()
    return 2**62 if row is None else int(row.seq)


_UNENDED = ("open", "withdrawn")


def looks_at_judge(connection: sa.Connection, who: str, *, limit: int, before: int | None = None) -> list[Row]:
    """Looks of others at items that somebody judged, newest first, as far as a judge may know of them.

    That an adjudicator looked tells that the judgments divide: it is left out while the disagreement is open, and
    while the item is judged again. So is a look at an item of which a judgment is held: it tells that somebody's work
    is in doubt.
    """
    case = DISAGREEMENT
    open_case = sa.exists().where(case.c.item == ACCESS.c.subject, case.c.state.in_(_UNENDED))
    held = sa.exists().where(JUDGMENT.c.item == ACCESS.c.subject, JUDGMENT.c.standing == "held")
    is_judge = sa.exists().where(JUDGMENT.c.item == ACCESS.c.subject, JUDGMENT.c.expert == who)
    query = (
        sa.select(ACCESS)
        .where(is_judge, ACCESS.c.by != who, ACCESS.c.what.in_(("record", "judgments")), ~open_case, ~held)
        .order_by(ACCESS.c.seq.desc())
        .limit(limit)
    )  # fmt: skip
    if before is not None:
        query = query.where(ACCESS.c.seq < before)
    return list(connection.execute(query).all())
