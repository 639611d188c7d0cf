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
