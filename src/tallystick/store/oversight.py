"""Read models of the cell itself and of who looked at what."""

import sqlalchemy as sa

from tallystick.events import fact_of
from tallystick.events.envelope import open_entry
from tallystick.events.oversight import CandidatesUnblinded, CellOpened, ContentAccessed
from tallystick.ledger import journal
from tallystick.store.schema import ACCESS, ASSIGNMENT, DISAGREEMENT, Handler, Recorded


def _on_cell_opened(_connection: sa.Connection, _run: list[Recorded]) -> None:
    """Read from the journal itself: it is always the first entry."""


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
    CellOpened.KIND: _on_cell_opened,
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
