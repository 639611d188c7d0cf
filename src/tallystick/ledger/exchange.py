"""Ask somebody over HTTP who may be dishonest: an answer has a size, and an end in time. Reads and writes the network.

A timeout of a library counts from one piece to the next, so whoever sends a letter a minute keeps a caller for ever;
and a packed answer can unpack to more than a machine holds. Here the whole exchange has a time, head included, and
nothing is unpacked. It runs on an event loop of its own, because only there an exchange can be ended from outside.
"""

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass

import httpx


class NoAnswer(RuntimeError):
    """There was no answer that could be used: the message says from where, and what there was instead."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, its content type without parameters, and its bytes as they came."""

    status: int
    kind: str
    data: bytes


class Exchange:
    """One asker. May serve several threads; follows no redirect and believes no proxy of the environment.

    read_seconds   from one piece of an answer to the next
    total_seconds  for a whole exchange
    transport      what stands for the network, for tests
    """

    def __init__(
        self, *, connect_seconds: float, read_seconds: float, total_seconds: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:  # fmt: skip
        self._transport = transport
        self._timeout = httpx.Timeout(read_seconds, connect=connect_seconds)
        self._total = total_seconds
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._http: httpx.AsyncClient | None = None

    def ask(
        self, method: str, url: str, *, bytes_max: int, body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:  # fmt: skip
        """The answer. Raises NoAnswer when there is none in time, when it is too large, or packed."""
        loop = self._running()
        asked = {"Accept-Encoding": "identity", **(headers or {})}
        work = self._exchange(method, url, bytes_max=bytes_max, body=body, headers=asked)
        try:
            return asyncio.run_coroutine_threadsafe(work, loop).result()
        except TimeoutError as error:
            raise NoAnswer(f"{url}: expected the whole answer within {self._total:g} s, found a slower one") from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise NoAnswer(f"{url}: expected an answer, found {type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Let go of the connections."""
        with self._lock:
            loop, thread, http = self._loop, self._thread, self._http
            self._loop = self._thread = self._http = None
        if loop is not None and thread is not None and http is not None:
            asyncio.run_coroutine_threadsafe(http.aclose(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._http = httpx.AsyncClient(
                    timeout=self._timeout, follow_redirects=False, trust_env=False, transport=self._transport
                )
                self._thread = threading.Thread(target=self._loop.run_forever, name="exchange", daemon=True)
                self._thread.start()
            return self._loop

    async def _exchange(
        self, method: str, url: str, *, bytes_max: int, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        http = self._http
        assert http is not None, "closed while it was asked"
        data = bytearray()
        async with asyncio.timeout(self._total), http.stream(method, url, content=body, headers=headers) as response:
            packed = response.headers.get("content-encoding", "identity")
            if packed != "identity":
                raise NoAnswer(f"{url}: expected the answer as it is, found it packed ({packed[:100]})")
            async for piece in response.aiter_raw():
                data += piece
                if len(data) > bytes_max:
                    raise NoAnswer(f"{url}: expected at most {bytes_max} bytes, found more")
            kind = response.headers.get("content-type", "").partition(";")[0].strip()
            return Reply(response.status_code, kind, bytes(data))
