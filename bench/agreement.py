"""How fast agreement is measured, beside public packages on the same data; how often its intervals hold the truth.

Run: .venv/bin/python bench/agreement.py [--peers PYTHON] [--sizes N,N] [--coverage]. Writes a temporary folder only.
Peers are no dependencies of ours: PYTHON is an interpreter with krippendorff, irrCAC, statsmodels, crowd-kit.
"""

import argparse
import json
import os
import platform
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

from tallystick.stats.agreement import Question, measure, measure_many  # the line above finds it

Column = NDArray[np.int64]
PER_ITEM = 4
CATEGORIES = 5
RATERS = 1000
FIVE = ("percent_agreement", "krippendorff_alpha", "fleiss_kappa", "gwet_ac1", "brennan_prediger")
ALL_SEVEN = "five coefficients, ordinal and interval alpha"
NOMINAL = "nominal alpha"
ORDINAL = "ordinal alpha"
FLEISS = "Fleiss' kappa"
RESAMPLED = "nominal alpha with 1,000 item resamples"
TASKS = {
    ALL_SEVEN: [
        *(Question(metric=name) for name in FIVE),
        *(Question(metric="krippendorff_alpha", level=level) for level in ("ordinal", "interval")),
    ],
    NOMINAL: [Question(metric="krippendorff_alpha")],
    ORDINAL: [Question(metric="krippendorff_alpha", level="ordinal")],
    FLEISS: [Question(metric="fleiss_kappa")],
    RESAMPLED: [Question(metric="krippendorff_alpha")],
}
PLAIN = {NOMINAL, ORDINAL, FLEISS}  # with the analytic interval: peers give the value alone, or that
PEERS = Path(__file__).parent / "peers" / "agreement.py"


def judgments(ratings: int) -> tuple[Column, Column, Column]:
    """Shuffled rows: four judgments an item from a pool of raters, five categories, a third of them noise."""
    chance = np.random.default_rng(1)
    n_items = ratings // PER_ITEM
    items = np.repeat(np.arange(n_items), PER_ITEM)
    first = chance.integers(0, RATERS, n_items)
    judges = (first[:, None] + np.arange(PER_ITEM) * (RATERS // PER_ITEM)).ravel() % RATERS
    truth = np.repeat(chance.integers(0, CATEGORIES, n_items), PER_ITEM)
    is_noise = chance.random(len(truth)) < 1 / 3
    values = np.where(is_noise, chance.integers(0, CATEGORIES, len(truth)), truth)
    order = chance.permutation(len(items))
    return items[order], judges[order], values[order]


def peak_mb() -> float:
    """The most memory that this process has held since `forget_peak`."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def forget_peak() -> float:
    """Start to watch the memory anew; what is held now."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_mb()


def ours(folder: Path) -> None:
    """In a process of its own: every task on the columns of a folder, one line of JSON each."""
    items, raters, values = (np.load(folder / f"{name}.npy") for name in ("items", "raters", "values"))
    for task, questions in TASKS.items():
        before = forget_peak()
        ci = "analytic" if task in PLAIN else "bootstrap"
        taken = []
        value = None
        for _ in range(5 if len(items) > 10**6 else 15):
            start = time.process_time()
            value = measure_many(items, raters, values, questions, ci=ci)[0].value
            taken.append(time.process_time() - start)
        line = {"task": task, "who": "ours", "cpu_s": min(taken), "value": value}
        print(json.dumps({**line, "peak_mb": peak_mb(), "extra_mb": peak_mb() - before}), flush=True)


def lines_of(command: list[str]) -> list[dict[str, str | float | None]]:
    """What a child process printed; a child that fails is shown and stops the comparison."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def compare(size: int, peers: str | None) -> None:
    """Our CPU time and memory for one size, and every peer's on the same rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for label, column in zip(("items", "raters", "values"), judgments(size), strict=True):
            np.save(folder / f"{label}.npy", column)
        found = lines_of([sys.executable, __file__, "--child", name])
        if peers:
            found += lines_of([peers, str(PEERS), name])
        # Ours once more after the peers: the machine may have been busier or less busy then.
        again = lines_of([sys.executable, __file__, "--child", name]) if peers else []
    print(f"\n{size:,} ratings, {size // PER_ITEM:,} items, {RATERS} raters, rows shuffled; CPU seconds, best of some")
    for task in TASKS:
        times = [float(line["cpu_s"] or 0) for line in found + again if line["task"] == task and line["who"] == "ours"]
        mine = next(line for line in found if line["task"] == task)
        extra, peak = float(mine["extra_mb"] or 0), float(mine["peak_mb"] or 0)
        shown = " and ".join(f"{one:.4f}" for one in times)
        memory = f"{extra:.0f} MB more than the data, {peak:.0f} MB in all"
        way = "analytic interval" if task in PLAIN else "1,000 resamples each"
        print(f"  {task}: ours {shown} s with {way}; {memory}")
        for line in found:
            if line["task"] == task and line["who"] != "ours":
                show_peer(line, times)


def show_peer(line: dict[str, str | float | None], ours_s: list[float]) -> None:
    """One peer's time as a ratio to the slower and the faster of ours."""
    if line["cpu_s"] is None:
        print(f"    {line['who']:34}{line['note']}")
        return
    taken = float(line["cpu_s"])
    ratios = " to ".join(f"{taken / one:,.1f}" for one in sorted(ours_s, reverse=True))
    note = f"; {line['note']}" if line.get("note") else ""
    print(f"    {line['who']:34}{taken:10.4f} s, {float(line['extra_mb'] or 0):5.0f} MB: {ratios} times ours{note}")


def small_calls() -> None:
    """A batch of 20 items by 3 raters in Python lists: what a page asks for each criterion."""
    chance = np.random.default_rng(3)
    items = [f"item {number}" for number in range(20) for _ in range(3)]
    raters = ["a", "b", "c"] * 20
    values = [str(number) for number in chance.integers(1, 4, 60)]
    print("\n20 items by 3 raters, with 1,000 resamples")
    metrics = (*FIVE, "conger_kappa")
    for metric in metrics:
        print(f"  {metric:24}{cpu_ms(partial(measure, items, raters, values, metric=metric)):7.2f} ms")
    asked = [Question(metric=metric) for metric in metrics]
    print(f"  {'all six at once':24}{cpu_ms(partial(measure_many, items, raters, values, asked)):7.2f} ms")


def cpu_ms(run: Callable[[], object]) -> float:
    """The fastest of fifty runs in CPU milliseconds."""
    taken = []
    for _ in range(50):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return min(taken) * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Items whose raters see the right answer through noise.

    shares   of each right answer, in the order of the scale
    noise    share of judgments that are drawn anew: evenly, or around the right answer when `is_ordered`
    missing  share of judgments that were not made
    """

    name: str
    raters: int
    shares: tuple[float, ...]
    noise: float
    missing: float = 0.0
    is_ordered: bool = False

    def draw(self, n: int, chance: np.random.Generator) -> tuple[Column, Column, Column]:
        """A table of n items in long form."""
        size = len(self.shares)
        truth = chance.choice(size, size=n, p=self.shares)
        grid = np.repeat(truth[:, None], self.raters, axis=1)
        if self.is_ordered:
            grid = np.clip(np.rint(grid + chance.normal(0, self.noise, grid.shape)), 0, size - 1).astype(np.int64)
        else:
            grid = np.where(chance.random(grid.shape) < self.noise, chance.integers(0, size, grid.shape), grid)
        items, raters = np.nonzero(chance.random(grid.shape) >= self.missing)
        return items, raters, grid[items, raters]


THIRDS = (1 / 3, 1 / 3, 1 / 3)
SKEWED = (0.5, 0.3, 0.2)
STEPS = (0.1, 0.2, 0.4, 0.2, 0.1)
POPULATIONS = [
    Population(name="2 raters, three answers alike, 15 % noise", raters=2, shares=THIRDS, noise=0.15),
    Population(name="2 raters, one answer has 90 %, 10 % noise", raters=2, shares=(0.9, 0.1), noise=0.1),
    Population(name="3 raters, three answers alike, 40 % noise", raters=3, shares=THIRDS, noise=0.4),
    Population(name="3 raters, one answer has 80 %, 10 % noise", raters=3, shares=(0.8, 0.1, 0.1), noise=0.1),
    Population(name="5 raters, a third missing, 20 % noise", raters=5, shares=SKEWED, noise=0.2, missing=1 / 3),
    Population(name="4 raters, five steps, one step of noise", raters=4, shares=STEPS, noise=1.0, is_ordered=True),
]
ASKED = {
    "percent": Question(metric="percent_agreement"),
    "Cohen": Question(metric="cohen_kappa"),
    "Cohen, linear": Question(metric="cohen_kappa", weights="linear"),
    "Cohen, quadratic": Question(metric="cohen_kappa", weights="quadratic"),
    "Scott": Question(metric="scott_pi"),
    "Conger": Question(metric="conger_kappa"),
    "Fleiss": Question(metric="fleiss_kappa"),
    "Fleiss, Gwet's for missing": Question(metric="fleiss_kappa_gwet_missing"),
    "Brennan-Prediger": Question(metric="brennan_prediger"),
    "AC1": Question(metric="gwet_ac1"),
    "AC2, ordinal": Question(metric="gwet_ac2", weights="gwet_ordinal"),
    "AC2, quadratic": Question(metric="gwet_ac2", weights="quadratic_value"),
    "alpha": Question(metric="krippendorff_alpha"),
    "alpha, ordinal": Question(metric="krippendorff_alpha", level="ordinal"),
    "alpha, interval": Question(metric="krippendorff_alpha", level="interval"),
    "ICC(A,1)": Question(metric="icc", form="icc_A1"),
}
ITEMS = (50, 200, 1000)
TRUTH_ITEMS = 1_000_000


def asked_of(population: Population) -> dict[str, Question]:
    """The coefficients that are defined for a population."""
    return {
        name: asked
        for name, asked in ASKED.items()
        if (population.raters == 2 or asked.metric not in {"cohen_kappa", "scott_pi"})
        and (not population.missing or asked.metric != "icc")
        and (population.missing or asked.metric != "fleiss_kappa_gwet_missing")  # else it is Fleiss' own
    }


def coverage(batches: int, ways: tuple[str, ...], part: str) -> None:
    """How often 95 % intervals of drawn tables hold the value of the population."""
    for ci in ways:
        sizes = ", ".join(map(str, ITEMS))
        print(f"\n95 % intervals, {ci}, {batches} tables each: % that hold the truth at {sizes} items")
        for population in (one for one in POPULATIONS if part in one.name):
            print(f"  {population.name}", flush=True)
            for name, shares in held(population, batches, ci).items():
                print(f"    {name:28}" + "  ".join(shares), flush=True)


def held(population: Population, batches: int, ci: str) -> dict[str, list[str]]:
    """For each coefficient the share at each number of items; after a slash what had no interval."""
    asked = asked_of(population)
    scale = range(len(population.shares))
    chance = np.random.default_rng(5)
    drawn = population.draw(TRUTH_ITEMS, chance)
    truth = [found.value for found in measure_many(*drawn, list(asked.values()), categories=scale, draws=100)]
    shares: dict[str, list[str]] = {name: [] for name in asked}
    for n_items in ITEMS:
        hits, given = np.zeros(len(asked)), np.zeros(len(asked))
        for seed in range(batches):
            table = population.draw(n_items, chance)
            answers = measure_many(*table, list(asked.values()), categories=scale, seed=seed, ci=ci)
            for place, (value, found) in enumerate(zip(truth, answers, strict=True)):
                if found.interval is not None and value is not None:
                    given[place] += 1
                    hits[place] += found.interval.low <= value <= found.interval.high
        for place, name in enumerate(asked):
            lost = f"/{100 * (1 - given[place] / batches):.1f}" if given[place] < batches else ""
            shares[name].append(f"{100 * hits[place] / max(1, given[place]):.1f}{lost}")
    return shares


def main() -> None:
    """The machine first, then what was asked for."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--peers", help="a Python interpreter with the peers")
    options.add_argument("--sizes", default="100000,1000000,10000000", help="ratings of the tables")
    options.add_argument("--coverage", action="store_true", help="only how often intervals hold the truth")
    options.add_argument("--ways", default="bootstrap,analytic,jackknife", help="for --coverage: the kinds of interval")
    options.add_argument("--batches", type=int, default=2000, help="for --coverage: tables of each kind")
    options.add_argument("--population", default="", help="for --coverage: only those with these words in their name")
    options.add_argument("--child", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.child:
        ours(Path(chosen.child))
        return
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}, numpy {np.__version__}")
    if chosen.coverage:
        coverage(chosen.batches, tuple(chosen.ways.split(",")), chosen.population)
        return
    small_calls()
    if not chosen.peers:
        print("\npeers: none given, so there is no comparison; see --peers")
    for size in (int(size) for size in chosen.sizes.split(",")):
        compare(size, chosen.peers)


if __name__ == "__main__":
    main()
