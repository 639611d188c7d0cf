"""Facts about the standing of judgments: held for a review, counted again, set aside to be judged again."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class JudgmentsHeld(msgspec.Struct, frozen=True, kw_only=True):
    """Judgments of one expert are not counted until somebody else has reviewed them. They stay as they are."""

    KIND: ClassVar[str] = "judgments-held/1"
    hold: str
    programme: str
    expert: str
    judgments: list[str]
    cause: str  # drift
    reference: str  # id or place in the journal of what caused it


class JudgmentsCleared(msgspec.Struct, frozen=True, kw_only=True):
    """A reviewer found that held judgments stand: they are counted again."""

    KIND: ClassVar[str] = "judgments-cleared/1"
    hold: str
    programme: str
    judgments: list[str]
    reviewer: str
    notes: ObjectRef | None


class JudgmentsRequeued(msgspec.Struct, frozen=True, kw_only=True):
    """Judgments were set aside and their items opened again. They stay on record and are never counted again."""

    KIND: ClassVar[str] = "judgments-requeued/1"
    programme: str
    judgments: list[str]
    items: list[str]  # of these judgments, each once, sorted
    cause: str  # intervention | drift | adjudication | review
    reference: str  # id or place in the journal of what caused it
    by_same: bool  # whether their authors may judge these items again
    rubric: str
    rubric_version: str  # in force now: what the items are judged under next
    notes: ObjectRef | None  # of a reviewer
    salt: str  # 16 random bytes in hexadecimal: whoever knows a judgment must not find this leaf by guessing
