"""Facts about erasure: what was ordered, what died with it, who was told, when it was final. Never the content."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class ErasureOrdered(msgspec.Struct, frozen=True, kw_only=True):
    """Content was ordered to be erased. Its keys and rows left the live database in the same transaction."""

    KIND: ClassVar[str] = "erasure-ordered/1"
    erasure: str
    what: str  # subject | object | source | retention
    target: str  # person:ID | subject:DIGEST | item:ID | object:ID | run:ID
    reason: str  # a code: consent-withdrawn | subject-request | client-request | rights-claim | mistake | retention ...
    order: ObjectRef | None  # the words of whoever asked for it, when some were given
    scopes: list[str]  # scopes whose keys died: everything under them is unreadable
    releases: list[str]  # releases that held the content
    objects: int
    objects_digest: str  # SHA-256 over the canonical list of the sorted object ids
    epoch: int  # newest key epoch that may have wrapped what died: final when it and all before it are destroyed


class ObjectsErased(msgspec.Struct, frozen=True, kw_only=True):
    """Which vault objects an erasure made unreadable. One order names them in as many of these as it takes."""

    KIND: ClassVar[str] = "objects-erased/1"
    erasure: str
    objects: list[str]  # ids, ascending


class ReleaseCopyErased(msgspec.Struct, frozen=True, kw_only=True):
    """The cell's own copy of a release died with content that it held. Copies of others are theirs to erase."""

    KIND: ClassVar[str] = "release-copy-erased/1"
    erasure: str
    release: str
    holders: list[str]  # who is to be told: `client`, and the people who opened the release


class HoldersNotified(msgspec.Struct, frozen=True, kw_only=True):
    """A holder of a release was told, through the portal, that it holds erased content."""

    KIND: ClassVar[str] = "holders-notified/1"
    erasure: str
    release: str
    holder: str
    way: str  # how the notice was delivered, as the portal names it


class NoticeAcknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """A holder of a release confirmed a notice: what it holds of the erased content is erased."""

    KIND: ClassVar[str] = "notice-acknowledged/1"
    erasure: str
    release: str
    holder: str


class ErasureCompleted(msgspec.Struct, frozen=True, kw_only=True):
    """Every key that ever wrapped the erased keys is destroyed: no copy of this cell opens the content any more."""

    KIND: ClassVar[str] = "erasure-completed/1"
    erasure: str
    epochs: list[int]  # destroyed since the order, ascending
    final_at: int  # microseconds since 1970, UTC; later than this event where a key service keeps keys for a while
    certificate_digest: str  # SHA-256 of the signed note
