"""A witness that lies to the cell, or is slow on purpose: it harms nobody but itself."""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from witness_scene import honest_log, served, witness_at

from tallystick.ledger import policy as policies
from tallystick.ledger.cosignature import Cosigner
from tallystick.ledger.reader import LogReader
from tallystick.ledger.witnessing import Witnessing
from tallystick.witness.server import WitnessApp
from tallystick.witness.sources import HttpSource, SourceFailed

Act = Callable[[BaseHTTPRequestHandler], None]
LIAR = Cosigner("liar.example/w", bytes([7]) * 32)
BOMB = gzip.compress(gzip.compress(bytes(200_000_000)))


@contextmanager
def answering(act: Act) -> Iterator[str]:
    """A server that does to each request what a test wants."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # as the library names it
            act(self)

        do_GET = do_POST  # noqa: N815 - as the library names it

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def says(text: str, *, status: int = 200, **headers: str) -> Act:
    """Answers with a text."""

    def act(request: BaseHTTPRequestHandler) -> None:
        data = text.encode()
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    return act


def drips(over: threading.Event, *, head: bool) -> Act:
    """Sends a letter now and then, for ever: in the head of the answer, or in its body."""

    def act(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"" if head else b"Content-Type: text/plain\r\n\r\n"))
        try:
            while not over.wait(0.05):
                request.wfile.write(b"X-Slow: yes\r\n" if head else b"x")
                request.wfile.flush()
        except OSError:
            pass  # whoever asked has hung up

    return act


def bombs(request: BaseHTTPRequestHandler) -> None:
    """Answers with little that unpacks to much."""
    request.send_response(200)
    request.send_header("Content-Encoding", "gzip, gzip")
    request.send_header("Content-Length", str(len(BOMB)))
    request.end_headers()
    request.wfile.write(BOMB)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return honest_log(tmp_path / "honest", 100)


def asked(log: Path, folder: Path, url: str, *, seconds: float = 15.0) -> Witnessing:
    """Who asks an honest witness and the liar."""
    with ExitStack() as stack:
        witness = stack.enter_context(witness_at(folder / "w", None))
        honest = stack.enter_context(served(WitnessApp(witness)))
        text = f"witness liar {LIAR.key.line} {url}\nwitness one {witness.cosigner.key.line} {honest}\nquorum one\n"
        asker = Witnessing(LogReader(log), policies.parse(text.encode()), folder / "state", total_seconds=seconds)
        stack.callback(asker.close)
        verdict = asker.ask()
        assert verdict is not None
        assert verdict.is_met, asker.standings()
        assert asker.standings()[0].fault is not None
        return asker


@pytest.mark.parametrize(
    "text",
    ["\N{EM DASH} liar.example/w \u00e9\n", "\N{EM DASH} \u00e9 \u00e9===\n", "\n\n", "\x00", "x" * 200_000],
)
@pytest.mark.parametrize("status", [200, 409, 422, 500])
def test_no_answer_stops_the_others_from_being_asked(tmp_path: Path, log: Path, text: str, status: int) -> None:
    with answering(says(text, status=status, Content_Type="text/x.tlog.size")) as url:
        asked(log, tmp_path, url)


@pytest.mark.parametrize("head", [True, False])
def test_a_slow_answer_ends(tmp_path: Path, log: Path, head: bool) -> None:
    over = threading.Event()
    with answering(drips(over, head=head)) as url:
        try:
            asker = asked(log, tmp_path, url, seconds=1.0)
            assert "within 1 s" in (asker.standings()[0].fault or "")
        finally:
            over.set()


def test_an_answer_that_unpacks_to_much_is_not_unpacked(tmp_path: Path, log: Path) -> None:
    with answering(bombs) as url:
        asker = asked(log, tmp_path, url)
        assert "as it is" in (asker.standings()[0].fault or "")
        source = HttpSource(url)
        with pytest.raises(SourceFailed, match="as it is"):
            source.get("checkpoint", bytes_max=1000)
        source.close()


@pytest.mark.parametrize("head", [True, False])
def test_a_slow_log_does_not_hold_a_witness_for_ever(head: bool) -> None:
    over = threading.Event()
    with answering(drips(over, head=head)) as url:
        source = HttpSource(url, total_seconds=1.0)
        try:
            with pytest.raises(SourceFailed, match="within 1 s"):
                source.get("checkpoint", bytes_max=1_000_000)
        finally:
            over.set()
            source.close()


@pytest.mark.parametrize("time", [2**63 - 1, 2**40])
def test_a_time_beyond_all_calendars_breaks_no_screen(tmp_path: Path, log: Path, time: int) -> None:
    """A cosignature of the far future is the word of who gave it: shown, never believed to be a date."""
    signed = LogReader(log).checkpoint()
    text = signed.note.partition("\n\n")[0] + "\n"
    with answering(says(LIAR.cosign(text, time=time))) as url:
        policy = policies.parse(f"witness liar {LIAR.key.line} {url}\nquorum liar\n".encode())
        asker = Witnessing(LogReader(log), policy, tmp_path / "state")
        asker.ask()
        (standing,) = asker.standings()
        asker.close()
    assert (standing.size, standing.time) == (0, 0)
    assert "beyond all calendars" in (standing.fault or "")
