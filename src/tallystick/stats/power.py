"""How many more items would decide a gate. Reads columns given by the caller, writes nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tallystick.stats.agreement.measure import measure_many
from tallystick.stats.agreement.question import METRICS, Question, sums_of
from tallystick.stats.agreement.result import Agreement
from tallystick.stats.agreement.sums import Sums
from tallystick.stats.agreement.table import BadRatings, Floats, Label, Labels, read_table
from tallystick.stats.agreement.uncertainty import seed_number, values
from tallystick.stats.distributions import normal_quantile
from tallystick.stats.intervals import expanded_tail

RULES = ("lower_bound", "estimate")
ITEMS_MAX = 100_000  # nobody judges more to decide one gate
FEW_ITEMS = 200  # up to which the normal formula is checked by simulation
SIMULATED_MAX = 2_000  # items up to which tables are drawn: beyond, the formula is as good, and draws have a bias
STEPS = 12  # of the search between two sizes of which one is too small


class Verdict(StrEnum):
    """Where the judgments stand to the threshold, by their interval."""

    PASSES = "passes"  # the whole interval reaches it
    FAILS = "fails"  # the whole interval lies below it
    UNDECIDED = "undecided"  # it lies inside the interval
    UNDEFINED = "undefined"  # there is no value or no interval to decide by


@dataclass(frozen=True, slots=True, kw_only=True)
class ToDecide:
    """What it takes to know on which side of a threshold agreement lies.

    verdict             by the interval, whatever the rule
    is_met              whether the rule is met now: the lower limit, or the value, reaches the threshold
    items_needed        items in all, judged as often as the present ones, until the interval leaves the threshold out
                        if the value stays as it is: an even chance. None when decided, undefined, or above `ITEMS_MAX`
    items_likely        the same with the chance `power`
    items_more          `items_likely` less the items there are
    judgments_more      the judgments that these take
    method              "normal" for n (z se / distance)^2, "simulation" for few items
    sentence            all of it in words
    """

    rule: str
    threshold: float
    power: float
    value: float | None
    low: float | None
    high: float | None
    n_items: int
    judgments_per_item: float
    verdict: Verdict
    is_met: bool
    items_needed: int | None
    items_likely: int | None
    items_more: int | None
    judgments_more: int | None
    method: str | None
    sentence: str


def items_needed(n_items: int, error: float, distance: float, *, confidence: float = 0.95, power: float = 0.5) -> float:
    """N ((z + z_power) se / |distance|)^2: items until an interval leaves out a value that far from the estimate.

    error, distance  standard error of the estimate from `n_items`; estimate less threshold; infinite at distance 0
    power            the chance that it does; at 0.5 z_power is 0 and this is n (z se / distance)^2
    source           the sample size for a test of one mean, such as Cochran (1977), Sampling Techniques, ch. 4
    """
    if distance == 0:
        return math.inf
    z = normal_quantile(0.5 + confidence / 2) + normal_quantile(power)
    return n_items * (z * error / distance) ** 2


def to_decide(
    items: Labels,
    raters: Labels,
    given: Labels,
    question: Question,
    *,
    threshold: float,
    rule: str = "lower_bound",
    categories: Sequence[Label] | None = None,
    clusters: Labels | None = None,
    confidence: float = 0.95,
    power: float = 0.8,
    seed: int | np.random.Generator = 0,
    draws: int = 1000,
) -> ToDecide:
    """How many items, judged as often as the present ones, would decide a gate.

    Up to 200 items an answer up to 2,000 is simulated: tables of n items are drawn from the present ones, and n is the
    smallest for which the interval leaves the threshold out in a share `power` of them. That needs no normal
    distribution, but it takes the present items to be like those to come.
    rule     "lower_bound": the lower limit must reach the threshold; "estimate": the value must
    raises   BadRatings as `measure` does, and for icc and kendall_w, whose items cannot be drawn anew
    """
    _refuse_odd(question, rule, power)
    number = seed_number(seed)
    found = measure_many(
        items, raters, given, [question], categories=categories, clusters=clusters, confidence=confidence,
        seed=number, draws=draws,
    )[0]  # fmt: skip
    plan = _Plan(found=found, rule=rule, threshold=threshold, power=power, confidence=confidence)
    if plan.verdict is not Verdict.UNDECIDED:
        return plan.answer(None, None, None)
    assert found.value is not None
    distance = found.value - threshold
    even, likely = (
        items_needed(found.n_pairable, found.se or 0.0, distance, confidence=confidence, power=chance)
        for chance in (0.5, power)
    )
    if found.se is not None and (found.n_pairable > FEW_ITEMS or likely > SIMULATED_MAX):
        return plan.answer(even, likely, "normal")
    ratings = read_table(items, raters, given, clusters=clusters).on(categories, question.order)
    world = _World(
        sums=sums_of(ratings, question).without_empty(), value=found.value, seed=number, draws=draws,
        confidence=confidence, threshold=threshold,
    )  # fmt: skip
    units = int(world.sums.weights.sum())
    per_unit = found.n_pairable / units
    even, likely = (
        world.smallest(units, chance, round(2 * SIMULATED_MAX / per_unit)) * per_unit for chance in (0.5, power)
    )
    return plan.answer(even, likely, "simulation")


def _refuse_odd(question: Question, rule: str, power: float) -> None:
    if rule not in RULES:
        raise BadRatings(f"There is no rule {rule!r}: choose one of {', '.join(RULES)}.")
    if not 0.5 <= power < 1:
        raise BadRatings(f"A power lies between 0.5 and 1, such as 0.8; found {power}.")
    if question.metric in METRICS and METRICS[question.metric].build is None:
        raise BadRatings(f"{question.metric} cannot be measured on items drawn anew: choose krippendorff_alpha.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    """Tables drawn from the present items as if these were all there are."""

    sums: Sums
    value: float
    seed: int
    draws: int
    confidence: float
    threshold: float

    def share_decided(self, units: int) -> float:
        """Of tables with so many units, the share whose interval leaves the threshold out.

        A table's limits stand to its value as the percentiles of all such tables stand to the present value.
        """
        stream = np.random.default_rng([self.seed, units])
        weights = self.sums.weights
        drawn: Floats = stream.multinomial(units, weights / weights.sum(), size=self.draws) @ self.sums.features
        found = values(self.sums, drawn)
        defined = found[~np.isnan(found)]
        if not len(defined):
            return 0.0
        tail = expanded_tail(units, confidence=self.confidence)
        low, high = (float(one) for one in np.quantile(defined, [tail, 1 - tail]))
        passes = defined + low - self.value >= self.threshold
        fails = defined + high - self.value < self.threshold
        return float(np.count_nonzero(passes | fails)) / self.draws

    def smallest(self, units: int, chance: float, units_max: int) -> float:
        """The fewest units that decide with this chance; infinite beyond `units_max`."""
        below, above = units, 2 * units
        while self.share_decided(above) < chance:
            if above >= units_max:
                return math.inf
            below, above = above, min(2 * above, units_max)
        for _ in range(STEPS):
            middle = (below + above) // 2
            if middle in {below, above}:
                break
            below, above = (below, middle) if self.share_decided(middle) >= chance else (middle, above)
        return above


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    found: Agreement
    rule: str
    threshold: float
    power: float
    confidence: float

    @property
    def verdict(self) -> Verdict:
        limits = self.found.interval
        if self.found.value is None or limits is None:
            return Verdict.UNDEFINED
        if limits.low >= self.threshold:
            return Verdict.PASSES
        return Verdict.FAILS if limits.high < self.threshold else Verdict.UNDECIDED

    @property
    def is_met(self) -> bool:
        found = self.found
        decisive = found.value if self.rule == "estimate" else found.interval.low if found.interval else None
        return decisive is not None and decisive >= self.threshold

    def answer(self, even: float | None, likely: float | None, method: str | None) -> ToDecide:
        found = self.found
        per_item = found.n_judgments / max(1, found.n_items)
        needed, wanted = (
            None if one is None or one > ITEMS_MAX else max(found.n_pairable + 1, math.ceil(one))
            for one in (even, likely)
        )
        more = None if wanted is None else wanted - found.n_pairable
        judgments = None if more is None else math.ceil(more * per_item)
        return ToDecide(
            rule=self.rule,
            threshold=self.threshold,
            power=self.power,
            value=found.value,
            low=found.interval.low if found.interval else None,
            high=found.interval.high if found.interval else None,
            n_items=found.n_pairable,
            judgments_per_item=per_item,
            verdict=self.verdict,
            is_met=self.is_met,
            items_needed=needed,
            items_likely=wanted,
            items_more=more,
            judgments_more=judgments,
            method=method,
            sentence=self._sentence(more, judgments, per_item),
        )

    def _sentence(self, more: int | None, judgments: int | None, per_item: float) -> str:
        found, limits = self.found, self.found.interval
        if found.value is None or limits is None:
            reason = found.reason or found.interval_reason
            return f"There is nothing to decide by: {reason}"
        where = f"{found.value:.3f} ({limits.low:.3f} to {limits.high:.3f}, {self.confidence:.0%})"
        if self.verdict is Verdict.PASSES:
            return f"Agreement {where} reaches {self.threshold:.3f} with its whole interval: no more items are needed."
        if self.verdict is Verdict.FAILS:
            return f"Agreement {where} lies below {self.threshold:.3f} with its whole interval: more items do not help."
        if more is None:
            return (
                f"Agreement {where} cannot be decided at this distance from {self.threshold:.3f}: more than"
                f" {ITEMS_MAX:,} items would be needed. Look at why raters differ, or decide by something else."
            )
        side = "reach" if found.value >= self.threshold else "miss"
        return (
            f"Agreement {where} is undecided at {self.threshold:.3f}: about {more:,} more items with {judgments:,}"
            f" judgments would {side} it with a chance of {self.power:.0%}, if agreement and {per_item:.1f} judgments"
            " an item stay as they are."
        )
