"""What keeps batches out of a release: what is remembered of it is what anew would be found, after any event."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from living_cell import PROGRAMME, World

from tallystick import events
from tallystick.app import blocking, slices, tiers
from tallystick.app.blocking import OF_ONE_ITEM
from tallystick.app.monitoring.figures import counted_shown, work_of
from tallystick.app.remembered import HARMLESS
from tallystick.events.envelope import open_entry
from tallystick.flow.monitoring.figures import count, of_programme
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import contract as contracts
from tallystick.store import items, projection, schema
from tallystick.store.schema import Handler, Recorded

Places = set[tuple[str, str]]
"""(Table, column); an empty column stands for whole rows that come or go."""
NO_DIFFERENCE = {("work", "state")}
"""A lease moves an item between waiting and active. To a release both are the same: not complete."""


NOT_LIVED = {"judgment-detailed/1", "rereview-released/1"}
"""What no history of preferences holds, or not every one. Both change rows of their item alone."""


@dataclass
class Watch:
    """What a page finds out, held against what a release would, after each step of a history on SQLite."""

    read: Places = field(default_factory=lambda: {("programme", "metric"), ("programme", "level")})
    shown: int = 0
    anew: int = 0

    def look(self, world: World) -> None:
        """Both must be the same, whatever was remembered."""
        with world.cell.read() as connection:
            counted = counted_shown(world.cell, connection, PROGRAMME)
            with watched(connection, reading(self.read)):
                work = count(work_of(connection, PROGRAMME))
            assert not isinstance(counted, Refused)
            assert (of_programme(counted[1]), counted[1].times()) == (of_programme(work), work.times())
            assert counted[1].defects_of == work.defects_of
            row = contracts.programme(connection, PROGRAMME)
            assert row is not None
            sliced = slices.measured_shown(world.cell, connection, row, by="domain")
            with watched(connection, reading(self.read)):
                measured = slices.measured(world.cell, connection, row, by="domain")
            assert repr(sliced) == repr(measured)  # what is undefined is equal to nothing
            here = journal.head(connection).next_seq
            known = blocking.states_known(world.cell, connection, PROGRAMME, here=here)
            seen = blocking.states_shown(world.cell, connection, PROGRAMME)
            with watched(connection, reading(self.read)):
                anew = blocking.batch_states(world.cell, connection, PROGRAMME)
            rows = [one for one in items.batches(connection, PROGRAMME) if one.purpose == "work"]
            needs = tiers.needs_shown(world.cell, connection, PROGRAMME, rows)
        assert needs == {state.batch: state.needs for state in anew}
        assert seen == anew
        self.anew += len(anew)
        self.shown += sum(state.batch in known for state in anew)

    def check_harmless(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is called harmless writes nothing that is read, as the database itself says."""
        with world.cell.read() as connection:
            entries = [entry for _, entry in journal.read(connection, 0, journal.head(connection).next_seq)]
        recorded = [Recorded(envelope, events.fact_of(envelope)) for envelope in map(open_entry, entries)]
        assert OF_ONE_ITEM - {one.envelope.kind for one in recorded} <= NOT_LIVED
        assert {"judgment", "work", "disagreement", "flag", "standing"} <= {table for table, _ in self.read}
        rows = self.read | {(table, "") for table, _ in self.read}
        written = written_by(recorded, monkeypatch)
        meddling = {kind: places & rows - NO_DIFFERENCE for kind, places in written.items() if kind in HARMLESS}
        assert {kind: places for kind, places in meddling.items() if places} == {}
        assert written["judgment-submitted/1"] & rows  # or nothing would be compared
        assert 0 < self.shown < self.anew  # or nothing would be remembered, or everything


@contextmanager
def watched(connection: sa.Connection, note: Callable[..., int]) -> Iterator[None]:
    """A connection of SQLite that says what each statement touches; those that it keeps are prepared anew for it."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.set_authorizer(note)
    try:
        yield
    finally:
        raw.set_authorizer(None)


def reading(into: Places) -> Callable[..., int]:
    def note(action: int, table: str | None, column: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_READ:
            into.add((table or "", column or ""))
        return sqlite3.SQLITE_OK

    return note


def writing(into: Places) -> Callable[..., int]:
    def note(action: int, table: str | None, column: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_UPDATE:
            into.add((table or "", column or ""))
        elif action in (sqlite3.SQLITE_INSERT, sqlite3.SQLITE_DELETE):
            into.add((table or "", ""))
        return sqlite3.SQLITE_OK

    return note


def written_by(recorded: list[Recorded], monkeypatch: pytest.MonkeyPatch) -> dict[str, Places]:
    """Kind: what its projection writes, seen while a journal is replayed."""
    written: dict[str, Places] = defaultdict(set)

    def noted(kind: str, handler: Handler) -> Handler:
        def handle(connection: sa.Connection, run: list[Recorded]) -> None:
            with watched(connection, writing(written[kind])):
                handler(connection, run)

        return handle

    engine = journal.connect("sqlite://")
    with monkeypatch.context() as patch, engine.begin() as connection:
        for kind, handler in projection.HANDLERS.items():
            patch.setitem(projection.HANDLERS, kind, noted(kind, handler))
        schema.READ.create_all(connection)
        schema.KEPT.create_all(connection)
        projection.project(connection, recorded)
    engine.dispose()
    return written
