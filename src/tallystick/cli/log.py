"""`tallystick log`: check a log offline, show an entry with its proof. Reads a log directory; writes nothing."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from tallystick.audit.log import LogReport, Status, verify_log
from tallystick.audit.log.succession import keys_of, parse_keys
from tallystick.audit.timestamps import with_timestamps
from tallystick.blobs import BlobDiffers, BlobError, BlobLocked
from tallystick.cli import storage
from tallystick.cli.shell import Screen
from tallystick.cli.witness import read_policy
from tallystick.ledger.checkpoint import BadCheckpoint
from tallystick.ledger.note import BadKey, BadNote, parse_vkey
from tallystick.ledger.reader import LogReader, NotInLog
from tallystick.ledger.tiles import BadBundle
from tallystick.ledger.timestamp import BadTimestamp, load_certificates
from tallystick.ledger.tree import ProofError

EXIT = {Status.OK: 0, Status.BAD: 1, Status.COULD_NOT_CHECK: 2}
"""What each outcome means to a shell."""

app = typer.Typer(name="log", no_args_is_help=True, help="Check the public log, or show an entry with its proof.")

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The log directory, or a copy of it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def verify(
    directory: Directory,
    vkey: Annotated[Path, typer.Option("--vkey", metavar="FILE", help="File with the verifier key lines of the log.")],
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against",
            metavar="CHECKPOINT",
            help="A checkpoint that you kept, a folder of them, or another copy of the log; may be given again.",
        ),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE", help="Witnesses that count: ask for their quorum.")
    ] = None,
    tsa_certificate: Annotated[
        Path | None,
        typer.Option("--tsa-certificate", metavar="FILE", help="Certificates of time-stampers: check their stamps."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a log offline: signature, root, every tile, every entry. Exit 0 good, 1 bad, 2 could not check."""
    try:
        line = vkey.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        report = LogReport(status=Status.COULD_NOT_CHECK, notes=(f"{vkey}: the verifier key cannot be read: {error}",))
    else:
        asked = None if policy is None else read_policy(policy)
        report = verify_log(directory, line, against=against or [], policy=asked)
        if tsa_certificate is not None:
            report = _stamped(report, directory, tsa_certificate)
    if as_json:
        typer.echo(json.dumps(asdict(report)))
    else:
        _print(report)
    raise typer.Exit(EXIT[report.status])


def _stamped(report: LogReport, directory: Path, pinned: Path) -> LogReport:
    try:
        trusted = load_certificates(pinned.read_bytes())
    except (OSError, BadTimestamp) as error:
        return replace(report, status=Status.COULD_NOT_CHECK, notes=(*report.notes, f"{pinned}: {error}"))
    return with_timestamps(report, directory, [parse_vkey(line) for line in report.keys], trusted)


def _print(report: LogReport) -> None:
    console = Screen(soft_wrap=True, highlight=False)
    if report.status is Status.OK:
        console.print(f"[bold green]good[/] {escape(report.origin or '')}: {report.size} entries, root {report.root}")
    elif report.status is Status.BAD:
        console.print(f"[bold red]bad[/] {escape(report.origin or '')}: {report.problems_count} problems")
    else:
        console.print("[bold yellow]could not check[/]")
    for problem in report.problems:
        console.print(f"  [red]bad[/]      {escape(str(problem))}")
    if report.problems_count > len(report.problems):
        console.print(f"  and {report.problems_count - len(report.problems)} more")
    for checked in report.checked:
        console.print(f"  checked  {escape(checked)}")
    for line in report.notes:
        console.print(f"  [yellow]note[/]     {escape(line)}")
    for line in report.not_checked:
        console.print(f"  [yellow]not checked[/] {escape(line)}")


@app.command()
def copy(
    address: Annotated[str, typer.Argument(metavar="S3://BUCKET/PREFIX", help="Where the log lies.")],
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the copy; may hold an earlier one.")],
    endpoint: Annotated[str | None, typer.Option(help="Address of an S3-compatible store; AWS when left out.")] = None,
    region: Annotated[str | None, typer.Option(help="Region of the bucket.")] = None,
    first_versions: Annotated[
        bool, typer.Option("--first-versions", help="Copy each file as it was when it was made, whatever lies over it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Copy a log from a bucket to a folder, to check it there. Exit 0 copied, 1 the folder has another, 2 could not."""
    try:
        log = storage.public_log(address, endpoint=endpoint, region=region)
        count = storage.copy_log(log, directory, first_versions=first_versions)
    except (BlobDiffers, BlobLocked) as error:
        _fail(f"{directory}: expected an earlier copy of this log: {error}", 1, as_json=as_json)
    except (BlobError, OSError) as error:
        _fail(str(error), 2, as_json=as_json)
    if as_json:
        typer.echo(json.dumps({"files": count, "directory": str(directory)}))
    else:
        typer.echo(f"{count} files copied to {directory}: check them with `tallystick log verify`")


@app.command()
def show(
    directory: Directory,
    index: Annotated[int, typer.Argument(metavar="INDEX", min=0, help="Index of the entry, from 0.")],
    vkey: Annotated[
        Path | None, typer.Option("--vkey", metavar="FILE", help="Verify the proof with this verifier key.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print an entry and its proof (C2SP tlog-proof). Exit 0 shown, 1 the proof is bad, 2 not there."""
    try:
        reader = LogReader(directory)
        entry, proof = reader.entry(index), reader.record_proof(index)
        keys = () if vkey is None else keys_of(directory, parse_keys(vkey.read_text())).heads
    except (NotInLog, BadBundle, BadNote, BadCheckpoint, BadKey, ProofError, OSError, UnicodeDecodeError) as error:
        _fail(str(error), 2, as_json=as_json)
    if keys:
        try:
            proof.verify(entry, *keys)
        except (BadNote, BadCheckpoint, ProofError) as error:
            _fail(str(error), 1, as_json=as_json)
    if as_json:
        text = entry.decode(errors="replace")
        shown = {"index": index, "entry": text, "proof": proof.text(), "is_verified": bool(keys)}
        typer.echo(json.dumps(shown))
        return
    typer.echo(entry.decode(errors="replace"))
    typer.echo()
    typer.echo(proof.text(), nl=False)
    typer.echo(f"\n{'verified' if keys else 'not verified: give --vkey to verify the proof'}", err=True)


def _fail(message: str, code: int, *, as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(json.dumps({"error": message}))
    typer.echo(message, err=True)
    raise typer.Exit(code)
