"""`tallystick programme escape` and its kin: draw finished items for a second look, and read what got through."""

from typing import Annotated

import typer

from tallystick.api.escape import EscapeShown
from tallystick.app import adjudication, escape
from tallystick.app.kernel import new_key
from tallystick.cli import shell
from tallystick.flow.overturn import Overturns
from tallystick.flow.refusal import Refused

Number = Annotated[int, typer.Option(min=0, max=1_000, help="How many of this tier of risk.")]


def register(app: typer.Typer) -> None:
    """Add the commands to those on programmes."""
    app.command("escape")(told)
    app.command("draw")(draw)
    app.command("check-draws")(check_draws)
    app.command("overturns")(overturns)


def told(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    at_most: Annotated[float, typer.Option(help="The bound for which to say how many more looks are needed.")] = 0.05,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Say how many defects got through, as far as second looks tell, with upper bounds at 95 %."""
    with shell.opened(directory) as cell:
        found = escape.escape_page(cell, shell.act_as(cell, login, password_fd), programme, at_most=at_most)
    if isinstance(found, Refused):
        shell.refuse(found)
    if as_json:
        shell.show_json(EscapeShown.told(found).model_dump(mode="json"))
        return
    overall = found.estimate.overall
    facts = {"all": "nothing was drawn yet" if overall is None else _words(overall.rate, overall.at_most)}
    for tier, needed in zip(found.estimate.tiers, found.needed, strict=True):
        more = "not to be shown" if needed.if_sound is None else f"{needed.if_sound:,} more if all are sound"
        one = tier.found
        facts[tier.risk] = (
            f"{one.defective:,} of {one.reviewed:,}, {tier.waiting:,} waiting, of {one.population:,} finished;"
            f" {_words(one.rate, one.at_most)}; for {found.at_most:.1%}: {more}"
        )
    shell.show_facts("Defects that got through", facts, as_json=False)


def _words(rate: float | None, at_most: float | None) -> str:
    """A rate never stands without its upper bound."""
    return "unknown" if rate is None or at_most is None else f"{rate:.1%}, at most {at_most:.1%}"


def draw(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    restricted: Number = 0,
    high: Number = 0,
    medium: Number = 0,
    low: Number = 0,
    more_of: Annotated[
        int | None, typer.Option("--round", min=1, help="Draw more of this round, not of what was finished since.")
    ] = None,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Draw finished items for a second look. Nobody chooses which, and every draw counts."""
    asked = {"restricted": restricted, "high": high, "medium": medium, "low": low}
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        wanted = {name: number for name, number in asked.items() if number}
        done = escape.draw(cell, actor, programme, wanted=wanted, key=new_key(), extend=more_of)
    if isinstance(done, Refused):
        shell.refuse(done)
    facts: dict[str, object] = {"round": done.round, "draw": done.draw, **done.items, "seq": done.receipt.first_seq}
    shell.show_facts("Drawn", facts, as_json=as_json)


def check_draws(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Work every draw out again from its key, and show the key. Exit 0 when all follow from it, 1 when one does not."""
    with shell.opened(directory) as cell:
        found = escape.check_draws(cell, shell.act_as(cell, login, password_fd), programme)
    if isinstance(found, Refused):
        shell.refuse(found)
    facts: dict[str, object] = {
        "draws": found.draws, "items": found.items, "key": found.key, "wrong": list(found.wrong),
        "passed_over": list(found.passed_over),
    }  # fmt: skip
    shell.show_facts("Draws", facts, as_json=as_json)
    raise typer.Exit(1 if found.wrong else 0)


def overturns(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Show how often adjudicators decided otherwise, by criterion, domain and expert, with intervals."""
    with shell.opened(directory) as cell:
        found = adjudication.overturns(cell, shell.act_as(cell, login, password_fd), programme)
    if isinstance(found, Refused):
        shell.refuse(found)
    groups = _groups(found)
    if as_json:
        shell.show_json({"cases": found.cases, "count_min": found.count_min, "groups": groups})
        return
    facts: dict[str, object] = {"settled cases": found.cases}
    for group in groups:
        share = "too few" if group["share"] is None else f"{group['share']:.2f}"
        facts[f"{group['axis']} {group['name']}"] = (
            f"{group['overturned']} of {group['judgments']} ({share}, {group['low']:.2f} to {group['high']:.2f})"
        )
    shell.show_facts("Overturned", facts, as_json=False)


def _groups(found: Overturns) -> list[dict[str, object]]:
    """Every group that has a judgment which decided."""
    return [
        {
            "axis": axis, "name": ", ".join(rate.group), "overturned": int(rate.count), "judgments": rate.n,
            "share": rate.share, "low": rate.interval.low, "high": rate.interval.high,
        }
        for axis, rates in (
            ("criterion", found.by_criterion), ("domain", found.by_domain), ("expert", found.by_expert),
        )
        for rate in rates
        if rate.interval is not None
    ]  # fmt: skip
