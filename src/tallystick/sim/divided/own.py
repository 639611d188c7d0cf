"""The world of the classifier's own form: every part is drawn from the family that the model assumes. Pure."""

import numpy as np

from tallystick.sim.divided.drawn import (
    CRITERIA,
    Chance,
    Codes,
    DrawnItem,
    draw_groups,
    labels_of,
    majority_of,
    named_groups,
    pick,
    rater,
    retested,
    scale,
)
from tallystick.stats.disagreement import Cause, Evidence, Model

SIZE = 4  # one side, the other, tie, both unacceptable
EXPERT_SHARE = 0.5
GROUP_ERROR = 0.13
SLIP = 0.05
FLIPS = {
    Cause.MISSING_CONTEXT: (3.5, 6.5),
    Cause.RUBRIC_AMBIGUITY: (3.0, 7.0),
    Cause.EXPERTISE_GAP: (2.0, 8.0),
    Cause.RATER_ERROR: (1.2, 10.0),
    Cause.VALUE_DIVERSITY: (1.0, 12.0),
}
ASSUMED = Model()  # its shapes of flags, moves and citations
SHARE = (5.0, 5.0)  # between the two labels of an ambiguous item
LAY = 0.5


def draw_item(cause: Cause, judgments: int, chance: Chance) -> DrawnItem | None:
    """One item, or None when its labels do not differ."""
    errors = chance.beta(2, 18, judgments)
    is_expert = chance.permutation(np.arange(judgments) < round(EXPERT_SHARE * judgments))
    groups = draw_groups(judgments, chance)
    if cause is Cause.RATER_ERROR:
        codes = _follow(np.full(judgments, chance.integers(SIZE)), errors, chance)
    elif cause is Cause.EXPERTISE_GAP:
        lay = chance.choice(SIZE, judgments, p=chance.dirichlet(np.full(SIZE, LAY)))
        led = _follow(np.full(judgments, chance.integers(SIZE)), errors, chance)
        codes = np.where(is_expert, led, lay)
    elif cause is Cause.VALUE_DIVERSITY:
        codes = _by_group(groups[str(chance.choice(list(groups)))], chance)
    else:
        pair = chance.choice(SIZE, 2, replace=False)
        first = chance.random(judgments) < chance.beta(*SHARE)
        codes = _follow(np.where(first, pair[0], pair[1]), np.full(judgments, SLIP), chance)
    if len(np.unique(codes)) < 2:
        return None
    evidence = Evidence(
        labels=labels_of(codes),
        categories=scale(SIZE),
        error_rates={rater(number): float(rate) for number, rate in enumerate(errors)},
        experts=frozenset(rater(number) for number in np.flatnonzero(is_expert).tolist()),
        groups=named_groups(groups),
        retests=_retests(codes, cause, chance),
        context_flags=_flags(judgments, cause, chance),
        after_calibration=_calibrated(codes, cause, chance),
        criteria=_criteria(codes, cause, chance),
        rubric_criteria=CRITERIA,
    )
    return DrawnItem(evidence=evidence, cause=cause)


def _follow(labels: Codes, errors: np.ndarray[tuple[int], np.dtype[np.float64]], chance: Chance) -> Codes:
    """Each rater departs from the label with an error rate, to any other label."""
    departs = chance.random(len(labels)) < errors
    found: Codes = np.where(departs, (labels + chance.integers(1, SIZE, len(labels))) % SIZE, labels)
    return found


def _by_group(group: Codes, chance: Chance) -> Codes:
    held = chance.integers(0, SIZE, int(group.max()) + 1)
    while len(held) > 1 and len(set(held.tolist())) < 2:
        held = chance.integers(0, SIZE, len(held))
    return _follow(held[group], np.full(len(group), GROUP_ERROR), chance)


def _retests(codes: Codes, cause: Cause, chance: Chance) -> dict[str, list[str]]:
    share = chance.beta(*FLIPS[cause])
    found = {}
    for number in retested(len(codes), chance):
        flips = chance.random() < share
        found[rater(number)] = [str((codes[number] + chance.integers(1, SIZE)) % SIZE if flips else codes[number])]
    return found


def _flags(judgments: int, cause: Cause, chance: Chance) -> dict[str, bool]:
    share = chance.beta(*ASSUMED.flags[cause])
    return {rater(number): bool(chance.random() < share) for number in range(judgments)}


def _calibrated(codes: Codes, cause: Cause, chance: Chance) -> dict[str, str]:
    top = majority_of(codes, SIZE)
    share = chance.beta(*ASSUMED.moves[cause])
    return {
        rater(number): str(top if code != top and chance.random() < share else code)
        for number, code in enumerate(codes)
    }


def _criteria(codes: Codes, cause: Cause, chance: Chance) -> dict[str, list[str]]:
    weights = ASSUMED.citations[cause]
    pattern = pick((weights.free, weights.split, weights.shared), chance)
    free = chance.dirichlet(np.full(len(CRITERIA), 0.15 if pattern == 2 else 1.0))
    split = chance.dirichlet(np.full(len(CRITERIA), 0.5), SIZE)
    return {
        rater(number): [CRITERIA[pick(split[code] if pattern == 1 else free, chance)]]
        for number, code in enumerate(codes)
    }
