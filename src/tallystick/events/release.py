"""Facts about releases."""

from typing import ClassVar

import msgspec


class ReleaseCut(msgspec.Struct, frozen=True, kw_only=True):
    """A release was decided. It is a pure function of the journal up to and with this event, and of this spec."""

    KIND: ClassVar[str] = "release-cut/1"
    release: str
    programme: str
    name: str
    version: str
    use: str  # train | evaluate | publish
    batches: list[str]
    left_out: dict[str, str]  # batch: reason
    schema: str  # version of the release layout
    code_version: str


class ConsensusRequested(msgspec.Struct, frozen=True, kw_only=True):
    """A release that is cut by the same command is to hold a consensus by a model of raters, beside all judgments."""

    KIND: ClassVar[str] = "consensus-requested/1"
    release: str
    programme: str
    method: str  # majority | one_coin | dawid_skene


class ReleaseAbandoned(msgspec.Struct, frozen=True, kw_only=True):
    """A release was decided but cannot be built: a content is missing or is not what was committed to."""

    KIND: ClassVar[str] = "release-abandoned/1"
    release: str
    why: str


class ReleaseBuilt(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a release were built. Their manifest's digest binds every byte."""

    KIND: ClassVar[str] = "release-built/1"
    release: str
    manifest_digest: str
    records_root: str  # RFC 6962 root over the canonical records, in their order
    records: int
    judgments: int
    files: int
