"""What is wrong with a part of a request, in words: what was expected, what was found, what to do. Pure.

Nothing that was sent is said back, but for the names of fields: what was sent may be a secret in the wrong place.
"""

import re
from collections.abc import Mapping
from typing import Final, Protocol

from pydantic_core import ErrorDetails

from tallystick.flow.document import Problem
from tallystick.flow.document.problem import short

NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
LINE: Final = r"^[^\x00-\x1f\x7f]*$"
TEXT: Final = r"^[^\x00]*$"
LOOK: Final = "GET /openapi.json describes what this address takes."
NAMES_MAX: Final = 40

_FORMS: Final = {
    NAME: "an id or a name: letters, digits, points, underscores and hyphens",
    LINE: "text on one line, without control characters",
    TEXT: "text without NUL characters",
}
_OBJECT: Final = "an object"
_LIST: Final = "a list"
_WHOLE: Final = "a whole number, without quotes, point or exponent"
_NUMBER: Final = "a number, without quotes"
_YES_NO: Final = "true or false, without quotes"
_DAY: Final = "a day such as 2026-11-30, in quotes"
_EXPECTED: Final = {
    "missing": "a value",
    "extra_forbidden": "a name that is described for this place",
    "string_type": "text, in quotes",
    "string_unicode": "text without half characters",
    "string_too_short": "text of at least {min_length}",
    "string_too_long": "text of at most {max_length}",
    "int_type": _WHOLE, "int_from_float": _WHOLE, "int_parsing": _WHOLE,
    "int_parsing_size": "a whole number of fewer digits",
    "float_type": _NUMBER, "float_parsing": _NUMBER, "finite_number": "a number that is not endless",
    "bool_type": _YES_NO, "bool_parsing": _YES_NO,
    "literal_error": "{expected}", "enum": "{expected}",
    "none_required": "null",
    "list_type": _LIST, "tuple_type": _LIST, "set_type": _LIST, "frozen_set_type": _LIST,
    "dict_type": _OBJECT, "model_type": _OBJECT, "model_attributes_type": _OBJECT, "dataclass_type": _OBJECT,
    "too_short": "at least {min_length}", "too_long": "at most {max_length}",
    "greater_than": "a number above {gt}", "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}", "less_than_equal": "a number of at most {le}",
    "date_type": _DAY, "date_parsing": _DAY, "date_from_datetime_parsing": _DAY, "date_from_datetime_inexact": _DAY,
    "json_invalid": "JSON that can be read",
    "value_error": "{error}",
}  # fmt: skip
"""By pydantic's name for what is wrong. What stands in no line here is said in general."""
_FOUND: Final = {
    "missing": "nothing", "extra_forbidden": "another name",
    "greater_than": "a smaller one", "greater_than_equal": "a smaller one",
    "less_than": "a larger one", "less_than_equal": "a larger one",
    "finite_number": "one that is", "int_parsing_size": "more digits",
}  # fmt: skip
_WHERE: Final = re.compile(r"line (\d+) column (\d+)")
_KINDS: Final = {
    type(None): "null", int: "a whole number", float: "a number with a point or an exponent", str: "another text",
    list: _LIST, dict: _OBJECT,
}  # fmt: skip
_SIZES: Final = {
    "string_too_short": ("character", "characters"), "string_too_long": ("character", "characters"),
    "too_short": ("entry", "entries"), "too_long": ("entry", "entries"),
}  # fmt: skip
_FIX: Final = {"missing": "Send it.", "extra_forbidden": "Correct its spelling, or leave it out."}


class NamesAt(Protocol):
    """Which names an object may have at a place inside an input; nothing when that is not known."""

    def __call__(self, place: tuple[int | str, ...], /) -> list[str]: ...


def problem(path: str, expected: str, found: str, fix: str = LOOK) -> Problem:
    """One thing wrong with a request."""
    return Problem(name="request", line=None, path=path, expected=expected, found=found, fix=fix)


def of_detail(start: tuple[str, ...], detail: ErrorDetails, names_at: NamesAt) -> Problem:
    """What pydantic found, in our words. `start` leads to the input: `body`, or `query` and its name."""
    kind, place = detail["type"], detail["loc"]
    path = ".".join([*start, *(short(str(step)) for step in place)])
    names = names_at(place[:-1]) if kind == "extra_forbidden" else []
    return problem(
        path, one_of(names) if names else expected(kind, detail.get("ctx", {})), _found(detail), _FIX.get(kind, LOOK)
    )


def one_of(names: list[str]) -> str:
    """The names that were expected."""
    listed = names if len(names) <= NAMES_MAX else [*names[:NAMES_MAX], "others"]
    return f"one of {', '.join(listed)}" if len(listed) > 1 else listed[0]


def expected(kind: str, facts: Mapping[str, object]) -> str:
    """What should have stood there, by pydantic's name for what is wrong and the numbers that belong to it."""
    if kind == "string_pattern_mismatch":
        pattern = str(facts.get("pattern", ""))
        return _FORMS.get(pattern, f"text that matches {pattern}")
    known = {name: _sized(kind, fact) if kind in _SIZES else fact for name, fact in facts.items()}
    return _EXPECTED.get(kind, "what is described for this place").format(**known)


def _found(detail: ErrorDetails) -> str:
    """What stood there, without saying it."""
    kind, sent = detail["type"], detail["input"]
    if kind == "json_invalid":
        where = _WHERE.search(str(detail.get("ctx", {}).get("error", "")))
        return f"a fault in line {where[1]}, column {where[2]}" if where else "something else"
    if kind in _SIZES and isinstance(sent, str | list | dict):
        return _sized(kind, len(sent))
    if isinstance(sent, bool) and kind not in _FOUND:
        return str(sent).lower()
    if isinstance(sent, str) and not sent.strip() and kind not in _FOUND:
        return "empty text"
    return _FOUND.get(kind) or _KINDS.get(type(sent), "another kind of value")


def _sized(kind: str, number: object) -> str:
    one, several = _SIZES[kind]
    return f"{number} {one if number == 1 else several}"
