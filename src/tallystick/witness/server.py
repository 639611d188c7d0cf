"""HTTP for a witness, and for a public copy of a log. Reads and writes the network; every answer is small or a file.

Whoever can reach it may send anything: bodies have a size and a time, waiting requests a number, and a connection that
says nothing is hung up. What is in a request is judged in threads, by the desk.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tallystick.blobs.folder import FolderBlobs
from tallystick.ledger import published
from tallystick.witness.desk import Witness
from tallystick.witness.request import BODY_BYTES_MAX, PLAIN, Answer

BODY_SECONDS: Final = 10.0
HEAD_SECONDS: Final = 10.0
THREADS: Final = 8
WAITING_MAX: Final = 32
CONNECTIONS_MAX: Final = 256

Handler = Callable[[Request], Awaitable[Response]]


class CannotListen(RuntimeError):
    """The address is not to be had. The message says what to do."""


class Impatient(HttpToolsProtocol):
    """Hangs up on a connection that does not send a request in time: the server itself would wait for ever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait()

    def on_response_complete(self) -> None:
        """Begin to wait for the next one."""
        super().on_response_complete()
        self._wait()

    def _wait(self) -> None:
        cycle = self.cycle
        self.loop.call_later(HEAD_SECONDS, lambda: self._hang_up(cycle))

    def _hang_up(self, cycle: object) -> None:
        if self.cycle is cycle and not self.transport.is_closing():
            self.transport.close()


class WitnessApp:
    """The two addresses of C2SP tlog-witness, below a prefix, as an ASGI application."""

    def __init__(self, witness: Witness, *, prefix: str = "") -> None:
        self._witness = witness
        self._prefix = prefix.rstrip("/")
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="witness")
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await _serve(self._answer, scope, receive, send)

    def close(self) -> None:
        """Let what is being decided end."""
        self._pool.shutdown(wait=True)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        if not path.startswith(f"{self._prefix}/"):
            return _plain(404, "expected an address of this witness")
        rest = path.removeprefix(f"{self._prefix}/")
        if rest == "add-checkpoint":
            return await self._add(request)
        name, _, last = rest.partition("/")
        if last != "checkpoint" or len(name) != 64:
            return _plain(404, "expected add-checkpoint, or the name of a log and checkpoint")
        if request.method not in ("GET", "HEAD"):
            return _plain(405, "expected GET", {"Allow": "GET, HEAD"})
        return await self._in_thread(lambda: self._witness.latest(name))

    async def _add(self, request: Request) -> Response:
        if request.method != "POST":
            return _plain(405, "expected POST", {"Allow": "POST"})
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _body(request)
        except TimeoutError:
            return _plain(408, f"expected the whole request within {BODY_SECONDS:.0f} s", {"Connection": "close"})
        if body is None:
            return _plain(413, f"expected at most {BODY_BYTES_MAX} bytes", {"Connection": "close"})
        return await self._in_thread(lambda: self._witness.add_checkpoint(body))

    async def _in_thread(self, work: Callable[[], Answer]) -> Response:
        if self._waiting >= WAITING_MAX:
            return _plain(503, "too many requests at once: ask again", {"Retry-After": "5"})
        self._waiting += 1
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return Response(answer.body, answer.status, headers=headers, media_type=answer.content_type)


class PublicLog:
    """A log directory for everybody to read, as an ASGI application: static files of the layout and nothing else."""

    def __init__(self, directory: Path) -> None:
        self._read = published.read_blobs(FolderBlobs(directory))
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="log")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await _serve(self._answer, scope, receive, send)

    def close(self) -> None:
        """Let what is being read end."""
        self._pool.shutdown(wait=True)

    async def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return _plain(405, "expected GET", {"Allow": "GET, HEAD"})
        path = request.url.path.removeprefix("/")
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._pool, lambda: published.find(self._read, path))
        if found is None:
            return _plain(404, "expected a file of the log")
        headers = {
            "Cache-Control": found.cache_control(is_public=True), "ETag": found.tag,
            "X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*",
        }  # fmt: skip
        if request.headers.get("if-none-match") == found.tag:
            return Response(status_code=304, headers=headers)
        response = Response(found.data, headers=headers)
        response.headers["Content-Type"] = found.content_type
        return response


async def _serve(answer: Handler, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    with contextlib.suppress(ClientDisconnect):
        response = await answer(Request(scope, receive))
        await response(scope, receive, send)


async def _body(request: Request) -> bytes | None:
    """The body, or None when it is too large: then the rest is not taken in."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > BODY_BYTES_MAX:
            return None
    return bytes(data)


def _plain(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return Response(f"{text}\n", status, headers={"Cache-Control": "no-store"} | (headers or {}), media_type=PLAIN)


def listen(host: str, port: int) -> socket.socket:
    """A socket; port 0 takes any that is free. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        hint = "stop the other program, or give another --port" if error.errno == errno.EADDRINUSE else (
            "give another --host or --port"
        )  # fmt: skip
        raise CannotListen(
            f"{host}:{port}: expected an address to listen on, found: {error.strerror}: {hint}"
        ) from error


def server_of(app: WitnessApp | PublicLog) -> uvicorn.Server:
    """A server with limits, not started."""
    return uvicorn.Server(
        uvicorn.Config(
            app, http=Impatient, ws="none", lifespan="off", log_level="warning", access_log=False, server_header=False,
            proxy_headers=False, timeout_graceful_shutdown=5, timeout_keep_alive=5, limit_concurrency=CONNECTIONS_MAX,
        )
    )  # fmt: skip
