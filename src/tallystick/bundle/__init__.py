"""The files of a release: derived from a journal prefix, written, proven, and derived again by whoever checks them.

Two functions make a release and one makes it again:

    build(entries, release_id, open_objects, directory) -> Built
    write_proofs(directory, built, log, built_seq=...)
    rebuild(release, log, out) -> list[Difference]

Nothing here knows a database or a vault: entries come as leaf bytes, contents as payloads with their salts.
"""

from tallystick.bundle.build import Built, build, write_proofs
from tallystick.bundle.contents import Opened, OpenedObject, OpenObjects, places
from tallystick.bundle.rebuild import CannotRebuild, Difference, rebuild
from tallystick.bundle.state import CannotBuild

__all__ = [
    "Built",
    "CannotBuild",
    "CannotRebuild",
    "Difference",
    "OpenObjects",
    "Opened",
    "OpenedObject",
    "build",
    "places",
    "rebuild",
    "write_proofs",
]
