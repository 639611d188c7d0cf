"""What the decision rule of a rubric does on so many gold items, and which of them an attempt takes. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
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


def drawn(asked: Qualification, ways: Sequence[str | None]) -> list[int]:
    """The places of the gold items that an attempt takes, of those in an order of somebody's own.

    Whoever always answers alike must fail, or the stated risk would not be that of somebody who does not read. So fewer
    items are right with one and the same verdict than are needed to pass. Where there are enough others for nine in ten
    experts to pass, one verdict is right no more often than chance is said to be.

    ways     by item, the verdict that is right; None where that names a candidate, whose places are everybody's own
    returns  nothing where no attempt of as many items as the rubric asks for is such
    """
    items, most = _size(asked, tuple(Counter(ways).items()))
    had, taken = Counter[str](), list[int]()
    for place, way in enumerate(ways):
        if way is not None:
            had[way] += 1
        if way is None or had[way] <= most:
            taken.append(place)
    return taken[:items]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """What attempts can be drawn from the gold items of a signal.

    items     how many items one has; 0 where whoever always answers alike would pass every one
    verdicts  those that enough items have then, the most frequent one first: more of them help nothing
    more      how many more with other verdicts are needed then at least
    kinds     how many verdicts the items have then; more than there are where none but further ones help
    """

    items: int
    verdicts: tuple[str, ...] = ()
    more: int = 0
    kinds: int = 0


def draw(asked: Qualification, counts: Mapping[str | None, int]) -> Draw:
    """What can be drawn from at least as many gold items as the rubric asks for.

    Where nothing can, what is missing is worked out over the verdicts that are there, and over further ones only where
    no number of those is enough: whoever does what is said, as often as it is said, comes to an end.

    counts  by verdict how many items there are; None as for `drawn`
    """
    items, _ = _size(asked, tuple(counts.items()))
    known = {way: number for way, number in counts.items() if way is not None and number}
    if items or not known or asked.gold_min > GOLD_MAX:
        return Draw(items=items)
    free = counts.get(None, 0)
    lacks = [(asked.gold_min, asked.gold_min, 0)]
    for number, most in _mixed(asked):
        room = sum(min(one, most) for one in known.values())
        # Items whose right answer has no fixed verdict have no limit: more of them help where there are some.
        kinds = len(known) if free else max(len(known), -(-number // most))
        lacks.append((kinds, number - free - room, most))
    kinds, more, most = min(lacks)
    ranked = sorted(known, key=lambda way: (-known[way], way))
    full = tuple(way for way in ranked if known[way] >= most)
    return Draw(items=0, verdicts=full or (ranked[0],), more=max(more, kinds - len(known)), kinds=kinds)


def kinds_needed(asked: Qualification) -> int | None:
    """The fewest verdicts that gold items need so that an attempt can be drawn that no one answer passes.

    None where no number of verdicts is enough, or no attempt of the size asked for keeps the risk.
    """
    return min((-(-number // most) for number, most in _mixed(asked)), default=None)


@lru_cache(maxsize=256)
def _mixed(asked: Qualification) -> tuple[tuple[int, int], ...]:
    """Each size that an attempt may have, and how many of its items may be right with the same verdict: at least 1."""
    rules = ((items, rule_on(asked, items)) for items in range(asked.gold_min, GOLD_MAX + 1))
    return tuple((items, found.pass_at - 1) for items, found in rules if found is not None and found.pass_at > 1)


@lru_cache(maxsize=1024)
def _size(asked: Qualification, counts: tuple[tuple[str | None, int], ...]) -> tuple[int, int]:
    """How many items an attempt takes, and how many of them may be right with the same verdict; 0 of each for none."""
    available, good = min(sum(number for _, number in counts), GOLD_MAX), enough(asked)
    for is_even, least in ((True, good.n if good else GOLD_MAX + 1), (False, asked.gold_min)):
        for items in range(available, least - 1, -1):
            found = rule_on(asked, items)
            if found is None:
                continue
            most = min(found.pass_at - 1, int(Fraction(asked.chance) * items)) if is_even else found.pass_at - 1
            room = sum(number if way is None else min(number, most) for way, number in counts)
            if room >= items:
                return items, most
    return 0, 0


def _accuracies(asked: Qualification) -> tuple[float, float]:
    least, most = ENDS
    return max(least, float(asked.chance)), min(most, float(asked.target))
