"""`tallystick cell keys` and `tallystick cell rotate`: what keys there are, and each level renewed."""

from typing import Annotated

import typer

from tallystick.app import custody
from tallystick.app.kernel import new_key
from tallystick.cli import shell
from tallystick.flow.refusal import Refused

app = typer.Typer(name="rotate", no_args_is_help=True, help="Renew keys of a cell while it works.")


def register(into: typer.Typer) -> None:
    """Add the commands."""
    into.command()(keys)
    into.add_typer(app, name="rotate")


def keys(
    directory: shell.Directory, login: shell.Login, password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False
) -> None:
    """Show who holds the keys of a cell, and which there are. Exit 2 when their holder does not answer."""
    with shell.opened(directory) as cell:
        found = custody.custody_page(cell, shell.act_as(cell, login, password_fd))
    if isinstance(found, Refused):
        shell.refuse(found)
    facts: dict[str, object] = {
        "custody": found.custody,
        "development": found.is_development,
        "epochs": [f"{row.epoch} {row.state}" for row in found.epochs],
        "log_keys": [f"{row.vkey} {row.state}" for row in found.log_keys],
    }
    shell.show_facts("Keys", facts, as_json=as_json)


@app.command()
def epoch(
    directory: shell.Directory, login: shell.Login, password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False
) -> None:
    """Renew the key-encryption key; the one before is destroyed, and with it what only it can open."""
    with shell.opened(directory) as cell:
        done = custody.rotate_epoch(cell, shell.act_as(cell, login, password_fd), new_key())
        if isinstance(done, Refused):
            shell.refuse(done)
    facts = {"epoch": done.epoch, "rewrapped": done.rewrapped, "destroyed": list(done.destroyed)}
    shell.show_facts("Epoch renewed", facts, as_json=as_json)


@app.command()
def scope(
    directory: shell.Directory,
    scope: Annotated[str, typer.Argument(help="cell, programme:ID, run:ID, person:ID, subject:DIGEST or release:ID.")],
    login: shell.Login,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Renew the key of one scope."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = custody.rotate_scope(cell, scope, actor=actor)
        if isinstance(done, Refused):
            shell.refuse(done)
    facts = {"scope": done.scope, "generation": done.generation, "rewrapped": done.rewrapped}
    shell.show_facts("Scope renewed", facts, as_json=as_json)


@app.command("log-key")
def log_key(
    directory: shell.Directory,
    login: shell.Login,
    hours: Annotated[
        float | None, typer.Option(help="Hours for which the keys before still sign; until told when left out.", min=0)
    ] = None,
    retire: Annotated[str | None, typer.Option(help="Retire this verifier key instead of adding one.")] = None,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Add a key that signs the log beside those before, or retire one."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        if retire is not None:
            retired = custody.retire_log_key(cell, actor, retire, new_key())
            if isinstance(retired, Refused):
                shell.refuse(retired)
            shell.show_facts("Log key retired", {"vkey": retire, "seq": retired.first_seq}, as_json=as_json)
            return
        retire_at = None if hours is None else cell.kernel.now() + int(hours * 3_600_000_000)
        done = custody.rotate_log_key(cell, actor, new_key(), retire_at=retire_at)
        if isinstance(done, Refused):
            shell.refuse(done)
    facts = {"vkey": done.vkey, "before": list(done.before), "retire_at": done.retire_at}
    shell.show_facts("Log key added", facts, as_json=as_json)
