"""Write a log: tiles, bundles and archived checkpoints once and for ever, `checkpoint` by replacement.

Where it is written is the business of blobs: a folder, or a bucket. Both create a file in one step or not at all. A
file that is there already must have the same bytes, else the write is refused.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tallystick.blobs import BlobDiffers, BlobMissing, Blobs, Step, no_step
from tallystick.blobs.folder import FolderBlobs
from tallystick.ledger.reader import ARCHIVE, CHECKPOINT
from tallystick.ledger.tiles import TILE_WIDTH, parse_path

__all__ = ["Diverged", "Step", "TileStore", "is_final", "no_step"]

_FINAL = (f"{ARCHIVE}/", "cosignatures/", "timestamps/")


class Diverged(RuntimeError):
    """Journal, seal point and published log do not fit together. Nothing was overwritten; an operator must look."""


def is_final(path: str) -> bool:
    """Whether a file of a log is kept for good once it is there: all but partial tiles and `checkpoint`."""
    place = parse_path(path)
    return place.width == TILE_WIDTH if place else path.startswith(_FINAL)


class TileStore:
    """The writer of one log. In a folder it has its own part of the staging folder, named by its epoch."""

    def __init__(self, log: Path | Blobs, epoch: int, *, step: Step = no_step) -> None:
        place = FolderBlobs(log, is_locked=is_final) if isinstance(log, Path) else log
        self.blobs = place.writer(epoch, step=step)
        self._step = step
        self._shown: bytes | None = None

    def open(self) -> None:
        """Make the place, and clear what writers before this one left half done."""
        self.blobs.take_over()

    def close(self) -> None:
        """Let go of what this writer has not finished."""
        self.blobs.close()

    def put(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Create files, by path below the log. On return all of them are durable.

        raises  Diverged for a path that holds other bytes already
        """
        with _diverging():
            self.blobs.put_many(files)

    def missing(self, files: Sequence[tuple[str, bytes]]) -> list[str]:
        """The paths of files that are not there. Raises Diverged for one that holds other bytes."""
        with _diverging():
            return list(self.blobs.missing(files))

    def replace(self, path: str, data: bytes) -> None:
        """Put a new `checkpoint` in the place of the one that was there when `publishing` began. It is durable then.

        raises  blobs.BlobChanged when another one is there by now: look again, and decide anew
        """
        assert path == CHECKPOINT, "nothing else in a log is ever replaced"
        self.blobs.replace(path, data, was=self._shown)

    def remove_folder(self, path: str) -> None:
        """Remove a folder of partial tiles, below the log; it may be gone already."""
        self._step(f"before remove {path}")
        self.blobs.delete(self.blobs.names(f"{path}/"))
        self._step(f"after remove {path}")

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Compare and replace `checkpoint` in here: what is read in here is never older than what `replace` expects.

        So a writer that freezes between the two, for as long as it may be, finds that it comes too late.
        """
        # No lock is held meanwhile: one who froze with it would stop all who come after. `replace` alone decides.
        try:
            self._shown = self.blobs.get(CHECKPOINT)
        except BlobMissing:
            self._shown = None
        yield


@contextmanager
def _diverging() -> Iterator[None]:
    try:
        yield
    except BlobDiffers as error:
        where = "" if error.differ_at is None else f" that differ from byte {error.differ_at} on"
        raise Diverged(
            f"{error.name}: expected the {error.expected} bytes that the journal gives, found {error.found} bytes"
            f"{where}: the file or the journal was altered. Nothing was overwritten; compare with a copy of the log"
        ) from error
