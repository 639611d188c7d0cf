"""Back-dating: time-stamps from outside bound the times of a log, whatever clock its cell had. No network."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from living_cell import World, world_at
from time_authority import Authority, clock_at
from typer.testing import CliRunner

from tallystick.app import timestamp as stamping
from tallystick.cli import app
from tallystick.ledger import timestamp
from tallystick.ledger.timestamp import BadTimestamp


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
    dead = stamping.HttpTimeStamper("http://tsa.invalid/", transport=httpx.MockTransport(lambda _: httpx.Response(503)))
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
        return httpx.Response(200, headers=kind, content=authority.stamp(request.content))

    stamper = stamping.HttpTimeStamper("http://tsa.invalid/", transport=httpx.MockTransport(answer))
    assert stamping.stamp_newest(world.cell, stamper, [authority.root.certificate]) is not None
