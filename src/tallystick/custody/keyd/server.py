"""The key process itself: reads requests from a Unix socket, asks the token, answers. One thread, no other state.

No client can stop it or make another wait for long: each is read and written without blocking, one request at a time
and in turn, and who sends half a message or does not fetch an answer is let go. It logs counts, never contents.
"""

import contextlib
import fcntl
import logging
import os
import selectors
import socket
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from tallystick.custody import CustodyError, CustodyMismatch, Keys, KeysUnavailable
from tallystick.custody.keyd import wire

CONNECTIONS_MAX: Final = 128
PATIENCE_SECONDS: Final = 10.0
"""So long may half a message, or an answer that nobody fetches, be in hand."""
ROUND_SECONDS: Final = 0.25
COUNTS_SECONDS: Final = 60.0
_READ: Final = 1 << 16
_LOGGER = logging.getLogger(__name__)


class AlreadyServed(KeysUnavailable):
    """Another key process serves this socket."""


@contextlib.contextmanager
def listening(path: Path, *, is_for_others: bool = False) -> Iterator[socket.socket]:
    """A socket that this process alone serves; it goes when the block ends.

    is_for_others  users beside our own may connect; which of them are served, the server asks the kernel
    raises         AlreadyServed, KeysUnavailable when the folder is one in which others can put a socket
    """
    _check_folder(path.parent, is_for_others=is_for_others)
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyServed(f"{path}: expected no key process here, found one: stop it first") from error
        path.unlink(missing_ok=True)  # what a killed process left: nobody serves it, or the lock would be taken
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            mask = os.umask(0o177)
            try:
                listener.bind(str(path))
            finally:
                os.umask(mask)
            if is_for_others:
                path.chmod(0o666)
            listener.listen(CONNECTIONS_MAX)
            listener.setblocking(False)
            yield listener
            path.unlink(missing_ok=True)
    except OSError as error:
        raise KeysUnavailable(f"{path}: expected to serve a socket, found: {error.strerror or error}") from error
    finally:
        os.close(lock)


def _check_folder(folder: Path, *, is_for_others: bool) -> None:
    try:
        found = folder.stat()
    except OSError as error:
        raise KeysUnavailable(f"{folder}: expected a folder for the socket, found: {error.strerror}") from error
    forbidden = 0o022 if is_for_others else 0o077
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (0, os.geteuid()) or found.st_mode & forbidden:
        raise KeysUnavailable(
            f"{folder}: expected a folder of our own with mode {'755' if is_for_others else '700'} or stricter, found "
            f"owner {found.st_uid} and mode {stat.S_IMODE(found.st_mode):03o}: others could put a socket there"
        )


@dataclass(slots=True)
class _Client:
    """One connection: what came and was not yet answered, and what was answered and not yet fetched."""

    link: socket.socket
    received: bytearray = field(default_factory=bytearray)
    sending: bytearray = field(default_factory=bytearray)
    is_greeted: bool = False
    is_last: bool = False  # closed as soon as the answer is fetched
    since: float = 0.0  # when it began to keep us waiting


class KeyServer:
    """Serves the keys of one cell."""

    def __init__(
        self, keys: Keys, cell: str, listener: socket.socket, *, uids: frozenset[int] = frozenset(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._keys, self._cell, self._listener, self._clock = keys, cell, listener, clock
        self._uids = uids | {os.geteuid()}
        self._clients: dict[int, _Client] = {}
        self._selector = selectors.DefaultSelector()
        self._is_stopping = False
        self.counts: Counter[str] = Counter()
        self._counted_at = clock()

    def stop(self) -> None:
        """End `serve` after its round. For signal handlers."""
        self._is_stopping = True

    def serve(self) -> None:
        """Answer until stopped. Raises KeysUnavailable when the token no longer answers: nothing is done without it."""
        self._selector.register(self._listener, selectors.EVENT_READ)
        try:
            while not self._is_stopping:
                self.round()
        finally:
            for client in list(self._clients.values()):
                self._let_go(client)
            self._selector.close()
            self._log_counts()

    def round(self) -> None:
        """Whatever is there to be read or written now, one request of each client."""
        # A client whose next request is here already is not announced by the kernel again.
        is_waiting = any(self._has_request(client) for client in self._clients.values())
        for key, events in self._selector.select(0 if is_waiting else ROUND_SECONDS):
            client = self._clients.get(key.fd)
            if client is None:
                self._accept()
            elif events & selectors.EVENT_WRITE:
                self._send(client)
            else:
                self._receive(client)
        for client in [client for client in self._clients.values() if self._has_request(client)]:
            self._answer(client)
        self._lose_patience()
        if self._clock() - self._counted_at >= COUNTS_SECONDS:
            self._log_counts()

    def _accept(self) -> None:
        try:
            link, _ = self._listener.accept()
        except OSError:
            return  # gone before it was looked at, or no descriptor left: those who are served come first
        uid = wire.uid_of(link)
        if uid not in self._uids:
            _LOGGER.warning("refused a connection of user %s", uid)
            self.counts["refused"] += 1
            link.close()
            return
        if len(self._clients) >= CONNECTIONS_MAX:
            # Whoever is idle connects again when it needs a key.
            self._let_go(min(self._clients.values(), key=lambda client: (bool(client.sending), client.since)))
        link.setblocking(False)
        self._clients[link.fileno()] = _Client(link, since=self._clock())
        self._selector.register(link, selectors.EVENT_READ)

    def _receive(self, client: _Client) -> None:
        try:
            part = client.link.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part:
            self._let_go(client)
            return
        if not client.received:
            client.since = self._clock()
        client.received += part
        if _length(client) > wire.FRAME_MAX:
            self.counts["oversize"] += 1
            self._let_go(client)

    @staticmethod
    def _has_request(client: _Client) -> bool:
        """Whether a whole request is here, and the answer before it is gone."""
        return not client.sending and not client.is_last and len(client.received) >= wire.LENGTH_BYTES + _length(client)

    def _answer(self, client: _Client) -> None:
        end = wire.LENGTH_BYTES + _length(client)
        body = bytes(client.received[wire.LENGTH_BYTES : end])
        del client.received[:end]
        try:
            answer = self._answer_to(client, wire.request_of(body))
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            self.counts["garbage"] += 1
            client.is_last = True
            answer = wire.Failed("ValueError", "expected a request of this version, found another message")
        client.since = self._clock()
        client.sending += wire.frame(answer)
        self._send(client)

    def _answer_to(self, client: _Client, request: wire.Request) -> wire.Answer:
        self.counts[type(request).__name__] += 1
        try:
            self._greet(client, request)
            return self._do(request)
        except KeysUnavailable as error:
            self._is_alive()
            return wire.failed(error)
        except (CustodyError, ValueError) as error:
            return wire.failed(error)
        except Exception as error:  # noqa: BLE001 - one client's request must not end the service of all
            _LOGGER.error("%s failed with %s", type(request).__name__, type(error).__name__)  # noqa: TRY400 - no values
            return wire.failed(error)

    def _greet(self, client: _Client, request: wire.Request) -> None:
        """Refuse whoever has not said whose keys it wants, or wants those of another cell."""
        if isinstance(request, wire.Hello):
            client.is_greeted = request.cell == self._cell
        if not client.is_greeted:
            client.is_last = True
            found = request.cell if isinstance(request, wire.Hello) else "another request"
            raise CustodyMismatch(f"this key process has the keys of {self._cell}: expected its name, found {found}")

    def _do(self, request: wire.Request) -> wire.Answer:
        keys = self._keys
        match request:
            case wire.Hello() | wire.State():
                return wire.Held(keys.custody, keys.log_keys(), keys.epochs(), keys.waiting())
            case wire.Sign(vkey, message):
                return wire.Given([keys.sign(vkey, message)])
            case wire.Wrap(epoch, bound):
                return wire.Given(keys.wrap(epoch, bound))
            case wire.Unwrap(epoch, bound):
                return wire.Given(keys.unwrap(epoch, bound))
            case wire.NewLogKey(name):
                return self._made(keys.new_log_key(name))
            case wire.DestroyLogKey(vkey):
                keys.destroy_log_key(vkey)
            case wire.NewEpoch(epoch):
                keys.new_epoch(epoch)
            case wire.DestroyEpoch(epoch):
                keys.destroy_epoch(epoch)
        _LOGGER.info("%s", request)  # names and numbers alone
        return wire.Done()

    @staticmethod
    def _made(vkey: str) -> wire.Made:
        _LOGGER.info("made the log key %s", vkey)
        return wire.Made(vkey)

    def _is_alive(self) -> None:
        """Go on when the token answers after all. Raises KeysUnavailable when not: whoever watches us starts anew."""
        self._keys.epochs()

    def _send(self, client: _Client) -> None:
        try:
            sent = client.link.send(client.sending)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._let_go(client)
            return
        del client.sending[:sent]
        if not client.sending:
            client.since = self._clock()
            if client.is_last:
                self._let_go(client)
                return
        # While it does not fetch its answer nothing more is read from it, so it cannot fill our memory.
        self._selector.modify(client.link, selectors.EVENT_WRITE if client.sending else selectors.EVENT_READ)

    def _lose_patience(self) -> None:
        late = self._clock() - PATIENCE_SECONDS
        for client in list(self._clients.values()):
            if (client.sending or client.received) and client.since < late:
                self.counts["too slow"] += 1
                self._let_go(client)

    def _let_go(self, client: _Client) -> None:
        self._clients.pop(client.link.fileno(), None)
        self._selector.unregister(client.link)
        client.link.close()

    def _log_counts(self) -> None:
        self._counted_at = self._clock()
        if self.counts:
            _LOGGER.info("served %s", ", ".join(f"{name} {number}" for name, number in sorted(self.counts.items())))
            self.counts.clear()


def _length(client: _Client) -> int:
    """Length of the request that comes; of none before its first bytes are here."""
    return int.from_bytes(client.received[: wire.LENGTH_BYTES], "big") if len(client.received) >= 4 else 0
