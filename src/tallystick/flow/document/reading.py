"""Text to a checked model, or every problem with its line; and a model back to text. Touches no file."""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tallystick.flow.document.part import Part
from tallystick.flow.document.problem import SHOWN_MAX, Fault, Path, Problem, joined, short, shown
from tallystick.flow.document.tree import Plain, Tree, parse, unplaced

Model = TypeVar("Model", bound=Part)
AnyModel = TypeVar("AnyModel", bound=BaseModel)


def read(text: str | bytes, name: str, model: type[Model]) -> Model | list[Problem]:
    """The model that a document describes, or all that is wrong with it, in the order of the lines.

    name   what the writer calls the document: it opens every sentence
    """
    tree = parse(text, name)
    if isinstance(tree, list):
        return tree
    if not isinstance(tree.data, dict):
        found = shown(tree.data)
        return [unplaced(name, "a map of `key: value` lines", found, "Begin with a key and a colon.")]
    try:
        return from_plain(tree.data, model)
    except ValidationError as error:
        details = error.errors(include_url=False)
        problems = [problem for detail in details for problem in _problems(detail, tree, name, model)]
        return sorted(problems, key=lambda problem: problem.line or 0)


def from_plain(data: Mapping[str, Plain], model: type[Model]) -> Model:
    """The model of plain data that `plain` gave before. Raises pydantic's ValidationError."""
    return model.model_validate_json(json.dumps(data))


def check(data: Plain, name: str, model: type[AnyModel], *, line: int, under: Path = ()) -> AnyModel | list[Problem]:
    """The model of one row of a file, or all that is wrong with it, all at the row's own line.

    under  the place in the row that the data stands at
    """
    tree = Tree(data, {(): line})
    if not isinstance(data, dict):
        expected, fix = "a map of keys and values", "Write one JSON object per row."
        return [Problem(name=name, line=line, path=joined(under), expected=expected, found=shown(data), fix=fix)]
    try:
        return model.model_validate(data, strict=False)
    except ValidationError as error:
        details = error.errors(include_url=False)
        found = [problem for detail in details for problem in _problems(detail, tree, name, model)]
        head = joined(under)
        return [replace(one, path=f"{head}.{one.path}".strip(".")) for one in found] if under else found


def plain(part: Part) -> dict[str, Plain]:
    """A model as plain data in the journal's profile: ASCII keys, text, whole numbers, lists and maps.

    Defaults are written out, so that a later version of the code cannot change what was agreed.
    """
    data: dict[str, Plain] = part.model_dump(mode="json", exclude_none=True)
    return data


def write(part: Part) -> str:
    """A model as a YAML document that `read` reads to the same model."""
    text: str = yaml.safe_dump(plain(part), sort_keys=False, allow_unicode=True, width=100)
    return text


def placed(problems: Iterable[Problem], text: str | bytes) -> list[Problem]:
    """The same problems with the lines that their paths have in a text."""
    tree = parse(text, "")
    if isinstance(tree, list):
        return list(problems)
    lines = {joined(path): line for path, line in tree.lines.items()}
    return [replace(problem, line=lines.get(problem.path, problem.line)) for problem in problems]


def is_missing(problem: Problem) -> bool:
    """Whether a key that the document needs is not in it: a form says that in its own words, without keys and lines."""
    key = problem.path.rpartition(".")[2]
    return (problem.expected, problem.found) == (_the_key(key), _NOTHING)


_NOTHING = "nothing"


def _the_key(key: str | int) -> str:
    return f"the key `{key}`"


def _problems(detail: ErrorDetails, tree: Tree, name: str, model: type[BaseModel]) -> Iterator[Problem]:
    """One error of the model in our words; a part that found several faults gives one problem for each."""
    if _is_counted_wrong(detail):
        return
    location = tuple(part for part in detail["loc"] if part != "[key]")
    for fault in _faults(detail, location, model):
        yield Problem(
            name=name,
            line=tree.line(fault.path),
            path=joined(fault.path),
            expected=fault.expected,
            found=fault.found,
            fix=fault.fix,
        )


def _is_counted_wrong(detail: ErrorDetails) -> bool:
    """The validator counts only sound entries: a list of two broken ones is not too short for that."""
    found = detail["input"]
    is_short = detail["type"] == "too_short" and isinstance(found, list | dict)
    return is_short and len(found) >= detail["ctx"]["min_length"]


def _faults(detail: ErrorDetails, location: Path, model: type[BaseModel]) -> list[Fault]:
    kind, context, found = detail["type"], detail.get("ctx", {}), shown(detail["input"])
    if kind == "faults":
        return [replace(fault, path=(*location, *fault.path)) for fault in context["faults"]]
    if kind == "missing":
        expected, found, fix = _the_key(location[-1]), _NOTHING, f"Add a line `{location[-1]}:` here."
    elif kind == "extra_forbidden":
        expected, found, fix = _unknown_key(str(location[-1]), _model_at(model, location[:-1]))
    elif kind == "shape":
        expected, fix = context["expected"], context["fix"]
    elif kind in {"literal_error", "enum"}:
        expected, fix = f"one of {context['expected']}", _nearest(detail["input"], context["expected"])
    else:
        expected, fix = _words_of(kind, context, detail["msg"])
    return [Fault(path=location, expected=expected, found=found, fix=fix)]


_KINDS: Mapping[str, tuple[str, str]] = {
    "string_type": ("text", "If it is meant as text, put it in quotes."),
    "int_type": ("a whole number", "Write digits without quotes and without a point."),
    "int_parsing": ("a whole number", "Write digits without a point."),
    "int_from_float": ("a whole number", "Write digits without a point."),
    "bool_type": ("true or false", "Write `true` or `false` without quotes."),
    "tuple_type": ("a list", "Write each entry on its own line after `- `."),
    "list_type": ("a list", "Write each entry on its own line after `- `."),
    "dict_type": ("a map of `key: value` lines", "Write the keys on indented lines."),
    "model_type": ("a map of `key: value` lines", "Write the keys on indented lines."),
    "date_type": ("a date such as 2031-12-31", "Write year, month and day as numbers."),
    "date_parsing": ("a date such as 2031-12-31", "Write year, month and day as numbers."),
    "date_from_datetime_parsing": ("a date such as 2031-12-31", "Write year, month and day as numbers."),
    "date_from_datetime_inexact": ("a date such as 2031-12-31", "Leave out the time of day."),
    "string_pattern_mismatch": ("text of the form {pattern}", "Use only the characters of that form."),
    "string_too_short": ("text that is not empty", "Write at least a word."),
    "string_too_long": ("at most {max_length} characters", "Make it shorter."),
    "too_short": ("{min_length} or more entries", "Add what is missing."),
    "too_long": ("no more than {max_length} entries", "Take some out."),
    "greater_than_equal": ("at least {ge}", "Write a larger number."),
    "less_than_equal": ("at most {le}", "Write a smaller number."),
}


def _words_of(kind: str, context: Mapping[str, object], message: str) -> tuple[str, str]:
    """Expected and fix for a kind of error; the validator's own words for one that has none here."""
    if kind in _KINDS:
        expected, fix = _KINDS[kind]
        return expected.format(**context), fix
    return short(message), "Change the value."


def _unknown_key(key: str, model: type[BaseModel]) -> tuple[str, str, str]:
    keys = list(model.model_fields)
    close = difflib.get_close_matches(key[:SHOWN_MAX], keys, n=1)
    fix = f"Did you mean `{close[0]}`?" if close else "Remove it, or look for a misplaced indentation."
    return f"one of the keys {', '.join(keys)}", f"`{short(key)}`", fix


def _nearest(value: object, choices: str) -> str:
    known = re.findall(r"'([^']+)'", choices)
    close = difflib.get_close_matches(str(value)[:SHOWN_MAX], known, n=1)
    return f"Did you mean `{close[0]}`?" if close else "Choose one of them."


def _model_at(model: type[BaseModel], location: Path) -> type[BaseModel]:
    """The part of the model that stands at a place: needed to know which keys it has."""
    is_key = False
    for step in location:
        if is_key or step not in model.model_fields:
            is_key = False
            continue
        annotation = model.model_fields[str(step)].annotation
        is_key = get_origin(annotation) is dict
        model = next(_parts_in(annotation), model)
    return model


def _parts_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _parts_in(argument)
