"""Runs one page: reads its form, lets the visitor in, checks that the form is theirs, calls the handler."""

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tallystick.edge import faults
from tallystick.edge.door import Door
from tallystick.edge.faults import BodyTooLarge
from tallystick.edge.rule import SAFE, RouteRule
from tallystick.edge.visit import Visit, is_from_elsewhere
from tallystick.flow.refusal import Refused

FILES_MAX = 4
FIELDS_MAX = 2000
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
LONG_FORM = Refused(
    faults.MALFORMED,
    f"Expected a form of at most {FIELDS_MAX} fields, found more. Send it in parts, or as a file.",
)
BAD_FORM = Refused(faults.MALFORMED, "Expected a form, found something that cannot be read as one. Send it again.")

PageAnswer = Response | Refused
PageHandler = Callable[[Visit], PageAnswer]


class PageApp:
    """One page behind its rule, as an ASGI application."""

    def __init__(self, door: Door, rule: RouteRule, handler: PageHandler) -> None:
        self._door = door
        self._rule = rule
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        visit = self._door.visit(request)
        try:
            refused = await self._read(visit)
            run = self._run if refused is None else lambda _: self._shown(visit, refused)
            response = await self._door.in_thread(lambda: self._made(run, visit))
        finally:
            await visit.form.close()
        await response(scope, receive, send)

    async def _read(self, visit: Visit) -> Refused | None:
        """Read the form of a request that changes something; why it is refused before anything else is asked."""
        request = visit.request
        if request.method in SAFE:
            return None
        if is_from_elsewhere(request):
            return faults.FORGED
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in FORMS:
            return None
        try:
            visit.form = await request.form(
                max_files=FILES_MAX, max_fields=FIELDS_MAX, max_part_size=self._rule.max_bytes
            )
        except BodyTooLarge:
            raise
        except HTTPException as error:
            return LONG_FORM if "Too many fields" in error.detail else BAD_FORM
        texts = (text for pair in visit.form.multi_items() for text in pair if isinstance(text, str))
        return None if all(faults.is_text(text) for text in texts) else faults.BAD_TEXT

    def _made(self, run: Callable[[Visit], Response], visit: Visit) -> Response:
        """The answer, made in the thread in which its language holds."""
        with self._door.around(visit.request):
            return run(visit)

    def _run(self, visit: Visit) -> Response:
        refused = self._door.enter(visit, self._rule)
        if refused is None and visit.request.method not in SAFE and visit.is_forged():
            refused = faults.FORGED
        if refused is not None:
            return self._shown(visit, refused)
        answer = self._door.without_erased(lambda: self._handler(visit))
        return self._shown(visit, answer) if isinstance(answer, Refused) else visit.finish(answer)

    def _shown(self, visit: Visit, refused: Refused) -> Response:
        return visit.finish(self._door.response(visit.request, refused, visit=visit))
