"""What experts decided, here or elsewhere."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class JudgmentSubmitted(msgspec.Struct, frozen=True, kw_only=True):
    """An expert judged an item here. Verdict and scores name the item's own candidates, un-shuffled by `order`."""

    KIND: ClassVar[str] = "judgment-submitted/1"
    judgment: str
    assignment: str
    item: str
    programme: str
    batch: str
    expert: str
    role: str
    signal: str
    rubric: str
    rubric_version: str
    contract_version: str
    order: str
    verdict: str
    scores: dict[str, dict[str, int]]  # criterion: candidate: points on the rubric's scale
    reasons: list[str]  # criteria to which the reasons are tied
    rationale: ObjectRef
    defects: list[str]  # rationale defects found at submission: empty, copied, untied ...
    confirmed: list[str]  # priority rules that the verdict contradicts, confirmed by the expert
    active_ms: int  # time on the page, pauses over 60 s left out
    is_pre_contract: bool


class MarkFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One labelled piece of an item, without words. Candidates bear the item's own letters."""

    field: str  # the part of the signal's form that it answers
    on: str  # the piece
    label: str
    start: int | None = None  # of a span: Unicode code points of the piece's text, the end excluded
    end: int | None = None
    severity: str | None = None
    place: int | None = None  # in a ranking: 1 is best, equal places are ties


class JudgmentDetailed(msgspec.Struct, frozen=True, kw_only=True):
    """What a judgment says beyond verdict and scores. It stands beside the judgment, in the same transaction.

    The words that belong to it lie with the judgment's reasons in the vault.
    """

    KIND: ClassVar[str] = "judgment-detailed/1"
    judgment: str
    item: str
    programme: str
    signal: str
    values: dict[str, str]  # choices and numbers of the signal's form
    marks: list[MarkFacts]


class JudgmentImported(msgspec.Struct, frozen=True, kw_only=True):
    """A judgment made elsewhere was taken in. It was not observed here and stays marked so for ever."""

    KIND: ClassVar[str] = "judgment-imported/1"
    judgment: str
    item: str
    programme: str
    batch: str
    expert: str
    signal: str
    rubric: str
    rubric_version: str
    contract_version: str
    verdict: str
    scores: dict[str, dict[str, int]]
    reasons: list[str]
    rationale: ObjectRef | None
    made_at: str | None  # as the source gives it; None when the source is silent
    source: str
    row: int
    run: str
    is_pre_contract: bool
