"""Agreement by slice: an item is in one part with all its judgments, and each part is measured as if alone."""

from dataclasses import replace

from living_cell import rubric_text

from tallystick.flow.document import read
from tallystick.flow.gate import Judged, agreement_of, verdict_table
from tallystick.flow.rubric import Rubric
from tallystick.flow.slices import FIXED, NOT_GIVEN, SLICES_MAX, WEEK, Placed, axes_of, by_criterion, slices, week_of

DAY_US = 24 * 3_600_000_000
MONDAY = 1_763_942_400_000_000
"""24 November 2025."""


def rubric() -> Rubric:
    found = read(rubric_text(), "rubric.yaml", Rubric)
    assert isinstance(found, Rubric)
    return found


def placed(item: int, expert: str, verdict: str, *, at: int = MONDAY, expected: bool = False, **places: str) -> Placed:
    judged = Judged(
        judgment=f"j-{item}-{expert}", item=f"i-{item}", expert=expert, verdict=verdict, is_expected=expected,
        scores={"reasoning": {"a": 4, "b": 1 + item % 4}, "concision": {"a": 3, "b": 3 if expert == "x" else 5}},
        rubric_version="1.0.0",
    )  # fmt: skip
    return Placed(judged=judged, rubric="general", at=at, places=places)


def couples(number: int) -> list[Placed]:
    """Two experts who part on every third item."""
    return [
        placed(n, expert, verdict, language="en" if n % 2 else "de")
        for n in range(number)
        for expert, verdict in (("x", "a_clearly" if n % 4 else "b_clearly"), ("y", "a_slightly" if n % 3 else "tie"))
    ]


def test_each_part_is_measured_as_if_it_were_alone() -> None:
    rows = couples(40)
    found, left_out = slices(rows, "language", metric="krippendorff_alpha", level="nominal")
    assert [one.name for one in found] == ["de", "en"]
    assert left_out == 0
    for one in found:
        alone = [row.judged for row in rows if row.places["language"] == one.name]
        assert one.found == agreement_of(verdict_table(alone, "nominal"), "krippendorff_alpha", "nominal")
        assert one.rubrics == frozenset({"general"})
    assert sum(one.found.n_judgments for one in found) == len(rows)


def test_what_has_no_value_on_an_axis_is_a_part_of_its_own() -> None:
    found, _ = slices([*couples(8), placed(9, "x", "tie"), placed(9, "y", "tie")], "language",
                      metric="percent_agreement", level="nominal")  # fmt: skip
    assert [one.name for one in found] == ["de", "en", NOT_GIVEN]
    assert axes_of([*couples(1), placed(1, "x", "tie", difficulty="hard")]) == (*FIXED, "difficulty", "language")


def test_an_item_stands_in_the_week_of_its_last_judgment() -> None:
    rows = [
        placed(1, "x", "tie", at=MONDAY - 1), placed(1, "y", "tie", at=MONDAY), placed(2, "x", "tie", at=MONDAY - 1),
        placed(2, "y", "a_clearly", at=MONDAY - DAY_US),
    ]  # fmt: skip
    found, _ = slices(rows, WEEK, metric="percent_agreement", level="nominal")
    assert [(one.name, one.found.n_items) for one in found] == [("2025-W47", 1), ("2025-W48", 1)]
    assert week_of(MONDAY) == "2025-W48"


def test_expected_disagreement_is_counted_and_left_out() -> None:
    rows = [*couples(10), *(replace_expected(row) for row in couples(30)[20:])]
    found, _ = slices(rows, "signal", metric="percent_agreement", level="nominal")
    assert [(one.found.n_items, one.expected) for one in found] == [(10, 20)]


def replace_expected(row: Placed) -> Placed:
    return replace(row, judged=replace(row.judged, is_expected=True))


def test_an_axis_with_too_many_values_keeps_those_with_most_judgments_and_says_so() -> None:
    rows = [placed(n, expert, "tie", cluster=f"c-{n}") for n in range(SLICES_MAX + 7) for expert in "xy"]
    rows.append(placed(SLICES_MAX + 6, "z", "tie", cluster=f"c-{SLICES_MAX + 6}"))
    found, left_out = slices(rows, "cluster", metric="percent_agreement", level="nominal")
    assert (len(found), left_out) == (SLICES_MAX, 7)
    assert f"c-{SLICES_MAX + 6}" in {one.name for one in found}


def test_criteria_are_measured_on_the_scale_that_is_in_force() -> None:
    rows = couples(20)
    found = {one.name: one for one in by_criterion(rows, {"general": rubric(), "other": rubric()})}
    reasoning = found["general: reasoning"].found
    assert (reasoning.value, reasoning.metric, reasoning.level) == (1.0, "krippendorff_alpha", "ordinal")
    assert found["general: concision"].found.value != 1.0
    assert found["other: reasoning"].found.value is None
    wide = replace(rows[0], judged=replace(rows[0].judged, scores={"reasoning": {"a": 99, "b": 1}}))
    again = by_criterion([wide, *rows[1:]], {"general": rubric()})[0].found
    assert again.n_judgments == reasoning.n_judgments - 1


def test_nothing_judged_has_no_part() -> None:
    assert slices([], "domain", metric="percent_agreement", level="nominal") == ([], 0)
