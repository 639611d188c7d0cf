"""A drawn item and what the three worlds share: names of raters, groups and labels. Reads and writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tallystick.stats.disagreement import Cause, Evidence

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]
Chance = np.random.Generator
AXES = {"region": 2, "generation": 2}  # axis: groups
CRITERIA = ("accuracy", "completeness", "safety", "tone")
RETEST_SHARE = 0.15  # of judgments, as the retest literature advises


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnItem:
    """What a classifier may see, and the cause that it may not."""

    evidence: Evidence
    cause: Cause


def rater(number: int) -> str:
    """The name of a rater of this item."""
    return f"r{number:02}"


def labels_of(codes: Codes) -> dict[str, str]:
    """Codes as labels, by rater."""
    return {rater(number): str(code) for number, code in enumerate(codes)}


def scale(size: int) -> tuple[str, ...]:
    """The labels of a scale."""
    return tuple(str(number) for number in range(size))


def draw_groups(judgments: int, chance: Chance) -> dict[str, Codes]:
    """A group for each rater on each axis, as even as the number allows: work is spread over groups."""
    return {axis: chance.permutation(np.arange(judgments) % size) for axis, size in AXES.items()}


def named_groups(groups: Mapping[str, Codes]) -> dict[str, dict[str, str]]:
    """The same as evidence has it."""
    return {axis: {rater(number): f"{axis}-{code}" for number, code in enumerate(codes)}
            for axis, codes in groups.items()}  # fmt: skip


def retested(judgments: int, chance: Chance) -> list[int]:
    """Which raters are asked again, blind."""
    return np.flatnonzero(chance.random(judgments) < RETEST_SHARE).tolist()


def majority_of(codes: Codes, size: int) -> int:
    """The commonest code, the first of several."""
    return int(np.argmax(np.bincount(codes, minlength=size)))


def pick(shares: Numbers | Sequence[float], chance: Chance) -> int:
    """A place with this probability."""
    return int(chance.choice(len(shares), p=np.asarray(shares) / np.sum(shares)))


def soft(scores: Numbers) -> Numbers:
    """Probabilities that are proportional to the exponentials."""
    found: Numbers = np.exp(scores - scores.max())
    found /= found.sum()
    return found


def logistic(value: float) -> float:
    """From log-odds to a probability."""
    return float(1 / (1 + np.exp(-value)))


def draw_flags(judgments: int, centre: float, spread: float, chance: Chance) -> dict[str, bool]:
    """Who says that context is missing, each with an inclination of their own, given in log-odds."""
    inclined = chance.normal(centre, spread, judgments)
    return {rater(number): bool(chance.random() < logistic(odds)) for number, odds in enumerate(inclined)}


def noisy_rate(rate: float, chance: Chance, *, gold: int = 25) -> float:
    """An error rate as so many gold items show it, drawn towards a pool's .15 by four imagined ones."""
    return float((chance.binomial(gold, rate) + 0.6) / (gold + 4))
