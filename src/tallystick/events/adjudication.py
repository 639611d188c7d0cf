"""Facts about disagreements and what became of them."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class DisagreementOpened(msgspec.Struct, frozen=True, kw_only=True):
    """The complete judgments of an item point in different directions."""

    KIND: ClassVar[str] = "disagreement-opened/1"
    item: str
    programme: str
    batch: str
    counts: dict[str, int]  # verdict: judgments
    is_expected: bool
    salt: str  # 16 random bytes in hexadecimal: a neighbour's proof holds the leaf of this, and must not tell it


class DisagreementSettled(msgspec.Struct, frozen=True, kw_only=True):
    """An adjudicator decided, with notes. The raw judgments stay as they are."""

    KIND: ClassVar[str] = "disagreement-settled/1"
    item: str
    programme: str
    batch: str
    adjudicator: str
    rubric: str
    rubric_version: str
    verdict: str
    criteria: list[str]
    notes: ObjectRef


class DisagreementPreserved(msgspec.Struct, frozen=True, kw_only=True):
    """An adjudicator found a difference that must not be collapsed: the distribution is the result."""

    KIND: ClassVar[str] = "disagreement-preserved/1"
    item: str
    programme: str
    batch: str
    adjudicator: str
    rubric: str
    rubric_version: str
    counts: dict[str, int]
    criteria: list[str]
    notes: ObjectRef
