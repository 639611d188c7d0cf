"""A consensus in a release that was asked for one: beside the judgments, with its doubt, and computed again by a check.

Its numbers are made of floats. Another processor may end them otherwise, and that must not make a good release bad;
whatever is more than a last digit must.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from bundle.made_release import MadeRelease, made_release, sealed
from bundle.small_journal import RELEASE, SIGNER, SmallJournal, built_event, small_journal
from sealed_cell import files_of

from tallystick.audit.release import ReleaseReport, Status, verify_release
from tallystick.bundle import build, write_proofs
from tallystick.bundle.columns import from_jsonl, from_parquet
from tallystick.bundle.consensus import FIGURE, METHODS, VIEW, Consensus, stated_in
from tallystick.bundle.rows import ConsensusRow, Judgment, VerdictShare
from tallystick.events.release import ConsensusRequested
from tallystick.flow import release as flow
from tallystick.ledger.reader import LogReader


def asked(method: str = "dawid_skene", *, use: str = "train") -> SmallJournal:
    made = small_journal(cut=False)
    made.add(ConsensusRequested(release=RELEASE, programme="small", method=method))
    made.cut(use=use)
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeRelease:
    """A release with a consensus by Dawid and Skene's model."""
    return made_release(tmp_path_factory.mktemp("asked"), made=asked())


def rows_of(directory: Path) -> dict[str, ConsensusRow]:
    return {row.item: row for row in from_parquet((directory / VIEW).read_bytes(), ConsensusRow)}


def test_the_release_and_the_core_name_the_same_models() -> None:
    assert tuple(METHODS) == flow.CONSENSUS


def test_it_is_good_and_is_built_again_from_a_copy_of_the_log(made: MadeRelease) -> None:
    report = verify_release(made.directory, SIGNER.vkey, log=made.log)
    assert report.status is Status.OK, report.problems


def test_built_twice_it_is_the_same_to_the_byte(made: MadeRelease, tmp_path: Path) -> None:
    build(asked().entries, RELEASE, made.journal.open_objects, tmp_path / "again")
    again = files_of(tmp_path / "again")
    assert {path: files_of(made.directory)[path] for path in again} == again


def test_each_record_has_a_posterior_and_keeps_its_own_consensus_and_judgments(made: MadeRelease) -> None:
    rows = rows_of(made.directory)
    for row in rows.values():
        assert sum(share.share_ppm for share in row.posterior) == pytest.approx(1_000_000, abs=3)
        assert 0 <= row.doubt_millibits <= 2000
    assert (rows["itm-med-0"].top, rows["itm-med-0"].record_consensus) == ("a", "a")
    assert {vote.verdict: vote.judgments for vote in rows["itm-settled"].votes} == {"a": 2, "b": 1}
    assert rows["itm-settled"].record_consensus_how == "settled"
    raw = from_jsonl((made.directory / "data/judgments.jsonl").read_bytes(), Judgment)
    assert len(raw) == 58


def test_a_preserved_disagreement_has_no_consensus(made: MadeRelease) -> None:
    assert "itm-preserved" not in rows_of(made.directory)
    figure = json.loads((made.directory / FIGURE).read_bytes())
    assert figure["left_out"] == {"preserved": 1}
    manifest = json.loads((made.directory / "manifest.json").read_bytes())
    view = next(view for view in manifest["views"] if view["name"] == "consensus")
    assert (view["rows"], view["excluded"]) == (17, {"preserved": 1})


def test_raters_are_described_with_an_interval(made: MadeRelease) -> None:
    figure = json.loads((made.directory / FIGURE).read_bytes())
    medical = next(domain for domain in figure["domains"] if domain["domain"] == "medical")
    assert (medical["status"], medical["converged"], medical["items"]) == ("ok", True, 11)
    assert [rater["expert"] for rater in medical["raters"]] == ["per-one", "per-three", "per-two"]
    for rater in medical["raters"]:
        assert rater["low_ppm"] <= rater["accuracy_ppm"] <= rater["high_ppm"]
        assert all(sum(row) == pytest.approx(1_000_000, abs=3) or sum(row) == 0 for row in rater["confusion_ppm"])


@pytest.mark.parametrize("method", METHODS)
def test_every_model_gives_a_good_release_whatever_it_is_for(method: str, tmp_path: Path) -> None:
    found = made_release(tmp_path, made=asked(method, use="evaluate"))
    assert verify_release(found.directory, SIGNER.vkey, log=found.log).status is Status.OK
    assert {path.name for path in (found.directory / "views").iterdir()} == {"consensus.parquet"}


def test_a_release_that_was_not_asked_has_none(tmp_path: Path) -> None:
    found = made_release(tmp_path)
    assert not (found.directory / VIEW).exists()
    assert not (found.directory / FIGURE).exists()


def test_a_request_of_another_release_is_not_this_ones(tmp_path: Path) -> None:
    journal = small_journal(cut=False)
    journal.add(ConsensusRequested(release="rel-other", programme="small", method="majority"))
    journal.cut()
    assert not (made_release(tmp_path, made=journal).directory / FIGURE).exists()


# --- another processor, and a forger ---------------------------------------------------------------------------------


Change = Callable[[Consensus], Consensus]


def moved(ppm: int) -> Change:
    """The first posterior with so much more doubt."""

    def change(found: Consensus) -> Consensus:
        row = found.rows[0]
        shares = [
            VerdictShare(verdict=share.verdict, share_ppm=share.share_ppm + sign * ppm)
            for share, sign in zip(row.posterior, (-1, 1, 0, 0), strict=True)
        ]
        return Consensus([msgspec.structs.replace(row, posterior=shares), *found.rows[1:]], found.figure)

    return change


def accuracy(ppm: int) -> Change:
    def change(found: Consensus) -> Consensus:
        domain = found.figure.domains[0]
        rater = domain.raters[0]
        assert rater.accuracy_ppm is not None
        raters = [msgspec.structs.replace(rater, accuracy_ppm=rater.accuracy_ppm + ppm), *domain.raters[1:]]
        domains = [msgspec.structs.replace(domain, raters=raters), *found.figure.domains[1:]]
        return Consensus(found.rows, msgspec.structs.replace(found.figure, domains=domains))

    return change


def other_top(found: Consensus) -> Consensus:
    return Consensus([msgspec.structs.replace(found.rows[0], top="b"), *found.rows[1:]], found.figure)


def other_judgments(found: Consensus) -> Consensus:
    return Consensus(found.rows, msgspec.structs.replace(found.figure, left_out={"preserved": 2}))


def row_less(found: Consensus) -> Consensus:
    return Consensus(found.rows[1:], found.figure)


def stated_as(made: MadeRelease, folder: Path, change: Change, monkeypatch: pytest.MonkeyPatch) -> ReleaseReport:
    """What a check says of a release whose cell came to other numbers, or chose to."""
    stated = stated_in({path: (made.directory / path).read_bytes() for path in (VIEW, FIGURE)})
    assert stated is not None
    journal = asked()
    with monkeypatch.context() as patched:
        patched.setattr("tallystick.bundle.derive.adopted", lambda _computed, _stated: change(stated))
        built = build(journal.entries, RELEASE, journal.open_objects, folder / "release")
    seq = journal.add(built_event(built))
    log = sealed(journal.entries, folder, upto=seq + 1)
    write_proofs(folder / "release", built, LogReader(log), built_seq=seq)
    return verify_release(folder / "release", SIGNER.vkey, log=log)


@pytest.mark.parametrize("change", [moved(1), moved(2), accuracy(2)])
def test_another_last_digit_is_no_fault(
    made: MadeRelease, tmp_path: Path, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = stated_as(made, tmp_path, change, monkeypatch)
    assert report.status is Status.OK, report.problems


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (moved(100), (9, VIEW, "itm-med-0: posterior")),
        (accuracy(100), (8, FIGURE, "$.domains[0].raters[0].accuracy_ppm: stated")),
        (other_top, (9, VIEW, "itm-med-0: top")),
        (other_judgments, (8, FIGURE, "$.left_out.preserved: stated 2, computed 1")),
        (row_less, (9, VIEW, "itm-med-0: expected this row, found none")),
    ],
)
def test_anything_else_is_found_even_when_the_log_names_it(
    made: MadeRelease, tmp_path: Path, change: Change, found: tuple[int, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    step, file, what = found
    report = stated_as(made, tmp_path, change, monkeypatch)
    assert report.status is Status.BAD
    assert {one.outcome for one in report.steps[:5]} == {"ok"}
    assert what in " | ".join(f"{p.row}: {p.what}" for p in report.problems if (p.step, p.file) == (step, file))


def test_a_view_that_cannot_be_read_is_named(made: MadeRelease, tmp_path: Path) -> None:
    copy = shutil.copytree(made.directory, tmp_path / "copy")
    (copy / VIEW).write_bytes(b"PAR1")
    report = verify_release(copy, SIGNER.vkey)
    assert (9, VIEW) in {(problem.step, problem.file) for problem in report.problems}
