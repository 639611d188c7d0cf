"""`tallystick cell`: make a cell, check it, rebuild its read tables, let people join."""

from typing import Annotated

import typer

from tallystick import settings
from tallystick.app import access, oversight, roster
from tallystick.app import cell as cells
from tallystick.app.kernel import new_key
from tallystick.cli import shell
from tallystick.flow.refusal import Refused
from tallystick.store import projection

app = typer.Typer(name="cell", no_args_is_help=True, help="Make a cell, check it, rebuild it, let people join.")


@app.command()
def create(
    directory: shell.Directory,
    lead: Annotated[str, typer.Option(help="Login of the first programme lead; the password is asked for.")],
    name: Annotated[str, typer.Option(help="Name of the log, like a domain name.")] = "cell.tallystick.example",
    database: Annotated[str | None, typer.Option(help="postgresql+psycopg://...; embedded when left out.")] = None,
    custody: Annotated[
        str, typer.Option(help="Who holds the keys: software (files, for development) or keyd (the key process).")
    ] = "software",
    keyd_socket: Annotated[str | None, typer.Option(help="Socket of the key process; with --custody keyd.")] = None,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Make a cell: keys, database, log, and a first programme lead."""
    secret = shell.password(password_fd, of=lead, is_new=True)
    person = roster.NewPerson(name=lead, roles=("lead",), login=lead, password=secret)
    # A cell without anybody in it cannot be entered by anybody: whatever can be refused is refused before it is made.
    unfit = roster.check_new(person)
    if unfit:
        shell.refuse(unfit)
    settings.check_database(database, "--database")
    settings.check_custody(custody, keyd_socket, "--custody")
    wanted = settings.Settings(directory=directory, database=database, custody=custody, keyd_socket=keyd_socket)
    cell = cells.create(
        directory, name=name, database=database, keys=shell.keys_of(wanted) if custody == "keyd" else None
    )
    settings.save(wanted)
    joined = roster.enrol(cell, access.CELL, person, key=new_key())
    if isinstance(joined, Refused):
        shell.refuse(joined)
    cell.seal()
    facts = {"cell": name, "folder": str(directory), "vkey": cell.signer.vkey, "custody": cell.custody, "lead": lead}
    shell.show_facts("Cell made", facts, as_json=as_json)
    cell.close()


@app.command("database-roles")
def database_roles(
    database: Annotated[str, typer.Option(help="postgresql+psycopg://..., as the owner of the database.")],
    application_role: Annotated[str, typer.Option(help="The role that the cell will use; it must exist.")],
    apply: Annotated[bool, typer.Option("--apply", help="Make tables and guards now, and grant.")] = False,
    as_json: shell.AsJson = False,
) -> None:
    """Print, or carry out as the owner, what lets a role run a cell on PostgreSQL without changing what was written.

    Then make the cell with `cell create --database` as that role.
    """
    settings.check_database(database, "--database")
    try:
        statements = cells.prepare_database(database, application_role, is_applied=apply)
    except (cells.BadRole, cells.DatabaseError) as error:
        shell.fail(f"{error}")
    if as_json:
        shell.show_json({"applied": apply, "statements": statements})
    else:
        for statement in statements:
            shell.OUT.print(shell.plain(f"{statement};"), soft_wrap=True)


@app.command()
def enrol(
    directory: shell.Directory,
    login: shell.Login,
    name: Annotated[str, typer.Option(help="Name of the person.")],
    role: Annotated[list[str], typer.Option(help=f"One of {', '.join(access.ROLES)}; may be given again.")],
    new_login: Annotated[str, typer.Option(help="Login of the new person; the password is asked for.")],
    expert_role: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(access.EXPERT_ROLES)}; may be given again.")
    ] = None,
    password_fd: shell.PasswordFd = None,
    new_password_fd: Annotated[int | None, typer.Option(help="The same for the new person's password.")] = None,
    as_json: shell.AsJson = False,
) -> None:
    """Let a person join."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        secret = shell.password(new_password_fd, of=new_login, is_new=True)
        person = roster.NewPerson(
            name=name, roles=tuple(role), expert_roles=tuple(expert_role or ()), login=new_login, password=secret
        )
        joined = roster.enrol(cell, actor, person, key=new_key())
        if isinstance(joined, Refused):
            shell.refuse(joined)
        shell.show_facts("Joined", {"person": joined.person, "seq": joined.receipt.first_seq}, as_json=as_json)


@app.command()
def check(directory: shell.Directory, as_json: shell.AsJson = False) -> None:
    """Compare the database with the log, and the read tables with the journal. Exit 0 good, 1 bad, 2 not checked."""
    with shell.opened(directory) as cell:
        found = oversight.check(cell)
    counted = {"events": found.events, "tables": found.tables}
    told = {"differences": list(found.differences), "notes": list(found.notes)}
    shell.show_facts("Cell checked", {**counted, **told}, as_json=as_json)
    raise typer.Exit(1 if found.differences else 0)


@app.command()
def rebuild(directory: shell.Directory, as_json: shell.AsJson = False) -> None:
    """Drop the read tables and replay the journal."""
    with shell.opened(directory) as cell:
        events = projection.rebuild(cell.engine)
    shell.show_facts("Rebuilt", {"events": events}, as_json=as_json)
