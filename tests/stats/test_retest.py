"""Raters against themselves: by hand, on published data, and with times that make no order."""

import gzip
import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from tallystick.stats.agreement import BadRatings, Question, measure
from tallystick.stats.retest import retest

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def test_flips_by_hand() -> None:
    """Rater a judges five items twice and changes one; rater b two items, once the second time is missing."""
    rows = [
        *(("a", item, value, "2026-01-01") for item, value in enumerate([0, 0, 1, 1, 2])),
        *(("a", item, value, "2026-02-01") for item, value in enumerate([0, 0, 1, 2, 2])),
        ("b", 0, 0, "2026-01-03"),
        ("b", 0, 1, "2026-02-03"),
        ("b", 1, 0, "2026-01-03"),
        ("b", 1, None, "2026-02-03"),
        ("c", 3, 1, "2026-01-03"),
    ]
    raters, items, values, times = zip(*rows, strict=True)
    found = retest(items, raters, values, times, question=Question(metric="percent_agreement"))
    assert (found.n_repeated, found.n_changed) == (6, 2)
    assert found.whole.value == pytest.approx(4 / 6)
    assert (found.whole.n_items, found.whole.n_judgments) == (6, 12)
    assert [(one.rater, one.agreement.value) for one in found.by_rater] == [("a", 0.8), ("b", 0.0)]
    order = np.random.default_rng(1).permutation(len(rows))
    shuffled = [[column[row] for row in order] for column in (items, raters, values, times)]
    assert retest(*shuffled, question=Question(metric="percent_agreement")) == found


def test_kappa_of_two_passes_is_the_kappa_of_two_raters() -> None:
    chance = np.random.default_rng(2)
    first = chance.integers(0, 3, 40)
    second = np.where(chance.random(40) < 0.3, chance.integers(0, 3, 40), first)
    items = np.tile(np.arange(40), 2)
    found = retest(
        items, ["a"] * 80, [*first, *second], np.repeat([5, 9], 40), question=Question(metric="cohen_kappa")
    ).whole
    alone = measure(items, np.repeat([0, 1], 40), [*first, *second], metric="cohen_kappa")
    assert (found.value, found.se, found.interval) == (alone.value, alone.se, alone.interval)


def test_several_raters_on_an_item_are_one_draw() -> None:
    chance = np.random.default_rng(3)
    items, raters = np.repeat(np.arange(60), 2), np.tile([0, 1], 60)
    hard = np.repeat(chance.random(60) < 0.3, 2)
    first = np.repeat(chance.integers(0, 2, 60), 2)
    second = np.where(hard, 1 - first, first)
    both = retest(np.tile(items, 2), np.tile(raters, 2), [*first, *second], np.repeat([1, 2], 120))
    assert both.whole.interval is not None
    assert both.whole.interval.method == "cluster_bootstrap"
    one = both.by_rater[0].agreement
    assert both.whole.se == pytest.approx(one.se, rel=0.05)


def test_nobody_judged_twice() -> None:
    found = retest([1, 2], ["a", "b"], [0, 1], [1, 2])
    assert (found.whole.status, found.whole.value, found.by_rater) == ("too_few_items", None, ())
    assert (found.n_repeated, found.n_changed) == (0, 0)
    empty = retest([], [], [], [])
    assert empty.whole.value is None


def test_times_must_give_an_order() -> None:
    with pytest.raises(BadRatings, match="at the same time") as raised:
        retest([1, 2, 1], ["a", "a", "a"], [0, 1, 1], [5, 5, 5])
    assert raised.value.rows == (0, 2)
    with pytest.raises(BadRatings, match="no time"):
        retest([1, 1], ["a", "a"], [0, 1], [1, None])
    with pytest.raises(BadRatings, match="one length"):
        retest([1, 1], ["a", "a"], [0, 1], [1])


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the shared data beside the project")
def test_the_anaesthetist_who_judged_three_times() -> None:
    """Dawid and Skene (1979), observer 1 on 45 patients: alpha .6964 with themselves, against pairs counted by hand."""
    path = DATA / "dawid_skene_anaesthesia" / "judgments.jsonl.gz"
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    seen: dict[tuple[str, str], int] = {}
    table = []
    for row in rows:
        key = (row["item_id"], row["rater_id"])
        seen[key] = seen.get(key, 0) + 1
        table.append((*key, next(iter(row["values"].values())), seen[key]))
    items, raters, values, times = zip(*table, strict=True)
    found = retest(items, raters, values, times)
    assert [one.rater for one in found.by_rater] == [found.by_rater[0].rater]
    assert found.whole.value == pytest.approx(0.6964, abs=5e-5)
    assert found.whole.n_items == 45
    mine = [row for row in table if row[1] == found.by_rater[0].rater]
    answers = [[value for item, _, value, _ in mine if item == one] for one in sorted({row[0] for row in mine})]
    pairs = [a == b for unit in answers for a, b in permutations(unit, 2)]
    assert found.whole.percent_agreement == pytest.approx(sum(pairs) / len(pairs))
