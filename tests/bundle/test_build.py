"""A release is a function of the journal prefix: the same bytes, always and from whoever holds log and contents."""

import json
from pathlib import Path

import pytest
from bundle.made_release import MadeRelease, made_release
from bundle.small_journal import EXPERTS, RELEASE, SECRET, SmallJournal, small_journal
from sealed_cell import files_of

from tallystick import canon
from tallystick.bundle import CannotBuild, CannotRebuild, Opened, build, rebuild, write_proofs
from tallystick.bundle.columns import BadRows, from_jsonl, from_parquet, merkle_root, schema_of, to_parquet
from tallystick.bundle.contents import opened_all
from tallystick.bundle.derive import Tables, derive
from tallystick.bundle.files import CREDENTIALS, JSONL_KINDS, PARQUET_KINDS
from tallystick.bundle.rows import Expert, Judgment, Message, PreferencePair, Record, SoftPair, Tie
from tallystick.bundle.state import replay
from tallystick.events.gate import BatchMeasured
from tallystick.events.release import ReleaseCut
from tallystick.ledger.reader import LogReader


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeRelease:
    """One release for all tests that only read."""
    return made_release(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def tables(made: MadeRelease) -> Tables:
    """Its rows."""
    state = replay(made.journal.entries, RELEASE)
    return derive(state, opened_all(state, made.journal.open_objects))


def record(tables: Tables, name: str) -> Record:
    return next(one for one in tables.records if one.external == name)


# --- the same bytes ---------------------------------------------------------------------------------------------


def test_built_twice_it_is_the_same_to_the_byte(tmp_path: Path) -> None:
    for name in ("one", "two"):
        made = small_journal()
        build(iter(made.entries), RELEASE, made.open_objects, tmp_path / name)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


def test_what_came_after_the_cut_changes_nothing(made: MadeRelease, tmp_path: Path) -> None:
    cut = json.loads((made.directory / "manifest.json").read_bytes())["cut_seq"]
    assert len(made.journal.entries) > cut + 1
    build(made.journal.entries[: cut + 1], RELEASE, made.journal.open_objects, tmp_path / "again")
    again = files_of(tmp_path / "again")
    assert {path: files_of(made.directory)[path] for path in again} == again


def test_the_entries_that_a_release_brings_along_give_the_same_state(made: MadeRelease) -> None:
    basis = [made.journal.entries[index] for index in made.built.basis]
    assert len(basis) < len(made.journal.entries)
    assert replay(basis, RELEASE) == replay(made.journal.entries, RELEASE)


def test_a_client_builds_it_again_from_a_copy_of_the_log(made: MadeRelease, tmp_path: Path) -> None:
    assert rebuild(made.directory, made.log, tmp_path / "again") == []
    assert (tmp_path / "again" / "manifest.json").read_bytes() == (made.directory / "manifest.json").read_bytes()


def test_a_changed_sentence_is_found_by_building_again(made: MadeRelease, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for path, data in files_of(made.directory).items():
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        (copy / path).write_bytes(data)
    (copy / "LIMITATIONS.md").write_text("None.\n")
    (copy / "extra.txt").write_text("more")
    assert [one.path for one in rebuild(copy, made.log, tmp_path / "again")] == ["LIMITATIONS.md", "extra.txt"]


def test_a_log_that_ends_before_the_cut_gives_no_release(made: MadeRelease, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    with pytest.raises(CannotRebuild, match="expected at least"):
        rebuild(made.directory, tmp_path / "log", tmp_path / "again")


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    made = small_journal()
    with pytest.raises(FileExistsError, match="expected an empty folder"):
        build(made.entries, RELEASE, made.open_objects, tmp_path)
    assert files_of(tmp_path) == {"mine.txt": b"mine"}


# --- what refuses ------------------------------------------------------------------------------------------------


def refused(made: SmallJournal, folder: Path, match: str) -> None:
    with pytest.raises(CannotBuild, match=match):
        build(made.entries, RELEASE, made.open_objects, folder / "release")
    assert not (folder / "release").exists()


def test_a_batch_below_its_threshold_is_not_built_whoever_cut_it(tmp_path: Path) -> None:
    made = small_journal(cut=False)
    fact = made.measure("law", "legal", incomplete=0)
    assert isinstance(fact, BatchMeasured)
    assert fact.decision == "fail"
    made.cut(batches=["bat-med", "bat-law"])
    refused(made, tmp_path, "batch bat-law does not pass its gate")


def test_a_batch_that_was_never_measured_is_not_built(tmp_path: Path) -> None:
    made = small_journal(cut=False)
    made.batch("new", "medical")
    made.cut(batches=["bat-new"])
    refused(made, tmp_path, "bat-new was never measured")


def test_a_batch_that_nobody_knows_is_named(tmp_path: Path) -> None:
    made = small_journal(cut=False)
    made.cut(batches=["bat-nowhere"])
    refused(made, tmp_path, "expected batch bat-nowhere in the journal")


def test_gold_items_are_never_exported(tmp_path: Path) -> None:
    made = small_journal(cut=False)
    made.cut(batches=["bat-gold"])
    refused(made, tmp_path, "holds gold items, which are never exported")


def test_a_use_that_the_contract_forbids_is_not_built(tmp_path: Path) -> None:
    refused(small_journal(use="publish"), tmp_path, "the contract permits train, evaluate, and not the use publish")


def test_nothing_is_built_when_retention_has_ended(tmp_path: Path) -> None:
    made = small_journal(cut=False)
    made.revise(retention_until="2026-01-31")
    made.cut()
    refused(made, tmp_path, "the contract's retention ended on 2026-01-31")


def test_a_content_that_is_not_what_was_committed_to_is_named(tmp_path: Path) -> None:
    made = small_journal()
    place = next(name for name, one in made.vault.items() if b"Question med-3" in one.payload)
    made.vault[place] = Opened(made.vault[place].payload.replace(b"Question", b"question"), made.vault[place].salt)
    refused(made, tmp_path, "records/itm-med-3/content: object .* is not what the journal committed to")


def test_a_content_that_is_not_there_is_named(tmp_path: Path) -> None:
    made = small_journal()
    gone = next(name for name, one in made.vault.items() if b"The second one errs" in one.payload)
    with pytest.raises(CannotBuild, match="adjudications/itm-settled/notes: expected 1 contents that are not there"):
        build(
            made.entries, RELEASE, lambda wanted: {n: made.vault[n] for n in wanted if n != gone}, tmp_path / "release"
        )


def test_an_unknown_release_is_refused(tmp_path: Path) -> None:
    made = small_journal()
    with pytest.raises(CannotBuild, match="expected a release-cut event of rel-other, found none"):
        build(made.entries, "rel-other", made.open_objects, tmp_path / "release")


def test_proofs_need_the_event_that_names_the_manifest(made: MadeRelease, tmp_path: Path) -> None:
    other = max(LogReader(made.log).archived_sizes()) - 1
    with pytest.raises(CannotBuild, match=f"entry {other}: expected release-built"):
        write_proofs(tmp_path, made.built, LogReader(made.log), built_seq=other)


# --- what the rows say -------------------------------------------------------------------------------------------


OUTCOMES = {
    "med-0": ("unanimous", "a", "unanimous"),
    "med-1": ("unanimous", "b", "unanimous"),
    "tie": ("unanimous", "tie", "unanimous"),
    "bad": ("unanimous", "both_unacceptable", "unanimous"),
    "settled": ("majority", "a", "settled"),
    "preserved": ("split", None, "preserved"),
    "soft-0": ("unanimous", "a", "unanimous"),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_record_says_how_its_consensus_came_about(tables: Tables, name: str) -> None:
    found = record(tables, name)
    assert (found.votes, found.consensus, found.consensus_how) == OUTCOMES[name]


def test_items_without_a_record_are_listed_with_their_reason(made: MadeRelease) -> None:
    found = json.loads((made.directory / "exclusions.json").read_bytes())
    assert {row["external"]: row["reason"] for row in found["items"]} == {
        "open": "open-disagreement",
        "short": "incomplete",
    }
    assert [(row["name"], row["reason"]) for row in found["batches"]] == [
        ("law", "Expected agreement of at least 0.40, found 0.1.")
    ]


def test_raw_judgments_are_there_unaltered_whatever_became_of_the_item(made: MadeRelease, tables: Tables) -> None:
    stated = {row.judgment: (row.verdict, row.expert) for rows in made.journal.judged.values() for row in rows}
    found = {row.judgment: (row.verdict, row.expert) for row in tables.judgments}
    assert found == {name: row for name, row in stated.items() if "law-1" not in name}
    assert sum(not row.is_in_record for row in tables.judgments) == 4


def test_judgments_name_their_place_in_the_log(made: MadeRelease, tables: Tables) -> None:
    for row in tables.judgments:
        assert row.judgment.encode() in made.journal.entries[row.seq]


def test_an_imported_judgment_stays_marked_and_keeps_its_rater(tables: Tables) -> None:
    found = next(row for row in tables.judgments if row.judgment == "jdg-soft-0-per-src1")
    assert not found.is_observed
    assert (found.source, found.source_rater, found.source_row, found.made_at) == (
        "old-study", "annotator-1", 7, "2023-01-01T00:00:00Z",
    )  # fmt: skip
    assert found.flags == ["imported_not_observed", "pre_contract"]
    assert found.order is None
    assert record(tables, "soft-0").flags == ["imported_not_observed", "pre_contract", "simulated"]


def test_an_observed_judgment_says_who_qualified_and_what_was_revised(tables: Tables) -> None:
    found = next(row for row in tables.judgments if row.judgment == f"jdg-med-0-{EXPERTS[0]}")
    assert found.qualification == "qualified"
    assert found.affected_criteria == ["correct"]
    assert "affected_by_rubric_revision" in found.flags
    assert (found.reasons[0].criterion, found.reasons[0].text) == ("correct", f"{EXPERTS[0]} on med-0")


def test_a_record_carries_provenance_versions_and_rights(tables: Tables) -> None:
    found = record(tables, "med-0")
    assert [(c.label, c.model, c.version, c.sampling[0].name) for c in found.candidates] == [
        ("a", "model-x", "1", "temperature"),
        ("b", "model-y", "1", "temperature"),
    ]
    assert (found.rubric, found.rubric_versions, found.contract_versions) == ("medical", ["1.0.0"], ["1.0.0"])
    assert (found.licence, found.permitted_uses, found.gate_decision) == ("CC0-1.0", ["train", "evaluate"], "pass")
    assert [one.order for one in found.orders] == ["BA"] * 3
    assert (found.dimensions[2].on, found.dimensions[2].mean_milli) == ("a", 5000)


def test_no_name_leaves_the_cell(made: MadeRelease) -> None:
    """Names of people who work here stay closed; only what is opened may be read by the client."""
    assert [path for path, data in files_of(made.directory).items() if SECRET.encode() in data] == []


def test_items_that_are_not_released_stay_closed(made: MadeRelease) -> None:
    files = files_of(made.directory)
    for hidden in (b"Question open?", b"Question gold-1?", b"Question law-1?", b"per-one on open"):
        assert [path for path, data in files.items() if hidden in data] == []


# --- the files ---------------------------------------------------------------------------------------------------


def test_parquet_and_jsonl_hold_the_same_rows_under_the_manifests_roots(made: MadeRelease) -> None:
    manifest = json.loads((made.directory / "manifest.json").read_bytes())
    for name, kind in (("records", Record), ("judgments", Judgment)):
        parquet = from_parquet((made.directory / f"data/{name}.parquet").read_bytes(), kind)
        lines = from_jsonl((made.directory / f"data/{name}.jsonl").read_bytes(), kind)
        assert parquet == lines
        assert merkle_root(parquet) == manifest[f"{name}_root"]


def test_the_manifest_lists_every_file_with_its_digest(made: MadeRelease) -> None:
    manifest = json.loads((made.directory / "manifest.json").read_bytes())
    files = {path: data for path, data in files_of(made.directory).items() if not path.startswith("proofs/")}
    listed = {entry["path"]: (entry["bytes"], entry["sha256"]) for entry in manifest["files"]}
    del files["manifest.json"]
    assert listed == {path: (len(data), canon.digest(data)) for path, data in files.items()}
    assert set(PARQUET_KINDS) | set(JSONL_KINDS) - {CREDENTIALS} <= set(listed), "nobody here declared a credential"


def test_every_record_is_linked_to_what_it_stands_under(made: MadeRelease, tables: Tables) -> None:
    manifest = json.loads((made.directory / "manifest.json").read_bytes())
    for one in tables.records:
        link = manifest["links"][one.link]
        assert (link["rubric"], link["licence"], link["batch"]) == (one.rubric, one.licence, one.batch)
        assert link["gate_seq"] == one.gate_seq
    assert sum(link["records"] for link in manifest["links"]) == len(tables.records)


@pytest.mark.parametrize("path", ["manifest.json", "README.md", "DATASHEET.md", "datasheet.html", "LIMITATIONS.md"])
def test_custody_and_simulation_are_on_every_card(made: MadeRelease, path: str) -> None:
    text = (made.directory / path).read_text()
    assert "DEVELOPMENT CUSTODY" in text
    assert "SIMULATED" in text


def test_the_notice_counts_when_only_a_part_is_simulated(made: MadeRelease) -> None:
    assert "programs made 40 of 58 judgments and 2 of 2 adjudications" in (made.directory / "README.md").read_text()


def test_experts_stand_under_pseudonyms_with_contract_and_qualification(made: MadeRelease) -> None:
    experts = {one.person: one for one in from_jsonl((made.directory / "people/experts.jsonl").read_bytes(), Expert)}
    assert experts["per-one"].qualifications[0].result == "qualified"
    assert experts["per-one"].contract_executed_at == 1
    assert experts["per-src1"].source_rater == "annotator-1"
    assert experts["per-src1"].n_judgments_pre_contract == 6
    assert experts["per-senior"].n_adjudications == 2


def test_a_row_that_does_not_fit_is_named() -> None:
    with pytest.raises(BadRows, match="line 2"):
        from_jsonl(b'{"content":"x","role":"user"}\n{"role":"user"}\n', Message)
    with pytest.raises(BadRows, match="expected whole Parquet"):
        from_parquet(b"PAR1", PreferencePair)
    with pytest.raises(BadRows, match="expected the columns"):
        from_parquet(to_parquet([], Tie), SoftPair)


def test_no_view_uses_a_name_that_a_trainer_would_take_for_its_own() -> None:
    reserved = {"text", "messages", "completion", "completions", "label", "labels", "margin", "tools", "images"}
    for kind in (PreferencePair, SoftPair, Tie):
        assert not reserved & set(schema_of(kind).names)


def test_the_story_was_cut_as_it_should_be(made: MadeRelease) -> None:
    state = replay(made.journal.entries, RELEASE)
    assert isinstance(state.cut.fact, ReleaseCut)
    assert [b.fact.name for b in state.released] == ["med", "soft"]
