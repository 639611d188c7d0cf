"""Clients that judge over HTTP: a process for each, a raw socket kept open. Reads nothing; returns latencies.

The client is as cheap as it can be, because it shares the cores with the server that it measures.
"""

import multiprocessing
import secrets
import socket
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

import msgspec

from stand.served import Server

FORK = multiprocessing.get_context("fork")
RECEIVE_BYTES = 262_144


class Unexpected(RuntimeError):
    """The server answered something else than what the measurement is about."""


class _Criterion(msgspec.Struct):
    id: str


class _Rubric(msgspec.Struct):
    criteria: list[_Criterion]


class _Task(msgspec.Struct):
    assignment: str
    rubric: _Rubric


_TASK = msgspec.json.Decoder(_Task)


@dataclass(slots=True)
class Timings:
    """Seconds that each call took, as the client saw it."""

    next: list[float] = field(default_factory=list)
    submit: list[float] = field(default_factory=list)


class Wire:
    """One HTTP/1.1 connection that stays open."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, path: str, token: str, body: bytes) -> tuple[int, bytes]:
        """POST under a fresh idempotency key: (status, body)."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            f"Idempotency-Key: {secrets.token_urlsafe(18)}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._socket.sendall(head.encode() + body)
        return self._answer()

    def _answer(self) -> tuple[int, bytes]:
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head = data[:end].lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        while len(data) < end + 4 + length:
            data += self._more()
        return int(head[9:12]), data[end + 4 :]

    def _more(self) -> bytes:
        part = self._socket.recv(RECEIVE_BYTES)
        if not part:
            raise Unexpected("expected an answer, found a closed connection")
        return part


@dataclass(frozen=True, slots=True)
class Held:
    """An assignment that waits for its judgment: who holds it, and the answer."""

    token: str
    path: str
    body: bytes


def take(wire: Wire, token: str, programme: str) -> Held | None:
    """Take the next item; None when there is no open one."""
    status, body = wire.post(f"/api/v1/programmes/{programme}/next", token, b"")
    if status == 409:
        return None
    if status != 200:
        raise Unexpected(f"expected a task, found {status} {body[:300]!r}")
    task = _TASK.decode(body)
    criteria = [criterion.id for criterion in task.rubric.criteria]
    return Held(token, f"/api/v1/assignments/{task.assignment}/judgment", _answer_to(criteria))


def _answer_to(criteria: list[str]) -> bytes:
    """A judgment with a score for every criterion and two reasons of some forty words."""
    text = (
        f"Answer A keeps to what was asked ({secrets.token_hex(4)}), and names the step on which the other one fails."
    )
    reasons = [
        {"criterion": name, "text": f"{text} That decides {name}.", "quote": "the step on which it rests"}
        for name in criteria[:2]
    ]
    scores = {name: {"a": 4, "b": 3} for name in criteria}
    return msgspec.json.encode({"verdict": "a_slightly", "scores": scores, "reasons": reasons, "active_ms": 61_000})


def give(wire: Wire, held: Held) -> None:
    """Submit the judgment of a held assignment. Raises Unexpected unless it was saved."""
    status, body = wire.post(held.path, held.token, held.body)
    if status != 201:
        raise Unexpected(f"expected a saved judgment, found {status} {body[:300]!r}")


class InTurn:
    """One expert's day: take, judge, take, judge, for some seconds."""

    def __init__(self, wire: Wire, programme: str, tokens: list[str], seconds: float) -> None:
        self._wire, self._programme, self._token, self._seconds = wire, programme, tokens[0], seconds

    def prepare(self) -> None:
        """Nothing has to be ready."""

    def work(self) -> Timings:
        """Take and judge until the time is over."""
        timings = Timings()
        stop = time.perf_counter() + self._seconds
        while (start := time.perf_counter()) < stop:
            held = _taken(self._wire, self._token, self._programme)
            between = time.perf_counter()
            give(self._wire, held)
            timings.next.append(between - start)
            timings.submit.append(time.perf_counter() - between)
        return timings


class SubmitOnly:
    """Many experts behind one connection, who took their items before the clock starts: judgments alone."""

    def __init__(self, wire: Wire, programme: str, tokens: list[str], seconds: float) -> None:
        del seconds
        self._wire, self._programme, self._tokens = wire, programme, tokens
        self._held: list[Held] = []

    def prepare(self) -> None:
        """Everybody takes an item."""
        self._held = [_taken(self._wire, token, self._programme) for token in self._tokens]

    def work(self) -> Timings:
        """Everybody judges."""
        timings = Timings()
        for held in self._held:
            start = time.perf_counter()
            give(self._wire, held)
            timings.submit.append(time.perf_counter() - start)
        return timings


def _taken(wire: Wire, token: str, programme: str) -> Held:
    held = take(wire, token, programme)
    if held is None:
        raise Unexpected("expected open items until the end, found none: import more with --items")
    return held


Shift = InTurn | SubmitOnly


def _follow(pipe: Connection, shift: type[Shift], port: int, given: tuple[str, list[str], float]) -> None:
    """A client process: does what the pipe says until it says stop."""
    hands = shift(Wire(port), *given)
    for order in iter(pipe.recv, "stop"):
        if order == "prepare":
            hands.prepare()
            pipe.send(None)
        else:
            pipe.send(hands.work())


class Crew:
    """Client processes, one for each share of the experts, that start together."""

    def __init__(
        self,
        port: int,
        programme: str,
        shift: type[InTurn | SubmitOnly],
        *,
        shares: list[list[str]],
        seconds: float = 0,
    ) -> None:
        self._pipes: list[Connection] = []
        self._processes = []
        for tokens in shares:
            mine, theirs = FORK.Pipe()
            arguments = (theirs, shift, port, (programme, tokens, seconds))
            process = FORK.Process(target=_follow, args=arguments, daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(mine)
            self._processes.append(process)

    def round(self, server: Server) -> "Round":
        """Prepare, then let all work at once."""
        self._all("prepare")
        before, start = server.cpu_seconds(), time.perf_counter()
        timings = self._all("work")
        taken = time.perf_counter() - start
        together = Timings()
        for one in timings:
            assert one is not None
            together.next += one.next
            together.submit += one.submit
        return Round(taken, server.cpu_seconds() - before, together)

    def _all(self, order: str) -> list[Timings | None]:
        for pipe in self._pipes:
            pipe.send(order)
        return [pipe.recv() for pipe in self._pipes]

    def end(self) -> None:
        """Send all clients home."""
        for pipe, process in zip(self._pipes, self._processes, strict=True):
            pipe.send("stop")
            process.join()


@dataclass(slots=True)
class Round:
    """What one round of work took: seconds by the clock, seconds of the server's processor, latencies."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    timings: Timings = field(default_factory=Timings)

    def __add__(self, other: "Round") -> "Round":
        """Two rounds, one after the other."""
        both = Timings(self.timings.next + other.timings.next, self.timings.submit + other.timings.submit)
        return Round(self.seconds + other.seconds, self.cpu_seconds + other.cpu_seconds, both)


def percentiles(seconds: list[float], parts: tuple[int, ...] = (50, 95, 99)) -> dict[str, float]:
    """{"p50_ms": ...}: the smallest latency, in milliseconds, that so many per cent do not exceed."""
    ordered = sorted(seconds)
    if not ordered:
        return {}
    places = {part: min(len(ordered) - 1, len(ordered) * part // 100) for part in parts}
    return {f"p{part}_ms": round(1000 * ordered[place], 2) for part, place in places.items()}
