"""JSON of others inside an item, whose numbers keep their spelling. Reads and writes nothing.

The journal's profile has no floats, and arguments of a tool have: 1.5 is not the text "1.5". So JSON that holds a
number with a point or an exponent stands in its item as its own text, and is parsed where it is looked at.
"""

import json

from pydantic import JsonValue


class Spelled(str):
    """A number with a point or an exponent, as it was written in a file. Anywhere else it is a text like any other."""

    __slots__ = ()


def has_decimals(value: object) -> bool:
    """Whether a value that was read with `Spelled` for such numbers holds one."""
    if isinstance(value, dict):
        return any(has_decimals(part) for part in value.values())
    if isinstance(value, list):
        return any(has_decimals(part) for part in value)
    return isinstance(value, Spelled)


def text(value: object) -> str:
    """A value as JSON text, with each number as it was written."""
    if isinstance(value, Spelled):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{text(str(key))}: {text(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def parsed(written: str) -> JsonValue:
    """What a text says as JSON.

    raises  ValueError or RecursionError when it says nothing
    """
    value: JsonValue = json.loads(written, parse_constant=_refuse)
    return value


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON value")
