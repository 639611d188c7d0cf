"""Facts about the cell itself and about who looked at what."""

from typing import ClassVar

import msgspec


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
    """Somebody opened content outside the work that was assigned to them."""

    KIND: ClassVar[str] = "content-accessed/1"
    subject: str  # item, batch, release or person whose content was shown
    what: str  # item | judgments | profile | release | import
    reason: str


class CandidatesUnblinded(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody looked behind the blinding of an item: which model wrote which candidate."""

    KIND: ClassVar[str] = "candidates-unblinded/1"
    item: str
    reason: str
