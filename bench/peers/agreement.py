"""The public packages that measure agreement, on the columns of a folder: for bench/agreement.py, in their own Python.

Reads items.npy, raters.npy and values.npy of the folder named; prints one line of JSON for each task and package.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import crowdkit.metrics.data
import krippendorff
import numpy as np
import pandas as pd
from irrCAC.raw import CAC
from statsmodels.stats.inter_rater import fleiss_kappa

CATEGORIES = 5
PER_ITEM = 4
SLOW_MAX = 100_000  # ratings from which crowd-kit's alpha takes minutes
warnings.simplefilter("ignore")

FOLDER = Path(sys.argv[1])
ITEMS, RATERS, VALUES = (np.load(FOLDER / f"{name}.npy") for name in ("items", "raters", "values"))
N_ITEMS = int(ITEMS.max()) + 1


def peak_mb() -> float:
    """The most memory that this process has held since `forget_peak`."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def forget_peak() -> float:
    """Start to watch the memory anew; what is held now."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_mb()


def report(task: str, who: str, run: Callable[[], float], *, times: int = 1, note: str = "") -> None:
    """The fastest of three runs; `times` scales what was run only in part."""
    before, taken, value = forget_peak(), [], 0.0
    for _ in range(2 if len(ITEMS) > 10**6 else 3):
        start = time.process_time()
        value = run()
        taken.append((time.process_time() - start) * times)
    line = {"task": task, "who": who, "cpu_s": min(taken), "value": value, "note": note}
    print(json.dumps({**line, "extra_mb": peak_mb() - before}), flush=True)


def absent(task: str, who: str, note: str) -> None:
    """Say why a package was not run."""
    print(json.dumps({"task": task, "who": who, "cpu_s": None, "note": note}), flush=True)


def counts() -> np.ndarray:
    """(items, categories): what the caller has to build for most packages, and so part of their time."""
    return np.bincount(ITEMS * CATEGORIES + VALUES, minlength=N_ITEMS * CATEGORIES).reshape(-1, CATEGORIES)


def slots() -> pd.DataFrame:
    """(items, 4): the judgments of each item side by side, raters forgotten: irrCAC's smallest input."""
    return pd.DataFrame(VALUES[np.argsort(ITEMS, kind="stable")].reshape(N_ITEMS, PER_ITEM))


def alpha(level: str) -> float:
    """The krippendorff package from counts, its fastest way."""
    return float(krippendorff.alpha(value_counts=counts(), level_of_measurement=level))


def resampled(number: int) -> float:
    """Some item resamples of nominal alpha by the krippendorff package."""
    table, chance = counts(), np.random.default_rng(0)
    return float(np.mean([
        krippendorff.alpha(value_counts=table[chance.integers(0, N_ITEMS, N_ITEMS)], level_of_measurement="nominal")
        for _ in range(number)
    ]))  # fmt: skip


report("nominal alpha", "krippendorff, value alone", lambda: alpha("nominal"))
report("nominal alpha", "irrCAC, analytic interval", lambda: CAC(slots()).krippendorff()["est"]["coefficient_value"])
if len(ITEMS) <= SLOW_MAX:
    frame = pd.DataFrame({"task": ITEMS, "worker": RATERS, "label": VALUES})
    report("nominal alpha", "crowd-kit, value alone", lambda: crowdkit.metrics.data.alpha_krippendorff(frame))
else:
    absent("nominal alpha", "crowd-kit, value alone", f"not run: takes minutes from {SLOW_MAX:,} ratings on")
report("ordinal alpha", "krippendorff, value alone", lambda: alpha("ordinal"))
report("Fleiss' kappa", "statsmodels, value alone", lambda: fleiss_kappa(counts()))
report("Fleiss' kappa", "irrCAC, analytic interval", lambda: CAC(slots()).fleiss()["est"]["coefficient_value"])
PARTS = 5 if len(ITEMS) > 10**6 else 20
report(
    "nominal alpha with 1,000 item resamples", "krippendorff, items drawn",
    lambda: resampled(PARTS), times=1000 // PARTS, note=f"{PARTS} resamples, times {1000 // PARTS}",
)  # fmt: skip
