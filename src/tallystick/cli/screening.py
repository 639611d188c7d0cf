"""`tallystick screening`: obvious disqualifiers, proposed by rules or imports, confirmed by a person."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tallystick.app import screening
from tallystick.app.kernel import new_key
from tallystick.app.screening import Proposed
from tallystick.cli import shell
from tallystick.flow.refusal import Refused
from tallystick.flow.screening import GROUNDS, Proposal

app = typer.Typer(
    name="screening", no_args_is_help=True,
    help="Obvious disqualifiers. Screening passes, scores and ranks nobody.",
)  # fmt: skip


@app.command()
def waiting(
    directory: shell.Directory, login: shell.Login, password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False
) -> None:
    """List the disqualifiers on which a person has to decide. Until then they do nothing."""
    with shell.opened(directory) as cell:
        found = screening.waiting(cell, shell.act_as(cell, login, password_fd))
    if isinstance(found, Refused):
        shell.refuse(found)
    if as_json:
        names = ("disqualifier", "person", "ground", "programme", "source", "rule", "rule_version")
        shell.show_json({"disqualifiers": [{name: getattr(row, name) for name in names} for row in found]})
        return
    lines = [f"{row.disqualifier}  {row.person}  {GROUNDS[row.ground]} ({row.source})" for row in found]
    shell.show_lines(lines or ["Nothing waits for a decision."])


@app.command()
def run(
    directory: shell.Directory, login: shell.Login,
    sanctioned: Annotated[list[str] | None, typer.Option(help="A region in which nobody may be given work.")] = None,
    password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Run the cell's own rules over all experts. Whom they point at nothing of is told nowhere."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        found = screening.run_rules(cell, actor, sanctioned=sanctioned or (), key=new_key())
    _told(found, as_json=as_json)


def _told(found: Proposed | Refused, *, as_json: bool) -> None:
    if isinstance(found, Refused):
        shell.refuse(found)
    facts = {"proposed": len(found.disqualifiers), "known before": found.known}
    shell.show_facts("Proposed", facts, as_json=as_json)


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of an import."""

    person: str
    ground: str
    evidence: str
    rule: str
    rule_version: str
    about: str = ""
    programme: str | None = None


@app.command("import")
def import_(
    directory: shell.Directory, login: shell.Login,
    file: Annotated[Path, typer.Argument(help="JSONL: person, ground, evidence, rule, rule_version.")],
    password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Take in what the rules of another system point at. It does nothing until a person confirms it."""
    data = shell.read_file(file, "the findings")
    try:
        lines = [msgspec.json.decode(line, type=_Line) for line in data.splitlines() if line.strip()]
    except msgspec.MsgspecError as error:
        shell.refuse(Refused("bad-line", f"{file.name}: expected one disqualifier on each line: {error}", "file"))
    proposals = [Proposal(source="import", **msgspec.structs.asdict(line)) for line in lines]
    with shell.opened(directory) as cell:
        found = screening.propose(cell, shell.act_as(cell, login, password_fd), proposals, key=new_key())
    _told(found, as_json=as_json)


@app.command()
def decide(
    directory: shell.Directory, login: shell.Login,
    disqualifier: Annotated[str, typer.Argument(help="Id of the disqualifier.")],
    decision: Annotated[str, typer.Option(help="confirmed, dismissed or lifted.")],
    reason: Annotated[str, typer.Option(help="Why, in at least ten characters. The person reads it.")],
    password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Confirm, dismiss or lift a disqualifier. Only a person can, and nobody about themselves."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = screening.decide(cell, actor, disqualifier, decision=decision, reason=reason, key=new_key())
    if isinstance(done, Refused):
        shell.refuse(done)
    facts = {"disqualifier": disqualifier, "decision": decision, "seq": done.first_seq}
    shell.show_facts("Recorded", facts, as_json=as_json)
