"""`tallystick log fetch | serve | compare`: copies of a log. Reads the network or folders; writes the copy's folder."""

import contextlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tallystick.audit.log import EnvelopeChecks, Status, compare_logs
from tallystick.cli import shell
from tallystick.cli.witness import TokenFd, TokenFile, log_keys, token_of
from tallystick.witness import fetching, server
from tallystick.witness.fetching import RolledBack
from tallystick.witness.mirror import CannotHold, Damaged, Forked, RulesBroken
from tallystick.witness.server import CannotListen, PublicLog
from tallystick.witness.sources import FolderSource, HttpSource

PORT = 8200
EXIT = {Status.OK: 0, Status.BAD: 1, Status.COULD_NOT_CHECK: 2}

Vkey = Annotated[Path, typer.Option("--vkey", metavar="FILE", help="File with the verifier key lines of the log.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(fetch)
    app.command()(serve)
    app.command()(compare)


def fetch(
    url: Annotated[str, typer.Argument(metavar="URL", help="The log, such as https://cell/log, or a folder.")],
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Your copy: a log directory, made when not there.")],
    vkey: Vkey,
    token_file: TokenFile = None,
    token_fd: TokenFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Keep a verified copy of a log. Exit 0 good, 1 when the log forked or went back, 2 when it could not be had."""
    keys = log_keys(vkey)
    is_address = url.startswith(("http://", "https://"))
    source = HttpSource(url, token=token_of(token_file, token_fd)) if is_address else FolderSource(Path(url))
    try:
        with contextlib.closing(source):
            found = fetching.fetch(source, directory, keys, EnvelopeChecks)
    except Forked as error:
        where = fetching.evidence_folder(directory)
        shell.fail(f"FORK: {error}. The log key signed two histories: the evidence is in {where}.", 1)
    except (RolledBack, RulesBroken, Damaged) as error:
        shell.fail(f"{error}.", 1)
    except CannotHold as error:
        shell.fail(f"{error}.")
    size, root = found.checkpoint.size, found.checkpoint.root.hex()
    if as_json:
        shell.show_json({"folder": str(directory), "size": size, "root": root, "new": found.new})
    else:
        shell.OUT.print(
            shell.plain(f"{directory}: {size} entries, {found.new} of them new, root {root}"), soft_wrap=True
        )


def serve(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The log directory, or a copy of it.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 for any that is free.", min=0, max=65_535)] = PORT,
    as_json: shell.AsJson = False,
) -> None:
    """Serve a log directory to everybody who reaches it, read-only, until interrupted."""
    if not (directory / "checkpoint").is_file():
        shell.fail(f"{directory}: expected a log directory with a checkpoint, found none.")
    handler = PublicLog(directory)
    try:
        listener = server.listen(host, port)
    except CannotListen as error:
        shell.fail(str(error))
    with listener:
        url = f"http://{host}:{listener.getsockname()[1]}"
        if as_json:
            shell.show_json({"url": url, "folder": str(directory)})
        else:
            shell.OUT.print(shell.plain(f"Log {directory} at {url}  (Ctrl+C stops)"), soft_wrap=True)
        sys.stdout.flush()
        try:
            server.server_of(handler).run(sockets=[listener])
        except KeyboardInterrupt:
            pass  # the server has ended
        finally:
            handler.close()


def compare(
    one: Annotated[Path, typer.Argument(metavar="DIR", help="A copy of the log.")],
    other: Annotated[Path, typer.Argument(metavar="OTHER", help="Another copy of it.")],
    vkey: Vkey,
    as_json: shell.AsJson = False,
) -> None:
    """Check two copies of a log against each other. Exit 0 one history, 1 two histories or a bad copy, 2 could not."""
    found = compare_logs(one, other, shell.read_text(vkey, "a verifier key").strip())
    if as_json:
        sys.stdout.write(json.dumps(asdict(found)) + "\n")
        raise typer.Exit(EXIT[found.status])
    sizes = " and ".join(str(size) for size in found.sizes)
    if found.status is Status.OK:
        shell.OUT.print(f"[bold green]one history[/] {shell.plain(found.origin or '')}: {sizes} entries")
    elif found.parts_at is not None:
        shell.OUT.print(f"[bold red]two histories[/] {sizes} entries; they part at entry {found.parts_at}")
    else:
        shell.OUT.print(f"[bold red]{'bad' if found.status is Status.BAD else 'could not check'}[/] {sizes} entries")
    for problem in found.problems:
        shell.OUT.print(f"  {shell.plain(str(problem))}", soft_wrap=True)
    for note in found.notes:
        shell.OUT.print(f"  note  {shell.plain(note)}", soft_wrap=True)
    raise typer.Exit(EXIT[found.status])
