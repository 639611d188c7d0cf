"""`tallystick agree`: one coefficient for any table of judgments, no cell needed.

Reads a CSV, TSV, JSONL or Parquet file in long form (one row per judgment), the first three also gzipped.
Writes a report or one JSON object to standard output. Exit 0: measured, where "undefined, because ..." is an
answer too; 2: could not, and the message says what to correct.
"""

import csv
import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn, TextIO, TypeAlias

import pyarrow as pa
import typer
from pyarrow import compute, parquet
from pyarrow import csv as arrow_csv
from rich.console import Console
from rich.table import Table

from tallystick.cli.shell import Screen
from tallystick.stats.agreement import (
    AC2_WEIGHTS,
    FORMS,
    INTERVALS,
    KAPPA_WEIGHTS,
    LEVELS,
    METRICS,
    TIES,
    Agreement,
    BadRatings,
    Coded,
    PairKappa,
    measure,
    pairwise_kappa,
)

DELIMITERS = {".csv": ",", ".tsv": "\t"}
LINES = (".jsonl", ".ndjson")
BLOCK_BYTES = 16 * 1024 * 1024
ABSENT = object()
SHOWN_MAX = 12  # categories in the report for people; --json has all

Scalar = str | int | float | None
Arrow: TypeAlias = "pa.ChunkedArray[pa.Scalar[pa.DataType]]"
Column = Coded | list[Scalar]


class CannotMeasure(Exception):
    """The file or the question must be changed; the message says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgments:
    """Three columns of a file and how to name a row of it in a message."""

    item: Column
    rater: Column
    value: Column
    row_word: str  # "line", "data row" or "row"
    numbers: Sequence[int] | None = None  # the number of each row; None when it is its place from 1

    def name_rows(self, rows: tuple[int, ...]) -> str:
        """The rows as a person finds them in the file: 'line 7 and line 9'."""
        numbers = [self.numbers[row] if self.numbers is not None else row + 1 for row in rows]
        return " and ".join(f"{self.row_word} {number}" for number in numbers)


def _named(choices: tuple[str, ...]) -> str:
    """The choices that need no table of the caller's own."""
    return ", ".join(choice for choice in choices if choice != "custom")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("agree")(agree)


def agree(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, JSONL (also .gz) or Parquet, one row per judgment.")],
    *,
    item: Annotated[str, typer.Option(help="Column of the item; a.b reaches into nested objects.")],
    rater: Annotated[str, typer.Option(help="Column of the rater.")],
    value: Annotated[str, typer.Option(help="Column of the answer; empty is a missing judgment.")],
    metric: Annotated[str, typer.Option(help=f"One of: {', '.join(METRICS)}.")],
    level: Annotated[str, typer.Option(help=f"For krippendorff_alpha: {_named(LEVELS)}.")] = "nominal",
    weights: Annotated[
        str,
        typer.Option(
            help=f"For cohen_kappa: {', '.join(_named(KAPPA_WEIGHTS))}; for gwet_ac2: {', '.join(_named(AC2_WEIGHTS))}."
        ),
    ] = "none",
    form: Annotated[str, typer.Option(help=f"For icc: {', '.join(FORMS)}.")] = "icc_A1",
    ties: Annotated[str, typer.Option(help=f"For kendall_w: {', '.join(TIES)}.")] = "corrected",
    categories: Annotated[
        str | None, typer.Option(help="The whole scale, a,b,c, from lowest to highest, unused ones included.")
    ] = None,
    confidence: Annotated[float, typer.Option(help="Of the interval.")] = 0.95,
    ci: Annotated[str, typer.Option(help=f"How the interval is found: {', '.join(INTERVALS)}.")] = "bootstrap",
    draws: Annotated[int, typer.Option(help="Resamples for the interval.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the resamples; the same seed gives the same interval.")] = 0,
    pairs: Annotated[bool, typer.Option("--pairs", help="Add Cohen's kappa of every pair of raters.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure how far raters agree, with an interval, from any table of judgments."""
    scale = [name.strip() for name in categories.split(",")] if categories is not None else None
    question = partial(measure, metric=metric, level=level, weights=weights, form=form, ties=ties, categories=scale)
    by_pair = partial(pairwise_kappa, categories=scale)
    try:
        table = read_judgments(file, (item, rater, value))
        with named_rows(table):
            columns = (table.item, table.rater, table.value)
            found = question(*columns, confidence=confidence, ci=ci, seed=seed, draws=draws)
            listed = by_pair(*columns, confidence=confidence, ci=ci, seed=seed, draws=draws) if pairs else None
    except CannotMeasure as error:
        _say_cannot(str(error), as_json=as_json)
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(json.dumps(as_object(found, listed), allow_nan=False))
    else:
        _show(found, listed or [])


@contextmanager
def named_rows(table: Judgments) -> Iterator[None]:
    """Say where in the file the judgments are that make no sense. Raises CannotMeasure."""
    try:
        yield
    except BadRatings as error:
        where = f"{table.name_rows(error.rows)}: " if error.rows else ""
        raise CannotMeasure(f"{where}{error}") from error


def as_object(found: Agreement, pairs: list[PairKappa] | None) -> dict[str, object]:
    """The JSON answer: the fields of `Agreement`, the interval as [low, high]."""
    answer: dict[str, object] = {**asdict(found), **_flat_interval(found)}
    if pairs is not None:
        answer["pairs"] = [{**asdict(pair), **_flat_interval(pair)} for pair in pairs]
    return answer


def read_judgments(path: Path, columns: tuple[str, str, str]) -> Judgments:
    """The columns of item, rater and value of one file. Raises CannotMeasure."""
    if not path.is_file():
        raise CannotMeasure(f"There is no file {path}: check the path.")
    suffixes = [suffix.lower() for suffix in path.suffixes]
    is_gzip = suffixes[-1:] == [".gz"]
    kind = (suffixes[:-1] if is_gzip else suffixes)[-1:] or [""]
    try:
        if kind[0] in DELIMITERS:
            return _read_csv(path, columns, DELIMITERS[kind[0]], is_gzip=is_gzip)
        if kind[0] in LINES:
            return _read_lines(path, columns, is_gzip=is_gzip)
        if kind[0] == ".parquet" and not is_gzip:
            return _read_parquet(path, columns)
    except (OSError, EOFError, UnicodeDecodeError, pa.ArrowInvalid) as error:
        raise CannotMeasure(f"{path} could not be read: {error}. Repair the file or write it anew.") from error
    raise CannotMeasure(f"{path} ends in no known name: expected .csv, .tsv, .jsonl, .ndjson (also .gz) or .parquet.")


def _open_text(path: Path, *, is_gzip: bool) -> TextIO:
    if is_gzip:
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _read_csv(path: Path, columns: tuple[str, str, str], delimiter: str, *, is_gzip: bool) -> Judgments:
    with _open_text(path, is_gzip=is_gzip) as file:
        header = next(csv.reader(file, delimiter=delimiter), [])
    for name in columns:
        if header.count(name) != 1:
            _refuse_column(name, header)
    table = arrow_csv.read_csv(
        path,
        read_options=arrow_csv.ReadOptions(block_size=BLOCK_BYTES),
        parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=list(dict.fromkeys(columns)),
            column_types=dict.fromkeys(columns, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    item, rater, value = (_coded(table.column(name), name) for name in columns)
    return Judgments(item=item, rater=rater, value=value, row_word="data row")


def _read_parquet(path: Path, columns: tuple[str, str, str]) -> Judgments:
    names = parquet.read_schema(path).names
    roots = {name: name if name in names else name.split(".")[0] for name in columns}
    for name, root in roots.items():
        if root not in names:
            _refuse_column(name, names)
    table = parquet.read_table(path, columns=list(dict.fromkeys(roots.values())))
    item, rater, value = (_coded(_reach(table.column(roots[name]), name, roots[name]), name) for name in columns)
    return Judgments(item=item, rater=rater, value=value, row_word="row")


def _reach(column: Arrow, name: str, root: str) -> Arrow:
    """The part of a struct column that a dotted name means."""
    if name == root:
        return column
    for part in name.removeprefix(f"{root}.").split("."):
        kind = column.type
        names = [field.name for field in kind] if isinstance(kind, pa.StructType) else []
        if part not in names:
            _refuse_column(name, [f"{root}.{one}" for one in names])
        column = compute.struct_field(column, part)
    return column


def _coded(column: Arrow, name: str) -> Coded:
    """Arrow's own dictionary: a table of millions of rows never becomes Python objects."""
    kind = column.type
    if pa.types.is_nested(kind):
        raise CannotMeasure(f"Column {name} holds {kind}, expected text or numbers: name one field, {name}.FIELD.")
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_dictionary(kind)):
        column = column.cast(pa.large_string())
    array = column.combine_chunks()
    if not isinstance(array, pa.DictionaryArray):
        array = array.dictionary_encode()
    assert isinstance(array, pa.DictionaryArray)
    codes = array.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    return Coded(codes=codes, labels=[_scalar(label, name, "a row") for label in array.dictionary.to_pylist()])


def _read_lines(path: Path, columns: tuple[str, str, str], *, is_gzip: bool) -> Judgments:
    numbers: list[int] = []
    read: tuple[list[Scalar], list[Scalar], list[Scalar]] = ([], [], [])
    keys: dict[str, None] = {}
    seen: set[str] = set()
    with _open_text(path, is_gzip=is_gzip) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise CannotMeasure(f"line {number} is no JSON ({error}): correct or remove it.") from error
            if not isinstance(row, dict):
                raise CannotMeasure(f"line {number} holds no JSON object: every line is one judgment as {{...}}.")
            numbers.append(number)
            keys.update(dict.fromkeys(_names(row) if len(numbers) == 1 else row))
            for name, column in zip(columns, read, strict=True):
                entry = _dig(row, name)
                column.append(None if entry is ABSENT else _scalar(entry, name, f"line {number}"))
                if entry is not ABSENT:
                    seen.add(name)
    for name in columns:
        if numbers and name not in seen:
            _refuse_column(name, list(keys))
    return Judgments(item=read[0], rater=read[1], value=read[2], row_word="line", numbers=numbers)


def _names(row: dict[str, object]) -> list[str]:
    """The names that one row offers, those inside objects with their dots: what a message lists."""
    inner = [f"{name}.{field}" for name, entry in row.items() if isinstance(entry, dict) for field in entry]
    return [*row, *inner]


def _dig(row: dict[str, object], name: str) -> object:
    """The entry under a name, or under a path of names joined by dots; ABSENT when there is none."""
    if name in row or "." not in name:
        return row.get(name, ABSENT)
    first, rest = name.split(".", 1)
    inner = row.get(first)
    return _dig(inner, rest) if isinstance(inner, dict) else ABSENT


def _scalar(entry: object, name: str, where: str) -> Scalar:
    if isinstance(entry, bool):
        return "true" if entry else "false"
    if entry is None or entry == "":
        return None
    if isinstance(entry, str | int | float):
        return entry
    raise CannotMeasure(
        f"{where}: {name} holds {str(entry)[:60]!r}, expected text or a number: name one field of it, {name}.FIELD."
    )


def _refuse_column(name: str, found: list[str]) -> NoReturn:
    if found.count(name) > 1:
        raise CannotMeasure(f"Column {name!r} appears {found.count(name)} times: give each column a name of its own.")
    listed = ", ".join(repr(one) for one in found) or "no columns at all"
    raise CannotMeasure(f"There is no column {name!r}; found {listed}.")


def _flat_interval(found: Agreement | PairKappa) -> dict[str, object]:
    limits = found.interval
    return {
        "interval": [limits.low, limits.high] if limits is not None else None,
        "interval_method": limits.method if limits is not None else None,
        "confidence": limits.confidence if limits is not None else None,
    }


def _say_cannot(sentence: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"value": None, "status": "could_not_measure", "interval": None, "error": sentence}))
    typer.echo(f"Could not measure: {sentence}", err=True)


def _show(found: Agreement, pairs: list[PairKappa]) -> None:
    """The report for people: the number first, then how far to trust it."""
    console = Screen(highlight=False)
    parameter = found.level or found.weights or found.form or found.ties
    title = f"{found.metric} ({parameter})" if parameter else found.metric
    if found.value is None:
        console.print(f"[bold]{title}: undefined[/bold] ({found.status})")
    else:
        console.print(f"[bold]{title}: {found.value:.4f}[/bold]  {_limits(found)}")
    for sentence in (found.reason, found.interval_reason if found.value is not None else None, *found.notes):
        if sentence:
            console.print(sentence, markup=False)
    facts = Table(show_header=False, box=None, pad_edge=False)
    facts.add_row("judgments", f"{found.n_judgments:,} by {found.n_raters:,} raters")
    facts.add_row("items", f"{found.n_items:,}, of which {found.n_pairable:,} can be compared")
    for name, share in (
        ("agreeing pairs", found.percent_agreement),
        ("observed agreement", found.observed_agreement),
        ("agreement by chance", found.chance_agreement),
        ("standard error", found.se),
        ("largest kappa their shares allow", found.two_raters.kappa_max if found.two_raters else None),
    ):
        if share is not None:
            facts.add_row(name, f"{share:.4f}")
    console.print(facts)
    shares = Table("answer", "times", "share", box=None, pad_edge=False)
    for one in found.prevalence[:SHOWN_MAX]:
        shares.add_row(one.category, f"{one.count:,}", f"{one.share:.1%}")
    console.print(shares)
    if len(found.prevalence) > SHOWN_MAX:
        console.print(f"... and {len(found.prevalence) - SHOWN_MAX} more answers.")
    if found.paradox is not None:
        console.print(found.paradox.sentence, markup=False)
    if pairs:
        _show_pairs(console, pairs)


def _show_pairs(console: Console, pairs: list[PairKappa]) -> None:
    table = Table("rater", "rater", "kappa", "interval", "items", "agreeing", title="Cohen's kappa by pair")
    for pair in pairs:
        value = f"{pair.value:.4f}" if pair.value is not None else pair.status
        agreeing = f"{pair.percent_agreement:.1%}" if pair.percent_agreement is not None else "-"
        table.add_row(pair.rater_a, pair.rater_b, value, _limits(pair), f"{pair.n_items:,}", agreeing)
    console.print(table)


def _limits(found: Agreement | PairKappa) -> str:
    limits = found.interval
    if limits is None:
        return "no interval"
    return f"{limits.low:.4f} to {limits.high:.4f} ({limits.confidence:.0%}, {limits.method})"
