"""Judgments that a later rubric version affects: who may let them stand, and what that says. Pure. SPEC 3.1."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tallystick.events.affected import AffectedKept
from tallystick.events.envelope import ObjectRef
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import REASONS, Reason
from tallystick.flow.standing import CHUNK, COUNTED, NOTES_CHARACTERS_MIN, Given

EACH, BULK = "each", "bulk"
WORDING: Reason = "wording"
NOTHING = Refused("nothing-affected", "No affected judgment of this kind waits: all were reviewed or judged again.")


@dataclass(frozen=True, slots=True)
class Flag:
    """One criterion of one judgment that a later version changed."""

    judgment: str
    version: str
    criterion: str


def gravest(reasons: Iterable[Reason]) -> Reason:
    """The reason that weighs most among several. Raises ValueError when there is none."""
    return min(reasons, key=REASONS.index)


def wording_only(flags: Iterable[Flag], reasons: Mapping[tuple[str, str], Reason]) -> list[str]:
    """Judgments of which nothing but wording changed, in the order in which they come.

    flags    every criterion of these judgments that was not answered yet
    reasons  (version, criterion): why it is affected
    """
    found: dict[str, bool] = {}
    for flag in flags:
        is_wording = reasons[flag.version, flag.criterion] == WORDING
        found[flag.judgment] = found.get(flag.judgment, True) and is_wording
    return [judgment for judgment, is_wording in found.items() if is_wording]


def on_criterion(flags: Iterable[Flag], criterion: str) -> list[str]:
    """Judgments of which a criterion changed, each once."""
    return list(dict.fromkeys(flag.judgment for flag in flags if flag.criterion == criterion))


def refuse_review(one: Given | None, *, is_waiting: bool, notes: str, is_needed: bool) -> Refused | None:
    """Why an affected judgment cannot be reviewed in this way, or None.

    is_waiting  whether anything of it waits for an answer
    is_needed   whether the decision needs words
    """
    if one is None or one.standing != COUNTED or not is_waiting:
        found = "one that is not on record" if one is None else f"one that is {one.standing}"
        found = "one that was reviewed" if one is not None and one.standing == COUNTED else found
        return Refused("not-affected", f"Expected a judgment that a rubric version affects, found {found}.")
    return refuse_notes(notes) if is_needed else None


def refuse_notes(notes: str) -> Refused | None:
    """Why words do not do as a rationale, or None."""
    if len(notes.strip()) >= NOTES_CHARACTERS_MIN:
        return None
    sentence = f"Expected a rationale of at least {NOTES_CHARACTERS_MIN} characters that a later reader can follow."
    return Refused("notes-too-short", sentence, "notes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who lets judgments stand, under which version, and how."""

    programme: str
    rubric: str
    version: str
    way: str
    reviewer: str
    notes: ObjectRef | None


def kept(judgments: Sequence[str], decision: Decision, salts: Iterator[str]) -> list[AffectedKept]:
    """Facts that let judgments stand, a thousand in each at most."""
    return [
        AffectedKept(
            programme=decision.programme, rubric=decision.rubric, version=decision.version,
            judgments=list(judgments[start : start + CHUNK]), way=decision.way, reviewer=decision.reviewer,
            notes=decision.notes, salt=next(salts),
        )
        for start in range(0, len(judgments), CHUNK)
    ]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How far the review of affected judgments has come; every affected judgment is in one of the three.

    waiting  nobody has said yet whether they stand: they count as they are
    """

    waiting: int = 0
    stands: int = 0
    again: int = 0

    @property
    def all(self) -> int:
        """All affected judgments."""
        return self.waiting + self.stands + self.again


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The review of what one version changed on one criterion."""

    version: str
    criterion: str
    reason: Reason
    tally: Tally = field(default_factory=Tally)
