"""`tallystick cell people | execute-contract`: who is here, and since when they may work."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tallystick.app import roster
from tallystick.app.kernel import new_key
from tallystick.cli import shell
from tallystick.flow.refusal import Refused


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(people)
    app.command("execute-contract")(execute_contract)
    app.command("declare-region")(declare_region)


def people(
    directory: shell.Directory, login: shell.Login, password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False
) -> None:
    """List everybody in the cell with roles and contract. That the names were read is an event."""
    with shell.opened(directory) as cell:
        found = roster.people(cell, shell.act_as(cell, login, password_fd))
    if isinstance(found, Refused):
        shell.refuse(found)
    told = [
        {
            "person": view.row.person, "name": view.profile.name, "login": view.login, "origin": view.row.origin,
            "roles": [*view.roles, *view.expert_roles], "contract_executed_at": _moment(view.row.executed_at),
        }
        for view in found
    ]  # fmt: skip
    if as_json:
        shell.show_json({"people": told})
        return
    for row in told:
        roles = ", ".join(str(role) for role in row["roles"]) or "rater of an imported set"
        since = row["contract_executed_at"] or "no contract"
        line = f"{row['person']}  {row['name']}  {row['login'] or 'no login'}  ({roles}; {since})"
        shell.OUT.print(shell.plain(line), soft_wrap=True)


def _moment(microseconds: int | None) -> str | None:
    return None if microseconds is None else datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat()


def execute_contract(
    directory: shell.Directory,
    login: shell.Login,
    person: Annotated[str, typer.Option(help="Id of the person.")],
    template: Annotated[Path, typer.Option(help="The contract's text; its digest is recorded.")],
    executed_at: Annotated[datetime, typer.Option(help="When it was executed, in UTC.")],
    ip_assigned_at: Annotated[datetime, typer.Option(help="When rights were assigned, in UTC.")],
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Record that an expert's contract and rights assignment were executed. Work before is flagged for ever."""
    text = shell.read_file(template, "the contract's text")
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = roster.execute_contract(
            cell, actor, person, template=text, executed_at=_microseconds(executed_at),
            ip_assigned_at=_microseconds(ip_assigned_at), key=new_key(),
        )  # fmt: skip
    if isinstance(done, Refused):
        shell.refuse(done)
    shell.show_facts("Recorded", {"person": person, "seq": done.first_seq}, as_json=as_json)


def _microseconds(moment: datetime) -> int:
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1e6)


def declare_region(
    directory: shell.Directory,
    login: shell.Login,
    person: Annotated[str, typer.Option(help="Id of the person.")],
    region: Annotated[str, typer.Option(help="ISO 3166 code such as DE or US-CA, or EU.")],
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Declare where a person is when they read content. Contracts with regions give content to nobody elsewhere."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = roster.declare_region(cell, actor, person, region=region, key=new_key())
    if isinstance(done, Refused):
        shell.refuse(done)
    facts = {"person": person, "region": region, "seq": done.first_seq}
    shell.show_facts("Declared", facts, as_json=as_json)
