"""`tallystick simulate`: play a whole programme from a seed, in a new folder, and hold every promise of assignment.

Exit 0: every promise was kept; 1: one was broken, and the report names it.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from tallystick.cli import shell
from tallystick.plots import draw
from tallystick.sim.assignment import Result, Size, simulate

SHOWN_MAX = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate_assignment)


def simulate_assignment(
    experts: Annotated[int, typer.Option(min=40, max=2_000, help="How many experts take part: at least 40.")] = 200,
    items: Annotated[
        int, typer.Option(min=100, max=1_000_000, help="How many items there are: at least 100.")
    ] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed draws the same people and items.")] = 7,
    figure: Annotated[Path | None, typer.Option(help="Write the spread of load to this file, as SVG.")] = None,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Keep the simulated cell in this new folder; thrown away without.")
    ] = None,
    as_json: shell.AsJson = False,
) -> None:
    """Let simulated experts work off a programme with tiers and quotas, and check what assignment promises."""
    size = Size(experts=experts, items=items)
    if directory is not None:
        found = simulate(directory, size=size, seed=seed, say=_say)
    else:
        with tempfile.TemporaryDirectory() as folder:
            found = simulate(Path(folder) / "cell", size=size, seed=seed, say=_say)
    if figure is not None:
        figure.write_text(draw(found.figure))
    shell.show_facts("Simulated", _facts(found, size), as_json=as_json)
    raise typer.Exit(1 if found.broken else 0)


def _say(sentence: str) -> None:
    shell.ERR.print(shell.plain(sentence))


def _facts(found: Result, size: Size) -> dict[str, object]:
    load = found.load
    return {
        "experts": size.experts, "left": found.left, "items": found.items, "judgments": found.judgments,
        "leases": found.leases, "leases_run_out": found.ran_out, "days": found.days, "quotas": found.quotas,
        "largest_shortfall_at_half": f"{found.shortfall_ppm / 10_000:.1f} %", "cases_settled": found.cases,
        "second_looks": found.looks, "asked_to_wait": found.waited, "share_reached": found.shared,
        "load_least": load.least, "load_median": load.median, "load_most": load.most,
        "load_gini": round(load.gini_ppm / 1_000_000, 3), "promises_broken": len(found.broken),
        "broken": list(found.broken[:SHOWN_MAX]),
    }  # fmt: skip
