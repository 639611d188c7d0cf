"""The mean of scores between 0 and 1 that come in clusters, with an interval. Reads and writes nothing."""

import numpy as np

from tallystick.stats.intervals import Interval, wilson
from tallystick.stats.shortcuts.fit import Codes, Floats


def clustered_share(scores: Floats, cluster: Codes, *, confidence: float) -> tuple[float, Interval]:
    """The mean, and Wilson's interval on as many scores as the clusters are worth.

    scores   (n,) between 0 and 1; n > 0
    The clustered variance is G / (G - 1) sum over clusters of (sum of deviations)^2 / n^2. The scores are worth
    m (1 - m) / variance independent ones, and no more than n. When all are equal there is no variance to go by, and
    each cluster counts for one: the most that can be wrong about them.
    source   Miller (2024), "Adding error bars to evals", arXiv 2411.00640, for the variance; Korn and Graubard (1998),
             "Confidence intervals for proportions with small expected number of positive counts", Survey Methodology
             24, 193-201, for the number they are worth
    """
    n, mean = len(scores), float(scores.mean())
    present, place = np.unique(cluster, return_inverse=True)
    sums = np.bincount(place, weights=scores - mean, minlength=len(present))
    worth = float(len(present))
    if len(present) > 1 and float(np.abs(sums).max()) > 0:
        variance = len(present) / (len(present) - 1) * float(sums @ sums) / n**2
        worth = min(float(n), mean * (1 - mean) / variance)
    return mean, wilson(mean * worth, worth, confidence=confidence)
