"""Shares and times of experts, dimensions and families, with what few numbers can and cannot say. Reads columns.

One row for each judgment (or sentinel, adjudication, rationale): 1 when it abstained, was overturned, was right, and so
on; None when the question does not arise. `rates` counts them by group; `disagreement` gives the share of the others
that differ; `medians` the usual time.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tallystick.stats import distributions
from tallystick.stats.agreement.columns import Codes, Floats, Label, Labels, encode, label_text
from tallystick.stats.agreement.result import Status
from tallystick.stats.agreement.table import BadRatings, read_ratings
from tallystick.stats.intervals import Interval, wilson

COUNT_MIN = 20
POOL_MIN = 3  # groups from which one can see how much groups differ
ALIKE = 1e-4  # correlation within groups below which they are taken to be alike
ROUNDS = 200

Group = tuple[str, ...]
Count = tuple[float, int]
"""Rows that are 1, or a sum of shares; and rows that are not None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """How the shares of a pool's groups spread: a beta with these two parameters, estimated from the pool itself.

    correlation  1 / (a + b + 1): 0 when groups are alike, 1 when each is all or nothing
    """

    a: float
    b: float
    groups: int

    @property
    def mean(self) -> float:
        """The share of the pool."""
        return self.a / (self.a + self.b)

    @property
    def correlation(self) -> float:
        """How much of the variation is between groups."""
        return 1 / (self.a + self.b + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One group's share.

    group            the label in each column, in the order of the columns
    count, n         rows that are 1, of those that are not None; `count` may be a sum of shares
    share            None below the least count; `status` and `reason` then say so
    interval         Wilson's
    pooled           posterior mean (a + count) / (a + b + n); None when the pool has fewer than 3 groups
    pooled_interval  equal tails of that posterior. It takes the prior for known, so it is a little too narrow
    """

    group: tuple[str, ...]
    count: float
    n: int
    share: float | None
    status: Status
    reason: str | None
    interval: Interval | None
    pooled: float | None
    pooled_interval: Interval | None
    prior: Prior | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Median:
    """One group's middle value, with an interval between two of the values themselves: no distribution is assumed."""

    group: tuple[str, ...]
    n: int
    median: float | None
    status: Status
    reason: str | None
    interval: Interval | None


def rates(
    by: Mapping[str, Labels],
    outcomes: Sequence[float | None],
    *,
    pooled_over: str | None = None,
    count_min: int = COUNT_MIN,
    confidence: float = 0.95,
) -> tuple[Rate, ...]:
    """The share of every group, alone and drawn towards the groups that it is compared with.

    by           columns such as expert, dimension and family; a group is a combination of labels that occurs
    outcomes     1, 0, or None where the question does not arise
    pooled_over  the column over which groups are alike enough to borrow from each other, such as the expert: groups
                 that agree in all other columns form a pool. None: no pooling
    raises       BadRatings for columns of different length, a missing label, an outcome that is neither 0, 1 nor None
    """
    counted = counts(by, outcomes)
    if pooled_over is None:
        return tuple(rate_of(group, counted, count_min=count_min, confidence=confidence) for group in counted)
    if pooled_over not in by:
        raise BadRatings(f"pooled_over is one of {', '.join(by)}; found {pooled_over!r}.")
    place = list(by).index(pooled_over)
    pools: dict[Group, list[Count]] = {}
    for group, one in counted.items():
        pools.setdefault(group[:place] + group[place + 1 :], []).append(one)
    priors = {pool: prior_of(found) for pool, found in pools.items()}
    return tuple(
        rate_of(
            group, counted, prior=priors[group[:place] + group[place + 1 :]], count_min=count_min, confidence=confidence
        )
        for group in counted
    )


def counts(by: Mapping[str, Labels], outcomes: Sequence[float | None] | Floats) -> dict[Group, Count]:
    """How many rows of every group are 1, and how many are not None, by group in the order of the labels.

    raises  BadRatings for columns of different length, a missing label, an outcome that is neither 0, 1 nor None
    """
    values = np.array([np.nan if value is None else value for value in outcomes], dtype=np.float64)
    is_given = ~np.isnan(values)
    wrong = np.flatnonzero(is_given & (values != 0) & (values != 1))
    if len(wrong):
        row = int(wrong[0])
        raise BadRatings(f"An outcome is 1, 0 or None; found {outcomes[row]}.", (row,))
    names, group = _groups(by, len(values))
    sums = np.bincount(group[is_given], weights=values[is_given], minlength=len(names))
    sizes = np.bincount(group[is_given], minlength=len(names))
    return dict(zip(names, zip(sums.tolist(), sizes.tolist(), strict=True), strict=True))


def rate_of(
    group: Group,
    counted: Mapping[Group, Count],
    *,
    prior: Prior | None = None,
    count_min: int = COUNT_MIN,
    confidence: float = 0.95,
) -> Rate:
    """What the counts of one group show; drawn towards a pool where one is given. A group without rows has nothing."""
    count, n = counted.get(group, (0.0, 0))
    return _pooled(_rate(group, count, n, count_min=count_min, confidence=confidence), prior, confidence)


def apart(rate: Rate) -> float | None:
    """How well a group's share is told from the mean of its pool: twice the lesser tail of what is known of it.

    Small where the group lies clearly beyond the mean, at most 1; None without a pool. It can be used as a p-value:
    under groups as they were drawn for the pool it is small too rarely, not too often.
    """
    if rate.prior is None:
        return None
    below = distributions.beta_share(
        rate.prior.a + rate.count, rate.prior.b + rate.n - rate.count, min(max(rate.prior.mean, 0.0), 1.0)
    )
    return min(1.0, 2 * min(below, 1 - below))


def disagreement(
    items: Labels, raters: Labels, values: Labels, *, count_min: int = COUNT_MIN, confidence: float = 0.95
) -> tuple[Rate, ...]:
    """For each rater the mean share of the other judgments of the same item that differ; items count once.

    `count` is the sum of those shares and `n` the items that somebody else judged too. Who differs is not who errs:
    with two raters both differ equally.
    raises  BadRatings as `agreement.measure` does
    """
    counted = disagreements(items, raters, values)
    return tuple(rate_of(group, counted, count_min=count_min, confidence=confidence) for group in counted)


def disagreements(items: Labels, raters: Labels, values: Labels) -> dict[Group, Count]:
    """Rater: the sum of the shares of others that differ, and the items that somebody else judged too.

    raises  BadRatings as `agreement.measure` does
    """
    ratings = read_ratings(items, raters, values, categories=None, order="none").pairable
    shares = differing(ratings.item, ratings.code)
    sums = np.bincount(ratings.rater, weights=shares, minlength=len(ratings.raters))
    sizes = np.bincount(ratings.rater, minlength=len(ratings.raters))
    return {
        (name,): (min(float(total), float(size)), int(size))
        for name, total, size in zip(ratings.raters, sums, sizes, strict=True)
    }


def differing(items: Codes, values: Codes) -> Floats:
    """For each judgment the share of the others of its item that differ; NaN where it is the only one.

    items, values  whole numbers from 0, one for each judgment
    """
    if not len(items):
        return np.zeros(0)
    others = np.bincount(items)[items] - 1
    cell = items * (int(values.max()) + 1) + values
    same = np.bincount(cell)[cell] - 1
    shares: Floats = np.where(others > 0, 1 - same / np.maximum(others, 1), np.nan)
    return shares


def medians(
    by: Mapping[str, Labels], values: Sequence[float | None], *, confidence: float = 0.95
) -> tuple[Median, ...]:
    """The median of every group, and the interval between the k-th value from below and from above.

    k is the largest with P(Binomial(n, 1/2) < k) <= (1 - confidence) / 2, so it covers at least as often as it says.
    """
    return tuple(_median(group, found, confidence) for group, found in _grouped(by, values).items())


def prior_of(found: Sequence[Count]) -> Prior | None:
    """The beta that the shares of some groups come from, by weighted moments; None below 3 groups with rows.

    Where the groups differ no more than chance would have it, they are taken as alike: a correlation of 1e-4.
    source  Kleinman (1973), "Proportions with extraneous variance", JASA 68, 46-54
    """
    kept = [(count, n) for count, n in found if n > 0]
    if len(kept) < POOL_MIN:
        return None
    total = sum(count for count, _ in kept)
    rows = sum(n for _, n in kept)
    if total in (0, rows):
        mean, correlation = (total + 0.5) / (rows + 1), ALIKE
        return _beta(mean, correlation, len(kept))
    shares = np.array([count / n for count, n in kept])
    sizes = np.array([n for _, n in kept], dtype=np.float64)
    mean, correlation = float(total / rows), ALIKE
    for _ in range(ROUNDS):
        weights = sizes / (1 + correlation * (sizes - 1))
        mean = float(weights @ shares / weights.sum())
        rest = weights * (1 - weights / weights.sum())
        chance = float((rest / sizes).sum())
        spread = float(weights @ (shares - mean) ** 2) / (mean * (1 - mean))
        below = float(rest.sum()) - chance
        after = min(max((spread - chance) / below, ALIKE), 1 - ALIKE) if below > 0 else ALIKE
        is_settled = abs(after - correlation) < 1e-12
        correlation = after
        if is_settled:
            break
    return _beta(mean, correlation, len(kept))


def _beta(mean: float, correlation: float, groups: int) -> Prior:
    size = 1 / correlation - 1
    return Prior(a=mean * size, b=(1 - mean) * size, groups=groups)


def _groups(by: Mapping[str, Labels], size: int) -> tuple[list[Group], Codes]:
    """The groups that occur in the order of the labels, and for each row which of them it is in."""
    lengths = {name: len(column) for name, column in by.items()}
    if not lengths or {*lengths.values()} != {size}:
        raise BadRatings(f"Columns must have one length, and there must be one; found {lengths} and {size} values.")
    columns = {name: encode(column) for name, column in by.items()}
    for name, column in columns.items():
        if len(column.codes) and int(column.codes.min()) < 0:
            raise BadRatings(f"A row has no {name}: every row needs one.", (int(column.codes.argmin()),))
    packed = np.zeros(size, dtype=np.int64)
    for column in columns.values():
        packed = packed * max(1, len(column.labels)) + column.codes
    used, group = np.unique(packed, return_inverse=True)
    return [_unpacked(code, [column.labels for column in columns.values()]) for code in used.tolist()], group


def _unpacked(code: int, labels: list[Sequence[Label]]) -> Group:
    parts: list[str] = []
    for names in reversed(labels):
        code, place = divmod(code, max(1, len(names)))
        parts.append(label_text(names[place]))
    return tuple(reversed(parts))


def _grouped(by: Mapping[str, Labels], values: Sequence[float | None]) -> dict[Group, list[float]]:
    """The values of every group that occurs, in the order of the labels; a group whose values are all None is empty."""
    names, group = _groups(by, len(values))
    found: list[list[float]] = [[] for _ in names]
    for place, value in zip(group.tolist(), values, strict=True):
        if value is not None:
            found[place].append(value)
    return dict(zip(names, found, strict=True))


def _rate(group: tuple[str, ...], count: float, n: int, *, count_min: int, confidence: float) -> Rate:
    is_enough = n >= max(1, count_min)
    reason = None if is_enough else f"Fewer than {count_min} rows ({n}): a share of so few says nothing by itself."
    return Rate(
        group=group,
        count=count,
        n=n,
        share=count / n if is_enough else None,
        status=Status.OK if is_enough else Status.TOO_FEW_ITEMS,
        reason=reason,
        interval=wilson(count, n, confidence=confidence) if n else None,
        pooled=None,
        pooled_interval=None,
        prior=None,
    )


def _pooled(rate: Rate, prior: Prior | None, confidence: float) -> Rate:
    if prior is None:
        return rate
    a, b = prior.a + rate.count, prior.b + rate.n - rate.count
    tail = (1 - confidence) / 2
    interval = Interval(
        low=distributions.beta_quantile(a, b, tail),
        high=distributions.beta_quantile(a, b, 1 - tail),
        method="beta_binomial",
        confidence=confidence,
    )
    return replace(rate, pooled=a / (a + b), pooled_interval=interval, prior=prior)


def _median(group: tuple[str, ...], values: Sequence[float], confidence: float) -> Median:
    n = len(values)
    if not n:
        reason = "There is no value in this group."
        return Median(group=group, n=0, median=None, status=Status.TOO_FEW_ITEMS, reason=reason, interval=None)
    ordered = sorted(values)
    place = _place(n, (1 - confidence) / 2)
    interval = None
    if place:
        interval = Interval(
            low=ordered[place - 1], high=ordered[n - place], method="order_statistics", confidence=confidence
        )
    few = None if place else f"{n} values are too few for an interval of {confidence:.0%} without a distribution."
    return Median(
        group=group, n=n, median=float(statistics.median(ordered)), status=Status.OK, reason=few, interval=interval
    )


def _place(n: int, tail: float) -> int:
    """The largest k with P(Binomial(n, 1/2) < k) <= tail; 0 when there is none."""
    low, high = 0, n // 2 + 1
    while high - low > 1:
        middle = (low + high) // 2
        below = 1 - distributions.beta_share(middle, n - middle + 1, 0.5)
        low, high = (middle, high) if below <= tail else (low, middle)
    return low
