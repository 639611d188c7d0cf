"""Discoveries among many tests: the published example, and what must hold for any p-values."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.stats.multiple import benjamini_hochberg

CASE = Path(__file__).parents[2].parent / "shared" / "cases" / "x_bh1995_15.json"


@pytest.mark.skipif(not CASE.is_file(), reason="needs the shared cases beside the project")
def test_the_published_example() -> None:
    case = json.loads(CASE.read_text())
    found = benjamini_hochberg(case["data"], q=case["params"]["q"])
    assert found.called == case["expected"]["rejected"]
    assert found.adjusted == pytest.approx(tuple(case["expected"]["adjusted"]), abs=1e-12)


@given(st.lists(st.floats(0, 1), max_size=30), st.floats(0.01, 0.5))
def test_called_are_those_below_the_line(p_values: list[float], q: float) -> None:
    """The definition: the largest i with p_(i) <= q i / m, and all up to it."""
    found = benjamini_hochberg(p_values, q=q)
    ordered = sorted(p_values)
    line = max((rank for rank, p in enumerate(ordered, 1) if p * (len(ordered) / rank) <= q), default=0)
    assert found.called == sum(p <= ordered[line - 1] for p in p_values) * (line > 0)
    assert all(value is not None and value >= p for value, p in zip(found.adjusted, p_values, strict=True))


def test_what_was_not_tested_does_not_count() -> None:
    found = benjamini_hochberg([0.03, None, 0.04, None])
    assert found.adjusted == (0.04, None, 0.04, None)
    assert found.is_called == (True, False, True, False)
    assert found.tested == 2


def test_numbers_that_are_no_p_values_are_refused() -> None:
    with pytest.raises(ValueError, match=r"found 1\.2 at place 1"):
        benjamini_hochberg([0.5, 1.2])
    with pytest.raises(ValueError, match="found nan"):
        benjamini_hochberg([float("nan")])
    with pytest.raises(ValueError, match="q lies between"):
        benjamini_hochberg([0.5], q=0)
