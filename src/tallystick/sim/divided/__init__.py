"""Divided items whose cause is known, drawn from a seed by one of three worlds. Reads and writes nothing.

    draw(world, *, items, judgments, seed) -> list[DrawnItem]     the causes in equal shares

`own` has the classifier's own form, `facets` and `cues` do not: their labels come from traits and from cues, and the
rest of the evidence follows from the same people and items. A figure that is good only in `own` says little.
"""

from collections.abc import Callable

import numpy as np

from tallystick.sim.divided import cues, facets, own
from tallystick.sim.divided.drawn import DrawnItem
from tallystick.stats.disagreement import CAUSES, Cause

World = Callable[[Cause, int, np.random.Generator], DrawnItem | None]
WORLDS: dict[str, World] = {"own": own.draw_item, "facets": facets.draw_item, "cues": cues.draw_item}
TRIES_MAX = 10_000

__all__ = ["WORLDS", "DrawnItem", "draw"]


def draw(world: str, *, items: int, judgments: int, seed: int) -> list[DrawnItem]:
    """Items whose labels are divided, with so many judgments each; the five causes take turns.

    raises  ValueError for an unknown world or fewer than two judgments
    """
    if world not in WORLDS or judgments < 2:
        raise ValueError(f"Expected one of {', '.join(WORLDS)} and 2 judgments or more; found {world!r}, {judgments}.")
    chance = np.random.default_rng([seed, judgments, list(WORLDS).index(world)])
    return [_divided(world, CAUSES[number % len(CAUSES)], judgments, chance) for number in range(items)]


def _divided(world: str, cause: Cause, judgments: int, chance: np.random.Generator) -> DrawnItem:
    """Until the labels differ: an item on which all agree is no disagreement."""
    for _ in range(TRIES_MAX):
        found = WORLDS[world](cause, judgments, chance)
        if found is not None:
            return found
    message = f"The world {world!r} does not divide {judgments} judges over {cause}."
    raise AssertionError(message)
