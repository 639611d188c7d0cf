"""`tallystick log receipt`: hold receipts against a log, offline. Reads receipt files, keys and a log directory."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from tallystick.audit.log.succession import keys_of
from tallystick.audit.receipt import (
    PROVEN,
    LogUnreadable,
    ReceiptReport,
    Verdict,
    Word,
    check_receipts,
    newest,
    read_files,
)
from tallystick.audit.timestamps import word_on
from tallystick.cli.shell import Screen
from tallystick.ledger.note import COSIGNATURES, ED25519, BadKey, VerifierKey, parse_vkey
from tallystick.ledger.timestamp import BadTimestamp, load_certificates

GOOD, AGAINST, NOTHING_SHOWN = 0, 1, 2
"""Every receipt is in the log; something is proven against the cell; at least one could not be decided."""
_COLOURS = {Verdict.IN_LOG: "green", Verdict.NOT_DUE: "yellow", Verdict.COULD_NOT_CHECK: "yellow"}


def register(app: typer.Typer) -> None:
    """Add the command to those of the log."""
    app.command("receipt")(receipt)


def receipt(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Receipt files; each may hold several.")],
    log: Annotated[Path, typer.Option("--log", metavar="DIR", help="The log directory, or a copy of it.")],
    vkey: Annotated[
        list[Path], typer.Option("--vkey", metavar="FILE", help="Verifier key lines of the log; may be given again.")
    ],
    witness: Annotated[
        list[Path] | None,
        typer.Option("--witness", metavar="FILE", help="Verifier key lines of witnesses that you trust."),
    ] = None,
    tsa_certificate: Annotated[
        Path | None,
        typer.Option("--tsa-certificate", metavar="FILE", help="Certificates of time-stampers that you trust."),
    ] = None,
    entries: Annotated[
        bool, typer.Option("--entries", help="Also read all entries: is any event of yours between two left out?")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check receipts against a log, offline. Exit 0 all are in it, 1 proof against the cell, 2 could not decide."""
    try:
        keys = _keys(vkey, frozenset({ED25519}), "--vkey")
        witnesses = _keys(witness or [], frozenset(COSIGNATURES), "--witness")
        texts = list(read_files(files))
        words = [] if tsa_certificate is None else _stamped(log, keys, tsa_certificate)
        reports = check_receipts(texts, log, keys, witnesses=witnesses, words=words, with_counts=entries)
    except (OSError, UnicodeDecodeError, BadKey, LogUnreadable, BadTimestamp) as error:
        _stop(str(error), as_json=as_json)
    status = _status(reports)
    if as_json:
        typer.echo(json.dumps({"status": status, "receipts": [asdict(report) for report in reports]}))
    else:
        _print(reports)
    raise typer.Exit(status)


def _stamped(log: Path, keys: list[VerifierKey], pinned: Path) -> list[Word]:
    """What a time-stamp says of when the newest checkpoint was seen."""
    _, signed = newest(log, keys_of(log, keys).known)
    word = word_on(log, signed, load_certificates(pinned.read_bytes()))
    return [] if word is None else [word]


def _keys(paths: list[Path], kinds: frozenset[int], option: str) -> list[VerifierKey]:
    lines = [line for path in paths for line in path.read_text().splitlines() if line.strip()]
    keys = list(dict.fromkeys(parse_vkey(line.strip()) for line in lines))
    for key in keys:
        if key.kind not in kinds:
            raise BadKey(f"{option}: expected keys of {'logs' if ED25519 in kinds else 'witnesses'}, found {key.label}")
    return keys


def _status(reports: list[ReceiptReport]) -> int:
    verdicts = {report.verdict for report in reports}
    if verdicts & PROVEN:
        return AGAINST
    return GOOD if verdicts == {Verdict.IN_LOG} else NOTHING_SHOWN


def _print(reports: list[ReceiptReport]) -> None:
    console = Screen(soft_wrap=True, highlight=False)
    for report in reports:
        colour = "red" if report.verdict in PROVEN else _COLOURS.get(report.verdict, "yellow")
        console.print(f"[bold {colour}]{report.verdict}[/] {escape(report.source)}: {escape(report.says)}")
        if report.against is not None:
            console.print(f"  against  {escape(report.against)}")
            console.print("  keep     the receipt and this copy of the log: both together are the proof")
        if report.verdict is Verdict.NOT_DUE and report.seal_by is not None and report.seal_by < time.time_ns() // 1000:
            console.print("  [yellow]note[/]     by the clock of this machine that time is past: take the log anew")


def _stop(message: str, *, as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(json.dumps({"error": message}))
    else:
        typer.echo(message, err=True)
    raise typer.Exit(NOTHING_SHOWN)
