"""A call's inputs by its handler's signature: where each stands in a request, and what it must be. Writes nothing.

FastAPI describes the same signature in /openapi.json. Binding is done here, in the handler's own thread and after the
permission was asked, because it costs a third of what FastAPI's own binding does: that shows at a thousand calls a
second on two cores.

Nothing is read into what was sent: "12", 12.0 and true are no whole number, a name that is not known is refused, and
so is one that stands twice.
"""

import inspect
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, cast, get_args, get_origin

from fastapi import params
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request

from tallystick.edge.wording import of_detail, one_of, problem
from tallystick.flow.document import Problem
from tallystick.flow.document.problem import short
from tallystick.signals.spelled import KeyTwice, each_once

Place = Literal["path", "query", "header", "body"]
_PLACES: Final[tuple[tuple[type, Place], ...]] = (
    (params.Path, "path"), (params.Query, "query"), (params.Header, "header"), (params.Body, "body"),
)  # fmt: skip
_SPELLED: Final = {
    int: (re.compile(r"0|-?[1-9][0-9]{0,18}"), "a whole number in digits, such as 20"),
    float: (re.compile(r"(0|[1-9][0-9]{0,18})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?"), "a number, such as 0.05"),
    bool: (re.compile(r"true|false"), "true or false"),
}
"""How a value that is no text is spelled in an address or a header."""


@dataclass(frozen=True, slots=True)
class Input:
    """One parameter of a handler, or a field of one that is a model in the query.

    kind     `int`, `float`, `bool`, or `str` for everything that is text in an address
    default  what stands for a value that was not sent
    fields   of a model in the query: each is an input of its own
    """

    name: str
    place: Place
    alias: str
    adapter: TypeAdapter[object]
    default: object
    kind: type
    fields: tuple["Input", ...] = ()

    @property
    def is_required(self) -> bool:
        """Whether the call is malformed without it."""
        return self.default is inspect.Parameter.empty

    def names_at(self, place: tuple[int | str, ...]) -> list[str]:
        """Which names an object may have at a place inside this input; nothing when that is not described."""
        schema = self.adapter.json_schema()
        found = _inside(schema, schema, place)
        return sorted(cast(dict[str, object], found.get("properties", {})))


def inputs_of(handler: Callable[..., object], path: str) -> tuple[Input, ...]:
    """The inputs of a handler, its visit left out."""
    parameters = list(inspect.signature(handler).parameters.values())[1:]
    return tuple(_input(parameter, path) for parameter in parameters)


def _input(parameter: inspect.Parameter, path: str) -> Input:
    annotation = parameter.annotation
    base, *extras = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
    place: Place = "path" if f"{{{parameter.name}" in path else "body"
    alias = parameter.name
    limits: list[object] = []
    for extra in extras:
        found = [named for kind, named in _PLACES if isinstance(extra, kind)]
        if found:
            assert isinstance(extra, params.Param | params.Body)
            place, alias = found[0], extra.alias or alias
            limits += extra.metadata
        else:
            limits.append(extra)
    adapter: TypeAdapter[object] = TypeAdapter(Annotated[(base, *limits)] if limits else base)
    fields = _fields(base) if place == "query" and _is_model(base) else ()
    return Input(parameter.name, place, alias, adapter, parameter.default, _kind(base), fields)


def _is_model(base: object) -> bool:
    return isinstance(base, type) and issubclass(base, BaseModel)


def _fields(model: type[BaseModel]) -> tuple[Input, ...]:
    """The fields of a model that stands in the query, one name each, as FastAPI describes it."""
    found = []
    for name, field in model.model_fields.items():
        base = cast(type[object], field.annotation)
        limited = Annotated[(base, *field.metadata)] if field.metadata else base
        adapter: TypeAdapter[object] = TypeAdapter(cast(type[object], limited))
        default = inspect.Parameter.empty if field.is_required() else field.get_default(call_default_factory=True)
        found.append(Input(name, "query", field.alias or name, adapter, default, _kind(base)))
    return tuple(found)


def _kind(base: object) -> type:
    """The kind that a value is spelled as, null left out."""
    for one in (bool, int, float):
        if base is one or one in get_args(base):
            return one
    return str


def bind(inputs: tuple[Input, ...], request: Request, body: bytes) -> dict[str, object] | list[Problem]:
    """The values of all inputs, or everything that is wrong with the request. What was sent is not sent back."""
    sources: Mapping[Place, Mapping[str, str]] = {
        "path": request.path_params, "query": request.query_params, "header": request.headers,
    }  # fmt: skip
    values: dict[str, object] = {}
    problems = list(_misspelt(inputs, request))
    for wanted in inputs:
        if wanted.place == "body":
            given = _from_json(wanted, request, body)
        elif wanted.fields:
            given = _model_of(wanted, sources["query"])
        else:
            given = _from_text(wanted, sources[wanted.place])
        if isinstance(given, _Wrong):
            problems += given.problems
        else:
            values[wanted.name] = given
    return problems or values


@dataclass(frozen=True, slots=True)
class _Wrong:
    problems: list[Problem]


def _misspelt(inputs: tuple[Input, ...], request: Request) -> Iterator[Problem]:
    """A problem for each name in the query that nothing reads, and for each that stands there twice."""
    given = request.query_params
    if not given:
        return
    asked = [wanted for wanted in inputs if wanted.place == "query"]
    known = [one.alias for wanted in asked for one in (wanted.fields or (wanted,))]
    for name in given:
        if name not in known:
            expected = one_of(sorted(known)) if known else "nothing behind the question mark"
            yield problem(f"query.{short(name)}", expected, "another name", "Correct its spelling, or leave it out.")
        elif (times := len(given.getlist(name))) > 1:
            yield problem(f"query.{name}", "it once", f"it {times} times", "Leave all out but one.")


def _from_text(wanted: Input, source: Mapping[str, str]) -> object:
    """A value of the address, the query or a header."""
    path = f"{wanted.place}.{wanted.alias}"
    given = source.get(wanted.alias)
    if given is None:
        return _Wrong([problem(path, "a value", "nothing", "Send it.")]) if wanted.is_required else wanted.default
    value: object = given
    if wanted.kind in _SPELLED:
        form, expected = _SPELLED[wanted.kind]
        if not form.fullmatch(given):
            return _Wrong([problem(path, expected, "another text" if given.strip() else "empty text")])
        value = json.loads(given)
    try:
        return wanted.adapter.validate_python(value)
    except ValidationError as error:
        return _wrong(wanted, error)


def _model_of(wanted: Input, source: Mapping[str, str]) -> object:
    """A model of which each field has a name of its own in the query."""
    found = {field.name: _from_text(field, source) for field in wanted.fields}
    wrong = [problem for value in found.values() if isinstance(value, _Wrong) for problem in value.problems]
    if wrong:
        return _Wrong(wrong)
    try:
        return wanted.adapter.validate_python(found)
    except ValidationError as error:
        return _wrong(wanted, error)


def _from_json(wanted: Input, request: Request, body: bytes) -> object:
    """The value of a body, read strictly: a text is no number, a number is no yes."""
    if not _is_json(request):
        expected = "JSON, with the header Content-Type: application/json"
        return _Wrong([problem("body", expected, "another kind of content", "Send that header.")])
    try:
        value = wanted.adapter.validate_json(body, strict=True)
    except ValidationError as error:
        return _wrong(wanted, error)
    unclear = list(_unclear(body))
    return _Wrong(unclear) if unclear else value


def _unclear(body: bytes) -> Iterator[Problem]:
    """What pydantic, which has read the body, takes in silence: the last of two keys, a number without end.

    It reads it all the same, and not what was parsed here: only then does it speak of arrays and objects.
    """
    try:
        json.loads(body, object_pairs_hook=each_once, parse_constant=_ended, parse_float=_ended)
    except KeyTwice:
        yield problem("body", "each key once in an object", "one that stands twice", "Leave all out but one.")
    except _Endless:
        yield problem("body", "numbers that JSON has", "one that is endless, or none", "Send another, or null.")


class _Endless(ValueError):
    """A number that JSON does not have, or that no computer holds: it would come back as null."""


def _ended(spelled: str) -> float:
    number = float(spelled)
    if not math.isfinite(number):
        raise _Endless(spelled)
    return number


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _wrong(wanted: Input, error: ValidationError) -> _Wrong:
    start = ("body",) if wanted.place == "body" else (wanted.place, wanted.alias)
    return _Wrong([of_detail(start, detail, wanted.names_at) for detail in error.errors(include_url=False)])


_Schema = Mapping[str, object]


def _inside(whole: _Schema, schema: _Schema, place: tuple[int | str, ...]) -> _Schema:
    """The description of a place inside a described value; empty when it is not found."""
    if isinstance(where := schema.get("$ref"), str):
        return _inside(whole, cast(dict[str, _Schema], whole["$defs"])[where.rpartition("/")[2]], place)
    for choice in cast(list[_Schema], schema.get("anyOf", [])):
        if found := _inside(whole, choice, place):
            return found
    if not place:
        return schema if "properties" in schema else {}
    step, rest = place[0], place[1:]
    if isinstance(step, int):
        inner = schema.get("items", {})
    else:
        fields = cast(dict[str, _Schema], schema.get("properties", {}))
        named = [*cast(dict[str, _Schema], schema.get("patternProperties", {})).values()]
        inner = fields.get(step) or schema.get("additionalProperties") or (named or [{}])[0]
    return _inside(whole, cast(_Schema, inner), rest) if isinstance(inner, dict) else {}
