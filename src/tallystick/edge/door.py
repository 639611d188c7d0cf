"""Lets people in, or says why not: session, permission, and the form of the answer. Reads sessions through app."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from html import escape
from typing import Final, TypeVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from tallystick.app import access, roster
from tallystick.app.cell import Cell
from tallystick.edge import faults
from tallystick.edge.faults import error_answer, headers_of, status_of
from tallystick.edge.rates import Rates
from tallystick.edge.rule import PUBLIC, SAFE, Kind, RouteRule
from tallystick.edge.visit import CookieNames, FaultFace, RuleAt, Visit, bearer
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused
from tallystick.store.vault import ObjectErased

THREADS: Final = 24
"""More than are ever busy: under load most of them wait for one durable commit together."""
API_PLACES: Final = ("/api/", "/openapi.json", "/healthz", "/readyz")
SIGN_IN: Final = "/sign-in"

Result = TypeVar("Result")
Around = Callable[[Request], AbstractContextManager[None]]
"""What holds while a page is made for a request: the language that it speaks."""
Told = Callable[[Refused], str]
"""A refusal as a sentence for a person, where a script of ours shows it."""


def _plainly(request: Request) -> AbstractContextManager[None]:
    """Nothing holds while no shell has said what does."""
    del request
    return nullcontext()


def plain_face(status: int, refused: Refused, visit: Visit | None) -> Response:
    """A refusal for people while no shell has brought a page of its own."""
    del visit
    sentence = escape(refused.sentence)
    text = f'<!doctype html><html lang="en"><title>{status}</title><h1>{status}</h1><p>{sentence}</p></html>'
    return HTMLResponse(text, status_code=status)


class Door:
    """One cell's door. Handlers run in its threads, because they wait for the database."""

    def __init__(self, cell: Cell, *, rates: Rates, cookies: CookieNames, rule_at: RuleAt) -> None:
        self.cell = cell
        self.rule_at = rule_at
        self.rates = rates
        self.cookies = cookies
        self.face: FaultFace = plain_face
        self.around: Around = _plainly
        self.told: Told = lambda refused: refused.sentence
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="handler")

    def close(self) -> None:
        """Let the handlers finish, and end their threads."""
        self._pool.shutdown(wait=True)

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        """Run something that blocks, and wait for it without blocking the others."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def visit(self, request: Request) -> Visit:
        """A visit of somebody of whom nothing is known yet."""
        client = request.client.host if request.client else "unknown"
        return Visit(
            cell=self.cell, request=request, client=client, rates=self.rates, cookies=self.cookies, face=self.face,
            rule_at=self.rule_at,
        )  # fmt: skip

    def enter(self, visit: Visit, rule: RouteRule) -> Refused | None:
        """Look up the session, ask for the permission: None when the visit may go on. Blocks.

        A page's session comes by cookie only, an API's by bearer token only: neither opens the other.
        """
        kind = "page" if rule.kind == "page" else "api"
        visit.token = visit.request.cookies.get(self.cookies.session, "") if kind == "page" else bearer(visit.request)
        visit.session = roster.session_of(self.cell, visit.token, kind=kind) if visit.token else None
        if rule.permission == PUBLIC:
            return None
        if visit.session is None:
            return faults.SIGN_IN_NEEDED
        return None if rule.allows(visit.session.actor) else access.ABSENT

    async def authorise(self, scope: Scope, rule: RouteRule) -> Refused | None:
        """Why the sender of a request may not send it, or None. Before the body is read."""
        visit = self.visit(Request(scope))
        return await self.in_thread(lambda: self.enter(visit, rule))

    @staticmethod
    def without_erased(work: Callable[[], Result]) -> Result | Refused:
        """What a handler answers. Content that an erasure took while it ran is a refusal, never a failure."""
        try:
            return work()
        except ObjectErased as error:
            return Refused("erased", f"{str(error)[:1].upper()}{str(error)[1:]}.")

    def response(
        self, request: Request, refused: Refused, *, problems: Sequence[Problem] = (), visit: Visit | None = None
    ) -> Response:
        """A refusal as whoever asked can read it: JSON for programs, a page for people, a way to sign in."""
        if kind_of(request.scope) == "api":
            body = error_answer(refused, problems).model_dump_json()
            return Response(body, status_of(refused), headers_of(refused), media_type="application/json")
        if "application/json" in request.headers.get("accept", ""):
            # A script of ours asked: it shows the sentence beside the form.
            with self.around(request):
                return JSONResponse({"sentence": self.told(refused), "code": refused.code}, status_of(refused))
        if refused is faults.SIGN_IN_NEEDED and request.method in SAFE:
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"{SIGN_IN}?next={quote(wanted, safe='/')}", status_code=303)
        with self.around(request):
            response = self.face(status_of(refused), refused, visit)
        response.headers.update(headers_of(refused))
        return response

    async def answer(self, scope: Scope, receive: Receive, send: Send, refused: Refused) -> None:
        """Send a refusal."""
        response = await self.shown(Request(scope), refused)
        await response(scope, receive, send)

    async def shown(self, request: Request, refused: Refused) -> Response:
        """A refusal outside of any handler. Showing one to a person may look into the cell: it happens in a thread."""
        if kind_of(request.scope) == "api":
            return self.response(request, refused)
        return await self.in_thread(lambda: self._face(request, refused))

    def _face(self, request: Request, refused: Refused) -> Response:
        visit = self.visit(request)
        self.enter(visit, RouteRule(permission=PUBLIC, methods=SAFE & {"GET"}, max_bytes=0, kind="page"))
        return visit.finish(self.response(request, refused, visit=visit))


def kind_of(scope: Scope) -> Kind:
    """What kind of answer an address gives, with or without a route there."""
    rule = scope.get("tallystick.rule")
    if isinstance(rule, RouteRule):
        return rule.kind
    return "api" if scope["path"].startswith(API_PLACES) else "page"
