"""`tallystick intervention`: what a failing gate opened, and a lead's steps to one that passes."""

from typing import Annotated

import typer

from tallystick.app.intervention import diagnosing, reading, steps
from tallystick.app.intervention.reading import InterventionPage, Listed
from tallystick.app.intervention.steps import Done
from tallystick.app.kernel import new_key
from tallystick.canon import PPM
from tallystick.cli import shell
from tallystick.events.gate import MeasuredValue
from tallystick.events.intervention import FindingFacts, InterventionRemeasured
from tallystick.flow import intervention as flow
from tallystick.flow.refusal import Refused

app = typer.Typer(
    name="intervention", no_args_is_help=True, help="What a failing gate opened: the rubric first, people last."
)

Wanted = Annotated[str, typer.Argument(help="Id of the intervention.")]
Person = Annotated[str, typer.Option("--person", help="Pseudonym of the expert.")]


@app.command("list")
def list_(
    directory: shell.Directory, programme: shell.Programme, login: shell.Login, password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """List the interventions of a programme, the newest first."""
    with shell.opened(directory) as cell:
        found = reading.interventions(cell, shell.act_as(cell, login, password_fd), programme)
    if isinstance(found, Refused):
        shell.refuse(found)
    if as_json:
        shell.show_json([_row(one) for one in found])
        return
    shell.show_lines([_line(one) for one in found] or ["No gate of this programme has failed yet."])


def _row(one: Listed) -> dict[str, object]:
    row = one.row
    return {
        "intervention": row.intervention, "batch": row.batch, "batch_name": one.batch_name, "domain": row.domain,
        "rubric": row.rubric, "stage": one.state.stage, "round": one.state.round, "outcome": row.outcome,
    }  # fmt: skip


def _line(one: Listed) -> str:
    how = one.row.outcome or f"{one.state.stage}, round {one.state.round}"
    return f"{one.row.intervention}  {one.batch_name} in {one.row.domain}  {how}"


@app.command()
def show(
    wanted: Wanted, directory: shell.Directory, login: shell.Login, password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Show one: where it stands, what was found, before and after, what comes next."""
    with shell.opened(directory) as cell:
        found = reading.page(cell, shell.act_as(cell, login, password_fd), wanted)
    if isinstance(found, Refused):
        shell.refuse(found)
    facts: dict[str, object] = {
        "batch": f"{found.batch_name} in {found.row.domain}", "stage": found.state.stage, "round": found.state.round,
        "outcome": found.row.outcome, "fell_short": [_value(value) for value in found.state.opened.short],
        "threshold": f"{found.state.opened.threshold_ppm / PPM:.3f}", "next": list(flow.next_commands(found.state)),
        "waiting_items": found.waiting, "findings": _findings(found),
        "remeasured": [_change(one) for one in found.remeasured], "named": list(found.named),
        "stood_down": [one.person for one in found.stood_down],
        "not_now": {name: refused.sentence for name, refused in found.not_now.items()},
    }  # fmt: skip
    shell.show_facts(f"Intervention {wanted}", facts, as_json=as_json)


def _value(value: MeasuredValue) -> str:
    name = value.what.removeprefix("criterion:")
    if value.value_ppm is None:
        return f"{name} undefined ({value.status})"
    return f"{name} {value.value_ppm / PPM:.3f}{_interval(value.low_ppm, value.high_ppm)}"


def _interval(low: int | None, high: int | None) -> str:
    return "" if low is None or high is None else f" ({low / PPM:.3f} to {high / PPM:.3f})"


def _findings(page: InterventionPage) -> list[str]:
    found = page.diagnosis.findings if page.diagnosis else []
    return [_finding(one) for one in found if one.gain_ppm is not None and (one.is_clear or one.gain_ppm > 0)]


def _finding(one: FindingFacts) -> str:
    assert one.gain_ppm is not None, "findings without a gain are left out"
    share = "" if one.share_ppm is None else f", {100 * one.share_ppm / PPM:.0f} % of the shortfall"
    clear = ", clear" if one.is_clear else ""
    return f"{one.kind} {one.name}: {one.gain_ppm / PPM:+.3f}{_interval(one.low_ppm, one.high_ppm)}{share}{clear}"


def _change(one: InterventionRemeasured) -> str:
    change = one.reason or ""
    if one.difference_ppm is not None:
        change = f"{one.difference_ppm / PPM:+.3f}{_interval(one.low_ppm, one.high_ppm)}"
    return f"round {one.round}: {_value(one.before)}, then {_value(one.after)}: {change}; {one.decision}"


@app.command()
def diagnose(
    wanted: Wanted, directory: shell.Directory, login: shell.Login, password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Look for what would help most, the rubric first, and record it."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        with shell.waiting("Looking for what would help most", as_json=as_json):
            done = diagnosing.diagnose(cell, actor, wanted, key=new_key())
    _report(done, as_json=as_json)


def _report(done: Done | Refused, *, as_json: bool) -> None:
    if isinstance(done, Refused):
        shell.refuse(done)
    facts = {"intervention": done.intervention, "stage": done.stage, "seq": done.receipt.first_seq}
    shell.show_facts("Recorded", facts, as_json=as_json)


@app.command("rule-out")
def rule_out(
    wanted: Wanted, directory: shell.Directory, login: shell.Login,
    justification: Annotated[str, typer.Option(help="Why the rubric does not explain it; at least 80 characters.")],
    password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """State why the rubric does not explain what is left, after a calibration session was held."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = steps.rule_out(cell, actor, wanted, justification=justification, key=new_key())
    _report(done, as_json=as_json)


@app.command()
def requeue(
    wanted: Wanted, directory: shell.Directory, login: shell.Login,
    choice: Annotated[str, typer.Option(help="affected, stood-down or all.")] = flow.AFFECTED,
    by_others: Annotated[bool, typer.Option("--by-others", help="Not by whoever judged these items before.")] = False,
    password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Have judgments made again under the version in force. None is lost."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = steps.requeue(cell, actor, wanted, choice=choice, by_same=not by_others, key=new_key())
    _report(done, as_json=as_json)


@app.command("stand-down")
def stand_down(
    wanted: Wanted, directory: shell.Directory, login: shell.Login, person: Person,
    justification: Annotated[str, typer.Option(help="Why; at least 80 characters that a later reader can check.")],
    password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Let an expert stand down: the last step, refused before the rubric was ruled out."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = steps.stand_down(cell, actor, wanted, person=person, justification=justification, key=new_key())
    _report(done, as_json=as_json)


@app.command()
def reinstate(
    wanted: Wanted, directory: shell.Directory, login: shell.Login, person: Person,
    reason: Annotated[str, typer.Option(help="Why; at least 20 characters.")],
    password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Let an expert who stood down work under the rubric again."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = steps.reinstate(cell, actor, wanted, person=person, reason=reason, key=new_key())
    _report(done, as_json=as_json)


@app.command()
def close(
    wanted: Wanted, directory: shell.Directory, login: shell.Login,
    words: Annotated[str, typer.Option(help="Why it ends; at least 20 characters.")],
    password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """End an intervention by hand."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = steps.close(cell, actor, wanted, words=words, key=new_key())
    _report(done, as_json=as_json)
