"""Intervals of a proportion against published figures."""

import json
from pathlib import Path

import pytest

from tallystick.stats.intervals import clopper_pearson, expanded_tail, wald, wilson

CASES = Path(__file__).parents[2].parent / "shared" / "cases"
METHODS = {"wilson": wilson, "clopper_pearson": clopper_pearson, "wald": wald}


@pytest.mark.parametrize(
    ("method", "successes", "trials", "limits"),
    [
        ("wilson", 81, 263, (0.2553, 0.3662)),  # Newcombe (1998), table I
        ("clopper_pearson", 81, 263, (0.2527, 0.3676)),
        ("wilson", 0, 20, (0, 0.1611)),
        ("clopper_pearson", 0, 20, (0, 0.1684)),
        ("wilson", 20, 20, (0.8389, 1)),  # the mirror of 0 of 20
        ("clopper_pearson", 1, 29, (0.0009, 0.1776)),
        ("wald", 15, 148, (0.0527, 0.1500)),
    ],
)
def test_published(method: str, successes: int, trials: int, limits: tuple[float, float]) -> None:
    found = METHODS[method](successes, trials)
    assert (found.low, found.high) == pytest.approx(limits, abs=5.1e-5)
    assert (found.method, found.confidence) == (method, 0.95)


@pytest.mark.skipif(not CASES.is_dir(), reason="needs the shared cases beside the project")
@pytest.mark.parametrize("path", sorted(CASES.glob("x_newcombe_*.json")), ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = json.loads(path.read_text())
    found = METHODS[case["params"]["method"]](*case["data"], confidence=case["params"]["level"])
    assert [found.low, found.high] == pytest.approx(case["expected"], abs=1e-9)


def test_clopper_pearson_of_all_right_is_known_in_closed_form() -> None:
    assert clopper_pearson(10, 10).low == pytest.approx(0.025**0.1, abs=1e-12)


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (-1, 3), (4, 3)])
def test_impossible_counts_are_refused(successes: int, trials: int) -> None:
    for method in METHODS.values():
        with pytest.raises(ValueError, match=f"{successes} of {trials}"):
            method(successes, trials)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_an_impossible_confidence_is_refused(confidence: float) -> None:
    for method in METHODS.values():
        with pytest.raises(ValueError, match=r"between 0 and 1"):
            method(1, 2, confidence=confidence)


def test_the_expanded_tail_is_smaller_and_tends_to_the_plain_one() -> None:
    tails = [expanded_tail(units, confidence=0.95) for units in (5, 20, 100, 10**6)]
    assert tails == sorted(tails)
    assert tails[-1] == pytest.approx(0.025, abs=1e-6)
    # Student's t for 19 degrees of freedom is 2.093: the normal tail at 2.093 sqrt(20 / 19).
    assert tails[1] == pytest.approx(0.01588, abs=2e-5)
    with pytest.raises(ValueError, match="at least 2"):
        expanded_tail(1, confidence=0.95)
