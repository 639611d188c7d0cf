"""`tallystick witness` and the commands for copies of a log: what they print, and with which status they end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest
from console import told
from sealed_cell import SIGNER, entry
from witness_scene import body_at, honest_log, rewritten, write_log

from tallystick.ledger import note


@contextmanager
def running(*words: str) -> Iterator[dict[str, str | int]]:
    """A command that serves; what it said about itself. Ended by a signal, as a service manager does."""
    command = [sys.executable, "-c", "from tallystick.cli import main; main()", *words, "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603 - our own program
        try:
            assert process.stdout is not None
            yield msgspec.json.decode(process.stdout.readline(), type=dict[str, str | int])
        finally:
            os.kill(process.pid, signal.SIGTERM)
            process.communicate(timeout=300)


@pytest.fixture
def vkey(tmp_path: Path) -> Path:
    path = tmp_path / "log.vkey"
    path.write_text(SIGNER.vkey + "\n")
    return path


def test_a_client_sets_up_a_witness_and_the_log_finds_its_witness(tmp_path: Path, vkey: Path) -> None:
    log, folder = honest_log(tmp_path / "honest", 100, 300), tmp_path / "w"
    code, made = told("witness", "init", "--dir", str(folder), "--name", "client.example/witness")
    assert code == 0
    assert (folder / "witness.key").stat().st_mode & 0o777 == 0o600
    assert told("witness", "init", "--dir", str(folder), "--name", "x")[0] == 2
    words = ("witness", "serve", "--dir", str(folder), "--log-vkey", str(vkey), "--log-dir", str(log))
    with running(*words) as facts:
        assert facts["vkey"] == made["vkey"]
        answer = httpx.post(f"{facts['url']}/add-checkpoint", content=body_at(log, 0, 300))
        assert answer.status_code == 200, answer.text
    policy = tmp_path / "policy"
    policy.write_text(f"log {SIGNER.vkey}\nwitness client {made['vkey']}\nquorum client\n")
    code, found = told("witness", "status", "--dir", str(folder))
    assert (code, found["logs"][0]["size"], found["forks"]) == (0, 300, [])
    mirror = found["logs"][0]["mirror"]
    code, report = told("log", "verify", mirror, "--vkey", str(vkey), "--policy", str(policy))
    assert (code, report["witnessed"]) == (0, 300)
    code, report = told("log", "verify", str(log), "--vkey", str(vkey), "--policy", str(policy))
    assert (code, report["witnessed"]) == (1, None)
    code, report = told("log", "verify", str(log), "--vkey", str(vkey))
    assert (code, len(report["not_checked"])) == (0, 1)


def test_a_fork_makes_the_status_shout_and_its_evidence_holds(tmp_path: Path, vkey: Path) -> None:
    log, folder = honest_log(tmp_path / "honest", 300, 700), tmp_path / "w"
    forged = write_log(tmp_path / "forged", [rewritten(n) if n == 20 else entry(n) for n in range(700)], 300, 700)
    told("witness", "init", "--dir", str(folder), "--name", "client.example/witness")
    words = ("witness", "serve", "--dir", str(folder), "--log-vkey", str(vkey), "--no-mirror")
    with running(*words) as facts:
        url = f"{facts['url']}/add-checkpoint"
        assert httpx.post(url, content=body_at(log, 0, 300)).status_code == 200
        assert httpx.post(url, content=body_at(forged, 300, 700)).status_code == 422
    code, found = told("witness", "status", "--dir", str(folder))
    assert (code, len(found["forks"])) == (1, 1)
    code, proven = told("witness", "evidence", found["forks"][0], "--vkey", str(vkey))
    assert (code, proven["is_proven"]) == (0, True)
    other = tmp_path / "other.vkey"
    other.write_text(note.VerifierKey("x", 1, bytes(32)).line)
    assert told("witness", "evidence", found["forks"][0], "--vkey", str(other))[0] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "found none: give --log-vkey"),
        (("--log-vkey", "VKEY"), "give --log-url or --log-dir"),
        (("--log-vkey", "VKEY", "--no-mirror", "--log-url", "http://x"), "choose one"),
        (("--log-vkey", "VKEY", "--no-mirror", "--token-file", "VKEY", "--token-fd", "0"), "choose one"),
        (("--policy", "VKEY", "--no-mirror"), "line 1: expected log, witness, group or quorum"),
    ],
)
def test_a_witness_starts_with_nothing_left_open(
    tmp_path: Path, vkey: Path, *, words: tuple[str, ...], said: str
) -> None:
    told("witness", "init", "--dir", str(tmp_path / "w"), "--name", "x")
    given = [str(vkey) if word == "VKEY" else word for word in words]
    code, answer = told("witness", "serve", "--dir", str(tmp_path / "w"), *given)
    assert code == 2
    assert said in answer["error"]


def test_a_copy_is_fetched_from_a_served_log_and_compared(tmp_path: Path, vkey: Path) -> None:
    log, copy = honest_log(tmp_path / "honest", 100, 300), tmp_path / "copy"
    with running("log", "serve", str(log)) as facts:
        code, found = told("log", "fetch", str(facts["url"]), str(copy), "--vkey", str(vkey))
        assert (code, found["size"], found["new"]) == (0, 300, 300)
    assert told("log", "fetch", str(facts["url"]), str(copy), "--vkey", str(vkey))[0] == 2
    assert told("log", "compare", str(log), str(copy), "--vkey", str(vkey))[1]["status"] == "ok"
    forged = write_log(tmp_path / "forged", [rewritten(n) if n == 20 else entry(n) for n in range(300)], 300)
    code, found = told("log", "compare", str(forged), str(copy), "--vkey", str(vkey))
    assert (code, found["parts_at"]) == (1, 20)
    code, found = told("log", "fetch", str(forged), str(copy), "--vkey", str(vkey))
    assert (code, "FORK" in found["error"]) == (1, True)
    assert told("log", "serve", str(tmp_path / "none"))[0] == 2
