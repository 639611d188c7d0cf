"""Arguments of a call held against the schema that its tool declares. Reads and writes nothing.

A structural check: types, required and further properties, enum and const, items, nested as deep as the schema goes.
What else a JSON schema can say (patterns, bounds, combinations, references) is not looked at, and never called fitting:
`misfits` names what it found wrong, and `unread` what it did not look at.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from pydantic import JsonValue

DEPTH_MAX: Final = 20
_READ: Final = frozenset({"type", "properties", "required", "additionalProperties", "enum", "const", "items"})
_NOTES: Final = frozenset({
    "$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
})  # fmt: skip
_TYPES: Final[Mapping[str, Callable[[JsonValue], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())
    ),
}


def misfits(arguments: JsonValue, schema: JsonValue) -> list[str]:
    """A sentence for each place where arguments are not what the schema asks for."""
    return list(_misfits(arguments, schema, "arguments", depth=0))


def unread(schema: JsonValue, depth: int = 0) -> list[str]:
    """The keywords of a schema that are not looked at, in the order of the alphabet."""
    if not isinstance(schema, dict) or depth > DEPTH_MAX:
        return []
    found = {key for key in schema if key not in _READ | _NOTES}
    properties = schema.get("properties")
    inner = [*(properties.values() if isinstance(properties, dict) else []), schema.get("items"),
             schema.get("additionalProperties")]  # fmt: skip
    return sorted(found.union(*(unread(one, depth + 1) for one in inner)))


def _misfits(value: JsonValue, schema: JsonValue, where: str, *, depth: int) -> Iterator[str]:
    if not isinstance(schema, dict) or depth > DEPTH_MAX:
        return
    allowed = _types(schema.get("type"))
    if allowed and not any(_TYPES[name](value) for name in allowed):
        yield f"Expected {' or '.join(allowed)} at {where}, found {_kind(value)}."
        return
    options = schema.get("enum")
    if isinstance(options, list) and not any(_same(value, one) for one in options):
        yield f"Expected one of {', '.join(map(str, options))} at {where}, found {_short(value)}."
    if "const" in schema and not _same(value, schema["const"]):
        yield f"Expected {_short(schema['const'])} at {where}, found {_short(value)}."
    if isinstance(value, dict):
        yield from _object(value, schema, where, depth=depth)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _misfits(one, schema.get("items"), f"{where}[{number}]", depth=depth + 1)


def _object(
    value: Mapping[str, JsonValue], schema: Mapping[str, JsonValue], where: str, *, depth: int
) -> Iterator[str]:
    properties, required = schema.get("properties"), schema.get("required")
    known = properties if isinstance(properties, dict) else {}
    further = schema.get("additionalProperties")
    for name in required if isinstance(required, list) else []:
        if name not in value:
            yield f"Expected {name} in {where}, found none."
    for name, inner in value.items():
        if name in known:
            yield from _misfits(inner, known[name], f"{where}.{name}", depth=depth + 1)
        elif further is False:
            yield f"Expected nothing but {', '.join(known) or 'nothing'} in {where}, found {name}."
        else:
            yield from _misfits(inner, further, f"{where}.{name}", depth=depth + 1)


def _types(given: JsonValue) -> list[str]:
    names = given if isinstance(given, list) else [given]
    return [name for name in names if isinstance(name, str) and name in _TYPES]


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Equal as JSON: true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _kind(value: JsonValue) -> str:
    return next(name for name in ("null", "boolean", "integer", "number", "string", "array", "object")
                if _TYPES[name](value))  # fmt: skip


def _short(value: JsonValue) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
