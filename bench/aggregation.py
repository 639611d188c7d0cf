"""How fast a consensus is found and how good it is, beside crowd-kit if a Python with it is named.

Run: .venv/bin/python bench/aggregation.py [--peers PYTHON] [--ratings N ...] [--data DIR] [--coverage]. Prints CPU
seconds, which waiting for others does not change, of this process and of the peer's, on the same judgments in the same
run. Without a peer, or without the real data, that part is left out and said to be.
"""

import argparse
import gzip
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from tallystick.stats.aggregation import Consensus, dawid_skene, glad, mace, majority, one_coin  # found by the above
from tallystick.stats.intervals import wilson

Column = NDArray[np.int64]
PEER = Path(__file__).parent / "stand" / "crowd_kit.py"
DATA = Path(__file__).parents[2] / "shared" / "data"
PER_ITEM = 5
CATEGORIES = 5
SHARES = (0.3, 0.25, 0.2, 0.15, 0.1)
METHODS: dict[str, Callable[..., Consensus]] = {
    "majority": majority,
    "one_coin": one_coin,
    "dawid_skene": dawid_skene,
    "mace": mace,
    "glad": glad,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One comparison with the peer: what ours is asked, and how many iterations the peer gets (0: its own stop)."""

    method: str
    options: dict[str, float | int]
    steps: int
    largest: int  # ratings beyond which the peer takes too long
    more_steps: int = 0  # at a million ratings, where EM takes longer to arrive

    def steps_at(self, ratings: int) -> int:
        """Iterations that the peer gets on so many ratings."""
        return self.more_steps if self.more_steps and ratings >= 1_000_000 else self.steps


TASKS = (
    Task(method="majority", options={}, steps=0, largest=1_000_000),
    Task(method="dawid_skene", options={}, steps=0, largest=1_000_000),
    Task(method="dawid_skene", options={"smoothing": 1e-6}, steps=200, largest=1_000_000, more_steps=1200),
    Task(method="one_coin", options={"smoothing": 0.0}, steps=60, largest=10_000),
    Task(method="mace", options={"restarts": 1}, steps=50, largest=1_000_000),
    Task(method="glad", options={}, steps=30, largest=10_000),
)


def judgments(ratings: int) -> tuple[Column, Column, Column, Column]:
    """Shuffled rows of items, raters and values, and the truth of each item.

    Five judgments an item, five categories, a thousand judgments a rater, who are right three times in four on average.
    Raters and values are named in the order in which they appear: see stand/crowd_kit.py.
    """
    chance = np.random.default_rng(1)
    n_items, n_raters = ratings // PER_ITEM, max(20, ratings // 1000)
    truth = chance.choice(CATEGORIES, n_items, p=SHARES)
    skill = chance.beta(8, 3, n_raters)
    items = np.repeat(np.arange(n_items), PER_ITEM)
    first = chance.integers(0, n_raters, n_items)
    raters = (first[:, None] + np.arange(PER_ITEM) * (n_raters // PER_ITEM)).ravel() % n_raters
    wrong = (truth[items] + chance.integers(1, CATEGORIES, len(items))) % CATEGORIES
    values = np.where(chance.random(len(items)) < skill[raters], truth[items], wrong)
    order = chance.permutation(len(items))
    names, value_names = _appearing(raters[order]), _appearing(values[order])
    return items[order], names[raters[order]], value_names[values[order]], value_names[truth]


def _appearing(column: Column) -> Column:
    """For each code its number in order of appearance."""
    codes, places = np.unique(column, return_index=True)
    names = np.zeros(int(codes.max()) + 1, dtype=np.int64)
    names[codes[np.argsort(places)]] = np.arange(len(codes))
    return names


def timed(run: Callable[[], Consensus]) -> tuple[float, Consensus]:
    """CPU seconds and the answer."""
    start = time.process_time()
    found = run()
    return time.process_time() - start, found


def compare_sizes(sizes: list[int], python: str | None, *, is_whole: bool) -> None:
    """Every task at every size, with the peer's time and how far its posteriors are from ours."""
    for size in sizes:
        items, raters, values, truth = judgments(size)
        print(f"\n{size:,} ratings, {len(truth):,} items, {int(raters.max()) + 1:,} raters, {CATEGORIES} categories")
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "judgments.npz"
            np.savez(source, items=items, raters=raters, values=values)
            for task in TASKS:
                taken, found = timed(partial(METHODS[task.method], items, raters, values, **task.options))
                line = f"  {task.method:12}{taken:9.3f} s, {_ended(found)}, accuracy {_accuracy(found, truth):.4f}"
                if python and (size <= task.largest or is_whole):
                    line += _beside(python, source, task, (taken, found, truth))
                print(line, flush=True)
        print(f"  largest memory so far {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def _ended(found: Consensus) -> str:
    if found.converged is None:
        return "no iteration"
    return f"{found.iterations} iterations, {'converged' if found.converged else 'NOT CONVERGED'}"


def _accuracy(found: Consensus, truth: Column) -> float:
    labels = found.labels or ()
    return float(np.mean([label == str(right) for label, right in zip(labels, truth.tolist(), strict=True)]))


def _beside(python: str, source: Path, task: Task, ours: tuple[float, Consensus, Column]) -> str:
    """What crowd-kit takes on the same judgments, and where it ends."""
    taken, found, truth = ours
    target = source.with_name("posteriors.npz")
    iterations = task.steps_at(int(np.load(source)["items"].size))
    command = [python, str(PEER), str(source), str(target), task.method, str(iterations)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    theirs = np.load(target)["posteriors"]
    assert found.posteriors is not None
    right = float(np.mean(theirs.argmax(axis=1) == truth))
    gap = np.abs(theirs - found.posteriors)
    steps = f"{answer['iterations']} iterations" + ("" if task.steps else " (its own stop)")
    words = (
        f"\n      crowd-kit {answer['seconds']:9.3f} s, {steps}, accuracy {right:.4f}:"
        f" {answer['seconds'] / taken:.0f} times ours"
    )
    if task.method == "majority":
        return words
    return words + f"; posteriors differ by {gap.max():.1e} at most, {gap.sum(axis=1).mean() / 2:.1e} on average"


def real_data(folder: Path) -> None:
    """Accuracy of every method against gold, with Wilson's interval."""
    path = folder / "crowd_gold_time"
    if not path.is_dir():
        print(f"\nreal data: {path} is not there, so there is no accuracy against gold")
        return
    for domain in ("SP_amt", "CF_amt"):
        gold = _gold(path, domain)
        columns = _columns(path, set(gold))
        print(f"\n{domain}: {len(columns[0]):,} judgments of {len(gold)} items with gold")
        for name, method in METHODS.items():
            taken, found = timed(partial(method, *columns, may_repeat=True))
            labels = dict(zip(found.items, found.labels or (), strict=True))
            right = sum(labels[item] == label for item, label in gold.items())
            limits = wilson(right, len(gold))
            print(
                f"  {name:12} right {right / len(gold):.4f} ({limits.low:.4f} to {limits.high:.4f}), ties"
                f" {found.n_ties}, {_ended(found)}, {taken:.3f} s, Brier {_brier(found, gold):.4f}"
            )


def _brier(found: Consensus, gold: dict[str, str]) -> float:
    """The mean squared distance of a posterior from the gold label: 0 is perfect, 2 certain and wrong."""
    assert found.posteriors is not None
    truth = np.zeros(found.posteriors.shape)
    places = [found.categories.index(gold[str(item)]) for item in found.items]
    truth[np.arange(len(places)), places] = 1
    return float(np.square(found.posteriors - truth).sum(axis=1).mean())


def _gold(folder: Path, domain: str) -> dict[str, str]:
    """The gold label of each item of one domain."""
    with gzip.open(folder / "items.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return {row["id"]: row["gold"]["label"] for row in rows if row["domain"] == domain}


def _columns(folder: Path, items: set[str]) -> tuple[list[str], list[str], list[str]]:
    """Items, raters and values of the judgments of some items."""
    with gzip.open(folder / "judgments.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    ours = [row for row in rows if row["item_id"] in items]
    return (
        [row["item_id"] for row in ours],
        [row["rater_id"] for row in ours],
        [row["values"]["label"] for row in ours],
    )


def coverage(worlds: int) -> None:
    """How often a 95 % interval of a rater's accuracy holds the share that the rater was really right."""
    print(f"\n95 % intervals of a rater's accuracy, {worlds} worlds each: share that holds the chance of being right")
    for n_items, per_item in ((100, 3), (100, 5), (400, 3), (400, 5)):
        held = {"one_coin": [0, 0], "dawid_skene": [0, 0], "mace": [0, 0]}
        for world in range(worlds):
            columns, skill = _world(n_items, per_item, seed=world)
            for name, counts in held.items():
                found = METHODS[name](*columns, **({"restarts": 1} if name == "mace" else {}))
                assert found.skills is not None
                target = skill if name != "mace" else (skill - 1 / 3) / (1 - 1 / 3)
                for place, rater in enumerate(found.raters):
                    limits = found.skills.interval(place)
                    if limits is not None:
                        counts[0] += limits.low <= target[int(rater)] <= limits.high
                        counts[1] += 1
        shares = ", ".join(f"{name} {inside / given:.1%}" for name, (inside, given) in held.items())
        print(f"  {n_items} items, {per_item} judgments each by 10 raters: {shares}")


def _world(n_items: int, per_item: int, *, seed: int) -> tuple[tuple[Column, Column, Column], NDArray[np.float64]]:
    chance = np.random.default_rng(seed)
    skill = chance.uniform(0.6, 0.95, 10)
    truth = chance.integers(0, 3, n_items)
    raters = np.stack([chance.permutation(10)[:per_item] for _ in range(n_items)]).ravel()
    items = np.repeat(np.arange(n_items), per_item)
    wrong = (truth[items] + chance.integers(1, 3, len(items))) % 3
    return (items, raters, np.where(chance.random(len(items)) < skill[raters], truth[items], wrong)), skill


def main() -> None:
    """The machine first, then what was asked for."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--peers", help="a Python that has crowd-kit")
    options.add_argument("--ratings", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    options.add_argument("--whole", action="store_true", help="every comparison at every size, which takes hours")
    options.add_argument("--data", type=Path, default=DATA, help="the folder of the real data")
    options.add_argument("--coverage", action="store_true", help="also how often intervals hold the truth")
    chosen = options.parse_args()
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}, Python {platform.python_version()}, numpy {np.__version__}")
    if not chosen.peers:
        print("peer: name a Python that has crowd-kit with --peers, or there is no comparison")
    real_data(chosen.data)
    compare_sizes(chosen.ratings, chosen.peers, is_whole=chosen.whole)
    if chosen.coverage:
        coverage(200)


if __name__ == "__main__":
    main()
