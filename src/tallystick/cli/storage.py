"""Where the log and large content of a cell lie: open the places that its settings name. Talks to S3."""

import importlib

from tallystick import settings
from tallystick.blobs import Blobs
from tallystick.ledger.tile_store import is_final

_S3 = "tallystick.blobs.s3.opening"
"""Loaded by name: a cell that keeps nothing in a bucket never loads what speaks S3."""


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
