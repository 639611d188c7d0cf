"""What is counted while work goes on: abstention, disagreement, defects, time; by expert, criterion and family. Pure.

Every figure is a count of judgments with the number that it is of. A share stands only on twenty rows or more, with its
interval, and an expert's is held against what all experts of the programme show. None of it says who is right.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tallystick.signals import shape
from tallystick.signals.shape import UNDECIDED
from tallystick.stats.intervals import Interval
from tallystick.stats.multiple import benjamini_hochberg
from tallystick.stats.rates import COUNT_MIN, Count, Group, Median, Rate, apart, differing, medians, prior_of, rate_of

ABSTENTION, CONTEXT, DISAGREEMENT, DEFECTS = MEASURES = ("abstention", "context", "disagreement", "defects")
"""What is a share of judgments. Context: the answer was that the item does not hold enough to decide."""
VERDICT: Final = "verdict"
"""The dimension that every item has; all others are criteria, as `rubric: criterion`."""
ALL: Final = "all"
"""The family that every item is in."""
NOT_GIVEN: Final = "not given"
MATTERS: Final = 0.05
"""How far an expert's share must lie beyond that of all experts to be worth a conversation, clear as it may be."""
ERROR_RATE: Final = 0.05
"""Of what is called clear on one expert's page so much at most is called so by chance, in the mean."""
PARTNERS_MIN: Final = 3
"""With fewer others on the same items, who differs cannot be told from whom they differ with."""

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One judgment, as monitoring needs it.

    asked      criteria of its rubric version; none of them where scores were not asked for, as in an import without
    defects    of its reasons; None where nobody checked them, as in an import
    active_ms  None where it was not measured
    family     what kind of item, along the axis that is looked at
    """

    item: str
    expert: str
    verdict: str
    scores: Mapping[str, Mapping[str, int]]
    rubric: str
    asked: tuple[str, ...]
    defects: tuple[str, ...] | None
    active_ms: int | None
    family: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a share is of."""

    measure: str
    dimension: str
    family: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One measure on one dimension: (families + 1, experts), the last row over all families."""

    sums: Floats
    sizes: Codes


@dataclass(frozen=True, slots=True)
class Counted:
    """All counts of some work.

    tallies     by measure and dimension
    defects_of  expert: of every kind of defect how many of their judgments have it
    """

    experts: tuple[str, ...]
    families: tuple[str, ...]
    dimensions: tuple[str, ...]
    tallies: Mapping[tuple[str, str], Tally]
    defects: Mapping[str, int]  # of every kind of defect how many judgments have it
    defects_of: Mapping[str, Mapping[str, int]]
    judgments: int
    items: int
    _item: Codes
    _expert: Codes
    _family: Codes
    _active: Floats

    def of(self, kind: Kind) -> dict[Group, Count]:
        """Expert: count and number of one kind."""
        tally = self.tallies.get((kind.measure, kind.dimension))
        if tally is None:
            return {}
        row = len(self.families) if kind.family == ALL else self.families.index(kind.family)
        pairs = zip(self.experts, tally.sums[row].tolist(), tally.sizes[row].tolist(), strict=True)
        return {(name,): (min(count, float(n)), n) for name, count, n in pairs}

    def kinds(self, *, measure: str | None = None) -> list[Kind]:
        """Every kind of share there is, the whole before its families."""
        return [
            Kind(measure=name, dimension=dimension, family=family)
            for name, dimension in self.tallies
            for family in (ALL, *self.families)
            if measure in (None, name) and not (family != ALL and len(self.families) < 2)
        ]

    def judged_by(self, expert: str) -> int:
        """How many of the judgments are one expert's."""
        return int((self._expert == self.experts.index(expert)).sum()) if expert in self.experts else 0

    def partners(self, expert: str) -> int:
        """With how many others an expert shares items."""
        if expert not in self.experts:
            return 0
        mine = self._expert == self.experts.index(expert)
        together = np.isin(self._item, np.unique(self._item[mine]))
        return len(np.unique(self._expert[together & ~mine]))

    def times(self, expert: str | None = None) -> tuple[Median, ...]:
        """Median seconds of active time: over all families, then family by family; of one expert or of all."""
        kept = ~np.isnan(self._active)
        if expert is not None:
            kept &= self._expert == (self.experts.index(expert) if expert in self.experts else -1)
        seconds, family = (self._active[kept] / 1000).tolist(), self._family[kept].tolist()
        whole = medians({"family": [ALL] * len(seconds)}, seconds) if seconds else ()
        if len(self.families) < 2 or not seconds:
            return whole
        return (*whole, *medians({"family": [self.families[place] for place in family]}, seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One share of one expert, beside what all experts show.

    all_experts  share of the pool; None where fewer than three experts have rows
    is_clear     beyond that by at least five points, in the direction that calls for help, and not by chance
    """

    kind: Kind
    rate: Rate
    all_experts: float | None
    is_clear: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One share of a whole programme."""

    kind: Kind
    count: float
    n: int
    share: float | None
    interval: Interval | None
    experts: int


def count(work: Sequence[Work]) -> Counted:
    """Count everything once: a hundred thousand judgments take less than a second."""
    experts, expert = _coded([one.expert for one in work])
    families, family = _coded([one.family for one in work])
    items, item = _coded([one.item for one in work])
    place = _Places(expert=expert, family=family, item=item, experts=len(experts), families=len(families))
    tallies: dict[tuple[str, str], Tally] = {}
    tallies[ABSTENTION, VERDICT] = place.tally(np.array([one.verdict == "abstain" for one in work], dtype=np.float64))
    lacking = np.array([one.verdict == "insufficient_context" for one in work], dtype=np.float64)
    tallies[CONTEXT, VERDICT] = place.tally(lacking)
    tallies[DISAGREEMENT, VERDICT] = _apart(place, _directions([one.verdict for one in work]))
    checked = [np.nan if one.defects is None else float(bool(one.defects)) for one in work]
    tallies[DEFECTS, VERDICT] = place.tally(np.array(checked, dtype=np.float64))
    dimensions = sorted({(one.rubric, name) for one in work for name in one.asked} if work else set())
    for rubric, name in dimensions:
        label = f"{rubric}: {name}"
        tallies[ABSTENTION, label] = place.tally(np.array([_without(one, rubric, name) for one in work]))
        tallies[DISAGREEMENT, label] = _apart(place, [_lean(one, rubric, name) for one in work])
    defects = {name: Counter[str]() for name in experts}
    for one in work:
        if one.defects:
            defects[one.expert].update(one.defects)
    active = np.array([np.nan if one.active_ms is None else one.active_ms for one in work], dtype=np.float64)
    return Counted(
        experts=experts, families=families, dimensions=tuple(f"{rubric}: {name}" for rubric, name in dimensions),
        tallies={key: tally for key, tally in tallies.items() if int(tally.sizes[-1].sum())},
        defects=_sorted(sum(defects.values(), Counter[str]())),
        defects_of={name: _sorted(found) for name, found in defects.items()}, judgments=len(work), items=len(items),
        _item=item, _expert=expert, _family=family, _active=active,
    )  # fmt: skip


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Where each judgment is counted."""

    expert: Codes
    family: Codes
    item: Codes
    experts: int
    families: int

    def tally(self, values: Floats) -> Tally:
        """Sums and numbers of what is no NaN."""
        kept = ~np.isnan(values)
        cell = self.family[kept] * self.experts + self.expert[kept]
        size = self.families * self.experts
        sums = np.bincount(cell, weights=values[kept], minlength=size).reshape(self.families, self.experts)
        sizes = np.bincount(cell, minlength=size).reshape(self.families, self.experts)
        return Tally(sums=np.vstack([sums, sums.sum(axis=0)]), sizes=np.vstack([sizes, sizes.sum(axis=0)]))


def _apart(place: _Places, values: list[int]) -> Tally:
    """The share of the others that differ, for every judgment that has a value; a number below 0 is none."""
    given = np.array(values, dtype=np.int64)
    kept = given >= 0
    shares = np.full(len(given), np.nan)
    if kept.any():
        shares[kept] = differing(np.unique(place.item[kept], return_inverse=True)[1].astype(np.int64), given[kept])
    return place.tally(shares)


def _coded(labels: list[str]) -> tuple[tuple[str, ...], Codes]:
    names = sorted(set(labels))
    places = {name: number for number, name in enumerate(names)}
    return tuple(names), np.array([places[label] for label in labels], dtype=np.int64)


def _directions(verdicts: list[str]) -> list[int]:
    """A number for each direction, so that equal numbers agree; -1 where a verdict decides nothing."""
    found = [shape.direction(verdict) for verdict in verdicts]
    places = {name: place for place, name in enumerate(dict.fromkeys(found)) if name is not None}
    return [places.get(name or "", -1) for name in found]


def _without(one: Work, rubric: str, name: str) -> float:
    """Whether a judgment that decided left a criterion out; NaN where nobody asked for it."""
    if one.rubric != rubric or name not in one.asked or one.verdict in UNDECIDED:
        return np.nan
    return float(name not in one.scores)


def _lean(one: Work, rubric: str, name: str) -> int:
    """Which candidate a criterion was scored higher for: 0 the first, 1 neither, 2 the second.

    -1 without scores, and where other pieces than two candidates were scored: those have no direction.
    """
    points = one.scores.get(name) if one.rubric == rubric else None
    if points is None or not points.keys() >= {"a", "b"}:
        return -1
    return 1 + (points["b"] > points["a"]) - (points["b"] < points["a"])


def of_expert(counted: Counted, expert: str) -> tuple[Figure, ...]:
    """Every share of one expert that has rows. Clear is what many looks at once do not show by chance."""
    found: list[tuple[Kind, Rate]] = []
    for kind in counted.kinds():
        counts = counted.of(kind)
        if counts.get((expert,), (0.0, 0))[1]:
            found.append((kind, rate_of((expert,), counts, prior=prior_of(list(counts.values())))))
    tested = [apart(rate) if rate.n >= COUNT_MIN else None for _, rate in found]
    called = benjamini_hochberg(tested, q=ERROR_RATE).is_called
    is_lone = counted.partners(expert) < PARTNERS_MIN
    return tuple(
        Figure(
            kind=kind, rate=rate, all_experts=rate.prior.mean if rate.prior else None,
            is_clear=is_called and _is_far(rate) and not (is_lone and kind.measure == DISAGREEMENT),
        )
        for (kind, rate), is_called in zip(found, called, strict=True)
    )  # fmt: skip


def _is_far(rate: Rate) -> bool:
    """More than all experts by what matters. Less abstention, disagreement or defects calls for no help."""
    return rate.prior is not None and rate.pooled is not None and rate.pooled - rate.prior.mean >= MATTERS


def of_programme(counted: Counted) -> tuple[Shown, ...]:
    """Every share over all experts."""
    return tuple(_shown(counted, kind) for kind in counted.kinds())


def _shown(counted: Counted, kind: Kind) -> Shown:
    rows = [one for one in counted.of(kind).values() if one[1]]
    total, size = sum(one[0] for one in rows), sum(one[1] for one in rows)
    # Both judges of a comparison are counted: what is known is worth half as many rows as there are.
    worth = size // 2 if kind.measure == DISAGREEMENT else size
    share = total / size if size else 0.0
    rate = rate_of(("",), {("",): (share * worth, worth)}) if worth else None
    return Shown(
        kind=kind, count=total, n=size, share=share if rate and rate.share is not None else None,
        interval=rate.interval if rate and rate.share is not None else None, experts=len(rows),
    )  # fmt: skip
