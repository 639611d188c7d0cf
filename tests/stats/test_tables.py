"""Arrow tables of results: one row each, the same columns whatever is in them, undefined as null."""

import pyarrow as pa
import pytest

from tallystick.stats.agreement import (
    BadRatings,
    Question,
    category_agreement,
    leave_one_rater_out,
    measure,
    measure_many,
    pairwise_kappa,
)
from tallystick.stats.power import to_decide
from tallystick.stats.retest import retest
from tallystick.stats.tables import table

ITEMS, RATERS = [number for number in range(12) for _ in "ab"], ["a", "b"] * 12
VALUES = [1, 1, 2, 2, 1, 2, 3, 3, 1, 1, 2, 3, 3, 3, 1, 1, 2, 2, 2, 2, 3, 1, 1, 1]
ALPHA = Question(metric="krippendorff_alpha")


def test_a_row_for_each_coefficient() -> None:
    asked = [
        Question(metric="cohen_kappa"),
        Question(metric="gwet_ac1"),
        Question(metric="krippendorff_alpha", level="ordinal"),
    ]
    found = measure_many(ITEMS, RATERS, VALUES, asked)
    made = table(found)
    assert made.num_rows == 3
    assert made.column("metric").to_pylist() == ["cohen_kappa", "gwet_ac1", "krippendorff_alpha"]
    assert made.column("value").to_pylist() == [one.value for one in found]
    assert made.column("status").to_pylist() == ["ok"] * 3
    assert made.column("interval.low").to_pylist() == [one.interval.low for one in found if one.interval]
    assert made.column("two_raters.kappa_max").type == pa.float64()
    shares = made.column("prevalence").to_pylist()[0]
    assert shares == [{"category": str(k), "count": VALUES.count(k), "share": VALUES.count(k) / 24} for k in (1, 2, 3)]


def test_undefined_is_null_and_the_columns_stay() -> None:
    nothing = table([measure([], [], [], metric="gwet_ac1")])
    something = table([measure(ITEMS, RATERS, VALUES, metric="gwet_ac1")])
    assert nothing.schema == something.schema
    assert nothing.column("value").to_pylist() == [None]
    assert nothing.column("interval.method").to_pylist() == [None]
    assert pa.concat_tables([nothing, something]).num_rows == 2


def test_every_kind_of_result() -> None:
    kinds: list[list[object]] = [
        [*pairwise_kappa(ITEMS, RATERS, VALUES)],
        [*category_agreement(ITEMS, RATERS, VALUES)],
        [*leave_one_rater_out(ITEMS, RATERS, VALUES, ALPHA)],
        [to_decide(ITEMS, RATERS, VALUES, ALPHA, threshold=0.6)],
        [retest(ITEMS, RATERS, VALUES, range(24))],
    ]
    for results in kinds:
        made = table(results)
        assert made.num_rows == len(results)
        made.validate(full=True)


def test_a_table_has_one_kind() -> None:
    none: list[object] = []
    for results in (
        none,
        [1],
        [*pairwise_kappa(ITEMS, RATERS, VALUES), measure(ITEMS, RATERS, VALUES, metric="gwet_ac1")],
    ):
        with pytest.raises(BadRatings, match="one kind"):
            table(results)
