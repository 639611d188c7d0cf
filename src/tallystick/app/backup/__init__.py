"""Backups: take one while the cell serves, restore one anywhere, and drill both. No key and no content leaves a cell.

What an erasure destroyed stays destroyed in every backup: the wrapped keys of an older one open nothing once their
epoch is gone, not even for those who were not erased. A bundle of the newest wrapped keys gives those back.
"""

from tallystick.app.backup.bundles import keep_key_bundle
from tallystick.app.backup.drill import Drilled, drill
from tallystick.app.backup.folder import BackupExists, BadBackup, Step
from tallystick.app.backup.restoring import NotEmpty, Restored, Source, refuse_occupied, restore, verify
from tallystick.app.backup.writing import FORMAT, KEYS_FORMAT, BackedUp, Manifest, back_up, back_up_keys

__all__ = [
    "FORMAT",
    "KEYS_FORMAT",
    "BackedUp",
    "BackupExists",
    "BadBackup",
    "Drilled",
    "Manifest",
    "NotEmpty",
    "Restored",
    "Source",
    "Step",
    "back_up",
    "back_up_keys",
    "drill",
    "keep_key_bundle",
    "refuse_occupied",
    "restore",
    "verify",
]
