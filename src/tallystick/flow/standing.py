"""Which judgments may change their standing, and what is said when they may not. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tallystick.events.envelope import ObjectRef
from tallystick.events.standing import JudgmentsCleared, JudgmentsHeld, JudgmentsRequeued
from tallystick.flow.refusal import Refused

COUNTED, HELD, REQUEUED, SENTINEL = "counted", "held", "requeued", "sentinel"
"""The standing of a judgment. Only what is counted is measured, divides an item or stands in a record's counts.

A judgment on a gold item in the normal work is a sentinel's, for ever: it says something of its author and of no item.
"""
CAUSES = ("intervention", "drift", "adjudication", "review", "revision")
CHUNK = 1_000
"""So many judgments are in one event at most."""
NOTES_CHARACTERS_MIN = 20
NAMES_MAX = 20
"""So many judgments are named in a refusal at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A judgment as a decision on its standing needs it."""

    judgment: str
    item: str
    expert: str
    programme: str
    rubric: str
    standing: str
    is_work: bool = True  # on an item that is given out as work
    is_erased: bool = False  # its item's content is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What sets judgments aside.

    cause      one of CAUSES
    reference  id, or place in the journal, of what caused it
    by_same    whether their authors may judge the items again
    notes      of a reviewer
    """

    cause: str
    reference: str
    by_same: bool
    notes: ObjectRef | None = None


def held(
    given: Sequence[Given], *, hold: str, programme: str, expert: str, cause: str, reference: str
) -> list[JudgmentsHeld]:
    """Hold what an expert judged. What is not theirs, not work or not counted now is passed over.

    So is what stands on an item whose content is gone: nobody could review it.
    """
    wanted = [
        one.judgment for one in given
        if (one.expert, one.programme, one.standing) == (expert, programme, COUNTED)
        and one.is_work and not one.is_erased
    ]  # fmt: skip
    return [
        JudgmentsHeld(
            hold=hold, programme=programme, expert=expert, judgments=part, cause=cause, reference=reference
        )
        for part in _parts(wanted)
    ]  # fmt: skip


def refuse_requeue(given: Sequence[Given], *, asked: Sequence[str], programme: str) -> Refused | None:
    """Why judgments cannot be set aside to be judged again, or None."""
    known = {one.judgment for one in given if one.programme == programme and one.is_work}
    strange = [name for name in asked if name not in known]
    if strange or not asked:
        sentence = f"Expected judgments on work items of this programme, found {len(strange) or 'none'}"
        return _refused("unknown-judgment", sentence + (" others." if strange else "."), strange)
    again = [one.judgment for one in given if one.standing == REQUEUED]
    if again:
        sentence = f"Expected judgments that stand, found {len(again)} that were set aside already: leave them out."
        return _refused("already-requeued", sentence, again)
    gone = [one.judgment for one in given if one.is_erased]
    if gone:
        sentence = f"The items of {len(gone)} of these judgments were erased: nobody can judge them again."
        return _refused("erased", sentence, gone)
    return None


def requeued(
    given: Sequence[Given], why: Why, *, programme: str, versions: dict[str, str], salts: Iterator[str]
) -> list[JudgmentsRequeued]:
    """Set judgments aside and open their items again.

    versions  rubric: its version in force
    salts     random, one for each event
    """
    facts = []
    for rubric in sorted({one.rubric for one in given}):
        mine = [one for one in given if one.rubric == rubric]
        for start in range(0, len(mine), CHUNK):
            part = mine[start : start + CHUNK]
            fact = JudgmentsRequeued(
                programme=programme, judgments=[one.judgment for one in part],
                items=sorted({one.item for one in part}), cause=why.cause, reference=why.reference,
                by_same=why.by_same, rubric=rubric, rubric_version=versions[rubric], notes=why.notes,
                salt=next(salts),
            )  # fmt: skip
            facts.append(fact)
    return facts


def refuse_review(one: Given | None, *, notes: str, is_needed: bool) -> Refused | None:
    """Why a held judgment cannot be reviewed in this way, or None.

    is_needed  whether the decision needs words that a later reader can follow
    """
    if one is None or one.standing != HELD:
        found = "one that is not on record" if one is None else f"one that is {one.standing}"
        return Refused("not-held", f"Expected a judgment that is held, found {found}: somebody else reviewed it.")
    if is_needed and len(notes.strip()) < NOTES_CHARACTERS_MIN:
        sentence = f"Expected notes of at least {NOTES_CHARACTERS_MIN} characters that a later reader can follow."
        return Refused("notes-too-short", sentence, "notes")
    return None


def cleared(one: Given, *, hold: str, reviewer: str, notes: ObjectRef | None) -> JudgmentsCleared:
    """A held judgment stands."""
    return JudgmentsCleared(
        hold=hold, programme=one.programme, judgments=[one.judgment], reviewer=reviewer, notes=notes
    )


def _parts(names: list[str]) -> list[list[str]]:
    return [names[start : start + CHUNK] for start in range(0, len(names), CHUNK)]


def _refused(code: str, sentence: str, names: list[str]) -> Refused:
    return Refused(code, sentence, "judgments", tuple(names[:NAMES_MAX]))
