"""`tallystick contract`: the operating checklist of a programme, and its phases."""

from typing import Annotated

import typer

from tallystick.api.checklist import Checklist
from tallystick.app import checklist
from tallystick.app.checklist import ChecklistPage
from tallystick.app.kernel import new_key
from tallystick.cli import shell
from tallystick.flow.checklist import FAIL, MEANING, NOT_APPLICABLE, PASS, Line
from tallystick.flow.refusal import Refused

app = typer.Typer(name="contract", no_args_is_help=True, help="The operating checklist of a programme, and its phases.")

SIGNS = {PASS: "pass", FAIL: "FAIL", NOT_APPLICABLE: "n/a "}
Name = Annotated[str, typer.Argument(metavar="PROGRAMME", help="Name of the programme.")]


@app.command()
def check(
    programme: Name,
    directory: shell.Directory,
    login: shell.Login,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Evaluate the operating checklist on a programme as it is now. Exit 0 when no line fails, 1 when one does."""
    with shell.opened(directory) as cell:
        found = checklist.checklist(cell, shell.act_as(cell, login, password_fd), programme)
    if isinstance(found, Refused):
        shell.refuse(found)
    if as_json:
        shell.show_json(Checklist.told(found).model_dump(mode="json"))
    else:
        _show(found)
    raise typer.Exit(1 if found.count(FAIL) else 0)


def _show(found: ChecklistPage) -> None:
    shell.OUT.print(f"[bold]{shell.plain(found.row.title)}[/] ({shell.plain(found.row.programme)}, {found.row.phase})")
    for one in found.lines:
        shell.OUT.print(f"\n[bold]{SIGNS[one.state]}[/]  {shell.plain(one.title)}", soft_wrap=True)
        shell.OUT.print(f"      {shell.plain(one.found)}", soft_wrap=True)
        if one.todo:
            shell.OUT.print(f"      What to do: {shell.plain(one.todo)}", soft_wrap=True)
        if one.evidence:
            shell.OUT.print(f"      [dim]{shell.plain(_evidence(one))}[/]", soft_wrap=True)
    shell.OUT.print(
        f"\n{found.count(PASS)} pass, {found.count(FAIL)} fail, {found.count(NOT_APPLICABLE)} not applicable; up to "
        f"entry {found.upto:,} of the journal.",
        soft_wrap=True,
    )


def _evidence(one: Line) -> str:
    return "; ".join(f"{it.kind} {it.ref}" for it in one.evidence)


@app.command()
def phase(
    programme: Name,
    directory: shell.Directory,
    login: shell.Login,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Show the phase of a programme, where it can go, and what is missing before production."""
    with shell.opened(directory) as cell:
        found = checklist.phase_state(cell, shell.act_as(cell, login, password_fd), programme)
    if isinstance(found, Refused):
        shell.refuse(found)
    missing = [{"code": one.code, "found": one.found, "todo": one.todo} for one in found.missing]
    facts: dict[str, object] = {"programme": programme, "phase": found.row.phase, "ways": list(found.ways)}
    facts |= {"pilot": found.ready.release if found.ready else None}
    facts |= {"missing": missing} if as_json else {"meaning": MEANING[found.row.phase]}
    shell.show_facts("Phase", facts, as_json=as_json)
    if not as_json:
        shell.show_lines([f"{one.found} {one.todo}" for one in found.missing])


@app.command()
def move(
    programme: Name,
    to: Annotated[str, typer.Argument(metavar="PHASE", help="pilot, production or closed.")],
    directory: shell.Directory,
    login: shell.Login,
    rationale: Annotated[str, typer.Option(help="Why, in at least 20 characters.")],
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Move a programme to another phase. The checklist as it stands goes into the journal with the move."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = checklist.move(cell, actor, programme, phase=to, rationale=rationale, key=new_key())
    if isinstance(done, Refused):
        shell.refuse(done)
    facts: dict[str, object] = {
        "programme": programme, "before": done.before, "phase": done.phase, "seq": done.receipt.first_seq,
        "failed_lines": list(done.failed),
    }  # fmt: skip
    shell.show_facts("Moved", facts, as_json=as_json)
