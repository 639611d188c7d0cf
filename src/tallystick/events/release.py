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


class SentinelTotal(msgspec.Struct, frozen=True, kw_only=True):
    """Answers to sentinels under one rubric up to a release; None where they are too few, or of too few people."""

    rubric: str
    answers: int | None
    right: int | None


class ReleaseMonitored(msgspec.Struct, frozen=True, kw_only=True):
    """What watching the work showed until a release that is cut by the same command, as totals of its programme.

    A release cannot bring along the facts behind it, because they tell which items are sentinels: whoever has a copy of
    the log counts them again.
    """

    KIND: ClassVar[str] = "release-monitored/1"
    release: str
    programme: str
    policies: int  # how often a rate of sentinels was set
    sentinels: list[SentinelTotal]  # by rubric, sorted
    alarms: dict[str, int]  # rubric: how often the chart of an expert reached its limit
    held: int  # judgments that were held back with those
    found: dict[str, int]  # what the alarms came from: rubric | gold | expert | chance | unclear | open


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
