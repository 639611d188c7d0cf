"""How often adjudicators decided otherwise than those who had judged: by expert, criterion and domain. Pure.

A row is a judgment whose case was settled. Whoever abstained or lacked context is not overturned: they stand apart.
A preserved case overturns nobody. Overturned is not the same as wrong: it says where experts and adjudicators part.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tallystick.signals import shape
from tallystick.stats.rates import COUNT_MIN, Rate, rates

EXPERT, CRITERION, DOMAIN = "expert", "criterion", "domain"
AXES: Final = (EXPERT, CRITERION, DOMAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One judgment of a case that was settled.

    settled   the adjudicator's verdict
    criteria  what the decision turned on
    """

    item: str
    domain: str
    expert: str
    verdict: str
    settled: str
    criteria: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overturns:
    """Overturn rates. A group with fewer than `count_min` rows has an interval and no share.

    by_criterion   a case that turned on two criteria counts under both
    by_both        (expert, criterion): drawn towards what others show on the same criterion
    abstained      expert: judgments of settled cases in which they did not decide
    """

    by_expert: tuple[Rate, ...]
    by_criterion: tuple[Rate, ...]
    by_domain: tuple[Rate, ...]
    by_both: tuple[Rate, ...]
    abstained: dict[str, int]
    cases: int
    count_min: int


def is_overturned(verdict: str, settled: str) -> bool | None:
    """Whether the decision points another way; None for a judgment that did not decide. How clearly is no matter."""
    given = shape.direction(verdict)
    return None if given is None else given != shape.direction(settled)


def overturns(decided: Iterable[Decided], *, count_min: int = COUNT_MIN) -> Overturns:
    """The rates of one programme, or of any part of it."""
    rows = [(one, is_overturned(one.verdict, one.settled)) for one in decided]
    spread = [(one, name, over) for one, over in rows for name in one.criteria]
    experts = [one.expert for one, _ in rows]
    outcomes = [_number(over) for _, over in rows]
    spread_outcomes = [_number(over) for _, _, over in spread]
    criteria = [name for _, name, _ in spread]
    return Overturns(
        by_expert=_rates({EXPERT: experts}, outcomes, pooled_over=EXPERT, count_min=count_min),
        by_domain=_rates({DOMAIN: [one.domain for one, _ in rows]}, outcomes, pooled_over=None, count_min=count_min),
        by_criterion=_rates({CRITERION: criteria}, spread_outcomes, pooled_over=None, count_min=count_min),
        by_both=_rates(
            {EXPERT: [one.expert for one, _, _ in spread], CRITERION: criteria}, spread_outcomes, pooled_over=EXPERT,
            count_min=count_min,
        ),
        abstained=dict(sorted(Counter(one.expert for one, over in rows if over is None).items())),
        cases=len({one.item for one, _ in rows}),
        count_min=count_min,
    )  # fmt: skip


def by_expert(decided: Iterable[Decided], *, count_min: int = COUNT_MIN) -> tuple[Rate, ...]:
    """The rates of experts alone, as `overturns` has them."""
    rows = list(decided)
    outcomes = [_number(is_overturned(one.verdict, one.settled)) for one in rows]
    return _rates({EXPERT: [one.expert for one in rows]}, outcomes, pooled_over=EXPERT, count_min=count_min)


def _number(over: bool | None) -> float | None:
    return None if over is None else float(over)


def _rates(
    by: dict[str, Sequence[str]] | dict[str, list[str]], outcomes: list[float | None], *, pooled_over: str | None,
    count_min: int,
) -> tuple[Rate, ...]:  # fmt: skip
    return rates(by, outcomes, pooled_over=pooled_over, count_min=count_min) if outcomes else ()
