"""What the decision rule of a rubric does on so many gold items: both error rates, and how many it needs. Pure."""

from functools import lru_cache
from typing import Final

from tallystick.flow.rubric.model import Qualification
from tallystick.stats.qualification import QualificationRule, rule, smallest_rule

GOLD_MAX: Final = 100
"""Gold items that one attempt asks for at most."""
POWER_MIN: Final = 0.90
"""The share of experts of the target accuracy whom a qualification should let pass."""


ENDS: Final = (1e-7, 1 - 1e-7)
"""Shares of nothing and of everything are kept this near to 0 and 1, for which there are no odds."""


@lru_cache(maxsize=1024)
def rule_on(asked: Qualification, items: int) -> QualificationRule | None:
    """The decision rule on so many gold items; None when no pass mark on them keeps the risk."""
    return rule(items, *_accuracies(asked), alpha=float(asked.alpha))


@lru_cache(maxsize=256)
def enough(asked: Qualification) -> QualificationRule | None:
    """The rule with the fewest gold items, of as many as are asked for or more, that lets nine in ten experts pass.

    None when no attempt can be that long: chance and target lie too close.
    """
    chance, target = _accuracies(asked)
    try:
        return smallest_rule(
            chance, target, alpha=float(asked.alpha), power=POWER_MIN, least=asked.gold_min, most=GOLD_MAX
        )
    except ValueError:
        return None


def _accuracies(asked: Qualification) -> tuple[float, float]:
    least, most = ENDS
    return max(least, float(asked.chance)), min(most, float(asked.target))
