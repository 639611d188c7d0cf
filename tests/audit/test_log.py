"""The offline check: a good log is good, and each thing that was done to a bad one is named with its place."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sealed_cell import SIGNER, entry, files_of, flip, sealed_log

from tallystick.audit.log import EnvelopeChecks, LogReport, Status, verify_log
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger.signer import SoftwareSigner
from tallystick.ledger.tiles import Place, Tile, encode_bundle
from tallystick.ledger.tree import Tree, leaf_hashes

SIZE = 700


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 700 entries, sealed at 100, 300 and 700."""
    return sealed_log(tmp_path_factory.mktemp("sealed"), [100, 300, SIZE])


@pytest.fixture
def log(sealed: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy to do something to."""
    yield Path(shutil.copytree(sealed, tmp_path / "log"))
    shutil.rmtree(tmp_path / "log")


def write_log(directory: Path, entries: list[bytes], *, signer: SoftwareSigner = SIGNER) -> None:
    """Write a whole log with a good signature: what an insider with the log key can do."""
    tree = Tree()
    tiles = [*tree.append(leaf_hashes(entries)), *tree.edge()]
    for start in range(0, len(entries), 256):
        bundle = entries[start : start + 256]
        tiles.append(Tile(Place(None, start // 256, len(bundle)), encode_bundle(bundle)))
    for tile in tiles:
        path = directory / tile.place.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tile.data)
    signed = checkpoints.sign(signer.name, len(entries), tree.root(), signers=[signer])
    (directory / "checkpoint").write_text(signed.note)


def places(report: LogReport) -> list[tuple[str, int | None]]:
    return [(problem.file, problem.index) for problem in report.problems]


def expect_bad(log: Path, file: str, index: int | None, what: str) -> LogReport:
    report = verify_log(log, SIGNER.vkey)
    assert report.status is Status.BAD
    matching = [problem for problem in report.problems if (problem.file, problem.index) == (file, index)]
    assert any(what in problem.what for problem in matching), report.problems
    return report


def test_a_good_log_is_good(log: Path) -> None:
    report = verify_log(log, SIGNER.vkey)
    assert (report.status, report.size, report.problems, report.notes) == (Status.OK, SIZE, (), ())
    assert any("700 entries" in line for line in report.checked)
    assert any("4 archived checkpoints" in line for line in report.checked)


def position(path: Path, index: int) -> int:
    """Where an entry's length stands in its bundle."""
    data, place = path.read_bytes(), 0
    for _ in range(index):
        place += 2 + int.from_bytes(data[place : place + 2], "big")
    return place


@pytest.mark.parametrize(
    ("file", "number", "index"),
    [
        ("tile/entries/000", 0, 0),
        ("tile/entries/000", 255, 255),
        ("tile/entries/001", 17, 273),
        ("tile/entries/002.p/188", 187, 699),
    ],
)
def test_a_flipped_byte_of_a_bundle_names_the_entry(log: Path, file: str, number: int, index: int) -> None:
    start = position(log / file, number)
    length = len(entry(index))
    before = (log / file).read_bytes()
    for place in {start, start + 1, start + 2, start + 30, start + 2 + length // 2, start + 1 + length}:
        flip(log / file, place)
        report = verify_log(log, SIGNER.vkey)
        assert report.status is Status.BAD, place
        assert (file, index) in places(report), (place, report.problems)
        assert min(found for _, found in places(report) if found is not None) == index
        (log / file).write_bytes(before)


@pytest.mark.parametrize(
    ("file", "number", "index"),
    [
        ("tile/0/000", 0, 0),
        ("tile/0/001", 200, 456),
        ("tile/0/002.p/188", 187, 699),
        ("tile/1/000.p/2", 1, 256),
    ],
)
def test_a_flipped_byte_of_a_tile_names_the_hash(log: Path, file: str, number: int, index: int) -> None:
    for place in (0, 17, 31):
        flip(log / file, number * 32 + place)
        report = expect_bad(log, file, index, "the tile was altered")
        assert report.problems_count == 1
        flip(log / file, number * 32 + place)


def test_a_flipped_byte_of_a_full_upper_tile_names_the_hash(tmp_path: Path) -> None:
    """It takes 65,536 entries to fill one."""
    log = tmp_path / "log"
    write_log(log, [b"x%d" % number for number in range(65_540)])
    assert verify_log(log, SIGNER.vkey, check=lambda _index, _entry: []).status is Status.OK
    flip(log / "tile/1/000", 7 * 32 + 3)
    report = verify_log(log, SIGNER.vkey, check=lambda _index, _entry: [])
    assert places(report) == [("tile/1/000", 7 * 256)]
    assert "entries 1792 to 2047" in report.problems[0].what


def test_a_flipped_byte_of_any_checkpoint_names_the_file(log: Path) -> None:
    for file in ("checkpoint", "checkpoints/000", "checkpoints/300"):
        before = (log / file).read_bytes()
        lines = before.split(b"\n")
        ends = [sum(map(len, lines[:n])) + n for n in range(1, len(lines))]
        for place in {0, *(end for end in ends if end < len(before)), *(end - 1 for end in ends), len(before) - 4}:
            flip(log / file, place)
            report = verify_log(log, SIGNER.vkey)
            assert (report.status, places(report)) == (Status.BAD, [(file, None)]), (place, report.problems)
            (log / file).write_bytes(before)


def test_every_byte_of_a_small_log_counts(tmp_path: Path) -> None:
    """Not a class of places but each one: no flip anywhere passes as good, unless base64 spells the same bytes."""
    log = tmp_path / "log"
    write_log(log, [entry(seq) for seq in range(2)])
    for path, data in files_of(log).items():
        for place in range(len(data)):
            flip(log / path, place)
            report = verify_log(log, SIGNER.vkey)
            if report.status is Status.OK:
                assert path == "checkpoint"
                assert place >= len(data) - 4
            (log / path).write_bytes(data)


@pytest.mark.parametrize("file", ["tile/entries/001", "tile/0/001", "tile/1/000.p/2", "tile/entries/002.p/188"])
def test_a_missing_file_is_named(log: Path, file: str) -> None:
    (log / file).unlink()
    report = verify_log(log, SIGNER.vkey)
    assert report.status is Status.BAD
    assert file in {problem.file for problem in report.problems}


@pytest.mark.parametrize("file", ["tile/entries/001", "tile/0/001", "tile/1/000.p/2", "tile/0/002.p/188"])
@pytest.mark.parametrize("cut", [1, 32, 100_000])
def test_a_file_that_was_cut_off_is_named(log: Path, file: str, cut: int) -> None:
    (log / file).write_bytes((log / file).read_bytes()[:-cut])
    report = verify_log(log, SIGNER.vkey)
    assert report.status is Status.BAD
    assert file in {problem.file for problem in report.problems}


def test_a_file_that_does_not_belong_is_named(log: Path) -> None:
    for name in (
        "note.txt",
        "tile/0/x000/001",
        "tile/0/002.p/0188",
        "checkpoints/0300",
        "checkpoints/x000/300",
        "tile/entries/000.p/256",
    ):
        (log / name).parent.mkdir(parents=True, exist_ok=True)
        (log / name).write_bytes(b"")
        expect_bad(log, name, None, "found this file")
        (log / name).unlink()
    (log / "tile/0/003").symlink_to(log / "tile/0/000")
    expect_bad(log, "tile/0/003", None, "symbolic link")


def test_old_partial_tiles_must_agree(log: Path) -> None:
    entries = (log / "tile/entries/000").read_bytes()
    for path, data in [
        ("tile/0/000.p/5", (log / "tile/0/000").read_bytes()[: 5 * 32]),
        ("tile/entries/000.p/5", entries[: position(log / "tile/entries/000", 5)]),
        ("tile/1/000.p/1", (log / "tile/1/000.p/2").read_bytes()[:32]),
    ]:
        (log / path).parent.mkdir(exist_ok=True)
        (log / path).write_bytes(data)
    assert verify_log(log, SIGNER.vkey).status is Status.OK
    for path in ("tile/0/000.p/5", "tile/1/000.p/1", "tile/entries/000.p/5"):
        flip(log / path, 20)
        expect_bad(log, path, None, "differ from byte 20 on")
        flip(log / path, 20)
        before = (log / path).read_bytes()
        (log / path).write_bytes(before[:-1])
        assert path in {problem.file for problem in verify_log(log, SIGNER.vkey).problems}
        (log / path).write_bytes(before)


@pytest.mark.parametrize(
    ("change", "index", "what"),
    [
        (lambda rows: rows[:50] + rows[51:], 50, "expected seq 50, found 51"),
        (lambda rows: [*rows[:50], rows[51], rows[50], *rows[52:]], 50, "expected seq 50, found 51"),
        (lambda rows: [*rows[:50], rows[50], *rows[50:]], 51, "expected seq 51, found 50"),
        (lambda rows: [*rows[:50], entry(50, at=1_600_000_000_000_000), *rows[51:]], 50, "back-dated"),
        (lambda rows: [*rows[:50], entry(50, n=99), *rows[51:]], 50, "expected event 17 of 'svc-c' in 'n', found 99"),
        (lambda rows: [*rows[:50], entry(50, by="per-new", n=1), *rows[51:]], 53, "expected event 17 of 'svc-c'"),
        (lambda rows: [*rows[:50], rows[50] + b" ", *rows[51:]], 50, "canonical"),
        (lambda rows: [*rows[:50], entry(50, at=1.5), *rows[51:]], 50, "integers only"),
        (lambda rows: [*rows[:50], entry(50, body=2**53), *rows[51:]], 50, "within 2^53 - 1"),
        (lambda rows: [*rows[:50], entry(50, body=[1, -(2**53)]), *rows[51:]], 50, "within 2^53 - 1"),
        (lambda rows: [*rows[:50], entry(50, body=[10**20]), *rows[51:]], 50, "within 2^53 - 1"),
        (lambda rows: [*rows[:50], entry(50, body={"\u00e9": 1}), *rows[51:]], 50, "ASCII key"),
        (lambda rows: [*rows[:50], b"{" * 50_000, *rows[51:]], 50, "canonical JSON"),
        (lambda rows: [*rows[:50], b"\xff\xfe", *rows[51:]], 50, "canonical JSON"),
        (lambda rows: [*rows[:50], b"", *rows[51:]], 50, "canonical JSON"),
        (lambda rows: [*rows[:50], entry(50, by=7), *rows[51:]], 50, "expected text in 'by'"),
    ],
)
def test_an_insider_who_signs_a_changed_history_is_caught_by_the_entries(
    tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], index: int, what: str
) -> None:
    """Signature, root and tiles all fit: only the place, time and count in the entries tell."""
    write_log(tmp_path / "log", change([entry(seq) for seq in range(300)]))
    expect_bad(tmp_path / "log", f"tile/entries/{index // 256:03d}", index, what)


def test_an_altered_time_does_not_blame_the_entries_behind_it(tmp_path: Path) -> None:
    rows = [entry(seq) for seq in range(300)]
    write_log(tmp_path / "log", [*rows[:50], entry(50, at=1_900_000_000_000_000), *rows[51:]])
    assert places(verify_log(tmp_path / "log", SIGNER.vkey)) == [("tile/entries/000", 51)]


def test_a_rewritten_history_does_not_contain_the_checkpoint_that_you_kept(log: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    shutil.copy(log / "checkpoints/300", kept)
    assert verify_log(log, SIGNER.vkey, against=[kept]).status is Status.OK
    other = tmp_path / "other"
    write_log(other, [entry(seq, role="lead") for seq in range(SIZE)])
    assert verify_log(other, SIGNER.vkey).status is Status.OK  # the honest limit: nothing kept, nothing noticed
    report = verify_log(other, SIGNER.vkey, against=[kept])
    assert places(report) == [(str(kept), None)]
    assert report.problems[0].what.startswith("fork: ")
    write_log(tmp_path / "short", [entry(seq) for seq in range(299)])
    report = verify_log(tmp_path / "short", SIGNER.vkey, against=[kept])
    assert places(report) == [(str(kept), None)]
    assert report.problems[0].what.startswith("roll-back: you hold a signed checkpoint of size 300 with root ")
    assert "the log shows size 299 with root " in report.problems[0].what


def test_the_archive_convicts_a_rewritten_history(log: Path) -> None:
    """The insider rewrites entries 100 onwards and signs again, but old signed checkpoints lie in the archive."""
    archived = files_of(log / "checkpoints")
    shutil.rmtree(log)
    write_log(log, [entry(seq, **({"role": "lead"} if seq >= 250 else {})) for seq in range(SIZE)])
    (log / "checkpoints").mkdir()
    for name in ("000", "100", "300"):
        (log / "checkpoints" / name).write_bytes(archived[name])
    expect_bad(log, "checkpoints/300", None, "the log key signed two histories")


def test_without_the_log_key_a_consistent_rewrite_is_placed_between_checkpoints(log: Path, tmp_path: Path) -> None:
    write_log(tmp_path / "other", [entry(seq, **({"role": "lead"} if seq == 250 else {})) for seq in range(SIZE)])
    shutil.rmtree(log / "tile")
    shutil.copytree(tmp_path / "other" / "tile", log / "tile")
    expect_bad(log, "checkpoint", None, "between entry 100 and entry 299")


def test_a_checkpoint_that_was_taken_back_is_noticed(log: Path) -> None:
    shutil.copy(log / "checkpoints/300", log / "checkpoint")
    report = verify_log(log, SIGNER.vkey)
    assert (report.status, report.size) == (Status.OK, SIZE)
    assert "was taken back" in report.notes[0]
    (log / "checkpoints/700").unlink()
    report = verify_log(log, SIGNER.vkey)
    assert (report.status, report.size) == (Status.OK, 300)
    assert "4 tiles or bundles reach beyond the checkpoint" in report.notes[0]


def test_a_checkpoint_of_another_log_is_refused(log: Path) -> None:
    stranger = SoftwareSigner("other.invalid/cell", bytes(32))
    report = verify_log(log, stranger.vkey)
    assert report.status is Status.BAD
    assert ("checkpoint", None) in places(report)
    assert "under other keys" in report.problems[0].what


def test_what_cannot_be_checked_is_no_verdict(log: Path, tmp_path: Path) -> None:
    cases = [
        verify_log(tmp_path / "nowhere", SIGNER.vkey),
        verify_log(tmp_path, SIGNER.vkey) if not (tmp_path / "checkpoint").exists() else None,
        verify_log(log, "no key"),
        verify_log(log, SIGNER.vkey, against=[tmp_path / "nothing"]),
        verify_log(log, SIGNER.vkey, against=[log / "tile/0/000"]),
    ]
    (tmp_path / "empty").mkdir()
    cases[1] = verify_log(tmp_path / "empty", SIGNER.vkey)
    for report in cases:
        assert report is not None
        assert report.status is Status.COULD_NOT_CHECK
        assert report.notes


def test_a_thousand_problems_are_counted_and_a_hundred_shown(tmp_path: Path) -> None:
    write_log(tmp_path / "log", [b"{}"] * 300)
    report = verify_log(tmp_path / "log", SIGNER.vkey)
    assert (report.problems_count, len(report.problems)) == (5 * 300, 100)


def test_the_checks_of_an_envelope_accept_a_good_journal() -> None:
    check = EnvelopeChecks()
    assert [check(seq, entry(seq, body={"text": "\u00e9 1234567890123456"})) for seq in range(50)] == [[]] * 50
