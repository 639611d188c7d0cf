"""Work that was done again: every judgment is delivered, those set aside count nowhere, and both can be checked."""

import json
from collections import Counter
from pathlib import Path

import pytest
from bundle.made_release import MadeRelease, made_release, sealed
from bundle.small_journal import EXPERTS, RELEASE, SIGNER, SmallJournal, built_event, small_journal

from tallystick.audit.release import Status, verify_release
from tallystick.bundle import CannotBuild, build, write_proofs
from tallystick.bundle.columns import from_jsonl, from_parquet
from tallystick.bundle.rows import Adjudication, Expert, Judgment, Record, SoftPair
from tallystick.bundle.state import replay
from tallystick.ledger.reader import LogReader

SET_ASIDE = [f"jdg-settled-{expert}" for expert in EXPERTS]


def redone(verdicts: list[str]) -> SmallJournal:
    """The item that was settled is judged again by the same experts; the gate measured before, between and after."""
    made = small_journal(cut=False)
    made.requeue(SET_ASIDE)
    made.measure("med", "medical", incomplete=2)
    made.judge_anew("settled", "med", "medical", verdicts=verdicts)
    made.measure("med", "medical", incomplete=1)
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeRelease:
    """A release in which all three now say the same."""
    journal = redone(["a_slightly"] * 3)
    journal.cut()
    return made_release(tmp_path_factory.mktemp("redone"), made=journal)


def judgments(made: MadeRelease) -> dict[str, Judgment]:
    rows = from_jsonl((made.directory / "data/judgments.jsonl").read_bytes(), Judgment)
    return {row.judgment: row for row in rows}


def record(made: MadeRelease, item: str) -> Record:
    rows = from_jsonl((made.directory / "data/records.jsonl").read_bytes(), Record)
    return next(row for row in rows if row.item == item)


def test_the_release_is_good_and_is_built_again_from_a_copy_of_the_log(made: MadeRelease) -> None:
    report = verify_release(made.directory, SIGNER.vkey, log=made.log)
    assert report.status is Status.OK, report.problems


def test_the_entries_that_it_brings_along_give_the_same_state(made: MadeRelease) -> None:
    basis = [made.journal.entries[index] for index in made.built.basis]
    assert replay(basis, RELEASE) == replay(made.journal.entries, RELEASE)


def test_what_was_set_aside_is_delivered_with_the_reason(made: MadeRelease) -> None:
    rows = judgments(made)
    assert {rows[name].standing for name in SET_ASIDE} == {"requeued"}
    assert {rows[name].standing_cause for name in SET_ASIDE} == {"intervention"}
    for name in SET_ASIDE:
        seq = rows[name].standing_seq
        assert seq is not None
        assert b"judgments-requeued/1" in made.journal.entries[seq]
        assert rows[name].reasons[0].text == f"{rows[name].expert} on settled"
    again = rows["jdg-again-settled-per-one"]
    assert (again.standing, again.standing_seq, again.standing_cause) == ("counted", None, None)


def test_a_record_counts_what_counts(made: MadeRelease) -> None:
    found = record(made, "itm-settled")
    assert (found.n_judgments, found.n_requeued, found.n_a, found.n_b) == (3, 3, 3, 0)
    assert (found.consensus, found.consensus_how, found.settled_verdict) == ("a", "unanimous", None)
    assert [shown.judgment for shown in found.orders] == [f"jdg-again-settled-{expert}" for expert in EXPERTS]


def test_an_adjudication_that_was_withdrawn_is_delivered_and_decides_nothing(made: MadeRelease) -> None:
    rows = from_jsonl((made.directory / "data/adjudications.jsonl").read_bytes(), Adjudication)
    found = next(row for row in rows if row.item == "itm-settled")
    assert found.notes == "The second one errs."
    assert found.withdrawn_seq == judgments(made)[SET_ASIDE[0]].standing_seq
    overturn = json.loads((made.directory / "quality/overturn.json").read_bytes())
    assert (overturn["settled_items"], overturn["preserved_items"]) == (0, 1)


def test_no_view_trains_on_what_was_set_aside_and_the_manifest_counts_it(made: MadeRelease) -> None:
    rows = from_parquet((made.directory / "views/trl_preference_soft.parquet").read_bytes(), SoftPair)
    assert not {row.judgment for row in rows} & set(SET_ASIDE)
    manifest = json.loads((made.directory / "manifest.json").read_bytes())
    assert {view["name"]: view["excluded"].get("requeued") for view in manifest["views"]} == {
        "trl_preference": None, "trl_preference_soft": 3, "ties": 3,
    }  # fmt: skip
    assert manifest["counts"]["standing"] == {"counted": 58, "requeued": 3}


def test_experts_are_shown_with_both(made: MadeRelease) -> None:
    rows = {one.person: one for one in from_jsonl((made.directory / "people/experts.jsonl").read_bytes(), Expert)}
    assert (rows["per-one"].n_judgments, rows["per-one"].n_judgments_requeued) == (15, 1)


def test_the_trend_has_every_measurement_and_each_is_computed_again(made: MadeRelease) -> None:
    trend = json.loads((made.directory / "quality/trend.json").read_bytes())
    med = next(batch for batch in trend["batches"] if batch["batch"] == "bat-med")
    assert [point["measured"]["incomplete"] for point in med["points"]] == [1, 2, 1]
    assert [point["measured"]["verdict"]["judgments"] for point in med["points"]] == [40, 37, 40]
    values = [point["measured"]["verdict"]["value_ppm"] for point in med["points"]]
    assert values[0] < values[1] < values[2]
    assert len({point["measured"]["inputs_digest"] for point in med["points"]}) == 3


def test_an_earlier_measurement_that_was_invented_is_found(tmp_path: Path) -> None:
    """A number from before that looks worse than it was, so that the work since looks better."""
    journal = small_journal(cut=False)
    journal.requeue(SET_ASIDE)
    journal.measure("med", "medical", incomplete=2, value_ppm=100_000)
    journal.judge_anew("settled", "med", "medical", verdicts=["a_slightly"] * 3)
    journal.measure("med", "medical", incomplete=1)
    journal.cut()
    report = verify_release(made_release(tmp_path, made=journal).directory, SIGNER.vkey)
    assert {(one.step, one.file) for one in report.problems} == {(8, "proofs/entries.jsonl")}
    assert "verdict, value_ppm: stated 100000" in report.problems[0].what


def test_a_disagreement_opens_anew_when_the_new_judgments_divide(tmp_path: Path) -> None:
    journal = redone(["a_slightly", "b_slightly", "tie"])
    journal.cut()
    found = made_release(tmp_path, made=journal)
    assert verify_release(found.directory, SIGNER.vkey, log=found.log).status is Status.OK
    out = json.loads((found.directory / "exclusions.json").read_bytes())["items"]
    assert {row["external"]: row["reason"] for row in out}["settled"] == "open-disagreement"


def test_an_item_whose_judgments_were_set_aside_is_incomplete(tmp_path: Path) -> None:
    journal = small_journal(cut=False)
    journal.requeue(SET_ASIDE)
    journal.measure("med", "medical", incomplete=2)
    journal.cut()
    found = made_release(tmp_path, made=journal)
    assert verify_release(found.directory, SIGNER.vkey, log=found.log).status is Status.OK
    out = json.loads((found.directory / "exclusions.json").read_bytes())["items"]
    assert Counter(row["reason"] for row in out) == {"incomplete": 2, "open-disagreement": 1}
    assert next(row["judgments"] for row in out if row["external"] == "settled") == 0
    assert not any(row.is_in_record for row in judgments(found).values() if row.item == "itm-settled")


def test_nothing_is_built_while_judgments_wait_for_their_review(tmp_path: Path) -> None:
    journal = small_journal(cut=False)
    journal.hold("per-one", ["jdg-med-0-per-one", "jdg-med-1-per-one"])
    journal.measure("med", "medical", incomplete=3)
    journal.cut()
    with pytest.raises(CannotBuild, match="no judgment that waits for its review, found 2"):
        build(journal.entries, RELEASE, journal.open_objects, tmp_path / "release")


def test_what_was_reviewed_and_stands_counts_and_says_so(tmp_path: Path) -> None:
    journal = small_journal(cut=False)
    held = ["jdg-med-0-per-one", "jdg-med-1-per-one"]
    rows = [row for row in journal.judged["med"] if row.judgment in held]
    journal.hold("per-one", held)
    journal.measure("med", "medical", incomplete=3)
    journal.clear(held, rows)
    journal.measure("med", "medical", incomplete=1)
    journal.cut()
    found = made_release(tmp_path, made=journal)
    report = verify_release(found.directory, SIGNER.vkey, log=found.log)
    assert report.status is Status.OK, report.problems
    row = judgments(found)[held[0]]
    assert (row.standing, row.standing_cause) == ("counted", "review")
    assert record(found, "itm-med-0").n_requeued == 0
    assert b"All well." not in b"".join(path.read_bytes() for path in found.directory.rglob("*") if path.is_file())


def test_a_failing_measurement_that_is_left_out_is_found_with_a_copy_of_the_log(tmp_path: Path) -> None:
    """All that is brought along is true; that the batch fell short before shows only against the whole log."""
    journal = small_journal(cut=False)
    journal.measure("med", "medical", incomplete=1)
    left_out = len(journal.entries) - 1
    journal.measure("med", "medical", incomplete=1)
    journal.cut()
    seen = [entry for place, entry in enumerate(journal.entries) if place != left_out]
    built = build(seen, RELEASE, journal.open_objects, tmp_path / "release")
    seq = journal.add(built_event(built))
    log = sealed(journal.entries, tmp_path, upto=seq + 1)
    write_proofs(tmp_path / "release", built, LogReader(log), built_seq=seq)
    assert verify_release(tmp_path / "release", SIGNER.vkey).status is Status.OK
    report = verify_release(tmp_path / "release", SIGNER.vkey, log=log)
    assert {problem.step for problem in report.problems} == {11}
    assert "quality/trend.json" in {problem.file for problem in report.problems}


def test_of_an_earlier_measurement_by_another_version_only_the_inputs_are_held_against_it(tmp_path: Path) -> None:
    journal = small_journal(cut=False)
    journal.requeue(SET_ASIDE)
    journal.measure("med", "medical", incomplete=2, value_ppm=100_000, code_version="0.0.9")
    journal.judge_anew("settled", "med", "medical", verdicts=["a_slightly"] * 3)
    journal.measure("med", "medical", incomplete=1)
    journal.cut()
    report = verify_release(made_release(tmp_path / "value", made=journal).directory, SIGNER.vkey)
    assert report.status is Status.OK, report.problems
    gates = next(step for step in report.steps if step.title == "gates")
    assert "so were 2 earlier measurements, 1 of which another version made" in gates.told
    journal = small_journal(cut=False)
    journal.measure("med", "medical", incomplete=7, code_version="0.0.9")
    journal.measure("med", "medical", incomplete=1)
    journal.cut()
    report = verify_release(made_release(tmp_path / "inputs", made=journal).directory, SIGNER.vkey)
    assert "incomplete: stated 7, computed 1" in report.problems[0].what
