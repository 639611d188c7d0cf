"""What cell and key process say to each other: four bytes of length, then one message in MessagePack.

Neither side has a message for a key-encryption key or a signing key: what cannot be said cannot leak.
"""

import socket
import struct
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec

from tallystick import custody

LENGTH_BYTES: Final = 4
FRAME_MAX: Final = 1 << 20
BATCH_MAX: Final = 200
"""So many keys to a request: a slow token answers others in between."""
MESSAGE_MAX: Final = 1 << 16

_Line = Annotated[str, msgspec.Meta(max_length=1024)]
_Key = Annotated[bytes, msgspec.Meta(max_length=256)]
_Bound = Annotated[list[tuple[_Line, _Key]], msgspec.Meta(max_length=BATCH_MAX)]
_Epoch = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class _Message(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    pass


class Hello(_Message, frozen=True):
    """The first request of each connection: whose keys are asked for."""

    cell: _Line


class State(_Message, frozen=True):
    """What keys are there."""


class NewLogKey(_Message, frozen=True):
    """Make a log key."""

    name: _Line


class Sign(_Message, frozen=True):
    """Sign a message."""

    vkey: _Line
    message: Annotated[bytes, msgspec.Meta(max_length=MESSAGE_MAX)]


class DestroyLogKey(_Message, frozen=True):
    """Destroy a log key."""

    vkey: _Line


class NewEpoch(_Message, frozen=True):
    """Make the key of an epoch."""

    epoch: _Epoch


class DestroyEpoch(_Message, frozen=True):
    """Destroy the key of an epoch."""

    epoch: _Epoch


class Wrap(_Message, frozen=True):
    """Encrypt keys."""

    epoch: _Epoch
    keys: _Bound


class Unwrap(_Message, frozen=True):
    """Decrypt keys."""

    epoch: _Epoch
    keys: _Bound


Request = Hello | State | NewLogKey | Sign | DestroyLogKey | NewEpoch | DestroyEpoch | Wrap | Unwrap


class Held(_Message, frozen=True):
    """Answer to Hello and State."""

    custody: str
    log_keys: tuple[str, ...]
    epochs: tuple[int, ...]
    waiting: dict[int, int]


class Made(_Message, frozen=True):
    """Answer to NewLogKey."""

    vkey: str


class Given(_Message, frozen=True):
    """Answer to Sign, Wrap and Unwrap: one signature, or as many keys as were sent."""

    parts: list[bytes]


class Done(_Message, frozen=True):
    """Answer to what gives nothing back."""


class Failed(_Message, frozen=True):
    """It could not be done; `error` names the class of the error."""

    error: str
    sentence: str


Answer = Held | Made | Given | Done | Failed

ERRORS: Final[dict[str, type[Exception]]] = {
    kind.__name__: kind
    for kind in (
        custody.KeysUnavailable, custody.WrongKey, custody.KeyDestroyed, custody.PinRefused,
        custody.MechanismMissing, custody.CustodyMismatch, ValueError,
    )
}  # fmt: skip

_REQUESTS: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_ANSWERS: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)
_ENCODER = msgspec.msgpack.Encoder()


def frame(message: _Message) -> bytes:
    """A message as it goes over the socket."""
    body = _ENCODER.encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def request_of(body: bytes) -> Request:
    """The request in a frame. Raises msgspec.MsgspecError or RecursionError for anything else."""
    return _REQUESTS.decode(body)


def answer_of(body: bytes) -> Answer:
    """The answer in a frame. Raises msgspec.MsgspecError for anything else."""
    return _ANSWERS.decode(body)


def failed(error: Exception) -> Failed:
    """An error as an answer, by the nearest class that the other side knows."""
    for name, kind in ERRORS.items():
        if isinstance(error, kind):
            return Failed(name, str(error))
    # The message of an error that nobody foresaw could hold what must not leave this process.
    return Failed(
        custody.KeysUnavailable.__name__, f"the key process: expected an answer, found {type(error).__name__}"
    )


def raised(answer: Failed) -> Exception:
    """The error in an answer."""
    return ERRORS.get(answer.error, custody.KeysUnavailable)(answer.sentence)


def uid_of(link: socket.socket) -> int:
    """The user at the other end, as the kernel knows it: who connected, or who listens."""
    found: int = struct.unpack("3i", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))[1]
    return found


def batches(keys: Sequence[tuple[str, bytes]]) -> list[list[tuple[str, bytes]]]:
    """Keys in as many requests as they need."""
    return [list(keys[start : start + BATCH_MAX]) for start in range(0, len(keys), BATCH_MAX)]
