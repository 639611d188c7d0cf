"""`tallystick release cut | export | list | rebuild`: make releases of a cell, open them, make one again from a log."""

from pathlib import Path
from typing import Annotated

import typer

from tallystick import bundle
from tallystick.app import release
from tallystick.app.kernel import new_key
from tallystick.cli import shell
from tallystick.flow.refusal import Refused
from tallystick.flow.release import CONSENSUS, USES, Wish
from tallystick.ledger.reader import LogReader


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(cut)
    app.command()(export)
    app.command("list")(list_)
    app.command()(rebuild)


def cut(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    version: Annotated[str, typer.Option(help="Such as 1.0.0; a version is used once.")],
    name: Annotated[str | None, typer.Option(help="Name of the release; the programme's when left out.")] = None,
    use: Annotated[str, typer.Option(help=f"One of {', '.join(USES)}.")] = "train",
    batch: Annotated[
        list[str] | None,
        typer.Option(help="Id of a batch; may be given again. Without it, all batches that pass their gate."),
    ] = None,
    consensus: Annotated[
        str | None,
        typer.Option(help=f"A model of raters, one of {', '.join(CONSENSUS)}: its consensus beside all judgments."),
    ] = None,
    affected_rationale: Annotated[
        str | None,
        typer.Option(help="Why affected judgments that nobody reviewed may be released; it stands in the data card."),
    ] = None,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Cut a release and build its folder. While a gate fails or a right forbids it, it is refused with the reason."""
    wish = Wish(
        programme=programme, name=name or programme, version=version, use=use,
        batches=tuple(batch) if batch else None, consensus=consensus, rationale=affected_rationale or "",
    )  # fmt: skip
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        made = release.cut(cell, actor, wish, key=new_key())
    if isinstance(made, Refused):
        shell.refuse(made)
    facts = {"release": made.release, "name": made.name, "version": made.version, "sealed": made.place}
    shell.show_facts("Released", facts, as_json=as_json)


def export(
    wanted: Annotated[
        str, typer.Argument(metavar="RELEASE", help="Its name and version, as answers-1.0.0, or its id.")
    ],
    to: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is new or empty.")],
    directory: shell.Directory,
    login: shell.Login,
    destination: Annotated[
        str | None, typer.Option(help="Region that it goes to, as DE; asked for where the contract names regions.")
    ] = None,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Write a release in the clear: in the cell it stands sealed. Who did so is an event."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        try:
            done = release.export(cell, actor, wanted, to, destination=destination)
        except FileExistsError as error:
            shell.fail(str(error))
    if isinstance(done, Refused):
        shell.refuse(done)
    facts = {"release": done.release, "folder": str(done.directory), "files": done.files}
    shell.show_facts("Exported", facts, as_json=as_json)


def list_(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """List the releases of a programme, newest first."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        rows = release.releases_of(cell, actor, programme)
    if isinstance(rows, Refused):
        shell.refuse(rows)
    told = [
        {"release": r.release, "name": r.name, "version": r.version, "state": r.state, "records": r.records}
        for r in rows
    ]
    if as_json:
        shell.show_json({"releases": told})
        return
    for row in told:
        line = f"{row['name']} {row['version']}  {row['state']}, {row['records']} records  {row['release']}"
        shell.OUT.print(shell.plain(line), soft_wrap=True)
    if not told:
        shell.OUT.print("No release yet. `tallystick release cut` makes one.")


def rebuild(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The release folder: its contents are used.")],
    log: Annotated[Path, typer.Option("--log", metavar="LOGDIR", help="A copy of the log.")],
    out: Annotated[Path, typer.Option("--out", help="Where the rebuilt release goes; a folder that is not there yet.")],
    as_json: shell.AsJson = False,
) -> None:
    """Build a release again, without its cell, and compare every byte. Exit 0 the same, 1 different, 2 not possible."""
    try:
        differences = bundle.rebuild(folder, log, out)
    except (bundle.CannotRebuild, bundle.CannotBuild, FileExistsError) as error:
        reason = error.__cause__ if isinstance(error.__cause__, OSError) else error
        shell.fail(shell.cause(reason))
    size = LogReader(log).checkpoint().size
    facts = {"out": str(out), "log_size": size, "differences": [str(difference) for difference in differences]}
    shell.show_facts("Rebuilt", facts, as_json=as_json)
    raise typer.Exit(1 if differences else 0)
