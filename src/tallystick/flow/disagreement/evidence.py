"""From an item's judgments and what is known of its judges to evidence about why they differ. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tallystick import canon
from tallystick.canon import PPM
from tallystick.signals import preference, shape
from tallystick.stats.aggregation import one_coin
from tallystick.stats.disagreement import Evidence

POOL_ERROR_PPM = 120_000
POOL_STRENGTH = 10
"""An error rate starts where qualified judges usually stand, as if ten clear items had been judged at that rate."""
CONSENSUS_JUDGMENTS_MAX = 40
"""What others said of the same items counts as so many clear items at most: agreement is not truth."""
CONSENSUS_ITEMS_MIN = 20
"""From so many items on a batch can say how often its judges are wrong."""
ERROR_STEP_PPM = 10_000
"""Error rates are told to one in a hundred: finer is not known, and coarse ones let items share their sums."""
GROUP_JUDGES_MIN = 5
"""So many judges of an item declared a group on an axis before that axis says anything of the item."""
GROUP_PEOPLE_MIN = 5
"""A group counts from so many people on who declared it: smaller ones are as if nothing was declared."""

Groups = Mapping[str, Mapping[str, str]]
"""Axis: person: group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One judgment, as the search for a cause needs it.

    is_counted   it stands; False for one that was set aside to be judged again
    is_observed  made here, where everybody could say that context is missing
    """

    judgment: str
    item: str
    expert: str
    verdict: str
    criteria: tuple[str, ...]
    rubric_version: str
    is_observed: bool = True
    is_counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """What is known of the judges of a batch.

    errors_ppm    how often each is wrong on clear items, where anything is known
    qualified     who passed gold in this domain; None when nobody knows of any of them
    groups        usable declared groups, by axis and person
    declarations  person: commitment to what they declared, which stands in digests in its place
    """

    errors_ppm: Mapping[str, int] = field(default_factory=dict)
    qualified: frozenset[str] | None = None
    groups: Groups = field(default_factory=dict)
    declarations: Mapping[str, str] = field(default_factory=dict)


def error_rates(gold: Mapping[str, tuple[int, int]], given: Iterable[Given]) -> dict[str, int]:
    """How often each judge is wrong on clear items, in parts per million, from gold items and from a batch.

    gold   expert: (wrong, judged) on gold items
    given  the counted judgments of a batch: with enough items, one error rate a judge by Dawid and Skene's model
    """
    wrong = {expert: float(missed) for expert, (missed, _) in gold.items()}
    judged = {expert: float(number) for expert, (_, number) in gold.items()}
    for expert, (missed, number) in _from_consensus(given).items():
        wrong[expert] = wrong.get(expert, 0.0) + missed
        judged[expert] = judged.get(expert, 0.0) + number
    return {
        expert: _rounded((wrong[expert] * PPM + POOL_ERROR_PPM * POOL_STRENGTH) / (judged[expert] + POOL_STRENGTH))
        for expert in sorted(judged)
        if judged[expert] > 0
    }


def _rounded(rate_ppm: float) -> int:
    steps = round(rate_ppm / ERROR_STEP_PPM)
    return min(max(steps, 1), PPM // ERROR_STEP_PPM - 1) * ERROR_STEP_PPM


def _from_consensus(given: Iterable[Given]) -> dict[str, tuple[float, float]]:
    """Expert: (wrong, judged) as the others see it. Empty where the batch is too small or shows nothing."""
    rows = [
        (one.item, one.expert, label)
        for one in given
        if one.is_counted and (label := shape.direction(one.verdict)) is not None
    ]
    if len({row[0] for row in rows}) < CONSENSUS_ITEMS_MIN:
        return {}
    items, raters, values = ([row[place] for row in rows] for place in range(3))
    found = one_coin(items, raters, values, categories=preference.categories(values))
    if found.skills is None or found.skills.effective is None:
        return {}
    columns = zip(found.raters, found.skills.value.tolist(), found.skills.effective.tolist(), strict=True)
    counted = {str(rater): (value, min(float(n), CONSENSUS_JUDGMENTS_MAX)) for rater, value, n in columns}
    return {rater: ((1 - min(max(value, 0.0), 1.0)) * n, n) for rater, (value, n) in counted.items()}


def usable_groups(declared: Groups) -> dict[str, dict[str, str]]:
    """Declared groups without those that fewer than five people are in, and without axes of one group."""
    found: dict[str, dict[str, str]] = {}
    for axis, people in sorted(declared.items()):
        sizes: dict[str, int] = {}
        for group in people.values():
            sizes[group] = sizes.get(group, 0) + 1
        kept = {person: group for person, group in people.items() if sizes[group] >= GROUP_PEOPLE_MIN}
        if len(set(kept.values())) > 1:
            found[axis] = kept
    return found


def evidence_of(given: Sequence[Given], judges: Judges, *, criteria: tuple[str, ...]) -> Evidence:
    """All that is known about why the judges of one item differ.

    given     every judgment of the item in journal order, those that were set aside included
    criteria  of the rubric in force
    """
    now = _labels([one for one in given if one.is_counted])
    before = _first_looks(given, now)
    again = [one for one in given if not one.is_counted and one.expert in before]
    is_old_divided = len({before.get(expert, label) for expert, label in now.items()}) > 1
    labels = {expert: before.get(expert, label) for expert, label in now.items()} if is_old_divided else now
    revised = _judged_under_another(given, set(before)) if is_old_divided else set()
    same = {one.expert for one in again} - revised if is_old_divided else set()
    counted = [one for one in given if one.is_counted]
    return Evidence(
        labels=labels,
        categories=preference.categories(labels.values()),
        error_rates={expert: judges.errors_ppm[expert] / PPM for expert in labels if expert in judges.errors_ppm},
        experts=None if judges.qualified is None else frozenset(judges.qualified & labels.keys()),
        groups=_speaking(judges.groups, labels),
        retests={expert: (now[expert],) for expert in sorted(same)},
        context_flags={
            one.expert: one.verdict == "insufficient_context"
            for one in counted
            if one.is_observed or one.verdict == "insufficient_context"
        },
        after_calibration={expert: now[expert] for expert in sorted(revised)},
        criteria={
            one.expert: tuple(name for name in one.criteria if name in criteria)
            for one in counted
            if one.expert in labels
        },
        rubric_criteria=criteria,
    )


def _labels(given: Iterable[Given]) -> dict[str, str]:
    """Expert: which way they point. Who compares nothing has no label."""
    return {one.expert: label for one in given if (label := shape.direction(one.verdict)) is not None}


def _first_looks(given: Iterable[Given], now: Mapping[str, str]) -> dict[str, str]:
    """Expert who judged twice: what they said first."""
    found: dict[str, str] = {}
    for one in given:
        label = shape.direction(one.verdict)
        if not one.is_counted and one.expert in now and label is not None:
            found.setdefault(one.expert, label)
    return found


def _judged_under_another(given: Iterable[Given], experts: set[str]) -> set[str]:
    """Who judged again under another version of the rubric: that is no retest, the question was clarified between."""
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    for one in given:
        if one.expert in experts and shape.direction(one.verdict) is not None:
            first.setdefault(one.expert, one.rubric_version)
            last[one.expert] = one.rubric_version
    return {expert for expert in first if first[expert] != last[expert]}


def _speaking(groups: Groups, labels: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The axes on which enough judges of this item declared a group, under numbers: names say nothing of a cause."""
    found = {}
    for axis, people in sorted(groups.items()):
        here = {expert: people[expert] for expert in labels if expert in people}
        numbers = {name: f"group {number}" for number, name in enumerate(sorted(set(here.values())), 1)}
        if len(here) >= GROUP_JUDGES_MIN and len(numbers) > 1:
            found[axis] = {expert: numbers[name] for expert, name in here.items()}
    return found


def inputs_digest(given: Sequence[Given], judges: Judges, *, criteria: tuple[str, ...]) -> str:
    """A digest over all that a classification rests on.

    Declared groups stand in it by their salted commitments: from the groups themselves they could be found by trying.
    """
    experts = sorted({one.expert for one in given})
    rows = [
        [one.judgment, one.verdict, list(one.criteria), one.rubric_version, one.is_observed, one.is_counted]
        for one in given
    ]
    known = [
        [expert, judges.errors_ppm.get(expert), judges.qualified is not None and expert in judges.qualified,
         judges.declarations.get(expert)]
        for expert in experts
    ]  # fmt: skip
    return canon.digest_of([rows, known, judges.qualified is None, list(criteria)])


def standing_of(given: Iterable[Given]) -> tuple[tuple[str, bool], ...]:
    """What may not change between reading judgments and recording what they show."""
    return tuple((one.judgment, one.is_counted) for one in given)
