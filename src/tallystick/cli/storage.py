"""Where the log and large content of a cell lie: open the places that its settings name. Talks to S3."""

import importlib
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from tallystick import settings
from tallystick.blobs import BlobMissing, Blobs
from tallystick.blobs.folder import FolderBlobs
from tallystick.ledger.reader import CHECKPOINT
from tallystick.ledger.tile_store import is_final
from tallystick.ledger.tiles import parse_path

_S3 = "tallystick.blobs.s3.opening"
"""Loaded by name: a cell that keeps nothing in a bucket never loads what speaks S3."""
_READERS = 16
_BATCH = 256
"""Files that are in memory at once while a log is copied."""


def log_store(loaded: settings.Settings) -> Blobs | None:
    """Where the public log lies; None for the cell's own folder. Raises blobs.BlobError for an unfit bucket."""
    if loaded.log_store is None:
        return None
    s3 = importlib.import_module(_S3)
    rules = s3.Rules(is_locked=is_final, lock_days=loaded.object_lock_days or None)
    opened: Blobs = s3.open_place(loaded.log_store, endpoint=loaded.s3_endpoint, region=loaded.s3_region, rules=rules)
    return opened


def vault_store(loaded: settings.Settings) -> Blobs | None:
    """Where large sealed content lies; None for the cell's own folder. Deleted is gone, with all versions."""
    if loaded.vault_store is None:
        return None
    s3 = importlib.import_module(_S3)
    opened: Blobs = s3.open_place(
        loaded.vault_store, endpoint=loaded.s3_endpoint, region=loaded.s3_region, rules=s3.Rules(forget=True)
    )
    return opened


def public_log(address: str, *, endpoint: str | None, region: str | None) -> Blobs:
    """The log at an s3:// address, for a reader with read rights."""
    s3 = importlib.import_module(_S3)
    opened: Blobs = s3.read_place(address, endpoint=endpoint, region=region, rules=s3.Rules(is_locked=is_final))
    return opened


def copy_log(log: Blobs, directory: Path, *, first_versions: bool) -> int:
    """Copy the files of a log into a folder; how many there are. What the folder holds already must be the same.

    `checkpoint` is read first and written last: the copy always holds what it covers.
    raises  blobs.BlobDiffers for a folder with another log; blobs.BlobError, OSError
    """
    shown = log.get(CHECKPOINT)
    copy = FolderBlobs(directory, is_locked=is_final)
    read = log.first_version if first_versions else log.get

    def take(name: str) -> tuple[str, bytes] | None:
        try:
            return name, read(name)
        except BlobMissing:
            return None  # a partial tile that became full meanwhile, or a file that was hidden: the check tells which

    names = _all_names(log, first_versions=first_versions)
    count = 1
    with ThreadPoolExecutor(_READERS) as pool:
        while some := list(islice(names, _BATCH)):
            files = [file for file in pool.map(take, some) if file is not None]
            copy.put_many(files)
            count += len(files)
    copy.replace(CHECKPOINT, shown, was=copy.get(CHECKPOINT) if copy.has(CHECKPOINT) else None)
    copy.close()
    shutil.rmtree(copy.staging, ignore_errors=True)
    return count


def _all_names(log: Blobs, *, first_versions: bool) -> Iterator[str]:
    """The names of a log's files; with those that somebody hid, when their first versions are wanted."""
    yield from (name for name in log.names() if is_final(name) or parse_path(name))
    if first_versions:
        yield from (found.name for found in log.meddling() if found.hidden and not log.has(found.name))
