"""`tallystick pay`: what a period costs, statements, closing a period, and the files that it is paid by."""

import os
from pathlib import Path
from typing import Annotated

import typer

from tallystick.app import access, pay
from tallystick.app.kernel import new_key
from tallystick.app.pay import StatementPage
from tallystick.cli import shell
from tallystick.flow.pay import Act, told
from tallystick.flow.refusal import Refused

app = typer.Typer(no_args_is_help=True, help="What experts are paid: statements, periods, files for payroll.")

Period = Annotated[str, typer.Option("--period", help="Such as 2026-11 or 2026-W47.")]
PeriodOrNow = Annotated[str, typer.Option("--period", help="Such as 2026-11; the one that goes on when left out.")]
PRIVATE = 0o600
NOBODY = (
    "expected --person PSEUDONYM, found none: you are paid for no work here, so there is no statement of yours. "
    "The page of the programme's pay lists whoever is paid."
)


@app.command("overview")
def overview(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    period: PeriodOrNow = "",
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Say what a period costs, who earned less than the floor, and which periods are open."""
    with shell.opened(directory) as cell:
        found = pay.overview(cell, shell.act_as(cell, login, password_fd), programme, period)
    if isinstance(found, Refused):
        shell.refuse(found)
    money = {"currency": found.terms.currency, "decimals": found.terms.decimals}
    totals = found.totals
    facts: dict[str, object] = {
        "period": found.period.name, "state": found.state, "people": totals.people, "lines": totals.lines,
        "active_ms": totals.active_ms, "earned": told(totals.earned, **money), "top_up": told(totals.top_up, **money),
        "added": told(totals.added, **money), "payable": told(totals.payable, **money),
        "under_the_floor": [one.person for one in found.people if one.statement.top_up],
        "terms_not_accepted": [one.person for one in found.people if not one.is_accepted],
        "odd_times": len(found.odd),
        "open_periods": [row.period.name for row in found.periods if row.state == "ended"],
    }  # fmt: skip
    shell.show_facts("Pay", facts, as_json=as_json)


@app.command("statement")
def statement(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    person: Annotated[str, typer.Option(help="Pseudonym of the person; your own statement when left out.")] = "",
    period: PeriodOrNow = "",
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Show what somebody is owed for a period, line by line, each with its index in the log."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        if person:
            found = pay.statement_of(cell, actor, programme, person, period=period)
        elif access.allows(actor, "pay.read") and not access.allows(actor, "pay.own"):
            shell.fail(NOBODY)
        else:
            found = pay.my_statement(cell, actor, programme, period)
    if isinstance(found, Refused):
        shell.refuse(found)
    if as_json:
        shell.show_json(_object(found))
        return
    money = {"currency": found.terms.currency, "decimals": found.terms.decimals}
    one = found.statement
    facts: dict[str, object] = {
        f"entry {act.seq}": f"{act.work} {act.subject}, {act.active_ms:,} ms{_cut(act)}, {told(act.amount, **money)}"
        for act in one.acts
    }
    facts |= {
        f"entry {more.seq}": f"added: {told(more.amount, **money)} ({found.reasons[more.seq]})"
        for more in one.added_lines
    }
    facts |= {
        "earned": told(one.earned, **money), "floor": told(one.floor, **money), "top_up": told(one.top_up, **money),
        "added": told(one.added, **money), "payable": told(one.payable, **money),
    }  # fmt: skip
    shell.show_facts(f"{one.person}, {found.period.name}", facts, as_json=False)


def _cut(act: Act) -> str:
    """Why less counts than was measured or passed."""
    if not act.cut:
        return ""
    return f" of {act.bound_ms if act.claimed_ms is None else act.claimed_ms:,} ({act.cut})"


def _object(found: StatementPage) -> dict[str, object]:
    one = found.statement
    return {
        "programme": found.terms.programme, "person": one.person, "period": found.period.name,
        "is_closed": found.closed is not None, "currency": found.terms.currency, "decimals": found.terms.decimals,
        "lines": [
            {
                "seq": act.seq, "at": act.at, "work": act.work, "subject": act.subject, "item": act.item,
                "domain": act.domain, "signal": act.signal, "active_ms": act.active_ms, "claimed_ms": act.claimed_ms,
                "bound_ms": act.bound_ms, "cut": act.cut, "piece": act.piece, "hourly": act.hourly,
                "amount": act.amount, "terms": act.terms,
            }
            for act in one.acts
        ],
        "additions": [
            {"seq": more.seq, "at": more.at, "amount": more.amount, "reference": more.reference}
            for more in one.added_lines
        ],
        "active_ms": one.active_ms, "earned": one.earned, "earned_hourly": one.earned_hourly, "floor": one.floor,
        "top_up": one.top_up, "added": one.added, "payable": one.payable,
    }  # fmt: skip


@app.command("close")
def close(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    period: Period,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Close a period that has ended: its lines never change after that."""
    with shell.opened(directory) as cell:
        done = pay.close(cell, shell.act_as(cell, login, password_fd), programme, period, key=new_key())
    if isinstance(done, Refused):
        shell.refuse(done)
    fact = done.fact
    facts: dict[str, object] = {
        "period": fact.period, "people": fact.people, "lines": fact.lines,
        "payable": told(fact.payable, currency=fact.currency, decimals=fact.decimals),
        "lines_digest": fact.lines_digest, "summary_digest": fact.summary_digest, "seq": done.receipt.first_seq,
    }  # fmt: skip
    shell.show_facts("Closed", facts, as_json=as_json)


@app.command("export")
def export(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    period: Period,
    out: Annotated[Path, typer.Option("--out", help="Folder for the two files; they are written for you alone.")],
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Write the files of a closed period for payroll: one line for each paid act, one for each person."""
    with shell.opened(directory) as cell:
        done = pay.export(cell, shell.act_as(cell, login, password_fd), programme, period, key=new_key())
    if isinstance(done, Refused):
        shell.refuse(done)
    written = []
    for name, data in (("lines.csv", done.lines), ("summary.csv", done.summary)):
        path = out / f"{programme}-{period}-{name}"
        _write(path, data)
        written.append(str(path))
    facts: dict[str, object] = {
        "files": written, "lines_digest": done.lines_digest, "summary_digest": done.summary_digest,
        "seq": done.receipt.first_seq,
    }  # fmt: skip
    shell.show_facts("Exported", facts, as_json=as_json)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
