"""Facts about who was given what, and until when."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


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


class AssignmentLeasedV3(msgspec.Struct, frozen=True, kw_only=True):
    """As the second version, with what keeps its holder from guessing the order by the leaf.

    Who is leased an item knows all else of this entry. The order stays closed to them until they have judged: where a
    client always brings one model first, it tells whose answer is shown first.
    """

    KIND: ClassVar[str] = "assignment-leased/3"
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
    salt: str  # 16 random bytes in hexadecimal


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


class AssignmentPolicySet(msgspec.Struct, frozen=True, kw_only=True):
    """A contract version says how work is given out, and what each tier of risk demands before a release."""

    KIND: ClassVar[str] = "assignment-policy-set/1"
    programme: str
    contract_version: str
    reviews: dict[str, int]  # tier of risk: share of its finished items that are looked at again, parts per million
    senior_role: str | None  # the expert role of a senior adjudicator; None when no tier asks for one
    expert_share_max_ppm: int | None  # of a batch's judgments that one expert gives
    others_first: bool  # those who have had less come first while there is little work


class ItemAuthored(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody here wrote an item: they never judge, review or adjudicate it."""

    KIND: ClassVar[str] = "item-authored/1"
    item: str
    programme: str
    author: str


class SeniorGranted(msgspec.Struct, frozen=True, kw_only=True):
    """A lead says that somebody is a senior adjudicator of a programme, and why."""

    KIND: ClassVar[str] = "senior-granted/1"
    programme: str
    person: str
    contract_version: str  # whose conditions they meet
    rests_on: str  # credential | years
    reason: ObjectRef


class SeniorRevoked(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is a senior adjudicator no more; what they decided until now stands."""

    KIND: ClassVar[str] = "senior-revoked/1"
    programme: str
    person: str
    reason: ObjectRef
