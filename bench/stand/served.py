"""The server under measurement: `tallystick serve` in a process of its own, and the processor time that it uses.

Reads /proc, so Linux only: a figure of processor time is worth more than a wall clock on a machine that others share.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
START_SECONDS = 60.0
SETTLE_SECONDS = 1.5
"""Longer than the sealer waits between two rounds."""
_TICKS = os.sysconf("SC_CLK_TCK")


class ServerFailed(RuntimeError):
    """The server did not start; its own words are above."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server process."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """Processor time of the process so far, all threads, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def serving(directory: Path) -> Iterator[Server]:
    """`tallystick serve` on a cell for one block, as one process. Raises ServerFailed."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tallystick", "serve", "--dir", str(directory), "--port", str(port)]
    surroundings = {**os.environ, "PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(command, env=surroundings, stdout=subprocess.DEVNULL) as process:
        try:
            _wait(process, port)
            server = Server(port, process.pid)
            _settle(process, server)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=30)


def _listens(port: int) -> bool:
    """Whether somebody answers there. A port that nobody holds may connect to itself: that is nobody."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as tried:
            return bool(tried.getsockname() != tried.getpeername())
    except OSError:
        return False


def _settle(process: "subprocess.Popen[bytes]", server: Server) -> None:
    """Wait until the start is over: the sealer checks the whole log once, beside the first requests."""
    deadline = time.monotonic() + START_SECONDS
    idle = False
    while not idle and process.poll() is None and time.monotonic() < deadline:
        before = server.cpu_seconds()
        time.sleep(SETTLE_SECONDS)
        idle = server.cpu_seconds() - before < SETTLE_SECONDS / 10
    if not idle or process.poll() is not None:
        raise ServerFailed(
            f"expected a server that comes to rest, found one that ended or is busy: {START_SECONDS:g} s"
        )


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _listens(port):
            return
        time.sleep(0.05)
    raise ServerFailed("expected a server that listens, found none: its words on the error stream say why")
