"""The log's side: any witness that speaks the protocol, quorums, alarms, and that no witness is in anybody's way."""

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sealed_cell import SIGNER, entry
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from witness_scene import KEY, honest_log, rewritten, served, signed_at, witness_at, write_log

from tallystick.audit.log import Status, verify_log
from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import cosignature
from tallystick.ledger import policy as policies
from tallystick.ledger.cosignature import Cosigner
from tallystick.ledger.policy import Policy
from tallystick.ledger.reader import LogReader
from tallystick.ledger.tree import ProofError, verify_consistency
from tallystick.ledger.witnessing import Witnessing
from tallystick.witness import desk, evidence
from tallystick.witness.server import WitnessApp
from tallystick.witness.sources import HttpSource


class StrictFake:
    """Another witness, written from the protocol alone: it fails the test that sends what the protocol forbids."""

    def __init__(self, *, lies: Callable[[int], Response] | None = None) -> None:
        self.cosigner = Cosigner("strict.example/w", bytes([7]) * 32)
        self.size = 0
        self.root = b""
        self.seen: list[int] = []
        self.faults: list[str] = []
        self._lies = lies

    def close(self) -> None:
        """Nothing is open."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = self._answer(request.method, request.url.path, (await request.body()).decode())
        await response(scope, receive, send)

    def _answer(self, method: str, path: str, body: str) -> Response:
        if (method, path) != ("POST", "/some/prefix/add-checkpoint"):
            return Response("no such address\n", 404)
        self.seen.append(len(body))
        if self._lies is not None:
            return self._lies(len(self.seen))
        return self._judge(*body.split("\n\n", 1))

    def _judge(self, head: str, note: str) -> Response:
        first, *lines = head.split("\n")
        proof = [base64.b64decode(line, validate=True) for line in lines]
        new = checkpoints.open_signed(note, KEY)
        old = int(first.removeprefix("old "))
        if first != f"old {old}" or len(proof) > 63 or old > new.size:
            self.faults.append(head)
            return Response("bad request\n", 400)
        if old != self.size:
            return Response(f"{self.size}\n", 409, headers={"Content-Type": "text/x.tlog.size"})
        if proof and not old:
            return Response("a proof from nothing\n", 422)
        try:
            if old:
                verify_consistency(proof, old=old, new=new.size, old_root=self.root, new_root=new.root)
        except ProofError as error:
            return Response(f"{error}\n", 422)
        self.size, self.root = new.size, new.root
        text = checkpoints.body(new.origin, new.size, new.root)
        stranger = Cosigner("other.example/w", bytes([8]) * 32)
        return Response(stranger.cosign(text, time=1) + self.cosigner.cosign(text, time=1))


@contextmanager
def asking(log: Path, folder: Path, policy: Policy) -> Iterator[Witnessing]:
    asker = Witnessing(LogReader(log), policy, folder, read_seconds=10)
    try:
        yield asker
    finally:
        asker.close()


def policy_of(*lines: str, quorum: str) -> Policy:
    return policies.parse("".join(f"{line}\n" for line in (*lines, quorum)).encode())


def at_size(whole: Path, log: Path, size: int) -> Path:
    """The log as it was at a size: its files, and the checkpoint of then; cosignatures that are there stay."""
    shutil.copytree(whole, log, dirs_exist_ok=True)
    (log / "checkpoint").write_text(signed_at(whole, size).note)
    return log


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return honest_log(tmp_path_factory.mktemp("whole"), 100, 300, 700)


def test_our_witness_over_http_mirrors_and_cosigns_as_the_log_grows(tmp_path: Path, whole: Path) -> None:
    log, folder = tmp_path / "log", tmp_path / "w"
    with ExitStack() as stack:
        witness = stack.enter_context(witness_at(folder, whole))
        url = stack.enter_context(served(WitnessApp(witness, prefix="/w")))
        key = witness.cosigner.key
        policy = policy_of(f"log {SIGNER.vkey}", f"witness one {key.line} {url}/w/", quorum="quorum one")
        for size in (100, 300, 700):
            at_size(whole, log, size)
            with asking(log, tmp_path / "state", policy) as asker:
                verdict = asker.ask()
                assert verdict is not None
                assert verdict.is_met, asker.standings()
                assert asker.standings()[0].size == size
                found = asker.quorum_from(size)
                assert found is not None
                assert policy.open(found.note)[1].is_met
                assert asker.alarms() == ()
            assert policy.open((log / "checkpoint").read_text())[1].is_met
            assert (log / cosignature.path_of(size, key)).is_file()
            assert verify_log(log, SIGNER.vkey).status is Status.OK
        assert verify_log(folder / "logs" / desk.name_of(KEY.name), SIGNER.vkey).size == 700


def test_a_witness_that_knows_nothing_of_us_is_asked_as_the_protocol_wants(tmp_path: Path, whole: Path) -> None:
    log = tmp_path / "log"
    fake = StrictFake()
    with served(fake) as url:  # type: ignore[arg-type]  # an application like ours
        policy = policy_of(f"witness fake {fake.cosigner.key.line} {url}/some/prefix", quorum="quorum fake")
        for size in (100, 300, 700):
            at_size(whole, log, size)
            # A fresh folder each time: nothing is remembered, so the witness has to say where it is.
            with asking(log, tmp_path / str(size), policy) as asker:
                verdict = asker.ask()
                assert verdict is not None
                assert verdict.is_met, asker.standings()
                assert asker.ask() is not None  # nothing to ask for
        assert fake.faults == []
        assert len(fake.seen) == 5  # 1, then twice 409 and the right proof


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (200, "", "text/plain", "expected a cosignature by strict"),
        (200, "\N{EM DASH} strict.example/w AAAA\n", "text/plain", "expected a cosignature by strict"),
        (200, "x" * 100_000, "text/plain", "found more"),
        (200, "\udcff", "text/plain", "found other bytes"),
        (409, "many\n", "text/x.tlog.size", "status 409"),
        (409, "5\n", "text/plain", "status 409"),
        (500, "oh", "text/plain", "status 500"),
        (302, "", "text/plain", "status 302"),
    ],
)
def test_a_witness_that_answers_something_else_is_a_fault_and_no_alarm(
    tmp_path: Path, whole: Path, *, status: int, body: str, kind: str, words: str
) -> None:
    data = body.encode(errors="surrogateescape")
    fake = StrictFake(lies=lambda _count: Response(data, status, headers={"Content-Type": kind}))
    log = at_size(whole, tmp_path / "log", 300)
    with served(fake) as url:  # type: ignore[arg-type]  # an application like ours
        policy = policy_of(f"witness fake {fake.cosigner.key.line} {url}/some/prefix", quorum="quorum fake")
        with asking(log, tmp_path / "state", policy) as asker:
            verdict = asker.ask()
            assert verdict is not None
            assert not verdict.is_met
            assert words in (asker.standings()[0].fault or "")
            assert asker.alarms() == ()
            asker.ask()
            assert len(fake.seen) == 1  # it is left alone for a moment
            asker.ask(is_patient=False)
            assert len(fake.seen) == 2
    assert signed_at(log, 300).note == (log / "checkpoint").read_text()


def test_a_quorum_of_two_is_reached_though_a_third_is_down(tmp_path: Path, whole: Path) -> None:
    log = at_size(whole, tmp_path / "log", 700)
    fake = StrictFake()
    with ExitStack() as stack:
        witness = stack.enter_context(witness_at(tmp_path / "w", None))
        ours = stack.enter_context(served(WitnessApp(witness)))
        theirs = stack.enter_context(served(fake))  # type: ignore[arg-type]  # an application like ours
        down = Cosigner("down.example/w", bytes([9]) * 32).key
        policy = policy_of(
            f"witness a {witness.cosigner.key.line} {ours}",
            f"witness b {fake.cosigner.key.line} {theirs}/some/prefix",
            f"witness c {down.line} http://127.0.0.1:9",
            "group two 2 a b c",
            quorum="quorum two",
        )
        with asking(log, tmp_path / "state", policy) as asker:
            verdict = asker.ask()
            assert verdict is not None
            assert (verdict.is_met, verdict.missing) == (True, ("c",))
            states = {one.name: one for one in asker.standings()}
            assert (states["a"].size, states["b"].size, states["c"].size) == (700, 700, 0)
            assert "ConnectError" in (states["c"].fault or "")
        with asking(log, tmp_path / "state", policy_of(quorum="quorum none")) as asker:
            assert asker.quorum_from(300) is not None


@pytest.mark.parametrize(("held", "size"), [(300, 700), (300, 300), (700, 300)])
def test_a_log_that_was_rewritten_or_rolled_back_is_refused_and_both_sides_keep_the_notes(
    tmp_path: Path, whole: Path, *, held: int, size: int
) -> None:
    honest = at_size(whole, tmp_path / "honest", held)
    entries = [rewritten(n) if n == 20 else entry(n) for n in range(700)]
    forged = write_log(tmp_path / "forged", entries, *sorted({held, size, 700}))
    (forged / "checkpoint").write_text(signed_at(forged, size).note)
    with ExitStack() as stack:
        witness = stack.enter_context(witness_at(tmp_path / "w", honest))
        url = stack.enter_context(served(WitnessApp(witness)))
        key = witness.cosigner.key
        policy = policy_of(f"log {SIGNER.vkey}", f"witness one {key.line} {url}", quorum="quorum one")
        with asking(honest, tmp_path / "before", policy) as asker:
            verdict = asker.ask()
            assert verdict is not None
            assert verdict.is_met
        with asking(forged, tmp_path / "after", policy) as asker:
            verdict = asker.ask()
            assert verdict is not None
            assert not verdict.is_met
            (alarm,) = asker.alarms()
            kept = json.loads(alarm.read_text())
            assert checkpoints.open_signed(kept["ours"], KEY).size == size
            assert checkpoints.open_signed(kept["theirs"], KEY).size == held
            assert asker.quorum_from(size) is None
        (path,) = desk.status(tmp_path / "w").forks
        assert "signed two histories" in evidence.read(Path(path).read_bytes()).verify([KEY])


def test_a_mirror_fetches_over_http_with_a_token(tmp_path: Path, whole: Path) -> None:
    asked = []

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        asked.append(request.url.path)
        file = whole / request.url.path.removeprefix("/log/")
        if request.headers.get("authorization") != "Bearer right":
            response = Response("sign in\n", 401)
        else:
            response = Response(file.read_bytes()) if file.is_file() else Response("", 404)
        await response(scope, receive, send)

    guarded.close = lambda: None  # type: ignore[attr-defined]  # as an application of ours has it
    token = "wrong"
    with served(guarded) as url:  # type: ignore[arg-type]  # an application like ours
        source = HttpSource(f"{url}/log/", token=lambda: token)
        with witness_at(tmp_path, source) as witness:
            body = ask_body(whole)
            answer = witness.add_checkpoint(body)
            assert (answer.status, "status 401: renew the token" in answer.body) == (503, True)
            token = "right"
            assert witness.add_checkpoint(body).status == 200
    assert "/log/tile/entries/002.p/188" in asked


def ask_body(log: Path) -> bytes:
    return f"old 0\n\n{signed_at(log, 700).note}".encode()
