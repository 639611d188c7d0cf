"""How near two categories are: weights of agreement and distances. Reads and writes nothing.

All tables are (categories, categories), symmetric; weights are 1 on the diagonal, distances 0.
"""

import numpy as np

from tallystick.stats.agreement.table import Floats


def agreement_weights(name: str, numbers: Floats | None, n_categories: int) -> Floats:
    """The table of weights with this name.

    none             1 on the diagonal
    linear           1 - |i - j| / (K - 1) by rank           Cohen (1968), Psychological Bulletin 70
    quadratic        1 - (i - j)^2 / (K - 1)^2 by rank       the same
    gwet_ordinal     1 - C(|i - j| + 1, 2) / C(K, 2) by rank Gwet (2014), Handbook, 4th ed.
    linear_value     1 - |x - y| / (max - min) by value      the same
    quadratic_value  1 - (x - y)^2 / (max - min)^2 by value  the same
    """
    if n_categories < 2 or name == "none":
        return np.eye(n_categories)
    places = np.arange(n_categories, dtype=np.float64)
    if name in {"linear_value", "quadratic_value"}:
        assert numbers is not None
        places = numbers
    gaps: Floats = np.abs(places[:, None] - places[None, :])
    if name == "gwet_ordinal":
        gaps = gaps * (gaps + 1) / 2
    power = 2.0 if name in {"quadratic", "quadratic_value"} else 1.0
    return 1.0 - np.asarray((gaps / gaps.max()) ** power, dtype=np.float64)


def ratio_distances(numbers: Floats) -> Floats:
    """((x - y) / (x + y))^2, and 0 for two zeros. Krippendorff (2011), section on ratio data."""
    gaps = numbers[:, None] - numbers[None, :]
    sums = numbers[:, None] + numbers[None, :]
    shares = np.divide(gaps, sums, out=np.zeros_like(gaps), where=sums != 0)
    return np.square(shares)
