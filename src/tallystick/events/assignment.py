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


class AssignmentLeasedV2(msgspec.Struct, frozen=True, kw_only=True):
    """As the first version, without what would tell a sentinel from work to the expert who holds this entry.

    The place of an item follows from the item. A sentinel stands in for a work item, and names the batch of that one.
    """

    KIND: ClassVar[str] = "assignment-leased/2"
    assignment: str
    item: str
    programme: str
    domain: str
    batch: str  # the batch in whose work it is given
    expert: str
    order: str
    rubric: str
    rubric_version: str
    contract_version: str
    expires_at: int
    is_renewal: bool  # of a lease that had run out, with its judgment: no place of the schedule of sentinels


def lifted(old: AssignmentLeased, batch: str) -> AssignmentLeasedV2:
    """A lease of the first version as one of the second; `batch` is that of its item."""
    return AssignmentLeasedV2(
        assignment=old.assignment, item=old.item, programme=old.programme, domain=old.domain, batch=batch,
        expert=old.expert, order=old.order, rubric=old.rubric, rubric_version=old.rubric_version,
        contract_version=old.contract_version, expires_at=old.expires_at, is_renewal=False,
    )  # fmt: skip


class AssignmentReleased(msgspec.Struct, frozen=True, kw_only=True):
    """A slot came back without a judgment."""

    KIND: ClassVar[str] = "assignment-released/1"
    assignment: str
    item: str
    expert: str
    reason: str  # expired | returned
