"""What an S3 store holds and refuses, in memory: versions, conditions, object lock, parts."""

import base64
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message or code


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a key; data None is a delete marker."""

    number: str
    data: bytes | None
    etag: str = ""
    checksum: str = ""
    until: datetime | None = None


@dataclass(slots=True)
class Upload:
    """An object that comes in parts."""

    key: str
    until: datetime | None
    parts: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """What a write asks for, besides its bytes."""

    if_match: str | None = None
    if_none_match: str | None = None
    checksum: str = ""
    until: datetime | None = None


def wall() -> datetime:
    """The time that locks run out by."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Bucket:
    """One bucket. Every act is atomic."""

    name: str
    is_versioned: bool = True
    has_lock: bool = True
    default_days: int | None = None
    knows_conditions: bool = True
    clock: Callable[[], datetime] = wall
    keys: dict[str, list[Version]] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _count: int = 0

    def put(self, key: str, data: bytes, asked: Put, *, etag: str = "") -> Version:
        """Write one version, when its condition holds."""
        with self.lock:
            if asked.until is not None and not self.has_lock:
                raise Refusal(400, "InvalidRequest", "Bucket is missing Object Lock Configuration")
            now = self._now(key)
            if self.knows_conditions:
                if asked.if_none_match is not None and now is not None:
                    raise Refusal(412, "PreconditionFailed")
                if asked.if_match is not None and now is None:
                    raise Refusal(404, "NoSuchKey")
                if asked.if_match is not None and now is not None and asked.if_match != now.etag:
                    raise Refusal(412, "PreconditionFailed")
            made = Version(self._number(), data, etag or _etag(data), asked.checksum, asked.until)
            before = self.keys.get(key, []) if self.is_versioned else []
            self.keys[key] = [*before, made]
            return made

    def get(self, key: str, number: str | None = None) -> Version:
        """The newest version, or the one with this number."""
        with self.lock:
            if number is not None:
                found = next((one for one in self.keys.get(key, ()) if one.number == number), None)
                if found is None:
                    raise Refusal(404, "NoSuchVersion")
            else:
                found = self._now(key)
            if found is None or found.data is None:
                raise Refusal(404, "NoSuchKey")
            return found

    def delete(self, key: str, number: str | None = None) -> None:
        """Hide the key, or remove one version for good, unless a lock holds it."""
        with self.lock:
            versions = self.keys.get(key, [])
            if number is not None:
                for one in versions:
                    if one.number == number and one.until is not None and one.until > self.clock():
                        raise Refusal(403, "AccessDenied", "Access Denied because object protected by object lock.")
                versions = [one for one in versions if one.number != number]
            elif self.is_versioned:
                versions = [*versions, Version(self._number(), None)]
            else:
                versions = []
            self.keys[key] = versions
            if not versions:
                del self.keys[key]

    def names(self, prefix: str) -> list[str]:
        """The keys that are there."""
        with self.lock:
            found = [key for key in self.keys if key.startswith(prefix) and self._now(key) is not None]
        return sorted(found, key=str.encode)

    def versions(self, prefix: str) -> list[tuple[str, Version]]:
        """Every version of every key, the newest of each first."""
        with self.lock:
            found = sorted((key for key in self.keys if key.startswith(prefix)), key=str.encode)
            return [(key, one) for key in found for one in reversed(self.keys[key])]

    def begin(self, key: str, until: datetime | None) -> str:
        """Begin an object that comes in parts."""
        with self.lock:
            number = self._number()
            self.uploads[number] = Upload(key, until)
            return number

    def upload(self, number: str) -> Upload:
        """An object that comes in parts."""
        try:
            return self.uploads[number]
        except KeyError:
            raise Refusal(404, "NoSuchUpload") from None

    def complete(self, number: str, parts: list[tuple[int, str, str]], asked: Put) -> Version:
        """Make the object of its parts, named by number, ETag and checksum."""
        with self.lock:
            upload = self.upload(number)
            pieces = [upload.parts.get(part, b"") for part, _, _ in parts]
            named = [(part, _etag(piece), digest(piece)) for (part, _, _), piece in zip(parts, pieces, strict=True)]
            if named != parts or sorted(upload.parts) != [part for part, _, _ in parts]:
                raise Refusal(400, "InvalidPart")
            if any(len(piece) < 5 << 20 for piece in pieces[:-1]):
                raise Refusal(400, "EntityTooSmall")
            data = b"".join(pieces)
            asked = Put(if_none_match=asked.if_none_match, until=upload.until)
            made = self.put(upload.key, data, asked, etag=f'"{_etag(data)[1:-1]}-{len(parts)}"')
            del self.uploads[number]
            return made

    def _now(self, key: str) -> Version | None:
        versions = self.keys.get(key)
        return versions[-1] if versions and versions[-1].data is not None else None

    def _number(self) -> str:
        self._count += 1
        return f"v{self._count:08d}"


def digest(data: bytes) -> str:
    """SHA-256 as S3 writes it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def _etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
