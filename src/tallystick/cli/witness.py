"""`tallystick witness`: a witness on a client's own machine. Reads and writes its folder, serves HTTP."""

import logging
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tallystick.audit.log import EnvelopeChecks
from tallystick.audit.log.succession import parse_keys
from tallystick.cli import shell
from tallystick.ledger import policy as policies
from tallystick.ledger.cosignature import CosignerRefused
from tallystick.ledger.note import BadKey, VerifierKey
from tallystick.ledger.policy import BadPolicy
from tallystick.witness import desk, evidence, server
from tallystick.witness.desk import NoWitness, Watched, Witness
from tallystick.witness.evidence import BadEvidence
from tallystick.witness.server import CannotListen, WitnessApp
from tallystick.witness.sources import FolderSource, HttpSource, Source

PORT = 8100

app = typer.Typer(
    name="witness", no_args_is_help=True, help="Witness a log on your own machine, and keep a copy of what it says."
)

Folder = Annotated[Path, typer.Option("--dir", help="The witness's folder.")]
LogKeys = Annotated[
    list[Path] | None,
    typer.Option("--log-vkey", metavar="FILE", help="File with the verifier key lines of the log to witness."),
]
TokenFile = Annotated[
    Path | None,
    typer.Option("--token-file", metavar="FILE", help="File with the bearer token for the log; read anew each time."),
]
TokenFd = Annotated[
    int | None, typer.Option("--token-fd", help="File descriptor to read the bearer token from, once, at the start.")
]


@app.command()
def init(
    directory: Folder,
    name: Annotated[str, typer.Option(help="The witness's name: like a domain name of yours, with or without a path.")],
    as_json: shell.AsJson = False,
) -> None:
    """Make a witness: its key (readable by you alone), and the verifier key line that goes into policies."""
    try:
        line = desk.create(directory, name)
    except (NoWitness, BadKey) as error:
        shell.fail(str(error))
    if as_json:
        shell.show_json({"folder": str(directory), "vkey": line})
    else:
        typer.echo(line)


@app.command()
def serve(
    directory: Folder,
    log_vkey: LogKeys = None,
    policy: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A policy: its logs are witnessed."),
    ] = None,
    log_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where the log's files are fetched from, such as https://cell/log."),
    ] = None,
    log_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder with the log's files, instead of an address.")
    ] = None,
    no_mirror: Annotated[
        bool, typer.Option("--no-mirror", help="Cosign without holding the entries: less is then proven.")
    ] = False,
    token_file: TokenFile = None,
    token_fd: TokenFd = None,
    prefix: Annotated[str, typer.Option(help="What stands before the addresses, such as /witness.")] = "",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 for any that is free.", min=0, max=65_535)] = PORT,
    as_json: shell.AsJson = False,
) -> None:
    """Serve the witness until interrupted: C2SP tlog-witness over HTTP."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    token = token_of(token_file, token_fd)
    sources = _Sources(url=log_url, folder=log_dir, is_plain=no_mirror, token=token)
    try:
        witness = Witness(directory, _watched(log_vkey or [], policy, sources), EnvelopeChecks)
        listener = server.listen(host, port)
    except (NoWitness, CosignerRefused, CannotListen) as error:
        shell.fail(str(error))
    found = desk.status(directory)
    if found.forks:
        shell.ERR.print(f"[bold red]FORK[/] {len(found.forks)} pieces of evidence: see 'tallystick witness status'.")
    handler = WitnessApp(witness, prefix=prefix)
    with listener:
        url = f"http://{host}:{listener.getsockname()[1]}{prefix.rstrip('/')}"
        if as_json:
            shell.show_json({"url": url, "folder": str(directory), "vkey": found.vkey, "pid": os.getpid()})
        else:
            shell.OUT.print(shell.plain(f"Witness {found.vkey.split('+')[0]} at {url}  (Ctrl+C stops)"), soft_wrap=True)
        sys.stdout.flush()
        try:
            server.server_of(handler).run(sockets=[listener])
        except KeyboardInterrupt:
            pass  # the server has ended; what was being decided ends below
        finally:
            handler.close()
            witness.close()


class _Sources:
    """Where the entries of a log are fetched from, as the options say."""

    def __init__(self, *, url: str | None, folder: Path | None, is_plain: bool, token: "Token | None") -> None:
        if sum([url is not None, folder is not None, is_plain]) > 1:
            shell.fail("expected one of --log-url, --log-dir and --no-mirror, found several: choose one.")
        self._url, self._folder, self._is_plain, self._token = url, folder, is_plain, token

    def of(self, origin: str, url: str | None) -> Source | None:
        """The source of one log; None for a plain witness."""
        if self._is_plain:
            return None
        if self._folder is not None:
            return FolderSource(self._folder)
        address = self._url or url
        if address is None:
            shell.fail(
                f"expected where the entries of {origin} are fetched from, found nothing: give --log-url or --log-dir "
                "(this witness holds what it cosigns), or --no-mirror."
            )
        return HttpSource(address, token=self._token)


def _watched(log_vkeys: list[Path], policy: Path | None, sources: _Sources) -> list[Watched]:
    keys: dict[str, list[VerifierKey]] = {}
    urls: dict[str, str | None] = {}
    for path in log_vkeys:
        for key in log_keys(path):
            keys.setdefault(key.name, []).append(key)
    if policy is not None:
        for log in read_policy(policy).logs:
            keys.setdefault(log.key.name, []).append(log.key)
            urls[log.key.name] = log.url
    if not keys:
        shell.fail("expected a log to witness, found none: give --log-vkey, or a --policy with a line 'log'.")
    return [
        Watched(origin=name, keys=tuple(dict.fromkeys(found)), source=sources.of(name, urls.get(name)))
        for name, found in keys.items()
    ]


def read_policy(path: Path) -> policies.Policy:
    """The policy in a file; leaves with status 2 when it is none."""
    try:
        return policies.parse(shell.read_file(path, "a policy"))
    except BadPolicy as error:
        shell.fail(f"{path}: {error}.")


class Token:
    """A bearer token in a file, read for each request: whoever renews it need not restart the witness."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self) -> str:
        """The token now."""
        return self._path.read_text().strip()


def token_of(path: Path | None, descriptor: int | None) -> "Token | None":
    """The bearer token that the options name; None without one."""
    if path is not None and descriptor is not None:
        shell.fail("expected --token-file or --token-fd, found both: choose one.")
    if descriptor is not None:
        return _Given(shell.password(descriptor, of="the log"))
    if path is not None:
        shell.read_text(path, "a bearer token")
        return Token(path)
    return None


class _Given(Token):
    """A bearer token that was given once."""

    def __init__(self, token: str) -> None:
        self._given = token

    def __call__(self) -> str:
        """The token."""
        return self._given


@app.command()
def status(directory: Folder, as_json: shell.AsJson = False) -> None:
    """Say where the witness stands. Exit 0 good, 1 when a log forked or was refused, 2 could not look."""
    try:
        found = desk.status(directory)
    except NoWitness as error:
        shell.fail(str(error))
    code = 1 if found.forks or found.refused else 0
    if as_json:
        logs = [
            {"origin": log.origin, "size": log.size, "root": log.root, "time": log.time, "mirrored": log.mirrored,
             "mirror": log.mirror}
            for log in found.logs
        ]  # fmt: skip
        shell.show_json({"vkey": found.vkey, "logs": logs, "forks": found.forks, "refused": found.refused})
        raise typer.Exit(code)
    typer.echo(found.vkey)
    for log in found.logs:
        when = datetime.fromtimestamp(log.time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        age = int(time.time()) - log.time
        holds = "no mirror" if log.mirror is None else f"holds {log.mirrored} entries in {log.mirror}"
        line = f"{log.origin}: cosigned {log.size} entries at {when}, {age} s ago; {holds}"
        shell.OUT.print(shell.plain(line), soft_wrap=True)
    if not found.logs:
        shell.OUT.print("Nothing cosigned yet.")
    for path in found.forks:
        shell.OUT.print(f"[bold red]FORK[/] the log key signed two histories: {shell.plain(path)}", soft_wrap=True)
    for path in found.refused:
        shell.OUT.print(f"[bold red]refused[/] a checkpoint that the log signed: {shell.plain(path)}", soft_wrap=True)
    raise typer.Exit(code)


def log_keys(path: Path) -> tuple[VerifierKey, ...]:
    """The keys of one log in a file; leaves with status 2 when it holds others."""
    try:
        return parse_keys(shell.read_text(path, "a verifier key"))
    except BadKey as error:
        shell.fail(f"{path}: {error}.")


@app.command(name="evidence")
def verify_evidence(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Evidence that a witness kept.")],
    vkey: Annotated[Path, typer.Option("--vkey", metavar="FILE", help="File with the verifier key lines of the log.")],
    as_json: shell.AsJson = False,
) -> None:
    """Verify offline that a log signed two histories. Exit 0 proven, 1 the file proves nothing, 2 could not check."""
    keys = log_keys(vkey)
    data = shell.read_file(file, "evidence of a fork")
    try:
        sentence = evidence.read(data).verify(keys)
    except BadEvidence as error:
        shell.fail(f"{file}: {error}.", 1)
    if as_json:
        shell.show_json({"is_proven": True, "what": sentence})
    else:
        shell.OUT.print(f"[bold red]proven[/] {shell.plain(sentence)}", soft_wrap=True)
