"""A living cell behind its own API, in this process: what tests of the edge, the API and the client talk to."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
from living_cell import CRITERIA, LEAD, NUMBERS, World, world_at

from tallystick import api, edge
from tallystick.app import roster
from tallystick.app.access import Actor
from tallystick.edge import Site

KEYS = count(1)
Cast = dict[str, Actor]
"""Somebody in each role."""


def fresh_key() -> str:
    """An idempotency key that no other test uses."""
    return f"test-key-of-its-own-{next(KEYS)}"


def body_of(verdict: str = "a_clearly", *, words: str = "") -> dict[str, object]:
    """A judgment as JSON, whose scores carry its verdict."""
    a, b = LEAD.get(verdict[0], (3, 3)) if "_" in verdict else (3, 3)
    return {
        "verdict": verdict,
        "scores": {name: {"a": a, "b": b} for name in CRITERIA},
        "reasons": [{"criterion": "reasoning", "text": words or f"It follows, as step {next(NUMBERS)} shows."}],
        "active_ms": 1000,
    }


class InProcess(httpx.BaseTransport):
    """Hands requests to a site in this process, which answers them on an event loop of its own, as a server would."""

    def __init__(self, site: Site) -> None:
        self._inside = httpx.ASGITransport(app=site, raise_app_exceptions=False)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The site's answer. What the request streams is read first, and still has no declared length."""
        request.read()
        return asyncio.run_coroutine_threadsafe(self._answer(request), self._loop).result(timeout=600)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        response = await self._inside.handle_async_request(request)
        content = await response.aread()
        return httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(content))

    def close(self) -> None:
        """Stop the loop. The site lives on: another transport may serve it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass
class Served:
    """A world, the site over it, and a way to call it as somebody."""

    world: World
    site: Site
    http: httpx.Client
    _tokens: dict[str, str] = field(default_factory=dict)

    def token(self, actor: Actor) -> str:
        """A token of a session of this person, opened once."""
        if actor.person not in self._tokens:
            self._tokens[actor.person] = self.session(actor, kind="api").token
        return self._tokens[actor.person]

    def forget(self, actor: Actor) -> None:
        """Let the next call open a session anew."""
        self._tokens.pop(actor.person, None)

    def session(self, actor: Actor, *, kind: str) -> roster.SignedIn:
        """A new session of this person."""
        signed = roster.open_session(self.world.cell, actor.person, kind=kind, method="token")
        assert isinstance(signed, roster.SignedIn)
        return signed

    def call(
        self, actor: Actor | None, method: str, path: str, *, key: str | None = "", body: object = None,
        content: bytes | None = None, headers: dict[str, str] | None = None,
    ) -> httpx.Response:  # fmt: skip
        """One call of the API as somebody, with a key of its own unless told otherwise."""
        sent = dict(headers or {})
        if actor is not None:
            sent["Authorization"] = f"Bearer {self.token(actor)}"
        if method == "POST" and key is not None:
            sent["Idempotency-Key"] = key or fresh_key()
        data = json.dumps(body).encode() if body is not None else content
        if body is not None:
            sent["Content-Type"] = "application/json"
        return self.http.request(method, path, headers=sent, content=data, follow_redirects=False)


@contextmanager
def served_at(
    url: str, directory: Path, *, mounts: tuple[Callable[[Site], None], ...] = (api.mount,), secure: bool = False,
    hosts: tuple[str, ...] = (), gold: bool = True,
) -> Iterator[Served]:  # fmt: skip
    """A served world; everything is closed at the end."""
    with world_at(url, directory, gold=gold) as world:
        site = edge.build(world.cell, mounts=mounts, secure_cookies=secure, hosts=hosts)
        address = "https://testserver" if secure else "http://testserver"
        try:
            with httpx.Client(transport=InProcess(site), base_url=address) as http:
                yield Served(world, site, http)
        finally:
            site.close()
