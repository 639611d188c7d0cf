"""Facts about sentinels and what they showed: gold items that stand blind in the normal work."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class SentinelPolicySet(msgspec.Struct, frozen=True, kw_only=True):
    """From here on so many leases of a programme are of gold items, and one chart runs for every expert and rubric.

    The rate follows from the error rates that were asked for, and the chart from the rate. Shares are in parts
    per million.
    """

    KIND: ClassVar[str] = "sentinel-policy-set/1"
    programme: str
    version: int  # of the policy, from 1
    acceptable_ppm: int  # mean accuracy that is acceptable
    unacceptable_ppm: int  # mean accuracy that is not
    found_within: int  # judgments after a fall to the second
    found_asked_ppm: int  # the chance that the alarm has come by then, as asked
    false_horizon: int  # judgments of somebody who stays at the first
    false_asked_ppm: int  # the chance of an alarm among them, as asked
    rate_ppm: int  # of all leases
    if_right: int  # what an answer adds to the score, in units of it; below 0
    if_wrong: int
    limit: int  # the score at which the chart gives alarm
    unit_nano: int  # log likelihood ratio of one unit of the score, parts per thousand million
    found_ppm: int  # what the chances are exactly
    false_ppm: int
    judgments_between: int  # judgments to a false alarm in the mean
    delay_worst_milli: int  # sentinels to the alarm after a fall in the mean, thousandths, from score zero
    delay_usual_milli: int  # the same after a long calm
    delay_90: int  # sentinels within which nine of ten falls are found
    secret: ObjectRef  # 32 random bytes from which the places follow; the commitment binds the cell to them


class SentinelPolicyEnded(msgspec.Struct, frozen=True, kw_only=True):
    """No more sentinels in a programme from here on. What is stopped or held stays so until somebody decides."""

    KIND: ClassVar[str] = "sentinel-policy-ended/1"
    programme: str
    version: int
    reason: ObjectRef


class JudgmentChecked(msgspec.Struct, frozen=True, kw_only=True):
    """A judgment was held against gold, or there was none to hold it against.

    It stands behind every judgment that sets nothing else off, so that neither the number of events nor the leaf of a
    neighbour tells a sentinel from work, or a judgment that divides its item from one that does not.
    """

    KIND: ClassVar[str] = "judgment-checked/1"
    judgment: str
    programme: str
    domain: str
    rubric: str
    rubric_version: str
    expert: str
    item: str
    policy: int  # 0 before one was ever set
    is_sentinel: bool
    is_correct: bool | None  # None when it is no sentinel
    near: dict[str, int]  # criterion: of its two scores, how many lie within one point of gold
    salt: str  # 16 random bytes in hexadecimal: the judgment's author holds all else of this leaf


class DriftDetected(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of an expert to sentinels reached the limit of the chart. Their leases under the rubric stop."""

    KIND: ClassVar[str] = "drift-detected/1"
    programme: str
    rubric: str
    rubric_version: str
    expert: str
    policy: int
    score: int  # when it crossed the limit
    limit: int
    answers: int  # to sentinels, since the chart began
    right: int
    shift_from: int  # place from 0 of the first answer after the fall: maximum likelihood
    earliest: int  # place before which the fall began with a posterior of 5 % or less
    held_after: int  # place in the journal: judgments behind it are held
    crossed_seq: int  # place in the journal of the answer with which the limit was reached
    held: int  # judgments


class DriftDecided(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody looked, and the expert works on under the rubric. Their chart begins anew."""

    KIND: ClassVar[str] = "drift-decided/1"
    programme: str
    rubric: str
    expert: str
    detected_seq: int
    found: str  # rubric | gold | expert | chance | unclear: what it came from
    words: ObjectRef
