"""Disagreements: when one opens, and how an adjudicator ends it. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tallystick.events.adjudication import DisagreementOpened, DisagreementPreserved, DisagreementSettled
from tallystick.events.envelope import ObjectRef
from tallystick.flow.refusal import Refused
from tallystick.signals import preference

NOTES_CHARACTERS_MIN = 20


def is_divided(verdicts: Iterable[str]) -> bool:
    """Whether verdicts point different ways. How clearly is no disagreement; not deciding beside deciding is one."""
    return len({preference.direction(verdict) or "undecided" for verdict in verdicts}) > 1


def opened(
    item: str, *, programme: str, batch: str, verdicts: list[str], needed: int, is_expected: bool, salt: str
) -> DisagreementOpened | None:
    """The disagreement that an item's complete judgments show, if any; None while judgments are missing."""
    if len(verdicts) < needed or not is_divided(verdicts):
        return None
    counts = dict(sorted(Counter(verdicts).items()))
    return DisagreementOpened(
        item=item, programme=programme, batch=batch, counts=counts, is_expected=is_expected, salt=salt
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An open disagreement as an adjudicator's decision needs it."""

    item: str
    programme: str
    batch: str
    state: str
    counts: dict[str, int]
    judges: frozenset[str]
    rubric: str
    rubric_version: str
    criteria: tuple[str, ...]


def check(case: Case, *, adjudicator: str, criteria: list[str], notes: str) -> Refused | None:
    """Why this adjudicator may not end this disagreement in this way, or None."""
    if case.state != "open":
        return Refused("already-adjudicated", f"This disagreement is {case.state}: it cannot be decided again.")
    if adjudicator in case.judges:
        return Refused("own-judgment", "You judged this item: somebody else has to adjudicate it.")
    strange = tuple(name for name in criteria if name not in case.criteria)
    if strange or not criteria:
        sentence = f"Tie the decision to at least one criterion of {', '.join(case.criteria)}."
        return Refused("unknown-criterion", sentence, "criteria", strange)
    if len(notes.strip()) < NOTES_CHARACTERS_MIN:
        sentence = f"Expected notes of at least {NOTES_CHARACTERS_MIN} characters that a later reader can follow."
        return Refused("notes-too-short", sentence, "notes")
    return None


def check_verdict(verdict: str) -> Refused | None:
    """Why a verdict does not decide a case, or None."""
    if verdict in preference.VERDICTS and verdict not in preference.UNDECIDED:
        return None
    sentence = "Expected a verdict that decides: A, B, tie or both unacceptable. To leave it open, preserve it."
    return Refused("no-decision", sentence, "verdict")


def settle(
    case: Case, *, adjudicator: str, verdict: str, criteria: list[str], notes: ObjectRef
) -> DisagreementSettled | Refused:
    """Decide for one verdict, in terms of the item's own candidates. The raw judgments stay as they are."""
    refused = check_verdict(verdict)
    return refused or DisagreementSettled(
        item=case.item, programme=case.programme, batch=case.batch, adjudicator=adjudicator, rubric=case.rubric,
        rubric_version=case.rubric_version, verdict=verdict, criteria=criteria, notes=notes,
    )  # fmt: skip


def preserve(case: Case, *, adjudicator: str, criteria: list[str], notes: ObjectRef) -> DisagreementPreserved:
    """Keep the distribution as the result."""
    return DisagreementPreserved(
        item=case.item, programme=case.programme, batch=case.batch, adjudicator=adjudicator, rubric=case.rubric,
        rubric_version=case.rubric_version, counts=case.counts, criteria=criteria, notes=notes,
    )  # fmt: skip
