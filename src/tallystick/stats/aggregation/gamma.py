"""The gamma function's logarithm and its slope, for arrays: what variational posteriors need. Reads and writes nothing.

Both go up by recurrence to 8 and take Stirling's series there: relative errors below 1e-13.
Source: Abramowitz and Stegun (1964), "Handbook of Mathematical Functions", 6.1.41, 6.3.5 and 6.3.18.
"""

import math

import numpy as np

from tallystick.stats.agreement.columns import Floats

FROM = 8.0  # where the series is exact to a double's digits
HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)
DIGAMMA_SERIES = (-1 / 12, 1 / 120, -1 / 252, 1 / 240, -1 / 132, 691 / 32760, -1 / 12)
LOG_GAMMA_SERIES = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)


def digamma(values: Floats) -> Floats:
    """The slope of log_gamma; values > 0."""
    raised, low = values.copy(), np.zeros_like(values)
    for _ in range(int(FROM)):
        is_low = raised < FROM
        low -= np.divide(1.0, raised, out=np.zeros_like(raised), where=is_low)
        raised += is_low
    return low + np.log(raised) - 0.5 / raised + _series(DIGAMMA_SERIES, raised) / np.square(raised)


def log_gamma(values: Floats) -> Floats:
    """The logarithm of the gamma function; values > 0."""
    raised, product = values.copy(), np.ones_like(values)
    for _ in range(int(FROM)):
        is_low = raised < FROM
        product *= np.where(is_low, raised, 1.0)
        raised += is_low
    whole = (raised - 0.5) * np.log(raised) - raised + HALF_LOG_TWO_PI
    return whole + _series(LOG_GAMMA_SERIES, raised) / raised - np.log(product)


def _series(factors: tuple[float, ...], values: Floats) -> Floats:
    """factors[0] + factors[1] / values^2 + factors[2] / values^4 + ..."""
    inverse = 1 / np.square(values)
    total = np.zeros_like(values)
    for factor in reversed(factors):
        total = total * inverse + factor
    return total
