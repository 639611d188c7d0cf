"""Quantiles against printed tables, closed forms and their own inverse."""

import math
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.stats.distributions import (
    beta_quantile,
    beta_share,
    f_quantile,
    normal_quantile,
    normal_share,
    student_quantile,
    student_tails,
)


def test_printed_tables() -> None:
    assert normal_quantile(0.975) == pytest.approx(1.959963984540054, abs=1e-14)
    assert normal_share(-1.6448536269514722) == pytest.approx(0.05, abs=1e-15)
    students = {1: 12.7062, 2: 4.3027, 5: 2.5706, 19: 2.0930, 100: 1.9840}
    assert {freedom: round(student_quantile(freedom, 0.975), 4) for freedom in students} == students
    assert student_quantile(2e6, 0.975) == pytest.approx(student_quantile(1e6, 0.975), abs=1e-5)
    fisher = {(1, 1): 647.789, (5, 10): 4.236, (10, 5): 6.619, (20, 20): 2.464, (3, 120): 3.227}
    assert {pair: round(f_quantile(*pair, 0.975), 3) for pair in fisher} == fisher


def test_closed_forms() -> None:
    for x in (1e-9, 0.1, 0.5, 0.9, 1 - 1e-9):
        assert beta_share(1, 1, x) == pytest.approx(x, rel=1e-13)
        assert beta_share(3, 1, x) == pytest.approx(x**3, rel=1e-12)
        assert beta_share(0.5, 0.5, x) == pytest.approx(2 / math.pi * math.asin(math.sqrt(x)), rel=1e-10)
    assert (beta_share(2, 3, 0), beta_share(2, 3, 1)) == (0, 1)
    assert student_quantile(1, 0.975) == pytest.approx(math.tan(math.pi * 0.475), rel=1e-12)  # Cauchy's


@given(n=st.integers(1, 200), data=st.data(), tenths=st.integers(1, 9))
def test_whole_arguments_give_the_binomial_tail(n: int, data: st.DataObject, tenths: int) -> None:
    k = data.draw(st.integers(1, n))
    p = Fraction(tenths, 10)
    tail = sum(comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k, n + 1))
    assert beta_share(k, n - k + 1, tenths / 10) == pytest.approx(float(tail), rel=1e-11, abs=1e-14)


@given(a=st.floats(0.5, 5000), b=st.floats(0.5, 5000), share=st.floats(0.001, 0.999))
def test_the_quantile_is_the_inverse(a: float, b: float, share: float) -> None:
    assert beta_share(a, b, beta_quantile(a, b, share)) == pytest.approx(share, abs=1e-9)


def test_no_finite_quantile_is_infinite() -> None:
    assert f_quantile(3, 1e-9, 0.975) == f_quantile(0, 3, 0.975) == math.inf


def test_tails_of_students_t() -> None:
    """The same from scipy.stats: 2 t.sf(value, 11)."""
    expected = {0.5: 0.6269262191838468, 2.2: 0.05008611098180428, 4.1: 0.0017593929519710027}
    for value, share in expected.items():
        assert student_tails(11, value) == pytest.approx(share, rel=1e-11)
        assert student_tails(11, -value) == student_tails(11, value)
