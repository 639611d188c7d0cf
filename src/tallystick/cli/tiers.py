"""`tallystick programme load`, `draw-due`, `senior`: how work is spread, what tiers still need, who is senior."""

from typing import Annotated

import typer

from tallystick.api.tiers import Load
from tallystick.app import escape, tiers
from tallystick.app.kernel import new_key
from tallystick.cli import shell
from tallystick.flow.refusal import Refused

Reason = Annotated[str, typer.Option(help="Why, in at least 20 characters.")]
Person = Annotated[str, typer.Option(help="The pseudonym of the person.")]


def register(app: typer.Typer) -> None:
    """Add the commands to those on programmes."""
    app.command("load")(load)
    app.command("draw-due")(draw_due)
    app.command("senior")(senior)


def load(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Show who has done how much, how full the plan is, and what each batch still needs by its tier of risk."""
    with shell.opened(directory) as cell:
        found = tiers.load_page(cell, shell.act_as(cell, login, password_fd), programme)
    if isinstance(found, Refused):
        shell.refuse(found)
    if as_json:
        shell.show_json(Load.told(found).model_dump(mode="json"))
        return
    spread = found.spread
    facts: dict[str, object] = {
        "experts": "none yet" if spread is None else
        f"{spread.people:,}: {spread.least:,} to {spread.most:,} judged, median {spread.median:,}, "
        f"Gini {spread.gini_ppm / 1_000_000:.2f}"
    }  # fmt: skip
    facts |= {
        f"{fill.axis} {fill.value}": f"{fill.filled:,} of {fill.target:,} finished" for fill in found.quotas
    }  # fmt: skip
    facts |= {
        f"{one.row.name}/{one.row.domain}": " ".join(need.sentence for need in one.needs) or "nothing by its tier"
        for one in found.batches
    }
    shell.show_facts("Load and tiers", facts, as_json=False)


def draw_due(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Draw the finished items that the tiers of the contract need looked at again. Nobody chooses which."""
    with shell.opened(directory) as cell:
        done = escape.draw_due(cell, shell.act_as(cell, login, password_fd), programme, key=new_key())
    if isinstance(done, Refused):
        shell.refuse(done)
    facts: dict[str, object] = {"draws": len(done), "items": sum(sum(one.items.values()) for one in done)}
    shell.show_facts("Drawn", facts, as_json=as_json)


def senior(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    person: Person,
    reason: Reason,
    rests_on: Annotated[str, typer.Option(help="credential or years, as the contract has it.")] = "years",
    is_end: Annotated[bool, typer.Option("--end", help="Say that they are senior no more.")] = False,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Make an adjudicator a senior one of a programme, or end it."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        if is_end:
            done = tiers.revoke_senior(cell, actor, programme, person, reason=reason, key=new_key())
        else:
            done = tiers.grant_senior(
                cell, actor, programme, person, rests_on=rests_on, reason=reason, key=new_key()
            )  # fmt: skip
    if isinstance(done, Refused):
        shell.refuse(done)
    shell.show_facts("Senior", {"person": person, "seq": done.first_seq}, as_json=as_json)
