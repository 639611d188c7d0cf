"""`tallystick credential`: what experts hold, what runs out, and what a person found of it."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from tallystick.app import credential
from tallystick.app.credential import EvidenceFile, Held
from tallystick.app.kernel import Receipt, new_key
from tallystick.cli import shell
from tallystick.flow.credential import DAYS_MAX, Details, Expiring, Wish, words
from tallystick.flow.refusal import Refused

app = typer.Typer(
    name="credential", no_args_is_help=True, help="Credentials of experts: verified by a person, with evidence."
)
Wanted = Annotated[str, typer.Argument(help="Id of the credential.")]
Person = Annotated[str, typer.Option(help="Id of the person.")]
LastDay = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day on which it holds.")]


@app.command()
def due(
    directory: shell.Directory, login: shell.Login,
    days: Annotated[int, typer.Option(min=0, max=DAYS_MAX, help="Look so many days ahead.")] = 60,
    password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Say what runs out within some days, or has, and what waits for a decision. For an expert: of their own."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        found = credential.running_out(cell, actor, within_days=days)
        waiting = credential.waiting(cell, actor)
    if isinstance(found, Refused):
        shell.refuse(found)
    open_now = () if isinstance(waiting, Refused) else waiting
    if as_json:
        shell.show_json({
            "within_days": days,
            "expiring": [
                {
                    "credential": one.credential, "person": one.person, "type": one.type,
                    "expires_on": one.expires_on.isoformat(), "days": one.days,
                }
                for one in found
            ],
            "waiting": [_row(one) for one in open_now],
        })  # fmt: skip
        return
    nothing = f"Nothing that was verified runs out within {shell.counted(days, 'day')}."
    lines = [_reminder(one) for one in found] or [nothing]
    shell.show_lines([*lines, *(f"waits for a decision: {_line(one)}" for one in open_now)])


def _reminder(one: Expiring) -> str:
    left = shell.counted(one.days, "day")
    when = f"ran out on {one.expires_on}" if one.days < 0 else f"runs out on {one.expires_on}, in {left}"
    return f"{one.credential}  {one.person}  {one.type} {when}"


def _row(one: Held) -> dict[str, object]:
    row = one.row
    return {
        "credential": row.credential, "person": row.person, "type": row.type, "state": one.state,
        "method": row.method, "expires_on": row.expires_on, "renews": row.renews, "files": one.files,
    }  # fmt: skip


def _line(one: Held) -> str:
    until = f", until {one.row.expires_on}" if one.row.expires_on else ""
    return f"{one.row.credential}  {one.row.person}  {one.row.type}  {words(one.state)}, {words(one.row.method)}{until}"


@app.command("list")
def list_(
    directory: shell.Directory, person: Person, login: shell.Login, password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """List the credentials of one person, the newest first."""
    with shell.opened(directory) as cell:
        found = credential.of_person(cell, shell.act_as(cell, login, password_fd), person)
    if isinstance(found, Refused):
        shell.refuse(found)
    if as_json:
        shell.show_json({"credentials": [_row(one) for one in found]})
        return
    shell.show_lines([_line(one) for one in found] or ["No credential is declared."])


@app.command()
def declare(
    directory: shell.Directory, person: Person, login: shell.Login,
    type_: Annotated[str, typer.Option("--type", help="A short name such as medical-licence.")],
    method: Annotated[str, typer.Option(help="registry_lookup, document, structured_interview or self_attested.")],
    issuer: Annotated[str, typer.Option(help="Who issued it. It goes into the vault.")],
    jurisdiction: Annotated[str, typer.Option(help="Where it holds.")] = "",
    identifier: Annotated[str, typer.Option(help="Its number.")] = "",
    expires_on: LastDay = None,
    renews: Annotated[str | None, typer.Option(help="Id of the credential that it follows.")] = None,
    password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Say that somebody holds a credential. Nobody has checked it yet."""
    wish = Wish(
        type=type_, method=method, expires_on=_day(expires_on), renews=renews,
        details=Details(issuer=issuer, jurisdiction=jurisdiction, identifier=identifier),
    )  # fmt: skip
    with shell.opened(directory) as cell:
        done = credential.declare(cell, shell.act_as(cell, login, password_fd), person, wish, key=new_key())
    if isinstance(done, Refused):
        shell.refuse(done)
    facts = {"credential": done.credential, "person": person, "seq": done.receipt.first_seq}
    shell.show_facts("Declared", facts, as_json=as_json)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


@app.command()
def evidence(
    wanted: Wanted, directory: shell.Directory, login: shell.Login,
    file: Annotated[Path, typer.Option(help="A file that shows it: a document, what a registry said, notes.")],
    password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Add a file that shows a credential. It goes into the vault."""
    data = shell.read_file(file, "the evidence")
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = credential.add_evidence(cell, actor, wanted, EvidenceFile(file.name, data), key=new_key())
    _told("Added", wanted, done, as_json=as_json)


def _told(title: str, wanted: str, done: Receipt | Refused, *, as_json: bool) -> None:
    if isinstance(done, Refused):
        shell.refuse(done)
    shell.show_facts(title, {"credential": wanted, "seq": done.first_seq}, as_json=as_json)


@app.command()
def review(
    wanted: Wanted, directory: shell.Directory, login: shell.Login, password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Take a credential up for review."""
    with shell.opened(directory) as cell:
        done = credential.start_review(cell, shell.act_as(cell, login, password_fd), wanted, key=new_key())
    _told("Under review", wanted, done, as_json=as_json)


@app.command()
def verify(
    wanted: Wanted, directory: shell.Directory, login: shell.Login,
    method: Annotated[str, typer.Option(help="registry_lookup, document or structured_interview.")],
    expires_on: LastDay = None,
    password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Mark a credential verified: a person who may, not its holder, on evidence."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = credential.verify(cell, actor, wanted, method=method, expires_on=_day(expires_on), key=new_key())
    _told("Verified", wanted, done, as_json=as_json)


Reason = Annotated[str, typer.Option(help="Why, in at least ten characters.")]


@app.command()
def reject(
    wanted: Wanted, directory: shell.Directory, login: shell.Login, reason: Reason,
    password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Say that a credential does not hold."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = credential.reject(cell, actor, wanted, reason=reason, key=new_key())
    _told("Rejected", wanted, done, as_json=as_json)


@app.command()
def withdraw(
    wanted: Wanted, directory: shell.Directory, login: shell.Login, reason: Reason,
    password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Take a credential back: one's own, or as a lead anybody's."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = credential.withdraw(cell, actor, wanted, reason=reason, key=new_key())
    _told("Withdrawn", wanted, done, as_json=as_json)
