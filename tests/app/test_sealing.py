"""When and over what a cell is sealed: rows that are no entries, edits before the seal, turns, lag, clocks."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from living_cell import World, world_at

from tallystick import canon
from tallystick.app import access, oversight, sealing
from tallystick.app import cell as cells
from tallystick.app.jobs import Followers
from tallystick.app.kernel import CLOCK_US, Ahead, Command, Receipt, WrongClock, new_key
from tallystick.app.sealing import SKEW_US, Backpressure, Envelopes, Limits
from tallystick.audit.log import Status, verify_log
from tallystick.events.oversight import ContentAccessed
from tallystick.flow.refusal import Refused
from tallystick.ledger import head as heads
from tallystick.ledger import journal, rows
from tallystick.ledger.lease import Lease
from tallystick.ledger.sealer import BadRow
from tallystick.ledger.unsealed import Row

NOW = 1_700_000_000_000_000


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as made:
        yield made


def alter(world: World, statement: str, **values: object) -> None:
    """What somebody with the database can do: drop the guards, then change rows."""
    with journal.writing(world.cell.engine) as connection:
        for name in ("journal_no_update", "journal_no_delete", "journal_no_replace"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        connection.execute(sa.text(statement), values)


def rows_of(world: World) -> list[Row]:
    return rows.read_with_kind(world.cell.engine, 0, rows.end_of(world.cell.engine))


def changed(row: Row, **changes: object) -> Row:
    return row[0], canon.encode(json.loads(row[1]) | changes)


FORGED: dict[str, tuple[Callable[[Row], Row], str]] = {
    "no json": (lambda row: (row[0], b"{"), "expected an entry that this software writes"),
    "no envelope": (lambda row: (row[0], b"{}"), "expected an entry that this software writes"),
    "no text": (lambda row: (row[0], b"\xff"), "expected an entry that this software writes"),
    "unknown kind": (lambda row: changed(("dreamt/1", row[1]), kind="dreamt/1"), "known kinds of event"),
    "kind column": (lambda row: ("judgment-submitted/1", row[1]), "in the kind column, as in the entry"),
    "no body": (lambda row: changed(row, body={}), "expected an entry that this software writes"),
    "more in the body": (
        lambda row: changed(row, body=json.loads(row[1])["body"] | {"more": 1}),
        "expected an entry that this software writes|canonical bytes",
    ),
    "spaces": (lambda row: (row[0], json.dumps(json.loads(row[1]), sort_keys=True).encode()), "canonical bytes"),
    "more in the envelope": (lambda row: changed(row, more=1), "canonical bytes"),
    "moved": (lambda row: changed(row, seq=99), "expected seq [0-9]+, found 99: rows were moved"),
    "back-dated": (lambda row: changed(row, at=NOW - 1), "expected a time of at least"),
    "in the future": (lambda row: changed(row, at=NOW * 2), "s ahead: this clock or a writer's is wrong"),
    "left out": (lambda row: changed(row, n=json.loads(row[1])["n"] + 1), "events are missing or repeated"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_row_that_is_no_entry_of_its_place_is_found(world: World, name: str) -> None:
    forge, words = FORGED[name]
    *before, last = rows_of(world)
    check = Envelopes(world.clock)
    assert [check.take(*row) for row in before] == [None] * len(before)
    assert check.copy().take(*last) is None
    found = check.copy().take(*forge(last))
    assert found is not None
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(found)
    assert check.size == len(before), "a copy leaves its original alone"


def test_an_event_may_be_a_little_ahead_of_the_sealers_clock(world: World) -> None:
    *before, last = rows_of(world)
    check = Envelopes(lambda: json.loads(last[1])["at"] - SKEW_US)
    for row in before:
        check.take(*row)
    assert check.copy().take(*last) is None
    assert check.copy().take(*changed(last, at=json.loads(last[1])["at"] + 1)) is not None


def test_a_row_edited_between_commit_and_seal_stops_sealing_until_it_is_as_it_was(world: World) -> None:
    cell = world.cell
    sealed = cell.seal()
    world.person("Somebody", "expert")
    bad = rows.end_of(cell.engine) - 1
    kind, good = rows_of(world)[bad]
    alter(world, "UPDATE journal SET entry = :e WHERE seq = :s", e=changed((kind, good), role="owner")[1], s=bad)
    with pytest.raises(BadRow, match=r"as they were committed \(running digest .* edited before it was sealed"):
        cell.seal()
    alter(world, "UPDATE journal SET entry = :e WHERE seq = :s", e=changed((kind, good), seq=7)[1], s=bad)
    with pytest.raises(BadRow, match=rf"journal row {bad}: expected seq {bad}, found 7.*compare the row with a backup"):
        cell.seal()
    assert heads.read(cell.engine).size == oversight.sealed_size(cell) == sealed, "nothing was signed over it"
    found = {check.name: check for check in oversight.readiness(cell)}["sealer"]
    assert not found.is_good
    assert f"journal row {bad}" in found.found
    alter(world, "UPDATE journal SET entry = :e WHERE seq = :s", e=good, s=bad)
    assert cell.seal() == bad + 1
    assert all(check.is_good for check in oversight.readiness(cell) if check.name in {"sealer", "log"})
    assert verify_log(cell.log_directory, cell.signer.vkey).status is Status.OK


def test_a_row_that_was_cut_or_added_before_its_seal_stops_sealing(world: World) -> None:
    cell = world.cell
    cell.seal()
    world.person("Somebody", "expert")
    bad = rows.end_of(cell.engine) - 1
    kind, good = rows_of(world)[bad]
    alter(world, "DELETE FROM journal WHERE seq = :s", s=bad)
    alter(world, "UPDATE journal_head SET next_seq = :s", s=bad)
    with pytest.raises(BadRow, match="rows were cut"):
        cell.seal()
    alter(world, "INSERT INTO journal (seq, kind, entry) VALUES (:s, :k, :e)", s=bad, k=kind, e=good)
    with pytest.raises(rows.Gap):
        cell.seal()
    alter(world, "UPDATE journal_head SET next_seq = :s", s=bad + 1)
    assert cell.seal() == bad + 1


def test_who_forges_the_head_as_well_is_not_found_before_the_seal(world: World) -> None:
    """The stated limit: until an event is sealed, its signed receipt is what convicts an administrator."""
    cell = world.cell
    cell.seal()
    world.person("Somebody", "expert")
    head, bad = heads.read(cell.engine), rows.end_of(cell.engine) - 1
    forged = rows_of(world)
    forged[bad] = changed(forged[bad], role="owner")
    link = head.link
    for kind, entry in forged[head.size :]:
        link = journal.linked(link, kind, entry)
    alter(world, "UPDATE journal SET entry = :e WHERE seq = :s", e=forged[bad][1], s=bad)
    alter(world, "UPDATE journal_head SET link = :l", l=link)
    assert cell.seal() == bad + 1


def test_a_kind_column_edited_after_the_seal_is_found_by_the_next_thorough_start(world: World) -> None:
    world.cell.seal()
    alter(world, "UPDATE journal SET kind = 'dreamt/1' WHERE seq = 1")
    world.person("Somebody", "expert")
    other = sealing.Sealing(
        world.cell.engine, world.cell.log_directory, lambda: world.cell.signers, now=world.clock, lease=Lease()
    )
    with pytest.raises(RuntimeError, match="it, or a kind column, was altered"):
        other.seal()


def look(by: access.Actor) -> Command:
    fact = ContentAccessed(subject="itm-1", what="item", reason="to test")
    return Command(by, "self", new_key(), b"{}", lambda _: [fact])


def test_a_log_that_falls_behind_stops_the_journal(world: World) -> None:
    cell = world.cell
    cell.seal()
    done = look(world.lead)
    assert isinstance(cell.execute(done), Receipt)
    limits = Limits(unsealed_max=1000, unsealed_seconds_max=60)

    def gate() -> Backpressure:
        return Backpressure(cell.engine, limits, now=world.clock)

    cell.kernel.may_write = early = gate()
    assert early() is None
    world.clock.pass_minutes(2)
    assert early() is None, "it looks at most once a second"
    late = Backpressure(cell.engine, limits, now=world.clock)
    assert late() is None, "the time before this server began is not held against it"
    began = world.clock.at - 120_000_000
    cell.kernel.may_write = Backpressure(cell.engine, limits, now=iter_then([began], world.clock))
    refused = cell.execute(look(world.lead))
    assert isinstance(refused, Refused)
    assert (refused.code, "the oldest waiting for 120 s" in refused.sentence) == ("log-behind", True)
    again = cell.execute(done)
    assert isinstance(again, Receipt)
    assert again.is_repeat, "what was done before is still answered"
    assert isinstance(cell.execute(look(access.CELL)), Receipt), "the cell's own work goes on"
    ready = {check.name: check for check in oversight.readiness(cell)}["log"]
    assert not ready.is_good
    cell.seal()
    cell.kernel.may_write = gate()
    assert isinstance(cell.execute(look(world.lead)), Receipt)


def iter_then(first: list[int], then: Callable[[], int]) -> Callable[[], int]:
    """A clock that says some times first."""
    left = list(first)
    return lambda: left.pop(0) if left else then()


def test_too_many_events_that_are_not_sealed_stop_the_journal(world: World) -> None:
    world.cell.kernel.may_write = Backpressure(world.cell.engine, Limits(unsealed_max=3), now=world.clock)
    refused = world.cell.execute(look(world.lead))
    assert isinstance(refused, Refused)
    assert refused.code == "log-behind"


def test_a_clock_that_went_back_writes_nothing(world: World) -> None:
    world.clock.at -= CLOCK_US + 10_000_000
    refused = world.cell.execute(look(world.lead))
    assert isinstance(refused, Refused)
    assert refused.code == "clock-behind"
    with pytest.raises(WrongClock, match="Expected a clock not far behind the last event"):
        world.cell.execute(look(access.CELL))
    world.clock.at += 20_000_000
    done = world.cell.execute(look(world.lead))
    assert isinstance(done, Receipt)
    assert done.at > world.clock.at, "a clock a little behind: journal time stands still until it has caught up"


def test_a_clock_that_jumped_ahead_is_told_from_one_that_runs(world: World) -> None:
    wall, steady = [NOW], [0]
    ahead = Ahead(lambda: wall[0], lambda: steady[0])
    wall[0] += 10**12
    steady[0] += 10**12
    assert ahead() == 0
    wall[0] += CLOCK_US + 1
    assert ahead() == CLOCK_US + 1
    world.cell.kernel._ahead = ahead  # noqa: SLF001 - a process that has run for long, and its clock just set
    refused = world.cell.execute(look(world.lead))
    assert isinstance(refused, Refused)
    assert refused.code == "clock-jumped"


def test_servers_of_one_cell_take_turns_quietly(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One keeps the turn and the others wait; whoever needs a seal now asks for the turn and gets it."""
    with world_at(database_url, tmp_path / "cell", gold=False) as world:
        other = cells.open_cell(tmp_path / "cell", database=database_url, clock=world.clock)
        try:
            assert world.cell.sealing.follow(seconds=0.1)
            assert not other.sealing.follow(seconds=0.1)
            world.person("Somebody", "expert")
            assert world.cell.sealing.follow(seconds=0.1)
            assert not other.sealing.follow(seconds=0.1)
            followers = Followers(world.cell, seal_seconds=0.02)
            followers.start()
            world.person("Somebody else", "expert")
            end = rows.end_of(other.engine)
            assert other.seal(end) == end
            assert other.seal() >= end
            followers.stop()
            assert other.sealing.follow(seconds=0.1), "a server that stopped hands its turn on"
        finally:
            other.close()
        assert [record.message for record in caplog.records if record.levelname != "INFO"] == []
        assert verify_log(world.cell.log_directory, world.cell.signer.vkey).status is Status.OK
