"""`tallystick programme pool | compose-pool`: the experts of a programme together, small counts hidden."""

import msgspec
import typer

from tallystick.app import pool
from tallystick.app.kernel import new_key
from tallystick.cli import shell
from tallystick.events.pool import PoolComposed, PoolPart
from tallystick.flow.refusal import Refused


def register(app: typer.Typer) -> None:
    """Add the commands to those on programmes."""
    app.command("pool")(told)
    app.command("compose-pool")(compose)


def told(
    directory: shell.Directory, programme: shell.Programme, login: shell.Login, password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Show the pool as it was last composed. It is never counted for a look."""
    with shell.opened(directory) as cell:
        found = pool.pool_page(cell, shell.act_as(cell, login, password_fd), programme)
    if isinstance(found, Refused):
        shell.refuse(found)
    _show(found.newest, as_json=as_json)


def compose(
    directory: shell.Directory, programme: shell.Programme, login: shell.Login, password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Record the pool as it is now. Refused while too few people differ from an earlier composition."""
    with shell.opened(directory) as cell:
        found = pool.compose(cell, shell.act_as(cell, login, password_fd), programme, key=new_key())
    if isinstance(found, Refused):
        shell.refuse(found)
    _show(found, as_json=as_json)


def _show(found: PoolComposed | None, *, as_json: bool) -> None:
    if as_json:
        shell.show_json({"newest": None if found is None else msgspec.to_builtins(found)})
        return
    if found is None:
        shell.show_lines(["The pool was not composed yet."])
        return
    lines = [f"{found.people} people; counts below {found.cell_min} are hidden"]
    shell.show_lines([*lines, *(_line(part) for part in found.parts)])


def _line(part: PoolPart) -> str:
    if part.is_withheld:
        return f"{part.axis}: withheld, too little has changed since it was told before"
    cells = ", ".join(f"{cell.group} {'hidden' if cell.people is None else cell.people}" for cell in part.cells)
    together = f"; hidden together {part.hidden_people}" if part.hidden_people else ""
    return f"{part.axis}: {cells or 'none shown'}{together}"
