"""Facts about judgments that a later rubric version affects: what stands under it, what is judged again."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class AffectedKept(msgspec.Struct, frozen=True, kw_only=True):
    """Judgments made under earlier versions of a rubric stand under a later one, by somebody's decision."""

    KIND: ClassVar[str] = "affected-kept/1"
    programme: str
    rubric: str
    version: str  # under which they stand: all that any version up to it changed is answered
    judgments: list[str]
    way: str  # each: somebody read the judgment | bulk: none of its criteria changed in more than their wording
    reviewer: str
    notes: ObjectRef | None  # always there in bulk
    salt: str  # 16 random bytes in hexadecimal: whoever knows a judgment must not find this leaf by guessing


class AffectedRequeued(msgspec.Struct, frozen=True, kw_only=True):
    """Judgments that a version affects on one criterion were set aside together: `judgments-requeued` names them."""

    KIND: ClassVar[str] = "affected-requeued/1"
    programme: str
    rubric: str
    version: str
    criterion: str
    judgments: int
    notes: ObjectRef  # why


class AffectedReleased(msgspec.Struct, frozen=True, kw_only=True):
    """A release that is cut by the same command holds affected judgments that nobody reviewed, and why it may."""

    KIND: ClassVar[str] = "affected-released/1"
    release: str
    programme: str
    judgments: dict[str, int]  # batch: how many of its judgments are affected, count, and were not reviewed
    rationale: ObjectRef
