"""Facts about the second look at a random sample of finished items: what was drawn, and what was found."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class StratumDrawn(msgspec.Struct, frozen=True, kw_only=True):
    """What a draw took of one risk tier.

    pool         finished items of the round, without a disagreement
    pool_digest  over their ids in order: whoever replays the journal up to `until` finds the same pool
    sample       what was drawn now, in the order of their keyed digests
    """

    risk: str
    pool: int
    pool_digest: str
    sample: list[str]


class RereviewDrawn(msgspec.Struct, frozen=True, kw_only=True):
    """Items were drawn for a second look, in an order that a secret fixes from the first draw on. All draws count.

    A round covers what was finished in one stretch of the journal. Later draws of a round take what comes next in its
    order: no draw replaces another.
    """

    KIND: ClassVar[str] = "rereview-drawn/1"
    rereview: str  # the round
    programme: str
    round: int  # from 1
    draw: int  # of this round, from 1
    since: int  # the last judgment of every item stands at this place of the journal or behind it
    until: int  # and before this one
    contract_version: str  # whose risk tiers these are
    strata: list[StratumDrawn]
    secret: ObjectRef  # the key of the order, the same for all draws of a programme


class RereviewLeased(msgspec.Struct, frozen=True, kw_only=True):
    """One reviewer holds one drawn item until the lease ends."""

    KIND: ClassVar[str] = "rereview-leased/1"
    rereview: str
    programme: str
    item: str
    reviewer: str
    expires_at: int  # microseconds since 1970, UTC


class RereviewReleased(msgspec.Struct, frozen=True, kw_only=True):
    """A reviewer gave a drawn item back. It stays in the sample: somebody else looks at it."""

    KIND: ClassVar[str] = "rereview-released/1"
    rereview: str
    programme: str
    item: str
    reviewer: str


class RereviewAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """A reviewer who did not judge an item said whether it is sound, blind to who judged it."""

    KIND: ClassVar[str] = "rereview-answered/1"
    rereview: str
    programme: str
    item: str
    reviewer: str
    is_defect: bool
    severity: str | None  # low | medium | high | critical; None when it is sound
    cause: str | None
    failure: str | None  # the contract's class of failures that it belongs to, or `other`
    notes: ObjectRef | None
