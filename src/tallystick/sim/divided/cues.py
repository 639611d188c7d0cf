"""A world of cues: judges weigh what they see, and those of one school weigh and slip alike. Pure.

A label is the category with the highest weighted sum of cues (a lens model, Brunswik 1952, with a random part). Judges
are not independent: three schools share their weights and the direction of their slips, and experts are commoner in
one generation than in the other.
"""

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
    rater,
    retested,
    scale,
)
from tallystick.stats.disagreement import Cause, Evidence

SIZE = 3
CUES = len(CRITERIA)
SCHOOLS = 3
NOISE = 0.25
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One item before its judges. `seen` is each judge's own view of the cues: (judges, cues, categories)."""

    weights: Numbers  # (judges, cues)
    seen: Numbers
    slips: Numbers  # (judges,) chance of a slip
    tempting: int  # the label that slips go to


def draw_item(cause: Cause, judgments: int, chance: Chance) -> DrawnItem | None:
    """One item, or None when its labels do not differ."""
    groups = draw_groups(judgments, chance)
    expert = chance.random(judgments) < np.where(groups["generation"] == 1, 0.6, 0.3)
    school = chance.integers(0, SCHOOLS, judgments)
    slips = chance.beta(2, 12, judgments)
    weights = 1 + chance.normal(0, 0.15, (SCHOOLS, CUES))[school] + chance.normal(0, 0.1, (judgments, CUES))
    cues = _clear_cues(chance)
    truth = int(np.argmax(cues.sum(axis=0)))
    careless = np.where(school == chance.integers(SCHOOLS), 2.0, 0.8) * slips
    scene = Scene(
        weights=weights,
        seen=np.repeat(cues[None], judgments, axis=0),
        slips=np.clip(careless if cause is Cause.RATER_ERROR else slips / 2, 0, 0.6),
        tempting=(truth + int(chance.integers(1, SIZE))) % SIZE,
    )
    views = _views(scene, cause, groups=groups, expert=expert, chance=chance)
    codes, repeated = _answers(views[0], chance), _answers(views[1], chance)
    if len(np.unique(codes)) < 2:
        return None
    after = _answers(views[3] if majority_of(codes, SIZE) == views[4] else views[2], chance)
    is_context = cause is Cause.MISSING_CONTEXT
    evidence = Evidence(
        labels=labels_of(codes),
        categories=scale(SIZE),
        error_rates={rater(number): noisy_rate(0.03 + rate, chance) for number, rate in enumerate(slips)},
        experts=frozenset(rater(number) for number in np.flatnonzero(expert).tolist()),
        groups=named_groups(groups),
        retests={rater(number): [str(repeated[number])] for number in retested(judgments, chance)},
        context_flags=draw_flags(judgments, 0.0 if is_context else -3.2, 1.0, chance),
        after_calibration=labels_of(after),
        criteria=_cite(views[0], codes, cause, chance),
        rubric_criteria=CRITERIA,
    )
    return DrawnItem(evidence=evidence, cause=cause)


def _clear_cues(chance: Chance) -> Numbers:
    """(cues, categories) on which judges who see all of them agree."""
    while True:
        cues = chance.normal(0, 0.8, (CUES, SIZE))
        top = np.sort(cues.sum(axis=0))
        if top[-1] - top[-2] > 1.5:
            return cues


def _answers(scene: Scene, chance: Chance) -> Codes:
    scores = np.einsum("jc,jck->jk", scene.weights, scene.seen)
    held = np.argmax(scores + NOISE * chance.gumbel(size=scores.shape), axis=1)
    direction = np.where(chance.random(len(held)) < 0.7, scene.tempting, chance.integers(0, SIZE, len(held)))
    found: Codes = np.where(chance.random(len(held)) < scene.slips, direction, held)
    return found


Views = tuple[Scene, Scene, Scene, Scene, int]
"""At first, in a retest, after calibration, after calibration when the majority had this label, and that label."""


def _views(scene: Scene, cause: Cause, *, groups: dict[str, Codes], expert: Flags, chance: Chance) -> Views:
    n = len(expert)
    careful = _with(scene, slips=scene.slips / 3)
    if cause is Cause.RATER_ERROR:
        return scene, scene, careful, careful, 0
    one, other = (int(label) for label in chance.choice(SIZE, 2, replace=False))
    if cause is Cause.RUBRIC_AMBIGUITY:
        share = chance.uniform(0.25, 0.75)
        own = chance.random(n) < share
        later = np.where(chance.random(n) < 0.3, chance.random(n) < share, own)
        follows = chance.random(n) < 0.8
        return (
            _torn(scene, own, one, other),
            _torn(scene, later, one, other),
            _torn(careful, own & ~follows, one, other),
            _torn(careful, own | follows, one, other),
            one,
        )
    if cause is Cause.VALUE_DIVERSITY:
        held = groups[str(chance.choice(list(AXES)))] == 1
        apart = _torn(scene, held ^ (chance.random(n) < 0.08), one, other)
        return apart, apart, apart, apart, 0
    if cause is Cause.EXPERTISE_GAP:
        knows = expert ^ (chance.random(n) < 0.05)
        learnt = knows | (chance.random(n) < 0.5)
        noisy = _with(scene, seen=scene.seen * 0.5)
        first, after = _torn(noisy, knows, one, other), _torn(noisy, learnt, one, other)
        return first, first, after, after, 0
    imagined = _imagine(scene, scene.seen, np.ones(n, dtype=np.bool_), chance)
    again = _imagine(scene, imagined.seen, chance.random(n) < 0.5, chance)
    clarified = _imagine(scene, imagined.seen, chance.random(n) < 0.2, chance)
    return imagined, again, clarified, clarified, 0


def _with(scene: Scene, *, seen: Numbers | None = None, slips: Numbers | None = None) -> Scene:
    return Scene(
        weights=scene.weights,
        seen=scene.seen if seen is None else seen,
        slips=scene.slips if slips is None else slips,
        tempting=scene.tempting,
    )


def _torn(scene: Scene, first: Flags, one: int, other: int) -> Scene:
    """Some judges see the first cue decide for one label, the others the second cue for another."""
    seen = scene.seen * 0.4
    seen[first, 0, one] += 2.0
    seen[~first, 1, other] += 2.0
    return _with(scene, seen=seen)


def _imagine(scene: Scene, before: Numbers, anew: Flags, chance: Chance) -> Scene:
    """The cue that decides is not shown: each judge imagines it, `anew` or as before."""
    seen = before * 1.0
    seen[anew, :, :] = scene.seen[anew] * 0.4
    seen[anew, 0, :] = chance.normal(0, 1.2, (int(anew.sum()), SIZE))
    return _with(scene, seen=seen)


def _cite(scene: Scene, codes: Codes, cause: Cause, chance: Chance) -> dict[str, list[str]]:
    """The cue that spoke most for the label given; two readings of one criterion have one name."""
    spoke = scene.weights[:, :, None] * (scene.seen - scene.seen.mean(axis=2, keepdims=True))
    found = {}
    for number, code in enumerate(codes):
        cue = int(np.argmax(spoke[number, :, code]))
        cue = 0 if cause is Cause.RUBRIC_AMBIGUITY and cue == 1 else cue
        cue = int(chance.integers(CUES)) if chance.random() < 0.25 else cue
        found[rater(number)] = [CRITERIA[cue]]
    return found
