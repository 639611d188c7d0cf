"""One method of crowd-kit on judgments from a file: run by aggregation.py with the Python that has crowd-kit.

Reads an .npz of items, raters and values; writes an .npz of posteriors; prints CPU seconds as JSON. Imports nothing of
ours. MACE there mixes raters and answers up unless their names stand in order of appearance, so the file keeps to that.
"""

import json
import sys
import time
import warnings
from importlib import import_module

import numpy as np

NO_STOP = -1e300  # a tolerance that never ends a run early


def main() -> None:
    """Arguments: what to read, what to write, the method, its iterations (0: its own stop)."""
    source, target, method, iterations = sys.argv[1:5]
    warnings.simplefilter("ignore")
    frames, models = import_module("pandas"), import_module("crowdkit.aggregation")
    data = np.load(source)
    table = frames.DataFrame({"task": data["items"], "worker": data["raters"], "label": data["values"]})
    steps = int(iterations)
    stop = {"n_iter": steps, "tol": NO_STOP} if steps else {}
    makers = {
        "majority": models.MajorityVote,
        "dawid_skene": lambda: models.DawidSkene(**stop),
        "one_coin": lambda: models.OneCoinDawidSkene(**stop),
        "mace": lambda: models.MACE(n_restarts=1, n_iter=steps or 50),
        "glad": lambda: models.GLAD(silent=True, **stop),
    }
    model = makers[method]()
    start = time.process_time()
    model.fit(table)
    seconds = time.process_time() - start
    posteriors = model.probas_.sort_index().sort_index(axis=1)
    np.savez(target, posteriors=posteriors.to_numpy(), items=posteriors.index.to_numpy())
    print(json.dumps({"seconds": seconds, "iterations": steps or len(getattr(model, "loss_history_", []))}))


if __name__ == "__main__":
    main()
