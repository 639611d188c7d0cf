"""Read models of disagreements: the queue and what became of each."""

import sqlalchemy as sa

from tallystick import canon
from tallystick.events.adjudication import DisagreementOpened, DisagreementPreserved, DisagreementSettled
from tallystick.ledger import journal
from tallystick.store import items
from tallystick.store.schema import DISAGREEMENT, Handler, Recorded, Row


def _on_opened(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        fact: DisagreementOpened = r.fact
        item = items.item(connection, fact.item)
        assert item is not None, "a disagreement opens on an item that is here"
        row = {
            "item": fact.item, "programme": fact.programme, "batch": fact.batch, "domain": item.domain,
            "counts": canon.encode(fact.counts).decode(), "is_expected": int(fact.is_expected), "state": "open",
            "verdict": None, "adjudicator": None, "criteria": None, "notes": None, "rubric_version": None,
            "opened_at": r.envelope.at, "closed_at": None, "seq": r.envelope.seq, "closed_seq": None,
        }  # fmt: skip
        journal.insert_many(connection, DISAGREEMENT, [row])


def _close(connection: sa.Connection, recorded: Recorded, *, state: str, verdict: str | None) -> None:
    fact = recorded.fact
    change = DISAGREEMENT.update().where(DISAGREEMENT.c.item == fact.item)
    values = {
        "state": state, "verdict": verdict, "adjudicator": fact.adjudicator,
        "criteria": canon.encode(fact.criteria).decode(), "notes": fact.notes.object,
        "rubric_version": fact.rubric_version, "closed_at": recorded.envelope.at, "closed_seq": recorded.envelope.seq,
    }  # fmt: skip
    connection.execute(change.values(**values))


def _on_settled(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        _close(connection, r, state="settled", verdict=r.fact.verdict)


def _on_preserved(connection: sa.Connection, run: list[Recorded]) -> None:
    for r in run:
        _close(connection, r, state="preserved", verdict=None)


HANDLERS: dict[str, Handler] = {
    DisagreementOpened.KIND: _on_opened,
    DisagreementSettled.KIND: _on_settled,
    DisagreementPreserved.KIND: _on_preserved,
}


def disagreement(connection: sa.Connection, item: str) -> Row | None:
    """The disagreement on an item, or None."""
    return connection.execute(sa.select(DISAGREEMENT).where(DISAGREEMENT.c.item == item)).first()


def queue(connection: sa.Connection, programme: str, *, state: str = "open", limit: int = 100) -> list[Row]:
    """Disagreements in one state, oldest first."""
    table = DISAGREEMENT
    query = sa.select(table).where(table.c.programme == programme, table.c.state == state).order_by(table.c.seq)
    return list(connection.execute(query.limit(limit)).all())


def of_batch(connection: sa.Connection, batch: str) -> dict[str, Row]:
    """Item: its disagreement, for one batch."""
    query = sa.select(DISAGREEMENT).where(DISAGREEMENT.c.batch == batch)
    return {row.item: row for row in connection.execute(query).all()}


def states(connection: sa.Connection, batch: str) -> dict[str, int]:
    """State: how many disagreements of a batch are in it."""
    query = sa.select(DISAGREEMENT.c.state, sa.func.count()).where(DISAGREEMENT.c.batch == batch)
    return {row[0]: row[1] for row in connection.execute(query.group_by(DISAGREEMENT.c.state)).all()}
