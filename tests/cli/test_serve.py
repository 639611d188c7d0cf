"""`tallystick serve` as a process of its own: it ends cleanly, survives SIGKILL, and shares a cell without harm."""

import contextlib
import json
import select
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from console import SECRET, make_cell, process, told

from tallystick.ledger.reader import LogReader

SECONDS = 30


@contextlib.contextmanager
def serving(cell: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A server on a free port: the process, and where it says that it serves."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = process("serve", "--dir", str(cell), "--port", str(port), "--json")
    try:
        assert server.stdout is not None
        assert select.select([server.stdout], [], [], SECONDS)[0], "it says nothing"
        yield server, json.loads(server.stdout.readline())["url"]
    finally:
        if server.poll() is None:
            server.kill()
        server.communicate()


def sign_in(url: str, password: str = SECRET) -> int:
    """Sign in over HTTP: each time is an event."""
    with httpx.Client(base_url=url, trust_env=False, timeout=SECONDS) as http:
        return http.post("/api/v1/sessions", json={"login": "vera", "password": password}).status_code


def sealed(cell: Path) -> int:
    """How much of the journal the log holds."""
    return LogReader(cell / "log").checkpoint().size


def is_good(cell: Path) -> bool:
    """Journal and log agree, and the log is whole."""
    log = told("log", "verify", str(cell / "log"), "--vkey", str(cell / "log.vkey"))
    return (told("cell", "check", "--dir", str(cell))[0], log[0]) == (0, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_seals_what_is_left(tmp_path: Path, number: signal.Signals) -> None:
    cell = make_cell(tmp_path / "cell")
    (cell / "cell.toml").write_text("seal_seconds = 3600\n")
    before = sealed(cell)
    with serving(cell) as (server, url):
        assert sign_in(url) < 300
        assert sealed(cell) == before, "the sealer sleeps for an hour"
        server.send_signal(number)
        told_after, complained = server.communicate(timeout=SECONDS)
    assert (server.returncode, told_after, "Traceback" in complained) == (0, "", False), complained
    assert sealed(cell) > before
    assert is_good(cell)


def test_after_sigkill_it_starts_again_and_nothing_is_missing(tmp_path: Path) -> None:
    cell = make_cell(tmp_path / "cell")
    (cell / "cell.toml").write_text("seal_seconds = 3600\n")
    with serving(cell) as (server, url):
        for _ in range(3):
            assert sign_in(url) < 300
        server.send_signal(signal.SIGKILL)
        server.communicate(timeout=SECONDS)
    left = sealed(cell)
    with serving(cell) as (server, url):
        ready = httpx.get(f"{url}readyz", trust_env=False, timeout=SECONDS)
        assert ready.json()["is_good"] is True, ready.text
        assert sign_in(url) < 300
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=SECONDS)
    assert server.returncode == 0
    assert sealed(cell) >= left + 4
    assert is_good(cell)


def test_two_servers_on_one_cell_seal_one_history(tmp_path: Path) -> None:
    cell = make_cell(tmp_path / "cell")
    (cell / "cell.toml").write_text("seal_seconds = 0.2\n")
    before = sealed(cell)
    with serving(cell) as (one, first), serving(cell) as (other, second), ThreadPoolExecutor(4) as pool:
        assert all(status < 300 for status in pool.map(sign_in, [first, second] * 3))
        for server in (one, other):
            server.send_signal(signal.SIGTERM)
            _, complained = server.communicate(timeout=SECONDS)
            assert server.returncode == 0, complained
            assert all(word not in complained for word in ("Diverged", "Gap")), complained
    assert sealed(cell) >= before + 6
    assert is_good(cell)


def test_an_address_that_is_taken_or_unknown_is_said(tmp_path: Path) -> None:
    cell = make_cell(tmp_path / "cell")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, answer = told("serve", "--dir", str(cell), "--port", str(taken.getsockname()[1]))
    assert (code, "Address already in use: stop the other program" in answer["error"]) == (2, True)
    code, answer = told("serve", "--dir", str(cell), "--host", "192.0.2.1", "--port", "8000")
    assert (code, "expected an address to listen on" in answer["error"]) == (2, True)
    code, answer = told("serve", "--dir", str(cell), "--port", "70000")
    assert (code, "--port" in answer["error"]) == (2, True)


def test_nobody_reading_on_is_no_verdict(tmp_path: Path) -> None:
    cell = make_cell(tmp_path / "cell")
    words = ("log", "verify", str(cell / "log"), "--vkey", str(cell / "log.vkey"))
    for line in (words, (*words, "--json"), ("cell", "check", "--dir", str(cell))):
        done = process(*line)
        assert done.stdout is not None
        done.stdout.close()
        done.stdout = None
        _, complained = done.communicate(timeout=SECONDS)
        assert (done.returncode, complained) == (141, ""), complained
