"""One application over one cell: pages, API and files behind their rules. Holds no route without one.

`build` composes what the shells bring and refuses to start when a route went around the door.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import msgspec
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Message, Receive, Scope, Send

from tallystick import __version__
from tallystick.app.access import ABSENT
from tallystick.app.cell import Cell
from tallystick.edge import faults, openapi
from tallystick.edge.calls import ApiHandler, CallApp
from tallystick.edge.door import Around, Door, Told, kind_of
from tallystick.edge.faults import BodyTooLarge
from tallystick.edge.files import static_files
from tallystick.edge.guard import Guard
from tallystick.edge.headers import add_headers, headers_for
from tallystick.edge.pages import PageApp, PageHandler
from tallystick.edge.rates import Rates
from tallystick.edge.routes import Routes
from tallystick.edge.rule import PUBLIC, SAFE, RouteRule
from tallystick.edge.visit import CookieNames, FaultFace
from tallystick.flow.refusal import Refused

FORM_BYTES = 500_000
BODY_BYTES = 250_000


class Unruled(RuntimeError):
    """A route was added around the door: it has no rule, so the site does not start."""


class Site:
    """Everything that one cell answers. An ASGI application once `check` has passed.

    hosts  the names that it answers under; every name when empty
    """

    def __init__(self, cell: Cell, *, secure_cookies: bool, hosts: Collection[str] = (), rates: Rates) -> None:
        self.cell = cell
        self.cookies = CookieNames(secure_cookies)
        self.rules: dict[str, RouteRule] = {}
        self._door = Door(cell, rates=rates, cookies=self.cookies, rule_at=self._rule_at)
        self._known: set[int] = set()
        self._routes = Routes()
        self._hosts = {host.lower() for host in hosts}
        self._headers = {kind: headers_for(kind, secure=secure_cookies) for kind in ("page", "api", "static")}
        self._description = b""
        self._calls: list[Callable[[], APIRoute]] = []
        self.app = _application(self._lifespan)
        self.app.add_exception_handler(HTTPException, self._on_http)

    def page(
        self, path: str, handler: PageHandler, *, permission: str, methods: Iterable[str] = ("GET",),
        max_bytes: int | None = None, form_at: str = "", told_bytes: int = 0,
    ) -> None:  # fmt: skip
        """Register a page. `max_bytes` of its form; 500,000 for pages that take one. The rest as in its rule."""
        wanted = frozenset(methods)
        size = max_bytes if max_bytes is not None else (0 if wanted <= {"GET"} else FORM_BYTES)
        rule = RouteRule(
            permission=permission, methods=wanted, max_bytes=size, kind="page", form_at=form_at, told_bytes=told_bytes
        )
        self._add(Route(path, PageApp(self._door, rule, handler), methods=sorted(wanted)), rule)

    def api(
        self, method: str, path: str, handler: ApiHandler, *, permission: str, answers: type[BaseModel] | None,
        refusals: Iterable[int] = (), also: Mapping[int, type[BaseModel]] | None = None, status: int = 200,
        max_bytes: int | None = None,
        takes: Mapping[str, str] | None = None, gives: Mapping[str, str] | None = None, tag: str = "",
    ) -> None:  # fmt: skip
        """Register an API call; FastAPI reads the handler's parameters after `visit`.

        answers   model of the body of a success; None: no body (204), or what `gives` says
        refusals  statuses beyond those that the rule brings along (400, 401, 404, 413)
        also      status: model of a body that is neither a success nor a refusal
        takes     media type: what it is, for a route whose body is a file and not JSON
        gives     media type: what it is, for a route that answers with something else than JSON
        """
        size = max_bytes if max_bytes is not None else (0 if method in ("GET", "DELETE") else BODY_BYTES)
        rule = RouteRule(permission=permission, methods=frozenset({method}), max_bytes=size, kind="api")
        status = 204 if answers is None and gives is None else status
        app = CallApp(self._door, rule, handler, path=path, status=status, takes_file=takes is not None)
        route = Route(path, app, methods=[method])
        route.methods = {method}  # HEAD is for pages
        self._add(route, rule)

        def described() -> APIRoute:
            return APIRoute(
                path, openapi.signature_of(handler), methods=[method], response_model=answers, status_code=status,
                responses=openapi.responses_of(handler, rule, refusals, gives=gives, also=also or {}),
                response_class=Response if gives else JSONResponse, openapi_extra=openapi.extras_of(rule, takes=takes),
                tags=[tag] if tag else [], **openapi.words_of(handler),
            )  # fmt: skip

        # CallApp carries the call out; FastAPI describes it, which takes a while and is done when somebody asks.
        self._calls.append(described)

    def files(self, prefix: str, folder: Path) -> None:
        """Serve a folder, read into memory now, to everybody."""
        for name, file in static_files(folder):
            rule = RouteRule(permission=PUBLIC, methods=frozenset({"GET"}), max_bytes=0, kind="static")
            self._add(Route(f"{prefix}/{name}", file, methods=["GET"]), rule)

    def show_faults(self, face: FaultFace) -> None:
        """How refusals look to people, from now on."""
        self._door.face = face

    def speak(self, around: Around, told: Told) -> None:
        """What holds while a page is made, and how a refusal is said where a script of ours shows it, from now on."""
        self._door.around, self._door.told = around, told

    def add_description(self) -> None:
        """Register `GET /openapi.json`, which describes all calls, those registered later too."""
        rule = RouteRule(permission=PUBLIC, methods=frozenset({"GET"}), max_bytes=0, kind="api")

        async def description(_: Request) -> Response:
            return Response(self.describe(), media_type="application/json")

        self._add(Route("/openapi.json", description, methods=["GET"], include_in_schema=False), rule)

    def describe(self) -> bytes:
        """The OpenAPI document as JSON. Written once, after the last route."""
        if not self._description:
            app = _application()
            app.router.routes.extend(described() for described in self._calls)
            self._description = msgspec.json.encode(openapi.described(app))
        return self._description

    def check(self) -> None:
        """Raise Unruled when a route has no rule."""
        strange = [repr(route) for route in self.app.router.routes if id(route) not in self._known]
        if strange:
            raise Unruled(f"expected a rule for every route, found none for {', '.join(strange)}: use Site.page or api")

    def close(self) -> None:
        """Let the handlers finish. A server that sends lifespan events does so by itself."""
        self._door.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, with the headers of its kind."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            """The rule is known only when the answer begins: a route has been found by then, or none is there."""
            if message["type"] == "http.response.start":
                add_headers(message, self._headers[kind_of(scope)])
            await send(message)

        if self._hosts and _host(scope) not in self._hosts:
            await self._door.answer(scope, receive, send_with_headers, faults.BAD_HOST)
        else:
            # FastAPI answers for addresses and methods that are not there; all others go the short way.
            scope["app"] = self.app
            await (self._routes.find(scope) or self.app)(scope, receive, send_with_headers)

    def _rule_at(self, path: str) -> RouteRule | None:
        """The rule of the page at an address."""
        found = self._routes.find({"method": "GET", "path": path})
        return found.rule if isinstance(found, Guard) and found.rule.kind == "page" else None

    def _add(self, route: Route, rule: RouteRule) -> None:
        route.app = Guard(rule, route.app, answer=self._door.answer, authorise=self._door.authorise)
        for method in sorted(rule.methods):
            name = f"{method} {route.path}"
            if name in self.rules:
                raise Unruled(f"expected one rule for each route, found two for {name}: remove one")
            self.rules[name] = rule
        self._known.add(id(route))
        self._routes.add(route)
        self.app.router.routes.append(route)

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        yield
        self.close()

    async def _on_http(self, request: Request, error: Exception) -> Response:
        """Refusals that Starlette raises: no such address, no such method."""
        assert isinstance(error, HTTPException)
        if isinstance(error, BodyTooLarge):
            return self._door.response(request, error.refused)
        if error.status_code == 405:
            page = self._form_page(request.scope) if request.method in SAFE else ""
            if page:
                # Whether somebody may see it is asked there, as of every page.
                return RedirectResponse(page, status_code=303)
            return await self._shown(request, faults.BAD_METHOD, {"Allow": ", ".join(self._methods_at(request.scope))})
        if error.status_code == 404:
            return await self._shown(request, ABSENT, {})
        return self._door.response(request, faults.UNREADABLE)

    async def _shown(self, request: Request, refused: Refused, extra: dict[str, str]) -> Response:
        response = await self._door.shown(request, refused)
        response.headers.update(extra)
        return response

    def _form_page(self, scope: Scope) -> str:
        """The page that holds the form which is sent to an address; empty where none is known."""
        for route in self.app.router.routes:
            if not isinstance(route, Route) or not route.methods:
                continue
            match, found = route.matches(scope)
            rule = self.rules[f"{min(route.methods)} {route.path}"]
            if match is Match.NONE or rule.kind != "page":
                continue
            if rule.form_at:
                return quote(rule.form_at.format_map(found["path_params"]), safe="/")
            above = scope["path"].rpartition("/")[0]
            while above and self._rule_at(above) is None:
                above = above.rpartition("/")[0]
            return quote(above, safe="/") or ("/" if self._rule_at("/") else "")
        return ""

    def _methods_at(self, scope: Scope) -> list[str]:
        """Every method that some route at this address answers."""
        found: set[str] = set()
        for route in self.app.router.routes:
            if isinstance(route, Route) and route.methods and route.matches(scope)[0] is not Match.NONE:
                found |= route.methods
        return sorted(found)


def _application(lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None) -> FastAPI:
    """An application without routes."""
    return FastAPI(
        title="Tallystick", version=__version__, openapi_url=None, docs_url=None, redoc_url=None,
        redirect_slashes=False, description=openapi.PREFACE, lifespan=lifespan,
    )  # fmt: skip


def _host(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"host":
            return str(value.decode("latin-1").lower())
    return ""


def build(
    cell: Cell, *, mounts: Iterable[Callable[[Site], None]], secure_cookies: bool, hosts: Collection[str] = (),
    rates: Rates | None = None,
) -> Site:  # fmt: skip
    """The application of a cell: an ASGI app. Raises BadRule or Unruled, so that it never starts with an open door.

    mounts          what registers routes: `api.mount`, `web.mount`
    secure_cookies  True when people reach it by https; False only for a plain loopback address in development
    hosts           names with ports that it answers under, for production; every name when empty
    """
    site = Site(cell, secure_cookies=secure_cookies, hosts=hosts, rates=rates or Rates())
    site.add_description()
    for mount in mounts:
        mount(site)
    site.check()
    return site
