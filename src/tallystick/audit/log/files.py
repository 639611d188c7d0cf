"""What lies in a log directory: which files are of the log, and which are not. Reads the directory; writes nothing."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from tallystick.audit.log.report import Findings
from tallystick.ledger import cosignature, timestamp
from tallystick.ledger.reader import ARCHIVE, CHECKPOINT
from tallystick.ledger.tiles import HASH_BYTES, BadBundle, Place, decode_bundle, parse_number, parse_path


@dataclass(slots=True)
class Listing:
    """The files of a log directory, by what they are."""

    tiles: list[Place] = field(default_factory=list)
    archive: list[int] = field(default_factory=list)
    cosignatures: list[tuple[int, str]] = field(default_factory=list)


def list_log(directory: Path, findings: Findings) -> Listing:
    """Sort the files of a log directory; a file that the layout does not know is a problem.

    raises  OSError when a folder cannot be read
    """
    listing = Listing()
    for path in _files(directory, findings):
        place = parse_path(path)
        archived = parse_number(path.removeprefix(f"{ARCHIVE}/")) if path.startswith(f"{ARCHIVE}/") else None
        if place is not None:
            listing.tiles.append(place)
        elif archived is not None:
            listing.archive.append(archived)
        elif (cosigned := cosignature.parse_path(path)) is not None:
            listing.cosignatures.append(cosigned)
        elif path != CHECKPOINT and timestamp.parse_path(path) is None:
            findings.add(path, None, "expected only checkpoints and tiles in a log directory, found this file")
    listing.archive.sort()
    listing.tiles.sort(key=lambda place: (-1 if place.level is None else place.level, place.index, place.width))
    return listing


def _files(directory: Path, findings: Findings) -> list[str]:
    found = []
    for folder, folders, names in os.walk(directory, onerror=_raise):
        for name in [*names, *folders]:
            path = Path(folder, name)
            below = path.relative_to(directory).as_posix()
            if path.is_symlink():
                findings.add(below, None, "expected a plain file, found a symbolic link")
            elif path.is_file():
                found.append(below)
            elif not path.is_dir():
                findings.add(below, None, "expected a plain file, found something else")
    return sorted(found)


def _raise(error: OSError) -> None:
    raise error


def check_spare(directory: Path, place: Place, main: Place, findings: Findings) -> None:
    """A partial tile or bundle beside the one that counts: the narrower must be the beginning of the wider.

    raises  FileNotFoundError when it went away since it was listed
    """
    data = (directory / place.path).read_bytes()
    whole = (directory / main.path).read_bytes()
    if place.level is None:
        try:
            count = len(decode_bundle(data))
        except BadBundle as error:
            findings.add(place.path, None, str(error))
            return
        is_sized, parts = count == place.width, "entries"
    else:
        is_sized, parts = len(data) == place.width * HASH_BYTES, "hashes"
    if not is_sized:
        findings.add(place.path, None, f"expected {place.width} {parts}, found {len(data)} bytes with another number")
        return
    narrow, wide = sorted([data, whole], key=len)
    if not wide.startswith(narrow):
        parts_at = next(n for n, (a, b) in enumerate(zip(narrow, wide, strict=False)) if a != b)
        findings.add(
            place.path,
            None,
            f"expected the beginning of {main.path}, found bytes that differ from byte {parts_at} on",
        )
