"""Time-stamps on the newest checkpoint, beside the log: asked for now and then, never in the way of sealing."""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import httpx
from cryptography.x509 import Certificate

from tallystick.app.cell import Cell
from tallystick.blobs import BlobError
from tallystick.ledger import timestamp
from tallystick.ledger.checkpoint import BadCheckpoint
from tallystick.ledger.exchange import Exchange, NoAnswer
from tallystick.ledger.note import BadNote
from tallystick.ledger.reader import LogReader, NotInLog
from tallystick.ledger.timestamp import BadTimestamp, Stamp, TimeStamper

TIMEOUT_S: Final = 30.0
ANSWER_BYTES_MAX: Final = 1_000_000
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stamping:
    """Who stamps a cell's checkpoints, under which certificates, and how often at most."""

    stamper: TimeStamper
    trusted: tuple[Certificate, ...]
    minutes: float


def over_http(url: str, certificates: bytes, *, minutes: float) -> Stamping:
    """Stamping by an authority at an address. Raises BadTimestamp when the certificates cannot be read."""
    return Stamping(HttpTimeStamper(url), tuple(timestamp.load_certificates(certificates)), minutes)


class HttpTimeStamper:
    """An authority that answers over HTTP, as RFC 3161, section 3.4, says."""

    def __init__(self, url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = url
        self._http = Exchange(
            connect_seconds=TIMEOUT_S, read_seconds=TIMEOUT_S, total_seconds=TIMEOUT_S, transport=transport
        )  # fmt: skip

    def stamp(self, request: bytes) -> bytes:
        """The answer. Raises OSError when there is none that could be one."""
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        try:
            answer = self._http.ask("POST", self._url, body=request, headers=headers, bytes_max=ANSWER_BYTES_MAX)
        except NoAnswer as error:
            raise OSError(str(error)) from error
        finally:
            self._http.close()  # it is asked a few times an hour
        if answer.status != 200 or answer.kind != "application/timestamp-reply":
            raise OSError(f"{self._url}: expected a time-stamp reply, found {answer.status} with {answer.kind!r}")
        return answer.data


def stamp_newest(cell: Cell, stamper: TimeStamper, trusted: Sequence[Certificate]) -> Stamp | None:
    """Have the newest checkpoint stamped and store the answer, create-only; None when it is, or there is none.

    An answer is verified before it is stored: one that its own cell cannot verify would be no help to anybody.
    raises  OSError without an answer, BadTimestamp for one that is no good
    """
    reader = LogReader(cell.log)
    try:
        newest = reader.checkpoint()
    except NotInLog:
        return None
    name = timestamp.path_of(newest.size)
    if reader.blobs.has(name):
        return None
    digest, nonce = timestamp.digest_of(newest.note), secrets.randbits(63) | 1 << 62
    answer = stamper.stamp(timestamp.make_request(digest, nonce=nonce))
    found = timestamp.verify(answer, digest, trusted, nonce=nonce)
    reader.blobs.put_new(name, answer)
    return found


def stamp_or_say(cell: Cell, stamper: TimeStamper, trusted: Sequence[Certificate]) -> bool:
    """The same for a follower: says loudly what went wrong, in the log and in readiness. True when it went."""
    try:
        stamp_newest(cell, stamper, trusted)
    except (OSError, BlobError, BadTimestamp, BadNote, BadCheckpoint) as error:
        cell.sealing.stamp_trouble = str(error)
        _LOGGER.exception("the newest checkpoint has no time-stamp: sealing goes on without one")
        return False
    cell.sealing.stamp_trouble = None
    return True
