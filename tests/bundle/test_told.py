"""What a release tells beside its judgments: interventions, causes, second looks, audits, totals of sentinels.

Every figure follows from facts of the log, and a changed one is found. Nothing tells which items are sentinels.
"""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bundle.made_release import MadeRelease, made_release, rehash
from bundle.small_journal import RELEASE, SIGNER
from bundle.tampering import figure_changed
from bundle.told_journal import SENTINEL, TOTALS, told_journal
from hypothesis import given
from hypothesis import strategies as st

from tallystick.audit.release import Status, verify_release
from tallystick.bundle import CannotBuild, build
from tallystick.bundle.columns import from_jsonl
from tallystick.bundle.figures.monitoring import at_most
from tallystick.bundle.rows import Record
from tallystick.bundle.state import replay
from tallystick.events.release import ReleaseMonitored, SentinelTotal
from tallystick.flow.release import Watched, monitored
from tallystick.stats.escape import exact_interval


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeRelease:
    """A release of a programme in which much happened."""
    return made_release(tmp_path_factory.mktemp("told"), made=told_journal())


def figure(made: MadeRelease, name: str) -> Any:
    return json.loads((made.directory / f"quality/{name}.json").read_bytes())


def test_the_release_is_good_and_is_built_again_from_a_copy_of_the_log(made: MadeRelease) -> None:
    report = verify_release(made.directory, SIGNER.vkey, log=made.log)
    assert report.status is Status.OK, report.problems


def test_the_entries_that_it_brings_along_give_the_same_state(made: MadeRelease) -> None:
    basis = [made.journal.entries[index] for index in made.built.basis]
    assert replay(basis, RELEASE) == replay(made.journal.entries, RELEASE)


def test_a_release_whose_attempts_do_not_say_their_signal_has_the_bytes_that_it_had(made: MadeRelease) -> None:
    assert not (made.directory / "quality/qualifications.json").exists()
    assert "By role at the cut" not in (made.directory / "DATASHEET.md").read_text()


def test_an_intervention_is_told_step_by_step(made: MadeRelease) -> None:
    (told,) = figure(made, "interventions")["interventions"]
    assert (told["intervention"], told["rubric"], told["outcome"]) == ("itv-1", "medical", "passed")
    assert [step["what"] for step in told["steps"]] == [
        "intervention-opened", "intervention-diagnosed", "calibration-opened", "calibration-revealed",
        "calibration-ended", "intervention-revised", "judgments-requeued", "rubric-ruled-out", "expert-stood-down",
        "intervention-remeasured", "intervention-closed",
    ]  # fmt: skip
    steps = {step["what"]: step for step in told["steps"]}
    assert [finding["name"] for finding in steps["intervention-diagnosed"]["findings"]] == ["correct"]
    assert steps["intervention-diagnosed"]["counts"]["people"] == 1
    assert steps["judgments-requeued"]["counts"]["judgments"] == 3
    again = steps["intervention-remeasured"]
    assert (again["difference_ppm"], again["low_ppm"], again["high_ppm"]) == (40_000, -10_000, 90_000)
    assert again["values"][0]["value_ppm"] < again["values"][1]["value_ppm"]
    assert [step["seq"] for step in told["steps"]] == sorted(step["seq"] for step in told["steps"])


def test_causes_are_told_with_their_evidence_and_a_correction_counts_first(made: MadeRelease) -> None:
    told = figure(made, "disagreements")
    causes = {row["item"]: row for row in told["items"]}
    assert causes["itm-preserved"]["cause"] == "value_diversity"
    assert causes["itm-preserved"]["terms"][0]["sentence"] == "Split."
    assert (causes["itm-open"]["cause"], causes["itm-open"]["corrected"]) == (None, "rater_error")
    batch = next(one for one in told["batches"] if one["batch"] == "bat-med")
    assert batch["causes"] == {"rater_error": 1, "value_diversity": 1}
    assert batch["outcomes"] == {"open": 1, "preserved": 1}
    assert (told["corrections"], told["agreeing"]) == (1, 0)


def test_groups_stand_in_the_preserved_record_as_they_were_suppressed(made: MadeRelease) -> None:
    rows = from_jsonl((made.directory / "data/records.jsonl").read_bytes(), Record)
    found = {row.item: row.distributions for row in rows}
    assert [item for item, tables in found.items() if tables] == ["itm-preserved"]
    (table,) = found["itm-preserved"]
    assert (table.axis, table.people, table.cell_min, table.hidden) == ("age", 5, 5, 2)
    assert [(label.label, label.people) for label in table.groups[0].labels] == [("a", None), ("b", None), ("tie", 0)]


def test_second_looks_are_counted_with_an_exact_bound(made: MadeRelease) -> None:
    (stratum,) = figure(made, "monitoring")["escape"]["strata"]
    assert (stratum["pool"], stratum["drawn"], stratum["answered"], stratum["defects"]) == (100, 5, 4, 1)
    assert stratum["by_severity"] == {"high": 1}
    assert stratum["at_most"] == at_most(100, 4, 1, doubt=20)
    assert stratum["at_most_worst"] > stratum["at_most"]


def test_audits_of_groups_are_told_and_those_of_a_person_are_not(made: MadeRelease) -> None:
    told = figure(made, "monitoring")["audits"]
    assert [(one["audit"], one["axis"]) for one in told] == [("aud-2", "all"), ("aud-2", "rubric_version")]
    assert b'"axis":"expert"' not in b"".join(made.journal.entries[index] for index in made.built.basis)


def test_sentinels_are_told_in_totals_alone(made: MadeRelease) -> None:
    told = figure(made, "monitoring")["sentinels"]
    assert told["totals"] == [{"rubric": "medical", "answers": 30, "right": 27}]
    assert (told["alarms"], told["found"]) == ({"medical": 1}, {"chance": 1})
    entries = b"".join(made.journal.entries[index] for index in made.built.basis)
    for word in (SENTINEL.encode(), b"judgment-checked", b"drift-detected", b"drift-decided", b"sentinel-policy"):
        assert word not in entries
        assert [path for path in made.directory.rglob("*") if path.is_file() and word in path.read_bytes()] == []


def test_words_of_people_stay_in_the_cell(made: MadeRelease) -> None:
    word = b"Words that stay in the cell."
    assert [path for path in made.directory.rglob("*") if path.is_file() and word in path.read_bytes()] == []


# --- too little to tell ----------------------------------------------------------------------------------------------


ANSWERS = tuple(("medical", f"per-{number % 3}", True) for number in range(20))


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (ANSWERS, (20, 20)),
        (ANSWERS[:19], (None, None)),
        (tuple(("medical", f"per-{number % 2}", True) for number in range(50)), (None, None)),
    ],
)
def test_a_total_of_few_answers_or_few_people_is_not_told(
    answers: tuple[tuple[str, str, bool], ...], told: tuple[int | None, int | None]
) -> None:
    found = monitored(Watched(policies=1, answers=answers, alarms=()), release="r", programme="p")
    assert found is not None
    assert found.sentinels == [SentinelTotal(rubric="medical", answers=told[0], right=told[1])]


def test_without_a_policy_nothing_is_stated() -> None:
    assert monitored(Watched(policies=0, answers=(), alarms=()), release="r", programme="p") is None


@given(pool=st.integers(1, 60), data=st.data())
def test_the_bound_is_the_largest_that_is_not_ruled_out(pool: int, data: st.DataObject) -> None:
    drawn = data.draw(st.integers(1, pool))
    defects = data.draw(st.integers(0, drawn))
    found = at_most(pool, drawn, defects, doubt=20)

    def chance(among: int) -> float:
        ways = sum(math.comb(among, k) * math.comb(pool - among, drawn - k) for k in range(defects + 1))
        return ways / math.comb(pool, drawn)

    assert defects <= found <= pool - drawn + defects
    assert chance(found) > 0.05 or found == defects
    assert found == pool - drawn + defects or chance(found + 1) <= 0.05 + 1e-12


def test_the_bound_is_that_of_the_statistics() -> None:
    """Where the statistics take a finite pool, both say the same: one-sided 95 % is two-sided 90 %."""
    for pool, drawn, defects in ((100, 40, 0), (100, 40, 3), (500, 100, 7)):
        high = exact_interval(defects, drawn, pool, confidence=0.90).high
        assert at_most(pool, drawn, defects, doubt=20) == round(high * pool)


# --- forged ----------------------------------------------------------------------------------------------------------


def forged(made: MadeRelease, folder: Path, name: str, change: Callable[[Any], None]) -> str:
    copy = shutil.copytree(made.directory, folder / "copy")
    figure_changed(copy, f"quality/{name}.json", change)
    rehash(copy)
    report = verify_release(copy, SIGNER.vkey)
    assert report.status is Status.BAD
    return " | ".join(f"{p.row}: {p.what}" for p in report.problems if (p.step, p.file) == (8, f"quality/{name}.json"))


CHANGES: dict[str, tuple[str, Callable[[Any], None], str]] = {
    "a difference that looks better": (
        "interventions", lambda v: v["interventions"][0]["steps"][9].update(low_ppm=10_000), "low_ppm: stated 10000",
    ),
    "a step left out": (
        "interventions", lambda v: v["interventions"][0]["steps"].pop(8), "steps: stated 10 entries, computed 11",
    ),
    "an intervention left out": (
        "interventions", lambda v: v["interventions"].clear(), "interventions: stated 0 entries, computed 1",
    ),
    "another cause": ("disagreements", lambda v: v["items"][0].update(cause="rater_error"), "items[0].cause: stated"),
    "fewer open disagreements": (
        "disagreements", lambda v: v["batches"][0]["outcomes"].update(open=0), "outcomes.open: stated 0, computed 1",
    ),
    "a defect less": (
        "monitoring", lambda v: v["escape"]["strata"][0].update(defects=0), "strata[0].defects: stated 0, computed 1",
    ),
    "a lower bound of defects": ("monitoring", lambda v: v["escape"].update(at_most=1), "escape.at_most: stated 1"),
    "better sentinels": (
        "monitoring", lambda v: v["sentinels"]["totals"][0].update(right=30), "right: stated 30, computed 27",
    ),
    "an audit left out": ("monitoring", lambda v: v["audits"].pop(), "audits: stated 1 entries, computed 2"),
    "judgments that were never set aside": (
        "monitoring", lambda v: v["redone"]["requeued"].clear(), "requeued.intervention: computed and not stated",
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_figure_is_named_by_its_place(made: MadeRelease, tmp_path: Path, change: str) -> None:
    name, act, what = CHANGES[change]
    assert what in forged(made, tmp_path, name, act)


def test_groups_that_were_uncovered_are_found(made: MadeRelease, tmp_path: Path) -> None:
    copy = shutil.copytree(made.directory, tmp_path / "copy")
    path = copy / "data/records.jsonl"
    path.write_bytes(path.read_bytes().replace(b'{"label":"a","people":null}', b'{"label":"a","people":4}'))
    rehash(copy)
    problems = verify_release(copy, SIGNER.vkey).problems
    assert "itm-preserved: distributions" in " | ".join(f"{p.row}: {p.what}" for p in problems)


def test_an_end_that_its_measurement_does_not_give_is_found(tmp_path: Path) -> None:
    """The cell itself writes that the last measurement was better than it was."""
    found = made_release(tmp_path, made=told_journal(passed_value_ppm=990_000))
    report = verify_release(found.directory, SIGNER.vkey, log=found.log)
    assert {(p.step, p.file) for p in report.problems} == {(8, "proofs/entries.jsonl")}
    assert "states other values than entry" in report.problems[0].what


def test_a_cause_that_its_evidence_does_not_give_is_found(tmp_path: Path) -> None:
    found = made_release(tmp_path, made=told_journal(shift_ppm=50_000))
    report = verify_release(found.directory, SIGNER.vkey, log=found.log)
    assert {(p.step, p.file) for p in report.problems} == {(8, "proofs/entries.jsonl")}
    assert "the posterior does not follow from its terms" in report.problems[0].what


@pytest.mark.parametrize(
    "totals",
    [
        None,
        msgspec.structs.replace(TOTALS, sentinels=[SentinelTotal(rubric="medical", answers=30, right=30)]),
        msgspec.structs.replace(TOTALS, found={"open": 1}),
        msgspec.structs.replace(TOTALS, policies=2),
    ],
)
def test_no_cell_builds_totals_of_sentinels_that_its_journal_does_not_give(
    totals: ReleaseMonitored | None, tmp_path: Path
) -> None:
    journal = told_journal(totals=totals)
    with pytest.raises(CannotBuild, match="expected the totals of sentinels that the journal gives"):
        build(journal.entries, RELEASE, journal.open_objects, tmp_path / "release")


def test_a_cell_that_builds_them_all_the_same_is_found_with_a_copy_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    better = msgspec.structs.replace(TOTALS, sentinels=[SentinelTotal(rubric="medical", answers=30, right=30)])
    with monkeypatch.context() as patched:
        patched.setattr("tallystick.bundle.watched.check", lambda _state, _seen: None)
        found = made_release(tmp_path, made=told_journal(totals=better))
    assert verify_release(found.directory, SIGNER.vkey).status is Status.OK
    report = verify_release(found.directory, SIGNER.vkey, log=found.log)
    assert {p.step for p in report.problems} == {11}
    assert "expected the totals of sentinels that the journal gives" in report.problems[0].what


def test_a_release_of_another_schema_is_not_checked_and_says_by_what(made: MadeRelease, tmp_path: Path) -> None:
    copy = shutil.copytree(made.directory, tmp_path / "copy")
    path = copy / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b"tallystick/release/3", b"tallystick/release/1"))
    report = verify_release(copy, SIGNER.vkey)
    assert report.status is Status.COULD_NOT_CHECK
    assert "expected a release of schema tallystick/release/3, found tallystick/release/1" in report.not_checked[0]
