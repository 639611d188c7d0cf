"""Named bytes that stay: what every place for them promises. A folder or an S3 bucket keeps them.

A blob is created once and read many times; only `replace` changes one, and only from the bytes that its caller has
seen. Names are paths with forward slashes, such as tile/0/001. This package knows nothing of logs or vaults.
"""

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

NAME_BYTES_MAX = 900

Step = Callable[[str], None]
"""Called with 'before NAME' and 'after NAME' around every durable step: the seam for crash tests."""

IsLocked = Callable[[str], bool]
"""Which names are kept for good: they can be created, never replaced or deleted."""

_NAME = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[A-Za-z0-9._=@+-]+(?:/[A-Za-z0-9._=@+-]+)*")


def no_step(_name: str) -> None:
    """The step hook of a normal run."""


def nothing_locked(_name: str) -> bool:
    """The lock of a place whose blobs may all be replaced and deleted."""
    return False


class BlobError(RuntimeError):
    """Something is wrong with a blob or with the place that keeps it."""


class BlobMissing(BlobError, LookupError):
    """There is no blob of this name."""


class BlobDiffers(BlobError):
    """A blob of this name holds other bytes already. Nothing was overwritten."""

    def __init__(self, name: str, *, expected: int, found: int | None, differ_at: int | None = None) -> None:
        self.name = name
        self.expected = expected
        self.found = found
        self.differ_at = differ_at
        there = "others" if found is None else f"{found} bytes"
        where = "" if differ_at is None else f" that differ from byte {differ_at} on"
        super().__init__(f"{name}: expected the {expected} bytes given, found {there}{where}. Nothing was overwritten")


class BlobChanged(BlobError):
    """A blob is not what the caller saw when it decided to replace it. Nothing was replaced: look again."""


class BlobLocked(BlobError):
    """A blob is under a lock: it cannot be replaced or deleted before its time."""


class BlobDamaged(BlobError):
    """The bytes of a blob are not those that were stored, or fewer."""


class BlobsUnavailable(BlobError):
    """The place does not answer, or fails, after a bounded number of tries. What was asked may have happened."""


class BlobsRefused(BlobError):
    """The place answers and says no: no credentials, no right, no such bucket, or not set up as the cell needs it."""


@dataclass(frozen=True, slots=True)
class Meddling:
    """A blob that is kept for good and was overwritten or hidden. Its first version is still there.

    versions  how many versions there are: one is right
    hidden    whether a delete marker stands on it
    """

    name: str
    versions: int
    hidden: bool

    def __str__(self) -> str:
        hidden = " and a delete marker" if self.hidden else ""
        return f"{self.name}: expected one version, found {self.versions}{hidden}: somebody overwrote or deleted it"


class Readable(Protocol):
    """Bytes to be read once, from the first to the last."""

    def read(self, amount: int = -1, /) -> bytes:
        """The next bytes, fewer than asked for only at the end; all of them for -1."""
        ...


class Blobs(Protocol):
    """A place for named bytes. One value may serve several threads. What is written is durable on return."""

    @property
    def where(self) -> str:
        """The place in words: a path, or an s3:// address."""
        ...

    def put_new(self, name: str, data: bytes) -> None:
        """Create a blob. One with the same bytes is as good as new; raises BlobDiffers for other bytes."""
        ...

    def put_many(self, blobs: Sequence[tuple[str, bytes]]) -> None:
        """Create blobs, in parallel; a crash may leave any part of them. Raises BlobDiffers as `put_new`."""
        ...

    def put_stream(self, name: str, source: Readable) -> int:
        """Create a blob from a stream, in constant memory; its bytes. Raises BlobDiffers as `put_new`."""
        ...

    def replace(self, name: str, data: bytes, *, was: bytes | None) -> None:
        """Put new bytes in the place of those that the caller saw (None: there was no blob), in one step.

        A blob that holds the new bytes already is as good as replaced.
        raises  BlobChanged when something else is there now; BlobLocked for a name that is kept for good
        """
        ...

    def has(self, name: str) -> bool:
        """Is there a blob of this name?"""
        ...

    def get(self, name: str) -> bytes:
        """The bytes of a blob. Raises BlobMissing; BlobDamaged when they do not fit their checksum."""
        ...

    def open_stream(self, name: str) -> contextlib.AbstractContextManager[Readable]:
        """A blob to read piece by piece, in constant memory. Raises BlobMissing."""
        ...

    def names(self, prefix: str = "") -> Iterator[str]:
        """The names that begin with `prefix`, in order of their bytes."""
        ...

    def missing(self, blobs: Sequence[tuple[str, bytes]]) -> Sequence[str]:
        """The names of blobs that are not there. Raises BlobDiffers for one that holds other bytes."""
        ...

    def delete(self, names: Iterable[str]) -> None:
        """Remove blobs; they may be gone already. Raises BlobLocked, before it removes any, for a locked one."""
        ...

    def meddling(self) -> Iterator[Meddling]:
        """The blobs kept for good of which the place itself knows that somebody overwrote or hid them."""
        ...

    def first_version(self, name: str) -> bytes:
        """The bytes that a blob had when it was made, where the place keeps them; else as `get`."""
        ...

    def writer(self, epoch: int, *, step: Step = no_step) -> "Blobs":
        """The same place for the writer of this epoch: `take_over` clears what writers before it left half done."""
        ...

    def take_over(self) -> None:
        """Make the place ready, and clear what writers of this epoch and before left half done."""
        ...

    def close(self) -> None:
        """Let go of connections, and of what this writer has not finished."""
        ...


def check_name(name: str) -> str:
    """The name, when it is one that every place can keep. Raises ValueError."""
    if _NAME.fullmatch(name) is None or len(name) > NAME_BYTES_MAX:
        raise ValueError(
            f"expected a blob name of letters, digits and ._=@+- between single slashes, found {name[:100]!r}"
        )
    return name


def check_same(name: str, *, expected: bytes, found: bytes) -> None:
    """Raise BlobDiffers, saying from which byte on, unless the bytes are equal."""
    if found != expected:
        pairs = zip(found, expected, strict=False)
        differ_at = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(found), len(expected)))
        raise BlobDiffers(name, expected=len(expected), found=len(found), differ_at=differ_at)


def refuse_locked(names: Iterable[str], is_locked: IsLocked) -> None:
    """Raise BlobLocked when one of the names is kept for good."""
    locked = next((name for name in names if is_locked(name)), None)
    if locked is not None:
        raise BlobLocked(f"{locked}: expected a blob that may change, found one that is kept for good")
