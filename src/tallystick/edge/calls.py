"""Runs one API call in one hop into a thread: lets the caller in, binds the inputs, calls the handler, answers."""

import inspect
from collections.abc import Callable
from typing import Final

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tallystick.edge.door import Door
from tallystick.edge.faults import MALFORMED, of_problems
from tallystick.edge.inputs import bind, inputs_of
from tallystick.edge.rule import RouteRule
from tallystick.edge.visit import Visit
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused

ApiAnswer = BaseModel | Response | Refused | list[Problem] | None
"""What a handler may return: a body, a finished response, a refusal, a document's problems, or nothing (204)."""
ApiHandler = Callable[..., ApiAnswer]
"""Its first parameter is `visit: Visit`; the others are what FastAPI calls path, query, header and body parameters."""
JSON: Final = "application/json"


class CallApp:
    """One call behind its rule, as an ASGI application. Raises TypeError when its handler takes no visit.

    status      of a success
    takes_file  its body is a file and goes to `visit.payload`
    """

    def __init__(
        self, door: Door, rule: RouteRule, handler: ApiHandler, *, path: str, status: int, takes_file: bool
    ) -> None:
        parameters = list(inspect.signature(handler).parameters.values())
        if not parameters or parameters[0].annotation is not Visit:
            raise TypeError(f"{handler.__name__}: expected the first parameter `visit: Visit`, found another")
        self._door = door
        self._rule = rule
        self._handler = handler
        self._inputs = inputs_of(handler, path)
        self._status = status
        self._takes_file = takes_file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body() if self._rule.max_bytes else b""
        response = await self._door.in_thread(lambda: self._run(request, body))
        await response(scope, receive, send)

    def _run(self, request: Request, body: bytes) -> Response:
        visit = self._door.visit(request)
        refused = self._door.enter(visit, self._rule)
        if refused is not None:
            return self._door.response(request, refused)
        if self._takes_file:
            visit.payload = body
        given = bind(self._inputs, request, body)
        if isinstance(given, list):
            return self._door.response(request, malformed(given), problems=given)
        return self._told(visit, self._door.without_erased(lambda: self._handler(visit, **given)))

    def _told(self, visit: Visit, answer: ApiAnswer) -> Response:
        if isinstance(answer, BaseModel):
            return Response(answer.model_dump_json(by_alias=True), self._status, media_type=JSON)
        if answer is None:
            return Response(status_code=204)
        if isinstance(answer, Refused):
            return self._door.response(visit.request, answer)
        if isinstance(answer, list):
            return self._door.response(visit.request, of_problems(answer), problems=answer)
        return answer


def malformed(problems: list[Problem]) -> Refused:
    """The refusal of a request that is not as the description says."""
    number = f"{len(problems)} faults" if len(problems) > 1 else "a fault"
    sentence = f"Expected a request as /openapi.json describes it, found {number} in it: see problems, and correct it."
    return Refused(MALFORMED, sentence, problems[0].path)
