"""Rows out of files that people bring: JSONL, CSV, Parquet. Bad lines become problems; good rows are not lost."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from tallystick.flow.document import Plain, Problem
from tallystick.flow.items import row_problem
from tallystick.flow.refusal import Refused
from tallystick.signals import spelled

LINE_BYTES_MAX: Final = 4_000_000
EXPANDED_BYTES_MAX: Final = 2_000_000_000
EXPANSION_MAX: Final = 200
"""How many times its own size a compressed file may become: text shrinks to a tenth, a bomb to a thousandth."""
EXPANSION_FREE: Final = 64_000_000
"""Up to this size any expansion is allowed."""
csv.field_size_limit(LINE_BYTES_MAX)  # the default, 128 KiB, is less than the longest text of an item
UNCLOSED_MAX: Final = 100
_EXPAND_STEP: Final = 16_000_000
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
    except (pa.ArrowException, OSError, EOFError, ValueError, zlib.error) as error:
        words = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        return Refused("unreadable-file", f"Expected a {form} file, found one that does not open ({words}).", "file")
    return _csv(name, text) if form == "csv" else _jsonl(name, text)


def _text(data: bytes) -> bytes:
    if not data.startswith(_GZIP_MAGIC):
        return data
    limit = min(EXPANDED_BYTES_MAX, max(EXPANSION_FREE, EXPANSION_MAX * len(data)))
    text = io.BytesIO()
    with gzip.open(io.BytesIO(data)) as file:
        while step := file.read(_EXPAND_STEP):
            text.write(step)
            if text.tell() > limit:
                raise ValueError(f"its {len(data)} bytes expand to more than {limit}: bring it without compression")
    return text.getvalue()


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
            data = spelled.read(raw.decode("utf-8-sig" if line == 1 else "utf-8"))
        except (ValueError, RecursionError) as error:
            words = "text that is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)[:120]
            fix = "Write each row as one JSON object on its own line."
            yield row_problem(name, line, "", expected="a JSON object", found=words or "too deep a nesting", fix=fix)
            continue
        yield Row(line, data)


def _csv(name: str, text: bytes) -> Iterator[Row | Problem]:
    # Bytes that are not UTF-8 become lone surrogates, which no sound text holds: only their own rows are lost.
    lines = list(io.StringIO(text.decode("utf-8-sig", "surrogateescape"), newline=""))
    records = _records(name, lines)
    line, cells = next(records, (1, []))
    problem = cells if isinstance(cells, Problem) else _header_problem(name, line, cells)
    if isinstance(cells, Problem) or problem is not None:
        yield from [problem] if problem else []
        return
    header = [column.strip() for column in cells]
    for line, cells in records:
        yield cells if isinstance(cells, Problem) else _csv_row(name, line, header, cells=cells)


def _records(name: str, lines: list[str]) -> Iterator[tuple[int, list[str] | Problem]]:
    """Every record with the line on which it begins; blank lines are left out.

    A quote that is not closed swallows the lines behind it. Such a record is a problem, and reading goes on with the
    line behind its first, a hundred times at most: each time may read the file to its end.
    """
    start, again = 0, 0
    reader = csv.reader(lines, strict=True)
    while True:
        line = start + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            end = start + reader.line_num
            swallowed = end - line
            found = str(error)
            if swallowed and again < UNCLOSED_MAX:
                start, again = line, again + 1
                reader = csv.reader(lines[start:], strict=True)
            elif swallowed:
                found = f"{error}, and {swallowed} lines swallowed by an open quote"
            fix = "Close the quote, or double the quotes inside the cell."
            yield line, row_problem(name, line, "", expected="a CSV row", found=found, fix=fix)
            continue
        if cells is None:
            return
        if cells:
            yield line, cells


def _header_problem(name: str, line: int, cells: list[str]) -> Problem | None:
    """Why a header cannot be used: every row would be read wrongly."""
    columns = [tuple(column.strip().split(".")) for column in cells]
    twice = [column for number, column in enumerate(columns) if column in columns[:number]]
    inside = [column for column in columns if any(column[:n] in columns for n in range(1, len(column)))]
    if _is_not_utf8(cells):
        return _not_utf8(name, line)
    if twice or inside:
        found = (
            f"{'.'.join((twice + inside)[0])[:80]!r} twice" if twice else f"{'.'.join(inside[0])[:80]!r} and its parent"
        )
        return row_problem(name, line, "", expected="one column for each field", found=found, fix="Remove one of them.")
    return None


def _is_not_utf8(cells: list[str]) -> bool:
    return any("\ud800" <= character <= "\udfff" for cell in cells if not cell.isascii() for character in cell)


def _not_utf8(name: str, line: int) -> Problem:
    return row_problem(name, line, "", expected="UTF-8", found="other bytes", fix="Save the file as UTF-8.")


def _csv_row(name: str, line: int, header: list[str], *, cells: list[str]) -> Row | Problem:
    if _is_not_utf8(cells):
        return _not_utf8(name, line)
    if len(cells) != len(header):
        fix = "Quote cells that hold commas or line breaks."
        found = f"{len(cells)} cells"
        return row_problem(name, line, "", expected=f"{len(header)} cells as in the header", found=found, fix=fix)
    data: dict[str, Plain] = {}
    for column, cell in zip(header, cells, strict=True):
        if cell:
            path = column.split(".")
            _place(data, path, cell if path[-1] in TEXT_COLUMNS else _cell(cell))
    return Row(line, _lists(data))


TEXT_COLUMNS: Final = frozenset(
    {"id", "prompt", "context", "text", "rationale", "item", "rater", "model", "version", "licence", "made_at"}
)
"""Columns whose cells are text even when they look like JSON."""


def _cell(cell: str) -> Plain:
    """A cell that holds a JSON list, map or boolean is read as such; all else is text."""
    if cell[:1] in "[{" or cell in {"true", "false"}:
        try:
            return spelled.read(cell)
        except (ValueError, RecursionError):
            return cell
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
            for number in range(batch.num_rows):
                line += 1
                yield _parquet_row(name, line, batch.slice(number, 1))
    except (pa.ArrowException, OSError, ValueError) as error:
        words = str(error).splitlines()[0][:120]
        fix = "Write the file again; the rows before were read."
        yield row_problem(name, line + 1, "", expected="a row group that opens", found=words, fix=fix)


def _parquet_row(name: str, line: int, batch: pa.RecordBatch) -> Row | Problem:
    try:
        return Row(line, _without_nulls(batch.to_pylist()[0]))
    except UnicodeDecodeError:
        return _not_utf8(name, line)


def _without_nulls(value: object) -> Plain:
    """Parquet has a column for every key: what is null was not given."""
    if isinstance(value, dict):
        return {str(key): _without_nulls(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_without_nulls(part) for part in value]
    if isinstance(value, bytes):
        return value.decode()  # a text column that was not marked as text
    if isinstance(value, float):
        return spelled.Spelled(repr(value))
    return value if isinstance(value, str | int | bool) or value is None else str(value)
