"""Rows as Parquet, as JSONL and as a Merkle root, and back. Reads and writes bytes; no file, no clock.

The Arrow schema follows from the row's own definition, so the two cannot part. With one version of pyarrow the same
rows give the same bytes; across versions compare `merkle_root`, which no encoding touches.
"""

import io
import types
import typing
from collections.abc import Iterable, Sequence
from typing import TypeAlias, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from tallystick import canon
from tallystick.bundle.rows import Row
from tallystick.ledger.tree import leaf_hashes, root_of

ROW_GROUP = 20_000
ZSTD_LEVEL = 3
R = TypeVar("R", bound=Row)

AnyField: TypeAlias = "pa.Field[pa.DataType]"
_PLAIN: dict[type, pa.DataType] = {str: pa.string(), int: pa.int64(), bool: pa.bool_()}


class BadRows(ValueError):
    """A file does not hold the rows that it should. The message names the row."""


def schema_of(kind: type[Row]) -> pa.Schema:
    """The Arrow schema of a row: texts, 64-bit integers, booleans, lists, structs."""
    return pa.schema(_fields(kind))


def _fields(kind: type[Row]) -> list[AnyField]:
    hints = typing.get_type_hints(kind)
    return [_field(name, hints[name]) for name in kind.__struct_fields__]


def _field(name: str, hint: object) -> AnyField:
    if isinstance(hint, types.UnionType):
        (inner,) = (part for part in typing.get_args(hint) if part is not type(None))
        return pa.field(name, _type(inner), nullable=True)
    return pa.field(name, _type(hint), nullable=False)


def _type(hint: object) -> pa.DataType:
    if typing.get_origin(hint) is list:
        (inner,) = typing.get_args(hint)
        return pa.list_(pa.field("element", _type(inner), nullable=False))
    if isinstance(hint, type) and issubclass(hint, Row):
        return pa.struct(_fields(hint))
    assert isinstance(hint, type), f"a row field of type {hint}"
    return _PLAIN[hint]


def to_parquet(rows: Sequence[Row], kind: type[Row]) -> bytes:
    """Parquet bytes: zstd, fixed row groups, page checksums, no metadata that varies."""
    table = pa.Table.from_pylist([msgspec.to_builtins(row) for row in rows], schema=schema_of(kind))
    buffer = io.BytesIO()
    pq.write_table(
        table, buffer, compression="zstd", compression_level=ZSTD_LEVEL, row_group_size=ROW_GROUP,
        write_page_checksum=True, store_schema=False,
    )  # fmt: skip
    return buffer.getvalue()


def from_parquet(data: bytes, kind: type[R]) -> list[R]:
    """The rows of Parquet bytes. Raises BadRows for bytes that are no Parquet, another schema or a damaged page."""
    try:
        # Not `read_table`: that loads the data set engine, and with it pandas where there is one.
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        table = file.read(use_threads=False)
        plain = table.to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadRows(f"expected whole Parquet: {str(error).splitlines()[0]}") from error
    expected = schema_of(kind)
    if table.schema.names != expected.names:
        raise BadRows(f"expected the columns {', '.join(expected.names)}; found {', '.join(table.schema.names)}")
    for right, there in zip(expected, table.schema, strict=True):
        if not right.equals(there):
            raise BadRows(f"expected the column {right}, found {there}")
    if file.metadata.metadata:
        raise BadRows("expected rows and nothing beside them, found metadata in the file")
    return [_row(place, value, kind) for place, value in enumerate(plain)]


def writer_of(data: bytes) -> str:
    """Which software wrote Parquet bytes; empty when they are none. Another may encode the same rows otherwise."""
    try:
        return str(pq.read_metadata(pa.BufferReader(data)).created_by)
    except (pa.ArrowException, OSError):
        return ""


def _row(place: int, value: object, kind: type[R]) -> R:
    try:
        return msgspec.convert(value, kind)
    except msgspec.MsgspecError as error:
        raise BadRows(f"row {place}: {error}") from error


def to_jsonl(rows: Iterable[Row]) -> bytes:
    """One canonical JSON object a line."""
    return b"".join([canon.encode(row) + b"\n" for row in rows])


def from_jsonl(data: bytes, kind: type[R]) -> list[R]:
    """The rows of JSONL bytes. Raises BadRows naming the line.

    Each line must be the row's one canonical form: of a key that comes twice, others would read the other value.
    """
    decoder = msgspec.json.Decoder(kind)
    found = []
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n") if data else (), 1):
        try:
            row = decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BadRows(f"line {number}: {error}") from error
        if canon.encode(row) != line:
            raise BadRows(f"line {number}: expected canonical JSON, each key once and sorted, found another form")
        found.append(row)
    return found


def merkle_root(rows: Iterable[Row]) -> str:
    """The RFC 6962 root over the canonical bytes of rows in their order, hexadecimal."""
    return root_of(leaf_hashes(canon.encode(row) for row in rows)).hex()
