"""Facts about calibration sessions: independent labels, what they showed, and what they say of a rubric's words."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef
from tallystick.events.gate import MeasuredValue


class CalibrationOpened(msgspec.Struct, frozen=True, kw_only=True):
    """A lead asks a few experts to label the same items, each alone, because a batch fell short of its threshold."""

    KIND: ClassVar[str] = "calibration-opened/1"
    calibration: str
    intervention: str
    programme: str
    batch: str
    domain: str
    rubric: str
    rubric_version: str
    items: list[str]
    participants: list[str]  # in an order drawn at opening: the place from 1 is the number that others see


class CalibrationLabelled(msgspec.Struct, frozen=True, kw_only=True):
    """A participant labelled an item before anybody saw another's label. It is no judgment and is never released."""

    KIND: ClassVar[str] = "calibration-labelled/1"
    calibration: str
    item: str
    expert: str
    order: str  # AB | BA: how the candidates were shown; verdict and scores name the item's own candidates
    verdict: str
    scores: dict[str, dict[str, int]]
    reasons: list[str]  # criteria that the reasons are tied to
    rationale: ObjectRef
    confirmed: list[str]
    active_ms: int


class CalibrationRevealed(msgspec.Struct, frozen=True, kw_only=True):
    """The labels are shown side by side from now on, and none is taken any more."""

    KIND: ClassVar[str] = "calibration-revealed/1"
    calibration: str
    labels: int
    agreement: MeasuredValue  # of these labels alone, beside no threshold: a session decides nothing
    missing: list[str]  # participants who had not finished
    reason: ObjectRef | None  # why they were not waited for


class LanguageMarked(msgspec.Struct, frozen=True, kw_only=True):
    """A participant marked words of the rubric that read differently to different people, or that say too little."""

    KIND: ClassVar[str] = "language-marked/1"
    calibration: str
    number: int  # from 1 in each session
    expert: str
    rubric: str
    rubric_version: str
    criterion: str | None  # None: words that belong to no criterion, such as the task
    place: str  # which text of the rubric, such as criteria.accuracy.anchors.3
    start: int  # code points from the start of that text
    end: int
    quote_digest: str  # SHA-256 of the marked words, hexadecimal: a rubric is no secret
    kind: str  # ambiguous | missing | contradicts | too_strict | too_lax
    note: ObjectRef


class ExampleProposed(msgspec.Struct, frozen=True, kw_only=True):
    """A participant proposed a worked example for the rubric, made of an item of the session."""

    KIND: ClassVar[str] = "example-proposed/1"
    calibration: str
    number: int  # from 1 in each session
    item: str
    expert: str
    candidate: str  # a | b: which of the item's own candidates it is about
    criterion: str
    score: int
    note: ObjectRef  # title, situation and reason, as they may stand in the rubric


class MarkAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """The lead answered a mark. While one is unanswered, nobody can say that the rubric was not the cause."""

    KIND: ClassVar[str] = "mark-answered/1"
    calibration: str
    number: int
    answer: str  # revised | kept
    words: ObjectRef


class CalibrationEnded(msgspec.Struct, frozen=True, kw_only=True):
    """The session is over: no mark and no example is taken any more."""

    KIND: ClassVar[str] = "calibration-ended/1"
    calibration: str
    outcome: str  # held | abandoned: it ended before its labels were shown, and shows nothing of the rubric
    marks: int
    examples: int
    reason: ObjectRef | None  # why it was abandoned
