"""Start and compose: the command line. Alone reads settings."""

import io
import sys

import typer

from tallystick.cli import (
    aggregate,
    agree,
    backup,
    causes,
    cell,
    checklist,
    copies,
    credential,
    demo,
    erasure,
    escape,
    intervention,
    keyd,
    log,
    pay,
    people,
    pool,
    programme,
    receipt,
    release,
    releasing,
    report,
    rotate,
    routing,
    screening,
    sentinel,
    serve,
    shell,
    simulate,
    status,
    tiers,
    welfare,
    witness,
)
from tallystick.custody.hardening import forbid_dumps

app = typer.Typer(
    name="tallystick", cls=shell.Front, no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False,
    help="Human judgments that shape AI models, with proof of how every one of them came about.",
)  # fmt: skip
demo.register(app)
simulate.register(app)
serve.register(app)
keyd.register(app)
agree.register(app)
aggregate.register(app)
releasing.register(release.app)
people.register(cell.app)
routing.register(cell.app)
rotate.register(cell.app)
backup.register(cell.app)
status.register(programme.app)
escape.register(programme.app)
welfare.register(programme.app)
pool.register(programme.app)
tiers.register(programme.app)
causes.register(programme.app)
report.register(programme.app)
receipt.register(log.app)
copies.register(log.app)
erasure.register(cell.app, log.app)
app.add_typer(cell.app, name="cell")
app.add_typer(programme.app, name="programme")
app.add_typer(checklist.app, name="contract")
app.add_typer(log.app, name="log")
app.add_typer(release.app, name="release")
app.add_typer(intervention.app, name="intervention")
app.add_typer(credential.app, name="credential")
app.add_typer(screening.app, name="screening")
app.add_typer(sentinel.app, name="sentinel")
app.add_typer(pay.app, name="pay")
app.add_typer(witness.app, name="witness")


def main() -> None:
    """Run the command line. Keys, passwords and content come through most commands: none leaves a core file."""
    forbid_dumps()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without our letters is no reason to fail
    app()
