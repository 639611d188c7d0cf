"""Where a copy of a log is fetched from: a server, or a folder. What they give is verified by whoever asked."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tallystick.ledger.exchange import Exchange, NoAnswer
from tallystick.ledger.tiles import HASH_BYTES, TILE_HEIGHT, TILE_WIDTH, Place, width_at
from tallystick.ledger.tree import level_up

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
TOTAL_SECONDS = 300.0
"""One file: at its largest it comes over a slow line in this time."""
BUNDLE_BYTES_MAX = TILE_WIDTH * (2 + 65_535)
NOTE_BYTES_MAX = 1_000_000


class SourceFailed(RuntimeError):
    """A file could not be had now, or is not what it should be: the message says which, and from where."""


class Source(Protocol):
    """A log somewhere else, by the paths of its directory layout."""

    @property
    def where(self) -> str: ...

    def get(self, path: str, *, bytes_max: int) -> bytes | None:
        """The bytes of a file, None when it is not there. Raises SourceFailed."""
        ...

    def close(self) -> None: ...


class FolderSource:
    """A log directory, or a copy of one, on this machine or a mounted share."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @property
    def where(self) -> str:
        """The path of the folder."""
        return str(self._directory)

    def get(self, path: str, *, bytes_max: int) -> bytes | None:
        """The bytes of a file; see Source."""
        try:
            with (self._directory / path).open("rb") as file:
                data = file.read(bytes_max + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise SourceFailed(f"{self._directory / path}: expected to read it, found: {error.strerror}") from error
        return _limited(data, bytes_max, f"{self._directory / path}")

    def close(self) -> None:
        """Nothing to let go of."""


class HttpSource:
    """A log behind HTTP: a cell (with a bearer token), a mirror or any static server."""

    def __init__(
        self, url: str, *, token: Callable[[], str] | None = None, total_seconds: float = TOTAL_SECONDS
    ) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._http = Exchange(
            connect_seconds=CONNECT_SECONDS, read_seconds=READ_SECONDS, total_seconds=total_seconds
        )  # fmt: skip

    @property
    def where(self) -> str:
        """The address."""
        return self._url

    def get(self, path: str, *, bytes_max: int) -> bytes | None:
        """The bytes of a file; see Source. Never more than `bytes_max` are taken in."""
        url = f"{self._url}/{path}"
        # The token is read anew for each request: it may be renewed while the witness runs.
        headers = {"Authorization": f"Bearer {self._token()}"} if self._token else {}
        try:
            reply = self._http.ask("GET", url, headers=headers, bytes_max=bytes_max)
        except NoAnswer as error:
            raise SourceFailed(str(error)) from error
        if reply.status == 404:
            return None
        if reply.status != 200:
            hint = ": renew the token" if reply.status in (401, 403) else ""
            raise SourceFailed(f"{url}: expected the file, found status {reply.status}{hint}")
        return reply.data

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()


def _limited(data: bytes, bytes_max: int, where: str) -> bytes:
    if len(data) > bytes_max:
        raise SourceFailed(f"{where}: expected at most {bytes_max} bytes, found more")
    return data


def part_of(source: Source, place: Place) -> bytes:
    """The bytes of a tile or bundle of at least this width: a full one may have taken the place of a partial one.

    raises  SourceFailed when neither is there
    """
    bytes_max = BUNDLE_BYTES_MAX if place.level is None else TILE_WIDTH * HASH_BYTES
    for path in dict.fromkeys([place.path, Place(place.level, place.index).path]):
        data = source.get(path, bytes_max=bytes_max)
        if data is not None:
            return data
    raise SourceFailed(f"{source.where}/{place.path}: expected the file or the full one, found neither")


class SourceHashes:
    """The stored hashes of a log at a source, for proofs about it: a tree.HashReader. Vouches for nothing."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._size = size
        self._tiles: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """The hash at a tree level. Raises SourceFailed when it cannot be had."""
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile_index, place = divmod(index << height, TILE_WIDTH)
        row = self._tile(tile_level, tile_index)[place * HASH_BYTES : (place + (1 << height)) * HASH_BYTES]
        if len(row) != HASH_BYTES << height:
            raise SourceFailed(f"{self._source.where}: expected a hash at level {level}, index {index}, found none")
        while len(row) > HASH_BYTES:
            row = level_up(row)
        return row

    def _tile(self, level: int, index: int) -> bytes:
        if (level, index) not in self._tiles:
            width = width_at(level, index, self._size)
            if not width:
                raise SourceFailed(f"{self._source.where}: expected a tile at level {level}, index {index}, found none")
            self._tiles[level, index] = part_of(self._source, Place(level, index, width))
        return self._tiles[level, index]
