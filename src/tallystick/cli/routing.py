"""`tallystick cell clear` and its kin: who may see restricted items, and which languages are confirmed."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from tallystick.app import routing
from tallystick.app.kernel import new_key
from tallystick.cli import shell
from tallystick.flow.refusal import Refused

Person = Annotated[str, typer.Option(help="Id of the person.")]


def register(app: typer.Typer) -> None:
    """Add the commands to those on a cell."""
    app.command("clear")(clear)
    app.command("revoke-clearance")(revoke)
    app.command("confirm-language")(confirm)


def clear(
    directory: shell.Directory,
    login: shell.Login,
    person: Person,
    programme: shell.Programme,
    until: Annotated[datetime, typer.Option(help="When it ends, in UTC; at most a year from now.")],
    reason: Annotated[str, typer.Option(help="Why they need to know: 10 to 300 characters.")],
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Let somebody see the restricted items of one programme. Nobody clears themselves."""
    end = int(until.replace(tzinfo=UTC).timestamp()) * 1_000_000
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = routing.grant(cell, actor, person, programme=programme, until=end, reason=reason, key=new_key())
    if isinstance(done, Refused):
        shell.refuse(done)
    shell.show_facts("Cleared", {"clearance": done.clearance, "seq": done.receipt.first_seq}, as_json=as_json)


def revoke(
    directory: shell.Directory,
    login: shell.Login,
    clearance: Annotated[str, typer.Option(help="Id of the clearance.")],
    reason: Annotated[str, typer.Option(help="Why they need to know no more: 10 to 300 characters.")],
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Take a clearance back. It takes effect at once."""
    with shell.opened(directory) as cell:
        done = routing.revoke(cell, shell.act_as(cell, login, password_fd), clearance, reason=reason, key=new_key())
    if isinstance(done, Refused):
        shell.refuse(done)
    shell.show_facts("Revoked", {"clearance": clearance, "seq": done.first_seq}, as_json=as_json)


def confirm(
    directory: shell.Directory,
    login: shell.Login,
    person: Person,
    language: Annotated[str, typer.Option(help="BCP 47 tag, as they declared it.")],
    level: Annotated[str, typer.Option(help="A1 to C2, or native.")],
    how: Annotated[str, typer.Option(help="How you found out: 10 to 300 characters.")],
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Confirm that somebody else knows a language at least so well."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = routing.confirm_language(cell, actor, person, language=language, level=level, how=how, key=new_key())
    if isinstance(done, Refused):
        shell.refuse(done)
    shell.show_facts("Confirmed", {"language": language, "level": level, "seq": done.first_seq}, as_json=as_json)
