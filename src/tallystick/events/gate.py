"""What the agreement gate measured and decided."""

from typing import ClassVar

import msgspec


class MeasuredValue(msgspec.Struct, frozen=True, kw_only=True):
    """One coefficient with its interval, in parts per million; value None when it is undefined."""

    what: str  # verdict | criterion:<id> | expected_disagreement
    metric: str
    level: str
    status: str
    value_ppm: int | None
    low_ppm: int | None
    high_ppm: int | None
    items: int
    raters: int
    judgments: int


class BatchMeasured(msgspec.Struct, frozen=True, kw_only=True):
    """A batch was measured against its domain's threshold: the number, its interval, its inputs, the decision."""

    KIND: ClassVar[str] = "batch-measured/1"
    batch: str
    programme: str
    domain: str
    rubric: str
    rubric_version: str
    contract_version: str
    rule: str  # estimate | lower_bound
    threshold_ppm: int
    decision: str  # pass | fail | undecided
    why: str
    verdict: MeasuredValue
    criteria: list[MeasuredValue]
    expected: MeasuredValue | None  # items declared as expected to divide, measured apart
    inputs_digest: str  # over the (judgment id, item, expert, verdict, scores) rows that were measured, in order
    incomplete: int  # items that still lack judgments
    code_version: str
