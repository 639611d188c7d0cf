"""Kill a process before, after and in the middle of every durable step that it takes, then look at what is left.

For whoever adds a row to the crash table. Nothing here is told which steps there are: a quiet run is watched, and each
step that it takes becomes cases. A step is a commit of the database, a request to the key process, or a call that makes
a file, a name or its bytes last: fsync, link, rename, replace, unlink, mkdir, rmdir. Each is tried in up to three ways:

    lost  the process ends before the step: nothing of it happened
    kept  the process ends after the step, before it could tell anybody: all of it happened
    torn  the machine stops while bytes are on their way: of the file that fsync was for, and of every other one that
          this process wrote and never flushed, half is there. Tried at each fsync of a file, and wherever another file
          has joined those that are not flushed.

To add one: write a `Case` (what to make, what the process does, what the next process does, what must hold then) and
call `crash_table`. In `run`, put what was acknowledged into a list as soon as it was, so that `check` can hold the cell
to it. Whatever a case needs before the first step belongs into its `__init__`, which is never killed.

A kill is an exception that no code catches (`Killed`), and from then on every further step of that process raises it as
well: cleaning up, in an `except` or in another thread, is not given to the dead, and files that it held open are closed
for it, so that its locks are free. What a database does with bytes that were on their way is its own promise (its log
has checksums), so a commit is never torn. Databases that the process opens while it is watched are watched as well.
"""

import functools
import os
import random
import stat
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import pytest
import sqlalchemy as sa

from tallystick.custody.keyd import client
from tallystick.ledger import journal

How = Literal["lost", "kept", "torn"]
CALLS = ("fsync", "link", "rename", "replace", "unlink", "remove", "mkdir", "rmdir")


class Killed(BaseException):
    """The process ends here, as far as it can tell."""


class Case(Protocol):
    """One life of a process, and the next. Made afresh for each case."""

    def engines(self) -> Iterable[sa.Engine]:
        """The databases whose commits are steps."""
        ...

    def run(self) -> None:
        """What the process does until it dies."""
        ...

    def recover(self) -> None:
        """What the next process does: start, finish what was begun, try again what was not acknowledged."""
        ...

    def check(self, where: str) -> None:
        """What must hold then; `where` names the case for messages."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """A durable step of the quiet run: what it is called, and whether it can be torn."""

    name: str
    can_tear: bool

    @property
    def kind(self) -> str:
        """The call, without what it was about."""
        return self.name.split()[0]

    @property
    def hows(self) -> tuple[How, ...]:
        """In which ways it can go wrong."""
        return ("lost", "kept", "torn") if self.can_tear else ("lost", "kept")


@dataclass(frozen=True, slots=True)
class Figures:
    """What a crash table covered: steps of the quiet run, cases that were run."""

    steps: int
    cases: int


_WATCHING: list["Instrument"] = []


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: which files are opened to be written, however it is done."""
    if event == "open" and _WATCHING and isinstance(arguments[0], str | Path) and arguments[2] & os.O_ACCMODE:
        _WATCHING[-1].written.append(Path(arguments[0]))


sys.addaudithook(_hear)


class Instrument:
    """Counts the durable steps of one process, and ends it at one of them."""

    def __init__(self, kill_at: int | None = None, how: How = "lost") -> None:
        self.steps: list[Step] = []
        self.is_dead = False
        self.written: list[Path] = []
        self._unflushed: dict[int, Path] = {}
        self._torn_before: set[int] = set()
        self._kill_at = kill_at
        self._how = how
        self._lock = threading.Lock()
        self._opened: list[tuple[int, int, int]] = []
        self._dialects: list[sa.Dialect] = []

    def around(self, name: str, act: Callable[[], Any], *, handle: int | None = None) -> Any:
        """One durable step; `handle` is the file that it flushes."""
        with self._lock:
            if self.is_dead:
                raise Killed
            self._settle()
            is_mine = len(self.steps) == self._kill_at
            self.steps.append(Step(name, self._can_tear(handle)))
            if not is_mine:
                return act()
            self.is_dead = True
            if self._how == "kept":
                with suppress(OSError):  # a call that fails does nothing, and the process ends all the same
                    act()
            if self._how == "torn":
                self._tear(handle)
            raise Killed

    def _settle(self) -> None:
        """Find the files that were opened to be written since the last step."""
        for path in self.written:
            with suppress(OSError):
                found = path.stat()
                if stat.S_ISREG(found.st_mode) and found.st_size:
                    self._unflushed[found.st_ino] = path
        self.written.clear()

    def _can_tear(self, handle: int | None) -> bool:
        is_news = not self._torn_before.issuperset(self._unflushed)
        self._torn_before.update(self._unflushed)
        return handle is not None or is_news

    def _tear(self, handle: int | None) -> None:
        if handle is not None:
            os.ftruncate(handle, os.fstat(handle).st_size // 2)
            self._unflushed.pop(os.fstat(handle).st_ino, None)
        for inode, path in self._unflushed.items():
            with suppress(OSError):
                if path.stat().st_ino == inode:
                    os.truncate(path, path.stat().st_size // 2)

    @contextmanager
    def watching(self, engines: Iterable[sa.Engine]) -> Iterator[None]:
        """While this lasts, every durable step of this interpreter passes through `around`."""
        with pytest.MonkeyPatch.context() as patch:
            for name in CALLS:
                patch.setattr(os, name, self._call(name, getattr(os, name)))
            patch.setattr(os, "open", self._open(os.open))
            patch.setattr(client, "_exchange", self._ask(client._exchange))  # noqa: SLF001 - a watch
            for engine in engines:
                self._watch(engine)
            patch.setattr(journal, "connect", lambda at, real=journal.connect: self._watch(real(at)))
            _WATCHING.append(self)
            try:
                yield
            finally:
                _WATCHING.remove(self)
                self._let_go()

    def _watch(self, engine: sa.Engine) -> sa.Engine:
        """Its commits are steps as long as this lasts."""
        for each in {engine, journal.writer_of(engine)}:
            each.dialect.do_commit = self._commit(each.dialect.do_commit)  # type: ignore[method-assign]  # a watch
            self._dialects.append(each.dialect)
        return engine

    def _open(self, real: Callable[..., int]) -> Callable[..., int]:
        def call(*arguments: Any, **named: Any) -> int:
            handle = real(*arguments, **named)
            found = os.fstat(handle)
            self._opened.append((handle, found.st_dev, found.st_ino))
            return handle

        return call

    def _let_go(self) -> None:
        """Watch no longer, and do what the kernel does with the files of a process that ends."""
        for dialect in self._dialects:
            del dialect.do_commit
        for handle, device, inode in self._opened if self.is_dead else []:
            try:
                found = os.fstat(handle)
            except OSError:
                continue
            if (found.st_dev, found.st_ino) == (device, inode):
                os.close(handle)

    def _call(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if name != "fsync":
                return self.around(f"{name} {Path(str(arguments[0])).name}", lambda: self._move(real, arguments, named))
            found = os.fstat(arguments[0])
            is_file = stat.S_ISREG(found.st_mode)
            # What is kept is kept by the kernel of this machine: to wait for the disk would show nothing.
            act = functools.partial(self._unflushed.pop, found.st_ino, None)
            return self.around("fsync" if is_file else "fsync-folder", act, handle=arguments[0] if is_file else None)

        return call

    def _move(self, real: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """A file that is not flushed keeps being so under its new name."""
        done = real(*arguments, **named)
        for inode, path in self._unflushed.items():
            if len(arguments) > 1 and str(path) == str(arguments[0]):
                self._unflushed[inode] = Path(arguments[1])
        return done

    def _ask(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """What the key process is asked for is done there, whatever becomes of this process."""
        return lambda link, request: self.around(f"ask {type(request).__name__}", lambda: real(link, request))

    def _commit(self, real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda connection: self.around("commit", lambda: real(connection))


def crash_table(make: Callable[[], Case], *, seed: int | None = None, kinds: frozenset[str] | None = None) -> Figures:
    """Run every case, or a sample; raises what `check` raises, with the case in its notes.

    make   a fresh case each time
    seed   of a sample: one step of each kind, in one way; None for every step in every way
    kinds  of steps; all that there are when left out
    """
    steps = quiet_run(make)
    cases = every(steps, kinds=kinds) if seed is None else sample(steps, seed=seed, kinds=kinds)
    for number, how in cases:
        _run_case(make(), number, how, name=steps[number].name)
    return Figures(len(steps), len(cases))


def every(steps: list[Step], *, kinds: frozenset[str] | None = None) -> list[tuple[int, How]]:
    """Every step in every way that it can go wrong."""
    found = [(number, how) for number, step in enumerate(steps) for how in step.hows]
    return [(number, how) for number, how in found if kinds is None or steps[number].kind in kinds]


def sample(steps: list[Step], *, seed: int, kinds: frozenset[str] | None = None) -> list[tuple[int, How]]:
    """One step of each kind, in one way that it can go wrong; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    found: list[tuple[int, How]] = []
    for kind in sorted({step.kind for step in steps}):
        number = chance.choice([number for number, step in enumerate(steps) if step.kind == kind])
        how = chance.choice(steps[number].hows)
        if kinds is None or kind in kinds:
            found.append((number, how))
    return found


def quiet_run(make: Callable[[], Case]) -> list[Step]:
    """The steps of a run that nothing disturbs; its promises must hold as well."""
    watch = Instrument()
    case = make()
    try:
        with watch.watching(case.engines()):
            case.run()
        case.recover()
        case.check("a quiet run")
    finally:
        case.close()
    return watch.steps


def _run_case(case: Case, number: int, how: How, *, name: str) -> None:
    where = f"killed at step {number} ({name}), which was {how}"
    instrument = Instrument(number, how)
    try:
        with instrument.watching(case.engines()), pytest.raises(Killed):
            case.run()
        case.recover()
        case.check(where)
    except BaseException as error:
        error.add_note(where)
        raise
    finally:
        case.close()
