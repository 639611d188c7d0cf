"""Views for trainers: no tie is lost, none is trained on as a win, and the public tools load them."""

import json
import math
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from bundle.made_release import MadeRelease, made_release

from tallystick.bundle.columns import from_jsonl, from_parquet
from tallystick.bundle.rows import Judgment, PreferencePair, Record, SoftPair, Tie
from tallystick.bundle.views import views


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeRelease:
    """One release for all tests."""
    return made_release(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def records(made: MadeRelease) -> dict[str, Record]:
    """Its records by item."""
    rows = from_jsonl((made.directory / "data/records.jsonl").read_bytes(), Record)
    return {row.item: row for row in rows}


@pytest.fixture(scope="module")
def judgments(made: MadeRelease) -> list[Judgment]:
    """Its raw judgments."""
    return from_jsonl((made.directory / "data/judgments.jsonl").read_bytes(), Judgment)


def test_only_a_consensus_for_a_or_b_becomes_a_pair(made: MadeRelease, records: dict[str, Record]) -> None:
    pairs = from_parquet((made.directory / "views/trl_preference.parquet").read_bytes(), PreferencePair)
    assert {pair.item for pair in pairs} == {name for name, one in records.items() if one.consensus in ("a", "b")}
    for pair in pairs:
        texts = {candidate.label: candidate.text for candidate in records[pair.item].candidates}
        assert pair.chosen[0].content == texts[records[pair.item].consensus or ""]
        assert pair.chosen != pair.rejected


def test_a_context_stands_before_the_prompt(made: MadeRelease) -> None:
    pairs = from_parquet((made.directory / "views/trl_preference.parquet").read_bytes(), PreferencePair)
    first = next(pair for pair in pairs if pair.item == "itm-med-0")
    assert [(turn.role, turn.content) for turn in first.prompt] == [("user", "Said before.\n\nQuestion med-0?")]


def test_the_soft_view_gives_the_distribution_of_judgments_exactly(
    made: MadeRelease, records: dict[str, Record], judgments: list[Judgment]
) -> None:
    """Mean DPO loss over the lines of an item equals the loss with the soft label p = (wins + ties / 2) / n."""
    lines = from_parquet((made.directory / "views/trl_preference_soft.parquet").read_bytes(), SoftPair)
    for item, record in records.items():
        mine = [line for line in lines if line.item == item]
        votes = Counter(j.direction for j in judgments if j.item == item)
        n = votes["a"] + votes["b"] + votes["tie"]
        assert len(mine) == 2 * n
        if not n:
            continue
        first = record.candidates[0].text
        share = sum(line.chosen[0].content == first for line in mine) / len(mine)
        assert share == pytest.approx((votes["a"] + votes["tie"] / 2) / n)
        margin = 0.7  # any difference of rewards between a and b
        losses = [math.log1p(math.exp(-margin if line.chosen[0].content == first else margin)) for line in mine]
        soft = share * math.log1p(math.exp(-margin)) + (1 - share) * math.log1p(math.exp(margin))
        assert sum(losses) / len(losses) == pytest.approx(soft)


def test_every_judgment_on_a_record_is_in_a_view_or_counted_as_left_out(
    made: MadeRelease, records: dict[str, Record], judgments: list[Judgment]
) -> None:
    manifest = json.loads((made.directory / "manifest.json").read_bytes())
    on_records = [j for j in judgments if j.item in records]
    for view in manifest["views"]:
        held = {"trl_preference": view["rows"], "trl_preference_soft": view["rows"] // 2, "ties": view["rows"]}
        total = len(records) if view["counts"] == "records" else len(on_records)
        assert held[view["name"]] + sum(view["excluded"].values()) == total


def test_ties_and_refusals_of_both_are_kept_apart(made: MadeRelease, judgments: list[Judgment]) -> None:
    ties = from_parquet((made.directory / "views/ties.parquet").read_bytes(), Tie)
    assert {tie.judgment for tie in ties} == {
        j.judgment for j in judgments if j.verdict in ("tie", "both_unacceptable") and j.is_in_record
    }


def test_a_release_that_is_not_for_training_has_no_trainer_exports(
    tmp_path: Path, records: dict[str, Record], judgments: list[Judgment]
) -> None:
    assert views(list(records.values()), judgments, use="evaluate") == []
    made = made_release(tmp_path / "evaluate", use="evaluate")
    assert not (made.directory / "views").exists()
    assert "trl_preference" not in (made.directory / "README.md").read_text().split("---")[1]


LOAD = """
import sys
from datasets import load_dataset
for name in sys.argv[2:]:
    loaded = load_dataset(sys.argv[1], name)["train"]
    print(name, loaded.num_rows, ",".join(loaded.column_names))
"""


def test_the_public_library_loads_every_configuration_offline(made: MadeRelease, tmp_path: Path) -> None:
    """In a process of its own: it reads its settings when it is imported, and must find no network."""
    names = ["records", "judgments", "trl_preference", "trl_preference_soft", "ties"]
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run(  # noqa: S603 - our own interpreter on our own text
        [sys.executable, "-c", LOAD, str(made.directory), *names], env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: int(line.split()[1]) for line in done.stdout.splitlines()}
    assert rows == {"records": 18, "judgments": 58, "trl_preference": 15, "trl_preference_soft": 102, "ties": 7}
