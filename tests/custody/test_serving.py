"""A cell whose keys a token holds: it works, fails closed without its key process, and no process shows a secret."""

import base64
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from console import SECRET, told
from custody.processes import NAME, SECONDS, Place, readiness, running, sign_in, until
from custody.scan import in_files, in_process, spellings
from softhsm import PIN, tokens_at

from tallystick.custody.software import SoftwareKeys
from tallystick.ledger.reader import LogReader


def place_in(folder: Path) -> Place:
    (folder / "run").mkdir(mode=0o700)
    return Place(folder, tokens_at(folder / "softhsm"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A cell whose keys a token holds. Its key process has ended."""
    place = place_in(tmp_path_factory.mktemp("made"))
    place.tokens.make("cell")
    with place.keyd():
        place.make()
    return place


@pytest.fixture
def place(made: Place) -> Iterator[Place]:
    """The same cell for each test, with its settings as they were made."""
    settings = made.cell / "cell.toml"
    before = settings.read_text()
    yield made
    settings.write_text(before)


def test_a_cell_without_its_key_process_does_not_open(place: Place) -> None:
    for words in (("cell", "check"), ("serve",)):
        code, answer = told(*words, "--dir", str(place.cell))
        assert code == 2
        assert f"expected the key process of {NAME} to answer" in answer["error"]
    (place.cell / "cell.toml").write_text('custody = "software"\n')
    code, answer = told("cell", "check", "--dir", str(place.cell))
    assert (code, "expected keys in softhsm-development custody" in answer["error"]) == (2, True)


def test_keys_of_another_holder_and_keys_that_settings_forbid_are_refused(place: Place) -> None:
    with place.keyd():
        settings = (place.cell / "cell.toml").read_text()
        (place.cell / "cell.toml").write_text(f"{settings}allow_development_custody = false\n")
        code, answer = told("cell", "check", "--dir", str(place.cell))
        assert (code, "expected keys that an administrator of the machine cannot read" in answer["error"]) == (2, True)
        (place.cell / "cell.toml").write_text(settings)
        assert told("cell", "check", "--dir", str(place.cell))[0] == 0
    (place.folder / "other").mkdir(mode=0o700)
    keys = SoftwareKeys(place.folder / "other", NAME)
    keys.new_epoch(1)
    keys.new_log_key(NAME)
    with place.keyd("--software", str(place.folder / "other")):
        code, answer = told("cell", "check", "--dir", str(place.cell))
        assert (code, "expected keys in softhsm-development custody" in answer["error"]) == (2, True)


def test_while_the_key_process_is_away_a_server_fails_closed_and_then_recovers(place: Place) -> None:
    with contextlib.ExitStack() as stack:
        with place.keyd():
            _, url = stack.enter_context(place.serve())
            http = stack.enter_context(httpx.Client(base_url=url, trust_env=False, timeout=SECONDS))
            bearer = sign_in(http)
            assert readiness(http)["log-key"] is True
            body = {"name": "Jo", "roles": ["expert"], "expert_roles": [], "login": "joan", "password": SECRET}
        sealed = LogReader(place.cell / "log").checkpoint().size
        assert readiness(http)["log-key"] is False
        answer = http.post("/api/v1/people", json=body, headers={**bearer, "Idempotency-Key": "a-new-person-0001"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "keys-unavailable"), answer.text
        assert http.get("/api/v1/me", headers=bearer).status_code == 200
        until(lambda: not readiness(http)["sealer"])
        assert LogReader(place.cell / "log").checkpoint().size == sealed
        with place.keyd():
            answer = http.post("/api/v1/people", json=body, headers={**bearer, "Idempotency-Key": "a-new-person-0001"})
            assert answer.status_code == 201, answer.text
            until(lambda: readiness(http)["log-key"] and readiness(http)["sealer"], lambda: http.get("/readyz").text)
            until(lambda: LogReader(place.cell / "log").checkpoint().size > sealed)


CLIENT = """
import sys
import httpx
from pathlib import Path
from tallystick.audit.log import verify_log
report = verify_log(Path(sys.argv[1]), sys.argv[2])
print('{"status": "%s"}' % report.status.value, flush=True)
with httpx.Client(base_url=sys.argv[3], trust_env=False) as http:
    http.post("/api/v1/sessions", json={"login": "vera", "password": sys.stdin.readline().strip()}).raise_for_status()
    print("{}", flush=True)
    sys.stdin.readline()
"""


def test_no_process_shows_the_pin_or_a_key(tmp_path: Path) -> None:
    """Key files behind the key process, so that the test knows the very bytes; the PIN with a token, below."""
    place = place_in(tmp_path)
    keys = place.folder / "keys"
    with place.keyd("--software", str(keys)) as holder:
        words = ("cell", "create", "--dir", str(place.cell), "--lead", "vera", "--password-fd", "{fd}")
        more = ("--custody", "keyd", "--keyd-socket", str(place.socket))
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "tallystick", *(word.replace("{fd}", "0") for word in words), *more, "--json"],
            input=f"{SECRET}\n", capture_output=True, text=True, check=True,
        )  # fmt: skip
        vkey = json.loads(done.stdout)["vkey"]
        kek = (keys / "kek-1.key").read_bytes()
        line = (keys / "log-1.key").read_bytes().strip()
        wanted = spellings(kek) | spellings(seed_of(line)) | {line}
        with place.serve() as (server, url), httpx.Client(base_url=url, trust_env=False, timeout=SECONDS) as http:
            sign_in(http)
            until(lambda: readiness(http)["log"])
            assert in_process(server.pid, wanted) == set()
            assert in_process(server.pid, {SECRET.encode(), url.encode()}) != set(), "the search finds what is there"
            command = [sys.executable, "-c", CLIENT, str(place.cell / "log"), vkey, url]
            with running(command, dict(os.environ), told=f"{SECRET}\n") as client:
                assert in_process(client.pid, wanted) == set()
        assert in_process(holder.pid, {b"keyd.sock"}) != set()
    assert in_files(place.cell, wanted) == set()
    assert str(keys / "kek-1.key") in in_files(place.folder, wanted)


def seed_of(line: bytes) -> bytes:
    """The 32 secret bytes of a private key line."""
    return base64.b64decode(line.decode().split("+", 4)[-1])[1:]


def test_the_pin_is_with_the_key_process_alone(place: Place) -> None:
    with (
        place.keyd() as holder,
        place.serve() as (server, url),
        httpx.Client(base_url=url, trust_env=False, timeout=SECONDS) as http,
    ):
        sign_in(http)
        assert in_process(server.pid, {PIN.encode()}) == set()
        assert not in_process(holder.pid, {PIN.encode()}) & {"environ", "cmdline"}
    assert in_files(place.cell, {PIN.encode()}) == set()
