"""Facts about who was given what, and until when."""

from typing import ClassVar

import msgspec


class AssignmentLeased(msgspec.Struct, frozen=True, kw_only=True):
    """One expert holds one slot of one item until the lease expires. Its content was shown to them."""

    KIND: ClassVar[str] = "assignment-leased/1"
    assignment: str
    item: str
    programme: str
    domain: str
    expert: str
    order: str  # AB: as stored; BA: the stored B is shown first
    rubric: str
    rubric_version: str
    contract_version: str
    expires_at: int  # microseconds since 1970, UTC
    rank: int  # the item's place in its domain: where the expert goes on from


class AssignmentReleased(msgspec.Struct, frozen=True, kw_only=True):
    """A slot came back without a judgment."""

    KIND: ClassVar[str] = "assignment-released/1"
    assignment: str
    item: str
    expert: str
    reason: str  # expired | returned
