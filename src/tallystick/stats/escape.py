"""How many defects got through, judged from a second look at a sample. Numbers in, numbers out.

Records are sorted into strata before the second look, such as by severity of the risk or by task family, and a sample
of each stratum is reviewed again. A share is never 0 for want of data, and never without its upper bound.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from tallystick.stats import distributions
from tallystick.stats.agreement.result import Status
from tallystick.stats.intervals import Interval, clopper_pearson

FINITE_FROM = 0.05  # share of a stratum that was reviewed from which the rest is finite enough to matter
REVIEWS_MAX = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """What was reviewed of one stratum: `defective` of `reviewed` out of `population` records."""

    name: str
    population: int
    reviewed: int
    defective: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Escape:
    """The share of defective records in a stratum, or in all of them together.

    rate       None when `status` is not ok; `reason` then says why
    interval   both limits: exact for a stratum (Clopper-Pearson, or hypergeometric where 5 % or more were reviewed)
    at_most    upper bound alone, at the same confidence: 1 - (1 - confidence)^(1/n) when no defect was found
    expected   defective records among all, at the rate; `expected_at_most` at the bound
    """

    name: str
    population: int
    reviewed: int
    defective: int
    rate: float | None
    status: Status
    reason: str | None
    interval: Interval | None
    at_most: float | None

    @property
    def expected(self) -> float | None:
        """How many defective records the rate stands for."""
        return None if self.rate is None else self.rate * self.population

    @property
    def expected_at_most(self) -> float | None:
        """How many there may be at the bound."""
        return None if self.at_most is None else self.at_most * self.population


@dataclass(frozen=True, slots=True, kw_only=True)
class Escapes:
    """Every stratum, and all of them weighted by their populations."""

    overall: Escape
    strata: tuple[Escape, ...]


def escapes(strata: Sequence[Stratum], *, confidence: float = 0.95) -> Escapes:
    """The escape rate of every stratum and, weighted by population, of all.

    The interval of the weighted sum is built from the strata's own limits (method of variance estimates recovery):
    rate -+ sqrt(sum of (weight (rate - limit))^2). That is no exact interval, but made of exact ones it is a wide one.
    source  Zou and Donner (2008), "Construction of confidence limits about effect measures", Statistics in Medicine 27,
            1693-1702; Newcombe (1998) for one proportion
    raises  ValueError for counts that cannot be, or no stratum at all
    """
    if not strata:
        raise ValueError("An escape rate needs at least one stratum; found none.")
    each = tuple(_of_stratum(stratum, confidence) for stratum in strata)
    return Escapes(overall=_weighted(each, confidence), strata=each)


def escapes_by_kind(
    populations: Mapping[str, int],
    strata: Sequence[str],
    found: Sequence[Collection[str]],
    *,
    confidence: float = 0.95,
) -> dict[str, Escapes]:
    """The rates of every kind of defect, and of "any", from one row for each record that was reviewed again.

    populations  records of each stratum
    strata       the stratum of each reviewed record
    found        the kinds of defect found in it, such as its severities and causes; empty when it was sound
    raises       ValueError for columns of different length or a stratum without a population
    """
    if len(strata) != len(found):
        message = f"Strata and findings must have one length; found {len(strata)} and {len(found)}."
        raise ValueError(message)
    unknown = sorted(set(strata) - set(populations))
    if unknown:
        message = f"Reviewed records stand in strata without a population: {', '.join(unknown)}."
        raise ValueError(message)
    kinds = sorted({kind for row in found for kind in row} - {"any"})
    return {
        kind: escapes(
            [
                Stratum(
                    name=name,
                    population=population,
                    reviewed=sum(one == name for one in strata),
                    defective=sum(
                        one == name and (kind in row or (kind == "any" and bool(row)))
                        for one, row in zip(strata, found, strict=True)
                    ),
                )
                for name, population in populations.items()
            ],
            confidence=confidence,
        )
        for kind in ("any", *kinds)
    }


def reviews_for_bound(
    at_most: float, *, expected: float = 0.0, population: int | None = None, confidence: float = 0.95
) -> int:
    """How many records to review so that the upper bound is `at_most` if defects are no more frequent than expected.

    expected    share that the sample may show; 0 asks how many sound records prove so low a rate
    population  of the stratum, when it is small; reviewing all of it always is enough
    raises      ValueError unless 0 <= expected < at_most < 1
    """
    if not 0 <= expected < at_most < 1:
        message = f"Expected 0 <= expected < at_most < 1; found expected {expected} and at_most {at_most}."
        raise ValueError(message)
    defective, needed = 0, _reviews_allowing(0, at_most, population, confidence=confidence)
    while needed is not None and math.ceil(expected * needed - 1e-9) > defective:
        defective = max(defective + 1, math.floor(expected * needed))
        needed = _reviews_allowing(defective, at_most, population, confidence=confidence)
    if needed is not None:
        return needed
    if population is not None:
        return population
    message = f"More than {REVIEWS_MAX} reviews would be needed: {expected} and {at_most} lie too close."
    raise ValueError(message)


def reviews_for_width(
    half_width: float, *, expected: float, population: int | None = None, confidence: float = 0.95
) -> int:
    """How many records to review so that half the width of the exact interval is no more than this.

    expected    share of defective records that is expected; 0.5 when nothing is known
    population  of the stratum: the number is then n / (1 + (n - 1) / N), which the exact limits come close to
    raises      ValueError unless 0 <= expected <= 1 and 0 < half_width < 0.5
    """
    if not (0 <= expected <= 1 and 0 < half_width < 0.5):
        message = f"Expected 0 <= expected <= 1 and 0 < half_width < 0.5; found {expected} and {half_width}."
        raise ValueError(message)
    needed = _first(lambda n: _width(expected * n, n, confidence) / 2 <= half_width, 1, REVIEWS_MAX)
    if needed is None:
        message = f"More than {REVIEWS_MAX} reviews would be needed for half a width of {half_width}."
        raise ValueError(message)
    return needed if population is None else min(population, math.ceil(needed / (1 + (needed - 1) / population)))


def _of_stratum(stratum: Stratum, confidence: float) -> Escape:
    name, n, found, population = stratum.name, stratum.reviewed, stratum.defective, stratum.population
    if not (0 <= found <= n <= population and population > 0):
        message = (
            f"Expected 0 <= defective <= reviewed <= population and a population above 0 in stratum {name!r};"
            f" found {found} of {n} of {population}."
        )
        raise ValueError(message)
    if n == 0:
        reason = f"Nothing of stratum {name!r} was reviewed again, so nothing is known of it: review some of it."
        return _unknown(name, (population, 0, 0), reason)
    return Escape(
        name=name,
        population=population,
        reviewed=n,
        defective=found,
        rate=found / n,
        status=Status.OK,
        reason=None,
        interval=exact_interval(found, n, population, confidence=confidence),
        at_most=_bound(found, n, population, confidence),
    )


def exact_interval(defective: int, reviewed: int, population: int, *, confidence: float = 0.95) -> Interval:
    """Clopper and Pearson's interval; where 5 % or more of the stratum were reviewed, the same for a finite one:

    all numbers of defective records under which neither tail of the hypergeometric is below (1 - confidence) / 2.
    """
    if reviewed < FINITE_FROM * population:
        return clopper_pearson(defective, reviewed, confidence=confidence)
    tail = (1 - confidence) / 2
    low = population - _most(reviewed - defective, reviewed, population, tail)
    high = _most(defective, reviewed, population, tail)
    return Interval(low=low / population, high=high / population, method="hypergeometric", confidence=confidence)


def _bound(defective: int, reviewed: int, population: int | None, confidence: float) -> float:
    """The upper bound alone."""
    if defective >= reviewed:
        return 1.0
    if population is not None and reviewed >= FINITE_FROM * population:
        return _most(defective, reviewed, population, 1 - confidence) / population
    if defective == 0:
        return -math.expm1(math.log1p(-confidence) / reviewed)
    return distributions.beta_quantile(defective + 1, reviewed - defective, confidence)


def _most(defective: int, reviewed: int, population: int, tail: float) -> int:
    """The most defective records of a stratum under which so few, or fewer, are found with more than this chance."""
    low, high = defective, population - (reviewed - defective) + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _chance_below(defective, reviewed, middle, population) > tail else (low, middle)
    return low


def _chance_below(found: int, reviewed: int, defective: int, population: int) -> float:
    """The hypergeometric chance of so many defective ones, or fewer, among those reviewed."""
    lowest = max(0, reviewed - (population - defective))
    whole = _log_choose(population, reviewed)
    return math.fsum(
        math.exp(_log_choose(defective, k) + _log_choose(population - defective, reviewed - k) - whole)
        for k in range(lowest, min(found, defective) + 1)
    )


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _weighted(strata: tuple[Escape, ...], confidence: float) -> Escape:
    population = sum(one.population for one in strata)
    counts = (population, sum(one.reviewed for one in strata), sum(one.defective for one in strata))
    unseen = [one.name for one in strata if one.rate is None]
    if unseen:
        reason = f"Nothing was reviewed again of {', '.join(unseen)}, so the whole cannot be judged: review some of it."
        return _unknown("all", counts, reason)
    rate = below = above = bound = 0.0
    for one in strata:
        assert one.rate is not None
        assert one.interval is not None
        assert one.at_most is not None
        weight = one.population / population
        rate += weight * one.rate
        below += (weight * (one.rate - one.interval.low)) ** 2
        above += (weight * (one.interval.high - one.rate)) ** 2
        bound += (weight * (one.at_most - one.rate)) ** 2
    interval = Interval(
        low=max(0.0, rate - math.sqrt(below)),
        high=min(1.0, rate + math.sqrt(above)),
        method="variance_recovery",
        confidence=confidence,
    )
    return Escape(
        name="all",
        population=counts[0],
        reviewed=counts[1],
        defective=counts[2],
        rate=rate,
        status=Status.OK,
        reason=None,
        interval=interval,
        at_most=min(1.0, rate + math.sqrt(bound)),
    )


def _unknown(name: str, counts: tuple[int, int, int], reason: str) -> Escape:
    population, reviewed, defective = counts
    return Escape(
        name=name,
        population=population,
        reviewed=reviewed,
        defective=defective,
        rate=None,
        status=Status.TOO_FEW_ITEMS,
        reason=reason,
        interval=None,
        at_most=None,
    )


def _reviews_allowing(defective: int, at_most: float, population: int | None, *, confidence: float) -> int | None:
    """The fewest reviews in which so many defective records still keep the bound."""
    most = REVIEWS_MAX if population is None else population
    return _first(lambda n: _bound(defective, n, population, confidence) <= at_most, max(1, defective), most)


def _width(defective: float, reviewed: int, confidence: float) -> float:
    tail = (1 - confidence) / 2
    sound = reviewed - defective
    low = 0.0 if defective <= 0 else distributions.beta_quantile(defective, sound + 1, tail)
    high = 1.0 if sound <= 0 else distributions.beta_quantile(defective + 1, sound, 1 - tail)
    return high - low


def _first(is_enough: Callable[[int], bool], least: int, most: int) -> int | None:
    """The smallest number that is enough, when more always are too; None when none up to `most` is."""
    high = least
    while not is_enough(high):
        if high >= most:
            return None
        high = min(most, 2 * high)
    low = least - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high
