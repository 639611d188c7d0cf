"""Rows out of files that people bring: JSONL, CSV, Parquet. Bad lines become problems; good rows are not lost."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from tallystick.flow.document import Plain, Problem
from tallystick.flow.items import row_problem
from tallystick.flow.refusal import Refused

FORMATS: Final = ("jsonl", "csv", "parquet")
LINE_BYTES_MAX: Final = 4_000_000
EXPANDED_BYTES_MAX: Final = 4_000_000_000
_PARQUET_MAGIC: Final = b"PAR1"
_GZIP_MAGIC: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its line, or its place among the rows of a Parquet file, from 1."""

    line: int
    data: Plain


def format_of(name: str, data: bytes) -> str | Refused:
    """Which format a file has, by its name and its first bytes."""
    if data.startswith(_PARQUET_MAGIC):
        return "parquet"
    plain = name.lower().removesuffix(".gz")
    for ending, form in ((".jsonl", "jsonl"), (".ndjson", "jsonl"), (".csv", "csv"), (".parquet", "parquet")):
        if plain.endswith(ending):
            return form
    sentence = f"Expected a file named .jsonl, .csv or .parquet (.gz allowed), found {name}."
    return Refused("unknown-format", sentence, "file")


def rows(name: str, data: bytes) -> Iterator[Row | Problem] | Refused:
    """The rows of a file, in order, bad lines as problems; a refusal when it cannot be read as a table at all."""
    form = format_of(name, data)
    if isinstance(form, Refused):
        return form
    try:
        if form == "parquet":
            return _parquet(name, data)
        text = _text(data)
    except (pa.ArrowException, OSError, EOFError, ValueError) as error:
        words = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        return Refused("unreadable-file", f"Expected a {form} file, found one that does not open ({words}).", "file")
    return _csv(name, text) if form == "csv" else _jsonl(name, text)


def _text(data: bytes) -> bytes:
    if not data.startswith(_GZIP_MAGIC):
        return data
    with gzip.open(io.BytesIO(data)) as file:
        text = file.read(EXPANDED_BYTES_MAX + 1)
    if len(text) > EXPANDED_BYTES_MAX:
        raise ValueError(f"expands to more than {EXPANDED_BYTES_MAX} bytes")
    return text


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON value")


def _jsonl(name: str, text: bytes) -> Iterator[Row | Problem]:
    for line, raw in enumerate(io.BytesIO(text), 1):
        if not raw.strip():
            continue
        if len(raw) > LINE_BYTES_MAX:
            found = f"{len(raw)} bytes"
            fix = "Split the content, or bring it as an attachment."
            yield row_problem(name, line, "", expected=f"at most {LINE_BYTES_MAX} bytes", found=found, fix=fix)
            continue
        try:
            data = json.loads(
                raw.decode("utf-8-sig" if line == 1 else "utf-8"), parse_constant=_refuse_constant, parse_float=str
            )
        except (ValueError, RecursionError) as error:
            words = "text that is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)[:120]
            fix = "Write each row as one JSON object on its own line."
            yield row_problem(name, line, "", expected="a JSON object", found=words or "too deep a nesting", fix=fix)
            continue
        yield Row(line, data)


def _csv(name: str, text: bytes) -> Iterator[Row | Problem]:
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        yield row_problem(name, line, "", expected="UTF-8", found="other bytes", fix="Save the file as UTF-8.")
        return
    reader = csv.reader(io.StringIO(decoded, newline=""), strict=True)
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield row_problem(name, line, "", expected="a CSV row", found=str(error), fix="Quote the cell.")
            continue
        if cells is None:
            return
        if header is None:
            header = cells
        elif cells:
            yield _csv_row(name, line, header, cells=cells)


def _csv_row(name: str, line: int, header: list[str], *, cells: list[str]) -> Row | Problem:
    if len(cells) != len(header):
        fix = "Quote cells that hold commas or line breaks."
        found = f"{len(cells)} cells"
        return row_problem(name, line, "", expected=f"{len(header)} cells as in the header", found=found, fix=fix)
    data: dict[str, Plain] = {}
    for column, cell in zip(header, cells, strict=True):
        if cell:
            _place(data, column.strip().split("."), _cell(cell))
    return Row(line, _lists(data))


def _cell(cell: str) -> Plain:
    """A cell that holds a JSON list, map or boolean is read as such; all else is text."""
    if cell[:1] in "[{" or cell in {"true", "false"}:
        try:
            value: Plain = json.loads(cell)
        except (ValueError, RecursionError):
            return cell
        return value
    return cell


def _place(data: dict[str, Plain], path: list[str], value: Plain) -> None:
    """Columns with dots reach into maps, and numbers into lists: `candidates.0.text`."""
    for step in path[:-1]:
        inner = data.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        data = inner
    data[path[-1]] = value


def _lists(value: Plain) -> Plain:
    """Maps whose keys are 0, 1, 2 ... are lists."""
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(part) for key, part in value.items()}
    if inner and set(inner) == {str(number) for number in range(len(inner))}:
        return [inner[str(number)] for number in range(len(inner))]
    return inner


def _parquet(name: str, data: bytes) -> Iterator[Row | Problem]:
    file = pq.ParquetFile(pa.BufferReader(data))
    return _parquet_rows(name, file)


def _parquet_rows(name: str, file: pq.ParquetFile) -> Iterator[Row | Problem]:
    line = 0
    try:
        for batch in file.iter_batches(batch_size=1000):
            for row in batch.to_pylist():
                line += 1
                yield Row(line, _without_nulls(row))
    except (pa.ArrowException, OSError, ValueError) as error:
        words = str(error).splitlines()[0][:120]
        fix = "Write the file again; the rows before were read."
        yield row_problem(name, line + 1, "", expected="a row group that opens", found=words, fix=fix)


def _without_nulls(value: object) -> Plain:
    """Parquet has a column for every key: what is null was not given."""
    if isinstance(value, dict):
        return {str(key): _without_nulls(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_without_nulls(part) for part in value]
    return value if isinstance(value, str | int | bool) or value is None else str(value)
