"""Coefficients for foretelling exist for any data, also where no two texts differ in anything."""

import numpy as np

from tallystick.stats.shortcuts.fit import ridge


def test_texts_that_do_not_differ_have_coefficients_of_zero() -> None:
    assert ridge(np.zeros((6, 3)), np.array([1.0, 0.0, 0.5, 1.0, 0.0, 1.0])).tolist() == [0, 0, 0]
