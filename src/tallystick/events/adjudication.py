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


class CaseLeased(msgspec.Struct, frozen=True, kw_only=True):
    """One adjudicator holds an open case until the lease ends: nobody else opens or decides it meanwhile."""

    KIND: ClassVar[str] = "case-leased/1"
    lease: str  # random: a neighbour's proof holds the leaf of this, and must not tell it
    item: str
    programme: str
    adjudicator: str
    expires_at: int  # microseconds since 1970, UTC


class CaseReleased(msgspec.Struct, frozen=True, kw_only=True):
    """A case came back without a decision."""

    KIND: ClassVar[str] = "case-released/1"
    lease: str
    item: str
    programme: str
    adjudicator: str
    reason: str  # expired | returned


class DisagreementReturned(msgspec.Struct, frozen=True, kw_only=True):
    """An adjudicator sent the judgments of a case back instead of deciding. The item is judged again.

    Which judgments those are stands in the `judgments-requeued` event beside this one.
    """

    KIND: ClassVar[str] = "disagreement-returned/1"
    item: str
    programme: str
    batch: str
    adjudicator: str
    rubric: str
    rubric_version: str
    why: str  # missing_context | more_judges | unclear_rubric | error
    by_same: bool  # whether those who judged it may judge it again
    criteria: list[str]
    notes: ObjectRef


class RubricFeedbackRecorded(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever ended a case said what is wrong with a criterion of the rubric, in the same command."""

    KIND: ClassVar[str] = "rubric-feedback-recorded/1"
    programme: str
    rubric: str
    rubric_version: str
    criterion: str
    what: str  # ambiguous | missing | contradicts | too_strict | too_lax
    item: str
    words: ObjectRef


class SettlementConfirmed(msgspec.Struct, frozen=True, kw_only=True):
    """An adjudicator settled a case although its class says that competent people may differ, and said so."""

    KIND: ClassVar[str] = "settlement-confirmed/1"
    item: str
    programme: str
    batch: str
    adjudicator: str
    cause: str
    classified_seq: int  # the entry that gave the case its class
