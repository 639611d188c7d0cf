"""The shortcut audit on public preference data, and how often it calls what is not there.

Run: .venv/bin/python bench/shortcuts.py [--data DIR] [--peers PATH/TO/PYTHON] [--audits N]. Reads the shared data
beside the project when it is there; prints tables. The peer is statsmodels in an environment of its own, no dependency.
"""

import argparse
import gzip
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from tallystick.flow.shortcuts import Pair, differences  # the line above finds it
from tallystick.stats.shortcuts import Audit, audit

ROOT = Path(__file__).parents[1]
SETS = ("llmbar", "pandalm_test", "hh_harmless_test")
PEER = """
import json, sys, time
import numpy as np
import statsmodels.api as sm
rows = json.load(sys.stdin)
x, y, g = np.array(rows["x"]), np.array(rows["y"]), np.array(rows["g"])
begin = time.process_time()
fit = sm.GLM(y, x, family=sm.families.Binomial()).fit(tol=1e-12, maxiter=100, cov_type="cluster",
    cov_kwds={"groups": g, "use_correction": False})
n = len(set(rows["g"]))
print(json.dumps({"beta": fit.params.tolist(), "se": (fit.bse * (n / (n - 1)) ** .5).tolist(),
    "seconds": time.process_time() - begin}))
"""


def read(folder: Path) -> tuple[list[Pair], list[float], list[str]]:
    """The pairs of one public set, what was preferred, and the item that each is about."""
    with gzip.open(folder / "items.jsonl.gz", "rt") as lines:
        items = {row["id"]: row for row in map(json.loads, lines)}
    pairs, preferred, prompts = [], [], []
    with gzip.open(folder / "judgments.jsonl.gz", "rt") as lines:
        for row in map(json.loads, lines):
            item = items[row["item_id"]]
            first, second = (str(candidate["text"]) for candidate in item["candidates"])
            pairs.append(Pair(prompt=f"{item['prompt']} {item.get('context') or ''}", first=first, second=second))
            preferred.append({"1": 1.0, "2": 0.0, "tie": 0.5}[row["values"]["winner"]])
            prompts.append(row["item_id"])
    return pairs, preferred, prompts


def show(name: str, found: Audit) -> None:
    """One audit as a table."""
    held = found.held_out
    assert held.interval is not None
    print(f"\n{name}: {found.n_pairs} preferences, {found.n_ties} ties, {found.n_prompts} prompts")
    print(
        f"  shortcuts alone foretell {held.accuracy:.1%} ({held.interval.low:.1%} to {held.interval.high:.1%})"
        f"{': FLAGGED' if held.is_flagged else ''}"
    )
    for effect in found.effects:
        if effect.win_chance is None or effect.win_interval is None:
            print(f"  {effect.feature:18} {effect.status.value:13} {effect.n_unequal} pairs differ")
            continue
        print(
            f"  {effect.feature:18} {effect.win_chance:6.1%} ({effect.win_interval.low:.1%} to"
            f" {effect.win_interval.high:.1%}) adjusted p {effect.adjusted:.2g}{' *' if effect.is_called else ''}"
        )


def of_data(folder: Path, peers: str | None) -> None:
    """Every public set that is there."""
    for name in SETS:
        if not (folder / name).is_dir():
            print(f"\n{name}: not here, so not audited")
            continue
        pairs, preferred, prompts = read(folder / name)
        features = differences(pairs)
        begin = time.process_time()
        found = audit(features, preferred, prompts)
        taken = time.process_time() - begin
        show(name, found)
        print(f"  {taken:.2f} CPU seconds")
        if peers:
            beside(peers, found, (features, preferred, prompts))


def beside(peers: str, found: Audit, columns: tuple[object, object, list[str]]) -> None:
    """The same features in statsmodels, where every one of them has a finite coefficient."""
    features, preferred, prompts = columns
    assert isinstance(features, dict)
    kept = [effect for effect in found.effects if effect.coefficient is not None]
    if found.n_used < found.n_pairs:
        named = {effect.feature for effect in found.effects if effect.status.value == "separated"}
        print(f"  peer: left out, because {', '.join(sorted(named))} would run to infinity")
        features = {name: values for name, values in features.items() if name not in named}
        found = audit(features, preferred, prompts)  # type: ignore[arg-type]  # as they were read
        kept = [effect for effect in found.effects if effect.coefficient is not None]
    codes = {prompt: place for place, prompt in enumerate(sorted(set(prompts)))}
    rows = {
        "x": np.column_stack([features[effect.feature] for effect in kept]).tolist(),
        "y": preferred,
        "g": [codes[prompt] for prompt in prompts],
    }
    ran = subprocess.run([peers, "-c", PEER], input=json.dumps(rows), capture_output=True, text=True, check=True)
    other = json.loads(ran.stdout)
    miss = max(abs(one.coefficient - beta) for one, beta in zip(kept, other["beta"], strict=True) if one.coefficient)
    wide = max(abs(one.se / se - 1) for one, se in zip(kept, other["se"], strict=True) if one.se)
    print(
        f"  peer: coefficients within {miss:.1e}, errors within {wide:.1e} of themselves, {other['seconds']:.2f} CPU s"
    )


def of_chance(audits: int) -> None:
    """Preferences that follow nothing: how often something is called, and how often the set is flagged."""
    called = flagged = held = intervals = 0
    for seed in range(audits):
        random = np.random.default_rng(seed)
        prompts = np.arange(400) % 200
        features = {
            f"f{place}": (random.normal(size=400) + random.normal(size=200)[prompts]).tolist() for place in range(8)
        }
        found = audit(features, (random.random(400) < 0.5).astype(float).tolist(), prompts)
        called += any(effect.is_called for effect in found.effects)
        flagged += found.held_out.is_flagged
        limits = [effect.interval for effect in found.effects if effect.interval]
        held += sum(one.low <= 0 <= one.high for one in limits)
        intervals += len(limits)
    print(f"\nNo shortcut at all, 400 preferences of 200 prompts, 8 features, {audits} audits:")
    print(f"  something called in {called / audits:.1%} (stated: 5 % at most), flagged in {flagged / audits:.1%},")
    print(f"  95 % intervals that hold 0: {held / intervals:.1%}")


def main() -> None:
    """The machine first, then the data, then chance."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    options.add_argument("--peers", help="a Python that has statsmodels")
    options.add_argument("--audits", type=int, default=400)
    chosen = options.parse_args()
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}")
    if not chosen.peers:
        print("peer: no Python with statsmodels was named, so there is no comparison")
    of_data(chosen.data, chosen.peers)
    of_chance(chosen.audits)


if __name__ == "__main__":
    main()
