"""Kill a process before, after and in the middle of every durable step that it takes, then look at what is left.

For whoever adds a row to the crash table. Nothing here is told which steps there are: a quiet run is watched, and each
step that it takes becomes cases. A step is a commit of the database, or a call that makes a file, a name or its bytes
last: fsync, link, rename, replace, unlink, mkdir, rmdir. Each is tried in up to three ways:

    lost  the process ends before the step: nothing of it happened
    kept  the process ends after the step, before it could tell anybody: all of it happened
    torn  the machine stops while bytes are on their way (fsync of a file): half of them are there

To add one: write a `Case` (what to make, what the process does, what the next process does, what must hold then) and
call `crash_table`. In `run`, put what was acknowledged into a list as soon as it was, so that `check` can hold the cell
to it. Whatever a case needs before the first step belongs into its `__init__`, which is never killed.

A kill is an exception that no code catches (`Killed`), and from then on every further step of that process raises it as
well: cleaning up, in an `except` or in another thread, is not given to the dead. What a database does with bytes that
were on their way is its own promise (its log has checksums), so a commit is never torn.
"""

import functools
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import pytest
import sqlalchemy as sa

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


@dataclass(frozen=True, slots=True)
class Figures:
    """What a crash table covered."""

    steps: int
    cases: int


class Instrument:
    """Counts the durable steps of one process, and ends it at one of them."""

    def __init__(self, kill_at: int | None = None, how: How = "lost") -> None:
        self.steps: list[Step] = []
        self.is_dead = False
        self._kill_at = kill_at
        self._how = how
        self._lock = threading.Lock()

    def around(self, name: str, act: Callable[[], Any], *, tear: Callable[[], None] | None = None) -> Any:
        """One durable step."""
        with self._lock:
            if self.is_dead:
                raise Killed
            is_mine = len(self.steps) == self._kill_at
            self.steps.append(Step(name, tear is not None))
            if not is_mine:
                return act()
            self.is_dead = True
            if self._how == "kept":
                act()
            if self._how == "torn" and tear is not None:
                tear()
            raise Killed

    @contextmanager
    def watching(self, engines: Iterable[sa.Engine]) -> Iterator[None]:
        """While this lasts, every durable step of this interpreter passes through `around`."""
        with pytest.MonkeyPatch.context() as patch:
            for name in CALLS:
                patch.setattr(os, name, self._call(name, getattr(os, name)))
            for engine in engines:
                for each in {engine, journal.writer_of(engine)}:
                    patch.setattr(each.dialect, "do_commit", self._commit(each.dialect.do_commit))
            yield

    def _call(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            tear = None
            if name == "fsync":
                found = os.fstat(arguments[0])
                if stat.S_ISREG(found.st_mode):
                    tear = functools.partial(os.ftruncate, arguments[0], found.st_size // 2)
                # What is kept is kept by the kernel of this machine: to wait for the disk would show nothing.
                return self.around("fsync", lambda: None, tear=tear)
            return self.around(f"{name} {Path(str(arguments[0])).name}", lambda: real(*arguments, **named))

        return call

    def _commit(self, real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda connection: self.around("commit", lambda: real(connection))


def crash_table(make: Callable[[], Case], *, every: int = 1) -> Figures:
    """Run every case; raises what `check` raises, with the case in its notes.

    make   a fresh case each time
    every  only each so manieth step, for a quick run; 1 for the acceptance
    """
    steps = quiet_run(make)
    cases = 0
    for number in range(0, len(steps), every):
        hows: list[How] = ["lost", "kept", "torn"] if steps[number].can_tear else ["lost", "kept"]
        for how in hows:
            cases += 1
            _run_case(make(), number, how, name=steps[number].name)
    return Figures(len(steps), cases)


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
