"""`tallystick release`: check a release offline. Reads a release folder and, when asked, a log copy; writes nothing."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from tallystick.audit.release import ReleaseReport, Status, verify_release
from tallystick.cli.shell import Screen
from tallystick.cli.witness import read_policy

EXIT = {Status.OK: 0, Status.BAD: 1, Status.COULD_NOT_CHECK: 2}
"""What each outcome means to a shell."""

app = typer.Typer(name="release", no_args_is_help=True, help="Check a release.")


@app.callback()
def _group() -> None:
    """Keeps `verify` a word of its own, however many commands there are."""


@app.command()
def verify(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The release folder, or a copy of it.")],
    vkey: Annotated[
        Path,
        typer.Option("--vkey", metavar="FILE", help="File with the verifier key lines of the log, not from DIR."),
    ],
    log: Annotated[
        Path | None,
        typer.Option(
            "--log", metavar="LOGDIR", help="A copy of the log: build the release again and compare all bytes."
        ),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE", help="Witnesses that count: ask for their quorum.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a release offline: signature, proofs, every file, row and number. Exit 0 good, 1 bad, 2 could not check."""
    try:
        line = vkey.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = f"{vkey}: the verifier key cannot be read: {error}"
        report = ReleaseReport(status=Status.COULD_NOT_CHECK, not_checked=(reason,))
    else:
        asked = None if policy is None else read_policy(policy)
        report = verify_release(directory, line, log=log, policy=asked)
    if as_json:
        typer.echo(json.dumps(asdict(report)))
    else:
        _print(report)
    raise typer.Exit(EXIT[report.status])


def _print(report: ReleaseReport) -> None:
    console = Screen(soft_wrap=True, highlight=False)
    what = escape(f"{report.name} {report.version} of {report.origin}") if report.name else ""
    if report.status is Status.OK:
        console.print(f"[bold green]good[/] {what}: {report.records} records, {report.judgments} judgments")
    elif report.status is Status.BAD:
        console.print(f"[bold red]bad[/] {what}: {report.problems_count} problems")
    else:
        console.print(f"[bold yellow]could not check[/] {what}")
    if report.simulated:
        console.print("  [yellow]note[/]     simulated, in whole or in part: README.md says how much programs decided")
    for problem in report.problems:
        console.print(f"  [red]bad[/]      {escape(str(problem))}")
    if report.problems_count > len(report.problems):
        console.print(f"  and {report.problems_count - len(report.problems)} more")
    for step in report.steps:
        console.print(f"  {step.outcome:<8} {step.number:>2} {step.title}: {escape(step.told)}")
    for line in report.not_checked:
        console.print(f"  [yellow]not checked[/] {escape(line)}")
