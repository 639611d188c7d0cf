"""What every command needs: open a cell, act as somebody, print for people or machines, leave with the right status."""

import contextlib
import getpass
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from tallystick import settings
from tallystick.app import cell as cells
from tallystick.app import roster
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused
from tallystick.ledger.signer import KeyRefused

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)

Directory = Annotated[Path, typer.Option("--dir", help="The cell's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Login = Annotated[str, typer.Option("--as", help="Login of the person who acts; the password is asked for.")]
PasswordFd = Annotated[
    int | None, typer.Option("--password-fd", help="File descriptor to read the password from, instead of asking.")
]

CANNOT = (
    cells.CellMissing,
    cells.CellExists,
    cells.CellBroken,
    settings.BadSettings,
    KeyRefused,
    PermissionError,
)


def fail(sentence: str, status: int = 2) -> NoReturn:
    """Say why, on the error stream, and leave."""
    ERR.print(f"[bold red]error[/] {sentence}", soft_wrap=True)
    raise typer.Exit(status)


def refuse(refused: Refused, *, as_json: bool = False) -> NoReturn:
    """Show a refusal and leave with status 1."""
    if as_json:
        show_json({"refused": {"code": refused.code, "sentence": refused.sentence, "names": list(refused.names)}})
        raise typer.Exit(1)
    ERR.print(f"[bold red]refused[/] ({refused.code}) {refused.sentence}", soft_wrap=True)
    for name in refused.names:
        ERR.print(f"  {name}", markup=False)
    raise typer.Exit(1)


def list_problems(problems: Sequence[Problem], *, as_json: bool = False) -> NoReturn:
    """Show every problem of a document and leave with status 1."""
    if as_json:
        show_json({"problems": [problem_object(problem) for problem in problems]})
        raise typer.Exit(1)
    for problem in problems:
        ERR.print(problem.sentence, markup=False, soft_wrap=True)
    fail(f"{len(problems)} problems; nothing was written.", 1)


def problem_object(problem: Problem) -> dict[str, object]:
    """A problem for machines."""
    return {
        "line": problem.line, "path": problem.path, "expected": problem.expected, "found": problem.found,
        "fix": problem.fix,
    }  # fmt: skip


def show_json(value: object) -> None:
    """One JSON object on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def show_facts(title: str, facts: Mapping[str, object], *, as_json: bool) -> None:
    """A few named facts, for people or machines."""
    if as_json:
        show_json(dict(facts))
        return
    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    for name, value in facts.items():
        table.add_row(name.replace("_", " "), str(value))
    OUT.print(table)


@contextlib.contextmanager
def opened(directory: Path) -> Iterator[Cell]:
    """The cell in a folder; says what is wrong and leaves with status 2 when it cannot be opened."""
    try:
        loaded = settings.load(directory)
        cell = cells.open_cell(directory, database=loaded.database)
    except CANNOT as error:
        fail(str(error))
    try:
        yield cell
    finally:
        cell.close()


def password(descriptor: int | None, *, prompt: str = "Password: ") -> str:
    """A password from a file descriptor or from the terminal: never from an argument or the environment."""
    if descriptor is None:
        return getpass.getpass(prompt)
    with os.fdopen(os.dup(descriptor)) as file:
        return file.readline().rstrip("\n")


def act_as(cell: Cell, login: str, descriptor: int | None) -> Actor:
    """Sign in at the command line. That it happened is an event, like any other sign-in."""
    signed = roster.sign_in(cell, login=login, password=password(descriptor), kind="api")
    if isinstance(signed, Refused):
        refuse(signed)
    return signed.actor
