"""Names and bytes of tiles and entry bundles, as C2SP tlog-tiles lays them out. Reads and writes nothing.

A hash tile holds up to 256 hashes of one level (of 8 tree levels at once); an entry bundle holds up to 256
entries, each behind its length. Both carry their width in the name while they are not full.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

HASH_BYTES = 32
TILE_WIDTH = 256
"""Hashes in a full tile, entries in a full bundle."""
TILE_BYTES = TILE_WIDTH * HASH_BYTES
TILE_HEIGHT = 8
"""Tree levels that one tile level spans."""
ENTRY_BYTES_MAX = 65_535

ENTRIES = "entries"
"""What stands in the place of the level in the path of an entry bundle."""

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<groups>(?:x[0-9]{3}/)*)(?P<last>[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)
_NUMBER = re.compile(r"(?:x[0-9]{3}/){0,6}[0-9]{3}")


class BadBundle(ValueError):
    """The bytes of an entry bundle are not a sequence of entries with their lengths.

    entries  those before the place that is wrong
    """

    def __init__(self, message: str, entries: Sequence[bytes] = ()) -> None:
        super().__init__(message)
        self.entries = list(entries)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Which tile: level (or None for an entry bundle), index within the level, and width from 1 to 256."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """The path below the log directory, with forward slashes."""
        level = ENTRIES if self.level is None else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{number_path(self.index)}{partial}"


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile or bundle with its bytes."""

    place: Place
    data: bytes


def number_path(index: int) -> str:
    """A tile index in groups of three digits, all but the last with an x: 1234067 is x001/x234/067."""
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.append(f"x{index % 1000:03d}")
    return "/".join(reversed(groups))


def parse_number(path: str) -> int | None:
    """The number that `number_path` writes so, or None when the text is no such path in its one right form."""
    match = _NUMBER.fullmatch(path)
    found = None if match is None else int(path.replace("x", "").replace("/", ""))
    return found if found is not None and number_path(found) == path else None


def parse_path(path: str) -> Place | None:
    """The place that a path names, or None when it is no path of a tile or bundle in its one right form."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    digits = match["groups"].replace("x", "").replace("/", "") + match["last"]
    level = None if match["level"] == ENTRIES else int(match["level"])
    place = Place(level, int(digits), int(match["width"] or TILE_WIDTH))
    return place if place.path == path and (level is None or level < 64) else None


def width_at(level: int, index: int, size: int) -> int:
    """How many hashes (or, at level 0, entries) the tile has in a tree of `size`: 0 when it is not there."""
    hashes = size >> (TILE_HEIGHT * level)
    return max(0, min(TILE_WIDTH, hashes - index * TILE_WIDTH))


def places_at(size: int) -> list[Place]:
    """Every tile and bundle that a log of `size` needs, partial ones at the right edge."""
    places = [Place(None, index, width_at(0, index, size)) for index in range(-(-size // TILE_WIDTH))]
    level = 0
    while size >> (TILE_HEIGHT * level):
        hashes = size >> (TILE_HEIGHT * level)
        places += [Place(level, index, width_at(level, index, size)) for index in range(-(-hashes // TILE_WIDTH))]
        level += 1
    return places


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Up to 256 entries, each behind its length as two bytes, the higher first.

    raises  BadBundle for an entry above 65,535 bytes, naming its position
    """
    parts: list[bytes] = []
    for number, entry in enumerate(entries):
        if len(entry) > ENTRY_BYTES_MAX:
            raise BadBundle(
                f"entry {number} of the bundle: expected at most {ENTRY_BYTES_MAX} bytes, "
                f"found {len(entry)}: keep large content in the vault"
            )
        parts.append(len(entry).to_bytes(2, "big"))
        parts.append(entry)
    return b"".join(parts)


def decode_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle. The caller knows how many it expects.

    raises  BadBundle naming the entry whose length does not fit the bytes that are there
    """
    entries: list[bytes] = []
    place, end = 0, len(data)
    while place < end:
        start = place + 2
        place = start + int.from_bytes(data[place:start], "big")
        if place > end or start > end:
            raise BadBundle(
                f"entry {len(entries)} of the bundle: expected {place - start} bytes, "
                f"found {max(0, end - start)}: the bundle is cut off or its lengths are altered",
                entries,
            )
        entries.append(data[start:place])
    return entries
