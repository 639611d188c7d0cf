"""Results of statistics as Arrow tables, one row each. Reads results, writes nothing."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from enum import StrEnum
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

import pyarrow as pa

from tallystick.stats.agreement.table import BadRatings

KINDS: dict[type, pa.DataType] = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
Leaf = tuple[tuple[str, ...], "pa.DataType"]


def table(results: Sequence[object]) -> "pa.Table":
    """One row for each result, one column for each field, in their order.

    A field that is itself a result, such as `interval`, becomes a column for each of its own: `interval.low`. Rows of
    results become lists of structures. The columns and their types depend on the kind of result alone, not on what is
    in it, so tables of one kind can be put together. Undefined is null.
    results  dataclasses of one kind, at least one: an empty list has no kind
    raises   BadRatings for none, for several kinds, and for what is no result
    """
    kinds = {type(result) for result in results}
    if len(kinds) != 1 or not all(is_dataclass(kind) for kind in kinds):
        names = ", ".join(sorted(kind.__name__ for kind in kinds)) or "none"
        raise BadRatings(f"A table holds results of one kind, at least one; found {names}.")
    leaves = _leaves(kinds.pop(), ())
    columns = [pa.array([_plain(_reach(result, path)) for result in results], type=kind) for path, kind in leaves]
    return pa.table(columns, names=[".".join(path) for path, _ in leaves])


def _leaves(kind: type, path: tuple[str, ...]) -> list[Leaf]:
    hints = get_type_hints(kind)
    found: list[Leaf] = []
    for field in fields(kind):
        inner, place = _present(hints[field.name]), (*path, field.name)
        found += _leaves(inner, place) if is_dataclass(inner) else [(place, _arrow(inner))]
    return found


def _present(hint: type) -> type:
    """The type without None."""
    if get_origin(hint) not in {Union, UnionType}:
        return hint
    inner: type = next(one for one in get_args(hint) if one is not type(None))
    return inner


def _arrow(kind: type) -> "pa.DataType":
    if get_origin(kind) is tuple:
        return pa.list_(_arrow(_present(get_args(kind)[0])))
    if is_dataclass(kind):
        return pa.struct([(".".join(path), inner) for path, inner in _leaves(kind, ())])
    found: pa.DataType = KINDS[str if issubclass(kind, StrEnum) else kind]
    return found


def _reach(result: object, path: tuple[str, ...]) -> object:
    for name in path:
        result = None if result is None else getattr(result, name)
    return result


def _plain(value: object) -> object:
    """What Arrow takes: texts for names of states, lists and dictionaries for tuples and results."""
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {".".join(path): _plain(_reach(value, path)) for path, _ in _leaves(type(value), ())}
    return value
