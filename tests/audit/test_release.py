"""The offline check of a release: a good one is good, and each thing done to a bad one is named with its place.

The tampering here is that of an insider who knows the format: hashes and manifest are made to fit again wherever they
can be. Only the log's own key, or the event in the log, cannot be helped.
"""

import base64
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import cast

import hypothesis.strategies as st
import pytest
from bundle.made_release import MadeRelease, edit_lines, made_release, rehash, sealed
from bundle.small_journal import SIGNER, built_event, small_journal
from bundle.tampering import TAMPERED, Rows, Tamper, judgment_changed, view_turned
from hypothesis import given, settings
from typer.testing import CliRunner

from tallystick import canon
from tallystick.audit.release import ReleaseReport, Status, verify_release
from tallystick.bundle import Built, build, write_proofs
from tallystick.bundle.proofs import PATHS
from tallystick.cli.release import app
from tallystick.ledger.note import parse_vkey
from tallystick.ledger.reader import LogReader
from tallystick.ledger.signer import SoftwareSigner

STEPS = [
    "folder", "files", "signature", "inclusion", "manifest", "contents", "rows", "gates", "views", "texts", "log",
]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeRelease:
    """One good release."""
    return made_release(tmp_path_factory.mktemp("made"))


@pytest.fixture
def copy(made: MadeRelease, tmp_path: Path) -> Path:
    """A copy of it to do something to."""
    return Path(shutil.copytree(made.directory, tmp_path / "copy"))


@pytest.fixture(scope="module")
def flipped(made: MadeRelease, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that is put right again after each change."""
    return Path(shutil.copytree(made.directory, tmp_path_factory.mktemp("flipped") / "copy"))


def check(directory: Path, *, log: Path | None = None) -> ReleaseReport:
    return verify_release(directory, SIGNER.vkey, log=log)


def found(report: ReleaseReport) -> set[tuple[int, str]]:
    return {(problem.step, problem.file) for problem in report.problems}


def said(report: ReleaseReport, step: int, file: str) -> str:
    return " | ".join(f"{p.row}: {p.what}" for p in report.problems if (p.step, p.file) == (step, file))


# --- good ---------------------------------------------------------------------------------------------------------


def test_a_good_release_passes_every_step(made: MadeRelease) -> None:
    report = check(made.directory, log=made.log)
    assert report.status is Status.OK, report.problems
    assert [(step.title, step.outcome) for step in report.steps] == [(title, "ok") for title in STEPS]
    assert (report.records, report.judgments, report.log_size) == (18, 58, made.built_seq + 1)
    assert report.custody == "software-development"
    assert report.simulated is True


def test_what_was_not_checked_is_said(made: MadeRelease) -> None:
    without, with_log = check(made.directory), check(made.directory, log=made.log)
    assert any("Completeness" in line for line in without.not_checked)
    assert not any("Completeness" in line for line in with_log.not_checked)
    for report in (without, with_log):
        assert any("witnesses" in line for line in report.not_checked)
        assert any("Custody" in line for line in report.not_checked)


# --- tampered: each fits its own hashes again, except where it says otherwise --------------------------------------


each_tamper = pytest.mark.parametrize("tamper", TAMPERED, ids=lambda t: f"{t.change.__name__}-{t.file}")


@each_tamper
def test_a_change_with_every_hash_made_to_fit_is_named(copy: Path, tamper: Tamper) -> None:
    """The manifest's digest in the log catches it (5), and deriving everything anew says where it is."""
    tamper.change(copy)
    rehash(copy)
    report = check(copy)
    assert report.status is Status.BAD
    assert (2, tamper.file) not in found(report)
    assert (5, "manifest.json") in found(report)
    assert tamper.what in said(report, tamper.step, tamper.file), report.problems


@each_tamper
def test_the_same_change_without_new_hashes_is_named_by_its_file(copy: Path, tamper: Tamper) -> None:
    tamper.change(copy)
    report = check(copy)
    assert "it was" in said(report, 2, tamper.file)
    assert tamper.what in said(report, tamper.step, tamper.file)


@each_tamper
def test_even_the_holder_of_the_log_key_cannot_release_what_the_entries_do_not_give(
    made: MadeRelease, copy: Path, tmp_path: Path, tamper: Tamper
) -> None:
    """The cell itself writes a false file, names its manifest in the log, and signs: only derivation can tell."""
    tamper.change(copy)
    rehash(copy)
    forged = shutil.copytree(copy, tmp_path / "forged", ignore=shutil.ignore_patterns("proofs"))
    entries = made.journal.entries[: made.built_seq]
    built = made.built
    honest = small_journal()
    assert honest.entries == entries
    digest = canon.digest((copy / "manifest.json").read_bytes())
    honest.add(built_event(_built_as(built, digest)))
    log = sealed(honest.entries, tmp_path, upto=len(entries) + 1)
    write_proofs(forged, _built_as(built, digest), LogReader(log), built_seq=len(entries))
    report = check(forged)
    assert {one.outcome for one in report.steps[:5]} == {"ok"}
    assert report.status is Status.BAD
    assert tamper.what in said(report, tamper.step, tamper.file)


def _built_as(built: Built, digest: str) -> Built:
    return replace(built, manifest_digest=digest)


def test_a_manifest_that_says_something_else_is_named(copy: Path) -> None:
    def change(manifest: dict[str, object]) -> None:
        manifest["simulated"] = False
        manifest["notices"] = []
        manifest["version"] = "2.0.0"

    rehash(copy, change)
    report = check(copy)
    assert "version: expected '1.0.0', as the log says, found '2.0.0'" in said(report, 5, "manifest.json")
    assert "version, simulated, notices: expected what the entries give" in said(report, 10, "manifest.json")


def test_a_root_in_the_manifest_is_computed_again(copy: Path) -> None:
    rehash(copy, lambda manifest: manifest.update(judgments_root="0" * 64))
    assert "judgments_root: expected" in said(check(copy), 7, "manifest.json")


def test_a_truncated_parquet_is_named(copy: Path) -> None:
    path = copy / "data/judgments.parquet"
    path.write_bytes(path.read_bytes()[:-200])
    report = check(copy)
    assert "it was cut or extended" in said(report, 2, "data/judgments.parquet")
    assert "expected whole Parquet" in said(report, 6, "data/judgments.parquet")


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_flipped_byte_of_a_parquet_is_named(copy: Path, place: float) -> None:
    path = copy / "data/records.parquet"
    data = bytearray(path.read_bytes())
    data[int(len(data) * place)] ^= 1
    path.write_bytes(bytes(data))
    rehash(copy)
    report = check(copy)
    assert report.status is Status.BAD
    assert (5, "manifest.json") in found(report)


def test_a_file_too_many_is_named(copy: Path) -> None:
    (copy / "data/more.parquet").write_bytes(b"x")
    assert found(check(copy)) == {(1, "data/more.parquet")}


def test_a_link_in_place_of_a_file_is_named(copy: Path, made: MadeRelease) -> None:
    (copy / "README.md").unlink()
    (copy / "README.md").symlink_to(made.directory / "README.md")
    assert (1, "README.md") in found(check(copy))


@pytest.mark.parametrize(
    "path", ["data/records.parquet", "README.md", "proofs/checkpoint", "proofs/openings.jsonl", "proofs/entries.jsonl"]
)
def test_a_file_too_few_is_named(copy: Path, path: str) -> None:
    (copy / path).unlink()
    report = check(copy)
    assert report.status is Status.BAD
    assert "it was removed" in said(report, 1, path)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_bit_of_any_file_can_be_turned_unnoticed(flipped: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(p for p in flipped.rglob("*") if p.is_file())))
    whole = path.read_bytes()
    place, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    changed = bytearray(whole)
    changed[place] ^= 1 << bit
    path.write_bytes(bytes(changed))
    try:
        assert check(flipped).status is not Status.OK
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("name", PATHS)
def test_no_bit_of_a_proof_is_without_meaning(copy: Path, name: str) -> None:
    """Base64 and hexadecimal have bits that decoders do not read: the last letters of each line are where they are."""
    whole = (copy / name).read_bytes()
    ends = [place for place, letter in enumerate(whole) if letter in b'=\n"'][-6:]
    for place in {end - 1 for end in ends}:
        changed = bytearray(whole)
        changed[place] ^= 1
        (copy / name).write_bytes(bytes(changed))
        assert check(copy).status is Status.BAD


# --- proofs -------------------------------------------------------------------------------------------------------


def test_a_swapped_proof_is_named(copy: Path) -> None:
    path = copy / "proofs/multiproof.json"
    proof = json.loads(path.read_bytes())
    proof["hashes"][0], proof["hashes"][1] = proof["hashes"][1], proof["hashes"][0]
    path.write_bytes(canon.encode(proof))
    assert found(check(copy)) == {(4, "proofs/multiproof.json")}


def test_an_entry_that_was_altered_is_named_by_its_proof(copy: Path) -> None:
    def change(rows: Rows) -> None:
        for row in rows:
            entry = base64.b64decode(cast("str", row["entry"]))
            row["entry"] = base64.b64encode(entry.replace(b'"verdict":"tie"', b'"verdict":"abs"')).decode()

    edit_lines(copy / "proofs/entries.jsonl", change)
    report = check(copy)
    assert "the entries are not proven" in said(report, 4, "proofs/multiproof.json")


def not_utf_8(rows: Rows, key: str, part: bytes) -> None:
    for row in rows:
        data = base64.b64decode(cast("str", row[key] or ""))
        if part in data:
            row[key] = base64.b64encode(data.replace(part, b"\xff" * len(part))).decode()
            return
    raise AssertionError(f"expected {part!r} in a row")


def test_an_entry_that_is_no_text_is_named(copy: Path) -> None:
    edit_lines(copy / "proofs/entries.jsonl", lambda rows: not_utf_8(rows, "entry", b"small.example"))
    assert "the entries are not proven" in said(check(copy), 4, "proofs/multiproof.json")
    assert "expected a fact of kind cell-opened/1" in said(check(copy), 6, "proofs/entries.jsonl")


def test_an_opening_that_is_no_text_is_named(copy: Path) -> None:
    edit_lines(copy / "proofs/openings.jsonl", lambda rows: not_utf_8(rows, "payload", b"annotator-1"))
    assert "not what the journal committed to" in said(check(copy), 6, "proofs/openings.jsonl")
    assert "experts/per-src1/profile: expected Profile as JSON" in said(check(copy), 7, "proofs/entries.jsonl")


def drop_line(rows: Rows) -> None:
    del rows[40]


def test_an_entry_left_out_is_named(copy: Path) -> None:
    edit_lines(copy / "proofs/entries.jsonl", drop_line)
    assert "the entries are not proven" in said(check(copy), 4, "proofs/multiproof.json")


def test_an_opening_that_was_changed_is_named(copy: Path) -> None:
    def change(rows: Rows) -> None:
        rows[5]["salt"] = "00" * 32

    edit_lines(copy / "proofs/openings.jsonl", change)
    report = check(copy)
    assert {step for step, _ in found(report)} == {6}
    assert "not what the journal committed to" in report.problems[0].what


def test_an_opening_of_nothing_is_named(copy: Path) -> None:
    edit_lines(copy / "proofs/openings.jsonl", lambda rows: rows.append({**rows[0], "object": "obj-unknown"}))
    assert "obj-unknown: expected only contents" in said(check(copy), 6, "proofs/openings.jsonl")


def test_a_checkpoint_of_another_log_is_named(made: MadeRelease, copy: Path, tmp_path: Path) -> None:
    stranger = SoftwareSigner("small.example/log", b"t" * 32)
    log = sealed(made.journal.entries, tmp_path, upto=made.built_seq + 1, signer=stranger)
    shutil.copy(log / "checkpoints" / str(made.built_seq + 1), copy / "proofs/checkpoint")
    report = check(copy)
    assert (3, "proofs/checkpoint") in found(report)


def test_a_checkpoint_of_another_size_is_named(made: MadeRelease, copy: Path) -> None:
    shutil.copy(made.log / "checkpoint", copy / "proofs/checkpoint")
    report = check(copy)
    assert report.status is Status.BAD
    assert (4, "proofs/multiproof.json") in found(report)


def test_another_key_than_the_logs_is_no_key(made: MadeRelease) -> None:
    report = verify_release(made.directory, SoftwareSigner("other.example/log", b"o" * 32).vkey)
    assert report.status is Status.BAD
    assert {(3, "manifest.json"), (3, "proofs/checkpoint")} <= found(report)


def test_a_measurement_that_the_judgments_do_not_give_is_named(tmp_path: Path) -> None:
    """A cell that invents an agreement: everything is signed and fits, but the number cannot be computed again."""
    made = small_journal(cut=False)
    made.measure("law", "legal", incomplete=0, decision="pass")
    made.cut(batches=["bat-med", "bat-law"])
    report = check(made_release(tmp_path, made=made).directory)
    assert {step for step, _ in found(report)} == {8}
    assert "decision: stated 'pass', computed 'fail'" in said(report, 8, "proofs/entries.jsonl")


# --- with a copy of the log ---------------------------------------------------------------------------------------


def test_a_release_that_leaves_a_judgment_out_is_found_with_a_copy_of_the_log(tmp_path: Path) -> None:
    """All that is brought along is true and proven; that something was left out shows only against the whole log."""
    whole = small_journal(cut=False)
    whole.judge_again("med-0", "med", "medical", expert="per-senior", verdict="b_clearly")
    whole.cut()
    partial = small_journal(cut=False)
    cut = whole.entries[-1]
    seen = [*partial.entries, cut]
    built = build(seen, "rel-aaaaaaaaaaaaaaaa", whole.open_objects, tmp_path / "release")
    seq = whole.add(built_event(built))
    log = sealed(whole.entries, tmp_path, upto=seq + 1)
    write_proofs(tmp_path / "release", built, LogReader(log), built_seq=seq)
    assert check(tmp_path / "release").status is Status.OK
    report = check(tmp_path / "release", log=log)
    assert report.status is Status.BAD
    assert {step for step, _ in found(report)} == {11}


def test_a_copy_of_another_log_is_named(made: MadeRelease, tmp_path: Path) -> None:
    other = list(made.journal.entries)
    other[-1] = other[-1].replace(b"later", b"early")
    other[2] = other[2].replace(b"medical", b"general")
    log = sealed(other, tmp_path, upto=made.built_seq + 1)
    assert "the log copy has root" in said(check(made.directory, log=log), 11, "manifest.json")


def test_a_log_copy_that_cannot_be_read_is_no_good_answer(made: MadeRelease, tmp_path: Path) -> None:
    report = check(made.directory, log=tmp_path / "nowhere")
    assert report.status is Status.COULD_NOT_CHECK
    assert any("log copy cannot be read" in line for line in report.not_checked)


# --- could not check, and the command ------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [None, b"", b"{", b"[]", b'{"schema":"x"}', b"\xff\xfe", b"null", b"[" * 5000])
def test_a_manifest_that_cannot_be_read_could_not_be_checked(copy: Path, data: bytes | None) -> None:
    (copy / "manifest.json").unlink()
    if data is not None:
        (copy / "manifest.json").write_bytes(data)
    assert check(copy).status is Status.COULD_NOT_CHECK


@pytest.mark.parametrize("path", ["../outside", "/etc/hostname", "a/../../b", "", "data\\x"])
def test_a_manifest_that_points_outside_is_not_followed(copy: Path, path: str) -> None:
    def change(manifest: dict[str, object]) -> None:
        cast("list[dict[str, object]]", manifest["files"])[0]["path"] = path

    rehash(copy, change)
    report = check(copy)
    assert report.status is Status.COULD_NOT_CHECK
    assert "expected paths inside the folder" in report.not_checked[0]


@pytest.mark.parametrize("path", ["proofs/entries.jsonl", "proofs/multiproof.json", "proofs/openings.jsonl",
                                  "proofs/checkpoint", "data/records.jsonl", "data/judgments.parquet",
                                  "quality/agreement.json", "rubrics/medical/1.0.0.yaml"])  # fmt: skip
@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"{}\n"])
def test_rubbish_in_a_file_is_bad_and_never_a_crash(copy: Path, path: str, data: bytes) -> None:
    (copy / path).write_bytes(data)
    rehash(copy)
    report = check(copy)
    assert report.status is Status.BAD
    assert report.problems_count >= 1


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["verify", *arguments])
    return done.exit_code, done.output


@pytest.fixture(scope="module")
def vkey(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file with the key line."""
    path = tmp_path_factory.mktemp("key") / "log.vkey"
    path.write_text(SIGNER.vkey + "\n")
    return str(path)


def test_the_command_says_good_and_what_was_not_checked(made: MadeRelease, vkey: str) -> None:
    code, output = run(str(made.directory), "--vkey", vkey, "--log", str(made.log))
    assert code == 0
    assert output.startswith("good small 1.0.0 of small.example/log: 18 records, 58 judgments")
    assert "not checked" in output
    assert "simulated" in output


def test_the_command_says_bad_and_where(copy: Path, vkey: str) -> None:
    judgment_changed(copy)
    code, output = run(str(copy), "--vkey", vkey)
    assert code == 1
    assert "step 7, data/judgments.jsonl, jdg-med-1-per-two: verdict" in output


def test_the_command_says_that_it_could_not_check(made: MadeRelease, tmp_path: Path, vkey: str) -> None:
    assert run(str(tmp_path / "nowhere"), "--vkey", vkey)[0] == 2
    assert run(str(made.directory), "--vkey", str(tmp_path / "nokey"))[0] == 2
    (tmp_path / "bad").write_text("no key")
    code, output = run(str(made.directory), "--vkey", str(tmp_path / "bad"))
    assert code == 2
    assert "the verifier key cannot be used" in output


def test_the_command_gives_one_json_object(copy: Path, vkey: str) -> None:
    view_turned(copy)
    code, output = run(str(copy), "--vkey", vkey, "--json")
    answer = json.loads(output)
    assert code == 1
    assert answer["status"] == "bad"
    assert {problem["file"] for problem in answer["problems"]} == {"views/trl_preference.parquet"}
    assert [step["number"] for step in answer["steps"]] == list(range(1, 11))


def test_the_key_line_is_that_of_the_log(made: MadeRelease) -> None:
    assert json.loads((made.directory / "manifest.json").read_bytes())["cell"]["vkey"] == parse_vkey(SIGNER.vkey).line
