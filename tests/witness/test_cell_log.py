"""A served cell and its client's witness: the log over HTTP with a token, standings on every screen, and quorums."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from served import Served, served_at
from witness_scene import served

from tallystick import api, web
from tallystick.app import cell as cells
from tallystick.app import oversight, witnessing
from tallystick.app.jobs import Followers
from tallystick.audit.log import EnvelopeChecks, Status, verify_log
from tallystick.flow.refusal import Refused
from tallystick.ledger import note
from tallystick.ledger import policy as policies
from tallystick.ledger.reader import LogReader
from tallystick.ledger.witnessing import Witnessing
from tallystick.witness import desk
from tallystick.witness.desk import Watched, Witness
from tallystick.witness.server import WitnessApp
from tallystick.witness.sources import Source


class Through:
    """Fetches from the site in this process as a mirror does over the network: the same addresses and headers."""

    where = "the cell"

    def __init__(self, here: Served, token: str) -> None:
        self.here, self.token, self.seen = here, token, list[httpx.Response]()

    def get(self, path: str, *, bytes_max: int) -> bytes | None:
        answer = self.here.http.get(f"/log/{path}", headers={"Authorization": f"Bearer {self.token}"})
        self.seen.append(answer)
        return answer.content[:bytes_max] if answer.status_code == 200 else None

    def close(self) -> None:
        pass


@pytest.fixture
def here(sqlite_url: str, tmp_path: Path) -> Iterator[Served]:
    with served_at(sqlite_url, tmp_path / "cell", mounts=(api.mount, web.mount)) as found:
        found.world.work(3)
        found.world.cell.seal()
        yield found


@contextmanager
def witnessed(here: Served, folder: Path, source: Source | None, *, quorum: str = "quorum client") -> Iterator[Witness]:
    """Give the cell a witness, as its operator does: a policy in its folder."""
    cell = here.world.cell
    desk.create(folder, "client.example/w")
    key = note.parse_vkey(cell.opened.vkey)
    with ExitStack() as stack:
        witness = Witness(folder, [Watched(key.name, (key,), source)], EnvelopeChecks)
        stack.callback(witness.close)
        url = stack.enter_context(served(WitnessApp(witness)))
        text = f"log {key.line}\nwitness client {witness.cosigner.key.line} {url}\n{quorum}\n"
        (cell.directory / cells.POLICY_FILE).write_text(text)
        cell.witnessing = Witnessing(
            LogReader(cell.log_directory), policies.parse(text.encode()), cell.directory / cells.WITNESSES_FOLDER
        )
        stack.callback(cell.witnessing.close)
        yield witness


def test_the_log_is_served_to_who_reads_it_with_the_headers_of_what_never_changes(here: Served) -> None:
    lead, log = here.world.lead, here.world.cell.log_directory
    size = oversight.sealed_size(here.world.cell)
    answer = here.call(lead, "GET", f"/log/tile/entries/000.p/{size}")
    assert (answer.status_code, answer.content) == (200, (log / f"tile/entries/000.p/{size}").read_bytes())
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    answer = here.call(lead, "GET", "/log/checkpoint")
    assert (answer.text, answer.headers["cache-control"]) == ((log / "checkpoint").read_text(), "private, no-cache")
    again = here.call(lead, "GET", "/log/checkpoint", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for path in ("/log/tile/entries/001", "/log/log.vkey", "/log/tile", "/log/checkpoints"):
        assert here.call(lead, "GET", path).status_code == 404, path
    expert = here.world.person("Nobody", "expert")
    assert here.call(expert, "GET", "/log/checkpoint").status_code == 404
    assert here.call(None, "GET", "/log/checkpoint").status_code == 401
    assert here.call(lead, "GET", "/api/v1/log").headers["cache-control"] == "no-store"


def test_a_mirror_with_a_token_holds_the_log_of_a_living_cell(here: Served, tmp_path: Path) -> None:
    cell = here.world.cell
    source = Through(here, here.token(here.world.lead))
    with witnessed(here, tmp_path / "w", source) as witness:
        assert oversight.readiness(cell)[-1].name == "witness client"
        followers = Followers(cell, seal_seconds=0.01)
        followers.start()
        here.world.work(2, start=10)
        followers.stop()
        witnessing.follow(cell)
        state = witnessing.state(cell)
        assert (state.is_met, state.witnesses[0].size, state.alarms) == (True, state.sealed, ())
        shown = here.call(here.world.lead, "GET", "/api/v1/log").json()["witnesses"]
        assert (shown["quorum"], shown["is_met"], shown["witnesses"][0]["behind_us"]) == ("client", True, 0)
        mirror = tmp_path / "w" / "logs" / desk.name_of(cell.opened.origin)
        policy = policies.parse((cell.directory / cells.POLICY_FILE).read_bytes())
        for log in (mirror, cell.log_directory):
            report = verify_log(log, cell.opened.vkey, policy=policy)
            assert (report.status, report.witnessed) == (Status.OK, state.sealed), report.problems
        assert witness.held(cell.opened.origin) is not None


def test_a_witness_that_is_down_is_shown_and_stops_nobody(here: Served, tmp_path: Path) -> None:
    cell = here.world.cell
    with witnessed(here, tmp_path / "w", None):
        witnessing.follow(cell)
    policy = policies.parse((cell.directory / cells.POLICY_FILE).read_bytes())
    cell.witnessing = Witnessing(LogReader(cell.log_directory), policy, cell.directory / cells.WITNESSES_FOLDER)
    try:
        held = witnessing.state(cell).witnesses[0].size
        assert held > 0  # a new process knows where the witness was
        here.world.work(1, start=50)
        cell.seal()
        here.world.clock.pass_minutes(11)
        witnessing.follow(cell)
        (late,) = witnessing.state(cell).witnesses
        assert (late.size, late.is_late, late.behind_us >= 660_000_000) == (held, True, True)
        assert "ConnectError" in (late.fault or "")
        checks = {check.name: check for check in oversight.readiness(cell)}
        assert (checks["witness client"].is_good, checks["witness client"].is_needed) == (False, False)
        assert here.call(None, "GET", "/readyz").status_code == 200
        refused = witnessing.wait_for_quorum(cell, held + 1, seconds=0)
        assert isinstance(refused, Refused)
        assert refused.code == "no-quorum"
    finally:
        cell.witnessing.close()


def test_a_cell_that_went_back_is_an_alarm(here: Served, tmp_path: Path) -> None:
    cell = here.world.cell
    log = cell.log_directory
    with witnessed(here, tmp_path / "w", None):
        before = (log / "checkpoint").read_bytes()
        here.world.work(1, start=60)
        cell.seal()
        witnessing.follow(cell)
        (log / "checkpoint").write_bytes(before)  # an older state of the log is put in its place
        shutil.rmtree(log / "cosignatures")
        witnessing.follow(cell)
        state = witnessing.state(cell)
        assert len(state.alarms) == 1
        assert "rolled back" in (state.witnesses[0].fault or "")
        names = [check.name for check in oversight.readiness(cell) if not check.is_good]
        assert "witness alarms" in names


def test_a_policy_that_cannot_be_read_stops_the_start(here: Served, sqlite_url: str) -> None:
    cell = here.world.cell
    (cell.directory / cells.POLICY_FILE).write_text("quorum nobody\n")
    with pytest.raises(cells.CellBroken, match=r"witness\.policy: line 1"):
        cells.open_cell(cell.directory, database=sqlite_url)
