"""`tallystick aggregate`: a consensus with its doubt for any table of judgments, no cell needed.

Reads the files that `tallystick agree` reads. Writes a report or one JSON object to standard output, and with --out a
new table of one row per item; the judgments themselves are never touched. Exit 0: answered, where "no consensus,
because ..." is an answer too; 2: could not, and the message says what to correct.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from tallystick.cli.aggregated import Answered, check_out, of_consensus, of_ranking, write_table
from tallystick.cli.agree import CannotMeasure, Judgments, named_rows, read_judgments
from tallystick.cli.shell import Screen
from tallystick.stats.aggregation import (
    Consensus,
    Ranking,
    bradley_terry,
    dawid_skene,
    glad,
    mace,
    majority,
    one_coin,
)

Options = dict[str, str | float | int | None]
METHODS: dict[str, Callable[..., Consensus]] = {
    "majority": majority,
    "one_coin": one_coin,
    "dawid_skene": dawid_skene,
    "mace": mace,
    "glad": glad,
}
RANKING = "bradley_terry"
RANK: Callable[..., Ranking] = bradley_terry
TAKES = {  # what each method takes besides the judgments
    "majority": ("smoothing",),
    "one_coin": ("smoothing", "tolerance", "iterations_max"),
    "dawid_skene": ("smoothing", "tolerance", "iterations_max"),
    "mace": ("restarts", "seed", "tolerance", "iterations_max"),
    "glad": ("tolerance", "iterations_max"),
    RANKING: ("prior", "tie", "tolerance", "iterations_max"),
}


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("aggregate")(aggregate)


def aggregate(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, JSONL (also .gz) or Parquet, one row per judgment.")],
    *,
    value: Annotated[str, typer.Option(help="Column of the answer or the winner; empty is a missing judgment.")],
    method: Annotated[str, typer.Option(help=f"One of: {', '.join(TAKES)}.")],
    item: Annotated[str | None, typer.Option(help="Column of the item; a.b reaches into nested objects.")] = None,
    rater: Annotated[str | None, typer.Option(help="Column of the rater.")] = None,
    first: Annotated[str | None, typer.Option(help="For bradley_terry: column of one candidate.")] = None,
    second: Annotated[str | None, typer.Option(help="For bradley_terry: column of the other candidate.")] = None,
    categories: Annotated[str | None, typer.Option(help="The whole scale, a,b,c, unused ones included.")] = None,
    repeats: Annotated[bool, typer.Option("--repeats", help="Count each of a rater's repeated judgments.")] = False,
    smoothing: Annotated[float | None, typer.Option(help="Pseudo-judgments for each category or error rate.")] = None,
    prior: Annotated[
        float | None, typer.Option(help="For bradley_terry: pseudo-comparisons of each candidate.")
    ] = None,
    tie: Annotated[str | None, typer.Option(help="For bradley_terry: the word for a tie.")] = None,
    restarts: Annotated[int | None, typer.Option(help="For mace: how many starts.")] = None,
    seed: Annotated[int | None, typer.Option(help="For mace: of the starts; the same seed, the same answer.")] = None,
    tolerance: Annotated[float | None, typer.Option(help="How far from its end an iteration may stop.")] = None,
    iterations_max: Annotated[int | None, typer.Option(help="Iterations after which it stops anyway.")] = None,
    confidence: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    out: Annotated[Path | None, typer.Option(help="A new .csv, .tsv, .jsonl or .parquet, one row per item.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find a consensus, with the doubt that remains and what it says of the raters."""
    given: Options = {"smoothing": smoothing, "prior": prior, "tie": tie, "restarts": restarts, "seed": seed}
    given |= {"tolerance": tolerance, "iterations_max": iterations_max}
    scale = [name.strip() for name in categories.split(",")] if categories is not None else None
    try:
        chosen = _options(method, given, confidence)
        check_out(out)
        if method == RANKING:
            names = _columns(method, {"--first": first, "--second": second}, {"--item": item, "--rater": rater})
            answer = _rank(read_judgments(file, (*names, value)), chosen)
        else:
            names = _columns(method, {"--item": item, "--rater": rater}, {"--first": first, "--second": second})
            chosen |= {"may_repeat": repeats}
            answer = _judge(read_judgments(file, (*names, value)), (METHODS[method], scale, chosen), confidence)
        if out is not None:
            write_table(answer, out)
    except CannotMeasure as error:
        if as_json:
            typer.echo(json.dumps({"status": "could_not_aggregate", "error": str(error)}))
        typer.echo(f"Could not aggregate: {error}", err=True)
        raise typer.Exit(2) from error
    _tell(answer, as_json=as_json)


def _tell(answer: Answered, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(answer.told, allow_nan=False))
    else:
        answer.show(Screen(highlight=False))


def _options(method: str, given: Options, confidence: float) -> Options:
    """What was given, which the method must take."""
    if not 0 < confidence < 1:
        raise CannotMeasure(f"A confidence lies between 0 and 1, such as 0.95; found {confidence}.")
    if method not in TAKES:
        raise CannotMeasure(f"Unknown method {method!r}: choose one of {', '.join(TAKES)}.")
    chosen: Options = {name: option for name, option in given.items() if option is not None}
    for name in chosen:
        if name not in TAKES[method]:
            takers = " or ".join(other for other, taken in TAKES.items() if name in taken)
            raise CannotMeasure(f"{method} takes no --{name.replace('_', '-')}: leave it out or choose {takers}.")
    return chosen


def _columns(method: str, needed: dict[str, str | None], other: dict[str, str | None]) -> tuple[str, str]:
    """The two columns that the method needs besides the value."""
    for name, column in other.items():
        if column is not None:
            raise CannotMeasure(f"{method} takes no {name}: give {' and '.join(needed)}.")
    found = [column for column in needed.values() if column is not None]
    if len(found) < len(needed):
        raise CannotMeasure(f"{method} needs {' and '.join(needed)}: name the columns.")
    return found[0], found[1]


def _judge(
    table: Judgments, question: tuple[Callable[..., Consensus], list[str] | None, Options], confidence: float
) -> Answered:
    method, scale, options = question
    with named_rows(table):
        return of_consensus(method(table.item, table.rater, table.value, categories=scale, **options), confidence)


def _rank(table: Judgments, options: Options) -> Answered:
    with named_rows(table):
        return of_ranking(RANK(table.item, table.rater, table.value, **options))
