"""Blobs in an S3 bucket, with object lock for what is kept for good. Sends requests to that bucket.

Nothing is decided here by looking first: a blob is created by a write that fails when there is one, and replaced by a
write that fails when it is not the one seen. So a lost answer, a slow writer or two writers at once do no harm.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TypeVar

from tallystick.blobs import (
    BlobChanged,
    BlobDiffers,
    BlobError,
    BlobLocked,
    BlobMissing,
    BlobsRefused,
    BlobsUnavailable,
    IsLocked,
    Meddling,
    Readable,
    Step,
    check_name,
    check_same,
    no_step,
    nothing_locked,
    refuse_locked,
)
from tallystick.blobs.s3.reading import ObjectReader
from tallystick.blobs.s3.service import (
    PARALLEL,
    Answer,
    ConditionFailed,
    Denied,
    Item,
    NotThere,
    Place,
    Service,
)

__all__ = ["Place", "S3Blobs", "Service"]

PART_BYTES = 16 << 20
PARTS_MAX = 10_000
"""S3's own limit. With parts of 16 MiB one blob may have 156 GiB."""
_PIECE = 1 << 20
_KEYS_PER_DELETE = 1000
DELETE_MARKER = "DeleteMarker"
"""What stands as the code of a version that only says: deleted."""
_LOOKS = 4
"""How often a write is tried anew because the object came, went or changed between the write and the look at it."""


Given = TypeVar("Given")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is kept how.

    is_locked  names that get object lock when they are made, and are never replaced or deleted
    lock_days  for how long the lock holds, in compliance mode; None when the bucket has no object lock
    forget     delete all versions of a blob, not only hide it: for content that must be gone
    """

    is_locked: IsLocked = nothing_locked
    lock_days: int | None = None
    forget: bool = False


class S3Blobs:
    """Blobs below a prefix of a bucket. One value serves several threads.

    service  the bucket
    prefix   what stands before the names, without a slash at its end; may be empty
    """

    def __init__(
        self,
        service: Service,
        prefix: str = "",
        *,
        rules: Rules | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        step: Step = no_step,
    ) -> None:
        self.service = service
        self.prefix = prefix
        self.rules = rules or Rules()
        self._root = f"{prefix}/" if prefix else ""
        self._now = now
        self._step = step

    @property
    def where(self) -> str:
        """The s3:// address."""
        return f"s3://{self.service.bucket}/{self.prefix}"

    def writer(self, epoch: int, *, step: Step = no_step) -> "S3Blobs":
        """The same place for the writer of this epoch, which needs nothing of its own: S3 shows no half objects."""
        del epoch
        return S3Blobs(self.service, self.prefix, rules=self.rules, now=self._now, step=step)

    def take_over(self) -> None:
        """Nothing is to be cleared: parts of an unfinished large blob go by the bucket's own rule (docs/storage.md)."""

    def close(self) -> None:
        """Nothing is held but connections, which belong to the service."""

    def key(self, name: str) -> str:
        """The key of a name in the bucket."""
        return self._root + check_name(name)

    def put_new(self, name: str, data: bytes) -> None:
        """Create an object; see Blobs."""
        key = self.key(name)
        for _ in range(_LOOKS):
            self._step(f"before put {name}")
            with suppress(ConditionFailed):
                self._put(name, data, IfNoneMatch="*")
                self._step(f"after put {name}")
                return
            # It is there: an earlier writer made it, or an earlier try of this one, whose answer was lost.
            with suppress(NotThere):
                check_same(name, expected=data, found=self._read(key)[0])
                return
        raise BlobsUnavailable(f"{name}: expected it to be there or not, found it came and went {_LOOKS} times")

    def put_many(self, blobs: Sequence[tuple[str, bytes]]) -> None:
        """Create objects, several at a time; see Blobs."""
        _in_parallel(lambda blob: self.put_new(*blob), blobs)

    def put_stream(self, name: str, source: Readable) -> int:
        """Create an object from a stream, in parts; see Blobs. Keeps one part in memory."""
        first = source.read(PART_BYTES)
        if len(first) < PART_BYTES:
            self.put_new(name, first)
            return len(first)
        key = self.key(name)
        self._step(f"before put {name}")
        with self._refusing(name):
            upload = self.service.call(
                "create_multipart_upload", Key=key, ChecksumAlgorithm="SHA256", **self._lock_of(name)
            )["UploadId"]
        try:
            size, digest = self._put_parts(key, upload, source, first=first)
        except BaseException:
            with suppress(BlobError, NotThere, Denied):
                self.service.call("abort_multipart_upload", Key=key, UploadId=upload)
            raise
        if not digest:
            self._step(f"after put {name}")
        elif digest != self._digest(name):
            raise BlobDiffers(name, expected=size, found=None)
        return size

    def replace(self, name: str, data: bytes, *, was: bytes | None) -> None:
        """Put new bytes in the place of an object's; see Blobs."""
        refuse_locked([name], self.rules.is_locked)
        key = self.key(name)
        for _ in range(_LOOKS):
            try:
                found, etag = self._read(key)
            except NotThere:
                found, etag = None, ""
            if found == data:
                return
            if found != was:
                raise BlobChanged(f"{name}: expected the bytes that were read before, found others: read it again")
            self._step(f"before replace {name}")
            with suppress(ConditionFailed, NotThere):
                condition = {"IfNoneMatch": "*"} if found is None else {"IfMatch": etag}
                self._put(name, data, **condition)
                self._step(f"after replace {name}")
                return
        raise BlobChanged(f"{name}: expected to replace it, found it changed by others {_LOOKS} times: read it again")

    def has(self, name: str) -> bool:
        """Is there an object of this name?"""
        try:
            with self._refusing(name):
                self.service.call("head_object", Key=self.key(name))
        except NotThere:
            return False
        return True

    def get(self, name: str) -> bytes:
        """The bytes of an object; see Blobs."""
        with self._found(name):
            return self._read(self.key(name))[0]

    @contextmanager
    def open_stream(self, name: str) -> Iterator[Readable]:
        """An object to read piece by piece; see Blobs."""
        with self._found(name):
            reader = ObjectReader(self.service, self.key(name))
        try:
            yield reader
        finally:
            reader.close()

    def names(self, prefix: str = "") -> Iterator[str]:
        """The names of objects that begin with `prefix`, in order of their bytes."""
        request = {"Prefix": self._root + prefix}
        while True:
            with self._refusing(prefix):
                answer = self.service.call("list_objects_v2", **request)
            yield from (item["Key"].removeprefix(self._root) for item in answer.get("Contents", ()))
            if not answer.get("IsTruncated"):
                return
            request["ContinuationToken"] = answer["NextContinuationToken"]

    def missing(self, blobs: Sequence[tuple[str, bytes]]) -> Sequence[str]:
        """The names of objects that are not there; see Blobs."""

        def is_missing(blob: tuple[str, bytes]) -> bool:
            try:
                check_same(blob[0], expected=blob[1], found=self.get(blob[0]))
            except BlobMissing:
                return True
            return False

        found = _in_parallel(is_missing, blobs)
        return [name for (name, _), is_gone in zip(blobs, found, strict=True) if is_gone]

    def delete(self, names: Iterable[str]) -> None:
        """Hide objects or, by the rules of this place, remove all their versions; see Blobs."""
        listed = list(names)
        refuse_locked(listed, self.rules.is_locked)
        items: list[Item] = [{"Key": self.key(name)} for name in listed]
        if self.rules.forget:
            per_key = _in_parallel(lambda item: list(self.versions(item["Key"], is_whole=True)), items)
            items = [{"Key": item["Key"], "VersionId": item["VersionId"]} for found in per_key for item in found]
        for start in range(0, len(items), _KEYS_PER_DELETE):
            part = items[start : start + _KEYS_PER_DELETE]
            with self._refusing("delete"):
                answer = self.service.call(
                    "delete_objects", Delete={"Objects": part, "Quiet": True}, ChecksumAlgorithm="SHA256"
                )
            for item in answer.get("Errors", ()):
                raise BlobLocked(
                    f"{item.get('Key')}: expected to delete it, found {item.get('Code')}: {item.get('Message')}. "
                    "A lock holds it, or the right is missing"
                )

    def versions(self, key: str, *, is_whole: bool) -> Iterator[Item]:
        """Versions and delete markers of one key, or of all keys that begin with it: by key, newest version first."""
        request = {"Prefix": key}
        while True:
            with self._refusing(key):
                answer = self.service.call("list_object_versions", **request)
            items = [item for item in answer.get("Versions", ()) if item["Key"] == key or not is_whole]
            items += [
                {"Key": marker["Key"], "VersionId": marker["VersionId"], "Code": DELETE_MARKER}
                for marker in answer.get("DeleteMarkers", ())
                if marker["Key"] == key or not is_whole
            ]
            yield from sorted(items, key=lambda item: item["Key"])
            if not answer.get("IsTruncated"):
                return
            request |= {"KeyMarker": answer["NextKeyMarker"], "VersionIdMarker": answer.get("NextVersionIdMarker", "")}

    def meddling(self) -> Iterator[Meddling]:
        """The objects kept for good that have more than one version, or a delete marker: a lock leaves no other way."""
        found = self.versions(self._root, is_whole=False)
        for key, items in groupby(found, key=lambda item: item["Key"]):
            name = key.removeprefix(self._root)
            markers = [item.get("Code") == DELETE_MARKER for item in items]
            if self.rules.is_locked(name) and (len(markers) > 1 or any(markers)):
                yield Meddling(name, versions=markers.count(False), hidden=any(markers))

    def first_version(self, name: str) -> bytes:
        """The bytes that a blob had when it was made: under a lock, the ones that nobody can have altered."""
        kept = [item for item in self.versions(self.key(name), is_whole=True) if item.get("Code") != DELETE_MARKER]
        if not kept:
            raise BlobMissing(f"{name}: expected a version of it in {self.where}, found none")
        with self._found(name):
            return self._read(self.key(name), VersionId=kept[-1]["VersionId"])[0]

    def _put(self, name: str, data: bytes, **condition: str) -> None:
        with self._refusing(name):
            self.service.call(
                "put_object",
                Key=self.key(name),
                Body=data,
                ChecksumSHA256=_checksum(data),
                **condition,
                **self._lock_of(name),
            )

    def _lock_of(self, name: str) -> dict[str, object]:
        if self.rules.lock_days is None or not self.rules.is_locked(name):
            return {}
        until = self._now() + timedelta(days=self.rules.lock_days)
        return {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}

    def _read(self, key: str, **version: str) -> tuple[bytes, str]:
        request = {"Key": key, "ChecksumMode": "ENABLED", **version}

        def read() -> tuple[bytes, str]:
            answer = self.service.once("get_object", **request)
            return _body(answer), answer["ETag"]

        with self._refusing(key):
            return self.service.try_hard("get_object", read)

    def _put_parts(self, key: str, upload: str, source: Readable, *, first: bytes) -> tuple[int, bytes]:
        """Upload the parts and make the object of them. Bytes, and the SHA-256 when an object was there already."""
        parts: list[dict[str, object]] = []
        digest, size, data = hashlib.sha256(), 0, first
        while data:
            if len(parts) == PARTS_MAX:
                raise BlobsRefused(f"{key}: expected at most {PARTS_MAX * PART_BYTES} bytes, found more")
            digest.update(data)
            size += len(data)
            checksum = _checksum(data)
            number = len(parts) + 1
            answer = self.service.call(
                "upload_part", Key=key, UploadId=upload, PartNumber=number, Body=data, ChecksumSHA256=checksum
            )
            parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": checksum})
            data = source.read(PART_BYTES)
        try:
            self.service.call(
                "complete_multipart_upload",
                Key=key,
                UploadId=upload,
                MultipartUpload={"Parts": parts},
                IfNoneMatch="*",
            )
        except (ConditionFailed, NotThere):
            # There is an object: made by another, or by an earlier try of this one, whose answer was lost.
            with suppress(BlobError, NotThere, Denied):
                self.service.call("abort_multipart_upload", Key=key, UploadId=upload)
            return size, digest.digest()
        return size, b""

    def _digest(self, name: str) -> bytes:
        digest = hashlib.sha256()
        with self.open_stream(name) as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
        return digest.digest()

    @contextmanager
    def _found(self, name: str) -> Iterator[None]:
        try:
            with self._refusing(name):
                yield
        except NotThere as error:
            raise BlobMissing(f"{name}: expected it in {self.where}, found no such object") from error

    @contextmanager
    def _refusing(self, name: str) -> Iterator[None]:
        try:
            yield
        except Denied as error:
            raise BlobsRefused(f"{name}: expected the right to do this in {self.where}: {error}") from error


def _checksum(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def _body(answer: Answer) -> bytes:
    try:
        return answer["Body"].read()
    finally:
        answer["Body"].close()


def _in_parallel(act: Callable[[Given], Result], given: Sequence[Given]) -> list[Result]:
    if len(given) < 2:
        return [act(one) for one in given]
    with ThreadPoolExecutor(min(PARALLEL, len(given))) as pool:
        return list(pool.map(act, given))
