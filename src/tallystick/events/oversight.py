"""Facts about the cell itself and about who looked at what."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class CellOpened(msgspec.Struct, frozen=True, kw_only=True):
    """The first event of every journal."""

    KIND: ClassVar[str] = "cell-opened/1"
    cell: str
    origin: str  # name of the log, as its checkpoints carry it
    vkey: str  # verifier key line of the first log key
    custody: str  # who holds the keys: "software-development" is no protection against an administrator
    order_seed: str  # 32 bytes in hexadecimal: blinding and candidate order follow from it
    code_version: str


class ContentAccessed(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, or a service of the cell, opened content."""

    KIND: ClassVar[str] = "content-accessed/1"
    subject: str  # item, batch, release, person or import run whose content was opened; "roster" or "cell" for all
    what: str  # docs/access.md lists them
    reason: str  # a code of a closed list: docs/access.md
    number: int = 1  # of subjects
    subjects: list[str] = []  # each of them, when there are several and at most 100; else empty
    digest: str | None = None  # SHA-256 of the canonical list of subjects, when there are more
    part: str | None = None  # of the subject, when not all of it: a file of a release
    words: ObjectRef | None = None  # what a person typed beside the reason, in the vault


class CandidatesUnblinded(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody looked behind the blinding of an item: which model wrote which candidate."""

    KIND: ClassVar[str] = "candidates-unblinded/1"
    item: str
    words: ObjectRef  # why, as it was typed, in the vault
