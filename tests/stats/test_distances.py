"""Alpha between sets and by the caller's own distances, weighted coefficients by the caller's own weights."""

from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.stats.agreement import (
    BadRatings,
    Question,
    measure,
    measure_many,
    pairwise_kappa,
    set_label,
    set_labels,
)
from tallystick.stats.agreement.scale import agreement_weights, ratio_distances, set_distances

Members = frozenset[str]
ITEMS, RATERS = [number for number in range(6) for _ in "ab"], ["a", "b"] * 6


def masi(one: Members, other: Members) -> Fraction:
    """Passonneau's distance as she writes it: 1 - J M."""
    if one == other:
        return Fraction(0)
    if not one & other:
        return Fraction(1)
    kind = Fraction(2, 3) if one < other or other < one else Fraction(1, 3)
    return 1 - Fraction(len(one & other), len(one | other)) * kind


def jaccard(one: Members, other: Members) -> Fraction:
    """One minus the share of members that both have."""
    return 1 - (Fraction(len(one & other), len(one | other)) if one | other else Fraction(1))


sets = st.frozensets(st.sampled_from("abcd"), max_size=4)


@given(pairs=st.lists(st.tuples(sets, sets), min_size=2, max_size=15), level=st.sampled_from(["masi", "jaccard"]))
@settings(max_examples=80, deadline=None)
def test_alpha_of_sets_is_what_its_definition_says(pairs: list[tuple[Members, Members]], level: str) -> None:
    distance = masi if level == "masi" else jaccard
    flat = [one for pair in pairs for one in pair]
    items, raters = [number // 2 for number in range(len(flat))], [number % 2 for number in range(len(flat))]
    within = sum(distance(*pair) for pair in pairs) * 2
    between = sum(distance(one, other) for one, other in permutations(flat, 2))
    found = measure(items, raters, set_labels(flat), metric="krippendorff_alpha", level=level, draws=100)
    if not between:
        assert found.status == "no_variation"
        return
    expected = 1 - Fraction(len(flat) - 1) * within / between
    assert found.value == pytest.approx(float(expected), abs=1e-9)


def test_distances_of_passonneau() -> None:
    """Her four kinds: equal, one within the other, overlapping, apart; and the set without members."""
    names = ("a|b", "a", "b|c", "c|d", "|")
    table = set_distances("masi", names)
    assert table[0].tolist() == pytest.approx([0, 1 - 1 / 2 * 2 / 3, 1 - 1 / 3 * 1 / 3, 1, 1])
    assert table[4].tolist() == [1, 1, 1, 1, 0]
    assert set_distances("jaccard", names)[0].tolist() == pytest.approx([0, 1 / 2, 2 / 3, 1, 1])


def test_the_order_of_members_does_not_matter() -> None:
    values = ["a|b", "b|a", "c", "c", "a|b", "a", "|", "|", "b|c", "c|b", None, "a"]
    ordered = [None if value is None else set_label([one for one in value.split("|") if one]) for value in values]
    found = measure(ITEMS, RATERS, values, metric="krippendorff_alpha", level="masi")
    assert [one.category for one in found.prevalence] == ["a", "a|b", "b|c", "c", "|"]
    for level in ("masi", "jaccard"):
        found = measure(ITEMS, RATERS, values, metric="krippendorff_alpha", level=level)
        assert found == measure(ITEMS, RATERS, ordered, metric="krippendorff_alpha", level=level)
        assert found.level == level
    assert set_label([3, "b", 1.0]) == "1|3|b"
    with pytest.raises(BadRatings, match="without"):
        set_label(["a|b"])
    with pytest.raises(BadRatings, match="none of the categories"):
        measure(ITEMS, RATERS, values, metric="krippendorff_alpha", level="masi", categories=["a", "b"])


def test_sets_of_one_member_are_nominal() -> None:
    values = ["a", "a", "b", "c", "c", "c", "b", "b", "a", "b", "c", "c"]
    nominal = measure(ITEMS, RATERS, values, metric="krippendorff_alpha")
    for level in ("masi", "jaccard"):
        assert measure(ITEMS, RATERS, values, metric="krippendorff_alpha", level=level).value == nominal.value


NUMBERS = [1, 2, 2, 2, 4, 3, 1, 1, 4, 4, 2, 3]
SCALE = [1, 2, 3, 4]


FOUR = np.array([1.0, 2, 3, 4])


def test_own_tables_are_those_with_names_when_they_are_equal() -> None:
    places = np.arange(4.0)
    interval = (places[:, None] - places[None, :]) ** 2
    own = [
        Question(metric="krippendorff_alpha", level="custom", table=1 - np.eye(4)),
        Question(metric="krippendorff_alpha", level="custom", table=interval * 7),
        Question(metric="krippendorff_alpha", level="custom", table=ratio_distances(FOUR)),
        *(
            Question(metric=metric, weights="custom", table=agreement_weights(name, FOUR, 4).tolist())
            for metric, name in (("cohen_kappa", "linear"), ("cohen_kappa", "quadratic"), ("gwet_ac2", "gwet_ordinal"))
        ),
    ]  # fmt: skip
    named = [
        *(Question(metric="krippendorff_alpha", level=level) for level in ("nominal", "interval", "ratio")),
        *(Question(metric="cohen_kappa", weights=weights) for weights in ("linear", "quadratic")),
        Question(metric="gwet_ac2", weights="gwet_ordinal"),
    ]
    found = measure_many(ITEMS, RATERS, NUMBERS, own, categories=SCALE)
    expected = measure_many(ITEMS, RATERS, NUMBERS, named, categories=SCALE)
    for one, other in zip(found, expected, strict=True):
        assert one.value == pytest.approx(other.value, abs=1e-12)
        assert (one.interval is None) == (other.interval is None)
        assert "custom" in {one.level, one.weights}


def test_a_table_that_is_none_is_refused() -> None:
    square = 1 - np.eye(4)
    lopsided = square.copy()
    lopsided[0, 1] = 0.5
    wrong = [
        ("krippendorff_alpha", square[:3, :3], "for each of the 4 categories"),
        ("krippendorff_alpha", np.eye(4), "itself is 0"),
        ("krippendorff_alpha", -square, "0 or more"),
        ("krippendorff_alpha", square * np.nan, "finite"),
        ("krippendorff_alpha", lopsided, "row 1, column 2 holds 0.5 and its mirror 1.0"),
        ("krippendorff_alpha", square * 0, "All distances are 0"),
        ("cohen_kappa", square, "itself is 1"),
        ("gwet_ac2", np.eye(4) * 2, "between 0 and 1"),
        ("gwet_ac2", np.ones((4, 4)), "All weights are 1"),
    ]
    for metric, table, words in wrong:
        parameter = "level" if metric == "krippendorff_alpha" else "weights"
        with pytest.raises(BadRatings, match=words):
            measure(ITEMS, RATERS, NUMBERS, metric=metric, table=table, categories=SCALE, **{parameter: "custom"})  # type: ignore[arg-type]  # one of two texts
    with pytest.raises(BadRatings, match="needs the categories"):
        measure(ITEMS, RATERS, NUMBERS, metric="krippendorff_alpha", level="custom", table=square)
    for question in ({"level": "custom"}, {"table": square}):
        with pytest.raises(BadRatings, match="A table goes with"):
            measure(ITEMS, RATERS, NUMBERS, metric="krippendorff_alpha", categories=SCALE, **question)


def test_every_pair_with_every_weight() -> None:
    chance = np.random.default_rng(3)
    rows = [(item, rater) for item in range(30) for rater in "abc"]
    items, raters = [item for item, _ in rows], [rater for _, rater in rows]
    values = chance.integers(1, 5, 90)
    own = agreement_weights("quadratic", None, 4)
    for weights, table in (("none", None), ("linear", None), ("quadratic", None), ("custom", own)):
        pairs = pairwise_kappa(items, raters, values, weights=weights, table=table, categories=SCALE)
        assert [(pair.rater_a, pair.rater_b) for pair in pairs] == list(combinations("abc", 2))
        for pair in pairs:
            kept = [place for place, rater in enumerate(raters) if rater in {pair.rater_a, pair.rater_b}]
            alone = measure(
                [items[place] for place in kept], [raters[place] for place in kept], values[kept],
                metric="cohen_kappa", weights=weights, table=table, categories=SCALE,
            )  # fmt: skip
            assert (pair.value, pair.se, pair.interval) == (alone.value, alone.se, alone.interval)
