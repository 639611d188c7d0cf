"""How fast agreement is measured, beside the `krippendorff` package if installed; how often its intervals hold.

Run: .venv/bin/python bench/agree.py [--ratings N] [--coverage]. Reads nothing; prints tables. The peer is no
dependency of ours: without it the comparison is left out and said to be.
"""

import argparse
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module, util
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from tallystick.stats.agreement import measure  # the line above finds it

Column = NDArray[np.int64]
PER_ITEM = 4
CATEGORIES = 5
QUESTIONS = [
    ("percent_agreement", "nominal"),
    ("krippendorff_alpha", "nominal"),
    ("krippendorff_alpha", "ordinal"),
    ("krippendorff_alpha", "interval"),
    ("fleiss_kappa", "nominal"),
    ("gwet_ac1", "nominal"),
    ("conger_kappa", "nominal"),
]


def judgments(ratings: int, raters: int) -> tuple[Column, Column, Column]:
    """Shuffled rows: four judgments an item from a pool of raters, five categories, a third of them noise."""
    chance = np.random.default_rng(1)
    n_items = ratings // PER_ITEM
    step = raters // PER_ITEM
    items = np.repeat(np.arange(n_items), PER_ITEM)
    first = chance.integers(0, raters, n_items)
    judges = (first[:, None] + np.arange(PER_ITEM) * step).ravel() % raters
    truth = np.repeat(chance.integers(0, CATEGORIES, n_items), PER_ITEM)
    is_noise = chance.random(len(truth)) < 1 / 3
    values = np.where(is_noise, chance.integers(0, CATEGORIES, len(truth)), truth)
    order = chance.permutation(len(items))
    return items[order], judges[order], values[order]


def seconds(run: Callable[[], object], *, repeats: int = 3) -> float:
    """The fastest of some runs."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return min(taken)


def of_peer(peer: ModuleType, items: Column, values: Column, *, level: str) -> object:
    """The peer's alpha from counts per item, its fastest way, with the counting that it needs."""
    cells = np.bincount(items * CATEGORIES + values, minlength=(int(items.max()) + 1) * CATEGORIES)
    return peer.alpha(value_counts=cells.reshape(-1, CATEGORIES), level_of_measurement=level)


def compare_sizes(sizes: list[int]) -> None:
    """Our time for every coefficient with 1,000 resamples, and the peer's for alpha without an interval."""
    peer = import_module("krippendorff") if util.find_spec("krippendorff") else None
    if peer is None:
        print("peer: the package krippendorff is not installed here, so there is no comparison")
    for size in sizes:
        items, raters, values = judgments(size, 1000)
        print(f"\n{len(items):,} ratings, {len(items) // PER_ITEM:,} items, 1000 raters")
        for metric, level in QUESTIONS:
            taken = seconds(partial(measure, items, raters, values, metric=metric, level=level))
            line = f"  {metric:20}{level:10}{taken:9.3f} s with 1,000 resamples"
            if peer is not None and metric == "krippendorff_alpha":
                other = seconds(partial(of_peer, peer, items, values, level=level))
                line += f"; peer {other:.3f} s for the value alone, {other / taken:.1f} times ours"
            print(line)
        print(f"  largest memory so far {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def small_calls() -> None:
    """A batch of 20 items by 3 raters in Python lists: what a page asks for each criterion."""
    chance = np.random.default_rng(3)
    items = [f"item {number}" for number in range(20) for _ in range(3)]
    raters = ["a", "b", "c"] * 20
    values = [str(number) for number in chance.integers(1, 4, 60)]
    print("\n20 items by 3 raters")
    for metric, level in QUESTIONS:
        taken = seconds(partial(measure, items, raters, values, metric=metric, level=level), repeats=50)
        print(f"  {metric:20}{level:10}{taken * 1000:9.2f} ms with 1,000 resamples")


def coverage(batches: int) -> None:
    """How often a 95 % interval of a small batch holds the value of the population it was drawn from."""
    print(f"\n95 % intervals, {batches} batches each: share that holds the truth")
    for skew, noise in ((1 / 3, 0.15), (0.8, 0.1), (1 / 3, 0.4)):
        for n_items in (20, 50):
            for metric, raters in (("cohen_kappa", 2), ("krippendorff_alpha", 3), ("gwet_ac1", 3)):
                held, missing = _held(metric, (n_items, raters), (skew, noise), batches)
                print(
                    f"  {metric:20}{n_items:3} items, {raters} raters, top answer {skew:.0%}, noise {noise:.0%}:"
                    f" {held:.1%} (no interval {missing:.1%})"
                )


def _held(metric: str, shape: tuple[int, int], world: tuple[float, float], batches: int) -> tuple[float, float]:
    chance = np.random.default_rng(5)
    n_items, raters = shape
    skew, noise = world

    def draw(n: int) -> tuple[Column, Column, Column]:
        truth = np.where(chance.random(n) < skew, 0, chance.integers(1, 3, n))
        grid = np.repeat(truth[:, None], raters, axis=1)
        grid = np.where(chance.random(grid.shape) < noise, chance.integers(0, 3, grid.shape), grid)
        return np.repeat(np.arange(n), raters), np.tile(np.arange(raters), n), grid.ravel()

    truth = measure(*draw(400_000), metric=metric, draws=100).value
    assert truth is not None
    limits = [measure(*draw(n_items), metric=metric, seed=seed).interval for seed in range(batches)]
    given = [one for one in limits if one is not None]
    return sum(one.low <= truth <= one.high for one in given) / len(given), 1 - len(given) / batches


def main() -> None:
    """The machine first, then what was asked for."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--ratings", type=int, default=10_000_000, help="of the largest table")
    options.add_argument("--coverage", action="store_true", help="also how often intervals hold the truth")
    options.add_argument("--batches", type=int, default=1000, help="for --coverage")
    chosen = options.parse_args()
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}")
    small_calls()
    compare_sizes([size for size in (10_000, 100_000, 1_000_000) if size < chosen.ratings] + [chosen.ratings])
    if chosen.coverage:
        coverage(chosen.batches)


if __name__ == "__main__":
    main()
