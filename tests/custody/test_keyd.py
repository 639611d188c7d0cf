"""The key process: serves its own users only, survives every client, and is the only way to a key."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from softhsm import PIN, Tokens, module, tokens_at
from strict_keys import StrictKeys

from tallystick.custody import CustodyMismatch, KeyDestroyed, KeysUnavailable
from tallystick.custody.keyd import KeydClient, server, wire
from tallystick.custody.keyd.server import AlreadyServed, KeyServer, listening
from tallystick.custody.software import SoftwareKeys

CELL = "tests.invalid/cell"


class Served:
    """A key server in a thread of its own, over keys in memory."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o700)
        self.path = folder / "keyd.sock"
        self.keys = StrictKeys(CELL)
        self.late = 0.0
        self.failed: list[KeysUnavailable] = []
        self.opened: list[KeydClient | socket.socket] = []

    @contextmanager
    def running(self) -> Iterator["Served"]:
        with listening(self.path) as listener:
            self.server = KeyServer(self.keys, CELL, listener, clock=lambda: self.late)
            thread = threading.Thread(target=self._serve, name="keyd")
            thread.start()
            try:
                yield self
            finally:
                self.server.stop()
                thread.join(timeout=300)
                assert not thread.is_alive()
                for one in self.opened:
                    one.close()

    def _serve(self) -> None:
        try:
            self.server.serve()
        except KeysUnavailable as error:
            self.failed.append(error)

    def client(self) -> KeydClient:
        made = KeydClient(self.path, CELL, seconds=10.0)
        self.opened.append(made)
        return made

    def link(self, *, greets: bool = False) -> socket.socket:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.opened.append(link)
        link.settimeout(10.0)
        link.connect(str(self.path))
        if greets:
            link.sendall(wire.frame(wire.Hello(CELL)))
            answer_on(link)
        return link


def answer_on(link: socket.socket) -> wire.Answer:
    head = link.recv(4, socket.MSG_WAITALL)
    return wire.answer_of(link.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL))


def is_closed(link: socket.socket) -> bool:
    """Whether the other side has let go."""
    try:
        while link.recv(4096):
            pass
    except ConnectionResetError:
        return True
    return True


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path).running() as made:
        yield made


def test_a_client_has_the_keys_without_having_them(served: Served) -> None:
    client = served.client()
    vkey = client.new_log_key(CELL)
    client.new_epoch(1)
    plain = [(f"person:{n}#1@1", os.urandom(32)) for n in range(450)]
    wrapped = client.wrap(1, plain)
    bound = [(name, one) for (name, _), one in zip(plain, wrapped, strict=True)]
    assert client.unwrap(1, bound) == [key for _, key in plain]
    assert (client.custody, client.log_keys(), client.epochs()) == ("software-development", (vkey,), (1,))
    assert served.keys.counts["wrap"] == 450
    client.close()


def test_no_message_carries_a_key_of_keys() -> None:
    """What cannot be said cannot leak: answers are lines, signatures, keys that the caller sent, and numbers."""
    assert {kind.__name__ for kind in wire.Answer.__args__} == {"Held", "Made", "Given", "Done", "Failed"}
    assert wire.Held.__struct_fields__ == ("custody", "log_keys", "epochs", "waiting")


def test_threads_share_one_client(served: Served) -> None:
    client = served.client()
    client.new_epoch(1)
    wrong: list[object] = []

    def work(number: int) -> None:
        for _ in range(20):
            key = os.urandom(32)
            wrapped = client.wrap(1, [(f"{number}#1@1", key)])
            if client.unwrap(1, [(f"{number}#1@1", wrapped[0])]) != [key]:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    client.close()


def test_a_child_of_a_fork_connects_anew(served: Served) -> None:
    client = served.client()
    client.new_epoch(1)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, json.dumps(client.epochs()).encode())
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert json.loads(os.read(read, 100)) == [1]
    os.close(read)
    os.close(write)
    assert client.epochs() == (1,)
    client.close()


def test_a_client_finds_the_next_key_process_and_fails_closed_without_one(tmp_path: Path) -> None:
    made = Served(tmp_path)
    with made.running():
        client = made.client()
        client.new_epoch(1)
    for call in (client.epochs, lambda: client.wrap(1, [("a", bytes(32))]), lambda: client.new_log_key(CELL)):
        with pytest.raises(KeysUnavailable, match=r"expected the key process of tests.invalid/cell to answer"):
            call()
    with made.running():
        assert client.epochs() == (1,)
    made.keys.custody = "pkcs11"
    with made.running(), pytest.raises(CustodyMismatch, match="as before, found pkcs11"):
        client.epochs()
    client.close()
    with pytest.raises(KeysUnavailable):
        made.client()


def test_the_keys_of_another_cell_are_not_given(served: Served) -> None:
    with pytest.raises(CustodyMismatch, match=r"this key process has the keys of tests.invalid/cell"):
        KeydClient(served.path, "other.invalid/cell")
    link = served.link()
    link.sendall(wire.frame(wire.NewEpoch(1)))
    answer = answer_on(link)
    assert isinstance(answer, wire.Failed)
    assert answer.error == "CustodyMismatch"
    assert is_closed(link)
    assert not served.keys.counts["new_epoch"]


def test_errors_come_back_as_what_they_are(served: Served) -> None:
    client = served.client()
    client.new_epoch(1)
    with pytest.raises(KeyDestroyed):
        client.wrap(2, [("a", bytes(32))])
    with pytest.raises(ValueError, match="32 bytes"):
        client.wrap(1, [("a", bytes(31))])
    served.keys.cell = "x"
    client.close()


def test_a_fault_of_the_holder_tells_nothing_but_its_name(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    client = served.client()

    def fault(*_: object) -> bytes:
        raise RuntimeError("a secret")

    with monkeypatch.context() as patched:
        patched.setattr(StrictKeys, "sign", fault)
        with pytest.raises(KeysUnavailable, match=r"expected an answer, found RuntimeError$"):
            client.sign("vkey", b"message")
    assert client.epochs() == ()
    client.close()


def test_when_the_token_is_gone_the_process_ends(tmp_path: Path) -> None:
    """Whoever watches it starts it again, with a new login. Nothing is answered meanwhile."""
    made = Served(tmp_path)
    with made.running():
        client = made.client()
        made.keys.is_away = True
        with pytest.raises(KeysUnavailable):
            client.epochs()
    assert [str(error) for error in made.failed] == ["the keys are away, as the test wants it"]
    client.close()


HOSTILE = {
    "garbage": b"\x00\x00\x00\x05hello",
    "oversize": (wire.FRAME_MAX + 1).to_bytes(4, "big"),
    "longest": b"\xff" * 4,
    "empty": bytes(4),
    "another version": b"\x00\x00\x00\x10" + b"\x81\xa4type\xa9KeyDetail"[:16].ljust(16, b"\x00"),
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("greets", [False, True])
def test_rubbish_ends_its_own_connection_only(served: Served, name: str, greets: bool) -> None:
    client = served.client()
    link = served.link(greets=greets)
    link.sendall(HOSTILE[name])
    assert is_closed(link)
    link.close()
    client.new_epoch(1)
    assert client.epochs() == (1,)
    client.close()


def test_a_batch_beyond_the_limit_is_refused(served: Served) -> None:
    link = served.link(greets=True)
    link.sendall(wire.frame(wire.Wrap(1, [("a", bytes(32))] * (wire.BATCH_MAX + 1))))
    assert isinstance(answer_on(link), wire.Failed)
    assert is_closed(link)
    with pytest.raises(ValueError, match="at most 65536 bytes to sign"):
        served.client().sign("vkey", bytes(wire.MESSAGE_MAX + 1))


def test_half_messages_make_nobody_wait_and_are_let_go(served: Served) -> None:
    halves = [served.link(greets=True) for _ in range(5)]
    for link in halves:
        link.sendall(wire.frame(wire.State())[:-1])
    client = served.client()
    client.new_epoch(1)
    served.late += server.PATIENCE_SECONDS + 1
    assert all(is_closed(link) for link in halves)
    assert client.epochs() == (1,)
    client.close()


def test_who_does_not_fetch_answers_fills_no_memory_and_is_let_go(served: Served) -> None:
    link = served.link(greets=True)
    served.client().new_epoch(1)
    request = wire.frame(wire.Wrap(1, [("a" * 500, bytes(32))] * wire.BATCH_MAX))
    link.setblocking(False)
    client = served.client()
    flood, sent, refused = request * 64, 0, 0
    while refused < 20 and sent < len(flood):
        try:
            sent += link.send(flood[sent : sent + len(request)])
            refused = 0
        except BlockingIOError:
            refused += 1
            assert client.epochs() == (1,)  # a round of the server, which reads on while its answers fit
    assert refused == 20
    for _ in range(20):  # the first of them may come before the server has answered at all
        served.late += server.PATIENCE_SECONDS + 1
        assert client.epochs() == (1,)
    link.settimeout(10.0)
    assert is_closed(link)
    client.close()


def test_more_connections_than_fit_cost_the_idle_one(served: Served) -> None:
    client = served.client()
    links = [served.link(greets=True) for _ in range(server.CONNECTIONS_MAX + 5)]
    assert client.epochs() == ()
    for link in links:
        link.close()
    client.close()


def test_who_leaves_in_the_middle_takes_nobody_along(served: Served) -> None:
    client = served.client()
    client.new_epoch(1)
    for cut in (1, 3, 4, 5, 20):
        link = served.link(greets=True)
        link.sendall(wire.frame(wire.Wrap(1, [("a", bytes(32))]))[:cut])
        link.close()
    link = served.link(greets=True)
    link.sendall(wire.frame(wire.Wrap(1, [("a", bytes(32))] * 100)) * 5)
    link.close()
    assert client.epochs() == (1,)
    client.close()


@given(st.lists(st.binary(max_size=200), max_size=10))
@settings(max_examples=50)
def test_no_bytes_end_the_service(parts: list[bytes]) -> None:
    served = SERVED[0]
    link = served.link()
    try:
        for part in parts:
            link.sendall(part)
    except (BrokenPipeError, ConnectionResetError):
        pass
    link.close()
    served.client().close()


SERVED: list[Served] = []


@pytest.fixture(autouse=True, scope="module")
def one_for_all_bytes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with Served(tmp_path_factory.mktemp("bytes")).running() as made:
        SERVED.append(made)
        yield


def test_another_user_is_not_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Served(tmp_path)
    with made.running():
        # The kernel's answer to the key process alone is another user.
        monkeypatch.setattr(wire, "uid_of", lambda _link: os.geteuid() + (threading.current_thread().name == "keyd"))
        with pytest.raises(KeysUnavailable):
            made.client()
        monkeypatch.undo()
        made.client().close()


def test_a_socket_that_another_user_put_there_is_sent_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, heard = tmp_path / "keyd.sock", list[bytes]()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(5)

        def listen() -> None:
            link, _ = listener.accept()
            with link:
                heard.append(link.recv(4096))

        thread = threading.Thread(target=listen)
        thread.start()
        monkeypatch.setattr(wire, "uid_of", lambda _link: os.geteuid() + 7)
        with pytest.raises(CustodyMismatch, match=f"found a socket of user {os.geteuid() + 7}: somebody else"):
            KeydClient(path, CELL, seconds=5.0)
        thread.join()
    assert heard == [b""]


def test_the_socket_is_ours_alone(tmp_path: Path) -> None:
    made = Served(tmp_path)
    with made.running():
        assert made.path.stat().st_mode & 0o777 == 0o600
        with pytest.raises(AlreadyServed, match="expected no key process here, found one"), listening(made.path):
            pass
        made.client().close()
    assert not made.path.exists()
    with listening(made.path, is_for_others=True):
        assert made.path.stat().st_mode & 0o777 == 0o666


def test_a_folder_in_which_others_can_put_a_socket_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(KeysUnavailable, match=r"found owner .* and mode 755"), listening(tmp_path / "s"):
        pass
    with listening(tmp_path / "s", is_for_others=True):
        pass
    tmp_path.chmod(0o777)
    with pytest.raises(KeysUnavailable, match="mode 777"), listening(tmp_path / "s", is_for_others=True):
        pass


# --- the program ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    made = tokens_at(tmp_path_factory.mktemp("tokens"))
    made.make("good")
    return made


def start(tokens: Tokens, folder: Path, *more: str, pin: str = PIN) -> subprocess.Popen[str]:
    folder.chmod(0o700)
    command = [
        sys.executable, "-m", "tallystick", "keyd", "--cell", CELL, "--socket", str(folder / "s"), "--json", *more,
        "--pin-fd", "0",
    ]  # fmt: skip
    started = subprocess.Popen(  # noqa: S603 - our own program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=tokens.environment(),
    )  # fmt: skip
    assert started.stdin is not None
    started.stdin.write(f"{pin}\n")
    started.stdin.flush()
    return started


def token_options(label: str = "good") -> list[str]:
    return ["--module", str(module()), "--token", label]


def test_the_program_serves_a_token_until_it_is_stopped(tokens: Tokens, tmp_path: Path) -> None:
    started = start(tokens, tmp_path, *token_options())
    assert started.stdout is not None
    told = json.loads(started.stdout.readline())
    assert (told["custody"], told["pid"]) == ("softhsm-development", started.pid)
    client = KeydClient(tmp_path / "s", CELL)
    vkey = client.new_log_key(CELL)
    client.new_epoch(1)
    wrapped = client.wrap(1, [("a#1@1", b"k" * 32)])
    second = start(tokens, tmp_path, *token_options())
    assert "expected no key process here, found one" in second.communicate(timeout=300)[1]
    assert second.returncode == 2
    started.send_signal(signal.SIGTERM)
    said = started.communicate(timeout=300)[1]
    assert started.returncode == 0
    assert "served Hello" in said
    assert PIN not in said
    third = start(tokens, tmp_path, *token_options())
    assert third.stdout is not None
    assert json.loads(third.stdout.readline())["log_keys"] == [vkey]
    assert client.unwrap(1, [("a#1@1", wrapped[0])]) == [b"k" * 32]
    client.close()
    third.kill()
    third.communicate()


def test_a_wrong_pin_ends_it_after_one_try(tokens: Tokens, tmp_path: Path) -> None:
    started = start(tokens, tmp_path, *token_options(), pin="wrong-0815")
    out, said = started.communicate(timeout=300)
    assert started.returncode == 77
    assert "nothing is tried again" in said
    assert "0815" not in said + out


def test_software_keys_are_served_for_development(tokens: Tokens, tmp_path: Path) -> None:
    started = start(tokens, tmp_path, "--software", str(tmp_path / "keys"))
    assert started.stdout is not None
    assert json.loads(started.stdout.readline())["custody"] == "software-development"
    client = KeydClient(tmp_path / "s", CELL)
    client.new_epoch(1)
    client.close()
    assert SoftwareKeys(tmp_path / "keys", CELL).epochs() == (1,)
    started.kill()
    started.communicate()
