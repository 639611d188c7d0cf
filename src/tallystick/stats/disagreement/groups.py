"""Whether a group of raters agrees among itself more than with the others: cohesion over many items. Pure.

source  Prabhakaran et al. (2024), "GRASP: A Disagreement Analysis Framework to Assess Group Associations in
        Perspectives", NAACL (arXiv 2311.05074); Wong, Paritosh and Aroyo (2021), "Cross-replication Reliability",
        ACL, equations 9 and 10
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tallystick.stats.agreement.result import SENTENCES, Status
from tallystick.stats.agreement.table import Labels, Ratings, read_ratings
from tallystick.stats.disagreement.evidence import Codes, Floats
from tallystick.stats.multiple import benjamini_hochberg

LEVEL = 0.05
EXACT_MAX = 2000  # relabellings up to which all are gone through
Members = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCohesion:
    """One group on one axis against all others who declared a group on it.

    inside         Krippendorff's alpha inside the group, nominal
    across         cross-replication reliability of the group with the others, nominal
    association    group association index: inside / across; above 1 the group holds together beyond the others.
                   None where across is not positive: a ratio says nothing then
    excess         inside - across: what the permutation tests, because it exists where the ratio does not
    p_value        share of relabellings of raters with an excess as large (one-sided); None when undefined
    p_adjusted     Benjamini and Hochberg over all groups that have a p value
    p_floor        the smallest p value that so many raters can show
    can_be_shown   whether p_floor is below .05: with 3 raters against 3 it is not
    """

    axis: str
    group: str
    raters: int
    others: int
    status: Status
    reason: str | None
    inside: float | None
    across: float | None
    association: float | None
    excess: float | None
    p_value: float | None
    p_adjusted: float | None
    p_floor: float
    can_be_shown: bool
    sentence: str


def group_cohesion(
    items: Labels,
    raters: Labels,
    values: Labels,
    groups: Mapping[str, Mapping[str, str]],
    *,
    draws: int = 1000,
    seed: int | np.random.Generator = 0,
) -> list[GroupCohesion]:
    """Cohesion of every group on every axis, in the order of their names.

    items, raters, values  judgments in long form, as `measure` takes them
    groups                 axis: rater: declared group; raters who declared nothing are left out on that axis
    draws                  relabellings of raters, never of ratings, when there are too many to go through all
    raises                 BadRatings as `measure` does; ValueError for fewer than 100 draws
    """
    if draws < 100:
        raise ValueError(f"A permutation test needs at least 100 draws, found {draws}.")
    ratings = read_ratings(items, raters, values, categories=None, order="none")
    chance = np.random.default_rng(seed)
    found: list[GroupCohesion] = []
    for axis in sorted(groups):
        declared = [groups[axis].get(name) for name in ratings.raters]
        names = sorted({name for name in declared if name is not None})
        for group in names:
            members = np.array([name == group for name in declared])
            pool = np.array([name is not None for name in declared])
            found.append(_cohesion(ratings, (axis, group), (members, pool), draws=draws, chance=chance))
    return _adjusted(found)


def _cohesion(
    ratings: Ratings,
    names: tuple[str, str],
    sides: tuple[Members, Members],
    *,
    draws: int,
    chance: np.random.Generator,
) -> GroupCohesion:
    members, pool = sides
    ways = math.comb(int(pool.sum()), int(members.sum()))
    is_exact = ways <= EXACT_MAX
    floor = 1 / ways if is_exact else 1 / (draws + 1)
    table = _Table.of(ratings, pool)
    inside, across = table.measured(members)
    status = table.status(members, inside, across)
    p_value = None
    if inside is not None and across is not None:
        relabelled = _all(members, pool) if is_exact else _drawn(members, pool, draws, chance)
        p_value = _p_value(table, relabelled, inside - across, is_exact=is_exact)
    is_ratio = inside is not None and across is not None and across > 0
    return GroupCohesion(
        axis=names[0],
        group=names[1],
        raters=int(members.sum()),
        others=int((pool & ~members).sum()),
        status=status,
        reason=SENTENCES.get(status),
        inside=inside,
        across=across,
        association=inside / across if is_ratio and inside is not None and across is not None else None,
        excess=inside - across if inside is not None and across is not None else None,
        p_value=p_value,
        p_adjusted=None,
        p_floor=floor,
        can_be_shown=floor < LEVEL,
        sentence=_sentence(names[1], (members, pool), floor),
    )


def _sentence(group: str, sides: tuple[Members, Members], floor: float) -> str:
    members, pool = sides
    sizes = f"{int(members.sum())} raters of the group {group!r} against {int((pool & ~members).sum())}"
    if floor >= LEVEL:
        return f"{sizes}: with so few raters p can never fall below {floor:.3f}, so {LEVEL} cannot be reached."
    if min(int(members.sum()), int((pool & ~members).sum())) < 10:
        return f"{sizes}: fewer than 10 on a side, so that a single rater weighs much."
    return f"{sizes}."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """The judgments of the raters who declared a group: which cell of (items, categories) each counts in, and whose."""

    cell: Codes
    rater: Codes
    shape: tuple[int, int]

    @classmethod
    def of(cls, ratings: Ratings, pool: Members) -> "_Table":
        kept = pool[ratings.rater]
        size = len(ratings.categories)
        cell = (ratings.item * size + ratings.code)[kept]
        return cls(cell=cell, rater=ratings.rater[kept], shape=(ratings.n_items, size))

    def measured(self, members: Members) -> tuple[float | None, float | None]:
        """Agreement inside the members, and across them and all others of the pool."""
        group = self.counts(members)
        return _alpha(group), _cross(group, self.counts(~members))

    def counts(self, members: Members) -> Floats:
        """(items, categories) of these raters alone."""
        cell = self.cell[members[self.rater]]
        return np.bincount(cell, minlength=self.shape[0] * self.shape[1]).reshape(self.shape).astype(np.float64)

    def status(self, members: Members, inside: float | None, across: float | None) -> Status:
        """Why there is no cohesion, where there is none."""
        if int(members.sum()) < 2:
            return Status.SINGLE_RATER
        if inside is not None and across is not None:
            return Status.OK
        pairable = self.counts(members).sum(axis=1) >= 2
        return Status.NO_VARIATION if pairable.any() else Status.NO_OVERLAP


def _alpha(counts: Floats) -> float | None:
    """Krippendorff's alpha, nominal, of counts (items, categories); None where it is not defined."""
    sizes = counts.sum(axis=1)
    kept = counts[sizes >= 2]
    sizes = sizes[sizes >= 2]
    total = sizes.sum()
    if len(sizes) < 2:
        return None
    observed = ((sizes**2 - (kept**2).sum(axis=1)) / (sizes - 1)).sum() / total
    expected = (total**2 - (kept.sum(axis=0) ** 2).sum()) / (total * (total - 1))
    return float(1 - observed / expected) if expected > 0 else None


def _cross(first: Floats, second: Floats) -> float | None:
    """1 - d_o / d_e: pairs with one rater on each side; an item weighs as many ratings as it has."""
    r, s = first.sum(axis=1), second.sum(axis=1)
    both = (r > 0) & (s > 0)
    if int(both.sum()) < 2:
        return None
    first, second, r, s = first[both], second[both], r[both], s[both]
    apart = 1 - (first * second).sum(axis=1) / (r * s)
    observed = ((r + s) * apart).sum() / (r + s).sum()
    expected = 1 - float((first.sum(axis=0) / r.sum()) @ (second.sum(axis=0) / s.sum()))
    return float(1 - observed / expected) if expected > 0 else None


def _all(members: Members, pool: Members) -> Iterator[Members]:
    places = np.flatnonzero(pool)
    for chosen in combinations(places.tolist(), int(members.sum())):
        relabelled = np.zeros_like(members)
        relabelled[list(chosen)] = True
        yield relabelled


def _drawn(members: Members, pool: Members, draws: int, chance: np.random.Generator) -> Iterator[Members]:
    places = np.flatnonzero(pool)
    for _ in range(draws):
        relabelled = np.zeros_like(members)
        relabelled[chance.permutation(places)[: int(members.sum())]] = True
        yield relabelled


def _p_value(table: _Table, relabelled: Iterator[Members], excess: float, *, is_exact: bool) -> float | None:
    """Relabellings for which there is no excess count as large: they cannot speak against chance."""
    at_least = total = 0
    for members in relabelled:
        inside, across = table.measured(members)
        total += 1
        at_least += inside is None or across is None or inside - across >= excess - 1e-12
    return at_least / total if is_exact else (at_least + 1) / (total + 1)


def _adjusted(found: list[GroupCohesion]) -> list[GroupCohesion]:
    discoveries = benjamini_hochberg([one.p_value for one in found])
    return [replace(one, p_adjusted=p) for one, p in zip(found, discoveries.adjusted, strict=True)]
