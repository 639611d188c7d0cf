"""JSON of others, read strictly: no constant that is no JSON, no key twice, numbers as they were spelled. Pure.

The journal's profile has no floats, and arguments of a tool have: 1.5 is not the text "1.5". So JSON that holds a
number with a point or an exponent stands in its item as its own text, and is parsed where it is looked at.
"""

import json

from pydantic import JsonValue

Read = str | int | bool | list["Read"] | dict[str, "Read"] | None
"""A value of JSON without floats: they are `Spelled`."""


class KeyTwice(ValueError):
    """A key stands twice in one object: of two values for it, nobody can say which was meant."""


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
    """What a text in an item says as JSON, as a tool would read it: of a key that stands twice, the last value.

    raises  ValueError or RecursionError when it says nothing
    """
    value: JsonValue = json.loads(written, parse_constant=_refuse)
    return value


def read(written: str) -> Read:
    """What somebody brings as JSON, with `Spelled` for numbers that have a point or an exponent.

    raises  ValueError or RecursionError when it says nothing, KeyTwice when it says two things
    """
    value: Read = json.loads(written, parse_constant=_refuse, parse_float=Spelled, object_pairs_hook=each_once)
    return value


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON value")


def each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object of these pairs, as a hook of `json.loads`. Raises KeyTwice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise KeyTwice("a key stands twice in one object")
    return found
