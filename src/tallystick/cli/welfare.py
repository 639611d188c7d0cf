"""`tallystick programme exposure`: how much content that can weigh on people they had, and who is at a limit."""

import typer

from tallystick.app import welfare
from tallystick.app.welfare import Exposure
from tallystick.cli import shell
from tallystick.flow.refusal import Refused


def register(app: typer.Typer) -> None:
    """Add the command to those on programmes."""
    app.command("exposure")(exposure)


def exposure(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Say what people had of which content by week, who is at a limit now, and how many left a kind out."""
    with shell.opened(directory) as cell:
        found = welfare.exposure(cell, shell.act_as(cell, login, password_fd), programme)
    if isinstance(found, Refused):
        shell.refuse(found)
    if as_json:
        shell.show_json(_object(found))
        return
    facts: dict[str, object] = {
        f"{row.week} {row.category}": f"{shell.counted(row.items, 'item')}, {row.active_ms // 60_000:,} min, people: "
        f"{row.people:,}"
        for row in found.weeks
    }  # fmt: skip
    facts |= {
        f"left out {row.category}": "not told" if row.people is None else f"{row.people:,}" for row in found.opt_outs
    }
    for row in found.at_limit:
        facts[f"at a limit {row.person} {row.category or 'all work'}"] = "a break" if row.is_break else "for the day"
    shell.show_facts("Exposure", facts or {"all": "the contract names no such content"}, as_json=False)


def _object(found: Exposure) -> dict[str, object]:
    return {
        "programme": found.programme,
        "weeks": [
            {
                "week": row.week, "category": row.category, "people": row.people, "items": row.items,
                "active_ms": row.active_ms,
            }
            for row in found.weeks
        ],
        "at_limit": [
            {"person": row.person, "category": row.category, "is_break": row.is_break} for row in found.at_limit
        ],
        "opt_outs": [{"category": row.category, "people": row.people} for row in found.opt_outs],
    }  # fmt: skip
