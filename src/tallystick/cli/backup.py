"""`tallystick cell backup`, `key-backup`, `restore`, `drill`: keep a cell, bring it back, prove that it works."""

import dataclasses
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tallystick import settings
from tallystick.app import backup
from tallystick.app import cell as cells
from tallystick.app.backup import BackedUp, BackupExists, BadBackup, NotEmpty, Source
from tallystick.cli import shell, storage

To = Annotated[Path, typer.Option("--to", help="A folder that does not exist yet.")]
Database = Annotated[
    str | None, typer.Option(help="An empty database, postgresql+psycopg://...; embedded when left out.")
]


def register(cell: typer.Typer) -> None:
    """Add the commands to those of the cell."""
    cell.command(name="backup")(back_up)
    cell.command(name="key-backup")(back_up_keys)
    cell.command()(restore)
    cell.command()(drill)


def back_up(directory: shell.Directory, to: To, as_json: shell.AsJson = False) -> None:
    """Back a cell up while it serves: journal, sealed content, wrapped keys, the notes of the log. Never a key."""
    with shell.opened(directory) as cell, shell.waiting("Backing up", as_json=as_json):
        made = _made(lambda: backup.back_up(cell, to))
    _show("Backed up", made, as_json=as_json)


def back_up_keys(directory: shell.Directory, to: To, as_json: shell.AsJson = False) -> None:
    """Back up only the wrapped keys as they are now: an older backup needs the newest after an erasure."""
    with shell.opened(directory) as cell:
        made = _made(lambda: backup.back_up_keys(cell, to))
    _show("Wrapped keys backed up", made, as_json=as_json)


def _made(act: object) -> BackedUp:
    assert callable(act)
    try:
        made = act()
    except BackupExists as error:
        shell.fail(str(error))
    assert isinstance(made, BackedUp)
    return made


def _show(title: str, made: BackedUp, *, as_json: bool) -> None:
    facts = {"folder": str(made.folder), "entries": made.entries, "files": made.files, "bytes": made.bytes}
    shell.show_facts(title, facts, as_json=as_json)


def restore(
    directory: shell.Directory,
    source: Annotated[Path, typer.Option("--from", help="The folder of the backup.")],
    database: Database = None,
    keys: Annotated[Path | None, typer.Option(help="The newest backup of wrapped keys.")] = None,
    log: Annotated[Path | None, typer.Option(help="A copy of the log that is newer than the backup.")] = None,
    is_newest: Annotated[
        bool, typer.Option("--log-is-lost", help="No newer copy of the log exists anywhere, a witness's included.")
    ] = False,
    vkey: Annotated[list[Path] | None, typer.Option(help="A file with a log key that came after the backup.")] = None,
    development_keys: Annotated[
        Path | None, typer.Option(help="The folder with the key files, for software custody.")
    ] = None,
    as_json: shell.AsJson = False,
) -> None:
    """Make a cell from a backup, in an empty folder. Exit 0 good, 1 something differs, 2 not restored."""
    if log is None and not is_newest:
        shell.fail(
            "expected a copy of the log that is newer than the backup (--log): a cell that goes on from an older state "
            "forks its log, and its witnesses refuse it. Ask the witness; or, if there is none, give --log-is-lost"
        )
    loaded = _settings(source, directory, database)
    vkeys = tuple(shell.read_text(path, "a log key").strip() for path in vkey or ())
    wanted = Source(source, keys=keys, log=log, vkeys=vkeys)
    try:
        backup.refuse_occupied(directory)  # before keys are put there: it may be another cell's
        if development_keys is not None:
            _bring_keys(development_keys, directory / cells.KEYS_FOLDER)
        with shell.waiting("Restoring", as_json=as_json):
            found = backup.restore(
                wanted, directory, database=loaded.database, keys=shell.keys_of(loaded),
                log_store=storage.log_store(loaded), vault_store=storage.vault_store(loaded),
                configuration=settings.text_of(loaded),
            )  # fmt: skip
    except (BadBackup, NotEmpty) as error:
        shell.fail(str(error))
    facts = {**dataclasses.asdict(found), "directory": str(found.directory), "differences": list(found.differences)}
    shell.show_facts("Restored", facts, as_json=as_json)
    raise typer.Exit(1 if found.differences else 0)


def _bring_keys(source: Path, folder: Path) -> None:
    """Copy key files; one that is there already must be the same."""
    names = [path.name for path in source.iterdir() if path.suffix == ".key"] if source.is_dir() else []
    if not names:
        shell.fail(f"{source}: expected the key files of a cell, found none: name its folder keys/")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in names:
        target = folder / name
        if target.exists() and target.read_bytes() != (source / name).read_bytes():
            shell.fail(f"{target}: expected the key file that is brought, found another: begin in an empty folder")
        shutil.copy2(source / name, target)


def _settings(source: Path, directory: Path, database: str | None) -> settings.Settings:
    """Those of the backup, for another folder and another database."""
    settings.check_database(database, "--database")
    return dataclasses.replace(settings.load(source), directory=directory, database=database)


def drill(
    directory: shell.Directory,
    database: Database = None,
    within: Annotated[Path | None, typer.Option(help="A folder with room for a second cell.")] = None,
    as_json: shell.AsJson = False,
) -> None:
    """Back the cell up, restore it beside, compare everything, remove both. Exit 0 good, 1 something differs."""
    settings.check_database(database, "--database")
    loaded = settings.load(directory)
    with shell.opened(directory) as cell, tempfile.TemporaryDirectory(dir=within) as folder:
        try:
            with shell.waiting("Drilling", as_json=as_json):
                found = backup.drill(cell, Path(folder) / "drill", keys=shell.keys_of(loaded), database=database)
        except (BadBackup, NotEmpty) as error:
            shell.fail(str(error))
    facts = {**dataclasses.asdict(found), "differences": list(found.differences)}
    shell.show_facts("Drilled", facts, as_json=as_json)
    raise typer.Exit(1 if found.differences else 0)
