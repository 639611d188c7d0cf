"""Published results and real judgments with gold: the shared cases and data beside the project."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tallystick.stats.aggregation import Consensus, Status, bradley_terry, dawid_skene, glad, mace, majority, one_coin

SHARED = Path(__file__).parents[2].parent / "shared"
CASE = SHARED / "cases" / "x_dawid_skene1979_em.json"
DATA = SHARED / "data"
NEEDS_CASES = pytest.mark.skipif(not CASE.is_file(), reason="needs the shared cases beside the project")
NEEDS_DATA = pytest.mark.skipif(not DATA.is_dir(), reason="needs the shared data beside the project")

Columns = tuple[list[str], list[str], list[str]]


def rows(name: str, kind: str) -> list[dict[str, object]]:
    """The items or the judgments of one data set."""
    with gzip.open(DATA / name / f"{kind}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def field(row: dict[str, object], name: str, inner: str) -> str:
    """One entry of an object inside a row."""
    entry = row[name]
    assert isinstance(entry, dict)
    return str(entry[inner])


def crowd(domain: str) -> tuple[Columns, dict[str, str]]:
    """The judgments of one of the two crowd sets, and the gold label of each item."""
    items = [row for row in rows("crowd_gold_time", "items") if row["domain"] == domain]
    gold = {str(row["id"]): field(row, "gold", "label") for row in items}
    ours = [row for row in rows("crowd_gold_time", "judgments") if row["item_id"] in gold]
    columns = (
        [str(row["item_id"]) for row in ours],
        [str(row["rater_id"]) for row in ours],
        [field(row, "values", "label") for row in ours],
    )
    return columns, gold


@NEEDS_CASES
def test_dawid_and_skene_1979() -> None:
    case = json.loads(CASE.read_text())
    items, raters, values = zip(*case["data_long"], strict=True)
    found = dawid_skene(items, raters, values, may_repeat=True, smoothing=0, tolerance=1e-10)
    expected = case["expected"]
    assert found.priors is not None
    assert found.skills is not None
    assert found.skills.confusion is not None
    assert found.labels is not None
    assert found.converged
    assert found.priors == pytest.approx(expected["priors"], abs=1e-8)
    assert found.log_likelihood == pytest.approx(expected["loglik"], abs=1e-8)
    assert np.abs(found.skills.confusion - np.array(expected["confusion"])).max() < 1e-8
    assert [int(label or 0) for label in found.labels] == expected["labels"]
    assert [round(share, 2) for share in found.priors.tolist()] == case["published"]["priors_rounded"]
    assert min(np.diff(found.trace)) > -1e-9


@NEEDS_DATA
def test_the_table_of_1979_from_the_data() -> None:
    judged = rows("dawid_skene_anaesthesia", "judgments")
    columns = (
        [str(row["item_id"]) for row in judged],
        [str(row["rater_id"]) for row in judged],
        [field(row, "values", "label") for row in judged],
    )
    found = dawid_skene(*columns, may_repeat=True, smoothing=0)
    assert found.priors is not None
    assert found.priors.round(2).tolist() == [0.4, 0.42, 0.11, 0.07]
    assert found.skills is not None
    assert found.skills.confusion is not None
    assert found.skills.confusion[0][:2].round(2).tolist() == [[0.91, 0.09, 0, 0], [0.07, 0.88, 0.05, 0]]


# Accuracy where crowd-kit 1.4.2 ends when its own stop is switched off: the same fixed points to 1e-9 for Dawid-Skene
# (300 iterations), one coin (100) and MACE (150, raters and answers named in order of appearance).
REFERENCE = {
    ("SP_amt", "dawid_skene"): 472 / 500,
    ("SP_amt", "one_coin"): 473 / 500,
    ("SP_amt", "glad"): 473 / 500,
    ("CF_amt", "dawid_skene"): 251 / 300,
    ("CF_amt", "one_coin"): 258 / 300,
    ("CF_amt", "glad"): 256 / 300,
}
METHODS: dict[str, Callable[..., Consensus]] = {"dawid_skene": dawid_skene, "one_coin": one_coin, "glad": glad}


@NEEDS_DATA
@pytest.mark.parametrize(("domain", "method"), REFERENCE)
def test_gold_is_met_as_often_as_by_the_reference(domain: str, method: str) -> None:
    columns, gold = crowd(domain)
    plain = {} if method == "glad" else {"smoothing": 0.0}
    found = METHODS[method](*columns, may_repeat=True, **plain)
    assert found.converged
    labels = dict(zip(found.items, found.labels or (), strict=True))
    assert np.mean([labels[item] == label for item, label in gold.items()]) == pytest.approx(REFERENCE[domain, method])


@NEEDS_DATA
@pytest.mark.parametrize(("domain", "least"), [("SP_amt", 473), ("CF_amt", 257)])
def test_mace_meets_gold_and_every_start_ends_alike(domain: str, least: int) -> None:
    columns, gold = crowd(domain)
    found = mace(*columns, may_repeat=True)
    assert found.converged
    labels = dict(zip(found.items, found.labels or (), strict=True))
    assert sum(labels[item] == label for item, label in gold.items()) == least
    assert found.restarts[0] - found.restarts[-1] < 0.5


@NEEDS_DATA
def test_majority_leaves_ties_open() -> None:
    columns, gold = crowd("CF_amt")
    found = majority(*columns, may_repeat=True)
    labels = dict(zip(found.items, found.labels or (), strict=True))
    assert found.n_ties == 8
    assert sum(labels[item] == label for item, label in gold.items()) == 253


@NEEDS_DATA
def test_fixed_raters_who_nearly_agree() -> None:
    judged = rows("pandalm_test", "judgments")
    columns = (
        [str(row["item_id"]) for row in judged],
        [str(row["rater_id"]) for row in judged],
        [field(row, "values", "winner") for row in judged],
    )
    counted, modelled = majority(*columns), dawid_skene(*columns)
    assert counted.top is not None
    assert modelled.top is not None
    assert modelled.skills is not None
    assert np.mean(counted.top == modelled.top) > 0.99
    assert modelled.skills.value.min() > 0.9


@NEEDS_DATA
def test_a_ranking_of_models_from_judged_pairs() -> None:
    models: dict[str, tuple[str, str]] = {}
    for row in rows("pandalm_test", "items"):
        candidates = row["candidates"]
        assert isinstance(candidates, list)
        models[str(row["id"])] = (str(candidates[0]["label"]), str(candidates[1]["label"]))
    judged = rows("pandalm_test", "judgments")
    pairs = [models[str(row["item_id"])] for row in judged]
    winners = [field(row, "values", "winner") for row in judged]
    named = [word if word == "tie" else pair[int(word) - 1] for pair, word in zip(pairs, winners, strict=True)]
    found = bradley_terry([a for a, _ in pairs], [b for _, b in pairs], named)
    assert found.status is Status.OK
    assert found.converged
    assert found.strengths is not None
    assert len(found.candidates) == 5
    assert found.n_ties == winners.count("tie")
    assert found.tie_parameter is not None


@NEEDS_DATA
@pytest.mark.parametrize("name", ["llmbar", "hh_harmless_test"])
def test_single_votes_have_no_model(name: str) -> None:
    """One judgment an item says nothing of raters: the models say so, the majority is the one vote."""
    judged = rows(name, "judgments")
    columns = (
        [str(row["item_id"]) for row in judged],
        [str(row.get("rater_id", "unnamed")) for row in judged],
        [field(row, "values", "winner") for row in judged],
    )
    assert dawid_skene(*columns).status is Status.SINGLE_RATER
    assert majority(*columns).labels == tuple(value for _, value in sorted(zip(columns[0], columns[2], strict=True)))


@NEEDS_DATA
def test_eight_experts_on_abuse() -> None:
    judged = rows("convabuse", "judgments")
    columns = (
        [str(row["item_id"]) for row in judged],
        [str(row["rater_id"]) for row in judged],
        [field(row, "values", "severity") for row in judged],
    )
    found = dawid_skene(*columns, may_repeat=True)
    assert found.converged
    assert found.skills is not None
    assert len(found.raters) == 8
    assert found.skills.value.min() > 0.6
