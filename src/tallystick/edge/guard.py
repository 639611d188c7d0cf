"""Stands before one route: size, then session and permission when the body is large, then whatever breaks inside."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import unquote_plus

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tallystick.custody import KeysUnavailable
from tallystick.edge.faults import BAD_TEXT, FAILED, KEYS_UNAVAILABLE, BodyTooLarge, is_text, too_large
from tallystick.edge.rule import RouteRule
from tallystick.flow.refusal import Refused

LOG = logging.getLogger("tallystick.edge")
EARLY_BYTES = 100_000
"""A body beyond this is not read before it is known who sends it."""

Answer = Callable[[Scope, Receive, Send, Refused], Awaitable[None]]
Authorise = Callable[[Scope, RouteRule], Awaitable[Refused | None]]


class Guard:
    """One route behind its rule. `answer` sends a refusal; `authorise` says why somebody may not, or None."""

    def __init__(self, rule: RouteRule, inside: ASGIApp, *, answer: Answer, authorise: Authorise) -> None:
        self.rule = rule
        self._inside = inside
        self._answer = answer
        self._authorise = authorise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["tallystick.rule"] = self.rule
        refused = await self._refused(scope)
        if refused is not None:
            await self._answer(scope, receive, send, refused)
            return
        watch = _Watch(send)
        try:
            await self._inside(scope, self._counted(receive), watch)
        except ClientDisconnect:
            return
        except BodyTooLarge as error:
            await self._answer(scope, receive, send, error.refused)
        except KeysUnavailable as error:
            LOG.error("%s %s: %s", scope["method"], scope["path"], error)  # noqa: TRY400 - where it was asked says nothing
            if watch.has_started:
                raise
            await self._answer(scope, receive, send, KEYS_UNAVAILABLE)
        except Exception:
            reference = secrets.token_hex(6)
            LOG.exception("reference %s: %s %s", reference, scope["method"], scope["path"])
            if watch.has_started:
                raise
            sentence = (
                "Something broke on our side. What was answered with saved is kept. Try again, or send the reference."
            )
            await self._answer(scope, receive, send, Refused(FAILED, sentence, None, (reference,)))

    async def _refused(self, scope: Scope) -> Refused | None:
        """What can be refused before anything is read."""
        size = _declared(scope)
        if size > self.rule.max_bytes:
            # Size is the same for everybody: saying it gives nothing away.
            return too_large(self.rule.told_bytes or self.rule.max_bytes)
        if not is_text(scope["path"]) or not is_text(unquote_plus(scope["query_string"].decode("latin-1"))):
            return BAD_TEXT
        if self.rule.max_bytes > EARLY_BYTES and (size > EARLY_BYTES or _is_chunked(scope)):
            return await self._authorise(scope, self.rule)
        return None

    def _counted(self, receive: Receive) -> Receive:
        left = self.rule.max_bytes

        async def receive_counted() -> Message:
            nonlocal left
            message = await receive()
            if message["type"] == "http.request":
                left -= len(message.get("body", b""))
                if left < 0:
                    raise BodyTooLarge(self.rule.told_bytes or self.rule.max_bytes)
            return message

        return receive_counted


class _Watch:
    """A `send` that knows whether the answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_started = False

    async def __call__(self, message: Message) -> None:
        self.has_started = True
        await self._send(message)


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


def _is_chunked(scope: Scope) -> bool:
    return any(name == b"transfer-encoding" for name, _ in scope["headers"])
