"""Runs one API call: lets the caller in, calls the handler in the same thread, writes its answer down.

FastAPI reads and checks parameters and body by the handler's signature; one hop into a thread does all the rest.
"""

import inspect
from collections.abc import Callable, Mapping

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from tallystick.edge.door import Door
from tallystick.edge.faults import MALFORMED, of_problems
from tallystick.edge.rule import RouteRule
from tallystick.edge.visit import Visit
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused

ApiAnswer = BaseModel | Response | Refused | list[Problem] | None
"""What a handler may return: a body, a finished response, a refusal, a document's problems, or nothing (204)."""
ApiHandler = Callable[..., ApiAnswer]
"""Its first parameter is `visit: Visit`; the others are FastAPI parameters."""


def endpoint(
    door: Door, rule: RouteRule, handler: ApiHandler, *, status: int, takes_file: bool
) -> Callable[..., object]:
    """The coroutine that FastAPI is given for a handler. Raises TypeError when the handler takes no visit."""

    async def call(**given: object) -> Response:
        request = given.pop("visit")
        assert isinstance(request, Request)
        visit = door.visit(request)
        if takes_file:
            visit.payload = await request.body()
        return await door.in_thread(lambda: _run(door, rule, handler, visit, given=given, status=status))

    parameters = list(inspect.signature(handler).parameters.values())
    if not parameters or parameters[0].annotation is not Visit:
        raise TypeError(f"{handler.__name__}: expected the first parameter `visit: Visit`: FastAPI fills in the others")
    first = inspect.Parameter("visit", inspect.Parameter.KEYWORD_ONLY, annotation=Request)
    others = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters[1:]]
    call.__signature__ = inspect.Signature([first, *others])  # type: ignore[attr-defined]  # functions may have one
    call.__name__ = handler.__name__
    return call


def _run(
    door: Door, rule: RouteRule, handler: ApiHandler, visit: Visit, *, given: Mapping[str, object], status: int
) -> Response:
    refused = door.enter(visit, rule)
    answer = refused if refused is not None else handler(visit, **given)
    if isinstance(answer, BaseModel):
        return Response(answer.model_dump_json(by_alias=True), status, media_type="application/json")
    if answer is None:
        return Response(status_code=204)
    if isinstance(answer, Refused):
        return door.response(visit.request, answer)
    if isinstance(answer, list):
        return door.response(visit.request, of_problems(answer), problems=answer)
    return answer


def malformed(error: RequestValidationError) -> tuple[Refused, list[Problem]]:
    """What FastAPI found wrong with a request, in our words. What was sent is not sent back."""
    problems = []
    for detail in error.errors():
        where, *steps = (str(step) for step in detail["loc"])
        path = ".".join([where, *steps])
        expected = str(detail["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
        found = "nothing" if detail["type"] == "missing" else "something else"
        fix = "GET /openapi.json describes what this address takes."
        problems.append(Problem(name="request", line=None, path=path, expected=expected, found=found, fix=fix))
    first = problems[0].path if problems else ""
    number = f"{len(problems)} faults" if len(problems) > 1 else "a fault"
    sentence = f"Expected a request as /openapi.json describes it, found {number} in it: see problems, and correct it."
    return Refused(MALFORMED, sentence, first), problems
