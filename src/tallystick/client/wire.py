"""One HTTP connection to a cell, with repeats that are safe. Reads and writes the network; reads a clock to wait."""

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Final, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from tallystick.client.errors import ServerFailed, Unreachable, error_of

Query = Mapping[str, str | int | bool | None]
"""What stands behind the question mark; None is left out."""
Answer = TypeVar("Answer")
PREFIX: Final = "/api/v1"
"""Where every call of the API stands."""
ATTEMPTS: Final = 5
PAUSE_FIRST_S: Final = 0.2
PAUSE_MAX_S: Final = 5.0


def new_key() -> str:
    """An idempotency key that nobody can guess."""
    return secrets.token_urlsafe(24)


def safe(name: str) -> str:
    """A name as one step of an address, whatever stands in it."""
    return quote(name, safe="")


def programme_path(programme: str) -> str:
    """Where the calls of a programme stand."""
    return f"{PREFIX}/programmes/{safe(programme)}"


class Wire:
    """Sends requests; repeats those that got no answer, or a failure of the server, with the same key."""

    def __init__(self, http: httpx.Client, *, attempts: int, pause: Callable[[float], None] = time.sleep) -> None:
        self.http = http
        self._attempts = attempts
        self._pause = pause
        self._random = secrets.SystemRandom()

    def send(
        self, method: str, path: str, *, key: str | None = None, body: object = None, content: bytes | None = None,
        query: Query | None = None,
    ) -> bytes:  # fmt: skip
        """The body of a success. Raises ApiError or Unreachable."""
        headers = {"Idempotency-Key": key} if key else {}
        data = content
        if body is not None:
            data = msgspec.json.encode(body)
            headers["Content-Type"] = "application/json"
        elif content is not None:
            headers["Content-Type"] = "application/octet-stream"
        wanted = {name: value for name, value in (query or {}).items() if value is not None}
        return self._repeat(method, path, headers=headers, content=data, params=wanted)

    def get(self, kind: type[Answer], path: str, *, query: Query | None = None) -> Answer:
        """A typed answer to a question."""
        return msgspec.json.decode(self.send("GET", path, query=query), type=kind)

    def post(self, kind: type[Answer], path: str, *, key: str | None, body: object = None) -> Answer:
        """A typed answer to a command; with a key of its own when none is given."""
        return msgspec.json.decode(self.send("POST", path, key=key or new_key(), body=body), type=kind)

    def _repeat(
        self, method: str, path: str, *, headers: dict[str, str], content: bytes | None,
        params: dict[str, str | int | bool],
    ) -> bytes:  # fmt: skip
        failure: Exception = Unreachable("no attempt was made")
        for attempt in range(self._attempts):
            if attempt:
                most = min(PAUSE_FIRST_S * 2 ** (attempt - 1), PAUSE_MAX_S)
                self._pause(self._random.uniform(most / 2, most))
            try:
                response = self.http.request(method, path, headers=headers, content=content, params=params)
            except httpx.TransportError as error:
                failure = Unreachable(f"{method} {path}: expected an answer, found {type(error).__name__}: {error}")
                continue
            if response.is_success:
                return response.content
            failure = error_of(response.status_code, response.content, retry_after=response.headers.get("retry-after"))
            if not isinstance(failure, ServerFailed):
                break
        raise failure
