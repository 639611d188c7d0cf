"""Holders of keys to measure: files, SoftHSM behind the key process, a service in memory. Writes temporary folders."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tallystick.custody import Keys
from tallystick.custody.cloud import CloudKeys
from tallystick.custody.keyd.client import KeydClient
from tallystick.custody.software import SoftwareKeys

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from custody.strict_service import StrictService
from softhsm import PIN, module, tokens_at

SOURCE = Path(__file__).parents[2] / "src"
CELL = "bench.invalid"
START_SECONDS = 60


class KeydFailed(RuntimeError):
    """The key process did not start."""


@contextlib.contextmanager
def software() -> Iterator[Keys]:
    """Development custody."""
    with tempfile.TemporaryDirectory() as name:
        yield SoftwareKeys(Path(name), CELL)


def cloud() -> Keys:
    """A service in memory of this process: it shows what our side costs, and nothing of a real service."""
    return CloudKeys(StrictService(), CELL)


@contextlib.contextmanager
def softhsm() -> Iterator[Keys]:
    """A token of SoftHSM behind a key process of its own, over its socket. AssertionError where it is not installed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tokens = tokens_at(folder / "tokens")
        tokens.make("cell")
        socket = folder / "run" / "keyd.sock"
        socket.parent.mkdir(mode=0o700)
        command = [
            sys.executable, "-m", "tallystick", "keyd", "--cell", CELL, "--socket", str(socket), "--json",
            "--module", str(module()), "--token", "cell", "--pin-fd", "0",
        ]  # fmt: skip
        surroundings = {**tokens.environment(), "PYTHONPATH": str(SOURCE)}
        with subprocess.Popen(
            command, env=surroundings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                _wait(process)
                client = KeydClient(socket, CELL)
                yield client
                client.close()
            finally:
                process.send_signal(signal.SIGTERM)


def _wait(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{PIN}\n")
    process.stdin.flush()
    if not select.select([process.stdout], [], [], START_SECONDS)[0] or not process.stdout.readline():
        raise KeydFailed("expected a key process that says where it listens, found none: its words are above")


def message() -> bytes:
    """A text of the length of a checkpoint."""
    return b"bench.invalid\n1000000\n" + os.urandom(32).hex().encode() + b"\n"
