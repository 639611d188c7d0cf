"""One file of a log directory as an HTTP server gives it: bytes, content type, how long it may be kept. Reads only.

Tiles, bundles, archived checkpoints and cosignatures are written once and never change, so they may be kept for ever;
`checkpoint` must be asked for each time. Only paths of the layout are answered: nothing else in a folder is given out.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tallystick.blobs import BlobMissing, Blobs
from tallystick.ledger import cosignature
from tallystick.ledger.reader import ARCHIVE, CHECKPOINT, archive_path
from tallystick.ledger.tiles import TILE_WIDTH, Place, parse_number, parse_path

FOREVER_SECONDS = 31_536_000
TIMESTAMPS = "timestamps"
TEXT, BYTES = "text/plain; charset=utf-8", "application/octet-stream"

Read = Callable[[str], bytes | None]
"""Gives the bytes at a path below the log directory; None when there are none."""


@dataclass(frozen=True, slots=True)
class Published:
    """A file of a log, ready to be sent.

    tag           for ETag and If-None-Match, quotes included
    is_immutable  it will never be other bytes
    """

    data: bytes
    content_type: str
    tag: str
    is_immutable: bool

    def cache_control(self, *, is_public: bool) -> str:
        """The header. A file that needed a token is for its reader alone."""
        who = "public" if is_public else "private"
        return f"{who}, max-age={FOREVER_SECONDS}, immutable" if self.is_immutable else f"{who}, no-cache"


def read_blobs(blobs: Blobs) -> Read:
    """Reads a log wherever it is kept."""

    def read(path: str) -> bytes | None:
        try:
            return blobs.get(path)
        except BlobMissing:
            return None

    return read


def find(read: Read, path: str) -> Published | None:
    """The file at a path of the layout, or None: absent and not of the layout look the same.

    A partial tile that became full and went away is the beginning of the full one, which a client asks for next.
    """
    place = parse_path(path)
    if place is not None:
        return _tile(read, place)
    kind = _kind_of(path)
    data = None if kind is None else read(path)
    if kind is None or data is None:
        return None
    return Published(data, kind, _tag(data), is_immutable=path != CHECKPOINT)


def _tile(read: Read, place: Place) -> Published | None:
    if not 1 <= place.width <= TILE_WIDTH:
        return None
    data = read(place.path)
    return None if data is None else Published(data, BYTES, _tag(data), is_immutable=True)


def _kind_of(path: str) -> str | None:
    if path == CHECKPOINT:
        return TEXT
    folder, _, rest = path.partition("/")
    if folder == ARCHIVE and parse_number(rest) is not None:
        return TEXT
    if cosignature.parse_path(path) is not None:
        return TEXT
    if folder == TIMESTAMPS and _stamped_size(path) is not None:
        return "application/timestamp-reply"
    return None


def unarchived(log: Blobs, size: int) -> Iterator[tuple[str, str]]:
    """(archived checkpoint that was removed, file that shows it was there), for sizes from 1 to that of `checkpoint`.

    Each checkpoint is archived before it is shown, cosigned or stamped. A log without any archive is a copy that never
    had one, and gives nothing.
    """
    if next(log.names(f"{ARCHIVE}/"), None) is None:
        return
    named: dict[int, str] = {size: CHECKPOINT}
    for path in log.names(f"{cosignature.FOLDER}/"):
        cosigned = cosignature.parse_path(path)
        if cosigned is not None:
            named.setdefault(cosigned[0], path)
    for path in log.names(f"{TIMESTAMPS}/"):
        stamped = _stamped_size(path)
        if stamped is not None:
            named.setdefault(stamped, path)
    for number, path in sorted(named.items()):
        if 0 < number <= size and not log.has(archive_path(number)):
            yield archive_path(number), path


def _stamped_size(path: str) -> int | None:
    stamp = path.removeprefix(f"{TIMESTAMPS}/")
    return parse_number(stamp.removesuffix(".tsr")) if stamp.endswith(".tsr") else None


def _tag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'
