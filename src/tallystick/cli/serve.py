"""`tallystick serve`: one cell, one process: pages, API, sealer."""

import contextlib
import errno
import gc
import logging
import os
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn

from tallystick import api, edge, settings, web
from tallystick.app import oversight
from tallystick.app.cell import Cell
from tallystick.app.jobs import Followers
from tallystick.app.sealing import Limits
from tallystick.app.timestamp import Stamping, over_http
from tallystick.cli import shell
from tallystick.custody.hardening import forbid_dumps
from tallystick.ledger.sealer import Fenced, Leased
from tallystick.ledger.timestamp import BadTimestamp

Application = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)


def serve(
    directory: shell.Directory,
    port: Annotated[int | None, typer.Option(help="Port on this machine.", min=1, max=65_535)] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    as_json: shell.AsJson = False,
) -> None:
    """Serve a cell until interrupted: pages, API, and the sealer that follows the journal."""
    with shell.opened(directory) as cell:
        loaded = settings.load(directory)
        run(cell, replace(loaded, port=port or loaded.port, host=host or loaded.host), as_json=as_json)


def application(cell: Cell, *, secure_cookies: bool) -> Application:
    """Pages and API behind one guarded door."""
    return edge.build(cell, mounts=[api.mount, web.mount], secure_cookies=secure_cookies)


def settle() -> None:
    """Leave what the start has made to itself: it lives as long as the process.

    The collector of garbage would look through all of it again and again, which holds up one page for long.
    """
    gc.collect()
    gc.freeze()


def address(loaded: settings.Settings) -> str:
    """Where a cell is served, as one types it into a browser."""
    host = f"[{loaded.host}]" if ":" in loaded.host else loaded.host
    return f"http://{host}:{loaded.port}/"


def listen(loaded: settings.Settings) -> socket.socket:
    """The socket of a cell. Leaves with status 2 when the address is not to be had."""
    family = socket.AF_INET6 if ":" in loaded.host else socket.AF_INET
    try:
        return socket.create_server((loaded.host, loaded.port), family=family)
    except OSError as error:
        reason = (error.strerror or str(error)).split(" (")[0]
        is_taken = error.errno == errno.EADDRINUSE
        hint = "stop the other program, or give another --port" if is_taken else "give another --host or --port"
        shell.fail(f"{address(loaded)}: expected an address to listen on, found: {reason}: {hint}.")


def _stamping(loaded: settings.Settings) -> Stamping | None:
    """Who stamps the checkpoints of the cell. Leaves with status 2 when the pinned certificate cannot be read."""
    if loaded.timestamp_url is None or loaded.timestamp_certificate is None:
        return None
    try:
        pinned = Path(loaded.directory, loaded.timestamp_certificate).read_bytes()
        return over_http(loaded.timestamp_url, pinned, minutes=loaded.timestamp_minutes)
    except (OSError, BadTimestamp) as error:
        shell.fail(f"timestamp_certificate: expected a file with certificates, found: {error}.")


def run(cell: Cell, loaded: settings.Settings, *, as_json: bool = False, is_quiet: bool = False) -> None:
    """Serve an open cell until interrupted; seals what is left on the way out.

    is_quiet  nothing on standard output: the caller has said it all
    """
    forbid_dumps()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    with listen(loaded) as listener:
        limits = Limits(
            seal_seconds_max=loaded.seal_seconds_max, unsealed_max=loaded.unsealed_max,
            unsealed_seconds_max=loaded.unsealed_seconds_max,
        )  # fmt: skip
        cell.sealing.batch = loaded.seal_batch
        followers = Followers(cell, seal_seconds=loaded.seal_seconds, limits=limits, stamping=_stamping(loaded))
        server = uvicorn.Server(
            uvicorn.Config(
                application(cell, secure_cookies=loaded.secure_cookies), log_level="warning", access_log=False,
                server_header=False, timeout_graceful_shutdown=5,
                # Whoever connects could write them, and with them pass the limit on sign-in for every address.
                proxy_headers=False,
            )
        )  # fmt: skip
        followers.start()
        settle()
        if not is_quiet:
            _announce(cell, loaded, as_json=as_json)
        try:
            with _stopped_by_signals(server):
                server.run(sockets=[listener])
        finally:
            # Another server of this cell that seals at this moment seals what is left as well.
            with contextlib.suppress(Fenced, Leased):
                followers.stop()
    if not (as_json or is_quiet):
        shell.OUT.print(f"Stopped; {oversight.sealed_size(cell)} entries are sealed.")


def _announce(cell: Cell, loaded: settings.Settings, *, as_json: bool) -> None:
    if as_json:
        facts = {"url": address(loaded), "folder": str(loaded.directory), "custody": cell.custody, "pid": os.getpid()}
        shell.show_json(facts)
    else:
        words = f"Serving {Path(loaded.directory).name} at {address(loaded)}  (Ctrl+C stops; {cell.custody} custody)"
        shell.OUT.print(shell.plain(words), soft_wrap=True)
    sys.stdout.flush()


@contextlib.contextmanager
def _stopped_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """SIGINT and SIGTERM end the server and not the process: what is left must be sealed after it.

    The server handles both while it runs, and raises them again when it has ended: then they come here.
    """

    def stop() -> None:
        server.should_exit = True

    with shell.stopped_by_signals(stop):
        yield
