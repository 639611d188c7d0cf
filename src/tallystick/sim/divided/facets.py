"""A world of traits: ordinal labels from a many-facet Rasch model with lapses and group effects on single items. Pure.

source  Linacre (1989), "Many-Facet Rasch Measurement": log P(k) / P(k - 1) = a (theta - severity - tau_k)
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tallystick.sim.divided.drawn import (
    AXES,
    CRITERIA,
    Chance,
    Codes,
    DrawnItem,
    Numbers,
    draw_flags,
    draw_groups,
    labels_of,
    majority_of,
    named_groups,
    noisy_rate,
    pick,
    rater,
    retested,
    scale,
    soft,
)
from tallystick.stats.disagreement import Cause, Evidence

STEPS = np.array([-1.5, 0.0, 1.5])  # the tau of each step between two categories
CENTRES = np.array([-2.2, -0.75, 0.75, 2.2])  # traits at which one category is by far the likeliest
SIZE = len(CENTRES)
SHARP = 4.0
EXPERT_SHARE = 0.45
CLEAR_ERROR = 0.1  # what the model itself gives on a clear item, without a lapse


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """The people: how severe each is, how often attention lapses, who is an expert, groups by axis."""

    severity: Numbers
    lapse: Numbers
    expert: np.ndarray[tuple[int], np.dtype[np.bool_]]
    groups: dict[str, Codes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What each judge takes the item's trait to be, how sharply, and how often attention lapses."""

    trait: Numbers
    sharp: Numbers
    lapse: Numbers


def draw_item(cause: Cause, judgments: int, chance: Chance) -> DrawnItem | None:
    """One item, or None when its labels do not differ."""
    judges = Judges(
        severity=chance.normal(0, 0.25, judgments),
        lapse=chance.beta(2, 12, judgments),
        expert=chance.random(judgments) < EXPERT_SHARE,
        groups=draw_groups(judgments, chance),
    )
    first, again, clarified = READINGS[cause](judges, chance)
    codes = _answers(first, judges, chance)
    if len(np.unique(codes)) < 2:
        return None
    repeated = _answers(again, judges, chance)
    after = _answers(clarified(majority_of(codes, SIZE)), judges, chance)
    is_context = cause is Cause.MISSING_CONTEXT
    evidence = Evidence(
        labels=labels_of(codes),
        categories=scale(SIZE),
        error_rates={
            rater(number): noisy_rate(CLEAR_ERROR + 0.75 * rate, chance) for number, rate in enumerate(judges.lapse)
        },
        experts=frozenset(rater(number) for number in np.flatnonzero(judges.expert).tolist()),
        groups=named_groups(judges.groups),
        retests={rater(number): [str(repeated[number])] for number in retested(judgments, chance)},
        context_flags=draw_flags(judgments, -0.2 if is_context else -3.0, 1.0 if is_context else 0.7, chance),
        after_calibration=labels_of(after),
        criteria=_cite(codes, cause, chance),
        rubric_criteria=CRITERIA,
    )
    return DrawnItem(evidence=evidence, cause=cause)


def _answers(reads: Reads, judges: Judges, chance: Chance) -> Codes:
    steps = reads.sharp[:, None] * (reads.trait[:, None] - judges.severity[:, None] - STEPS[None, :])
    scores = np.concatenate([np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)], axis=1)
    held = np.array([pick(soft(row), chance) for row in scores])
    lapses = chance.random(len(held)) < reads.lapse
    found: Codes = np.where(lapses, chance.integers(0, SIZE, len(held)), held)
    return found


def _settled(trait: Numbers, judges: Judges) -> Reads:
    return Reads(trait=trait, sharp=np.full(len(trait), SHARP), lapse=judges.lapse)


Clarified = Callable[[int], Reads]  # from the majority's label to how the item is read after calibration
Found = tuple[Reads, Reads, Clarified]


def _error(judges: Judges, chance: Chance) -> Found:
    reads = _settled(np.full(len(judges.lapse), chance.choice(CENTRES)), judges)
    careful = Reads(trait=reads.trait, sharp=1.5 * reads.sharp, lapse=judges.lapse / 2)
    return reads, reads, lambda _: careful


def _ambiguity(judges: Judges, chance: Chance) -> Found:
    n = len(judges.lapse)
    readings = chance.choice(CENTRES, 2, replace=False)
    share = chance.uniform(0.3, 0.7)
    own = chance.random(n) < share
    later = np.where(chance.random(n) < 0.35, chance.random(n) < share, own)
    follows = chance.random(n) < 0.75

    def clarified(top: int) -> Reads:
        meant = readings[int(np.argmin(np.abs(readings - CENTRES[top])))]
        return _settled(np.where(follows, meant, np.where(own, *readings)), judges)

    return _settled(np.where(own, *readings), judges), _settled(np.where(later, *readings), judges), clarified


def _context(judges: Judges, chance: Chance) -> Found:
    n = len(judges.lapse)
    centre = chance.normal(0, 0.7)
    imagined = chance.normal(centre, 1.5, n)
    later = np.where(chance.random(n) < 0.5, chance.normal(centre, 1.5, n), imagined)
    after = np.where(chance.random(n) < 0.25, chance.normal(centre, 1.5, n), imagined)
    return _settled(imagined, judges), _settled(later, judges), lambda _: _settled(after, judges)


def _expertise(judges: Judges, chance: Chance) -> Found:
    truth = float(chance.choice(CENTRES))
    wrong = truth + (2.0 if truth < 0 else -2.0)

    def reads(knows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Reads:
        return Reads(trait=np.where(knows, truth, wrong), sharp=np.where(knows, SHARP, 1.2), lapse=judges.lapse)

    learnt = judges.expert | (chance.random(len(judges.lapse)) < 0.5)
    return reads(judges.expert), reads(judges.expert), lambda _: reads(learnt)


def _values(judges: Judges, chance: Chance) -> Found:
    group = judges.groups[str(chance.choice(list(AXES)))]
    held = chance.permutation(np.array([-1.3, 1.3]))[group % 2]
    reads = _settled(chance.normal(0, 0.5) + held + chance.normal(0, 0.3, len(group)), judges)
    return reads, reads, lambda _: reads


READINGS: dict[Cause, Callable[[Judges, Chance], Found]] = {
    Cause.MISSING_CONTEXT: _context,
    Cause.RUBRIC_AMBIGUITY: _ambiguity,
    Cause.EXPERTISE_GAP: _expertise,
    Cause.RATER_ERROR: _error,
    Cause.VALUE_DIVERSITY: _values,
}


def _cite(codes: Codes, cause: Cause, chance: Chance) -> dict[str, list[str]]:
    """Each reason cites one criterion, by what matters for the item and, for some causes, for the label."""
    liked = chance.normal(0, 0.7, len(CRITERIA))
    if cause is Cause.RUBRIC_AMBIGUITY:
        liked[chance.integers(len(CRITERIA))] += 2.0
    strength = 1.5 if cause in {Cause.VALUE_DIVERSITY, Cause.EXPERTISE_GAP} else 0.3
    by_label = chance.normal(0, strength, (SIZE, len(CRITERIA)))
    return {rater(number): [CRITERIA[pick(soft(liked + by_label[code]), chance)]] for number, code in enumerate(codes)}
