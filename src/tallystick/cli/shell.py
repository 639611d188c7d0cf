"""What every command needs: open a cell, act as somebody, print for people or machines, leave with the right status.

Status 0: done, or good. 1: refused, or bad. 2: could not. 130: stopped by Ctrl-C. 141: nobody reads on.
With `--json` every command prints one JSON object on standard output, also when it was refused (`refused`), a document
has problems (`problems`) or something cannot be done; each of these has the sentence for people as `error` as well.
People get the sentence on the error stream in any case. `log verify` and `release verify` give their whole report.
"""

import contextlib
import getpass
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from typer.core import TyperGroup
from typer.exceptions import TyperException

from tallystick import settings
from tallystick.app import cell as cells
from tallystick.app import roster
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import WriterStopped
from tallystick.blobs import BlobError
from tallystick.cli import storage
from tallystick.custody import DEVELOPMENT, CustodyError, CustodyMismatch, Keys
from tallystick.custody.keyd import KeydClient
from tallystick.events import UnknownKind
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused
from tallystick.ledger.checkpoint import BadCheckpoint
from tallystick.ledger.note import BadKey, BadNote
from tallystick.ledger.reader import NotInLog
from tallystick.ledger.sealer import BadRow, Diverged, Fenced, Gap, Leased
from tallystick.ledger.signer import KeyRefused
from tallystick.store.vault import VaultError

REFUSED = 1
CANNOT_STATUS = 2
STOPPED = 130
UNREAD = 141
LISTED_MAX = 20


class Screen(Console):
    """A console that says when nobody reads on, instead of leaving with the status of a bad log."""

    def on_broken_pipe(self) -> None:
        """Let the command line end itself."""
        raise BrokenPipeError


OUT = Screen(highlight=False)
ERR = Screen(stderr=True, highlight=False)

Directory = Annotated[Path, typer.Option("--dir", help="The cell's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Programme = Annotated[str, typer.Option("--programme", help="Name of the programme.")]
Login = Annotated[str, typer.Option("--as", help="Login of the person who acts; the password is asked for.")]
PasswordFd = Annotated[
    int | None, typer.Option("--password-fd", help="File descriptor to read the password from, instead of asking.")
]

CANNOT = (
    cells.CellMissing,
    cells.CellExists,
    cells.CellBroken,
    settings.BadSettings,
    BlobError,
    CustodyError,
    KeyRefused,
    BadKey,
    BadNote,
    BadCheckpoint,
    NotInLog,
    Fenced,
    Leased,
    WriterStopped,
    UnknownKind,
    cells.DatabaseError,
    OSError,
)
"""What is wrong with a folder, a key, a disk or a database, and not with us: it is said in one sentence."""

TAMPERED = (BadRow, Diverged, Gap, VaultError)
"""Journal, log and vault say different things: not "could not", but bad."""


class Left(Exception):
    """A command ends without what was asked for.

    word   what it is called on the error stream: error, refused, bad
    told   what machines get beside the sentence
    listed lines for people under the sentence
    """

    def __init__(
        self, sentence: str, status: int, *, word: str = "error",
        told: Mapping[str, object] | None = None, listed: Sequence[str] = (),
    ) -> None:  # fmt: skip
        super().__init__(sentence)
        self.status, self.word, self.told, self.listed = status, word, told or {}, listed


def fail(sentence: str, status: int = CANNOT_STATUS) -> NoReturn:
    """Say why, and leave."""
    raise Left(sentence, status)


def refuse(refused: Refused) -> NoReturn:
    """Show a refusal and leave with status 1."""
    told = {"code": refused.code, "sentence": refused.sentence, "field": refused.field, "names": list(refused.names)}
    word = f"refused ({refused.code})"
    raise Left(refused.sentence, REFUSED, word=word, told={"refused": told}, listed=refused.names)


def list_problems(problems: Sequence[Problem]) -> NoReturn:
    """Show every problem of a document and leave with status 1."""
    sentence = f"{counted(len(problems), 'problem')}; nothing was written."
    told = {"problems": [problem_object(problem) for problem in problems]}
    raise Left(sentence, REFUSED, told=told, listed=[problem.sentence for problem in problems])


def problem_object(problem: Problem) -> dict[str, object]:
    """A problem for machines."""
    return {
        "name": problem.name, "line": problem.line, "path": problem.path, "expected": problem.expected,
        "found": problem.found, "fix": problem.fix,
    }  # fmt: skip


def counted(number: int, word: str) -> str:
    """A number and its noun: 1 problem, 2 problems."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def plain(text: str) -> str:
    """Text that a terminal shows and does not obey, and that is no markup: names and files are written by others."""
    return escape("".join(character if character.isprintable() else "?" for character in text))


def show_json(value: object) -> None:
    """One JSON object on standard output, in ASCII: any terminal and any pipe takes it."""
    sys.stdout.write(json.dumps(value) + "\n")


def show_facts(title: str, facts: Mapping[str, object], *, as_json: bool) -> None:
    """A few named facts, for people or machines."""
    if as_json:
        show_json(dict(facts))
        return
    OUT.print(f"[bold]{plain(title)}[/]", soft_wrap=True)
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        OUT.print(f"[dim]{plain(name.replace('_', ' ')):<{width}}[/]  {plain(_words(value))}", soft_wrap=True)


def _words(value: object) -> str:
    """A fact for people: a list without brackets, and never nothing at all."""
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value) or "none"
    return "none" if value is None else str(value)


def show_lines(lines: Sequence[str]) -> None:
    """Lines for people on the error stream: the first ones, and how many more there are."""
    for line in lines[:LISTED_MAX]:
        ERR.print(f"  {plain(line)}", soft_wrap=True)
    if len(lines) > LISTED_MAX:
        ERR.print(f"  and {len(lines) - LISTED_MAX} more: --json lists all.", soft_wrap=True)


def waiting(what: str, *, as_json: bool) -> Progress:
    """A moving line on the error stream while something takes its time; nothing where nobody looks."""
    progress = Progress(console=ERR, transient=True, disable=as_json or not ERR.is_terminal)
    progress.add_task(plain(what), total=None)
    return progress


def read_file(path: Path, what: str) -> bytes:
    """The bytes of a file that somebody named; leaves with status 2 when it cannot be read."""
    if path.is_dir():
        fail(f"{path}: expected {what}, found a folder: name the file in it.")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        fail(f"{path}: expected {what}, found nothing there: check the path.")
    except OSError as error:
        fail(f"{path}: expected {what}, found: {error.strerror}. See to it that this user may read it.")


def read_text(path: Path, what: str) -> str:
    """The text of a file that somebody named; leaves with status 2 when it is none."""
    data = read_file(path, what)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        fail(
            f"{path}, line {line}: expected {what} in UTF-8, found the byte {data[error.start]:#04x}: save it as UTF-8."
        )


@contextlib.contextmanager
def opened(directory: Path) -> Iterator[Cell]:
    """The cell in a folder; whatever is wrong with it ends the command with one sentence."""
    loaded = settings.load(directory)
    cell = cells.open_cell(
        directory, database=loaded.database, keys=keys_of(loaded),
        log_store=storage.log_store(loaded), vault_store=storage.vault_store(loaded),
    )  # fmt: skip
    cell.key_bundle_folder = Path(loaded.key_bundle_folder) if loaded.key_bundle_folder else None
    try:
        yield cell
    finally:
        cell.close()


def keys_of(loaded: settings.Settings) -> cells.KeysOf:
    """Who holds the keys of a cell, as its settings say. There is no second way when that one does not answer."""

    def opened(cell: str) -> Keys:
        keys: Keys = (
            cells.software_keys(loaded.directory)(cell)
            if loaded.keyd_socket is None
            else KeydClient(loaded.directory / loaded.keyd_socket, cell)
        )
        if keys.custody in DEVELOPMENT and not loaded.allow_development_custody:
            keys.close()
            raise CustodyMismatch(
                f"{loaded.directory}: expected keys that an administrator of the machine cannot read, found "
                f"{keys.custody} custody: use a token, or set allow_development_custody = true in {settings.FILE}"
            )
        return keys

    return opened


@contextlib.contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM ask for an end instead of ending the process, for one block."""

    def asked(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def password(descriptor: int | None, *, of: str, is_new: bool = False) -> str:
    """A password from a file descriptor or from the terminal: never from an argument or the environment.

    A descriptor is read to the end of one line and not a byte further: two passwords may come one after the other.
    """
    if descriptor is not None:
        return line_of(descriptor)
    if not has_terminal():
        fail(f"expected a terminal to ask for the password of {of}, found none: give --password-fd (0 is the input).")
    first = getpass.getpass(f"{'New password' if is_new else 'Password'} for {of}: ")
    if is_new and getpass.getpass("Once more: ") != first:
        fail("expected the same password twice, found two different ones: nothing was done; begin again.")
    return first


def has_terminal() -> bool:
    """Whether somebody can be asked."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return sys.stdin is not None and sys.stdin.isatty()
    return True


def line_of(descriptor: int, *, option: str = "--password-fd", what: str = "password") -> str:
    """A secret from a file descriptor: one line, and not a byte further."""
    line = bytearray()
    try:
        while (byte := os.read(descriptor, 1)) not in (b"", b"\n"):
            line += byte
    except OSError as error:
        fail(f"{option} {descriptor}: expected an open file descriptor, found: {error.strerror}. Try 3<FILE.")
    if not line:
        fail(f"{option} {descriptor}: expected a line with the {what}, found nothing.")
    try:
        return line.removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        fail(f"{option} {descriptor}: expected a {what} in UTF-8, found other bytes.")


def act_as(cell: Cell, login: str, descriptor: int | None) -> Actor:
    """Sign in at the command line. That it happened is an event, like any other sign-in."""
    signed = roster.sign_in(cell, login=login, password=password(descriptor, of=login), kind="api")
    if isinstance(signed, Refused):
        refuse(signed)
    return signed.actor


class Front(TyperGroup):
    """The whole command line: one place that turns whatever ends a command into words, JSON and a status."""

    def main(
        self, args: Sequence[str] | None = None, prog_name: str | None = None, complete_var: str | None = None,
        standalone_mode: bool = True, windows_expand_args: bool = True, **extra: object,
    ) -> NoReturn:  # fmt: skip
        """Run and leave. Always by SystemExit, whoever calls."""
        del standalone_mode
        words = list(sys.argv[1:] if args is None else args)
        as_json = "--json" in words
        try:
            try:
                left = super().main(words, prog_name, complete_var, False, windows_expand_args, **extra)
                status = left if isinstance(left, int) else 0
                if status == STOPPED:
                    status = _tell(
                        Left("by Ctrl-C; what was acknowledged before is kept.", STOPPED, word="stopped"),
                        as_json=as_json,
                    )
            except BrokenPipeError:
                raise
            except SystemExit as error:
                # Typer leaves by itself with the status of a bad log when nobody reads on.
                if isinstance(error.__context__, BrokenPipeError):
                    raise error.__context__ from None
                raise
            except Exception as error:  # noqa: BLE001 - the edge: nothing above could say it
                status = _tell(_left(error), as_json=as_json)
            sys.stdout.flush()
        except BrokenPipeError:
            _stop_writing()
            status = UNREAD
        except OSError as error:
            _stop_writing()
            status = _tell(_left(error), as_json=False)
        raise SystemExit(status)


def _left(error: Exception) -> Left:
    """Whatever ended a command, as what is said about it."""
    if isinstance(error, Left):
        return error
    if isinstance(error, TyperException):
        # Without any words the help was printed in their place.
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "tallystick"
        said = (error.format_message() or "Expected a command").rstrip(".")
        return Left(f"{said}. See `{command} --help`.", CANNOT_STATUS)
    if isinstance(error, typer.Abort):
        return Left("expected a password, found the end of the input.", CANNOT_STATUS)
    if isinstance(error, TAMPERED):
        return Left(f"{error}. `tallystick cell check` and `tallystick log verify` say more.", REFUSED, word="bad")
    if isinstance(error, CANNOT):
        return Left(cause(error), CANNOT_STATUS)
    traceback.print_exception(error)
    sentence = "this is a fault of Tallystick, not of yours: please report the lines above."
    return Left(f"{type(error).__name__}: {error}; {sentence}", CANNOT_STATUS)


def cause(error: Exception) -> str:
    """What is wrong with a folder, a key, a disk or a database, in one sentence."""
    if isinstance(error, cells.DatabaseError):
        first = str(error).splitlines()[0]
        return (
            f"the cell's database: expected it to answer, found {first}. Is it "
            "running, reachable and writable? Was the cell made by another version? `tallystick cell rebuild` fits its "
            "read tables to this one."
        )
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: expected a place that can be used, found: {error.strerror}."
    if isinstance(error, OSError) and error.strerror:
        return f"expected to read and write, found: {error.strerror}. Free what is full or taken, and try again."
    return str(error)


def _tell(left: Left, *, as_json: bool) -> int:
    show_lines(left.listed)
    ERR.print(f"[bold red]{plain(left.word)}[/] {plain(str(left))}", soft_wrap=True)
    if as_json:
        show_json({"error": str(left), **left.told})
    return left.status


def _stop_writing() -> None:
    """Point standard output nowhere, so that the interpreter's own last flush has nothing to complain about."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError, ValueError):
        os.dup2(nowhere, sys.stdout.fileno())
