"""Disagreements: when one opens, who works on its case, and how an adjudicator ends it. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tallystick.events.adjudication import (
    DisagreementOpened,
    DisagreementPreserved,
    DisagreementReturned,
    DisagreementSettled,
)
from tallystick.events.envelope import ObjectRef
from tallystick.flow.refusal import Refused
from tallystick.signals import preference, shape
from tallystick.signals.shape import UNDECIDED

NOTES_CHARACTERS_MIN = 20
WORDS_CHARACTERS_MIN: Final = 10
FEEDBACK_MAX: Final = 10
RISKS: Final = ("restricted", "high", "medium", "low")
"""Tiers of risk, in the order in which their cases are to be decided."""
FAULTS: Final = ("ambiguous", "missing", "contradicts", "too_strict", "too_lax")
"""What can be wrong with a criterion of a rubric."""
REASONS_TO_RETURN: Final = ("missing_context", "more_judges", "unclear_rubric", "error")
"""Why judgments are sent back instead of being decided on."""
VALUES: Final = "value_diversity"


def is_divided(verdicts: Iterable[str]) -> bool:
    """Whether verdicts point different ways. How clearly is no disagreement; not deciding beside deciding is one."""
    return len({shape.direction(verdict) or "undecided" for verdict in verdicts}) > 1


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


def tiers(risks: Mapping[str, str], domains: Sequence[str]) -> list[list[str]]:
    """The domains of every tier of risk, the most careful first. A domain that no contract names comes last.

    risks    domain: its tier by the contract in force
    domains  every domain that there can be
    """
    by_tier = [[name for name in domains if risks.get(name) == risk] for risk in RISKS]
    return [*by_tier, [name for name in domains if name not in risks]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A disagreement as an adjudicator's decision needs it.

    holder      who works on it, while the lease lasts or nobody else has taken it since
    held_until  the end of that lease, microseconds since 1970
    cause       its class, None when nobody has classified it or the evidence carries none
    is_doubted  a judgment on its item is held
    """

    item: str
    programme: str
    batch: str
    state: str
    counts: dict[str, int]
    judges: frozenset[str]
    rubric: str
    rubric_version: str
    criteria: tuple[str, ...]
    holder: str | None = None
    held_until: int | None = None
    cause: str | None = None
    is_doubted: bool = False


ENDED = "already-adjudicated"
OWN = Refused("own-judgment", "You judged this item: somebody else has to adjudicate it.")
NOT_TAKEN = Refused("case-not-taken", "Take this case first: then nobody else works on it while you read and decide.")
GIVE_BACK = "Give the case back: somebody else decides it."
HELD = Refused(
    "case-held", "Another adjudicator works on this case now. Take another one; this comes back if they leave it."
)
WORK_HELD = Refused(
    "work-held", "A judgment on this item waits for a review and does not count meanwhile: decide when that is done."
)
NO_CASE = Refused("no-work", "There is no open case for you now. You never get one that you judged.")


def ended(state: str) -> Refused | None:
    """Why a disagreement cannot be worked on any more, or None."""
    if state == "open":
        return None
    return Refused(ENDED, f"This disagreement is {state}: it cannot be decided again.")


def is_held(holder: str | None, held_until: int | None, now: int) -> bool:
    """Whether somebody's lease on a case still lasts."""
    return holder is not None and held_until is not None and held_until >= now


def may_read(case_state: str, holder: str | None, held_until: int | None, *, person: str, now: int) -> Refused | None:
    """Why an adjudicator may not open an open case, or None. Whoever holds it may; so two never work on one.

    A lease that has run out still serves its holder until somebody else takes the case: no work is lost without need.
    """
    if case_state != "open" or holder == person:
        return None
    return HELD if is_held(holder, held_until, now) else NOT_TAKEN


def check(case: Case, *, adjudicator: str, criteria: list[str], notes: str, now: int) -> Refused | None:
    """Why this adjudicator may not end this disagreement in this way, or None."""
    if adjudicator in case.judges:
        return ended(case.state) or OWN
    refused = ended(case.state) or may_read(case.state, case.holder, case.held_until, person=adjudicator, now=now)
    if refused or case.is_doubted:
        return refused or WORK_HELD
    strange = tuple(name for name in criteria if name not in case.criteria)
    if strange or not criteria:
        sentence = f"Tie the decision to at least one criterion of {', '.join(case.criteria)}."
        return Refused("unknown-criterion", sentence, "criteria", strange)
    if len(notes.strip()) < NOTES_CHARACTERS_MIN:
        sentence = f"Expected notes of at least {NOTES_CHARACTERS_MIN} characters that a later reader can follow."
        return Refused("notes-too-short", sentence, "notes")
    return None


PAIRED: Final = frozenset(preference.VERDICTS) - frozenset(UNDECIDED)
"""The verdicts that settle a pair of candidates."""


def check_verdict(verdict: str, deciding: Collection[str] = PAIRED) -> Refused | None:
    """Why a verdict does not decide a case, or None.

    deciding  the verdicts that settle its item
    """
    if verdict in deciding and verdict not in UNDECIDED:
        return None
    known = "A, B, tie or both unacceptable" if deciding == PAIRED else ", ".join(sorted(deciding))
    if any(">" in one or "=" in one or "|" in one for one in deciding):
        known = "an order of all answers, such as b>a=c|d, 1 the best, what is acceptable above what is not"
    return Refused(
        "no-decision", f"Expected a verdict that decides: {known}. To leave it open, preserve it.", "verdict"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What is wrong with a criterion of the rubric, in the adjudicator's words."""

    criterion: str
    what: str
    words: str


def check_feedback(given: Sequence[Feedback], criteria: Sequence[str]) -> Refused | None:
    """Why feedback on a rubric cannot be taken, or None."""
    if len(given) > FEEDBACK_MAX:
        sentence = f"Expected at most {FEEDBACK_MAX} remarks on the rubric, found {len(given)}: send the weightiest."
        return Refused("too-much-feedback", sentence, "feedback")
    for one in given:
        if one.criterion not in criteria:
            sentence = f"Expected a criterion of the rubric: {', '.join(criteria)}."
            return Refused("unknown-criterion", sentence, "feedback", (one.criterion,))
        if one.what not in FAULTS:
            sentence = f"Expected what is wrong with {one.criterion}: one of {', '.join(FAULTS)}."
            return Refused("unknown-fault", sentence, "feedback", (one.criterion,))
        if len(one.words.strip()) < WORDS_CHARACTERS_MIN:
            sentence = f"Expected at least {WORDS_CHARACTERS_MIN} characters on {one.criterion}: say what to change."
            return Refused("words-too-short", sentence, "feedback", (one.criterion,))
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What an adjudicator is told of a case's class before they decide.

    road      how to end it: settle, preserve or return
    is_asked  whether settling it needs a confirmation
    """

    cause: str
    sentence: str
    road: str
    is_asked: bool = False


_WARNINGS: Final = {
    VALUES: (
        "The evidence says that competent people differ here in values. Settling it replaces a finding with one "
        "opinion, and the record loses its distribution. Preserve it, or confirm that you settle it all the same."
    ),
    "missing_context": (
        "The evidence says that the item does not hold what is needed to judge it: a verdict would be a guess. Send it "
        "back, or settle it only if the rubric says how to judge without."
    ),
    "rubric_ambiguity": (
        "The evidence says that the rubric can be read in two ways. Settle it by the reading that you hold right, and "
        "say which criterion has to change."
    ),
    "expertise_gap": (
        "The evidence says that some judges lacked the knowledge. Settle it if you have it; if not, send it back to be "
        "judged by others."
    ),
    "rater_error": "The evidence says that somebody slipped. Settle it.",
}
_ROADS: Final = {VALUES: "preserve", "missing_context": "return", "expertise_gap": "return"}


def warning(cause: str | None) -> Warned | None:
    """What the class of a case says about how to end it; None without a class."""
    if cause not in _WARNINGS:
        return None
    return Warned(cause=cause, sentence=_WARNINGS[cause], road=_ROADS.get(cause, "settle"), is_asked=cause == VALUES)


def check_confirmed(cause: str | None, *, is_confirmed: bool) -> Refused | None:
    """Why a case of this class is not settled without a word, or None."""
    warned = warning(cause)
    if warned is None or not warned.is_asked or is_confirmed:
        return None
    return Refused("needs-confirmation", warned.sentence, "confirmed")


def check_return(why: str) -> Refused | None:
    """Why judgments cannot be sent back for this reason, or None."""
    if why in REASONS_TO_RETURN:
        return None
    return Refused("unknown-reason", f"Say why it goes back: one of {', '.join(REASONS_TO_RETURN)}.", "why")


def settle(
    case: Case, *, adjudicator: str, verdict: str, criteria: list[str], notes: ObjectRef,
    deciding: Collection[str] = PAIRED,
) -> DisagreementSettled | Refused:  # fmt: skip
    """Decide for one verdict, in terms of the item's own candidates. The raw judgments stay as they are."""
    refused = check_verdict(verdict, deciding)
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


def send_back(
    case: Case, *, adjudicator: str, why: str, by_same: bool, criteria: list[str], notes: ObjectRef
) -> DisagreementReturned:
    """Have the item judged again instead of deciding."""
    return DisagreementReturned(
        item=case.item, programme=case.programme, batch=case.batch, adjudicator=adjudicator, rubric=case.rubric,
        rubric_version=case.rubric_version, why=why, by_same=by_same, criteria=criteria, notes=notes,
    )  # fmt: skip
