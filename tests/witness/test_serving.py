"""Over HTTP: a public copy of a log with its caching headers, hostile callers, and a client's own copy that grows."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from sealed_cell import SIGNER, entry
from witness_scene import KEY, Killed, Killer, ask, honest_log, rewritten, served, signed_at, witness_at, write_log

from tallystick.audit.log import EnvelopeChecks, Status, verify_log
from tallystick.ledger.cosignature import add_lines
from tallystick.witness import desk, evidence, fetching, server
from tallystick.witness.fetching import RolledBack
from tallystick.witness.mirror import CannotHold, Damaged, Forked
from tallystick.witness.server import PublicLog, WitnessApp
from tallystick.witness.sources import FolderSource, HttpSource


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return honest_log(tmp_path_factory.mktemp("whole"), 100, 300, 700)


@pytest.fixture
def log(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "log")


@pytest.fixture
def public(log: Path) -> Iterator[httpx.Client]:
    with served(PublicLog(log)) as url, httpx.Client(base_url=url) as client:
        yield client


def test_files_are_kept_for_ever_and_the_checkpoint_is_asked_for_anew(public: httpx.Client, log: Path) -> None:
    for path in ("tile/entries/001", "tile/0/002.p/188", "checkpoints/300"):
        answer = public.get(f"/{path}")
        assert (answer.status_code, answer.content) == (200, (log / path).read_bytes())
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert public.get("/tile/0/001").headers["content-type"] == "application/octet-stream"
    answer = public.get("/checkpoint")
    assert (answer.headers["cache-control"], answer.headers["content-type"]) == (
        "public, no-cache",
        "text/plain; charset=utf-8",
    )
    again = public.get("/checkpoint", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    (log / "checkpoint").write_text(signed_at(log, 300).note)
    assert public.get("/checkpoint", headers={"If-None-Match": answer.headers["etag"]}).status_code == 200
    assert public.head("/checkpoint").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/", "/log.vkey", "/%2e%2e/cell.db", "/tile/0/%2e%2e/0/001", "/tile/0/1", "/tile/0/001.p/256", "/tile",
     "/checkpoints", "/checkpoints/0300", "/cosignatures/300/zz", "/tile/0/001%00", "/tile/entries/003",
     "//checkpoint"],
)  # fmt: skip
def test_nothing_but_the_layout_is_given_out(public: httpx.Client, path: str) -> None:
    assert public.get(path).status_code == 404


def test_only_reading_is_answered(public: httpx.Client) -> None:
    assert public.post("/checkpoint").status_code == 405


def test_a_witness_over_http_refuses_what_is_too_large_too_slow_or_elsewhere(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.2)
    with witness_at(tmp_path, None) as witness, served(WitnessApp(witness, prefix="/w")) as url:
        with httpx.Client(base_url=url) as client:
            assert client.post("/w/add-checkpoint", content=b"x" * 70_000).status_code == 413
            assert client.post("/w/add-checkpoint", content=b"old 0\n\n").status_code == 400
            assert client.get("/w/add-checkpoint").status_code == 405
            assert client.post(f"/w/{'0' * 64}/checkpoint").status_code == 405
            for path in (
                "/",
                "/w/",
                "/add-checkpoint",
                f"/w/{'0' * 64}/checkpoint",
                "/w/x/checkpoint",
                "/w/witness.key",
            ):
                assert client.get(path).status_code == 404
            assert ask(witness, whole, 0, 300).status == 200
            answer = client.get(f"/w/{desk.name_of(KEY.name)}/checkpoint")
            assert answer.text.startswith(f"{KEY.name}\n300\n")
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        head = b"POST /w/add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nold"
        for sent, status in ((b"POST /w/add", b""), (head, b"HTTP/1.1 408")):
            with socket.create_connection(address, timeout=300) as slow:
                slow.sendall(sent)
                data = b""
                while piece := slow.recv(4096):  # the other side hangs up: this ends
                    data += piece
                assert data.startswith(status)
                assert bool(data) is bool(status)


def test_a_copy_of_an_empty_log_archives_nothing(tmp_path: Path, log: Path, whole: Path) -> None:
    """The checkpoint of size 0 in an archive says that it is that of the log itself, which has no gaps."""
    copy = tmp_path / "copy"
    for size in (0, 300):
        (log / "checkpoint").write_text(signed_at(whole, size).note)
        found = fetching.fetch(FolderSource(log), copy, [KEY], EnvelopeChecks)
        assert found.checkpoint.size == size
    assert [path.name for path in (copy / "checkpoints").iterdir()] == ["300"]


def test_a_client_keeps_a_copy_that_grows_and_verifies_for_itself(tmp_path: Path, whole: Path, log: Path) -> None:
    copy = tmp_path / "copy"
    with served(PublicLog(log)) as url:
        for size, new in ((300, 300), (700, 400), (700, 0)):
            (log / "checkpoint").write_text(signed_at(whole, size).note)
            with closing(HttpSource(url)) as source:
                found = fetching.fetch(source, copy, [KEY], EnvelopeChecks)
            assert (found.checkpoint.size, found.new) == (size, new)
    report = verify_log(copy, SIGNER.vkey, against=[whole])
    assert (report.status, report.size) == (Status.OK, 700), report.problems
    assert (copy / "checkpoints/300").is_file()
    with witness_at(tmp_path / "w", None) as witness:
        line = ask(witness, log, 0, 700).body
    (log / "checkpoint").write_text(add_lines(signed_at(whole, 700).note, [line]))
    fetching.fetch(FolderSource(log), copy, [KEY], EnvelopeChecks)
    assert line in (copy / "checkpoint").read_text()


def test_a_copy_refuses_roll_backs_forks_and_its_own_damage(tmp_path: Path, whole: Path, log: Path) -> None:
    copy = tmp_path / "copy"
    fetching.fetch(FolderSource(log), copy, [KEY], EnvelopeChecks)
    (log / "checkpoint").write_text(signed_at(whole, 300).note)
    with pytest.raises(RolledBack, match="at least the 700 entries"):
        fetching.fetch(FolderSource(log), copy, [KEY], EnvelopeChecks)
    entries = [rewritten(n) if n == 20 else entry(n) for n in range(900)]
    for number, size in enumerate((300, 700, 900)):
        forged = write_log(tmp_path / f"forged-{size}", entries, size)
        with pytest.raises(Forked):
            fetching.fetch(FolderSource(forged), copy, [KEY], EnvelopeChecks)
        kept = sorted(fetching.evidence_folder(copy).glob("*.json"))
        assert len(kept) == number + 1
        assert all("two histories" in evidence.read(path.read_bytes()).verify([KEY]) for path in kept)
    assert verify_log(copy, SIGNER.vkey).status is Status.OK
    with pytest.raises(CannotHold, match="is this a log"):
        fetching.fetch(FolderSource(tmp_path / "nothing"), copy, [KEY], EnvelopeChecks)
    tile = copy / "tile/0/002.p/188"
    tile.write_bytes(bytes(len(tile.read_bytes())))
    longer = write_log(tmp_path / "longer", [entry(n) for n in range(900)], 900)
    with pytest.raises(Damaged):
        fetching.fetch(FolderSource(longer), copy, [KEY], EnvelopeChecks)


def test_a_fetch_that_is_killed_at_any_step_goes_on_where_it_was(tmp_path: Path, whole: Path) -> None:
    counter = Killer()
    fetching.fetch(FolderSource(whole), tmp_path / "count", [KEY], EnvelopeChecks, step=counter)
    assert counter.count > 20
    for number in range(1, counter.count + 1, 3):
        copy = tmp_path / f"copy-{number}"
        with pytest.raises(Killed):
            fetching.fetch(FolderSource(whole), copy, [KEY], EnvelopeChecks, step=Killer(number))
        assert fetching.fetch(FolderSource(whole), copy, [KEY], EnvelopeChecks).checkpoint.size == 700
        assert verify_log(copy, SIGNER.vkey).status is Status.OK
