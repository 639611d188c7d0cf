"""What the evidence of real judgments is worth: nothing is claimed that labels and retests cannot show."""

import gzip
import json
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from tallystick.stats.disagreement import Cause, Classified, Evidence, classify

DATA = Path(__file__).parents[2].parent / "shared" / "data"
NLI = ("entailment", "neutral", "contradiction")

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs the shared data beside the project")


def rows(name: str, file: str) -> list[dict[str, dict[str, object]]]:
    """One file of a data set."""
    with gzip.open(DATA / name / f"{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def posteriors_of_error(evidence: list[Evidence]) -> list[float]:
    """How likely error is, for each divided item."""
    found = [classify(one, with_help=False) for one in evidence]
    return [one.posterior[Cause.RATER_ERROR] for one in found if one.posterior]


def test_ambient_error_is_likelier_where_experts_allow_one_label() -> None:
    """Crowd labels of ambiguous pairs, and of the same pairs rewritten to one reading."""
    by_row = defaultdict(list)
    for row in rows("ambient", "judgments"):
        if str(row["rater_group"]["type"]).startswith("crowd"):
            by_row[str(row["id"]).rsplit("|", 1)[0]].append(row)
    ambiguous: list[Evidence] = []
    clear: list[Evidence] = []
    for judgments in by_row.values():
        for name, kept in (("ambiguous", ambiguous), ("reading2", clear), ("reading3", clear)):
            labels = {str(row["rater_id"]): str(row["values"][name]) for row in judgments}
            kept.append(Evidence(labels=labels, categories=NLI))
    on_ambiguous, on_clear = posteriors_of_error(ambiguous), posteriors_of_error(clear)
    assert len(on_ambiguous) > 400
    assert np.mean(on_clear) > np.mean(on_ambiguous) + 0.03


def test_pubmedqa_two_judgments_determine_nothing() -> None:
    """Agreement with the settled answer is higher with the context; two labels of one item cannot show that."""
    gold = {str(row["id"]): row["gold"]["label"] for row in rows("pubmedqa_l", "items")}
    labels: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows("pubmedqa_l", "judgments"):
        labels[str(row["item_id"])][str(row["rater_id"])] = str(row["values"]["label"])
    right = Counter(rater for item, by in labels.items() for rater, label in by.items() if label == gold[item])
    assert right["annotator1"] > right["annotator2"] + 100
    saw = {"annotator1": True, "annotator2": False}
    found = [
        classify(Evidence(labels=by, categories=("yes", "no", "maybe"), context_seen=saw), with_help=False)
        for by in labels.values()
    ]
    divided = [one for one in found if one.posterior]
    assert len(divided) == 299
    assert all(one.is_undetermined for one in divided)


def convabuse() -> list[Evidence]:
    """First labels, and later ones of the same rater as retests."""
    passes: dict[str, dict[str, dict[int, str]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows("convabuse", "judgments"):
        number = row["meta"]["pass"]
        assert isinstance(number, int)
        passes[str(row["item_id"])][str(row["rater_id"])][number] = str(row["values"]["abusive"])
    return [
        Evidence(
            labels={rater: by[min(by)] for rater, by in raters.items()},
            categories=("True", "False"),
            retests={rater: [by[at] for at in sorted(by)[1:]] for rater, by in raters.items() if len(by) > 1},
        )
        for raters in passes.values()
    ]


def test_convabuse_retests_move_what_they_should() -> None:
    def mean(found: list[Classified], cause: Cause) -> float:
        return float(np.mean([one.posterior[cause] for one in found]))

    divided = [one for one in convabuse() if one.is_divided and one.retests]
    changed = {True: [], False: []}  # type: dict[bool, list[Classified]]
    for one in divided:
        has_changed = any(label != one.labels[rater] for rater, later in one.retests.items() for label in later)
        changed[has_changed].append(classify(one, with_help=False))
    assert len(changed[True]) >= 8
    assert mean(changed[False], Cause.VALUE_DIVERSITY) > mean(changed[True], Cause.VALUE_DIVERSITY)
    assert mean(changed[True], Cause.MISSING_CONTEXT) > mean(changed[False], Cause.MISSING_CONTEXT)


def test_convabuse_groups_by_lot_show_no_values() -> None:
    divided = [one for one in convabuse() if one.is_divided]
    raters = sorted({rater for one in divided for rater in one.labels})
    chance = np.random.default_rng(6)
    called = 0
    for _ in range(3):
        group = dict(zip(raters, chance.permutation(np.arange(len(raters)) % 2).tolist(), strict=True))
        for one in divided:
            lot = {"lot": {rater: str(group[rater]) for rater in one.labels}}
            grouped = Evidence(labels=one.labels, categories=one.categories, retests=one.retests, groups=lot)
            called += classify(grouped, with_help=False).cause is Cause.VALUE_DIVERSITY
    assert called <= 0.05 * 3 * len(divided)
