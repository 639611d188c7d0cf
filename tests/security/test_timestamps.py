"""Back-dating: time-stamps from outside bound the times of a log, whatever clock its cell had. No network."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from living_cell import World, world_at
from time_authority import Authority, clock_at
from typer.testing import CliRunner

from tallystick.app import oversight
from tallystick.app import timestamp as stamping
from tallystick.cli import app
from tallystick.ledger import receipt as receipts
from tallystick.ledger import timestamp
from tallystick.ledger.timestamp import BadTimestamp
from tallystick.ledger.tree import leaf_hashes


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    """A sealed cell."""
    with world_at(sqlite_url, tmp_path / "cell", gold=False) as world:
        world.cell.seal()
        yield world


def verify_log_with(world: World, authority: Authority) -> tuple[int, dict[str, Any]]:
    """What `log verify --tsa-certificate` says, with its status."""
    pinned, vkey = world.cell.directory / "tsa.pem", world.cell.directory / "log.vkey"
    pinned.write_bytes(authority.root.pem())
    words = ["log", "verify", str(world.cell.log_directory), "--vkey", str(vkey), "--tsa-certificate", str(pinned)]
    result = CliRunner().invoke(app, [*words, "--json"])
    report: dict[str, Any] = json.loads(result.stdout)
    return result.exit_code, report


def stamped(world: World, authority: Authority) -> None:
    assert stamping.stamp_newest(world.cell, authority, [authority.root.certificate]) is not None


def test_stamp_bounds_the_entries_under_it(world: World) -> None:
    size = world.cell.seal()
    authority = Authority(clock_at(world.clock.at + 60_000_000))
    stamped(world, authority)
    assert (world.cell.log_directory / timestamp.path_of(size)).is_file()
    assert stamping.stamp_newest(world.cell, authority, [authority.root.certificate]) is None, "one for each size"
    code, report = verify_log_with(world, authority)
    assert code == 0, report
    assert any(note.startswith(f"entries 0 to {size - 1} existed by 2023-11-14T22:14:20") for note in report["notes"])


def test_entry_dated_ahead_of_its_stamp_is_named(world: World) -> None:
    authority = Authority(clock_at(world.clock.at - 86_400_000_000))
    stamped(world, authority)
    code, report = verify_log_with(world, authority)
    assert code == 1
    assert "dated ahead" in report["problems"][0]["what"]


def test_entry_dated_back_behind_a_stamp_is_named(world: World) -> None:
    """The clock of the cell stands while a day passes outside."""
    size = world.cell.seal()
    authority = Authority(clock_at(world.clock.at + 86_400_000_000))
    stamped(world, authority)
    world.person("Somebody new", "expert")
    world.cell.seal()
    code, report = verify_log_with(world, authority)
    assert (code, report["problems"][0]["index"]) == (1, size)
    assert "dated back" in report["problems"][0]["what"]


def test_stamp_of_an_authority_that_is_not_pinned_is_a_problem(world: World) -> None:
    authority = Authority(clock_at(world.clock.at))
    stamped(world, authority)
    code, report = verify_log_with(world, Authority(clock_at(world.clock.at)))
    assert (code, "pinned certificate" in report["problems"][0]["what"]) == (1, True)


def test_bad_answer_is_not_stored_and_stops_no_sealing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    authority, other = Authority(clock_at(world.clock.at)), Authority(clock_at(world.clock.at))
    with pytest.raises(BadTimestamp):
        stamping.stamp_newest(world.cell, authority, [other.root.certificate])
    dead = stamping.HttpTimeStamper(
        "http://tsa.invalid/",
        transport=httpx.MockTransport(lambda _: httpx.Response(503, stream=httpx.ByteStream(b""))),
    )
    assert not stamping.stamp_or_say(world.cell, dead, [authority.root.certificate])
    assert "has no time-stamp" in caplog.text
    assert not (world.cell.log_directory / timestamp.FOLDER).exists()
    world.person("Somebody new", "expert")
    assert world.cell.seal() > 0


def test_http_carries_request_and_answer_as_the_rfc_says(world: World) -> None:
    authority = Authority(clock_at(world.clock.at))

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["content-type"] == "application/timestamp-query"
        kind = {"Content-Type": "application/timestamp-reply"}
        return httpx.Response(200, headers=kind, stream=httpx.ByteStream(authority.stamp(request.content)))

    stamper = stamping.HttpTimeStamper("http://tsa.invalid/", transport=httpx.MockTransport(answer))
    assert stamping.stamp_newest(world.cell, stamper, [authority.root.certificate]) is not None


def test_a_stamp_that_fails_shows_in_readiness_until_one_goes(world: World) -> None:
    authority = Authority(clock_at(world.clock.at))
    dead = stamping.HttpTimeStamper("no address at all")
    assert not stamping.stamp_or_say(world.cell, dead, [authority.root.certificate])
    (check,) = [check for check in oversight.readiness(world.cell) if check.name == "time-stamp"]
    assert (check.is_good, check.is_needed) == (False, False)
    assert stamping.stamp_or_say(world.cell, authority, [authority.root.certificate])
    assert "time-stamp" not in [check.name for check in oversight.readiness(world.cell)]


def test_a_log_whose_stamps_were_taken_away_is_said_to_be_without(world: World) -> None:
    authority = Authority(clock_at(world.clock.at))
    code, report = verify_log_with(world, authority)
    assert (code, any("times by time-stamps" in line for line in report["not_checked"])) == (0, True)
    stamped(world, authority)
    _, report = verify_log_with(world, authority)
    assert not any("times by time-stamps" in line for line in report["not_checked"])


def test_an_authority_that_answers_without_end_is_left() -> None:
    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield bytes(100_000)

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Type": "application/timestamp-reply"}, stream=Endless())

    stamper = stamping.HttpTimeStamper("http://tsa.invalid/", transport=httpx.MockTransport(answer))
    with pytest.raises(OSError, match="found more"):
        stamper.stamp(b"request")


def test_a_stamp_says_when_the_log_was_seen_short_of_a_receipt(world: World) -> None:
    """The cell gave a receipt, and had the log stamped without the entry after the time to seal by."""
    size = world.cell.seal()
    row = leaf_hashes([b"{}"])
    at = world.clock.at + 1
    promise = receipts.promise_over(row, origin=world.cell.opened.origin, first_seq=size, at=at, seal_by=at + 60)
    note = receipts.sign(promise, world.cell.signers)
    file = world.cell.directory / "one.tallystick-receipt"
    file.write_text(receipts.receipt_of(row, note, index=size, entry=None).text())
    authority = Authority(clock_at(world.clock.at + 3_600_000_000))
    stamped(world, authority)
    pinned = world.cell.directory / "tsa.pem"
    pinned.write_bytes(authority.root.pem())
    words = ["log", "receipt", str(file), "--log", str(world.cell.log_directory), "--json"]
    words += ["--vkey", str(world.cell.directory / "log.vkey")]
    without = CliRunner().invoke(app, words)
    assert json.loads(without.stdout)["receipts"][0]["verdict"] == "not-due"
    found = CliRunner().invoke(app, [*words, "--tsa-certificate", str(pinned)])
    assert (found.exit_code, json.loads(found.stdout)["receipts"][0]["verdict"]) == (1, "overdue")
    other = world.cell.directory / "other.pem"
    other.write_bytes(Authority(clock_at(world.clock.at)).root.pem())
    assert CliRunner().invoke(app, [*words, "--tsa-certificate", str(other)]).exit_code == 2
