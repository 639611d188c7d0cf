"""The keys of a cell as the key process keeps them: asks over its socket, holds nothing."""

import os
import socket
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from tallystick.custody import CustodyMismatch, KeysUnavailable
from tallystick.custody.keyd import wire

ANSWER_SECONDS: Final = 30.0
_CLIENTS: "weakref.WeakSet[KeydClient]" = weakref.WeakSet()


class KeydClient:
    """Safe to call from many threads, and after a fork. Connects again when the key process was started again.

    Without it every call raises KeysUnavailable: nothing is done, and nothing else is tried.
    """

    def __init__(self, path: Path, cell: str, *, seconds: float = ANSWER_SECONDS) -> None:
        """Connect. Raises KeysUnavailable, or CustodyMismatch when it has the keys of another cell."""
        self._path, self._cell, self._seconds = path, cell, seconds
        self._lock = threading.Lock()
        self._link: socket.socket | None = None
        self._custody: str | None = None
        self._state()
        _CLIENTS.add(self)

    @property
    def custody(self) -> str:
        """Where the keys live, as the key process said when it was first asked."""
        assert self._custody is not None, "it was asked at the start"
        return self._custody

    def log_keys(self) -> tuple[str, ...]:
        """Verifier key lines of the log keys, oldest first."""
        return self._state().log_keys

    def new_log_key(self, name: str) -> str:
        """Make a log key. Asked once only: a second one would be another key."""
        self._state()  # finds out on a message that may be repeated whether the connection is still one
        answer = self._ask(wire.NewLogKey(name), is_repeatable=False)
        assert isinstance(answer, wire.Made), "as the protocol says"
        return answer.vkey

    def sign(self, vkey: str, message: bytes) -> bytes:
        """The Ed25519 signature of a message of at most 64 KiB."""
        if len(message) > wire.MESSAGE_MAX:
            raise ValueError(f"expected a message of at most {wire.MESSAGE_MAX} bytes to sign, found {len(message)}")
        return self._parts(wire.Sign(vkey, message), 1)[0]

    def destroy_log_key(self, vkey: str) -> None:
        """Destroy a log key."""
        self._ask(wire.DestroyLogKey(vkey))

    def epochs(self) -> tuple[int, ...]:
        """The epochs whose key exists."""
        return self._state().epochs

    def new_epoch(self, epoch: int) -> None:
        """Make the key of an epoch."""
        self._ask(wire.NewEpoch(max(0, epoch)))

    def destroy_epoch(self, epoch: int) -> None:
        """Destroy the key of an epoch."""
        self._ask(wire.DestroyEpoch(epoch))

    def waiting(self) -> dict[int, int]:
        """Destroyed epochs whose key a service behind the key process keeps for a while."""
        return self._state().waiting

    def wrap(self, epoch: int, keys: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Encrypt keys under an epoch."""
        return [one for part in wire.batches(keys) for one in self._parts(wire.Wrap(epoch, part), len(part))]

    def unwrap(self, epoch: int, keys: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Decrypt keys."""
        return [one for part in wire.batches(keys) for one in self._parts(wire.Unwrap(epoch, part), len(part))]

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            self._drop()

    def forget(self) -> None:
        """In a new child of a fork: the connection is the parent's, and so may the lock be."""
        self._lock = threading.Lock()
        self._drop()

    def _state(self) -> wire.Held:
        answer = self._ask(wire.State())
        assert isinstance(answer, wire.Held), "as the protocol says"
        return answer

    def _parts(self, request: wire.Request, number: int) -> list[bytes]:
        answer = self._ask(request)
        if not isinstance(answer, wire.Given) or len(answer.parts) != number:
            raise KeysUnavailable(f"{self._path}: expected {number} answers of the key process, found another number")
        return answer.parts

    def _ask(self, request: wire.Request, *, is_repeatable: bool = True) -> wire.Answer:
        with self._lock:
            try:
                answer = self._once(request)
            except (OSError, EOFError, msgspec.MsgspecError) as error:
                self._drop()
                if not is_repeatable or isinstance(error, TimeoutError):
                    raise self._away(error) from error
                answer = self._again(request)
        if isinstance(answer, wire.Failed):
            raise wire.raised(answer)
        return answer

    def _again(self, request: wire.Request) -> wire.Answer:
        """Once more over a new connection: the old one may have been that of a key process before this one."""
        try:
            return self._once(request)
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            self._drop()
            raise self._away(error) from error

    def _once(self, request: wire.Request) -> wire.Answer:
        if self._link is None:
            self._link = self._connected()
        return _exchange(self._link, request)

    def _connected(self) -> socket.socket:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            link.settimeout(self._seconds)
            link.connect(str(self._path))
            self._check_peer(link)
            self._greet(_exchange(link, wire.Hello(self._cell)))
        except BaseException:
            link.close()
            raise
        return link

    def _check_peer(self, link: socket.socket) -> None:
        """Refuse whoever took the socket's name while the key process was away: keys to be wrapped go there bare."""
        found, allowed = wire.uid_of(link), {0, os.geteuid(), self._path.parent.stat().st_uid}
        if found not in allowed:
            raise CustodyMismatch(
                f"{self._path}: expected a key process of the user who owns the folder, found a socket of user "
                f"{found}: somebody else put it there; remove it, and let nobody else write in that folder"
            )

    def _greet(self, answer: wire.Answer) -> None:
        if isinstance(answer, wire.Failed):
            raise wire.raised(answer)
        assert isinstance(answer, wire.Held), "as the protocol says"
        if self._custody not in (None, answer.custody):
            raise CustodyMismatch(
                f"{self._path}: expected keys in {self._custody} custody as before, found {answer.custody}: the key "
                "process was replaced by another"
            )
        self._custody = answer.custody

    def _drop(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _away(self, error: Exception) -> KeysUnavailable:
        reason = (error.strerror or "nothing in time") if isinstance(error, OSError) else "half an answer"
        return KeysUnavailable(
            f"{self._path}: expected the key process of {self._cell} to answer, found: {reason}: see that it runs"
        )


def _exchange(link: socket.socket, request: wire.Request) -> wire.Answer:
    link.sendall(wire.frame(request))
    length = int.from_bytes(_exactly(link, wire.LENGTH_BYTES), "big")
    if length > wire.FRAME_MAX:
        raise EOFError("an answer that is none")
    return wire.answer_of(_exactly(link, length))


def _exactly(link: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        part = link.recv(size - len(found))
        if not part:
            raise EOFError("the connection ended")
        found += part
    return bytes(found)


def _forget_all() -> None:
    for client in list(_CLIENTS):
        client.forget()


os.register_at_fork(after_in_child=_forget_all)
