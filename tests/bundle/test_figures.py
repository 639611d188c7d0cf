"""The files of figures: published numbers, what must always hold, and where two of them part."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tallystick import canon
from tallystick.bundle.figures import differences
from tallystick.bundle.figures.confusion import Coincidences, coincidences
from tallystick.flow.gate import Table
from tallystick.stats.agreement import measure

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability": four observers, twelve units, 41 values.
OBSERVERS = ("1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 .")
OBSERVED = [
    [7000, 1333, 333, 333, 0],
    [1333, 10000, 1333, 333, 0],
    [333, 1333, 8000, 333, 0],
    [333, 333, 333, 4000, 0],
    [0, 0, 0, 0, 3000],
]


def table(rows: list[tuple[str, str, str]], categories: str) -> Table:
    items, raters, values = ([row[place] for row in rows] for place in range(3))
    return Table(items=items, raters=raters, values=values, categories=tuple(categories))


def alpha(found: Coincidences) -> float | None:
    """Nominal alpha of a coincidence matrix; None without variation."""
    size = range(len(found.categories))
    observed = sum(found.observed_milli[c][k] for c in size for k in size if c != k)
    expected = sum(found.expected_milli[c][k] for c in size for k in size if c != k)
    return 1 - observed / expected if expected else None


def test_the_published_matrix_comes_out() -> None:
    rows = [
        (str(unit), str(who), value)
        for who, line in enumerate(OBSERVERS)
        for unit, value in enumerate(line.split())
        if value != "."
    ]
    found = coincidences("example", table(rows, "12345"))
    assert (found.units, found.answers) == (11, 40)
    assert found.observed_milli == OBSERVED
    assert [sum(row) for row in found.expected_milli] == pytest.approx([9000, 13000, 10000, 5000, 3000], abs=3)
    assert alpha(found) == pytest.approx(0.743, abs=0.001)


@settings(max_examples=60, deadline=None)
@given(
    answers=st.dictionaries(
        st.tuples(st.sampled_from("pqrst"), st.sampled_from("xyz")), st.sampled_from("ab="), min_size=2, max_size=15
    ),
)
def test_it_says_the_same_as_the_coefficient_in_any_order(answers: dict[tuple[str, str], str]) -> None:
    rows = [(item, rater, value) for (item, rater), value in answers.items()]
    found = coincidences("any", table(rows, "ab="))
    assert coincidences("any", table(rows[::-1], "ab=")) == found
    transposed = [list(column) for column in zip(*found.observed_milli, strict=True)]
    assert transposed == found.observed_milli
    assert sum(map(sum, found.observed_milli)) == pytest.approx(1000 * found.answers, abs=9)
    items, raters, values = ([row[place] for row in rows] for place in range(3))
    value = measure(items, raters, values, metric="krippendorff_alpha", level="nominal", categories=list("ab=")).value
    if value is not None:
        assert alpha(found) == pytest.approx(value, abs=0.01)


def test_every_place_that_parts_is_named() -> None:
    stated = canon.encode({"a": [1, {"b": 2}], "c": True, "d": [1], "e": 1})
    computed = canon.encode({"a": [1, {"b": 3}], "c": 1, "d": [1, 2], "f": None})
    assert differences(stated, computed) == [
        ("$.a[1].b", "stated 2, computed 3"),
        ("$.c", "stated true, computed 1"),
        ("$.d", "stated 1 entries, computed 2"),
        ("$.e", "stated and not computed"),
        ("$.f", "computed and not stated"),
    ]


def test_rubbish_and_another_spelling_have_a_sentence_too() -> None:
    assert differences(b'{"a":1 }\n', b'{"a":1}\n')[0][1].startswith("expected canonical JSON")
    assert differences(b"\xff", b"{}")[0][1].startswith("expected figures as JSON")
    assert differences(b"[" * 100_000, b"{}")[0][1].startswith("expected figures as JSON")
    many = differences(canon.encode(list(range(100))), canon.encode(list(range(1, 101))))
    assert len(many) == 21
    assert many[-1] == ("the whole file", "and 80 more places")
