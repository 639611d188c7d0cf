"""A cell whose keys another process holds, and either of the two dies: cases for tests/crash_table.py.

The key process is the program itself, in a process of its own, over a token in software or over key files. When it dies
it is killed by the kernel, and whoever watches it starts it again, as a service manager does.
"""

import multiprocessing
import os
import random
import selectors
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal, Self

import pkcs11
import pytest
from crash_scenes import Databases, Scene, Template, worked
from crash_table import Figures, How, Instrument, Killed, Step, every
from pkcs11 import _pkcs11
from softhsm import PIN, Tokens, module, tokens_at

from tallystick import cli
from tallystick.app import cell as cells
from tallystick.custody import Keys, KeysUnavailable
from tallystick.custody.keyd import KeydClient, client, wire
from tallystick.custody.keyd.server import KeyServer
from tallystick.custody.pkcs11 import Pkcs11Keys
from tallystick.store import custody as stored

CELL = "tests.invalid/cell"
HOLDER = "holder"
SECONDS = 60.0
POINTS = frozenset({"request", "answer"})
"""Between two steps: nothing is done there, so one way to die is enough."""
KEY_CHANGES = frozenset({"NewEpoch", "DestroyEpoch", "NewLogKey", "DestroyLogKey"})
KindOfHolder = Literal["token", "files"]
PROCESSES = multiprocessing.get_context("forkserver")  # a fork of this one would have its databases and its tokens
PROCESSES.set_forkserver_preload(["tallystick.cli", "tallystick.custody.pkcs11"])


@dataclass(frozen=True, slots=True)
class Fate:
    """Where a key process ends, counted from its first request, and how."""

    at: int | None
    how: How = "lost"


class Doomed(Instrument):
    """Watches the key process from inside, tells its steps, and ends it as the kernel ends a process."""

    def __init__(self, fate: Fate, telling: int) -> None:
        super().__init__(fate.at, fate.how)
        self._telling = telling

    def around(self, name: str, act: Callable[[], Any], *, handle: int | None = None) -> Any:
        try:
            return super().around(name, act, handle=handle)
        except Killed:
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            step = self.steps[-1]
            os.write(self._telling, f"{step.name}\t{int(step.can_tear)}\n".encode())

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Requests, answers, and what the token is told to make and to destroy are steps beside those of files."""
        with pytest.MonkeyPatch.context() as patch, self.watching([]):
            patch.setattr(KeyServer, "_answer_to", self._answer(KeyServer._answer_to))  # noqa: SLF001 - a watch
            thing = _pkcs11.Object  # type: ignore[attr-defined]  # compiled
            patch.setattr(thing, "destroy", self._destroy(thing.destroy))
            yield

    def _answer(self, real: Callable[..., wire.Answer]) -> Callable[..., wire.Answer]:
        def call(server: KeyServer, asking: object, request: wire.Request) -> wire.Answer:
            self.around(f"request {type(request).__name__}", _nothing)
            answer = real(server, asking, request)
            self.around(f"answer {type(request).__name__}", _nothing)
            return answer

        return call

    def _destroy(self, real: Callable[..., None]) -> Callable[..., None]:
        return lambda thing: self.around("destroy", lambda: real(thing))

    def session(self, real: pkcs11.Session) -> Any:
        """The session with the token, watched."""
        return WatchedSession(real, self)


@dataclass(frozen=True, slots=True)
class WatchedSession:
    """A session with a token, in which making a key is a step. The token's own type cannot be changed."""

    real: Any
    watch: Instrument

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def generate_key(self, *arguments: Any, **named: Any) -> Any:
        """A secret key."""
        return self.watch.around("generate", lambda: self.real.generate_key(*arguments, **named))

    def create_domain_parameters(self, *arguments: Any, **named: Any) -> Any:
        """Where key pairs are made."""
        return WatchedParameters(self.real.create_domain_parameters(*arguments, **named), self.watch)


@dataclass(frozen=True, slots=True)
class WatchedParameters:
    """Makes a key pair: two objects of the token in one call."""

    real: Any
    watch: Instrument

    def generate_keypair(self, **named: Any) -> Any:
        """A pair of keys."""
        return self.watch.around("generate", lambda: self.real.generate_keypair(**named))


def _nothing() -> None:
    """Between two steps."""


def _key_process(words: list[str], configuration: str, telling: Connection, fate: Fate | None) -> None:
    """The program, from its command line on. Its first line, and its steps, go to `telling`."""
    os.environ["SOFTHSM2_CONF"] = configuration
    pin, told = os.pipe()
    os.write(told, f"{PIN}\n".encode())
    os.close(told)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)
    os.dup2(telling.fileno(), 1)
    if fate is not None:
        _doom(Doomed(fate, telling.fileno()))
    cli.app(["keyd", "--json", *words, *(["--pin-fd", str(pin)] if "--module" in words else [])])


def _doom(watch: Doomed) -> None:
    """Watch from the moment on in which it serves: in a process of its own nothing has to be put back."""
    serve, begin = KeyServer.serve, Pkcs11Keys.__init__

    def watched_serve(server: KeyServer) -> None:
        with watch.serving():
            serve(server)

    def watched_begin(keys: Pkcs11Keys, session: pkcs11.Session, *arguments: Any, **named: Any) -> None:
        begin(keys, watch.session(session), *arguments, **named)

    KeyServer.serve = watched_serve  # type: ignore[method-assign,assignment]  # a watch
    Pkcs11Keys.__init__ = watched_begin  # type: ignore[method-assign,assignment]  # a watch


@dataclass(slots=True)
class Holder:
    """A token or a folder of key files, and the key process that holds it."""

    folder: Path
    of: KindOfHolder
    process: BaseProcess | None = None
    telling: Connection | None = None
    has_died: bool = False
    opened: list[KeydClient] = field(default_factory=list)

    @classmethod
    def new(cls, folder: Path, of: KindOfHolder) -> Self:
        """Without a key."""
        made = tokens_at(folder)
        if of == "token":
            made.make("cell")
        (folder / "run").mkdir(mode=0o700)
        return cls(folder, of)

    def copy(self, folder: Path) -> Self:
        """Another with the same keys."""
        tokens_at(folder)
        for name in ("tokens", "keys"):
            if (self.folder / name).exists():
                shutil.copytree(self.folder / name, folder / name, dirs_exist_ok=True)
        (folder / "run").mkdir(mode=0o700)
        return type(self)(folder, self.of)

    @property
    def socket(self) -> Path:
        """Where it answers."""
        return self.folder / "run" / "s"

    def start(self, fate: Fate | None = None) -> None:
        """Start the process, unless it runs; it answers from then on."""
        if self.process is not None and self.process.is_alive():
            return
        self.kill()
        holder = (
            ["--module", str(module()), "--token", "cell"]
            if self.of == "token"
            else ["--software", str(self.folder / "keys")]
        )
        words = ["--cell", CELL, "--socket", str(self.socket), *holder]
        self.telling, write = PROCESSES.Pipe(duplex=False)
        configuration = str(Tokens(self.folder).configuration)
        self.process = PROCESSES.Process(target=_key_process, args=(words, configuration, write, fate), daemon=True)
        self.process.start()
        write.close()
        assert self._line().startswith(b'{"socket"'), "expected the key process to say what it holds"

    def _line(self) -> bytes:
        """Its next line; empty when it has ended."""
        assert self.telling is not None
        found = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self.telling, selectors.EVENT_READ)
            while not found.endswith(b"\n") and selector.select(SECONDS):
                part = os.read(self.telling.fileno(), 1)
                if not part:
                    break
                found += part
        return bytes(found)

    def ended(self) -> bool:
        """Whether it has died by itself: the kernel closes its connections before anybody else is told."""
        assert self.process is not None
        self.process.join(SECONDS)
        self.has_died = self.process.exitcode == -signal.SIGKILL
        return self.has_died

    def kill(self) -> list[Step]:
        """As the kernel does it; the steps that it told."""
        if self.process is None or self.telling is None:
            return []
        self.process.kill()
        self.process.join()
        told = []
        while line := self._line():
            name, _, can_tear = line.decode().strip().partition("\t")
            told.append(Step(name, can_tear == "1"))
        self.process.close()
        self.telling.close()
        self.process = self.telling = None
        return told

    def keys(self, cell: str) -> Keys:
        """What a cell asks it with."""
        self.opened.append(KeydClient(self.socket, cell, seconds=SECONDS))
        return self.opened[-1]

    def close(self) -> None:
        """Let go of everything."""
        for one in self.opened:
            one.close()
        self.kill()


def worked_with(of: KindOfHolder, folder: Path, databases: Databases) -> Template:
    """A cell that has worked, with its keys in a key process; what that holds lies in a folder beside the cell."""
    folder.mkdir()
    holder = Holder.new(folder / HOLDER, of)
    holder.start()
    try:
        return worked(folder / "worked", databases, keys=holder.keys)
    finally:
        holder.close()


@dataclass(slots=True)
class Asking(Scene):
    """A cell that dies while it asks for keys. The key process lives on."""

    of: KindOfHolder = "token"
    holder: Holder | None = None

    def keys(self) -> cells.KeysOf:
        """Those of a key process of its own, which is started with the first process of the cell."""
        if self.holder is None:
            whence = Holder(self.template.folder.parent / HOLDER, self.of)
            self.holder = whence.copy(self.folder / HOLDER)
            self.holder.start()
        return self.holder.keys

    def check_keys(self, where: str) -> None:
        """And every key that is held is one that the journal names: none was made in vain."""
        Scene.check_keys(self, where)
        with self.cell.read() as connection:
            active = [row.vkey for row in stored.log_keys(connection) if row.state == stored.ACTIVE]
        assert list(self.cell.keys.log_keys()) == active, where

    def close(self) -> None:
        """Let go of everything."""
        assert self.holder is not None
        self.holder.close()
        Scene.close(self)


@dataclass(slots=True)
class Bereft(Asking):
    """A cell whose key process dies and is started again. The cell goes on.

    is_back_at_once  before the cell asks again; otherwise after the act has failed, which is then done again
    """

    fate: Fate = field(default_factory=lambda: Fate(None))
    is_back_at_once: bool = True
    steps: list[Step] = field(default_factory=list)

    def run(self) -> None:
        """Act by act, and again with the same idempotency key when the keys were away."""
        assert self.holder is not None
        self.holder.kill()
        self.cell.keys.close()  # so that from here on a connection that ends tells of a death
        self.holder.start(self.fate)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(client, "_exchange", self._exchange(client._exchange))  # noqa: SLF001 - sees it die
            for name, act in self.acts.items():
                try:
                    self.answers[name] = act(self)
                except KeysUnavailable:
                    assert self.holder.has_died, "expected the keys to be there while nobody kills who holds them"
                    self.holder.start()
                    self.answers[name] = act(self)
                self.look()
        if self.fate.at is None:
            self.steps = self.holder.kill()
        self.holder.start()

    def _exchange(self, real: Callable[..., wire.Answer]) -> Callable[..., wire.Answer]:
        def call(link: socket.socket, request: wire.Request) -> wire.Answer:
            try:
                return real(link, request)
            except (OSError, EOFError):
                assert self.holder is not None
                if not self.holder.has_died and self.holder.ended() and self.is_back_at_once:
                    self.holder.start()
                raise

        return call

    def recover(self) -> None:
        """What a server does by itself; and what was acknowledged stays so."""
        self.do_again()


def table_of_key_process(make: Callable[[Fate], Bereft], *, seed: int | None) -> Figures:
    """Let the key process die at each of its steps, or at a few, and see that the cell goes on.

    seed  of a sample: one change of a key in one way, and one moment between two; None for all
    """
    quiet = make(Fate(None))
    _survive(quiet, "a quiet run")
    steps = quiet.steps
    cases = [(number, how) for number, how in every(steps) if how == "lost" or steps[number].kind not in POINTS]
    if seed is not None:
        chance = random.Random(seed)  # noqa: S311 - no secret
        changes = [case for case in cases if steps[case[0]].kind not in POINTS]
        points = [case for case in cases if steps[case[0]].name.split()[-1] in KEY_CHANGES]
        cases = [chance.choice(changes), chance.choice(points)]
    for number, how in cases:
        case = make(Fate(number, how))
        where = f"the key process was killed at step {number} ({steps[number].name}), which was {how}"
        _survive(case, where)
    return Figures(len(steps), len(cases))


def _survive(case: Bereft, where: str) -> None:
    try:
        case.run()
        case.recover()
        case.check(where)
        assert case.holder is not None
        assert case.holder.has_died is (case.fate.at is not None), where
    except BaseException as error:
        error.add_note(where)
        raise
    finally:
        case.close()
