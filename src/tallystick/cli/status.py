"""`tallystick programme status`: a programme at a glance in a terminal: fill, funnel, agreement, blockers."""

from dataclasses import dataclass

import typer
from rich.bar import Bar
from rich.table import Table
from rich.text import Text

from tallystick.app import blocking, contract, sentinel
from tallystick.app.blocking import Blocker
from tallystick.app.contract import BatchGlance, ProgrammeGlance
from tallystick.app.sentinel import PoolLeft
from tallystick.canon import PPM
from tallystick.cli import shell
from tallystick.events.gate import BatchMeasured, MeasuredValue
from tallystick.flow.refusal import Refused

BAR_WIDTH = 32
FUNNEL = ("imported", "judged", "complete", "agreed", "settled", "preserved", "open")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


@dataclass(frozen=True, slots=True)
class _Seen:
    glance: ProgrammeGlance
    blockers: list[Blocker]
    gold: list[PoolLeft]


def status(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Show how a programme stands: fill against quota, funnel, agreement against thresholds, what blocks a release."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        glance = contract.glance(cell, actor, programme)
        if isinstance(glance, Refused):
            shell.refuse(glance)
        blockers = blocking.blockers(cell, actor, programme)
        if isinstance(blockers, Refused):
            shell.refuse(blockers)
        gold = sentinel.used_up(cell, actor, programme)
        if isinstance(gold, Refused):
            shell.refuse(gold)
    seen = _Seen(glance, blockers, gold)
    if as_json:
        shell.show_json(_object(seen))
        return
    shell.OUT.print(
        f"[bold]{shell.plain(glance.row.title)}[/] ({shell.plain(programme)} {glance.row.version}, {glance.row.phase})"
    )
    has_work = any(batch.row.purpose == "work" for batch in glance.batches)
    measured = (_agreement(glance), _blocking(blockers)) if has_work else ()
    for table in (_fill(glance), _funnel(glance), *measured):
        shell.OUT.print()
        shell.OUT.print(table)
    for one in gold:
        shell.OUT.print(Text(one.sentence, style="red" if one.left == 0 else "yellow"))
    if not has_work:
        shell.OUT.print("\nNo batch yet: `tallystick programme import` brings items in.")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column)
    return table


def _bar(share: float) -> Bar:
    return Bar(1.0, 0.0, max(0.0, min(1.0, share)), width=BAR_WIDTH, color="cyan")


def _fill(glance: ProgrammeGlance) -> Table:
    table = _table("Fill against quota", "axis", "value", "items", "")
    for quota in glance.quotas:
        share = quota.filled / quota.target
        table.add_row(
            shell.plain(quota.axis), shell.plain(quota.value), f"{quota.filled} of {quota.target}", _bar(share)
        )
    share = (glance.hard.share_ppm or 0) / PPM
    found = Text(f"{share:.0%}", style="yellow" if glance.hard.is_inflated else "")
    table.add_row("hard items", f"at least {glance.hard.planned_ppm / PPM:.0%}", found, _bar(share))
    return table


def _funnel(glance: ProgrammeGlance) -> Table:
    table = _table("Funnel", "step", "items", "")
    whole = glance.funnel["imported"] or 1
    for step in FUNNEL:
        table.add_row(step, str(glance.funnel[step]), _bar(glance.funnel[step] / whole))
    table.add_row("released", str(glance.released_records), _bar(glance.released_records / whole))
    return table


def _agreement(glance: ProgrammeGlance) -> Table:
    table = _table("Agreement", "batch", "what", "value", "95 % interval", "threshold", "gate")
    for batch in glance.batches:
        if batch.row.purpose == "work":
            _add_batch(table, batch)
    return table


def _add_batch(table: Table, batch: BatchGlance) -> None:
    name = shell.plain(f"{batch.row.name}/{batch.row.domain}")
    measured = batch.measured
    if measured is None:
        table.add_row(name, "", "not measured", "", "", "")
        return
    style = "green" if measured.decision == "pass" else "red"
    for number, value in enumerate((measured.verdict, *measured.criteria)):
        first = number == 0
        what = shell.plain(value.what.removeprefix("criterion:"))
        gate = Text(measured.decision if first else "", style=style)
        table.add_row(name if first else "", what, *_numbers(value, measured), gate)


def _numbers(value: MeasuredValue, measured: BatchMeasured) -> tuple[str, str, str]:
    threshold = f"{measured.threshold_ppm / PPM:.2f}"
    if value.value_ppm is None:
        return f"undefined ({value.status})", "", threshold
    if value.low_ppm is None or value.high_ppm is None:
        return f"{value.value_ppm / PPM:.3f}", "none", threshold
    return f"{value.value_ppm / PPM:.3f}", f"{value.low_ppm / PPM:.3f} to {value.high_ppm / PPM:.3f}", threshold


def _blocking(blockers: list[Blocker]) -> Table:
    table = _table("What stays out of a release", "")
    for blocker in blockers:
        table.add_row(Text(blocker.sentence, style="red" if blocker.is_whole_batch else "yellow"))
    if not blockers:
        table.add_row("Nothing: every batch can be released.")
    return table


def _object(seen: _Seen) -> dict[str, object]:
    glance = seen.glance
    return {
        "programme": glance.row.programme, "version": glance.row.version, "phase": glance.row.phase,
        "quotas": [{"axis": q.axis, "value": q.value, "filled": q.filled, "target": q.target} for q in glance.quotas],
        "funnel": glance.funnel | {"released": glance.released_records},
        "batches": {f"{b.row.name}/{b.row.domain}": b.row.batch for b in glance.batches},
        "gates": {
            f"{b.row.name}/{b.row.domain}": b.measured.decision if b.measured else None
            for b in glance.batches
            if b.row.purpose == "work"
        },
        "blockers": [{"batch": b.name, "code": b.code, "sentence": b.sentence} for b in seen.blockers],
        "sentinels_low": [{"expert": one.expert, "domain": one.domain, "left": one.left} for one in seen.gold],
    }  # fmt: skip
