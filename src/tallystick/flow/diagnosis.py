"""What would help most when a batch falls short: criteria, kinds of items, versions and people, the rubric first. Pure.

Each finding asks what agreement would be if the comparisons in one part were no further apart than the others
(stats/shortfall.py). Criteria stand before clusters of items, these before versions, and people come last: for them it
is also said what is left of it where no criterion was read differently. None of it is a judgment of a person.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tallystick import canon
from tallystick.canon import PPM
from tallystick.flow.gate import SEED, Bar, Judged, agreement_of, compared, verdict_table
from tallystick.flow.rubric import Rubric
from tallystick.stats import shortfall
from tallystick.stats.agreement import Agreement
from tallystick.stats.agreement.table import Codes, read_ratings
from tallystick.stats.distributions import normal_quantile
from tallystick.stats.shortfall import Comparisons, Mask, Part

CRITERION, CLUSTER, VERSION, PAIR, EXPERT = KINDS = ("criterion", "cluster", "version", "pair", "expert")
"""What a finding can be about, in the order in which they are to be looked at."""
ERROR_RATE = 0.05
"""How often at most any finding of a diagnosis is called clear although its part is like the rest."""
PARTS_MAX = 20
"""Of each axis of clusters, of pairs and of experts, so many with the most distance in them are looked at."""
ITEMS_SHOWN = 20
DRAWS = 500

Leans = NDArray[np.int8]
_UNSCORED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A part of the comparisons, and what mending it would give.

    name      id of a criterion, `axis=value` of a cluster, a rubric version, pseudonyms of experts joined by `|`
    gain_ppm  how much the coefficient would rise, with its 95 % interval; None when the part is too small
    share_ppm of the shortfall; parts overlap, so shares need not sum to 1
    rest_ppm  of people: their gain in comparisons in which no criterion was read differently
    is_clear  the gain is above 0 beyond what chance shows in so many parts
    reason    why there is no gain or no interval
    """

    kind: str
    name: str
    items: int
    comparisons: int
    gain_ppm: int | None
    low_ppm: int | None
    high_ppm: int | None
    share_ppm: int | None
    rest_ppm: int | None
    is_clear: bool
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DividedItem:
    """An item whose judgments are further apart than those of others, and what it alone costs."""

    item: str
    gain_ppm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Where the shortfall of a batch stands.

    findings  criteria first, then clusters, versions, pairs, experts; in each the largest gain first
    items     that cost most, the worst first
    beside    the criteria whose comparisons were set aside for what is left to people
    """

    value_ppm: int
    threshold_ppm: int
    findings: tuple[Finding, ...]
    items: tuple[DividedItem, ...]
    beside: tuple[str, ...]

    @property
    def best(self) -> Finding | None:
        """What would help most: the clear finding with the largest gain, of the first kind that has one."""
        clear = [finding for finding in self.findings if finding.is_clear]
        return min(clear, key=lambda f: (KINDS.index(f.kind), -(f.gain_ppm or 0)), default=None)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The judgments that were compared, and what is known of each, by place in the columns."""

    judged: Sequence[Judged]
    leans: Mapping[str, Leans]  # by criterion: which candidate it scored higher
    comparisons: Comparisons


@dataclass(frozen=True, slots=True, kw_only=True)
class _Labels:
    """Parts of the comparisons by label: a comparison is in part n when one of its codes is n; -1 is in none.

    Masks are made for the few parts that are looked at: there can be many labels, and many comparisons.
    """

    kind: str
    names: Sequence[str]
    codes: tuple[Codes, ...]

    def worst(self, comparisons: Comparisons) -> Iterator[tuple[str, Mask]]:
        """The parts that hold most distance beyond the mean, the largest first."""
        excess = comparisons.weight * comparisons.distance
        excess = excess - excess.sum() / comparisons.weight.sum() * comparisons.weight
        total = np.zeros(len(self.names))
        for codes in self.codes:
            total += np.bincount(codes + 1, weights=excess, minlength=len(total) + 1)[1:]
        for number in sorted(range(len(total)), key=lambda n: (-total[n], self.names[n]))[:PARTS_MAX]:
            yield self.names[number], np.any([codes == number for codes in self.codes], axis=0)


def diagnose(
    judged: Sequence[Judged], rubric: Rubric, bar: Bar, *, strata: Mapping[str, Mapping[str, str]],
    known: Agreement | None = None,
) -> Diagnosis | None:  # fmt: skip
    """The diagnosis of a batch whose agreement has a value below 1; None when there is nothing to look for.

    judged  without the items that were declared as expected to divide
    strata  item: axis: value, such as difficulty: hard
    known   the agreement of exactly these judgments, when it was measured: it is not measured again
    """
    rows = _rows(judged, rubric, bar, known)
    if rows is None:
        return None
    threshold = bar.threshold_ppm / PPM
    masks = {name: _parted(leans, rows.comparisons) for name, leans in rows.leans.items()}
    found = {(CRITERION, name): _part(rows, mask, threshold) for name, mask in masks.items()}
    for labels in (*_clusters(rows, strata), *_versions(rows)):
        found |= {(labels.kind, name): _part(rows, mask, threshold) for name, mask in labels.worst(rows.comparisons)}
    set_aside = [name for name in masks if (found[CRITERION, name].gain or 0) > 0]
    rest: dict[tuple[str, str], Part] = {}
    for labels in _people(rows):
        for name, mask in labels.worst(rows.comparisons):
            found[labels.kind, name] = _part(rows, mask, threshold)
            if set_aside:
                beside = ~np.any([masks[criterion] for criterion in set_aside], axis=0)
                rest[labels.kind, name] = _part(rows, mask, threshold, among=beside)
    return Diagnosis(
        value_ppm=canon.ppm(rows.comparisons.value), threshold_ppm=bar.threshold_ppm, beside=tuple(set_aside),
        findings=tuple(sorted(_findings(found, rest), key=_order)), items=_divided(rows),
    )  # fmt: skip


def _order(finding: Finding) -> tuple[int, float, str]:
    gain = -math.inf if finding.gain_ppm is None else finding.gain_ppm
    return KINDS.index(finding.kind), -gain, finding.name


def _rows(judged: Sequence[Judged], rubric: Rubric, bar: Bar, known: Agreement | None) -> _Rows | None:
    table = verdict_table(judged, bar.level)
    order = "ranked" if bar.level == "ordinal" else "none"
    found = known or agreement_of(table, bar.metric, bar.level)
    ratings = read_ratings(table.items, table.raters, table.values, categories=table.categories, order=order)
    comparisons = shortfall.compared(ratings, found)
    if comparisons is None:
        return None
    kept = compared(judged, bar.level)
    leans = {criterion.id: np.array([_lean(j, criterion.id) for j in kept], np.int8) for criterion in rubric.criteria}
    return _Rows(kept, leans, comparisons)


def _lean(judged: Judged, criterion: str) -> int:
    """Which of two candidates has more points; items on which other pieces were scored have no direction."""
    points = judged.scores.get(criterion)
    if points is None or not points.keys() >= {"a", "b"}:
        return _UNSCORED
    return (points["a"] > points["b"]) - (points["a"] < points["b"])


def _parted(leans: Leans, comparisons: Comparisons) -> Mask:
    """The comparisons in which two experts read a criterion in different directions."""
    first, second = leans[comparisons.first], leans[comparisons.second]
    parted: Mask = (first != second) & (first != _UNSCORED) & (second != _UNSCORED)
    return parted


def _clusters(rows: _Rows, strata: Mapping[str, Mapping[str, str]]) -> Iterator[_Labels]:
    """Items of one kind, axis by axis."""
    of_row = [strata.get(j.item, {}) for j in rows.judged]
    for axis in sorted({axis for axes in of_row for axis in axes}):
        names, codes = _coded([axes.get(axis) for axes in of_row])
        labelled = [f"{axis}={name}" for name in names]
        yield _Labels(kind=CLUSTER, names=labelled, codes=(codes[rows.comparisons.first],))


def _versions(rows: _Rows) -> Iterator[_Labels]:
    """Comparisons with a judgment that was made under one version of the rubric, where there are several."""
    names, codes = _coded([j.rubric_version for j in rows.judged])
    if len(names) > 1:
        yield _Labels(kind=VERSION, names=names, codes=_both(codes, rows.comparisons))


def _people(rows: _Rows) -> Iterator[_Labels]:
    """Every two experts who judged an item together, and every expert with all others."""
    names, codes = _coded([j.expert for j in rows.judged])
    if len(names) < 3:
        return  # two experts are one pair: nothing is beside it
    one, other = codes[rows.comparisons.first], codes[rows.comparisons.second]
    met, pairs = np.unique(np.minimum(one, other) * len(names) + np.maximum(one, other), return_inverse=True)
    together = [f"{names[key // len(names)]}|{names[key % len(names)]}" for key in met.tolist()]
    yield _Labels(kind=PAIR, names=together, codes=(pairs.astype(np.int64),))
    yield _Labels(kind=EXPERT, names=names, codes=(one, other))


def _coded(labels: Sequence[str | None]) -> tuple[list[str], Codes]:
    """Sorted names, and the place of each label among them; -1 for None."""
    names = sorted({label for label in labels if label is not None})
    places: dict[str | None, int] = {name: number for number, name in enumerate(names)}
    return names, np.array([places.get(label, -1) for label in labels], dtype=np.int64)


def _both(codes: Codes, comparisons: Comparisons) -> tuple[Codes, Codes]:
    """The labels of the two judgments of each comparison; the same one counts once."""
    one, other = codes[comparisons.first], codes[comparisons.second]
    return one, np.where(one == other, -1, other)


def _part(rows: _Rows, mask: Mask, threshold: float, *, among: Mask | None = None) -> Part:
    return shortfall.part(rows.comparisons, mask, threshold=threshold, among=among, draws=DRAWS, seed=SEED)


def _findings(found: Mapping[tuple[str, str], Part], rest: Mapping[tuple[str, str], Part]) -> Iterator[Finding]:
    # Many parts do not make one of them look clear by chance; half of what may go wrong is kept for the rubric.
    looked = Counter(kind == CRITERION for (kind, _), part in found.items() if part.se is not None)
    limits = {of_rubric: normal_quantile(1 - ERROR_RATE / 2 / number) for of_rubric, number in looked.items()}
    for (kind, name), part in found.items():
        limit = limits.get(kind == CRITERION, math.inf)
        gain, interval, left = part.gain, part.interval, rest.get((kind, name))
        yield Finding(
            kind=kind, name=name, items=part.items, comparisons=part.comparisons,
            gain_ppm=None if gain is None else canon.ppm(gain),
            low_ppm=canon.ppm(interval.low) if interval else None,
            high_ppm=canon.ppm(interval.high) if interval else None,
            share_ppm=None if part.share is None else canon.ppm(part.share),
            rest_ppm=None if left is None or left.gain is None else canon.ppm(left.gain),
            is_clear=bool(gain is not None and part.se and gain > limit * part.se), reason=part.reason,
        )  # fmt: skip


def _divided(rows: _Rows) -> tuple[DividedItem, ...]:
    gains = shortfall.item_gains(rows.comparisons)
    names: dict[int, str] = {}
    for place, row in zip(rows.comparisons.item.tolist(), rows.comparisons.first.tolist(), strict=True):
        names[place] = rows.judged[row].item
    worst = sorted(((gain, names[n]) for n, gain in enumerate(gains.tolist()) if gain > 0), key=lambda g: (-g[0], g[1]))
    return tuple(DividedItem(item=name, gain_ppm=canon.ppm(gain)) for gain, name in worst[:ITEMS_SHOWN])
