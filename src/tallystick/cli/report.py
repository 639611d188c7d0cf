"""`tallystick programme report` and `audit`: why quality is as it is, and whether form decides."""

from pathlib import Path
from typing import Annotated

import typer

from tallystick.api.monitoring import ReportShown
from tallystick.app import monitoring
from tallystick.app.kernel import new_key
from tallystick.cli import shell
from tallystick.events.monitoring import ShortcutAudited
from tallystick.flow.monitoring import told
from tallystick.flow.monitoring.written import markdown
from tallystick.flow.refusal import Refused


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(report)
    app.command()(audit)


def report(
    programme: shell.Programme,
    directory: shell.Directory,
    login: shell.Login,
    out: Annotated[Path | None, typer.Option(help="Write the Markdown into this file instead.")] = None,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Explain a programme's quality as Markdown: root causes, what to do, figures and where they come from."""
    with shell.opened(directory) as cell:
        page = monitoring.quality(cell, shell.act_as(cell, login, password_fd), programme)
    if isinstance(page, Refused):
        shell.refuse(page)
    if as_json:
        shell.show_json(ReportShown.told(page).model_dump(mode="json"))
    elif out is not None:
        out.write_text(markdown(page.report))
        shell.show_facts("Written", {"file": str(out)}, as_json=False)
    else:
        typer.echo(markdown(page.report), nl=False)


def audit(
    programme: shell.Programme,
    directory: shell.Directory,
    login: shell.Login,
    language: Annotated[str, typer.Option(help="Of the items that are taken, such as en; all of them otherwise.")] = "",
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Hold all preferences against length, form and place, and record it. Exit 0 when nothing is flagged, else 1."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        with shell.waiting("Measuring texts", as_json=as_json):
            done = monitoring.run(cell, actor, programme, language=language, key=new_key())
    if isinstance(done, Refused):
        shell.refuse(done)
    flagged = [fact for fact in done.facts if fact.is_flagged]
    if as_json:
        shell.show_json({"audit": done.audit, "seq": done.receipt.first_seq, "groups": [_group(f) for f in done.facts]})
    else:
        facts = {_name(fact): told.foretold(fact) for fact in done.facts}
        shell.show_facts(f"Shortcut audit at journal entry {done.receipt.first_seq:,}", facts, as_json=False)
        shell.show_lines([f"{_name(fact)}: {sentence}" for fact in done.facts for sentence in _found(fact)])
    raise typer.Exit(1 if flagged else 0)


def _name(fact: ShortcutAudited) -> str:
    return f"{fact.name or fact.axis}, judged {fact.source}"


def _found(fact: ShortcutAudited) -> list[str]:
    return [told.effect_sentence(one, fact) for one in fact.effects if one.is_called and one.win_ppm is not None]


def _group(fact: ShortcutAudited) -> dict[str, object]:
    return {
        "axis": fact.axis, "name": fact.name, "source": fact.source, "pairs": fact.pairs, "prompts": fact.prompts,
        "accuracy_ppm": fact.accuracy_ppm, "accuracy_low_ppm": fact.accuracy_low_ppm, "is_flagged": fact.is_flagged,
        "called": {one.feature: one.win_ppm for one in fact.effects if one.is_called}, "left_out": fact.left_out,
    }  # fmt: skip
