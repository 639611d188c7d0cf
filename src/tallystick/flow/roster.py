"""People: enrolment, contracts, qualification on gold items. Pure: values in, events or a refusal out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tallystick.events.roster import (
    ExpertContractExecuted,
    PersonQualified,
    QualificationFailed,
    RolesChanged,
)
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import GOLD_MAX, Rubric, rule_on
from tallystick.signals import preference, shape
from tallystick.signals.shape import LETTERS, Signal
from tallystick.stats.qualification import QualificationRule

GOLD_SHORT = Refused(
    "too-few-gold-items",
    "There are too few gold items that you have not seen: the programme lead has to import more before you can begin.",
)
GOLD_ALIKE = Refused(
    "gold-alike",
    "Whoever always gives the same answer would pass with the gold items that you have not seen: before you can begin, "
    "the programme lead has to import others, for which other verdicts are right.",
)
GOLD_NOT_FOR_THEM = Refused(
    "gold-not-for-you",
    "Too few of the gold items are for you: by region, language or clearance, or because you leave their content out. "
    "Look at your settings, or ask the programme lead.",
)
GOLD_RESTRICTED = Refused(
    "gold-not-for-you",
    "This work is restricted to people with a clearance for the programme, and so are its gold items: ask the "
    "programme lead for a clearance first.",
)
GOLD_KNOWN = Refused(
    "gold-known",
    "You had a role in which the answers of gold items can be read, and too few came into the programme since: before "
    "you can begin, the programme lead has to import more.",
)
ROLES = ("lead", "expert", "researcher", "auditor", "engineer")
EXPERT_ROLES = ("author", "reviewer", "policy_reviewer", "language_specialist", "adjudicator")


QUALIFICATION_ENDED = Refused(
    "qualification-ended",
    "This qualification was ended: one of its items was erased, or another one was begun in its place. Nothing of it "
    "counts. Begin a new one.",
)
BEGIN_ANEW = "Begin another qualification in its place: it asks for nothing of that kind."


def check_roles(roles: list[str], expert_roles: list[str]) -> Refused | None:
    """Why somebody may not have these roles, or None."""
    for given, known, field in ((roles, ROLES, "roles"), (expert_roles, EXPERT_ROLES, "expert_roles")):
        strange = tuple(role for role in given if role not in known)
        if strange:
            sentence = f"Expected roles among {', '.join(known)}, found {', '.join(strange)}."
            return Refused("unknown-role", sentence, field, strange)
        if len(set(given)) < len(given):
            return Refused("role-twice", "Expected each role once: remove the repeat.", field)
    if not roles:
        return Refused("no-role", f"Expected at least one role of {', '.join(ROLES)}, found none.", "roles")
    if expert_roles and "expert" not in roles:
        sentence = "Expert roles need the role expert: add it, or remove the expert roles."
        return Refused("not-an-expert", sentence, "expert_roles")
    return _check_alone(roles)


def _check_alone(roles: list[str]) -> Refused | None:
    """Two roles stand alone: who reads everything takes part in nothing, and who judges reads nothing of others.

    Every role but the expert's reads judgments, gold keys or the log, of which an expert may see none before their
    time.
    """
    if "auditor" in roles and len(roles) > 1:
        sentence = "An auditor reads everything and takes part in nothing: give the person this one role."
        return Refused("auditor-alone", sentence, "roles")
    if "expert" in roles and len(roles) > 1:
        sentence = "Whoever judges does not read what others judged: give the person the role expert alone, or another."
        return Refused("expert-alone", sentence, "roles")
    return None


def change_roles(person: str, roles: list[str], expert_roles: list[str]) -> RolesChanged | Refused:
    """Set a person's roles anew."""
    refused = check_roles(roles, expert_roles)
    return refused or RolesChanged(person=person, roles=roles, expert_roles=expert_roles)


def execute_contract(
    person: str, *, template_digest: str, executed_at: int, ip_assigned_at: int, now: int, earlier: int | None
) -> ExpertContractExecuted | Refused:
    """Record that an expert's contract and rights assignment were executed. Times in microseconds."""
    if earlier is not None:
        return Refused("contract-exists", "This person's contract is already executed: nothing is to be done.")
    if max(executed_at, ip_assigned_at) > now:
        return Refused("contract-in-future", "Expected times of execution that have passed.", "executed_at")
    if min(executed_at, ip_assigned_at) < 0:
        return Refused("contract-too-old", "Expected times of execution since 1970, in microseconds.", "executed_at")
    return ExpertContractExecuted(
        person=person, template_digest=template_digest, executed_at=executed_at, ip_assigned_at=ip_assigned_at
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """What is known of a gold item: the right verdict and scores, in terms of its own candidates."""

    item: str
    verdict: str
    scores: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The gold items of one signal in a domain: those that can be given now, and all that ever came in."""

    now: int
    ever: int


def way(signal: Signal, verdict: str, *, candidates: int) -> str | None:
    """What whoever always answers alike has to say to be right on a gold item, or None.

    A verdict that names a candidate is none: each expert sees the candidates in an order of their own.
    """
    pointed, letters = shape.direction(verdict), LETTERS[:candidates]
    names = dict(zip(letters, letters[1:] + letters[:1], strict=True))
    return pointed if shape.direction(signal.renamed(verdict, names)) == pointed else None


def is_asked_for(pool: Pool, gold_min: int, *, is_passed: bool, is_fair: bool = True) -> bool:
    """Whether work of a signal asks for its own gold items. Nobody is sent to a qualification that nobody can take.

    With fewer gold items than the rubric wants it asks for nothing of its own, as with none. What somebody passed stays
    asked for when items of it are erased: an erasure opens no work to people who never showed that they can.

    is_passed  whether anybody passed its gold items under the rubric version in force
    is_fair    whether an attempt can be drawn that nobody passes who always answers alike
    """
    return (pool.now >= gold_min and is_fair) or (is_passed and pool.ever >= gold_min)


def covers(passed: Collection[str], gold: Collection[str], signal: str) -> bool:
    """Whether somebody who passed gold items of some signals may be given work of a signal.

    passed  the signals whose gold items they passed under the rubric version, at least one
    gold    the signals that ask for their own gold items in the domain: for any other, any of them has to do
    """
    return signal in passed or (signal not in gold and bool(passed))


def next_signal(
    gold: Collection[str], passed: Collection[str], wanted: str | None, *, asked: Collection[str]
) -> str | Refused:  # fmt: skip
    """Of which signal a qualification is: the one that is wanted, else the first that is not passed, pairs first.

    asked  the signals that ask for their own gold items: nobody is led to another before all of these are passed
    """
    if wanted is not None and wanted not in gold:
        known = ", ".join(sorted(gold)) or "none yet"
        return Refused("unknown-signal", f"Expected a signal with gold items here ({known}), found {wanted}.", "signal")
    order = sorted(
        gold,
        key=lambda signal: (
            signal not in passed and signal not in asked, signal in passed, signal != preference.SIGNAL, signal
        ),
    )  # fmt: skip
    return wanted or next(iter(order), preference.SIGNAL)


def decision_rule(rubric: Rubric, gold_count: int, *, seen: int = 0) -> QualificationRule | Refused:
    """The rubric's decision rule over gold items that the expert has not had, with its error rates.

    seen  how many the expert has had in earlier attempts under this version
    """
    asked = rubric.qualification
    if asked.gold_min > GOLD_MAX:
        sentence = (
            f"{rubric.id} {rubric.version} asks for {asked.gold_min} gold items, and an attempt has {GOLD_MAX} at "
            "most: the programme lead has to publish a version that asks for fewer."
        )
        return Refused("gold-min-large", sentence)
    if gold_count < asked.gold_min and seen:
        sentence = (
            f"You had {seen} of the gold items and did not pass. The same again would show nothing: before you try "
            f"again, the programme lead has to import more of them, at least {asked.gold_min - gold_count}."
        )
        return Refused("gold-used-up", sentence)
    if gold_count < asked.gold_min:
        sentence = (
            f"Expected at least {asked.gold_min} gold items for {rubric.id} {rubric.version}, found {gold_count}: "
            "the programme lead has to import more."
        )
        return Refused("too-few-gold-items", sentence)
    found = rule_on(asked, gold_count)
    if found is None:
        return Refused("no-decision-rule", f"No pass mark on {gold_count} items keeps the risk below {asked.alpha}.")
    return found


def may_qualify(*, states: Collection[str], has_contract: bool) -> Refused | None:
    """Why an expert may not begin a qualification under a rubric version now, or None.

    states  of their attempts under it so far
    """
    if "qualified" in states:
        return Refused("already-qualified", "You are qualified under this rubric version: you can take work.")
    if "running" in states:
        return Refused("qualification-running", "You have begun this qualification: go on with it.")
    if not has_contract:
        return Refused("no-contract", "Your contract is not executed yet: the programme lead has to record it first.")
    return None


def is_correct(verdict: str, gold: Gold) -> bool:
    """Whether a verdict points the way that the gold verdict points."""
    return shape.direction(verdict) == shape.direction(gold.verdict)


def near(scores: Mapping[str, Mapping[str, int]], gold: Gold) -> dict[str, int]:
    """Criterion: how many of its two scores lie within one point of the gold scores; of other numbers their share of 2.

    The fact counts to two since there were only pairs, so that one score is 0 or 2, and two of five are 0.
    """
    return {
        criterion: 2 * sum(abs(scores[criterion][on] - right) <= 1 for on, right in points.items()) // len(points)
        for criterion, points in gold.scores.items()
        if criterion in scores and points.keys() <= scores[criterion].keys()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A running qualification, as the read tables hold it."""

    qualification: str
    person: str
    programme: str
    rubric: str
    version: str
    items: int
    pass_mark: int
    correct: int
    answered: int


@dataclass(frozen=True, slots=True)
class Given:
    """One answered gold item, as the decision needs it: `near` counts, by criterion, scores within one point."""

    is_correct: bool
    near: Mapping[str, int]


def finish(attempt: Attempt, answers: list[Given]) -> PersonQualified | QualificationFailed | None:
    """The decision, when the last gold item has been answered; None before. `answers` holds all of them."""
    if attempt.answered + 1 < attempt.items:
        return None
    correct = sum(answer.is_correct for answer in answers)
    seen: dict[str, list[int]] = {}
    for answer in answers:
        for criterion, hits in answer.near.items():
            seen.setdefault(criterion, []).append(hits)
    by_criterion = {name: sum(hits) * 1_000_000 // (2 * len(hits)) for name, hits in sorted(seen.items())}
    outcome = PersonQualified if correct >= attempt.pass_mark else QualificationFailed
    return outcome(
        qualification=attempt.qualification, person=attempt.person, programme=attempt.programme,
        rubric=attempt.rubric, version=attempt.version, correct=correct, items=attempt.items,
        pass_mark=attempt.pass_mark, by_criterion=by_criterion,
    )  # fmt: skip
