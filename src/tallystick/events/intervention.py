"""Facts about interventions: what happens from a gate that fails to one that passes, the rubric before the people."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef
from tallystick.events.gate import MeasuredValue


class InterventionOpened(msgspec.Struct, frozen=True, kw_only=True):
    """A batch fell short of its domain's threshold. Written by the command that measured it."""

    KIND: ClassVar[str] = "intervention-opened/1"
    intervention: str
    programme: str
    domain: str
    rubric: str
    rubric_version: str
    contract_version: str
    batch: str
    measured_seq: int  # place of the batch-measured/1 that failed
    inputs_digest: str  # the judgments that were measured, as that event has it
    metric: str
    level: str
    rule: str  # estimate | lower_bound
    threshold_ppm: int
    short: list[MeasuredValue]  # what fell short: the verdict, gated criteria, or both


class FindingFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the comparisons, and what agreement would gain if it were like the rest."""

    kind: str  # criterion | cluster | version | pair | expert
    name: str  # criterion, axis=value, rubric version, pseudonyms joined by |
    items: int
    comparisons: int
    gain_ppm: int | None
    low_ppm: int | None
    high_ppm: int | None
    share_ppm: int | None  # of the shortfall; parts overlap
    rest_ppm: int | None  # of people: what is left where no criterion was read differently
    is_clear: bool
    reason: str | None


class DividedItemFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An item that costs agreement, and how much."""

    item: str
    gain_ppm: int


class InterventionDiagnosed(msgspec.Struct, frozen=True, kw_only=True):
    """Where the shortfall stands was looked for and written down, criteria first, people last."""

    KIND: ClassVar[str] = "intervention-diagnosed/1"
    intervention: str
    programme: str
    round: int  # from 1; a measurement after work was redone that does not pass begins the next
    batch: str
    rubric_version: str
    inputs_digest: str  # the judgments that were looked at, as flow.gate.inputs_digest has it
    value_ppm: int
    threshold_ppm: int
    findings: list[FindingFacts]
    left_out: int  # findings that are not listed because there are so many; none of a criterion, none that is clear
    items: list[DividedItemFacts]
    beside: list[str]  # criteria whose comparisons were set aside for what is left to people
    code_version: str
    seed: int


class InterventionRevised(msgspec.Struct, frozen=True, kw_only=True):
    """A new version of the rubric came into force while its intervention was open. Written when it is published."""

    KIND: ClassVar[str] = "intervention-revised/1"
    intervention: str
    programme: str
    rubric: str
    version: str
    previous: str
    affected: list[str]  # criteria whose earlier judgments must be looked at again
    calibration: str | None  # the session of this round that it came from


class RubricRuledOut(msgspec.Struct, frozen=True, kw_only=True):
    """After a calibration session, a lead states why the rubric does not explain what is left of the shortfall."""

    KIND: ClassVar[str] = "rubric-ruled-out/1"
    intervention: str
    programme: str
    round: int
    rubric: str
    rubric_version: str
    calibration: str
    diagnosed_seq: int
    justification: ObjectRef
    evidence_digest: str  # SHA-256 over the canonical list of facts that it rests on: docs/stages/intervention.md


class InterventionRemeasured(msgspec.Struct, frozen=True, kw_only=True):
    """The batch was measured after work was redone. Written by the command that measured it."""

    KIND: ClassVar[str] = "intervention-remeasured/1"
    intervention: str
    programme: str
    round: int
    batch: str
    measured_seq: int
    rubric_version: str
    before: MeasuredValue
    after: MeasuredValue
    difference_ppm: int | None
    low_ppm: int | None
    high_ppm: int | None
    method: str  # item_bootstrap: both from the same resampled items; none, and reason says why
    reason: str | None
    redone: int  # judgments that were asked for again in this round
    waiting: int  # items of the batch that still lack judgments
    decision: str  # pass | fail | undecided


class ExpertStoodDown(msgspec.Struct, frozen=True, kw_only=True):
    """An expert works no more under a rubric. The last step: only after the rubric was ruled out, with evidence."""

    KIND: ClassVar[str] = "expert-stood-down/1"
    intervention: str
    programme: str
    round: int
    person: str
    rubric: str
    rubric_version: str
    ruled_out_seq: int
    findings: list[FindingFacts]  # of the recorded diagnosis, that name this person
    justification: ObjectRef
    evidence_digest: str  # SHA-256 over the canonical list of facts that it rests on


class ExpertReinstated(msgspec.Struct, frozen=True, kw_only=True):
    """An expert who stood down works under the rubric again, with the qualifications that they had."""

    KIND: ClassVar[str] = "expert-reinstated/1"
    intervention: str
    programme: str
    person: str
    rubric: str
    reason: ObjectRef


class InterventionClosed(msgspec.Struct, frozen=True, kw_only=True):
    """An intervention ended: its batch passes, or somebody says why it is given up."""

    KIND: ClassVar[str] = "intervention-closed/1"
    intervention: str
    programme: str
    outcome: str  # passed | abandoned
    measured_seq: int | None  # the measurement that passed
    words: ObjectRef | None
