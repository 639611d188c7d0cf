"""A server that kills itself where a test says so: pages and API over a cell, no followers, one line when it listens.

Usage: python serve_until_killed.py DIR PORT. It dies by SIGKILL at the next commit of a command once the file
DIR/die-before or DIR/die-after exists: before the commit is durable, or after it and before anybody is answered.
"""

import os
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from tallystick import api, edge, web
from tallystick.app.cell import opened


def die_where(mark: Path) -> None:
    """Kill this process, as a power cut would, when the mark is there."""
    if mark.exists():
        os.kill(os.getpid(), signal.SIGKILL)


def main(directory: Path, port: int) -> None:
    """Serve until killed."""
    with opened(directory) as cell, socket.socket() as listener:
        cell.kernel.before_commit = lambda: die_where(directory / "die-before")
        cell.kernel.after_commit = lambda: die_where(directory / "die-after")
        site = edge.build(cell, mounts=[api.mount, web.mount], secure_cookies=False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
        sys.stdout.write("listening\n")
        sys.stdout.flush()
        config = uvicorn.Config(site, log_level="error", access_log=False, timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
