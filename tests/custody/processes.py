"""A cell in a folder with the processes around it: key process, server, clients; each with its own environment."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from console import SECRET, told
from softhsm import PIN, Tokens, module

NAME = "cell.tallystick.example"
SECONDS = 300  # a busy machine is no fault of the code


@dataclass
class Place:
    """A cell, its token, and the processes around them."""

    folder: Path
    tokens: Tokens
    name: str = NAME

    @property
    def cell(self) -> Path:
        return self.folder / "cell"

    @property
    def socket(self) -> Path:
        return self.folder / "run" / "keyd.sock"

    @contextlib.contextmanager
    def keyd(self, *options: str) -> Iterator["subprocess.Popen[str]"]:
        """The key process."""
        holder = options or ("--module", str(module()), "--token", "cell", "--pin-fd", "0")
        command = [
            sys.executable, "-m", "tallystick", "keyd", "--cell", self.name, "--socket", str(self.socket), "--json",
            *holder,
        ]  # fmt: skip
        with running(command, self.tokens.environment(), told=f"{PIN}\n") as process:
            yield process

    @contextlib.contextmanager
    def serve(self) -> Iterator[tuple["subprocess.Popen[str]", str]]:
        """The server of the cell, and where it serves. It has no way to the token but the key process."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "tallystick", "serve", "--dir", str(self.cell), "--port", str(port), "--json"]
        with running(command, dict(os.environ)) as process:
            yield process, f"http://127.0.0.1:{port}"

    def make(self) -> None:
        """A cell with its keys in the token."""
        words = (
            "cell", "create", "--dir", str(self.cell), "--lead", "vera", "--password-fd", "{fd}", "--custody", "keyd",
            "--keyd-socket", str(self.socket),
        )  # fmt: skip
        code, answer = told(*words, secrets=[SECRET])
        assert (code, answer["custody"]) == (0, "softhsm-development"), answer


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str], *, told: str = "") -> Iterator["subprocess.Popen[str]"]:
    """A process that has said its first line."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(told)
        process.stdin.flush()
        assert select.select([process.stdout], [], [], SECONDS)[0], "it says nothing"
        assert json.loads(process.stdout.readline() or "{}"), process.communicate()[1]
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS)


def until(holds: Callable[[], bool], found: Callable[[], str] = lambda: "it never came to that") -> None:
    """Wait for the thing itself, not for long."""
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, found()
        select.select([], [], [], 0.05)


def sign_in(http: httpx.Client) -> dict[str, str]:
    answer = http.post("/api/v1/sessions", json={"login": "vera", "password": SECRET})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def readiness(http: httpx.Client) -> dict[str, bool]:
    return {check["name"]: check["is_good"] for check in http.get("/readyz").json()["checks"]}
