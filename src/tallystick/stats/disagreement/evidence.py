"""What is known about one item whose judgments are divided. Reads and writes nothing.

Everything but the labels is optional. What is absent contributes nothing and is listed as absent: it is never read as
a no.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
UNKNOWN = -1
Key = TypeVar("Key", bound=str | bool)


class Cause(StrEnum):
    """Why judges of one item disagree (SPEC 7.1)."""

    MISSING_CONTEXT = "missing_context"
    RUBRIC_AMBIGUITY = "rubric_ambiguity"
    EXPERTISE_GAP = "expertise_gap"
    RATER_ERROR = "rater_error"
    VALUE_DIVERSITY = "value_diversity"


CAUSES = tuple(Cause)


class Source(StrEnum):
    """Where a term of the evidence comes from."""

    LABELS = "labels"
    SKILL = "skill"
    EXPERTS = "experts"
    GROUPS = "groups"
    CONTEXT_SEEN = "context_seen"
    RETESTS = "retests"
    CONTEXT_FLAGS = "context_flags"
    CALIBRATION = "calibration"
    CRITERIA = "criteria"


SOURCES = tuple(Source)


class BadEvidence(ValueError):
    """The evidence contradicts itself: the caller must correct what it names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known about one item. Raters, labels, axes, groups and criteria are named by the caller.

    labels           rater: label, of the judgments that decide; who abstained has none
    categories       the whole scale that a label comes from, two or more
    error_rates      rater: chance of a wrong label on a clear item, from gold or Dawid-Skene, in (0, 1)
    experts          raters qualified on gold in this domain; None when nobody knows who is
    groups           axis: rater: declared group; who declared nothing on an axis is not in it
    context_seen     rater: whether the context that others lacked was shown
    retests          rater: the labels of later blind judgments of the same item
    context_flags    rater: whether context was said to be missing; only raters who could say so
    after_calibration rater: label after the rubric was clarified; only raters who judged again
    criteria         rater: the criteria that the reasons cite
    rubric_criteria  all criteria of the rubric; what is cited when not given
    """

    labels: Mapping[str, str]
    categories: tuple[str, ...]
    error_rates: Mapping[str, float] = field(default_factory=dict)
    experts: frozenset[str] | None = None
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    context_seen: Mapping[str, bool] = field(default_factory=dict)
    retests: Mapping[str, Sequence[str]] = field(default_factory=dict)
    context_flags: Mapping[str, bool] = field(default_factory=dict)
    after_calibration: Mapping[str, str] = field(default_factory=dict)
    criteria: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rubric_criteria: tuple[str, ...] = ()

    @property
    def is_divided(self) -> bool:
        """Whether there are two different labels."""
        return len(set(self.labels.values())) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """So many of so many."""

    hits: int
    trials: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The same evidence as numbers, raters in the order of their names.

    codes     (raters,) label of each, a place in the scale of `size` categories
    errors    (raters,) error rate, NaN where it is not known
    expert    (raters,) whether qualified; None when not known
    axes      for each axis with two groups or more (raters,) place of the group, UNKNOWN where not declared
    seen      (raters,) 1, 0 or UNKNOWN; None when the context is not known to have been shown to anybody
    counts    of the sources that are counts, those that are present
    cited     (citations, 2) label and criterion, from 0
    criteria  how many criteria there are to cite
    """

    codes: Codes
    size: int
    errors: Floats
    expert: NDArray[np.bool_] | None
    axes: tuple[Codes, ...]
    axis_names: tuple[str, ...]
    group_names: tuple[tuple[str, ...], ...]
    seen: Codes | None
    counts: Mapping[Source, Count]
    cited: Codes
    criteria: int


def read(evidence: Evidence) -> Reading:
    """Check the evidence and turn it into numbers. Raises BadEvidence."""
    if len(set(evidence.categories)) != len(evidence.categories) or len(evidence.categories) < 2:
        raise BadEvidence(f"A scale has two different categories or more, found {list(evidence.categories)}.")
    place = {label: number for number, label in enumerate(evidence.categories)}
    raters = sorted(evidence.labels)
    _refuse_strange_labels(evidence, place)
    _refuse_strange_raters(evidence)
    _refuse_rates(evidence.error_rates)
    names = tuple(axis for axis in sorted(evidence.groups) if len(_groups_of(evidence, axis)) > 1)
    groups = tuple(_groups_of(evidence, axis) for axis in names)
    cited, n_criteria = _cited(evidence, place)
    return Reading(
        codes=np.array([place[evidence.labels[rater]] for rater in raters], dtype=np.int64),
        size=len(place),
        errors=np.array([evidence.error_rates.get(rater, np.nan) for rater in raters], dtype=np.float64),
        expert=None if evidence.experts is None else np.array([rater in evidence.experts for rater in raters], bool),
        axes=tuple(
            _codes(raters, evidence.groups[axis], {group: number for number, group in enumerate(found)})
            for axis, found in zip(names, groups, strict=True)
        ),
        axis_names=names,
        group_names=groups,
        seen=_codes(raters, evidence.context_seen, {False: 0, True: 1}) if evidence.context_seen else None,
        counts=_counts(evidence),
        cited=cited,
        criteria=n_criteria,
    )


def majority(evidence: Evidence) -> str:
    """The commonest label; of several, the one that more chose after calibration, then the first of the scale."""
    counts = Counter(evidence.labels.values())
    after = Counter(evidence.after_calibration.values())
    order = {label: number for number, label in enumerate(evidence.categories)}
    return max(counts, key=lambda label: (counts[label], after[label], -order[label]))


def minority(evidence: Evidence) -> list[str]:
    """The raters whose label is not the commonest."""
    top = majority(evidence)
    return sorted(rater for rater, label in evidence.labels.items() if label != top)


def _groups_of(evidence: Evidence, axis: str) -> tuple[str, ...]:
    declared = evidence.groups[axis]
    return tuple(sorted({declared[rater] for rater in evidence.labels if rater in declared}))


def _codes(raters: list[str], known: Mapping[str, Key], place: Mapping[Key, int]) -> Codes:
    return np.array([place[known[rater]] if rater in known else UNKNOWN for rater in raters], dtype=np.int64)


def _counts(evidence: Evidence) -> dict[Source, Count]:
    """Flips of retests, flags, and moves of the minority to the majority's label."""
    found: dict[Source, Count] = {}
    again = [(evidence.labels[rater], label) for rater, labels in evidence.retests.items() for label in labels]
    if again:
        found[Source.RETESTS] = Count(hits=sum(first != second for first, second in again), trials=len(again))
    if evidence.context_flags:
        flags = evidence.context_flags.values()
        found[Source.CONTEXT_FLAGS] = Count(hits=sum(flags), trials=len(flags))
    top = majority(evidence) if evidence.labels else ""
    moved = [evidence.after_calibration[rater] == top for rater in minority(evidence) if rater in
             evidence.after_calibration] if evidence.after_calibration else []  # fmt: skip
    if moved:
        found[Source.CALIBRATION] = Count(hits=sum(moved), trials=len(moved))
    return found


def _cited(evidence: Evidence, place: Mapping[str, int]) -> tuple[Codes, int]:
    """(label, criterion) of every citation of somebody who gave a label."""
    named = {name for names in evidence.criteria.values() for name in names}
    known = evidence.rubric_criteria or tuple(sorted(named))
    strange = sorted(named - set(known))
    if strange:
        raise BadEvidence(f"Criteria are cited that the rubric does not have: {strange}; it has {list(known)}.")
    number = {name: index for index, name in enumerate(known)}
    pairs = [
        (place[evidence.labels[rater]], number[name])
        for rater, names in sorted(evidence.criteria.items())
        if rater in evidence.labels
        for name in sorted(set(names))
    ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2), len(known)


def _refuse_strange_labels(evidence: Evidence, place: Mapping[str, int]) -> None:
    later = [label for labels in evidence.retests.values() for label in labels]
    strange = {*evidence.labels.values(), *later, *evidence.after_calibration.values()} - set(place)
    if strange:
        raise BadEvidence(
            f"Labels {sorted(strange)} are none of the categories {list(evidence.categories)}:"
            " leave out who abstained, or name the whole scale."
        )


def _refuse_strange_raters(evidence: Evidence) -> None:
    """A second label needs a first one to be compared with."""
    for name, raters in (("retested", evidence.retests), ("calibrated", evidence.after_calibration)):
        strange = _without_label(evidence, raters)
        if strange:
            raise BadEvidence(f"Raters {strange} were {name} but gave no first label: leave them out.")


def _without_label(evidence: Evidence, raters: Iterable[str]) -> list[str]:
    return sorted(set(raters) - set(evidence.labels))


def _refuse_rates(rates: Mapping[str, float]) -> None:
    for rater, rate in sorted(rates.items()):
        if not 0 < rate < 1:
            raise BadEvidence(
                f"The error rate of rater {rater!r} must lie between 0 and 1, found {rate}:"
                " shrink a rate from few gold items towards the pool's."
            )
