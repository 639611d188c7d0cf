"""The witness: the published cases, every answer of the protocol, forks kept as evidence, crashes at every step."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sealed_cell import ACTORS, SIGNER, entry
from witness_scene import (
    KEY,
    NOW,
    Killed,
    Killer,
    ask,
    body_at,
    honest_log,
    keys_of,
    rewritten,
    signed_at,
    witness_at,
    write_log,
)

from tallystick.audit.log import EnvelopeChecks, Status, verify_log
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import cosignature
from tallystick.ledger.note import ED25519, VerifierKey
from tallystick.ledger.tree import EMPTY_ROOT
from tallystick.witness import desk, evidence
from tallystick.witness.desk import NoWitness, Watched, Witness
from tallystick.witness.request import write

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "tlog_witness_add_checkpoint.json"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An honest log, sealed at 100, 256, 300, 700 and 900."""
    return honest_log(tmp_path_factory.mktemp("honest"), 100, 256, 300, 700, 900)


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same log with entry 20 rewritten, all hashes and signatures made to fit."""
    entries = [rewritten(n) if n == 20 else entry(n) for n in range(900)]
    return write_log(tmp_path_factory.mktemp("forged") / "log", entries, 100, 256, 300, 700, 900)


def test_every_published_case(tmp_path: Path) -> None:
    if not VECTORS.exists():
        pytest.skip(f"the published vectors are not here: expected {VECTORS.name} in ../shared/vectors")
    case = json.loads(VECTORS.read_text())
    origin = case["log_origin"]
    key = VerifierKey(origin, ED25519, bytes.fromhex(case["log_ed25519_pub_hex"]))
    desk.create(tmp_path, "example.com/witness")
    witness = Witness(tmp_path, [Watched(origin=origin, keys=(key,))], EnvelopeChecks)
    assert len(case["cases"]) == 11
    for one in case["cases"]:
        answer = witness.add_checkpoint(one["body"].encode())
        assert answer.status == one["status"], one["name"]
        assert one["body_contains"] in answer.body, one["name"]
        if answer.status == 409:
            assert answer.content_type == "text/x.tlog.size"
            assert answer.body == one["body_contains"]
        if answer.status == 200:
            note = one["body"].partition("\n\n")[2]
            (found,) = cosignature.read_lines(answer.body, note, keys_of(witness))
            assert found.line == answer.body
    assert witness.latest(desk.name_of(origin)).body.startswith(f"{origin}\n5\n")
    witness.close()


def test_the_same_size_is_cosigned_again_and_other_wishes_are_refused(tmp_path: Path, log: Path) -> None:
    with witness_at(tmp_path, None) as witness:
        assert witness.latest(desk.name_of(KEY.name)).status == 404
        assert ask(witness, log, 0, 300).status == 200
        assert ask(witness, log, 300, 300).status == 200
        assert ask(witness, log, 300, 100).status == 400
        assert (ask(witness, log, 0, 100).status, ask(witness, log, 0, 100).body) == (409, "300\n")
        assert ask(witness, log, 100, 700).status == 409
        assert witness.add_checkpoint(write(300, [bytes(32)] * 3, signed_at(log, 700).note)).status == 422
        assert ask(witness, log, 300, 700).status == 200
        assert witness.latest(desk.name_of(KEY.name)).body.startswith(f"{KEY.name}\n700\n")


def test_an_empty_log_can_be_cosigned_and_grows_from_there(tmp_path: Path, log: Path) -> None:
    empty = checkpoints.sign(SIGNER.name, 0, EMPTY_ROOT, signers=[SIGNER]).note
    with witness_at(tmp_path, None) as witness:
        assert witness.add_checkpoint(write(0, [], empty)).status == 200
        assert witness.add_checkpoint(write(0, [bytes(32)], signed_at(log, 100).note)).status == 422
        assert ask(witness, log, 0, 100).status == 200
        assert witness.add_checkpoint(write(0, [], empty)).status == 409


@pytest.mark.parametrize(
    "body",
    [
        b"", b"old 0", b"old 0\n\n", b"old -1\n\nx", b"old 00\n\nx", b"new 0\n\nx", b"\xff\n\n", b"old 0\n\n\xff",
        bytes(10),
        b"old 1\nAAAA\n\nx\n", b"old 1\n!\n\nx\n", b"x" * 64_001, b"old 99999999999999999999999\n\nx",
        b"old 1\n" + b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" * 64 + b"\nx\n",
        b"old 1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n\nx\n", "old 1\né\n\nx\n".encode(),
    ],
    ids=range(16),
)  # fmt: skip
def test_what_is_no_request_is_malformed(tmp_path: Path, body: bytes) -> None:
    with witness_at(tmp_path, None) as witness:
        assert witness.add_checkpoint(body).status == 400


def test_no_cut_and_no_flip_of_a_request_is_cosigned_wrongly(tmp_path: Path, log: Path) -> None:
    whole = body_at(log, 100, 300)
    with witness_at(tmp_path, None) as witness:
        assert ask(witness, log, 0, 100).status == 200
        for place in range(0, len(whole), 3):
            altered = bytearray(whole)
            altered[place] ^= 1
            for body in (whole[:place], bytes(altered)):
                assert witness.add_checkpoint(body).status in (400, 403, 404, 409, 422)
        assert ask(witness, log, 100, 300).status == 200


def test_a_witness_that_mirrors_holds_a_good_log_of_its_own(tmp_path: Path, log: Path) -> None:
    mirror = tmp_path / "logs" / desk.name_of(KEY.name)
    with witness_at(tmp_path, log) as witness:
        old = 0
        for size in (100, 256, 300, 700, 900):
            answer = ask(witness, log, old, size)
            assert answer.status == 200, answer
            report = verify_log(mirror, SIGNER.vkey)
            assert (report.status, report.size) == (Status.OK, size), report.problems
            (kept,) = cosignature.found_in((mirror / "checkpoint").read_text(), keys_of(witness))
            assert kept.line == answer.body
            old = size
    entries = [path.relative_to(log) for path in (log / "tile").rglob("*") if path.is_file()]
    assert all((mirror / path).read_bytes() == (log / path).read_bytes() for path in entries)
    found = desk.status(tmp_path)
    assert found.logs[0].mirror == str(mirror)
    assert (found.logs[0].size, found.logs[0].mirrored, found.logs[0].time) == (900, 900, NOW)
    assert (found.forks, found.refused) == ((), ())


def test_a_mirror_cosigns_nothing_that_it_could_not_fetch_and_goes_on_when_it_can(tmp_path: Path, log: Path) -> None:
    copy = honest_log(tmp_path / "copy", 700)
    hidden = copy / "tile/entries/001"
    data = hidden.read_bytes()
    with witness_at(tmp_path / "w", copy) as witness:
        hidden.unlink()
        answer = ask(witness, log, 0, 700)
        assert (answer.status, "entries 256 to 511" in answer.body) == (503, True)
        hidden.write_bytes(data[:-1])
        assert ask(witness, log, 0, 700).status == 503
        hidden.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        answer = ask(witness, log, 0, 700)
        assert (answer.status, "does not lead to the signed root" in answer.body) == (503, True)
        hidden.write_bytes(data)
        assert ask(witness, log, 0, 700).status == 200


def test_a_mirror_reads_no_further_than_its_time_and_resumes(tmp_path: Path, log: Path) -> None:
    desk.create(tmp_path, "w.example/w")
    from_where = Counting(log)
    witness = Witness(tmp_path, [Watched(KEY.name, (KEY,), from_where)], EnvelopeChecks, hold_seconds=-1)
    assert ask(witness, log, 0, 900).status == 503
    witness.hold_seconds = 60
    assert ask(witness, log, 0, 900).status == 200
    assert len(from_where.asked) == len(set(from_where.asked))
    witness.close()


class Counting:
    """A source that writes down what it is asked."""

    where = "a folder"

    def __init__(self, log: Path) -> None:
        self.log = log
        self.asked: list[str] = []

    def get(self, path: str, *, bytes_max: int) -> bytes | None:
        self.asked.append(path)
        file = self.log / path
        return file.read_bytes()[:bytes_max] if file.is_file() else None

    def close(self) -> None:
        pass


def test_an_event_that_was_left_out_or_back_dated_is_refused_though_all_hashes_fit(tmp_path: Path) -> None:
    later = [entry(n, by=ACTORS[(n + 1) % 3], n=(n + 1) // 3 + 1) for n in range(50, 99)]
    left_out = [entry(n) for n in range(50)] + later
    back_dated = [entry(n) for n in range(98)] + [entry(98, at=5)]
    for number, (entries, words) in enumerate([(left_out, "events are missing"), (back_dated, "back-dated")]):
        bad = write_log(tmp_path / f"log-{number}", entries, 99)
        with witness_at(tmp_path / f"w-{number}", bad) as witness:
            answer = ask(witness, bad, 0, 99)
            assert (answer.status, words in answer.body) == (422, True), answer
            assert witness.held(KEY.name) is None
            assert len(desk.status(tmp_path / f"w-{number}").refused) == 1


@pytest.mark.parametrize("is_mirror", [True, False])
@pytest.mark.parametrize("sizes", [(300, 700), (300, 300), (256, 700), (700, 300), (256, 900)])
def test_a_history_that_was_rewritten_is_refused_and_kept_as_evidence(
    tmp_path: Path, log: Path, forged: Path, *, is_mirror: bool, sizes: tuple[int, int]
) -> None:
    folder, (held, size) = tmp_path / "w", sizes
    with witness_at(folder, log if is_mirror else None) as witness:
        assert ask(witness, log, 0, held).status == 200
    with witness_at(folder, forged if is_mirror else None) as witness:
        answer = ask(witness, forged, min(held, size), size)
        assert answer.status in (409, 422)
        assert witness.held(KEY.name) == checkpoints.read(witness.latest(desk.name_of(KEY.name)).body)
        assert ask(witness, log, held, 900).status in (200, 503)  # the honest history still has a witness
    forks = desk.status(folder).forks
    if is_mirror or held == size or (held == 300 and size == 700):
        fork = evidence.read(Path(forks[0]).read_bytes())
        assert "signed two histories" in fork.verify([KEY])
        with pytest.raises(evidence.BadEvidence):
            evidence.Fork(smaller=fork.smaller, larger=fork.smaller, root=fork.root, proof=()).verify([KEY])
    else:
        # Without a copy nothing can be shown: a proof from a power of two hides the other root, and so does less.
        assert forks == ()


def test_evidence_that_shows_nothing_is_none(tmp_path: Path, log: Path, forged: Path) -> None:
    small, large = signed_at(log, 300), signed_at(forged, 700)
    assert evidence.from_proof(small, large, [bytes(32)] * 5) is None
    with witness_at(tmp_path, None) as witness:
        assert ask(witness, log, 0, 300).status == 200
        witness.add_checkpoint(write(300, [bytes(32)] * 8, large.note))
    found = desk.status(tmp_path)
    assert (len(found.forks), len(found.refused)) == (0, 1)
    for data in (b"", b"{}", b'{"format":"x"}'):
        with pytest.raises(evidence.BadEvidence):
            evidence.read(data)


def test_a_folder_without_a_witness_and_one_with(tmp_path: Path) -> None:
    with pytest.raises(NoWitness, match=r"found no witness\.key"):
        Witness(tmp_path, [], EnvelopeChecks)
    with pytest.raises(NoWitness, match=r"found no witness\.vkey"):
        desk.status(tmp_path)
    line = desk.create(tmp_path, "w.example/w")
    assert (tmp_path / "witness.vkey").read_text().strip() == line
    with pytest.raises(NoWitness, match="choose another"):
        desk.create(tmp_path, "w.example/w")


def test_of_two_requests_at_once_one_wins(tmp_path: Path, log: Path) -> None:
    with ExitStack() as stack:
        witnesses = [stack.enter_context(witness_at(tmp_path, None)) for _ in range(2)]  # two processes, in effect
        assert ask(witnesses[0], log, 0, 100).status == 200
        barrier = threading.Barrier(8)
        answers = []

        def go(number: int) -> None:
            size = (300, 700)[number % 2]
            barrier.wait()
            answers.append((size, ask(witnesses[number // 4], log, 100, size)))

        threads = [threading.Thread(target=go, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        won = [size for size, answer in answers if answer.status == 200]
        assert len(set(won)) == 1  # twice only as the very same cosignature
        assert {answer.body for _, answer in answers if answer.status == 409} == {f"{won[0]}\n"}


def steps_of(folder: Path, log: Path) -> Iterator[int]:
    """The number of every durable step of a witness that takes two checkpoints, found by counting."""
    counter = Killer()
    with witness_at(folder, log, step=counter) as witness:
        assert ask(witness, log, 0, 300).status == 200
        assert ask(witness, log, 300, 700).status == 200
    assert {"after replace checkpoint", "before answer"} <= set(counter.names)
    yield from range(1, counter.count + 1)


def test_a_witness_that_is_killed_at_any_step_never_contradicts_itself(tmp_path: Path, log: Path, forged: Path) -> None:
    numbers = list(steps_of(tmp_path / "count", log))
    assert len(numbers) > 40
    for number in numbers:
        folder = tmp_path / f"w-{number}"
        given = {}
        try:
            with witness_at(folder, log, step=Killer(number)) as witness:
                for old, size in ((0, 300), (300, 700)):
                    given[size] = ask(witness, log, old, size)
        except Killed:
            pass
        else:
            pytest.fail("expected to be killed")
        assert all(answer.status == 200 for answer in given.values())
        with witness_at(folder, log) as witness:
            held = witness.held(KEY.name)
            size = 0 if held is None else held.size
            assert size >= max(given, default=0), "a cosignature was given that was not kept"
            assert ask(witness, forged, size, 900).status in ((422, 503) if size else (503, 422))
            assert ask(witness, log, size, 900).status == 200
            report = verify_log(folder / "logs" / desk.name_of(KEY.name), SIGNER.vkey)
            assert (report.status, report.size) == (Status.OK, 900), (number, report.problems)
