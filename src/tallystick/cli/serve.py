"""`tallystick serve`: one cell, one process: pages, API, sealer."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn

from tallystick import api, edge, settings, web
from tallystick.app.cell import Cell
from tallystick.app.jobs import Followers
from tallystick.cli import shell

Application = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)


def serve(
    directory: shell.Directory,
    port: Annotated[int | None, typer.Option(help="Port on this machine.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
) -> None:
    """Serve a cell until interrupted: pages, API, and the sealer that follows the journal."""
    with shell.opened(directory) as cell:
        try:
            loaded = settings.load(directory)
        except settings.BadSettings as error:
            shell.fail(str(error))
        run(cell, replace(loaded, port=port or loaded.port, host=host or loaded.host))


def application(cell: Cell, *, secure_cookies: bool) -> Application:
    """Pages and API behind one guarded door."""
    return edge.build(cell, mounts=[api.mount, web.mount], secure_cookies=secure_cookies)


def run(cell: Cell, loaded: settings.Settings) -> None:
    """Serve an open cell until interrupted; seals what is left on the way out."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    followers = Followers(cell, seal_seconds=loaded.seal_seconds)
    followers.start()
    shell.OUT.print(f"Serving {Path(loaded.directory).name} at http://{loaded.host}:{loaded.port}/  (Ctrl+C stops)")
    config = uvicorn.Config(
        application(cell, secure_cookies=loaded.secure_cookies), host=loaded.host, port=loaded.port,
        log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=5,
    )  # fmt: skip
    try:
        uvicorn.Server(config).run()
    finally:
        followers.stop()
