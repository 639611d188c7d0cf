"""What the OpenAPI document says of every route: statuses, sizes, permissions. Reads rules, writes a description."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypedDict

from fastapi import FastAPI
from pydantic import BaseModel

from tallystick.edge.faults import ErrorAnswer
from tallystick.edge.rule import PUBLIC, RouteRule

_SENTENCES: Final = {
    400: "The request is malformed; `problems` lists every fault of it.",
    401: "No live session: the token is missing, ended or wrong.",
    404: "Absent or forbidden: both look the same.",
    409: "The state of the cell does not allow it: done already, not open, not yet.",
    410: "The content was erased: it is gone for good.",
    413: "The body is larger than this address takes.",
    422: "The content was refused, or the key was used for another request; nothing was written.",
    429: "Too many attempts; `Retry-After` says how many seconds to wait.",
    500: "Something broke on our side; `names` holds a reference.",
    503: "Not ready.",
}
SCHEME: Final = "session"

PREFACE: Final = """\
Everything that can be done on a screen of a cell, as JSON.

A session opens with `POST /api/v1/sessions` and is sent as `Authorization: Bearer TOKEN`. Every POST that changes
something takes an `Idempotency-Key`: a random text of at least 16 characters. The same key with the same request gives
the same answer and changes nothing twice, so that a call that was cut off can be repeated as it is.

Every answer that is not a success has one shape: `error` with a stable `code` and a `sentence` for people, and
`problems` with each fault of a document. Times are microseconds since 1970, UTC. Forbidden and absent look the same.
"""

Documented = dict[int | str, dict[str, object]]


class Words(TypedDict):
    """What FastAPI is told about a handler in words."""

    summary: str
    description: str
    operation_id: str


def words_of(handler: Callable[..., object]) -> Words:
    """A handler's docstring as summary and description; its module and name as the operation's id."""
    summary, _, rest = inspect.cleandoc(handler.__doc__ or "").partition("\n")
    stage = handler.__module__.rpartition(".")[2]
    return {"summary": summary.rstrip("."), "description": rest.strip(), "operation_id": f"{stage}_{handler.__name__}"}


def signature_of(handler: Callable[..., object]) -> Callable[..., object]:
    """A stand-in for a handler, without its visit: FastAPI reads from it what the call takes."""

    def described() -> None:
        raise AssertionError("a call is carried out by its CallApp")

    parameters = list(inspect.signature(handler).parameters.values())[1:]
    keyword_only = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    described.__signature__ = inspect.Signature(keyword_only)  # type: ignore[attr-defined]  # functions may have one
    described.__name__ = handler.__name__
    return described


def responses_of(
    handler: Callable[..., object], rule: RouteRule, refusals: Iterable[int], *, gives: Mapping[str, str] | None,
    also: Mapping[int, type[BaseModel]],
) -> Documented:  # fmt: skip
    """The documented answers of a route beside its main one: those that its rule brings along, and its own."""
    inputs = set(inspect.signature(handler).parameters) - {"visit"}
    statuses = {400, *refusals}  # 400: a query is refused where nothing reads it
    statuses |= {422} if "key" in inputs else set()  # a key that was used for something else
    statuses |= {413} if rule.max_bytes else set()
    statuses |= {401, 404} if rule.permission != PUBLIC else set()
    found: Documented = {status: _error(status) for status in sorted(statuses)}
    found |= {status: {"description": _SENTENCES[status], "model": model} for status, model in also.items()}
    if gives:
        content = {name: {"schema": {"type": "string", "description": words}} for name, words in gives.items()}
        found[200] = {"description": next(iter(gives.values())), "content": content}
    return found


def _error(status: int) -> dict[str, object]:
    schema = {"$ref": "#/components/schemas/ErrorAnswer"}
    return {"description": _SENTENCES[status], "content": {"application/json": {"schema": schema}}}


def extras_of(rule: RouteRule, *, takes: Mapping[str, str] | None) -> dict[str, object]:
    """What a rule adds to an operation: who may, how much, that a session is needed, which files it takes."""
    needs: list[dict[str, list[str]]] = [] if rule.permission == PUBLIC else [{SCHEME: []}]
    extra: dict[str, object] = {"x-permission": rule.permission, "x-max-bytes": rule.max_bytes, "security": needs}
    if takes:
        binary = {"type": "string", "format": "binary"}
        content = {name: {"schema": binary | {"description": words}} for name, words in takes.items()}
        extra["requestBody"] = {"required": True, "content": content}
    return extra


def described(app: FastAPI) -> dict[str, object]:
    """The whole document. FastAPI's own 422 is taken out where no handler gives it: malformed requests get 400."""
    document = app.openapi()
    for operations in document["paths"].values():
        for operation in operations.values():
            if "HTTPValidationError" in str(operation["responses"].get("422", "")):
                del operation["responses"]["422"]
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    error = ErrorAnswer.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= error.pop("$defs", {}) | {"ErrorAnswer": error}
    sentence = "The token that `POST /api/v1/sessions` answers with. Cookies open nothing here."
    components["securitySchemes"] = {SCHEME: {"type": "http", "scheme": "bearer", "description": sentence}}
    return document
